package geo

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"atalaya/internal/peer"
	"pgregory.net/rapid"
)

// ECEF and local frames against PROJ's cart and topocentric.
func TestFramesAgainstPROJ(t *testing.T) {
	cs2cs := peer.Command(t, "cs2cs")
	r := rand.New(rand.NewPCG(4978, 1))
	type point struct {
		p Position
		h EllipsoidHeight
	}
	points := []point{{Position{90, 0}, 0}, {Position{-90, 0}, 5000}, {Position{0, -180}, -100}, {Position{0, 0}, 0}}
	for range 3000 {
		points = append(points, point{
			Position{Lat: r.Float64()*180 - 90, Lon: r.Float64()*360 - 180}, EllipsoidHeight(r.Float64()*20000 - 1000),
		})
	}
	var in bytes.Buffer
	for _, q := range points {
		fmt.Fprintf(&in, "%.15f %.15f %.9f\n", q.p.Lat, q.p.Lon, float64(q.h))
	}
	transform := func(args ...string) func() Vector {
		cmd := exec.CommandContext(t.Context(), cs2cs, append([]string{"-f", "%.9f"}, args...)...)
		cmd.Stdin = bytes.NewReader(in.Bytes())
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("cs2cs %v: %v", args, err)
		}
		lines := bufio.NewScanner(bytes.NewReader(out))
		return func() (v Vector) {
			if !lines.Scan() {
				t.Fatal("cs2cs answered too little")
			}
			if _, err := fmt.Sscan(lines.Text(), &v.X, &v.Y, &v.Z); err != nil {
				t.Fatalf("cs2cs says %q: %v", lines.Text(), err)
			}
			return v
		}
	}
	next := transform("EPSG:4979", "EPSG:4978")
	worst, worstBack := 0.0, 0.0
	for _, q := range points {
		want, got := next(), ECEF(q.p, q.h)
		d := sub(got, want)
		worst = max(worst, math.Sqrt(dot(d, d)))
		p, h := got.Geodetic()
		worstBack = max(worstBack, Distance(p, q.p)+math.Abs(float64(h-q.h)))
	}
	t.Logf("ECEF differs by %.1f nm from PROJ, and comes back within %.1f nm", worst*1e9, worstBack*1e9)
	if worst > 5e-9 || worstBack > 10e-9 {
		t.Errorf("ECEF differs by %g m from PROJ, and comes back within %g m", worst, worstBack)
	}
}

func TestFrame(t *testing.T) {
	lake := Position{-16, -69}
	f := NewFrame(lake, 3810)
	for _, c := range []struct {
		name   string
		p      Position
		h      EllipsoidHeight
		want   Vector
		within float64
	}{
		{"origin", lake, 3810, Vector{}, 0},
		{"above", lake, 4810, Vector{0, 0, 1000}, 1e-9},
		// On a sphere of the local radius, with the drop d^2/2R of the surface.
		{"north", Position{-15.99, -69}, 3810, Vector{0, 1107.2, -0.096}, 0.1},
		{"east", Position{-16, -68.99}, 3810, Vector{1070.98, -0.0258, -0.09}, 0.01},
	} {
		got := f.ENU(c.p, c.h)
		if d := sub(got, c.want); !(math.Sqrt(dot(d, d)) <= c.within) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestFrameProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin, p := positions().Draw(t, "origin"), positions().Draw(t, "p")
		h0 := EllipsoidHeight(rapid.Float64Range(-500, 20000).Draw(t, "h0"))
		h := EllipsoidHeight(rapid.Float64Range(-500, 20000).Draw(t, "h"))
		f := NewFrame(origin, h0)
		v := f.ENU(p, h)
		back, hBack := f.Geodetic(v)
		if d := Distance(back, p) + math.Abs(float64(hBack-h)); d > 20e-9 {
			t.Fatalf("comes back %v m away", d)
		}
		// A frame turns and shifts but keeps lengths.
		d := sub(ECEF(p, h), ECEF(origin, h0))
		if a, b := math.Sqrt(dot(v, v)), math.Sqrt(dot(d, d)); math.Abs(a-b) > 20e-9 {
			t.Fatalf("%v m in the frame, %v m in ECEF", a, b)
		}
		// Turn the earth: only rounding changes.
		by := rapid.Float64Range(-360, 360).Draw(t, "by")
		turned := NewFrame(Position{origin.Lat, WrapLongitude(origin.Lon + by)}, h0).
			ENU(Position{p.Lat, WrapLongitude(p.Lon + by)}, h)
		if e := sub(turned, v); math.Sqrt(dot(e, e)) > 100e-9 {
			t.Fatalf("turned by %v degrees: %+v, not %+v", by, turned, v)
		}
	})
}

// The errors are those that Plane's comment promises, everywhere on earth.
func TestPlaneErrors(t *testing.T) {
	r := rand.New(rand.NewPCG(50, 10))
	for _, c := range []struct{ radius, distance, degrees float64 }{
		{1e3, 0.000008, 0.5e-6}, {10e3, 0.007, 0.5e-6}, {50e3, 0.8, 3e-6}, {100e3, 6, 12e-6},
	} {
		var distance, degrees, back float64
		for range 4000 {
			origin := Position{r.Float64()*180 - 90, r.Float64()*360 - 180}
			pl := NewPlane(origin)
			a, _ := Direct(origin, r.Float64()*360, c.radius*math.Sqrt(r.Float64()))
			b, _ := Direct(origin, r.Float64()*360, c.radius)
			ax, ay := pl.XY(a)
			bx, by := pl.XY(b)
			distance = max(distance, math.Abs(math.Hypot(ax-bx, ay-by)-Distance(a, b)))
			back = max(back, Distance(pl.Position(ax, ay), a))
			// A metre towards any bearing.
			bearing := r.Float64() * 360
			next, _ := Direct(a, bearing, 1)
			nx, ny := pl.XY(next)
			flat := math.Atan2(nx-ax, ny-ay) * 180 / math.Pi
			degrees = max(degrees, angle(flat-pl.Convergence(a), bearing))
		}
		t.Logf("within %3.0f km: distances %.3g m, bearings %.2g degrees, there and back %.2g m", c.radius/1e3, distance, degrees, back)
		if distance > c.distance || degrees > c.degrees || back > 10e-9 {
			t.Errorf("within %v m: distances %v m, bearings %v degrees, there and back %v m", c.radius, distance, degrees, back)
		}
	}
}

func TestPlaneTable(t *testing.T) {
	for _, c := range []struct {
		origin, p   Position
		east, north float64
		convergence float64
		within      float64
	}{
		{Position{-16, -69}, Position{-16, -69}, 0, 0, 0, 1e-9},
		{Position{-16, 179.9999}, Position{-16, -179.9999}, 21.40, 0, -0.00006, 0.01},
		{Position{-16, -180}, Position{-16, 180}, 0, 0, 0, 1e-9},
		{Position{90, 0}, Position{89.99, 90}, 1116.94, 0, -90, 0.1},
		{Position{89.999, 0}, Position{89.999, 180}, 0, 223.39, 180, 0.1},
		{Position{-90, 0}, Position{-89.99, 0}, 0, 1116.94, 0, 0.1},
	} {
		pl := NewPlane(c.origin)
		e, n := pl.XY(c.p)
		if math.Abs(e-c.east) > c.within || math.Abs(n-c.north) > c.within {
			t.Errorf("%v from %v: %v east, %v north", c.p, c.origin, e, n)
		}
		if got := pl.Convergence(c.p); angle(got, c.convergence) > 0.01 {
			t.Errorf("%v from %v: convergence %v", c.p, c.origin, got)
		}
	}
}

func TestPlaneGoesThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin, p := positions().Draw(t, "origin"), positions().Draw(t, "p")
		if Distance(origin, p) > 15e6 {
			return // near the opposite point everything is far away
		}
		pl := NewPlane(origin)
		back := pl.Position(pl.XY(p))
		if d := Distance(back, p); d > 100e-9 || back.Lon < -180 || back.Lon >= 180 {
			t.Fatalf("%v comes back as %v, %v m away", p, back, d)
		}
	})
}
