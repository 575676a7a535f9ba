package timeline

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/assoc"
	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/fuse/pmb"
	"atalaya/fuse/registration"
	"atalaya/geo/fmath"
)

// Making a look.
//
//  1. A new look is made with all its plots, and all things that it may show or
//     surely misses.
//  2. A look that was made is made again for things that are not what they were
//     before it. With them go the plots that were or are near them, with these
//     plots all things that were near those, and so on: whole clusters. What
//     stays outside shares nothing with what is made again, and stays as it is.
//  3. A thing whose version is another than before is weighed again by the next
//     look that had a version of it or may have one now. One whose version is
//     the same, bit for bit, is done.

// work is the scratch space of making a look.
type work struct {
	*side // the first
	sides []*side

	mark     uint64
	look     *look
	plots    []int32 // of the look
	index    []int32 // of these, by plot of the look; -1: it is not made
	is       []measure.Measurement
	free     []float64 // what is left of plot.fresh where the identity is another thing's
	least    []float64 // that it is at least, by plot
	local    []pmb.Plot
	pairs    []pmb.Pair
	queue    []*thing
	change   []*thing
	order    []int32
	places   []placed
	rays     []ray // before the look
	rows     rows  // of a look anew, and below what rows make of its bearings
	ranged   []measure.Start
	taken    []bool // which of them rows have
	aims     []aim
	trial    []measure.Start // a bank with a bearing, and with the likeliest so far
	fitted   []measure.Start
	sorted   []pmb.Thing
	masses   []float64
	parts    []*imm.State
	states   []imm.State
	released []released
	// Of a look that comes later than the lag.
	candidates []candidate
	fits       []bool // plots, something
	emptied    bool   // a thing may have no version left
	result     *assoc.Result
	base       int32 // of look.pairs, where work.pairs begin
	split      split
}

// slot is a thing that a look weighs.
type slot struct {
	thing    *thing
	next     *version // what the look makes of it; before that, its prediction
	is, was  *kept    // that as the thing keeps it, and its version of the look before
	from, to int32    // of work.near
	n, at    int32    // of work.things and work.pairs, when it is solved
	meets    bool
	silent   bool // the look says nothing of whether it exists
}

// make makes the i-th look, which is new, and those after it that it changes.
func (t *Timeline) make(i int) {
	l := t.looks[i]
	t.weigh(l, t.ordinal(i))
	t.cross(i)
	t.ranges(i)
	t.redo(i, true)
	for j := i + 1; j < len(t.looks); j++ {
		l := t.looks[j]
		if o := t.ordinal(j); l.key.Sensor == t.looks[i].key.Sensor && o <= firstLooks {
			t.weigh(l, o)
			l.again = true
		}
	}
	t.remake(i + 1)
}

// remake makes again what is to be, from the i-th look on.
func (t *Timeline) remake(i int) {
	for j := i; j < len(t.looks); j++ {
		if l := t.looks[j]; l.again || len(l.pending) > 0 {
			t.stats.Redone++
			t.redo(j, false)
		}
	}
	if t.work.emptied {
		t.things = slices.DeleteFunc(t.things, (*thing).empty)
		t.work.emptied = false
	}
}

// ordinal is how many looks of its sensor were before the i-th that is not
// settled; what is more than firstLooks need not be exact.
func (t *Timeline) ordinal(i int) int {
	k := t.looks[i].key
	n := t.fields.sensors[k.Sensor].settled
	for j := 0; j < i && n <= firstLooks; j++ {
		if t.looks[j].key.Sensor == k.Sensor {
			n++
		}
	}
	return n
}

// weigh sets the intensities at the plots.
func (t *Timeline) weigh(l *look, ordinal int) {
	for j := range l.plots {
		p := &l.plots[j]
		p.clutter, p.fresh = t.fields.intensities(l.key, p, ordinal)
		if c := l.with(p).Credence; c > 0 {
			whole := p.clutter + p.fresh
			p.fresh = float64(whole * c)
			p.clutter = whole - p.fresh
		}
	}
}

// redo makes a look, for the first time or for what changed.
func (t *Timeline) redo(i int, first bool) {
	w, l := &t.work, t.looks[i]
	w.mark++
	w.look = l
	w.slots, w.near, w.met, w.things, w.plots = w.slots[:0], w.near[:0], w.met[:0], w.things[:0], w.plots[:0]
	w.queue, w.change = w.queue[:0], w.change[:0]
	for _, s := range w.sides {
		s.drawn = 0
	}
	w.index = w.index[:0]
	for range l.plots {
		w.index = append(w.index, -1)
	}
	if first || l.again {
		for j := range l.plots {
			t.addPlot(l, int32(j)) //nolint:gosec // fewer than 2^31
		}
		t.addAll()
		l.again = false
	}
	w.queue = append(w.queue, l.pending...)
	for _, th := range l.pending {
		if th.id.Key == l.key { // it begins here
			t.addPlot(l, th.id.Plot)
		}
	}
	clear(l.pending)
	l.pending = l.pending[:0]
	for len(w.queue) > 0 {
		th := w.queue[len(w.queue)-1]
		w.queue = w.queue[:len(w.queue)-1]
		t.addThing(l, th)
	}
	t.arrange(first)
	t.solve(l)
	for _, th := range w.change {
		t.forward(i, th)
	}
	t.shedGates()
}

// addPlot adds a plot to what is made, and the things that were near it.
func (t *Timeline) addPlot(l *look, j int32) {
	w := &t.work
	if w.index[j] >= 0 {
		return
	}
	w.index[j] = int32(len(w.plots)) //nolint:gosec // fewer than 2^31
	w.plots = append(w.plots, j)
	for k := l.plots[j].first; k >= 0; k = l.pairs[k].next {
		w.queue = append(w.queue, t.spare.all[l.pairs[k].thing])
	}
}

// addThing adds a thing, if the look weighs it or did, and the plots that were
// or are near it.
func (t *Timeline) addThing(l *look, th *thing) {
	w := &t.work
	if th.mark == w.mark {
		return
	}
	th.mark = w.mark
	if !t.enlist(w.side, l, th) {
		return
	}
	s := &w.slots[len(w.slots)-1]
	for _, j := range w.near[s.from:s.to] {
		t.addPlot(l, j)
	}
	if old := t.versions.at(th, l.key); old != nil {
		for k := old.from; k < old.to; k++ {
			t.addPlot(l, l.pairs[k].plot)
		}
	}
}

// enlist gives a thing a slot, if the look weighs it or did.
func (t *Timeline) enlist(w *side, l *look, th *thing) bool {
	if t.away(l, th) {
		return false
	}
	before, at := t.versions.around(th, l.key)
	if at == nil && (before == nil || t.beyond(l, before)) {
		return false
	}
	s := slot{thing: th, next: w.draft(), from: int32(len(w.near))} //nolint:gosec // fewer than 2^31
	out := pmb.Thing{State: &s.next.state}
	s.meets = t.meet(w, l, before, s.next, &out)
	s.to = int32(len(w.near)) //nolint:gosec // fewer than 2^31
	if !s.meets && at == nil {
		w.giveBack()
		return false
	}
	if s.meets {
		t.outlook(w, l, before, &s, &out)
	}
	w.slots, w.things = append(w.slots, s), append(w.things, out)
	return true
}

// outlook prepares what the look makes of a thing that it meets, from the version
// before it.
func (t *Timeline) outlook(w *side, l *look, before *kept, s *slot, out *pmb.Thing) {
	v := s.next
	if s.to == s.from {
		t.versions.open(before, v)
	} else {
		v.stateAt = l.key.Time
	}
	v.key, v.exists = l.key, out.Existence
	if l.bearingsOnly() && out.Unseen == 1 {
		// Where silence says nothing a bearing does not either.
		s.silent = true
	}
	for _, j := range w.near[s.from:s.to] {
		p := &l.plots[j]
		pair := pmb.Pair{Plot: j, Factor: v.factor(l, p, s.thing.said != 0)}
		if p.Claim != 0 && p.Claim == v.claim {
			if e, is := out.State.Mean(), l.is(p); !(is.Distance2(&e) <= t.cfg.Gate) {
				pair.Elsewhere = wild
			}
		}
		w.met = append(w.met, pair)
	}
}

// meet makes of a draft the version before a look, predicted to its time, and
// tells whether the look weighs the thing: because it shows plots near it, which
// are added to near, or none where it should.
func (t *Timeline) meet(w *side, l *look, before *kept, v *version, out *pmb.Thing) bool {
	if before == nil {
		return false
	}
	t.versions.open(before, v)
	sensor := &t.fields.sensors[l.key.Sensor]
	out.Existence = float64(v.exists * t.survives(l.key.Time-v.key.Time))
	out.Named = v.claim != 0 || sensor.Foreign
	w.predict(t.domain(&v.identity).Model, &v.state, l.key.Time-v.stateAt)
	e := v.state.Mean()
	t.renew(l, v, &e)
	leans := &v.leans
	spread := kalman.Spread(&e.P) + t.leaning(l, leans)
	out.Seen, out.Unseen = sensor.Seen, 1
	within := share(l.region, &e)
	if !t.mute(l) && !v.told {
		seen, known := sensor.Seen, true
		if l.sight != nil {
			seen, known = l.sight(e.X[0], e.X[1], v.height)
		}
		if known {
			out.Unseen = 1 - float64(seen*within)
		}
	}
	from := len(w.near)
	reach := float64(math.Sqrt(t.cfg.Gate) * (spread + l.nearby.largest))
	if a := l.nearby.after; a > 0 {
		speed, vague := math.Sqrt(float64(e.X[2]*e.X[2])+float64(e.X[3]*e.X[3])), math.Sqrt(e.P[2][2]+e.P[3][3])
		reach += float64(a * (speed + float64(math.Sqrt(t.cfg.Gate)*vague)))
	}
	surely := float64(reach*slack) + slackMetres
	if reach > t.cfg.Reach {
		t.cutGate(w, l, &e, leans, reach)
		reach = t.cfg.Reach
	}
	t.gate(w, l, &e, leans, reach, surely)
	if within > 0 { // what is too far to be seen lies on many bearings
		plain, k := !l.biased && !leans.Any(), math.Sqrt(t.cfg.Gate)
		for i, j := range l.nearby.bearings {
			if plain && l.nearby.beams[i].Beyond(&e, spread, k) {
				continue
			}
			if t.distance2(l, &l.plots[j], &e, leans) <= t.cfg.Gate {
				w.near = append(w.near, j)
			}
		}
	}
	for _, c := range l.claims.of(v.claim) {
		if !slices.Contains(w.near[from:], c.plot) {
			w.near = append(w.near, c.plot)
		}
	}
	slices.Sort(w.near[from:])
	return len(w.near) > from || out.Unseen < 1
}

// gate adds the plots within reach whose a thing may be: surely none farther than
// the other distance.
func (t *Timeline) gate(w *side, l *look, e *kalman.Estimate, leans *registration.Leans, reach, surely float64) {
	a, ok := l.nearby.around(e.X[0], e.X[1], reach)
	if !ok {
		return
	}
	biased := l.biased || leans.Any()
	for row := a.low; row <= a.high; row++ {
		from, to := l.nearby.in(row, a.left, a.right)
		for i := range l.nearby.spots[from:to] {
			s := &l.nearby.spots[int(from)+i]
			if s.place && s.off(e.X[0], e.X[1], surely) {
				continue
			}
			p, d2 := &l.plots[s.plot], 0.0
			if biased || !s.plain {
				d2 = t.distance2(l, p, e, leans)
			} else {
				d2 = p.distance2(e)
			}
			if d2 <= t.cfg.Gate {
				w.near = append(w.near, s.plot)
			}
		}
	}
}

func (t *Timeline) survives(ns int64) float64 { return fmath.Exp(-seconds(ns) / t.cfg.Life) }

// arrange puts what is made in order: things by ID, plots by place.
func (t *Timeline) arrange(first bool) {
	w := &t.work
	if first {
		return
	}
	slices.Sort(w.plots)
	w.order = w.order[:0]
	for i := range w.slots {
		w.order = append(w.order, int32(i)) //nolint:gosec // fewer than 2^31
	}
	slices.SortFunc(w.order, func(a, b int32) int { return w.slots[a].thing.id.Compare(w.slots[b].thing.id) })
	w.sorted = w.sorted[:0]
	for _, i := range w.order {
		w.sorted = append(w.sorted, w.things[i])
	}
	w.things, w.sorted = w.sorted, w.things
	slices.SortFunc(w.slots, func(a, b slot) int { return a.thing.id.Compare(b.thing.id) })
}

// solve weighs the plots against the things, and sets their versions.
func (t *Timeline) solve(l *look) {
	w := &t.work
	w.local, w.pairs = w.local[:0], w.pairs[:0]
	w.is, w.free, w.least = w.is[:0], w.free[:0], w.least[:0]
	for k, j := range w.plots {
		p := &l.plots[j]
		w.index[j], p.first, p.bearers = int32(k), -1, 0 //nolint:gosec // fewer than 2^31
		w.is, w.free, w.least = append(w.is, l.is(p)), append(w.free, p.fresh), append(w.least, 0)
	}
	for k := range w.is {
		w.local = append(w.local, pmb.Plot{Is: &w.is[k]})
	}
	n := int32(0)
	for i := range w.slots {
		s := &w.slots[i]
		if !s.meets {
			continue
		}
		s.n, s.at = n, int32(len(w.pairs)) //nolint:gosec // fewer than 2^31
		w.things[n] = w.things[i]
		for _, pair := range w.met[s.from:s.to] {
			p := &l.plots[pair.Plot]
			k := w.index[pair.Plot]
			if p.Claim != 0 && p.Claim == s.next.claim {
				p.bearers = min(p.bearers+1, mostBearers)
				w.free[k] = float64(w.free[k] * (1 - float64(w.things[n].Existence*s.next.honest)))
			}
			if pair.Elsewhere > 0 {
				w.least[k] = max(w.least[k], float64(impostor*float64(w.things[n].Existence*float64(pair.Factor*pair.Elsewhere))))
			}
			pair.Thing, pair.Plot = n, k
			w.pairs = append(w.pairs, pair)
		}
		n++
	}
	for k, j := range w.plots {
		p := &l.plots[j]
		w.free[k] = max(w.free[k], w.least[k])
		if p.bearers >= mostBearers {
			t.Shedding(ShedNames, p.x, p.y, 1)
			w.free[k] = 0
		}
		w.local[k].New = p.clutter + w.free[k]
	}
	t.unheard(l)
	t.widen(l)
	w.result = t.update(w.things[:n])
	t.link(l)
	t.shedPairs()
	t.finish()
	for k, j := range w.plots {
		p := &l.plots[j]
		p.nobody = w.result.New[k]
		t.bear(l, j, w.free[k])
	}
}

// unheard makes plots with identities that nothing has unlikelier to be of things
// with others.
func (t *Timeline) unheard(l *look) {
	w := &t.work
	if len(l.claims.all) == 0 {
		return
	}
	for i := range w.slots {
		s := &w.slots[i]
		if !s.meets || s.next.claim == 0 {
			continue
		}
		for at := s.at; at < s.at+s.to-s.from; at++ {
			if p := &l.plots[w.plots[w.pairs[at].Plot]]; p.bearers == 0 && s.next.others(p) {
				w.pairs[at].Factor = float64(w.pairs[at].Factor * unheard)
				if s.next.lies() {
					w.pairs[at].Factor = float64(w.pairs[at].Factor * alongside)
				}
			}
		}
	}
}

// link notes the pairs with the plots.
func (t *Timeline) link(l *look) {
	w := &t.work
	w.base = int32(len(l.pairs)) //nolint:gosec // fewer than 2^31
	for i := range w.slots {
		s := &w.slots[i]
		if !s.meets {
			continue
		}
		l.things = append(l.things, s.thing.number)
		for at := s.at; at < s.at+s.to-s.from; at++ {
			j := w.plots[w.pairs[at].Plot]
			p := &l.plots[j]
			l.pairs = append(l.pairs, pair{thing: s.thing.number, plot: j, next: p.first, weight: w.result.Pair[at], elsewhere: w.pairs[at].Elsewhere > 0})
			p.first = int32(len(l.pairs)) - 1 //nolint:gosec // fewer than 2^31
		}
	}
}

// conclude makes the version of a slot: what the look says of the thing.
func (t *Timeline) conclude(l *look, s *slot) {
	w, v := &t.work, s.next
	before := v.exists
	if !s.silent {
		v.exists = w.things[s.n].Existence
		if v.claim != 0 && before >= t.cfg.Speaks {
			v.exists = max(v.exists, t.cfg.Speaks)
		}
	}
	here, others := 0.0, 0.0
	v.from = w.base + s.at
	v.to = v.from + s.to - s.from
	for at := s.at; at < s.at+s.to-s.from; at++ {
		x := &l.pairs[w.base+at]
		if x.weight > 0.5 {
			v.hear(l, &l.plots[x.plot], x.elsewhere)
		}
		if !x.elsewhere {
			here += x.weight
			others += float64(x.weight * l.with(&l.plots[x.plot]).Credence)
		}
		t.follow(l, int(at), x.weight, v)
	}
	if here > 0.5 {
		v.seenAt = l.key.Time
	}
	v.domain = cmp.Or(s.thing.said, v.domain)
	t.believe(l, before, v, others)
	t.drop(v)
}

// drop lets a thing go that hardly is.
func (t *Timeline) drop(v *version) {
	if v.exists < t.cfg.Drop {
		v.exists, v.letGo = 0, v.exists
	}
}

// put makes a version of a thing.
func (t *Timeline) put(th *thing, v *version) (changed bool) {
	k := t.versions.take()
	t.versions.fill(k, v)
	was := t.versions.put(th, k)
	t.versions.fillRare(k, v)
	if was == nil {
		return true
	}
	changed = !t.versions.same(was, v)
	t.versions.give(was)
	return changed
}

// remove takes back the version of a look.
func (t *Timeline) remove(l *look, th *thing) {
	if v := t.versions.remove(th, l.key); v != nil {
		t.versions.give(v)
		t.work.emptied = t.work.emptied || th.empty()
		t.changed(th, l.key)
	}
}

func (t *Timeline) changed(th *thing, k Key) {
	t.note(th, k)
	t.work.change = append(t.work.change, th)
}

// bear starts a thing with a plot as far as it is nobody's, or takes back that
// it did.
func (t *Timeline) bear(l *look, j int32, free float64) {
	p := &l.plots[j]
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

// forward has the next look weigh a changed thing again: the next that had a
// version of it, or may have one now.
func (t *Timeline) forward(i int, th *thing) {
	for j := i + 1; j < len(t.looks); j++ {
		l := t.looks[j]
		if t.away(l, th) {
			continue
		}
		before, at := t.versions.around(th, l.key)
		if at != nil || before != nil && t.meets(l, before) {
			l.pending = append(l.pending, th)
			return
		}
		if v := t.versions.of(th.last); before == nil && (v == nil || v.key.Compare(l.key) < 0) {
			return // it is over
		}
	}
}

// meets reports whether a look weighs a thing.
func (t *Timeline) meets(l *look, before *kept) bool {
	if t.beyond(l, before) {
		return false
	}
	w := &t.work
	n, cuts := len(w.near), len(w.cuts)
	v := w.draft()
	meets := t.meet(w.side, l, before, v, &pmb.Thing{State: &v.state})
	w.giveBack()
	w.near, w.cuts = w.near[:n], w.cuts[:cuts]
	return meets
}
