package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/internal/app"
	"atalaya/internal/peer"
	"atalaya/internal/running"
)

// replay runs a built program's replay command and gives its last line.
func replay(t *testing.T, bin string, files ...string) app.ReplaySummary {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), bin, append([]string{"replay"}, files...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("replay: %v\n%s", err, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	var sum app.ReplaySummary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
		t.Fatalf("the last line of standard error: %v\n%s", err, stderr.String())
	}
	return sum
}

// aisFiles are all recordings of AIS sentences.
func aisFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(peer.Data(t, "ais"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".chk") || strings.HasSuffix(path, ".json") {
			return err
		}
		out = append(out, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("only %d AIS recordings", len(out))
	}
	return out
}

// newer builds the program for newer processors.
func newer(t *testing.T) string {
	t.Helper()
	v3 := filepath.Join(t.TempDir(), "atalaya-v3")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", v3, "atalaya/cmd/atalaya")
	build.Env = append(os.Environ(), "GOAMD64=v3")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build for v3: %v\n%s", err, out)
	}
	return v3
}

// TestReplayHasOneHash replays recordings with the program as built for the
// oldest processors, twice, and as built for newer ones: the final picture and
// all that happened on the way are the same, bit for bit.
func TestReplayHasOneHash(t *testing.T) {
	t.Parallel()
	v1, v3 := running.Binary(t), newer(t)
	day := filepath.Join(t.TempDir(), "day.jsonl.gz")
	traffic := peer.Data(t, "adsb/traffic/collections/switzerland.json.gz")
	if out, err := exec.CommandContext(t.Context(), v1, "import", "traffic", traffic, "-o", day).CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	for _, tc := range []struct {
		name  string
		files []string
		good  uint64 // messages, by the oracles of the codecs' own tests; 0: not counted
	}{
		{"one day of 842 aircraft", []string{day}, 139_098},
		{"Mode S", []string{peer.Data(t, "adsb/dump1090/modes1.avr")}, 217},
		{"AIS", aisFiles(t), 0},
		{"telemetry", []string{peer.Data(t, "mavlink/ardusub_small.tlog")}, 35_912},
	} {
		t.Run(tc.name, func(t *testing.T) {
			first := replay(t, v1, tc.files...)
			if tc.good != 0 && first.Good != tc.good {
				t.Errorf("%d good messages, want %d", first.Good, tc.good)
			}
			if first.Observations == 0 || first.Born == 0 {
				t.Errorf("nothing was seen: %+v", first)
			}
			for _, bin := range []string{v1, v3} {
				again := replay(t, bin, tc.files...)
				if again.Hash != first.Hash || again.EventsHash != first.EventsHash {
					t.Errorf("%s: hash %s, events %s; the first time %s, %s", filepath.Base(bin), again.Hash, again.EventsHash, first.Hash, first.EventsHash)
				}
			}
			t.Logf("%d messages, %d tracks, %.1f s, hash %s", first.Good, first.Born, first.Seconds, first.Hash)
		})
	}
}
