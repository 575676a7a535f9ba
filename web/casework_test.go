package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/casefile"
	"atalaya/desk/casework"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/watch"
)

// lake is a picture with one boat of ours and one town.
type lake struct{}

func (lake) Track(track.ID) (track.Track, track.Lineage, bool) {
	return track.Track{}, nil, false
}

func (lake) Past(context.Context, desk.TrackSpan, int) ([]casework.PastPoint, error) {
	return nil, nil
}

func (lake) Observation(context.Context, uint64) (obs.Observation, error) {
	return obs.Observation{}, desk.ErrNotFound
}

func (lake) Finding(context.Context, string) (watch.Finding, error) {
	return watch.Finding{}, desk.ErrNotFound
}

func (lake) Asset(id asset.ID) (asset.Asset, bool) {
	return asset.Asset{ID: id, Name: "Patrulla 1", Kind: asset.Boat}, id == "patrol-1"
}

func (lake) Place(kind casework.PlaceKind, id string) (casework.Place, bool) {
	return casework.Place{Kind: kind, ID: id}, false
}

// casework makes the service over the office's store and desk.
func (o *office) casework() *casework.Service {
	o.t.Helper()
	c, err := casework.Start(o.t.Context(), casework.Config{
		Store: o.store, Journal: o.store, Ledger: o.store, Clock: o.clock, Alerts: o.desk, People: o.people,
		Picture: lake{}, Log: slog.New(slog.DiscardHandler), Feeds: func() []sensor.Health { return nil },
		Observe: func(context.Context, obs.Observation) bool { return true },
		Raise:   func(context.Context, watch.Finding) error { return nil },
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// casefiles makes files of the cases.
func (o *office) casefiles(work *casework.Service) *casefile.Service {
	o.t.Helper()
	files, err := casefile.New(casefile.Config{
		Cases: work, Alerts: o.desk, Picture: lake{}, Store: o.store, Clock: o.clock, Exercise: true, Version: "test",
		Area: func(area.ID, time.Time) (area.Area, bool) { return area.Area{}, false },
	})
	check(o.t, err)
	return files
}

// TestCaseExport: a case as a file, and the file's own hash in the answer.
func TestCaseExport(t *testing.T) {
	o := newOffice(t, nil)
	ana, viewer := o.person("Ana", desk.Officer), o.person("Luz", desk.Viewer)
	key := func(k string) string { return "Idempotency-Key: " + k }
	ana.ask("POST", "/api/cases", `{"title":"Cruce"}`, key("a1")).is(http.StatusOK, "")
	want := `{"format":"json","language":"es"}`
	viewer.ask("POST", "/api/cases/C1/exports", want, key("b1")).is(http.StatusForbidden, "forbidden")
	ana.ask("POST", "/api/cases/C9/exports", want, key("b2")).is(http.StatusNotFound, "not-found")
	ana.ask("POST", "/api/cases/C1/exports", `{"format":"pdf","language":"es"}`, key("b3")).is(http.StatusUnprocessableEntity, "unprocessable-entity")
	var file struct{ Manifest casefile.Manifest }
	ana.ask("POST", "/api/cases/C1/exports", want, key("b4")).is(http.StatusOK, "").json(&file)
	if m := file.Manifest; m.Case != "C1" || m.Export != "X1" || m.By.Name != "Ana" {
		t.Errorf("%+v", m)
	}
	ana.ask("POST", "/api/cases/C1/exports", want, key("b4")).is(http.StatusOK, "").json(&file)
	if file.Manifest.Export != "X1" {
		t.Errorf("a retry gave %s", file.Manifest.Export)
	}
	ana.ask("POST", "/api/cases/C1/exports", `{"format":"html","language":"en"}`, key("b5")).is(http.StatusOK, "")
	var c casework.CaseFile
	viewer.ask("GET", "/api/cases/C1", "").is(http.StatusOK, "").json(&c)
	if c.Exports != 2 || c.Last.Format != casework.HTML || len(c.Last.SHA256) != 64 {
		t.Errorf("%+v", c.Case)
	}
	viewer.ask("POST", "/api/log", `{"text":"x"}`, key("c1")).is(http.StatusForbidden, "forbidden")
	ana.ask("POST", "/api/log", `{"text":"la radio calla"}`, key("c2")).is(http.StatusOK, "")
	var page struct {
		Lines []struct {
			Kind   string
			Fields []map[string]string
		}
	}
	viewer.ask("GET", "/api/log?kind=log", "").is(http.StatusOK, "").json(&page)
	if len(page.Lines) != 1 || !slices.ContainsFunc(page.Lines[0].Fields, func(f map[string]string) bool { return f["name"] == "text" && f["value"] == "la radio calla" }) {
		t.Errorf("%+v", page)
	}
}

// TestCasework: what the API refuses, and with which code.
func TestCasework(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.person("Ana", desk.Officer)
	viewer := o.person("Luz", desk.Viewer)
	ok := func(a *answer) *answer { t.Helper(); return a.is(http.StatusOK, "") }
	key := func(k string) string { return "Idempotency-Key: " + k }

	ana.ask("POST", "/api/cases", `{"title":"x"}`).is(http.StatusUnprocessableEntity, "unprocessable-entity")
	ana.ask("POST", "/api/cases", `{"title":"  "}`, key("a0")).is(http.StatusUnprocessableEntity, "invalid")
	ok(ana.ask("POST", "/api/cases", `{"title":"Cruce","note":"de noche"}`, key("a1")))
	ok(ana.ask("POST", "/api/cases", `{"title":"Cruce","note":"de noche"}`, key("a1")))
	ana.ask("POST", "/api/cases", `{"title":"Otro"}`, key("a1")).is(http.StatusConflict, "request-reused")
	ana.ask("POST", "/api/cases/C1/notes", `{"text":"x"}`, key("a2"), "If-Version: 7").is(http.StatusConflict, "conflict")
	ana.ask("POST", "/api/cases/C1/notes", `{"text":"x"}`, key("a2"), "If-Version: ").is(http.StatusUnprocessableEntity, "unprocessable-entity")
	ana.ask("POST", "/api/cases/C9/notes", `{"text":"x"}`, key("a3")).is(http.StatusNotFound, "not-found")
	ana.ask("POST", "/api/cases/C1/evidence", `{"evidence":[{"kind":"observation","observation":5}]}`, key("a4")).is(http.StatusNotFound, "not-found")
	viewer.ask("POST", "/api/cases/C1/notes", `{"text":"x"}`, key("a5")).is(http.StatusForbidden, "forbidden")
	var f casework.CaseFile
	ok(viewer.ask("GET", "/api/cases/C1", "")).json(&f)
	if f.Title != "Cruce" || len(f.Entries) != 1 || f.By.Name != "Ana" || f.Alerts == nil {
		t.Errorf("case %+v", f)
	}

	seen := o.clock.Now().Format("2006-01-02T15:04:05Z")
	sighting := `{"reporter":"Condori","means":"radio","seen":"` + seen + `","kind":"vessel","grade":"B2","where":{"method":"place","place":{"kind":"town","id":"Nada/BO"}}}`
	ana.ask("POST", "/api/reports", sighting, key("b1")).is(http.StatusNotFound, "not-found")
	ana.ask("GET", "/api/places?q=", "").is(http.StatusUnprocessableEntity, "unprocessable-entity")
	ana.ask("GET", "/api/log?from=", "").is(http.StatusUnprocessableEntity, "unprocessable-entity")
	due := `"due":"2026-03-01T13:00:00Z"`
	ana.ask("POST", "/api/tasks", `{"asset":"nobody","text":"ir",`+due+`}`, key("c1")).is(http.StatusNotFound, "not-found")
	ana.ask("POST", "/api/tasks", `{"asset":"patrol-1","text":"ir","send":true,`+due+`}`, key("c2")).is(http.StatusUnprocessableEntity, "invalid")
	ok(ana.ask("POST", "/api/tasks", `{"asset":"patrol-1","text":"ir","case":"C1",`+due+`}`, key("c3")))
	ana.ask("POST", "/api/tasks/K1/steps", `{"kind":"sent"}`, key("c4")).is(http.StatusConflict, "conflict")
	ana.ask("POST", "/api/tasks/K1/steps", `{"kind":"failed"}`, key("c5")).is(http.StatusUnprocessableEntity, "invalid")
	ok(viewer.ask("GET", "/api/handover", ""))
}
