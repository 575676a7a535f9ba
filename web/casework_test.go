package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"atalaya/asset"
	"atalaya/desk"
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
