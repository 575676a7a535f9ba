package geo

import (
	"math"

	"atalaya/geo/fmath"
)

// Box is a range of latitudes and longitudes in degrees, borders included. It
// runs eastwards from West to East: across the antimeridian East is less than
// West. West -180 with East 180 is the whole circle.
type Box struct {
	South, West, North, East float64
}

// shortestDegree of latitude, in metres, is that at the equator (110,574 m),
// rounded down. A degree of longitude is at most 111,320 m.
const shortestDegree = 110.57e3

// BoxOf is the box of one position.
func BoxOf(p Position) Box {
	return Box{South: p.Lat, West: p.Lon, North: p.Lat, East: p.Lon}
}

// Contains reports whether p lies in the box.
func (b Box) Contains(p Position) bool {
	return p.Lat >= b.South && p.Lat <= b.North && b.hasMeridian(p.Lon)
}

// Intersects reports whether the boxes have a position in common.
func (b Box) Intersects(o Box) bool {
	return b.South <= o.North && o.South <= b.North && (b.hasMeridian(o.West) || o.hasMeridian(b.West))
}

// Union is a box that holds both, the narrower of the two ways round.
func (b Box) Union(o Box) Box {
	u := Box{South: min(b.South, o.South), North: max(b.North, o.North)}
	toO, toB := eastward(b.West, o.West), eastward(o.West, b.West)
	fromB, fromO := max(b.width(), toO+o.width()), max(o.width(), toB+b.width())
	switch {
	case min(fromB, fromO) >= 360:
		u.West, u.East = -180, 180
	case fromB <= fromO:
		u.West, u.East = b.West, b.East
		if toO+o.width() > b.width() {
			u.East = o.East
		}
	default:
		u.West, u.East = o.West, o.East
		if toB+b.width() > o.width() {
			u.East = b.East
		}
	}
	return u
}

// Grow is a box that holds every position at most metres away from b.
func (b Box) Grow(metres float64) Box {
	if !(metres > 0) {
		return b
	}
	r := metres / shortestDegree
	g := Box{South: b.South - r, West: -180, North: b.North + r, East: 180}
	if g.South <= -90 || g.North >= 90 { // a pole is in reach, and so every longitude
		g.South, g.North = max(-90, g.South), min(90, g.North)
		return g
	}
	// On a sphere a circle of radius r round the latitude lat reaches
	// asin(sin r / cos lat) of longitude to either side.
	_, c := fmath.SincosDegrees(max(math.Abs(b.South), math.Abs(b.North)))
	x := float64(r*radiansPerDegree) / c
	d := float64(float64(degreesPerRadian*x) * (1 + float64(0.571*float64(x*x)))) // >= asin x
	if x < 1 && b.width()+float64(2*d) < 360 {
		g.West, g.East = WrapLongitude(b.West-d), WrapLongitude(b.East+d)
	}
	return g
}

// width is the box's degrees of longitude.
func (b Box) width() float64 {
	if b.West == -180 && b.East == 180 {
		return 360
	}
	return eastward(b.West, b.East)
}

func (b Box) hasMeridian(lon float64) bool {
	return eastward(b.West, lon) <= b.width()
}

// eastward is how many degrees one turns east from one longitude to another,
// within [0, 360).
func eastward(from, to float64) float64 {
	switch d := to - from; {
	case d < 0:
		return d + 360
	case d >= 360:
		return d - 360
	default:
		return d
	}
}

// slack, in degrees (0.1 mm), lets boxes of legs hold what rounding moves.
const slack = 1e-9

// legBox holds the leg from a to b, the shorter way.
func legBox(a, b Position) Box {
	d := lonFrom(a.Lon, b.Lon)
	grow := bulge(d)
	box := Box{
		South: max(-90, min(a.Lat, b.Lat)-grow), West: a.Lon,
		North: min(90, max(a.Lat, b.Lat)+grow), East: b.Lon,
	}
	if d < 0 {
		box.West, box.East = b.Lon, a.Lon
	}
	box.West, box.East = WrapLongitude(box.West-slack), WrapLongitude(box.East+slack)
	if d == -180 { // over a pole
		box.West, box.East = -180, 180
	}
	return box
}

// bulge bounds, in degrees, how far a leg between two latitudes leaves their
// range when its ends lie dlon degrees of longitude apart.
func bulge(dlon float64) float64 {
	d := math.Abs(dlon)
	if d > 30 {
		return 180
	}
	// On a sphere the way between two points of one latitude rises by
	// (sec(dlon/2) - 1) / 2 radians at most, dlon^2/16 and a little; 10 % more
	// holds the rest and the ellipsoid.
	return float64(float64(d*d)*(1.1*radiansPerDegree/16)) + slack
}

// atLeast is a lower bound of the distance in metres from p, the view's
// origin, to the box: that of the straight way.
func (b Box) atLeast(p Position, w view) float64 {
	// Along the meridian; a chord is at least 1 - x^2/24 of its arc x, and no
	// meridian is bent more than at the equator.
	m := max(0, b.South-p.Lat, p.Lat-b.North) * shortestDegree
	x := m / 6335e3
	m = float64(m * (1 - float64(x*x)/24))
	if b.hasMeridian(p.Lon) {
		return m
	}
	// Two points r and s from the axis, m apart if turned to one meridian, are
	// sqrt(m^2 + 2 r s (1 - cos g)) apart when g between their meridians.
	g := float64(min(eastward(p.Lon, b.West), eastward(b.East, p.Lon)) * radiansPerDegree)
	g2 := float64(g * g)
	turn := 2.0 // at least 2 (1 - cos g)
	if g < 2 {
		turn = float64(g2 * (1 - g2/12))
	}
	edge := max(math.Abs(b.South), math.Abs(b.North), math.Abs(p.Lat))
	return math.Sqrt(float64(m*m) + float64(float64(w.frame.r*leastRadius(edge))*turn))
}

// leastRadius is a little less than the distance in metres from the axis at
// a latitude of 0 to 90 degrees, and 0 beyond. Bhaskara's cosine is wrong by
// 0.0017 at most.
func leastRadius(lat float64) float64 {
	x2 := float64(lat * lat)
	return float64(equatorialRadius * max(0, (32400-float64(4*x2))/(32400+x2)-0.0017))
}
