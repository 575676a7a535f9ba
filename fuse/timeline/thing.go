package timeline

import (
	"atalaya/fuse/imm"
	"atalaya/fuse/registration"
)

// thing is what may be one thing, with a version after each look that weighed
// it, by key.
type thing struct {
	id          ID
	number      int32  // of spare.all
	first, last int32  // of its versions; 0: it has none
	said        uint8  // its domain, if an officer said it
	withdrawn   bool   // it shall never have been
	dirty       bool   // it is another than Changes told
	from        Key    // from here on
	mark        uint64 // the making of a look that has met it
	whereabouts whereabouts
}

// version is what is believed of a thing after a look.
type version struct {
	head
	rare
	// state at head.stateAt; a look that showed nothing near it leaves both.
	state imm.State
}

// head is a version without what is rare and its state.
type head struct {
	key     Key
	exists  float64 // 0: it is let go
	letGo   float64 // with so much existence
	stateAt int64
	seenAt  int64 // the last time that a plot was likely its own
	identity
	// The pairs of the look that were weighed for it: of look.pairs.
	from, to int32
}

// rare is what few versions have.
type rare struct {
	numbers numbers
	leans   registration.Leans // on biases of sensors
}

// empty: it has no version.
func (th *thing) empty() bool { return th.last == 0 }
