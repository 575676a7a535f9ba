package casefile

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/casework"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/track"
	"atalaya/watch"
)

//go:embed page.html
var pageText string

func parsePage() (*template.Template, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("read the page of exports: %w", err)
	}
	return t, nil
}

// fact is a value with its name.
type fact struct{ Name, Value string }

// event is what somebody did at a time.
type event struct{ When, Who, What, Text, Why string }

// sheet is what the page says.
type sheet struct {
	Language  Language
	T         func(string) string
	Exercise  bool
	ID, Title string
	Made      string
	Facts     []fact
	Events    []event
	Pieces    []leaf
	Manifest  string
	Items     []Listed
	Missing   []Missing
}

// leaf is what the page says of a piece of evidence.
type leaf struct {
	Anchor, Heading string
	Entered, Note   string
	Sentence        string
	Warnings        []string
	Facts           []fact
	Map, Chart      template.HTML
	Events          []event
	SHA256          string
}

// render gives the HTML.
func (s *Service) render(b *bundle, c *content, l Language) ([]byte, error) {
	g, err := s.ground()
	if err != nil {
		return nil, err
	}
	p := sheet{
		Language: l, T: l.t, Exercise: b.manifest.Exercise, ID: c.file.ID, Title: c.file.Title,
		Made:     fmt.Sprintf("%s %s, %s %s %s, Atalaya %s", l.t("export"), b.manifest.Export, moment(b.manifest.Made), l.t("by"), l.name(b.manifest.By), b.manifest.Program),
		Manifest: b.hash, Items: b.manifest.Items, Missing: b.manifest.Missing,
	}
	p.Facts = l.caseFacts(&c.file)
	for i := range c.file.Entries {
		p.Events = append(p.Events, l.entry(&c.file.Entries[i]))
	}
	for i := range c.pieces {
		x := &c.pieces[i]
		leaf := s.leaf(g, l, x)
		leaf.SHA256 = b.manifest.Items[x.Number].SHA256 // the case itself is the first
		p.Pieces = append(p.Pieces, leaf)
	}
	var out bytes.Buffer
	if err := s.page.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}

func (l Language) name(w desk.Who) string {
	switch {
	case w.ID == "":
		return l.t("program")
	case w.SecondName != "":
		return w.Name + " + " + w.SecondName
	}
	return w.Name
}

func (l Language) caseFacts(c *casework.CaseFile) []fact {
	out := []fact{
		{l.t("state"), l.t(string(c.State))},
		{l.t("opened"), moment(c.Made) + ", " + l.name(c.By)},
		{l.t("changed"), moment(c.Changed) + ", " + l.name(c.Last.Who)},
		{l.t("version"), fmt.Sprint(c.Version)},
	}
	if c.Outcome != desk.NoOutcome {
		out = append(out, fact{l.t("outcome"), l.t(string(c.Outcome))})
	}
	if c.Closing != "" {
		out = append(out, fact{l.t("note"), c.Closing})
	}
	return out
}

func (l Language) entry(e *casework.Entry) event {
	out := event{When: moment(e.At), Who: l.name(e.Who), What: l.t("entry." + string(e.Kind)), Text: e.Text, Why: e.Why}
	switch e.Kind {
	case casework.WasRenamed:
		out.Text = e.Title
	case casework.WasClosed:
		out.What += ": " + l.t(string(e.Outcome))
	case casework.WasExported:
		out.Text = e.Export + ", " + string(e.Format) + ", SHA-256 " + e.SHA256
	default:
	}
	var named []string
	for i := range e.Evidence {
		named = append(named, l.called(&e.Evidence[i]))
	}
	if len(named) > 0 {
		out.Text = strings.TrimPrefix(out.Text+"\n"+strings.Join(named, ", "), "\n")
	}
	return out
}

// called is what a piece of evidence is called.
func (l Language) called(e *casework.Evidence) string {
	id := e.ID
	switch e.Kind {
	case casework.OfTrack:
		id = e.Track.String()
	case casework.OfObservation:
		id = fmt.Sprint(e.Observation)
	default:
	}
	return l.t("kind."+string(e.Kind)) + " " + id
}

// leaf says everything about a piece.
func (s *Service) leaf(g ground, l Language, p *piece) leaf {
	out := leaf{
		Anchor: fmt.Sprint("e", p.Number), Heading: fmt.Sprintf("%d. %s", p.Number, l.called(&p.Evidence)),
		Entered: l.t("entered") + " " + moment(p.Entered) + ", " + l.name(p.By), Note: p.Evidence.Note,
	}
	map1 := scene{label: l.t("map") + ": " + out.Heading, unit: l.metres, north: l.t("north")}
	speeds := chart{label: l.t("chart") + ": " + out.Heading, number: l.number, clock: clock, factor: mps2knots, unit: "kn"}
	if p.Path != nil && len(p.Path.Points) > 0 {
		map1.points, speeds.points = p.Path.Points, p.Path.Points
		map1.begin, map1.end = clock(p.Path.Points[0].Time), clock(p.Path.Points[len(p.Path.Points)-1].Time)
	}
	var belief *track.Track
	if p.Evidence.Taken != nil {
		belief = p.Evidence.Taken.Belief
	}
	switch f := p.judged(); {
	case f != nil:
		out.Sentence = l.of(f.Why)
		out.Warnings = l.warnings(f, p.Alert)
		belief = &f.Belief
		if a, ok := s.cfg.Area(f.Area, f.Time); f.Area != "" && ok {
			map1.area = &a
		}
		out.Facts = l.findingFacts(f, p.Alert, map1.area)
		map1.mark, map1.cov = &f.Position, covOf(&f.Belief)
		speeds.mark = f.Time
	case p.Report != nil:
		out.Sentence, out.Facts = p.Report.Description, l.reportFacts(p.Report)
		map1.mark, map1.cov = &p.Report.Position, p.Report.Cov
	case p.Task != nil:
		out.Sentence, out.Facts = p.Task.Text, l.taskFacts(p.Task)
		for i := range p.Task.Steps {
			st := &p.Task.Steps[i]
			out.Events = append(out.Events, event{When: moment(st.At), Who: l.name(st.Who), What: l.t("step." + string(st.Kind)), Text: st.Note})
		}
	case p.Seen != nil:
		out.Facts = l.seenFacts(p.Seen)
		if p.Seen.Measure == obs.Place {
			map1.mark, map1.cov = &p.Seen.Position, p.Seen.Cov
		}
	case belief != nil:
		map1.mark, map1.cov = &belief.State.Position, covOf(belief)
	}
	if belief != nil && belief.ID != 0 {
		out.Facts = append(out.Facts, l.beliefFacts(belief)...)
		if belief.Domain == track.Land {
			speeds.factor, speeds.unit = mps2kmh, "km/h"
		}
	}
	if p.Path != nil {
		out.Facts = append(out.Facts, l.pathFacts(p.Path)...)
	}
	if p.Alert != nil {
		for i := range p.Alert.Changes {
			out.Events = append(out.Events, l.change(&p.Alert.Changes[i]))
		}
	}
	if map1.mark != nil && *map1.mark == (geo.Position{}) && p.Path == nil {
		map1.mark = nil // what has no place lies off Africa
	}
	out.Map, out.Chart = map1.draw(g), speeds.draw()
	return out
}

func covOf(t *track.Track) obs.Cov2 {
	c := &t.State.Cov
	return obs.Cov2{EE: c[0][0], EN: c[0][1], NN: c[1][1]}
}

func (l Language) warnings(f *watch.Finding, a *desk.Alert) (out []string) {
	if f.Status == watch.Withdrawn {
		out = append(out, l.t("withdrawn"))
	}
	if f.Possible {
		out = append(out, l.t("possible"))
	}
	if a != nil {
		for i := range a.Explanations {
			out = append(out, l.t("explains")+": "+l.of(a.Explanations[i].Text))
		}
	}
	return out
}

func (l Language) findingFacts(f *watch.Finding, a *desk.Alert, of *area.Area) []fact {
	name, version, priority := f.Rule, f.RuleVersion, f.Priority
	if a != nil {
		priority = a.Priority
		if a.Rule.ID != "" {
			name, version = l.of(a.Rule.Name)+" ("+string(a.Rule.ID)+")", a.Rule.Version
		}
	}
	out := []fact{
		{l.t("when"), moment(f.Time)},
		{l.t("where"), place(f.Position)},
		{l.t("probability"), l.percent(f.Probability)},
		{l.t("priority"), l.t(fmt.Sprint("priority.", int(priority)))},
		{l.t("rule"), fmt.Sprintf("%s, %s %d", name, strings.ToLower(l.t("version")), version)},
	}
	if of != nil {
		text := fmt.Sprintf("%s, %s %d, %s%s, %s", of.Name, strings.ToLower(l.t("version")), of.Valid.Number, l.t("accuracy"), l.metres(of.Accuracy), of.Source)
		if of.Demonstration {
			text += ". " + l.t("demonstration")
		}
		out = append(out, fact{l.t("area"), text})
	}
	if len(f.Inputs) > 0 {
		out = append(out, fact{l.t("inputs"), strings.Trim(fmt.Sprint(f.Inputs), "[]")})
	}
	return out
}

func (l Language) beliefFacts(t *track.Track) []fact {
	long, short, _ := axes(covOf(t))
	knots := fmath.Hypot(t.State.East, t.State.North)
	course := fmath.Atan2Degrees(t.State.East, t.State.North)
	speed := l.number(knots*mps2knots, 1) + " kn"
	if t.Domain == track.Land {
		speed = l.number(knots*mps2kmh, 0) + " km/h"
	}
	var claims, sensors []string
	for i := range t.Claims {
		claims = append(claims, fmt.Sprintf("%s %s (%s %s)", t.Claims[i].Kind, t.Claims[i].Value, l.percent(t.Claims[i].Honest), l.t("honest")))
	}
	for _, id := range t.Sensors {
		sensors = append(sensors, string(id))
	}
	if !t.Proven {
		sensors = append(sensors, l.t("unproven"))
	}
	if t.Foreign {
		sensors = append(sensors, l.t("foreign"))
	}
	out := []fact{
		{l.t("kind.track"), t.ID.String() + ", " + l.t("thing."+t.Kind.String()) + ", " + moment(t.State.Time)},
		{l.t("error"), l.metres(long) + " × " + l.metres(short)},
		{l.t("speed"), speed},
		{l.t("course"), fmt.Sprintf("%03.0f°", geo.WrapBearing(course))},
		{l.t("existence"), l.percent(t.Existence)},
		{l.t("sensors"), strings.Join(sensors, ", ")},
	}
	if len(claims) > 0 {
		out = append(out, fact{l.t("claims"), strings.Join(claims, "; ")})
	}
	return out
}

func (l Language) pathFacts(p *path) []fact {
	points := fmt.Sprint(p.Known)
	if len(p.Points) < p.Known {
		points = fmt.Sprintf("%d %s %d", len(p.Points), l.t("ofpoints"), p.Known)
	}
	return []fact{{l.t("span"), p.Track.String() + ": " + moment(p.From) + " – " + moment(p.To)}, {l.t("points"), points}}
}

func (l Language) reportFacts(r *casework.ReportFile) []fact {
	out := []fact{
		{l.t("reporter"), strings.TrimSuffix(r.Reporter+", "+r.Contact, ", ")},
		{l.t("means"), l.t("means." + string(r.Means))},
		{l.t("seen"), moment(r.Seen)},
		{l.t("told"), moment(r.Received)},
		{l.t("grade"), string(r.Grade)},
		{l.t("what"), l.t("thing." + r.Kind.String())},
		{l.t("count"), fmt.Sprint(r.Count)},
		{l.t("where"), place(r.Position)},
	}
	if r.Called != "" {
		out = append(out, fact{l.t("called"), r.Called})
	}
	return append(out, fact{l.t("versions"), fmt.Sprint(len(r.Versions))})
}

func (l Language) taskFacts(t *casework.Task) []fact {
	state := l.t("task." + string(t.State))
	if t.Overdue {
		state += ", " + l.t("overdue")
	}
	return []fact{{l.t("asset"), t.AssetName + " (" + t.To + ")"}, {l.t("due"), moment(t.Due)}, {l.t("state"), state}}
}

func (l Language) seenFacts(o *obs.Observation) []fact {
	out := []fact{
		{l.t("when"), moment(o.Time)},
		{l.t("received"), moment(o.Received)},
		{l.t("sensor"), string(o.Sensor)},
		{l.t("feed"), string(o.Source.Feed)},
		{l.t("what"), l.t("thing." + o.Kind.String())},
	}
	if o.Measure == obs.Place {
		out = append(out, fact{l.t("where"), place(o.Position)})
	}
	return append(out, fact{l.t("hash"), fmt.Sprintf("%x", o.Source.Hash)})
}

func (l Language) change(c *desk.Change) event {
	out := event{When: moment(c.At), Who: l.name(c.Who), What: l.t("change." + string(c.Kind)), Text: c.Note}
	if c.Outcome != desk.NoOutcome {
		out.What += ": " + l.t(string(c.Outcome))
	}
	if c.Case != "" {
		out.What += " " + c.Case
	}
	return out
}
