// Package entered is the transport of what people enter at the desk: the
// program itself is the sender, and every entry comes whole.
package entered

import (
	"context"
	"fmt"
	"time"

	"atalaya/feed"
)

// waiting is how many entries wait at most.
const waiting = 64

// Desk is where entries are put in. Its Run serves one feed at a time.
type Desk struct {
	now func() time.Time
	in  chan []byte
}

// New makes a desk.
func New(now func() time.Time) *Desk { return &Desk{now: now, in: make(chan []byte, waiting)} }

// Put takes an entry, and reports whether it had room: it has none for long
// where no feed runs.
func (d *Desk) Put(entry []byte) bool {
	select {
	case d.in <- entry:
		return true
	default:
		return false
	}
}

// Run implements feed.Transport.
func (d *Desk) Run(ctx context.Context, emit func(feed.Chunk)) error {
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for entries: %w", ctx.Err())
		case entry := <-d.in:
			emit(feed.Chunk{Data: entry, Received: d.now(), Stream: 1, Datagram: true})
		}
	}
}
