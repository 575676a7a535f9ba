package coverage

import (
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
)

// Shape tells how far a place is from a shape's border in metres, negative
// inside. It may tell less than
// that, but never more.
type Shape func(geo.Position) float64

// Inside is the shape of polygons together.
func Inside(polygons ...geo.Polygon) Shape {
	indexed := make([]geo.IndexedPolygon, len(polygons))
	for i, p := range polygons {
		indexed[i] = p.Index()
	}
	return func(p geo.Position) float64 {
		least := math.Inf(1)
		for i := range indexed {
			least = min(least, indexed[i].Distance(p))
		}
		return least
	}
}

// Strip is the shape of all places within so many metres of a line.
func Strip(line geo.Line, metres float64) Shape {
	indexed := line.Index()
	return func(p geo.Position) float64 {
		_, d, _ := indexed.Nearest(p)
		return math.Abs(d) - metres
	}
}

// Within is the shape of a box of latitudes and longitudes.
func Within(b geo.Box) Shape {
	width := b.East - b.West
	if width < 0 {
		width += 360
	}
	// Not quite what a degree and the radius are anywhere.
	const degree, radius = 110.5e3, 6.35e6
	return func(p geo.Position) float64 {
		north := max(b.South-p.Lat, p.Lat-b.North) * degree
		// A meridian that is so many degrees away.
		_, cos := fmath.SincosDegrees(p.Lat)
		away := func(degrees float64) float64 {
			sin, _ := fmath.SincosDegrees(min(degrees, 90))
			return radius * cos * sin
		}
		east := p.Lon - b.West // degrees from the western edge, eastward
		for ; east < 0; east += 360 {
		}
		if east <= width {
			if width >= 360 {
				return north
			}
			return max(north, -away(min(east, width-east)))
		}
		return max(north, away(min(east-width, 360-east)))
	}
}
