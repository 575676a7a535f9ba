package mavlink

import (
	"encoding/binary"
	"iter"
	"time"
)

// stampSize is the size of the time before each frame of a tlog.
const stampSize = 8

// Tlog takes apart a telemetry log as ground stations write it: again and
// again 8 bytes of time (microseconds since 1970, big endian) and one frame.
// It resynchronises as a Decoder does. It is not safe for concurrent use.
type Tlog struct {
	scan scanner
	last time.Time
	lost bool // the last piece was no frame
}

// NewTlog makes a Tlog.
func NewTlog() *Tlog {
	return &Tlog{scan: scanner{defs: dialect(), prefix: stampSize}}
}

// Split takes the next bytes of the log and yields the recorded bytes without
// the times between them, piece by piece with the time of each: to be given to
// a Decoder, which says what is good. Bytes that belong to no frame have the
// time of the last one; the time is zero where none is known yet. The bytes are
// valid until the next call.
func (t *Tlog) Split(chunk []byte) iter.Seq2[time.Time, []byte] {
	t.scan.add(chunk)
	return t.drain(false)
}

// Flush yields what is left when the log ends.
func (t *Tlog) Flush() iter.Seq2[time.Time, []byte] { return t.drain(true) }

func (t *Tlog) drain(end bool) iter.Seq2[time.Time, []byte] {
	return func(yield func(time.Time, []byte) bool) {
		for {
			p, ok := t.scan.next(end)
			if !ok {
				return
			}
			if p.whole {
				t.stamp(binary.BigEndian.Uint64(p.before))
			} else if p.verdict != noFrame {
				p.raw = p.raw[min(stampSize, len(p.raw)):] // the time before a broken frame
			}
			t.lost = !p.whole
			if !yield(t.last, p.raw) {
				return
			}
		}
	}
}

// stamp takes over the time before a frame, unless it cannot be one: outside
// 2000 to 2100, or after lost bytes more than three days from the last.
func (t *Tlog) stamp(micros uint64) {
	const from, until, far = 946684800e6, 4102444800e6, 72 * time.Hour
	if micros < from || micros >= until {
		return
	}
	at := time.UnixMicro(int64(micros)).UTC()
	if t.lost && !t.last.IsZero() && at.Sub(t.last).Abs() > far {
		return
	}
	t.last = at
}
