package scenario

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/track"
	"atalaya/watch"
)

// expectation is one expect line.
type expectation struct {
	number  int
	what    string // finding, event, tracks, track, count
	subject string
	at      time.Duration // of tracks and track; -1: at the end
	count   span

	alert       string // yes, no, or nothing
	area        area.ID
	status      string
	priority    float64
	probability span
	text        string
	between     span // seconds, of findings

	within          float64
	sensors, claims float64
}

// span is a range of numbers, both ends included.
type span struct {
	from, to float64
	given    bool
}

func (s span) holds(v float64) bool { return !s.given || (v >= s.from && v <= s.to) }

func (s span) String() string {
	if s.from == s.to {
		return strconv.FormatFloat(s.from, 'g', -1, 64)
	}
	return fmt.Sprintf("%g..%g", s.from, s.to)
}

func (l *line) span(k string) span {
	v, ok := l.text(k)
	if !ok {
		return span{}
	}
	return l.parseSpan(v)
}

func (l *line) parseSpan(v string) span {
	a, b, two := strings.Cut(v, "..")
	s := span{given: true, from: l.bound(a, 0)}
	s.to = s.from
	if two {
		s.to = l.bound(b, math.Inf(1))
	}
	return s
}

// bound reads a number or a duration, which counts in seconds.
func (l *line) bound(v string, otherwise float64) float64 {
	if v == "" {
		return otherwise
	}
	if d, err := time.ParseDuration(v); err == nil {
		return d.Seconds()
	}
	return l.number64(v)
}

func (s *Scenario) takeExpectation(l *line) {
	e := expectation{number: l.number, what: l.word(1), at: -1, sensors: -1, claims: -1}
	switch e.what {
	case "finding":
		e.subject = l.word(2)
		e.count = l.span("count")
		e.alert, _ = l.text("alert")
		v, _ := l.text("area")
		e.area = area.ID(v)
		e.status, _ = l.text("status")
		e.priority = l.float("priority", 0)
		e.probability = l.span("probability")
		e.text, _ = l.text("text")
		e.between = l.span("at")
	case "event":
		e.subject = l.word(2)
		var k track.EventKind
		if err := k.UnmarshalText([]byte(e.subject)); err != nil {
			l.fail("%v", err)
		}
		e.count = l.span("count")
	case "tracks":
		e.count = l.span("count")
		e.at = l.duration("at", -1)
	case "track":
		e.subject = l.word(2)
		e.at = l.duration("at", -1)
		e.within = l.float("within", 1000)
		e.status, _ = l.text("status")
		e.sensors, e.claims = l.float("sensors", -1), l.float("claims", -1)
	case "count":
		e.subject = l.word(2)
		e.count = l.parseSpan(l.word(3))
	default:
		l.fail("%q cannot be expected", e.what)
	}
	s.expects = append(s.expects, e)
}

// expectations checks what is expected at the present time.
func (w *world) expectations() {
	for i := range w.expects {
		if e := &w.expects[i]; e.at >= 0 && w.due(e.at) {
			w.check(e)
		}
	}
}

// lastly checks what is expected of the whole.
func (w *world) lastly() {
	w.now = w.Duration
	for i := range w.expects {
		if w.expects[i].at < 0 {
			w.check(&w.expects[i])
		}
	}
}

func (w *world) check(e *expectation) {
	switch e.what {
	case "finding":
		w.checkFindings(e)
	case "event":
		n := 0
		for i := range w.result.Events {
			if w.result.Events[i].Kind.String() == e.subject {
				n++
			}
		}
		w.counted(e, n, "events "+e.subject)
	case "tracks":
		n := 0
		for _, t := range w.tracker.Tracks() {
			if t.Status != track.Tentative {
				n++
			}
		}
		w.counted(e, n, "tracks")
	case "track":
		w.checkTrack(e)
	case "count":
		st := w.tracker.Stats()
		for name, n := range st.All() {
			if name == e.subject {
				w.counted(e, int(n), name)
				return
			}
		}
		w.result.fail(e.number, "nothing is counted as %q", e.subject)
	}
}

func (w *world) counted(e *expectation, n int, what string) {
	want := e.count
	if !want.given {
		want = span{1, math.Inf(1), true}
	}
	if !want.holds(float64(n)) {
		w.result.fail(e.number, "%d %s instead of %v", n, what, want)
	}
}

// checkFindings counts the findings, each at its last revision, that are as
// the line says.
func (w *world) checkFindings(e *expectation) {
	last := map[string]int{}
	for i := range w.result.Findings {
		last[w.result.Findings[i].ID] = i
	}
	n := 0
	var others []string
	for i := range w.result.Findings {
		f := &w.result.Findings[i]
		if f.Rule != e.subject || last[f.ID] != i {
			continue
		}
		if e.like(f, w.Start) {
			n++
		} else {
			others = append(others, fmt.Sprintf("%s at %s, alert %v, priority %d, status %d, probability %.3f: %s",
				f.ID, f.Time.Sub(w.Start), f.Alert, f.Priority, f.Status, f.Probability, f.Why.EN))
		}
	}
	before := len(w.result.Failures)
	w.counted(e, n, "findings "+e.subject)
	if len(w.result.Failures) > before && len(others) > 0 {
		w.result.fail(e.number, "there are others:\n\t%s", strings.Join(others, "\n\t"))
	}
}

func (e *expectation) like(f *watch.Finding, start time.Time) bool {
	switch {
	case e.alert == "yes" && !f.Alert, e.alert == "no" && f.Alert:
	case e.area != "" && f.Area != e.area:
	case e.status == "raised" && f.Status != watch.Raised, e.status == "withdrawn" && f.Status != watch.Withdrawn:
	case e.priority != 0 && float64(f.Priority) != e.priority:
	case !e.probability.holds(f.Probability), !e.between.holds(f.Time.Sub(start).Seconds()):
	case !strings.Contains(f.Why.EN, e.text) && !strings.Contains(f.Why.ES, e.text):
	default:
		return true
	}
	return false
}

func (w *world) checkTrack(e *expectation) {
	t := w.thing(e.subject)
	if t == nil {
		w.result.fail(e.number, "there is no thing %q", e.subject)
		return
	}
	east, north, _, _, _ := t.where(w.now)
	truth := w.position(east, north)
	least := math.Inf(1)
	var best track.Track
	for _, tr := range w.tracker.Tracks() {
		// Tracks are as old as their last observation.
		dt := w.clock(w.now).Sub(tr.State.Time).Seconds()
		p := geo.NewPlane(tr.State.Position).Position(tr.State.East*dt, tr.State.North*dt)
		if d := geo.Distance(p, truth); d < least && tr.Status != track.Tentative {
			best, least = tr, d
		}
	}
	switch {
	case least > e.within:
		w.result.fail(e.number, "no track within %g m of %s: the nearest is %.0f m away", e.within, e.subject, least)
	case e.status != "" && best.Status.String() != e.status:
		w.result.fail(e.number, "%v is %v", best.ID, best.Status)
	case e.sensors >= 0 && float64(len(best.Sensors)) != e.sensors:
		w.result.fail(e.number, "%v has the sensors %v", best.ID, best.Sensors)
	case e.claims >= 0 && float64(len(best.Claims)) != e.claims:
		w.result.fail(e.number, "%v claims %v", best.ID, best.Claims)
	}
}
