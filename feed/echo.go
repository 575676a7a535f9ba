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
	short, medium, long memory
}

// NewEchoes makes an empty memory of messages.
func NewEchoes() *Echoes {
	return &Echoes{
		short:  memory{window: 2 * time.Second},
		medium: memory{window: 10 * time.Second},
		long:   memory{window: 50 * time.Second},
	}
}

// memory holds the messages of the running window and of the one before. Each
// counts from the first reception, so a thing that repeats itself unchanged
// is heard anew every window.
type memory struct {
	window      time.Duration
	began       int64 // Unix time, ns
	now, before map[obs.Key]heard
}

// heard is the first reception of a message. It holds no pointers: the garbage
// collector does not look at hundreds of thousands of them.
type heard struct {
	seq uint64
	at  int64  // Unix time, ns
	by  uint64 // receiver
}

// receiver numbers the feed and station that an observation came over, by
// FNV-1a. Two may share a number by chance, one in 2^64.
func receiver(s *obs.Source) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for _, name := range [...]string{string(s.Feed), s.Station} {
		for i := range len(name) {
			h = (h ^ uint64(name[i])) * prime
		}
		h = (h ^ 0xff) * prime // in no name of UTF-8
	}
	return h
}

// maxHeard bounds the messages of one window; beyond it those of the window
// before are forgotten early.
const maxHeard = 1 << 17

// of gives the memory for a format.
func (e *Echoes) of(f sensor.Format) *memory {
	switch f {
	case sensor.FormatAIS:
		// The message holds its second of the minute, and comes again with the
		// same one after a minute at the soonest.
		return &e.long
	case sensor.FormatASTERIX:
		return &e.medium // the message holds its time of day
	case sensor.FormatBeast, sensor.FormatAVR, sensor.FormatSBS, sensor.FormatMAVLink, sensor.FormatNMEA, sensor.FormatObservations, sensor.FormatReports:
	}
	return &e.short
}

// Mark compares the observation, which must have its sequence, with what was
// heard before, and sets Source.EchoOf. It reports whether it is an echo. An
// observation with a zero key is never one, and neither is a Mode S frame that
// the same receiver heard: frames hold neither time nor number, and an
// aircraft in steady flight repeats them bit for bit.
func (e *Echoes) Mark(o *obs.Observation, f sensor.Format) bool {
	if o.Source.Key == (obs.Key{}) {
		return false
	}
	m := e.of(f)
	h, ok := m.find(o.Source.Key, o.Received)
	modeS := f == sensor.FormatBeast || f == sensor.FormatAVR
	by := receiver(&o.Source)
	if ok && (h.by != by || !modeS) {
		o.Source.EchoOf = h.seq
		return true
	}
	m.put(o.Source.Key, heard{o.Seq, o.Received.UnixNano(), by})
	return false
}

// find gives a message that was heard within the window. Receivers stamp side
// by side, so what comes second may be stamped a little earlier.
func (m *memory) find(k obs.Key, at time.Time) (heard, bool) {
	h, ok := m.now[k]
	if !ok {
		h, ok = m.before[k]
	}
	return h, ok && apart(at.UnixNano(), h.at) < m.window
}

// apart is how far two Unix times in ns are apart.
func apart(a, b int64) time.Duration { return time.Duration(a - b).Abs() }

func (m *memory) put(k obs.Key, h heard) {
	switch age := apart(h.at, m.began); {
	case m.now == nil, age >= 2*m.window:
		m.now, m.before, m.began = map[obs.Key]heard{}, map[obs.Key]heard{}, h.at
	case age >= m.window, len(m.now) >= maxHeard:
		clear(m.before)
		m.before, m.now, m.began = m.now, m.before, h.at
	}
	m.now[k] = h
}
