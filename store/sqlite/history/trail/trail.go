// Package trail holds the points of tracks until they are written, a minute of a
// track together, packed as differences: some twenty bytes each.
package trail

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

// maxBytes bounds the points in memory; beyond it trails are closed early.
const maxBytes = 64 << 20

// flushSteps is over how many steps the queue is written: a quarter of the
// minute.
const flushSteps = 60

// Trails are the points that are not written yet. The zero Trails is ready; its
// methods may be called from several goroutines.
type Trails struct {
	mu     sync.Mutex
	open   map[Key]*Trail
	queue  []*Trail // closed, in the order of minute and track
	share  int      // of the queue, to be written with each step
	closed uint64   // the step through which the queue holds everything
	noted  uint64   // what "trails" in meta says
	minute int64    // of receive time, of the open trails
	bytes  int      // in open
}

// Key says of which minute and track a trail is.
type Key struct {
	Minute int64 // in the world
	Track  track.ID
}

// Trail is the points of a track in a minute, in memory: some twenty bytes
// each.
type Trail struct {
	Key
	packed []byte
	last   point // the newest
	before point // the one before it
}

// Add puts the points of a step into their trails.
func (t *Trails) Add(step store.Step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[Key]*Trail{}
	}
	for i := range step.Events {
		e := &step.Events[i]
		key := Key{minuteIn(e.Track.State.Time, step.Now), e.Track.ID}
		tr := t.open[key]
		if tr == nil {
			tr = &Trail{Key: key}
			t.open[key] = tr
		}
		p := newPoint(step.Now, e)
		if len(tr.packed) > 0 && p.follows(&tr.last) {
			continue // more often than once a second tells nothing new
		}
		t.bytes -= len(tr.packed)
		tr.add(p)
		t.bytes += len(tr.packed)
	}
}

// minuteIn is the minute in which a point is kept: of its time in the world,
// unless that is more than a week before or an hour after it was known. Such a
// time is an error, and must not make chunks that never expire.
func minuteIn(world, known time.Time) int64 {
	const week, hour = 7 * 24 * time.Hour, time.Hour
	if d := known.Sub(world); d > week || d < -hour {
		world = known
	}
	return database.Minute(world)
}

// Roll closes the trails when the step begins a new minute.
func (t *Trails) Roll(step store.Step) {
	t.mu.Lock()
	minute := database.Minute(step.Now)
	due := minute != t.minute || t.bytes >= maxBytes
	t.minute = minute
	t.mu.Unlock()
	if due {
		t.RollAll(step.N)
	}
}

// RollAll closes all trails; next is the first step that they do not hold.
func (t *Trails) RollAll(next uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tr := range t.open {
		t.queue = append(t.queue, tr)
	}
	clear(t.open)
	t.bytes = 0
	slices.SortFunc(t.queue, func(a, b *Trail) int {
		return cmp.Or(cmp.Compare(a.Minute, b.Minute), cmp.Compare(a.Track, b.Track))
	})
	t.share = (len(t.queue) + flushSteps - 1) / flushSteps
	t.closed = next - 1
}

// Due gives the trails to write with this step.
func (t *Trails) Due() []*Trail {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.queue[:min(t.share, len(t.queue))])
}

// Through says through which step all points will be in chunks when n trails
// of the queue are written; 0: that does not change.
func (t *Trails) Through(n int) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n < len(t.queue) || t.closed == t.noted {
		return 0
	}
	return t.closed
}

// Done forgets n trails of the queue, which are written.
func (t *Trails) Done(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue = slices.Delete(t.queue, 0, n); len(t.queue) == 0 {
		t.noted = t.closed
	}
}

// Of gives the points of a track that are in memory.
func (t *Trails) Of(id track.ID) []store.Point {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []store.Point
	take := func(tr *Trail) {
		if tr.Track == id {
			out = tr.AppendTo(out)
		}
	}
	for _, tr := range t.queue {
		take(tr)
	}
	for _, tr := range t.open {
		take(tr)
	}
	return out
}

// Between gives the tracks above after with points in memory from a minute to
// another, in no order.
func (t *Trails) Between(first, last int64, after track.ID) (out []track.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	take := func(k Key) {
		if k.Track > after && k.Minute >= first && k.Minute <= last {
			out = append(out, k.Track)
		}
	}
	for _, tr := range t.queue {
		take(tr.Key)
	}
	for k := range t.open {
		take(k)
	}
	return out
}
