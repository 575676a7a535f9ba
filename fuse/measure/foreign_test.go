package measure

import (
	"testing"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/obs"
)

// TestForeign: what another believes of each way of motion is intersected, tells
// nothing of the ways, and is a place only.
func TestForeign(t *testing.T) {
	m := &imm.Model{Share: [imm.Ways]float64{0.5, 0.2, 0.2, 0.1}, Mean: 30, Noise: [imm.Ways]float64{0.1, 0.1, 0.1}, Turn: 0.05, Drift: 0.5, Calm: 10}
	e := kalman.Estimate{X: [4]float64{0, 0, 5, 5}, P: [4][4]float64{{400}, {1: 400}, {2: 4}, {3: 4}}}
	s := m.New(&e)
	m.Predict(&s, 3)
	before := s
	z := Place(20, 10, obs.Round(10))
	z.Foreign, z.After = true, 1
	lik := z.Likelihood(&s)
	if got := z.Update(&s); got != lik || !(lik > 0) {
		t.Errorf("likelihood %v, before %v", got, lik)
	}
	if s.Prob != before.Prob {
		t.Errorf("ways %v, were %v", s.Prob, before.Prob)
	}
	for k := range imm.Ways {
		want := before.Est[k]
		z.UpdateOne(&want)
		if s.Est[k] != want || want == before.Est[k] {
			t.Errorf("way %d: %+v, want %+v", k, s.Est[k], want)
		}
	}
	b := Bearing(0, 0, 1, 0.1)
	b.Foreign = true
	far := Place(1e5, 0, obs.Round(10))
	far.Foreign = true
	for _, z := range []Measurement{b, far} {
		was := s
		if z.Update(&s) != 0 || s != was {
			t.Errorf("%+v changed it", z)
		}
	}
}
