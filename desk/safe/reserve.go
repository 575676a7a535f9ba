package safe

import "time"

// Reserve keeps records where nothing else can be kept: it needs no room and no
// key that it has not got already. Its methods may be called from several
// goroutines, and may take long on a disk that hangs.
type Reserve interface {
	// Keep keeps a record durably, and gives its place; desk.ErrFull: all places
	// are taken. A record that is too long is refused, whatever room there is.
	Keep(record []byte) (place int, err error)
	// Longest is how long a record may be.
	Longest() int
	// End keeps durably how the act of a kept record ended.
	End(place int, ending []byte) error
	// Free gives a place free, durably.
	Free(place int) error
	// Kept gives what is kept, the oldest first.
	Kept() ([]Piece, error)
	// Missing is how many records could not be kept, and since when, as SetMissing
	// was told last.
	Missing() (n uint64, since time.Time)
	// SetMissing keeps that durably.
	SetMissing(n uint64, since time.Time) error
}

// Piece is a record that is kept.
type Piece struct {
	Place  int
	Record []byte
	Ending []byte // nil: nobody said how its act ended
}
