// Package watch infers findings from the picture: border crossings, entries
// into areas, calls for help.
package watch

import (
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/track"
)

// Priority orders what asks for attention.
type Priority uint8

// Priorities.
const (
	Low Priority = iota + 1
	Medium
	High
	Top // life is in danger
)

// Status is whether a finding still stands.
type Status uint8

// A finding falls when late data rewrote what it rested on; it is then
// withdrawn, never deleted.
const (
	Raised Status = iota + 1
	Withdrawn
)

// Text is a sentence in the languages of the screen.
type Text struct {
	ES string `json:"es"`
	EN string `json:"en"`
}

// Finding is what a rule infers, with all that it rests on.
type Finding struct {
	// ID is made from rule, track, subject and the sequence of the observation
	// that raised it, so that a replay makes the same and a restart no other.
	ID          string       `json:"id"`
	Revision    uint32       `json:"revision"` // counts changes of this finding, from 1
	Status      Status       `json:"status"`
	Rule        string       `json:"rule"`
	RuleVersion uint32       `json:"rule_version"`
	Priority    Priority     `json:"priority"`
	Alert       bool         `json:"alert"` // asks somebody to act
	Track       track.ID     `json:"track"`
	Time        time.Time    `json:"time"` // in the world
	Position    geo.Position `json:"position"`
	Area        area.ID      `json:"area,omitempty"`
	AreaVersion uint32       `json:"area_version,omitempty"`
	Probability float64      `json:"probability"`
	// Inputs are the sequences of the observations that it rests on.
	Inputs []uint64    `json:"inputs"`
	Belief track.Track `json:"belief"` // the track as believed then
	Why    Text        `json:"why"`
	// Expected tells the officer what is expected of them.
	Expected Text `json:"expected"`
}
