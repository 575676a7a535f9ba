// Package watch infers findings from the picture: border crossings, entries
// into areas, calls for help.
package watch

import (
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/rule"
	"atalaya/track"
)

// Status is whether a finding still stands.
type Status uint8

// A finding falls when late data rewrote what it rested on; it is then
// withdrawn, never deleted.
const (
	Raised Status = iota + 1
	Withdrawn
)

// Finding is what a rule infers, with all that it rests on.
type Finding struct {
	// ID is made from rule, track, subject and the sequence of the observation
	// that raised it, so that a replay makes the same and a restart no other.
	ID          string        `json:"id"`
	Revision    uint32        `json:"revision"` // counts changes of this finding, from 1
	Status      Status        `json:"status"`
	Rule        string        `json:"rule"`
	RuleVersion uint32        `json:"rule_version"`
	Priority    rule.Priority `json:"priority"`
	Alert       bool          `json:"alert"` // asks somebody to act, where no rule of the desk says otherwise
	// Ordinary says that there is nothing to it: it was lawful, or an aircraft
	// that says who it is. It is kept, and no rule of the desk makes more of it.
	Ordinary bool `json:"ordinary,omitempty"`
	// Possible says that it rests on a demonstration line, which proves nothing.
	Possible    bool         `json:"possible,omitempty"`
	Track       track.ID     `json:"track"`
	Time        time.Time    `json:"time"` // in the world
	Position    geo.Position `json:"position"`
	Area        area.ID      `json:"area,omitempty"`
	AreaKind    area.Kind    `json:"area_kind,omitempty"`
	AreaVersion uint32       `json:"area_version,omitempty"`
	Probability float64      `json:"probability"`
	// Inputs are the sequences of the observations that it rests on.
	Inputs []uint64    `json:"inputs"`
	Belief track.Track `json:"belief"` // the track as believed then
	Why    rule.Text   `json:"why"`
	// Expected tells the officer what is expected of them.
	Expected rule.Text `json:"expected"`
}
