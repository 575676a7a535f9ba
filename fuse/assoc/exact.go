package assoc

// exact sums over all joint associations of a small cluster.
//
//  1. The fewer, tracks or plots, are the bits of a set; the others are taken
//     one after the other. ahead[k][set] is the sum, over all associations of
//     the first k of them that use exactly that set, of their weights: the next
//     is alone, or takes a bit that is free. (Dynamic programming over subsets,
//     as for the permanent of a matrix: Ryser 1963, Bellman 1962.)
//  2. behind[set] is the same from the end: the sum over all associations of the
//     rest, and of leaving alone what bits are free at last, when that set is
//     used already.
//  3. A pair of the k-th with a bit has, of the total, the share of
//     sum over sets without the bit: ahead[k][set] x weight x behind[set + bit].
//  4. pairs x 2^bits steps, in three passes; the sets ahead are kept.
func (s *Solver) exact(c *cluster) {
	// By default plots are the bits.
	one := side{start: c.start, alone: c.missed, p: c.pMissed}
	bit, rest, pRest := c.plot, c.fresh, c.pNew
	s.list = sized(s.list, len(c.plot))
	if len(c.plots) <= len(c.tracks) {
		for e := range s.list {
			s.list[e] = int32(e)
		}
	} else {
		one = side{start: c.plotStart, alone: c.fresh, p: c.pNew}
		bit, rest, pRest = c.track, c.missed, c.pMissed
		copy(s.list, c.byPlot)
	}
	size := 1 << len(rest)
	s.layers = sized(s.layers, size*(len(one.alone)+2))
	s.ahead(c, &one, bit, size)

	// What is left alone at last, into the place after the last layer; and with
	// it the bits' own probabilities.
	n := len(one.alone)
	last, behind := s.layers[n*size:(n+1)*size], s.layers[(n+1)*size:]
	leave(behind, rest)
	all := 0.0
	clear(pRest)
	for set, v := range last {
		both := float64(v * behind[set])
		all += both
		for x := range pRest {
			if set>>x&1 == 0 {
				pRest[x] += both
			}
		}
	}
	for x := range pRest {
		pRest[x] /= all
	}
	for k := n - 1; k >= 0; k-- {
		// The layer after this one is used up: it takes what lies behind.
		before, now := s.layers[k*size:(k+1)*size], s.layers[(k+1)*size:(k+2)*size]
		s.back(c, &one, k, bit, before, behind, now)
		behind = now
	}
}

// side is the tracks or the plots, of which one is taken after the other.
type side struct {
	start []int32   // into the solver's list of pairs
	alone []float64 // weight
	p     []float64 // of being alone
}

// ahead sums from the beginning, each layer after the one before it.
func (s *Solver) ahead(c *cluster, one *side, bit []int32, size int) {
	now := s.layers[:size]
	clear(now)
	now[0] = 1
	for k, alone := range one.alone {
		next := s.layers[(k+1)*size : (k+2)*size]
		for set, v := range now {
			next[set] = float64(v * alone)
		}
		for _, e := range s.list[one.start[k]:one.start[k+1]] {
			weight, b := c.weight[e], 1<<bit[e]
			for base := 0; base < size; base += 2 * b {
				free, used := now[base:base+b], next[base+b:base+2*b]
				for x, v := range free {
					used[x] += float64(v * weight)
				}
			}
		}
		now = next
	}
}

// leave sets for each used set the weight of leaving the others alone.
func leave(to, alone []float64) {
	to[len(to)-1] = 1
	for x, w := range alone {
		// Sets whose bits from x on are all used, from those with x used too.
		high := len(to) - 1<<(x+1)
		for low := range 1 << x {
			to[high+low] = to[high+1<<x+low] * w
		}
	}
}

// back takes the k-th from the end: it sets its probabilities, and what lies
// behind it.
func (s *Solver) back(c *cluster, one *side, k int, bit []int32, before, behind, now []float64) {
	pairs := s.list[one.start[k]:one.start[k+1]]
	alone := one.alone[k]
	all := 0.0
	for set, v := range behind {
		now[set] = float64(v * alone)
		all += float64(before[set] * now[set])
	}
	one.p[k] = all
	for _, e := range pairs {
		weight, b, sum := c.weight[e], 1<<bit[e], 0.0
		for base := 0; base < len(now); base += 2 * b {
			free, used, to := before[base:base+b], behind[base+b:base+2*b], now[base:base+b]
			for x, v := range used {
				v = float64(v * weight)
				to[x] += v
				sum += float64(free[x] * v)
			}
		}
		c.pPair[e] = sum
		all += sum
	}
	one.p[k] /= all
	for _, e := range pairs {
		c.pPair[e] /= all
	}
}
