package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/track"
	"atalaya/web"
	"atalaya/web/live"
)

// TestDecisions: an alert is acknowledged and closed once, by who did it, and a
// repeated request changes nothing.
func TestDecisions(t *testing.T) {
	o := newOffice(t, nil)
	bea, carl := o.person("Bea", desk.Officer), o.person("Carl", desk.Officer)
	id, other := o.alert("f1"), o.alert("f2")
	path := func(id desk.AlertID, what string) string { return "/api/alerts/" + string(id) + "/" + what }
	key := func(k string) string { return "Idempotency-Key: " + k }

	bea.ask("POST", path(id, "acknowledge"), `{}`).is(422, "unprocessable-entity") // no key
	bea.ask("POST", path(id, "acknowledge"), `{}`, key(strings.Repeat("x", 201))).is(422, "unprocessable-entity")
	bea.ask("POST", path(id, "close"), `{"outcome":"true"}`, key("early")).is(409, "alert-state")
	bea.ask("POST", path("ANONE", "acknowledge"), `{}`, key("k0")).is(404, "not-found")

	var got web.Decided
	bea.ask("POST", path(id, "acknowledge"), `{"note":"I go"}`, key("k1")).is(200, "").json(&got)
	if got.Repeated || got.Alert.State != desk.Acknowledged || got.Change.Who.Name != "Bea" || got.Change.Who.ID != bea.id || got.Change.Note != "I go" || !got.Change.At.Equal(o.clock.Now()) {
		t.Errorf("%+v", got)
	}
	o.clock.wait(time.Minute)
	first := got.Change
	bea.ask("POST", path(id, "acknowledge"), `{"note":"I go"}`, key("k1")).is(200, "").json(&got)
	if !got.Repeated || got.Change.At != first.At || len(got.Alert.Changes) != 2 {
		t.Errorf("%+v", got)
	}
	bea.ask("POST", path(other, "acknowledge"), `{"note":"I go"}`, key("k1")).is(409, "request-reused")
	carl.ask("POST", path(id, "acknowledge"), `{"note":"I go"}`, key("k1")).is(409, "request-reused")
	bea.ask("POST", path(id, "acknowledge"), `{"note":"no"}`, key("k1")).is(409, "request-reused")
	carl.ask("POST", path(id, "acknowledge"), ``, key("k2")).is(409, "alert-state")

	carl.ask("POST", path(id, "close"), `{}`, key("k3")).is(422, "unprocessable-entity")
	carl.ask("POST", path(id, "close"), `{"outcome":"perhaps"}`, key("k3")).is(422, "unprocessable-entity")
	carl.ask("POST", path(id, "close"), `{"outcome":"explained","note":"market day"}`, key("k3")).is(200, "").json(&got)
	if got.Alert.State != desk.Closed || got.Alert.Outcome != desk.Explained || got.Change.Who.Name != "Carl" {
		t.Errorf("%+v", got)
	}
	carl.ask("POST", path(id, "close"), `{"outcome":"true"}`, key("k4")).is(409, "alert-state")
}

// TestFullDisk: without room a decision is refused with a reason, nothing is
// changed, and the same request is good later.
func TestFullDisk(t *testing.T) {
	o := newOffice(t, nil)
	bea := o.person("Bea", desk.Officer)
	id := o.alert("f1")
	full := fmt.Errorf("durable: %w", desk.ErrFull)
	o.store.with.Store(&full)
	path := "/api/alerts/" + string(id) + "/acknowledge"
	bea.ask("POST", path, `{}`, "Idempotency-Key: k").is(507, "storage-full")
	var a desk.Alert
	if bea.ask("GET", "/api/alerts/"+string(id), "").is(200, "").json(&a); a.State != desk.New || len(a.Changes) != 1 {
		t.Errorf("%+v", a)
	}
	o.store.with.Store(nil)
	var d web.Decided
	if bea.ask("POST", path, `{}`, "Idempotency-Key: k").is(200, "").json(&d); d.Repeated || d.Alert.State != desk.Acknowledged {
		t.Errorf("%+v", d)
	}
}

// TestAlertPages: pages of alerts, by state.
func TestAlertPages(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	for i := range 5 {
		o.clock.wait(time.Second)
		o.alert(fmt.Sprint("f", i))
	}
	seen := map[desk.AlertID]bool{}
	after := ""
	for pages := 0; ; pages++ {
		var list web.AlertList
		viewer.ask("GET", "/api/alerts?state=new,acknowledged&limit=2&after="+url.QueryEscape(after), "").is(200, "").json(&list)
		for _, a := range list.Alerts {
			seen[a.ID] = true
		}
		if after = list.Next; after == "" || pages > 5 {
			break
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d of 5 alerts", len(seen))
	}
	a := viewer.ask("GET", "/api/alerts?state=closed", "").is(200, "")
	if string(a.body) != `{"alerts":[]}`+"\n" {
		t.Errorf("%s", a.body)
	}
	for id := range seen {
		var one desk.Alert
		if viewer.ask("GET", "/api/alerts/"+string(id), "").is(200, "").json(&one); one.ID != id {
			t.Errorf("%+v", one)
		}
	}
}

// TestTracks: the picture, page by page, chosen by claim or distress.
func TestTracks(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	var rows []live.Row
	for i := range 5 {
		tr := track.Track{ID: track.ID(i + 1), State: track.State{Position: geo.Position{Lat: -16, Lon: -69}}}
		tr.Claims = []track.Belief{{Claim: obs.Claim{Kind: obs.MMSI, Value: fmt.Sprint(760000000 + i)}}}
		if i == 3 {
			tr.Distress = obs.SART
		}
		rows = append(rows, live.Row{Track: tr, Own: i == 0})
	}
	o.hub.Apply(live.Update{Step: 1, Tracks: rows})
	ids := func(query string) string {
		var list web.TrackList
		viewer.ask("GET", "/api/tracks"+query, "").is(200, "").json(&list)
		var s []string
		for _, tr := range list.Tracks {
			s = append(s, fmt.Sprint(uint64(tr.ID)))
		}
		return strings.Join(s, " ") + fmt.Sprint(" next ", list.Next)
	}
	for query, want := range map[string]string{
		"": "1 2 3 4 5 next 0", "?limit=2": "1 2 next 2", "?limit=2&after=2": "3 4 next 4", "?limit=2&after=4": "5 next 0",
		"?claim=mmsi:760000002": "3 next 0", "?claim=760000002": " next 0", "?distress=true": "4 next 0", "?after=5": " next 0",
	} {
		if got := ids(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	var d web.TrackDetail
	viewer.ask("GET", "/api/tracks/1", "").is(200, "").json(&d)
	if d.Track.ID != 1 || !d.Own || len(d.Lineage) != 1 || d.Lineage[0].Observation != 9 {
		t.Errorf("%+v", d)
	}
	if a := viewer.ask("GET", "/api/tracks/2", "").is(200, ""); !strings.Contains(string(a.body), `"lineage":[]`) {
		t.Errorf("%s", a.body)
	}
}

// TestHistory: without times, the last hour.
func TestHistory(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	if a := viewer.ask("GET", "/api/tracks/7/history", "").is(200, ""); string(a.body) != `{"points":[]}`+"\n" {
		t.Errorf("%s", a.body)
	}
	now := o.clock.Now()
	if q := o.asked; q.Track != 7 || !q.To.Equal(now) || !q.From.Equal(now.Add(-time.Hour)) || q.Limit != 2000 {
		t.Errorf("%+v", q)
	}
	viewer.ask("GET", "/api/tracks/7/history?to=2026-01-02T03:04:05Z&limit=5", "").is(200, "")
	if q := o.asked; q.To.Format(time.RFC3339) != "2026-01-02T03:04:05Z" || q.To.Sub(q.From) != time.Hour || q.Limit != 5 {
		t.Errorf("%+v", q)
	}
	viewer.ask("GET", "/api/tracks/7/history?known_at=2026-01-02T03:04:05Z", "").is(200, "")
	if q := o.asked; !q.To.Equal(q.KnownAt) || q.KnownAt.Format(time.RFC3339) != "2026-01-02T03:04:05Z" || q.To.Sub(q.From) != time.Hour {
		t.Errorf("%+v", q)
	}
	viewer.ask("GET", "/api/tracks/7/history?known_at=", "").is(422, "unprocessable-entity")
	viewer.ask("GET", "/api/tracks/7/history?from=yesterday", "").is(422, "unprocessable-entity")
}

// TestRest: observation, feeds, system, and areas as GeoJSON.
func TestRest(t *testing.T) {
	o := newOffice(t, nil)
	viewer := o.person("Ana", desk.Viewer)
	for path, want := range map[string]string{
		"/api/observations/9": `"seq":9`,
		"/api/feeds":          `"feed":"ais-a"`,
		"/api/system":         `"version":"test"`,
	} {
		if a := viewer.ask("GET", path, "").is(200, ""); !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	var c web.FeatureCollection
	viewer.ask("GET", "/api/areas", "").is(200, "").json(&c)
	if c.Type != "FeatureCollection" || len(c.Features) != 3 {
		t.Fatalf("%+v", c)
	}
	got := fmt.Sprint(c.Features[1].Geometry, c.Features[0].Geometry, c.Features[2].Geometry)
	if want := "{LineString [[-69 -16] [-69.5 -17]]} {Polygon [[[0 0] [1 0] [1 1] [0 0]]]} {Point [-69.1 -16.2]}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if p := c.Features[1].Properties; !p.Demonstration || p.Left != "BOL" {
		t.Errorf("%+v", p)
	}
}
