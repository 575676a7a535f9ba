// Package picture gives a picture its hash.
package picture

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"iter"
	"math"
	"time"

	"atalaya/track"
)

// Hash is SHA-256 of a picture in a canonical encoding: the id that the next
// track gets, the number of tracks, and every track in the order given, which
// is by id. Numbers are big endian, texts carry their length, floating point is
// its IEEE 754 bits, times are nanoseconds since 1970, 0 where none is set.
func Hash(next track.ID, tracks iter.Seq[*track.Track], n int) (sum [32]byte) {
	w := encoder{h: sha256.New()}
	w.u64(uint64(next))
	w.u64(uint64(n))
	for t := range tracks {
		w.track(t)
	}
	w.flush()
	w.h.Sum(sum[:0])
	return sum
}

type encoder struct {
	h   hash.Hash
	buf []byte
}

func (w *encoder) flush() {
	_, _ = w.h.Write(w.buf) // a hash never fails
	w.buf = w.buf[:0]
}

func (w *encoder) u64(v uint64) { w.buf = binary.BigEndian.AppendUint64(w.buf, v) }

func (w *encoder) f64(vs ...float64) {
	for _, v := range vs {
		w.u64(math.Float64bits(v))
	}
}

func (w *encoder) text(s string) {
	w.u64(uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// flags are the bits of a number, the first the least.
func (w *encoder) flags(vs ...bool) {
	sum := uint64(0)
	for i, v := range vs {
		if v {
			sum |= 1 << i
		}
	}
	w.u64(sum)
}

func (w *encoder) time(t time.Time) {
	if t.IsZero() {
		w.u64(0)
		return
	}
	w.u64(uint64(t.UnixNano()))
}

func (w *encoder) track(t *track.Track) {
	w.u64(uint64(t.ID))
	w.u64(uint64(t.Revision))
	w.u64(uint64(t.Status))
	w.u64(uint64(t.Domain))
	w.u64(uint64(t.Kind))
	s := &t.State
	w.time(s.Time)
	w.f64(s.Position.Lat, s.Position.Lon, s.Height.Metres)
	w.u64(uint64(s.Height.Datum))
	w.f64(s.East, s.North, s.Climb)
	for i := range s.Cov {
		w.f64(s.Cov[i][:]...)
	}
	w.f64(t.Existence)
	w.u64(uint64(len(t.Claims)))
	for _, c := range t.Claims {
		w.u64(uint64(c.Kind))
		w.text(c.Value)
		w.f64(c.Honest)
	}
	w.u64(uint64(len(t.Sensors)))
	for _, id := range t.Sensors {
		w.text(string(id))
	}
	// A picture without foreign tracks has the hash that it had before there were any.
	w.flags(t.Proven, t.Foreign)
	w.flags(t.OnGround)
	w.u64(uint64(t.Distress))
	w.time(t.Born)
	w.time(t.Updated)
	w.u64(t.LastSeq)
	w.flush()
}
