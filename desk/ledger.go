package desk

import (
	"context"
	"errors"
	"time"
)

// Ledger gates acts: the record of an act is durable before the act begins.
//
// Every change of consequence goes through Do: a decision about an alert, a
// change of a person or of what the picture is judged by. At first the store
// journals the records; the transparency ledger replaces the inside.
type Ledger interface {
	// Do makes the record durable, runs act, and records its outcome: done, or
	// failed with the error's text. act does not run when the record cannot be
	// made durable; then Do's error says why and nothing happened.
	//
	// Otherwise Do returns what act returned; of ErrUnknownOutcome the outcome is
	// unknown. An outcome that cannot be
	// recorded is owed: it is written as soon as there is room. Where the
	// program dies first, the next start finds a record without an outcome and
	// closes it as unknown.
	//
	// The same Record.ID may come again when an earlier attempt failed or is
	// unknown: each attempt is a record of its own. It is act that must be
	// idempotent under Record.ID.
	Do(ctx context.Context, rec Record, act func(context.Context) error) error
}

// Record announces an act of consequence.
type Record struct {
	ID      string    // the caller's name for the act; a retry has the same
	Kind    string    // "alert.acknowledge", "person.role"
	At      time.Time // when it was decided
	Who     Who
	Subject string // what it is about: "alert:A3F..."
	Fields  []Field
}

// Field is one named content of a record.
type Field struct {
	Name  string `json:"name" doc:"what it is"`
	Value string `json:"value" doc:"what was written"`
}

// JournalOutcome is how an act ended.
type JournalOutcome string

// How an act can end.
const (
	Pending        JournalOutcome = ""        // it runs, or its outcome is owed
	Done           JournalOutcome = "done"    // act returned nil
	Failed         JournalOutcome = "failed"  // act returned an error
	UnknownOutcome JournalOutcome = "unknown" // the program ended in between
)

// ErrUnknownOutcome is an act's error when nobody knows whether it was done.
var ErrUnknownOutcome = errors.New("nobody knows whether it was done")

// OutcomeOf is the outcome of an act that returned err.
func OutcomeOf(err error) (o JournalOutcome, detail string) {
	switch {
	case err == nil:
		return Done, ""
	case errors.Is(err, ErrUnknownOutcome):
		return UnknownOutcome, err.Error()
	default:
		return Failed, err.Error()
	}
}

// Entry is a record as it stands in the ledger.
type Entry struct {
	Number  uint64 // place in the ledger, from 1
	Record  Record
	Outcome JournalOutcome
	Ended   time.Time // when the outcome was recorded
	Detail  string    // the error's text, or what was found at start
}

// Clock tells the time.
type Clock interface {
	Now() time.Time
}

type entryKey struct{}

// WithEntry tells an act where its entry stands in the log.
func WithEntry(ctx context.Context, index uint64) context.Context {
	return context.WithValue(ctx, entryKey{}, index)
}

// EntryOf gives where the entry of the act stands in the log; false outside an
// act, or where there is no log.
func EntryOf(ctx context.Context) (uint64, bool) {
	n, ok := ctx.Value(entryKey{}).(uint64)
	return n, ok
}
