package main

import (
	"bytes"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"atalaya/internal/peer"
	"atalaya/internal/running"
)

// TestMountains: the exercise makes its mountains at its first start, beside
// its work, and never again; its gear does not look through them; the file of them is labelled, and no store but
// the exercise's takes it.
func TestMountains(t *testing.T) {
	args := func() []string {
		return []string{"--exercise", "--boats", "4", "--port", strconv.Itoa(running.Ports(t, 7))}
	}
	first := running.Start(t, running.Options{Args: args(), Relief: true})
	const raised, making = "looks no further than its mountains", "making the exercise's mountains"
	for deadline := time.Now().Add(2 * time.Minute); !strings.Contains(first.Log(), raised); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no mountains:\n%s", first.Log())
		}
	}
	// The camera at the harbour sees them too.
	first.Enrol(t, "Ana")
	var camera struct {
		Unknown string
		Picture struct {
			Outline, Outer []struct{ Lat, Lon float64 }
			Synthetic      bool
		}
	}
	first.Must(t, http.MethodGet, "/api/sensors/camera-1/camera", nil, &camera)
	if pic := camera.Picture; !pic.Synthetic || len(pic.Outline) != 32 || len(pic.Outer) < 3 {
		t.Errorf("what the camera sees: %+v", camera)
	}
	if err := first.Stop(t); err != nil {
		t.Fatal(err)
	}
	list := func() string { return said(t, 0, "terrain", "list", "--check", "--exercise", "--data", first.Dir) }
	have := list()
	if !strings.Contains(have, "relief-") || !strings.Contains(have, "SYNTHETIC") || strings.Count(have, "relief-") != 1 {
		t.Errorf("the exercise's elevation:\n%s", have)
	}
	again := running.Start(t, running.Options{Args: args(), Relief: true, Dir: first.Dir})
	time.Sleep(time.Second)
	if err := again.Stop(t); err != nil {
		t.Fatal(err)
	}
	if log := again.Log(); strings.Contains(log, making) || !strings.Contains(log, raised) {
		t.Errorf("the mountains are made again, or not raised:\n%s", log)
	}
	if now := list(); now != have {
		t.Errorf("after another start:\n%swant:\n%s", now, have)
	}
	if z := said(t, 0, "terrain", "height", "--at", "-16.162,-69.084", "--exercise", "--data", first.Dir); !strings.Contains(z, "3966") || !strings.Contains(z, "SYNTHETIC") {
		t.Errorf("Cerro Calvario: %s", z)
	}

	file := filepath.Join(t.TempDir(), "relief.tif")
	if out := said(t, 0, "exercise", "relief", "-o", file, "--seed", "3"); !strings.Contains(out, "SYNTHETIC") || !strings.Contains(out, "seed 3") {
		t.Errorf("writing says %q", out)
	}
	info, err := exec.CommandContext(t.Context(), peer.Command(t, "gdalinfo"), file).CombinedOutput()
	if err != nil || !strings.Contains(string(info), "SYNTHETIC=") || !strings.Contains(string(info), "Size is 4201, 3601") || !strings.Contains(string(info), "EGM96") {
		t.Errorf("gdalinfo: %v\n%s", err, info)
	}
	if out := said(t, 1, "terrain", "import", file, "--data", t.TempDir()); !strings.Contains(out, "SYNTHETIC") {
		t.Errorf("a real store refuses it with %q", out)
	}
}

// said runs a command in this process, and gives all that it printed.
func said(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if code := run(t.Context(), args, streams{strings.NewReader(""), &out, &out}); code != want {
		t.Fatalf("atalaya %s: status %d, want %d\n%s", strings.Join(args, " "), code, want, &out)
	}
	return out.String()
}
