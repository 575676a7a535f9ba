// Package geo holds positions, heights, local frames, geodesics and shapes on
// the WGS84 ellipsoid.
//
// What to use for what:
//
//   - Inverse, Direct, Distance, Bearing: exact geodesics, about 0.5 us each.
//   - Plane: flat metres round an origin, for filters and gates; 30 ns.
//   - Frame and ECEF: straight lines in space, with heights.
//   - Line, Ring, Polygon: which side, how far, inside, crossing, area. Index
//     prepares those with many legs that are asked often.
//   - Box: a quick first look.
//   - Height.To, Undulation: heights from one datum to another.
//
// Units: degrees for latitude, longitude and bearings (clockwise from true
// north), metres for lengths and heights. Every function here lies on
// replayable paths, so trigonometry comes from geo/fmath and products that
// are added are written float64(x*y) + z: the same inputs give the same bits
// on every processor.
package geo

import (
	"fmt"
	"math"
)

// Position is a WGS84 geodetic position in degrees: Lat in [-90, 90] (north
// positive), Lon in [-180, 180) (east positive).
type Position struct {
	Lat float64 `json:"lat" doc:"degrees, north positive"`
	Lon float64 `json:"lon" doc:"degrees, east positive"`
}

// Valid reports whether p is finite and inside the ranges of latitude and
// longitude; a longitude of exactly 180 is accepted.
func (p Position) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// Normalize wraps the longitude into [-180, 180).
func (p Position) Normalize() Position {
	return Position{Lat: p.Lat, Lon: WrapLongitude(p.Lon)}
}

// String gives decimal degrees with seven places (about 1 cm).
func (p Position) String() string {
	return fmt.Sprintf("%.7f,%.7f", p.Lat, p.Lon)
}

// WrapLongitude brings a longitude or a difference of longitudes, in degrees,
// into [-180, 180).
func WrapLongitude(deg float64) float64 {
	if deg >= -180 && deg < 180 {
		return deg
	}
	return turnBack(deg)
}

func turnBack(deg float64) float64 {
	if !(math.Abs(deg) < 360) {
		deg = math.Mod(deg, 360) // exact, like the turns below
	}
	switch {
	case deg >= 180:
		return deg - 360
	case deg < -180:
		return deg + 360
	default:
		return deg
	}
}

// WrapBearing brings a bearing in degrees into [0, 360).
func WrapBearing(deg float64) float64 {
	w := math.Mod(deg, 360)
	if w < 0 {
		w += 360
	}
	if w >= 360 { // -1e-20 + 360 rounds to 360
		return 0
	}
	return w
}
