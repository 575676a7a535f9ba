package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"atalaya/codec/geofile"
	"atalaya/geo"
	"atalaya/plan/corridor"
	"atalaya/terrain"
)

// CorridorsConfig is what 'terrain corridors' asks. Its Elevation and Water
// come from files.
type CorridorsConfig struct {
	// DEM is a bare elevation file; without one the store is asked.
	DEM string
	// Water is a GeoJSON file of lakes and rivers, islands as holes or as
	// polygons of the kind "island"; "" where there is none.
	Water string
	corridor.Config
}

// Corridors looks for the weakest ways across a strip.
func Corridors(ctx context.Context, cfg Config, c CorridorsConfig) (*corridor.Answer, error) {
	box, ok := c.Strip.Border.Box()
	if !ok {
		return nil, errors.New("there is no border")
	}
	box = box.Grow(max(c.Strip.Abroad, c.Strip.Inside))
	corner := geo.Position{Lat: box.South, Lon: box.West}
	middle, _ := geo.Direct(corner, geo.Bearing(corner, geo.Position{Lat: box.North, Lon: box.East}), geo.Distance(corner, geo.Position{Lat: box.North, Lon: box.East})/2)
	src, done, err := cfg.elevationFor(c.DEM, middle, geo.Distance(middle, corner))
	if err != nil {
		return nil, err
	}
	defer done.Close()
	c.Elevation, c.Exercise = src, cfg.Exercise.Enabled
	if c.Water != "" {
		if c.Config.Water, err = readWater(c.Water); err != nil {
			return nil, err
		}
	}
	return corridor.Find(ctx, c.Config)
}

func readShapes(what, file string) ([]geofile.Feature, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer f.Close()
	features, err := geofile.ReadGeoJSON(f)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", what, file, err)
	}
	for _, f := range features {
		if f.Bad != nil {
			return nil, fmt.Errorf("%s %s, feature %d: %w", what, file, f.Number, f.Bad)
		}
	}
	return features, nil
}

// readWater reads the water of a file.
func readWater(file string) (func(geo.Position) bool, error) {
	features, err := readShapes("water", file)
	if err != nil {
		return nil, err
	}
	var water, islands []geo.IndexedPolygon
	for _, f := range features {
		switch {
		case len(f.Polygon) == 0:
		case f.Properties["kind"] == "island":
			islands = append(islands, f.Polygon.Index())
		default:
			water = append(water, f.Polygon.Index())
		}
	}
	if len(water) == 0 {
		return nil, fmt.Errorf("water %s holds no polygon", file)
	}
	in := func(all []geo.IndexedPolygon, p geo.Position) bool {
		for i := range all {
			if all[i].Contains(p) {
				return true
			}
		}
		return false
	}
	return func(p geo.Position) bool { return in(water, p) && !in(islands, p) }, nil
}

// ReadBorder reads a border line: the one of a file, or several of which each
// begins where the one before ends.
func ReadBorder(file string) (geo.Line, error) {
	features, err := readShapes("border", file)
	if err != nil {
		return nil, err
	}
	var border geo.Line
	lines := 0
	for _, f := range features {
		if len(f.Line) == 0 {
			continue
		}
		lines++
		switch {
		case len(border) == 0:
			border = f.Line
		case geo.Distance(border[len(border)-1], f.Line[0]) < 1:
			border = append(border, f.Line[1:]...)
		default:
			return nil, fmt.Errorf("border %s: line %d does not begin where the one before ends: leave only the stretch that is asked about", file, lines)
		}
	}
	if len(border) == 0 {
		return nil, fmt.Errorf("border %s holds no line", file)
	}
	return border, nil
}

// LabelledCorridors is an answer that begins with its label.
type LabelledCorridors struct {
	Label string `json:"label,omitempty"` // SYNTHETIC, or nothing
	*corridor.Answer
}

// LabelCorridors puts the label of its elevation on an answer.
func LabelCorridors(a *corridor.Answer) LabelledCorridors {
	l := LabelledCorridors{Answer: a}
	if a.Elevation.Synthetic {
		l.Label = terrain.Synthetic
	}
	return l
}

// WriteCorridors writes corridors as GeoJSON lines, the weakest first, and the
// sites that would close them as points.
func WriteCorridors(w io.Writer, a *corridor.Answer) error {
	var features []geofile.Feature
	properties := func() map[string]any {
		m := map[string]any{
			"elevation": a.Elevation.String(), "resolution_m": a.Resolution, "optimism": a.Optimism.Text,
			"warnings": a.Warnings, "caveats": a.Caveats,
		}
		if l := LabelCorridors(a).Label; l != "" {
			m["label"] = l
		}
		return m
	}
	for i, c := range a.Corridors {
		name := fmt.Sprintf("corridor %d", i+1)
		f := geofile.Feature{ID: name, Name: name, Line: c.Line, Properties: properties()}
		maps.Copy(f.Properties, map[string]any{
			"rank": i + 1, "mover": a.Mover, "length_m": c.Length, "time_s": c.Time, "exposure": c.Exposure, "probability": c.Probability,
			"band": c.Band, "hidden_m": c.HiddenM, "hidden": c.Hidden, "void_m": c.VoidM, "climb_m": c.Climb, "descent_m": c.Descent, "steepest": c.Steepest, "by_sensor": c.BySensor,
		})
		features = append(features, f)
		if c.Closing == nil {
			continue
		}
		site := geofile.Feature{ID: "closes " + name, Name: c.Closing.Site.Name, Point: &c.Closing.Site.At, Properties: properties()}
		site.Properties["closes"], site.Properties["probability"], site.Properties["ground_m"] = i+1, c.Closing.Probability, c.Closing.Ground
		features = append(features, site)
	}
	return geofile.WriteGeoJSON(w, features)
}
