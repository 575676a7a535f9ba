package measure

import (
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
)

// usualHeightSD is the standard deviation of a height that states none, m.
const usualHeightSD = 50

// Contradict reports whether two heights at a place, with their standard
// deviations in metres, cannot be of one thing: both are known, can be compared,
// and are more than k standard deviations apart. A height above ground, or of
// pressure, compares with its own kind only.
func Contradict(a, b geo.Height, aSD, bSD float64, at geo.Position, k float64) bool {
	if !a.Known() || !b.Known() {
		return false
	}
	b, err := b.To(a.Datum, at)
	if err != nil {
		return false
	}
	if !(aSD > 0) {
		aSD = usualHeightSD
	}
	if !(bSD > 0) {
		bSD = usualHeightSD
	}
	return math.Abs(a.Metres-b.Metres) > float64(k*fmath.Hypot(aSD, bSD))
}

// bent is the radius of an earth on which radio waves go straight, m: 4/3 of the
// true one (ITU-R P.310, standard refraction).
const bent = 4.0 / 3 * 6371e3

// Lift gives range over ground and height above the sensor's, with their
// standard deviations, of a slant range and an elevation in radians: the moments
// given the measurement, as Convert has, and for the height the earth's curve.
func Lift(slant, slantSD, elevation, elevationSD float64) (ground, groundSD, rise, riseSD float64) {
	sin, cos := fmath.Sincos(elevation)
	lam := fmath.Exp(-float64(elevationSD*elevationSD) / 2)
	ground, rise = float64(slant*float64(cos*lam)), float64(slant*float64(sin*lam))
	lam4 := float64(float64(lam*lam) * float64(lam*lam))
	s2 := float64(slant*slant) + float64(slantSD*slantSD)
	cos2 := float64(lam4 * (float64(cos*cos) - float64(sin*sin)))
	groundSD = math.Sqrt(max(0, float64(s2*(1+cos2)/2)-float64(ground*ground)))
	riseSD = math.Sqrt(max(0, float64(s2*(1-cos2)/2)-float64(rise*rise)))
	return ground, groundSD, rise + float64(ground*ground)/(2*bent), riseSD
}

// Ground gives the range over ground and its standard deviation of a slant range
// to a thing whose height above the sensor's is known. It is false where the
// thing would be farther below or above than the range is long, by three standard
// deviations. With both heights above sea it holds on the round earth too, but
// for the scale: at 4 km above the sea a range over ground is longer by 0.06 %.
func Ground(slant, slantSD, rise, riseSD float64) (ground, sd float64, ok bool) {
	square := float64(slant*slant) - float64(rise*rise)
	squareSD := float64(2 * fmath.Hypot(float64(slant*slantSD), float64(rise*riseSD)))
	switch {
	case !(square > float64(-3*squareSD)) || !(slant > 0) || math.IsInf(square, 1) || !(squareSD >= 0):
		return 0, 0, false
	case square > float64(3*squareSD):
		ground = math.Sqrt(square)
		return ground, squareSD / float64(2*ground), true
	}
	// Near the point below or above the sensor the root is no straight line: any
	// range up to where the square can be, and as sure as either end allows.
	most := math.Sqrt(square + float64(3*squareSD))
	return most / 2, most / 2, true
}
