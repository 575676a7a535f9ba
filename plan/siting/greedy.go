package siting

import (
	"container/heap"
	"context"
	"math/bits"
)

// queue is candidates by what they added when last asked, most first. As sets
// overlap more the more are chosen, that is never less than what they add now:
// only the first must be asked again.
type queue []entry

type entry struct {
	site  int
	adds  float64
	score float64 // adds, for the money where that is asked
	asked int     // how many were chosen then
}

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].score > q[j].score || q[i].score == q[j].score && q[i].site < q[j].site
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(e any)   { *q = append(*q, e.(entry)) }
func (q *queue) Pop() any {
	e := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return e
}

// greedy chooses sites one by one. Where several sensors must see a cell, each
// of them counts, so that a first one is worth something too.
func (w *work) greedy(ctx context.Context, forTheMoney bool) ([]int, error) {
	unmet := append([]uint64(nil), w.open...)
	needs := append([]uint8(nil), w.needs...)
	adds := func(j int) float64 {
		s, sum := &w.Candidates[j], 0.0
		for i, b := range s.Index {
			sum += weigh(w.Weights[b], s.Cells[i]&unmet[b])
		}
		return sum
	}
	score := func(e *entry) float64 {
		if forTheMoney {
			return e.adds / w.cost[e.site]
		}
		return e.adds
	}
	q := make(queue, len(w.Candidates))
	w.parallel(len(q), func(j int) {
		q[j] = entry{site: j, adds: adds(j)}
		q[j].score = score(&q[j])
	})
	heap.Init(&q)
	var sites []int
	left := w.budget
	for len(q) > 0 && len(sites) < w.k {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		e := &q[0]
		if w.cost[e.site] > left {
			heap.Pop(&q)
			continue
		}
		if e.asked < len(sites) {
			e.adds, e.asked = adds(e.site), len(sites)
			e.score = score(e)
			heap.Fix(&q, 0)
			continue
		}
		if e.adds <= 0 {
			break
		}
		sites = append(sites, e.site)
		left -= w.cost[e.site]
		s := &w.Candidates[e.site]
		for i, b := range s.Index {
			for m := s.Cells[i] & unmet[b]; m != 0; m &= m - 1 {
				bit := bits.TrailingZeros64(m)
				if c := 64*int(b) + bit; needs[c] > 1 {
					needs[c]--
				} else {
					unmet[b] &^= 1 << bit
				}
			}
		}
		heap.Pop(&q)
		w.tell(Choosing, len(sites), w.k)
	}
	return sites, nil
}
