package live

import (
	"cmp"
	"slices"
	"time"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/web/wire"
)

// entry is one track as clients get it.
type entry struct {
	track     track.Track
	own       bool
	motion    wire.Motion // Age is counted from stateTime when it is sent
	stateTime time.Time
	state     wire.State
	label     wire.Label
	// In which editions of the picture these changed last.
	motionIn, stateIn, labelIn uint64
}

// grave is a tombstone that may still have to be sent.
type grave struct {
	wire.Gone
	step uint64
}

// maxGraves bounds the tombstones kept; a client that is further behind gets a
// snapshot.
const maxGraves = 50_000

// picture is the newest row of every track, and the edition in which each of
// its parts last changed. Whoever owns it guards it.
type picture struct {
	channel  uint8
	epoch    uint64
	exercise bool

	step    uint64
	edition uint64 // counts the steps, and the alerts between them
	life    uint64 // counts the pictures that were replaced as a whole
	tracks  map[track.ID]*entry
	ids     []track.ID // ascending
	graves  []grave    // ascending by step
	buried  uint64     // tombstones up to this step were forgotten
	alerts  alerts
}

func newPicture(channel uint8, epoch uint64, exercise bool) picture {
	return picture{channel: channel, epoch: epoch, exercise: exercise, tracks: map[track.ID]*entry{}, alerts: newAlerts()}
}

// reset replaces the picture as a whole.
func (p *picture) reset(u Update) {
	p.life++
	p.tracks = make(map[track.ID]*entry, len(u.Tracks))
	p.ids = p.ids[:0]
	p.graves, p.buried = nil, u.Step
	p.apply(u)
}

// apply takes what a step changed.
func (p *picture) apply(u Update) {
	p.step = u.Step
	p.edition++
	sorted := true
	for i := range u.Tracks {
		sorted = p.put(&u.Tracks[i]) && sorted
	}
	if !sorted {
		slices.Sort(p.ids)
	}
	p.bury(u)
}

// put takes one row and reports whether ids are still in order.
func (p *picture) put(r *Row) (sorted bool) {
	t := &r.Track
	m, ok := wire.MotionOf(t, t.State.Time)
	if !ok {
		return true
	}
	sorted = true
	e := p.tracks[t.ID]
	if e == nil {
		e = &entry{motionIn: p.edition, stateIn: p.edition, labelIn: p.edition}
		p.tracks[t.ID] = e
		sorted = len(p.ids) == 0 || p.ids[len(p.ids)-1] < t.ID
		p.ids = append(p.ids, t.ID)
	}
	e.own = r.Own
	if m != e.motion || !t.State.Time.Equal(e.stateTime) {
		e.motion, e.stateTime, e.motionIn = m, t.State.Time, p.edition
	}
	if s := wire.StateOf(t, r.Own, p.alerts.priority(t.ID), r.Stale); s != e.state {
		e.state, e.stateIn = s, p.edition
	}
	if l := wire.LabelOf(t); l != e.label {
		e.label, e.labelIn = l, p.edition
	}
	e.track = *t
	return sorted
}

// bury removes the tracks that are gone and keeps their tombstones.
func (p *picture) bury(u Update) {
	if len(u.Gone) == 0 {
		return
	}
	for _, g := range u.Gone {
		if _, ok := p.tracks[track.ID(g.ID)]; ok {
			delete(p.tracks, track.ID(g.ID))
			p.graves = append(p.graves, grave{g, u.Step})
		}
	}
	p.ids = slices.DeleteFunc(p.ids, func(id track.ID) bool { return p.tracks[id] == nil })
	if over := len(p.graves) - maxGraves; over > 0 {
		p.buried = p.graves[over-1].step
		p.graves = slices.Delete(p.graves, 0, over)
	}
}

// alert takes an alert that came or changed, unless it is older than what is
// known.
func (p *picture) alert(a desk.Alert) bool {
	if !p.alerts.put(a) {
		return false
	}
	e := p.tracks[a.Finding.Track]
	if top := uint8(p.alerts.priority(a.Finding.Track)); e != nil && e.state.Priority != top {
		p.edition++
		e.state.Priority, e.stateIn = top, p.edition
	}
	return true
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
func (s *alerts) priority(id track.ID) rule.Priority {
	var top rule.Priority
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
