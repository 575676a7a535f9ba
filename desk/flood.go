package desk

import (
	"fmt"
	"slices"
	"time"

	"atalaya/rule"
	"atalaya/watch"
)

// Floods. When more alerts come in ten minutes than anybody can handle
// (EEMUA 191), those that nobody has looked at become members of one incident,
// and so do those that come until fewer than half as many came in ten minutes.
// The incident is an alert of its own; acknowledging it acknowledges its
// members. Alerts of top priority never become members.

const floodTime = 10 * time.Minute

// flood is what is known of the alerts that came lately.
type flood struct {
	raised   []arrival // in the last floodTime, the oldest first
	incident AlertID   // that collects them now; empty: no flood
	low      int       // at so many it is over
}

type arrival struct {
	at    time.Time
	alert AlertID
}

// floods reports whether an alert counts: somebody must act, and it may wait.
func floods(a *Alert) bool {
	return a.Kind == rule.Alert && a.Priority < rule.Top && !a.distress() && !a.incident()
}

// recall takes up an alert from before a restart.
func (f *flood) recall(a *Alert, now time.Time) {
	switch {
	case a.incident() && a.Open():
		f.incident = a.ID
	case floods(a) && now.Sub(a.Raised) < floodTime:
		f.raised = append(f.raised, arrival{a.Raised, a.ID})
	}
}

// ebb forgets what came too long ago, and ends a flood that is over.
func (f *flood) ebb(now time.Time) {
	f.raised = slices.DeleteFunc(f.raised, func(x arrival) bool { return now.Sub(x.at) >= floodTime })
	if len(f.raised) <= f.low {
		f.incident = ""
	}
}

// collect counts an alert that is being raised and, in a flood, makes it a
// member of the incident. It gives the changes of other alerts.
func (d *Desk) collect(a *Alert, now time.Time) []AlertChange {
	if !floods(a) {
		return nil
	}
	d.flood.low = d.cfg.Flood / 2
	d.flood.ebb(now)
	d.flood.raised = append(d.flood.raised, arrival{now, a.ID})
	incident := d.inMemory(d.flood.incident)
	if incident == nil || !incident.Open() {
		if len(d.flood.raised) <= d.cfg.Flood {
			return nil
		}
		return d.begin(a, now)
	}
	*a = a.grouped(incident.ID, now)
	next := incident.with(a)
	d.change(&next)
	return []AlertChange{{Kind: WasRevised, Alert: next}}
}

// begin makes the incident of a flood, out of the alert that made it one and
// those before that nobody has looked at.
func (d *Desk) begin(a *Alert, now time.Time) []AlertChange {
	var members []*Alert
	deadline := a.Deadline
	for _, x := range d.flood.raised {
		if m := d.inMemory(x.alert); m != nil && m.State == New && m.Incident == "" && m.Shelved == nil {
			members = append(members, m)
			if !m.Deadline.IsZero() && (deadline.IsZero() || m.Deadline.Before(deadline)) {
				deadline = m.Deadline
			}
		}
	}
	v := verdict{kind: rule.Alert, priority: rule.High}
	if r, ok := d.rules.For(rule.Flood, "", "", now); ok {
		v = verdict{kind: rule.Alert, rule: ref(&r), priority: r.Priority, deadline: r.Deadline}
	}
	if until := now.Add(v.deadline); v.deadline > 0 && (deadline.IsZero() || until.Before(deadline)) {
		deadline = until
	}
	minutes := int(floodTime / time.Minute)
	f := watch.Finding{
		ID: string(rule.Flood) + "/" + string(a.ID), Revision: 1, Status: watch.Raised, Rule: string(rule.Flood), RuleVersion: 1,
		Priority: v.priority, Alert: true, Time: a.Finding.Time, Position: a.Finding.Position, Probability: 1,
		Why: rule.Text{
			ES: fmt.Sprintf("Más de %d alertas en %d minutos: quedan reunidas aquí, y ninguna se pierde.", d.cfg.Flood, minutes),
			EN: fmt.Sprintf("More than %d alerts in %d minutes: they are collected here, and none is lost.", d.cfg.Flood, minutes),
		},
		Expected: v.rule.Response,
	}
	incident := Alert{
		ID: NameAlert(f.ID), Kind: rule.Alert, Rule: v.rule, Finding: f, Priority: v.priority, Raised: now, Count: 1, Last: f.Time,
	}
	incident = incident.With(Change{Version: 1, Kind: WasRaised, At: now, Revision: 1, Deadline: deadline})
	*a = a.grouped(incident.ID, now)
	out := make([]AlertChange, 1, len(members)+1)
	for _, m := range members {
		g := m.grouped(incident.ID, now)
		d.change(&g)
		incident = incident.with(&g)
		out = append(out, AlertChange{Kind: WasGrouped, Alert: g})
	}
	incident = incident.with(a)
	d.change(&incident)
	d.owe(Noted{Known: now, Finding: f, Of: incident.ID})
	d.flood.incident = incident.ID
	out[0] = AlertChange{Kind: WasRaised, Alert: incident}
	return out
}

// grouped gives the alert as a member of an incident.
func (a *Alert) grouped(incident AlertID, now time.Time) Alert {
	return a.With(Change{Version: a.Version + 1, Kind: WasGrouped, At: now, Revision: a.Finding.Revision, Incident: incident})
}

// with gives the incident with one member more. It is as urgent as the most
// urgent of them.
func (a *Alert) with(member *Alert) Alert {
	next := *a
	next.Members++
	next.Priority = max(next.Priority, member.Priority)
	if member.Finding.Time.After(next.Last) {
		next.Last = member.Finding.Time
	}
	return next
}

// inMemory gives an alert that is in memory, or nil.
func (d *Desk) inMemory(id AlertID) *Alert {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.alerts[id]
}
