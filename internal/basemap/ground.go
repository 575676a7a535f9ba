package basemap

import (
	"encoding/json"
	"errors"
	"fmt"

	"atalaya/geo"
)

// ShapeKind is what a shape of the map is.
type ShapeKind string

// The kinds of shapes, in the order in which they are drawn.
const (
	Water   ShapeKind = "water"  // a lake or the sea; its further rings are islands
	River   ShapeKind = "river"  // a line
	Limit   ShapeKind = "border" // a line between two states; it proves nothing
	Village ShapeKind = "town"   // a point
)

// Shape is one thing of the map, to be drawn.
type Shape struct {
	Kind ShapeKind
	Name string
	// Size of a town: its people.
	Size  int
	Rings geo.Polygon // of water; else one line, or one point
	Box   geo.Box
}

// Ground gives what a picture of a place is drawn on: water, rivers, borders
// and towns, in this order.
func Ground() ([]Shape, error) {
	var out []Shape
	for _, from := range []struct {
		file string
		kind ShapeKind
	}{{"titicaca.geojson", Water}, {"water.geojson", Water}, {"rivers.geojson", River}, {"borders.geojson", Limit}, {"towns.geojson", Village}} {
		all, err := features(from.file)
		if err != nil {
			return nil, err
		}
		if from.file == "titicaca.geojson" {
			all = all[:min(1, len(all))] // the islands come again as shapes of their own
		}
		for _, f := range all {
			s, err := f.shape(from.kind)
			if err != nil {
				return nil, fmt.Errorf("base map %s: %w", from.file, err)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func (f *feature) shape(kind ShapeKind) (Shape, error) {
	var p struct {
		Name       string
		Population int
	}
	if err := json.Unmarshal(f.Properties, &p); err != nil {
		return Shape{}, err
	}
	s := Shape{Kind: kind, Name: p.Name, Size: p.Population}
	var err error
	switch f.Geometry.Type {
	case "Polygon":
		var rings [][][2]float64
		err = json.Unmarshal(f.Geometry.Coordinates, &rings)
		for _, r := range rings {
			s.Rings = append(s.Rings, positions(r))
		}
	case "LineString":
		var line [][2]float64
		err = json.Unmarshal(f.Geometry.Coordinates, &line)
		s.Rings = geo.Polygon{positions(line)}
	case "Point":
		var at [2]float64
		err = json.Unmarshal(f.Geometry.Coordinates, &at)
		s.Rings = geo.Polygon{positions([][2]float64{at})}
	default:
		err = fmt.Errorf("%q is drawn as nothing", f.Geometry.Type)
	}
	if err == nil && (len(s.Rings) == 0 || len(s.Rings[0]) == 0) {
		err = errors.New("it has no place")
	}
	if err != nil {
		return s, fmt.Errorf("%s %q: %w", kind, p.Name, err)
	}
	s.Box = geo.BoxOf(s.Rings[0][0])
	for _, at := range s.Rings[0] {
		s.Box = s.Box.Union(geo.BoxOf(at))
	}
	return s, nil
}
