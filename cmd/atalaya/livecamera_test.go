package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atalaya/exercise"
	"atalaya/internal/running"
)

// TestLiveCamera connects a camera outside the exercise: it tells where it
// points, whoever asks stops it, and without an authority nobody turns it.
func TestLiveCamera(t *testing.T) {
	t.Parallel()
	camera, err := exercise.NewCamera(t.Context(), exercise.CameraConfig{Listen: "127.0.0.1:0", Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer camera.Close()
	user, password := camera.Account()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := shore(running.Ports(t, 1)) + fmt.Sprintf("\n[[camera]]\nsensor = \"pier\"\naddress = %q\nusername = %q\npassword_file = %q\n", camera.Address(), user, file)
	p := running.Start(t, running.Options{Config: config})
	p.Enrol(t, "Ana")
	p.Must(t, http.MethodPost, "/api/sensors", map[string]any{"id": "pier", "reason": "it stands", "to": map[string]any{
		"name": "Muelle", "kind": "camera", "position": map[string]any{"lat": -16.165, "lon": -69.09}, "height_m": 3815, "max_range_m": 5000,
		"mount": map[string]any{
			"north_deg": 285, "pan_deg": []float64{-170, 170}, "tilt_deg": []float64{-85, 20}, "aspect": 1.7778,
			"wide": []map[string]any{{"zoom": 0, "wide_deg": 60}, {"zoom": 1, "wide_deg": 2.3}}, "pan_speed_deg_s": 90, "tilt_speed_deg_s": 60, "sd_deg": 0.3,
		},
	}}, nil)
	var state struct {
		Direction *struct {
			Azimuth float64 `json:"azimuth_deg"`
		}
		Steerable, Authority bool // what asks for authorities
	}
	p.Must(t, http.MethodGet, "/api/sensors/pier/camera", nil, &state)
	if state.Direction == nil || !state.Steerable || !state.Authority {
		t.Errorf("the camera: %+v", state)
	}
	turn := map[string]any{"kind": "absolute", "purpose": "smuggling", "azimuth_deg": 300, "elevation_deg": -5, "wide_deg": 20}
	status, said, err := p.Do(t.Context(), http.MethodPost, "/api/sensors/pier/looks", "turn", turn, nil)
	if err != nil || status != http.StatusForbidden || camera.Moves() != 0 {
		t.Errorf("turned without an authority: %d %s, %v; %d moves", status, said, err, camera.Moves())
	}
	for _, act := range []string{"stop", "stow"} {
		p.Must(t, http.MethodPost, "/api/sensors/pier/"+act, map[string]string{}, nil)
	}
	if camera.Moves() != 1 { // stowed
		t.Errorf("%d moves", camera.Moves())
	}
	if err := p.Stop(t); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.Log())
	}

	// A password that others can read connects nothing.
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "atalaya.toml")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"--config", name, "serve", "--data", t.TempDir()}, streams{strings.NewReader(""), &out, &errs}); code == 0 || !strings.Contains(errs.String(), "chmod 600") {
		t.Errorf("ended with %d: %s%s", code, out.String(), errs.String())
	}
}
