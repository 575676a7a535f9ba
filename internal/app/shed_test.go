package app

import (
	"testing"
	"time"

	"atalaya/fuse"
	"atalaya/fuse/timeline"
	"atalaya/geo"
)

// TestShedTiles: screens are told the worst tiles, with what was shed most first; what
// has no place is told without.
func TestShedTiles(t *testing.T) {
	at := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	var all []fuse.Shedding
	for i := range mostShedTiles + 10 {
		s := fuse.Shedding{Last: at}
		if i > 0 {
			for k := range s.Corners {
				s.Corners[k] = geo.Position{Lat: -16.1234567, Lon: -69 + float64(i+k)}
			}
		}
		s.Minute[timeline.ShedGates], s.Minute[timeline.ShedPairs] = 3, uint64(100+i) //nolint:gosec // few
		all = append(all, s)
	}
	all[0].Minute[timeline.ShedPairs] = 1000
	out := shedTiles(all)
	if len(out) != mostShedTiles {
		t.Fatalf("%d tiles", len(out))
	}
	if out[0].Corners != nil || out[0].What[0].Kind != "pairs" || out[0].What[0].Minute != 1000 || out[0].What[1].Kind != "gates" || len(out[0].What) != 2 {
		t.Errorf("%+v", out[0])
	}
	if x := out[1]; len(x.Corners) != 4 || x.Corners[0] != [2]float64{-10, -16.12346} || !x.Last.Equal(at) {
		t.Errorf("%+v", x)
	}
	if out = shedTiles(nil); len(out) != 0 {
		t.Errorf("%+v", out)
	}
}
