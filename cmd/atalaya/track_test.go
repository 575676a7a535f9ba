package main

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
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
	for _, scene := range []scenarios.Scene{scenarios.Convergence(1), scenarios.Irregular(1, true), crowd.Scene(), flown()} {
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

// flown is three boats that only the camera of a drone sees, one look in five late.
func flown() scenarios.Scene {
	return scenarios.Scene{Name: "flown", Run: 1, CutOff: 500, Knowledge: trackfile.NoKnowledge(), Make: func(to scenarios.Sink) error {
		r := rand.New(rand.NewPCG(1, 1))
		for k := range 150 {
			s := float64(k)
			x, y := 14*s, 14*(60-math.Abs(math.Mod(s, 120)-60)) // up and down
			scan := scenarios.Scan{Sensor: "camera", Time: s, Arrival: s, Platform: []float64{x, y}}
			if k%5 == 0 {
				scan.Arrival += 2
			}
			for _, b := range [][4]float64{{1500, 2600, 3, -2}, {-800, 2500, 0, 3}, {1200, -1500, 1, 1}} {
				bearing := math.Atan2(b[0]+b[2]*s-x, b[1]+b[3]*s-y)*180/math.Pi + r.NormFloat64()
				bearing = math.Mod(bearing+360, 360)
				scan.Detections = append(scan.Detections, scenarios.Detection{Bearing: &bearing, BearingSD: 1})
			}
			if err := to.Scan(scan); err != nil {
				return err
			}
			if err := to.Truth(scenarios.Truth{Time: s, ID: "1", Pos: []float64{1500 + 3*s, 2600 - 2*s}, Vel: []float64{3, -2}}); err != nil {
				return err
			}
		}
		return nil
	}}
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
