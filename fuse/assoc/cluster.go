package assoc

import (
	"math"

	"atalaya/fuse/assign"
)

// cluster is one cluster with places of its own for its tracks and plots.
//
//  1. The best joint association of the cluster is found first, as an
//     assignment of greatest worth, with worth the logarithm of a pair's
//     quotient (assign.Sparse).
//  2. Its prices scale the weights: a pair by 2^-(both prices), a track or plot
//     alone by 2^-(its price), in bits. That multiplies every joint association
//     by the same factor. By the proof of the optimum, none of the scaled
//     weights exceeds 1, and all those of the best association are 1 (within
//     the rounding of prices to whole bits). So the sum over all associations is
//     at least about 1, no partial product overflows, and one that vanishes
//     could not have become part of the sum.
type cluster struct {
	tracks, plots []int32 // by place: the solver's

	// By pair, those of a track from start to the next start.
	start []int32
	at    []int32 // in the solver's order
	plot  []int32 // place
	track []int32 // place
	ratio []wide
	worth []float64

	// The pairs of a plot, from plotStart to the next; and each pair's place there.
	plotStart, byPlot, slot []int32

	// Scaled weights, and the probabilities that come of them.
	weight, missed, fresh []float64
	pPair, pMissed, pNew  []float64
	missedBits, freshBits []int32
}

// gather copies cluster k.
func (c *cluster) gather(s *Solver, k int) {
	c.tracks, c.plots = s.parts.RowsOf(k), s.parts.ColsOf(k)
	s.local = sized(s.local, len(s.fresh))
	for x, j := range c.plots {
		s.local[j] = int32(x)
	}
	c.start = append(c.start[:0], 0)
	c.at, c.plot, c.track, c.ratio, c.worth = c.at[:0], c.plot[:0], c.track[:0], c.ratio[:0], c.worth[:0]
	c.plotStart = filled(c.plotStart, len(c.plots)+1, 0)
	for x, i := range c.tracks {
		for e := s.start[i]; e < s.start[i+1]; e++ {
			y := s.local[s.plot[e]]
			c.plotStart[y+1]++
			c.at = append(c.at, e)
			c.plot = append(c.plot, y)
			c.track = append(c.track, int32(x))
			c.ratio = append(c.ratio, s.ratio[e])
			c.worth = append(c.worth, s.ratio[e].log())
		}
		c.start = append(c.start, int32(len(c.plot)))
	}
	for y := range c.plots {
		c.plotStart[y+1] += c.plotStart[y]
	}
	// Filling moves each start to the next one's place, from where it is put back.
	c.byPlot, c.slot = sized(c.byPlot, len(c.plot)), sized(c.slot, len(c.plot))
	for e, y := range c.plot {
		c.slot[e] = c.plotStart[y]
		c.byPlot[c.plotStart[y]] = int32(e)
		c.plotStart[y]++
	}
	copy(c.plotStart[1:], c.plotStart[:len(c.plots)])
	c.plotStart[0] = 0
}

// scale scales by the prices of the best association. Bounded, as it is for
// propagation, which divides by weights, those of being alone are kept above
// 2^-extreme and those of pairs below 2^extreme.
func (c *cluster) scale(best *assign.Sparse, bounded bool) {
	c.missed, c.missedBits = scaled(c.missed, c.missedBits, best.RowPrice, bounded)
	c.fresh, c.freshBits = scaled(c.fresh, c.freshBits, best.ColPrice, bounded)
	c.weight = sized(c.weight, len(c.plot))
	for e, r := range c.ratio {
		bits := c.missedBits[c.track[e]] + c.freshBits[c.plot[e]]
		if bounded {
			bits = min(bits, extreme-r.exp)
		}
		c.weight[e] = r.times(bits)
	}
	c.pPair, c.pMissed, c.pNew = sized(c.pPair, len(c.plot)), sized(c.pMissed, len(c.tracks)), sized(c.pNew, len(c.plots))
}

// extreme is a power of two whose square is a float64 still when a million of
// it are summed.
const extreme = 480

// scaled turns prices into bits, and one into its value with so many bits more.
func scaled(to []float64, bits []int32, prices []float64, bounded bool) ([]float64, []int32) {
	to, bits = sized(to, len(prices)), sized(bits, len(prices))
	for i, price := range prices {
		bits[i] = -int32(math.Round(price / math.Ln2))
		b := bits[i]
		if bounded {
			b = max(b, -extreme)
		}
		to[i] = math.Ldexp(1, int(b))
	}
	return to, bits
}

// tell writes the cluster's probabilities into the result.
func (c *cluster) tell(s *Solver, how Method) {
	r := &s.result
	for x, i := range c.tracks {
		r.Missed[i], r.How[i] = c.pMissed[x], how
		if e := s.best.Chosen[x]; e >= 0 {
			r.Best[i] = s.pair[c.at[e]]
		}
	}
	for y, j := range c.plots {
		r.New[j] = c.pNew[y]
	}
	for x, e := range c.at {
		r.Pair[s.pair[e]] = c.pPair[x]
	}
}
