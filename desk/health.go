package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"atalaya/rule"
	"atalaya/watch"
)

// Condition is something that is wrong with the system now.
type Condition struct {
	Detector rule.Detector // of the system
	Subject  string        // what it is about: a feed's name; empty: the program
	Why      rule.Text
}

func (c *Condition) key() string { return string(c.Detector) + "/" + c.Subject }

// condition is what is known of a thing that was wrong at the last look.
type condition struct {
	alert  AlertID   // that tells it; empty: it has not stood long enough
	since  time.Time // that it is wrong
	gone   time.Time // that it is right again; zero: it is wrong
	worded time.Time // when the alert got its words
}

// reword is how often an alert about the system may change its words.
const reword = time.Minute

// Health takes all that is wrong with the system now, and is to be called once
// a second. What stands for its rule's On delay is told as an alert of the kind
// health; when it has been right for the Off delay, the alert closes by itself.
// As of Consider, the changes are good even where err tells that they could not
// be stored.
func (d *Desk) Health(ctx context.Context, now time.Time, wrong []Condition) ([]AlertChange, error) {
	d.write.Lock()
	defer d.write.Unlock()
	var out []AlertChange
	present := map[string]bool{}
	for i := range wrong {
		c := &wrong[i]
		present[c.key()] = true
		if change := d.wrong(c, now); change.Kind != "" {
			out = append(out, change)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.conditions)) {
		if !present[key] {
			if change := d.right(key, now); change.Kind != "" {
				out = append(out, change)
			}
		}
	}
	if len(out) == 0 {
		return nil, nil // what is owed is the loop's to settle
	}
	return out, d.settle(ctx)
}

// wrong looks at something that is wrong now.
func (d *Desk) wrong(c *Condition, now time.Time) AlertChange {
	have := d.conditions[c.key()]
	if have == nil {
		have = &condition{since: now}
		d.conditions[c.key()] = have
	}
	have.gone = time.Time{}
	r, ok := d.rules.For(c.Detector, "", "", now)
	if !ok {
		r = rule.Rule{Priority: rule.Medium}
	}
	a := d.inMemory(have.alert)
	switch {
	case a == nil && now.Sub(have.since) >= r.On:
		f := watch.Finding{
			ID: fmt.Sprintf("%s/%d", c.key(), now.UnixNano()), Revision: 1, Status: watch.Raised, Rule: string(c.Detector), RuleVersion: 1,
			Priority: r.Priority, Alert: true, Time: have.since, Probability: 1, Why: c.Why, Expected: r.Response,
		}
		fresh := Alert{
			ID: NameAlert(f.ID), Kind: rule.Health, Rule: ref(&r), Finding: f, Priority: r.Priority, Raised: now, Count: 1, Last: f.Time,
		}
		fresh = fresh.With(Change{Version: 1, Kind: WasRaised, At: now, Revision: 1})
		have.alert, have.worded = fresh.ID, now
		d.change(&fresh)
		d.owe(Noted{Known: now, Finding: f, Of: fresh.ID})
		return AlertChange{Kind: WasRaised, Alert: fresh}
	case a != nil && a.Finding.Why != c.Why && now.Sub(have.worded) >= reword:
		next := *a
		next.Finding.Why = c.Why
		next.Finding.Revision++
		have.worded = now
		d.change(&next)
		d.owe(Noted{Known: now, Finding: next.Finding, Of: next.ID})
		return AlertChange{Kind: WasRevised, Alert: next}
	}
	return AlertChange{}
}

// right looks at something that was wrong at the last look and is not now.
func (d *Desk) right(key string, now time.Time) AlertChange {
	have := d.conditions[key]
	a := d.inMemory(have.alert)
	if a == nil {
		delete(d.conditions, key)
		return AlertChange{}
	}
	if have.gone.IsZero() {
		have.gone = now
	}
	detector, _, _ := strings.Cut(key, "/")
	if r, ok := d.rules.For(rule.Detector(detector), "", "", now); ok && now.Sub(have.gone) < r.Off {
		return AlertChange{}
	}
	delete(d.conditions, key)
	return d.note(a, Change{Kind: WasCleared, At: now})
}

// conditionOf gives the key of the condition that an alert about the system
// tells.
func conditionOf(a *Alert) string {
	return a.Finding.ID[:max(0, strings.LastIndexByte(a.Finding.ID, '/'))]
}
