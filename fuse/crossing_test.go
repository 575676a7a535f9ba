package fuse

import (
	"fmt"
	"math"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// TestCamerasCross: what only fixed cameras see becomes a track where their bearings
// cross: unconfirmed if they are two, confirmed if a third sees it there too; not if
// that is not wanted, nor where it would be too far for them.
func TestCamerasCross(t *testing.T) {
	posts := []geo.Position{home(), at(home(), 4000, 500), at(home(), -3000, 1000)}
	turned := []float64{0.6, -0.8, 0.5} // degrees, which nobody knows
	for _, c := range []struct {
		what  string
		cfg   Config
		posts int
		reach float64
		want  []track.Status
	}{
		{"two", Config{}, 2, 0, []track.Status{track.Tentative}},
		{"three", Config{}, 3, 0, []track.Status{track.Confirmed}},
		{"not wanted", Config{Crossing: -1}, 3, 0, nil},
		{"too far", Config{}, 3, 2000, nil},
	} {
		w := newWorld(t, c.cfg)
		for k := range c.posts {
			eye := sensor.Sensor{ID: id(k), Kind: sensor.Camera, MaxRange: c.reach, Valid: valid.Record{Number: 1}}
			w.put(track.Input{Change: &track.Change{At: w.now, Sensor: &eye}})
		}
		var boat geo.Position
		for k := range 60 {
			boat = at(home(), 1500+3*float64(k), 3500-2*float64(k))
			n := k % c.posts
			_, bearing, _ := geo.Inverse(posts[n], boat)
			w.see(obs.Observation{Sensor: id(n), Kind: obs.Vessel, Measure: obs.BearingOnly, Origin: posts[n], Bearing: geo.WrapBearing(bearing + turned[n] + 0.3*normal(scatter(uint64(k+1)))), BearingSD: 0.3})
			w.step(time.Second)
		}
		all := w.tr.Tracks()
		if len(all) != len(c.want) {
			t.Errorf("%s: %+v", c.what, all)
			continue
		}
		if len(all) == 0 {
			continue
		}
		if all[0].Status != c.want[0] {
			t.Errorf("%s: it is %v", c.what, all[0].Status)
		}
		s := &all[0].State
		off, _, _ := geo.Inverse(s.Position, boat)
		sd := math.Sqrt(s.Cov[0][0] + s.Cov[1][1])
		t.Logf("%s: found after %s, off by %.0f m, told to %.0f m", c.what, all[0].Born.Sub(epoch()), off, sd)
		if off > 3*sd || sd > 150 {
			t.Errorf("%s: off by %.0f m, told to %.0f m", c.what, off, sd)
		}
	}
}

func id(k int) sensor.ID { return sensor.ID(fmt.Sprint("eye", k)) }
