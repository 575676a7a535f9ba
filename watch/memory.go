package watch

import (
	"slices"
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/track"
)

// memory is what the detectors know of one track. All of it is bounded.
type memory struct {
	state
	free    free
	lastFix fix        // of the last look
	before  []snapshot // of the last looks, oldest first
	raised  []raised   // the last findings, oldest first
	counts  []count
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

// count numbers the findings of one rule about one subject.
type count struct {
	rule, subject string
	n             uint32
}

// snapshot is the state before a look.
type snapshot struct {
	at    time.Time // of the look
	state state
	count []count
}

type raised struct {
	finding    Finding
	at         time.Time // of the event that raised it
	inQuestion bool
	fixed      bool // no place of the past can take it back
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
	s.count = append(s.count[:0], m.counts...)
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
	m.counts = append(m.counts[:0], s.count...)
	m.before = m.before[:i]
	m.free = free{}
	for k := range m.raised {
		if r := &m.raised[k]; !r.fixed && r.finding.Status == Raised && !r.at.Before(s.at) {
			r.inQuestion = true
		}
	}
}

// number counts a rule's findings about a subject.
func (m *memory) number(rule, subject string) uint32 {
	c := m.counter(rule, subject)
	c.n++
	return c.n
}

func (m *memory) counter(rule, subject string) *count {
	for i := range m.counts {
		if m.counts[i].rule == rule && m.counts[i].subject == subject {
			return &m.counts[i]
		}
	}
	m.counts = append(m.counts, count{rule: rule, subject: subject})
	return &m.counts[len(m.counts)-1]
}

func (m *memory) remember(f Finding, at time.Time) {
	if len(m.raised) == maxRaised {
		m.raised = m.raised[:copy(m.raised, m.raised[1:])]
	}
	fixed := f.Rule == RuleDistress || f.Rule == RuleDistressEnded || f.Rule == RuleConflict
	m.raised = append(m.raised, raised{finding: f, at: at, fixed: fixed})
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
func (m *memory) restore(f *Finding, subject string, n uint32) {
	c := m.counter(f.Rule, subject)
	c.n = max(c.n, n)
	m.remember(*f, f.Time)
	m.raised[len(m.raised)-1].fixed = true
	if f.Status != Raised {
		return
	}
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

// label names a track for people: the name it is known by, or its number.
func label(t *track.Track) string {
	s := t.ID.String()
	for _, k := range []obs.ClaimKind{obs.Name, obs.CallSign, obs.MMSI, obs.ICAO} {
		if v, ok := t.Claimed(k); ok {
			return s + " (" + claimLabel(k, v) + ")"
		}
	}
	return s
}

func claimLabel(k obs.ClaimKind, v string) string {
	switch k {
	case obs.MMSI:
		return "MMSI " + v
	case obs.ICAO:
		return "ICAO " + v
	case obs.SystemID, obs.RadarTarget, obs.CallSign, obs.Name, obs.Squawk:
	}
	return "«" + v + "»"
}
