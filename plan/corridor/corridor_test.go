package corridor_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/plan/corridor"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// plain is elevation of 100 m cells in UTM, row by row from height(col, row).
func plain(t testing.TB, width, height int, z func(c, r int) float64) *terrain.Grid {
	t.Helper()
	l := terrain.Lattice{Projection: projection.UTM{Zone: 19, South: true}, X0: 500_000, Y0: 8_000_000, DX: 100, DY: 100, Width: width, Height: height}
	heights := make([]float32, width*height)
	for i := range heights {
		heights[i] = float32(z(i%width, i/width))
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "made for the test"}, heights)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func level(int, int) float64 { return 4000 }

// row is a line along a row, from the west to the east: abroad is north of it.
func row(g *terrain.Grid, r float64) geo.Line {
	l := g.Lattice()
	return geo.Line{l.Position(-20, r), l.Position(float64(l.Width)+20, r)}
}

func border(g *terrain.Grid, r, width float64) corridor.Strip {
	return corridor.Strip{Border: row(g, r), Abroad: width, Inside: width, OursRight: true}
}

// everywhere sees all of a level plain, with the same probability.
func everywhere(g *terrain.Grid, p float64) corridor.Sensor {
	return post("mast", g, float64(g.Lattice().Width)/2, float64(g.Lattice().Height)/2, 2000, 50_000, p)
}

func post(name string, g *terrain.Grid, c, r, mast, metres, p float64) corridor.Sensor {
	return sensor(name, g.Lattice().Position(c, r), mast, metres, p)
}

func sensor(name string, at geo.Position, mast, metres, p float64) corridor.Sensor {
	return corridor.Sensor{Look: 60, Sensor: coverage.Sensor{
		ID: name, Observer: sight.Observer{At: at, Height: geo.GroundHeight(mast).Height()},
		Radius: metres, Detection: []coverage.Detection{{Probability: p}},
	}}
}

func find(t testing.TB, c corridor.Config) *corridor.Answer {
	t.Helper()
	a, err := corridor.Find(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func near(got, want, part float64) bool { return math.Abs(got-want) <= part*math.Abs(want) }

// Where all of the strip is seen alike, the weakest way is the straight one,
// and its probability is known.
func TestUniformExposureIsStraight(t *testing.T) {
	g := plain(t, 80, 60, level)
	const p = 0.1
	for _, n := range []int{8, 16} {
		a := find(t, corridor.Config{
			Elevation: g, Strip: border(g, 30, 2000), Mover: corridor.Walker(), Sensors: []corridor.Sensor{everywhere(g, p)},
			Count: 1, Neighbours: n,
		})
		if len(a.Corridors) != 1 {
			t.Fatalf("no way: %s", a.End)
		}
		c := a.Corridors[0]
		// The last cell within the width lies up to a diagonal inside the edge.
		if c.Length < 4000-2*145 || c.Length > 4000 || len(c.Line) != 2 {
			t.Errorf("%d neighbours: %.1f m in %d positions, want a straight way of some 4 km", n, c.Length, len(c.Line))
		}
		straight := geo.Distance(c.Line[0], c.Line[len(c.Line)-1])
		if !near(c.Length, straight, 1e-4) {
			t.Errorf("%d neighbours: length %.2f m, geodesic %.2f m", n, c.Length, straight)
		}
		speed := 0.6 * 6 / 3.6 * math.Exp(-3.5*0.05)
		if !near(c.Time, c.Length/speed, 1e-12) {
			t.Errorf("time %.3f s, want %.3f", c.Time, c.Length/speed)
		}
		want := -math.Log(1-p) / 60 * c.Time
		if !near(c.Exposure, want, 1e-9) || !near(c.Probability, 1-math.Exp(-want), 1e-9) {
			t.Errorf("exposure %.6f, probability %.6f; want %.6f, %.6f", c.Exposure, c.Probability, want, 1-math.Exp(-want))
		}
		if len(c.Hidden) != 0 || c.HiddenM != 0 || len(c.BySensor) != 1 || !near(c.BySensor[0].Seen, c.Length, 1e-9) {
			t.Errorf("hidden %v, by sensor %+v", c.Hidden, c.BySensor)
		}
		if c.Band != (corridor.Band{Low: c.Probability, High: c.Probability}) {
			t.Errorf("where all is seen, refraction makes no difference: %g, %+v", c.Probability, c.Band)
		}
		if c.Border == nil {
			t.Fatal("it crosses no border")
		}
		if _, off, _ := row(g, 30).Nearest(c.Border.At); math.Abs(off) > 0.01 {
			t.Errorf("crosses %.3f m beside the border", off)
		}
	}
}

// Beyond the horizon that refraction makes: who is hidden at the coefficient
// that is expected is seen at the high end of its range.
func TestBand(t *testing.T) {
	const p = 0.5
	// From 10 m a walker of 1.7 m shows to 17.1 km (k 0.13), 16.5 (0.07), 17.8 (0.20).
	g := plain(t, 176, 20, level)
	mover := corridor.Walker()
	mover.Height = 1.7
	ask := func(r sight.Refraction) corridor.Corridor {
		s := post("low", g, 0, 10, 10, 50_000, p)
		s.Refraction = r
		a := find(t, corridor.Config{Elevation: g, Strip: border(g, 10, 800), Mover: mover, Sensors: []corridor.Sensor{s}, Count: 1})
		if len(a.Corridors) != 1 {
			t.Fatalf("no way: %s", a.End)
		}
		return a.Corridors[0]
	}
	c := ask(sight.Optical())
	whole := 1 - math.Exp(math.Log(1-p)/60*c.Time)
	if c.Probability != 0 || c.Band.Low != 0 || !near(c.Band.High, whole, 1e-9) {
		t.Errorf("%g, %+v, want 0, 0 and %g", c.Probability, c.Band, whole)
	}
	high := sight.Refraction{K: 0.2, Low: 0.07, High: 0.2}
	if c = ask(high); c.Probability == 0 || c.Band.High != c.Probability || c.Band.Low > c.Band.High {
		t.Errorf("k 0.2: %g, %+v", c.Probability, c.Band)
	}
}

// A bearing between those of the moves costs what geometry says: 8 neighbours
// make ways up to 8.24 % too long, 16 up to 2.75 %.
func TestSlantedWays(t *testing.T) {
	g := plain(t, 160, 120, level)
	l := g.Lattice()
	at := func(c, r float64) geo.Position { return l.Position(c, r) }
	spot := func(c, r float64) geo.Line { return geo.Line{at(c-0.1, r), at(c+0.1, r)} }
	area := geo.Polygon{{at(-0.4, -0.4), at(159.4, -0.4), at(159.4, 119.4), at(-0.4, 119.4)}}
	for _, c := range []struct {
		dc, dr float64
		n      int
	}{{100, 100, 8}, {100, 0, 8}, {100, 40, 8}, {100, 50, 16}, {100, 25, 16}, {100, 75, 16}, {30, 100, 16}} {
		a := find(t, corridor.Config{
			Elevation: g, Strip: corridor.Strip{Area: area, From: spot(10, 10), To: spot(10+c.dc, 10+c.dr)},
			Mover: corridor.Vehicle(), Count: 1, Neighbours: c.n,
		})
		if len(a.Corridors) != 1 {
			t.Fatalf("no way: %s", a.End)
		}
		// The steps that make it up: of the two moves on both sides of the bearing.
		x, y := max(c.dc, c.dr), min(c.dc, c.dr)
		want := (x - y) + y*math.Sqrt2
		if c.n == 16 {
			want = (x - 2*y) + y*math.Sqrt(5)
			if 2*y > x {
				want = (x-y)*math.Sqrt(5) + (2*y-x)*math.Sqrt2
			}
		}
		if got := a.Corridors[0].Length / 100; !near(got, want, 5e-4) {
			t.Errorf("%g columns, %g rows, %d neighbours: %.3f cells long, want %.3f", c.dc, c.dr, c.n, got, want)
		}
	}
}

// A ridge hides what lies behind it: the way keeps to its shadow, and says so.
func TestHidesBehindARidge(t *testing.T) {
	// A ridge runs north to south, with the sensor in the west of it.
	g := plain(t, 100, 60, func(c, _ int) float64 {
		if c >= 50 && c <= 53 {
			return 4100
		}
		return 4000
	})
	a := find(t, corridor.Config{
		Elevation: g, Strip: border(g, 30, 2500), Mover: corridor.Walker(),
		Sensors: []corridor.Sensor{post("west", g, 20, 30, 10, 20_000, 0.5)}, Count: 1,
	})
	c := a.Corridors[0]
	if c.Exposure != 0 || c.Probability != 0 || len(c.Hidden) != 1 || !near(c.HiddenM, c.Length, 1e-9) {
		t.Errorf("exposure %g, hidden %v of %.0f m", c.Exposure, c.Hidden, c.Length)
	}
	for _, p := range c.Line {
		if col, _ := g.Lattice().Cell(p); col < 50 {
			t.Errorf("column %.1f lies before the ridge", col)
		}
	}
	if a.Watched < 10 || a.Watched > a.Area*0.6 {
		t.Errorf("watched %.1f of %.1f km2", a.Watched, a.Area)
	}
}

// Walls steeper than the mover takes bar the way; a gap lets it through. Going
// up obliquely is less steep, so the wall is steep for that too.
func TestSlopeLimits(t *testing.T) {
	wall := func(gap int) *terrain.Grid {
		return plain(t, 80, 60, func(c, r int) float64 {
			if (r == 30 || r == 31) && c != gap && c != gap+1 {
				return 4080
			}
			return 4000
		})
	}
	for _, c := range []struct {
		mover corridor.Mover
		gap   int
		end   string
	}{
		{corridor.Vehicle(), 71, ""},
		{corridor.Vehicle(), -9, "no way through for a vehicle"},
		{corridor.Walker(), -9, ""},
	} {
		g := wall(c.gap)
		a := find(t, corridor.Config{Elevation: g, Strip: border(g, 30, 2000), Mover: c.mover, Count: 1})
		if a.End != c.end {
			t.Errorf("%s, gap at %d: %q, want %q", c.mover.Name, c.gap, a.End, c.end)
		}
		if len(a.Corridors) == 0 {
			continue
		}
		found := a.Corridors[0]
		col, _ := g.Lattice().Cell(found.Border.At)
		switch {
		case found.Steepest > c.mover.Steepest:
			t.Errorf("%s: a slope of %g", c.mover.Name, found.Steepest)
		case c.gap > 0 && math.Abs(col-float64(c.gap)-0.5) > 1:
			t.Errorf("%s: crosses at column %.1f, not by the gap", c.mover.Name, col)
		case c.gap < 0 && (!near(found.Climb, 80, 1e-6) || !near(found.Descent, 80, 1e-6) || found.Steepest < 0.3):
			t.Errorf("%s: climbs %g m, descends %g m, at most %g", c.mover.Name, found.Climb, found.Descent, found.Steepest)
		}
	}
}

// rough is elevation with hills, sensors on some of them.
func rough(t testing.TB, seed uint64) (*terrain.Grid, []corridor.Sensor) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 6))
	type hill struct{ c, r, high, wide float64 }
	hills := make([]hill, 40)
	for i := range hills {
		hills[i] = hill{r.Float64() * 150, r.Float64() * 100, 50 + 350*r.Float64(), 4 + 8*r.Float64()}
	}
	g := plain(t, 150, 100, func(c, r int) float64 {
		z := 4000.0
		for _, h := range hills {
			dc, dr := float64(c)-h.c, float64(r)-h.r
			z += h.high * math.Exp(-(dc*dc+dr*dr)/(h.wide*h.wide))
		}
		return z
	})
	var sensors []corridor.Sensor
	for i := range 4 {
		s := post(string(rune('A'+i)), g, 20+110*r.Float64(), 20+60*r.Float64(), 5, 6000, 0.1+0.5*r.Float64())
		if i%2 == 1 {
			s.Sector = &coverage.Sector{From: 360 * r.Float64(), To: 360 * r.Float64()}
		}
		sensors = append(sensors, s)
	}
	return g, sensors
}

// Corridors are ranked, and keep the stated distance from one another.
func TestRankedAndApart(t *testing.T) {
	g, sensors := rough(t, 1)
	const apart = 1500
	a := find(t, corridor.Config{
		Elevation: g, Strip: border(g, 50, 3000), Mover: corridor.Walker(), Sensors: sensors, Count: 20, Separation: apart,
	})
	if n := len(a.Corridors); n < 4 || n == 20 || !strings.Contains(a.End, "1500 m away") {
		t.Fatalf("%d corridors, %q", n, a.End)
	}
	cost := func(c corridor.Corridor) float64 { return c.Exposure + 0.001/3600*c.Time }
	for i, c := range a.Corridors {
		if i > 0 && cost(c) < cost(a.Corridors[i-1])*(1-1e-6) {
			t.Errorf("corridor %d is weaker than the one before: %g, %g", i+1, c.Exposure, a.Corridors[i-1].Exposure)
		}
		for j, d := range a.Corridors[:i] {
			for _, p := range c.Line {
				// Lines leave out positions, so distances are to the line; half a
				// cell is for the moves between.
				if _, m, _ := d.Line.Nearest(p); math.Abs(m) < apart-60 {
					t.Errorf("corridors %d and %d come within %.0f m", j+1, i+1, math.Abs(m))
					break
				}
			}
		}
		var hidden, shares float64
		for _, h := range c.Hidden {
			hidden += h.To - h.From
		}
		for _, s := range c.BySensor {
			shares += s.Exposure
		}
		if !near(hidden, c.HiddenM, 1e-6) || !near(shares, c.Exposure, 1e-9) {
			t.Errorf("corridor %d: stretches of %.1f m, %.1f m hidden; shares %g of %g", i+1, hidden, c.HiddenM, shares, c.Exposure)
		}
	}
}

// A sensor more never makes the best way less exposed, whatever the terrain.
func TestMoreSensorsNeverHelpTheMover(t *testing.T) {
	for seed := range uint64(6) {
		g, sensors := rough(t, seed)
		last := -1.0
		for n := range len(sensors) + 1 {
			a := find(t, corridor.Config{
				Elevation: g, Strip: border(g, 50, 3000), Mover: corridor.Walker(), Sensors: sensors[:n], Count: 1, Haste: 1e-9,
			})
			e := a.Corridors[0].Exposure
			if e < last*(1-1e-6)-1e-6 {
				t.Errorf("seed %d: %d sensors: exposure %g, before %g", seed, n, e, last)
			}
			last = e
		}
	}
}

// The sensor that is placed raises the exposure of its corridor more than any
// other site would, and one on the plain behind the ridge is found.
func TestClosing(t *testing.T) {
	g, sensors := rough(t, 3)
	kind := sensor("", geo.Position{}, 10, 5000, 0.3)
	config := corridor.Config{
		Elevation: g, Strip: border(g, 50, 3000), Mover: corridor.Walker(), Sensors: sensors, Count: 2, Separation: 1500,
		Closing: &corridor.Closing{Kind: kind},
	}
	a := find(t, config)
	for i, c := range a.Corridors {
		if c.Closing == nil || c.Closing.Tried < 2 {
			t.Fatalf("corridor %d: no site: %+v", i+1, c.Closing)
		}
		if c.Closing.Exposure <= c.Exposure || c.Closing.SameWay < c.Closing.Probability-1e-9 {
			t.Errorf("corridor %d: exposure %g, closed %+v", i+1, c.Exposure, c.Closing)
		}
		if _, m, _ := row(g, 50).Nearest(c.Closing.Site.At); m > 0 { // ours is on the right
			t.Errorf("the site %v lies abroad", c.Closing.Site.At)
		}
	}
	// Of two given sites, one far off and the one that was found, it takes this.
	found := a.Corridors[0].Closing.Site
	config.Closing.Sites = []corridor.Site{{Name: "far", At: g.Lattice().Position(1, 98)}, found}
	if c := find(t, config).Corridors[0].Closing; c.Site != found || c.Exposure != a.Corridors[0].Closing.Exposure {
		t.Errorf("of two sites it takes %+v", c)
	}
}

// Boats keep to water, walkers off it where it is known.
func TestWater(t *testing.T) {
	// A lake in the east half, with an island across the border.
	lake := func(c, r int) float64 {
		switch {
		case c < 40:
			return 3900 + float64(c+r%3)
		case c >= 55 && c < 62 && r >= 25 && r < 35:
			return 3830
		}
		return 3810
	}
	g := plain(t, 90, 60, lake)
	config := corridor.Config{Elevation: g, Strip: border(g, 30, 2000), Mover: corridor.Boat(), Count: 1}
	onLake := func(p geo.Position) bool {
		c, r := g.Lattice().Cell(p)
		return lake(int(math.Round(c)), int(math.Round(r))) == 3810
	}
	for _, known := range []bool{false, true} {
		config.Water = nil
		if known {
			config.Water = onLake
		}
		c := find(t, config).Corridors[0]
		for _, p := range c.Line {
			if !onLake(p) {
				t.Errorf("the boat is ashore at %v", p)
			}
		}
	}
	config.Mover = corridor.Walker()
	for _, p := range find(t, config).Corridors[0].Line {
		if onLake(p) {
			t.Errorf("the walker is on the lake at %v", p)
		}
	}
	// With shores, the shortest way starts and lands at the shore.
	config.Mover, config.Strip.Shores = corridor.Boat(), true
	if c := find(t, config).Corridors[0]; c.Length > 300 {
		t.Errorf("from shore to shore: %.0f m", c.Length)
	}
}

// Without elevation the mover passes, unseen, and the answer says for how far.
func TestVoids(t *testing.T) {
	g := plain(t, 60, 60, func(_, r int) float64 {
		if r >= 28 && r < 32 {
			return math.NaN()
		}
		return 4000
	})
	a := find(t, corridor.Config{
		Elevation: g, Strip: border(g, 30, 2000), Mover: corridor.Walker(), Count: 1,
		Sensors: []corridor.Sensor{post("mast", g, 30, 10, 2000, 50_000, 0.2)},
	})
	c := a.Corridors[0]
	if !near(c.VoidM, 400, 0.01) || !near(c.HiddenM, 400, 0.01) || !near(a.Void, 60*4*0.01, 0.01) {
		t.Errorf("%.0f m without elevation, %.0f m hidden, %.2f km2", c.VoidM, c.HiddenM, a.Void)
	}
	if !strings.Contains(strings.Join(a.Caveats, "\n"), "no elevation") {
		t.Errorf("caveats: %q", a.Caveats)
	}
}

// What has no answer says so.
func TestNoAnswer(t *testing.T) {
	g := plain(t, 60, 60, level)
	ok := corridor.Config{Elevation: g, Strip: border(g, 30, 2000), Mover: corridor.Walker()}
	made := *g
	synthetic, err := terrain.NewGrid(g.Lattice(), terrain.About{Name: "made up", Synthetic: true}, made.Z)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*corridor.Config)
		want   string
	}{
		{func(c *corridor.Config) { c.Elevation = synthetic }, "SYNTHETIC"},
		{func(c *corridor.Config) { c.Strip.Border = nil }, "needs a border"},
		{func(c *corridor.Config) { c.Strip.Inside = 0 }, "widths"},
		{func(c *corridor.Config) { c.Strip.Border = geo.Line{{Lat: 40, Lon: 1}, {Lat: 41, Lon: 1}} }, "outside its elevation"},
		{func(c *corridor.Config) { c.Neighbours = 12 }, "8 or 16"},
		{func(c *corridor.Config) { c.Mover.Speed = nil }, "no speed"},
		{func(c *corridor.Config) { c.Haste = -1 }, "haste"},
		{func(c *corridor.Config) {
			c.Sensors = []corridor.Sensor{sensor("x", g.Lattice().Position(30, 30), 5, 5000, 2)}
		}, "between 0 and 1"},
	} {
		config := ok
		c.change(&config)
		if _, err := corridor.Find(t.Context(), config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q wanted: %v", c.want, err)
		}
	}
	config := ok
	config.Elevation, config.Exercise, config.Count = synthetic, true, 1
	if a := find(t, config); !a.Elevation.Synthetic || !strings.Contains(strings.Join(a.Warnings, "\n"), "SYNTHETIC") {
		t.Errorf("unlabelled: %q", a.Warnings)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := corridor.Find(ctx, ok); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
