package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct{ deg, longitude, bearing float64 }{
		{0, 0, 0},
		{179.5, 179.5, 179.5},
		{180, -180, 180},
		{-180, -180, 180},
		{181, -179, 181},
		{-181, 179, 179},
		{math.Nextafter(-180, -181), math.Nextafter(180, 0), math.Nextafter(180, 0)},
		{360, 0, 0},
		{-360, 0, 0},
		{540, -180, 180},
		{-540, -180, 180},
		{725, 5, 5},
		{-1e-20, -1e-20, 0},
		{3.6e9 + 90, 90, 90},
	} {
		if got := WrapLongitude(c.deg); got != c.longitude {
			t.Errorf("WrapLongitude(%v) = %v", c.deg, got)
		}
		if got := WrapBearing(c.deg); got != c.bearing {
			t.Errorf("WrapBearing(%v) = %v", c.deg, got)
		}
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if a, b := WrapLongitude(x), WrapBearing(x); !math.IsNaN(a) || !math.IsNaN(b) {
			t.Errorf("%v wraps to %v and %v", x, a, b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(-1e6, 1e6).Draw(t, "x")
		l, b := WrapLongitude(x), WrapBearing(x)
		if l < -180 || l >= 180 || b < 0 || b >= 360 {
			t.Fatalf("%v wraps to %v and %v", x, l, b)
		}
		if d := math.Remainder(x-l, 360); math.Abs(d) > 1e-9 {
			t.Fatalf("%v wraps to %v", x, l)
		}
		if WrapLongitude(l) != l || WrapBearing(b) != b {
			t.Fatalf("%v and %v wrap again", l, b)
		}
	})
}

func TestPositionValid(t *testing.T) {
	for _, c := range []struct {
		p    Position
		want bool
	}{
		{Position{}, true},
		{Position{90, 180}, true},
		{Position{-90, -180}, true},
		{Position{90.001, 0}, false},
		{Position{0, 180.001}, false},
		{Position{math.NaN(), 0}, false},
		{Position{0, math.NaN()}, false},
		{Position{math.Inf(-1), 0}, false},
	} {
		if got := c.p.Valid(); got != c.want {
			t.Errorf("%v: %v", c.p, got)
		}
	}
	if got := (Position{1, 180}).Normalize(); got != (Position{1, -180}) {
		t.Errorf("normalized to %v", got)
	}
	if got := (Position{-16.5, 68.25}).String(); got != "-16.5000000,68.2500000" {
		t.Errorf("written %q", got)
	}
}
