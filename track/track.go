// Package track describes what Atalaya believes about moving things, what goes
// into that belief and what comes out of it.
package track

import (
	"fmt"
	"time"

	"atalaya/geo"
	"atalaya/internal/enum"
	"atalaya/obs"
	"atalaya/sensor"
)

// ID names a track; it is never reused. It counts from 1 in the order of
// birth and is printed as "T" and the number.
type ID uint64

func (id ID) String() string { return fmt.Sprintf("T%d", uint64(id)) }

// Domain is where a thing moves, which decides how it may move.
type Domain uint8

// Domains of motion.
const (
	UnknownDomain Domain = iota
	Water
	Land
	Air
)

//nolint:gochecknoglobals // constant table
var domainNames = [...]string{"unknown", "water", "land", "air"}

func (d Domain) String() string { return enum.Name(domainNames[:], d) }

// MarshalText writes the name.
func (d Domain) MarshalText() ([]byte, error) { return enum.Marshal(domainNames[:], d) }

// UnmarshalText reads the name.
func (d *Domain) UnmarshalText(b []byte) error { return enum.Unmarshal(domainNames[:], d, b) }

// Status is a track's place in its life.
type Status uint8

// Statuses.
const (
	Tentative Status = iota // not yet believed
	Confirmed
	Coasting // believed, but predicted without a recent observation
	Ended
)

//nolint:gochecknoglobals // constant table
var statusNames = [...]string{"tentative", "confirmed", "coasting", "ended"}

func (s Status) String() string { return enum.Name(statusNames[:], s) }

// MarshalText writes the name.
func (s Status) MarshalText() ([]byte, error) { return enum.Marshal(statusNames[:], s) }

// UnmarshalText reads the name.
func (s *Status) UnmarshalText(b []byte) error { return enum.Unmarshal(statusNames[:], s, b) }

// State is the estimated motion at Time. The covariance is of (east, north,
// east velocity, north velocity) in the local frame at Position, in m2,
// m2/s and (m/s)2; it is symmetric and positive semi-definite.
type State struct {
	Time     time.Time     `json:"time"`
	Position geo.Position  `json:"position"`
	Height   geo.Height    `json:"height"`
	East     float64       `json:"east_mps"`
	North    float64       `json:"north_mps"`
	Climb    float64       `json:"climb_mps"`
	Cov      [4][4]float64 `json:"cov"`
}

// Belief is a claimed identity and the probability that the claim is honest.
type Belief struct {
	obs.Claim
	Honest float64 `json:"honest"`
}

// Track is what we believe about one moving thing.
type Track struct {
	ID       ID       `json:"id"`
	Revision uint32   `json:"revision"` // grows when its past is rewritten
	Status   Status   `json:"status"`
	Domain   Domain   `json:"domain"`
	Kind     obs.Kind `json:"kind"`
	State    State    `json:"state"`
	// Existence is the probability that the track is a real thing.
	Existence float64  `json:"existence"`
	Claims    []Belief `json:"claims,omitempty"` // ordered by kind, then value
	// Sensors that contributed, in order of name.
	Sensors []sensor.ID `json:"sensors"`
	Proven  bool        `json:"proven"` // at least one proven sender among its sources
	// Foreign: what is believed of it rests on the tracks of others alone, a
	// neighbour's; no sensor of ours has seen it.
	Foreign  bool         `json:"foreign,omitempty"`
	OnGround bool         `json:"on_ground"`
	Distress obs.Distress `json:"distress,omitempty"`
	Born     time.Time    `json:"born"`
	// Updated is the time of the last observation that moved the track.
	Updated time.Time `json:"updated"`
	// LastSeq is the sequence of that observation.
	LastSeq uint64 `json:"last_seq"`
}

// Claimed gives the most honest value claimed for a kind of identity.
func (t *Track) Claimed(kind obs.ClaimKind) (string, bool) {
	best, at := -1.0, -1
	for i := range t.Claims {
		if t.Claims[i].Kind == kind && t.Claims[i].Honest > best {
			best, at = t.Claims[i].Honest, i
		}
	}
	if at < 0 {
		return "", false
	}
	return t.Claims[at].Value, true
}

// Rival is a track that could have had the observation instead.
type Rival struct {
	Track  ID      `json:"track"`
	Weight float64 `json:"weight"` // marginal probability of the association
}

// Contribution is one entry of a lineage: an observation and its part in a
// track's update.
type Contribution struct {
	Observation uint64    `json:"observation"` // its sequence; 0: a miss of Sensor
	Sensor      sensor.ID `json:"sensor"`
	Time        time.Time `json:"time"`
	// Distance2 is the squared Mahalanobis distance in the gate.
	Distance2  float64  `json:"distance2"`
	Likelihood float64  `json:"likelihood"`
	Weight     float64  `json:"weight"` // marginal probability that it belongs here
	Rivals     [3]Rival `json:"rivals"` // the best others; zero where fewer
	Proven     bool     `json:"proven"`
	Model      string   `json:"model"` // name and version of the tracker's model
}

// Lineage is which observations, with which weight, against which rivals, made
// one update of a track.
type Lineage []Contribution
