package geo

import "math"

// Legs are geodesics. A query looks at them from its own point: in the
// point's local frame, moved down to the centre of curvature, a leg is the
// cut of the surface with the plane through both its ends and that centre.
// For a leg of longestLeg that plane is less than legError metres away from
// the geodesic; longer legs are taken in equal pieces.
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
		return 2 + 2*c
	}
	return 2 * s / (1 + c)
}

// foot is the point of the leg from a to b that is nearest to the view's
// origin: how far along the chord, 0 to 1.
func foot(a, b Vector) float64 {
	d := sub(b, a)
	n := cross(a, d)
	fromA := float64(n.X*a.Y) - float64(n.Y*a.X) // up component of n x a
	toB := float64(b.X*n.Y) - float64(b.Y*n.X)   // up component of b x n
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

// pieces calls yield with the ends of the pieces of a leg, in order, until
// that returns false. Pieces are equal and no longer than longestLeg.
func pieces(a, b Position, yield func(a, b Position) bool) {
	// Quick: a degree is less than 111.7 km both ways.
	if math.Abs(a.Lat-b.Lat)+math.Abs(lonFrom(a.Lon, b.Lon)) < longestLeg/111.7e3 {
		yield(a, b)
		return
	}
	metres, bearing, _ := Inverse(a, b)
	n := math.Ceil(metres / longestLeg)
	from := a
	for i := 1.0; i < n; i++ {
		to, _ := Direct(a, bearing, metres*(i/n))
		if !yield(from, to) {
			return
		}
		from = to
	}
	yield(from, b)
}

// bulge bounds, in degrees, how far a leg between two latitudes leaves their
// range when its ends lie dlon degrees of longitude apart.
func bulge(dlon float64) float64 {
	d := math.Abs(dlon)
	if d > 30 {
		return 180
	}
	// On a sphere the way between two points of one latitude rises by
	// (sec(dlon/2) - 1) / 2 radians at most; 10 % on top for the next terms
	// and the ellipsoid.
	return float64(float64(d*d)*(1.1*radiansPerDegree/16)) + 1e-9
}
