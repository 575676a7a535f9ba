package watch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

func epoch() time.Time { return time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC) }

func home() geo.Position { return geo.Position{Lat: -16.2, Lon: -68.9} }

func at(east, north float64) geo.Position { return geo.NewPlane(home()).Position(east, north) }

// line runs north through home, Peru on the left.
func line(accuracy float64) area.Area {
	return area.Area{
		ID: "line", Name: "Lago", Kind: area.Border, Valid: valid.Record{Number: 1},
		Line: geo.Line{at(0, -9000), at(0, 0), at(0, 9000)}, Left: "PER", Right: "BOL", Accuracy: accuracy,
	}
}

// rig feeds a Watch with the events of tracks moved by hand.
type rig struct {
	t   testing.TB
	w   *Watch
	seq uint64
	all []Finding
}

// newRig has the rules that the program comes with.
func newRig(t testing.TB, cfg Config, areas ...area.Area) *rig {
	r := &rig{t: t, w: New(cfg)}
	var in []track.Input
	for _, v := range rule.BuiltIn(time.Time{}) {
		in = append(in, track.Input{Change: &track.Change{Rule: &v}})
	}
	for i := range areas {
		in = append(in, track.Input{Change: &track.Change{Area: &areas[i]}})
	}
	r.w.Step(epoch(), nil, in)
	return r
}

// event makes an event of a confirmed boat with 10 m of error.
func (r *rig) event(kind track.EventKind, id track.ID, sec, east, north float64) track.Event {
	r.seq++
	when := epoch().Add(time.Duration(sec * float64(time.Second)))
	return track.Event{Kind: kind, Time: when, Track: track.Track{
		ID: id, Status: track.Confirmed, Domain: track.Water, Kind: obs.Vessel, Existence: 0.99, Sensors: []sensor.ID{"ais"}, LastSeq: r.seq,
		State: track.State{Time: when, Position: at(east, north), East: 5, Cov: [4][4]float64{{100}, {0, 100}, {0, 0, 1}, {0, 0, 0, 1}}},
	}}
}

func (r *rig) step(events ...track.Event) []Finding {
	f := r.w.Step(events[len(events)-1].Time, events, nil)
	r.all = append(r.all, f...)
	return f
}

// go moves a track and gives what is found on the way.
func (r *rig) move(id track.ID, from float64, east ...float64) []Finding {
	var out []Finding
	for i, e := range east {
		out = append(out, r.step(r.event(track.Updated, id, from+10*float64(i), e, 0))...)
	}
	return out
}

// ids gives the findings' names, without the sequence at the end.
func ids(fs []Finding) string {
	var out []string
	for _, f := range fs {
		s := f.ID[:strings.LastIndexByte(f.ID, '/')]
		if f.Status == Withdrawn {
			s += " withdrawn"
		}
		if f.Revision > 1 {
			s += fmt.Sprintf(" (%d)", f.Revision)
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func TestCrossedAgainstManyWorlds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ from, fromSD, to, toSD, line float64 }{
		{100, 10, 100, 10, 0},
		{100, 10, 100, 10, 100},
		{500, 50, 900, 50, 1000},
		{20, 60, 200, 10, 15},
		{1000, 5, 20, 40, 30},
		{2500, 7, 888, 7, 1000},
	} {
		const worlds = 200_000
		n := 0
		for range worlds {
			l := rng.NormFloat64() * c.line
			if -c.from+rng.NormFloat64()*c.fromSD < l && c.to+rng.NormFloat64()*c.toSD > l {
				n++
			}
		}
		got, want := crossed(c.from, c.fromSD, c.to, c.toSD, c.line), float64(n)/worlds
		if math.Abs(got-want) > 0.005 {
			t.Errorf("%+v: %.4f, in many worlds %.4f", c, got, want)
		}
	}
}

// randomLine winds about one direction, so that it never meets itself.
func randomLine(rng *rand.Rand, n int, centre geo.Position) geo.Line {
	l := geo.Line{centre}
	dir := rng.Float64() * 360
	for len(l) < n {
		p, _ := geo.Direct(l[len(l)-1], dir+rng.Float64()*140-70, 100+rng.Float64()*3000)
		l = append(l, p)
	}
	return l
}

func TestNearestAgainstTheWholeLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		centre := geo.Position{Lat: rng.Float64()*140 - 70, Lon: 179 + rng.Float64()*2}.Normalize()
		l := randomLine(rng, 2+rng.IntN(150), centre)
		if rng.IntN(3) == 0 {
			l = append(l, l[0])
		}
		s := newShapes()
		sh := s.shape(area.Area{ID: "l", Kind: area.Border, Line: l})
		for range 40 {
			p, _ := geo.Direct(l[rng.IntN(len(l))], rng.Float64()*360, rng.Float64()*20e3)
			on, want, _ := l.Nearest(p)
			got, gotOn, _ := sh.nearest(p)
			if math.Abs(math.Abs(got)-math.Abs(want)) > 1e-3 || (math.Abs(want) > 0.01 && geo.Distance(on, gotOn) < 1 && (got > 0) != (want > 0)) {
				t.Fatalf("line of %d: %v m at %v, not %v m at %v, from %v", len(l), got, gotOn, want, on, p)
			}
			for i := range sh.chunks {
				c := &sh.chunks[i]
				stretch := c.line[c.first : c.first+c.legs+1]
				if _, d, _ := stretch.Nearest(p); c.box.distance(p, cosLat(p.Lat)) > math.Abs(d)+1e-3 {
					t.Fatalf("box %v m away, the line %v m", c.box.distance(p, cosLat(p.Lat)), math.Abs(d))
				}
			}
		}
	}
}

func TestNoSidesBeyondTheEnds(t *testing.T) {
	r := newRig(t, Config{}, line(5))
	// Round the northern end, from Bolivia to Peru and on to the west of the line.
	for i, p := range [][2]float64{{500, 8000}, {500, 9500}, {0, 9800}, {-500, 9500}, {-500, 8000}, {-500, 6000}} {
		r.step(r.event(track.Updated, 1, float64(10*i), p[0], p[1]))
	}
	if len(r.all) != 0 {
		t.Errorf("found %s", ids(r.all))
	}
}

func TestJumpsFarOverTheLine(t *testing.T) {
	// From one side to the other in one update, never near the line.
	r := newRig(t, Config{}, line(5))
	if got := ids(r.move(1, 0, 40e3, 30e3, -30e3, -40e3)); got != "border-crossing/T1/line/left" {
		t.Errorf("found %q", got)
	}
}

// What appears near the line may have come from either side.
func TestBornNearTheLine(t *testing.T) {
	r := newRig(t, Config{}, line(300))
	if got := ids(r.move(1, 0, 50, -100, -400, -700, -1000)); got != "" {
		t.Errorf("found %q", got)
	}
	// From there it crosses for sure.
	if got := ids(r.move(1, 100, -500, 100, 500, 900)); got != "border-crossing/T1/line/right" {
		t.Errorf("found %q", got)
	}
}

func TestTentativeTracksRaiseWhenConfirmed(t *testing.T) {
	r := newRig(t, Config{}, line(5))
	for i, e := range []float64{300, 100, -100} {
		ev := r.event(track.Updated, 1, float64(10*i), e, 0)
		ev.Track.Status = track.Tentative
		r.step(ev)
	}
	if len(r.all) != 0 {
		t.Fatalf("found %s", ids(r.all))
	}
	if got := ids(r.step(r.event(track.Promoted, 1, 30, -150, 0))); got != "border-crossing/T1/line/left" {
		t.Errorf("found %q", got)
	}
}

func TestLawful(t *testing.T) {
	craft := obs.Claim{Kind: obs.MMSI, Value: "775000001"}
	cfg := Config{Lawful: []Craft{{Claim: craft, Border: "line", Until: epoch().Add(time.Hour), Reason: rule.Text{ES: "transbordador", EN: "ferry"}}}}
	for _, c := range []struct {
		name   string
		change func(*track.Track)
		alert  bool
	}{
		{"nobody", func(*track.Track) {}, true},
		{"listed", func(tr *track.Track) { tr.Claims = []track.Belief{{Claim: craft, Honest: 0.9}} }, false},
		{"listed, but contested", func(tr *track.Track) { tr.Claims = []track.Belief{{Claim: craft, Honest: 0.5}} }, true},
		{"listed, too late", func(tr *track.Track) {
			tr.Claims = []track.Belief{{Claim: craft, Honest: 0.9}}
			tr.State.Time = tr.State.Time.Add(2 * time.Hour)
		}, true},
		{"in distress", func(tr *track.Track) { tr.Distress = obs.InDistressStat }, false},
		{"an aircraft with address only", func(tr *track.Track) {
			tr.Domain, tr.Claims = track.Air, []track.Belief{{Claim: obs.Claim{Kind: obs.ICAO, Value: "e49406"}, Honest: 0.9}}
		}, true},
		{"an aircraft with both", func(tr *track.Track) {
			tr.Domain, tr.Claims = track.Air, []track.Belief{{Claim: obs.Claim{Kind: obs.ICAO, Value: "e49406"}, Honest: 0.9}, {Claim: obs.Claim{Kind: obs.CallSign, Value: "CP1"}, Honest: 0.9}}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, cfg, line(5))
			for i, e := range []float64{300, 100, -100} {
				ev := r.event(track.Updated, 1, float64(10*i), e, 0)
				c.change(&ev.Track)
				r.step(ev)
			}
			if len(r.all) != 1 || r.all[0].Alert != c.alert {
				t.Errorf("%+v", r.all)
			}
		})
	}
}

func TestBuffers(t *testing.T) {
	post := area.Area{ID: "post", Kind: area.LegalPost, Valid: valid.Record{Number: 1}, Point: at(0, 900), Buffer: 500}
	lane := area.Area{ID: "lane", Kind: area.FerryLane, Valid: valid.Record{Number: 1}, Line: geo.Line{at(-9000, -2500), at(9000, -2500)}, Buffer: 2400}
	for _, c := range []struct {
		name  string
		areas []area.Area
		lane  float64 // its buffer
		alert bool
		text  string
	}{
		{"outside both", []area.Area{post, lane}, 2400, true, "“post”, is 900 m away"},
		{"a wide lane farther than a near post", []area.Area{post, lane}, 2600, false, "“lane”"},
		{"none at all", nil, 0, true, "within 100 km"},
	} {
		t.Run(c.name, func(t *testing.T) {
			areas := []area.Area{line(5)}
			for _, a := range c.areas {
				if a.ID == "lane" {
					a.Buffer = c.lane
				}
				areas = append(areas, a)
			}
			r := newRig(t, Config{}, areas...)
			r.move(1, 0, 300, 100, -100)
			if len(r.all) != 1 || r.all[0].Alert != c.alert || !strings.Contains(r.all[0].Why.EN, c.text) {
				t.Errorf("%+v", r.all)
			}
		})
	}
}

func TestOwnAssets(t *testing.T) {
	claim := obs.Claim{Kind: obs.MMSI, Value: "775000009"}
	run := func(honest float64, valid valid.Record) *rig {
		r := newRig(t, Config{}, line(5))
		r.w.Step(epoch(), nil, []track.Input{{Change: &track.Change{Asset: &asset.Asset{ID: "inti", Name: "Inti", Valid: valid, Claims: []obs.Claim{claim}}}}})
		for i, e := range []float64{3000, 900, 800, 1200, 800, 300, -300, -700, 300} {
			ev := r.event(track.Updated, 1, float64(10*i), e, 0)
			ev.Track.Claims = []track.Belief{{Claim: claim, Honest: honest}}
			r.step(ev)
		}
		return r
	}
	if got := ids(run(0.9, valid.Record{Number: 1}).all); got != "own-near-border/T1/line, own-over-border/T1/line, own-over-border/T1/line" {
		t.Errorf("ours: %s", got)
	}
	if got := ids(run(0.5, valid.Record{Number: 1}).all); got != "border-crossing/T1/line/left, border-crossing/T1/line/right" {
		t.Errorf("contested: %s", got)
	}
	if got := ids(run(0.9, valid.Record{Number: 1, Until: epoch()}).all); got != "border-crossing/T1/line/left, border-crossing/T1/line/right" {
		t.Errorf("not ours any more: %s", got)
	}
}

func TestRevisionWithdrawsAndRestores(t *testing.T) {
	r := newRig(t, Config{}, line(5))
	if got := ids(r.move(1, 0, 300, 200, 100, -60, -90)); got != "border-crossing/T1/line/left" {
		t.Fatalf("found %q", got)
	}
	revised := func(rev uint32, from float64, east ...float64) []Finding {
		first := r.event(track.Revised, 1, 40, east[len(east)-1], 0)
		first.Revision, first.From = rev, epoch().Add(time.Duration(from)*time.Second)
		events := []track.Event{first}
		for i, e := range east {
			ev := r.event(track.Updated, 1, from+10*float64(i), e, 0)
			ev.Revision = rev
			events = append(events, ev)
		}
		return r.step(events...)
	}
	// A little else: the finding stands as it was told.
	if got := ids(revised(1, 30, -58, -92)); got != "" {
		t.Errorf("the same past: %q", got)
	}
	// It never crossed.
	if got := ids(revised(2, 30, 60, 50)); got != "border-crossing/T1/line/left withdrawn (2)" {
		t.Errorf("no crossing: %q", got)
	}
	// It did after all.
	if got := ids(revised(3, 30, -60, -90)); got != "border-crossing/T1/line/left (3)" {
		t.Errorf("crossing again: %q", got)
	}
	// And it is one crossing still.
	if got := ids(r.move(1, 50, -100, -90)); got != "" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestMergedTracksDoNotTellAgain(t *testing.T) {
	r := newRig(t, Config{}, line(5))
	r.move(1, 0, 300, 100, -60)
	r.move(2, 0, 310, 110, 12)
	m := r.event(track.Merged, 1, 30, -60, 0)
	m.Track.Status, m.Other = track.Ended, 2
	if got := ids(r.step(m, r.event(track.Updated, 2, 30, -65, 0))); got != "" {
		t.Errorf("found %q", got)
	}
	if got := ids(r.move(2, 40, -100, -200)); got != "" {
		t.Errorf("found %q", got)
	}
}

func TestRestoreGoesOn(t *testing.T) {
	zone := area.Area{ID: "zone", Kind: area.Watched, Valid: valid.Record{Number: 1}, Polygon: geo.Polygon{{at(-5000, -5000), at(5000, -5000), at(5000, 5000), at(-5000, 5000)}}}
	r := newRig(t, Config{}, line(5), zone)
	r.move(1, 0, 900, 300, -300, -900)
	if got := ids(r.all); got != "area-entry/T1/zone, border-crossing/T1/line/left" {
		t.Fatalf("found %s", got)
	}
	again := newRig(t, Config{}, line(5), zone)
	again.w.Restore([]track.Track{r.event(track.Updated, 1, 40, -900, 0).Track}, r.all)
	if got := ids(again.move(1, 50, -900, -300, 300, 900, 6000)); got != "border-crossing/T1/line/right, area-exit/T1/zone" {
		t.Errorf("found %s", got)
	}
}

func TestLinesChange(t *testing.T) {
	// A new version moves the line over a boat that lies still: no crossing.
	moved := line(5)
	moved.Valid = valid.Record{Number: 2, From: epoch().Add(25 * time.Second)}
	moved.Line = geo.Line{at(500, -9000), at(500, 9000)}
	r := newRig(t, Config{}, line(5), moved)
	if got := ids(r.move(1, 0, 300, 300, 300, 300, 300, 480, 520, 600)); got != "border-crossing/T1/line/right" {
		t.Errorf("found %s", got)
	}
	if len(r.all) == 1 && (r.all[0].AreaVersion != 2 || !strings.Contains(r.all[0].Why.EN, "from PER into BOL")) {
		t.Errorf("%+v", r.all[0])
	}
	bad := line(5)
	r.w.Step(epoch(), nil, []track.Input{{Change: &track.Change{Area: &bad}}})
	if r.w.BadChanges() != 1 {
		t.Error("a version that was there already was not counted")
	}
}

// Which areas are watched follows the rules: their scope, and the version in
// force at the observation's time.
func TestRulesWatchAreas(t *testing.T) {
	square := func(kind area.Kind) area.Area {
		return area.Area{
			ID: "sq", Kind: kind, Valid: valid.Record{Number: 1},
			Polygon: geo.Polygon{{at(-5000, -5000), at(5000, -5000), at(5000, 5000), at(-5000, 5000)}},
		}
	}
	border := line(5)
	border.ID, border.Buffer = "sq", 300
	from := func(sec int) valid.Record {
		return valid.Record{Number: 1, From: epoch().Add(time.Duration(sec) * time.Second)}
	}
	both := "area-entry/T1/sq, area-exit/T1/sq"
	for _, c := range []struct {
		name  string
		area  area.Area
		rules []rule.Rule
		want  string
		alert bool // of the first
	}{
		{"watched", square(area.Watched), nil, both, true},
		{"border strip", square(area.BorderStrip), nil, both, false},
		{"no rule", square(area.Anchorage), nil, "", false},
		{"a rule for the area", square(area.Anchorage), []rule.Rule{{Detector: rule.AreaEntry, Area: "sq", Kind: rule.Alert}}, both, true},
		{"a rule for another area", square(area.Anchorage), []rule.Rule{{Detector: rule.AreaEntry, Area: "sq2", Kind: rule.Alert}}, "", false},
		{"a rule for the kind", square(area.Corridor), []rule.Rule{{Detector: rule.AreaEntry, AreaKind: area.Corridor, Kind: rule.Notice}}, both, false},
		{"a rule for every area", square(area.LegalPost), []rule.Rule{{Detector: rule.AreaEntry, Kind: rule.Alert}}, both, true},
		{"every area is no border line", border, []rule.Rule{{Detector: rule.AreaEntry, Kind: rule.Alert}}, "", false},
		{"a rule for the border line", border, []rule.Rule{{Detector: rule.AreaEntry, AreaKind: area.Border, Kind: rule.Alert}}, both, true},
		{"only who leaves", square(area.Corridor), []rule.Rule{{Detector: rule.AreaExit, AreaKind: area.Corridor, Kind: rule.Alert}}, both, false},
		{"another detector", square(area.Anchorage), []rule.Rule{{Detector: rule.BorderCrossing, Area: "sq", Kind: rule.Alert}}, "", false},
		{"the narrower decides", square(area.Watched), []rule.Rule{{Detector: rule.AreaEntry, Area: "sq", Kind: rule.Insight}}, both, false},
		{"in force too late", square(area.Anchorage), []rule.Rule{{Detector: rule.AreaEntry, Area: "sq", Kind: rule.Alert, Valid: from(60)}}, "", false},
		{"in force meanwhile", square(area.Anchorage), []rule.Rule{{Detector: rule.AreaEntry, Area: "sq", Kind: rule.Alert, Valid: from(25)}}, both, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Config{}, c.area)
			for i := range c.rules {
				v := &c.rules[i]
				v.ID, v.Priority = rule.ID(fmt.Sprint("r", i)), rule.High
				if v.Valid.Number == 0 {
					v.Valid.Number = 1
				}
				r.w.Step(epoch(), nil, []track.Input{{Change: &track.Change{Rule: v}}})
			}
			r.move(1, 0, -9000, -7000, -150, 100, 4000, 7000, 9000)
			crossing := func(f Finding) bool { return f.Rule == RuleCrossing }
			if r.all = slices.DeleteFunc(r.all, crossing); ids(r.all) != c.want {
				t.Fatalf("found %q", ids(r.all))
			}
			if len(r.all) > 0 && r.all[0].Alert != c.alert {
				t.Errorf("%+v", r.all[0])
			}
		})
	}
}

// A rule that ends and comes back finds again who is still inside; one that
// only changes finds nobody twice.
func TestRulesChange(t *testing.T) {
	sec := func(n int) time.Time { return epoch().Add(time.Duration(n) * time.Second) }
	zone := area.Area{ID: "zone", Kind: area.Anchorage, Valid: valid.Record{Number: 1}, Point: at(0, 0), Buffer: 3000}
	r := newRig(t, Config{}, zone)
	for i, v := range []valid.Record{{From: sec(0)}, {From: sec(15), Until: sec(25)}, {From: sec(45)}} {
		v.Number = uint32(i + 1)
		c := rule.Rule{ID: "r", Detector: rule.AreaEntry, Area: "zone", Kind: rule.Alert, Priority: rule.Priority(i + 1), Valid: v}
		r.w.Step(epoch(), nil, []track.Input{{Change: &track.Change{Rule: &c}}})
	}
	if got := ids(r.move(1, 0, 10, 20, 30, 40, 50, 60, 70)); got != "area-entry/T1/zone, area-entry/T1/zone" {
		t.Fatalf("found %q", got)
	}
	if p := []rule.Priority{r.all[0].Priority, r.all[1].Priority}; p[0] != 1 || p[1] != 3 {
		t.Errorf("priorities %v", p)
	}
	twice := rule.Rule{ID: "r", Detector: rule.AreaEntry, Area: "zone", Valid: valid.Record{Number: 3}}
	if r.w.Step(epoch(), nil, []track.Input{{Change: &track.Change{Rule: &twice}}}); r.w.BadChanges() != 1 {
		t.Error("a version that was there already was not counted")
	}
}

func TestThingsThatDoNotCross(t *testing.T) {
	r := newRig(t, Config{}, line(5))
	for _, k := range []obs.Kind{obs.AidToNavigation, obs.BaseStation} {
		for i, e := range []float64{300, -300} {
			ev := r.event(track.Updated, 1, float64(i*10), e, 0)
			ev.Track.Kind = k
			r.step(ev)
		}
	}
	if len(r.all) != 0 {
		t.Errorf("found %s", ids(r.all))
	}
}

func TestMemoryIsForgotten(t *testing.T) {
	r := newRig(t, Config{}, line(5))
	for id := track.ID(1); id <= 100; id++ {
		r.move(id, 0, 300, 200)
		r.step(r.event(track.Died, id, 20, 200, 0))
	}
	for i := range 200 {
		r.move(1, float64(100+i*10), float64(300-600*(i/3%2)))
	}
	if len(r.w.tracks) != 1 {
		t.Errorf("%d tracks are remembered", len(r.w.tracks))
	}
	m := r.w.tracks[1]
	if len(m.before) > maxBefore || len(m.raised) > maxRaised || len(m.borders) != 1 {
		t.Errorf("%d looks, %d findings, %d borders", len(m.before), len(m.raised), len(m.borders))
	}
}

// many makes n watched areas and lines over some degrees.
func many(n int) []area.Area {
	rng := rand.New(rand.NewPCG(5, 6))
	var out []area.Area
	for i := range n {
		centre := geo.Position{Lat: -16 + rng.Float64()*3, Lon: -69 + rng.Float64()*3}
		a := area.Area{ID: area.ID(fmt.Sprintf("a%03d", i)), Valid: valid.Record{Number: 1}}
		switch i % 10 {
		case 0:
			a.Kind, a.Line, a.Accuracy = area.Border, randomLine(rng, 300, centre), 50
		case 1:
			a.Kind, a.Point, a.Buffer = area.LegalPost, centre, 500
		default:
			a.Kind = area.Watched
			ring := geo.Ring{}
			for k := range 12 {
				p, _ := geo.Direct(centre, float64(k)*30, 2000+rng.Float64()*4000)
				ring = append(ring, p)
			}
			a.Polygon = geo.Polygon{ring}
		}
		out = append(out, a)
	}
	return out
}

// The circles in which nothing is near change nothing but time: forgetting
// them before every step finds the same.
func TestFreeCirclesHideNothing(t *testing.T) {
	run := func(forget bool) string {
		r := newRig(t, Config{}, many(40)...)
		rng := rand.New(rand.NewPCG(7, 8))
		type boat struct {
			p      geo.Position
			course float64
		}
		boats := make([]boat, 60)
		for i := range boats {
			boats[i] = boat{geo.Position{Lat: -16 + rng.Float64()*3, Lon: -69 + rng.Float64()*3}, rng.Float64() * 360}
		}
		for s := range 200 {
			for i := range boats {
				b := &boats[i]
				b.course += rng.NormFloat64() * 10
				b.p, _ = geo.Direct(b.p, b.course, float64(50+i*40))
				ev := r.event(track.Updated, track.ID(i+1), float64(10*s), 0, 0)
				ev.Track.State.Position = b.p
				if m := r.w.tracks[ev.Track.ID]; forget && m != nil {
					m.free.metres = 0
				}
				r.step(ev)
			}
		}
		return ids(r.all)
	}
	with, without := run(false), run(true)
	if with != without {
		a, b := strings.Split(with, ", "), strings.Split(without, ", ")
		t.Errorf("%d findings with, %d without", len(a), len(b))
		for _, f := range b {
			if !slices.Contains(a, f) {
				t.Errorf("hidden: %s", f)
			}
		}
	}
	if strings.Count(with, "border-crossing") < 5 || strings.Count(with, "area-exit") < 20 {
		t.Errorf("too little to see: %s", with)
	}
}

// One iteration is a second: 10,000 tracks that move, 100 areas.
func BenchmarkWatch10k(b *testing.B) {
	r := newRig(b, Config{}, many(100)...)
	rng := rand.New(rand.NewPCG(9, 10))
	events := make([]track.Event, 10_000)
	for i := range events {
		events[i] = r.event(track.Updated, track.ID(i+1), 0, 0, 0)
		events[i].Track.State.Position = geo.Position{Lat: -16 + rng.Float64()*3, Lon: -69 + rng.Float64()*3}
	}
	found := 0
	b.ReportAllocs()
	for b.Loop() {
		for i := range events {
			s := &events[i].Track.State
			s.Position.Lat += 1e-4 * math.Cos(float64(i))
			s.Position.Lon += 1e-4 * math.Sin(float64(i))
			s.Time = s.Time.Add(time.Second)
		}
		found += len(r.w.Step(events[0].Track.State.Time, events, nil))
	}
	b.ReportMetric(float64(found)/float64(b.N), "findings/s")
}
