package fuse

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/assign"
	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
	"atalaya/sensor"
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
//     that is worth most in sum is made (package assign).
//  4. Plots that are left start tentative tracks.

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

// assignLook gives the plots of one look to tracks. Rows of the assignment are
// plots, columns tracks.
func (t *Tracker) assignLook(plots []report) {
	t.pairs.Pairs = t.pairs.Pairs[:0]
	for j := range plots {
		t.gate(int32(j), &plots[j])
	}
	t.stats.Greedy += t.pairs.Solve(len(plots), len(t.tracks), t.cfg.MaxCluster)
	for j := range plots {
		r := &plots[j]
		chosen := t.pairs.Chosen[j]
		if chosen < 0 {
			t.bear(r, existence(r))
			continue
		}
		l := t.tracks[t.pairs.Pairs[chosen].Col]
		at := t.timeFor(l, r)
		e, ok := l.expect(at)
		if !ok {
			t.evidence(l, r)
			continue
		}
		weight, rivals := t.rivals(int32(j), chosen)
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
func (t *Tracker) gate(j int32, r *report) {
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
		d2, lik := e.test(&r.measure)
		if !(d2 <= t.cfg.PlotGate) {
			continue
		}
		odds := pd * lik * l.Existence
		if odds > t.cfg.NewDensity {
			t.pairs.Pairs = append(t.pairs.Pairs, assign.Pair{Row: j, Col: i, Worth: fmath.Log(odds / t.cfg.NewDensity), Odds: odds})
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
		if s.id != r.sensor || r.kind == sensor.Person {
			continue
		}
		age := r.t - s.last
		if max(age, -age) < halfTurn(r) {
			return false
		}
		if n := r.target(); n.kind != 0 && s.target != "" && s.target != n.value && age < int64(s.quiet.Coast) {
			return false
		}
	}
	return true
}

// rivals gives the weight of a plot's chosen pair and the best others: each
// pair's odds against all of the plot's pairs and nobody.
func (t *Tracker) rivals(plot, chosen int32) (weight float64, best [3]track.Rival) {
	pairs := t.pairs.Pairs
	from, to := t.pairs.Of(plot)
	sum := t.cfg.NewDensity
	for i := from; i < to; i++ {
		sum += pairs[i].Odds
	}
	for i := from; i < to; i++ {
		w := pairs[i].Odds / sum
		if int32(i) == chosen {
			weight = w
			continue
		}
		rival := track.Rival{Track: t.tracks[pairs[i].Col].ID, Weight: w}
		for k := range best {
			if rival.Weight > best[k].Weight {
				best[k], rival = rival, best[k]
			}
		}
	}
	return weight, best
}
