package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"atalaya/fuse/metrics"
	"atalaya/internal/trackfile"
)

// What 'atalaya track' writes is what the judge reads, to the last bit.
func TestTheJudgeReadsWhatWeWrite(t *testing.T) {
	for _, frame := range []trackfile.Frame{trackfile.Planar, trackfile.WGS84} {
		at := trackfile.Place{X: -69 - 1.0/3, Y: -16 - 1.0/7}
		high := at
		high.Z, high.HasZ = 3810, true
		tracks := []trackfile.Track{
			{Time: -1_500_001_000, ID: "T1", Place: at, Vel: [3]float64{1.0 / 3, -1e-9}, Existence: 0.5},
			{Time: 1_700_000_000_123_456_000, ID: "T1", Place: at, Existence: 1, Claims: []trackfile.Claim{{ID: "mmsi:123456789", Honest: 0.99}}},
			{Time: 1_700_000_000_123_456_000, ID: `T"2`, Place: high, Vel: [3]float64{1e7, 0.1, 2}},
		}
		var out bytes.Buffer
		w := trackfile.NewWriter(&out, frame, "atalaya")
		for _, track := range tracks {
			if err := w.Write(track); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "01.jsonl")
		if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := readResults(name, &picture{header: header{Frame: frame.String()}})
		if err != nil {
			t.Fatal(err)
		}
		if want := []moment{-1_500_001, 1_700_000_000_123_456}; !reflect.DeepEqual(p.times, want) {
			t.Errorf("%s: times %v, want %v", frame, p.times, want)
		}
		n := 0
		for _, m := range p.times {
			for _, got := range p.at[m] {
				want := metrics.State{ID: tracks[n].ID, HasVel: true}
				want.Pos[0], want.Pos[1] = at.X, at.Y
				if frame == trackfile.WGS84 {
					want.Pos[0], want.Pos[1] = p.plane.XY(at.Geo())
				}
				want.Vel[0], want.Vel[1] = tracks[n].Vel[0], tracks[n].Vel[1]
				if got != want {
					t.Errorf("%s: %+v, want %+v", frame, got, want)
				}
				n++
			}
		}
		if n != len(tracks) {
			t.Errorf("%s: %d tracks, want %d", frame, n, len(tracks))
		}
	}
}

func TestTheJudgeReadsOurSummary(t *testing.T) {
	var said bytes.Buffer
	said.WriteString("line 3: time is missing\n")
	s := trackfile.Summary{Scans: 81, Detections: 1000, Seconds: 0.42, ScanMS: []float64{5, 6.5}, CPUSeconds: 0.4, ScanCPUMS: []float64{4, 6}, Allocations: 12, Shed: map[string]int64{"pairs": 1}}
	if err := s.Write(&said); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "01.log")
	if err := os.WriteFile(name, said.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, known, err := readEffort(name)
	if want := (effort{81, 0.4, []float64{4, 6}, new(0.4), []float64{4, 6}, new(uint64(12))}); err != nil || !known || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v %v, want %+v", got, known, err, want)
	}
}
