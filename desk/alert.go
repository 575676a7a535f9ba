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

	"atalaya/watch"
)

// AlertID names an alert for ever. It is made from the finding's ID, so the
// same finding gives the same alert in a replay.
type AlertID string

// State is an alert's place in its life: new, acknowledged, closed.
type State string

// States, in the order in which an alert passes them.
const (
	New          State = "new"
	Acknowledged State = "acknowledged"
	Closed       State = "closed"
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

// What can happen to an alert. Revised is told to subscribers only: it is no
// entry in the alert's changes, because a finding may be revised often.
const (
	WasRaised       ChangeKind = "raised"
	WasRevised      ChangeKind = "revised"
	WasWithdrawn    ChangeKind = "withdrawn"
	WasRestored     ChangeKind = "restored" // a withdrawn finding stands again
	WasAcknowledged ChangeKind = "acknowledged"
	WasClosed       ChangeKind = "closed"
)

// Who did something. The zero Who is the program itself.
type Who struct {
	ID   PersonID `json:"id,omitempty" doc:"person; empty: the program itself"`
	Name string   `json:"name,omitempty" doc:"name as it was then"`
	Role Role     `json:"role,omitempty" doc:"role as it was then"`
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
	// Revision is the finding's that was seen then.
	Revision uint32 `json:"revision" doc:"revision of the finding that was seen"`
	// Request is the client's name for its wish, Record the ledger's for the
	// change; both are empty for what the program did itself.
	Request string `json:"request,omitempty" doc:"the client's request id"`
	Record  string `json:"record,omitempty" doc:"record in the ledger"`
}

// Alert is a finding that asks somebody to act, and what became of it.
type Alert struct {
	ID        AlertID        `json:"id" doc:"name of the alert, for ever"`
	Finding   watch.Finding  `json:"finding" doc:"latest revision of the finding"`
	Priority  watch.Priority `json:"priority" doc:"1 low to 4 top; a call for help is always 4"`
	Raised    time.Time      `json:"raised" doc:"when it was raised"`
	State     State          `json:"state" doc:"new, acknowledged or closed"`
	Outcome   Outcome        `json:"outcome,omitempty" doc:"what the officer made of it"`
	Withdrawn bool           `json:"withdrawn" doc:"the finding fell when late data came"`
	Version   uint64         `json:"version" doc:"counts the changes, from 1"`
	Changes   []Change       `json:"changes" doc:"every change, oldest first"`
}

// Open reports whether somebody still has to do something about the alert.
func (a *Alert) Open() bool { return a.State != Closed }

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
	case WasRevised:
		return *a
	case WasRaised:
		b.State = New
	case WasWithdrawn:
		b.Withdrawn = true
	case WasRestored:
		b.Withdrawn = false
	case WasAcknowledged:
		b.State = Acknowledged
	case WasClosed:
		b.State, b.Outcome = Closed, c.Outcome
	}
	return b
}

// AlertChange tells subscribers what happened to an alert.
type AlertChange struct {
	Kind  ChangeKind `json:"kind"`
	Alert Alert      `json:"alert"` // after the change
}
