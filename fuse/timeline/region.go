package timeline

import (
	"math"

	"atalaya/geo/fmath"
)

// Region tells of a place with a standard deviation in metres whether it surely
// lies inside.
type Region interface {
	Surely(x, y, sd float64) bool
}

// Sector is a part of a circle round a sensor.
type Sector struct {
	X, Y        float64 // the sensor
	From, Width float64 // degrees from north, clockwise; 360 is all round
	Reach       float64 // m
}

// Surely is Region's.
func (s Sector) Surely(x, y, sd float64) bool {
	dx, dy := x-s.X, y-s.Y
	d := math.Sqrt(float64(dx*dx) + float64(dy*dy))
	if !(d+sd <= s.Reach) {
		return false
	}
	if s.Width >= 360 {
		return true
	}
	if d <= sd {
		return false
	}
	margin := float64(sd / d * (180 / math.Pi))
	off := math.Mod(fmath.Atan2Degrees(dx, dy)-s.From, 360)
	if off < 0 {
		off += 360
	}
	return off >= margin && off <= s.Width-margin
}

// Polygon is a simple polygon, its corners in either direction.
type Polygon [][2]float64

// Surely is Region's.
func (p Polygon) Surely(x, y, sd float64) bool {
	inside := false
	for i := range p {
		a, b := p[i], p[(i+1)%len(p)]
		if (a[1] > y) != (b[1] > y) && x < a[0]+float64((y-a[1])/(b[1]-a[1])*(b[0]-a[0])) {
			inside = !inside
		}
		if near(a, b, x, y) < sd {
			return false
		}
	}
	return inside
}

// near is the distance of a point from a line between two others.
func near(a, b [2]float64, x, y float64) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	px, py := x-a[0], y-a[1]
	if l2 := float64(dx*dx) + float64(dy*dy); l2 > 0 {
		k := min(max((float64(px*dx)+float64(py*dy))/l2, 0), 1)
		px -= float64(k * dx)
		py -= float64(k * dy)
	}
	return math.Sqrt(float64(px*px) + float64(py*py))
}
