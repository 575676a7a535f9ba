// Package area describes named shapes with a kind: border lines and strips,
// legal posts, ferry lanes and the like, as versioned records.
package area

import (
	"time"

	"atalaya/geo"
	"atalaya/valid"
)

// ID names an area for ever.
type ID string

// Kind is what an area is for.
type Kind string

// The kinds of areas.
const (
	Border      Kind = "border"       // a line; Left and Right name its sides
	BorderStrip Kind = "border-strip" // a polygon along a border
	LegalPost   Kind = "legal-post"   // a point with a buffer in metres
	FerryLane   Kind = "ferry-lane"   // a line with a buffer: crossing inside is lawful
	FishingZone Kind = "fishing-zone"
	Anchorage   Kind = "anchorage"
	NoLook      Kind = "no-look"
	Corridor    Kind = "corridor"
	Watched     Kind = "watched" // entry and exit are findings
)

// Area is one version of a named shape.
type Area struct {
	ID    ID           `json:"id" doc:"name of the area, for ever"`
	Name  string       `json:"name" doc:"name for people"`
	Kind  Kind         `json:"kind" doc:"what it is for"`
	Valid valid.Record `json:"version" doc:"version and validity"`
	// Owner answers for the area; Schedule is when it holds, inside its
	// validity: a closed season, the hours of a ferry.
	Owner    string         `json:"owner,omitempty" doc:"who answers for it"`
	Schedule valid.Schedule `json:"schedule,omitzero" doc:"hours at which it holds"`

	// Exactly one of these has content: Line for borders and lanes, Polygon
	// for zones (outer ring first, then holes), Point for posts.
	Line    geo.Line     `json:"line,omitempty" doc:"positions of a line"`
	Polygon geo.Polygon  `json:"polygon,omitempty" doc:"outer ring, then holes"`
	Point   geo.Position `json:"point" doc:"position of a post"`
	// Buffer widens a line or point, in metres to each side.
	Buffer float64 `json:"buffer_m" doc:"metres to each side of a line or around a point"`

	// A border has a side to the left and one to the right of its direction,
	// named by ISO 3166-1 alpha-3 codes.
	Left  string `json:"left,omitempty" doc:"state left of the line's direction"`
	Right string `json:"right,omitempty" doc:"state right of the line's direction"`

	// Where the shape comes from and how well it is known.
	Source   string    `json:"source" doc:"who says so"`
	Dated    time.Time `json:"dated" doc:"date of the source"`
	Accuracy float64   `json:"accuracy_m" doc:"metres, 1 sigma, of the line's place"`
	// Demonstration marks a line that proves nothing: outside the exercise a
	// crossing over it is only "possible".
	Demonstration bool `json:"demonstration" doc:"not fit for any claim"`
}

// Key implements valid.Versioned.
func (a Area) Key() string { return string(a.ID) }

// Version implements valid.Versioned.
func (a Area) Version() valid.Record { return a.Valid }
