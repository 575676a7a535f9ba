package geofile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"atalaya/codec"
	"atalaya/geo"
)

// kmlReader walks through a KML file, element by element. Only what is asked
// for is kept.
type kmlReader struct {
	xml      *xml.Decoder
	depth    int
	features []Feature
	number   int // placemarks so far
}

// ReadKML reads the placemarks of a KML file, in the order of the file. Its
// error is about the whole file.
func ReadKML(r io.Reader) ([]Feature, error) {
	b, err := readAll(r)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(b, []byte("PK")) {
		return nil, codec.NewBad(codec.Unsupported, nil, "the file is packed (KMZ): unpack it and import the KML inside")
	}
	k := &kmlReader{xml: xml.NewDecoder(bytes.NewReader(b))}
	k.xml.CharsetReader = charset
	start, err := k.root()
	if err == nil {
		if start.Name.Local != "kml" {
			return nil, codec.NewBad(codec.Malformed, b, "it is no KML: it begins with <%.50s>", start.Name.Local)
		}
		err = k.container()
	}
	var bad *codec.Bad
	switch {
	case errors.As(err, &bad):
		return nil, err
	case errors.Is(err, io.EOF):
		return nil, codec.NewBad(codec.Truncated, b, "it is no KML, or its end is missing")
	case err != nil:
		return nil, codec.NewBad(codec.Malformed, b, "it is no KML: %v", err)
	}
	return k.features, nil
}

// charset reads the encodings that old programs write. Latin-1 is the first
// 256 code points.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-8", "us-ascii":
		return in, nil
	case "iso-8859-1", "latin1", "windows-1252":
		b, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		var out strings.Builder
		for _, c := range b {
			out.WriteRune(rune(c))
		}
		return strings.NewReader(out.String()), nil
	}
	return nil, fmt.Errorf("encoding %.50q: save the file as UTF-8", label)
}

// token gives the next token. It refuses what no map needs and an attack does:
// document types, which may define entities, and endless nesting.
func (k *kmlReader) token() (xml.Token, error) {
	t, err := k.xml.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.StartElement:
		if k.depth++; k.depth > maxDepth {
			return nil, codec.NewBad(codec.Unsupported, nil, "more than %d elements inside each other: no map needs that", maxDepth)
		}
	case xml.EndElement:
		k.depth--
	case xml.Directive:
		return nil, codec.NewBad(codec.Unsupported, t, "the file has a document type (<!...>), which is not read: save it again as plain KML")
	}
	return t, nil
}

// root gives the first element.
func (k *kmlReader) root() (xml.StartElement, error) {
	for {
		t, err := k.token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if s, ok := t.(xml.StartElement); ok {
			return s, nil
		}
	}
}

// inside calls each for every element directly inside the one that was just
// begun, until that ends; each must read its element to the end.
func (k *kmlReader) inside(each func(xml.StartElement) error) error {
	for {
		t, err := k.token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if err := each(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// skip passes over the element that was just begun.
func (k *kmlReader) skip() error {
	return k.inside(func(xml.StartElement) error { return k.skip() })
}

// text gives the text of the element that was just begun.
func (k *kmlReader) text() (string, error) {
	var out strings.Builder
	for {
		t, err := k.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.CharData:
			out.Write(t)
		case xml.StartElement:
			if err := k.skip(); err != nil {
				return "", err
			}
		case xml.EndElement:
			return strings.TrimSpace(out.String()), nil
		}
	}
}

// container reads kml, Document or Folder.
func (k *kmlReader) container() error {
	return k.inside(func(s xml.StartElement) error {
		switch s.Name.Local {
		case "Document", "Folder":
			return k.container()
		case "Placemark":
			return k.placemark()
		}
		return k.skip()
	})
}

func (k *kmlReader) placemark() error {
	k.number++
	f := Feature{Number: k.number, Properties: map[string]any{}}
	var parts []Feature
	var bad error // of the shape
	err := k.inside(func(s xml.StartElement) (err error) {
		switch s.Name.Local {
		case "name":
			f.Name, err = k.text()
		case "description":
			err = k.property(f.Properties, "description")
		case "TimeSpan", "TimeStamp":
			err = k.inside(func(s xml.StartElement) error { return k.property(f.Properties, s.Name.Local) })
		case "ExtendedData":
			err = k.extended(f.Properties)
		case "Point", "LineString", "LinearRing", "Polygon", "MultiGeometry":
			var more []Feature
			if more, err = k.geometry(s.Name.Local); errors.Is(err, errShape) {
				bad, err = err, nil
			}
			parts = append(parts, more...)
		default:
			err = k.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if bad == nil && len(parts) == 0 {
		bad = errNoShape
	}
	if bad != nil {
		f.Bad = bad
		k.features = append(k.features, f)
	} else {
		k.features = append(k.features, split(f, parts)...)
	}
	return tooMany(len(k.features))
}

// property reads the text of the element that was just begun.
func (k *kmlReader) property(into map[string]any, name string) error {
	v, err := k.text()
	if err == nil && v != "" {
		into[name] = v
	}
	return err
}

// extended reads ExtendedData: Data with a value, or SchemaData with
// SimpleData.
func (k *kmlReader) extended(into map[string]any) error {
	return k.inside(func(s xml.StartElement) error {
		name := attribute(s, "name")
		switch s.Name.Local {
		case "Data":
			return k.inside(func(s xml.StartElement) error {
				if s.Name.Local != "value" {
					return k.skip()
				}
				return k.property(into, name)
			})
		case "SchemaData":
			return k.inside(func(s xml.StartElement) error {
				if s.Name.Local != "SimpleData" {
					return k.skip()
				}
				return k.property(into, attribute(s, "name"))
			})
		}
		return k.skip()
	})
}

func attribute(s xml.StartElement, name string) string {
	for _, a := range s.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// errShape marks what is wrong with a shape: the file can be read on.
var errShape = errors.New("its shape")

// geometry reads the geometry that was just begun to its end, whatever is
// wrong with it.
func (k *kmlReader) geometry(kind string) (parts []Feature, err error) {
	if kind == "MultiGeometry" {
		var bad error
		err = k.inside(func(s xml.StartElement) error {
			switch s.Name.Local {
			case "Point", "LineString", "LinearRing", "Polygon", "MultiGeometry":
				more, err := k.geometry(s.Name.Local)
				if errors.Is(err, errShape) {
					bad, err = err, nil
				}
				parts = append(parts, more...)
				return err
			}
			return k.skip()
		})
		return parts, errors.Join(err, bad)
	}
	var rings [][]geo.Position
	bad, outer := error(nil), 0
	var walk func(s xml.StartElement) error
	walk = func(s xml.StartElement) error {
		switch s.Name.Local {
		case "coordinates":
			text, err := k.text()
			if err != nil {
				return err
			}
			ps, err := coordinates(text)
			if err != nil {
				bad = err
			}
			rings = append(rings, ps)
			return nil
		case "outerBoundaryIs":
			outer++
			if len(rings) > 0 {
				bad = errors.New("the outer boundary must come first, and once")
			}
			return k.inside(walk)
		case "innerBoundaryIs", "LinearRing":
			return k.inside(walk)
		}
		return k.skip()
	}
	if err := k.inside(walk); err != nil {
		return nil, err
	}
	f, err := shapeOf(kind, rings, outer)
	if bad == nil {
		bad = err
	}
	if bad != nil {
		return nil, fmt.Errorf("%w: %w", errShape, bad)
	}
	return []Feature{f}, nil
}

func shapeOf(kind string, rings [][]geo.Position, outer int) (Feature, error) {
	switch {
	case len(rings) == 0:
		return Feature{}, errors.New("it has no coordinates")
	case kind != "Polygon" && len(rings) > 1:
		return Feature{}, fmt.Errorf("a %s with %d lists of coordinates", kind, len(rings))
	}
	switch first := rings[0]; kind {
	case "Point":
		if len(first) != 1 {
			return Feature{}, fmt.Errorf("a point with %d positions", len(first))
		}
		return Feature{Point: &first[0]}, nil
	case "Polygon":
		if outer != 1 {
			return Feature{}, errors.New("a polygon needs one outer boundary")
		}
		out := make(geo.Polygon, len(rings))
		for i, ps := range rings {
			if out[i] = ring(ps); len(out[i]) < 3 {
				return Feature{}, fmt.Errorf("ring %d has %d corners: at least three are needed", i+1, len(out[i]))
			}
		}
		return Feature{Polygon: out}, nil
	default:
		if first = slices.Compact(first); len(first) < 2 {
			return Feature{}, fmt.Errorf("a line of %d positions: at least two are needed", len(first))
		}
		return Feature{Line: first}, nil
	}
}

// coordinates reads "lon,lat,height lon,lat,height ...".
func coordinates(text string) ([]geo.Position, error) {
	var out []geo.Position
	for tuple := range strings.FieldsSeq(text) {
		parts := strings.Split(tuple, ",")
		if len(parts) < 2 || len(parts) > 3 {
			return nil, fmt.Errorf("coordinates %.50q: write longitude,latitude without a space in between", tuple)
		}
		c := make([]float64, len(parts))
		for i, s := range parts {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return nil, fmt.Errorf("coordinates %.50q: %.20q is no number", tuple, s)
			}
			c[i] = v
		}
		p, err := position(c)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
