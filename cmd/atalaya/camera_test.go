package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"atalaya/internal/running"
)

// TestCamera turns the exercise's camera through the running program: each look
// is on record, numbered without gap over a restart, as many as the camera
// itself counts. (TestMountains has what it sees.)
func TestCamera(t *testing.T) {
	port := running.Ports(t, 7)
	args := []string{"--exercise", "--boats", "4", "--port", fmt.Sprint(port)}
	p := running.Start(t, running.Options{Args: args})
	p.Enrol(t, "Ana")
	type direction struct {
		Azimuth   float64 `json:"azimuth_deg"`
		Elevation float64 `json:"elevation_deg"`
		Wide      float64 `json:"wide_deg"`
	}
	var state struct {
		Direction                direction
		Moving, Fence, Authority bool
		Steerable                bool
		Moves, Recorded          uint64
		Unknown                  string
		Picture                  *struct {
			Outline, Outer []struct{ Lat, Lon float64 }
			Synthetic      bool
			Elevation      string
		}
	}
	look := func() {
		t.Helper()
		state.Picture, state.Unknown = nil, ""
		p.Must(t, http.MethodGet, "/api/sensors/camera-1/camera", nil, &state)
	}
	rest := func() {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			if look(); !state.Moving {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("the camera does not come to rest")
			}
		}
	}
	n := 0
	post := func(what string, in any, want int) []byte {
		t.Helper()
		n++
		status, b, err := p.Do(t.Context(), http.MethodPost, "/api/sensors/camera-1/"+what, fmt.Sprint("camera-", n), in, nil)
		if err != nil || status != want {
			t.Fatalf("%s %v: %d %s, %v", what, in, status, b, err)
		}
		return b
	}
	rest()
	if state.Direction.Azimuth != 285 || !state.Fence || !state.Authority || !state.Steerable || state.Recorded != 0 {
		t.Errorf("at first: %+v", state)
	}
	post("looks", map[string]any{"kind": "absolute", "purpose": "training", "azimuth_deg": 300, "elevation_deg": -5, "wide_deg": 20}, http.StatusOK)
	rest()
	if d := state.Direction; d.Azimuth < 299.9 || d.Azimuth > 300.1 || d.Wide < 19.9 || d.Wide > 20.1 || state.Moves != 1 || state.Recorded != 1 {
		t.Errorf("turned: %+v", state)
	}
	post("looks", map[string]any{"kind": "relative", "purpose": "training", "pan": -10}, http.StatusOK)
	rest()
	// The border is nearer than the camera sees: in the south-east.
	if said := string(post("looks", map[string]any{"kind": "absolute", "purpose": "training", "azimuth_deg": 140}, http.StatusForbidden)); !strings.Contains(said, "inside-stand-off") {
		t.Errorf("towards the border: %s", said)
	}
	post("looks", map[string]any{"kind": "absolute", "purpose": "press", "azimuth_deg": 300}, http.StatusUnprocessableEntity)
	post("looks", map[string]any{"kind": "absolute", "purpose": "training", "elevation_deg": 80}, http.StatusUnprocessableEntity)
	post("looks", map[string]any{"kind": "continuous", "purpose": "training", "pan": 1, "for_s": 2}, http.StatusOK)
	var stopped struct{ Late bool }
	if err := json.Unmarshal(post("stop", nil, http.StatusOK), &stopped); err != nil || stopped.Late {
		t.Errorf("a stop: %+v, %v", stopped, err)
	}
	if look(); state.Moving || state.Moves != 3 || state.Recorded != 3 {
		t.Errorf("stopped: %+v", state)
	}
	if state.Picture != nil || !strings.Contains(state.Unknown, "no elevation") {
		t.Errorf("what it sees without elevation: %+v, %q", state.Picture, state.Unknown)
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	p = running.Start(t, running.Options{Args: args, Dir: p.Dir})
	p.SignIn(t, "Ana")
	rest()
	post("looks", map[string]any{"kind": "absolute", "purpose": "training", "azimuth_deg": 200}, http.StatusOK)
	if look(); state.Recorded != 4 || state.Moves != 1 { // a new camera, which counts anew
		t.Errorf("after another start: %+v", state)
	}
}
