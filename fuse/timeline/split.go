package timeline

import (
	"fmt"

	"atalaya/fuse/assoc"
	"atalaya/fuse/pmb"
)

// split is a look's problem in parts that share nothing.
type split struct {
	root   []int32 // by plot: a plot of the same cluster
	pairs  []int32 // by root: how many the cluster has
	sides  []int32 // by root: whose it is, or -1
	place  []int32 // by plot: its place there
	result assoc.Result
}

// clusters are what one side solves, and where that stands in the whole.
type clusters struct {
	things                   []pmb.Thing
	plots                    []pmb.Plot
	pairs                    []pmb.Pair
	thingAt, plotAt, pairsAt []int32
	load                     int // pairs
	result                   *assoc.Result
}

// update brings the things up to date with work's plots and pairs.
func (t *Timeline) update(things []pmb.Thing) *assoc.Result {
	w := &t.work
	if len(w.sides) == 1 || len(w.pairs) < t.worth {
		return weighed(w.filter.Update(things, w.local, w.pairs))
	}
	w.part(things)
	t.together(func(_ *Timeline, s *side) {
		s.own.result = weighed(s.filter.Update(s.own.things, s.own.plots, s.own.pairs))
	})
	return w.unite(things)
}

func weighed(r *assoc.Result, err error) *assoc.Result {
	if err != nil {
		panic(fmt.Sprintf("weigh a look: %v", err)) // sizes that do not fit together
	}
	return r
}

// part gives each side clusters of things and plots, about as many pairs each.
// Things without plots are the first's; plots without things are nobody's.
func (w *work) part(things []pmb.Thing) {
	x := &w.split
	x.root, x.pairs, x.sides, x.place = x.root[:0], x.pairs[:0], x.sides[:0], x.place[:0]
	for k := range w.local {
		x.root, x.pairs, x.sides, x.place = append(x.root, int32(k)), append(x.pairs, 0), append(x.sides, -1), append(x.place, 0) //nolint:gosec // fewer than 2^31
	}
	for k := 1; k < len(w.pairs); k++ {
		if p, q := &w.pairs[k-1], &w.pairs[k]; p.Thing == q.Thing {
			a, b := x.rootOf(p.Plot), x.rootOf(q.Plot)
			x.root[max(a, b)] = min(a, b)
		}
	}
	for k := range w.pairs {
		x.pairs[x.rootOf(w.pairs[k].Plot)]++
	}
	for _, s := range w.sides {
		o := &s.own
		o.things, o.plots, o.pairs = o.things[:0], o.plots[:0], o.pairs[:0]
		o.thingAt, o.plotAt, o.pairsAt = o.thingAt[:0], o.plotAt[:0], o.pairsAt[:0]
	}
	w.choose()
	for k := range w.local {
		if i := x.sides[x.rootOf(int32(k))]; i >= 0 { //nolint:gosec // fewer than 2^31
			o := &w.sides[i].own
			x.place[k] = int32(len(o.plots))                                            //nolint:gosec // fewer than 2^31
			o.plots, o.plotAt = append(o.plots, w.local[k]), append(o.plotAt, int32(k)) //nolint:gosec // fewer than 2^31
		}
	}
	at := 0
	for i := range things {
		o := &w.sides[0].own
		if at < len(w.pairs) && int(w.pairs[at].Thing) == i {
			o = &w.sides[x.sides[x.rootOf(w.pairs[at].Plot)]].own
		}
		for at < len(w.pairs) && int(w.pairs[at].Thing) == i {
			p := w.pairs[at]
			p.Thing, p.Plot = int32(len(o.things)), x.place[p.Plot]               //nolint:gosec // fewer than 2^31
			o.pairs, o.pairsAt = append(o.pairs, p), append(o.pairsAt, int32(at)) //nolint:gosec // fewer than 2^31
			at++
		}
		o.things, o.thingAt = append(o.things, things[i]), append(o.thingAt, int32(i)) //nolint:gosec // fewer than 2^31
	}
}

// choose gives each cluster to the side that has least to do.
func (w *work) choose() {
	x := &w.split
	for _, s := range w.sides {
		s.own.load = 0
	}
	for k := range w.pairs {
		r := x.rootOf(w.pairs[k].Plot)
		if x.sides[r] >= 0 {
			continue
		}
		least := 0
		for i, s := range w.sides {
			if s.own.load < w.sides[least].own.load {
				least = i
			}
		}
		x.sides[r] = int32(least) //nolint:gosec // few
		w.sides[least].own.load += int(x.pairs[r])
	}
}

func (x *split) rootOf(i int32) int32 {
	for x.root[i] != i {
		x.root[i] = x.root[x.root[i]]
		i = x.root[i]
	}
	return i
}

// unite puts together what the sides found.
func (w *work) unite(things []pmb.Thing) *assoc.Result {
	r := &w.split.result
	r.Counts = assoc.Counts{}
	r.Missed, r.Pair, r.New, r.Shed = r.Missed[:0], r.Pair[:0], r.New[:0], r.Shed[:0]
	for range things {
		r.Missed, r.Shed = append(r.Missed, 1), append(r.Shed, 0)
	}
	for range w.pairs {
		r.Pair = append(r.Pair, 0)
	}
	for range w.local {
		r.New = append(r.New, 1)
	}
	for _, s := range w.sides {
		o := &s.own
		for k, i := range o.thingAt {
			things[i].Existence, r.Missed[i], r.Shed[i] = o.things[k].Existence, o.result.Missed[k], o.result.Shed[k]
		}
		for k, i := range o.pairsAt {
			r.Pair[i] = o.result.Pair[k]
		}
		for k, i := range o.plotAt {
			r.New[i] = o.result.New[k]
		}
		r.Counts.ShedByTrack += o.result.Counts.ShedByTrack
		r.Counts.ShedByCluster += o.result.Counts.ShedByCluster
	}
	return r
}
