package fuse

import (
	"math/bits"
	"slices"
	"time"

	"atalaya/fuse/belief"
	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/track"
)

// live is a track with what the tracker needs to go on with it. Claims and
// Sensors of the embedded Track are shared with events and therefore never
// written, only replaced.
type live struct {
	track.Track
	thing  timeline.ID // what it follows
	told   []told      // the updates that may still become others, by key
	at     int64       // State.Time
	claim  uint64      // the strong identity that it is taken for
	move   *Motion
	looks  uint8 // the last eight looks, newest in bit 0: 1 seen, 0 missed
	misses uint8 // since the last update, for the next lineage
	missBy sensor.ID
	missAt int64
	src    []source
	due    int64 // nothing happens by silence before this time

	kindSet, domainSet bool // decided by an officer

	spoke   geo.Position // the place that it said last
	called  int64        // when it said its strong identity last
	slips   uint8        // old places in a row that it said
	clashed int64        // when a Conflict of it was told last
	calls   int64        // last call for help
	calm    uint8        // reports since that could have repeated it and did not

	near   track.ID // track that this one may be the same thing as
	nearly uint8    // how often in a row it looked so
	outOf  track.ID // track whose gate it began in
}

// told is an update as it was told.
type told struct {
	key  timeline.Key
	x, y float64 // on the chart
}

// source is a sensor that contributed.
type source struct {
	id     sensor.ID
	kind   sensor.Kind
	period time.Duration
	last   int64  // of its last word
	placed int64  // of its last place, or noTime
	target string // its own number for the track (names.go keeps it)
	quiet  Silence
}

// stillSpeed in m/s (about a knot) parts the still from the moving.
const stillSpeed = 0.5

// heard notes that a sensor had something to say of the track.
func (l *live) heard(r *report, t *Tracker) {
	i := slices.IndexFunc(l.src, func(s source) bool { return s.id == r.sensor })
	if i < 0 {
		l.src = append(l.src, source{id: r.sensor, last: noTime, placed: noTime})
		i = len(l.src) - 1
		k, found := slices.BinarySearch(l.Sensors, r.sensor)
		if !found {
			l.Sensors = slices.Insert(slices.Clone(l.Sensors), k, r.sensor)
		}
	}
	s := &l.src[i]
	if s.kind != r.kind || s.period != r.period || s.quiet == (Silence{}) {
		s.is(t, r.kind, r.period)
	}
	s.last = max(s.last, r.t)
	if r.placed || r.isBearing {
		s.placed = max(s.placed, r.t)
	}
	if r.o.Source.Proven {
		l.Proven = true
	}
	l.due = 0
}

// is sets what the source is, and so how long it may be silent.
func (s *source) is(t *Tracker, kind sensor.Kind, period time.Duration) {
	s.kind, s.period, s.quiet = kind, period, t.silence(kind, period)
	s.quiet.StillCoast = max(s.quiet.StillCoast, s.quiet.Coast)
	s.quiet.StillEnd = max(s.quiet.StillEnd, s.quiet.End)
}

// lastFrom is when a sensor last contributed, or noTime.
func (l *live) lastFrom(id sensor.ID) int64 {
	for i := range l.src {
		if l.src[i].id == id {
			return l.src[i].last
		}
	}
	return noTime
}

// named reports whether the track has an identity that one thing in the world
// has.
func (l *live) named() bool { return belief.Strong(l.Claims) }

// onlyTold reports whether the track rests on what people said, and on nothing
// else.
func (l *live) onlyTold() bool {
	for i := range l.src {
		if l.src[i].kind != sensor.Person {
			return false
		}
	}
	return len(l.src) > 0
}

// honesty is the probability that what a report claims is honest.
func honesty(r *report) float64 {
	if r.o.Source.Proven {
		return belief.Proven
	}
	return belief.Usual
}

func (l *live) hits() int { return bits.OnesCount8(l.looks) }

// mostSure and leastSure bound the existence that is told.
const mostSure, leastSure = 0.9999, 1e-4

func (l *live) exists(p float64) { l.Existence = min(max(p, leastSure), mostSure) }

func square(x float64) float64 { return float64(x * x) }
