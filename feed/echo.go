package feed

import (
	"time"

	"atalaya/obs"
	"atalaya/sensor"
)

// Echoes recognises one radiated message that came over several receivers. The
// first becomes the observation; the others are marked as its echoes and are
// kept as provenance. It is used by the one goroutine that gives sequences.
type Echoes struct {
	seen  map[obs.Key]heard
	queue []expiry // in order of arrival; what lies before head is gone
	head  int
}

type heard struct {
	seq uint64
	at  time.Time
}

type expiry struct {
	key obs.Key
	at  time.Time
}

// maxHeard bounds the memory of Echoes; beyond it the oldest is forgotten.
const maxHeard = 1 << 18

// NewEchoes makes an empty memory of messages.
func NewEchoes() *Echoes { return &Echoes{seen: map[obs.Key]heard{}} }

// window is how long after the first reception the same message is an echo. It
// is counted from the first, so that a thing which repeats itself unchanged is
// still heard anew every window.
func window(f sensor.Format) time.Duration {
	switch f {
	case sensor.FormatAIS:
		return 60 * time.Second // the message holds its second of the minute
	case sensor.FormatASTERIX:
		return 10 * time.Second // the message holds its time of day
	case sensor.FormatBeast, sensor.FormatAVR, sensor.FormatSBS, sensor.FormatMAVLink, sensor.FormatNMEA:
		return 2 * time.Second
	}
	return 2 * time.Second
}

// Mark compares the observation, which must have its sequence, with what was
// heard before, and sets Source.EchoOf. It reports whether it is an echo. An
// observation with a zero key is never one.
func (e *Echoes) Mark(o *obs.Observation, f sensor.Format) bool {
	if o.Source.Key == (obs.Key{}) {
		return false
	}
	if h, ok := e.seen[o.Source.Key]; ok {
		age := o.Received.Sub(h.at)
		if age >= 0 && age < window(f) {
			o.Source.EchoOf = h.seq
			return true
		}
	}
	e.seen[o.Source.Key] = heard{o.Seq, o.Received}
	e.queue = append(e.queue, expiry{o.Source.Key, o.Received})
	e.forget(o.Received)
	return false
}

// forget drops what is older than every window.
func (e *Echoes) forget(now time.Time) {
	const longest = 60 * time.Second
	for e.head < len(e.queue) && (len(e.queue)-e.head > maxHeard || now.Sub(e.queue[e.head].at) > longest) {
		old := e.queue[e.head]
		if h, ok := e.seen[old.key]; ok && h.at.Equal(old.at) {
			delete(e.seen, old.key)
		}
		e.head++
	}
	if e.head > len(e.queue)/2 {
		e.queue = e.queue[:copy(e.queue, e.queue[e.head:])]
		e.head = 0
	}
}
