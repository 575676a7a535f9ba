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
	if v < leastNormal {
		frac, exp := math.Frexp(v)
		return wide{frac, int32(exp)}, true
	}
	return parted(v), true
}

const (
	leastNormal  = 0x1p-1022
	fractionBits = 52
	half         = 1022 // the exponent field of [0.5, 1): IEEE 754, 3.4
)

// parted takes a positive normal number apart: math.Frexp in a quarter of the time.
func parted(v float64) wide {
	b := math.Float64bits(v)
	return wide{
		frac: math.Float64frombits(b&(1<<fractionBits-1) | half<<fractionBits),
		exp:  int32(b>>fractionBits) - half,
	}
}

// over divides.
func (w wide) over(x, y wide) wide {
	q := parted(w.frac / (x.frac * y.frac))
	q.exp += w.exp - x.exp - y.exp
	return q
}

// log is the natural logarithm.
func (w wide) log() float64 { return fmath.Log(w.frac) + float64(float64(w.exp)*math.Ln2) }

// times gives the number times 2^exp as a float64.
func (w wide) times(exp int32) float64 {
	exp += w.exp
	if exp <= -half || exp > half+2 {
		return math.Ldexp(w.frac, int(exp))
	}
	return math.Float64frombits(math.Float64bits(w.frac) + uint64(exp)<<fractionBits)
}

// atLeastOne is whether a pair is worth making.
func (w wide) atLeastOne() bool { return w.exp >= 1 }

// above orders.
func (w wide) above(o wide) bool {
	return w.exp > o.exp || w.exp == o.exp && w.frac > o.frac
}
