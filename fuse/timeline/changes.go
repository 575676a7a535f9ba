package timeline

import (
	"cmp"
	"iter"
	"slices"

	"atalaya/fuse/kalman"
)

// What a caller that keeps the picture is told, and may do to it.

// Changed is a thing of which more, or something else, is believed than when
// Changes was asked last.
type Changed struct {
	ID ID
	// From is the first key at which it is another.
	From Key
	line *Timeline
	of   *thing
}

// Belief is what is believed of a thing after a look.
type Belief struct {
	Key
	// Existence is 0 where the thing was let go.
	Existence float64
	// State at StateAt: a look that showed nothing near it left both.
	State    kalman.Estimate
	StateAt  int64
	Claim    uint64
	Honest   float64
	Domain   uint8
	Told     bool
	Foreign  bool // only other trackers know it
	Begins   bool // with a plot of the look
	Missed   bool // the look should have shown it, and did not
	Evidence []Evidence

	of *kept // the version, where Fit has not told of it yet
}

// Evidence is a plot that may be the thing's.
type Evidence struct {
	Ref    uint64
	At     int64   // the plot's own time
	Weight float64 // the marginal probability that it is
	// Distance2 and Likelihood of the plot under what was believed before it;
	// the second per m2, or per radian of a bearing. Fit tells them.
	Distance2, Likelihood float64
	// Elsewhere: the plot claims to be the thing, where that cannot be.
	Elsewhere bool
	// Named: the plot says what the thing is taken for.
	Named  bool
	Rivals [3]Rival // the best others
}

// Rival is a thing whose the plot may be as well.
type Rival struct {
	ID     ID
	Weight float64 // 0: none
}

// Changes gives the things that changed since it was last asked, in order of ID.
// A Changed is good until it is asked again.
func (t *Timeline) Changes() iter.Seq[Changed] {
	return func(yield func(Changed) bool) {
		t.leave()
		// What changes meanwhile, and what was not asked for, is told the next time.
		all := t.dirty
		t.dirty, t.telling = t.telling[:0], all
		t.late, t.toldLate = t.toldLate[:0], t.late
		slices.SortStableFunc(t.toldLate, func(a, b lateOf) int { return a.of.Compare(b.of) })
		slices.SortFunc(all, func(a, b *thing) int { return a.id.Compare(b.id) })
		for i, th := range all {
			c := Changed{ID: th.id, From: th.from, line: t, of: th}
			th.dirty = false
			if !yield(c) {
				t.dirty = append(t.dirty, all[i+1:]...)
				for _, x := range t.toldLate {
					if x.of.Compare(th.id) > 0 {
						t.late = append(t.late, x)
					}
				}
				break
			}
		}
		clear(all)
	}
}

// leave takes back the things of which was told.
func (t *Timeline) leave() {
	t.leaving = slices.DeleteFunc(t.leaving, func(th *thing) bool {
		if !th.dirty {
			t.spare.end(th)
		}
		return !th.dirty
	})
}

// note remembers that a thing is another from a key on.
func (t *Timeline) note(th *thing, k Key) {
	if !t.cfg.Watched {
		return
	}
	if !th.dirty {
		th.dirty, th.from = true, k
		t.dirty = append(t.dirty, th)
		return
	}
	if k.Compare(th.from) < 0 {
		th.from = k
	}
}

// Beliefs gives what is believed after each look from a key on, in order. A
// Belief is good until the next one, of anything.
func (c Changed) Beliefs(from Key) iter.Seq[*Belief] {
	return func(yield func(*Belief) bool) {
		vs := &c.line.versions
		for k := vs.find(c.of, from); k != nil; k = vs.of(k.after) {
			if !yield(c.line.belief(c.of, k)) {
				return
			}
		}
	}
}

// Now tells what is believed of it at last: whether it is, what it claims to be,
// and whether only people told of it.
func (c Changed) Now() (existence float64, claim uint64, told bool) {
	v := c.line.versions.of(c.of.last)
	if v == nil {
		return 0, 0, false
	}
	return v.exists, v.claim, v.told
}

// Gone reports whether nothing is left of the thing.
func (c Changed) Gone() bool { return c.of.empty() }

// teller is the scratch space of telling.
type teller struct {
	belief    Belief
	v, before version
}

// belief is what a version of a thing says.
func (t *Timeline) belief(th *thing, k *kept) *Belief {
	b, v := &t.teller.belief, &t.teller.v
	t.versions.open(k, v)
	*b = Belief{
		Key: v.key, Existence: v.exists, State: v.state.Mean(), StateAt: v.stateAt,
		Claim: v.claim, Honest: v.honest, Domain: v.domain, Told: v.told, Foreign: v.foreign, Evidence: b.Evidence[:0],
		of: k,
	}
	t.show(v.key.Time, v.leans, &b.State)
	l := t.lookAt(v.key)
	if l == nil {
		return b // it is settled, or no look made it
	}
	if th.id.Key == v.key && v.from == v.to {
		b.Begins = true
		p := &l.plots[th.id.Plot]
		b.Evidence = append(b.Evidence, Evidence{Ref: p.Ref, At: l.at(p), Weight: p.nobody, Named: v.named(p), Rivals: t.rivals(l, p, th)})
		return b
	}
	b.Missed = !l.mute && !v.told && !t.fields.sensors[l.key.Sensor].says()
	for k := v.from; k < v.to; k++ {
		x := &l.pairs[k]
		p := &l.plots[x.plot]
		b.Evidence = append(b.Evidence, Evidence{Ref: p.Ref, At: l.at(p), Weight: x.weight, Elsewhere: x.elsewhere, Named: v.named(p), Rivals: t.rivals(l, p, th)})
		b.Missed = b.Missed && x.weight < 0.5
	}
	return b
}

// Fit tells how well the evidence of a Belief, that is still good, fitted what was
// believed before it; what a thing begins with has nothing before it.
func (t *Timeline) Fit(b *Belief) {
	k := b.of
	if b.of = nil; k == nil || k.from == k.to {
		return
	}
	l, last := t.lookAt(k.key), t.versions.of(k.before)
	if l == nil || last == nil {
		return
	}
	before := &t.teller.before
	t.versions.open(last, before)
	t.domain(&before.identity).Model.Predict(&before.state, seconds(k.key.Time-before.stateAt))
	mean := before.state.Mean()
	t.renew(l, before, &mean)
	for i := range b.Evidence {
		e, p := &b.Evidence[i], &l.plots[l.pairs[int(k.from)+i].plot]
		is := t.asFor(l, p, &mean, &before.leans)
		e.Distance2, e.Likelihood = is.Distance2(&mean), is.Likelihood(&before.state)
	}
}

// rivals gives the best other things of a plot.
func (t *Timeline) rivals(l *look, p *plot, th *thing) (best [3]Rival) {
	for k := p.first; k >= 0; k = l.pairs[k].next {
		x := &l.pairs[k]
		if x.thing == th.number {
			continue
		}
		r := Rival{t.spare.all[x.thing].id, x.weight}
		for i := range best {
			if r.Weight > best[i].Weight || (r.Weight == best[i].Weight && r.Weight > 0 && r.ID.Compare(best[i].ID) < 0) {
				best[i], r = r, best[i]
			}
		}
	}
	return best
}

// at is the plot's own time.
func (l *look) at(p *plot) int64 { return l.key.Time + int64(p.After*1e9) }

// lookAt gives the look of a key that is not settled, or nil.
func (t *Timeline) lookAt(k Key) *look {
	i, ok := slices.BinarySearchFunc(t.looks, k, func(l *look, k Key) int { return l.key.Compare(k) })
	if !ok {
		return nil
	}
	return t.looks[i]
}

// ending is a thing that was ended by the caller.
type ending struct {
	key Key
	of  *thing
}

// byCaller is the sensor in the keys of what no look made: it comes after all.
const byCaller = int32(1<<31 - 1)

// End lets a thing go at a time, or at the earliest that may still change; looks
// after it do not know the thing. It is false where there is no such thing.
func (t *Timeline) End(id ID, at int64) bool {
	th := t.find(id)
	if th == nil {
		return false
	}
	at = max(at, t.newest-int64(t.cfg.Lag))
	k := Key{Time: at, Sensor: byCaller}
	before := t.versions.before(th, k)
	if before == nil {
		return false
	}
	var v version
	t.versions.open(before, &v)
	v.key, v.exists, v.letGo, v.from, v.to = k, 0, 0, 0, 0
	t.put(th, &v)
	t.note(th, k)
	j, _ := slices.BinarySearchFunc(t.ends, k, func(e ending, k Key) int { return cmp.Or(e.key.Compare(k), -1) })
	t.ends = slices.Insert(t.ends, j, ending{k, th})
	first, _ := slices.BinarySearchFunc(t.looks, k, func(l *look, k Key) int { return l.key.Compare(k) })
	t.forward(first-1, th)
	t.remake(first)
	return true
}

// Forget lets things go that exist less likely than least and were not seen since a
// time: where silence says nothing they would stay for as long as things live.
func (t *Timeline) Forget(since int64, least float64) {
	var old []ID
	for _, th := range t.things {
		if k := t.versions.of(th.last).unlessOver(); k != nil && k.exists < least && k.seenAt < since {
			old = append(old, th.id)
		}
	}
	for _, id := range old {
		t.End(id, t.newest)
	}
}

// Withdraw takes a thing back, as if the plot that it began with had never come:
// whoever said it corrected it. It is false where there is no such thing.
func (t *Timeline) Withdraw(id ID) bool {
	th := t.find(id)
	if th == nil || th.empty() {
		return false
	}
	th.withdrawn = true
	first := t.versions.of(th.first)
	t.note(th, first.key)
	if t.lookAt(first.key) == nil {
		t.versions.give(t.versions.remove(th, first.key))
		t.work.emptied = t.work.emptied || th.empty()
	}
	t.anew(th)
	t.remake(0)
	return true
}

// SetDomain says of which domain a thing is; 0: plots may say again. The thing moves
// accordingly in all looks that may still change, whatever plots say of it. It is
// false where there is no such thing.
func (t *Timeline) SetDomain(id ID, domain uint8) bool {
	th := t.find(id)
	if th == nil || th.empty() {
		return false
	}
	th.said = domain
	v := t.versions.of(th.first)
	if t.lookAt(v.key) == nil {
		v.domain, th.whereabouts.known = domain, false
	}
	t.note(th, v.key)
	t.anew(th)
	t.forward(-1, th)
	t.remake(0)
	return true
}

// anew has all looks that may still change weigh a thing again.
func (t *Timeline) anew(th *thing) {
	for _, l := range t.looks {
		if !l.again && t.versions.at(th, l.key) != nil {
			l.pending = append(l.pending, th)
		}
	}
}

// Seed begins a thing with what was believed of it. The key's sensor is none of
// the timeline's.
func (t *Timeline) Seed(n int32, s *kalman.Estimate, at int64, existence float64, claim uint64, domain uint8, told, foreign bool) ID {
	id := ID{Key{Time: at, Sensor: byCaller}, n}
	th := t.spare.thing(id)
	v := version{head: head{
		key: id.Key, exists: existence, stateAt: at, seenAt: at,
		identity: identity{claim: claim, honest: honest, domain: domain, told: told, foreign: foreign},
	}}
	t.domainOf(domain).Model.Begin(&v.state, s)
	t.put(th, &v)
	t.enter(th)
	return id
}

// At gives what was believed of a thing at a time, from the looks up to it.
func (t *Timeline) At(id ID, at int64) (out Thing, ok bool) {
	th := t.find(id)
	if th == nil {
		return out, false
	}
	k := t.versions.upTo(th, at)
	if k == nil {
		return out, false
	}
	var v version
	t.thingAt(id, k, at, &v, &out)
	return out, true
}

func (t *Timeline) find(id ID) *thing {
	i, ok := slices.BinarySearchFunc(t.things, id, func(th *thing, id ID) int { return th.id.Compare(id) })
	if !ok {
		return nil
	}
	return t.things[i]
}

// settleEnds forgets things that were ended before a time.
func (t *Timeline) settleEnds(before int64) {
	n := 0
	for n < len(t.ends) && t.ends[n].key.Time < before {
		e := t.ends[n]
		if v := t.versions.settle(e.of, e.key); v != nil {
			t.gone++
			t.biases.End(e.of.id)
		}
		n++
	}
	t.ends = slices.Delete(t.ends, 0, n)
}
