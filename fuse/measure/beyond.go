package measure

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
)

// Beyond tells that a bearing surely is more than k standard deviations from a
// belief whose place has the standard deviation spread in its worst direction:
// Distance2 is above k^2, at a small part of its work. The other way round
// nothing is sure.
//
// A point within k spread of the mean is at most d + k spread away, so a bearing
// that is off by k deviations misses it by at most that times the angle.
func (m *Measurement) Beyond(e *kalman.Estimate, spread, k float64) bool {
	if m.Kind != OfBearing || m.After != 0 {
		return false
	}
	dx, dy := e.X[0]-m.X, e.X[1]-m.Y
	sin, cos := fmath.Sincos(m.Bearing)
	d := math.Sqrt(float64(dx*dx) + float64(dy*dy))
	off := d // from the ray, behind its beginning
	if float64(dx*sin)+float64(dy*cos) > 0 {
		off = math.Abs(float64(dx*cos) - float64(dy*sin))
	}
	around := float64(k * spread)
	return off > around+float64((d+around)*float64(k*m.BearingSD))
}
