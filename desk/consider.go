package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"atalaya/obs"
	"atalaya/permit"
	"atalaya/rule"
	"atalaya/watch"
)

// What becomes of a finding.
//
//  1. The rule of the desk that is in force at its time decides: its kind, its
//     priority, its delays. Where there is none, the detector does.
//  2. It must stand for the rule's On delay (wait.go).
//  3. If the same was told about the same track and place less than the Off
//     delay ago, or lies on the shelf, it joins that alert and is counted.
//  4. Otherwise it is an alert. Permits that explain it lower its priority by
//     one step. More than ten in ten minutes are a flood (flood.go).
//  5. Later revisions change the alert; when the finding falls it is marked as
//     withdrawn, never deleted.
//
// A call for help passes all of this: it is an alert of top priority, at once.

// tickEvery is how often, in the loop's time, the desk looks at its deadlines.
const tickEvery = time.Second

// Consider takes the findings of one step, and does what is due by now. The
// changes are good, and are kept in memory, even where err tells that they
// could not be stored: they are then owed and stored later.
func (d *Desk) Consider(ctx context.Context, now time.Time, findings []watch.Finding) ([]AlertChange, error) {
	due := now.Sub(time.Unix(0, d.ticked.Load())) >= tickEvery
	if len(findings) == 0 && !due && !d.owes() {
		return nil, nil
	}
	d.write.Lock()
	defer d.write.Unlock()

	var out []AlertChange
	var failed []error
	for i := range findings {
		f := Noted{Known: now, Finding: findings[i]}
		changes, err := d.consider(ctx, &f)
		if err != nil {
			failed = append(failed, fmt.Errorf("consider finding %s: %w", f.ID, err))
		}
		out = append(out, changes...)
		d.owe(f)
	}
	if due {
		d.ticked.Store(now.UnixNano())
		changes, err := d.tick(ctx, now)
		out = append(out, changes...)
		failed = append(failed, err)
	}
	failed = append(failed, d.settle(ctx))
	return out, errors.Join(failed...)
}

// verdict is what the rules make of a finding.
type verdict struct {
	kind              rule.Kind
	rule              RuleRef
	priority          rule.Priority
	deadline, on, off time.Duration
}

func ref(r *rule.Rule) RuleRef {
	return RuleRef{ID: r.ID, Version: r.Valid.Number, Name: r.Name, Response: r.Response}
}

// distress reports whether a finding is, or is about, a call for help.
func distress(f *watch.Finding) bool {
	return f.Rule == watch.RuleDistress || f.Belief.Distress != obs.NoDistress
}

func (d *Desk) judge(f *watch.Finding) verdict {
	v := verdict{kind: rule.Insight, priority: f.Priority}
	if f.Alert {
		v.kind = rule.Alert
	}
	if r, ok := d.rules.For(rule.Detector(f.Rule), f.Area, f.AreaKind, f.Time); ok {
		v = verdict{r.Kind, ref(&r), r.Priority, r.Deadline, r.On, r.Off}
	}
	switch {
	case f.Rule == watch.RuleDistress:
		v.kind = rule.Alert
	case f.Ordinary:
		v.kind = rule.Insight
	case f.Possible:
		v.priority = rule.Low
	}
	if v.kind == rule.Alert && distress(f) {
		v.priority, v.on = rule.Top, 0
	}
	return v
}

// consider applies one revision of a finding. No changes mean that no alert is
// concerned.
func (d *Desk) consider(ctx context.Context, f *Noted) ([]AlertChange, error) {
	if f.Rule == watch.RuleExit {
		d.left(&f.Finding)
	}
	v := d.judge(&f.Finding)
	if v.kind == rule.Insight && f.Revision <= 1 {
		return nil, nil // nobody is told
	}
	a, err := d.find(ctx, NameAlert(f.ID))
	if err == nil {
		return d.revise(a, f, v), nil
	}
	// What cannot be looked up is raised: better an alert too many than one too
	// few.
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	changes, failed := d.fresh(ctx, f, v)
	return changes, errors.Join(err, failed)
}

// fresh takes a finding that has no alert of its own.
func (d *Desk) fresh(ctx context.Context, f *Noted, v verdict) ([]AlertChange, error) {
	i := slices.IndexFunc(d.standing, func(s standing) bool { return s.ID == f.ID })
	stands := f.Status != watch.Withdrawn && v.kind != rule.Insight
	if c, joined, err := d.joined(ctx, f, stands); joined || err != nil {
		return c, err
	}
	switch {
	case !stands && i >= 0:
		d.standing = slices.Delete(d.standing, i, i+1)
		return nil, nil
	case !stands:
		return nil, nil
	case i >= 0:
		f.Waits, d.standing[i].Noted = true, *f
		return nil, nil
	case v.on > 0:
		f.Waits = true
		d.standing = append(d.standing, standing{Noted: *f, since: f.Known})
		return nil, nil
	}
	return d.tell(ctx, f, v, f.Known)
}

// tell joins a finding to what was told about the same, or raises an alert.
func (d *Desk) tell(ctx context.Context, f *Noted, v verdict, now time.Time) ([]AlertChange, error) {
	c, joined, err := d.join(ctx, f, v, now)
	if joined {
		return []AlertChange{c}, err
	}
	return d.raise(ctx, f, v, now), err
}

// raise makes the alert of a finding.
func (d *Desk) raise(ctx context.Context, f *Noted, v verdict, now time.Time) []AlertChange {
	a := Alert{
		ID: NameAlert(f.ID), Kind: v.kind, Rule: v.rule, Finding: f.Finding, Priority: v.priority, Raised: now,
		Count: 1, Last: f.Time,
	}
	f.Of = a.ID
	c := Change{Version: 1, Kind: WasRaised, At: now, Revision: f.Revision}
	if v.kind == rule.Alert && v.deadline > 0 {
		c.Deadline = now.Add(v.deadline)
	}
	a = a.With(c)
	if d.cfg.Explain != nil && !distress(&f.Finding) {
		a = a.explained(d.cfg.Explain(ctx, f.Finding), now)
	}
	collected := d.collect(&a, now)
	d.change(&a)
	d.told(&a)
	return append([]AlertChange{{Kind: WasRaised, Alert: a}}, collected...)
}

// explained notes the permits that would explain the alert: its priority goes
// one step down, and not below low.
func (a Alert) explained(by []Explanation, now time.Time) Alert {
	if len(by) == 0 {
		return a
	}
	before := a.Priority
	after := max(rule.Low, before-1)
	a.Explanations = slices.Clone(by)
	permits := make([]permit.ID, len(by))
	for i := range by {
		permits[i] = by[i].Permit
		a.Explanations[i].Before, a.Explanations[i].After = before, after
	}
	if after == before {
		return a
	}
	a.Priority = after
	return a.With(Change{
		Version: a.Version + 1, Kind: WasLowered, At: now, Revision: a.Finding.Revision, Priority: after, Permits: permits,
	})
}

// revise takes a later revision of an alert's finding.
func (d *Desk) revise(a *Alert, f *Noted, v verdict) []AlertChange {
	f.Of = a.ID
	if f.Revision <= a.Finding.Revision {
		return nil // seen before
	}
	c := Change{Version: a.Version + 1, Kind: WasRevised, At: f.Known, Revision: f.Revision}
	switch withdrawn := f.Status == watch.Withdrawn; {
	case withdrawn && !a.Withdrawn:
		c.Kind = WasWithdrawn
	case !withdrawn && a.Withdrawn:
		c.Kind = WasRestored
	}
	next := a.With(c)
	next.Finding = f.Finding
	// A call for help that was heard keeps its priority, whatever late data say.
	if !a.distress() {
		next.Priority = v.priority
		if len(a.Explanations) > 0 && !next.distress() {
			next.Priority = max(rule.Low, v.priority-1)
		}
	}
	d.change(&next)
	return []AlertChange{{Kind: c.Kind, Alert: next}}
}
