// Package live sends the picture to browsers, as docs/protocol.md describes.
//
// The Hub holds the newest row of every track and the edition in which each of
// its parts last changed. Nothing is queued for a client: each one asks the
// hub for what changed since it was told whenever it can take more, so a slow
// client costs no memory and gets the newest rows once. What it gets at a time
// is bounded: over a weak line a large picture comes in parts.
package live

import (
	"encoding/json"
	"slices"
	"sort"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/rule"
	"atalaya/track"
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
	Past     Past // what replays show; nil: there are none
	Replays  int  // of all clients together
}

// Hub holds the picture for all clients. It is safe for concurrent use.
type Hub struct {
	cfg    Config
	limits limits
	places chan struct{} // one for each replay

	mu      sync.RWMutex
	picture // what is
	news    news
	notices newest        // the last ones
	health  newest        // what is wrong with the system
	changed chan struct{} // closed and replaced at every change
}

// NewHub makes an empty picture.
func NewHub(cfg Config) *Hub {
	h := &Hub{
		cfg: cfg, limits: usual(), places: make(chan struct{}, cfg.Replays), picture: newPicture(wire.Live, cfg.Epoch, cfg.Exercise), changed: make(chan struct{}),
		news: news{latest: map[string]message{}}, notices: newest{}, health: newest{},
	}
	h.news.say(topicNotices, encode(map[string]any{"type": wire.TypeNotices, "notices": h.notices}))
	h.news.say(topicHealth, encode(map[string]any{"type": wire.TypeHealth, "health": h.health}))
	return h
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
	h.reset(u)
	h.wake()
}

// Apply takes what a step changed.
func (h *Hub) Apply(u Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.apply(u)
	h.wake()
}

// Alert takes an alert that came or changed, and tells the clients. One that is
// older than what is known is passed over.
//
// Notices and what is wrong with the system have topics of their own.
func (h *Hub) Alert(a desk.Alert) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch a.Kind {
	case rule.Notice:
		h.notices = h.notices.with(a)
		h.news.say(topicNotices, encode(map[string]any{"type": wire.TypeNotices, "notices": h.notices}))
	case rule.Health:
		h.health = h.health.with(a)
		h.news.say(topicHealth, encode(map[string]any{"type": wire.TypeHealth, "health": h.health}))
	default:
		before := h.picture.alerts.open[a.ID].Version
		if !h.alert(a) {
			return
		}
		h.news.alert(encode(map[string]any{"type": wire.TypeAlert, "alert": a}))
		if last := a.Changes; before < a.Version && len(last) > 0 && last[len(last)-1].Kind == desk.WasEscalated {
			h.news.alert(encode(map[string]any{"type": wire.TypeEscalation, "alert": a}))
		}
	}
	h.wake()
}

// newest are the last notices, or the open alerts about the system, the newest
// first.
type newest []desk.Alert

// maxNewest bounds them: the API has the others.
const maxNewest = 20

// with gives them after one came or changed.
func (n newest) with(a desk.Alert) newest {
	i := slices.IndexFunc(n, func(b desk.Alert) bool { return b.ID == a.ID })
	gone := a.State == desk.Closed
	switch {
	case i >= 0 && n[i].Version > a.Version, i < 0 && gone:
		return n
	case i >= 0 && gone:
		return slices.Delete(slices.Clone(n), i, i+1)
	case i >= 0:
		out := slices.Clone(n)
		out[i] = a
		return out
	}
	out := append(newest{a}, n...)
	return out[:min(len(out), maxNewest)]
}

// Feeds takes the health of every feed.
func (h *Hub) Feeds(v any) {
	h.say("feeds", encode(map[string]any{"type": wire.TypeFeeds, "feeds": v}))
}

// Casework takes a change of a case, report, task, of who has the desk, or a
// line of the shift log: the type of the message, and what it holds.
func (h *Hub) Casework(kind string, content json.RawMessage) {
	name := kind
	if kind == string(wire.TypeLog) {
		name = "line"
	}
	data := encode(map[string]any{"type": kind, name: content})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.news.paper(data)
	h.wake()
}

// System takes the state of the program.
func (h *Hub) System(v any) {
	h.say("system", encode(map[string]any{"type": wire.TypeSystem, "system": v}))
}

// Registry takes how many versions there are of each kind of things that are
// registered: where a count grew, a page that shows that kind asks again.
func (h *Hub) Registry(revisions any) {
	h.say(topicRegistry, encode(map[string]any{"type": wire.TypeRegistry, "revisions": revisions}))
}

func (h *Hub) say(topic string, data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.news.say(topic, data) {
		h.wake()
	}
}

// frame makes the next frame of a client, as picture.frame does.
func (h *Hub) frame(v *view, f *wire.Frame, now time.Time, due bool) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.picture.frame(v, f, now, due)
}

// beat makes an empty delta for a client.
func (h *Hub) beat(v *view, f *wire.Frame, now time.Time) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	h.picture.beat(v, f, now)
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
