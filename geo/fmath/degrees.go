package fmath

import "math"

const (
	radians = math.Pi / 180 // in a degree
	degrees = 180 / math.Pi // in a radian
)

// SincosDegrees returns the sine and cosine of an angle in degrees. Multiples
// of 90 degrees give exact zeros and ones.
func SincosDegrees(deg float64) (sin, cos float64) {
	r := deg
	q := 0.0
	if a := math.Abs(deg); a > 45 {
		if !(a < 360) {
			r = math.Mod(deg, 360) // exact; NaN for infinities
		}
		q = math.RoundToEven(r / 90)
		r -= float64(90 * q) // exact
	}
	x := float64(r * radians)
	s, c := sinKernel(x, 0), cosKernel(x, 0)
	if math.Abs(x) < 0x1p-27 {
		s = x
	}
	if q == 0 {
		return s, c
	}
	s, c = quadrant(int(q), s, c)
	return s + 0, c + 0 // no negative zeros from the turn
}

// Atan2Degrees returns the angle of the point (x, y) in degrees, in
// [-180, 180]. Points on the axes give exact multiples of 90.
func Atan2Degrees(y, x float64) float64 {
	switch {
	case math.Abs(y) > math.Abs(x):
		return math.Copysign(90, y) - float64(Atan(x/math.Abs(y))*math.Copysign(degrees, y))
	case x < 0:
		return math.Copysign(180, y) - float64(Atan(y/-x)*degrees)
	case x == 0 && y == 0:
		return float64(Atan2(y, x) * degrees) // the signs of the zeros decide
	default:
		return float64(Atan2(y, x) * degrees)
	}
}
