package desk

import (
	"slices"
	"time"

	"atalaya/watch"
)

// AsKnownAt gives the alert as it stood at a time, with its finding as it was
// known then; false when it was not raised yet. Of an incident, how many it
// collects is as it is now.
func (a *Alert) AsKnownAt(t time.Time, f watch.Finding) (Alert, bool) {
	b := Alert{
		ID: a.ID, Kind: a.Kind, Rule: a.Rule, Finding: f, Raised: a.Raised, Priority: a.Priority,
		Members: a.Members, Explanations: a.Explanations,
	}
	if slices.ContainsFunc(a.Changes, func(c Change) bool { return c.Priority != 0 }) {
		b.Priority = a.urgency() // until a change says otherwise
	}
	for _, c := range a.Changes {
		if c.At.After(t) {
			if c.Kind == WasLowered {
				b.Explanations = nil
			}
			continue
		}
		b = b.With(c)
		if c.Priority != 0 {
			b.Priority = c.Priority
		}
	}
	if len(b.Changes) == 0 {
		return Alert{}, false
	}
	b.repeatsUntil(a, t)
	return b, true
}

// repeatsUntil takes over the findings that had joined a by a time.
func (a *Alert) repeatsUntil(of *Alert, t time.Time) {
	a.Count, a.Last = of.Count, a.Finding.Time
	for _, r := range of.Repeats {
		if r.Known.After(t) {
			a.Count--
			continue
		}
		a.Repeats = append(a.Repeats, r)
		if r.Time.After(a.Last) {
			a.Last = r.Time
		}
		if a.Shelved != nil && r.Known.After(a.Shelved.From) {
			a.Shelved.Count++
		}
	}
	a.Count = max(a.Count, 1)
}
