package projection

import (
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
)

// WebMercatorEdge is how far the square of web maps reaches from its middle,
// metres: half the equator, and as far north and south.
const WebMercatorEdge = math.Pi * equatorialRadius

// What the Mercator projections reach: the width of the earth, with a
// millimetre for rounding at its edge, and twice the web map's square north
// and south (89.8 degrees).
const (
	mercatorEast  = WebMercatorEdge + 0.001
	mercatorNorth = 2 * WebMercatorEdge
)

func inMercator(x, y float64) bool {
	return math.Abs(x) <= mercatorEast && math.Abs(y) <= mercatorNorth
}

// WebMercator is the projection of web maps (EPSG:3857), which takes
// latitudes as if they were on a sphere. Metres, true at the equator only.
type WebMercator struct{}

// Forward implements Projection. Beyond the reach, 89.8 degrees north and
// south, both are NaN.
func (WebMercator) Forward(p geo.Position) (x, y float64) {
	x, y = WebMercatorEdge*(p.Lon/180), equatorialRadius*asinh(tangent(p.Lat))
	if !inMercator(x, y) {
		return math.NaN(), math.NaN()
	}
	return x, y
}

// Inverse implements Projection.
func (WebMercator) Inverse(x, y float64) geo.Position {
	if !inMercator(x, y) {
		return outside()
	}
	return geo.Position{
		Lat: fmath.Atan2Degrees(sinh(y/equatorialRadius), 1),
		Lon: geo.WrapLongitude(180 * (x / WebMercatorEdge)),
	}
}

// EPSG implements Projection.
func (WebMercator) EPSG() int { return 3857 }

// Degrees implements Projection.
func (WebMercator) Degrees() bool { return false }

func (WebMercator) String() string { return "WGS 84 / Pseudo-Mercator" }

// Mercator is Mercator's projection of the ellipsoid (EPSG:3395, World
// Mercator). Metres, true at the equator only.
type Mercator struct{}

// Forward implements Projection. Beyond the reach, 89.8 degrees north and
// south, both are NaN.
func (Mercator) Forward(p geo.Position) (x, y float64) {
	x, y = WebMercatorEdge*(p.Lon/180), equatorialRadius*asinh(conformal(tangent(p.Lat)))
	if !inMercator(x, y) {
		return math.NaN(), math.NaN()
	}
	return x, y
}

// Inverse implements Projection.
func (Mercator) Inverse(x, y float64) geo.Position {
	if !inMercator(x, y) {
		return outside()
	}
	return geo.Position{
		Lat: fmath.Atan2Degrees(geographic(sinh(y/equatorialRadius)), 1),
		Lon: geo.WrapLongitude(180 * (x / WebMercatorEdge)),
	}
}

// EPSG implements Projection.
func (Mercator) EPSG() int { return 3395 }

// Degrees implements Projection.
func (Mercator) Degrees() bool { return false }

func (Mercator) String() string { return "WGS 84 / World Mercator" }
