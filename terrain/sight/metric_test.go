package sight

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
)

// TestMetric compares distances on lattices with geodesics.
func TestMetric(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for _, lat := range []float64{0, -16, 38, 60, -46.5} {
		for _, reach := range []float64{20e3, 100e3, 300e3} {
			l := terrain.Lattice{Projection: projection.Geographic{}, X0: -72, Y0: lat + 6, DX: 1.0 / 1200, DY: 1.0 / 1200, Width: 14400, Height: 14400}
			at := geo.Position{Lat: lat + r.Float64()/1200, Lon: -66 + r.Float64()/1200}
			w := l.Around(at, reach)
			m := newMetric(l, at, w)
			c0, r0 := l.Cell(at)
			worst, exact := 0.0, 0.0
			for range 500 {
				col := w.X + r.IntN(w.Width)
				row := w.Y + r.IntN(w.Height)
				dc, dr := float64(col)-c0, float64(row)-r0
				isRow := math.Abs(dr) > math.Abs(dc)
				q := m.along(dc, false)
				got := q.at(dr)
				if isRow {
					q = m.along(dr, true)
					got = q.at(dc)
				}
				d := geo.Distance(at, l.Position(float64(col), float64(row)))
				if d > reach {
					continue
				}
				worst = max(worst, math.Abs(math.Sqrt(got)-d)/d)
				exact = max(exact, math.Abs(math.Sqrt(m.squared(dc, dr))-d)/d)
			}
			t.Logf("latitude %v, %3.0f km: relative error at most %.1e, before the quartic %.1e", lat, reach/1e3, worst, exact)
			if worst > 3e-7+3e-7*(reach/100e3)*(reach/100e3) {
				t.Errorf("latitude %v, %v m: relative error %v", lat, reach, worst)
			}
		}
	}
}
