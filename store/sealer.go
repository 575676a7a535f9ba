package store

import "time"

// Class is a class of content that is sealed, kept and one day destroyed
// together.
type Class string

// Classes of content.
const (
	ClassInput    Class = "input"    // observations, scans, changes
	ClassEvent    Class = "event"    // events and keyframes
	ClassTrack    Class = "track"    // long history of tracks
	ClassEvidence Class = "evidence" // observations that alerts and documents rest on
	ClassFinding  Class = "finding"
	ClassAlert    Class = "alert"
	ClassPerson   Class = "person" // people, sessions, enrolments
	ClassJournal  Class = "journal"
	ClassRegistry Class = "registry" // sensors, feeds, areas, assets, decisions
	ClassDocument Class = "document" // cases, reports, tasks, hand-overs
	ClassLedger   Class = "ledger"   // what entries of the ledger commit to, and its key
	ClassHold     Class = "hold"     // what outlives its class because two people ordered it
)

// Sealer makes content opaque before it is stored. Content is sealed by its
// class and the day (UTC) that it belongs to, so that a day of a class can be
// made unreadable by destroying one key.
type Sealer interface {
	Seal(class Class, day time.Time, plain []byte) ([]byte, error)
	// Open fails with ErrDamaged when the content was sealed with another key,
	// class or day, or was changed.
	Open(class Class, day time.Time, sealed []byte) ([]byte, error)
}
