package app

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"atalaya/codec/geofile"
	"atalaya/geo"
	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// Post is one line of a file of sensors: what is known of one.
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
	Cost       *float64 `json:"cost"`
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
		d := json.NewDecoder(f)
		d.DisallowUnknownFields()
		err = d.Decode(&posts)
	}
	if err != nil {
		return nil, fmt.Errorf("sensors of %s: %w", file, err)
	}
	if len(posts) == 0 {
		return nil, fmt.Errorf("%s holds no sensor", file)
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

// Places is where something is asked: the polygons of a GeoJSON file, a box,
// or else all that sensors reach.
type Places struct {
	DEM     string // an elevation file; without one the store is asked
	File    string
	Box     *geo.Box
	Strip   float64 // metres round the lines of the file
	Sensors []coverage.Sensor
}

// Area opens the elevation and gives the cells. What is SYNTHETIC is refused
// outside the exercise.
func (p Places) Area(cfg Config) (*coverage.Area, io.Closer, error) {
	shape, box, err := p.shape()
	if err != nil {
		return nil, nil, err
	}
	middle, reach := circle(box)
	src, done, err := cfg.elevationFor(p.DEM, middle, reach)
	if err != nil {
		return nil, nil, err
	}
	area, err := coverage.NewArea(src, src.Lattice().Around(middle, reach), shape)
	if err != nil {
		return nil, nil, errors.Join(err, done.Close())
	}
	for _, corner := range []geo.Position{{Lat: box.South, Lon: box.West}, {Lat: box.South, Lon: box.East}, {Lat: box.North, Lon: box.West}, {Lat: box.North, Lon: box.East}} {
		area.Cut = area.Cut || !src.Lattice().Contains(corner)
	}
	return area, done, nil
}

// shape gives what is asked about, and a box that holds it.
func (p Places) shape() (coverage.Shape, geo.Box, error) {
	switch {
	case p.File != "":
		return p.ofFile()
	case p.Box != nil:
		return coverage.Within(*p.Box), *p.Box, nil
	case len(p.Sensors) == 0:
		return nil, geo.Box{}, errors.New("an area is wanted")
	}
	box := geo.BoxOf(p.Sensors[0].Observer.At).Grow(p.Sensors[0].Radius)
	for _, s := range p.Sensors[1:] {
		box = box.Union(geo.BoxOf(s.Observer.At).Grow(s.Radius))
	}
	return func(at geo.Position) float64 {
		least := math.Inf(1)
		for i := range p.Sensors {
			least = min(least, geo.Distance(at, p.Sensors[i].Observer.At)-p.Sensors[i].Radius)
		}
		return least
	}, box, nil
}

func (p Places) ofFile() (coverage.Shape, geo.Box, error) {
	var box geo.Box
	f, err := os.Open(p.File)
	if err != nil {
		return nil, box, fmt.Errorf("area: %w", err)
	}
	defer f.Close()
	features, err := geofile.ReadGeoJSON(f)
	if err != nil {
		return nil, box, fmt.Errorf("area %s: %w", p.File, err)
	}
	var shapes []coverage.Shape
	add := func(s coverage.Shape, b geo.Box, ok bool) {
		switch {
		case !ok:
			return
		case len(shapes) == 0:
			box = b
		default:
			box = box.Union(b)
		}
		shapes = append(shapes, s)
	}
	for _, f := range features {
		switch {
		case f.Bad != nil:
			return nil, box, fmt.Errorf("area %s, feature %d: %w", p.File, f.Number, f.Bad)
		case len(f.Polygon) > 0:
			b, ok := f.Polygon.Box()
			add(coverage.Inside(f.Polygon), b, ok)
		case len(f.Line) > 1 && p.Strip > 0:
			b, ok := f.Line.Box()
			add(coverage.Strip(f.Line, p.Strip), b.Grow(p.Strip), ok)
		}
	}
	if len(shapes) == 0 {
		return nil, box, fmt.Errorf("area %s holds no polygon; a strip round lines is made with --strip METRES", p.File)
	}
	return func(at geo.Position) float64 {
		least := math.Inf(1)
		for _, s := range shapes {
			least = min(least, s(at))
		}
		return least
	}, box, nil
}

// circle is a circle that holds a box.
func circle(b geo.Box) (middle geo.Position, reach float64) {
	width := b.East - b.West
	if width < 0 {
		width += 360
	}
	middle = geo.Position{Lat: (b.South + b.North) / 2, Lon: geo.WrapLongitude(b.West + width/2)}
	for _, lat := range []float64{b.South, middle.Lat, b.North} {
		for _, lon := range []float64{b.West, b.East} {
			reach = max(reach, geo.Distance(middle, geo.Position{Lat: lat, Lon: lon}))
		}
	}
	const more = 1.01 // for parallels, which are no geodesics
	return middle, reach * more
}

// KeptUnits keeps results of units in a folder, a file each.
type KeptUnits struct{ Dir string }

// Load implements coverage.Keeper.
func (k KeptUnits) Load(key string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(k.Dir, key))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// Save implements coverage.Keeper.
func (k KeptUnits) Save(key string, data []byte) error {
	const mine, readable = 0o750, 0o640
	if err := os.MkdirAll(k.Dir, mine); err != nil {
		return err
	}
	// A half-written file never has the name of a whole one.
	part := filepath.Join(k.Dir, key+".part")
	if err := os.WriteFile(part, data, readable); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(k.Dir, key))
}

// Reach says what places can be built on: those within so many metres of the
// roads and towns of a GeoJSON file.
func Reach(file string, metres float64) (func(geo.Position) (cost float64, ok bool), error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	defer f.Close()
	features, err := geofile.ReadGeoJSON(f)
	if err != nil {
		return nil, fmt.Errorf("access %s: %w", file, err)
	}
	var near []func(geo.Position) float64
	for _, f := range features {
		switch {
		case f.Bad != nil:
			return nil, fmt.Errorf("access %s, feature %d: %w", file, f.Number, f.Bad)
		case f.Point != nil:
			at := *f.Point
			near = append(near, func(p geo.Position) float64 { return geo.Distance(p, at) })
		case len(f.Line) > 1:
			near = append(near, coverage.Strip(f.Line, 0))
		case len(f.Polygon) > 0:
			near = append(near, coverage.Inside(f.Polygon))
		}
	}
	if len(near) == 0 {
		return nil, fmt.Errorf("access %s holds no road and no town", file)
	}
	return func(p geo.Position) (float64, bool) {
		return 1, slices.ContainsFunc(near, func(d func(geo.Position) float64) bool { return d(p) <= metres })
	}, nil
}

// RidgeCandidates makes candidate sensors on ridges.
func RidgeCandidates(ctx context.Context, r siting.Ridges, usual Usual) (sensors []coverage.Sensor, costs []float64, err error) {
	places, err := r.Find(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i, p := range places {
		sensors = append(sensors, coverage.Sensor{
			ID: fmt.Sprintf("ridge-%d", i+1), Radius: usual.Radius, Refraction: usual.Refraction,
			Observer: sight.Observer{At: p.At, Height: geo.GroundHeight(usual.Mast).Height()},
		})
		costs = append(costs, p.Cost)
	}
	return sensors, costs, nil
}
