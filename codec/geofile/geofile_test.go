package geofile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/codec"
	"atalaya/codec/geofile"
	"atalaya/geo"
	"atalaya/valid"
)

// everything has every kind of shape and every property, with what is hard to
// write.
func everything() []area.Area {
	at := time.Date(2026, 6, 1, 4, 0, 0, 123456789, time.UTC)
	return []area.Area{
		{
			ID: "bay", Name: "Bahía <de> \"Guaqui\" & Cía ", Kind: area.FishingZone, Owner: "Capitanía; La Paz, 'Norte'",
			Valid: valid.Record{Number: 3, From: at, Until: at.AddDate(0, 6, 0), Known: at, By: "Ana", Reason: "veda"},
			Schedule: valid.Schedule{OffsetMinutes: -240, Windows: []valid.Window{
				{Days: []time.Weekday{time.Monday, time.Friday}, From: 360, To: 1080}, {From: 1320, To: 120},
			}},
			Polygon: geo.Polygon{
				{{Lat: -16.1, Lon: -69.123456789012}, {Lat: -16.1, Lon: -68.9}, {Lat: -16, Lon: -68.9}, {Lat: -16, Lon: -69}},
				{{Lat: -16.08, Lon: -68.98}, {Lat: -16.05, Lon: -68.98}, {Lat: -16.05, Lon: -68.95}},
			},
			Source: "decreto 1/2026", Dated: time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC), Accuracy: 12.5, Demonstration: true,
		},
		{
			ID: "line", Name: "Frontera", Kind: area.Border, Line: geo.Line{{Lat: 1e-7, Lon: 179.9}, {Lat: 0.1, Lon: -179.9}},
			Left: "BOL", Right: "PER", Source: "IGM", Accuracy: 250, Valid: valid.Record{Number: 1},
		},
		{ID: "post", Kind: area.LegalPost, Point: geo.Position{Lat: -16.2, Lon: -69.1}, Buffer: 400, Valid: valid.Record{Number: 1}},
	}
}

// read is what an importer makes of areas: the version's validity only.
func read(all []area.Area) []area.Area {
	out := make([]area.Area, len(all))
	for i, a := range all {
		a.Name = strings.TrimSpace(a.Name)
		a.Valid = valid.Record{From: a.Valid.From, Until: a.Valid.Until}
		a.Polygon = geofile.Oriented(a.Polygon)
		out[i] = a
	}
	return out
}

func features(all []area.Area) []geofile.Feature {
	out := make([]geofile.Feature, len(all))
	for i, a := range all {
		out[i] = geofile.OfArea(a)
	}
	return out
}

// formats are the files in which areas come and go.
var formats = map[string]struct {
	read  func(io.Reader) ([]geofile.Feature, error)
	write func(io.Writer, []geofile.Feature) error
}{
	"GeoJSON": {geofile.ReadGeoJSON, geofile.WriteGeoJSON},
	"KML":     {geofile.ReadKML, func(w io.Writer, f []geofile.Feature) error { return geofile.WriteKML(w, "áreas", f) }},
}

func TestAreasComeBack(t *testing.T) {
	for name, f := range formats {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			if err := f.write(&file, features(everything())); err != nil {
				t.Fatal(err)
			}
			text := file.String()
			got, err := f.read(&file)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			var areas []area.Area
			for _, a := range geofile.Areas(got, "") {
				if a.Err != nil {
					t.Errorf("feature %d: %v", a.Number, a.Err)
				}
				areas = append(areas, a.Area)
			}
			for i, want := range read(everything()) {
				if i < len(areas) && !reflect.DeepEqual(areas[i], want) {
					t.Errorf("area %d\n%+v\nwant\n%+v", i+1, areas[i], want)
				}
			}
			if len(areas) != len(everything()) {
				t.Errorf("%d areas", len(areas))
			}
		})
	}
}

func TestRingsAreOriented(t *testing.T) {
	ccw := geo.Ring{{Lat: 0, Lon: 179}, {Lat: 0, Lon: -179}, {Lat: 2, Lon: -179}, {Lat: 2, Lon: 179}}
	cw := geo.Ring{ccw[0], ccw[3], ccw[2], ccw[1]}
	for _, p := range []geo.Polygon{{ccw, cw}, {cw, ccw}, {ccw, ccw}, {cw, cw}} {
		if got := geofile.Oriented(p); !reflect.DeepEqual(got, geo.Polygon{ccw, cw}) {
			t.Errorf("%v became %v", p, got)
		}
	}
}

// TestFilesOfOthers reads what other programs write, and what is wrong with it.
func TestFilesOfOthers(t *testing.T) {
	const head, foot = `<kml xmlns="http://earth.google.com/kml/2.1"><Document>`, `</Document></kml>`
	place := func(shape string) string {
		return head + "<Placemark><name>Zona 1</name>" + shape + "</Placemark>" + foot
	}
	square := `<outerBoundaryIs><LinearRing><coordinates>0,0,12 1,0,12
		1,1 0,1 0,0</coordinates></LinearRing></outerBoundaryIs>`
	feature := func(g string) string { return `{"type":"Feature","properties":{"Name":"Zona 1"},"geometry":` + g + `}` }
	for name, tc := range map[string]struct {
		file string
		want string // of the areas, or of the errors
	}{
		"KML polygon with heights":     {place("<Polygon><extrude>1</extrude>" + square + "</Polygon>"), "Zona-1 4/0/0,0"},
		"KML of several parts":         {place("<MultiGeometry><Point><coordinates>1,2</coordinates></Point><MultiGeometry><Polygon>" + square + "</Polygon></MultiGeometry></MultiGeometry>"), "Zona-1-1 0/0/2,1 Zona-1-2 4/0/0,0"},
		"KML line":                     {place("<LineString><tessellate>1</tessellate><coordinates> 0,0 1,1 </coordinates></LineString>"), "Zona-1 0/2/0,0"},
		"KML without a shape":          {place(""), "Zona-1: it has no shape"},
		"KML with a wrong position":    {place("<Point><coordinates>-69.1, -16.2</coordinates></Point>"), "Zona-1: its shape: coordinates \"-69.1,\""},
		"KML with latitude first":      {place("<Point><coordinates>-16.2,-169.1</coordinates></Point>"), "is not on earth"},
		"KML polygon of two corners":   {place("<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 1,1 0,0</coordinates></LinearRing></outerBoundaryIs></Polygon>"), "ring 1 has 2 corners"},
		"KML hole first":               {place("<Polygon><innerBoundaryIs><LinearRing><coordinates>0,0 1,1 0,1</coordinates></LinearRing></innerBoundaryIs>" + square + "</Polygon>"), "the outer boundary must come first"},
		"KML in Latin-1":               {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + strings.Replace(place("<Point><coordinates>1,2</coordinates></Point>"), "Zona 1", "Pe\xf1as", 1), "Peñas 0/0/2,1"},
		"KML folders and other things": {head + "<Style id='a'/><Folder><NetworkLink><Link><href>http://example.org</href></Link></NetworkLink><Placemark><Point><coordinates>1,2</coordinates></Point></Placemark></Folder>" + foot, "area-1 0/0/2,1"},
		"KML schema data":              {place(`<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="KIND">anchorage</SimpleData><SimpleData name="id">x y</SimpleData></SchemaData></ExtendedData><Point><coordinates>1,2</coordinates></Point>`), "x-y 0/0/2,1"},
		"GeoJSON feature":              {feature(`{"type":"Point","coordinates":[1,2,3]}`), "Zona-1 0/0/2,1"},
		"GeoJSON geometry":             {`{"type":"LineString","coordinates":[[0,0],[1,1]]}`, "area-1 0/2/0,0"},
		"GeoJSON multi":                {feature(`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[2,0],[3,0],[3,1],[2,0]]]]}`), "Zona-1-1 3/0/0,0 Zona-1-2 3/0/0,0"},
		"GeoJSON collection":           {feature(`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}`), "Zona-1 0/0/2,1"},
		"GeoJSON null":                 {feature("null"), "Zona-1: it has no shape"},
		"GeoJSON short position":       {feature(`{"type":"Point","coordinates":[1]}`), "a position of 1 numbers"},
		"GeoJSON in metres":            {feature(`{"type":"Point","coordinates":[512345.1,8212345.2]}`), "is not on earth"},
		"GeoJSON curve":                {feature(`{"type":"CircularString","coordinates":[]}`), "its geometry is a \"CircularString\""},
		"GeoJSON same names":           {`{"type":"FeatureCollection","features":[` + feature(`{"type":"Point","coordinates":[1,2]}`) + "," + feature(`{"type":"Point","coordinates":[3,4]}`) + `]}`, "Zona-1 0/0/2,1 Zona-1-2 0/0/4,3"},
		"GeoJSON one is bad":           {`{"type":"FeatureCollection","features":[7,` + feature(`{"type":"Point","coordinates":[3,4]}`) + `]}`, "area-1: it is no GeoJSON feature: json: cannot unmarshal number into Go value of type geofile.object Zona-1 0/0/4,3"},
		"a bad property":               {`{"type":"Feature","properties":{"buffer_m":"wide","dated":"gestern","schedule":"always","demonstration":"maybe"},"geometry":{"type":"Point","coordinates":[1,2]}}`, "buffer_m is \"wide\": write a number"},
	} {
		t.Run(name, func(t *testing.T) {
			reader := geofile.ReadKML
			if strings.HasPrefix(tc.file, "{") {
				reader = geofile.ReadGeoJSON
			}
			got, err := reader(strings.NewReader(tc.file))
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, a := range geofile.Areas(got, area.Anchorage) {
				if a.Err != nil {
					out = append(out, fmt.Sprintf("%s: %v", a.Area.ID, a.Err))
					continue
				}
				n := 0
				if len(a.Area.Polygon) > 0 {
					n = len(a.Area.Polygon[0])
				}
				out = append(out, fmt.Sprintf("%s %d/%d/%g,%g", a.Area.ID, n, len(a.Area.Line), a.Area.Point.Lat, a.Area.Point.Lon))
				if a.Area.Kind != area.Anchorage {
					t.Errorf("kind %s", a.Area.Kind)
				}
			}
			if all := strings.Join(out, " "); !strings.Contains(all, tc.want) {
				t.Errorf("%s; want %s", all, tc.want)
			}
		})
	}
	got, err := geofile.ReadGeoJSON(strings.NewReader(feature(`{"type":"Point","coordinates":[1,2]}`)))
	if all := geofile.Areas(got, ""); err != nil || all[0].Err == nil {
		t.Errorf("without a kind: %+v, %v", all, err)
	}
}

// TestHostileFiles are refused as a whole, with a reason.
func TestHostileFiles(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><kml><Document><Placemark><name>&b;</name></Placemark></Document></kml>`
	for name, tc := range map[string]struct {
		kml  bool
		file string
		want string
	}{
		"a bomb of entities": {true, bomb, "document type"},
		"an entity":          {true, `<kml><Document><Placemark><name>&xxe;</name></Placemark></Document></kml>`, "entity"},
		"deep":               {true, "<kml>" + strings.Repeat("<Folder>", 10_000), "inside each other"},
		"deep and ignored":   {true, "<kml>" + strings.Repeat("<x>", 10_000), "inside each other"},
		"no end":             {true, "<kml><Document><Placemark>", "unexpected EOF"},
		"empty":              {true, "", "end is missing"},
		"HTML":               {true, "<html><body>Sign in</body></html>", "it begins with <html>"},
		"packed":             {true, "PK\x03\x04", "KMZ"},
		"an encoding":        {true, `<?xml version="1.0" encoding="UTF-7"?><kml/>`, "save the file as UTF-8"},
		"too many":           {true, "<kml>" + strings.Repeat("<Placemark/>", geofile.MaxFeatures+1) + "</kml>", "more than 5000"},
		"too long":           {true, "<kml>" + strings.Repeat(" ", geofile.MaxBytes), "more than 8 MiB"},
		"too long JSON":      {false, "{" + strings.Repeat(" ", geofile.MaxBytes), "more than 8 MiB"},
		"no JSON":            {false, "<kml/>", "no GeoJSON"},
		"another JSON":       {false, `{"a":1}`, "a type"},
		"deep JSON":          {false, strings.Repeat(`{"a":`, 20_000), "depth"},
		"other coordinates":  {false, `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32719"}},"features":[]}`, "EPSG:4326"},
		"too many of one":    {false, `{"type":"MultiPoint","coordinates":[` + strings.Repeat("[0,0],", geofile.MaxFeatures) + "[0,0]]}", "more than 5000"},
		"too many in a file": {false, `{"type":"FeatureCollection","features":[` + strings.Repeat("0,", geofile.MaxFeatures) + "0]}", "more than 5000"},
	} {
		reader := geofile.ReadGeoJSON
		if tc.kml {
			reader = geofile.ReadKML
		}
		got, err := reader(strings.NewReader(tc.file))
		var bad *codec.Bad
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.want) || len(got) != 0 {
			t.Errorf("%s: %d features, %v; want %q", name, len(got), err, tc.want)
		}
	}
	deep := strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 100) + strings.Repeat("]}", 100)
	if got, err := geofile.ReadGeoJSON(strings.NewReader(deep)); err != nil || len(got) != 1 || got[0].Bad == nil {
		t.Errorf("deep collections: %+v, %v", got, err)
	}
	if _, err := geofile.ReadKML(torn{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a torn file: %v", err)
	}
}

type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// check fails unless what a reader gave can be written and read again.
func check(t *testing.T, got []geofile.Feature, format string) {
	t.Helper()
	var good []geofile.Feature
	for _, a := range geofile.Areas(got, area.Watched) {
		if a.Err == nil {
			good = append(good, geofile.OfArea(a.Area))
		}
	}
	var file bytes.Buffer
	if err := formats[format].write(&file, good); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	again, err := formats[format].read(&file)
	if err != nil || len(again) != len(good) {
		t.Fatalf("%d features became %d: %v\n%s", len(good), len(again), err, text)
	}
	for i, a := range geofile.Areas(again, "") {
		if a.Err != nil {
			t.Fatalf("feature %d: %v\n%s", i+1, a.Err, text)
		}
		if x, y := geofile.OfArea(a.Area), good[i]; len(x.Line) != len(y.Line) || len(x.Polygon) != len(y.Polygon) {
			t.Fatalf("feature %d: %+v became %+v", i+1, y, x)
		}
	}
}

func FuzzReadKML(f *testing.F) {
	var file bytes.Buffer
	if err := formats["KML"].write(&file, features(everything())); err != nil {
		f.Fatal(err)
	}
	f.Add(file.String())
	f.Add(`<kml><Placemark><MultiGeometry><Point><coordinates>1,2</coordinates></Point></MultiGeometry><TimeSpan><begin>2026-06</begin></TimeSpan></Placemark></kml>`)
	f.Add(`<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE kml><kml/>`)
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := geofile.ReadKML(strings.NewReader(text)); err == nil {
			check(t, got, "KML")
		}
	})
}

func FuzzReadGeoJSON(f *testing.F) {
	var file bytes.Buffer
	if err := formats["GeoJSON"].write(&file, features(everything())); err != nil {
		f.Fatal(err)
	}
	f.Add(file.String())
	f.Add(`{"type":"Feature","id":7,"properties":{"schedule":{"windows":[{"from_min":1e3}]}},"geometry":{"type":"MultiLineString","coordinates":[[[0,0],[180,-90]]]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := geofile.ReadGeoJSON(strings.NewReader(text)); err == nil {
			check(t, got, "GeoJSON")
		}
	})
}
