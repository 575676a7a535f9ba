package assoc

import (
	"math/bits"
	"slices"
)

// prepare refuses what is no number, sorts the pairs, sheds and parts.
//
//  1. Pairs are sorted by track, and within one by plot, with two counting
//     sorts, unless they come so.
//  2. Each pair's weight is divided by what both weigh alone.
//  3. A track keeps its heaviest PairsPerTrack pairs by that quotient. Then the
//     look is parted into clusters, a cluster keeps its heaviest PairsPerCluster
//     pairs, and what was cut is parted again.
func (s *Solver) prepare(p *Problem) {
	c := &s.result.Counts
	s.missed, c.RefusedTracks = widenAll(s.missed, p.Missed)
	s.fresh, c.RefusedPlots = widenAll(s.fresh, p.New)

	s.order = s.order[:0]
	sorted := true
	for e, w := range p.Weight {
		i, j := p.Track[e], p.Plot[e]
		if !(w > 0) || i < 0 || int(i) >= len(s.missed) || j < 0 || int(j) >= len(s.fresh) ||
			s.missed[i].frac == 0 || s.fresh[j].frac == 0 {
			continue
		}
		if n := len(s.order); sorted && n > 0 {
			l := s.order[n-1]
			sorted = p.Track[l] < i || p.Track[l] == i && p.Plot[l] < j
		}
		s.order = append(s.order, int32(e))
	}
	if !sorted {
		s.sortBy(p.Plot, len(p.New))
		s.sortBy(p.Track, len(p.Missed))
	}
	s.fill(p)
	c.RefusedPairs = len(p.Weight) - len(s.plot)

	for i := range s.missed {
		if n := int(s.start[i+1] - s.start[i]); n > s.cfg.PairsPerTrack {
			s.rank = s.rank[:0]
			s.rankPairs(int32(i))
			c.ShedByTrack += s.shed(s.cfg.PairsPerTrack)
		}
	}
	if c.ShedByTrack > 0 {
		s.compact()
	}
	s.part()
	for k, n := range s.pairs {
		if int(n) <= s.cfg.PairsPerCluster {
			continue
		}
		s.rank = s.rank[:0]
		for _, i := range s.parts.RowsOf(k) {
			s.rankPairs(i)
		}
		c.ShedByCluster += s.shed(s.cfg.PairsPerCluster)
	}
	if c.ShedByCluster > 0 {
		s.compact()
		s.part()
	}
}

// widenAll widens weights, and counts those that are refused.
func widenAll(to []wide, from []float64) (_ []wide, refused int) {
	to = sized(to, len(from))
	for i, v := range from {
		w, ok := widen(v)
		if !ok {
			refused++
		}
		to[i] = w
	}
	return to, refused
}

// sortBy sorts the order of pairs by a key below n, those of equal keys as they
// stood.
func (s *Solver) sortBy(key []int32, n int) {
	s.count = filled(s.count, n+1, 0)
	for _, e := range s.order {
		s.count[key[e]+1]++
	}
	for k := range n {
		s.count[k+1] += s.count[k]
	}
	s.turn = sized(s.turn, len(s.order))
	for _, e := range s.order {
		s.turn[s.count[key[e]]] = e
		s.count[key[e]]++
	}
	s.order, s.turn = s.turn, s.order
}

// fill writes the pairs in order: those of a track from start to the next start.
func (s *Solver) fill(p *Problem) {
	s.start = filled(s.start, len(p.Missed)+1, 0)
	s.plot, s.pair, s.ratio = s.plot[:0], s.pair[:0], s.ratio[:0]
	last := int32(-1)
	for _, e := range s.order {
		i, j := p.Track[e], p.Plot[e]
		w, ok := widen(p.Weight[e])
		if !ok || last >= 0 && p.Track[last] == i && p.Plot[last] == j {
			continue
		}
		last = e
		s.start[i+1]++
		s.plot = append(s.plot, j)
		s.pair = append(s.pair, e)
		s.ratio = append(s.ratio, w.over(s.missed[i], s.fresh[j]))
	}
	for i := range p.Missed {
		s.start[i+1] += s.start[i]
	}
}

// rankPairs adds a track's pairs to those that compete.
func (s *Solver) rankPairs(track int32) {
	for e := s.start[track]; e < s.start[track+1]; e++ {
		s.rank = append(s.rank, e)
	}
}

// shed keeps the heaviest of the pairs that compete, and marks the others.
func (s *Solver) shed(keep int) int {
	s.heaviest(keep)
	for _, e := range s.rank[keep:] {
		s.ratio[e].frac = 0
	}
	return len(s.rank) - keep
}

// heaviest moves the heaviest of the pairs that compete to the front (Hoare's
// selection, 1961). Of pairs of one weight the first is the heavier: so there are
// no two of one.
func (s *Solver) heaviest(keep int) {
	from, to := 0, len(s.rank)
	for rounds := 2 * bits.Len(uint(to)); to-from > 1 && from < keep && keep < to; rounds-- {
		if rounds == 0 { // it was unlucky
			slices.SortFunc(s.rank[from:to], func(x, y int32) int {
				if s.heavier(x, y) {
					return -1
				}
				return 1
			})
			return
		}
		middle := s.middle(s.rank[from], s.rank[(from+to)/2], s.rank[to-1])
		i, j := from, to-1
		for i <= j {
			for s.heavier(s.rank[i], middle) {
				i++
			}
			for s.heavier(middle, s.rank[j]) {
				j--
			}
			if i <= j {
				s.rank[i], s.rank[j] = s.rank[j], s.rank[i]
				i++
				j--
			}
		}
		switch {
		case keep <= j:
			to = j + 1
		case keep >= i:
			from = i
		default:
			return
		}
	}
}

func (s *Solver) heavier(x, y int32) bool {
	a, b := s.ratio[x], s.ratio[y]
	return a.above(b) || x < y && !b.above(a)
}

// middle is the middle of three.
func (s *Solver) middle(x, y, z int32) int32 {
	if s.heavier(y, x) {
		x, y = y, x
	}
	if s.heavier(z, y) {
		y = z
		if s.heavier(y, x) {
			y = x
		}
	}
	return y
}

// compact takes out what was shed.
func (s *Solver) compact() {
	n, from := int32(0), int32(0)
	for i := range s.missed {
		to := s.start[i+1]
		for e := from; e < to; e++ {
			if s.ratio[e].frac > 0 {
				s.plot[n], s.pair[n], s.ratio[n] = s.plot[e], s.pair[e], s.ratio[e]
				n++
			}
		}
		s.result.Shed[i] += to - from - (n - s.start[i])
		s.start[i+1], from = n, to
	}
	s.plot, s.pair, s.ratio = s.plot[:n], s.pair[:n], s.ratio[:n]
}

// part finds the clusters, and how many pairs each has.
func (s *Solver) part() {
	s.parts.Reset(len(s.missed), len(s.fresh))
	for i := range s.missed {
		for e := s.start[i]; e < s.start[i+1]; e++ {
			s.parts.Join(int32(i), s.plot[e])
		}
	}
	s.parts.Part()
	s.pairs = sized(s.pairs, s.parts.Len())
	for k := range s.pairs {
		s.pairs[k] = 0
		for _, i := range s.parts.RowsOf(k) {
			s.pairs[k] += s.start[i+1] - s.start[i]
		}
	}
}
