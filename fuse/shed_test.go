package fuse

import (
	"math/rand/v2"
	"testing"
	"time"

	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/track"
)

// holds reports whether a tile holds a place.
func (s *Shedding) holds(p geo.Position) bool {
	plane := geo.NewPlane(s.Corners[0])
	x, y := plane.XY(p)
	ex, ey := plane.XY(s.Corners[2])
	return x >= 0 && x <= ex && y >= 0 && y <= ey
}

// TestSheddingIsPlaced: where a radar brings more than can be weighed, it is told
// where, how much and when; elsewhere, and a minute later, nothing is.
func TestSheddingIsPlaced(t *testing.T) {
	w := newWorld(t, Config{})
	r := rand.New(rand.NewPCG(3, 5))
	thick, thin := at(home(), 12e3, 8e3), at(home(), -22e3, 8e3)
	scan := func(plots int) {
		s := track.Scan{Sensor: "r1", Start: w.now.Add(-2500 * time.Millisecond), End: w.now, Received: w.now, Platform: home(), MaxRange: 40e3}
		for range plots {
			s.Observations = append(s.Observations, *w.made(obs.Observation{Sensor: "r1", Measure: obs.Place, Position: at(thick, 60*r.NormFloat64(), 60*r.NormFloat64()), Cov: obs.Round(60)}))
		}
		s.Observations = append(s.Observations, *w.made(obs.Observation{Sensor: "r1", Measure: obs.Place, Position: thin, Cov: obs.Round(60)}))
		w.put(track.Input{Scan: &s})
		w.step(2500 * time.Millisecond)
	}
	for range 6 {
		scan(60)
	}
	all := w.tr.Shedding(nil)
	if len(all) == 0 {
		t.Fatal("nothing is shed")
	}
	sum := uint64(0)
	for i := range all {
		s := &all[i]
		sum += s.Minute[timeline.ShedPairs]
		if !s.Placed() || geo.Distance(s.Corners[0], thick) > 12e3 || s.holds(thin) {
			t.Errorf("told of %+v", s.Corners)
		}
		if age := w.now.Sub(s.Last); age < 0 || age > 5*time.Second {
			t.Errorf("%v ago", age)
		}
	}
	if !all[0].holds(thick) && (len(all) == 1 || !all[1].holds(thick)) {
		t.Errorf("not where it was: %+v", all)
	}
	if whole := w.tr.Stats().Shed[timeline.ShedPairs]; sum != whole {
		t.Errorf("%d pairs told of, %d counted", sum, whole)
	}
	for range 26 { // 65 s
		scan(0)
	}
	if all = w.tr.Shedding(all[:0]); len(all) != 0 {
		t.Errorf("still %+v", all)
	}
}
