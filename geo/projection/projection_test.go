package projection_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"atalaya/geo"
	. "atalaya/geo/projection"
	"atalaya/internal/peer"
)

// proj asks PROJ for the coordinates of positions; those it does not know are
// NaN.
func proj(t *testing.T, epsg int, positions []geo.Position) [][2]float64 {
	t.Helper()
	var in bytes.Buffer
	for _, p := range positions {
		fmt.Fprintf(&in, "%.17g %.17g\n", p.Lat, p.Lon)
	}
	cmd := exec.CommandContext(t.Context(), peer.Command(t, "cs2cs"), "-f", "%.12f", "EPSG:4326", fmt.Sprintf("EPSG:%d", epsg))
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cs2cs to EPSG:%d: %v", epsg, err)
	}
	var got [][2]float64
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		xy := [2]float64{math.NaN(), math.NaN()}
		if !strings.HasPrefix(lines.Text(), "*") {
			if _, err := fmt.Sscan(lines.Text(), &xy[0], &xy[1]); err != nil {
				t.Fatalf("cs2cs says %q: %v", lines.Text(), err)
			}
		}
		got = append(got, xy)
	}
	if len(got) != len(positions) {
		t.Fatalf("cs2cs answered %d of %d", len(got), len(positions))
	}
	return got
}

// strips gives positions up to so many degrees of longitude from a meridian.
func strips(r *rand.Rand, number int, meridian, degrees, lat float64) []geo.Position {
	p := []geo.Position{{Lat: 0, Lon: meridian}}
	for range number {
		p = append(p, geo.Position{
			Lat: (2*r.Float64() - 1) * lat,
			Lon: geo.WrapLongitude(meridian + (2*r.Float64()-1)*degrees),
		})
	}
	return p
}

func TestAgainstPROJ(t *testing.T) {
	r := rand.New(rand.NewPCG(3857, 32719))
	poles := []geo.Position{{Lat: 90, Lon: -69}, {Lat: -90, Lon: -69}, {Lat: 89.999, Lon: 60}}
	cases := []struct {
		projection Projection
		positions  []geo.Position
		within     float64 // metres
	}{
		{UTM{Zone: 19, South: true}, strips(r, 3000, -69, 3.5, 84), 1e-6},
		{UTM{Zone: 20}, strips(r, 3000, -63, 3.5, 84), 1e-6},
		{UTM{Zone: 1}, strips(r, 500, -177, 3.5, 84), 1e-6},
		{UTM{Zone: 60, South: true}, strips(r, 500, 177, 3.5, 84), 1e-6},
		{UTM{Zone: 19, South: true}, strips(r, 2000, -69, 13, 90), 1e-6},
		{UTM{Zone: 19}, strips(r, 2000, -69, 33, 90), 1e-6},
		{UTM{Zone: 19}, poles, 1e-6},
		{WebMercator{}, strips(r, 3000, 0, 179.9, 85.1), 1e-6},
		{WebMercator{}, strips(r, 500, 0, 179.9, 89.7), 1e-6},
		{Mercator{}, strips(r, 3000, 0, 179.9, 85.1), 1e-6},
		{Mercator{}, strips(r, 500, 0, 179.9, 89.7), 1e-6},
	}
	for _, c := range cases {
		worst, worstBack := 0.0, 0.0
		for i, want := range proj(t, c.projection.EPSG(), c.positions) {
			p := c.positions[i]
			x, y := c.projection.Forward(p)
			d := math.Hypot(x-want[0], y-want[1])
			if !(d < c.within) {
				t.Fatalf("%v at %v: %.9f, %.9f; PROJ says %.9f, %.9f", c.projection, p, x, y, want[0], want[1])
			}
			worst = max(worst, d)
			back := c.projection.Inverse(want[0], want[1])
			if !back.Valid() || !(geo.Distance(p, back) < c.within) {
				t.Fatalf("%v at %v: back at %v", c.projection, p, back)
			}
			worstBack = max(worstBack, geo.Distance(p, back))
		}
		t.Logf("%v: %d positions, at most %.1f nm from PROJ, %.1f nm back", c.projection, len(c.positions), worst*1e9, worstBack*1e9)
	}
}

// Symmetric, and the zero is where it belongs.
func TestAxes(t *testing.T) {
	for _, c := range []struct {
		projection Projection
		lon        float64
		x, y       float64
	}{
		{UTM{Zone: 31}, 3, 500000, 0},
		{UTM{Zone: 31, South: true}, 3, 500000, 10000000},
		{WebMercator{}, 0, 0, 0},
		{Mercator{}, 0, 0, 0},
	} {
		if x, y := c.projection.Forward(geo.Position{Lon: c.lon}); x != c.x || y != c.y {
			t.Errorf("%v begins at %v, %v", c.projection, x, y)
		}
		if p := c.projection.Inverse(c.x, c.y); p != (geo.Position{Lon: c.lon}) {
			t.Errorf("%v begins at %v", c.projection, p)
		}
		x, y := c.projection.Forward(geo.Position{Lat: 40, Lon: c.lon + 2})
		mx, my := c.projection.Forward(geo.Position{Lat: -40, Lon: c.lon - 2})
		if !(math.Abs(x+mx-2*c.x) < 1e-8 && math.Abs(y+my-2*c.y) < 1e-8) {
			t.Errorf("%v is not symmetric: %v, %v and %v, %v", c.projection, x-c.x, y-c.y, mx-c.x, my-c.y)
		}
	}
}

func TestBeyondReach(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		projection Projection
		positions  []geo.Position
		x, y       []float64
	}{
		{
			UTM{Zone: 19, South: true},
			[]geo.Position{{Lat: 0, Lon: 21}, {Lat: 0, Lon: 111}, {Lat: 0, Lon: -30}, {Lat: -1, Lon: 110}, {Lat: nan, Lon: -69}, {Lat: -16, Lon: nan}},
			[]float64{4.5e6, -3.5e6, 5e5, 5e5, nan, 5e5, math.Inf(1)},
			[]float64{8e6, 8e6, 2.6e7, -6e6, 8e6, nan, 8e6},
		},
		{
			WebMercator{},
			[]geo.Position{{Lat: 90, Lon: 0}, {Lat: -89.9, Lon: 0}, {Lat: nan, Lon: 0}, {Lat: 0, Lon: nan}},
			[]float64{2.0037509e7, 0, 0, nan, 0},
			[]float64{0, 4.01e7, -4.01e7, 0, nan},
		},
		{
			Mercator{},
			[]geo.Position{{Lat: 90, Lon: 0}, {Lat: -89.9, Lon: 0}, {Lat: nan, Lon: 0}, {Lat: 0, Lon: nan}},
			[]float64{-2.0037509e7, 0, 0, nan, 0},
			[]float64{0, 4.01e7, -4.01e7, 0, nan},
		},
	} {
		for _, p := range c.positions {
			if x, y := c.projection.Forward(p); !math.IsNaN(x) || !math.IsNaN(y) {
				t.Errorf("%v at %v: %v, %v", c.projection, p, x, y)
			}
		}
		for i := range c.x {
			if p := c.projection.Inverse(c.x[i], c.y[i]); p.Valid() {
				t.Errorf("%v at %v, %v: %v", c.projection, c.x[i], c.y[i], p)
			}
		}
	}
	if p := (WebMercator{}).Inverse(-WebMercatorEdge, WebMercatorEdge); !p.Valid() || math.Abs(p.Lat-85.0511287798) > 1e-9 || p.Lon != -180 {
		t.Errorf("the corner of the web map is %v", p)
	}
}

// Over the pole: the zone goes on for 45 degrees.
func TestOverThePole(t *testing.T) {
	u := UTM{Zone: 31}
	for _, p := range []geo.Position{{Lat: 89, Lon: -177}, {Lat: 60, Lon: 180}, {Lat: 90, Lon: 3}, {Lat: -70, Lon: 170}} {
		x, y := u.Forward(p)
		if back := u.Inverse(x, y); !(geo.Distance(p, back) < 1e-6) {
			t.Errorf("%v comes back as %v", p, back)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		p    Projection
		want string
	}{
		{Geographic{}, "4326 true WGS 84"},
		{UTM{Zone: 19, South: true}, "32719 false WGS 84 / UTM zone 19S"},
		{UTM{Zone: 7}, "32607 false WGS 84 / UTM zone 7N"},
		{WebMercator{}, "3857 false WGS 84 / Pseudo-Mercator"},
		{Mercator{}, "3395 false WGS 84 / World Mercator"},
	} {
		if got := fmt.Sprint(c.p.EPSG(), c.p.Degrees(), c.p); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		if p, ok := ByEPSG(c.p.EPSG()); !ok || p != c.p {
			t.Errorf("EPSG:%d is %v, want %v", c.p.EPSG(), p, c.p)
		}
	}
}

func TestUnknownCode(t *testing.T) {
	for _, code := range []int{0, 4258, 32600, 32661, 32700, 32761, -1} {
		if p, ok := ByEPSG(code); ok {
			t.Errorf("EPSG:%d is %v", code, p)
		}
	}
}

func BenchmarkUTM(b *testing.B) {
	u, p := UTM{Zone: 19, South: true}, geo.Position{Lat: -16.2, Lon: -68.5}
	x, y := u.Forward(p)
	b.Run("Forward", func(b *testing.B) {
		for b.Loop() {
			u.Forward(p)
		}
	})
	b.Run("Inverse", func(b *testing.B) {
		for b.Loop() {
			u.Inverse(x, y)
		}
	})
}
