package footprint

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
)

// plain is n x n posts, 3" apart, its middle at 16 S 69 W; heights are above
// the ellipsoid.
func plain(t *testing.T, n int, sd float64, height func(col, row int) float64) *terrain.Grid {
	t.Helper()
	l := terrain.Lattice{Projection: projection.Geographic{}, DX: 1 / 1200.0, DY: 1 / 1200.0, Width: n, Height: n}
	l.X0, l.Y0 = -69-l.DX*float64(n/2), -16+l.DY*float64(n/2)
	z := make([]float32, n*n)
	for i := range z {
		z[i] = float32(height(i%n, i/n))
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "plain", Datum: terrain.Ellipsoid, SD: sd}, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func flat(int, int) float64 { return 3800 }

func middle() geo.Position { return geo.Position{Lat: -16, Lon: -69} }

// over is a camera so many metres above the ground of the middle.
func over(metres float64) Camera {
	return Camera{At: middle(), Height: geo.GroundHeight(metres).Height(), Wide: 40, High: 30}
}

func footprint(t *testing.T, g terrain.Source, c Camera, cfg Config) *Footprint {
	t.Helper()
	f, err := Of(g, c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(f); err != nil {
		t.Error(err)
	}
	return f
}

// TestStraightDown: from 1,000 m a picture of 40 by 30 degrees holds
// 2 h tan 20 by 2 h tan 15.
func TestStraightDown(t *testing.T) {
	g := plain(t, 200, 0, flat)
	c := over(1000)
	c.Tilt, c.Yaw = -90, 90 // the top of the picture to the east
	f := footprint(t, g, c, Config{Range: 5e3})
	wide, high := 1000*math.Tan(20*math.Pi/180), 1000*math.Tan(15*math.Pi/180)
	plane := geo.NewPlane(middle())
	for i, want := range [4][2]float64{{high, wide}, {high, -wide}, {-high, -wide}, {-high, wide}} {
		e, n := plane.XY(f.Corners[i].At)
		// Metres on the ellipsoid are fewer than 3,800 m above it.
		const scale = 1 / (1 + 3800/6.37e6)
		if math.Abs(e-want[0]*scale) > 0.1 || math.Abs(n-want[1]*scale) > 0.1 {
			t.Errorf("corner %d at %.2f, %.2f, want %.2f, %.2f", i, e, n, want[0], want[1])
		}
	}
	if f.Open || f.OuterOpen || math.Abs(f.Near-1000) > 1e-3 || f.Centre.Void || len(f.Polygon) != 16 {
		t.Errorf("%+v", f)
	}
}

// TestCovariance compares with derivatives on a plane: at a depression of d,
// the ground distance is h / tan d.
func TestCovariance(t *testing.T) {
	const h, depression, rad = 1000.0, 30.0, math.Pi / 180
	g := plain(t, 200, 0, flat)
	sin, tan := math.Sin(depression*rad), math.Tan(depression*rad)
	for name, c := range map[string]struct {
		errors     Errors
		sd         float64
		along, off float64 // standard deviations away from the camera and across
	}{
		"position":  {Errors{Position: 7}, 0, 7, 7},
		"height":    {Errors{Height: 5}, 0, 5 / tan, 0},
		"tilt":      {Errors{Tilt: 0.2}, 0, 0.2 * rad * h / sin / sin, 0},
		"pitch":     {Errors{Pitch: 0.2}, 0, 0.2 * rad * h / sin / sin, 0},
		"yaw":       {Errors{Yaw: 0.3}, 0, 0, 0.3 * rad * h / tan},
		"pan":       {Errors{Pan: 0.3}, 0, 0, 0.3 * rad * h / tan},
		"roll":      {Errors{Roll: 0.3}, 0, 0, 0.3 * rad * h},
		"elevation": {Errors{}, 4, math.Sqrt2 * 4 / tan, 0}, // below the camera, and below the ray
	} {
		grid, err := terrain.NewGrid(g.Lattice(), terrain.About{Datum: terrain.Ellipsoid, SD: c.sd}, g.Z)
		if err != nil {
			t.Fatal(err)
		}
		camera := over(h)
		camera.Tilt, camera.Errors = -depression, c.errors
		s, err := Ray(grid, camera, Config{Range: 5e3, Sigma: 1})
		if err != nil {
			t.Fatal(err)
		}
		along, off := math.Sqrt(s.Covariance.NN), math.Sqrt(s.Covariance.EE)
		if math.Abs(along-c.along) > 0.002*c.along+0.05 || math.Abs(off-c.off) > 0.002*c.off+0.05 || !s.Bounded {
			t.Errorf("%s: %.3f m along, %.3f across, want %.3f, %.3f", name, along, off, c.along, c.off)
		}
	}
}

// TestOuter draws errors, over hills: the places looked at have about the
// stated covariance, and lie in the outer polygon.
func TestOuter(t *testing.T) {
	g := plain(t, 300, 3, func(col, row int) float64 {
		return 3800 + 80*math.Sin(float64(col)/9) + 60*math.Cos(float64(row)/7)
	})
	c := over(1500)
	c.Tilt, c.Yaw, c.Pan = -35, 40, 10
	c.Errors = Errors{Position: 5, Height: 5, Yaw: 0.5, Pitch: 0.3, Roll: 0.3, Pan: 0.1, Tilt: 0.1}
	f := footprint(t, g, c, Config{Range: 10e3, Sigma: 2})
	l, err := newLooker(g, c, Config{Range: 10e3})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(6, 4))
	plane := geo.NewPlane(f.Centre.At)
	right, down := tangents(c)
	outer := geo.Polygon{f.Outer}
	const n = 2000
	in, corners := 0, 0
	var ee, nn, me, mn float64
	for range n {
		m, height := l.camera, l.height
		for _, off := range l.offsets() {
			off(&m, &height, r.NormFloat64())
		}
		e, north := plane.XY(l.cast(&m, height, 0, 0).At)
		me, mn, ee, nn = me+e/n, mn+north/n, ee+e*e/n, nn+north*north/n
		for _, corner := range [4][2]float64{{-right, -down}, {right, -down}, {right, down}, {-right, down}} {
			corners++
			if outer.Contains(l.cast(&m, height, corner[0], corner[1]).At) {
				in++
			}
		}
	}
	ee, nn = ee-me*me, nn-mn*mn
	if got := f.Centre.Covariance; math.Abs(got.EE/ee-1) > 0.15 || math.Abs(got.NN/nn-1) > 0.15 {
		t.Errorf("variances %v and %v, drawn %v and %v", got.EE, got.NN, ee, nn)
	}
	if share := float64(in) / float64(corners); share < 0.95 {
		t.Errorf("%.3f of the corners drawn lie in the outer polygon", share)
	}
	for _, p := range f.Polygon {
		if !outer.Contains(p) {
			t.Errorf("%v lies outside the outer polygon", p)
		}
	}
}

func TestHorizon(t *testing.T) {
	g := plain(t, 400, 0, flat)
	c := over(100)
	c.Tilt = -5 // the upper edge 10 degrees over the horizon
	f := footprint(t, g, c, Config{Range: 10e3})
	if !f.Open || !f.OuterOpen || f.Corners[0].Outcome != Open || f.Corners[2].Outcome != Ground || f.Corners[0].Ground != nil || f.Corners[0].Covariance != nil {
		t.Errorf("%+v", f)
	}
	if d := geo.Distance(c.At, f.Corners[0].At); d > 10e3 || d < 9e3 {
		t.Errorf("cut at %v m", d)
	}
	// A tilt error lifts the centre over the horizon: not bounded.
	c.Errors.Tilt = 3
	if s, err := Ray(g, c, Config{Range: 10e3}); err != nil || s.Outcome != Ground || s.Bounded || s.Covariance == nil {
		t.Errorf("%+v, %v", s, err)
	}
}

// What a ridge hides is not found; what stands over it is.
func TestRidge(t *testing.T) {
	g := plain(t, 400, 0, func(_, row int) float64 {
		if row == 180 { // 20 rows, 1.85 km, to the north
			return 4000
		}
		return 3800
	})
	c := over(100)
	for tilt, want := range map[float64]float64{-1: 1.785e3, 2: 1.826e3, -20: 100 / math.Tan(20*math.Pi/180)} {
		c.Tilt = tilt
		s, err := Ray(g, c, Config{Range: 20e3})
		if err != nil || s.Outcome != Ground || math.Abs(geo.Distance(c.At, s.At)-want) > 15 {
			t.Errorf("tilt %v: %+v, %v; want %v m", tilt, s, err, want)
		}
	}
	c.Tilt = 4
	if s, err := Ray(g, c, Config{Range: 10e3}); err != nil || s.Outcome != Open {
		t.Errorf("over the ridge: %+v, %v", s, err)
	}
}

func TestUnknown(t *testing.T) {
	void := plain(t, 200, 0, func(_, row int) float64 {
		if row < 90 {
			return math.NaN()
		}
		return 3800
	})
	c := over(300)
	for tilt, want := range map[float64]Outcome{-10: Unknown, -30: Ground, 10: Open, -5: Unknown} {
		c.Tilt = tilt
		s, err := Ray(void, c, Config{Range: 8e3})
		if err != nil || s.Outcome != want {
			t.Errorf("tilt %v: %+v, %v; want %s", tilt, s, err, want)
		}
	}
	// Off the elevation: cut at its edge, half a post beyond the last.
	c.Tilt = 0
	s, err := Ray(plain(t, 200, 0, flat), c, Config{Range: 50e3})
	if col, row := void.Lattice().Cell(s.At); err != nil || s.Outcome != Unknown || math.Abs(row+0.5) > 1e-3 || math.Abs(col-100) > 1e-3 {
		t.Errorf("%+v, %v at row %v", s, err, row)
	}
}

func TestRefused(t *testing.T) {
	g := plain(t, 100, 0, flat)
	for name, c := range map[string]struct {
		change func(c *Camera, cfg *Config)
		err    string
		is     error
	}{
		"on the ground":    {change: func(c *Camera, _ *Config) { c.Height.Metres = 0 }, is: ErrUnderGround},
		"under the ground": {change: func(c *Camera, _ *Config) { c.Height = geo.EllipsoidHeight(3700).Height() }, is: ErrUnderGround},
		"elsewhere":        {change: func(c *Camera, _ *Config) { c.At.Lon = 10 }, err: "outside plain"},
		"nowhere":          {change: func(c *Camera, _ *Config) { c.At.Lat = 100 }, err: "not a position"},
		"by pressure":      {change: func(c *Camera, _ *Config) { c.Height = geo.PressureHeight(4000).Height() }, err: "air pressure"},
		"no attitude":      {change: func(c *Camera, _ *Config) { c.Pitch = math.NaN() }, err: "not numbers"},
		"no view":          {change: func(c *Camera, _ *Config) { c.Wide = 0 }, err: "field of view"},
		"too wide":         {change: func(c *Camera, _ *Config) { c.High = 180 }, err: "field of view"},
		"negative error":   {change: func(c *Camera, _ *Config) { c.Errors.Yaw = -1 }, err: "errors"},
		"no range":         {change: func(_ *Camera, cfg *Config) { cfg.Range = 0 }, err: "range"},
		"a duct":           {change: func(_ *Camera, cfg *Config) { cfg.K = 1 }, err: "refraction"},
		"too many rays":    {change: func(_ *Camera, cfg *Config) { cfg.Edge = 1000 }, err: "rays"},
		"too sure":         {change: func(_ *Camera, cfg *Config) { cfg.Sigma = 11 }, err: "deviations"},
	} {
		camera, cfg := over(100), Config{Range: 1e3}
		c.change(&camera, &cfg)
		_, err := Of(g, camera, cfg)
		if err == nil || !strings.Contains(err.Error(), c.err) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOf: no camera makes it fail to end, or to say what it cannot.
func FuzzOf(f *testing.F) {
	f.Add(100.0, 0.0, 0.0, 0.0, 0.0, -30.0, 1.0)
	f.Add(5000.0, 359.0, 89.9, -180.0, 1e5, -90.0, 0.0)
	f.Fuzz(func(t *testing.T, height, yaw, pitch, roll, pan, tilt, sd float64) {
		g := plain(t, 60, 2, func(col, row int) float64 {
			if col == 40 {
				return math.NaN()
			}
			return 3800 + float64((col*7+row*13)%50)
		})
		c := over(height)
		c.Yaw, c.Pitch, c.Roll, c.Pan, c.Tilt = yaw, pitch, roll, pan, tilt
		c.Errors = Errors{Yaw: sd, Tilt: sd, Height: sd}
		out, err := Of(g, c, Config{Range: 3e3, Edge: 1})
		if err != nil {
			return
		}
		if _, err := json.Marshal(out); err != nil {
			t.Error(err)
		}
		for _, s := range append(out.Corners[:], out.Centre) {
			if !s.At.Valid() || (s.Outcome == Ground) != (s.Ground != nil) {
				t.Errorf("%+v", s)
			}
		}
	})
}

func BenchmarkOf(b *testing.B) {
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69.5, Y0: -15.5, DX: 1 / 3600.0, DY: 1 / 3600.0, Width: 3600, Height: 3600}
	z := make([]float32, l.Width*l.Height)
	for i := range z {
		z[i] = float32(3800 + 150*math.Sin(float64(i%l.Width)/40)*math.Cos(float64(i/l.Width)/50))
	}
	g, err := terrain.NewGrid(l, terrain.About{Datum: terrain.EGM96, SD: 3}, z)
	if err != nil {
		b.Fatal(err)
	}
	c := Camera{
		At: geo.Position{Lat: -16, Lon: -69}, Height: geo.GroundHeight(500).Height(), Wide: 20, High: 15, Tilt: -15,
		Errors: Errors{Position: 5, Height: 5, Yaw: 1, Pitch: 0.5, Roll: 0.5, Pan: 0.2, Tilt: 0.2},
	}
	for b.Loop() {
		if _, err := Of(g, c, Config{Range: 10e3, K: 0.13}); err != nil {
			b.Fatal(err)
		}
	}
}
