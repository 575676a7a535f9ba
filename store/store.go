// Package store holds what all storage backends share: the steps of the
// history, their encoding, the sealing of content, and the errors.
//
// A backend keeps two kinds of data. What must last (alerts, findings, people,
// the journal, sensors and areas) is fsynced before the call returns. The
// history (observations, events, keyframes) is a rolling window, written in
// the background and thinned by a stated policy.
package store

import (
	"errors"
	"time"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/track"
)

// What can go wrong with storage. The first three are the desk's, so that
// nobody above needs to know this package to understand them.
var (
	ErrFull     = desk.ErrFull
	ErrNotFound = desk.ErrNotFound
	ErrConflict = desk.ErrConflict
	// ErrNewer: a newer program wrote the data; this one must not touch it.
	ErrNewer = errors.New("written by a newer program")
	// ErrDamaged: content cannot be read back: wrong key, or changed outside.
	ErrDamaged = errors.New("damaged")
	// ErrBehind: the disk is slower than the picture; a step was not kept.
	ErrBehind = errors.New("the disk does not keep up")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
)

// Step is one turn of the loop, as it is kept: what came in, and what it
// changed. Replay uses the same steps with the same boundaries.
type Step struct {
	N   uint64    // counts from 1 and never goes back
	Now time.Time // when it closed; receive time
	// FirstSeq and LastSeq are of its inputs; an empty step has
	// FirstSeq = LastSeq+1.
	FirstSeq, LastSeq uint64
	// Inputs are kept exactly, in order of sequence. Thinned says that
	// observations among them were dropped later, by the policy.
	Inputs  []track.Input
	Thinned bool
	// Events are kept to the precision that the package content states.
	Events []track.Event
	// Picture is every living track after the step, where a keyframe is due.
	Picture []track.Track
}

// Keyframe is the whole picture as it was known at a time.
type Keyframe struct {
	Step    uint64
	Known   time.Time
	LastSeq uint64
	Tracks  []track.Track // ordered by ID
	// Gap says that steps between the keyframe and the wanted time were not
	// kept, so that the picture may lack what happened in them.
	Gap bool
}

// Resume is where a program that starts continues counting, so that no number
// is ever used twice, whatever was lost in a crash.
type Resume struct {
	Step  uint64   // last used
	Seq   uint64   // last used
	Track track.ID // last used
	Known time.Time
}

// Point is a track's belief at one time, as its long history keeps it.
type Point struct {
	Time      time.Time // in the world
	Known     time.Time // when the step closed that believed it
	LastSeq   uint64    // of the observation behind it
	State     track.State
	Status    track.Status
	Kind      obs.Kind
	Distress  obs.Distress
	OnGround  bool
	Existence float64
	Revision  uint32
	Event     track.EventKind
	From      time.Time // of a Revised: points since then with lower revisions are void
}

// HistoryQuery asks for a track's past.
type HistoryQuery struct {
	Track    track.ID
	From, To time.Time // in the world; To is not included; zero To: all
	// KnownAt asks for what was known then; zero: what is known now.
	KnownAt time.Time
	// Limit is the most points to give; 0: 10,000.
	Limit int
}
