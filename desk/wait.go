package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"atalaya/area"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
)

// standing is a finding that must stand longer before it is told.
type standing struct {
	Noted
	since time.Time // step time at which it was found first
}

// left drops the entries that wait of a track that left the area.
func (d *Desk) left(f *watch.Finding) {
	d.standing = slices.DeleteFunc(d.standing, func(s standing) bool {
		gone := s.Rule == watch.RuleEntry && s.Track == f.Track && s.Area == f.Area
		if gone {
			s.Waits = false
			d.owe(s.Noted)
		}
		return gone
	})
}

// stood tells the findings that have stood long enough.
func (d *Desk) stood(ctx context.Context, now time.Time) (out []AlertChange, err error) {
	var failed []error
	d.standing = slices.DeleteFunc(d.standing, func(s standing) bool {
		v := d.judge(&s.Finding)
		if now.Before(s.since.Add(v.on)) {
			return false
		}
		f := s.Noted
		f.Waits = false
		if v.kind != rule.Insight { // or the rule changed meanwhile
			changes, err := d.tell(ctx, &f, v, now)
			out, failed = append(out, changes...), append(failed, err)
		}
		d.owe(f)
		return true
	})
	return out, errors.Join(failed...)
}

// subject is what findings are grouped by.
type subject struct {
	detector string
	track    track.ID
	area     area.ID
}

func of(f *watch.Finding) subject { return subject{f.Rule, f.Track, f.Area} }

// told is what was told last about a subject.
type told struct {
	alert AlertID
	last  time.Time // in the world
}

// told notes what was told about a subject.
func (d *Desk) told(a *Alert) {
	if a.Finding.Track != 0 && a.Kind != rule.Health {
		d.subjects[of(&a.Finding)] = told{a.ID, a.Last}
	}
}

// longestOff is how long what was told is remembered, beside open alerts.
const longestOff = 24 * time.Hour

// forget drops what was told so long ago that nothing will join it.
func (d *Desk) forget(now time.Time) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for s, t := range d.subjects {
		if d.alerts[t.alert] == nil && now.Sub(t.last) > longestOff {
			delete(d.subjects, s)
		}
	}
}

// join lets a finding join the alert that was told about the same rule, track
// and place: when it lay on the shelf at the finding's time, while nobody has
// looked at it, or when it is less than the Off delay ago. Calls for help join
// nothing, and nothing joins what is less urgent.
func (d *Desk) join(ctx context.Context, f *Noted, v verdict, now time.Time) (AlertChange, bool, error) {
	t, ok := d.subjects[of(&f.Finding)]
	if !ok || distress(&f.Finding) {
		return AlertChange{}, false, nil
	}
	a, err := d.find(ctx, t.alert)
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return AlertChange{}, false, err
	}
	shelved := f.Time.Before(a.quietUntil())
	gap := f.Time.Sub(a.Last)
	again := a.Kind == v.kind && !a.Withdrawn && v.priority <= a.urgency() && (a.State == New || max(gap, -gap) < v.off)
	if !shelved && !again {
		return AlertChange{}, false, nil
	}
	f.Of = a.ID
	next := *a
	next.Count++
	if f.Time.After(next.Last) {
		next.Last = f.Time
	}
	next.Repeats = append(slices.Clip(a.Repeats), Repeat{f.ID, f.Time, now})
	if len(next.Repeats) > maxRepeats {
		next.Repeats = slices.Clone(next.Repeats[1:])
	}
	if next.Shelved != nil {
		shelf := *next.Shelved
		shelf.Count++
		next.Shelved = &shelf
	}
	d.change(&next)
	d.told(&next)
	return AlertChange{Kind: WasRepeated, Alert: next}, true, nil
}

// urgency is the alert's priority before permits lowered it.
func (a *Alert) urgency() rule.Priority {
	if len(a.Explanations) > 0 {
		return max(a.Priority, a.Explanations[0].Before)
	}
	return a.Priority
}

// joined finds the alert that a finding joined before. When the finding does
// not stand any more, it leaves it again.
func (d *Desk) joined(ctx context.Context, f *Noted, stands bool) ([]AlertChange, bool, error) {
	t, ok := d.subjects[of(&f.Finding)]
	if !ok || f.Revision <= 1 {
		return nil, false, nil
	}
	a, err := d.find(ctx, t.alert)
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return nil, false, err
	}
	i := slices.IndexFunc(a.Repeats, func(r Repeat) bool { return r.Finding == f.ID })
	if i < 0 {
		return nil, false, nil
	}
	f.Of = a.ID
	if stands {
		return nil, true, nil
	}
	next := *a
	next.Count--
	next.Repeats = slices.Delete(slices.Clone(a.Repeats), i, i+1)
	d.change(&next)
	return []AlertChange{{Kind: WasRepeated, Alert: next}}, true, nil
}
