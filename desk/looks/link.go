package looks

import (
	"context"
	"time"
)

// Link reaches one camera that can be turned.
//
// MoveHead is called at one place only, inside desk.Ledger.Do: a test of
// internal/layers holds that.
type Link interface {
	// Head tells where the camera points.
	Head(ctx context.Context) (Head, error)
	// MoveHead turns it. An error may leave open whether it turned.
	MoveHead(ctx context.Context, m Move) error
	// StopHead ends all moves.
	StopHead(ctx context.Context) error
	// StowHead turns it down as far as it goes, to the side where it points.
	StowHead(ctx context.Context, down Down) error
}

// Down says at which end of a camera's scale of tilt it points down.
type Down bool

// Ends of the scale.
const (
	AtLeast Down = false
	AtMost  Down = true
)

// Head is where a camera points, by its own scales.
type Head struct {
	// Pan and Tilt are degrees, or parts of the range from -1 to 1.
	Pan, Tilt float64
	Degrees   bool
	// Zoom is from 0, widest, to 1.
	Zoom   float64
	Moving bool
	// At is when the camera said so, by our clock.
	At time.Time
	// Moves counts all moves of the camera, whoever made it move; nil: it has no
	// such counter.
	Moves *uint64
	// Boot is another whenever that count began anew.
	Boot string
}

// MoveKind is how a move is told.
type MoveKind string

// The kinds of moves.
const (
	Absolute   MoveKind = "absolute"   // to a position
	Relative   MoveKind = "relative"   // by so much
	Continuous MoveKind = "continuous" // so fast, for a time
)

// Move is what a camera is told, by its own scales: of Head for a position and
// for by how much, and parts of full speed from -1 to 1 for how fast. What is
// nil stays as it is.
type Move struct {
	Kind    MoveKind
	PanTilt *[2]float64
	Zoom    *float64
	// For is how long a continuous move lasts: it ends by itself, also where
	// nobody can tell the camera to stop any more.
	For time.Duration
}
