package web

import (
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/valid"
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
	Coordinates any    `json:"coordinates" doc:"longitude, latitude"`
}

// AreaProperties is what an area is, and its version.
type AreaProperties struct {
	Name          string         `json:"name"`
	Kind          area.Kind      `json:"kind"`
	Owner         string         `json:"owner,omitempty" doc:"who answers for it"`
	Schedule      valid.Schedule `json:"schedule,omitzero" doc:"hours at which it holds"`
	Buffer        float64        `json:"buffer_m" doc:"metres to each side"`
	Left          string         `json:"left,omitempty" doc:"state left of a border's direction"`
	Right         string         `json:"right,omitempty" doc:"state right of it"`
	Source        string         `json:"source"`
	Dated         time.Time      `json:"dated"`
	Accuracy      float64        `json:"accuracy_m" doc:"metres, 1 sigma"`
	Demonstration bool           `json:"demonstration" doc:"not fit for any claim"`
	Version       uint32         `json:"version" doc:"counted from 1"`
	From          time.Time      `json:"from,omitzero" doc:"in force from this time; absent: since ever"`
	Until         time.Time      `json:"until,omitzero" doc:"in force until before this time; absent: until replaced"`
	Known         time.Time      `json:"known" doc:"when the version was made"`
	By            string         `json:"by" doc:"who made it"`
	Reason        string         `json:"reason" doc:"why"`
}

// feature gives a version of an area as GeoJSON.
func feature(a area.Area) Feature {
	return Feature{
		Type: "Feature", ID: string(a.ID), Geometry: geometry(a),
		Properties: AreaProperties{
			Name: a.Name, Kind: a.Kind, Owner: a.Owner, Schedule: a.Schedule, Buffer: a.Buffer, Left: a.Left, Right: a.Right,
			Source: a.Source, Dated: a.Dated, Accuracy: a.Accuracy, Demonstration: a.Demonstration,
			Version: a.Valid.Number, From: a.Valid.From, Until: a.Valid.Until,
			Known: a.Valid.Known, By: a.Valid.By, Reason: a.Valid.Reason,
		},
	}
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
