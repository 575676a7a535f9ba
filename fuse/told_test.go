package fuse

import (
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// A person's report, at once or minutes later, makes a tentative track where and
// when he saw it; corrected, it is the same track elsewhere.
func TestToldAndCorrected(t *testing.T) {
	for _, ago := range []time.Duration{0, 4 * time.Minute} {
		w := newWorld(t, Config{})
		w.put(track.Input{Change: &track.Change{At: w.now, Sensor: &sensor.Sensor{ID: "reports", Kind: sensor.Person, Valid: valid.Record{Number: 1}}}})
		for i := range 30 { // others go on
			w.see(ais("760000001", at(home(), float64(i)*50, 30000), 5, 90))
			w.step(10 * time.Second)
		}
		saw := w.now.Add(-ago)
		tell := func(p geo.Position) {
			o := plot(p, 160)
			o.Sensor, o.Time, o.Source.Grade = "reports", saw, "B2"
			o.Claims = []obs.Claim{{Kind: obs.RadarTarget, Value: "reports/R1"}}
			w.see(o)
			w.step(time.Second)
		}
		check := func(p geo.Position) {
			t.Helper()
			if w.tr.Len() != 2 {
				t.Fatalf("%v ago: %d tracks", ago, w.tr.Len())
			}
			tr := &w.tr.Tracks()[1]
			if tr.ID != 2 || tr.Status != track.Tentative || !tr.State.Time.Equal(saw) || off(tr, p) > 20 || tr.Existence < 0.7 || tr.Existence > 0.8 {
				t.Errorf("%v ago: %+v, %.0f m off", ago, tr, off(tr, p))
			}
			if c := tr.State.Cov[0][0]; c < 150*150 || c > 170*170 {
				t.Errorf("%v ago: a variance of %v m2", ago, c)
			}
		}
		tell(home())
		check(home())
		tell(at(home(), 300, 0))
		check(at(home(), 300, 0))
		tell(at(home(), 9000, 0))
		check(at(home(), 9000, 0))
		if w.count(track.Born) != 2 || w.count(track.Revised) != 2 {
			t.Errorf("%v ago: %d births, %d revisions", ago, w.count(track.Born), w.count(track.Revised))
		}
	}
}
