package geo

import (
	"iter"
	"math"
)

// Legs are geodesics. A query looks at them from its own point: in the
// point's local frame, counted from the centre of curvature below it, a leg is
// taken as the cut of the surface with the plane through both its ends and
// that centre. A leg of 100 km is at most 1.4 mm away from that cut, one of
// 200 km 11 mm (the error grows with the third power). Longer legs are taken
// in equal pieces of at most longestLeg.
const longestLeg = 100e3 // metres

// view is the local frame of a query point.
type view struct {
	frame  Frame
	radius float64
}

func newView(p Position) view {
	f := NewFrame(p, 0)
	return view{frame: f, radius: gaussianRadius(f.slat)}
}

// point is p from the centre of curvature below the view's origin.
func (w view) point(p Position) Vector {
	v := w.frame.ENU(p, 0)
	v.Z += w.radius
	return v
}

// position is the surface below or above v.
func (w view) position(v Vector) Position {
	v.Z -= w.radius
	p, _ := w.frame.Geodetic(v)
	return p
}

// side is positive where the view's origin lies left of the leg from a to b,
// negative right of it.
func side(a, b Vector) float64 {
	dx, dy := b.X-a.X, b.Y-a.Y
	return float64(a.X*dy) - float64(a.Y*dx)
}

// chord2 grows with the distance of v from the view's origin: the square of
// the chord between both directions, on a sphere of radius one.
func chord2(v Vector) float64 {
	flat := float64(v.X*v.X) + float64(v.Y*v.Y)
	s := flat / (flat + float64(v.Z*v.Z))
	c := math.Sqrt(1 - s)
	if v.Z < 0 {
		return 2 + float64(2*c)
	}
	return 2 * s / (1 + c)
}

// foot is where the leg from a to b is nearest to the view's origin: how far
// along the chord, 0 to 1.
func foot(a, b Vector) float64 {
	d := sub(b, a)
	n := cross(a, d)
	fromA := float64(n.X*a.Y) - float64(n.Y*a.X) // up part of n x a
	toB := float64(b.X*n.Y) - float64(b.Y*n.X)   // up part of b x n
	switch {
	case fromA > 0 && toB > 0:
		return fromA / (fromA + toB)
	case chord2(a) <= chord2(b):
		return 0
	default:
		return 1
	}
}

func sub(a, b Vector) Vector { return Vector{a.X - b.X, a.Y - b.Y, a.Z - b.Z} }

func dot(a, b Vector) float64 {
	return float64(a.X*b.X) + float64(a.Y*b.Y) + float64(a.Z*b.Z)
}

func cross(a, b Vector) Vector {
	return Vector{
		X: float64(a.Y*b.Z) - float64(a.Z*b.Y),
		Y: float64(a.Z*b.X) - float64(a.X*b.Z),
		Z: float64(a.X*b.Y) - float64(a.Y*b.X),
	}
}

// along is the point of the chord from a to b at t within [0, 1].
func along(a, b Vector, t float64) Vector {
	if t == 0 {
		return a
	}
	if t == 1 {
		return b
	}
	return Vector{
		a.X + float64(t*(b.X-a.X)),
		a.Y + float64(t*(b.Y-a.Y)),
		a.Z + float64(t*(b.Z-a.Z)),
	}
}

// short reports at a glance that a leg is one piece: a degree is less than
// 111.7 km both ways.
func short(a, b Position) bool {
	return math.Abs(a.Lat-b.Lat)+math.Abs(lonFrom(a.Lon, b.Lon)) < longestLeg/111.7e3
}

// pieces are the ends of the pieces of the leg from a to b, in order.
func pieces(a, b Position) iter.Seq2[Position, Position] {
	return func(yield func(a, b Position) bool) {
		if short(a, b) {
			yield(a, b)
			return
		}
		metres, bearing, _ := Inverse(a, b)
		n := math.Ceil(metres / longestLeg)
		from := a
		for i := 1.0; i < n; i++ {
			to, _ := Direct(a, bearing, float64(metres*(i/n)))
			if !yield(from, to) {
				return
			}
			from = to
		}
		yield(from, b)
	}
}

// lastPiece gives where the last of the pieces of the leg from a to b begins.
func lastPiece(a, b Position) Position {
	if short(a, b) {
		return a
	}
	metres, bearing, _ := Inverse(a, b)
	n := math.Ceil(metres / longestLeg)
	if n <= 1 {
		return a
	}
	from, _ := Direct(a, bearing, float64(metres*((n-1)/n)))
	return from
}

// samePlace reports whether a and b are one position, also where one says 180
// and the other -180.
func samePlace(a, b Position) bool {
	return a.Lat == b.Lat && lonFrom(a.Lon, b.Lon) == 0
}
