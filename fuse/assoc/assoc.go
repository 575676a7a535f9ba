// Package assoc tells how likely each plot of one look is of each track.
//
//  1. A joint association gives each track at most one plot and each plot at
//     most one track. Its weight is the product, over tracks, of the weight of
//     their pair or of not being seen, and over plots without a track, of the
//     weight of being nobody's: clutter, or a thing not known yet. This is the
//     association of a track-oriented Poisson multi-Bernoulli tracker (Williams
//     2015, "Marginal multi-Bernoulli filters: RFS derivation of MHT, JIPDA, and
//     association-based MeMBer", IEEE TAES 51(3), arXiv 1203.2995).
//  2. The sum over all joint associations gives the marginals, by which tracks
//     are updated; the heaviest one is what is reported.
//  3. The look falls into clusters of tracks that share plots. A cluster of one
//     track or one plot has a closed form (star.go); a small one is summed
//     exactly (exact.go); a large one is approximated by belief propagation
//     (propagate.go).
//  4. Work and memory are bounded by Config; what is shed for it is counted.
//
// The same problem gives the same bits on every processor, in whatever order its
// pairs are given.
package assoc

import (
	"fmt"
	"math"

	"atalaya/fuse/assign"
)

// Config bounds the work. Zero means the default, which ends each comment.
type Config struct {
	// PairsPerTrack is how many plots a track is weighed against: the heaviest.
	// 32.
	PairsPerTrack int
	// PairsPerCluster is how many pairs a cluster keeps: the heaviest. 262144.
	PairsPerCluster int
	// Bits is how many tracks or plots, whichever are fewer, a cluster may have
	// to be summed exactly; at most 16. 12.
	Bits int
	// Work is how many steps the exact sum of one cluster may take, counted as
	// pairs x 2^bits. A step takes 1 to 2 ns. 2^17.
	Work int
	// Budget is how many steps the exact sums of a whole look may take. Where it
	// is too little, the clusters of most bits are propagated. 2^25.
	Budget int
	// Tolerance ends propagation when no message changes by a greater part. 1e-4.
	Tolerance float64
	// Rounds ends propagation that does not settle. 200.
	Rounds int
	// Effort is how many pairs the search for the best joint association may
	// explore for each pair of a cluster. What is summed exactly needs less than
	// the default: a way there visits at most Bits of the fewer. 256.
	Effort int
}

const maxBits = 16

// Problem is one look: pairs in any order, and what stands against them. The
// weights of a track (its pairs and Missed) may be scaled together, and so may
// those of a plot (its pairs and New).
type Problem struct {
	Track, Plot []int32   // by pair: indices into Missed and New
	Weight      []float64 // by pair: of the plot being the track's
	Missed      []float64 // by track: of being unseen or not there at all; above 0
	New         []float64 // by plot: of being nobody's; above 0
}

// Result is valid until the next Solve.
type Result struct {
	Pair   []float64 // by pair: the probability that the plot is the track's
	Missed []float64 // by track: that it has no plot
	New    []float64 // by plot: that it is nobody's
	Best   []int32   // by track: the pair in the best joint association, or -1
	How    []Method  // by track
	Shed   []int32   // by track: how many of its pairs were
	Counts Counts
}

// Method is how a cluster's marginals were found.
type Method uint8

// The methods.
const (
	Closed     Method = iota // exactly, in closed form
	Exact                    // exactly, by a sum over all joint associations
	Propagated               // approximately, by belief propagation
	Unsettled                // by belief propagation that had not settled at its last round
)

// Counts tells of one look what was refused, shed and approximated.
type Counts struct {
	RefusedTracks int // Missed is not a finite number above 0: unseen
	RefusedPlots  int // New is not: nobody's
	// RefusedPairs are of a refused or unknown track or plot, of a weight that is
	// not a finite number above 0, or given before: the first counts.
	RefusedPairs  int
	ShedByTrack   int // pairs above Config.PairsPerTrack
	ShedByCluster int // pairs above Config.PairsPerCluster

	Clusters   [Unsettled + 1]int // by method; a track without pairs is one, too
	OverBudget int                // of those propagated: only for want of budget
	Rough      int                // of those propagated: Best may not be the best
}

// Solver keeps its memory between looks: after some, it allocates nothing.
type Solver struct {
	cfg    Config
	result Result

	// What each pair weighs against both being alone, and the pairs by track
	// and plot: prepare.go.
	missed, fresh      []wide
	order, turn, count []int32
	start, plot, pair  []int32
	ratio              []wide
	rank               []int32 // pairs that compete
	parts              assign.Components
	pairs              []int32 // by cluster: how many

	cluster     cluster
	local       []int32 // by plot: its place in its cluster
	best        assign.Sparse
	terms, sums []float64

	layers       []float64 // exact.go
	list         []int32
	mu, nu, a, b []float64 // propagate.go
}

// New makes a Solver.
func New(cfg Config) (*Solver, error) {
	for _, v := range []int{cfg.PairsPerTrack, cfg.PairsPerCluster, cfg.Bits, cfg.Work, cfg.Budget, cfg.Rounds, cfg.Effort} {
		if v < 0 {
			return nil, fmt.Errorf("association: %d: no bound can be below 0; leave it out for the default", v)
		}
	}
	if cfg.Bits > maxBits {
		return nil, fmt.Errorf("association: %d bits: give at most %d", cfg.Bits, maxBits)
	}
	if !(cfg.Tolerance >= 0 && cfg.Tolerance < 1) {
		return nil, fmt.Errorf("association: tolerance %v: give a part of 1, such as 1e-4", cfg.Tolerance)
	}
	for _, d := range []struct {
		v    *int
		used int
	}{
		{&cfg.PairsPerTrack, 32},
		{&cfg.PairsPerCluster, 1 << 18},
		{&cfg.Bits, 12},
		{&cfg.Work, 1 << 17},
		{&cfg.Budget, 1 << 25},
		{&cfg.Rounds, 200},
		{&cfg.Effort, maxBits * maxBits},
	} {
		if *d.v == 0 {
			*d.v = d.used
		}
	}
	if cfg.Tolerance == 0 {
		cfg.Tolerance = 1e-4
	}
	return &Solver{cfg: cfg}, nil
}

// Solve finds the marginals and the best joint association of a look.
func (s *Solver) Solve(p *Problem) (*Result, error) {
	if len(p.Track) != len(p.Weight) || len(p.Plot) != len(p.Weight) {
		return nil, fmt.Errorf("association: %d tracks, %d plots and %d weights of pairs: give as many of each",
			len(p.Track), len(p.Plot), len(p.Weight))
	}
	if max(len(p.Weight), len(p.Missed), len(p.New)) > math.MaxInt32/2 {
		return nil, fmt.Errorf("association: %d pairs, %d tracks, %d plots: split the look",
			len(p.Weight), len(p.Missed), len(p.New))
	}
	r := &s.result
	r.Counts = Counts{}
	r.Pair = filled(r.Pair, len(p.Weight), 0)
	r.Missed = filled(r.Missed, len(p.Missed), 1)
	r.New = filled(r.New, len(p.New), 1)
	r.Best = filled(r.Best, len(p.Missed), -1)
	r.Shed = filled(r.Shed, len(p.Missed), 0)
	r.How = filled(r.How, len(p.Missed), Closed)

	s.prepare(p)
	bits := s.affordable()
	for k := range s.parts.Len() {
		tracks, plots := s.parts.RowsOf(k), s.parts.ColsOf(k)
		how := Closed
		switch {
		case len(tracks) == 1 && len(plots) == 1:
			s.single(tracks[0], plots[0])
		case len(tracks) == 1:
			s.oneTrack(tracks[0])
		case len(plots) == 1:
			s.onePlot(plots[0], tracks)
		default:
			how = s.solve(k, bits)
		}
		r.Counts.Clusters[how]++
	}
	return r, nil
}

// solve does a cluster without a closed form.
func (s *Solver) solve(k, bits int) Method {
	c := &s.cluster
	c.gather(s, k)
	best := s.best.Solve(c.start, c.plot, c.worth, len(c.plots), s.cfg.Effort*len(c.plot))
	how := Exact
	if n, fits := s.fits(k); !fits || n > bits || !best {
		how = Propagated
		if fits && best {
			s.result.Counts.OverBudget++
		}
	}
	if !best {
		s.result.Counts.Rough++
	}
	c.scale(&s.best, how == Propagated)
	if how == Exact {
		s.exact(c)
	} else if !s.propagate(c) {
		how = Unsettled
	}
	c.tell(s, how)
	return how
}

// fits gives the bits of a cluster, and whether it is small enough for an exact
// sum.
func (s *Solver) fits(k int) (bits int, ok bool) {
	bits = min(len(s.parts.RowsOf(k)), len(s.parts.ColsOf(k)))
	return bits, bits <= s.cfg.Bits && int(s.pairs[k])<<bits <= s.cfg.Work
}

// affordable is the most bits for which the budget suffices.
func (s *Solver) affordable() int {
	var work [maxBits + 1]int
	for k := range s.parts.Len() {
		if bits, ok := s.fits(k); ok && bits > 1 {
			work[bits] += int(s.pairs[k]) << bits
		}
	}
	rest, bits := s.cfg.Budget, 0
	for bits < maxBits && work[bits+1] <= rest {
		bits++
		rest -= work[bits]
	}
	return bits
}

// filled gives a slice of n values v, in s's memory where it is large enough.
func filled[T any](s []T, n int, v T) []T {
	s = sized(s, n)
	for i := range s {
		s[i] = v
	}
	return s
}

// sized gives a slice of n values to be written, in s's memory where it is
// large enough.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}
