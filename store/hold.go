package store

import (
	"errors"
	"time"

	"atalaya/track"
)

// What a legal hold keeps: copies, taken while the days' keys are there, and
// sealed under a key of the hold's own. Retention and purges never look at
// them, so that a hold delays no purge; when the hold is lifted they are
// deleted and its key is destroyed.

// HoldClass is the class of a hold's own key.
func HoldClass(hold string) Class { return ClassHold + "/" + Class(hold) }

// Span is what a hold chooses: of a track its points, its findings and what
// happened to it with lineages and observations; or all of a class.
type Span struct {
	Track    track.ID // 0: all of Class
	Class    Class    // input, event, track or finding; empty with a track
	From, To time.Time
}

// Forms of what is held.
const (
	FormInputs   = "inputs"   // of a step
	FormEvents   = "events"   // of a step
	FormKeyframe = "keyframe" // the picture after a step
	FormPoints   = "points"   // of a track
	FormTold     = "told"     // what happened to a track in a minute
	FormFinding  = "finding"
)

// Piece is one thing that is held, sealed.
type Piece struct {
	Class   Class
	Form    string
	Minute  int64  // since 1970 UTC: it was sealed on the day of it
	Number  uint64 // of its step or track, or the row of a finding
	Content []byte
}

// Choice is what was found for a hold.
type Choice struct {
	Items       map[Class]uint64
	First, Last time.Time // days (UTC) of the oldest and the newest of it
	Key         DataKey   // of the hold
}

// All is how many pieces there are.
func (c Choice) All() (n uint64) {
	for _, k := range c.Items {
		n += k
	}
	return n
}

// HeldPiece is a piece that is held, open.
type HeldPiece struct {
	Class  Class     `json:"class"`
	Form   string    `json:"form"`
	Minute time.Time `json:"minute"`
	Number uint64    `json:"number"`
	Value  any       `json:"content"`
}

// errHeld is a hold's key that is there already.
var errHeld = errors.New("the hold has a key already")

// MakeKey makes the key of a class and day, which must have none.
func (k *Keyring) MakeKey(class Class, at time.Time) (DataKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	of := classDay{class, dayOf(at)}
	if _, there := k.days[of]; there {
		return DataKey{}, errHeld
	}
	n, err := k.make(of.class, of.day)
	if err != nil {
		return DataKey{}, err
	}
	return k.slots[n].name(), nil
}

// KeysOf gives the keys of a class.
func (k *Keyring) KeysOf(class Class) (out []DataKey) {
	for _, key := range k.Keys() {
		if key.Class == class {
			out = append(out, key)
		}
	}
	return out
}

// SealUnder seals content of a class and day under the key of another, so that
// it outlives its own.
func (k *Keyring) SealUnder(class Class, day time.Time, plain []byte, under DataKey) ([]byte, error) {
	return k.seal(class, dayOf(day), plain, classDay{under.Class, dayOf(under.Day)})
}
