// Package geofile reads and writes files of other programs: areas as GeoJSON
// (RFC 7946) and KML (OGC 07-147r2, version 2.2), and where tracks were as
// GeoJSON, KML, GPX 1.1 and CSV.
//
//	                  read                          written
//	Point             GeoJSON, KML                  GeoJSON, KML, GPX (trkpt), CSV
//	LineString        GeoJSON, KML (LinearRing too) GeoJSON, KML
//	Polygon, holes    GeoJSON, KML                  GeoJSON, KML
//	Multi-, Geometry- each part a feature           KML lines over the antimeridian
//	properties        GeoJSON properties,           the same
//	                  KML ExtendedData
//	heights           passed over                   of tracks
//	times             KML TimeSpan, TimeStamp       of tracks; validity of areas
//
// What is in a file of ours comes back without loss, but for the direction of
// rings: outer rings are written counter-clockwise, holes clockwise (RFC 7946,
// section 3.1.6).
//
// Readers take untrusted files. They allocate in proportion to the file, which
// is bounded, expand no entities, follow no links, and tell what is wrong with
// which feature.
package geofile

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"atalaya/codec"
	"atalaya/geo"
)

// Bounds of a file that is read.
const (
	MaxBytes    = 8 << 20
	MaxFeatures = 5000
	maxDepth    = 64 // of elements inside each other
)

// Feature is one shape of a file, and what the file says of it. Exactly one of
// Point, Line and Polygon has content, unless Bad tells why not.
type Feature struct {
	Number  int // in the file, from 1; the parts of one shape have the same
	Part    int // of a shape of several parts, from 1; 0: it is whole
	ID      string
	Name    string
	Point   *geo.Position
	Line    geo.Line
	Polygon geo.Polygon
	// Polygons, where not nil, are written as one shape of several parts; files
	// that are read give each part as a feature of its own.
	Polygons []geo.Polygon
	// Properties are strings, float64s and bools, or what JSON has inside each
	// other: []any and map[string]any. Null is left out.
	Properties map[string]any
	Bad        error // what is wrong with it
}

// readAll reads a bounded file.
func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	if len(b) > MaxBytes {
		return nil, codec.NewBad(codec.Overlong, nil, "the file has more than %d MiB: export fewer areas into one, or simplify them", MaxBytes>>20)
	}
	return b, nil
}

func tooMany(n int) error {
	if n <= MaxFeatures {
		return nil
	}
	return codec.NewBad(codec.Overlong, nil, "the file has more than %d shapes: split it", MaxFeatures)
}

// position checks one position; a third number, its height, is passed over.
func position(c []float64) (geo.Position, error) {
	if len(c) < 2 {
		return geo.Position{}, fmt.Errorf("a position of %d numbers: write longitude, latitude", len(c))
	}
	p := geo.Position{Lat: c[1], Lon: c[0]}
	if !p.Valid() {
		return p, fmt.Errorf("%v, %v is not on earth: write longitude (-180 to 180), latitude (-90 to 90) in degrees (EPSG:4326)", c[0], c[1])
	}
	return p, nil
}

func positions(cs [][]float64) ([]geo.Position, error) {
	out := make([]geo.Position, len(cs))
	for i, c := range cs {
		p, err := position(c)
		if err != nil {
			return nil, fmt.Errorf("position %d: %w", i+1, err)
		}
		out[i] = p
	}
	return out, nil
}

// ring takes a ring as files write it: the first position comes again at the
// end. A position that comes twice in a row counts once.
func ring(ps []geo.Position) geo.Ring {
	ps = slices.Compact(ps)
	if n := len(ps); n > 1 && ps[0] == ps[n-1] {
		ps = ps[:n-1]
	}
	return ps
}

var errNoShape = errors.New("it has no shape: a point, a line or a polygon is needed")

// closed gives a ring as files write it, counter-clockwise or clockwise.
func closed(r geo.Ring, clockwise bool) []geo.Position {
	r = oriented(r, clockwise)
	out := make([]geo.Position, 0, len(r)+1)
	return append(append(out, r...), r[0])
}

// oriented turns a ring round, where need be; its first position stays the
// first.
func oriented(r geo.Ring, clockwise bool) geo.Ring {
	var twice float64 // of the signed area in square degrees
	for i := range r {
		a, b := r[i], r[(i+1)%len(r)]
		east := geo.WrapLongitude(b.Lon - a.Lon)
		twice -= float64(east * (a.Lat + b.Lat - float64(2*r[0].Lat)))
	}
	if twice == 0 || (twice < 0) == clockwise {
		return r
	}
	out := make(geo.Ring, 0, len(r))
	out = append(out, r[0])
	for i := len(r) - 1; i > 0; i-- {
		out = append(out, r[i])
	}
	return out
}

// Oriented gives a polygon with its rings as they are written, for comparing.
func Oriented(p geo.Polygon) geo.Polygon {
	if p == nil {
		return nil
	}
	out := make(geo.Polygon, len(p))
	for i, r := range p {
		out[i] = oriented(r, i > 0)
	}
	return out
}
