// Package desk is where people decide: alerts that wait for an officer, what
// the officers made of them, the people themselves, and the seams through
// which every change of consequence goes.
//
// The desk declares what it needs of others: a Store that keeps alerts, a
// Ledger that makes the record of a change durable before the change, and a
// Clock. Everything that the duty officer must see lies in memory, so that
// reading goes on when the disk is full.
package desk

import (
	"slices"
	"time"

	"atalaya/permit"
	"atalaya/rule"
	"atalaya/watch"
)

// AlertID names an alert for ever. It is made from the finding's ID, so the
// same finding gives the same alert in a replay.
type AlertID string

// State is an alert's place in its life.
type State string

// States, in the order in which an alert passes them. A notice is posted, and
// passes none.
const (
	New          State = "new"
	Acknowledged State = "acknowledged"
	InCase       State = "in-case"
	Closed       State = "closed"
	Posted       State = "posted" // of a notice: nobody has to act
)

// Outcome is what the officer made of an alert that is closed.
type Outcome string

// Outcomes.
const (
	NoOutcome Outcome = ""          // not closed yet
	True      Outcome = "true"      // what the finding says did happen
	Explained Outcome = "explained" // it happened and was lawful or harmless
	False     Outcome = "false"     // it did not happen
	Unknown   Outcome = "unknown"   // nobody could find out
)

// Valid reports whether an alert can be closed with o.
func (o Outcome) Valid() bool {
	return o == True || o == Explained || o == False || o == Unknown
}

// ChangeKind is what happened to an alert.
type ChangeKind string

// What can happen to an alert. Revised and repeated are told to subscribers
// only: they are no entries in the alert's changes, because they may be many.
const (
	WasRaised       ChangeKind = "raised"
	WasRevised      ChangeKind = "revised"
	WasRepeated     ChangeKind = "repeated" // a finding about the same joined it
	WasWithdrawn    ChangeKind = "withdrawn"
	WasRestored     ChangeKind = "restored"  // a withdrawn finding stands again
	WasLowered      ChangeKind = "lowered"   // a permit explains it
	WasGrouped      ChangeKind = "grouped"   // it came in a flood, and belongs to an incident
	WasEscalated    ChangeKind = "escalated" // nobody acknowledged it in time
	WasShelved      ChangeKind = "shelved"
	WasUnshelved    ChangeKind = "unshelved" // by somebody
	WasReturned     ChangeKind = "returned"  // from the shelf, its time was over
	WasAcknowledged ChangeKind = "acknowledged"
	WasAttached     ChangeKind = "attached" // to a case
	WasClosed       ChangeKind = "closed"
	WasCleared      ChangeKind = "cleared" // what was wrong with the system is no more
)

// Who did something. The zero Who is the program itself.
type Who struct {
	ID   PersonID `json:"id,omitempty" doc:"person; empty: the program itself"`
	Name string   `json:"name,omitempty" doc:"name as it was then"`
	Role Role     `json:"role,omitempty" doc:"role as it was then"`
	// Second is who approved it, where the policy asks for two people.
	Second     PersonID `json:"second,omitempty" doc:"who approved it, where the policy asks for two people"`
	SecondName string   `json:"second_name,omitempty" doc:"their name as it was then"`
}

// Change is one change of an alert. It is never edited.
type Change struct {
	// Version is the alert's after the change.
	Version uint64     `json:"version" doc:"the alert's version after the change"`
	Kind    ChangeKind `json:"kind" doc:"what happened"`
	At      time.Time  `json:"at" doc:"when"`
	Who     Who        `json:"who" doc:"who did it"`
	Note    string     `json:"note,omitempty" doc:"what they wrote"`
	Outcome Outcome    `json:"outcome,omitempty" doc:"of a closing"`
	// What else some kinds of changes say.
	Deadline time.Time     `json:"deadline,omitzero" doc:"of a raising or return: by when it is to be acknowledged"`
	Until    time.Time     `json:"until,omitzero" doc:"of a shelving: its end"`
	Case     string        `json:"case,omitempty" doc:"of an attaching: the case"`
	Incident AlertID       `json:"incident,omitempty" doc:"the incident that it belongs to, or through which it was acknowledged"`
	To       Role          `json:"to,omitempty" doc:"of an escalation: who was told"`
	Priority rule.Priority `json:"priority,omitempty" doc:"the alert's after the change, where that changed it"`
	Permits  []permit.ID   `json:"permits,omitempty" doc:"of a lowering: the permits that explain it"`
	// Revision is the finding's that was seen then.
	Revision uint32 `json:"revision" doc:"revision of the finding that was seen"`
	// Request is the client's name for its wish, Record the ledger's for the
	// change; both are empty for what the program did itself.
	Request string `json:"request,omitempty" doc:"the client's request id"`
	Record  string `json:"record,omitempty" doc:"record in the ledger"`
}

// RuleRef names the version of the desk's rule that decided what became of a
// finding. Without an id no rule was about it, and its detector decided.
type RuleRef struct {
	ID       rule.ID   `json:"id" doc:"rule of the desk; empty: its detector decided"`
	Version  uint32    `json:"version" doc:"version of the rule"`
	Name     rule.Text `json:"name" doc:"name of the rule"`
	Response rule.Text `json:"response" doc:"what is expected of the officer"`
}

// Explanation is a permit that would explain what a finding says. It lowers
// the alert's priority by one step, whatever their number, and never hides it.
type Explanation struct {
	Permit  permit.ID     `json:"permit" doc:"number of the permit"`
	Version uint32        `json:"version" doc:"version of the permit"`
	Kind    permit.Kind   `json:"kind" doc:"what the permit is for"`
	Sure    float64       `json:"sure" doc:"how sure it is that it is the permit's craft, in its area: 0 to 1"`
	Text    rule.Text     `json:"text" doc:"how it explains what was seen"`
	Before  rule.Priority `json:"priority_before" doc:"what the priority would be without"`
	After   rule.Priority `json:"priority_after" doc:"the priority with it"`
}

// Shelf is where an alert lies while its behaviour is known and shall not be
// told again: for one shift at most.
type Shelf struct {
	From   time.Time `json:"from" doc:"since when"`
	Until  time.Time `json:"until" doc:"it comes back then; what happens before is not told again"`
	By     Who       `json:"by" doc:"who shelved it"`
	Reason string    `json:"reason" doc:"why"`
	Count  int       `json:"count" doc:"findings that were not told again since"`
}

// Escalation says that nobody acknowledged an alert in time.
type Escalation struct {
	At time.Time `json:"at" doc:"when"`
	To Role      `json:"to" doc:"who was told"`
}

// Repeat is a finding about the same rule, track and place that joined an
// alert instead of raising another.
type Repeat struct {
	Finding string    `json:"finding" doc:"id of the finding"`
	Time    time.Time `json:"time" doc:"of the finding, in the world"`
	Known   time.Time `json:"known" doc:"when the desk learned it"`
}

// maxRepeats bounds the repeats that an alert names; all are counted.
const maxRepeats = 50

// Alert is a finding that the desk tells, and what became of it. Its kind says
// whether somebody must act (alert), whether it is worth knowing (notice), or
// whether it is about the system itself (health).
type Alert struct {
	ID        AlertID       `json:"id" doc:"name of the alert, for ever"`
	Kind      rule.Kind     `json:"kind" enum:"alert,notice,health" doc:"alert: somebody must act; notice: worth knowing; health: the system itself"`
	Rule      RuleRef       `json:"rule" doc:"the rule of the desk that decided so"`
	Finding   watch.Finding `json:"finding" doc:"latest revision of the finding"`
	Priority  rule.Priority `json:"priority" doc:"1 low to 4 top; a call for help is always 4"`
	Raised    time.Time     `json:"raised" doc:"when it was raised"`
	Deadline  time.Time     `json:"deadline,omitzero" doc:"to be acknowledged by then, or the supervisor is told; absent: no deadline"`
	State     State         `json:"state" enum:"new,acknowledged,in-case,closed,posted" doc:"new, acknowledged, in-case or closed; of a notice posted"`
	Outcome   Outcome       `json:"outcome,omitempty" doc:"what the officer made of it"`
	Withdrawn bool          `json:"withdrawn" doc:"the finding fell when late data came"`

	Incident     AlertID       `json:"incident,omitempty" doc:"the incident that collects the flood in which it came"`
	Members      int           `json:"members,omitempty" doc:"of an incident: how many alerts it collects; list them by incident"`
	Escalated    *Escalation   `json:"escalated,omitempty" doc:"nobody acknowledged it in time"`
	Shelved      *Shelf        `json:"shelved,omitempty" doc:"it lies on the shelf"`
	Case         string        `json:"case,omitempty" doc:"the case that it belongs to"`
	Explanations []Explanation `json:"explanations,omitempty" doc:"permits that would explain it"`

	Count   int       `json:"count" doc:"findings that it stands for: the first, and those about the same that joined it"`
	Last    time.Time `json:"last" doc:"time in the world of the newest of them"`
	Repeats []Repeat  `json:"repeats,omitempty" doc:"the last 50 that joined it, oldest first"`

	Version uint64   `json:"version" doc:"counts the changes, from 1"`
	Changes []Change `json:"changes" doc:"every change, oldest first"`
}

// Open reports whether somebody still has to do something about the alert.
func (a *Alert) Open() bool { return a.State != Closed && a.State != Posted }

// last gives the newest change of a kind.
func (a *Alert) last(kind ChangeKind) (Change, bool) {
	for _, c := range slices.Backward(a.Changes) {
		if c.Kind == kind {
			return c, true
		}
	}
	return Change{}, false
}

// With gives the alert after a change; a itself stays as it was, because
// readers may hold it. A revision of the finding is no entry.
func (a *Alert) With(c Change) Alert {
	b := *a
	b.Version = c.Version
	b.Changes = append(slices.Clip(a.Changes), c)
	switch c.Kind {
	case WasRevised, WasRepeated:
		return *a
	case WasRaised:
		b.State, b.Deadline = New, c.Deadline
		if b.Kind == rule.Notice {
			b.State = Posted
		}
	case WasWithdrawn:
		b.Withdrawn = true
	case WasRestored:
		b.Withdrawn = false
	case WasLowered: // the priority is kept with the alert
	case WasGrouped:
		b.Incident = c.Incident
	case WasEscalated:
		b.Escalated = &Escalation{At: c.At, To: c.To}
	case WasShelved:
		b.Shelved = &Shelf{From: c.At, Until: c.Until, By: c.Who, Reason: c.Note}
	case WasUnshelved, WasReturned:
		b.Shelved, b.Deadline = nil, c.Deadline
	case WasAcknowledged:
		b.State = Acknowledged
	case WasAttached:
		b.State, b.Case = InCase, c.Case
	case WasClosed, WasCleared:
		b.State, b.Outcome, b.Shelved = Closed, c.Outcome, nil
	}
	return b
}

// incident reports whether the alert is the incident of a flood.
func (a *Alert) incident() bool { return a.Finding.Rule == string(rule.Flood) }

// distress reports whether it is a call for help: nothing may lower, delay,
// shelve or collect that.
func (a *Alert) distress() bool { return distress(&a.Finding) }

// patience is how long it may wait for an acknowledgement; 0: for ever.
func (a *Alert) patience() time.Duration {
	if c := a.Changes[0]; !c.Deadline.IsZero() {
		return c.Deadline.Sub(c.At)
	}
	return 0
}

// quietUntil is the end of its last time on the shelf: what happens before
// then is not told again. Zero: it never lay there.
func (a *Alert) quietUntil() (end time.Time) {
	for _, c := range a.Changes {
		switch c.Kind {
		case WasShelved:
			end = c.Until
		case WasUnshelved, WasReturned, WasClosed:
			if c.At.Before(end) {
				end = c.At
			}
		default:
		}
	}
	return end
}

// AlertChange tells subscribers what happened to an alert.
type AlertChange struct {
	Kind  ChangeKind `json:"kind"`
	Alert Alert      `json:"alert"` // after the change
}
