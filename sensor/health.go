package sensor

import "time"

// State is what a feed's health comes to.
type State string

// States of a feed.
const (
	Starting State = "starting" // nothing yet, and not long enough to call it silent
	Up       State = "up"
	Degraded State = "degraded" // frames come, but many are bad, or late, or the connection fails again and again
	Silent   State = "silent"   // no good frame for longer than the feed's limit
	Refused  State = "refused"  // what comes may not enter: sender or sensor not allowed
)

// Sample is one piece of bad input, kept for diagnosis.
type Sample struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	Why  string    `json:"why"`
	Raw  []byte    `json:"raw"`
}

// Health is what people see of a feed.
type Health struct {
	Feed       FeedID            `json:"feed"`
	Sensor     ID                `json:"sensor"`
	Format     Format            `json:"format"`
	Source     string            `json:"source"`
	State      State             `json:"state"`
	Why        string            `json:"why"` // what is wrong and what to do
	Since      time.Time         `json:"since"`
	LastFrame  time.Time         `json:"last_frame"` // zero: none yet
	Good       uint64            `json:"good"`
	Bad        map[string]uint64 `json:"bad"` // by kind
	Duplicate  uint64            `json:"duplicate"`
	Late       uint64            `json:"late"`
	ClockDoubt uint64            `json:"clock_doubt"`
	Refused    uint64            `json:"refused"`
	Lost       uint64            `json:"lost"` // dropped by the kernel before we could read
	Bytes      uint64            `json:"bytes"`
	Restarts   uint64            `json:"restarts"`
	Unproven   bool              `json:"sender_unproven"`
	// ClockOffset is how far the sensor's stated times lie before our receive
	// times, smoothed, in seconds; only where the sensor states full times or
	// times of day.
	ClockOffset *float64 `json:"clock_offset_s,omitempty"`
	Samples     []Sample `json:"samples,omitempty"`
}
