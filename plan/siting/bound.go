package siting

import (
	"context"
	"math"
	"math/bits"
	"slices"
)

// bound looks for prices that make the bound small. It gives the bound, with
// what Existing cover, and the best choice met on the way.
//
// A cell i of weight w that needs r more sites pays each site that sees it
// p, 0 <= p <= w/r. Then no choice covers more than
//
//	sum over cells of max(0, w - r p) + most that a choice of sites can earn.
//
// The second term is at most what the k best earners earn, and at most what a
// budget buys of them where sites can be bought in part.
func (w *work) bound(ctx context.Context, start *state) (bound float64, best []int, err error) {
	rounds := w.Rounds
	if rounds <= 0 {
		rounds = 300
	}
	prices := make([]float32, len(w.needs))  // times r, as a part of w
	heading := make([]float32, len(w.needs)) // of the last step
	w.openCells(func(b, c int) {
		// As the sites chosen would have it: who waits for a site would pay
		// all, who has more than needed nothing.
		switch n := int(start.count[c]) - int(w.needs[c]); {
		case n < 0:
			prices[c] = 1
		case n == 0:
			prices[c] = 0.5
		}
	})
	bound = math.Inf(1)
	best, most := start.sites(), start.gain
	earn := make([]float64, len(w.Candidates))
	count := make([]uint16, len(w.needs))
	step, idle := 1.0, 0
	for round := range rounds {
		if err := context.Cause(ctx); err != nil {
			return 0, nil, err
		}
		w.parallel(len(earn), func(j int) { earn[j] = w.earns(j, prices) })
		sites, earned := w.earners(earn)
		clear(count)
		for _, j := range sites {
			set := &w.Candidates[j]
			for i, b := range set.Index {
				for m := set.Cells[i] & w.open[b]; m != 0; m &= m - 1 {
					count[64*int(b)+bits.TrailingZeros64(m)]++
				}
			}
		}
		kept, gain, norm := 0.0, 0.0, 0.0
		w.openCells(func(b, c int) {
			weight, p, g := w.Weights[b], float64(prices[c]), 0.0
			kept += float64(weight * (1 - p))
			if count[c] >= uint16(w.needs[c]) {
				gain += weight
			}
			g = float64(count[c])/float64(w.needs[c]) - 1 // what the bound grows by with p, over the weight
			h := g + float64(0.6*float64(heading[c]))
			if p <= 0 && h > 0 || p >= 1 && h < 0 {
				h = 0
			}
			heading[c] = float32(h)
			norm += float64(weight * float64(h*h))
		})
		// Rounding must not make a bound too small.
		if now := (kept + earned) * (1 + 1e-9); now < bound {
			if now > bound*(1-1e-4) {
				idle++
			} else {
				idle = 0
			}
			bound = now
		} else {
			idle++
		}
		if gain > most && w.allowed(sites) {
			best, most = sites, gain
		}
		w.tell(Bounding, round+1, rounds)
		if bound <= most*(1+1e-6) || norm == 0 {
			break
		}
		if idle >= 12 {
			step, idle = step/2, 0
			if step < 1e-3 {
				break
			}
		}
		t := step * (kept + earned - most) / norm
		w.openCells(func(b, c int) {
			prices[c] = float32(min(1, max(0, float64(prices[c])-float64(t*float64(heading[c])))))
		})
	}
	return w.before + bound, best, nil
}

// openCells goes through the cells to be covered, by block.
func (w *work) openCells(do func(b, c int)) {
	for b, m := range w.open {
		for ; m != 0; m &= m - 1 {
			do(b, 64*b+bits.TrailingZeros64(m))
		}
	}
}

// earns is what a site is paid by the cells that it sees.
func (w *work) earns(j int, prices []float32) float64 {
	set, sum := &w.Candidates[j], 0.0
	for i, b := range set.Index {
		part := 0.0
		for m := set.Cells[i] & w.open[b]; m != 0; m &= m - 1 {
			c := 64*int(b) + bits.TrailingZeros64(m)
			p := float64(prices[c])
			if n := w.needs[c]; n > 1 {
				p /= float64(n)
			}
			part += p
		}
		sum += float64(part * w.Weights[b])
	}
	return sum
}

// earners gives the sites that earn most, and what no choice can earn more
// than.
func (w *work) earners(earn []float64) (sites []int, earned float64) {
	order := make([]int, len(earn))
	for j := range order {
		order[j] = j
	}
	by := func(value func(j int) float64) {
		slices.SortFunc(order, func(a, b int) int {
			switch x, y := value(a), value(b); {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return a - b
		})
	}
	by(func(j int) float64 { return earn[j] })
	for _, j := range order[:w.k] {
		earned += earn[j]
	}
	if math.IsInf(w.budget, 1) {
		return slices.Clone(order[:w.k]), earned
	}
	by(func(j int) float64 { return earn[j] / w.cost[j] })
	left, bought := w.budget, 0.0
	for _, j := range order {
		if w.cost[j] <= left {
			left -= w.cost[j]
			bought += earn[j]
			if len(sites) < w.k {
				sites = append(sites, j)
			}
			continue
		}
		bought += float64(earn[j] * (left / w.cost[j]))
		break
	}
	return sites, min(earned, bought)
}

// allowed reports whether sites keep to the number and the budget.
func (w *work) allowed(sites []int) bool {
	cost := 0.0
	for _, j := range sites {
		cost += w.cost[j]
	}
	return len(sites) <= w.k && cost <= w.budget
}
