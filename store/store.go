// Package store holds what all storage backends share: the steps of the
// history, their encoding, the sealing of content, and the errors.
//
// A backend keeps two kinds of data. What must last (alerts, findings,
// documents, people, the journal, sensors and areas) is fsynced before the call
// returns. The history (observations, events, keyframes) is a rolling window,
// written in the background and thinned by a stated policy.
package store

import (
	"errors"
	"time"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/track"
	"atalaya/watch"
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

// Progress is what some steps changed in the picture, as it was known at a
// time.
type Progress struct {
	Step   uint64 // the last one in it
	Known  time.Time
	Tracks []track.Track // ordered by ID
	Gone   []Gone        // ordered by ID
	// Whole says that Tracks are the whole picture: steps in between were not
	// kept, or there were too many.
	Whole bool
}

// Gone is a track that ended; Into is the one that it merged into, or 0.
type Gone struct{ ID, Into track.ID }

// Extent is what of the past is kept. Times are zero where nothing is.
type Extent struct {
	Oldest, Newest time.Time // of the pictures
	// Detail is since when every step has its events; before, only keyframes
	// are left. Observations is since when all inputs are kept.
	Detail, Observations time.Time
	// Lineages is since when every event has its lineage.
	Lineages time.Time
	Gaps     []Gap // since Detail, the latest 100, oldest first
}

// Gap is a time of which no step was kept, to the second.
type Gap struct{ From, To time.Time }

// Tally counts what began in a part of the past.
type Tally struct {
	Findings int
	Alerts   [4]int // by priority, from low to top; notices apart
}

// Resume is where a program that starts continues counting, so that no number
// is ever used twice, whatever was lost in a crash.
type Resume struct {
	Step  uint64   // last used
	Seq   uint64   // last used
	Track track.ID // last used
	Known time.Time
}

// Point is a track's belief at one time, as its long history keeps it: at most
// one a second, of the covariance only the position's part.
type Point struct {
	State     track.State
	Known     time.Time // when the step closed that believed it
	LastSeq   uint64    // of the observation behind it
	Event     track.EventKind
	Revision  uint32
	From      time.Time // of a Revised: points since then with lower revisions are void
	Status    track.Status
	Domain    track.Domain
	Kind      obs.Kind
	Distress  obs.Distress
	OnGround  bool
	Proven    bool
	Foreign   bool
	Existence float64
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

// FindingQuery asks for findings, newest first.
type FindingQuery struct {
	Track    track.ID  // 0: all
	From, To time.Time // known; To is not included; zero: all
	// All asks for every revision; otherwise only the latest of each finding.
	All    bool
	Before uint64 // the Number of the last one of the page before; 0: from the newest
	Limit  int    // 0: 100; at most 1000
}

// Kept is a finding as it stands in the store.
type Kept struct {
	Number uint64 // order in which revisions were kept
	Known  time.Time
	watch.Finding
}

// Registry is every version of what observations are judged by, and the
// officers' decisions about tracks, in the order in which they were kept.
type Registry []track.Change

// Policy says what the history keeps, and for how long. What an alert rests on
// is kept as long as the alert, whatever the policy: of its track, half an hour
// before and after with lineages and observations, a day before and after the
// points.
type Policy struct {
	// Steps are kept whole for Whole; then thinned (Thinner); after Inputs their
	// inputs expire.
	Whole  time.Duration
	Inputs time.Duration
	// Events, with their lineages, expire after Events. A lineage takes some 100
	// bytes, so that 10,000 updates a second make 86 GB a day.
	Events time.Duration
	// Tracks keep every point for Points; then one in ten seconds; after Tracks
	// they expire. One keyframe a minute is kept as long as events are, one in
	// ten minutes as long as tracks.
	Points time.Duration
	Tracks time.Duration
	// Findings that raised no alert expire after Findings.
	Findings time.Duration
	// MaxBytes bounds the history; MinFree is what must stay free on the disk.
	// Near them, at nine tenths, steps older than an hour are thinned early, the
	// oldest first (Thinner, ThinRoom); where that is not enough, the oldest goes,
	// detail before tracks. What was thinned is recorded (Thinning).
	MaxBytes int64
	MinFree  int64
}

// DefaultPolicy is the policy in force where nothing else is configured.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{
		Whole: 3 * day, Inputs: 3 * day, Events: 3 * day, Points: 2 * day, Tracks: 30 * day, Findings: 90 * day,
		MaxBytes: 20 << 30, MinFree: 1 << 30,
	}
}

// Retention counts what the policy did since the program started.
type Retention struct {
	ThinnedSteps  uint64 `json:"thinned_steps" doc:"steps whose observations were thinned"`
	Thinned       uint64 `json:"thinned_observations" doc:"observations dropped by thinning"`
	Lineages      uint64 `json:"thinned_lineages" doc:"lineages dropped by thinning"`
	Pinned        uint64 `json:"pinned" doc:"events copied, with lineage and observations, because an alert or a case rests on them"`
	ExpiredInputs uint64 `json:"expired_input_steps" doc:"steps whose inputs expired"`
	ExpiredEvents uint64 `json:"expired_event_steps" doc:"steps whose events expired"`
	ThinnedPoints uint64 `json:"thinned_points" doc:"points of tracks dropped by thinning"`
	ExpiredTracks uint64 `json:"expired_chunks" doc:"chunks of tracks' history that expired"`
	Findings      uint64 `json:"expired_findings" doc:"findings without alert that expired"`
	Early         uint64 `json:"early" doc:"of all these steps and chunks, expired early for want of room"`
}

// Add adds what another part of the work did.
func (r *Retention) Add(o Retention) {
	r.ThinnedSteps += o.ThinnedSteps
	r.Thinned += o.Thinned
	r.Lineages += o.Lineages
	r.Pinned += o.Pinned
	r.ExpiredInputs += o.ExpiredInputs
	r.ExpiredEvents += o.ExpiredEvents
	r.ThinnedPoints += o.ThinnedPoints
	r.ExpiredTracks += o.ExpiredTracks
	r.Findings += o.Findings
	r.Early += o.Early
}
