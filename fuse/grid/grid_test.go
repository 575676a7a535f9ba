package grid

import (
	"math/rand/v2"
	"slices"
	"testing"

	"atalaya/geo"
)

// Every circle that holds a place is found, everywhere on earth.
func TestNearFindsAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, centre := range []geo.Position{{Lat: -16, Lon: -69}, {Lat: 0, Lon: 179.99}, {Lat: 71, Lon: -179.9}, {Lat: 88.5, Lon: 10}, {Lat: -89.99, Lon: 100}} {
		var g Grid
		g.Reset(10)
		type circle struct {
			p      geo.Position
			radius float64
		}
		var circles []circle
		for i := range 400 {
			p, _ := geo.Direct(centre, rng.Float64()*360, rng.Float64()*50e3)
			c := circle{p, 10 * float64(int(1)<<rng.IntN(16))}
			circles = append(circles, c)
			g.Add(i, c.p, c.radius)
		}
		found, held := 0, 0
		for range 500 {
			p, _ := geo.Direct(centre, rng.Float64()*360, rng.Float64()*50e3)
			near := g.Near(p)
			found += len(near)
			if !slices.IsSorted(near) {
				t.Fatal("not in order")
			}
			for i, c := range circles {
				if geo.Distance(p, c.p) > c.radius {
					continue
				}
				held++
				if !slices.Contains(near, int32(i)) {
					t.Fatalf("circle %d at %v of %.0f m holds %v, which is not found", i, c.p, c.radius, p)
				}
			}
		}
		t.Logf("%v: %d found, %d of them hold the place", centre, found, held)
		if centre.Lat < 80 && centre.Lat > -80 && found > held*5/4 {
			t.Errorf("%v: %d found for %d that hold the place", centre, found, held)
		}
	}
}

func TestResetEmpties(t *testing.T) {
	var g Grid
	g.Reset(10)
	p := geo.Position{Lat: -16, Lon: -69}
	g.Add(1, p, 100)
	g.Add(2, p, 1e7)
	g.Reset(10)
	if n := g.Near(p); len(n) != 0 {
		t.Errorf("found %v", n)
	}
}
