package casework_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/casework"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// sighting is a boat at a coordinate, seen five minutes ago.
func (r *radioRoom) sighting() casework.Sighting {
	at := geo.Position{Lat: -16, Lon: -69.2}
	return casework.Sighting{
		Reporter: "Pescador Condori", Means: casework.ByRadio, Seen: r.now.Add(-5 * time.Minute), Kind: obs.Vessel, Grade: "B2",
		Description: "lancha sin luces", Where: casework.Where{Method: casework.AtCoordinate, Position: &at},
	}
}

func (r *radioRoom) filed(request string, g casework.Sighting) casework.Report {
	r.t.Helper()
	res, err := r.FileReport(r.t.Context(), wish(request), g)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.Value
}

func town() *casework.PlaceRef { return &casework.PlaceRef{Kind: casework.Town, ID: "Copacabana/BO"} }

// TestWhere: where a report lies, and how far it may be out.
func TestWhere(t *testing.T) {
	coordinate := geo.Position{Lat: -16, Lon: -69.2}
	west, _ := geo.Direct(copacabana(), 270, 9000)
	for name, c := range map[string]struct {
		where      casework.Where
		at         geo.Position
		east, nrth float64 // standard deviations, m
	}{
		"coordinate": {casework.Where{Method: casework.AtCoordinate, Position: &coordinate}, coordinate, 200 / 2.4477, 200 / 2.4477},
		"radius":     {casework.Where{Method: casework.AtCoordinate, Position: &coordinate, Radius: 1000}, coordinate, 1000 / 2.4477, 1000 / 2.4477},
		"too sure":   {casework.Where{Method: casework.AtCoordinate, Position: &coordinate, Radius: 1}, coordinate, 10 / 2.4477, 10 / 2.4477},
		"place":      {casework.Where{Method: casework.AtPlace, Place: town()}, copacabana(), 700 / 2.4477, 700 / 2.4477},
		// To the west the distance is out by a fifth, and the bearing by 10 degrees across.
		"bearing": {casework.Where{Method: casework.FromPlace, Place: town(), Bearing: 270, Distance: 9000}, west, 1800, 9000 * 10 * math.Pi / 180},
		"compass": {casework.Where{Method: casework.FromPlace, Place: town(), Bearing: 270, Distance: 9000, BearingSD: 1, DistanceSD: 50}, west, 50, 9000 * math.Pi / 180},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRadioRoom(t)
			g := r.sighting()
			g.Where = c.where
			p := r.filed("r", g)
			if geo.Distance(p.Position, c.at) > 0.01 || math.Abs(math.Sqrt(p.Cov.EE)/c.east-1) > 0.01 || math.Abs(math.Sqrt(p.Cov.NN)/c.nrth-1) > 0.01 {
				t.Errorf("%v, %v m east, %v m north", p.Position, math.Sqrt(p.Cov.EE), math.Sqrt(p.Cov.NN))
			}
			if named := p.PlaceAt != nil && p.PlaceAt.Name == "Copacabana"; named != (c.where.Place != nil) {
				t.Errorf("place %+v", p.PlaceAt)
			}
		})
	}
}

// TestReportRefusals: what a sighting needs.
func TestReportRefusals(t *testing.T) {
	far, fast := 361.0, 500.0
	for name, c := range map[string]struct {
		change func(r *radioRoom, g *casework.Sighting)
		kind   error
		says   string
	}{
		"nobody":      {func(_ *radioRoom, g *casework.Sighting) { g.Reporter = "" }, desk.ErrInvalid, "the reporter is missing"},
		"to come":     {func(r *radioRoom, g *casework.Sighting) { g.Seen = r.now.Add(2 * time.Minute) }, desk.ErrInvalid, "in the future"},
		"told before": {func(r *radioRoom, g *casework.Sighting) { g.Received = r.now.Add(-time.Hour) }, desk.ErrInvalid, "told before it was seen"},
		"old":         {func(r *radioRoom, g *casework.Sighting) { g.Seen = r.now.AddDate(0, 0, -31) }, desk.ErrInvalid, "into a case as a note"},
		"grade":       {func(_ *radioRoom, g *casework.Sighting) { g.Grade = "G9" }, desk.ErrInvalid, "A to F and 1 to 6"},
		"means":       {func(_ *radioRoom, g *casework.Sighting) { g.Means = "pigeon" }, desk.ErrInvalid, "choose radio"},
		"kind":        {func(_ *radioRoom, g *casework.Sighting) { g.Kind = obs.BaseStation }, desk.ErrInvalid, "choose unknown"},
		"count":       {func(_ *radioRoom, g *casework.Sighting) { g.Count = 1001 }, desk.ErrInvalid, "at most 1000"},
		"course":      {func(_ *radioRoom, g *casework.Sighting) { g.Course = &far }, desk.ErrInvalid, "0 to 360"},
		"speed":       {func(_ *radioRoom, g *casework.Sighting) { g.Speed = &fast }, desk.ErrInvalid, "0 to 400"},
		"nowhere":     {func(_ *radioRoom, g *casework.Sighting) { g.Where = casework.Where{Method: casework.AtCoordinate} }, desk.ErrInvalid, "say where"},
		"twice":       {func(_ *radioRoom, g *casework.Sighting) { g.Where.Place = town() }, desk.ErrInvalid, "not both"},
		"no place": {func(_ *radioRoom, g *casework.Sighting) {
			g.Where = casework.Where{Method: casework.AtPlace, Place: &casework.PlaceRef{Kind: casework.Town, ID: "Nada/BO"}}
		}, desk.ErrNotFound, "search for it by name"},
		"no distance": {func(_ *radioRoom, g *casework.Sighting) {
			g.Where = casework.Where{Method: casework.FromPlace, Place: town(), Bearing: 90}
		}, desk.ErrInvalid, "name the distance"},
		"no earth": {func(_ *radioRoom, g *casework.Sighting) { g.Where.Position = &geo.Position{Lat: 91} }, desk.ErrInvalid, "not on earth"},
		"method":   {func(_ *radioRoom, g *casework.Sighting) { g.Where.Method = "dream" }, desk.ErrInvalid, "choose place, coordinate or bearing"},
		"no bearing": {func(_ *radioRoom, g *casework.Sighting) {
			g.Where = casework.Where{Method: casework.FromPlace, Place: town(), Bearing: 361, Distance: 5}
		}, desk.ErrInvalid, "0 to 360"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRadioRoom(t)
			g := r.sighting()
			c.change(r, &g)
			_, err := r.FileReport(t.Context(), wish("r"), g)
			refusal(t, err, c.kind, c.says)
			if len(r.docs)+len(r.journal)+len(r.observed) != 0 {
				t.Error("what was refused is kept")
			}
		})
	}
	r := newRadioRoom(t)
	viewer := casework.Wish{Request: "v", Who: desk.Who{ID: "P2", Role: desk.Viewer}}
	_, err := r.FileReport(t.Context(), viewer, r.sighting())
	refusal(t, err, desk.ErrForbidden, "officer")
	r.filed("r", r.sighting())
	_, err = r.CorrectReport(t.Context(), viewer, "R1", r.sighting(), "x")
	refusal(t, err, desk.ErrForbidden, "officer")
	_, err = r.CorrectReport(t.Context(), wish("c"), "R1", r.sighting(), "")
	refusal(t, err, desk.ErrInvalid, "why it is corrected is missing")
	_, err = r.CorrectReport(t.Context(), wish("c"), "R9", r.sighting(), "x")
	refusal(t, err, desk.ErrNotFound, "reload")
}

// TestReportBecomesObservation: each wording once, with what was told; one
// that had no room goes later, also after a restart.
func TestReportBecomesObservation(t *testing.T) {
	r := newRadioRoom(t)
	ctx := t.Context()
	course, speed := 300.0, 4.0
	g := r.sighting()
	g.Called, g.Course, g.Speed = " Virgen ", &course, &speed
	first := r.filed("r", g)
	if again, err := r.FileReport(ctx, wish("r"), g); err != nil || !again.Repeated || again.Value.ID != first.ID || len(r.docs) != 1 {
		t.Fatalf("again: %+v %v", again, err)
	}
	g.Grade = "C3"
	_, err := r.FileReport(ctx, wish("r"), g)
	refusal(t, err, desk.ErrRequestReused, "use a new request id")

	r.Tick(ctx)
	if len(r.observed) != 1 {
		t.Fatalf("handed on %d times", len(r.observed))
	}
	o := r.observed[0]
	if o.Sensor != sensor.Reports || o.Source.Feed != sensor.ReportsFeed || o.Source.Report != "R1/1" || o.Source.Grade != "B2" || !o.Time.Equal(first.Seen) ||
		o.Course != 300 || o.Speed != 4 || o.Has&(obs.HasCourse|obs.HasSpeed) != obs.HasCourse|obs.HasSpeed || o.Text != "lancha sin luces" ||
		!slices.Contains(o.Claims, obs.Claim{Kind: obs.Name, Value: "Virgen"}) || o.Position != first.Position || o.Cov != first.Cov || o.Source.Hash == (obs.Hash{}) {
		t.Errorf("%+v", o)
	}
	// What the loop made of it, and a wording that has no room.
	if err := r.Saw(ctx, casework.Seen{Report: "R1/1", Observation: 7, Track: 17}); err != nil {
		t.Fatal(err)
	}
	r.refuse = true
	res, err := r.CorrectReport(ctx, wish("c"), "R1", g, "era otra lancha")
	if err != nil || res.Value.Revision != 2 || res.Value.Why != "era otra lancha" || res.Value.Grade != "C3" || res.Value.Observed[0].Track != 17 {
		t.Fatalf("%+v %v", res.Value, err)
	}
	r.Tick(ctx)
	r.start()
	r.refuse = false
	r.Tick(ctx)
	r.Tick(ctx)
	if len(r.observed) != 2 || r.observed[1].Source.Report != "R1/2" || r.observed[1].Source.Hash == o.Source.Hash || !slices.Equal(r.observed[1].Claims, o.Claims) {
		t.Fatalf("handed on %d times", len(r.observed))
	}
	if err := r.Saw(ctx, casework.Seen{Report: "R1/2", Observation: 8, Track: 17}); err != nil {
		t.Fatal(err)
	}
	r.start() // nothing waits any more
	r.Tick(ctx)
	f, err := r.Report(ctx, "R1")
	if err != nil || len(r.observed) != 2 || len(f.Versions) != 4 || len(f.Observed) != 2 || f.Versions[0].Grade != "B2" || len(f.Versions[0].Observed) != 0 {
		t.Fatalf("%+v %v, handed on %d times", f, err, len(r.observed))
	}
	if got := strings.Join(r.kinds(), " "); got != "report.filed report.observed report.corrected report.observed" {
		t.Errorf("the ledger: %s", got)
	}
	for _, bad := range []string{"", "R1", "R1/x", "R9/1"} {
		if err := r.Saw(ctx, casework.Seen{Report: bad}); err == nil {
			t.Errorf("it saw %q", bad)
		}
	}
}

// TestReportPages: the newest change first, a page at a time.
func TestReportPages(t *testing.T) {
	r := newRadioRoom(t)
	for _, request := range []string{"a", "b", "c"} {
		r.filed(request, r.sighting())
	}
	if _, err := r.CorrectReport(t.Context(), wish("d"), "R1", r.sighting(), "x"); err != nil {
		t.Fatal(err)
	}
	var got []string
	q := desk.DocumentQuery{Limit: 2}
	for {
		page, err := r.Reports(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Items {
			got = append(got, p.ID)
		}
		if q.Before = page.Next; q.Before == 0 {
			break
		}
	}
	if strings.Join(got, " ") != "R1 R3 R2" {
		t.Errorf("%v", got)
	}
}
