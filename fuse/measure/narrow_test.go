package measure

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/obs"
)

// TestNarrow: what is seen under a small angle has the likelihood, the moments and
// the distance that many rays give.
func TestNarrow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	worst := map[string]float64{}
	tried := 0
	for tried < 20_000 {
		const distance = 3000.0
		wide := float64(small * distance * math.Sqrt(r.Float64()))
		thin := wide * math.Exp(-4*r.Float64())
		e := belief(distance, 6*r.Float64(), wide, thin, 3*r.Float64())
		p := obs.Cov2{EE: e.P[0][0], EN: e.P[0][1], NN: e.P[1][1]}
		m := Bearing(0, 0, 0, 0.001*math.Exp(5*r.Float64()))
		toward := math.Atan2(e.X[0], e.X[1])
		m.Bearing = toward + (2*r.Float64()-1)*4.5*math.Hypot(m.BearingSD, math.Sqrt(kalman.Largest(p))/distance)
		a := m.arc(e.X[0], e.X[1], p)
		n, ok := a.narrow()
		if !ok {
			continue
		}
		bearing, sd, d2 := a.best()
		if d2 > 20 {
			continue
		}
		tried++
		sums := a.sum(bearing, sd)
		want := outcome{x: a.mx + sums.e/sums.mass, y: a.my + sums.n/sums.mass}
		de, dn := sums.e/sums.mass, sums.n/sums.mass
		want.cov = obs.Cov2{EE: sums.ee/sums.mass - de*de, EN: sums.en/sums.mass - de*dn, NN: sums.nn/sums.mass - dn*dn}
		lik := sums.mass * step * sd / (2 * math.Pi * a.sd)
		var got outcome
		more := func(what string, by float64) { worst[what] = max(worst[what], math.Abs(by)) }
		more("likelihood", n.integrate(&got)/lik-1)
		off := kalman.Residual{E: got.x - want.x, N: got.y - want.y, S: want.cov}
		more("mean", math.Sqrt(off.Distance2()))
		trace, det := within(got.cov, want.cov)
		more("trace", trace-2)
		more("determinant", det-1)
		_, _, d := n.best()
		more("distance", d-d2)
	}
	t.Logf("%v", worst)
	for what, most := range map[string]float64{"likelihood": 1e-3, "mean": 5e-3, "trace": 2e-2, "determinant": 2e-2, "distance": 5e-3} {
		if !(worst[what] < most) {
			t.Errorf("%s is off by %v", what, worst[what])
		}
	}
}
