package fuse

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
	"atalaya/track"
)

// Nameless plots: global nearest neighbour.
//
//  1. Plots of one sensor that belong to one look (one scan, or what came
//     within half a turn of its antenna) are a batch: each track can have one
//     of them at most.
//  2. A pair of plot and track is possible inside the track's gate. It is
//     worth the logarithm of how much likelier it makes the plot than "of
//     nobody": detection x likelihood x existence / density of new plots.
//  3. Pairs that share plots or tracks form clusters; in each, the assignment
//     that is worth most in sum is made (assign.go).
//  4. Plots that are left start tentative tracks.

// batch is the scratch space of one look's assignment.
type batch struct {
	plots  []report
	pairs  []pair
	first  []int32 // by track: first plot paired with it, or -1
	parent []int32 // union-find over plots
	order  []int32 // plots by cluster
	chosen []int32 // by plot: its pair, or -1
	cols   []int32 // tracks of the cluster
	cost   []float64
}

// pair is a plot inside a track's gate.
type pair struct {
	plot, track int32 // indices
	worth       float64
	odds        float64 // detection x likelihood x existence, per square metre
}

// plotted gives the step's nameless plots to tracks, look by look.
func (t *Tracker) plotted() {
	if len(t.plots) == 0 {
		return
	}
	slices.SortFunc(t.plots, func(a, b report) int {
		return cmp.Or(cmp.Compare(a.sensor, b.sensor), cmp.Compare(a.look, b.look), byTime(a, b))
	})
	var looks [][]report
	for rest := t.plots; len(rest) > 0; {
		n := 1
		for n < len(rest) && sameLook(&rest[0], &rest[n]) {
			n++
		}
		looks = append(looks, rest[:n])
		rest = rest[n:]
	}
	slices.SortStableFunc(looks, func(a, b []report) int {
		return cmp.Or(cmp.Compare(a[len(a)-1].t, b[len(b)-1].t), cmp.Compare(a[0].sensor, b[0].sensor))
	})
	t.openGates()
	for _, l := range looks {
		t.assignLook(l)
	}
}

// sameLook reports whether a later plot is of the same look as the first one.
func sameLook(first, later *report) bool {
	if first.sensor != later.sensor || first.look != later.look {
		return false
	}
	return first.look != 0 || later.t-first.t <= halfTurn(first)
}

// halfTurn is half of what passes between two looks of a sensor at a thing.
func halfTurn(r *report) int64 {
	if r.period > 0 {
		return int64(r.period) / 2
	}
	return 250e6
}

func (t *Tracker) assignLook(plots []report) {
	b := &t.batch
	b.plots, b.pairs = plots, b.pairs[:0]
	b.chosen = zeroed(b.chosen, len(plots))
	for j := range plots {
		b.chosen[j] = -1
		t.gate(int32(j))
	}
	t.cluster()
	for j := range plots {
		r := &plots[j]
		if b.chosen[j] < 0 {
			t.bear(r, plotExistence)
			continue
		}
		p := &b.pairs[b.chosen[j]]
		l := t.tracks[p.track]
		at := t.timeFor(l, r)
		e, ok := l.expect(at)
		if !ok {
			t.evidence(l, r)
			continue
		}
		weight, rivals := b.rivals(t, int32(j), b.chosen[j])
		t.update(l, &e, r, at, weight, rivals[:])
		t.bind(l, r)
		for _, o := range rivals { // one that always loses may be the same thing
			if o.Track != 0 {
				t.mayMerge(t.byID[o.Track])
			}
		}
	}
}

// timeFor is when a report counts for a track: a report whose time is in doubt
// comes after what came before it.
func (t *Tracker) timeFor(l *live, r *report) int64 {
	if r.doubt {
		return max(r.t, l.at)
	}
	return r.t
}

// gate finds the tracks that may have made plot j.
func (t *Tracker) gate(j int32) {
	b := &t.batch
	r := &b.plots[j]
	pd := r.pd
	if !(pd > 0 && pd <= 1) {
		pd = 0.9
	}
	for _, i := range t.near(r.pos, math.Sqrt(max(0, kalman.Largest(r.cov)))) {
		l := t.tracks[i]
		if !l.mayBe(r) {
			continue
		}
		e, ok := l.expect(t.timeFor(l, r))
		if !ok {
			continue
		}
		res := e.innovation(&r.measure)
		d2 := res.Distance2()
		if !(d2 <= t.cfg.PlotGate) {
			continue
		}
		odds := float64(pd*kalman.Likelihood(d2, res.S)) * l.Existence
		if odds > t.cfg.NewDensity {
			b.pairs = append(b.pairs, pair{plot: j, track: i, worth: fmath.Log(odds / t.cfg.NewDensity), odds: odds})
		}
	}
}

// mayBe excludes what a plot cannot be of, wherever it lies.
func (l *live) mayBe(r *report) bool {
	if l.Status == track.Ended {
		return false
	}
	d := domainOf(r.o.Kind, r.kind)
	if d != track.UnknownDomain && l.Domain != track.UnknownDomain && d != l.Domain {
		return false
	}
	h, g := r.o.Height, l.State.Height
	if h.Known() && h.Datum == g.Datum && math.Abs(h.Metres-g.Metres) > 600 {
		return false
	}
	// One look shows a thing once, and a sensor gives it one number.
	for i := range l.src {
		s := &l.src[i]
		if s.id != r.sensor {
			continue
		}
		age := r.t - s.last
		if max(age, -age) < halfTurn(r) {
			return false
		}
		if n := r.target(); n.kind != 0 && s.target != "" && s.target != n.value && age < s.coast {
			return false
		}
	}
	return true
}

// cluster parts the pairs into clusters and assigns each.
func (t *Tracker) cluster() {
	b := &t.batch
	b.parent = zeroed(b.parent, len(b.plots))
	for j := range b.parent {
		b.parent[j] = int32(j)
	}
	b.first = zeroed(b.first, len(t.tracks))
	for i := range b.pairs {
		p := &b.pairs[i]
		if b.first[p.track] == 0 {
			b.first[p.track] = p.plot + 1
		} else {
			b.join(b.first[p.track]-1, p.plot)
		}
	}
	b.order = zeroed(b.order, len(b.plots))
	for j := range b.order {
		b.order[j] = int32(j)
	}
	slices.SortFunc(b.order, func(x, y int32) int { return cmp.Or(cmp.Compare(b.root(x), b.root(y)), cmp.Compare(x, y)) })
	for rest := b.order; len(rest) > 0; {
		n := 1
		for n < len(rest) && b.root(rest[n]) == b.root(rest[0]) {
			n++
		}
		t.assignCluster(rest[:n])
		rest = rest[n:]
	}
}

func (b *batch) root(j int32) int32 {
	for b.parent[j] != j {
		b.parent[j] = b.parent[b.parent[j]]
		j = b.parent[j]
	}
	return j
}

// join unites two clusters under the earlier plot.
func (b *batch) join(x, y int32) {
	x, y = b.root(x), b.root(y)
	b.parent[max(x, y)] = min(x, y)
}

// pairsOf gives the range of the pairs of plot j; pairs are in order of plots.
func (b *batch) pairsOf(j int32) (from, to int) {
	from, _ = slices.BinarySearchFunc(b.pairs, j, func(p pair, j int32) int { return cmp.Compare(p.plot, j) })
	to = from
	for to < len(b.pairs) && b.pairs[to].plot == j {
		to++
	}
	return from, to
}

func (t *Tracker) assignCluster(plots []int32) {
	b := &t.batch
	if len(plots) == 1 {
		from, to := b.pairsOf(plots[0])
		best := -1.0
		for i := from; i < to; i++ {
			if b.pairs[i].worth > best {
				best, b.chosen[plots[0]] = b.pairs[i].worth, int32(i)
			}
		}
		return
	}
	if len(plots) > t.cfg.MaxCluster {
		t.stats.Greedy++
		b.greedy(plots)
		return
	}
	b.cols = b.cols[:0]
	for _, j := range plots {
		from, to := b.pairsOf(j)
		for i := from; i < to; i++ {
			b.cols = append(b.cols, b.pairs[i].track)
		}
	}
	slices.Sort(b.cols)
	b.cols = slices.Compact(b.cols)
	b.cost = zeroed(b.cost, len(plots)*len(b.cols))
	for i := range b.cost {
		b.cost[i] = math.Inf(1)
	}
	for row, j := range plots {
		from, to := b.pairsOf(j)
		for i := from; i < to; i++ {
			col, _ := slices.BinarySearch(b.cols, b.pairs[i].track)
			b.cost[row*len(b.cols)+col] = -b.pairs[i].worth
		}
	}
	for row, col := range t.solver.Solve(b.cost, len(plots), len(b.cols)) {
		if col < 0 {
			continue
		}
		from, to := b.pairsOf(plots[row])
		for i := from; i < to; i++ {
			if b.pairs[i].track == b.cols[col] {
				b.chosen[plots[row]] = int32(i)
			}
		}
	}
}

// greedy takes the best pair that is left, again and again.
func (b *batch) greedy(plots []int32) {
	var all []int32
	for _, j := range plots {
		from, to := b.pairsOf(j)
		for i := from; i < to; i++ {
			all = append(all, int32(i))
		}
	}
	slices.SortStableFunc(all, func(x, y int32) int { return cmp.Compare(b.pairs[y].worth, b.pairs[x].worth) })
	taken := map[int32]bool{}
	for _, i := range all {
		p := &b.pairs[i]
		if b.chosen[p.plot] < 0 && !taken[p.track] {
			b.chosen[p.plot], taken[p.track] = i, true
		}
	}
}

// rivals gives the weight of the chosen pair and the best others for the plot:
// each pair's odds against all of the plot's pairs and nobody.
func (b *batch) rivals(t *Tracker, j, chosen int32) (weight float64, best [3]track.Rival) {
	from, to := b.pairsOf(j)
	sum := t.cfg.NewDensity
	for i := from; i < to; i++ {
		sum += b.pairs[i].odds
	}
	for i := from; i < to; i++ {
		w := b.pairs[i].odds / sum
		if int32(i) == chosen {
			weight = w
			continue
		}
		rival := track.Rival{Track: t.tracks[b.pairs[i].track].ID, Weight: w}
		for k := range best {
			if rival.Weight > best[k].Weight {
				best[k], rival = rival, best[k]
			}
		}
	}
	return weight, best
}

// zeroed gives a slice of n zeros, in s's memory where it is large enough.
func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	s = s[:n]
	clear(s)
	return s
}
