package relief

import (
	"math"
	"slices"
)

// Rivers. Water flows from every node to the lake or off the edge: a flood
// rises from there and reaches each node from the neighbour that is next on its
// way out, so that hollows are filled and no node is without a way (Barnes et
// al. 2014, priority flood, with buckets of height in place of a heap). Then
// every node is cut down towards the next on its way by the stream power law:
// as the root of its catchment and its slope, solved implicitly from the outlet
// upwards, which is stable for any step (Braun and Willett 2013).

const (
	bucket   = 0.5   // m of height that the flood takes as one
	pampa    = 0.001 // slope of what fills a hollow
	steepest = 0.75  // slope that rock keeps between two nodes
)

// rivers are the flood's lists, kept from step to step.
type rivers struct {
	s      *sheet
	outlet []bool // lake and edge: they keep their height
	order  []int32
	rank   []int32
	to     []int32 // next node on the way out; -1: none
	area   []float64
	next   []int32
	first  []int32
	last   []int32
}

func newRivers(s *sheet, outlet []bool) *rivers {
	n := len(s.z)
	return &rivers{
		s: s, outlet: outlet, order: make([]int32, 0, n), rank: make([]int32, n), to: make([]int32, n),
		area: make([]float64, n), next: make([]int32, n),
	}
}

// neighbour is one of the eight, and how far it is.
type neighbour struct {
	di, dj int
	metres float64
}

func (s *sheet) neighbours() [8]neighbour {
	diagonal := math.Sqrt(float64(s.dx*s.dx) + float64(s.dy*s.dy))
	return [8]neighbour{
		{0, -1, s.dy},
		{-1, 0, s.dx},
		{1, 0, s.dx},
		{0, 1, s.dy},
		{-1, -1, diagonal},
		{1, -1, diagonal},
		{-1, 1, diagonal},
		{1, 1, diagonal},
	}
}

// flood finds the order in which the flood reaches the nodes.
func (r *rivers) flood() {
	s := r.s
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, z := range s.z {
		lowest, highest = min(lowest, z), max(highest, z)
	}
	buckets := int((highest-lowest)/bucket) + 1
	r.first, r.last = lists(r.first, buckets), lists(r.last, buckets)
	r.order = r.order[:0]
	const dry = -2
	for k := range r.to {
		r.to[k] = dry
	}
	level := 0
	push := func(k int) {
		b := max(int((s.z[k]-lowest)/bucket), level)
		r.next[k] = -1
		if r.first[b] < 0 {
			r.first[b] = int32(k)
		} else {
			r.next[r.last[b]] = int32(k)
		}
		r.last[b] = int32(k)
	}
	for k, out := range r.outlet {
		if out {
			r.to[k] = -1
			push(k)
		}
	}
	around := s.neighbours()
	for level < buckets {
		k := int(r.first[level])
		if k < 0 {
			level++
			continue
		}
		r.first[level] = r.next[k]
		r.rank[k] = int32(len(r.order))
		r.order = append(r.order, int32(k))
		i, j := k%s.w, k/s.w
		for _, a := range around {
			if i+a.di < 0 || j+a.dj < 0 || i+a.di >= s.w || j+a.dj >= s.h {
				continue
			}
			if n := k + a.dj*s.w + a.di; r.to[n] == dry {
				r.to[n] = int32(k)
				push(n)
			}
		}
	}
}

func lists(have []int32, n int) []int32 {
	if cap(have) < n {
		have = make([]int32, n)
	}
	have = have[:n]
	for i := range have {
		have[i] = -1
	}
	return have
}

// steer lets every node flow down the steepest way among those that the flood
// reached before it.
func (r *rivers) steer() {
	s := r.s
	around := s.neighbours()
	parallel(s.h, func(j int) {
		for i := range s.w {
			k := j*s.w + i
			if r.to[k] < 0 {
				continue
			}
			best := 0.0
			for _, a := range around {
				if i+a.di < 0 || j+a.dj < 0 || i+a.di >= s.w || j+a.dj >= s.h {
					continue
				}
				n := k + a.dj*s.w + a.di
				if slope := (s.z[k] - s.z[n]) / a.metres; slope > best && r.rank[n] < r.rank[k] {
					best, r.to[k] = slope, int32(n)
				}
			}
		}
	})
}

// rain cuts once.
func (r *rivers) rain(power float64) {
	s := r.s
	r.flood()
	r.steer()
	cell := float64(s.dx * s.dy)
	for k := range r.area {
		r.area[k] = cell
	}
	for _, k := range slices.Backward(r.order) {
		if r.to[k] >= 0 {
			r.area[r.to[k]] += r.area[k]
		}
	}
	diagonal := math.Sqrt(float64(s.dx*s.dx) + float64(s.dy*s.dy))
	for _, k := range r.order {
		n := r.to[k]
		if n < 0 {
			continue
		}
		metres := diagonal
		switch d := k - n; {
		case d == 1 || d == -1:
			metres = s.dx
		case int(d) == s.w || int(d) == -s.w:
			metres = s.dy
		}
		low := s.z[n]
		cut := float64(power*math.Sqrt(r.area[k])) / metres
		z := (s.z[k] + float64(cut*low)) / (1 + cut)
		s.z[k] = min(max(z, low+float64(pampa*metres)), low+float64(steepest*metres))
	}
}

// creep rounds off what single nodes stick out by, half of it: soil moves
// downhill on its own.
func (s *sheet) creep(outlet []bool) {
	was := append([]float64(nil), s.z...)
	parallel(s.h, func(j int) {
		for i := range s.w {
			k := j*s.w + i
			if outlet[k] {
				continue // an edge is one, too
			}
			beside := was[k-1] + was[k+1] + was[k-s.w] + was[k+s.w]
			across := was[k-s.w-1] + was[k-s.w+1] + was[k+s.w-1] + was[k+s.w+1]
			s.z[k] = float64(0.625*was[k]) + float64(0.0625*beside) + float64(0.03125*across)
		}
	})
}
