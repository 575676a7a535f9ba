package scenarios

import (
	"testing"

	"atalaya/internal/peer"
)

func TestCoalescingIsTheRecordedData(t *testing.T) {
	peer.Data(t, "tracking/s1_meas.csv")
	detections := 0
	for n := 1; n <= CoalescingRuns; n++ {
		s, err := Coalescing(peer.Data(t, "."), n)
		if err != nil {
			t.Fatal(err)
		}
		r := made(t, s)
		if len(r.scans) != 81 || r.scans[80].Time != 81 {
			t.Fatalf("run %d has %d scans", n, len(r.scans))
		}
		// One target ends after 40 scans.
		if len(r.truth) != 3*81+40 {
			t.Errorf("run %d has %d lines of truth", n, len(r.truth))
		}
		for _, s := range r.scans {
			detections += len(s.Detections)
		}
		if n == 1 {
			if got := r.scans[0].Detections[0].Pos[0]; got != 142.37506320858449 {
				t.Errorf("the first detection is at %v", got)
			}
			if got := r.truth[0]; got.ID != "1" || got.Pos[1] != 136.6250666126036 || got.Vel[0] != 0.53486243609910722 {
				t.Errorf("the first target is %+v", got)
			}
		}
	}
	lines, err := numbers(peer.Data(t, "tracking/s1_meas.csv"), 4)
	if err != nil || detections != len(lines) {
		t.Errorf("%d detections, the file has %d: %v", detections, len(lines), err)
	}
	if _, err := Coalescing(t.TempDir(), 1); err == nil {
		t.Error("an empty folder gives S1")
	}
}
