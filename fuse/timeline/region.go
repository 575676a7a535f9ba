package timeline

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
)

// Region is where a look reached.
type Region interface {
	Holds(x, y float64) bool
}

// Nowhere is the region of a look of which it is not known where it reached: it
// misses nothing.
type Nowhere struct{}

// Holds is Region's.
func (Nowhere) Holds(float64, float64) bool { return false }

// sigma is how many standard deviations off the mean the unscented points lie.
const sigma = 1.7320508075688772 // the root of 3

// share is how much of a belief lies in a region, by the points of the unscented
// transform (kappa 1): the mean, and two each way along the columns of the
// covariance's root.
func share(r Region, e *kalman.Estimate) float64 {
	if r == nil {
		return 1
	}
	const middle, side = 1.0 / 3, 1.0 / 6
	x, y := e.X[0], e.X[1]
	a := math.Sqrt(max(e.P[0][0], 0))
	b := 0.0
	if a > 0 {
		b = e.P[1][0] / a
	}
	c := math.Sqrt(max(e.P[1][1]-float64(b*b), 0))
	a, b, c = float64(sigma*a), float64(sigma*b), float64(sigma*c)
	sum := 0.0
	if r.Holds(x, y) {
		sum += middle
	}
	for _, p := range [4][2]float64{{x + a, y + b}, {x - a, y - b}, {x, y + c}, {x, y - c}} {
		if r.Holds(p[0], p[1]) {
			sum += side
		}
	}
	return min(sum, 1)
}

// Sector is a part of a circle round a sensor.
type Sector struct {
	X, Y        float64 // the sensor
	From, Width float64 // degrees from north, clockwise; 360 is all round
	Reach       float64 // m
}

// Holds is Region's.
func (s Sector) Holds(x, y float64) bool {
	dx, dy := x-s.X, y-s.Y
	if float64(dx*dx)+float64(dy*dy) > float64(s.Reach*s.Reach) {
		return false
	}
	if s.Width >= 360 {
		return true
	}
	off := math.Mod(fmath.Atan2Degrees(dx, dy)-s.From, 360)
	if off < 0 {
		off += 360
	}
	return off <= s.Width
}

// Polygon is a simple polygon, its corners in either direction.
type Polygon [][2]float64

// Holds is Region's.
func (p Polygon) Holds(x, y float64) bool {
	inside := false
	for i := range p {
		a, b := p[i], p[(i+1)%len(p)]
		if (a[1] > y) != (b[1] > y) && x < a[0]+float64((y-a[1])/(b[1]-a[1])*(b[0]-a[0])) {
			inside = !inside
		}
	}
	return inside
}
