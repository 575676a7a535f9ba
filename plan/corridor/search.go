package corridor

import (
	"context"
	"math"
)

// search is Dijkstra's method with room that is used again. Cells are settled
// in the order of their cost, equal ones by their number, so the way found is
// always the same.
type search struct {
	f       *field
	cost    []float64 // +Inf: not reached
	from    []uint8   // the move that led here, and 1; 0: a start
	place   []int32   // in the heap, or one of the below
	heap    []open
	reached []int32 // cells to be cleaned after
}

// open is a cell in the heap.
type open struct {
	cost float64
	cell int32
}

const (
	unreached int32 = -1
	settled   int32 = -2
)

func newSearch(f *field) *search {
	n := len(f.kind)
	s := &search{f: f, cost: make([]float64, n), from: make([]uint8, n), place: make([]int32, n)}
	for i := range n {
		s.cost[i], s.place[i] = math.Inf(1), unreached
	}
	return s
}

// best gives the cells of the way with the least cost from any start to any
// goal, in cells that have all bits of need and none of bar; nil where there
// is none.
func (s *search) best(ctx context.Context, rate []float32, need, bar uint8) ([]int32, error) {
	defer s.clean()
	f := s.f
	for i, k := range f.kind {
		if k&(need|start|bar) == need|start {
			s.reach(int32(i), 0, 0)
		}
	}
	haste := f.Haste / 3600
	at := func(cell int32) float64 { return float64(rate[cell]) }
	for n := 1; len(s.heap) > 0; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return nil, stopped(ctx)
		}
		top := s.pop()
		if f.kind[top.cell]&goal != 0 {
			return s.back(top.cell), nil
		}
		for m := range f.moves {
			l, ok := f.try(int(top.cell), m, need, bar)
			if !ok {
				continue
			}
			to := l.cells[l.n-1]
			if s.place[to] == settled {
				continue
			}
			cost := top.cost + l.exposure(at) + float64(haste*l.time())
			if cost < s.cost[to] {
				s.reach(to, cost, uint8(m+1))
			}
		}
	}
	return nil, stopped(ctx)
}

// back gives the cells of the way that led to one.
func (s *search) back(cell int32) []int32 {
	var way []int32
	for {
		way = append(way, cell)
		if s.from[cell] == 0 {
			break
		}
		m := s.f.moves[s.from[cell]-1]
		cell -= int32(m.dr*s.f.width + m.dc)
	}
	for i, j := 0, len(way)-1; i < j; i, j = i+1, j-1 {
		way[i], way[j] = way[j], way[i]
	}
	return way
}

// reach enters a cell, or makes it cheaper.
func (s *search) reach(cell int32, cost float64, from uint8) {
	s.cost[cell], s.from[cell] = cost, from
	i := s.place[cell]
	if i == unreached {
		i = int32(len(s.heap))
		s.heap = append(s.heap, open{})
		s.reached = append(s.reached, cell)
	}
	s.up(int(i), open{cost, cell})
}

func (o open) before(p open) bool {
	return o.cost < p.cost || o.cost == p.cost && o.cell < p.cell
}

// up puts a cell at a place of the heap, or above. Every cell of the heap has
// four below it.
func (s *search) up(i int, o open) {
	for i > 0 {
		above := (i - 1) / 4
		if !o.before(s.heap[above]) {
			break
		}
		s.heap[i] = s.heap[above]
		s.place[s.heap[i].cell] = int32(i)
		i = above
	}
	s.heap[i] = o
	s.place[o.cell] = int32(i)
}

// pop takes the first cell and settles it.
func (s *search) pop() open {
	top := s.heap[0]
	s.place[top.cell] = settled
	last := s.heap[len(s.heap)-1]
	s.heap = s.heap[:len(s.heap)-1]
	if len(s.heap) == 0 {
		return top
	}
	i := 0
	for {
		least := -1
		for j := 4*i + 1; j <= 4*i+4 && j < len(s.heap); j++ {
			if least < 0 || s.heap[j].before(s.heap[least]) {
				least = j
			}
		}
		if least < 0 || !s.heap[least].before(last) {
			break
		}
		s.heap[i] = s.heap[least]
		s.place[s.heap[i].cell] = int32(i)
		i = least
	}
	s.heap[i] = last
	s.place[last.cell] = int32(i)
	return top
}

func (s *search) clean() {
	for _, i := range s.reached {
		s.cost[i], s.place[i] = math.Inf(1), unreached
	}
	s.reached, s.heap = s.reached[:0], s.heap[:0]
}
