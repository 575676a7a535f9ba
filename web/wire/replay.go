package wire

import "time"

// Wish is what a client wants of a replay: to open it, to go to a time, to
// play, stand or end it. What it leaves out stays as it is.
type Wish struct {
	Type    Type  `json:"type"`
	Channel uint8 `json:"channel"` // 1 to 255
	// Request is the client's number of this wish; the answer has it.
	Request uint64     `json:"request,omitempty"`
	At      *time.Time `json:"at,omitempty"`
	Speed   *float64   `json:"speed,omitempty"` // 1 to 60
	Paused  *bool      `json:"paused,omitempty"`
	Close   bool       `json:"close,omitempty"`
}

// Replay is how a replay stands.
type Replay struct {
	Type    Type      `json:"type"`
	Channel uint8     `json:"channel"`
	Request uint64    `json:"request"` // the last one that was carried out
	Epoch   uint64    `json:"epoch"`
	At      time.Time `json:"at"`
	Speed   float64   `json:"speed"`
	Paused  bool      `json:"paused"`
	End     bool      `json:"end"`     // it reached the newest step
	Known   time.Time `json:"known"`   // when the last step closed that is in the picture
	Coarse  bool      `json:"coarse"`  // of this time one picture in ten minutes is left
	Thinned bool      `json:"thinned"` // not all observations behind the picture are kept any more
	Gap     *Gap      `json:"gap"`     // in which it stands
	Range
}

// Range is what can be replayed.
type Range struct {
	Oldest time.Time `json:"oldest"`
	Newest time.Time `json:"newest"`
	Detail time.Time `json:"detail"` // since then every step is kept
	// Observations is since when all of them are kept.
	Observations time.Time `json:"observations"`
	Gaps         []Gap     `json:"gaps"` // of steps that were not kept since Detail, the latest; never nil
}

// Gap is a time of which no step was kept.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}
