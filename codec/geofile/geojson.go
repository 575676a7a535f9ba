package geofile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"atalaya/codec"
	"atalaya/geo"
)

// object is any GeoJSON object.
type object struct {
	Type        string            `json:"type"`
	ID          json.RawMessage   `json:"id"`
	CRS         json.RawMessage   `json:"crs"`
	Features    []json.RawMessage `json:"features"`
	Geometry    json.RawMessage   `json:"geometry"`
	Geometries  []json.RawMessage `json:"geometries"`
	Coordinates json.RawMessage   `json:"coordinates"`
	Properties  map[string]any    `json:"properties"`
}

// ReadGeoJSON reads a FeatureCollection, a Feature or a bare geometry. Its
// error is about the whole file.
func ReadGeoJSON(r io.Reader) ([]Feature, error) {
	b, err := readAll(r)
	if err != nil {
		return nil, err
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	var top object
	if err := json.Unmarshal(b, &top); err != nil {
		return nil, codec.NewBad(codec.Malformed, b, "it is no GeoJSON: %v", err)
	}
	if err := checkCRS(top.CRS); err != nil {
		return nil, err
	}
	switch top.Type {
	case "FeatureCollection":
		if err := tooMany(len(top.Features)); err != nil {
			return nil, err
		}
		var out []Feature
		for i, raw := range top.Features {
			out = append(out, readFeature(i+1, raw)...)
			if err := tooMany(len(out)); err != nil {
				return nil, err
			}
		}
		return out, nil
	case "Feature":
		return bounded(readFeature(1, b))
	case "":
		return nil, codec.NewBad(codec.Malformed, b, "it is no GeoJSON: a type such as FeatureCollection is missing")
	}
	return bounded(withGeometry(Feature{Number: 1}, b))
}

func bounded(features []Feature) ([]Feature, error) {
	if err := tooMany(len(features)); err != nil {
		return nil, err
	}
	return features, nil
}

// checkCRS refuses files of before RFC 7946 that are in other coordinates than
// WGS84.
func checkCRS(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	for _, ok := range []string{"CRS84", "4326", "WGS84"} {
		if bytes.Contains(raw, []byte(ok)) {
			return nil
		}
	}
	return codec.NewBad(codec.Unsupported, raw, "the file is in other coordinates than WGS84: save it in EPSG:4326")
}

func readFeature(number int, raw json.RawMessage) []Feature {
	f := Feature{Number: number}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		f.Bad = fmt.Errorf("it is no GeoJSON feature: %w", err)
		return []Feature{f}
	}
	if o.Type != "Feature" {
		f.Bad = fmt.Errorf("it is a %q and no Feature", o.Type)
		return []Feature{f}
	}
	f.Properties = o.Properties
	for k, v := range f.Properties {
		if v == nil {
			delete(f.Properties, k)
		}
	}
	f.ID = strings.Trim(string(o.ID), `"`)
	var id string
	if json.Unmarshal(o.ID, &id) == nil {
		f.ID = id
	}
	if f.ID == "null" {
		f.ID = ""
	}
	return withGeometry(f, o.Geometry)
}

// withGeometry gives the feature with its geometry, in as many parts as that
// has.
func withGeometry(f Feature, raw json.RawMessage) []Feature {
	parts, err := geometry(raw, 0)
	if err == nil && len(parts) == 0 {
		err = errNoShape
	}
	if err != nil {
		f.Bad = err
		return []Feature{f}
	}
	return split(f, parts)
}

// split gives a feature for each part.
func split(f Feature, parts []Feature) []Feature {
	for i := range parts {
		p := &parts[i]
		p.Number, p.ID, p.Name, p.Properties = f.Number, f.ID, f.Name, f.Properties
		if len(parts) > 1 {
			p.Part = i + 1
		}
	}
	return parts
}

// geometry reads a geometry into features that have nothing else.
func geometry(raw json.RawMessage, depth int) ([]Feature, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, fmt.Errorf("its geometry is no GeoJSON: %w", err)
	}
	switch o.Type {
	case "Point":
		return read(o.Coordinates, point)
	case "LineString":
		return read(o.Coordinates, line)
	case "Polygon":
		return read(o.Coordinates, polygon)
	case "MultiPoint":
		return readMany(o.Coordinates, point)
	case "MultiLineString":
		return readMany(o.Coordinates, line)
	case "MultiPolygon":
		return readMany(o.Coordinates, polygon)
	case "GeometryCollection":
		if depth >= maxDepth {
			return nil, fmt.Errorf("its geometry has more than %d collections inside each other", maxDepth)
		}
		var out []Feature
		for _, g := range o.Geometries {
			parts, err := geometry(g, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, parts...)
		}
		return out, nil
	}
	return nil, fmt.Errorf("its geometry is a %q: Point, LineString, Polygon and those of several parts are read", o.Type)
}

func read[T any](raw json.RawMessage, shape func(T) (Feature, error)) ([]Feature, error) {
	var c T
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("its coordinates: %w", err)
	}
	f, err := shape(c)
	if err != nil {
		return nil, err
	}
	return []Feature{f}, nil
}

func readMany[T any](raw json.RawMessage, shape func(T) (Feature, error)) ([]Feature, error) {
	var cs []T
	if err := json.Unmarshal(raw, &cs); err != nil {
		return nil, fmt.Errorf("its coordinates: %w", err)
	}
	out := make([]Feature, len(cs))
	for i, c := range cs {
		f, err := shape(c)
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		out[i] = f
	}
	return out, nil
}

func point(c []float64) (Feature, error) {
	p, err := position(c)
	return Feature{Point: &p}, err
}

func line(cs [][]float64) (Feature, error) {
	ps, err := positions(cs)
	if ps = slices.Compact(ps); err == nil && len(ps) < 2 {
		err = fmt.Errorf("a line of %d positions: at least two are needed", len(ps))
	}
	return Feature{Line: ps}, err
}

func polygon(rings [][][]float64) (Feature, error) {
	if len(rings) == 0 {
		return Feature{}, errNoShape
	}
	out := make(geo.Polygon, len(rings))
	for i, cs := range rings {
		ps, err := positions(cs)
		if err != nil {
			return Feature{}, fmt.Errorf("ring %d: %w", i+1, err)
		}
		if out[i] = ring(ps); len(out[i]) < 3 {
			return Feature{}, fmt.Errorf("ring %d has %d corners: at least three are needed", i+1, len(out[i]))
		}
	}
	return Feature{Polygon: out}, nil
}

// WriteGeoJSON writes a FeatureCollection.
func WriteGeoJSON(w io.Writer, features []Feature) error {
	out := bufio.NewWriter(w)
	put := func(s string) { _, _ = out.WriteString(s) } // Flush tells
	put(`{"type":"FeatureCollection","features":[`)
	for i, f := range features {
		if i > 0 {
			put(",")
		}
		b, err := featureJSON(f)
		if err != nil {
			return fmt.Errorf("write feature %d: %w", i+1, err)
		}
		put("\n")
		put(string(b))
	}
	put("\n]}\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write GeoJSON: %w", err)
	}
	return nil
}

func featureJSON(f Feature) ([]byte, error) {
	props := f.Properties
	if f.Name != "" {
		props = map[string]any{"name": f.Name}
		maps.Copy(props, f.Properties)
	}
	type geom struct {
		Type        string `json:"type"`
		Coordinates any    `json:"coordinates"`
	}
	out := struct {
		Type       string         `json:"type"`
		ID         string         `json:"id,omitempty"`
		Geometry   *geom          `json:"geometry"`
		Properties map[string]any `json:"properties"`
	}{Type: "Feature", ID: f.ID, Properties: props}
	switch {
	case f.Polygons != nil:
		all := make([][][][2]float64, len(f.Polygons))
		for i, p := range f.Polygons {
			all[i] = rings(p)
		}
		out.Geometry = &geom{"MultiPolygon", all}
	case len(f.Polygon) > 0:
		out.Geometry = &geom{"Polygon", rings(f.Polygon)}
	case len(f.Line) > 0:
		out.Geometry = &geom{"LineString", pairs(f.Line)}
	case f.Point != nil:
		out.Geometry = &geom{"Point", [2]float64{f.Point.Lon, f.Point.Lat}}
	}
	return json.Marshal(out)
}

func rings(p geo.Polygon) [][][2]float64 {
	out := make([][][2]float64, len(p))
	for i, r := range p {
		out[i] = pairs(closed(r, i > 0))
	}
	return out
}

func pairs[S ~[]geo.Position](ps S) [][2]float64 {
	out := make([][2]float64, len(ps))
	for i, p := range ps {
		out[i] = [2]float64{p.Lon, p.Lat}
	}
	return out
}

// number writes the shortest decimal that reads back as the same number.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// MarshalJSON writes a feature as GeoJSON.
func (f Feature) MarshalJSON() ([]byte, error) { return featureJSON(f) }
