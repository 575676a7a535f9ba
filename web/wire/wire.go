// Package wire is the browser protocol: the binary frames that carry the
// picture and the text messages around them, as docs/protocol.md describes.
//
// A frame has a header and four tables: what moved, what changed its state,
// what changed its labels, what is gone. A snapshot begins a picture; a delta
// continues it from the sequence Base. What does not fit into a frame is
// counted in it, and follows. The tables
// are columns of little-endian fixed-width values, with the ids as ascending
// differences behind them: for 10,000 moving tracks 240 kB, a quarter less
// than rows, and decoded in the browser in a third of a millisecond.
package wire

import "errors"

// Version is the first byte of every frame. A client that meets another one
// reloads the page.
const Version = 2

// Kind is what a frame is.
type Kind uint8

// The kinds of frames.
const (
	Snapshot Kind = 1 // forget what was before
	Delta    Kind = 2 // what is to be told after Base
)

// Live is the channel of the present. Others are replays.
const Live = 0

// MaxSafe is the highest id, epoch and sequence: the browser counts in
// doubles.
const MaxSafe = 1<<53 - 1

// Header says where a frame stands in its stream.
type Header struct {
	Kind    Kind
	Channel uint8
	// Exercise says that everything in the frame is simulated.
	Exercise bool
	// Shed is how many earlier deltas were never sent, because the client was
	// slow, and are contained in this frame instead.
	Shed uint32
	// Epoch is a random number below 2^53, new at every start of the server
	// and at every jump of a replay. Sequences of different epochs have
	// nothing to do with each other.
	Epoch uint64
	// Base is the sequence that a delta starts from; 0 in a snapshot. A client
	// whose last sequence is another one has a gap.
	Base     uint64
	Sequence uint64
	// Missing is how many tracks the client should have and has not got yet:
	// they follow.
	Missing uint32
	// Behind tells what the client may not know yet of those that it has: all
	// that changed more than so many ms before Clock is in its picture.
	Behind uint32
	// Clock is the server's time (or the replay's), in milliseconds since 1970.
	Clock int64
}

// Values that mean "not known".
const (
	NoSpeed  = 0xffff
	NoCourse = 0xffff
	NoHeight = -0x8000
)

// Motion is where a track is and how it moves.
type Motion struct {
	ID       uint64
	Lat, Lon int32  // WGS84, 1e-7 degrees
	Age      uint32 // ms from the time of the position to Clock
	Speed    uint16 // over ground, cm/s, or NoSpeed
	Course   uint16 // over ground, true, 0.01 degrees, 0..35999, or NoCourse
	Height   int16  // m above Datum, or NoHeight
	SD       uint16 // m, one standard deviation of the position along its worst axis, rounded up
	Coast    uint16 // 0.1 s from the last observation to the time of the position: the part that is prediction only
	Datum    uint8  // geo.Datum
}

// Flags of a State.
const (
	Own      = 1 << iota // an asset of ours
	Unproven             // no sender among its sources is proven
	OnGround             // stands on the ground, as it says
	Told                 // only people told of it
	Foreign              // only another tracker, a neighbour's, told of it
)

// State is what a track is.
type State struct {
	ID        uint64
	Stale     uint16 // s after the last observation from which it is no longer extrapolated
	Existence uint8  // probability times 255
	Domain    uint8  // track.Domain
	Kind      uint8  // obs.Kind
	Status    uint8  // track.Status
	Flags     uint8
	Priority  uint8 // of its highest open alert, rule.Priority; 0: none
	Distress  uint8 // obs.Distress
	Sensors   uint8 // how many contributed; 255 means as many or more
}

// Has says which labels of a Label are sent. One that is sent empty is
// removed.
type Has uint8

// The labels, in the order of the frame.
const (
	HasName Has = 1 << iota
	HasMMSI
	HasICAO
	HasCallSign
	HasSquawk
	HasSystemID

	labels = 6
)

// Label is what a track claims to be called. Values is indexed as the bits of
// Has; each is at most 255 bytes of UTF-8.
type Label struct {
	ID     uint64
	Has    Has
	Values [labels]string
}

// Reason is why a track is gone.
type Reason uint8

// The reasons.
const (
	Ended    Reason = 1 // it no longer exists
	Merged   Reason = 2 // it is the same thing as Into
	LeftView Reason = 3 // it exists, but outside of what the client subscribed
)

// Gone is a tombstone.
type Gone struct {
	ID     uint64
	Reason Reason
	Into   uint64 // Merged: the track that goes on
}

// Frame is one binary message. Each table is in ascending order of id, and
// names a track once; a track that is new to the client is in Motion and in
// State.
type Frame struct {
	Header
	Motion []Motion
	State  []State
	Labels []Label
	Gone   []Gone
}

// What is wrong with a frame.
var (
	ErrVersion = errors.New("another version of the protocol")
	ErrShort   = errors.New("frame ends too early")
	ErrFrame   = errors.New("frame breaks a rule of the protocol")
)

const (
	headerSize = 64
	motionSize = 23 // bytes of a row in columns, without its id
	stateSize  = 10
)

// pad rounds up to four bytes, where the next section's columns start.
func pad(n int) int { return (n + 3) &^ 3 }
