// Package pmb updates what is believed of many things by one look of a sensor: a
// track-oriented Poisson multi-Bernoulli filter (Williams, Marginal
// multi-Bernoulli filters, IEEE TAES 51(3), 2015, arXiv 1203.2995).
//
//  1. Each thing exists with a probability, in a state. Predicted to the time of
//     the look, it is seen with some probability, if it exists, and a plot in
//     its gate is its own with a weight.
//  2. The weights of all joint associations give the marginals: how likely each
//     plot is whose, and which thing has none (package assoc).
//  3. A thing becomes the mixture of what it is with each of its plots and
//     without, by these marginals, and that one state for each way of motion, by
//     its moments.
//  4. Nameless things that share plots are made independent again, as well as
//     that can be (package bestfit): otherwise things that met stay half each
//     other, and of four of which one ended all four half exist. Groups of more
//     than bestfit.MostTracks are left as they are.
//
// What is nobody's starts new things; that, and where things may be that nobody
// has seen, is the caller's: each plot says what weight it has as nobody's.
package pmb

import (
	"fmt"
	"slices"

	"atalaya/fuse/assoc"
	"atalaya/fuse/bestfit"
	"atalaya/fuse/imm"
	"atalaya/fuse/measure"
)

// Thing is a track at the time of the look.
type Thing struct {
	Existence float64
	State     *imm.State // is set anew
	// Seen is the probability that the look shows it, if it exists, and Unseen
	// that it does not. Where silence says nothing Unseen is 1.
	Seen, Unseen float64
	// Named: it has an identity of its own, and is not remade with others.
	Named bool
}

// missed is how likely the look does not show it; nothing is so sure that it
// cannot be missed.
func (t *Thing) missed() float64 {
	return max(1-t.Existence+float64(t.Existence*t.Unseen), 1e-12)
}

// Plot is one measurement of the look, in the frame of the things.
type Plot struct {
	Is *measure.Measurement
	// New is its weight as nobody's, per m2, or per radian of a bearing: how many
	// false plots, and plots of things that are not known, are to be expected
	// there.
	New float64
}

// Pair is a plot that may be of a thing. Factor is what speaks for or against it
// beside the place, as a ratio: what the plot claims to be.
type Pair struct {
	Thing, Plot int32
	Factor      float64
	// Elsewhere, if above 0, is how likely the plot of this thing is where it
	// cannot be, per m2: what it says of its place is wrong, and is not used.
	Elsewhere float64
	// Is, if it is not nil, is the plot as it is for this thing.
	Is *measure.Measurement
}

func (p *Pair) is(plots []Plot) *measure.Measurement {
	if p.Is != nil {
		return p.Is
	}
	return plots[p.Plot].Is
}

const (
	// negligible is what a pair that is left out weighs at most, beside both being
	// alone: its marginal would be no more. Clusters are much smaller without.
	negligible = 1e-4
	// little is a probability that is not worth a part of a mixture.
	little = 1e-5
	// shared is how likely a plot must be a thing's for it to share that.
	shared = 1e-3
)

// Filter keeps its memory between looks. It is not safe for concurrent use.
type Filter struct {
	solver  *assoc.Solver
	problem assoc.Problem
	first   []int32          // pair, by thing, and one behind
	answers []measure.Answer // of pairs, where they are kept

	root, next, head []int32 // of groups of things
	owner            []int32 // a thing that the plot may well be of, or -1
	group            []int32

	fitter bestfit.Fitter
	masses []float64    // of how a thing would be
	parts  []*imm.State // that
	states []*imm.State // memory for parts
	shares []float64
	plain  []bestfit.Part
	whole  []bestfit.Track
}

// part adds how a thing would be.
func (f *Filter) part(mass float64, s *imm.State) *imm.State {
	n := len(f.parts)
	if n == len(f.states) {
		f.states = append(f.states, new(imm.State))
	}
	p := f.states[n]
	*p = *s
	f.masses, f.parts = append(f.masses, mass), append(f.parts, p)
	return p
}

// New makes a Filter.
func New(cfg assoc.Config) (*Filter, error) {
	s, err := assoc.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Filter{solver: s}, nil
}

// Update brings the things up to date with the plots of one look. Pairs are in
// the order of things. It gives the marginals, valid until the next call.
func (f *Filter) Update(things []Thing, plots []Plot, pairs []Pair) (*assoc.Result, error) {
	f.weigh(things, plots, pairs)
	r, err := f.solver.Solve(&f.problem)
	if err != nil {
		return nil, fmt.Errorf("weigh the plots of a look: %w", err)
	}
	f.gather(things, len(plots), pairs, r)
	for i := range things {
		if f.root[i] != int32(i) { //nolint:gosec // fewer than 2^31
			continue
		}
		f.group = f.group[:0]
		for k := int32(i); k >= 0; k = f.next[k] { //nolint:gosec // fewer than 2^31
			f.group = append(f.group, k)
		}
		f.renew(things, plots, pairs, r)
	}
	return r, nil
}

// weigh sets the problem of the association.
func (f *Filter) weigh(things []Thing, plots []Plot, pairs []Pair) {
	p := &f.problem
	p.Track, p.Plot, p.Weight = p.Track[:0], p.Plot[:0], p.Weight[:0]
	p.Missed, p.New = p.Missed[:0], p.New[:0]
	for i := range things {
		t := &things[i]
		p.Missed = append(p.Missed, t.missed())
	}
	for j := range plots {
		p.New = append(p.New, plots[j].New)
	}
	f.answers = slices.Grow(f.answers[:0], len(pairs))[:len(pairs)]
	f.first = append(f.first[:0], 0)
	for k, pair := range pairs {
		for len(f.first) <= int(pair.Thing) {
			f.first = append(f.first, int32(k)) //nolint:gosec // fewer than 2^31
		}
		t := &things[pair.Thing]
		p.Track, p.Plot = append(p.Track, pair.Thing), append(p.Plot, pair.Plot)
		lik := pair.Elsewhere
		if lik == 0 {
			lik = pair.is(plots).Ask(t.State, &f.answers[k])
		}
		w := float64(float64(float64(t.Existence*t.Seen)*lik) * pair.Factor)
		if w < float64(negligible*float64(p.Missed[pair.Thing]*p.New[pair.Plot])) {
			w = 0
		}
		p.Weight = append(p.Weight, w)
	}
	for len(f.first) <= len(things) {
		f.first = append(f.first, int32(len(pairs))) //nolint:gosec // fewer than 2^31
	}
}

// gather makes groups of nameless things that share plots.
func (f *Filter) gather(things []Thing, plots int, pairs []Pair, r *assoc.Result) {
	f.root, f.next, f.head, f.owner = f.root[:0], f.next[:0], f.head[:0], f.owner[:0]
	for i := range things {
		f.root, f.next, f.head = append(f.root, int32(i)), append(f.next, -1), append(f.head, -1) //nolint:gosec // fewer than 2^31
	}
	for range plots {
		f.owner = append(f.owner, -1)
	}
	for k, p := range pairs {
		if r.Pair[k] < shared || things[p.Thing].Named {
			continue
		}
		if o := &f.owner[p.Plot]; *o < 0 {
			*o = p.Thing
		} else {
			a, b := f.rootOf(*o), f.rootOf(p.Thing)
			f.root[max(a, b)] = min(a, b)
		}
	}
	for i := len(things) - 1; i >= 0; i-- {
		k := f.rootOf(int32(i)) //nolint:gosec // fewer than 2^31
		f.root[i] = k
		f.next[i], f.head[k] = f.head[k], int32(i) //nolint:gosec // fewer than 2^31
	}
}

func (f *Filter) rootOf(i int32) int32 {
	for f.root[i] != i {
		f.root[i] = f.root[f.root[i]]
		i = f.root[i]
	}
	return i
}

// renew makes of each thing of the group what the look says.
func (f *Filter) renew(things []Thing, plots []Plot, pairs []Pair, r *assoc.Result) {
	f.masses, f.parts, f.plain, f.whole = f.masses[:0], f.parts[:0], f.plain[:0], f.whole[:0]
	if i := f.group[0]; f.first[i] == f.first[i+1] { // no plot near it
		t := &things[i]
		t.Existence = float64(t.Existence*t.Unseen) / t.missed()
		return
	}
	together := len(f.group) > 1 && len(f.group) <= bestfit.MostTracks
	for g, i := range f.group {
		t := &things[i]
		if !together {
			f.masses, f.parts = f.masses[:0], f.parts[:0]
		}
		from := len(f.parts)
		exists := float64(r.Missed[i] * (float64(t.Existence*t.Unseen) / t.missed()))
		nowhere := max(r.Missed[i]-exists, 0)
		if exists >= little {
			f.part(exists, t.State)
		}
		for k := f.first[i]; k < f.first[i+1]; k++ {
			if r.Pair[k] < little {
				continue
			}
			p := f.part(r.Pair[k], t.State)
			if pairs[k].Elsewhere == 0 {
				pairs[k].is(plots).UpdateWith(p, &f.answers[k])
			}
		}
		sum := 0.0
		for _, m := range f.masses[from:] {
			sum += m
		}
		t.Existence = sum / (sum + nowhere)
		if sum > 0 {
			imm.Mix(t.State, f.masses[from:], f.parts[from:])
		}
		if !together {
			continue
		}
		for k := from; k < len(f.parts); k++ {
			f.masses[k] /= sum + nowhere
			f.plain = append(f.plain, bestfit.Part{Track: g, Mass: f.masses[k], Exists: true, State: f.parts[k].Mean()})
		}
		f.whole = append(f.whole, bestfit.Track{Existence: t.Existence, State: t.State.Mean()})
	}
	if together {
		f.remake(things)
	}
}

// remake hands the parts of a group on among its things.
func (f *Filter) remake(things []Thing) {
	for g, t := range f.whole {
		f.plain = append(f.plain, bestfit.Part{Track: g, Mass: 1 - t.Existence})
	}
	shares := f.fitter.Fit(f.whole, f.plain)
	if shares == nil {
		return
	}
	n := len(f.group)
	for g, i := range f.group {
		t := &things[i]
		t.Existence = f.whole[g].Existence
		if t.Existence < little {
			continue
		}
		f.shares = f.shares[:0]
		for a := range f.parts {
			f.shares = append(f.shares, shares[a*n+g])
		}
		imm.Mix(t.State, f.shares, f.parts)
	}
}
