// Package sensor describes what reports to Atalaya: sensors and the feeds that
// bring their reports, as versioned records.
package sensor

import (
	"net/netip"
	"time"

	"atalaya/geo"
	"atalaya/valid"
)

// ID names a sensor for ever; it is never reused.
type ID string

// FeedID names a feed.
type FeedID string

// The sensor and the feed of what people report. They come with the program,
// and are registered like every other.
const (
	Reports     ID     = "reports"
	ReportsFeed FeedID = "reports"
)

// Kind is what a sensor is.
type Kind string

// The kinds of sensors. Cooperative receivers (AIS, ADS-B, telemetry) and
// people never produce a miss.
const (
	AISReceiver  Kind = "ais-receiver"
	ADSBReceiver Kind = "adsb-receiver"
	Radar        Kind = "radar"        // surveillance radar with full scans
	MarineRadar  Kind = "marine-radar" // reports its own tracked targets
	Drone        Kind = "drone"        // own aircraft: its telemetry
	Camera       Kind = "camera"
	Person       Kind = "person"
	Neighbour    Kind = "neighbour" // somebody else's tracks
)

// Looks reports whether a sensor of this kind looks at space, so that seeing
// nothing there is evidence.
func (k Kind) Looks() bool { return k == Radar || k == Camera }

// Sensor is one version of a sensor's description.
type Sensor struct {
	ID    ID           `json:"id" doc:"name of the sensor, for ever"`
	Name  string       `json:"name" doc:"name for people"`
	Kind  Kind         `json:"kind" doc:"what it is"`
	Valid valid.Record `json:"version" doc:"version and validity"`
	// Position of the antenna; for one on a moving platform the last known.
	Position geo.Position `json:"position" doc:"WGS84 degrees"`
	Height   geo.Height   `json:"height" doc:"of the antenna"`
	Moving   bool         `json:"moving" doc:"on a platform that reports its own position"`

	// One standard deviation of its errors. For sensors that report positions
	// PositionSD is used where the report itself says nothing better.
	PositionSD float64 `json:"position_sd_m" doc:"metres, 1 sigma"`
	RangeSD    float64 `json:"range_sd_m" doc:"metres, 1 sigma"`
	BearingSD  float64 `json:"bearing_sd_deg" doc:"degrees, 1 sigma"`
	MaxRange   float64 `json:"max_range_m" doc:"metres; 0: not stated"`
	// It looks from SectorFrom clockwise to SectorTo, degrees from true north;
	// equal means all round.
	SectorFrom float64 `json:"sector_from_deg,omitempty" doc:"degrees from true north: it looks from here clockwise"`
	SectorTo   float64 `json:"sector_to_deg,omitempty" doc:"to here; equal: all round"`
	Detection  float64 `json:"detection" doc:"probability to see a target in range in one scan"`

	// TimeOffset is subtracted from the sensor's own times.
	TimeOffset time.Duration `json:"time_offset_ns" doc:"its clock minus true time"`
	// ScanPeriod is how often a radar turns; 0 where it does not.
	ScanPeriod time.Duration `json:"scan_period_ns" doc:"time of one turn"`

	SAC uint8 `json:"sac" doc:"ASTERIX system area code"`
	SIC uint8 `json:"sic" doc:"ASTERIX system identification code"`
	// SystemID is the MAVLink system id of a drone; 0: none.
	SystemID uint8 `json:"system_id" doc:"MAVLink system id"`

	// Mount is of a camera that can be turned; nil: it cannot.
	Mount *Mount `json:"mount,omitempty" doc:"how a camera that can be turned stands"`

	Exercise bool `json:"exercise" doc:"belongs to the exercise, not to the world"`
}

// Key implements valid.Versioned.
func (s Sensor) Key() string { return string(s.ID) }

// Version implements valid.Versioned.
func (s Sensor) Version() valid.Record { return s.Valid }

// Format is the language a feed speaks.
type Format string

// The formats that feeds speak.
const (
	FormatAIS     Format = "ais"     // AIVDM/AIVDO sentences, tag blocks
	FormatBeast   Format = "beast"   // Mode S, Beast binary
	FormatAVR     Format = "avr"     // Mode S, AVR text
	FormatSBS     Format = "sbs"     // BaseStation text
	FormatASTERIX Format = "asterix" // data blocks
	FormatNMEA    Format = "nmea"    // marine radar and own position
	FormatMAVLink Format = "mavlink"
	// FormatObservations is our own recording, a JSON object a line.
	FormatObservations Format = "observations"
	// FormatReports is what officers enter at the desk.
	FormatReports Format = "reports"
)

// Feed is one version of a connection's description.
type Feed struct {
	ID     FeedID       `json:"id" doc:"name of the feed"`
	Sensor ID           `json:"sensor" doc:"the registered sensor that it serves"`
	Valid  valid.Record `json:"version" doc:"version and validity"`
	Format Format       `json:"format" doc:"the language it speaks"`
	// Source is where it comes from, as a URL:
	//   udp://127.0.0.1:10110          listen; a multicast group is joined
	//   tcp://host:30005               connect
	//   tcp-listen://127.0.0.1:30004   accept
	//   serial:///dev/ttyUSB0?baud=38400
	//   file:///path?speed=1           with its own timing, times speed
	//   desk:reports                   what officers enter
	Source string `json:"source" doc:"URL of the transport"`
	// Allowed senders; none means anybody who reaches the socket.
	Allowed []netip.Prefix `json:"allowed" doc:"addresses that may send"`
	// Proven says that the transport itself proves the sender (a serial line,
	// a file of ours); a network without authentication does not.
	Proven bool `json:"proven" doc:"the transport proves its sender"`
	// Silent is how long nothing may come before the feed is called silent.
	Silent time.Duration `json:"silent_after_ns" doc:"no frame for so long means silent"`
	// Editions chooses ASTERIX editions, "048": "1.27".
	Editions map[string]string `json:"editions,omitempty" doc:"ASTERIX edition by category"`
	// MAVLink1 accepts version 1 frames, which can never be signed.
	MAVLink1 bool `json:"mavlink1" doc:"accept MAVLink version 1 frames"`
	Repair   bool `json:"repair" doc:"repair one-bit errors of Mode S frames"`
	Exercise bool `json:"exercise" doc:"belongs to the exercise"`
}

// Allows reports whether a sender may send. With no list anybody may.
func (f Feed) Allows(sender netip.Addr) bool {
	if len(f.Allowed) == 0 {
		return true
	}
	sender = sender.Unmap()
	for _, p := range f.Allowed {
		if p.Contains(sender) {
			return true
		}
	}
	return false
}

// Key implements valid.Versioned.
func (f Feed) Key() string { return string(f.ID) }

// Version implements valid.Versioned.
func (f Feed) Version() valid.Record { return f.Valid }
