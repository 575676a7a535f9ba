package measure

import (
	"errors"
	"math"

	"atalaya/obs"
)

// within95 is the radius that holds 95 of 100 of a round normal error, in
// standard deviations.
const within95 = 2.4477

// leastRadius of what a person tells, m: nobody is better.
const leastRadius = 10

// Told is a place as a person tells it, within a radius of (x, y) in metres:
// that holds it 95 times in 100, as for the reports at the desk.
func Told(x, y, radius float64) Measurement {
	return Place(x, y, obs.Round(max(radius, leastRadius)/within95))
}

// Point is a corner of a footprint, m.
type Point struct{ X, Y float64 }

// MostCorners that a footprint may have.
const MostCorners = 500

// What makes corners no footprint.
var (
	ErrCorners = errors.New("a footprint has from 3 to 500 corners")
	ErrCorner  = errors.New("a corner of the footprint is no place: not a number, or farther than 10,000 km")
	ErrArea    = errors.New("the footprint has no area")
	ErrSides   = errors.New("sides of the footprint cross or touch")
)

// Footprint is a place somewhere in a polygon, each part of it as likely as any
// other: a camera's sighting on the ground. It has the moments of the polygon. The
// corners go round either way; the last may repeat the first.
func Footprint(corners []Point) (Measurement, error) {
	if n := len(corners); n > 1 && corners[0] == corners[n-1] {
		corners = corners[:n-1]
	}
	if len(corners) < 3 || len(corners) > MostCorners {
		return Measurement{}, ErrCorners
	}
	for _, c := range corners {
		if !(math.Abs(c.X) < 1e7 && math.Abs(c.Y) < 1e7) {
			return Measurement{}, ErrCorner
		}
	}
	if touch(corners) {
		return Measurement{}, ErrSides
	}
	// Sums over the triangles from the first corner, which keeps numbers small.
	o := corners[0]
	var area, x, y, xx, xy, yy, size float64
	for i := 1; i+1 < len(corners); i++ {
		a, b := corners[i], corners[i+1]
		ax, ay, bx, by := a.X-o.X, a.Y-o.Y, b.X-o.X, b.Y-o.Y
		w := float64(ax*by) - float64(bx*ay) // twice the area
		area += w
		x += float64(w * (ax + bx))
		y += float64(w * (ay + by))
		xx += float64(w * (float64(ax*ax) + float64(ax*bx) + float64(bx*bx)))
		yy += float64(w * (float64(ay*ay) + float64(ay*by) + float64(by*by)))
		xy += float64(w * (float64(ax*ay) + float64((float64(ax*by)+float64(bx*ay))/2) + float64(bx*by)))
		size = max(size, float64(ax*ax)+float64(ay*ay), float64(bx*bx)+float64(by*by))
	}
	if !(math.Abs(area) > float64(1e-6*size)) {
		return Measurement{}, ErrArea
	}
	x, y = x/float64(3*area), y/float64(3*area)
	six := float64(6 * area)
	cov := obs.Cov2{EE: xx/six - float64(x*x), EN: xy/six - float64(x*y), NN: yy/six - float64(y*y)}
	m := Place(o.X+x, o.Y+y, cov)
	if !m.Sound() {
		return Measurement{}, ErrArea
	}
	return m, nil
}

// touch reports whether two sides that are not neighbours have a point in common.
func touch(c []Point) bool {
	n := len(c)
	for i := range n {
		a, b := c[i], c[(i+1)%n]
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 {
				continue
			}
			p, q := c[j], c[(j+1)%n]
			if max(a.X, b.X) < min(p.X, q.X) || max(p.X, q.X) < min(a.X, b.X) ||
				max(a.Y, b.Y) < min(p.Y, q.Y) || max(p.Y, q.Y) < min(a.Y, b.Y) {
				continue
			}
			if turn(a, b, p)*turn(a, b, q) <= 0 && turn(p, q, a)*turn(p, q, b) <= 0 {
				return true
			}
		}
	}
	return false
}

// turn tells on which side of the line from a to b lies p: 1 left, -1 right.
func turn(a, b, p Point) int {
	v := float64((b.X-a.X)*(p.Y-a.Y)) - float64((b.Y-a.Y)*(p.X-a.X))
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}
