package assoc

import (
	"math"

	"atalaya/geo/fmath"
)

// wide is a number above 0 as frac x 2^exp, with frac in [0.5, 1).
//
//  1. Weights may lie anywhere between 1e-300 and 1e300, and what counts are
//     quotients of three of them, which no float64 holds.
//  2. Fractions and exponents are divided apart; nothing is rounded but the
//     fraction. A fraction of 0 marks what was refused or shed.
//  3. Before sums are taken, the quotients of a cluster are scaled by powers of
//     two, which changes no bit of the fractions, so that none exceeds 1 by
//     much. What then vanishes below 1e-308 has no part in a sum of about 1.
type wide struct {
	frac float64
	exp  int32
}

// widen takes a finite number above 0, and tells whether it is one.
func widen(v float64) (wide, bool) {
	if !(v > 0 && v <= math.MaxFloat64) {
		return wide{}, false
	}
	frac, exp := math.Frexp(v)
	return wide{frac, int32(exp)}, true
}

// over divides.
func (w wide) over(x, y wide) wide {
	frac, exp := math.Frexp(w.frac / (x.frac * y.frac))
	return wide{frac, w.exp - x.exp - y.exp + int32(exp)}
}

// log is the natural logarithm.
func (w wide) log() float64 { return fmath.Log(w.frac) + float64(float64(w.exp)*math.Ln2) }

// times gives the number times 2^exp as a float64.
func (w wide) times(exp int32) float64 { return math.Ldexp(w.frac, int(w.exp+exp)) }

// atLeastOne is whether a pair is worth making.
func (w wide) atLeastOne() bool { return w.exp >= 1 }

// above orders.
func (w wide) above(o wide) bool {
	return w.exp > o.exp || w.exp == o.exp && w.frac > o.frac
}
