package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/valid"
)

// Scenario is a parsed text.
type Scenario struct {
	Origin   geo.Position
	Start    time.Time
	Exercise bool
	Lag      time.Duration // of the tracker; 0: its default
	Duration time.Duration

	noise   noise
	sensors []sensorLine
	areas   []area.Area
	rules   []rule.Rule
	assets  []asset.Asset
	things  []thing
	reports []report
	drops   []drop
	clocks  []clockStep
	expects []expectation
}

type sensorLine struct {
	sensor.Sensor
	clutter int
}

type thing struct {
	id     string
	kind   obs.Kind
	path   []waypoint
	radar  bool
	height geo.Height
}

type waypoint struct {
	at          time.Duration
	east, north float64
}

type report struct {
	thing, sensor      string
	every, from, until time.Duration
	claims             []obs.Claim
	sd, stated         float64
	delay, clock       time.Duration
	doubt              bool
	east, north        float64 // offset
	velocity, place    bool
	proven             bool
	distress           obs.Distress
}

type drop struct {
	thing string
	at    time.Duration
}

type clockStep struct {
	at, by time.Duration
}

// line is one line of the text: a verb, words, and key=value words.
type line struct {
	number int
	words  []string
	keys   []string
	values map[string]string
	used   map[string]bool
	err    error
}

// Parse reads a scenario.
func Parse(text string) (*Scenario, error) {
	s := &Scenario{Start: time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC), noise: 1}
	var errs []error
	for i, raw := range strings.Split(text, "\n") {
		l, err := split(raw, i+1)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(l.words) == 0 {
			continue
		}
		s.take(l)
		for _, k := range l.keys {
			if !l.used[k] && l.err == nil {
				l.err = fmt.Errorf("line %d: %s= means nothing here", l.number, k)
			}
		}
		errs = append(errs, l.err)
	}
	if s.Duration <= 0 {
		errs = append(errs, errors.New("there is no run line"))
	}
	return s, errors.Join(errs...)
}

// split parts a line into words.
func split(raw string, number int) (*line, error) {
	l := &line{number: number, values: map[string]string{}, used: map[string]bool{}}
	rest := raw
	for {
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" || rest[0] == '#' {
			return l, nil
		}
		end, quoted := 0, false
		for end < len(rest) && (quoted || (rest[end] != ' ' && rest[end] != '\t')) {
			quoted = quoted != (rest[end] == '"')
			end++
		}
		if quoted {
			return nil, fmt.Errorf("line %d: a quote is not closed", number)
		}
		word := strings.ReplaceAll(rest[:end], `"`, "")
		rest = rest[end:]
		if k, v, ok := strings.Cut(word, "="); ok {
			l.keys = append(l.keys, k)
			l.values[k] = v
		} else {
			l.words = append(l.words, word)
		}
	}
}

func (l *line) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("line %d: %s", l.number, fmt.Sprintf(format, args...))
	}
}

func (l *line) word(i int) string {
	if i < len(l.words) {
		return l.words[i]
	}
	l.fail("a word is missing after %q", l.words[len(l.words)-1])
	return ""
}

func (l *line) text(k string) (string, bool) {
	v, ok := l.values[k]
	l.used[k] = l.used[k] || ok
	return v, ok
}

func (l *line) number64(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		l.fail("%q is no number", s)
	}
	return v
}

func (l *line) float(k string, otherwise float64) float64 {
	if v, ok := l.text(k); ok {
		return l.number64(v)
	}
	return otherwise
}

func (l *line) duration(k string, otherwise time.Duration) time.Duration {
	if v, ok := l.text(k); ok {
		return l.parseDuration(v)
	}
	return otherwise
}

func (l *line) parseDuration(v string) time.Duration {
	d, err := time.ParseDuration(v)
	if err != nil {
		l.fail("%q is no duration", v)
	}
	return d
}

func (l *line) flag(k string, otherwise bool) bool {
	v, ok := l.text(k)
	switch {
	case !ok:
		return otherwise
	case v == "yes" || v == "no":
		return v == "yes"
	}
	l.fail("%s is yes or no, not %q", k, v)
	return false
}

func (l *line) place(s string) (east, north float64) {
	e, n, ok := strings.Cut(s, ",")
	if !ok {
		l.fail("%q is no place: EAST,NORTH in metres", s)
		return 0, 0
	}
	return l.number64(e), l.number64(n)
}

func (s *Scenario) position(east, north float64) geo.Position {
	return geo.NewPlane(s.Origin).Position(east, north)
}

func (s *Scenario) places(l *line, text string) []geo.Position {
	var out []geo.Position
	for p := range strings.SplitSeq(text, ":") {
		out = append(out, s.position(l.place(p)))
	}
	return out
}

func (s *Scenario) take(l *line) {
	switch l.words[0] {
	case "origin":
		s.Origin = geo.Position{Lat: l.number64(l.word(1)), Lon: l.number64(l.word(2))}
	case "start":
		t, err := time.Parse(time.RFC3339, l.word(1))
		if err != nil {
			l.fail("%v", err)
		}
		s.Start = t
	case "exercise":
		s.Exercise = l.word(1) == "yes"
	case "lag":
		s.Lag = l.parseDuration(l.word(1))
	case "seed":
		s.noise = noise(l.number64(l.word(1)))
	case "run":
		s.Duration = l.parseDuration(l.word(1))
	case "sensor":
		s.takeSensor(l)
	case "area":
		s.takeArea(l)
	case "rule":
		s.takeRule(l)
	case "asset":
		a := asset.Asset{ID: asset.ID(l.word(1)), Kind: asset.Kind(l.word(2)), Valid: valid.Record{Number: 1}, Claims: claims(l, "")}
		a.Name, _ = l.text("name")
		a.Claims = slices.DeleteFunc(a.Claims, func(c obs.Claim) bool { return c.Kind == obs.Name })
		s.assets = append(s.assets, a)
	case "thing":
		s.takeThing(l)
	case "report":
		s.takeReport(l)
	case "drop":
		s.drops = append(s.drops, drop{l.word(1), l.duration("at", 0)})
	case "clock":
		s.clocks = append(s.clocks, clockStep{l.duration("at", 0), l.duration("by", 0)})
	case "expect":
		s.takeExpectation(l)
	default:
		l.fail("%q begins no line", l.words[0])
	}
}

func (s *Scenario) takeSensor(l *line) {
	v := sensorLine{Sensor: sensor.Sensor{ID: sensor.ID(l.word(1)), Kind: sensor.Kind(l.word(2)), Valid: valid.Record{Number: 1}}}
	place, _ := l.text("at")
	if place == "" {
		place = "0,0"
	}
	v.Position = s.position(l.place(place))
	v.MaxRange = l.float("range", 0)
	v.ScanPeriod = l.duration("scan", 0)
	v.Detection = l.float("detection", 0)
	v.RangeSD, v.BearingSD = l.float("range-sd", 0), l.float("bearing-sd", 0)
	v.PositionSD = l.float("position-sd", 0)
	v.clutter = int(l.float("clutter", 0))
	s.sensors = append(s.sensors, v)
}

func (s *Scenario) takeArea(l *line) {
	a := area.Area{ID: area.ID(l.word(1)), Kind: area.Kind(l.word(2)), Valid: s.validity(l)}
	a.Name, _ = l.text("name")
	a.Left, _ = l.text("left")
	a.Right, _ = l.text("right")
	if v, ok := l.text("line"); ok {
		a.Line = s.places(l, v)
	}
	if v, ok := l.text("polygon"); ok {
		a.Polygon = geo.Polygon{s.places(l, v)}
	}
	if v, ok := l.text("point"); ok {
		a.Point = s.position(l.place(v))
	}
	if v, ok := l.text("hours"); ok {
		a.Schedule.Windows = []valid.Window{l.hours(v)}
	}
	a.Buffer, a.Accuracy = l.float("buffer", 0), l.float("accuracy", 0)
	a.Demonstration = l.flag("demonstration", false)
	s.areas = append(s.areas, a)
}

// validity reads which version it is, and when it holds.
func (s *Scenario) validity(l *line) valid.Record {
	r := valid.Record{Number: uint32(l.float("version", 1))}
	if d := l.duration("from", 0); d != 0 {
		r.From = s.Start.Add(d)
	}
	if d := l.duration("until", 0); d != 0 {
		r.Until = s.Start.Add(d)
	}
	return r
}

func (s *Scenario) takeRule(l *line) {
	r := rule.Rule{
		ID: rule.ID(l.word(1)), Detector: rule.Detector(l.word(2)), Kind: rule.Kind(l.word(3)), Valid: s.validity(l),
		Priority: rule.Priority(l.float("priority", 1)), Owner: "scenario", Rationale: rule.Text{ES: "prueba", EN: "test"},
		Response: rule.Text{ES: "Nada.", EN: "Nothing."}, Deadline: time.Minute, Review: s.Start,
	}
	id, _ := l.text("area")
	kind, _ := l.text("kind")
	r.Area, r.AreaKind = area.ID(id), area.Kind(kind)
	if err := r.Check(); err != nil {
		l.fail("%v", err)
	}
	s.rules = append(s.rules, r)
}

// hours reads "04:00-05:30", UTC.
func (l *line) hours(text string) (w valid.Window) {
	var h1, m1, h2, m2 int
	if _, err := fmt.Sscanf(text, "%d:%d-%d:%d", &h1, &m1, &h2, &m2); err != nil {
		l.fail("%q are no hours: FROM-TO as 04:00-05:30", text)
	}
	return valid.Window{From: 60*h1 + m1, To: 60*h2 + m2}
}

func (s *Scenario) takeThing(l *line) {
	t := thing{id: l.word(1), radar: l.flag("radar", true)}
	if err := t.kind.UnmarshalText([]byte(l.word(2))); err != nil {
		l.fail("%v", err)
	}
	if v := l.float("height", 0); v != 0 {
		t.height = geo.SeaHeight(v).Height()
	}
	path, _ := l.text("path")
	for p := range strings.SplitSeq(path, "/") {
		at, place, ok := strings.Cut(p, "@")
		if !ok {
			l.fail("%q is no point of a path: TIME@EAST,NORTH", p)
			return
		}
		w := waypoint{at: l.parseDuration(at)}
		w.east, w.north = l.place(place)
		t.path = append(t.path, w)
	}
	s.things = append(s.things, t)
}

// claims reads identities, ordered by kind.
func claims(l *line, sensorID string) []obs.Claim {
	var out []obs.Claim
	for _, k := range []struct {
		key  string
		kind obs.ClaimKind
	}{
		{"mmsi", obs.MMSI},
		{"icao", obs.ICAO},
		{"system", obs.SystemID},
		{"target", obs.RadarTarget},
		{"callsign", obs.CallSign},
		{"name", obs.Name},
		{"squawk", obs.Squawk},
	} {
		v, ok := l.text(k.key)
		if !ok {
			continue
		}
		if k.kind == obs.RadarTarget {
			v = sensorID + "/" + v
		}
		out = append(out, obs.Claim{Kind: k.kind, Value: v})
	}
	return out
}

func (s *Scenario) takeReport(l *line) {
	r := report{thing: l.word(1)}
	r.sensor, _ = l.text("sensor")
	r.claims = claims(l, r.sensor)
	r.every = l.duration("every", 0)
	r.from = l.duration("from", 0)
	r.until = l.duration("until", 1<<62)
	if at := l.duration("at", -1); at >= 0 {
		r.from, r.until, r.every = at, at+1, time.Hour
	}
	if r.every <= 0 {
		l.fail("a report needs every= or at=")
	}
	r.sd = l.float("sd", 0)
	r.stated = l.float("stated", max(r.sd, 5))
	r.delay, r.clock = l.duration("delay", 0), l.duration("clock", 0)
	r.doubt = l.flag("doubt", false)
	if v, ok := l.text("offset"); ok {
		r.east, r.north = l.place(v)
	}
	r.velocity, r.place = l.flag("velocity", true), l.flag("place", true)
	r.proven = l.flag("proven", false)
	if v, ok := l.text("distress"); ok {
		if err := r.distress.UnmarshalText([]byte(v)); err != nil {
			l.fail("%v", err)
		}
	}
	if !slices.ContainsFunc(s.things, func(t thing) bool { return t.id == r.thing }) {
		l.fail("there is no thing %q above", r.thing)
	}
	if !slices.ContainsFunc(s.sensors, func(v sensorLine) bool { return string(v.ID) == r.sensor }) {
		l.fail("there is no sensor %q above", r.sensor)
	}
	s.reports = append(s.reports, r)
}
