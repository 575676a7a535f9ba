package geofile

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/track"
)

// Format is a kind of file in which tracks are written.
type Format string

// The formats. A point of a track is a feature in GeoJSON, a line in CSV, a
// placemark with a TimeStamp in KML (where each track has a line besides), and
// a trkpt in GPX.
const (
	GeoJSON Format = "geojson"
	CSV     Format = "csv"
	KML     Format = "kml"
	GPX     Format = "gpx"
)

// Media gives a format's media type.
func (f Format) Media() string {
	switch f {
	case GeoJSON:
		return "application/geo+json"
	case KML:
		return "application/vnd.google-earth.kml+xml"
	case GPX:
		return "application/gpx+xml"
	case CSV:
	}
	return "text/csv; charset=utf-8"
}

// Fix is where a track was believed to be at a time.
type Fix struct {
	Time      time.Time // in the world
	Known     time.Time // when it was believed
	Position  geo.Position
	Height    geo.Height
	East      float64 // m/s
	North     float64 // m/s
	Deviation float64 // m, one standard deviation along the worst axis
	Status    track.Status
	Foreign   bool // only another tracker, a neighbour's, told of it
}

// motion gives speed in m/s and course in degrees.
func (f *Fix) motion() (speed, course float64) {
	return fmath.Hypot(f.East, f.North), geo.WrapBearing(fmath.Atan2Degrees(f.East, f.North))
}

// sea gives the height above mean sea level, where that is known.
func (f *Fix) sea() (metres float64, ok bool) {
	h, err := f.Height.To(geo.DatumSea, f.Position)
	return h.Metres, err == nil
}

// Trail is a track and where it was. Fixes, oldest first, may be asked for more
// than once; an error ends the file.
type Trail struct {
	Track track.Track // what it is known as; only its ID is a must
	Fixes iter.Seq2[Fix, error]
}

// identities are the claims that files have a place for.
func identities() []obs.ClaimKind {
	return []obs.ClaimKind{obs.Name, obs.CallSign, obs.MMSI, obs.ICAO}
}

// label names a track for people: its number, and what it is known by.
func (t *Trail) label() string {
	for _, k := range identities() {
		if v, ok := t.Track.Claimed(k); ok {
			return t.Track.ID.String() + " " + v
		}
	}
	return t.Track.ID.String()
}

// WriteTrails writes tracks in a stream. Where its error comes from a Trail, or
// from w, the file has no proper end.
func WriteTrails(w io.Writer, format Format, trails iter.Seq[Trail]) error {
	var err error
	switch format {
	case GeoJSON:
		err = trailsGeoJSON(w, trails)
	case KML:
		err = trailsKML(w, trails)
	case GPX:
		err = trailsGPX(w, trails)
	case CSV:
		err = trailsCSV(w, trails)
	default:
		return fmt.Errorf("format %q: choose geojson, csv, kml or gpx", format)
	}
	if err != nil {
		return fmt.Errorf("write tracks as %s: %w", format, err)
	}
	return nil
}

// trailPoint is a fix as GeoJSON and CSV tell it.
type trailPoint struct {
	Track    string   `json:"track"`
	Time     string   `json:"time"`
	Known    string   `json:"known"`
	SD       float64  `json:"sd_m"`
	Height   *float64 `json:"height_m,omitempty"`
	Datum    string   `json:"height_datum,omitempty"`
	Speed    float64  `json:"speed_mps"`
	Course   float64  `json:"course_deg"`
	Status   string   `json:"status"`
	Kind     string   `json:"kind"`
	Name     string   `json:"name,omitempty"`
	CallSign string   `json:"callsign,omitempty"`
	MMSI     string   `json:"mmsi,omitempty"`
	ICAO     string   `json:"icao,omitempty"`
	Foreign  bool     `json:"foreign,omitempty"`
}

func newTrailPoint(t *track.Track, f *Fix) trailPoint {
	speed, course := f.motion()
	p := trailPoint{
		Track: t.ID.String(), Time: stamp(f.Time), Known: stamp(f.Known), SD: rounded(f.Deviation, 100),
		Speed: rounded(speed, 100), Course: rounded(course, 10), Status: f.Status.String(), Kind: t.Kind.String(), Foreign: f.Foreign,
	}
	if f.Height.Known() {
		p.Height, p.Datum = &f.Height.Metres, f.Height.Datum.String()
	}
	p.Name, _ = t.Claimed(obs.Name)
	p.CallSign, _ = t.Claimed(obs.CallSign)
	p.MMSI, _ = t.Claimed(obs.MMSI)
	p.ICAO, _ = t.Claimed(obs.ICAO)
	return p
}

// rounded drops digits that mean nothing.
func rounded(v, scale float64) float64 { return math.Round(v*scale) / scale }

func trailsGeoJSON(w io.Writer, trails iter.Seq[Trail]) error {
	out := bufio.NewWriter(w)
	put := func(s string) { _, _ = out.WriteString(s) } // Flush tells
	put(`{"type":"FeatureCollection","features":[`)
	comma := "\n"
	for t := range trails {
		for f, err := range t.Fixes {
			if err != nil {
				return err
			}
			b, err := json.Marshal(newTrailPoint(&t.Track, &f))
			if err != nil {
				return err
			}
			put(comma)
			put(`{"type":"Feature","geometry":{"type":"Point","coordinates":[`)
			put(number(f.Position.Lon) + "," + number(f.Position.Lat))
			put(`]},"properties":` + string(b) + "}")
			comma = ",\n"
		}
	}
	put("\n]}\n")
	return out.Flush()
}

func trailsCSV(w io.Writer, trails iter.Seq[Trail]) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	err := out.Write([]string{
		"track", "time", "known", "lat", "lon", "sd_m", "height_m", "height_datum", "speed_mps", "course_deg",
		"status", "kind", "name", "callsign", "mmsi", "icao", "foreign",
	})
	for t := range trails {
		for f, ferr := range t.Fixes {
			if err == nil {
				err = ferr
			}
			if err != nil {
				return err
			}
			p := newTrailPoint(&t.Track, &f)
			height := ""
			if p.Height != nil {
				height = number(*p.Height)
			}
			err = out.Write([]string{
				p.Track, p.Time, p.Known, number(f.Position.Lat), number(f.Position.Lon), number(p.SD), height, p.Datum,
				number(p.Speed), number(p.Course), p.Status, p.Kind, cell(p.Name), cell(p.CallSign), cell(p.MMSI), cell(p.ICAO), strconv.FormatBool(p.Foreign),
			})
		}
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return err
}

// cell keeps spreadsheets from taking what somebody sent over the air for a
// formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func trailsKML(w io.Writer, trails iter.Seq[Trail]) error {
	x := newXML(w)
	x.put(kmlHead)
	for t := range trails {
		x.put("\n<Folder>")
		x.element("name", t.label())
		if err := x.trailLine(&t); err != nil {
			return err
		}
		for f, err := range t.Fixes {
			if err != nil {
				return err
			}
			x.trailPoint(&t, &f)
		}
		x.put("\n</Folder>")
	}
	x.put("\n</Document></kml>\n")
	return x.Flush()
}

// trailLine writes the way as lines, which end at the antimeridian and begin
// again behind it (RFC 7946, section 3.1.9, says the same of GeoJSON).
func (x xmlWriter) trailLine(t *Trail) error {
	var last geo.Position
	n := 0
	put := func(p geo.Position) { x.put(" ", number(p.Lon), ",", number(p.Lat)) }
	for f, err := range t.Fixes {
		if err != nil {
			return err
		}
		switch p := f.Position; n {
		case 0:
		case 1:
			x.put("\n<Placemark>")
			x.element("name", t.label())
			x.put("<MultiGeometry><LineString><tessellate>1</tessellate><coordinates>")
			put(last)
			fallthrough
		default:
			if before, after, ok := antimeridian(last, p); ok {
				put(before)
				x.put("</coordinates></LineString><LineString><tessellate>1</tessellate><coordinates>")
				put(after)
			}
			put(p)
		}
		last = f.Position
		n++
	}
	if n > 1 {
		x.put("</coordinates></LineString></MultiGeometry></Placemark>")
	}
	return nil
}

// antimeridian gives where the short way from a to b leaves the map, and where
// it comes in again.
func antimeridian(a, b geo.Position) (out, in geo.Position, ok bool) {
	d := geo.WrapLongitude(b.Lon - a.Lon)
	if math.Abs(a.Lon+d) <= 180 {
		return out, in, false
	}
	edge := math.Copysign(180, d)
	lat := a.Lat + float64((b.Lat-a.Lat)*(edge-a.Lon)/d)
	return geo.Position{Lat: lat, Lon: edge}, geo.Position{Lat: lat, Lon: -edge}, true
}

func (x xmlWriter) trailPoint(t *Trail, f *Fix) {
	x.put("\n<Placemark>")
	x.element("name", f.Time.UTC().Format(time.TimeOnly))
	x.put("<TimeStamp>")
	x.element("when", stamp(f.Time))
	x.put("</TimeStamp><ExtendedData>")
	p := newTrailPoint(&t.Track, f)
	x.data("track", p.Track)
	x.data("sd_m", number(p.SD))
	x.data("speed_mps", number(p.Speed))
	x.data("course_deg", number(p.Course))
	x.data("status", p.Status)
	if p.Foreign {
		x.data("foreign", "true")
	}
	x.put("</ExtendedData><Point>")
	height, ok := f.sea()
	if ok {
		x.element("altitudeMode", "absolute") // above mean sea level, EGM96
	}
	x.put("<coordinates>", number(f.Position.Lon), ",", number(f.Position.Lat))
	if ok {
		x.put(",", number(rounded(height, 100)))
	}
	x.put("</coordinates></Point></Placemark>")
}

func trailsGPX(w io.Writer, trails iter.Seq[Trail]) error {
	x := newXML(w)
	x.put(`<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="Atalaya">`)
	for t := range trails {
		x.put("\n<trk>")
		x.element("name", t.label())
		var claims []string
		for _, k := range identities() {
			if v, ok := t.Track.Claimed(k); ok {
				claims = append(claims, obs.Claim{Kind: k, Value: v}.String())
			}
		}
		x.element("desc", strings.Join(claims, ", "))
		x.put("<trkseg>")
		for f, err := range t.Fixes {
			if err != nil {
				return err
			}
			x.put("\n", `<trkpt lat="`, number(f.Position.Lat), `" lon="`, number(f.Position.Lon), `">`)
			if height, ok := f.sea(); ok {
				x.element("ele", number(rounded(height, 100)))
			}
			x.element("time", stamp(f.Time))
			x.put("</trkpt>")
		}
		x.put("</trkseg></trk>")
	}
	x.put("\n</gpx>\n")
	return x.Flush()
}
