package timeline

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
)

// Looks that come later than the lag.
//
//  1. What was made of settled looks is not made again. So such a look is not put
//     in order: each of its plots counts for one thing at the most, by the
//     identity that both have, or else for the only thing whose it may well be, by
//     the gate and the likelihood at the plot's own time. Of several it is
//     nobody's: evidence, and no more.
//  2. The thing's settled version is brought up to date: predicted to the plot's
//     time, if nothing was seen of it since, and otherwise retrodicted
//     (kalman.Past), and what the plot says of the place then corrects the state
//     of now. A new version just before the looks that may still change has that,
//     and they are made again from there.
//  3. Nothing is missed, and nothing starts: but a plot that fits nothing starts a
//     thing if somebody told it, or if it has a name that no thing has.
//
// What is believed then depends on when such looks come, and on nothing else.

// Late is a plot that came later than the lag and counts for a thing.
type Late struct {
	Look  Key  // its time and sensor
	Began bool // the thing began with it
	Evidence
}

// lateOf is one, and whose.
type lateOf struct {
	of ID
	Late
}

// mostLate is how many are kept until Changes is asked.
const mostLate = 1 << 16

// candidate is a thing whose a late plot may be.
type candidate struct {
	thing    *thing
	plot     int32
	claims   bool    // the plot claims to be it
	settled  bool    // it has a settled version
	weight   float64 // beside the plot's as nobody's
	rivals   float64 // weights of the others
	distance float64 // squared
	lik      float64
}

// youngEnough tells whether a plot of a time may still count for something.
func (t *Timeline) youngEnough(told bool, at int64) bool {
	age := t.cfg.Retrodict
	if told {
		age = max(age, t.cfg.Told)
	}
	return at >= t.newest-int64(age)
}

// takeLate takes a look that comes later than the lag.
func (t *Timeline) takeLate(in *Look) error {
	if !slices.ContainsFunc(in.Plots, func(p Plot) bool { return t.youngEnough(p.Told, in.Time) }) {
		t.stats.Refused++
		return ErrLate
	}
	t.stats.Looks++
	t.stats.Plots += uint64(len(in.Plots))
	t.afterwards++
	l := t.newLook(in)
	l.key.Seq = -t.afterwards // no look in order has that
	t.weigh(l, firstLooks)
	edge := Key{Time: t.newest - int64(t.cfg.Lag) - 1, Sensor: byCaller}
	w := &t.work
	w.candidates, w.free, w.change = w.candidates[:0], w.free[:0], w.change[:0]
	for j := range l.plots {
		p := &l.plots[j]
		p.bearers, p.nobody = 0, 1
		w.free = append(w.free, p.fresh)
	}
	for _, th := range t.things {
		if k := t.versions.of(th.first).unlessOver(); k != nil {
			t.compete(l, th, k, edge)
		}
	}
	fits := t.award(l)
	for i := range w.candidates {
		t.correctBy(l, &w.candidates[i], edge)
	}
	for j := range l.plots {
		p := &l.plots[j]
		starts := p.Told || p.Claim != 0 && p.bearers == 0
		if starts && !fits[j] && t.youngEnough(p.Told, in.Time) {
			t.beginLate(l, int32(j), edge) //nolint:gosec // fewer than 2^31
		}
	}
	t.stats.Retrodicted += uint64(len(w.change))
	t.stats.EvidenceOnly += uint64(len(l.plots) - len(w.change))
	for _, th := range w.change {
		t.forward(-1, th)
	}
	t.spare.endLook(l)
	t.remake(0)
	return nil
}

// loose is by how much more than straight motion does a retrodiction may spread a
// place: how far a thing is looked for.
const loose = 1.5

// compete finds the plots whose a thing may be.
func (t *Timeline) compete(l *look, th *thing, k *kept, edge Key) {
	for _, c := range l.claims.of(k.claim) {
		p := &l.plots[c.plot]
		p.bearers = min(p.bearers+1, mostBearers)
		t.work.free[c.plot] = float64(t.work.free[c.plot] * (1 - float64(k.exists*k.honest)))
	}
	o := t.outlineOf(k)
	dt := seconds(l.key.Time - k.stateAt)
	wander := t.wanders[min(int(k.domain), len(t.wanders)-1)]
	c := o.after(math.Abs(dt), wander)
	c.x, c.y = o.x+float64(dt*float64(o.vx)), o.y+float64(dt*float64(o.vy))
	c.spread = float64(loose * c.spread)
	if k.rare != 0 {
		leans := t.versions.rare(k).leans
		c.spread += t.leaning(l, &leans)
	}
	gate := math.Sqrt(t.cfg.Gate)
	reach := c.radius + float64(gate*(c.spread+l.nearby.largest))
	if a := l.nearby.after; a > 0 {
		reach += o.hastens(a, math.Abs(dt), gate, wander)
	}
	if t.careful || reach > t.cfg.Reach {
		reach = t.cfg.Reach
	}
	settled := k.key.Compare(edge) <= 0
	if a, ok := l.nearby.around(c.x, c.y, reach); ok {
		for row := a.low; row <= a.high; row++ {
			from, to := l.nearby.in(row, a.left, a.right)
			for i := from; i < to; i++ {
				if s := &l.nearby.spots[i]; !s.off(c.x, c.y, reach) {
					t.consider(l, th, s.plot, settled)
				}
			}
		}
	}
	about := kalman.Estimate{X: [4]float64{c.x, c.y}}
	for i, j := range l.nearby.bearings {
		if t.careful || !l.nearby.beams[i].Beyond(&about, c.spread+c.radius/gate, gate) {
			t.consider(l, th, j, settled)
		}
	}
}

// consider makes a thing a candidate for a plot, if it is in its gate and nothing
// that the plot says of itself speaks against it.
func (t *Timeline) consider(l *look, th *thing, j int32, settled bool) {
	p := &l.plots[j]
	if !t.youngEnough(p.Told, l.key.Time) {
		return
	}
	var r recalled
	if !t.recall(l, t.versions.of(th.first), p, &r) {
		return
	}
	d2 := r.is.Distance2(&r.mean)
	factor := r.v.factor(l, p, th.said != 0)
	if !(d2 <= t.cfg.Gate) || factor < 1 {
		return
	}
	exists := r.v.exists
	lik := r.update()
	w := &t.work
	w.candidates = append(w.candidates, candidate{
		thing: th, plot: j, claims: p.Claim != 0 && p.Claim == r.v.claim, settled: settled, distance: d2, lik: lik,
		weight: float64(float64(float64(exists*t.fields.sensors[l.key.Sensor].Seen)*lik) * factor),
	})
}

// recalled is a version at the time of a late plot, and the plot as it is for it.
type recalled struct {
	v    version
	mean kalman.Estimate // then
	is   measure.Measurement
	back bool // it was seen since
	past imm.Past
}

// recall makes a version what it was at the time of a plot; false: nothing is
// known of then.
func (t *Timeline) recall(l *look, k *kept, p *plot, r *recalled) bool {
	t.versions.open(k, &r.v)
	r.mean = r.v.state.Mean()
	t.renew(l, &r.v, &r.mean)
	model := t.domain(&r.v.identity).Model
	ago := seconds(r.v.stateAt-l.key.Time) - p.After
	ok := true
	switch {
	case l.key.Time >= r.v.stateAt:
		model.Predict(&r.v.state, seconds(l.key.Time-r.v.stateAt))
		r.v.stateAt = l.key.Time
		r.mean = r.v.state.Mean()
		ago = -p.After
	case ago > 0:
		r.back = true
		r.past = model.Past(&r.v.state, ago)
		r.mean, ok = r.past.Mean(&r.mean)
		ago = 0
	}
	r.is = t.asFor(l, p, &r.mean, &r.v.leans)
	r.is.After = -ago
	return ok
}

// update brings the state up to date, and gives the likelihood; 0: it is as it was.
func (r *recalled) update() float64 {
	if r.back {
		return r.is.UpdatePast(&r.v.state, &r.past)
	}
	return r.is.Update(&r.v.state)
}

// rivalry is how much less likely all others together must be than the thing
// whose a plot is.
const rivalry = 0.1

// award leaves those candidates whose the plots are, in order of things, and
// tells which plots fit something.
func (t *Timeline) award(l *look) (fits []bool) {
	w := &t.work
	w.fits = w.fits[:0]
	for range l.plots {
		w.fits = append(w.fits, false)
	}
	all, n := w.candidates, 0
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.plot, b.plot) })
	for from := 0; from < len(all); {
		to, j := from, all[from].plot
		claiming, claimer, best, sum := 0, 0, from, 0.0
		for ; to < len(all) && all[to].plot == j; to++ {
			c := &all[to]
			sum += c.weight
			if c.weight > all[best].weight {
				best = to
			}
			if c.claims {
				claiming, claimer = claiming+1, to
			}
		}
		w.fits[j] = claiming > 0 || sum > l.plots[j].clutter+w.free[j]
		whose := -1
		switch {
		case claiming == 1:
			whose = claimer
		case claiming == 0 && w.fits[j] && sum-all[best].weight < float64(rivalry*all[best].weight):
			whose, all[best].rivals = best, sum-all[best].weight
		}
		if whose >= 0 && all[whose].settled {
			all[n] = all[whose]
			n++
		}
		from = to
	}
	// A look shows a thing once.
	all = all[:n]
	slices.SortStableFunc(all, func(a, b candidate) int { return a.thing.id.Compare(b.thing.id) })
	n = 0
	for i := range all {
		if (i == 0 || all[i-1].thing != all[i].thing) && (i+1 == len(all) || all[i+1].thing != all[i].thing) {
			all[n] = all[i]
			n++
		}
	}
	w.candidates = all[:n]
	return w.fits
}

// correctBy has a plot correct the settled version of the thing whose it is.
func (t *Timeline) correctBy(l *look, c *candidate, edge Key) {
	p, th := &l.plots[c.plot], c.thing
	var r recalled
	if !(c.weight > 0) || !t.recall(l, t.versions.of(th.first), p, &r) {
		return
	}
	v, before := &r.v, r.v.state
	w := &t.work
	its := c.weight / (c.weight + c.rivals + p.clutter + w.free[c.plot])
	exists := float64(v.exists * t.survives(edge.Time-v.key.Time))
	otherwise := float64((1 - its) * exists)
	r.update()
	after := v.state
	if otherwise > 0 {
		w.masses, w.parts = append(w.masses[:0], its, otherwise), append(w.parts[:0], &after, &before)
		imm.Mix(&v.state, w.masses, w.parts)
	}
	v.exists = min(its+otherwise, 1)
	if p.Foreign {
		v.exists = max(exists, float64(its*l.with(p).Credence))
	}
	v.key, v.from, v.to = edge, 0, 0
	if its > 0.5 {
		v.seenAt = max(v.seenAt, l.key.Time)
		v.remember(l, p)
	}
	t.put(th, v)
	t.versions.settle(th, edge)
	t.afterAll(l, th, edge, Late{Evidence: Evidence{Ref: p.Ref, At: l.at(p), Weight: its, Distance2: c.distance, Likelihood: c.lik}})
}

// remember takes over what a late plot of the thing says, where nothing is known
// that is newer.
func (v *version) remember(l *look, p *plot) {
	if v.claim == 0 && p.Claim != 0 && p.bearers == 0 {
		v.claim, v.honest = p.Claim, honest
	}
	v.domain = cmp.Or(v.domain, p.Domain)
	if m := l.with(p); m.Height.Known() && !v.height.Known() {
		v.height, v.sd = m.Height, m.HeightSD
	}
	v.told, v.foreign = v.told && p.Told, v.foreign && p.Foreign
}

// beginLate starts a thing with a plot, as it is at the settled edge.
func (t *Timeline) beginLate(l *look, j int32, edge Key) {
	p := &l.plots[j]
	if p.Kind == measure.OfBearing {
		return
	}
	if p.bearers >= mostBearers {
		t.Shedding(ShedNames, p.x, p.y, 1)
		return
	}
	by := edge.Time - l.key.Time
	v := version{head: head{key: edge, stateAt: edge.Time, seenAt: l.key.Time}}
	v.exists = float64(l.chance(j, t.work.free[j]) * t.survives(by))
	if !(v.exists >= t.cfg.Drop) {
		return
	}
	v.told, v.foreign = p.Told, p.Foreign
	v.hear(l, p, false)
	t.begin(l, p, &v)
	t.lean(l, p, &v)
	t.domain(&v.identity).Model.Predict(&v.state, seconds(by))
	th := t.spare.thing(ID{l.key, j})
	t.put(th, &v)
	t.enter(th)
	t.stats.Born++
	t.afterAll(l, th, edge, Late{Began: true, Evidence: Evidence{Ref: p.Ref, At: l.at(p), Weight: p.nobody}})
}

// afterAll notes what a late plot did to a thing.
func (t *Timeline) afterAll(l *look, th *thing, edge Key, what Late) {
	t.note(th, edge)
	t.work.change = append(t.work.change, th)
	if !t.cfg.Watched {
		return
	}
	if len(t.late) == mostLate {
		v := t.versions.of(th.last)
		var s imm.State
		s.Unpack(t.versions.ways, t.versions.state(v))
		e := s.Mean()
		t.Shedding(ShedLate, e.X[0], e.X[1], 1)
		return
	}
	what.Look = l.key
	t.late = append(t.late, lateOf{th.id, what})
}

// Late gives the plots that came later than the lag and count for the thing, since
// Changes was asked last.
func (c Changed) Late(yield func(*Late) bool) {
	all := c.line.toldLate
	i, _ := slices.BinarySearchFunc(all, c.ID, func(x lateOf, id ID) int { return cmp.Or(x.of.Compare(id), 1) })
	for ; i < len(all) && all[i].of == c.ID; i++ {
		if !yield(&all[i].Late) {
			return
		}
	}
}
