package watch

import (
	"math"
	"slices"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/rule"
	"atalaya/track"
)

// Entries and exits. Rules say which areas are watched: one that is about entry
// watches its area, its kind of areas, or all but border lines; one about exit
// its area or its kind. Of both the version in force at the observation's time
// counts. A track is inside an area when that is probable
// (Config.Enter, from its covariance towards the nearest edge and the area's
// accuracy), and outside again when that is probable and it is Config.Leave
// away: at an edge it enters once.

// Rules of entry and exit.
const (
	RuleEntry = "area-entry"
	RuleExit  = "area-exit"

	versionZone = 1
)

func aboutZones(d rule.Detector) bool { return d == rule.AreaEntry || d == rule.AreaExit }

// watchers are the rules in force that watch areas.
type watchers struct{ entry, exit []rule.Rule }

// zone is an area that is watched, and the rules that decide about it; nil:
// none does.
type zone struct {
	*shape
	entry, exit *rule.Rule
}

// zone gives a shape as the rules watch it; nil: they do not.
func (w *watchers) zone(s *shape) *zone {
	z := &zone{shape: s}
	if r, ok := rule.Narrowest(w.entry, s.ID, s.Kind); ok {
		z.entry = &r
	}
	if r, ok := rule.Narrowest(w.exit, s.ID, s.Kind); ok {
		z.exit = &r
	}
	named := func(r *rule.Rule) bool { return r != nil && !r.Everywhere() }
	if named(z.entry) || named(z.exit) || (z.entry != nil && s.Kind != area.Border) {
		return z
	}
	return nil
}

// zoneState is what is known of a track and one area.
type zoneState struct {
	area    area.ID
	version uint32
	inside  bool
}

// inside gives how far inside the shape a fix is, in metres (outside is
// negative), and its standard deviation towards the nearest edge.
func (s *shape) inside(f fix) (metres, sd float64) {
	plane := geo.NewPlane(f.position)
	var on geo.Position
	switch {
	case len(s.Polygon) > 0:
		least := math.Inf(1)
		for _, r := range s.Polygon {
			if at, d, leg := r.Nearest(f.position); leg >= 0 && d < least {
				on, least = at, d
			}
		}
		metres = -least
		if s.Polygon.Contains(f.position) {
			metres = least
		}
	case len(s.chunks) > 0:
		d, at, _ := s.nearest(f.position)
		on, metres = at, s.Buffer-math.Abs(d)
	default:
		on, metres = s.Point, s.Buffer-geo.Distance(s.Point, f.position)
	}
	east, north := plane.XY(on)
	sd = f.sidewaysSD(east, north)
	return metres, math.Sqrt(float64(sd*sd) + float64(s.Accuracy*s.Accuracy))
}

func (w *Watch) zones(m *memory, e *track.Event, a *atlas, near []*zone, f fix) {
	t := &e.Track
	if t.Status == track.Tentative {
		return
	}
	// What is not near any more has been left.
	for i := range m.zones {
		z := &m.zones[i]
		if !z.inside || slices.ContainsFunc(near, func(s *zone) bool { return s.ID == z.area }) {
			continue
		}
		if s := a.zone(z.area); s != nil {
			near = append(near, s)
		} else {
			z.inside, z.version = false, 0 // the area is no more, not at these hours, or not watched
		}
	}
	for _, s := range near {
		metres, sd := s.inside(f)
		p := fmath.Normal(metres / max(sd, 0.1))
		z := m.zone(s.ID)
		first := z.version == 0
		moved := !first && z.version != s.Valid.Number
		z.version = s.Valid.Number
		switch {
		case !z.inside && p >= w.cfg.Enter:
			z.inside = true
			w.zoneFinding(m, e, s, f, RuleEntry, metres, sd, p, first || moved)
		case z.inside && p <= 1-w.cfg.Enter && metres <= -w.cfg.Leave:
			z.inside = false
			if !moved { // or else the area left the track
				w.zoneFinding(m, e, s, f, RuleExit, metres, sd, 1-p, false)
			}
		}
	}
}

func containsShape(all []*shape, id area.ID) bool {
	for _, s := range all {
		if s.ID == id {
			return true
		}
	}
	return false
}

func (a *atlas) zone(id area.ID) *zone {
	for _, s := range a.zones {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func (w *Watch) zoneFinding(m *memory, e *track.Event, s *zone, f fix, detector string, metres, sd, p float64, appeared bool) {
	t := &e.Track
	possible := s.Demonstration && !w.cfg.Exercise
	out := Finding{
		Rule: detector, RuleVersion: versionZone,
		Track: t.ID, Time: f.at, Position: f.position,
		Area: s.ID, AreaKind: s.Kind, AreaVersion: s.Valid.Number, Probability: p,
		Inputs: []uint64{f.seq}, Belief: *t, Possible: possible, Ordinary: w.passingBy(t),
		Priority: rule.Low, Expected: rule.Text{ES: "Nada; queda registrado.", EN: "Nothing; it is on record."},
	}
	decides := s.entry
	if detector == RuleExit {
		decides = s.exit
	}
	if decides != nil && !out.Ordinary {
		out.Alert, out.Expected = decides.Kind == rule.Alert, decides.Response
		if out.Alert && !possible {
			out.Priority = decides.Priority
		}
	}
	es, en := textES(), textEN()
	verbES, verbEN, where := "entró en", "entered", text("dentro", "inside")
	if appeared { // nobody saw it outside
		verbES, verbEN = "está dentro de", "is inside"
	}
	if detector == RuleExit {
		verbES, verbEN, where = "salió de", "left", text("fuera", "outside")
	}
	if possible {
		verbES, verbEN = "posiblemente "+verbES, "possibly "+verbEN
	}
	out.Why.ES = es.join(es.label(t)+" "+verbES+" "+es.quoted(s.Name, string(s.ID)), es.probability+" "+es.number(p, 2)+":",
		es.at(f.at)+" "+es.metres(math.Abs(metres))+" "+where.ES+" (±"+es.metres(sd)+").", es.motion(t)) + es.sources(t)
	out.Why.EN = en.join(en.label(t)+" "+verbEN+" "+en.quoted(s.Name, string(s.ID)), en.probability+" "+en.number(p, 2)+":",
		en.at(f.at)+" "+en.metres(math.Abs(metres))+" "+where.EN+" (±"+en.metres(sd)+").", en.motion(t)) + en.sources(t)
	w.raise(m, out, string(s.ID), f.seq, f.at)
}
