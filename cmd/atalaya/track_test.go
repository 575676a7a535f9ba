package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"atalaya/bench/tracking/scenarios"
	"atalaya/internal/running"
	"atalaya/internal/trackfile"
)

// TestTrackHasOneHash tracks files with the program as built for the oldest
// processors and for newer ones, on one processor and on two: the same bytes.
func TestTrackHasOneHash(t *testing.T) {
	t.Parallel()
	v1, v3 := running.Binary(t), newer(t)
	crowd := scenarios.Crowd{Run: 1, Targets: 300, Spacing: 200, Scans: 6, Late: true}
	for _, scene := range []scenarios.Scene{scenarios.Convergence(1), scenarios.Irregular(1, true), crowd.Scene()} {
		t.Run(scene.Name, func(t *testing.T) {
			files, err := scene.Write(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			first := trackOn(t, v1, "1", files)
			if first.Tracks == 0 {
				t.Errorf("nothing was tracked: %+v", first)
			}
			for _, c := range []struct{ bin, processors string }{{v1, "2"}, {v3, "1"}, {v3, "2"}} {
				if again := trackOn(t, c.bin, c.processors, files); again.Hash != first.Hash {
					t.Errorf("%s on %s processors: hash %s, the first time %s", filepath.Base(c.bin), c.processors, again.Hash, first.Hash)
				}
			}
		})
	}
}

// trackOn gives what the program says of itself.
func trackOn(t *testing.T, bin, processors string, files scenarios.Files) (sum trackfile.Summary) {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), bin, "track", files.Measurements, "-o", os.DevNull, "--config", files.Knowledge)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+processors)
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("track: %v\n%s", err, said.Bytes())
	}
	lines := bytes.Split(bytes.TrimSpace(said.Bytes()), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &sum); err != nil {
		t.Fatalf("its last line: %v\n%s", err, said.Bytes())
	}
	return sum
}
