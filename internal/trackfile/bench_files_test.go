package trackfile_test

import (
	"cmp"
	"math"
	"os"
	"reflect"
	"testing"

	"atalaya/bench/tracking/scenarios"
	"atalaya/internal/peer"
	"atalaya/internal/trackfile"
)

// heard keeps the scans of a scenario.
type heard []scenarios.Scan

func (h *heard) Scan(s scenarios.Scan) error { *h = append(*h, s); return nil }
func (*heard) Truth(scenarios.Truth) error   { return nil }

// What the bench writes is read without an error, and to equal values.
func TestFilesOfTheBenchAreRead(t *testing.T) {
	crowd := scenarios.Crowd{Run: 1, Targets: 200, Spacing: 100, Scans: 6, Late: true}
	for _, scene := range []scenarios.Scene{
		scenarios.StarBurst(2), scenarios.Convergence(1), scenarios.Irregular(1, true),
		scenarios.Irregular(1, false), crowd.Scene(),
	} {
		sameFiles(t, scene)
	}
}

func TestFilesOfRecordingsAreRead(t *testing.T) {
	data := peer.Data(t, ".")
	scene, err := scenarios.Coalescing(data, 1)
	if err != nil {
		t.Fatal(err)
	}
	sameFiles(t, scene)
	for n := 2; n <= 6; n++ {
		if scene, err = scenarios.Autoferry(data, n); err != nil {
			t.Fatal(err)
		}
		sameFiles(t, scene)
	}
}

func sameFiles(t *testing.T, scene scenarios.Scene) {
	t.Helper()
	t.Run(scene.Name, func(t *testing.T) {
		names, err := scene.Write(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		sameScans(t, names.Measurements, scene)
		sameKnowledge(t, names.Knowledge, scene.Knowledge)
	})
}

func sameScans(t *testing.T, name string, scene scenarios.Scene) {
	t.Helper()
	var want heard
	if err := scene.Make(&want); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := trackfile.NewReader(f)
	if err != nil || r.Frame() != trackfile.Planar {
		t.Fatal(r, err)
	}
	n := 0
	for got, err := range r.Scans() {
		if err != nil {
			t.Fatal(err)
		}
		if n < len(want) {
			if expect := scanOf(want[n], n+2); !reflect.DeepEqual(got, expect) {
				t.Fatalf("line %d\n%+v\nwant\n%+v", got.Line, got, expect)
			}
		}
		n++
	}
	if n != len(want) || n == 0 {
		t.Errorf("%d scans, want %d", n, len(want))
	}
}

// scanOf says what a scan of the bench is when it is read.
func scanOf(s scenarios.Scan, line int) trackfile.Scan {
	ns := func(s float64) int64 { return int64(math.Round(s*1e6)) * 1000 }
	out := trackfile.Scan{Line: line, Sensor: s.Sensor, Time: ns(s.Time), Arrival: ns(s.Arrival)}
	if s.Platform != nil {
		out.Platform, out.HasPlatform = trackfile.Place{X: s.Platform[0], Y: s.Platform[1]}, true
	}
	if s.Sector != nil {
		out.Sector, out.HasSector = trackfile.Sector{From: s.Sector[0], To: s.Sector[1], Range: s.Sector[2]}, true
	}
	for _, d := range s.Detections {
		one := trackfile.Detection{Claim: d.Claim, RangeSD: d.RangeSD, BearingSD: d.BearingSD}
		switch {
		case d.Pos != nil:
			one.Place = trackfile.Place{X: d.Pos[0], Y: d.Pos[1]}
			copy(one.Cov[0][:], d.Cov[0])
			copy(one.Cov[1][:], d.Cov[1])
		case d.Range != nil:
			one.Form, one.Range, one.Bearing = trackfile.RangeBearing, *d.Range, *d.Bearing
		default:
			one.Form, one.Bearing = trackfile.BearingOnly, *d.Bearing
		}
		if d.Speed != nil {
			one.Speed, one.HasSpeed = *d.Speed, true
			one.Course, one.HasCourse = *d.Course, true
		}
		out.Detections = append(out.Detections, one)
	}
	return out
}

// What the bench knows stands in the file, and nothing else but defaults.
func sameKnowledge(t *testing.T, name string, want trackfile.Knowledge) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	k, err := trackfile.ReadKnowledge(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Fits(trackfile.Planar); err != nil {
		t.Error(err)
	}
	if !reflect.DeepEqual(k.Prior, want.Prior) {
		t.Errorf("prior %+v, want %+v", k.Prior, want.Prior)
	}
	defaults, _ := k.Sensor("")
	for name, s := range want.Sensors {
		got := k.Sensors[name]
		s.PositionSD, s.RangeSD, s.BearingSD, s.ElevationSD = defaults.PositionSD, defaults.RangeSD, defaults.BearingSD, defaults.ElevationSD
		s.DetectionProbability = cmp.Or(s.DetectionProbability, defaults.DetectionProbability)
		if !reflect.DeepEqual(got, s) {
			t.Errorf("%s is %+v, want %+v", name, got, s)
		}
	}
	if len(k.Sensors) != len(want.Sensors) {
		t.Errorf("%d sensors, want %d", len(k.Sensors), len(want.Sensors))
	}
}
