package desk

import (
	"context"
	"time"

	"atalaya/rule"
)

// tick does what is due at a time of the loop: tells findings that have stood
// long enough, brings back what lay on the shelf, and puts before the
// supervisor what nobody acknowledged in time.
func (d *Desk) tick(ctx context.Context, now time.Time) ([]AlertChange, error) {
	out, err := d.stood(ctx, now)
	d.flood.ebb(now)
	d.forget(now)
	for _, a := range d.open() {
		if a.Shelved != nil && !now.Before(a.Shelved.Until) {
			c := Change{Kind: WasReturned, At: now, Deadline: a.renewed(now)}
			out = append(out, d.note(a, c))
			continue
		}
		if d.escalates(a, now) {
			out = append(out, d.note(a, Change{Kind: WasEscalated, At: now, To: Supervisor}))
		}
	}
	return out, err
}

// escalates reports whether an alert is to be put before the supervisor. The
// members of an incident that nobody acknowledged are put there by it.
func (d *Desk) escalates(a *Alert, now time.Time) bool {
	if a.Kind != rule.Alert || a.State != New || a.Deadline.IsZero() || now.Before(a.Deadline) || a.Escalated != nil || a.Shelved != nil {
		return false
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	incident := d.alerts[a.Incident]
	return incident == nil || incident.State != New
}

// renewed is the deadline of a new alert that comes back from the shelf.
func (a *Alert) renewed(now time.Time) time.Time {
	if p := a.patience(); p > 0 && a.State == New {
		return now.Add(p)
	}
	return time.Time{}
}

// open gives the alerts that are open, oldest first.
func (d *Desk) open() []*Alert {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make([]*Alert, 0, len(d.order))
	for _, id := range d.order {
		out = append(out, d.alerts[id])
	}
	return out
}

// note makes a change of the program's own.
func (d *Desk) note(a *Alert, c Change) AlertChange {
	c.Version, c.Revision = a.Version+1, a.Finding.Revision
	next := a.With(c)
	d.change(&next)
	return AlertChange{Kind: c.Kind, Alert: next}
}
