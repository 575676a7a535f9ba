package fuse

import (
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/track"
)

// TestSplit: what leaves another, as a dinghy does a boat, is told to be split from it;
// what begins elsewhere is not.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		what  string
		apart float64 // m, at first
		want  int
	}{{"a dinghy", 0, 1}, {"another boat", 3000, 0}} {
		w := newWorld(t, Config{})
		for i := range 80 {
			s := 2.5 * float64(i)
			seen := []geo.Position{at(home(), 4*s, 5000)}
			if i >= 30 {
				seen = append(seen, at(home(), 4*s, 5000+c.apart+4*(s-75)))
			}
			var plots []obs.Observation
			for k, p := range seen {
				e, n := normal(scatter(uint64(2*i+200*k+1))), normal(scatter(uint64(2*i+200*k+2)))
				plots = append(plots, plot(at(p, 20*e, 20*n), 20))
			}
			w.scan("r1", plots...)
			w.step(2500 * time.Millisecond)
		}
		if w.tr.Len() != 2 || w.count(track.Split) != c.want {
			t.Errorf("%s: %d tracks, %d split", c.what, w.tr.Len(), w.count(track.Split))
		}
		for _, e := range w.events {
			if e.Kind == track.Split && (e.Other != 1 || e.Track.ID == 1) {
				t.Errorf("%s: %d is split from %d", c.what, e.Track.ID, e.Other)
			}
		}
	}
}
