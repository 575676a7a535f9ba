package track

import (
	"time"

	"atalaya/internal/enum"
)

// EventKind is what happened to a track.
type EventKind uint8

// What can happen to a track.
const (
	Born     EventKind = iota + 1 // a new track, tentative
	Promoted                      // tentative to confirmed
	Updated                       // moved by observations
	Coasted                       // confirmed to coasting: nothing recent
	Died                          // ended; the id is never used again
	Merged                        // ended, because it is the same thing as Other
	Split                         // born out of Other
	Stitched                      // continues Other after a gap
	Conflict                      // an identity jumps, or is claimed by Other too
	Identity                      // a claim was added or changed its honesty class
	Revised                       // late data rewrote its past since From
	Distress                      // it calls for help, or stopped calling
)

//nolint:gochecknoglobals // constant table
var eventNames = [...]string{
	"", "born", "promoted", "updated", "coasted", "died", "merged", "split",
	"stitched", "conflict", "identity", "revised", "distress",
}

func (k EventKind) String() string { return enum.Name(eventNames[:], k) }

// MarshalText writes the name.
func (k EventKind) MarshalText() ([]byte, error) { return enum.Marshal(eventNames[:], k) }

// UnmarshalText reads the name.
func (k *EventKind) UnmarshalText(b []byte) error { return enum.Unmarshal(eventNames[:], k, b) }

// Event is one change of the picture. Events of one step are ordered by track
// and then by what happened first.
type Event struct {
	Kind EventKind `json:"kind"`
	// Time is when it happened in the world: of the observation behind it, or
	// of the step where none is.
	Time  time.Time `json:"time"`
	Track Track     `json:"track"` // as believed after the event
	// Revision counts the rewritings of this track's past. Events with a lower
	// revision and a time not before From of the Revised event are void.
	Revision uint32    `json:"revision"`
	From     time.Time `json:"from"`  // Revised: rewritten since
	Other    ID        `json:"other"` // Merged, Split, Stitched, Conflict: the partner
	Lineage  Lineage   `json:"lineage,omitempty"`
}
