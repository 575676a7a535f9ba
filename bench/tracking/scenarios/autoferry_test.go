package scenarios

import (
	"math"
	"path/filepath"
	"testing"

	"atalaya/internal/peer"
)

func ferryData(t *testing.T) string {
	return filepath.Dir(filepath.Dir(peer.Data(t, "tracking/autoferry")))
}

// Counted in the files of the dataset with another program.
func TestAutoferryHasAllScansAndDetections(t *testing.T) {
	data := ferryData(t)
	for recording, want := range map[int]map[string][2]int{ // scans, detections
		2: {"lidar": {234, 412}, "radar": {70, 437}, "eo": {1012, 1446}, "ir": {591, 1944}},
		3: {"lidar": {259, 407}, "radar": {78, 394}, "eo": {1117, 1529}, "ir": {653, 996}},
		4: {"lidar": {197, 392}, "radar": {59, 277}, "eo": {851, 652}, "ir": {497, 953}},
		5: {"lidar": {276, 375}, "radar": {83, 443}, "eo": {2197, 3587}, "ir": {694, 1267}},
		6: {"lidar": {302, 667}, "radar": {91, 495}, "eo": {1303, 1323}, "ir": {761, 1241}},
	} {
		scene, err := Autoferry(data, recording)
		if err != nil {
			t.Fatal(err)
		}
		r := made(t, scene)
		got, times := map[string][2]int{}, map[float64]bool{}
		for _, s := range r.scans {
			n := got[s.Sensor]
			got[s.Sensor] = [2]int{n[0] + 1, n[1] + len(s.Detections)}
			times[s.Time] = true
		}
		for sensor, n := range want {
			if got[sensor] != n {
				t.Errorf("recording %d, %s: %v scans and detections, want %v", recording, sensor, got[sensor], n)
			}
		}
		if len(r.truth) != 2*len(times) {
			t.Errorf("recording %d: %d truths of two boats at %d times", recording, len(r.truth), len(times))
		}
		disorder := overtaken(t, r.scans)
		if (recording == 6) != (disorder > 0) {
			t.Errorf("recording %d: %d scans come after later ones", recording, disorder)
		}
		only, err := Autoferry(data, recording, "radar")
		if err != nil {
			t.Fatal(err)
		}
		if radar := made(t, only); len(radar.scans) != want["radar"][0] || len(radar.truth) != 2*len(radar.scans) || len(only.Knowledge.Sensors) != 1 {
			t.Errorf("recording %d, radar only: %d scans, %d truths", recording, len(radar.scans), len(radar.truth))
		}
	}
}

// Were an axis or the sense of a bearing wrong, no boat would be where it is seen.
func TestAutoferryDetectionsLieBesideTheirTruth(t *testing.T) {
	data := ferryData(t)
	type sum struct{ squares, n, boats float64 }
	sums := map[string]sum{}
	for recording := 2; recording <= 6; recording++ {
		scene, err := Autoferry(data, recording)
		if err != nil {
			t.Fatal(err)
		}
		r := made(t, scene)
		truth := map[float64][]Truth{}
		for _, at := range r.truth {
			truth[at.Time] = append(truth[at.Time], at)
			if v := math.Hypot(at.Vel[0], at.Vel[1]); v > 15 {
				t.Errorf("recording %d: boat %s at %v m/s", recording, at.ID, v)
			}
		}
		for _, s := range r.scans {
			for _, boat := range truth[s.Time] {
				east, north := boat.Pos[0]-s.Platform[0], boat.Pos[1]-s.Platform[1]
				if s.Sensor == "lidar" && math.Hypot(east, north) > 100 {
					continue
				}
				best := math.Inf(1) // standard deviations
				for _, d := range s.Detections {
					if d.Bearing != nil {
						off := math.Abs(math.Remainder(*d.Bearing-math.Atan2(east, north)*180/math.Pi, 360))
						best = min(best, off/d.BearingSD)
					} else {
						best = min(best, math.Hypot(d.Pos[0]-boat.Pos[0], d.Pos[1]-boat.Pos[1])/math.Sqrt(2*d.Cov[0][0]))
					}
				}
				n := sums[s.Sensor]
				n.boats++
				if best < 3 {
					n.n++
					n.squares += best * best
				}
				sums[s.Sensor] = n
			}
		}
	}
	known := ferryKnowledge().Sensors
	for sensor, n := range sums {
		near(t, sensor+": error in standard deviations", math.Sqrt(n.squares/n.n), 1, 0.25)
		near(t, sensor+": detection probability", n.n/n.boats, known[sensor].DetectionProbability, 0.05)
	}
}

func TestAutoferrySaysWhatItCannotRead(t *testing.T) {
	if _, err := Autoferry(t.TempDir(), 2); err == nil {
		t.Error("no error without data")
	}
	bad := ferryScan{Sensor: 2, Measurement: []byte(`[[1,2],[3]]`)}
	if _, err := bad.detections(1); err == nil {
		t.Error("two norths and one east are read")
	}
}
