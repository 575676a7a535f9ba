// Package live sends the picture to browsers, as docs/protocol.md describes.
//
// The Hub holds the newest row of every track and the step at which each of
// its parts last changed. Nothing is queued for a client: each one asks the
// hub for what changed since its own sequence whenever it can take more, so a
// slow client costs no memory and gets the newest rows once.
package live

import (
	"cmp"
	"slices"
	"sort"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/track"
	"atalaya/watch"
	"atalaya/web/wire"
)

// Update is what one step changed in the picture.
type Update struct {
	Step   uint64
	Now    time.Time
	Tracks []Row
	Gone   []wire.Gone // Ended or Merged
}

// Row is a track that changed.
type Row struct {
	Track track.Track
	Own   bool          // an asset of ours
	Stale time.Duration // after its last observation it is no longer moved on
}

// Config is what a Hub is made from.
type Config struct {
	Epoch    uint64 // random, below 2^53, new at every start
	Exercise bool
	Version  string
	Clock    func() time.Time
}

// entry is one track as clients get it.
type entry struct {
	track      track.Track
	own        bool
	motion     wire.Motion // Age is counted from stateTime when it is sent
	stateTime  time.Time
	state      wire.State
	label      wire.Label
	motionStep uint64
	stateStep  uint64
	labelStep  uint64
}

// grave is a tombstone that may still have to be sent.
type grave struct {
	wire.Gone
	step uint64
}

// maxGraves bounds the tombstones kept; a client that is further behind gets a
// snapshot.
const maxGraves = 50_000

// Hub holds the picture for all clients. It is safe for concurrent use.
type Hub struct {
	cfg    Config
	limits limits

	mu      sync.RWMutex
	step    uint64
	life    uint64 // counts the pictures that were replaced as a whole
	tracks  map[track.ID]*entry
	ids     []track.ID // ascending
	graves  []grave    // ascending by step
	buried  uint64     // tombstones up to this step were forgotten
	alerts  alerts
	news    news
	changed chan struct{} // closed and replaced at every change
}

// NewHub makes an empty picture.
func NewHub(cfg Config) *Hub {
	return &Hub{
		cfg: cfg, limits: usual(), tracks: map[track.ID]*entry{}, changed: make(chan struct{}),
		alerts: newAlerts(), news: news{latest: map[string]message{}},
	}
}

// wake tells every waiting client that something changed. h.mu is held.
func (h *Hub) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// wait gives a channel that is closed at the next change.
func (h *Hub) wait() <-chan struct{} {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.changed
}

// Reset replaces the whole picture, after updates were lost on the way. Every
// client gets a snapshot.
func (h *Hub) Reset(u Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.life++
	h.tracks = make(map[track.ID]*entry, len(u.Tracks))
	h.ids = h.ids[:0]
	h.graves, h.buried = nil, u.Step
	h.apply(u)
}

// Apply takes what a step changed.
func (h *Hub) Apply(u Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.apply(u)
}

func (h *Hub) apply(u Update) {
	h.step = u.Step
	sorted := true
	for i := range u.Tracks {
		sorted = h.put(&u.Tracks[i], u.Step) && sorted
	}
	if !sorted {
		slices.Sort(h.ids)
	}
	h.bury(u)
	h.wake()
}

// put takes one row and reports whether ids are still in order.
func (h *Hub) put(r *Row, step uint64) (sorted bool) {
	t := &r.Track
	m, ok := wire.MotionOf(t, t.State.Time)
	if !ok {
		return true
	}
	sorted = true
	e := h.tracks[t.ID]
	if e == nil {
		e = &entry{motionStep: step, stateStep: step, labelStep: step}
		h.tracks[t.ID] = e
		sorted = len(h.ids) == 0 || h.ids[len(h.ids)-1] < t.ID
		h.ids = append(h.ids, t.ID)
	}
	e.own = r.Own
	if m != e.motion || !t.State.Time.Equal(e.stateTime) {
		e.motion, e.stateTime, e.motionStep = m, t.State.Time, step
	}
	if s := wire.StateOf(t, r.Own, h.alerts.priority(t.ID), r.Stale); s != e.state {
		e.state, e.stateStep = s, step
	}
	if l := wire.LabelOf(t); l != e.label {
		e.label, e.labelStep = l, step
	}
	e.track = *t
	return sorted
}

// bury removes the tracks that are gone and keeps their tombstones.
func (h *Hub) bury(u Update) {
	if len(u.Gone) == 0 {
		return
	}
	for _, g := range u.Gone {
		if _, ok := h.tracks[track.ID(g.ID)]; ok {
			delete(h.tracks, track.ID(g.ID))
			h.graves = append(h.graves, grave{g, u.Step})
		}
	}
	h.ids = slices.DeleteFunc(h.ids, func(id track.ID) bool { return h.tracks[id] == nil })
	if over := len(h.graves) - maxGraves; over > 0 {
		h.buried = h.graves[over-1].step
		h.graves = slices.Delete(h.graves, 0, over)
	}
}

// Alert takes an alert that came or changed, and tells the clients. One that is
// older than what is known is passed over.
func (h *Hub) Alert(a desk.Alert) {
	data := encode(map[string]any{"type": wire.TypeAlert, "alert": a})
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.alerts.put(a) {
		return
	}
	id := a.Finding.Track
	if p := uint8(h.alerts.priority(id)); h.tracks[id] != nil && h.tracks[id].state.Priority != p {
		e := h.tracks[id]
		e.state.Priority = p
		// The step after: clients that hold this one must still see it.
		e.stateStep = h.step + 1
	}
	h.news.alert(data)
	h.wake()
}

// Feeds takes the health of every feed.
func (h *Hub) Feeds(v any) {
	h.say("feeds", encode(map[string]any{"type": wire.TypeFeeds, "feeds": v}))
}

// System takes the state of the program.
func (h *Hub) System(v any) {
	h.say("system", encode(map[string]any{"type": wire.TypeSystem, "system": v}))
}

func (h *Hub) say(topic string, data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.news.say(topic, data) {
		h.wake()
	}
}

// Size tells how many tracks the picture has, and its step.
func (h *Hub) Size() (tracks int, step uint64) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.ids), h.step
}

// Track gives one track as it is believed now.
func (h *Hub) Track(id track.ID) (t track.Track, own, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	e := h.tracks[id]
	if e == nil {
		return t, false, false
	}
	return e.track, e.own, true
}

// Tracks gives at most limit tracks with ids above after that match, in order
// of id.
func (h *Hub) Tracks(after track.ID, limit int, match func(*track.Track) bool) []track.Track {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []track.Track
	from := sort.Search(len(h.ids), func(i int) bool { return h.ids[i] > after })
	for _, id := range h.ids[from:] {
		if len(out) == limit {
			break
		}
		if e := h.tracks[id]; match(&e.track) {
			out = append(out, e.track)
		}
	}
	return out
}

// always reports whether a track is sent wherever it is.
func (e *entry) always() bool {
	return e.own || e.state.Priority > 0 || e.state.Distress != uint8(obs.NoDistress)
}

// alerts are the open ones, and what they make of their tracks.
type alerts struct {
	open  map[desk.AlertID]desk.Alert
	track map[track.ID][]desk.AlertID
	// closed are the versions of those closed last: two publishers may
	// overtake each other, and a closed alert must not open again.
	closed map[desk.AlertID]uint64
	order  []desk.AlertID
}

// maxClosed bounds the closed alerts that are remembered.
const maxClosed = 1000

func newAlerts() alerts {
	return alerts{
		open: map[desk.AlertID]desk.Alert{}, track: map[track.ID][]desk.AlertID{}, closed: map[desk.AlertID]uint64{},
	}
}

// put takes an alert, unless it is older than what is known of it.
func (s *alerts) put(a desk.Alert) bool {
	old, known := s.open[a.ID]
	if known && (a.Version < old.Version || a.Version == old.Version && a.Finding.Revision < old.Finding.Revision) || a.Version < s.closed[a.ID] {
		return false
	}
	if known {
		id := old.Finding.Track
		s.track[id] = slices.DeleteFunc(s.track[id], func(x desk.AlertID) bool { return x == a.ID })
		if len(s.track[id]) == 0 {
			delete(s.track, id)
		}
	}
	if a.Open() {
		s.open[a.ID] = a
		s.track[a.Finding.Track] = append(s.track[a.Finding.Track], a.ID)
		return true
	}
	delete(s.open, a.ID)
	if _, again := s.closed[a.ID]; !again {
		s.order = append(s.order, a.ID)
		if len(s.order) > maxClosed {
			delete(s.closed, s.order[0])
			s.order = slices.Delete(s.order, 0, 1)
		}
	}
	s.closed[a.ID] = a.Version
	return true
}

// priority gives that of a track's most urgent open alert.
func (s *alerts) priority(id track.ID) watch.Priority {
	var top watch.Priority
	for _, a := range s.track[id] {
		top = max(top, s.open[a].Priority)
	}
	return top
}

// list gives the open alerts, the oldest first.
func (s *alerts) list() []desk.Alert {
	out := make([]desk.Alert, 0, len(s.open))
	for _, a := range s.open {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b desk.Alert) int {
		return cmp.Or(a.Raised.Compare(b.Raised), cmp.Compare(a.ID, b.ID))
	})
	return out
}
