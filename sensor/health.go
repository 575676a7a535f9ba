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

// CauseCode names why a feed is in its state. The screens have the words for
// each, and for what to do next.
type CauseCode string

// Causes, and what of a Cause belongs to each.
const (
	NoCause          CauseCode = ""                       // it is up
	CauseWaiting     CauseCode = "waiting"                // nothing yet; Seconds until it is called silent
	CauseCannotRun   CauseCode = "cannot-run"             // its description does not work: Detail
	CauseApart       CauseCode = "exercise-apart"         // feed or sensor belongs to the exercise, or to the world: Sensor
	CauseNoSensor    CauseCode = "sensor-not-registered"  // Sensor, Count
	CauseSender      CauseCode = "sender-not-allowed"     // Sender, Count
	CauseOtherSource CauseCode = "other-source"           // what comes is another radar's or vehicle's: Sensor, Detail, Count
	CauseEnded       CauseCode = "recording-ended"        //
	CauseConnection  CauseCode = "connection-fails"       // Detail, Count of failures
	CauseUnstable    CauseCode = "connection-unstable"    // Detail, Count of failures in the last minute
	CauseNothing     CauseCode = "nothing-comes"          // Seconds since the last good frame, or the start
	CauseUnreadable  CauseCode = "nothing-readable"       // bytes come and no frame is good: Kind, Count, Seconds
	CauseManyBad     CauseCode = "many-bad"               // Share of the frames, Kind, Count
	CauseClock       CauseCode = "clock-contradicts-ours" // Share, Seconds it lies behind ours
	CauseLate        CauseCode = "late"                   // Share, Seconds
)

// Cause is why a feed is in its state, with the numbers that tell it.
type Cause struct {
	Code    CauseCode `json:"code" enum:",waiting,cannot-run,exercise-apart,sensor-not-registered,sender-not-allowed,other-source,recording-ended,connection-fails,connection-unstable,nothing-comes,nothing-readable,many-bad,clock-contradicts-ours,late" doc:"why, for programs; empty: it is up"`
	At      time.Time `json:"at,omitzero" doc:"when it was seen last"`
	Sender  string    `json:"sender,omitempty" doc:"address that is not allowed"`
	Sensor  ID        `json:"sensor,omitempty" doc:"the sensor that it is about"`
	Kind    string    `json:"kind,omitempty" doc:"the most frequent kind of bad frames in the last minute"`
	Count   uint64    `json:"count,omitempty" doc:"how often"`
	Share   float64   `json:"share,omitempty" doc:"part of the frames of the last minute, 0 to 1"`
	Seconds float64   `json:"seconds,omitempty" doc:"how long"`
	Detail  string    `json:"detail,omitempty" doc:"what the system or the sensor said"`
}

// Sample is one piece of bad input, kept for diagnosis.
type Sample struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	Why  string    `json:"why"`
	Raw  []byte    `json:"raw"`
}

// RegistrationState says how far the learning of a bias has come.
type RegistrationState string

// States of a registration.
const (
	Learning RegistrationState = "learning" // too little is known
	Steady   RegistrationState = "steady"   // known well, and still followed
	Frozen   RegistrationState = "frozen"   // kept as it is: what should teach it is in doubt
)

// Offset is by how much something is measured too much.
type Offset struct {
	Off float64 `json:"off" doc:"what is measured less what is so"`
	SD  float64 `json:"sd" doc:"one standard deviation of that"`
}

// Registration is how far a sensor is known to be off. The picture has that taken
// off already.
type Registration struct {
	State   RegistrationState `json:"state" enum:"learning,steady,frozen" doc:"how far it has come"`
	Why     string            `json:"why,omitempty" enum:"contested,dishonest,apart" doc:"it is frozen: identities are claimed in two places; things are not likely enough who they say that they are; they are farther from where they say than may be"`
	Since   time.Time         `json:"since,omitzero" doc:"it is frozen from then on"`
	Azimuth *Offset           `json:"azimuth_deg,omitempty" doc:"degrees clockwise; absent: not known"`
	Range   *Offset           `json:"range_m,omitempty" doc:"metres; absent: not known"`
	Time    *Offset           `json:"time_ms,omitempty" doc:"milliseconds that its clock is ahead; absent: not known"`
	Pairs   int               `json:"pairs" doc:"plots that were compared with cooperative tracks, and used"`
	Refused int               `json:"refused" doc:"those that could not be used"`
	Last    time.Time         `json:"last,omitzero" doc:"of the last one used"`
}

// Health is what people see of a feed.
type Health struct {
	Feed       FeedID            `json:"feed"`
	Sensor     ID                `json:"sensor"`
	Format     Format            `json:"format"`
	Source     string            `json:"source"`
	State      State             `json:"state"`
	Why        string            `json:"why"` // what is wrong and what to do
	Cause      Cause             `json:"cause"`
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
	// Registration of its sensor; nil where there is too little to say.
	Registration *Registration `json:"registration,omitempty"`
	Samples      []Sample      `json:"samples,omitempty"`
}
