package measure

import (
	"atalaya/fuse/imm"
	"atalaya/obs"
)

// UpdatePast is Update by a measurement of where the thing was before, whatever
// its After: past is at the measurement's own time. A velocity of that time is
// not used.
func (m *Measurement) UpdatePast(s *imm.State, past *imm.Past) float64 {
	one := *m
	one.After, one.Velocity = 0, Velocity{}
	var lik [imm.Ways]float64
	sum := 0.0
	out := *s
	for k := range imm.Ways {
		if !(past.Prob[k] > 0) {
			continue
		}
		p := &past.Of[k]
		e := p.Place()
		if lik[k] = one.UpdateOne(&e); !(lik[k] > 0) {
			continue
		}
		if !out.Est[k].Recall(p, e.X[0], e.X[1], obs.Cov2{EE: e.P[0][0], EN: e.P[0][1], NN: e.P[1][1]}) {
			lik[k] = 0
			continue
		}
		sum += float64(past.Prob[k] * lik[k])
	}
	if !(sum > 0) {
		return 0
	}
	for k := range imm.Ways {
		if !m.Foreign { // of how the thing moves a foreign one tells nothing
			out.Prob[k] = float64(past.Prob[k]*lik[k]) / sum
		}
	}
	*s = out
	return sum
}
