package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"atalaya/rule"
)

// Bounds of what a client may send with a decision, in bytes.
const (
	maxRequest = 200
	maxNote    = 4000
	maxCase    = 100
)

// Decision is what an officer wants done about an alert.
type Decision struct {
	// Request is the client's name for this wish, unique to it: a retry has
	// the same, and is done once.
	Request string
	Alert   AlertID
	Who     Who
	Note    string
	Outcome Outcome   // when closing
	Case    string    // when attaching
	Until   time.Time // when shelving: the end
	// IfVersion refuses the decision when the alert has another version; 0:
	// any.
	IfVersion uint64
}

// Result is what became of a decision.
type Result struct {
	Change   Change // what was done; for a repeated request, then
	Alert    Alert  // as it stands now
	Repeated bool   // the request had been done before
}

// Acknowledge says that the officer takes care of a new alert, and of an
// incident's new members too. It is durable when it returns without error.
func (d *Desk) Acknowledge(ctx context.Context, dec Decision) (Result, error) {
	dec.Outcome = NoOutcome
	return d.decide(ctx, WasAcknowledged, dec)
}

// AttachCase says that an acknowledged alert belongs to a case, where the work
// on it goes on. It is durable when it returns without error.
func (d *Desk) AttachCase(ctx context.Context, dec Decision) (Result, error) {
	dec.Outcome = NoOutcome
	return d.decide(ctx, WasAttached, dec)
}

// Shelve puts an alert on the shelf until a time, for one shift at most: what
// the same track does in the same place before then is counted, not told. The
// note is the reason. It is durable when it returns without error.
func (d *Desk) Shelve(ctx context.Context, dec Decision) (Result, error) {
	dec.Outcome, dec.Until = NoOutcome, dec.Until.UTC()
	return d.decide(ctx, WasShelved, dec)
}

// Unshelve takes an alert off the shelf before its time. It is durable when it
// returns without error.
func (d *Desk) Unshelve(ctx context.Context, dec Decision) (Result, error) {
	dec.Outcome = NoOutcome
	return d.decide(ctx, WasUnshelved, dec)
}

// Close says what became of an acknowledged alert, in a case or not. It is durable when it
// returns without error.
func (d *Desk) Close(ctx context.Context, dec Decision) (Result, error) {
	return d.decide(ctx, WasClosed, dec)
}

func (d *Desk) decide(ctx context.Context, kind ChangeKind, dec Decision) (Result, error) {
	if err := dec.check(kind); err != nil {
		return Result{}, err
	}
	// A client that goes away must not tear its decision in two.
	ctx = context.WithoutCancel(ctx)
	d.write.Lock()
	defer d.write.Unlock()

	if res, err := d.repeated(ctx, kind, dec); !errors.Is(err, ErrNotFound) {
		return res, err
	}
	a, err := d.find(ctx, dec.Alert)
	if errors.Is(err, ErrNotFound) {
		return Result{}, fmt.Errorf("alert %s: %w: reload the list of alerts", dec.Alert, ErrNotFound)
	}
	if err != nil {
		return Result{}, fmt.Errorf("alert %s could not be read: %w", dec.Alert, err)
	}
	now := d.cfg.Clock.Now().UTC()
	if err := a.ready(kind, dec); err != nil {
		return Result{}, err
	}
	if err := d.mayShelve(a, kind, dec, now); err != nil {
		return Result{}, err
	}
	// An alert must be in the store before a decision about it can be.
	if err := d.settle(ctx); err != nil {
		return Result{}, refused(dec.Alert, kind, err)
	}

	c := Change{
		Version: a.Version + 1, Kind: kind, At: now, Who: dec.Who,
		Note: dec.Note, Outcome: dec.Outcome, Case: dec.Case, Until: dec.Until, Revision: a.Finding.Revision,
		Request: dec.Request, Record: "decision/" + dec.Request,
	}
	if kind == WasUnshelved {
		c.Deadline = a.renewed(now)
	}
	next := append([]Alert{a.With(c)}, d.members(a, c)...)
	err = d.cfg.Ledger.Do(ctx, record(c, next), func(ctx context.Context) error {
		return d.cfg.Store.SaveDecision(ctx, next...)
	})
	// A commit that failed may have been kept nevertheless: the store knows.
	if err != nil && !d.kept(ctx, dec.Alert, c) {
		if errors.Is(err, ErrConflict) {
			// Somebody else's desk was first: theirs is what is shown next.
			if _, again := d.yield(ctx, before(next)); again != nil {
				err = errors.Join(err, again)
			}
		}
		return Result{}, refused(dec.Alert, kind, err)
	}
	for i := range next {
		d.keep(&next[i])
		if d.cfg.Changed != nil {
			d.cfg.Changed(AlertChange{Kind: kind, Alert: next[i]})
		}
	}
	return Result{Change: c, Alert: next[0]}, nil
}

// members gives the new members of an incident as acknowledged through it.
func (d *Desk) members(incident *Alert, c Change) (out []Alert) {
	if c.Kind != WasAcknowledged || !incident.incident() {
		return nil
	}
	for _, m := range d.open() {
		if m.Incident != incident.ID || m.State != New {
			continue
		}
		own := c
		own.Version, own.Revision, own.Incident, own.Request = m.Version+1, m.Finding.Revision, incident.ID, ""
		out = append(out, m.With(own))
	}
	return out
}

// before gives alerts with the version that they had before a decision.
func before(decided []Alert) []Alert {
	out := slices.Clone(decided)
	for i := range out {
		out[i].Version--
	}
	return out
}

// mayShelve refuses a shelving that would hide too much, or for too long.
func (d *Desk) mayShelve(a *Alert, kind ChangeKind, dec Decision, now time.Time) error {
	switch {
	case kind != WasShelved:
		return nil
	case a.distress():
		return fmt.Errorf("%w: a call for help cannot be shelved: acknowledge it, and close it when they are safe", ErrInvalid)
	case a.Kind != rule.Alert || a.incident():
		return fmt.Errorf("%w: only single alerts can be shelved", ErrInvalid)
	case !dec.Until.After(now) || dec.Until.After(now.Add(d.cfg.Shift)):
		return fmt.Errorf("%w: shelve it until a time between now and %s: one shift at most", ErrInvalid, now.Add(d.cfg.Shift).Format(time.RFC3339))
	}
	return nil
}

// kept reports whether the store has a change.
func (d *Desk) kept(ctx context.Context, id AlertID, c Change) bool {
	got, there, err := d.cfg.Store.DecisionByRequest(ctx, c.Request)
	return err == nil && got == id && there.Version == c.Version
}

// keep puts an alert into memory as it is stored; a closed one leaves it.
func (d *Desk) keep(a *Alert) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put(a)
	d.owing = slices.DeleteFunc(d.owing, func(id AlertID) bool { return id == a.ID })
	if !a.Open() {
		delete(d.alerts, a.ID)
	}
}

func (dec Decision) check(kind ChangeKind) error {
	switch {
	case !dec.Who.Role.AtLeast(Officer):
		return fmt.Errorf("%w: only an officer decides about alerts; ask an officer to sign in", ErrForbidden)
	case dec.Request == "" || len(dec.Request) > maxRequest || !utf8.ValidString(dec.Request):
		return fmt.Errorf("%w: a decision needs a request id of 1 to %d bytes, the same one for a retry", ErrInvalid, maxRequest)
	case len(dec.Note) > maxNote || !utf8.ValidString(dec.Note):
		return fmt.Errorf("%w: the note is longer than %d bytes; shorten it", ErrInvalid, maxNote)
	case kind == WasAttached && (dec.Case == "" || len(dec.Case) > maxCase || !utf8.ValidString(dec.Case)):
		return fmt.Errorf("%w: name the case, in 1 to %d bytes", ErrInvalid, maxCase)
	case kind == WasShelved && strings.TrimSpace(dec.Note) == "":
		return fmt.Errorf("%w: say why it is shelved", ErrInvalid)
	case kind == WasClosed && !dec.Outcome.Valid():
		return fmt.Errorf("%w: outcome %q; choose true, explained, false or unknown", ErrInvalid, dec.Outcome)
	}
	return nil
}

// repeated gives the first result of a request that was done before;
// ErrNotFound if it was not.
func (d *Desk) repeated(ctx context.Context, kind ChangeKind, dec Decision) (Result, error) {
	id, c, err := d.cfg.Store.DecisionByRequest(ctx, dec.Request)
	if errors.Is(err, ErrNotFound) {
		return Result{}, ErrNotFound
	}
	if err != nil {
		return Result{}, fmt.Errorf("request %s could not be looked up: %w: try again with the same request id", dec.Request, err)
	}
	if id != dec.Alert || c.Kind != kind || c.Who.ID != dec.Who.ID || c.Note != dec.Note || c.Outcome != dec.Outcome || c.Case != dec.Case || !c.Until.Equal(dec.Until) {
		return Result{}, fmt.Errorf("%w: %s was for alert %s, %s by %s at %s; use a new request id",
			ErrRequestReused, dec.Request, id, c.Kind, c.Who.Name, c.At.Format(time.RFC3339))
	}
	a, err := d.Alert(ctx, id)
	if err != nil {
		return Result{}, err
	}
	return Result{Change: c, Alert: a, Repeated: true}, nil
}

// ready says whether the alert is in the state that a decision needs.
func (a *Alert) ready(kind ChangeKind, dec Decision) error {
	e := &StateError{Alert: a.ID, State: a.State, Version: a.Version, Outcome: a.Outcome}
	if c, ok := a.last(map[State]ChangeKind{Acknowledged: WasAcknowledged, InCase: WasAttached, Closed: WasClosed}[a.State]); ok {
		e.By, e.At = c.Who, c.At
	}
	switch {
	case a.State == Closed:
		e.Next = "nothing is left to do; a new finding raises a new alert"
	case a.State == Posted:
		e.Next = "it is a notice: nobody has to act"
	case kind == WasAcknowledged && a.State != New:
		e.Next = "talk to them, or close it when you know what it was"
	case a.Kind == rule.Health && kind != WasAcknowledged:
		e.Next = "it closes by itself when what is wrong is no more"
	case kind == WasShelved && a.Shelved != nil:
		e.Next = "it lies on the shelf already: unshelve it before"
	case kind == WasUnshelved && a.Shelved == nil:
		e.Next = "it does not lie on the shelf"
	case kind == WasAttached && a.State == New:
		e.Next = "acknowledge it before you put it into a case"
	case kind == WasAttached && a.State == InCase:
		e.Next = "it belongs to case " + a.Case + ": go on there"
	case kind == WasClosed && a.State == New:
		e.Next = "acknowledge it before you close it"
	case dec.IfVersion != 0 && dec.IfVersion != a.Version:
		e.Next = fmt.Sprintf("you saw version %d and it has version %d: look at it again", dec.IfVersion, a.Version)
	default:
		return nil
	}
	return e
}

// record announces a decision about the first of the alerts, and what it makes
// of the others.
func record(c Change, alerts []Alert) Record {
	a := &alerts[0]
	r := Record{
		ID: c.Record, Kind: "alert." + string(c.Kind), At: c.At, Who: c.Who,
		Subject: "alert:" + string(a.ID),
		Fields: []Field{
			{"request", c.Request},
			{"version", fmt.Sprint(c.Version)},
			{"finding", a.Finding.ID},
			{"revision", fmt.Sprint(c.Revision)},
		},
	}
	if c.Outcome != NoOutcome {
		r.Fields = append(r.Fields, Field{"outcome", string(c.Outcome)})
	}
	if !c.Until.IsZero() {
		r.Fields = append(r.Fields, Field{"until", c.Until.Format(time.RFC3339)})
	}
	for i := range alerts[1:] {
		r.Fields = append(r.Fields, Field{"member", string(alerts[1+i].ID)})
	}
	if c.Case != "" {
		r.Fields = append(r.Fields, Field{"case", c.Case})
	}
	if c.Note != "" {
		r.Fields = append(r.Fields, Field{"note", c.Note})
	}
	return r
}

// refused tells why a decision was not taken and what to do.
func refused(id AlertID, kind ChangeKind, err error) error {
	switch {
	case errors.Is(err, ErrFull):
		return fmt.Errorf("alert %s was not %s: %w: make room on the disk with the data, then try again; the picture goes on meanwhile", id, kind, err)
	case errors.Is(err, ErrConflict):
		return fmt.Errorf("alert %s was not %s: %w: look at it again", id, kind, err)
	default:
		return fmt.Errorf("alert %s was not %s: %w: try again with the same request id", id, kind, err)
	}
}
