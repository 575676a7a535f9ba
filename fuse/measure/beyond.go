package measure

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
)

// Beam is a bearing that is to be held against many beliefs.
type Beam struct {
	x, y, sin, cos float64
	sd             float64 // rad; +Inf: it is no bearing, or of another time
}

// Beam gives that of a measurement.
func (m *Measurement) Beam() Beam {
	if m.Kind != OfBearing || m.After != 0 {
		return Beam{sd: math.Inf(1)}
	}
	sin, cos := fmath.Sincos(m.Bearing)
	return Beam{m.X, m.Y, sin, cos, m.BearingSD}
}

// Beyond tells that the bearing surely is more than k standard deviations from a
// belief whose place has the standard deviation spread in its worst direction:
// Distance2 is above k^2, at a small part of its work. The other way round
// nothing is sure.
//
// A point within k spread of the mean is at most d + k spread away, so a bearing
// that is off by k deviations misses it by at most that times the angle.
func (b *Beam) Beyond(e *kalman.Estimate, spread, k float64) bool {
	dx, dy := e.X[0]-b.x, e.X[1]-b.y
	around, wide := float64(k*spread), float64(k*b.sd)
	d2 := float64(dx*dx) + float64(dy*dy)
	off2 := d2 // from the ray, behind its beginning
	if float64(dx*b.sin)+float64(dy*b.cos) > 0 {
		off := float64(dx*b.cos) - float64(dy*b.sin)
		off2 = float64(off * off)
	}
	// off > around + (d + around) wide, as a square, which is at most twice the sum
	// of the squares.
	near := around + float64(around*wide)
	return off2 > float64(2*(float64(near*near)+float64(d2*float64(wide*wide)))) ||
		math.Sqrt(off2) > near+float64(math.Sqrt(d2)*wide)
}
