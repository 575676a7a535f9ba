package web

import (
	"time"

	"atalaya/area"
	"atalaya/geo"
)

// FeatureCollection is GeoJSON (RFC 7946).
type FeatureCollection struct {
	Type     string    `json:"type" enum:"FeatureCollection"`
	Features []Feature `json:"features"`
}

// Feature is one area.
type Feature struct {
	Type       string         `json:"type" enum:"Feature"`
	ID         string         `json:"id"`
	Geometry   Geometry       `json:"geometry"`
	Properties AreaProperties `json:"properties"`
}

// Geometry is a Point, LineString or Polygon, in degrees.
type Geometry struct {
	Type        string `json:"type" enum:"Point,LineString,Polygon"`
	Coordinates any    `json:"coordinates"`
}

// AreaProperties is what an area is.
type AreaProperties struct {
	Name          string    `json:"name"`
	Kind          area.Kind `json:"kind"`
	Version       uint32    `json:"version"`
	Buffer        float64   `json:"buffer_m" doc:"metres to each side"`
	Left          string    `json:"left,omitempty" doc:"state left of a border's direction"`
	Right         string    `json:"right,omitempty" doc:"state right of it"`
	Source        string    `json:"source"`
	Dated         time.Time `json:"dated"`
	Accuracy      float64   `json:"accuracy_m" doc:"metres, 1 sigma"`
	Demonstration bool      `json:"demonstration" doc:"not fit for any claim"`
}

func features(areas []area.Area) FeatureCollection {
	out := FeatureCollection{Type: "FeatureCollection", Features: []Feature{}}
	for _, a := range areas {
		out.Features = append(out.Features, Feature{
			Type: "Feature", ID: string(a.ID), Geometry: geometry(a),
			Properties: AreaProperties{
				Name: a.Name, Kind: a.Kind, Version: a.Valid.Number, Buffer: a.Buffer, Left: a.Left, Right: a.Right,
				Source: a.Source, Dated: a.Dated, Accuracy: a.Accuracy, Demonstration: a.Demonstration,
			},
		})
	}
	return out
}

func geometry(a area.Area) Geometry {
	switch {
	case len(a.Line) > 0:
		return Geometry{"LineString", coordinates(a.Line)}
	case len(a.Polygon) > 0:
		rings := make([][][2]float64, len(a.Polygon))
		for i, r := range a.Polygon {
			rings[i] = coordinates(r)
			rings[i] = append(rings[i], rings[i][0]) // GeoJSON repeats the first
		}
		return Geometry{"Polygon", rings}
	}
	return Geometry{"Point", [2]float64{a.Point.Lon, a.Point.Lat}}
}

func coordinates[S ~[]geo.Position](ps S) [][2]float64 {
	out := make([][2]float64, len(ps))
	for i, p := range ps {
		out[i] = [2]float64{p.Lon, p.Lat}
	}
	return out
}
