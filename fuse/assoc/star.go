package assoc

// Clusters of one track or one plot in closed form.
//
//  1. With r the weight of a pair against both being alone, one track and its
//     plots have the joint associations "none", of weight 1, and one for each
//     pair, of weight r. So the sum is 1 + the sum of r.
//  2. A pair has the share r of it, the track is unseen with share 1, and a plot
//     is nobody's with the shares of all others: summed, not subtracted from 1,
//     so that small probabilities keep their digits.
//  3. One plot and its tracks are the same with the roles exchanged.
//  4. All are scaled by the power of two that makes the greatest about 1.

// maxExp keeps the odds of a single pair a float64.
const maxExp = 1022

// single does a track and a plot that have only each other.
func (s *Solver) single(track, plot int32) {
	e := s.start[track]
	r := s.ratio[e]
	r.exp = min(r.exp, maxExp)
	odds := r.times(0)
	alone := 1 / (1 + odds)
	res := &s.result
	res.Missed[track], res.New[plot], res.Pair[s.pair[e]] = alone, alone, odds*alone
	if r.atLeastOne() {
		res.Best[track] = s.pair[e]
	}
}

// oneTrack does a track that shares no plot.
func (s *Solver) oneTrack(track int32) {
	s.rank = s.rank[:0]
	s.rankPairs(track)
	if len(s.rank) == 0 {
		return
	}
	alone, others, best := s.star()
	s.result.Missed[track] = alone
	for k, e := range s.rank {
		s.result.New[s.plot[e]] = others[k]
	}
	if best >= 0 {
		s.result.Best[track] = s.pair[best]
	}
}

// onePlot does tracks that have one plot, the same.
func (s *Solver) onePlot(plot int32, tracks []int32) {
	s.rank = s.rank[:0]
	for _, i := range tracks {
		s.rank = append(s.rank, s.start[i])
	}
	alone, others, best := s.star()
	s.result.New[plot] = alone
	for k, i := range tracks {
		s.result.Missed[i] = others[k]
		if s.rank[k] == best {
			s.result.Best[i] = s.pair[best]
		}
	}
}

// star sets the probabilities of the ranked pairs, of which one at most holds.
// It gives the probability of none, for each that it does not hold, and the
// pair of the best association, or -1.
func (s *Solver) star() (alone float64, others []float64, best int32) {
	top := wide{0.5, 1} // one, for none
	best = -1
	for _, e := range s.rank {
		if r := s.ratio[e]; r.atLeastOne() && (best < 0 || r.above(top)) {
			top, best = r, e
		}
	}
	s.terms, s.sums = sized(s.terms, len(s.rank)), sized(s.sums, len(s.rank))
	for k, e := range s.rank {
		s.terms[k] = s.ratio[e].times(-top.exp)
	}
	alone = wide{0.5, 1}.times(-top.exp)
	all := without(alone, s.terms, s.sums)
	for k, e := range s.rank {
		s.result.Pair[s.pair[e]] = s.terms[k] / all
		s.sums[k] = min(1, s.sums[k]/all)
	}
	return alone / all, s.sums, best
}

// without sets sums[k] to own plus all terms but term k, and gives own plus all.
// It adds only: a small sum beside a large term keeps its digits.
func without(own float64, terms, sums []float64) (all float64) {
	sums = sums[:len(terms)]
	for k, t := range terms {
		sums[k] = own
		own += t
	}
	after := 0.0
	for k := len(terms) - 1; k >= 0; k-- {
		sums[k] += after
		after += terms[k]
	}
	return own
}
