package watch

import (
	"cmp"
	"math"
	"slices"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/track"
)

// Border crossings.
//
//  1. The anchor is the last fix at which the track was surely on one side of
//     the line, or the surest one while none was sure.
//  2. On the other side of the line, the probability that it crossed since the
//     anchor comes from both fixes' covariances and the line's accuracy
//     (normal.go). At Config.Raise, and Config.Depth beyond the line, it is a
//     finding.
//  3. Inside the buffer of a legal post or a ferry lane the crossing is lawful
//     and no alert; so it is for craft that may cross.
//  4. After a finding the line is disarmed until the track is Config.Rearm
//     away from it, on either side: who drifts along a line crosses it once.
//     If it got away on the side it came from, that is told without alert.
//  5. Beyond the ends of a line there are no sides, and who gets far away from
//     it, or round an end, has crossed nothing.
//
// Something of ours raises no crossing. It is told when near the line, and
// when over it.

// Rules and their versions. A change of what a rule does raises its version.
const (
	RuleCrossing = "border-crossing"
	RuleOwnNear  = "own-near-border"
	RuleOwnOver  = "own-over-border"

	versionCrossing = 1
	versionOwn      = 1
)

// sure is how many standard deviations from the line make a side sure.
const sure = 2.5

// borderState is what is known of a track and one border.
type borderState struct {
	area    area.ID
	version uint32
	anchor  lineFix
	last    lineFix // newest on the anchor's side
	through bool    // it went over since last
	first   lineFix // first on the other side
	where   geo.Position
	armed   bool
	near    bool // something of ours was told that it is near
}

// lineFix is a fix seen from a line: metres to the left of it (right is
// negative), with the standard deviation across it, without the line's own.
type lineFix struct {
	fix
	metres, sd float64
}

// sureness is how many deviations the fix lies from the line.
func (f *lineFix) sureness(s *shape) float64 {
	return math.Abs(f.metres) / max(math.Sqrt(float64(f.sd*f.sd)+float64(s.Accuracy*s.Accuracy)), 0.1)
}

func (f *lineFix) left() bool { return f.metres >= 0 }

// look sees a fix from the line. It fails beyond the line's ends.
func (s *shape) look(f fix) (lineFix, bool) {
	metres, on, beyond := s.nearest(f.position)
	if beyond || math.IsNaN(metres) {
		return lineFix{}, false
	}
	plane := geo.NewPlane(f.position)
	east, north := plane.XY(on)
	return lineFix{f, metres, f.sidewaysSD(east, north)}, true
}

func (w *Watch) border(m *memory, e *track.Event, s *shape, f fix, own asset.Asset, ours bool) {
	i, found := slices.BinarySearchFunc(m.borders, s.ID, borderState.compare)
	now, ok := s.look(f)
	if !ok {
		if found { // round the end of the line nothing is crossed
			m.borders = slices.Delete(m.borders, i, i+1)
		}
		return
	}
	if !found {
		start := now
		if before, ok := m.earlier(s); ok {
			start = before
		}
		m.borders = slices.Insert(m.borders, i, borderState{area: s.ID, version: s.Valid.Number, anchor: start, last: start, armed: true})
	}
	b := &m.borders[i]
	if b.version != s.Valid.Number { // the line moved, not the track
		*b = borderState{area: s.ID, version: s.Valid.Number, anchor: now, last: now, armed: true, near: b.near}
	}
	away := math.Abs(now.metres) >= w.cfg.Rearm && now.sureness(s) >= 1.3
	if now.left() == b.anchor.left() {
		b.last, b.through = now, false
		if z := now.sureness(s); z >= min(b.anchor.sureness(s), sure) {
			b.anchor = now
		}
		b.armed = b.armed || away
		if ours {
			w.ownNear(m, e, s, b, now, own)
		}
		return
	}
	if !b.through {
		where, ok := s.crosses(b.last.position, now.position)
		if !ok { // it went round an end
			*b = borderState{area: s.ID, version: s.Valid.Number, anchor: now, last: now, armed: b.armed, near: b.near}
			return
		}
		b.through, b.first, b.where = true, now, where
	}
	if e.Track.Status == track.Tentative {
		return
	}
	p := crossed(math.Abs(b.anchor.metres), b.anchor.sd, math.Abs(now.metres), now.sd, s.Accuracy)
	switch {
	case !b.armed && !away:
		return
	case p < w.cfg.Raise && now.sureness(s) >= sure:
		// It is surely here, and never surely was on the other side.
		b.anchor, b.last, b.through = now, now, false
		return
	case p < w.cfg.Raise || math.Abs(now.metres) < w.cfg.Depth:
		return
	}
	switch {
	case !ours:
		w.crossing(m, e, s, b, now, p)
	case b.armed:
		w.ownOver(m, e, s, b, now, own, p)
	}
	b.anchor, b.last, b.through = now, now, false
	b.armed = away
}

// earlier sees the track's last look from a line that was too far away then.
func (m *memory) earlier(s *shape) (lineFix, bool) {
	if m.free.atlas == nil {
		return lineFix{}, false
	}
	return s.look(m.lastFix)
}

// crossing makes the finding of a crossing.
func (w *Watch) crossing(m *memory, e *track.Event, s *shape, b *borderState, now lineFix, p float64) {
	t := &e.Track
	c := crossingFacts{
		track: t, border: s, anchor: b.anchor, now: now, p: p, where: b.where, back: !b.armed,
		possible: s.Demonstration && !w.cfg.Exercise,
	}
	c.from, c.to = s.Right, s.Left
	if b.anchor.left() {
		c.from, c.to = s.Left, s.Right
	}
	c.when = between(b.last, b.first)
	c.lawful = w.lawful(t, s, b.where)

	f := Finding{
		Rule: RuleCrossing, RuleVersion: versionCrossing,
		Track: t.ID, Time: c.when, Position: b.where,
		Area: s.ID, AreaKind: s.Kind, AreaVersion: s.Valid.Number, Probability: p,
		Inputs: []uint64{b.anchor.seq, b.last.seq, now.seq},
		Belief: *t,
		Alert:  !c.lawful.found && !c.back, Ordinary: c.lawful.found || c.back, Possible: c.possible, Priority: rule.High,
	}
	switch {
	case !f.Alert, c.possible:
		f.Priority = rule.Low
	}
	f.Why, f.Expected = c.sentences()
	subject := string(s.ID) + "/left"
	if b.anchor.left() {
		subject = string(s.ID) + "/right"
	}
	w.raise(m, f, subject, now.seq, now.at)
}

// between gives the time at which a movement from one side to the other passed
// the line, if it was steady.
func between(a, b lineFix) time.Time {
	whole := math.Abs(a.metres) + math.Abs(b.metres)
	if !(whole > 0) || !b.at.After(a.at) {
		return b.at
	}
	part := math.Abs(a.metres) / whole
	return a.at.Add(time.Duration(float64(part * float64(b.at.Sub(a.at)))).Round(time.Millisecond))
}

// lawfulness is why a crossing is lawful, or how far it was from being so.
type lawfulness struct {
	found  bool
	reason rule.Text
	near   *shape // nearest post or lane, and how far its middle is
	metres float64
}

// lawful decides whether a crossing at a place is lawful.
func (w *Watch) lawful(t *track.Track, border *shape, where geo.Position) lawfulness {
	out := lawfulness{metres: math.Inf(1)}
	cos := cosLat(where.Lat)
	for _, s := range w.shapes.inForce(t.State.Time, &w.areas, &w.rules).lawful {
		if s.box.distance(where, cos) > max(s.Buffer, min(out.metres, 100e3)) {
			continue
		}
		var d float64
		if len(s.chunks) > 0 {
			d, _, _ = s.nearest(where)
			d = math.Abs(d)
		} else {
			d = geo.Distance(s.Point, where)
		}
		if d <= s.Buffer {
			return lawfulness{found: true, near: s, metres: d, reason: insideText(s, d)}
		}
		if d < out.metres {
			out.near, out.metres = s, d
		}
	}
	for i := range w.cfg.Lawful {
		if c := &w.cfg.Lawful[i]; c.covers(t, border.ID) {
			return lawfulness{found: true, reason: c.Reason}
		}
	}
	switch {
	case t.Distress != obs.NoDistress:
		return lawfulness{found: true, reason: rule.Text{ES: "pide auxilio", EN: "it calls for help"}}
	case w.passingBy(t):
		return lawfulness{found: true, reason: rule.Text{
			ES: "es una aeronave identificada por dirección e indicativo",
			EN: "it is an aircraft identified by address and call sign",
		}}
	}
	return out
}

// insideText says in whose buffer a crossing lay.
func insideText(s *shape, metres float64) rule.Text {
	es, en := textES(), textEN()
	return rule.Text{
		ES: "pasó por " + es.quoted(s.Name, string(s.ID)) + ", a " + es.metres(metres) + " (vale hasta " + es.metres(s.Buffer) + ")",
		EN: "it passed through " + en.quoted(s.Name, string(s.ID)) + ", " + en.metres(metres) + " from its middle (it counts up to " + en.metres(s.Buffer) + ")",
	}
}

// passingBy reports whether the track is an aircraft that says which it is by
// address and call sign, as air traffic does.
func (w *Watch) passingBy(t *track.Track) bool {
	if t.Domain != track.Air || w.cfg.AlertIdentifiedAircraft {
		return false
	}
	address, callSign := false, false
	for _, c := range t.Claims {
		if c.Honest > doubtful {
			address = address || c.Kind == obs.ICAO
			callSign = callSign || c.Kind == obs.CallSign
		}
	}
	return address && callSign
}

// covers reports whether the permission holds for a track and border.
func (c *Craft) covers(t *track.Track, border area.ID) bool {
	at := t.State.Time
	if (c.Border != "" && c.Border != border) || at.Before(c.From) || (!c.Until.IsZero() && !at.Before(c.Until)) {
		return false
	}
	return slices.ContainsFunc(t.Claims, func(b track.Belief) bool { return b.Claim == c.Claim && b.Honest > doubtful })
}

// ownNear tells the crew of something of ours that it is near a line: once,
// until it was half as far again away.
func (w *Watch) ownNear(m *memory, e *track.Event, s *shape, b *borderState, now lineFix, own asset.Asset) {
	d := math.Abs(now.metres)
	if d > 1.5*w.cfg.OwnNear {
		b.near = false
	}
	if b.near || d > w.cfg.OwnNear || e.Track.Status == track.Tentative {
		return
	}
	b.near = true
	sd := max(math.Sqrt(float64(now.sd*now.sd)+float64(s.Accuracy*s.Accuracy)), 0.1)
	w.own(m, e, s, now, own, Finding{
		Rule: RuleOwnNear, Priority: rule.Medium, Probability: fmath.Normal((w.cfg.OwnNear - d) / sd), Inputs: []uint64{now.seq},
	})
}

// ownOver tells that something of ours is beyond a line.
func (w *Watch) ownOver(m *memory, e *track.Event, s *shape, b *borderState, now lineFix, own asset.Asset, p float64) {
	b.near = true
	w.own(m, e, s, now, own, Finding{
		Rule: RuleOwnOver, Priority: rule.High, Probability: p, Inputs: []uint64{b.anchor.seq, now.seq},
	})
}

func (w *Watch) own(m *memory, e *track.Event, s *shape, now lineFix, own asset.Asset, f Finding) {
	t := &e.Track
	possible := s.Demonstration && !w.cfg.Exercise
	if possible {
		f.Priority = rule.Low
	}
	f.RuleVersion, f.Alert, f.Possible = versionOwn, true, possible
	f.Track, f.Belief, f.Time, f.Position = t.ID, *t, now.at, now.position
	f.Area, f.AreaKind, f.AreaVersion = s.ID, s.Kind, s.Valid.Number
	f.Why, f.Expected = ownSentences(t, cmp.Or(own.Name, string(own.ID)), s, now, f.Rule == RuleOwnOver, possible, f.Probability)
	w.raise(m, f, string(s.ID), now.seq, now.at)
}

// crossingFacts are the numbers that a crossing's sentence names.
type crossingFacts struct {
	track       *track.Track
	border      *shape
	anchor, now lineFix
	p           float64
	where       geo.Position
	when        time.Time
	from, to    string // states
	back        bool   // it turned round near the line
	possible    bool   // over a demonstration line, outside the exercise
	lawful      lawfulness
}

func (c *crossingFacts) sentences() (why, expected rule.Text) {
	es, en := textES(), textEN()
	var verbES, verbEN string
	switch {
	case c.back:
		verbES, verbEN = "volvió a cruzar", "went back over"
	case c.possible:
		verbES, verbEN = "posiblemente cruzó", "possibly crossed"
	default:
		verbES, verbEN = "cruzó", "crossed"
	}
	sentence := func(l language, verb, line, fromTo, since, inside, accuracy, way, fix string) string {
		return l.join(
			l.label(c.track)+" "+verb+" "+line+" "+l.quoted(c.border.Name, string(c.border.ID)),
			fromTo,
			l.probability+" "+l.number(c.p, 2)+":",
			since+" "+l.metres(math.Abs(c.anchor.metres))+" ("+fix+l.metres(c.anchor.sd)+") "+l.before+",",
			l.at(c.now.at)+" "+l.metres(math.Abs(c.now.metres))+" ("+fix+l.metres(c.now.sd)+") "+inside+",",
			accuracy+" "+fix+l.metres(c.border.Accuracy)+".",
			way,
		)
	}
	why.ES = sentence(es, verbES, "la línea", "de "+side(c.from, "?")+" a "+side(c.to, "?"), es.at(c.anchor.at), "más allá", "exactitud de la línea", es.motion(c.track), "±")
	why.EN = sentence(en, verbEN, "the line", "from "+side(c.from, "?")+" into "+side(c.to, "?"), en.at(c.anchor.at), "beyond it", "the line is accurate to", en.motion(c.track), "±")
	why.ES += " Paso hacia las " + c.when.UTC().Format(clock) + " UTC en " + es.position(c.where) + "."
	why.EN += " It passed about " + c.when.UTC().Format(clock) + " UTC at " + en.position(c.where) + "."
	switch {
	case c.lawful.found:
		why.ES += " Es lícito: " + c.lawful.reason.ES + "."
		why.EN += " It is lawful: " + c.lawful.reason.EN + "."
	case c.lawful.near != nil:
		n := c.lawful.near
		why.ES += " Fuera de puestos y carriles: el más cercano, " + es.quoted(n.Name, string(n.ID)) + ", a " + es.metres(c.lawful.metres) + " (vale hasta " + es.metres(n.Buffer) + ")."
		why.EN += " Outside posts and lanes: the nearest, " + en.quoted(n.Name, string(n.ID)) + ", is " + en.metres(c.lawful.metres) + " away (it counts up to " + en.metres(n.Buffer) + ")."
	default:
		why.ES += " No hay puesto ni carril legal a menos de 100 km."
		why.EN += " There is no legal post or lane within 100 km."
	}
	if c.possible {
		why.ES += " La línea es de DEMOSTRACIÓN: no prueba nada."
		why.EN += " The line is a DEMONSTRATION: it proves nothing."
	}
	why.ES += es.sources(c.track)
	why.EN += en.sources(c.track)
	switch {
	case c.lawful.found || c.back:
		expected = rule.Text{ES: "Nada; queda registrado.", EN: "Nothing; it is on record."}
	case c.possible:
		expected = rule.Text{ES: "Comprobar con otra fuente antes de actuar.", EN: "Check with another source before acting."}
	default:
		expected = rule.Text{
			ES: "Identificar la embarcación o persona, avisar a la patrulla y cerrar con un resultado.",
			EN: "Identify it, tell the patrol, and close with an outcome.",
		}
	}
	return why, expected
}

func side(state, unknown string) string {
	if state == "" {
		return unknown
	}
	return state
}
