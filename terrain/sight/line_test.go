package sight_test

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
	"atalaya/terrain/sight"
)

// made makes a grid of posts 3" apart, its middle at 16 S 69 W.
func made(t *testing.T, n int, height func(col, row int) float64) *terrain.Grid {
	t.Helper()
	l := terrain.Lattice{Projection: projection.Geographic{}, DX: 1 / 1200.0, DY: 1 / 1200.0, Width: n, Height: n}
	l.X0, l.Y0 = -69-l.DX*float64(n/2), -16+l.DY*float64(n/2)
	z := make([]float32, n*n)
	for i := range z {
		z[i] = float32(height(i%n, i/n))
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "made", Datum: terrain.EGM96, SD: 4}, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func flat(int, int) float64 { return 0 }

func above(at geo.Position, metres float64) sight.Observer {
	return sight.Observer{At: at, Height: geo.GroundHeight(metres).Height()}
}

func sea(at geo.Position, metres float64) sight.Observer {
	return sight.Observer{At: at, Height: geo.SeaHeight(metres).Height()}
}

func los(t *testing.T, src terrain.Source, q sight.Line) *sight.Profile {
	t.Helper()
	p, err := sight.LineOfSight(src, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBulge holds the least height over a calm sea against trigonometry on a
// sphere of the effective radius.
func TestBulge(t *testing.T) {
	g := made(t, 1200, flat)
	from := g.Lattice().Position(20, 600)
	for _, eye := range []float64{2, 20, 150} {
		for _, km := range []float64{8, 30, 80} {
			for _, k := range []float64{0, 0.13, 0.25} {
				to, _ := geo.Direct(from, 93, km*1e3)
				p := los(t, g, sight.Line{From: above(from, eye), To: above(to, 1), Refraction: sight.Refraction{K: k, Low: k, High: k}})
				radius := geo.GaussianRadius((from.Lat+to.Lat)/2) / (1 - k)
				beyond := p.Distance/radius - math.Acos(radius/(radius+eye))
				want := 0.0
				if beyond > 0 {
					want = radius/math.Cos(beyond) - radius
				}
				if got := *p.LeastHeight; math.Abs(got-want) > 2e-4*want+1e-6 {
					t.Errorf("from %v m over %v km with k %v: shows from %v m, want %v", eye, km, k, got, want)
				}
				if want > 0 {
					dip := radius * math.Acos(radius/(radius+eye))
					if math.Abs(p.Horizon.Distance-dip) > 1e-3*dip {
						t.Errorf("horizon at %v m, want %v", p.Horizon.Distance, dip)
					}
				}
				if p.Visible != (want <= 1) {
					t.Errorf("visible %v, want %v", p.Visible, want <= 1)
				}
			}
		}
	}
}

// TestFresnel: halfway on 10 km at 6 GHz the first zone has a radius of
// 17.3 sqrt(5 km 5 km / (10 km 6 GHz)) = 11.17 m (ITU-R P.530, section 2.2.2).
func TestFresnel(t *testing.T) {
	g := made(t, 300, flat)
	from := g.Lattice().Position(20, 150)
	to, _ := geo.Direct(from, 90, 10e3)
	vacuum := sight.Refraction{K: 0.999, Low: 0.999, High: 0.999} // all but a flat earth
	p := los(t, g, sight.Line{From: above(from, 20), To: above(to, 20), Refraction: vacuum, Frequency: 6})
	if want := 20 / 11.167; math.Abs(*p.Fresnel.Fresnel-want) > 0.002 || math.Abs(p.Fresnel.Distance-5e3) > 50 || !*p.Free {
		t.Errorf("%v at %v m, want %v halfway", *p.Fresnel.Fresnel, p.Fresnel.Distance, want)
	}
	// 0.6 of the zone is free from 6.70 m on.
	for height, free := range map[float64]bool{6.67: false, 6.74: true} {
		if p := los(t, g, sight.Line{From: above(from, height), To: above(to, height), Refraction: vacuum, Frequency: 6}); *p.Free != free || !p.Visible {
			t.Errorf("%v m: free %v", height, *p.Free)
		}
	}
	if p := los(t, g, sight.Line{From: above(from, 20), To: above(to, 20), Refraction: vacuum}); p.Fresnel != nil || p.Free != nil || p.Samples[5].Fresnel != nil {
		t.Error("light has a Fresnel zone")
	}
}

// ridge is flat ground with a ridge along column 100.
func ridge(top float64) func(col, row int) float64 {
	return func(col, _ int) float64 {
		if col == 100 {
			return top
		}
		return 0
	}
}

// TestMarginSD moves the ground at each end and below the ridge by its
// standard deviation and compares with what is told.
func TestMarginSD(t *testing.T) {
	const n, sd = 200, 4.0
	for name, c := range map[string]struct {
		near, far sight.Observer
		end       bool // the ends' own ground counts
	}{
		"above ground": {above(geo.Position{}, 10), above(geo.Position{}, 3), true},
		"above sea":    {sea(geo.Position{}, 10), sea(geo.Position{}, 5), false},
	} {
		margin := func(first, middle, last float64) *sight.Profile {
			g := made(t, n, func(col, row int) float64 {
				switch {
				case col < 50:
					return first
				case col == 100:
					return 30 + middle
				case col > 150:
					return last
				}
				return 0
			})
			near, far := c.near, c.far
			near.At, far.At = g.Lattice().Position(40.5, 100), g.Lattice().Position(180.5, 100.3)
			return los(t, g, sight.Line{From: near, To: far, Refraction: sight.Optical()})
		}
		at := margin(0, 0, 0)
		want := math.Pow(margin(0, sd, 0).Margin-at.Margin, 2)
		ends := math.Pow(margin(sd, 0, 0).Margin-at.Margin, 2) + math.Pow(margin(0, 0, sd).Margin-at.Margin, 2)
		if c.end {
			want += ends
		} else if ends != 0 {
			t.Errorf("%s: the ends' ground counts", name)
		}
		if got := *at.MarginSD; at.Margin > -40 || math.Abs(got-math.Sqrt(want)) > 1e-3*got {
			t.Errorf("%s: margin %v, standard deviation %v, want %v", name, at.Margin, got, math.Sqrt(want))
		}
	}
}

// TestVerdict: heights of a far end behind a ridge.
func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		top, sd, height float64
		void            bool
		want            sight.Verdict
	}{
		{30, 4, 3, false, sight.Hidden},
		{30, 4, 42, false, sight.Unsure},
		{30, 4, 75, false, sight.Visible},
		{30, 4, 75, true, sight.Unsure},
		{30, 4, 3, true, sight.Hidden},
		{30, 0, 3, false, sight.Unsure}, // nobody stated an error
	} {
		m := made(t, 200, func(col, row int) float64 {
			if c.void && col == 120 {
				return math.NaN()
			}
			return ridge(c.top)(col, row)
		})
		g, err := terrain.NewGrid(m.Lattice(), terrain.About{Name: "made", SD: c.sd}, m.Z)
		if err != nil {
			t.Fatal(err)
		}
		l := g.Lattice()
		p := los(t, g, sight.Line{From: above(l.Position(30, 100), 20), To: above(l.Position(170, 100), c.height), Refraction: sight.Optical()})
		if p.Verdict != c.want || (p.Probability == nil) != (c.sd == 0) {
			t.Errorf("%+v: %s, margin %v", c, p.Verdict, p.Margin)
		}
		if (p.Void > 0) != c.void || c.void && math.Abs(p.Void-2*89.2) > 1 {
			t.Errorf("%+v: %v m without elevation", c, p.Void)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Error(err)
		}
	}
}

func TestLineEdges(t *testing.T) {
	g := made(t, 100, func(col, _ int) float64 {
		if col == 90 {
			return math.NaN()
		}
		return 3800
	})
	l := g.Lattice()
	a, b, void := l.Position(20, 50), l.Position(70.3, 20.7), l.Position(90, 50)
	for name, c := range map[string]struct {
		from, to sight.Observer
		visible  bool
		margin   float64
		err      string
		is       error
	}{
		"the same place":                  {from: above(a, 2), to: above(a, 2), visible: true, margin: 2},
		"one above the other":             {from: sea(a, 3900), to: above(a, 0), visible: true},
		"a millimetre":                    {from: above(a, 2), to: above(geo.Position{Lat: a.Lat + 1e-8, Lon: a.Lon}, 3), visible: true, margin: 3},
		"within a cell":                   {from: above(l.Position(20.2, 50.2), 0.1), to: above(l.Position(20.8, 50.6), 0.1), visible: true, margin: 0.1},
		"both on the ground":              {from: above(a, 0), to: above(b, 0), margin: -1.88},
		"over a void, above sea":          {from: above(a, 10), to: sea(void, 3810), visible: true, margin: 10.1},
		"over a void, above ground":       {from: above(a, 10), to: above(void, 1), err: "far end", is: sight.ErrNoGround},
		"under the ground":                {from: sea(a, 3795), to: above(b, 2), err: "5.0 m under the ground", is: sight.ErrUnderGround},
		"far end under the ground":        {from: above(a, 2), to: above(b, -1), err: "far end", is: sight.ErrUnderGround},
		"beyond the data":                 {from: above(a, 2), to: above(geo.Position{Lat: -16, Lon: -60}, 2), err: "outside made", is: sight.ErrNoGround},
		"nowhere":                         {from: above(geo.Position{Lat: 91}, 2), to: above(a, 2), err: "not a position"},
		"no number":                       {from: above(a, math.NaN()), to: above(b, 2), err: "not a number"},
		"a height that cannot be counted": {from: sight.Observer{At: a, Height: geo.PressureHeight(4000).Height()}, to: above(b, 2), err: "air pressure"},
	} {
		p, err := sight.LineOfSight(g, sight.Line{From: c.from, To: c.to, Refraction: sight.Optical()})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%s: %v, want %s", name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Visible != c.visible || math.Abs(p.Margin-c.margin) > 0.05 {
			t.Errorf("%s: visible %v, margin %v; want %v, %v", name, p.Visible, p.Margin, c.visible, c.margin)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := sight.LineOfSight(g, sight.Line{From: above(a, 2), To: above(b, 2), Refraction: sight.Refraction{K: 1, Low: 1, High: 1}}); err == nil {
		t.Error("k of 1 passes")
	}
	if _, err := sight.LineOfSight(g, sight.Line{From: above(a, 2), To: above(b, 2), Refraction: sight.Radio(), Frequency: -1}); err == nil {
		t.Error("a negative frequency passes")
	}
}

// counted is a source that tells how much of it was read.
type counted struct {
	*terrain.Grid
	largest, posts int
}

func (c *counted) Read(dst []float32, w terrain.Window) error {
	c.largest, c.posts = max(c.largest, len(dst)), c.posts+len(dst)
	return c.Grid.Read(dst, w)
}

// A long line reads little at a time, and finds the same.
func TestLineReadsWindows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	g := made(t, 2000, func(int, int) float64 { return 100 * r.Float64() })
	src := &counted{Grid: g}
	l := g.Lattice()
	q := sight.Line{From: above(l.Position(10, 1990), 2000), To: above(l.Position(1990, 10), 2000), Refraction: sight.Optical()}
	whole := los(t, src, q)
	if src.largest > 1<<16 || src.posts > 1e6 {
		t.Errorf("%d posts at once, %d in all, of %d", src.largest, src.posts, len(g.Z))
	}
	// The horizon's ground is that of the grid there.
	if z, ok := g.Bilinear(whole.Obstacle.At); !ok || math.Abs(z-whole.Obstacle.Ground) > 0.01 {
		t.Errorf("the obstacle has %v m, the grid %v", whole.Obstacle.Ground, z)
	}
	for _, s := range whole.Samples {
		p, _ := geo.Direct(q.From.At, whole.Bearing, s.Distance)
		if z, _ := g.Bilinear(p); math.Abs(z-*s.Ground) > 0.01 {
			t.Fatalf("%v m from the start: %v, want %v", s.Distance, *s.Ground, z)
		}
	}
}

// TestExplain: an explanation needs what the viewshed needs.
func TestExplain(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	g := made(t, 240, func(int, int) float64 { return 60 * r.Float64() })
	v := sight.View{Observer: above(g.Lattice().Position(100.3, 120.8), 30), Radius: 8e3, Refraction: sight.Optical(), Exact: true, Doubt: true}
	seen, err := sight.Viewshed(t.Context(), g, v)
	if err != nil {
		t.Fatal(err)
	}
	hidden := 0
	for i, need := range seen.Need {
		if i%7 != 0 || math.IsNaN(float64(need)) {
			continue
		}
		at := seen.Lattice.Position(float64(i%seen.Lattice.Width), float64(i/seen.Lattice.Width))
		e, err := sight.Explain(g, v, at)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(e.LeastHeight-float64(need)) > 1e-3 || geo.Distance(e.At, at) > 1e-3 {
			t.Fatalf("%v: explained as %v, seen from %v m", at, e.LeastHeight, need)
		}
		if e.Band[0].LeastHeight < e.LeastHeight || e.Band[1].LeastHeight > e.LeastHeight {
			t.Errorf("%v: %v in [%v, %v]", at, e.LeastHeight, e.Band[1].LeastHeight, e.Band[0].LeastHeight)
		}
		if need == 0 {
			continue
		}
		hidden++
		// The horizon is where it is said to be: the line to the needed height
		// touches it.
		z, _ := g.Bilinear(e.Horizon.At)
		if math.Abs(z-e.Horizon.Ground) > 0.2 || math.Abs(geo.Distance(v.Observer.At, e.Horizon.At)-e.Horizon.Distance) > 0.1 {
			t.Errorf("%v: horizon %+v, ground there %v", at, *e.Horizon, z)
		}
		if sd := float64(seen.SD[i]); math.Abs(e.SD-sd) > 1e-4*sd || sd < 4 {
			t.Errorf("%v: standard deviation %v, in the viewshed %v", at, e.SD, sd)
		}
	}
	if hidden < 100 {
		t.Errorf("%d hidden cells: that tests little", hidden)
	}
	if _, err := sight.Explain(g, v, geo.Position{Lat: 10, Lon: 10}); !errors.Is(err, sight.ErrNoGround) {
		t.Error(err)
	}
}
