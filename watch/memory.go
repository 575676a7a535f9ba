package watch

import (
	"slices"
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/track"
)

// memory is what the detectors know of one track. All of it is bounded.
type memory struct {
	state
	free    free
	lastFix fix        // of the last look
	before  []snapshot // of the last looks, oldest first
	raised  []raised   // the last findings, oldest first
	told    []track.ID // whose identity conflicts with this one's; 0: it jumped
}

const (
	// As many looks back as the tracker rewrites, and two more.
	maxBefore = 10
	maxRaised = 16
)

// state is the part that is rolled back when the past is rewritten.
type state struct {
	borders []borderState // ordered by area
	zones   []zoneState   // ordered by area
}

// snapshot is the state before a look.
type snapshot struct {
	at    time.Time // of the look
	state state
}

// raised is a finding with what it is known by when the past is rewritten.
type raised struct {
	finding    Finding
	key        string    // rule, subject and direction
	at         time.Time // of the event that raised it
	inQuestion bool
}

// placed reports whether the finding rests on places, which may be rewritten.
func (r *raised) placed() bool {
	return r.finding.Rule != RuleDistress && r.finding.Rule != RuleDistressEnded && r.finding.Rule != RuleConflict
}

// fix is where a track was believed to be.
type fix struct {
	at       time.Time
	seq      uint64
	position geo.Position
	// The covariance of the place: east east, east north, north north, m2.
	ee, en, nn float64
}

func newFix(t *track.Track) fix {
	c := &t.State.Cov
	return fix{t.State.Time, t.LastSeq, t.State.Position, c[0][0], c[0][1], c[1][1]}
}

// keep remembers the state before a look.
func (m *memory) keep(at time.Time) {
	var s snapshot
	if len(m.before) == maxBefore {
		s = m.before[0] // its memory is used again
		m.before = m.before[:copy(m.before, m.before[1:])]
	}
	s.at = at
	s.state.borders = append(s.state.borders[:0], m.borders...)
	s.state.zones = append(s.state.zones[:0], m.zones...)
	m.before = append(m.before, s)
}

// rollBack forgets what was inferred from places at and after a time, and puts
// the findings that came of it in question.
func (m *memory) rollBack(from time.Time) {
	i := slices.IndexFunc(m.before, func(s snapshot) bool { return !s.at.Before(from) })
	if i < 0 {
		return
	}
	s := m.before[i]
	m.borders = append(m.borders[:0], s.state.borders...)
	m.zones = append(m.zones[:0], s.state.zones...)
	m.before = m.before[:i]
	m.free = free{}
	for k := range m.raised {
		if r := &m.raised[k]; r.placed() && r.finding.Status == Raised && !r.at.Before(s.at) {
			r.inQuestion = true
		}
	}
}

// again finds the finding that an inference from the rewritten past repeats;
// or one of the same name, when nothing but words came in between.
func (m *memory) again(key string, f *Finding, at time.Time) *raised {
	for i := range m.raised {
		r := &m.raised[i]
		gap := at.Sub(r.at)
		if r.key == key && (r.inQuestion || (r.finding.Status == Withdrawn && max(gap, -gap) < longestRewrite)) {
			return r
		}
		if r.finding.ID == f.ID {
			return r
		}
	}
	return nil
}

// longestRewrite is how far apart in time an inference and its repetition may
// lie.
const longestRewrite = 2 * time.Minute

func (m *memory) remember(r raised) {
	if len(m.raised) == maxRaised {
		m.raised = m.raised[:copy(m.raised, m.raised[1:])]
	}
	m.raised = append(m.raised, r)
}

// inherit takes over what another track raised when it turns out to be the
// same thing: its crossings are not told again.
func (m *memory) inherit(o *memory) {
	for _, b := range o.borders {
		i, found := slices.BinarySearchFunc(m.borders, b.area, borderState.compare)
		switch {
		case !found:
			m.borders = slices.Insert(m.borders, i, b)
		case !b.armed:
			m.borders[i] = b
		}
	}
	for _, z := range o.zones {
		i, found := slices.BinarySearchFunc(m.zones, z.area, zoneState.compare)
		if !found {
			m.zones = slices.Insert(m.zones, i, z)
		} else {
			m.zones[i].inside = m.zones[i].inside || z.inside
		}
	}
	m.before = m.before[:0]
	m.free = free{}
}

// restore takes up a finding from before a restart.
func (m *memory) restore(f *Finding) {
	switch f.Rule {
	case RuleEntry, RuleExit:
		z := m.zone(f.Area)
		z.inside, z.version = f.Rule == RuleEntry, f.AreaVersion
	}
}

func (m *memory) zone(id area.ID) *zoneState {
	i, found := slices.BinarySearchFunc(m.zones, id, zoneState.compare)
	if !found {
		m.zones = slices.Insert(m.zones, i, zoneState{area: id})
	}
	return &m.zones[i]
}
