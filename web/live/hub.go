// Package live sends the picture to browsers, as docs/protocol.md describes.
//
// The Hub holds the newest row of every track and the step at which each of
// its parts last changed. Nothing is queued for a client: each one asks the
// hub for what changed since its own sequence whenever it can take more, so a
// slow client costs no memory and gets the newest rows once.
package live

import (
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
	cfg Config

	mu       sync.RWMutex
	step     uint64
	tracks   map[track.ID]*entry
	ids      []track.ID // ascending
	graves   []grave    // ascending by step
	buried   uint64     // tombstones up to this step were forgotten
	priority map[track.ID]map[desk.AlertID]watch.Priority
	alerts   map[desk.AlertID]desk.Alert // open ones
	feeds    any
	system   any
	changed  chan struct{} // closed and replaced at every change
	texts    []text        // the newest text messages, for clients to follow
	textNo   uint64        // number of the last one
}

// text is a message that goes to every client which asked for its topic.
type text struct {
	no    uint64
	topic string
	data  []byte
}

// NewHub makes an empty picture.
func NewHub(cfg Config) *Hub {
	return &Hub{
		cfg: cfg, tracks: map[track.ID]*entry{}, changed: make(chan struct{}),
		priority: map[track.ID]map[desk.AlertID]watch.Priority{}, alerts: map[desk.AlertID]desk.Alert{},
	}
}

// wake tells every waiting client that something changed. h.mu is held.
func (h *Hub) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// Reset replaces the whole picture, after updates were lost on the way.
func (h *Hub) Reset(u Update) {
	h.mu.Lock()
	h.tracks = make(map[track.ID]*entry, len(u.Tracks))
	h.ids = h.ids[:0]
	h.graves, h.buried = nil, u.Step
	h.mu.Unlock()
	h.Apply(u)
}

// Apply takes what a step changed.
func (h *Hub) Apply(u Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
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
	if s := wire.StateOf(t, r.Own, h.highest(t.ID), r.Stale); s != e.state {
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

// highest gives the priority of a track's most urgent open alert.
func (h *Hub) highest(id track.ID) watch.Priority {
	var top watch.Priority
	for _, p := range h.priority[id] {
		top = max(top, p)
	}
	return top
}

// Alert takes an alert that came or changed, and tells the clients.
func (h *Hub) Alert(a desk.Alert) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := a.Finding.Track
	if a.Open() {
		if h.priority[id] == nil {
			h.priority[id] = map[desk.AlertID]watch.Priority{}
		}
		h.priority[id][a.ID] = a.Priority
		h.alerts[a.ID] = a
	} else {
		delete(h.priority[id], a.ID)
		if len(h.priority[id]) == 0 {
			delete(h.priority, id)
		}
		delete(h.alerts, a.ID)
	}
	if e := h.tracks[id]; e != nil && e.state.Priority != uint8(h.highest(id)) {
		e.state.Priority = uint8(h.highest(id))
		// The step after: clients that hold this one must still see it.
		e.stateStep = h.step + 1
	}
	h.say("alerts", message("alert", "alert", a))
	h.wake()
}

// Feeds takes the health of every feed.
func (h *Hub) Feeds(v any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.feeds = v
	h.say("feeds", message("feeds", "feeds", v))
	h.wake()
}

// System takes the state of the program.
func (h *Hub) System(v any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.system = v
	h.say("system", message("system", "system", v))
	h.wake()
}

// maxTexts bounds the text messages kept. A client that is further behind gets
// the whole topic again.
const maxTexts = 1000

func (h *Hub) say(topic string, data []byte) {
	h.textNo++
	h.texts = append(h.texts, text{h.textNo, topic, data})
	if len(h.texts) > maxTexts {
		h.texts = slices.Delete(h.texts, 0, len(h.texts)-maxTexts)
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

// openAlerts gives the open alerts, oldest first. h.mu is held.
func (h *Hub) openAlerts() []desk.Alert {
	out := make([]desk.Alert, 0, len(h.alerts))
	for _, a := range h.alerts {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b desk.Alert) int {
		if c := a.Raised.Compare(b.Raised); c != 0 {
			return c
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out
}

// always reports whether a track is sent wherever it is.
func (e *entry) always() bool {
	return e.own || e.state.Priority > 0 || e.state.Distress != uint8(obs.NoDistress)
}
