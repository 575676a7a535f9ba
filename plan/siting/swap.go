package siting

import (
	"context"
	"math/bits"
	"slices"

	"atalaya/terrain/coverage"
)

// state is some chosen sites and what they cover.
type state struct {
	w     *work
	slots []slot
	has   []bool   // of each candidate, whether it is chosen
	count []uint16 // chosen sites that see each cell
	short []uint64 // open cells that one more site would cover
	exact []uint64 // open cells that are covered, but not without each of theirs
	gain  float64  // weight of the open cells that are covered
	cost  float64
	swaps int
}

// slot is a chosen site with its cells by block.
type slot struct {
	site  int
	cells []uint64
}

func newState(w *work) *state {
	s := &state{
		w: w, has: make([]bool, len(w.Candidates)), count: make([]uint16, len(w.needs)),
		short: make([]uint64, len(w.open)), exact: make([]uint64, len(w.open)),
	}
	for b, m := range w.open {
		for ; m != 0; m &= m - 1 {
			if bit := bits.TrailingZeros64(m); w.needs[64*b+bit] == 1 {
				s.short[b] |= 1 << bit
			}
		}
	}
	return s
}

func (s *state) sites() []int {
	var sites []int
	for _, c := range s.slots {
		sites = append(sites, c.site)
	}
	return sites
}

// change counts a site's cells once more or once less.
func (s *state) change(set *coverage.Set, by int) {
	for i, b := range set.Index {
		before := s.covered(b)
		for m := set.Cells[i] & s.w.open[b]; m != 0; m &= m - 1 {
			bit := bits.TrailingZeros64(m)
			c := 64*int(b) + bit
			s.count[c] = uint16(int(s.count[c]) + by)
			s.short[b] &^= 1 << bit
			s.exact[b] &^= 1 << bit
			switch int(s.w.needs[c]) - int(s.count[c]) {
			case 1:
				s.short[b] |= 1 << bit
			case 0:
				s.exact[b] |= 1 << bit
			}
		}
		s.gain += float64(s.w.Weights[b] * float64(s.covered(b)-before))
	}
}

func (s *state) covered(b uint32) int {
	n := 0
	for m := s.w.open[b]; m != 0; m &= m - 1 {
		if c := 64*int(b) + bits.TrailingZeros64(m); uint16(s.w.needs[c]) <= s.count[c] {
			n++
		}
	}
	return n
}

func (s *state) add(j int) {
	set := &s.w.Candidates[j]
	s.change(set, 1)
	s.has[j] = true
	s.cost += s.w.cost[j]
	cells := make([]uint64, len(s.w.open))
	for i, b := range set.Index {
		cells[b] = set.Cells[i] & s.w.open[b]
	}
	s.slots = append(s.slots, slot{site: j, cells: cells})
}

func (s *state) remove(at int) {
	j := s.slots[at].site
	s.change(&s.w.Candidates[j], -1)
	s.has[j] = false
	s.cost -= s.w.cost[j]
	s.slots = slices.Delete(s.slots, at, at+1)
}

// missed is what would not be covered without each chosen site.
func (s *state) missed() []float64 {
	loss := make([]float64, len(s.slots))
	for i, c := range s.slots {
		for b, cells := range c.cells {
			loss[i] += weigh(s.w.Weights[b], cells&s.exact[b])
		}
	}
	return loss
}

// ranked gives the chosen sites, the one that would be missed most first.
func (s *state) ranked() (sites []int, missed []float64) {
	loss := s.missed()
	order := make([]int, len(loss))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case loss[a] != loss[b]:
			if loss[a] > loss[b] {
				return -1
			}
			return 1
		}
		return s.slots[a].site - s.slots[b].site
	})
	for _, i := range order {
		sites, missed = append(sites, s.slots[i].site), append(missed, loss[i])
	}
	return sites, missed
}

// move is a site that comes in for one that goes; out is -1 where none must.
type move struct {
	in, out int
	adds    float64
}

// swap makes the move that adds most until none adds anything.
func (w *work) swap(ctx context.Context, sites []int) (*state, error) {
	s := newState(w)
	for _, j := range sites {
		s.add(j)
	}
	least := 1e-9 * w.total // below that it is rounding
	moves := make([]move, len(w.Candidates))
	for {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		loss := s.missed()
		here := s.here()
		w.parallel(len(moves), func(j int) { moves[j] = s.best(j, loss, here) })
		top := move{adds: least}
		for _, m := range moves {
			if m.adds > top.adds {
				top = m
			}
		}
		if top.adds <= least {
			return s, nil
		}
		if top.out >= 0 {
			s.remove(top.out)
		}
		s.add(top.in)
		s.swaps++
		w.tell(Swapping, s.swaps, 0)
	}
}

// complete chooses sites one by one where several must see a cell: the one
// that completes most cells, of equals the one that begins most. Sets that are
// worth more together are no matter for a queue: all are asked each time.
func (w *work) complete(ctx context.Context) ([]int, error) {
	s := newState(w)
	begun, done := make([]float64, len(w.Candidates)), make([]float64, len(w.Candidates))
	for len(s.slots) < w.k {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		w.parallel(len(begun), func(j int) {
			begun[j], done[j] = 0, 0
			set := &w.Candidates[j]
			for i, b := range set.Index {
				done[j] += weigh(w.Weights[b], set.Cells[i]&s.short[b])
				begun[j] += weigh(w.Weights[b], set.Cells[i]&w.open[b])
			}
		})
		best := -1
		for j := range w.Candidates {
			if s.has[j] || s.cost+w.cost[j] > w.budget || begun[j] <= 0 {
				continue
			}
			if best < 0 || done[j] > done[best] || done[j] == done[best] && begun[j] > begun[best] {
				best = j
			}
		}
		if best < 0 {
			break
		}
		s.add(best)
		w.tell(Choosing, len(s.slots), w.k)
	}
	return s.sites(), nil
}

// here lists, for each block, the slots that have cells there whose cover
// hangs on one site more or less.
func (s *state) here() [][]uint16 {
	here := make([][]uint16, len(s.w.open))
	for i, c := range s.slots {
		for _, b := range s.w.Candidates[c.site].Index {
			if c.cells[b]&(s.exact[b]|s.short[b]) != 0 {
				here[b] = append(here[b], uint16(i))
			}
		}
	}
	return here
}

// best is the best move that brings a candidate in. With it come the cells
// that one more site covers; with the one that goes, those go that only it
// covered, but not where both see them.
func (s *state) best(j int, loss []float64, here [][]uint16) move {
	w := s.w
	best := move{in: j, out: -1}
	if s.has[j] {
		return best
	}
	set := &w.Candidates[j]
	adds := 0.0
	both := make([]float64, len(s.slots))
	for i, b := range set.Index {
		cells := set.Cells[i]
		adds += weigh(w.Weights[b], cells&s.short[b])
		for _, out := range here[b] {
			shared := cells & s.slots[out].cells[b]
			both[out] += weigh(w.Weights[b], shared&s.exact[b]) - weigh(w.Weights[b], shared&s.short[b])
		}
	}
	if len(s.slots) < w.k && s.cost+w.cost[j] <= w.budget {
		best.adds = adds
	}
	for out := range s.slots {
		d := adds - loss[out] + both[out]
		if d > best.adds && s.cost-w.cost[s.slots[out].site]+w.cost[j] <= w.budget {
			best.out, best.adds = out, d
		}
	}
	return best
}
