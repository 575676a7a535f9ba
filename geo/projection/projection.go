// Package projection turns WGS84 positions into the plane coordinates that
// elevation models are stored in, and back: plain degrees, UTM and the
// Mercator of web maps. Like the rest of geo it lies on replayable paths.
package projection

import "atalaya/geo"

// Projection maps positions to plane coordinates. X grows to the east, Y to
// the north.
type Projection interface {
	// Forward gives the coordinates of a position, in Unit.
	Forward(p geo.Position) (x, y float64)
	// Inverse gives the position at coordinates, its longitude in [-180, 180).
	// Coordinates outside the projection give a position that is not Valid.
	Inverse(x, y float64) geo.Position
	// EPSG is the code of the coordinate system, 4326 for degrees.
	EPSG() int
	// Degrees reports whether X and Y are degrees; otherwise they are metres.
	Degrees() bool
	String() string
}

// Geographic is longitude and latitude in degrees (EPSG:4326; X is the
// longitude, as in every elevation file, not as in EPSG's order of axes).
type Geographic struct{}

// Forward implements Projection.
func (Geographic) Forward(p geo.Position) (x, y float64) { return p.Lon, p.Lat }

// Inverse implements Projection.
func (Geographic) Inverse(x, y float64) geo.Position {
	return geo.Position{Lat: y, Lon: geo.WrapLongitude(x)}
}

// EPSG implements Projection.
func (Geographic) EPSG() int { return 4326 }

// Degrees implements Projection.
func (Geographic) Degrees() bool { return true }

func (Geographic) String() string { return "WGS 84" }
