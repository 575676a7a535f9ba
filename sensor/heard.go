package sensor

import (
	"encoding/json"
	"time"
)

// Became is what became of a message that a feed brought.
type Became string

// What a message can become.
const (
	Observed   Became = "observed"  // an observation was made of it
	Duplicate  Became = "duplicate" // and another receiver had brought it before
	InScan     Became = "in-scan"   // it waits for the end of the antenna's turn
	Nothing    Became = "nothing"   // it is good, and makes no observation: Reason
	BadFrame   Became = "bad"       // it cannot be read: Kind
	NotAllowed Became = "refused"   // it may not enter: Kind
)

// Reason is why a good message makes no observation.
type Reason string

// Why good messages make no observation.
const (
	SaysNothing   Reason = "says-nothing"   // no place, no identity, no call for help
	NamesNobody   Reason = "names-nobody"   // no identity that can be believed, or an anonymous one
	Addressed     Reason = "addressed"      // for one receiver: not ours to read
	NotMeasured   Reason = "not-measured"   // a test, a reflection, an extrapolation, the end of a track
	NoPlace       Reason = "no-place"       // it has no position that can be used
	NoReference   Reason = "no-reference"   // relative to a heading or a place that nobody told
	GroundStation Reason = "ground-station" // of the link itself
	OfTheSensor   Reason = "of-the-sensor"  // about the sensor: its turn, its position, its clock
)

// Heard is one message as a feed brought it, and what became of it.
type Heard struct {
	Number  uint64          `json:"number" doc:"counted since somebody began to watch"`
	At      time.Time       `json:"at" doc:"when it came"`
	From    string          `json:"from,omitempty" doc:"address of the sender; absent: the transport has none"`
	Hex     string          `json:"raw_hex" doc:"its bytes, at most 1024"`
	Text    string          `json:"text,omitempty" doc:"its bytes as text, where they can be printed"`
	Decoded json.RawMessage `json:"decoded,omitempty" doc:"what it says, as 'atalaya decode' prints it"`
	Became  Became          `json:"became" enum:"observed,duplicate,in-scan,nothing,bad,refused" doc:"what became of it"`
	Reason  Reason          `json:"reason,omitempty" enum:"says-nothing,names-nobody,addressed,not-measured,no-place,no-reference,ground-station,of-the-sensor" doc:"why it made no observation"`
	Kind    string          `json:"kind,omitempty" doc:"kind of a bad frame, or the cause of a refusal"`
	Why     string          `json:"why,omitempty" doc:"what is wrong with it and what to do"`
	Late    float64         `json:"late_s,omitempty" doc:"seconds that the sensor's time lies behind ours, where that is too much"`
	Doubt   bool            `json:"clock_doubt,omitempty" doc:"the sensor's time is not believed"`
}

// Tapped is what a feed brought since somebody asked last.
type Tapped struct {
	Messages []Heard `json:"messages" doc:"oldest first"`
	Next     uint64  `json:"next" doc:"give it as after for what comes next"`
	// Missed are messages that came too fast to be kept, or before the client
	// asked again.
	Missed uint64 `json:"missed" doc:"messages since then that could not be kept: they came too fast"`
}
