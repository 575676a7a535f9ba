package geo

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"atalaya/internal/peer"
	"pgregory.net/rapid"
)

// box gives a ring of four corners, counter-clockwise.
func box(south, west, north, east float64) Ring {
	return Ring{{south, west}, {south, east}, {north, east}, {north, west}}
}

func reversed(r Ring) Ring {
	r = slices.Clone(r)
	slices.Reverse(r)
	return r
}

func turned(ps []Position, by float64) []Position {
	out := slices.Clone(ps)
	for i := range out {
		out[i].Lon = WrapLongitude(out[i].Lon + by)
	}
	return out
}

func TestPolygonContains(t *testing.T) {
	lake := Polygon{box(-17, -70, -15, -68), box(-16.2, -69.2, -15.8, -68.8)}
	date := Polygon{box(-17, 179, -15, -179)}
	arctic := Polygon{Ring{{80, 0}, {75, 90}, {80, 180}, {70, -90}}}
	antarctic := Polygon{Ring{{-70, 0}, {-75, 100}, {-60, -130}}}
	atPole := Polygon{Ring{{90, 0}, {80, 10}, {80, 80}}}
	// As many files have it: along the antimeridian to the pole and back.
	cut := Polygon{Ring{{-70, -180}, {-70, -90}, {-70, 0}, {-70, 90}, {-70, 180}, {-90, 180}, {-90, -180}}}
	for _, c := range []struct {
		name string
		pg   Polygon
		p    Position
		want bool
	}{
		{"inside", lake, Position{-15.5, -69}, true},
		{"hole", lake, Position{-16, -69}, false},
		{"outside", lake, Position{-14, -69}, false},
		{"behind the earth", lake, Position{-15.5, 111}, false},
		{"antimeridian from the west", date, Position{-16, 179.5}, true},
		{"antimeridian from the east", date, Position{-16, -179.5}, true},
		{"on the antimeridian", date, Position{-16, 180}, true},
		{"on the antimeridian, too", date, Position{-16, -180}, true},
		{"west of it", date, Position{-16, 178.9}, false},
		{"meridian 0", date, Position{-16, 0}, false},
		{"north pole", arctic, Position{90, 0}, true},
		{"round the north pole", arctic, Position{85, -90}, true},
		{"below", arctic, Position{65, -90}, false},
		{"south pole of the northern", arctic, Position{-90, 0}, false},
		{"south pole", antarctic, Position{-90, 0}, true},
		{"round the south pole", antarctic, Position{-80, 50}, true},
		{"north of the southern", antarctic, Position{-50, 50}, false},
		{"north pole of the southern", antarctic, Position{90, 0}, false},
		{"with a corner on the pole", atPole, Position{85, 45}, true},
		{"beyond the pole", atPole, Position{85, -135}, false},
		{"cut at the antimeridian", cut, Position{-80, 33}, true},
		{"cut, at the cut", cut, Position{-80, 180}, true},
		{"cut, outside", cut, Position{-60, 33}, false},
		{"no position", lake, Position{math.NaN(), 0}, false},
		{"beyond the pole in degrees", arctic, Position{91, 0}, false},
		{"nothing", Polygon{}, Position{}, false},
		{"an empty ring", Polygon{nil}, Position{}, false},
		{"a line", Polygon{Ring{{0, 0}, {0, 1}}}, Position{0, 0.5}, false},
	} {
		if got := c.pg.Contains(c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := c.pg.Index().Contains(c.p); got != c.want {
			t.Errorf("%s, prepared: %v", c.name, got)
		}
		var back Polygon
		for _, r := range c.pg {
			back = append(back, reversed(r))
		}
		if got := back.Contains(c.p); got != c.want {
			t.Errorf("%s, the other way round: %v", c.name, got)
		}
		if c.p.Valid() {
			if d := c.pg.Distance(c.p); d != 0 && (d < 0) != c.want {
				t.Errorf("%s: distance %v", c.name, d)
			}
		}
	}
}

// Places 1 m left and right of an edge are told apart, whatever its length and
// wherever it lies, and the distance is right to 2 mm.
func TestOneMetre(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 16))
	starts := []Position{{-16, -69}, {-16, 180}, {-16, -179.9995}, {80, 20}, {80, 179.9}, {0, 0}, {0, -180}, {-89.5, 10}, {89.99, 77}, {47, 8}}
	worst := 0.0
	for _, length := range []float64{2.5, 100, 3e3, 80e3, 150e3, 1200e3} {
		for _, start := range starts {
			for range 40 {
				bearing := r.Float64() * 360
				end, _ := Direct(start, bearing, length)
				share := 0.1 + 0.8*r.Float64()
				middle, course := Direct(start, bearing, length*share)
				left, _ := Direct(middle, course-90, 1)
				right, _ := Direct(middle, course+90, 1)
				third, _ := Direct(middle, course-90, length)

				line := Line{start, end}
				for _, c := range []struct {
					p    Position
					want float64
				}{{left, 1}, {right, -1}} {
					on, d, leg := line.Nearest(c.p)
					worst = max(worst, math.Abs(d-c.want))
					if math.Abs(d-c.want) > 2e-3 || leg != 0 || Distance(on, middle) > 2e-3 {
						t.Fatalf("%v m from %v towards %v: %v m at %v, not %v m at %v", length, start, bearing, d, on, c.want, middle)
					}
				}
				ring := Polygon{Ring{start, end, third}}
				if !ring.Contains(left) || ring.Contains(right) {
					t.Fatalf("%v m from %v towards %v: left inside %v, right inside %v",
						length, start, bearing, ring.Contains(left), ring.Contains(right))
				}
				if a, b := ring.Distance(left), ring.Distance(right); length > 100 && (math.Abs(a+1) > 2e-3 || math.Abs(b-1) > 2e-3) {
					t.Fatalf("%v m from %v towards %v: distances %v, %v", length, start, bearing, a, b)
				}
				where, _, ok := line.Crosses(left, right)
				if !ok || Distance(where, middle) > 2e-3 {
					t.Fatalf("%v m from %v towards %v: crossing %v at %v, not %v", length, start, bearing, ok, where, middle)
				}
				ahead, _ := Direct(left, course, 0.5)
				if where, _, ok := line.Crosses(left, ahead); ok {
					t.Fatalf("a movement beside the line crosses it at %v", where)
				}
			}
		}
	}
	t.Logf("distances to edges of 2.5 m to 1,200 km are right to %.2g mm", worst*1e3)
}

// star is a random ring round a centre, counter-clockwise, no corner farther
// than size.
func star(t *rapid.T, centre Position, size float64) Ring {
	n := rapid.IntRange(4, 24).Draw(t, "corners")
	ring := make(Ring, n)
	for i := range ring {
		bearing := 360 * (float64(i) + 0.9*rapid.Float64Range(0, 1).Draw(t, "turn")) / float64(n)
		ring[i], _ = Direct(centre, -bearing, size*rapid.Float64Range(0.1, 1).Draw(t, "reach"))
	}
	return ring
}

func drawStar(t *rapid.T) (Position, float64, Ring) {
	centre := positions().Draw(t, "centre")
	size := math.Pow(10, rapid.Float64Range(1, 5.7).Draw(t, "log size"))
	return centre, size, star(t, centre, size)
}

func near(t *rapid.T, centre Position, size float64) Position {
	p, _ := Direct(centre, rapid.Float64Range(0, 360).Draw(t, "bearing"), 1.3*size*math.Sqrt(rapid.Float64Range(0, 1).Draw(t, "far")))
	return p
}

func TestPolygonProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		centre, size, ring := drawStar(t)
		p := near(t, centre, size)
		pg := Polygon{ring}
		inside, d := pg.Contains(p), pg.Distance(p)
		if inside != (d < 0) {
			t.Fatalf("inside %v, distance %v", inside, d)
		}
		if x := pg.Index(); x.Contains(p) != inside || x.Distance(p) != d {
			t.Fatalf("prepared: inside %v, distance %v; not %v, %v", x.Contains(p), x.Distance(p), inside, d)
		}
		if b, ok := pg.Box(); !ok || (inside && !b.Contains(p)) {
			t.Fatalf("the box %+v has not %v, which is inside", b, p)
		}
		if math.Abs(d) < 1e-3 {
			return // so near the border rounding decides
		}
		// Neither the start nor the sense of the ring nor the longitude counts.
		k := rapid.IntRange(0, len(ring)-1).Draw(t, "start")
		by := rapid.SampledFrom([]float64{180 - centre.Lon, -180 - centre.Lon, -centre.Lon, 90, 359, -359.9}).Draw(t, "by")
		same := Polygon{turned(append(slices.Clone(ring[k:]), ring[:k]...), by)}
		q := turned([]Position{p}, by)[0]
		if rapid.Bool().Draw(t, "reverse") {
			same[0] = reversed(same[0])
		}
		if same.Contains(q) != inside || math.Abs(same.Distance(q)-d) > 1e-6 {
			t.Fatalf("turned by %v: inside %v, distance %v; not %v, %v", by, same.Contains(q), same.Distance(q), inside, d)
		}
		if a, b := pg.Area(), same.Area(); math.Abs(a-b) > 1+1e-9*a {
			t.Fatalf("turned by %v: area %v, not %v", by, b, a)
		}
		// As a hole of something bigger it holds the opposite.
		around := make(Ring, 8)
		for i := range around {
			around[i], _ = Direct(centre, 45*float64(i), 2*size)
		}
		if (Polygon{around, ring}).Contains(p) == inside {
			t.Fatal("the hole does not turn inside out")
		}
		// With other means: straight lines on a plane, for small rings.
		if size < 5e3 && math.Abs(d) > 0.01 && flatContains(ring, p) != inside {
			t.Fatalf("inside %v, but not on the plane", inside)
		}
	})
}

// flatContains is the even-odd rule on p's plane.
func flatContains(r Ring, p Position) bool {
	pl, inside := NewPlane(p), false
	for i := range r {
		ax, ay := pl.XY(r[i])
		bx, by := pl.XY(r[(i+1)%len(r)])
		if (ay > 0) != (by > 0) && ax+(bx-ax)*ay/(ay-by) > 0 {
			inside = !inside
		}
	}
	return inside
}

// A corner on a pole may name any longitude.
func TestCornerOnPole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pole := rapid.SampledFrom([]float64{90, -90}).Draw(t, "pole")
		// Many the same, but none a rounding error from another.
		lon := rapid.OneOf(rapid.Map(rapid.IntRange(-4, 4), func(i int) float64 { return 45 * float64(i) }),
			rapid.Map(rapid.IntRange(-180000, 180000), func(i int) float64 { return float64(i) / 1000 }))
		lat := rapid.Map(rapid.Float64Range(0.5, 0.95), func(f float64) float64 { return pole * f })
		start, n := lon.Draw(t, "start"), rapid.IntRange(2, 5).Draw(t, "corners")
		ring := Ring{{pole, lon.Draw(t, "at the pole")}}
		for i := range n {
			ring = append(ring, Position{lat.Draw(t, "lat"), WrapLongitude(start + 170*float64(i)/float64(n))})
		}
		p := Position{lat.Draw(t, "p lat"), lon.Draw(t, "p lon")}
		// Cut the corner off, a hair from the pole.
		cut := slices.Clone(ring[1:])
		cut = append(cut, Position{pole * (1 - 1e-9), ring[n].Lon}, Position{pole * (1 - 1e-9), ring[1].Lon})
		if math.Abs((Polygon{ring}).Distance(p)) < 1 {
			return
		}
		if ring.Contains(p) != cut.Contains(p) {
			t.Fatalf("%v in %v: %v; without the pole %v", p, ring, ring.Contains(p), cut.Contains(p))
		}
	})
}

// Two rings that share an edge share no position, and leave none out.
func TestNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		centre, size, ring := drawStar(t)
		if math.Abs(centre.Lat) == 90 {
			return // see Ring.Contains
		}
		half := rapid.IntRange(2, len(ring)-1).Draw(t, "half")
		a, b := slices.Clone(ring[:half]), slices.Clone(ring[half-1:])
		a, b = append(a, centre), append(b, ring[0], centre)
		// On the shared edges: from the centre to two corners.
		corner := ring[0]
		if rapid.Bool().Draw(t, "other edge") {
			corner = ring[half-1]
		}
		m, bearing, _ := Inverse(centre, corner)
		p, _ := Direct(centre, bearing, m*rapid.Float64Range(0.01, 0.99).Draw(t, "share"))
		if size > 1e3 && (Polygon{ring}).Distance(p) < -1 && a.Contains(p) == b.Contains(p) {
			t.Fatalf("%v on the edge: in both or none: %v", p, a.Contains(p))
		}
	})
}

// sampled gives the smallest distance to places on the chain, a step apart.
func sampled(chain []Position, p Position, step float64) float64 {
	least := Distance(p, chain[0])
	for i := 1; i < len(chain); i++ {
		metres, bearing, _ := Inverse(chain[i-1], chain[i])
		for s := 0.0; s < metres; s += step {
			q, _ := Direct(chain[i-1], bearing, s)
			least = min(least, Distance(p, q))
		}
		least = min(least, Distance(p, chain[i]))
	}
	return least
}

func TestNearestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		centre, size, ring := drawStar(t)
		line, p := Line(ring), near(t, centre, size)
		on, d, leg := line.Nearest(p)
		if math.Abs(Distance(p, on)-math.Abs(d)) > 1e-9 {
			t.Fatalf("%v m, but %v m to %v", d, Distance(p, on), on)
		}
		if best := sampled(line, p, size/100); math.Abs(d) > best+3e-3 {
			t.Fatalf("%v m, but somewhere it is %v m", d, best)
		}
		if best := sampled(line[leg:leg+2], on, size/100); best > size/100 {
			t.Fatalf("the place is %v m off its leg %d", best, leg)
		}
		if on2, d2, leg2 := line.Index().Nearest(p); on2 != on || d2 != d || leg2 != leg {
			t.Fatalf("prepared: %v, %v, %v; not %v, %v, %v", on2, d2, leg2, on, d, leg)
		}
		back := Line(reversed(ring))
		if _, d2, _ := back.Nearest(p); math.Abs(d) > 1e-3 && math.Abs(d+d2) > 3e-3 {
			t.Fatalf("%v m there, %v m back", d, d2)
		}
		// Inside of a counter-clockwise closed line is left.
		closed := append(slices.Clone(line), line[0])
		if _, d, _ := closed.Nearest(p); math.Abs(d) > 1e-2 && (d > 0) != (Polygon{ring}).Contains(p) {
			t.Fatalf("%v m from the closed line, but inside %v", d, !(d > 0))
		}
	})
}

func TestNearestTable(t *testing.T) {
	n := func(lat, lon float64) Position { return Position{lat, lon} }
	angle := Line{n(0, 0), n(0, 1), n(1, 1)} // east, then north: a left turn
	for _, c := range []struct {
		name string
		line Line
		p    Position
		on   Position
		sign float64
		leg  int
	}{
		{"left", angle, n(0.1, 0.5), n(0, 0.5), 1, 0},
		{"right", angle, n(-0.1, 0.5), n(0, 0.5), -1, 0},
		{"outside the corner", angle, n(-0.1, 1.1), n(0, 1), -1, 0},
		{"inside the corner", angle, n(0.2, 0.9), n(0.2, 1), 1, 1},
		{"before the start, left", angle, n(0.1, -1), n(0, 0), 1, 0},
		{"before the start, right", angle, n(-0.1, -1), n(0, 0), -1, 0},
		{"beyond the end, left", angle, n(2, 0.9), n(1, 1), 1, 1},
		{"beyond the end, right", angle, n(2, 1.1), n(1, 1), -1, 1},
		{"doubled start", Line{n(0, 0), n(0, 0), n(0, 1)}, n(-0.1, -1), n(0, 0), -1, 0},
		{"doubled corner", Line{n(0, 0), n(0, 1), n(0, 1), n(1, 1)}, n(-0.1, 1.1), n(0, 1), -1, 0},
		{"doubled end", Line{n(0, 0), n(0, 1), n(0, 1)}, n(-0.1, 2), n(0, 1), -1, 0},
		{"corner of a closed line", Line{n(0, 0), n(0, 1), n(1, 1), n(0, 0)}, n(-0.1, -0.1), n(0, 0), -1, 0},
		{"a lone position", Line{n(0, 0)}, n(0.1, 0), n(0, 0), 1, 0},
		{"a lone position twice", Line{n(0, 0), n(0, 0)}, n(-0.1, 0), n(0, 0), 1, 0},
		{"antimeridian", Line{n(0, 179.9), n(0, -179.9)}, n(-0.1, 180), n(0, -180), -1, 0},
		{"written in two ways", Line{n(0, 180), n(0, -180), n(0, -179)}, n(-0.1, 179), n(0, -180), -1, 0},
		{"the other side of the earth", Line{n(0, 0), n(0, 1)}, n(10, -170), n(0, 0), 1, 0},
	} {
		on, d, leg := c.line.Nearest(c.p)
		if Distance(on, c.on) > 50 || d*c.sign < 0 || leg != c.leg || math.Abs(math.Abs(d)-Distance(on, c.p)) > 1e-9 {
			t.Errorf("%s: %v, %v m, leg %d; want %v, sign %v, leg %d", c.name, on, d, leg, c.on, c.sign, c.leg)
		}
	}
	for _, l := range []Line{nil, {}} {
		if on, d, leg := l.Nearest(n(0, 0)); leg != -1 || !math.IsNaN(d) || on.Valid() {
			t.Errorf("nothing is near: %v, %v, %v", on, d, leg)
		}
		if _, _, leg := l.Index().Nearest(n(0, 0)); leg != -1 {
			t.Errorf("nothing is near, prepared: %v", leg)
		}
	}
	if _, d, leg := angle.Nearest(n(math.NaN(), 0)); leg != -1 || !math.IsNaN(d) {
		t.Errorf("no position is near: %v, %v", d, leg)
	}
}

func TestCrossesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		centre, size, ring := drawStar(t)
		a, b := near(t, centre, size), near(t, centre, size)
		closed := Line(append(slices.Clone(ring), ring[0]))
		where, leg, ok := closed.Crosses(a, b)
		pg := Polygon{ring}
		da, db := pg.Distance(a), pg.Distance(b)
		if math.Abs(da) > 2e-3 && math.Abs(db) > 2e-3 && (da < 0) != (db < 0) && !ok {
			t.Fatalf("from inside to outside without crossing: %v m, %v m", da, db)
		}
		if w, l, o := closed.Index().Crosses(a, b); w != where || l != leg || o != ok {
			t.Fatalf("prepared: %v, %v, %v; not %v, %v, %v", w, l, o, where, leg, ok)
		}
		if !ok {
			return
		}
		if _, d, _ := (Line{a, b}).Nearest(where); math.Abs(d) > 5e-3 {
			t.Fatalf("the crossing is %v m off the movement", d)
		}
		if _, d, _ := closed[leg : leg+2].Nearest(where); math.Abs(d) > 5e-3 {
			t.Fatalf("the crossing is %v m off leg %d", d, leg)
		}
		// No crossing before the first.
		if m, bearing, _ := Inverse(a, where); m > 1 {
			short, _ := Direct(a, bearing, m-0.1)
			if w, _, ok := closed.Crosses(a, short); ok && Distance(w, where) > 0.2 {
				t.Fatalf("crosses at %v before %v", w, where)
			}
		}
		if _, _, ok := closed.Crosses(b, a); !ok && math.Abs(da) > 2e-3 && math.Abs(db) > 2e-3 {
			t.Fatal("crosses there but not back")
		}
	})
}

// A walk over a line crosses it as often as it changes sides, also when it
// stops exactly on a corner or on a leg.
func TestNoCrossingIsLostOrDoubled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		centre := positions().Draw(t, "centre")
		if math.Abs(centre.Lat) > 89 {
			return
		}
		line := make(Line, 0, 5)
		for i := -2; i <= 2; i++ { // from south to north, with a bend at every corner
			p, _ := Direct(centre, 0, 1000*float64(i))
			p, _ = Direct(p, 90, rapid.Float64Range(-300, 300).Draw(t, "bend"))
			line = append(line, p)
		}
		west, _ := Direct(centre, 270, 900)
		east, _ := Direct(centre, 90, 900)
		stop := rapid.SampledFrom([]Position{line[1], line[2], line[3]}).Draw(t, "stop")
		if rapid.Bool().Draw(t, "on a leg") {
			m, bearing, _ := Inverse(line[1], line[2])
			stop, _ = Direct(line[1], bearing, m*rapid.Float64Range(0.001, 0.999).Draw(t, "share"))
		}
		from, to := west, east
		if rapid.Bool().Draw(t, "westwards") {
			from, to = to, from
		}
		_, _, first := line.Crosses(from, stop)
		_, _, second := line.Crosses(stop, to)
		if first == second {
			t.Fatalf("the walk over %v crosses in both halves or none: %v", stop, first)
		}
		_, _, out := line.Crosses(from, stop)
		_, _, back := line.Crosses(stop, from)
		if out != back {
			t.Fatalf("to %v and back: %v, %v", stop, out, back)
		}
	})
}

func TestCrossesTable(t *testing.T) {
	n := func(lat, lon float64) Position { return Position{lat, lon} }
	date := Line{n(-20, 180), n(-10, -180)}
	for _, c := range []struct {
		name string
		line Line
		a, b Position
		ok   bool
		leg  int
	}{
		{"over the antimeridian", date, n(-16, 179.9), n(-16, -179.9), true, 0},
		{"back", date, n(-16, -179.9), n(-16, 179.9), true, 0},
		{"short of it", date, n(-16, 179.8), n(-16, 179.9), false, -1},
		{"past its end", date, n(-9, 179.9), n(-9, -179.9), false, -1},
		{"behind the earth", date, n(-16, -1), n(-16, 1), false, -1},
		{"half round the earth", Line{n(-10, 0), n(10, 0)}, n(0, -80), n(0, 80), true, 0},
		{"far beside", Line{n(-10, 0), n(10, 0)}, n(40, -80), n(40, 80), false, -1},
		{"over the pole", Line{n(85, 90), n(85, -90)}, n(89, 10), n(89, 170), true, 0},
		{"standing", Line{n(0, 0), n(0, 1)}, n(0, 0.5), n(0, 0.5), false, -1},
		{"the second of two", Line{n(0, 0), n(0, 1), n(1, 1)}, n(0.5, 0.9), n(0.5, 1.1), true, 1},
		{"the first on the way", Line{n(0, 0), n(1, 0), n(1, 1), n(0, 1)}, n(0.5, 2), n(0.5, -1), true, 2},
		{"an empty line", nil, n(0, 0), n(0, 1), false, -1},
		{"a lone position", Line{n(0, 0)}, n(0, -1), n(0, 1), false, -1},
		{"not a number", Line{n(-1, 0), n(1, 0)}, n(math.NaN(), 0), n(0, 1), false, -1},
	} {
		where, leg, ok := c.line.Crosses(c.a, c.b)
		if ok != c.ok || leg != c.leg {
			t.Errorf("%s: %v, leg %d at %v", c.name, ok, leg, where)
		}
	}
}

func TestAreaAgainstGeographicLib(t *testing.T) {
	planimeter := peer.Command(t, "Planimeter")
	r := rand.New(rand.NewPCG(6371, 7))
	var rings []Ring
	for i := range 600 {
		centre := Position{Lat: math.Asin(2*r.Float64()-1) * 180 / math.Pi, Lon: r.Float64()*360 - 180}
		size := math.Pow(10, 1+5.5*r.Float64())
		if i%10 == 0 {
			centre.Lat = math.Copysign(90-r.Float64(), centre.Lat)
			size = 1e6
		}
		ring := make(Ring, 3+r.IntN(20))
		for k := range ring {
			ring[k], _ = Direct(centre, -360*(float64(k)+0.9*r.Float64())/float64(len(ring)), size*(0.2+0.8*r.Float64()))
		}
		rings = append(rings, ring)
	}
	rings = append(rings,
		Ring{{-70, 0}, {-75, 100}, {-60, -130}}, Ring{{80, 0}, {75, 90}, {80, 180}, {70, -90}},
		Ring{{0, 0}, {0, 90}, {90, 0}}, box(-17, 179, -15, -179), box(-16.0001, -69.0001, -16, -69))
	var in strings.Builder
	for _, ring := range rings {
		for _, p := range ring {
			fmt.Fprintf(&in, "%.17f %.17f\n", p.Lat, p.Lon)
		}
		in.WriteString("\n")
	}
	cmd := exec.CommandContext(t.Context(), planimeter, "-p", "6")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Planimeter: %v", err)
	}
	worst := 0.0
	for i, line := range strings.Split(string(bytes.TrimSpace(out)), "\n") {
		var n int
		var perimeter, area float64
		if _, err := fmt.Sscan(line, &n, &perimeter, &area); err != nil {
			t.Fatalf("Planimeter says %q: %v", line, err)
		}
		area = math.Abs(area)
		got := rings[i].Area()
		worst = max(worst, math.Abs(got-area)/float64(n))
		if math.Abs(got-area) > 0.1*float64(n) {
			t.Errorf("ring %d: %f m2, GeographicLib says %f m2", i, got, area)
		}
		if back := reversed(rings[i]).Area(); math.Abs(back-area) > 0.1*float64(n) {
			t.Errorf("ring %d the other way round: %f m2, not %f m2", i, back, area)
		}
		if l := rings[i].Length(); math.Abs(l-perimeter) > 1e-6 {
			t.Errorf("ring %d: length %f m, GeographicLib says %f m", i, l, perimeter)
		}
	}
	t.Logf("%d rings: areas differ by at most %.2g m2 a leg", len(rings), worst)
}

func TestAreaTable(t *testing.T) {
	half := 2 * math.Pi * authalicRadius2
	square := box(0, 0, 1, 1)
	for _, c := range []struct {
		name string
		pg   Polygon
		want float64
	}{
		{"nothing", nil, 0},
		{"a line", Polygon{Ring{{0, 0}, {0, 1}}}, 0},
		{"an octant", Polygon{Ring{{0, 0}, {0, 90}, {90, 0}}}, half / 4},
		{"a hemisphere", Polygon{Ring{{0, 0}, {0, 90}, {0, 180}, {0, -90}}}, half},
		{"a hole as big", Polygon{square, square}, 0},
		{"a hole half as big", Polygon{square, box(0, 0, 1, 0.5)}, square.Area() - box(0, 0, 1, 0.5).Area()},
	} {
		if got := c.pg.Area(); math.Abs(got-c.want) > 1 {
			t.Errorf("%s: %f m2, want %f", c.name, got, c.want)
		}
	}
}
