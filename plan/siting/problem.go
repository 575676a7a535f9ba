// Package siting says where to put k sensors so that they see the most, and
// how far from the best possible that can be at most.
//
//  1. Each candidate site covers a set of cells: what a sensor there sees
//     (terrain/coverage).
//  2. Lazy greedy choice (Minoux 1978): always the site that adds most. Of
//     what k sites can cover it covers at least 63 % (1 - 1/e), where each
//     counts one and a cell is covered by one sensor; with a budget or where
//     several must see a cell, that guarantee does not hold.
//  3. Swaps of a chosen site for another, as long as one adds something.
//  4. An upper bound of what any choice can cover, by Lagrangian relaxation
//     (Cornuéjols, Fisher and Nemhauser 1977): whoever is covered pays his
//     sites a price of at most his weight. For any prices the sum of what
//     cells keep and of the k sites that earn most is at least the best
//     possible; the subgradient method looks for prices that make it small.
//     The bound holds with a budget and with several sensors for each cell
//     too; there it is less tight.
//
// What is proven is proven among the candidates and on the elevation given:
// not that no other place would be better.
package siting

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"atalaya/terrain/coverage"
)

// Problem is sets of cells and how many of them may be chosen. Cells come in
// blocks of 64, as in coverage.Area.
type Problem struct {
	// Cells are those to be covered, of each block.
	Cells []uint64
	// Weights are what a covered cell of each block counts; not negative.
	Weights []float64
	// Candidates are what each site would cover.
	Candidates []coverage.Set
	// Costs of the candidates, positive; none is 1 each.
	Costs []float64
	// Existing are what sensors that stand cover already.
	Existing []coverage.Set
	// K is how many sites may be chosen; 0 is any number that Budget allows.
	K int
	// Budget is what the chosen may cost together; 0 is no limit.
	Budget float64
	// Fold is how many sensors must see a cell for it to count; 0 is 1.
	Fold int
	// Rounds of the subgradient method; 0 is 300.
	Rounds int
	// Workers is how many goroutines work; 0 is one for each processor. The
	// answer does not depend on it.
	Workers int
	// Progress, where given, is told how far the work is.
	Progress func(stage Stage, done, total int)
}

// Stage is a part of the work.
type Stage string

// The stages, in order.
const (
	Seeing   Stage = "viewsheds"
	Choosing Stage = "greedy choice"
	Swapping Stage = "swaps"
	Bounding Stage = "upper bound"
)

// Choice is the answer to a Problem. Values are sums of weights.
type Choice struct {
	// Sites are the chosen candidates, the one first that would be missed
	// most if it alone were left away.
	Sites []int `json:"sites"`
	// Total is the weight of all cells, Before what Existing cover of it.
	Total  float64 `json:"total"`
	Before float64 `json:"before"`
	// Value is what Existing and the chosen cover together.
	Value float64 `json:"value"`
	// Greedy is that value before the swaps.
	Greedy float64 `json:"greedy"`
	// Bound is what no choice among the candidates can exceed.
	Bound float64 `json:"bound"`
	// Missed is what would be lost without each of Sites.
	Missed []float64 `json:"missed"`
	Cost   float64   `json:"cost"`
	Swaps  int       `json:"swaps"`
}

// Proven is the share of the best possible that the chosen sites add at least;
// what stands already is not counted.
func (c Choice) Proven() float64 {
	if c.Bound <= c.Before {
		return 1
	}
	return min(1, (c.Value-c.Before)/(c.Bound-c.Before))
}

func (p *Problem) check() error {
	n := len(p.Cells)
	if n == 0 || len(p.Weights) != n {
		return fmt.Errorf("siting: %d blocks of cells with %d weights", n, len(p.Weights))
	}
	for _, w := range p.Weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return fmt.Errorf("siting: a weight of %g", w)
		}
	}
	if len(p.Candidates) == 0 {
		return errors.New("siting: no candidate site: widen the area, or relax what a site must have")
	}
	if p.Costs != nil && len(p.Costs) != len(p.Candidates) {
		return fmt.Errorf("siting: %d costs for %d candidates", len(p.Costs), len(p.Candidates))
	}
	for i, c := range p.Costs {
		if !(c > 0) || math.IsInf(c, 0) {
			return fmt.Errorf("siting: candidate %d costs %g: it must be above 0", i, c)
		}
	}
	if p.K < 0 || p.Budget < 0 || p.Budget != p.Budget || p.K == 0 && p.Budget == 0 {
		return errors.New("siting: say how many sites or what they may cost")
	}
	if p.Fold < 0 || p.Fold > 100 {
		return fmt.Errorf("siting: %d sensors for each cell: it must be from 1 to 100", p.Fold)
	}
	for _, sets := range [2][]coverage.Set{p.Candidates, p.Existing} {
		for _, s := range sets {
			if len(s.Index) != len(s.Cells) || len(s.Index) > 0 && int(s.Index[len(s.Index)-1]) >= n {
				return errors.New("siting: a set of cells of another area")
			}
		}
	}
	return nil
}

// work is a problem on the way to its answer.
type work struct {
	*Problem
	fold   int
	k      int
	budget float64
	cost   []float64
	before float64 // weight of what Existing cover
	total  float64
	needs  []uint8 // how many chosen sites each cell still needs; 0 is done
	open   []uint64
}

func newWork(p *Problem) *work {
	w := &work{Problem: p, fold: max(p.Fold, 1), k: p.K, budget: p.Budget, cost: p.Costs}
	n := len(p.Cells)
	if w.k == 0 || w.k > len(p.Candidates) {
		w.k = len(p.Candidates)
	}
	if w.budget == 0 {
		w.budget = math.Inf(1)
	}
	if w.cost == nil {
		w.cost = make([]float64, len(p.Candidates))
		for i := range w.cost {
			w.cost[i] = 1
		}
	}
	w.needs = make([]uint8, 64*n)
	w.open = make([]uint64, n)
	for b, cells := range p.Cells {
		for m := cells; m != 0; m &= m - 1 {
			w.needs[64*b+bits.TrailingZeros64(m)] = uint8(w.fold)
		}
	}
	for _, s := range p.Existing {
		for i, b := range s.Index {
			for m := s.Cells[i] & p.Cells[b]; m != 0; m &= m - 1 {
				if c := 64*int(b) + bits.TrailingZeros64(m); w.needs[c] > 0 {
					w.needs[c]--
				}
			}
		}
	}
	for b, cells := range p.Cells {
		for m := cells; m != 0; m &= m - 1 {
			if bit := bits.TrailingZeros64(m); w.needs[64*b+bit] > 0 {
				w.open[b] |= 1 << bit
			}
		}
		w.total += weigh(p.Weights[b], cells)
		w.before += weigh(p.Weights[b], cells&^w.open[b])
	}
	return w
}

func weigh(weight float64, cells uint64) float64 {
	return float64(weight * float64(bits.OnesCount64(cells)))
}

// parallel calls do for each of n, on several goroutines, and waits.
func (w *work) parallel(n int, do func(i int)) {
	workers := w.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(workers, n) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	group.Wait()
}

func (w *work) tell(stage Stage, done, total int) {
	if w.Progress != nil {
		w.Progress(stage, done, total)
	}
}

// Choose chooses the sites and bounds what any choice could reach.
func Choose(ctx context.Context, p Problem) (Choice, error) {
	if err := p.check(); err != nil {
		return Choice{}, err
	}
	w := newWork(&p)
	picked, err := w.greedy(ctx, false)
	if err != nil {
		return Choice{}, err
	}
	if p.Costs != nil {
		// With costs, most for the money and most at all: the better of both.
		other, err := w.greedy(ctx, true)
		if err != nil {
			return Choice{}, err
		}
		if w.value(other) > w.value(picked) {
			picked = other
		}
	}
	out := Choice{Total: w.total, Before: w.before, Greedy: w.value(picked)}
	best, err := w.swap(ctx, picked)
	if err != nil {
		return Choice{}, err
	}
	out.Swaps = best.swaps
	bound, relaxed, err := w.bound(ctx, best)
	if err != nil {
		return Choice{}, err
	}
	// What the relaxation chose is another start, and where several must see a
	// cell so are sites that complete what others began.
	starts := [][]int{relaxed}
	if w.fold > 1 {
		others, err := w.complete(ctx)
		if err != nil {
			return Choice{}, err
		}
		starts = append(starts, others)
	}
	for _, start := range starts {
		other, err := w.swap(ctx, start)
		if err != nil {
			return Choice{}, err
		}
		if other.gain > best.gain {
			best = other
		}
	}
	out.Bound = min(bound, w.total)
	out.Value = w.value(best.sites())
	out.Bound = max(out.Bound, out.Value)
	out.Sites, out.Missed = best.ranked()
	for _, j := range out.Sites {
		out.Cost += w.cost[j]
	}
	return out, nil
}

// value is what Existing and some sites cover.
func (w *work) value(sites []int) float64 {
	s := newState(w)
	for _, j := range sites {
		s.add(j)
	}
	return w.before + s.gain
}
