package geofile

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"atalaya/geo"
)

// xmlWriter writes XML by hand, in a stream; the first error is kept by the
// buffer until Flush.
type xmlWriter struct{ *bufio.Writer }

func newXML(w io.Writer) xmlWriter {
	x := xmlWriter{bufio.NewWriter(w)}
	x.put(xml.Header)
	return x
}

// put writes markup.
func (x xmlWriter) put(parts ...string) {
	for _, s := range parts {
		_, _ = x.WriteString(s) // Flush tells
	}
}

// text writes characters; what XML cannot hold becomes U+FFFD.
func (x xmlWriter) text(s string) { _ = xml.EscapeText(x, []byte(s)) }

// element writes a simple element, if it has a value.
func (x xmlWriter) element(name, value string) {
	if value == "" {
		return
	}
	x.put("<", name, ">")
	x.text(value)
	x.put("</", name, ">")
}

// data writes one Data of an ExtendedData.
func (x xmlWriter) data(name, value string) {
	x.put(`<Data name="`)
	x.text(name)
	x.put(`"><value>`)
	x.text(value)
	x.put("</value></Data>")
}

const kmlHead = `<kml xmlns="http://www.opengis.net/kml/2.2"><Document>`

// WriteKML writes a document of placemarks. Properties named begin and end
// become a TimeSpan.
func WriteKML(w io.Writer, name string, features []Feature) error {
	x := newXML(w)
	x.put(kmlHead)
	x.element("name", name)
	for _, f := range features {
		if err := x.placemark(f); err != nil {
			return fmt.Errorf("write placemark %q: %w", f.Name, err)
		}
	}
	x.put("\n</Document></kml>\n")
	if err := x.Flush(); err != nil {
		return fmt.Errorf("write KML: %w", err)
	}
	return nil
}

func (x xmlWriter) placemark(f Feature) error {
	x.put("\n<Placemark>")
	x.element("name", f.Name)
	begin, _ := f.Properties["begin"].(string)
	end, _ := f.Properties["end"].(string)
	if begin != "" || end != "" {
		x.put("<TimeSpan>")
		x.element("begin", begin)
		x.element("end", end)
		x.put("</TimeSpan>")
	}
	x.put("<ExtendedData>")
	if f.ID != "" {
		x.data("id", f.ID)
	}
	for _, k := range slices.Sorted(maps.Keys(f.Properties)) {
		if k == "begin" || k == "end" {
			continue
		}
		v, err := valueText(f.Properties[k])
		if err != nil {
			return err
		}
		x.data(k, v)
	}
	x.put("</ExtendedData>")
	switch {
	case len(f.Polygon) > 0:
		x.put("<Polygon>")
		for i, r := range f.Polygon {
			side := "outerBoundaryIs"
			if i > 0 {
				side = "innerBoundaryIs"
			}
			x.put("<", side, "><LinearRing>")
			x.coordinates(closed(r, i > 0))
			x.put("</LinearRing></", side, ">")
		}
		x.put("</Polygon>")
	case len(f.Line) > 0:
		x.put("<LineString>")
		x.coordinates(f.Line)
		x.put("</LineString>")
	case f.Point != nil:
		x.put("<Point>")
		x.coordinates([]geo.Position{*f.Point})
		x.put("</Point>")
	}
	x.put("</Placemark>")
	return nil
}

// valueText writes a property as text: what is no simple value, as JSON.
func valueText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case float64:
		return number(v), nil
	default:
		b, err := json.Marshal(v)
		return string(b), err
	}
}

func (x xmlWriter) coordinates(ps []geo.Position) {
	x.put("<coordinates>")
	for i, p := range ps {
		if i > 0 {
			x.put(" ")
		}
		x.put(number(p.Lon), ",", number(p.Lat))
	}
	x.put("</coordinates>")
}

// stamp writes a time as XML Schema and RFC 3339 want it.
func stamp(t time.Time) string {
	return t.UTC().Format(time.RFC3339Nano)
}
