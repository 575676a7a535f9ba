package fuse

import (
	"math"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// TestDroneRanges: what only the camera of a drone sees becomes a track when the
// drone has turned; not if that is not wanted, and not what a fixed camera sees.
func TestDroneRanges(t *testing.T) {
	for _, c := range []struct {
		what  string
		cfg   Config
		speed float64 // of the drone
		kind  obs.Kind
		reach float64 // of the camera
		off   float64 // how far off the place is at the end, as a share of the range; 0: no track
	}{
		{"a boat", Config{}, 20, obs.Vessel, 0, 0.25},
		{"something", Config{}, 20, obs.Unknown, 10e3, 0.6}, // which may do what aircraft do, when it is found
		{"not wanted", Config{Ranging: -1}, 20, obs.Vessel, 0, 0},
		{"a fixed camera", Config{}, 0, obs.Vessel, 0, 0},
	} {
		w := newWorld(t, c.cfg)
		eye := sensor.Sensor{ID: "eye", Kind: sensor.Camera, MaxRange: c.reach, Valid: valid.Record{Number: 1}}
		w.put(track.Input{Change: &track.Change{At: w.now, Sensor: &eye}})
		var boat, own geo.Position
		for k := range 240 {
			s := float64(k)
			north := 60 - math.Abs(math.Mod(s, 120)-60) // up and down
			own = at(home(), c.speed*s/math.Sqrt2, c.speed*north/math.Sqrt2)
			boat = at(home(), 1500+3*s, 2600-2*s)
			_, bearing, _ := geo.Inverse(own, boat)
			w.see(obs.Observation{Sensor: "eye", Kind: c.kind, Measure: obs.BearingOnly, Origin: own, Bearing: bearing + normal(scatter(uint64(k+1))), BearingSD: 1})
			w.step(time.Second)
		}
		all := w.tr.Tracks()
		if c.off == 0 {
			if len(all) > 0 {
				t.Errorf("%s: %d tracks", c.what, len(all))
			}
			continue
		}
		if len(all) != 1 || all[0].Status != track.Confirmed {
			t.Errorf("%s: %+v", c.what, all)
			continue
		}
		off, _, _ := geo.Inverse(all[0].State.Position, boat)
		distance, _, _ := geo.Inverse(own, boat)
		t.Logf("%s: found after %s, off by %.0f m of %.0f", c.what, all[0].Born.Sub(epoch()), off, distance)
		if off > c.off*distance {
			t.Errorf("%s: off by %.0f m of %.0f", c.what, off, distance)
		}
	}
}
