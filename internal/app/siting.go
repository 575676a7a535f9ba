package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"atalaya/codec/geofile"
	"atalaya/geo"
	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

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
