package desk

import (
	"errors"
	"fmt"
	"time"
)

// What can be wrong with a wish. Every error that the desk returns matches one
// of these, or is a failure of the storage.
var (
	// ErrFull: no room on the disk; nothing was changed.
	ErrFull = errors.New("no room on the disk")
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrConflict: somebody else changed it in between.
	ErrConflict = errors.New("changed in between")
	// ErrInvalid: the wish itself is not complete or not allowed in content.
	ErrInvalid = errors.New("not valid")
	// ErrForbidden: the person's role does not allow it.
	ErrForbidden = errors.New("not allowed")
	// ErrSecondPerson: the policy asks for two people, and one asked.
	ErrSecondPerson = errors.New("a second person must approve this")
	// ErrLedger: the ledger takes no records, so nothing that needs one can be
	// done.
	ErrLedger = errors.New("the ledger takes no records")
	// ErrRequestReused: the request id was already used for another wish.
	ErrRequestReused = errors.New("request id already used")
)

// Unrecorded reports whether err says that nothing can be recorded now, for
// want of room or because the ledger takes nothing. What people only look at
// goes on all the same.
func Unrecorded(err error) bool { return errors.Is(err, ErrFull) || errors.Is(err, ErrLedger) }

// StateError says that an alert is not in the state that a decision needs. It
// matches ErrConflict.
type StateError struct {
	Alert   AlertID
	State   State // as it stands
	Version uint64
	By      Who // who brought it there
	At      time.Time
	Outcome Outcome // of a closed alert
	Next    string  // what to do
}

func (e *StateError) Error() string {
	s := fmt.Sprintf("alert %s is %s", e.Alert, e.State)
	if e.By.Name != "" {
		s += fmt.Sprintf(" by %s at %s", e.By.Name, e.At.UTC().Format(time.RFC3339))
	}
	if e.Outcome != NoOutcome {
		s += fmt.Sprintf(" (%s)", e.Outcome)
	}
	return s + ": " + e.Next
}

// Is makes every StateError an ErrConflict.
func (e *StateError) Is(target error) bool { return target == ErrConflict }
