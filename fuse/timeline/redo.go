package timeline

import (
	"slices"

	"atalaya/fuse/assoc"
	"atalaya/fuse/imm"
	"atalaya/fuse/measure"
	"atalaya/fuse/pmb"
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
	at       int   // the look's place
	rays     []ray // before the look of the place raysOf-1
	raysOf   int
	rows     rows // of a look anew, and below what rows make of its bearings
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
	w.look, w.at, w.raysOf = l, i, 0
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
