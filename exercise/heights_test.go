package exercise

import (
	"math"
	"testing"
	"time"

	"atalaya/exercise/relief"
	"atalaya/geo"
)

// TestAboveGround: with every seed the masts stand on the relief's ground, and
// what flies is above it wherever it comes in an hour.
func TestAboveGround(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		cfg := usual(t)
		cfg.Seed, cfg.Planes = seed, 20
		w := newWorld(t, cfg)
		ground, err := relief.Make(relief.Config{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range w.Gear().Sensors {
			z, ok := ground.Bilinear(s.Position)
			if !ok || s.Height.Datum != geo.DatumSea || math.Abs(s.Height.Metres-z-mast) > 0.5 {
				t.Errorf("seed %d: %s is at %v, its ground at %.1f m and the mast %v m high", seed, s.ID, s.Height, z, mast)
			}
		}
		for at := time.Duration(0); at < time.Hour; at += 10 * time.Second {
			for _, m := range w.all() {
				if m.height == 0 {
					continue
				}
				p, _, _ := w.where(m, begin.Add(at))
				const least = 100.0
				if z, ok := ground.Bilinear(p); !ok || m.height < z+least {
					t.Fatalf("seed %d: %s flies at %.0f m over ground of %.0f m at %v", seed, m.name, m.height, z, p)
				}
			}
		}
		if z, ok := ground.Bilinear(geo.Position{Lat: -16, Lon: -69.3}); !ok || z != lakeLevel {
			t.Errorf("the lake is at %v m", z)
		}
	}
}
