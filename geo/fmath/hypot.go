package fmath

import "math"

// Hypot returns the length of the vector (x, y), without overflow or
// underflow on the way. An infinite x or y gives +Inf even beside NaN.
func Hypot(x, y float64) float64 {
	x, y = math.Abs(x), math.Abs(y)
	if y > x {
		x, y = y, x
	}
	switch {
	case math.IsInf(x, 1) || math.IsInf(y, 1):
		return math.Inf(1)
	case x != x || y != y:
		return math.NaN()
	case y == 0:
		return x
	case exponent(x)-exponent(y) > 64:
		return x + y
	}
	back := 1.0
	if x > 0x1p510 {
		x, y, back = float64(x*0x1p-700), float64(y*0x1p-700), 0x1p700
	} else if y < 0x1p-450 {
		x, y, back = float64(x*0x1p700), float64(y*0x1p700), 0x1p-700
	}
	// x*x and y*y as exact sums of two doubles: a plain sum of the rounded
	// squares could be wrong by more than an ulp.
	xh, xl := square(x)
	yh, yl := square(y)
	return float64(back * math.Sqrt(((yl+xl)+yh)+xh))
}

// square is x*x as the exact sum of two doubles (Dekker, 1971).
func square(x float64) (hi, lo float64) {
	const splitter = 0x1p27 + 1
	c := float64(x * splitter)
	h := (x - c) + c
	l := x - h
	hi = float64(x * x)
	lo = ((float64(h*h) - hi) + float64(float64(2*h)*l)) + float64(l*l)
	return hi, lo
}
