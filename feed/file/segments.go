package file

import (
	"net/netip"
	"slices"
	"time"

	"atalaya/feed"
)

// maxHeld bounds the segments of one direction that wait for an earlier one:
// more than a sender's window. What is still missing then was not captured.
const maxHeld = 256

// direction is what one side of a TCP connection sends, put in order. (The
// assemblers of gopacket deliver in the order of a map where segments are
// missing, so that no two readings need be the same.)
type direction struct {
	out    *delivery
	from   netip.AddrPort
	stream uint64
	synced bool   // next is known
	began  bool   // data was delivered
	next   uint32 // sequence number of the next byte
	held   []segment
}

type segment struct {
	seq  uint32
	data []byte
	at   time.Time
}

// take delivers a segment when its turn has come, and what waited for it.
func (d *direction) take(s segment) {
	if len(s.data) == 0 {
		return
	}
	if !d.synced { // the capture began within the connection
		d.next, d.synced = s.seq, true
	}
	if ahead := int32(s.seq - d.next); ahead > 0 {
		d.held = append(d.held, s)
		if len(d.held) >= maxHeld {
			d.skip()
		}
		return
	}
	d.deliver(s)
	d.release()
}

// deliver hands on what is new of a segment: all of it, or its end where the
// beginning was sent before.
func (d *direction) deliver(s segment) {
	old := d.next - s.seq
	if old >= uint32(len(s.data)) {
		return
	}
	data := s.data[old:]
	d.next += uint32(len(data))
	d.began = true
	d.out.chunk(feed.Chunk{Data: data, Received: s.at, From: d.from, Stream: d.stream})
}

// release delivers the held segments whose turn has come.
func (d *direction) release() {
	for i := 0; i < len(d.held); {
		if int32(d.held[i].seq-d.next) > 0 {
			i++
			continue
		}
		s := d.held[i]
		d.held = slices.Delete(d.held, i, i+1)
		d.deliver(s)
		i = 0
	}
}

// skip gives up what is missing before the first held segment, again and again
// until none is held.
func (d *direction) skip() {
	for len(d.held) > 0 {
		first := slices.MinFunc(d.held, func(a, b segment) int { return int(int32(a.seq - b.seq)) })
		d.next = first.seq
		d.release()
	}
}

// end delivers what is held, and ends the stream.
func (d *direction) end(at time.Time) {
	d.skip()
	if d.began {
		d.out.chunk(feed.Chunk{Received: at, From: d.from, Stream: d.stream, End: true})
	}
}
