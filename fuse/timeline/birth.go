package timeline

import (
	"cmp"
	"slices"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
)

// bear starts a thing with a plot as far as it is nobody's, or takes back that
// it did.
func (t *Timeline) bear(l *look, j int32, free float64) {
	p := &l.plots[j]
	t.crossOf(l, j)
	exists := l.chance(j, free)
	if exists == 0 && l.uncrossed && p.Kind == measure.OfBearing && p.nobody >= unclaimed {
		t.Shedding(ShedBearings, l.is(p).X, l.is(p).Y, 1)
		l.uncrossed = false // the look is counted
	}
	th := t.spare.all[p.born]
	if !(exists >= t.cfg.Drop) || th != nil && th.withdrawn {
		if th != nil {
			t.remove(l, th)
		}
		return
	}
	if th == nil {
		th = t.spare.thing(ID{l.key, j})
		p.born = th.number
		t.stats.Born++
	}
	if th.empty() {
		t.enter(th)
	}
	v := t.work.draft()
	n := int32(len(l.pairs)) //nolint:gosec // fewer than 2^31
	v.head = head{key: l.key, exists: exists, stateAt: l.key.Time, seenAt: l.key.Time, from: n, to: n}
	v.rare = rare{}
	v.told, v.foreign = p.Told, p.Foreign
	v.hear(l, p, false)
	v.domain = cmp.Or(th.said, v.domain)
	t.begin(l, p, v)
	t.lean(l, p, v)
	t.drop(v)
	if t.put(th, v) {
		t.changed(th, l.key)
	}
	t.work.giveBack()
	l.things = append(l.things, p.born)
}

// enter adds a thing in its place.
func (t *Timeline) enter(th *thing) {
	i := len(t.things)
	if i > 0 && t.things[i-1].id.Compare(th.id) >= 0 {
		i, _ = slices.BinarySearchFunc(t.things, th, func(a, b *thing) int { return a.id.Compare(b.id) })
		if i < len(t.things) && t.things[i] == th {
			return
		}
	}
	t.things = slices.Insert(t.things, i, th)
}

// begin sets a version's state to what one plot says of a thing that was not known.
func (t *Timeline) begin(l *look, p *plot, of *version) {
	d, to := t.domain(&of.identity), &of.state
	v := float64(d.SpeedSD * d.SpeedSD)
	e := kalman.Estimate{X: [4]float64{p.x, p.y}, P: [4][4]float64{{p.cov.EE, p.cov.EN}, {p.cov.EN, p.cov.NN}, {2: v}, {3: v}}}
	w := &t.work
	if p.Kind == measure.OfBearing {
		s := l.start(p.order)
		d.Model.Begin(to, &s.Estimate)
		return
	}
	if p.Foreign && p.Velocity.Var > 0 { // what it believes, as it is
		e.X[2], e.X[3], e.P[2][2], e.P[3][3] = p.Velocity.X, p.Velocity.Y, p.Velocity.Var, p.Velocity.Var
	}
	if p.After != 0 { // it is where the plot shows it by then: as Measurement has it, without noise
		e.Predict(-p.After, 0)
	}
	d.Model.Begin(to, &e)
	if p.Velocity.Var > 0 && !p.Foreign {
		to.Velocity(p.Velocity.X, p.Velocity.Y, p.Velocity.Var)
	}
	if len(t.cfg.Births) == 0 {
		return
	}
	w.states, w.parts, w.masses = w.states[:0], w.parts[:0], w.masses[:0]
	if t.cfg.Birth > 0 {
		w.states, w.masses = append(w.states, *to), append(w.masses, t.cfg.Birth)
	}
	is := l.is(p)
	for i := range t.cfg.Births {
		b := &t.cfg.Births[i]
		b2 := float64(b.SD * b.SD)
		g := d.Model.New(&kalman.Estimate{X: [4]float64{b.X, b.Y}, P: [4][4]float64{{b2}, {1: b2}, {2: v}, {3: v}}})
		if m := float64(b.Rate * is.Update(&g)); m > leastMass {
			w.states, w.masses = append(w.states, g), append(w.masses, m)
		}
	}
	if len(w.states) == 0 {
		return
	}
	for i := range w.states {
		w.parts = append(w.parts, &w.states[i])
	}
	imm.Mix(to, w.masses, w.parts)
}

// leastMass is a weight below which digits are lost.
const leastMass = 1e-290
