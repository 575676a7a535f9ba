package assoc

import "math"

// propagate approximates the marginals of a cluster by belief propagation
// (Williams and Lau 2014, "Approximate evaluation of marginal association
// probabilities with belief propagation", IEEE TAES 50(4)).
//
//  1. For a pair of weight w, the track tells the plot mu = w / (weight of the
//     track being unseen + what its other plots tell it), and the plot tells the
//     track nu = 1 / (weight of the plot being nobody's + what its other tracks
//     tell it). What a plot tells a track counts with the pair's weight: w nu.
//  2. All tracks, then all plots, again and again, until no nu changes by more
//     than the tolerance's part of itself. It is proved to settle; how soon is
//     not, so that rounds are bounded, and a cluster that had not settled is
//     flagged.
//  3. A pair's probability is w / (A B + w), with A and B the denominators above:
//     the same from the track's end as from the plot's.
//  4. Where pairs make no ring, this is exact, and settles to the last bit within
//     as many rounds as the longest way has steps: then no tolerance is given.
//  5. nu begins as if plots had no other tracks, too high, and only falls. So
//     where it has not quite settled, pairs have too little: the probabilities of
//     each track are made to sum to one, then those of each plot, and what that
//     takes from pairs their tracks are unseen instead.
//
// Sums without one term are added up from both ends, never subtracted: beside a
// weight of 1e12 the others would lose their digits.
func (s *Solver) propagate(c *cluster) (settled bool) {
	n := len(c.plot)
	s.mu, s.nu, s.a, s.b = sized(s.mu, n), sized(s.nu, n), sized(s.a, n), sized(s.b, n)
	s.terms = sized(s.terms, n)
	for e, y := range c.plot {
		s.nu[e] = 1 / c.fresh[y]
	}
	tolerance := s.cfg.Tolerance
	if n == len(c.tracks)+len(c.plots)-1 {
		tolerance = 0
	}
	change := math.Inf(1)
	for range s.cfg.Rounds {
		s.tracksTell(c)
		if change = s.plotsTell(c); change <= tolerance {
			break
		}
	}
	for e, w := range c.weight {
		c.pPair[e] = w / (float64(s.a[e]*s.b[c.slot[e]]) + w)
	}
	for x := range c.tracks {
		all := c.missed[x]
		for e := c.start[x]; e < c.start[x+1]; e++ {
			all += float64(c.weight[e] * s.nu[e])
		}
		c.pMissed[x] = c.missed[x] / all
	}
	for y := range c.plots {
		all := c.fresh[y]
		for k := c.plotStart[y]; k < c.plotStart[y+1]; k++ {
			all += s.mu[k]
		}
		c.pNew[y] = c.fresh[y] / all
	}
	c.normalise()
	return change <= s.cfg.Tolerance
}

// tracksTell sets mu, by plot.
func (s *Solver) tracksTell(c *cluster) {
	for e, w := range c.weight {
		s.terms[e] = float64(w * s.nu[e])
	}
	for x := range c.tracks {
		from, to := c.start[x], c.start[x+1]
		without(c.missed[x], s.terms[from:to], s.a[from:to])
		for e := from; e < to; e++ {
			s.mu[c.slot[e]] = c.weight[e] / s.a[e]
		}
	}
}

// plotsTell sets nu, by track, and gives the greatest change as a part of it.
func (s *Solver) plotsTell(c *cluster) (change float64) {
	for y := range c.plots {
		from, to := c.plotStart[y], c.plotStart[y+1]
		without(c.fresh[y], s.mu[from:to], s.b[from:to])
		for k := from; k < to; k++ {
			nu, e := 1/s.b[k], c.byPlot[k]
			change = max(change, math.Abs(nu-s.nu[e])*s.b[k])
			s.nu[e] = nu
		}
	}
	return change
}

// normalise makes the probabilities of each track and of each plot sum to one.
func (c *cluster) normalise() {
	for x := range c.tracks {
		all := c.pMissed[x]
		pairs := c.pPair[c.start[x]:c.start[x+1]]
		for _, p := range pairs {
			all += p
		}
		c.pMissed[x] /= all
		for e := range pairs {
			pairs[e] /= all
		}
	}
	for y := range c.plots {
		all := c.pNew[y]
		pairs := c.byPlot[c.plotStart[y]:c.plotStart[y+1]]
		for _, e := range pairs {
			all += c.pPair[e]
		}
		c.pNew[y] /= all
		for _, e := range pairs {
			kept := c.pPair[e] / all
			missed := &c.pMissed[c.track[e]]
			*missed = min(1, max(0, *missed+(c.pPair[e]-kept))) // within rounding
			c.pPair[e] = kept
		}
	}
}
