package app

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"atalaya/codec/geofile"
	"atalaya/geo"
	"atalaya/plan/corridor"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// Post is what a file says of a sensor, or of a site: there only the place
// counts. What it does not say is as usual.
type Post struct {
	ID     string   `json:"id"`
	Lat    float64  `json:"lat"`
	Lon    float64  `json:"lon"`
	Mast   *float64 `json:"mast_m"`   // above ground
	Radius *float64 `json:"radius_m"` // instrumented range
	// Sector and beam, degrees; none is all round and all angles.
	From *float64 `json:"from_deg"`
	To   *float64 `json:"to_deg"`
	Low  *float64 `json:"low_deg"`
	High *float64 `json:"high_deg"`
	// Refraction is "optical" or "radio".
	Refraction string   `json:"refraction"`
	Cost       *float64 `json:"cost"` // of a site
	// Detection is the probability that a look sees what shows, Look the time
	// between looks in seconds.
	Detection *float64 `json:"detection"`
	Look      *float64 `json:"look_s"`
}

// Usual is what posts have that do not say it themselves.
type Usual struct {
	Mast, Radius float64
	Refraction   sight.Refraction
}

// Sensor makes the sensor at a post.
func (p Post) Sensor(number int, usual Usual) (coverage.Sensor, error) {
	s := coverage.Sensor{ID: p.ID, Radius: usual.Radius, Refraction: usual.Refraction}
	if s.ID == "" {
		s.ID = strconv.Itoa(number)
	}
	mast := usual.Mast
	if p.Mast != nil {
		mast = *p.Mast
	}
	if p.Radius != nil {
		s.Radius = *p.Radius
	}
	at := geo.Position{Lat: p.Lat, Lon: p.Lon}
	if !at.Valid() {
		return s, fmt.Errorf("sensor %s: latitude %g, longitude %g is no position", s.ID, p.Lat, p.Lon)
	}
	if !(s.Radius > 0) {
		return s, fmt.Errorf("sensor %s: say how far it reaches (radius_m)", s.ID)
	}
	s.Observer = sight.Observer{At: at.Normalize(), Height: geo.GroundHeight(mast).Height()}
	switch p.Refraction {
	case "":
	case "optical":
		s.Refraction = sight.Optical()
	case "radio":
		s.Refraction = sight.Radio()
	default:
		return s, fmt.Errorf("sensor %s: refraction %q: write optical or radio", s.ID, p.Refraction)
	}
	switch {
	case p.From != nil && p.To != nil:
		s.Sector = &coverage.Sector{From: *p.From, To: *p.To}
	case p.From != nil || p.To != nil:
		return s, fmt.Errorf("sensor %s: a sector has two edges (from_deg, to_deg)", s.ID)
	}
	if p.Detection != nil {
		s.Detection = []coverage.Detection{{Probability: *p.Detection}}
	}
	if p.Low != nil || p.High != nil {
		s.Beam = &coverage.Beam{Low: -89, High: 89}
		if p.Low != nil {
			s.Beam.Low = *p.Low
		}
		if p.High != nil {
			s.Beam.High = *p.High
		}
	}
	return s, nil
}

// Watcher makes the sensor at a post that looks every now and then, like the
// usual one.
func (p Post) Watcher(number int, usual corridor.Sensor) (corridor.Sensor, error) {
	s, err := p.Sensor(number, Usual{Mast: usual.Observer.Height.Metres, Radius: usual.Radius, Refraction: usual.Refraction})
	if s.Detection == nil {
		s.Detection = usual.Detection
	}
	w := corridor.Sensor{Sensor: s, Look: usual.Look}
	if p.Look != nil {
		w.Look = *p.Look
	}
	return w, err
}

// ReadPosts reads a file of sensors: CSV with a heading of the names of Post,
// a JSON array of objects with those names, or GeoJSON points with those
// properties.
func ReadPosts(file string) ([]Post, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("sensors: %w", err)
	}
	defer f.Close()
	var posts []Post
	switch strings.ToLower(filepath.Ext(file)) {
	case ".csv":
		posts, err = postsOfCSV(f)
	case ".geojson":
		posts, err = postsOfGeoJSON(f)
	default:
		posts, err = postsOfJSON(f)
	}
	if err != nil {
		return nil, fmt.Errorf("sensors of %s: %w", file, err)
	}
	if len(posts) == 0 {
		return nil, fmt.Errorf("%s holds no sensor", file)
	}
	return posts, nil
}

func postsOfJSON(r io.Reader) ([]Post, error) {
	var all []map[string]any
	if err := json.NewDecoder(r).Decode(&all); err != nil {
		return nil, err
	}
	var posts []Post
	for i, props := range all {
		p, err := postOf(props, true)
		if err != nil {
			return nil, fmt.Errorf("sensor %d: %w", i+1, err)
		}
		posts = append(posts, p)
	}
	return posts, nil
}

func postsOfCSV(r io.Reader) ([]Post, error) {
	rows := csv.NewReader(r)
	rows.TrimLeadingSpace = true
	names, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("its heading: %w", err)
	}
	var posts []Post
	for line := 2; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return posts, nil
		}
		if err != nil {
			return nil, err
		}
		props := map[string]any{}
		for i, text := range row {
			name := strings.TrimSpace(names[i])
			switch {
			case text == "":
			case name == "id" || name == "refraction":
				props[name] = text
			default:
				v, err := strconv.ParseFloat(text, 64)
				if err != nil {
					return nil, fmt.Errorf("line %d: %s is %q, no number", line, name, text)
				}
				props[name] = v
			}
		}
		p, err := postOf(props, true)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		posts = append(posts, p)
	}
}

func postsOfGeoJSON(r io.Reader) ([]Post, error) {
	features, err := geofile.ReadGeoJSON(r)
	if err != nil {
		return nil, err
	}
	var posts []Post
	for _, f := range features {
		if f.Bad != nil {
			return nil, fmt.Errorf("feature %d: %w", f.Number, f.Bad)
		}
		if f.Point == nil {
			continue
		}
		props := maps.Clone(f.Properties)
		if props == nil {
			props = map[string]any{}
		}
		props["lat"], props["lon"] = f.Point.Lat, f.Point.Lon
		if _, ok := props["id"]; !ok {
			if id := f.Name; id != "" {
				props["id"] = id
			} else if f.ID != "" {
				props["id"] = f.ID
			}
		}
		p, err := postOf(props, false)
		if err != nil {
			return nil, fmt.Errorf("feature %d: %w", f.Number, err)
		}
		posts = append(posts, p)
	}
	return posts, nil
}

// postOf reads what a file says of a sensor; strict refuses names that mean
// nothing here.
func postOf(props map[string]any, strict bool) (Post, error) {
	if id, ok := props["id"].(float64); ok {
		props["id"] = strconv.FormatFloat(id, 'f', -1, 64)
	}
	b, err := json.Marshal(props)
	if err != nil {
		return Post{}, err
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	if strict {
		d.DisallowUnknownFields()
	}
	var p Post
	err = d.Decode(&p)
	if err == nil && strict {
		_, lat := props["lat"]
		_, lon := props["lon"]
		if !lat || !lon {
			err = errors.New("lat and lon are wanted")
		}
	}
	return p, err
}
