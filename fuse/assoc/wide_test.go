package assoc

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Numbers are taken apart and put together as the standard library does it.
func TestWide(t *testing.T) {
	check := func(t rapid.TB, v float64, by int32) {
		w, ok := widen(v)
		if !(v > 0 && v <= math.MaxFloat64) {
			if ok || w.frac != 0 {
				t.Fatalf("%v is taken for %v", v, w)
			}
			return
		}
		if frac, exp := math.Frexp(v); !ok || w != (wide{frac, int32(exp)}) {
			t.Fatalf("%v is taken apart as %v", v, w)
		}
		if got, want := w.times(by), math.Ldexp(v, int(by)); got != want {
			t.Fatalf("%v x 2^%d = %v, not %v", v, by, got, want)
		}
		if one := (wide{0.5, 1}); w.over(one, one) != w || w.over(w, one) != one || w.over(one, w) != one {
			t.Fatalf("%v over one and itself", v)
		}
	}
	for _, v := range []float64{
		0, -1, math.NaN(), math.Inf(1), math.Inf(-1), 5e-324, leastNormal, math.Nextafter(leastNormal, 0), 0.5, 1, math.MaxFloat64,
	} {
		for _, by := range []int32{-3000, -2098, -1075, -1022, -1021, -1, 0, 1, 1023, 1024, 2097, 2098, 3000} {
			check(t, v, by)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		check(t, v, rapid.Int32Range(-3000, 3000).Draw(t, "by"))
	})
}
