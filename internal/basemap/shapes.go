package basemap

import (
	"encoding/json"
	"fmt"
	"time"

	"atalaya/geo"
)

// Border is one stretch of a border between two states.
type Border struct {
	Name          string  `json:"name"` // "BOL-PER"
	Left          string  `json:"left"` // state left of the line's direction
	Right         string  `json:"right"`
	Accuracy      float64 `json:"accuracy_m"`
	Demonstration bool    `json:"demonstration"`
	Source        string  `json:"source"`
	Dated         string  `json:"dated"` // YYYY-MM-DD
	Line          geo.Line
}

// Date gives the date of the source.
func (b Border) Date() (time.Time, error) { return time.Parse(time.DateOnly, b.Dated) }

type feature struct {
	Properties json.RawMessage `json:"properties"`
	Geometry   struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

func features(name string) ([]feature, error) {
	text, err := data.ReadFile("data/" + name)
	if err != nil {
		return nil, fmt.Errorf("base map: %w", err)
	}
	var c struct {
		Features []feature `json:"features"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("base map %s: %w", name, err)
	}
	return c.Features, nil
}

// Lake gives Lake Titicaca with its islands as holes.
func Lake() (geo.Polygon, error) {
	all, err := features("titicaca.geojson")
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || all[0].Geometry.Type != "Polygon" {
		return nil, fmt.Errorf("base map titicaca.geojson: the first feature is no polygon")
	}
	var rings [][][2]float64
	if err := json.Unmarshal(all[0].Geometry.Coordinates, &rings); err != nil {
		return nil, fmt.Errorf("base map titicaca.geojson: %w", err)
	}
	lake := make(geo.Polygon, len(rings))
	for i, r := range rings {
		lake[i] = geo.Ring(positions(r[:len(r)-1])) // GeoJSON repeats the first
	}
	return lake, nil
}

// Borders gives every stretch of a border.
func Borders() ([]Border, error) {
	all, err := features("borders.geojson")
	if err != nil {
		return nil, err
	}
	var out []Border
	for _, f := range all {
		var b Border
		var line [][2]float64
		if err := json.Unmarshal(f.Properties, &b); err != nil {
			return nil, fmt.Errorf("base map borders.geojson: %w", err)
		}
		if err := json.Unmarshal(f.Geometry.Coordinates, &line); err != nil {
			return nil, fmt.Errorf("base map borders.geojson: %s: %w", b.Name, err)
		}
		b.Line = positions(line)
		out = append(out, b)
	}
	return out, nil
}

func positions(in [][2]float64) []geo.Position {
	out := make([]geo.Position, len(in))
	for i, p := range in {
		out[i] = geo.Position{Lat: p[1], Lon: p[0]}
	}
	return out
}

// Place is a town of the map.
type Place struct {
	Name       string `json:"name"`
	Country    string `json:"country"` // ISO 3166-1 alpha-2
	Population int    `json:"population"`
	Position   geo.Position
}

// Towns gives the towns, the biggest first.
func Towns() ([]Place, error) {
	all, err := features("towns.geojson")
	if err != nil {
		return nil, err
	}
	out := make([]Place, 0, len(all))
	for _, f := range all {
		var p Place
		var at [2]float64
		if err := json.Unmarshal(f.Properties, &p); err != nil {
			return nil, fmt.Errorf("base map towns.geojson: %w", err)
		}
		if err := json.Unmarshal(f.Geometry.Coordinates, &at); err != nil {
			return nil, fmt.Errorf("base map towns.geojson: %s: %w", p.Name, err)
		}
		p.Position = geo.Position{Lat: at[1], Lon: at[0]}
		out = append(out, p)
	}
	return out, nil
}
