package sight

import (
	"math"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
)

// TestOverTheSea compares with the closed form: over a smooth sea the horizon
// of an eye at e lies at dh = sqrt(e/drop), and behind it drop (d - dh)² is
// hidden (drop = (1-k)/2R).
func TestOverTheSea(t *testing.T) {
	for name, l := range map[string]terrain.Lattice{
		"degrees":        {Projection: projection.Geographic{}, X0: -70, Y0: -15, DX: 1.0 / 250, DY: 1.0 / 250, Width: 290, Height: 290},
		"degrees, north": {Projection: projection.Geographic{}, X0: 10, Y0: 61, DX: 1.0 / 125, DY: 1.0 / 250, Width: 290, Height: 290},
		"UTM":            {Projection: projection.UTM{Zone: 19, South: true}, X0: 400_000, Y0: 8_300_000, DX: 430, DY: 430, Width: 290, Height: 290},
		"web Mercator":   {Projection: projection.WebMercator{}, X0: -7_700_000, Y0: -1_800_000, DX: 430, DY: 430, Width: 290, Height: 290},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := terrain.NewGrid(l, terrain.About{Name: "sea"}, make([]float32, l.Width*l.Height))
			if err != nil {
				t.Fatal(err)
			}
			v := looking(g, 145.4, 144.7, 55e3)
			v.Observer.Height = geo.GroundHeight(20).Height()
			for _, exact := range []bool{false, true} {
				v.Exact = exact
				out := viewshed(t, g, v)
				drop := (1 - v.Refraction.K) / (2 * geo.GaussianRadius(v.Observer.At.Lat))
				horizon := math.Sqrt(20 / drop)
				worst, cells := 0.0, 0
				for i, n := range out.Need {
					if n != n {
						continue
					}
					cells++
					at := out.Lattice.Position(float64(i%out.Lattice.Width), float64(i/out.Lattice.Width))
					d := geo.Distance(v.Observer.At, at)
					want := 0.0
					if d > horizon {
						want = drop * (d - horizon) * (d - horizon)
					}
					worst = max(worst, math.Abs(float64(n)-want))
				}
				t.Logf("exact %v: %d cells, horizon at %.0f m, worst error %.3f m", exact, cells, horizon, worst)
				if cells < 30_000 || worst > 0.05 {
					t.Errorf("exact %v: worst error %v m in %d cells", exact, worst, cells)
				}
			}
		})
	}
}

// TestViewshedRefuses: what cannot be answered is said.
func TestViewshedRefuses(t *testing.T) {
	g := rough(t, 50, 40, false)
	good := looking(g, 20, 20, 1000)
	for name, spoil := range map[string]func(*View){
		"no radius":      func(v *View) { v.Radius = 0 },
		"radius NaN":     func(v *View) { v.Radius = math.NaN() },
		"round earth":    func(v *View) { v.Radius = 1e8 },
		"elsewhere":      func(v *View) { v.Observer.At.Lat += 3 },
		"no position":    func(v *View) { v.Observer.At.Lat = math.NaN() },
		"height NaN":     func(v *View) { v.Observer.Height.Metres = math.NaN() },
		"pressure":       func(v *View) { v.Observer.Height = geo.PressureHeight(100).Height() },
		"no height":      func(v *View) { v.Observer.Height = geo.Height{} },
		"duct":           func(v *View) { v.Refraction.K, v.Refraction.High = 1, 1 },
		"k out of range": func(v *View) { v.Refraction.K = 0.5 },
	} {
		v := good
		spoil(&v)
		if _, err := Viewshed(t.Context(), g, v); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
}
