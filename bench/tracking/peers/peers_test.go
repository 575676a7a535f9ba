// Package peers_test runs the trackers that ours is compared with.
package peers_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/bench/tracking/scenarios"
	"atalaya/internal/peer"
	"atalaya/internal/trackfile"
)

// crossing is two boats 400 m apart on opposite ways, seen each second by a
// radar without noise, and by a post that gives bearings. A scan comes late.
func crossing() scenarios.Scene {
	east, south := func(t float64) []float64 { return []float64{10 * t, 200} }, func(t float64) []float64 { return []float64{-10 * t, -200} }
	return scenarios.Scene{
		Name: "crossing", Run: 1, CutOff: 20,
		Knowledge: trackfile.Knowledge{
			Prior: trackfile.Prior{ProcessNoise: 0.1, SpeedSD: 8, Survival: 0.999, Birth: new(1e-7)},
			Sensors: map[string]trackfile.Sensor{
				"radar": {Kind: trackfile.Surveillance, Position: []float64{0, 0}, DetectionProbability: 0.95, Clutter: new(1e-7)},
				"polar": {Kind: trackfile.Surveillance, Position: []float64{0, -1000}, DetectionProbability: 0.95, Clutter: new(1e-7)},
				"post":  {Kind: trackfile.Surveillance, Position: []float64{0, 0}, DetectionProbability: 0.9, ClutterBearing: new(1e-3)},
			},
		},
		Make: func(to scenarios.Sink) error {
			cov := [][]float64{{4, 0}, {0, 4}}
			for n := range 12 {
				t := float64(n)
				a, b := east(t), south(t)
				radar := scenarios.Scan{Sensor: "radar", Time: t, Arrival: t, Detections: []scenarios.Detection{{Pos: a, Cov: cov}, {Pos: b, Cov: cov}}}
				if n%2 == 1 {
					radar.Sensor, radar.Detections = "polar", []scenarios.Detection{polar(a), polar(b)}
				}
				deg := math.Mod(math.Atan2(a[0], a[1])*180/math.Pi+360, 360)
				post := scenarios.Scan{Sensor: "post", Time: t, Arrival: t, Detections: []scenarios.Detection{{Bearing: &deg, BearingSD: 1}}}
				for _, s := range []scenarios.Scan{post, radar} {
					if err := to.Scan(s); err != nil {
						return err
					}
				}
			}
			// Too late for a live picture without a way back; the peers sort.
			return to.Scan(scenarios.Scan{Sensor: "radar", Time: 4.5, Arrival: 12})
		},
	}
}

// polar is seen from 1 km south of the middle.
func polar(at []float64) scenarios.Detection {
	r, deg := math.Hypot(at[0], at[1]+1000), math.Mod(math.Atan2(at[0], at[1]+1000)*180/math.Pi+360, 360)
	return scenarios.Detection{Range: &r, Bearing: &deg, RangeSD: 2, BearingSD: 0.1}
}

func TestStoneSoupTracksTwoBoats(t *testing.T) {
	python := peer.Python(t)
	files, err := crossing().Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"gnn", "jpda", "lbp", "mht"} {
		t.Run(kind, func(t *testing.T) {
			results := filepath.Join(t.TempDir(), "01.jsonl")
			cmd := exec.CommandContext(t.Context(), python, "stonesoup_run.py", kind, files.Measurements, files.Knowledge, results)
			var said bytes.Buffer
			cmd.Stderr = &said
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, said.String())
			}
			all := strings.Split(strings.TrimSpace(said.String()), "\n")
			var summary struct {
				Scans, Detections int
				Seconds           float64
				ScanMS            []float64 `json:"scan_ms"`
			}
			if err := json.Unmarshal([]byte(all[len(all)-1]), &summary); err != nil {
				t.Fatalf("%v: %s", err, said.String())
			}
			if summary.Scans != 25 || summary.Detections != 36 || len(summary.ScanMS) != 25 || summary.Seconds <= 0 {
				t.Errorf("summary %+v", summary)
			}
			check(t, results)
		})
	}
}

// check wants exactly the two boats at the end, where they are and as fast.
func check(t *testing.T, results string) {
	t.Helper()
	f, err := os.Open(results)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	last := map[string]bool{}
	newest := math.Inf(-1)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var line struct {
			Header   *struct{ Frame, Tracker string }
			Time     float64
			ID       string
			Pos, Vel []float64
			Cov      [][]float64
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Header != nil {
			if line.Header.Frame != "planar" || !strings.HasPrefix(line.Header.Tracker, "stonesoup-") {
				t.Errorf("header %+v", *line.Header)
			}
			continue
		}
		if line.Time < newest {
			t.Errorf("a line of %v s after one of %v", line.Time, newest)
		}
		newest = line.Time
		if line.Time != 11 {
			continue
		}
		last[line.ID] = true
		sign := math.Copysign(1, line.Pos[1])
		if off := math.Hypot(line.Pos[0]-sign*110, line.Pos[1]-sign*200); off > 5 {
			t.Errorf("%s is %.1f m off: %v", line.ID, off, line.Pos)
		}
		if off := math.Hypot(line.Vel[0]-sign*10, line.Vel[1]); off > 2 {
			t.Errorf("%s: velocity %v", line.ID, line.Vel)
		}
		if len(line.Cov) != 4 || line.Cov[0][0] <= 0 || line.Cov[0][0] > 5 || line.Cov[2][2] <= 0 {
			t.Errorf("%s: covariance %v", line.ID, line.Cov)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if newest != 11 || len(last) != 2 {
		t.Errorf("at %v s tracks %v, want two at 11 s", newest, last)
	}
}
