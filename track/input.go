package track

import (
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/permit"
	"atalaya/rule"
	"atalaya/sensor"
)

// Input is one thing that the picture is made from: exactly one of its fields
// has content. One global sequence, given by the loop, orders them; a scan
// carries the sequence after its own observations'.
type Input struct {
	Seq         uint64           `json:"seq"`
	Observation *obs.Observation `json:"observation,omitempty"`
	Scan        *Scan            `json:"scan,omitempty"`
	Change      *Change          `json:"change,omitempty"`
}

// Scan is one look of a sensor at a region. An empty scan is evidence too.
type Scan struct {
	Sensor   sensor.ID     `json:"sensor"`
	Feed     sensor.FeedID `json:"feed"`
	Start    time.Time     `json:"start"`
	End      time.Time     `json:"end"`
	Received time.Time     `json:"received"`
	Platform geo.Position  `json:"platform"` // of the sensor during the scan
	// The region looked at: the sector from From clockwise to To (degrees; equal
	// means the full circle) out to MaxRange metres, or the Footprint if given.
	From      float64     `json:"from_deg"`
	To        float64     `json:"to_deg"`
	MaxRange  float64     `json:"max_range_m"`
	Footprint geo.Polygon `json:"footprint,omitempty"`

	Observations []obs.Observation `json:"observations"`
}

// Change is a change of what the picture is judged by: exactly one field
// beside At has content.
type Change struct {
	At       time.Time      `json:"at"`
	Sensor   *sensor.Sensor `json:"sensor,omitempty"`
	Feed     *sensor.Feed   `json:"feed,omitempty"`
	Area     *area.Area     `json:"area,omitempty"`
	Asset    *asset.Asset   `json:"asset,omitempty"`
	Rule     *rule.Rule     `json:"rule,omitempty"`
	Permit   *permit.Permit `json:"permit,omitempty"`
	Decision *Decision      `json:"decision,omitempty"`
	Regard   *sensor.Regard `json:"regard,omitempty"`
}

// Decision is an officer's decision about a track.
type Decision struct {
	Track  ID       `json:"track"`
	By     string   `json:"by"`
	Reason string   `json:"reason"`
	Kind   obs.Kind `json:"kind"` // what the officer says it is
	Domain Domain   `json:"domain"`
	Drop   bool     `json:"drop"` // the officer ends the track
}
