package measure

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
)

// What is beyond has a distance that says so, and most of what is far is beyond.
func TestBeyond(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const k = 4
	far, beyond := 0, 0
	for range 200_000 {
		a, b := 1+200*r.Float64(), 1+200*r.Float64()
		rho := 1.8*r.Float64() - 0.9
		e := kalman.Estimate{X: [4]float64{4000 * (r.Float64() - 0.5), 4000 * (r.Float64() - 0.5)}}
		e.P[0][0], e.P[1][1], e.P[2][2], e.P[3][3] = a*a, b*b, 1, 1
		e.P[0][1], e.P[1][0] = rho*a*b, rho*a*b
		m := Bearing(4000*(r.Float64()-0.5), 4000*(r.Float64()-0.5), 2*math.Pi*r.Float64(), 0.001+0.1*r.Float64())
		d2 := m.Distance2(&e)
		if d2 > k*k {
			far++
		}
		beam := m.Beam()
		if beam.Beyond(&e, kalman.Spread(&e.P), k) {
			beyond++
			if !(d2 > k*k) {
				t.Fatalf("%+v is beyond %+v at a squared distance of %g", m, e, d2)
			}
		}
	}
	if 2*beyond < far {
		t.Errorf("of %d far ones %d are beyond", far, beyond)
	}
	place := Polar(0, 0, 100, 1, 0, 0.01)
	beam := place.Beam()
	if beam.Beyond(&kalman.Estimate{X: [4]float64{1e6, -1e6}}, 1, k) {
		t.Error("only bearings are told of")
	}
}
