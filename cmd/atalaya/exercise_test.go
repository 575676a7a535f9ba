package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/internal/running"
)

// alert is what the tests read of an alert.
type alert struct {
	ID        string
	State     string
	Outcome   string
	Priority  int
	Version   int
	Withdrawn bool
	Finding   struct {
		Rule        string
		Track       uint64
		Probability float64
		Why         struct{ ES, EN string }
		Inputs      []uint64
		Belief      struct {
			Claims []struct{ Kind, Value string }
		}
	}
	Changes []struct {
		Kind, Request, Note string
		Version             int
		Who                 struct{ Name string }
	}
}

// until asks again and again until done reports true.
func until(t *testing.T, p *running.Program, what string, limit time.Duration, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s did not come within %s\n%s", what, limit, p.Log())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func alerts(t *testing.T, p *running.Program) []alert {
	t.Helper()
	var list struct{ Alerts []alert }
	p.Must(t, http.MethodGet, "/api/alerts?limit=1000", nil, &list)
	return list.Alerts
}

type health struct {
	Feed, State, Why          string
	Good, Duplicate, Restarts uint64
	Bad                       map[string]uint64
	Unproven                  bool      `json:"sender_unproven"`
	LastFrame                 time.Time `json:"last_frame"`
}

// TestExerciseAsAUserSeesIt starts the program as make run does, signs in with
// the printed link, and waits for what the README promises: moving tracks from
// every feed, and the alerts of two boats that cross the border off the lanes.
//
// It runs alone: the boats keep to real time, and which sensor is heard first
// where they cross depends on nobody taking the processor away.
func TestExerciseAsAUserSeesIt(t *testing.T) {
	port := running.Ports(t, 7)
	p := running.Start(t, running.Options{
		Args:   []string{"--exercise", "--port", fmt.Sprint(port)},
		Config: "[exercise]\ncross = \"15s\"\n",
	})
	if p.Link == "" {
		t.Fatal("no sign-in link at first run")
	}
	status, _, err := p.Do(t.Context(), http.MethodGet, "/api/alerts", "", nil, nil)
	if err != nil || status != http.StatusUnauthorized {
		t.Fatalf("without a session: status %d, %v; want 401", status, err)
	}
	p.Enrol(t, "Ana Quispe")

	until(t, p, "30 confirmed tracks", time.Minute, func() bool {
		var list struct{ Tracks []struct{ Status string } }
		p.Must(t, http.MethodGet, "/api/tracks?limit=10000", nil, &list)
		n := 0
		for _, x := range list.Tracks {
			if x.Status == "confirmed" {
				n++
			}
		}
		return n >= 30
	})
	until(t, p, "every feed up, and echoes between the two AIS stations", time.Minute, func() bool {
		var list struct{ Feeds []health }
		p.Must(t, http.MethodGet, "/api/feeds", nil, &list)
		up, echoes := 0, uint64(0)
		for _, f := range list.Feeds {
			if f.State == "up" && f.Unproven && f.Good > 0 {
				up++
			}
			echoes += f.Duplicate
		}
		return up == 6 && echoes > 0
	})
	until(t, p, "the alerts of two boats, one with AIS and one without", 2*time.Minute, func() bool {
		named, dark := false, false
		for _, a := range alerts(t, p) {
			if a.Finding.Rule != "border-crossing" {
				continue
			}
			ship := false
			for _, c := range a.Finding.Belief.Claims {
				ship = ship || c.Kind == "mmsi"
			}
			named, dark = named || ship, dark || !ship
			if len(a.Finding.Inputs) == 0 || a.Finding.Why.ES == "" || a.Finding.Why.EN == "" || a.Finding.Probability <= 0.5 {
				t.Fatalf("an alert without evidence: %+v", a)
			}
		}
		return named && dark
	})
	all := alerts(t, p)
	decide(t, p, all[0])
	evidence(t, p, all[0])
	rest(t, p)

	if err := p.Stop(t); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.Log())
	}
	again := running.Start(t, running.Options{Dir: p.Dir, Args: []string{"--exercise", "--port", fmt.Sprint(port)}})
	if again.Link != "" {
		t.Error("a sign-in link at the second run, when somebody can sign in")
	}
	again.SignIn(t, "Ana Quispe")
	for _, a := range alerts(t, again) {
		if a.ID == all[0].ID && (a.State != "closed" || a.Outcome != "true") {
			t.Errorf("after a restart the alert is %s %s", a.State, a.Outcome)
		}
	}
}

// decide acknowledges and closes an alert, and tries what must be refused.
func decide(t *testing.T, p *running.Program, a alert) {
	t.Helper()
	path := "/api/alerts/" + a.ID
	for _, tc := range []struct {
		name, path, key string
		body            any
		status          int
	}{
		{"no key", path + "/acknowledge", "", map[string]string{}, http.StatusUnprocessableEntity},
		{"acknowledge", path + "/acknowledge", "k1", map[string]string{"note": "voy"}, http.StatusOK},
		{"the same request", path + "/acknowledge", "k1", map[string]string{"note": "voy"}, http.StatusOK},
		{"the same request with another content", path + "/acknowledge", "k1", map[string]string{"note": "no"}, http.StatusConflict},
		{"acknowledge again", path + "/acknowledge", "k2", map[string]string{}, http.StatusConflict},
		{"close as nonsense", path + "/close", "k3", map[string]string{"outcome": "nonsense"}, http.StatusUnprocessableEntity},
		{"close", path + "/close", "k4", map[string]string{"outcome": "true", "note": "patrulla confirmó"}, http.StatusOK},
		{"close again", path + "/close", "k5", map[string]string{"outcome": "false"}, http.StatusConflict},
		{"nobody's alert", "/api/alerts/none/acknowledge", "k6", map[string]string{}, http.StatusNotFound},
	} {
		var problem struct{ Code, Detail string }
		status, b, err := p.Do(t.Context(), http.MethodPost, tc.path, tc.key, tc.body, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status != tc.status {
			t.Errorf("%s: status %d, want %d: %s", tc.name, status, tc.status, b)
		}
		if status >= 400 && (!strings.Contains(string(b), `"detail"`) || !strings.Contains(string(b), `"code"`)) {
			t.Errorf("%s: a problem without code or detail: %s %+v", tc.name, b, problem)
		}
	}
	var now alert
	p.Must(t, http.MethodGet, path, nil, &now)
	if now.State != "closed" || now.Outcome != "true" || len(now.Changes) != 3 || now.Changes[1].Who.Name != "Ana Quispe" {
		t.Errorf("after the decisions: %+v", now)
	}
}

// evidence follows an alert to an observation that it rests on, and to where
// the track was.
func evidence(t *testing.T, p *running.Program, a alert) {
	t.Helper()
	var o struct {
		Seq    uint64
		Sensor string
		Source struct{ Hash string }
	}
	seq := a.Finding.Inputs[len(a.Finding.Inputs)-1]
	until(t, p, "the observation behind the alert", 20*time.Second, func() bool {
		status, _, err := p.Do(t.Context(), http.MethodGet, fmt.Sprintf("/api/observations/%d", seq), "", nil, &o)
		return err == nil && status == http.StatusOK
	})
	if o.Seq != seq || o.Sensor == "" || len(o.Source.Hash) != 64 {
		t.Errorf("observation %d: %+v", seq, o)
	}
	var past struct {
		Points []struct{ Time, Known time.Time }
	}
	p.Must(t, http.MethodGet, fmt.Sprintf("/api/tracks/%d/history", a.Finding.Track), nil, &past)
	if len(past.Points) < 3 {
		t.Errorf("the track's history has %d points", len(past.Points))
	}
}

// rest looks at what administrators look at.
func rest(t *testing.T, p *running.Program) {
	t.Helper()
	var system struct {
		Step    uint64
		Tracks  int
		Storage struct{ State string }
		Clock   struct {
			Sensors *float64 `json:"sensors_s"`
		}
	}
	p.Must(t, http.MethodGet, "/api/system", nil, &system)
	if system.Step == 0 || system.Tracks == 0 || system.Storage.State != "ok" || system.Clock.Sensors == nil {
		t.Errorf("system: %+v", system)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/areas", "/basemap/titicaca.geojson"} {
		status, b, err := p.Do(t.Context(), http.MethodGet, path, "", nil, nil)
		if err != nil || status != http.StatusOK || len(b) == 0 {
			t.Errorf("%s: status %d, %d bytes, %v", path, status, len(b), err)
		}
		if path == "/metrics" {
			for _, name := range []string{"atalaya_feed_good_total", "atalaya_tracks", "atalaya_alerts_total", "atalaya_storage_state"} {
				if !strings.Contains(string(b), "\n"+name) {
					t.Errorf("/metrics lacks %s", name)
				}
			}
		}
	}
}

// TestExerciseTellsDeceivers starts the program and lets the boats that are not what
// they say do so soon: the one that switches its AIS off stays the track that it was,
// and there are notices of those that swap identities and of those that share one.
func TestExerciseTellsDeceivers(t *testing.T) {
	t.Parallel()
	p := running.Start(t, running.Options{
		Args:   []string{"--exercise", "--port", fmt.Sprint(running.Ports(t, 7))},
		Config: "[exercise]\ndeceive = \"20s\"\nreport = \"2s\"\n",
	})
	p.Enrol(t, "Ana Quispe")
	claims := func(mmsi string) (ids []uint64) {
		var list struct{ Tracks []struct{ ID uint64 } }
		p.Must(t, http.MethodGet, "/api/tracks?claim=mmsi:"+mmsi, nil, &list)
		for _, x := range list.Tracks {
			ids = append(ids, x.ID)
		}
		return ids
	}
	const kantuta, uru, chullpa, inti = "720000081", "720000082", "720000083", "720000084"
	ids := map[string][]uint64{}
	until(t, p, "the boats by what they say first", 15*time.Second, func() bool {
		for _, mmsi := range []string{kantuta, uru, chullpa, inti} {
			ids[mmsi] = claims(mmsi)
		}
		return len(ids[kantuta]) == 1 && len(ids[uru]) == 1 && len(ids[chullpa]) == 1 && len(ids[inti]) == 2
	})
	path := fmt.Sprintf("/api/tracks/%d", ids[kantuta][0])
	var heard, seen time.Time
	until(t, p, "the same track on radar alone", time.Minute, func() bool {
		var now struct {
			Track   struct{ Status string }
			Lineage []struct {
				Sensor string
				Time   time.Time
			}
		}
		p.Must(t, http.MethodGet, path, nil, &now)
		for _, c := range now.Lineage {
			switch {
			case strings.HasPrefix(c.Sensor, "ais"):
				heard = c.Time
			case c.Sensor == "radar-1":
				seen = c.Time
			}
		}
		const silent = 15 * time.Second // it reported every two
		return now.Track.Status == "confirmed" && !heard.IsZero() && seen.Sub(heard) > silent
	})
	until(t, p, "notices of those that swap identities and of those that share one", time.Minute, func() bool {
		var list struct{ Alerts []alert }
		p.Must(t, http.MethodGet, "/api/notices?limit=1000", nil, &list)
		told := map[uint64]bool{}
		for _, a := range list.Alerts {
			told[a.Finding.Track] = told[a.Finding.Track] || a.Finding.Rule == "identity-conflict"
		}
		for _, id := range slices.Concat(ids[uru], ids[chullpa], ids[inti]) {
			if !told[id] {
				return false
			}
		}
		return true
	})
}
