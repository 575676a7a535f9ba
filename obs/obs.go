// Package obs describes observations: what one sensor said at one time. An
// observation is never edited.
package obs

import (
	"encoding/hex"
	"fmt"
	"time"

	"atalaya/geo"
	"atalaya/internal/enum"
	"atalaya/sensor"
)

// Clock says how far the sensor's time can be trusted.
type Clock uint8

// Qualities of a sensor's clock.
const (
	ClockNone   Clock = iota // no time of its own: the receive time stands in
	ClockCoarse              // part of a time (AIS second of minute, ASTERIX time of day), completed from the receive time
	ClockStated              // a full time that the sensor states, accuracy unknown
	ClockGNSS                // stated to be locked to GNSS
	ClockDoubt               // contradicts the receive time by more than the feed allows; order is by sequence
)

//nolint:gochecknoglobals // constant table
var clockNames = [...]string{"none", "coarse", "stated", "gnss", "doubt"}

func (c Clock) String() string { return enum.Name(clockNames[:], c) }

// MarshalText writes the name.
func (c Clock) MarshalText() ([]byte, error) { return enum.Marshal(clockNames[:], c) }

// UnmarshalText reads the name.
func (c *Clock) UnmarshalText(b []byte) error { return enum.Unmarshal(clockNames[:], c, b) }

// Measure says which quantities of the observation's place were measured.
type Measure uint8

// What was measured.
const (
	NoPlace      Measure = iota // identity or state only (AIS type 5)
	Place                       // a position
	RangeBearing                // range and bearing from Origin
	BearingOnly                 // a bearing from Origin
)

//nolint:gochecknoglobals // constant table
var measureNames = [...]string{"none", "position", "range-bearing", "bearing"}

func (m Measure) String() string { return enum.Name(measureNames[:], m) }

// MarshalText writes the name.
func (m Measure) MarshalText() ([]byte, error) { return enum.Marshal(measureNames[:], m) }

// UnmarshalText reads the name.
func (m *Measure) UnmarshalText(b []byte) error { return enum.Unmarshal(measureNames[:], m, b) }

// Kind is what sort of thing was seen, as far as the report says.
type Kind uint8

// The sorts of things.
const (
	Unknown Kind = iota
	Vessel
	Aircraft
	Rotorcraft
	Glider
	Drone
	Vehicle
	Walker
	BaseStation
	AidToNavigation
	DistressBeacon // AIS-SART, MOB, EPIRB
)

//nolint:gochecknoglobals // constant table
var kindNames = [...]string{
	"unknown", "vessel", "aircraft", "rotorcraft", "glider", "drone",
	"vehicle", "walker", "base-station", "aid-to-navigation", "distress-beacon",
}

func (k Kind) String() string { return enum.Name(kindNames[:], k) }

// MarshalText writes the name.
func (k Kind) MarshalText() ([]byte, error) { return enum.Marshal(kindNames[:], k) }

// UnmarshalText reads the name.
func (k *Kind) UnmarshalText(b []byte) error { return enum.Unmarshal(kindNames[:], k, b) }

// Airborne reports whether things of this kind fly.
func (k Kind) Airborne() bool { return k >= Aircraft && k <= Drone }

// ClaimKind is a sort of identity.
type ClaimKind uint8

// The identities that things claim. Order is order of weight: earlier ones
// name one thing in the world, later ones less so.
const (
	MMSI        ClaimKind = iota + 1 // maritime mobile service identity, nine digits
	ICAO                             // 24-bit aircraft address, six lower-case hexadecimal digits
	SystemID                         // MAVLink system id, decimal
	RadarTarget                      // a sensor's own track number, "sensor/number"
	CallSign
	Name
	Squawk // Mode A code, four octal digits
)

//nolint:gochecknoglobals // constant table
var claimNames = [...]string{"", "mmsi", "icao", "mavlink", "target", "callsign", "name", "squawk"}

func (k ClaimKind) String() string { return enum.Name(claimNames[:], k) }

// MarshalText writes the name.
func (k ClaimKind) MarshalText() ([]byte, error) { return enum.Marshal(claimNames[:], k) }

// UnmarshalText reads the name.
func (k *ClaimKind) UnmarshalText(b []byte) error { return enum.Unmarshal(claimNames[:], k, b) }

// Claim is an identity that something claims to have. It may be a lie.
type Claim struct {
	Kind  ClaimKind `json:"kind"`
	Value string    `json:"value"`
}

// String gives "mmsi:123456789".
func (c Claim) String() string { return c.Kind.String() + ":" + c.Value }

// Distress is a call for help inside a report.
type Distress uint8

// Calls for help.
const (
	NoDistress     Distress = iota
	SART                    // AIS search and rescue transmitter, MMSI 970...
	ManOverboard            // MMSI 972...
	EPIRB                   // MMSI 974...
	SafetyText              // AIS type 14
	Emergency               // squawk 7700, or ADS-B emergency state
	RadioFailure            // squawk 7600
	Interference            // squawk 7500: unlawful interference
	InDistressStat          // AIS navigational status 14
)

//nolint:gochecknoglobals // constant table
var distressNames = [...]string{
	"", "ais-sart", "man-overboard", "epirb", "safety-text", "emergency",
	"radio-failure", "unlawful-interference", "status-distress",
}

func (d Distress) String() string { return enum.Name(distressNames[:], d) }

// MarshalText writes the name.
func (d Distress) MarshalText() ([]byte, error) { return enum.Marshal(distressNames[:], d) }

// UnmarshalText reads the name.
func (d *Distress) UnmarshalText(b []byte) error { return enum.Unmarshal(distressNames[:], d, b) }

// Cov2 is a covariance of two quantities, east and north, in their units squared.
type Cov2 struct {
	EE float64 `json:"ee"`
	EN float64 `json:"en"`
	NN float64 `json:"nn"`
}

// Round gives the covariance of a round error with standard deviation sd.
func Round(sd float64) Cov2 { return Cov2{EE: float64(sd * sd), NN: float64(sd * sd)} }

// Has says which optional quantities of an observation are present.
type Has uint16

// Optional quantities.
const (
	HasSpeed Has = 1 << iota
	HasCourse
	HasClimb
	HasHeading
	HasElevation
	HasAmplitude
	OnGround // the thing says that it stands on the ground
)

// Hash is SHA-256 of the source bytes.
type Hash [32]byte

// MarshalText writes hexadecimal digits.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads hexadecimal digits.
func (h *Hash) UnmarshalText(b []byte) error { return unhex(h[:], b) }

// Key identifies a radiated message whoever received it: the first bytes of
// SHA-256 of what was on the air (for AIS the payload without the receiver's
// sentence). Zero means that it cannot be compared.
type Key [16]byte

// MarshalText writes hexadecimal digits.
func (k Key) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, k[:]), nil }

// UnmarshalText reads hexadecimal digits.
func (k *Key) UnmarshalText(b []byte) error { return unhex(k[:], b) }

func unhex(dst, text []byte) error {
	if hex.DecodedLen(len(text)) != len(dst) {
		return fmt.Errorf("%d hexadecimal digits, want %d", len(text), hex.EncodedLen(len(dst)))
	}
	if _, err := hex.Decode(dst, text); err != nil {
		return fmt.Errorf("hexadecimal digits: %w", err)
	}
	return nil
}

// Source is where an observation came from.
type Source struct {
	Feed sensor.FeedID `json:"feed"`
	// Hash is of the exact bytes of the message; for several sentences of one
	// message, of all of them in order.
	Hash Hash `json:"hash"`
	// Key finds the same message heard by other receivers.
	Key Key `json:"key"`
	// Proven says that the sender is proven by its transport.
	Proven bool `json:"proven"`
	// Station is what the message itself says of who received it (the "s" of
	// an NMEA tag block).
	Station string `json:"station,omitempty"`
	// EchoOf is the sequence of the same message that came before over
	// another receiver. An echo is provenance; it moves no track.
	EchoOf uint64 `json:"echo_of,omitempty"`
	// Report names the report by a person that it was made of, "R7/2": its
	// second wording; Grade is how far that one was trusted.
	Report string `json:"report,omitempty"`
	Grade  Grade  `json:"grade,omitempty"`
}

// Observation is what one sensor said at one time.
type Observation struct {
	Seq      uint64    `json:"seq"` // place in the one global order; given by the loop
	Sensor   sensor.ID `json:"sensor"`
	Time     time.Time `json:"time"`     // the sensor's, corrected by its stated offset
	Received time.Time `json:"received"` // ours
	Clock    Clock     `json:"clock"`
	Source   Source    `json:"source"`

	Kind     Kind     `json:"kind"`
	Measure  Measure  `json:"measure"`
	Has      Has      `json:"has"`
	Distress Distress `json:"distress,omitempty"`

	// Place: Position and Cov. RangeBearing and BearingOnly: Origin, the
	// measured values and their standard deviations; Position is then the
	// measured point (RangeBearing) or the origin (BearingOnly), and Cov its
	// covariance, for those who need no better.
	Position  geo.Position `json:"position"`
	Cov       Cov2         `json:"cov_m2"`
	Height    geo.Height   `json:"height"`
	HeightSD  float64      `json:"height_sd_m,omitempty"`
	Origin    geo.Position `json:"origin"`
	Range     float64      `json:"range_m,omitempty"`
	RangeSD   float64      `json:"range_sd_m,omitempty"`
	Bearing   float64      `json:"bearing_deg,omitempty"` // from true north, clockwise
	BearingSD float64      `json:"bearing_sd_deg,omitempty"`
	Elevation float64      `json:"elevation_deg,omitempty"` // above the horizontal

	Speed   float64 `json:"speed_mps,omitempty"`   // over ground
	Course  float64 `json:"course_deg,omitempty"`  // over ground, true
	Heading float64 `json:"heading_deg,omitempty"` // true
	Climb   float64 `json:"climb_mps,omitempty"`   // up positive

	Claims []Claim `json:"claims,omitempty"` // ordered by Kind, one a kind
	Text   string  `json:"text,omitempty"`   // of a safety message
}

// Claimed gives the value claimed for a kind of identity.
func (o *Observation) Claimed(kind ClaimKind) (string, bool) {
	for i := range o.Claims {
		if o.Claims[i].Kind == kind {
			return o.Claims[i].Value, true
		}
	}
	return "", false
}

// Echo reports whether the same message was already observed over another
// receiver.
func (o *Observation) Echo() bool { return o.Source.EchoOf != 0 }
