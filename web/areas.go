package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/area"
	"atalaya/desk/people"
	"atalaya/desk/registry"
	"atalaya/geo"
	"atalaya/track"
	"atalaya/valid"
)

// AreaWish is an area as somebody draws it.
type AreaWish struct {
	Validity
	Name     string         `json:"name" minLength:"1" maxLength:"200" doc:"name for people"`
	Kind     area.Kind      `json:"kind" enum:"border,border-strip,legal-post,ferry-lane,fishing-zone,anchorage,no-look,corridor,watched" doc:"what it is for; borders and lanes are lines, posts points, all others polygons"`
	Geometry Geometry       `json:"geometry" doc:"GeoJSON, at most 4999 points; rings are closed and do not cross themselves"`
	Owner    string         `json:"owner,omitempty" maxLength:"200" doc:"who answers for it"`
	Schedule valid.Schedule `json:"schedule,omitzero" doc:"hours at which it holds, inside its validity"`
	Buffer   float64        `json:"buffer_m,omitempty" minimum:"0" maximum:"100000" doc:"metres to each side of a line or around a post"`
	Left     string         `json:"left,omitempty" maxLength:"3" doc:"state left of a border's direction, such as BOL"`
	Right    string         `json:"right,omitempty" maxLength:"3" doc:"state right of it"`
	Source   string         `json:"source,omitempty" maxLength:"200" doc:"who says that it lies there"`
	Dated    time.Time      `json:"dated,omitzero" doc:"date of the source"`
	Accuracy float64        `json:"accuracy_m,omitempty" minimum:"0" maximum:"100000" doc:"metres, 1 sigma, of the shape's place"`
	// Demonstration is for lines that prove nothing.
	Demonstration bool `json:"demonstration,omitempty" doc:"not fit for any claim: a crossing is only possible"`
}

func (s *Server) areaRoutes() {
	n := noun[area.Area, AreaWish, Feature]{
		kind: registry.Area, many: "areas", book: s.cfg.Registry.Areas, scope: people.ReadPicture, listed: true,
		make: wishedArea, change: func(a *area.Area) track.Change { return track.Change{Area: a} }, show: feature,
	}
	huma.Register(s.api, scoped(operation("list-areas", http.MethodGet, "/api/areas", "Areas in force, as GeoJSON", signedIn, 401, 422), people.ReadPicture),
		func(_ context.Context, in *When) (*body[FeatureCollection], error) {
			return &body[FeatureCollection]{FeatureCollection{Type: "FeatureCollection", Features: n.versions(s, *in)}}, nil
		})
	registerNoun(s, n)
}

func wishedArea(id string, to *AreaWish) (area.Area, error) {
	a := area.Area{
		ID: area.ID(id), Name: to.Name, Kind: to.Kind, Valid: to.record(), Owner: to.Owner, Schedule: to.Schedule,
		Buffer: to.Buffer, Left: to.Left, Right: to.Right, Source: to.Source, Dated: to.Dated.UTC(), Accuracy: to.Accuracy,
		Demonstration: to.Demonstration,
	}
	return a, to.Geometry.into(&a)
}

// into puts the geometry into an area. What it cannot tell to be wrong, the
// area itself checks.
func (g Geometry) into(a *area.Area) error {
	want := map[area.Shape]string{area.APoint: "Point", area.ALine: "LineString", area.APolygon: "Polygon"}[a.Kind.Shape()]
	if g.Type != want {
		return &area.ShapeError{Why: fmt.Sprintf("the geometry is a %s: an area of kind %s is a %s", g.Type, a.Kind, want)}
	}
	raw, err := json.Marshal(g.Coordinates)
	if err != nil {
		return &area.ShapeError{Why: "the coordinates are no numbers"}
	}
	switch g.Type {
	case "Point":
		ps, err := positions(raw, 0, func(one [2]float64) [][2]float64 { return [][2]float64{one} })
		if err != nil {
			return err
		}
		a.Point = ps[0]
	case "LineString":
		ps, err := positions(raw, 0, func(all [][2]float64) [][2]float64 { return all })
		if err != nil {
			return err
		}
		a.Line = slices.Compact(ps)
	default:
		var rings []json.RawMessage
		if err := json.Unmarshal(raw, &rings); err != nil {
			return &area.ShapeError{Why: "the coordinates of a Polygon are a list of rings"}
		}
		for i, r := range rings {
			ps, err := positions(r, i+1, func(all [][2]float64) [][2]float64 { return all })
			if err != nil {
				return err
			}
			last := len(ps) - 1
			if last < 0 || ps[0] != ps[last] {
				return &area.ShapeError{Ring: i + 1, Why: fmt.Sprintf("ring %d is not closed: its last point must be its first again", i+1)}
			}
			a.Polygon = append(a.Polygon, geo.Ring(slices.Compact(ps[:last])))
		}
	}
	return nil
}

// positions reads longitudes and latitudes. Heights are passed over.
func positions[T any](raw json.RawMessage, ring int, all func(T) [][2]float64) ([]geo.Position, error) {
	var c T
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, &area.ShapeError{Ring: ring, Why: "each point is [longitude, latitude], in degrees"}
	}
	pairs := all(c)
	out := make([]geo.Position, len(pairs))
	for i, p := range pairs {
		out[i] = geo.Position{Lat: p[1], Lon: p[0]}
		if !out[i].Valid() {
			return nil, &area.ShapeError{Ring: ring, Point: i + 1, Why: fmt.Sprintf("(%v) is not on earth: write [longitude, latitude]", out[i])}
		}
	}
	return out, nil
}
