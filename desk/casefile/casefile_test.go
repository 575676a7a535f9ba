package casefile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/casefile"
	"atalaya/desk/casework"
	"atalaya/desk/people"
	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/store/sqlite"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/watch"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

type still struct{}

func (still) Now() time.Time { return noon() }

// lake is a picture in which boat 7 crossed a border before noon.
type lake struct{ gone uint64 }

func begin() geo.Position { return geo.Position{Lat: -16.19, Lon: -69.16} }

func boat() track.Track {
	t := track.Track{
		ID: 7, Status: track.Confirmed, Domain: track.Water, Kind: obs.Vessel, Existence: 0.991, Sensors: []sensor.ID{"ais-a", "radar-1"},
		Claims: []track.Belief{{Claim: obs.Claim{Kind: obs.Name, Value: "ILLIMANI <b>"}, Honest: 0.9}},
		Born:   noon().Add(-time.Hour), Updated: noon(), LastSeq: 71,
		State: track.State{Time: noon(), Position: geo.Position{Lat: -16.18, Lon: -69.19}, East: -5, North: -2.5},
	}
	t.State.Cov[0][0], t.State.Cov[1][1], t.State.Cov[0][1], t.State.Cov[1][0] = 40_000, 10_000, 9000, 9000
	return t
}

func (lake) Track(id track.ID) (track.Track, track.Lineage, bool) {
	return boat(), track.Lineage{{Observation: 71, Sensor: "radar-1", Time: noon(), Weight: 0.98, Model: "simple/1"}}, id == 7
}

func (lake) Past(_ context.Context, s desk.TrackSpan, limit int) (out []casework.PastPoint, err error) {
	if s.Track == 8 { // a long one: a point a second for four hours
		for at := noon().Add(-4 * time.Hour); at.Before(s.To) && len(out) < limit; at = at.Add(time.Second) {
			if !at.Before(s.From) {
				out = append(out, casework.PastPoint{Time: at, Position: begin(), Observation: 10})
			}
		}
		return out, nil
	}
	for i := range 3600 {
		v := float64(i)
		p := casework.PastPoint{
			Time: noon().Add(time.Duration(i-3600) * time.Second), Known: noon(), Deviation: 0.1 + v/3e7, East: -5 + v/1e3, North: -2.5, Status: track.Confirmed,
			Position: geo.Position{Lat: begin().Lat + v*1e-6, Lon: begin().Lon - v*1e-5}, Observation: uint64(10 + i/60),
		}
		if s.Track == 7 && !p.Time.Before(s.From) && p.Time.Before(s.To) && len(out) < limit {
			out = append(out, p)
		}
	}
	return out, nil
}

func (l lake) Observation(_ context.Context, seq uint64) (obs.Observation, error) {
	if seq < 10 || seq > 71 || seq == l.gone {
		return obs.Observation{}, fmt.Errorf("observation %d: %w", seq, desk.ErrNotFound)
	}
	o := obs.Observation{
		Seq: seq, Sensor: "radar-1", Time: noon(), Received: noon(), Measure: obs.Place, Position: begin(), Cov: obs.Round(30),
		Text: "señal \u2028 débil \x01 \"así\"", Source: obs.Source{Feed: "radar", Hash: obs.Hash{1, 2, 3}},
	}
	return o, nil
}

func (lake) Finding(context.Context, string) (watch.Finding, error) {
	return watch.Finding{}, fmt.Errorf("finding: %w", desk.ErrNotFound)
}

func (lake) Asset(id asset.ID) (asset.Asset, bool) {
	return asset.Asset{ID: id, Name: "Patrulla 1", Kind: asset.Boat}, id == "patrol-1"
}

func (lake) Place(casework.PlaceKind, string) (casework.Place, bool) { return casework.Place{}, false }

// office has a case with one piece of evidence of each kind.
type office struct {
	t     *testing.T
	store *sqlite.Store
	work  *casework.Service
	files *casefile.Service
	ana   desk.Who
	luz   desk.Who
	n     int
}

func (o *office) wish(who desk.Who) casework.Wish {
	o.n++
	return casework.Wish{Request: fmt.Sprint("w", o.n), Who: who}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newOffice(t *testing.T, gone uint64) *office {
	t.Helper()
	ctx := t.Context()
	o := &office{t: t}
	log := slog.New(slog.DiscardHandler)
	var err error
	o.store, err = sqlite.Open(ctx, sqlite.Config{Dir: t.TempDir(), Clock: still{}, Log: log})
	must(t, err)
	t.Cleanup(func() {
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	})
	d, err := desk.Start(ctx, desk.Config{Store: o.store, Ledger: o.store, Clock: still{}, Log: log})
	must(t, err)
	roll := people.New(people.Config{Store: o.store, Ledger: o.store, Clock: still{}})
	for i, p := range []struct {
		who  *desk.Who
		name string
		role desk.Role
	}{{&o.ana, "Ana <i>", desk.Officer}, {&o.luz, "Luz", desk.Viewer}} {
		link := people.TokenHash{byte(i + 1)}
		_, err := roll.Invite(ctx, desk.Who{}, p.role, link, time.Hour)
		must(t, err)
		x, err := roll.Enrol(ctx, link, p.name, "hash", nil)
		must(t, err)
		*p.who = x.Who()
	}
	picture := lake{gone: gone}
	o.work, err = casework.Start(ctx, casework.Config{
		Store: o.store, Journal: o.store, Ledger: o.store, Clock: still{}, Alerts: d, People: roll, Picture: picture, Log: log,
		Feeds: func() []sensor.Health { return nil }, Observe: func(context.Context, obs.Observation) bool { return true },
		Raise: func(context.Context, watch.Finding) error { return nil },
	})
	must(t, err)
	border := area.Area{
		ID: "line", Name: "Frontera", Kind: area.Border, Valid: valid.Record{Number: 3}, Source: "IGM, carta 5847", Accuracy: 30,
		Line: geo.Line{{Lat: -16.25, Lon: -69.17}, {Lat: -16.1, Lon: -69.18}},
	}
	o.files, err = casefile.New(casefile.Config{
		Cases: o.work, Alerts: d, Picture: picture, Store: o.store, Clock: still{}, Exercise: true, Version: "test",
		Area: func(id area.ID, _ time.Time) (area.Area, bool) { return border, id == border.ID },
	})
	must(t, err)

	f := watch.Finding{
		ID: "border-crossing/7/71", Revision: 1, Status: watch.Raised, Rule: "border-crossing", RuleVersion: 1, Priority: rule.High, Alert: true, Track: 7,
		Time: noon().Add(-time.Minute), Position: geo.Position{Lat: -16.18, Lon: -69.19}, Area: "line", Probability: 0.97, Inputs: []uint64{70, 71}, Belief: boat(),
		Why: rule.Text{ES: "T7 («ILLIMANI») cruzó la línea.", EN: "T7 (“ILLIMANI”) crossed the line."},
	}
	_, err = d.Consider(ctx, noon(), []watch.Finding{f})
	must(t, err)
	report, err := o.work.FileReport(ctx, o.wish(o.ana), casework.Sighting{
		Reporter: "Condori", Means: casework.ByRadio, Seen: noon().Add(-time.Hour), Kind: obs.Vessel, Grade: "B2", Description: "una lancha & dos personas",
		Where: casework.Where{Method: casework.AtCoordinate, Position: &geo.Position{Lat: -16.17, Lon: -69.2}},
	})
	must(t, err)
	_, err = o.work.OpenCase(ctx, o.wish(o.ana), casework.CaseWish{Title: "Cruce <script>alert(1)</script>", Alerts: []desk.AlertID{desk.NameAlert(f.ID)}})
	must(t, err)
	_, err = o.work.OrderTask(ctx, o.wish(o.ana), casework.TaskWish{Asset: "patrol-1", Text: "ir a ver", Due: noon().Add(time.Hour), Case: "C1"})
	must(t, err)
	_, err = o.work.AddEvidence(ctx, o.wish(o.ana), "C1", []casework.Evidence{
		{Kind: casework.OfTrack, Track: 7, From: noon().Add(-time.Hour), To: noon(), Note: "todo el cruce"},
		{Kind: casework.OfReport, ID: report.Value.ID},
		{Kind: casework.OfObservation, Observation: 40},
	})
	must(t, err)
	_, err = o.work.DecideCase(ctx, o.wish(o.ana), "C1", "enviar la patrulla", "es la segunda vez")
	must(t, err)
	return o
}

func (o *office) export(format casework.Format, l casefile.Language) casefile.File {
	o.t.Helper()
	f, err := o.files.Export(o.t.Context(), o.wish(o.ana), "C1", casefile.Want{Format: format, Language: l})
	must(o.t, err)
	return f
}

// asked runs a script of testdata over a file.
func asked(t *testing.T, script string, content []byte) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, content, 0o600))
	cmd := exec.CommandContext(t.Context(), peer.Python(t), filepath.Join("testdata", script), file)
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	return strings.TrimSpace(string(out) + wrong.String()), err
}

// TestHashes lets somebody else compute every hash.
func TestHashes(t *testing.T) {
	o := newOffice(t, 55)
	f := o.export(casework.JSON, casefile.Spanish)
	said, err := asked(t, "verify.py", f.Content)
	if err != nil || !strings.HasPrefix(said, "ok ") {
		t.Fatalf("%s %v", said, err)
	}
	var file struct {
		Manifest casefile.Manifest
		Items    []struct {
			Name, Kind string
			Content    json.RawMessage
		}
	}
	must(t, json.Unmarshal(f.Content, &file))
	kinds := map[string]int{}
	for _, i := range file.Items {
		kinds[i.Kind]++
	}
	// 60 minutes of the track rest on 60 observations, the finding on 70 and 71
	// beside; 40 is evidence itself too, and 55 is gone.
	want := map[string]int{"case": 1, "alert": 1, "task": 1, "track": 1, "report": 1, "observation": 1 + 61}
	if fmt.Sprint(kinds) != fmt.Sprint(want) {
		t.Errorf("in it are %v, want %v", kinds, want)
	}
	if m := file.Manifest.Missing; len(m) != 1 || m[0].Name != "observation/55" {
		t.Errorf("missing: %+v", m)
	}
	if m := file.Manifest; m.Case != "C1" || m.CaseVersion != 4 || !m.Exercise || m.By.Name != "Ana <i>" || m.Export != f.ID {
		t.Errorf("%+v", m)
	}
	var of struct {
		Path struct {
			Known  int
			Points []casework.PastPoint
		}
	}
	must(t, json.Unmarshal(file.Items[3].Content, &of))
	if file.Items[3].Kind != "track" || of.Path.Known != 3600 || len(of.Path.Points) != 3600 {
		t.Errorf("%s has %d of %d points", file.Items[3].Name, len(of.Path.Points), of.Path.Known)
	}

	// One character more, anywhere, and the hashes say so.
	for _, change := range [][2]string{{"es la segunda vez", "es la tercera vez"}, {`"known":3600`, `"known":3601`}, {`"by":{"id":"P1"`, `"by":{"id":"P2"`}} {
		changed := bytes.Replace(f.Content, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(changed, f.Content) {
			t.Fatalf("nothing in it says %s", change[0])
		}
		if said, err := asked(t, "verify.py", changed); err == nil {
			t.Errorf("%s for %s: %s", change[1], change[0], said)
		}
	}
	// Written anew by another program, it still holds.
	var tree any
	must(t, json.Unmarshal(f.Content, &tree))
	pretty, err := json.MarshalIndent(tree, "", "\t")
	must(t, err)
	if said, err := asked(t, "verify.py", pretty); err != nil {
		t.Errorf("indented: %s", said)
	}
}

// TestLongTrack: what is read in parts is whole.
func TestLongTrack(t *testing.T) {
	o := newOffice(t, 0)
	_, err := o.work.AddEvidence(t.Context(), o.wish(o.ana), "C1", []casework.Evidence{{Kind: casework.OfTrack, Track: 8, From: noon().Add(-5 * time.Hour), To: noon()}})
	must(t, err)
	var file struct {
		Items []struct{ Content json.RawMessage }
	}
	must(t, json.Unmarshal(o.export(casework.JSON, casefile.Spanish).Content, &file))
	var c struct {
		Evidence casework.Evidence
		Path     struct {
			Known  int
			Points []casework.PastPoint
		}
	}
	must(t, json.Unmarshal(file.Items[6].Content, &c))
	const all = 4 * 3600
	if p := c.Path; p.Known != all || len(p.Points) != all || !p.Points[all-1].Time.Equal(noon().Add(-time.Second)) {
		t.Errorf("%d of %d points", len(p.Points), p.Known)
	}
	if n := c.Evidence.Taken.Points; n != all {
		t.Errorf("%d points were taken", n)
	}
}

// TestPage reads the page as a browser would.
func TestPage(t *testing.T) {
	o := newOffice(t, 0)
	for language, texts := range map[casefile.Language][]string{
		casefile.Spanish: {"EJERCICIO", "T7 («ILLIMANI») cruzó la línea.", "Probabilidad 97 %", "enviar la patrulla", "es la segunda vez", "Frontera, versión 3, error de la línea ±30 m, IGM, carta 5847", "una lancha & dos personas", "ILLIMANI <b>", "10,9 kn", "unida a un caso C1", "Ana <i>", "Cruce <script>alert(1)</script>", "16°10.800′ S 069°11.400′ W"},
		casefile.English: {"EXERCISE", "T7 (“ILLIMANI”) crossed the line.", "Probability 97 %", "10.9 kn", "attached to a case C1"},
	} {
		f := o.export(casework.HTML, language)
		if dir := os.Getenv("CASE_PAGES"); dir != "" { // to look at
			must(t, os.WriteFile(filepath.Join(dir, "case-"+string(language)+".html"), f.Content, 0o600))
		}
		said, err := asked(t, "page.py", f.Content)
		must(t, err)
		var page struct {
			Wrong []string
			Tags  map[string]int
			Text  string
		}
		must(t, json.Unmarshal([]byte(said), &page))
		if len(page.Wrong) > 0 {
			t.Errorf("%s: %v", language, page.Wrong)
		}
		// Maps of alert, track, report and observation; charts of alert and track.
		if page.Tags["svg"] != 6 || page.Tags["ellipse"] != 4 || page.Tags["article"] != 5 {
			t.Errorf("%s: %v", language, page.Tags)
		}
		for _, want := range texts {
			if !strings.Contains(page.Text, want) {
				t.Errorf("%s: nothing says %q", language, want)
			}
		}
		if !strings.Contains(page.Text, f.ID) {
			t.Errorf("%s: it does not say that it is %s", language, f.ID)
		}
	}
	if n := o.export(casework.HTML, casefile.Spanish).Bytes; n > 200_000 {
		t.Errorf("the page has %d bytes", n)
	}
}

// TestOnRecord: a file is given only after its record, once for each wish.
func TestOnRecord(t *testing.T) {
	o := newOffice(t, 0)
	ctx := t.Context()
	want := casefile.Want{Format: casework.JSON, Language: casefile.English}
	w := o.wish(o.ana)
	f, err := o.files.Export(ctx, w, "C1", want)
	must(t, err)
	again, err := o.files.Export(ctx, w, "C1", want)
	must(t, err)
	if again.ID != f.ID || !bytes.Equal(again.Content, f.Content) {
		t.Errorf("a retry gave %s with %d bytes, before %s with %d", again.ID, len(again.Content), f.ID, len(f.Content))
	}
	c, err := o.work.Case(ctx, "C1")
	must(t, err)
	if e := c.Last; e.Kind != casework.WasExported || e.Export != f.ID || e.SHA256 != f.SHA256 || e.Who.ID != o.ana.ID || c.Exports != 1 {
		t.Errorf("the case says %+v", e)
	}
	lines, err := o.work.Log(ctx, desk.JournalQuery{Kinds: []string{"case.exported"}})
	must(t, err)
	if len(lines.Lines) != 1 || lines.Lines[0].Subject != "case:C1" {
		t.Errorf("the log says %+v", lines.Lines)
	}
	for name, tc := range map[string]struct {
		w    casework.Wish
		id   string
		want casefile.Want
		err  error
	}{
		"another wish under the same name": {w, "C1", casefile.Want{Format: casework.HTML, Language: casefile.English}, desk.ErrRequestReused},
		"of somebody else":                 {casework.Wish{Request: w.Request, Who: desk.Who{ID: "P9", Role: desk.Officer}}, "C1", want, desk.ErrRequestReused},
		"the name of another paper's wish": {casework.Wish{Request: "w1", Who: o.ana}, "C1", want, desk.ErrRequestReused},
		"without a name":                   {casework.Wish{Who: o.ana}, "C1", want, desk.ErrInvalid},
		"who only looks":                   {o.wish(o.luz), "C1", want, desk.ErrForbidden},
		"no such case":                     {o.wish(o.ana), "C9", want, desk.ErrNotFound},
		"no such format":                   {o.wish(o.ana), "C1", casefile.Want{Format: "pdf", Language: casefile.English}, desk.ErrInvalid},
		"no such language":                 {o.wish(o.ana), "C1", casefile.Want{Format: casework.JSON, Language: "fr"}, desk.ErrInvalid},
		"another version":                  {casework.Wish{Request: "v", Who: o.ana, IfVersion: 2}, "C1", want, desk.ErrConflict},
	} {
		if _, err := o.files.Export(ctx, tc.w, tc.id, tc.want); !errors.Is(err, tc.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := o.work.Case(ctx, "C1"); err != nil || c.Exports != 1 {
		t.Errorf("refused wishes left %d exports, %v", c.Exports, err)
	}
}
