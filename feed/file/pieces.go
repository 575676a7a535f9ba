package file

import (
	"bufio"
	"errors"
	"io"
	"iter"
	"time"

	"atalaya/codec/mavlink"
	"atalaya/feed"
)

// tick is how far made-up times lie apart.
const tick = time.Millisecond

// readBinary delivers bytes in pieces with made-up times.
func readBinary(r *bufio.Reader, at time.Time, d *delivery) error {
	piece := make([]byte, 1024)
	for ; ; at = at.Add(tick) {
		n, err := io.ReadFull(r, piece)
		if n > 0 && !d.chunk(feed.Chunk{Data: piece[:n], Received: at, Stream: 1}) {
			return nil
		}
		switch {
		case err == nil || n > 0: // a last piece that is not full: the next read says why
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}

// readTlog delivers frames with the times before them. What comes before the
// first time has the made-up one.
func readTlog(r *bufio.Reader, start time.Time, d *delivery) error {
	log := mavlink.NewTlog()
	deliver := func(pieces iter.Seq2[time.Time, []byte]) bool {
		for at, b := range pieces {
			if at.IsZero() {
				at = start
			}
			if !d.chunk(feed.Chunk{Data: b, Received: at, Stream: 1}) {
				return false
			}
		}
		return true
	}
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		if !deliver(log.Split(buf[:n])) {
			return nil
		}
		if err != nil {
			if !deliver(log.Flush()) {
				return nil
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
