package measure

import (
	"math"
	"testing"

	"atalaya/obs"
)

// TestWiden: what is added to the place is added to the place that it shows,
// however it was measured.
func TestWiden(t *testing.T) {
	const x, y = 3000, 4000
	b := math.Atan2(x, y)
	for _, m := range []Measurement{
		Place(x, y, obs.Cov2{EE: 400, EN: 50, NN: 900}),
		{Kind: OfPolar, Range: 5000, RangeSD: 20, Bearing: b, BearingSD: 0.01},
	} {
		before := m.Spread(x, y)
		more := obs.Cov2{EE: 300, EN: -100, NN: 200}
		if m.Kind == OfPolar { // along its axes
			s, c := math.Sincos(b)
			more = obs.Cov2{EE: 300*s*s + 200*c*c, EN: (300 - 200) * s * c, NN: 300*c*c + 200*s*s}
		}
		m.Widen(more, x, y)
		after := m.Spread(x, y)
		for _, d := range []float64{after.EE - before.EE - more.EE, after.EN - before.EN - more.EN, after.NN - before.NN - more.NN} {
			if math.Abs(d) > 1e-6 {
				t.Errorf("%+v: %v became %v", m, before, after)
			}
		}
	}
	m := Bearing(0, 0, b, 0.01)
	m.Widen(obs.Round(50), x, y)
	if want := math.Hypot(0.01, 0.01); math.Abs(m.BearingSD-want) > 1e-12 {
		t.Errorf("bearing by %v, want %v", m.BearingSD, want)
	}
	m.Widen(obs.Round(1e6), 0, 1)
	if !m.Sound() {
		t.Errorf("%+v is no measurement", m)
	}
	at := m
	if m.Widen(obs.Round(50), 0, 0); m != at {
		t.Errorf("at the sensor itself: %+v", m)
	}
}
