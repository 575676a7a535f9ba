package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/ais"
	"atalaya/geo"
	"atalaya/internal/running"
)

// administered is the running exercise with somebody who administers it.
type administered struct {
	t *testing.T
	p *running.Program
	n int // of the request
}

// must makes a change and gives the version that it made.
func (a *administered) must(method, path string, in, out any) {
	a.t.Helper()
	status, b := a.try(method, path, in)
	if status != http.StatusOK {
		a.t.Fatalf("%s %s: %d %s", method, path, status, b)
	}
	if out != nil {
		var changed struct{ Now json.RawMessage }
		if err := json.Unmarshal(b, &changed); err != nil {
			a.t.Fatal(err)
		}
		if err := json.Unmarshal(changed.Now, out); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a *administered) try(method, path string, in any) (int, []byte) {
	a.t.Helper()
	a.n++
	status, b, err := a.p.Do(a.t.Context(), method, path, fmt.Sprint("administer-", a.n), in, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return status, b
}

// health gives the health of a feed; false when it is not in force.
func (a *administered) health(feed string) (h struct {
	Feed, State, Why string
	Good, Refused    uint64
	Cause            struct{ Code, Sender, Sensor string }
}, ok bool,
) {
	a.t.Helper()
	var list struct{ Feeds []json.RawMessage }
	a.p.Must(a.t, http.MethodGet, "/api/feeds", nil, &list)
	for _, raw := range list.Feeds {
		if err := json.Unmarshal(raw, &h); err != nil {
			a.t.Fatal(err)
		}
		if h.Feed == feed {
			return h, true
		}
	}
	return h, false
}

type livingTrack struct {
	ID     uint64
	Status string
	Claims []struct{ Kind, Value string }
	State  struct {
		Position geo.Position
		East     float64 `json:"east_mps"`
		North    float64 `json:"north_mps"`
	}
}

func (a *administered) tracks(claim string) []livingTrack {
	a.t.Helper()
	var list struct{ Tracks []livingTrack }
	a.p.Must(a.t, http.MethodGet, "/api/tracks?limit=10000&claim="+claim, nil, &list)
	return list.Tracks
}

// speak sends a datagram every half second until done, made by say.
func speak(t *testing.T, port int, say func(second int) string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				// Nobody may listen yet, or any more.
				if _, err := conn.Write([]byte(say(now.UTC().Second()))); err != nil {
					continue
				}
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestAdministeredWhileItRuns registers gear, corrects it, finds out why it is
// refused, looks at what it says, moves it and ends it, and draws an area that
// alerts, all in one run of the program.
func TestAdministeredWhileItRuns(t *testing.T) {
	t.Parallel()
	port := running.Ports(t, 9)
	p := running.Start(t, running.Options{Args: []string{"--exercise", "--port", fmt.Sprint(port), "--boats", "12"}})
	p.Enrol(t, "Ana Quispe")
	a := &administered{t: t, p: p}
	aisPort, radarPort := port+7, port+8

	// A receiver and its feed. Before there is a sensor, there is no feed.
	harbour := geo.Position{Lat: -15.95, Lon: -69.30}
	enc := ais.NewEncoder()
	speak(t, aisPort, func(second int) string {
		lines, err := enc.Encode(&ais.Message{Type: 1, MMSI: 720_999_001, Channel: "A", Report: &ais.Position{Kinematics: ais.Kinematics{
			Position: codec.Some(harbour), Speed: codec.Some(0.0), Second: codec.Some(uint8(second)),
		}}})
		if err != nil {
			return ""
		}
		return lines[0] + "\r\n"
	})
	feed := map[string]any{"sensor": "ais-new", "format": "ais", "source": fmt.Sprintf("udp://127.0.0.1:%d", aisPort), "silent_after_s": 20}
	add := func(id string, to any) map[string]any {
		return map[string]any{"id": id, "reason": "new gear", "to": to}
	}
	edit := func(version int, to any) map[string]any {
		return map[string]any{"version": version, "reason": "corrected", "to": to}
	}
	if status, b := a.try(http.MethodPost, "/api/feeds", add("ais-new", feed)); status != http.StatusUnprocessableEntity || !strings.Contains(string(b), "register it first") {
		t.Fatalf("a feed without its sensor: %d %s", status, b)
	}
	a.must(http.MethodPost, "/api/sensors", add("ais-new", map[string]any{
		"name": "AIS nuevo", "kind": "ais-receiver", "position": map[string]float64{"lat": -16, "lon": -69}, "height_m": 3815,
	}), nil)
	a.must(http.MethodPost, "/api/feeds", add("ais-new", feed), nil)
	until(t, p, "a track over the new feed", 30*time.Second, func() bool { return len(a.tracks("mmsi:720999001")) == 1 })

	// Only others may send: it is refused, and says whom.
	feed["allowed"] = []string{"192.0.2.1"}
	a.must(http.MethodPut, "/api/feeds/ais-new", edit(1, feed), nil)
	until(t, p, "the refusal of the sender", 30*time.Second, func() bool {
		h, _ := a.health("ais-new")
		return h.State == "refused" && h.Cause.Code == "sender-not-allowed" && h.Cause.Sender == "127.0.0.1" && strings.Contains(h.Why, "127.0.0.1") && h.Good > 0
	})
	if status, b := a.try(http.MethodPut, "/api/feeds/ais-new", edit(1, feed)); status != http.StatusConflict || !strings.Contains(string(b), "by Ana Quispe") {
		t.Errorf("a change from an old version: %d %s", status, b)
	}
	type message struct {
		From, Text, Became, Kind string
		Decoded                  struct{ MMSI any }
	}
	var heard struct {
		Messages []message
		Next     uint64
	}
	until(t, p, "the refused messages", 30*time.Second, func() bool {
		p.Must(t, http.MethodGet, fmt.Sprintf("/api/feeds/ais-new/messages?wait=5&after=%d", heard.Next), nil, &heard)
		return len(heard.Messages) > 0 && heard.Messages[0].Became == "refused"
	})
	if m := heard.Messages[0]; m.Kind != "sender-not-allowed" || !strings.HasPrefix(m.From, "127.0.0.1:") || !strings.HasPrefix(m.Text, "!AIVDM") {
		t.Errorf("%+v", m)
	}
	feed["allowed"] = []string{"127.0.0.0/8"}
	a.must(http.MethodPut, "/api/feeds/ais-new", edit(2, feed), nil)
	until(t, p, "messages that become observations", 30*time.Second, func() bool {
		p.Must(t, http.MethodGet, fmt.Sprintf("/api/feeds/ais-new/messages?wait=5&after=%d", heard.Next), nil, &heard)
		n := len(heard.Messages)
		return n > 0 && heard.Messages[n-1].Became == "observed" && heard.Messages[n-1].Decoded.MMSI != nil
	})

	a.movedRadar(radarPort, add, edit)

	// The feed ends, and nothing of it is left but its versions.
	if status, b := a.try(http.MethodDelete, "/api/feeds/ais-new?version=3&reason=sold", nil); status != http.StatusOK {
		t.Fatalf("the end of the feed: %d %s", status, b)
	}
	until(t, p, "the end of the feed", 30*time.Second, func() bool {
		_, ok := a.health("ais-new")
		return !ok
	})
	var versions struct {
		Versions []struct{ Version struct{ Number int } }
	}
	p.Must(t, http.MethodGet, "/api/feeds/ais-new/versions", nil, &versions)
	if len(versions.Versions) != 4 {
		t.Errorf("%d versions of the feed", len(versions.Versions))
	}

	a.watchedBoat(add)

	// All of it outlives the run, and the exercise leaves it as it is.
	if err := p.Stop(t); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.Log())
	}
	again := running.Start(t, running.Options{Dir: p.Dir, Args: []string{"--exercise", "--port", fmt.Sprint(port), "--boats", "12"}})
	again.SignIn(t, "Ana Quispe")
	a.p = again
	until(t, again, "the registered radar after a restart", 30*time.Second, func() bool {
		h, ok := a.health("radar-new")
		return ok && h.State == "up"
	})
	if _, ok := a.health("ais-new"); ok {
		t.Error("the ended feed runs again after a restart")
	}
}

// movedRadar registers a marine radar, which sees one target a mile east of
// itself, and moves it: the next plots lie a mile east of the new place.
func (a *administered) movedRadar(port int, add func(string, any) map[string]any, edit func(int, any) map[string]any) {
	a.t.Helper()
	speak(a.t, port, func(int) string {
		body := "RATTM,01,1.00,090.0,T,0.0,000.0,T,,,N,,T,,,A"
		sum := byte(0)
		for i := range len(body) {
			sum ^= body[i]
		}
		return fmt.Sprintf("$%s*%02X\r\n", body, sum)
	})
	first, second := geo.Position{Lat: -15.90, Lon: -69.40}, geo.Position{Lat: -15.60, Lon: -69.40}
	radar := func(at geo.Position) map[string]any {
		return map[string]any{"name": "Radar nuevo", "kind": "marine-radar", "position": at, "height_m": 3815, "max_range_m": 20000}
	}
	a.must(http.MethodPost, "/api/sensors", add("radar-new", radar(first)), nil)
	a.must(http.MethodPost, "/api/feeds", add("radar-new", map[string]any{
		"sensor": "radar-new", "format": "nmea", "source": fmt.Sprintf("udp://127.0.0.1:%d", port),
	}), nil)
	seen := func(from geo.Position) bool {
		want, _ := geo.Direct(from, 90, 1852)
		for _, x := range a.tracks("target:radar-new/1") {
			if geo.Distance(x.State.Position, want) < 500 {
				return true
			}
		}
		return false
	}
	until(a.t, a.p, "a target a mile east of the radar", 30*time.Second, func() bool { return seen(first) })
	a.must(http.MethodPut, "/api/sensors/radar-new", edit(1, radar(second)), nil)
	until(a.t, a.p, "the target a mile east of where the radar is now", 30*time.Second, func() bool { return seen(second) })
}

// watchedBoat draws an area round a boat under way.
func (a *administered) watchedBoat(add func(string, any) map[string]any) {
	a.t.Helper()
	var boat livingTrack
	until(a.t, a.p, "a boat under way", time.Minute, func() bool {
		for _, x := range a.tracks("") {
			ship := false
			for _, c := range x.Claims {
				ship = ship || c.Kind == "mmsi" && c.Value != "720999001"
			}
			if !ship || x.Status != "confirmed" || math.Hypot(x.State.East, x.State.North) < 1 {
				continue
			}
			var detail struct{ Own bool }
			a.p.Must(a.t, http.MethodGet, fmt.Sprintf("/api/tracks/%d", x.ID), nil, &detail)
			if !detail.Own { // what is ours may be anywhere
				boat = x
				return true
			}
		}
		return false
	})
	var ring [][2]float64
	for _, bearing := range []float64{45, 135, 225, 315, 45} {
		p, _ := geo.Direct(boat.State.Position, bearing, 2500)
		ring = append(ring, [2]float64{p.Lon, p.Lat})
	}
	var made struct{ ID string }
	a.must(http.MethodPost, "/api/areas", add("", map[string]any{
		"name": "Zona de prueba", "kind": "watched", "accuracy_m": 5,
		"geometry": map[string]any{"type": "Polygon", "coordinates": [][][2]float64{ring}},
	}), &made)
	until(a.t, a.p, "an alert about the boat in the area", time.Minute, func() bool {
		for _, x := range alerts(a.t, a.p) {
			if x.Finding.Rule == "area-entry" && x.Finding.Track == boat.ID && strings.Contains(x.Finding.Why.ES, "Zona de prueba") {
				return true
			}
		}
		return false
	})
	if made.ID == "" {
		a.t.Error("the area has no name")
	}
}
