package fence

import (
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"atalaya/geo"
)

// worlds are bounds in difficult places, each with one that is ordinary.
func worlds(t testing.TB) map[string]Bounds {
	out := map[string]Bounds{"lake": lake(t)}
	at := func(b Bounds, area geo.Polygon, zone geo.Polygon, line geo.Line) Bounds {
		b.Area.Polygon, b.NoLook[0].Polygon = area, zone
		slices.Reverse(line)
		b.Borders = []Border{{State: "PER", Version: "p@1", Accuracy: 20, Demonstration: true, Lines: []geo.Line{line}}}
		return b
	}
	// Fiji's latitude: area, hole, zone and border each lie across 180 degrees.
	out["antimeridian"] = at(lake(t),
		geo.Polygon{{{Lat: -17.5, Lon: 179.7}, {Lat: -17.5, Lon: -179.6}, {Lat: -16.8, Lon: -179.7}, {Lat: -16.9, Lon: 179.6}}, {{Lat: -17.3, Lon: 179.95}, {Lat: -17.3, Lon: -179.95}, {Lat: -17.25, Lon: 180}}},
		geo.Polygon{{{Lat: -17.1, Lon: 179.98}, {Lat: -17.1, Lon: -179.98}, {Lat: -17.05, Lon: -180}}},
		geo.Line{{Lat: -16.7, Lon: 179}, {Lat: -16.75, Lon: 179.9}, {Lat: -16.7, Lon: -179.9}, {Lat: -16.6, Lon: -179}})
	// Round the south pole, with a hole and a zone beside it and a border that
	// crosses the antimeridian.
	ring := func(lat, from, step float64, n int) (r geo.Ring) {
		for i := range n {
			r = append(r, geo.Position{Lat: lat - 0.02*float64(i%2), Lon: geo.WrapLongitude(from + step*float64(i))})
		}
		return r
	}
	out["pole"] = at(lake(t),
		geo.Polygon{ring(-89.4, -170, 60, 6), {{Lat: -89.7, Lon: 0}, {Lat: -89.7, Lon: 30}, {Lat: -89.6, Lon: 20}}},
		geo.Polygon{{{Lat: -89.8, Lon: 170}, {Lat: -89.8, Lon: -170}, {Lat: -89.7, Lon: 180}}},
		slices.Concat(geo.Line(ring(-89.2, -180, 15, 24)), geo.Line{{Lat: -89.2, Lon: -180}}))
	return out
}

// TestWorlds: the difficult places are right way round.
func TestWorlds(t *testing.T) {
	all := worlds(t)
	for name, c := range map[string]struct {
		world   string
		at      geo.Position
		inside  bool
		our     bool
		village bool
	}{
		"dateline west":     {"antimeridian", geo.Position{Lat: -17.2, Lon: 179.9}, true, true, false},
		"dateline east":     {"antimeridian", geo.Position{Lat: -17.2, Lon: -179.9}, true, true, false},
		"dateline itself":   {"antimeridian", geo.Position{Lat: -17.2, Lon: 180}, true, true, false},
		"dateline hole":     {"antimeridian", geo.Position{Lat: -17.28, Lon: 180}, false, true, false},
		"dateline zone":     {"antimeridian", geo.Position{Lat: -17.09, Lon: 180}, true, true, true},
		"dateline abroad":   {"antimeridian", geo.Position{Lat: -16.5, Lon: 180}, false, false, false},
		"dateline far away": {"antimeridian", geo.Position{Lat: -17.2, Lon: 0}, false, true, false},
		"pole":              {"pole", geo.Position{Lat: -90, Lon: 0}, true, true, false},
		"pole hole":         {"pole", geo.Position{Lat: -89.67, Lon: 17}, false, true, false},
		"pole zone":         {"pole", geo.Position{Lat: -89.76, Lon: 180}, true, true, true},
		"pole outside":      {"pole", geo.Position{Lat: -89.3, Lon: 90}, false, true, false},
		"pole abroad":       {"pole", geo.Position{Lat: -89.1, Lon: 90}, false, false, false},
	} {
		f := mustNew(t, all[c.world])
		for _, l := range f.limits {
			want := map[Kind]bool{InArea: c.inside, OutOfZone: !c.village, OffBorder: c.our}[l.kind]
			if name == "dateline far away" && l.kind == OffBorder {
				continue // its line ends
			}
			d, _ := l.geodesic.signed(c.at)
			e, _ := l.chord.signed(geo.ECEF(c.at, 0))
			if (d > 0) != want || (e > 0) != want {
				t.Errorf("%s: %s: %.1f m by geodesics, %.1f m by chords, want positive: %v", name, l.name, d, e, want)
			}
		}
	}
}

func poses(t testing.TB) int {
	n := 3_000
	if testing.Short() {
		n = 500
	}
	if s := os.Getenv("ATALAYA_POSES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// scene is a random command in or near the bounds.
func scene(r *rand.Rand, b *Bounds) Command {
	var centre geo.Position
	switch r.IntN(3) {
	case 0:
		centre = near(r, b, math.Exp(r.Float64()*10))
	case 1:
		centre = near(r, b, 2500)
	default:
		k := r.IntN(len(b.Area.Polygon[0]))
		centre = around(r, b.Area.Polygon[0][k], 40e3)
	}
	size := math.Exp(r.Float64() * 9) // metres
	c := Command{
		Judged:  noon.Add(time.Duration(r.IntN(3000)) * time.Millisecond),
		Pose:    Pose{Known: true, At: centre, Time: noon, Accuracy: 20 * r.Float64(), Clock: r.Float64() * 0.5},
		Vehicle: Vehicle{Exercise: true, Speed: 30 * r.Float64(), Braking: 0.5 + 4*r.Float64(), Latency: r.Float64()},
		Wind:    Wind{Speed: 20 * r.Float64(), Drift: 3 * r.Float64()},
		Loss:    Loss{Act: []LossAct{LossHold, LossReturn, LossLand, LossContinue}[r.IntN(4)], Home: around(r, centre, 2*size), Radius: 100 * r.Float64(), Height: 120, Descent: 2, Stows: true},
	}
	if r.IntN(8) == 0 {
		c.Vehicle.Braking, c.Vehicle.Radius = 0, 120*r.Float64()+1
	}
	for range r.IntN(4) {
		c.Way = append(c.Way, around(r, centre, size))
	}
	if r.IntN(4) > 0 {
		l := &Look{Between: 30 * r.Float64(), Sigma: 3, Error: 10 * r.Float64()}
		for range 1 + r.IntN(3) {
			o := Outline{}
			at := around(r, centre, size)
			for range 1 + r.IntN(8) {
				o.Ring = append(o.Ring, around(r, at, size))
			}
			l.Outlines = append(l.Outlines, o)
		}
		c.Look = l
	}
	return c
}

// No command whose grown footprint leaves the area passes: places all over the
// grown regions of what passed are asked for their side. The judges agree.
// 10^7 poses in make soak.
func TestRandomPoses(t *testing.T) {
	n := poses(t)
	var names []string
	all := worlds(t)
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var lock sync.Mutex
	passed, reasons, worst := 0, map[Reason]int{}, 0.0
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(2026, uint64(w)))
			fences := map[string]*Fence{}
			for _, name := range names {
				fences[name] = mustNew(t, all[name])
			}
			for i := range n / workers {
				name := names[r.IntN(len(names))]
				f := fences[name]
				c := scene(r, &f.bounds)
				v := f.Command(c)
				off := agree(f, &c, i%16 == 0)
				if again := f.Command(c).Text(); i%64 == 0 && again != v.Text() {
					t.Errorf("%s: the second verdict is another", name)
				}
				if v.Pass && (i%16 == 0 || v.Binding.Left < 100) {
					if where, bound := escaped(r, f, &c); bound != "" {
						t.Errorf("%s: a command passes that reaches %v, beyond %s\n%s%s", name, where, bound, c.Text(f.hash), v.Text())
						return
					}
				}
				lock.Lock()
				if v.Pass {
					passed++
				}
				for _, why := range v.Reasons {
					reasons[why]++
				}
				worst = max(worst, off)
				bad := off > 0.1
				lock.Unlock()
				if bad {
					t.Errorf("%s: the judges differ by %.3f m\n%s", name, off, c.Text(f.hash))
					return
				}
			}
		})
	}
	wait.Wait()
	t.Logf("%d poses: %d passed, refused for %v; the judges differ by %.3f m at most", n, passed, reasons, worst)
	if passed < n/50 || passed > n*49/50 {
		t.Errorf("%d of %d passed: the scenes show nothing", passed, n)
	}
}

// agree gives by how much the two geometries differ, in metres, over what the
// chords' length over ground may be off; in full without the look ahead that
// spares far bounds, which must change nothing.
func agree(f *Fence, c *Command, full bool) float64 {
	r := c.rounded()
	regions := r.flight(0)
	if r.Look != nil {
		regions = append(regions, r.Look.regions(0)...)
	}
	var worst float64
	for i := range f.limits {
		for k := range regions {
			reg := &regions[k]
			reg.away = geo.Distance(f.bounds.Area.Polygon[0][0], reg.at[0])
			d, known := f.limits[i].byGeodesics(reg)
			e, alike := f.limits[i].byChords(reg)
			if full {
				d2, k2 := f.limits[i].geodesic.clearance(reg)
				e2, a2 := f.limits[i].chord.clearance(reg)
				if d2 != d || k2 != known || e2 != e || a2 != alike {
					return math.Inf(1)
				}
			}
			switch {
			case known != alike:
				worst = math.Inf(1)
			case !known, d <= 0 && e <= 0: // how deep, each says by other places
			default:
				worst = max(worst, math.Abs(d-e)-2e-4*math.Abs(d))
			}
		}
	}
	return worst
}

// escaped looks for a place in a grown region that a bound forbids: the region's
// outline and inside, moved by up to its growth, asked by the plain queries of
// shapes of package geo.
func escaped(r *rand.Rand, f *Fence, c *Command) (geo.Position, string) {
	q := c.rounded()
	age := max(0, seconds(q.Pose.Time, q.Judged)) + q.Pose.Clock
	carried := q.carried(age)
	regions := q.flight(sum(append([]Growth{{growPosition, f.bounds.Sigma * q.Pose.Accuracy}}, carried...)))
	if q.Look != nil {
		regions = append(regions, q.Look.regions(sum(append(f.ofLook(q.Look), carried...)))...)
	}
	for _, reg := range regions {
		for range 24 {
			// A place between two random places of the outline, moved.
			p := between(r, along(r, reg.at), along(r, reg.at))
			p, _ = geo.Direct(p, 360*r.Float64(), reg.grow)
			if !f.bounds.Area.Polygon.Contains(p) {
				return p, "the area"
			}
			for _, z := range f.bounds.NoLook {
				if q.Look != nil && z.Polygon.Contains(p) {
					return p, "a no-look zone"
				}
			}
			for _, b := range f.bounds.Borders {
				for _, l := range b.Lines {
					if on, d, _ := l.Nearest(p); math.Abs(d) < f.bounds.Standoff+f.bounds.Sigma*b.Accuracy {
						return on, b.State
					}
				}
			}
		}
	}
	return geo.Position{}, ""
}

func along(r *rand.Rand, at []geo.Position) geo.Position {
	i := r.IntN(len(at))
	return between(r, at[i], at[(i+1)%len(at)])
}

func between(r *rand.Rand, a, b geo.Position) geo.Position {
	m, bearing, _ := geo.Inverse(a, b)
	t := r.Float64()
	if r.IntN(3) == 0 {
		t = math.Round(t)
	}
	p, _ := geo.Direct(a, bearing, m*t)
	return p
}

// More uncertainty never turns a refusal into a pass, and the order and
// direction in which a shape's positions are written changes no byte.
func TestProperties(t *testing.T) {
	n := poses(t) / 5
	all := worlds(t)
	for _, name := range []string{"lake", "antimeridian", "pole"} {
		b := all[name]
		f := mustNew(t, b)
		r := rand.New(rand.NewPCG(7, 7))
		other := turned(r, b)
		if g := mustNew(t, other); g.hash != f.hash {
			t.Errorf("%s: the same bounds in another order have another text", name)
		}
		g := mustNew(t, other)
		for range min(n, 50_000) {
			c := scene(r, &b)
			v := f.Command(c)
			if c.Look != nil {
				d := c
				look := *c.Look
				look.Outlines = slices.Clone(look.Outlines)
				for i := range look.Outlines {
					look.Outlines[i].Ring = turnedRing(r, look.Outlines[i].Ring)
				}
				d.Look = &look
				if u := g.Command(d); u.Text() != v.Text() {
					t.Fatalf("%s: another order, another verdict:\n%s%s", name, v.Text(), u.Text())
				}
				if u, w := g.Report(reportOf(d)), f.Report(reportOf(c)); u.Text() != w.Text() {
					t.Fatalf("%s: another order, another verdict on a report:\n%s%s", name, w.Text(), u.Text())
				}
			}
			k := r.IntN(len(worse()))
			d := c
			worse()[k](&d, 10*r.Float64())
			if u := f.Command(d); u.Pass && !v.Pass {
				t.Fatalf("%s: more uncertainty (%d) turns a refusal into a pass:\n%s%s", name, k, v.Text(), u.Text())
			}
			for _, p := range []struct{ a, b Report }{{reportOf(c), reportOf(d)}} {
				if v, u := f.Report(p.a), f.Report(p.b); u.Pass && !v.Pass {
					t.Fatalf("%s: more uncertainty (%d) turns a breach into none", name, k)
				}
			}
			wider := b
			wider.Standoff += 100 * r.Float64()
			if i := r.IntN(200); i == 0 { // making a fence takes long
				wider.Sigma += r.Float64()
				d := c
				if c.Look != nil {
					look := *c.Look
					look.Sigma = 10
					d.Look = &look
				}
				if u := mustNew(t, wider).Command(d); u.Pass && !f.Command(d).Pass {
					t.Fatalf("%s: a wider stand-off turns a refusal into a pass", name)
				}
			}
		}
	}
}

// worse makes one thing less certain.
func worse() []func(c *Command, by float64) {
	return []func(c *Command, by float64){
		func(c *Command, by float64) { c.Pose.Accuracy += by },
		func(c *Command, by float64) { c.Pose.Clock += by / 10 },
		func(c *Command, by float64) { c.Judged = c.Judged.Add(time.Duration(by * 1e8)) },
		func(c *Command, by float64) { c.Vehicle.Speed += by },
		func(c *Command, by float64) { c.Vehicle.Braking /= 1 + by },
		func(c *Command, by float64) { c.Vehicle.Radius += by },
		func(c *Command, by float64) { c.Vehicle.Latency += by },
		func(c *Command, by float64) { c.Wind.Speed += by },
		func(c *Command, by float64) { c.Wind.Drift += by },
		func(c *Command, by float64) { c.Loss.Radius += by },
		func(c *Command, by float64) { c.Loss.Height += by },
		func(c *Command, by float64) { c.Loss.Descent /= 1 + by },
		func(c *Command, by float64) {
			if c.Look != nil {
				l := *c.Look
				l.Error += by
				c.Look = &l
			}
		},
		func(c *Command, by float64) {
			if c.Look != nil {
				l := *c.Look
				l.Between += by
				l.Sigma -= by / 100
				c.Look = &l
			}
		},
	}
}

// turned gives the same bounds with rings begun elsewhere, the other way round,
// closed or with a position twice, and lists in another order.
func turned(r *rand.Rand, b Bounds) Bounds {
	out := b
	poly := func(z Zone) Zone {
		var pg geo.Polygon
		for _, ring := range z.Polygon {
			pg = append(pg, turnedRing(r, ring))
		}
		z.Polygon = pg
		return z
	}
	out.Area = poly(b.Area)
	out.NoLook = nil
	for _, z := range b.NoLook {
		out.NoLook = append([]Zone{poly(z)}, out.NoLook...)
	}
	out.Borders = slices.Clone(b.Borders)
	slices.Reverse(out.Borders)
	for i := range out.Borders {
		out.Borders[i].Lines = slices.Clone(out.Borders[i].Lines)
		slices.Reverse(out.Borders[i].Lines)
	}
	return out
}

func turnedRing(r *rand.Rand, ring geo.Ring) geo.Ring {
	k := r.IntN(len(ring))
	out := slices.Concat(ring[k:], ring[:k])
	if r.IntN(2) == 0 {
		slices.Reverse(out)
	}
	if r.IntN(2) == 0 {
		out = append(out, out[0])
	}
	if r.IntN(2) == 0 {
		out = slices.Insert(out, 0, out[0])
	}
	return out
}
