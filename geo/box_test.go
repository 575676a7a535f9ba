package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestBoxTable(t *testing.T) {
	lake := Box{South: -17, West: -70, North: -15, East: -68}
	date := Box{South: -20, West: 170, North: 20, East: -170}
	whole := Box{South: -90, West: -180, North: 90, East: 180}
	for _, c := range []struct {
		name string
		box  Box
		p    Position
		want bool
	}{
		{"inside", lake, Position{-16, -69}, true},
		{"on the corner", lake, Position{-17, -70}, true},
		{"on the other corner", lake, Position{-15, -68}, true},
		{"north", lake, Position{-14.9, -69}, false},
		{"west", lake, Position{-16, -70.1}, false},
		{"west of the antimeridian", date, Position{0, 175}, true},
		{"east of it", date, Position{0, -175}, true},
		{"on it", date, Position{0, 180}, true},
		{"on it, too", date, Position{0, -180}, true},
		{"far", date, Position{0, 0}, false},
		{"everything", whole, Position{-90, 180}, true},
		{"one position", BoxOf(Position{1, 180}), Position{1, -180}, true},
		{"another position", BoxOf(Position{1, 2}), Position{1, 2.1}, false},
		{"from the antimeridian", Box{-1, -180, 1, -170}, Position{0, 180}, true},
		{"to the antimeridian", Box{-1, 170, 1, 180}, Position{0, -180}, true},
	} {
		if got := c.box.Contains(c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	for _, c := range []struct {
		name string
		a, b Box
		want bool
		u    Box
	}{
		{"apart", lake, date, false, Box{-20, 170, 20, -68}},
		{"overlap", lake, Box{-16, -69, 0, -60}, true, Box{-17, -70, 0, -60}},
		{"touch", lake, Box{-17, -68, -15, -60}, true, Box{-17, -70, -15, -60}},
		{"one in the other", date, Box{-1, 179, 1, -179}, true, date},
		{"north of it", lake, Box{-10, -70, -5, -68}, false, Box{-17, -70, -5, -68}},
		{"overlap at both ends", Box{0, -100, 1, 100}, Box{0, 90, 1, -90}, true, Box{0, -180, 1, 180}},
		{"everything", whole, lake, true, whole},
	} {
		for _, o := range [][2]Box{{c.a, c.b}, {c.b, c.a}} {
			if got := o[0].Intersects(o[1]); got != c.want {
				t.Errorf("%s: intersect %v", c.name, got)
			}
			if got := o[0].Union(o[1]); got != c.u {
				t.Errorf("%s: union %+v", c.name, got)
			}
		}
	}
	if g := lake.Grow(0); g != lake {
		t.Errorf("grown by nothing: %+v", g)
	}
	if g := (Box{80, 0, 89, 1}).Grow(200e3); g.North != 90 || g.width() != 360 {
		t.Errorf("grown over the pole: %+v", g)
	}
	if g := lake.Grow(math.NaN()); g != lake {
		t.Errorf("grown by no number: %+v", g)
	}
}

func boxes() *rapid.Generator[Box] {
	return rapid.Custom(func(t *rapid.T) Box {
		b := legBox(positions().Draw(t, "a"), positions().Draw(t, "b"))
		return b.Union(BoxOf(positions().Draw(t, "c")))
	})
}

// within gives a position in the box.
func (b Box) within(t *rapid.T) Position {
	share := rapid.Float64Range(0, 1)
	return Position{
		Lat: max(b.South, min(b.North, b.South+share.Draw(t, "north")*(b.North-b.South))),
		Lon: WrapLongitude(b.West + share.Draw(t, "east")*b.width()),
	}
}

func TestBoxProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := boxes().Draw(t, "a"), boxes().Draw(t, "b")
		p := a.within(t)
		grown := a.Grow(0.001) // for the rounding of p
		if !grown.Contains(p) {
			t.Fatalf("%+v does not contain %v", grown, p)
		}
		if u := a.Union(b); !u.Grow(0.001).Contains(p) || u.width() > max(a.width(), b.width(), a.width()+b.width()+180) {
			t.Fatalf("the union %+v does not contain %v", u, p)
		}
		if b.Contains(p) && !b.Intersects(grown) {
			t.Fatalf("%v is in both, but they do not intersect", p)
		}
		if a.Intersects(b) != b.Intersects(a) {
			t.Fatal("only one of them intersects the other")
		}
		if math.Abs(p.Lat) <= 90 {
			metres := math.Pow(10, rapid.Float64Range(0, 6).Draw(t, "log metres"))
			q, _ := Direct(p, rapid.Float64Range(0, 360).Draw(t, "bearing"), metres)
			if g := a.Grow(1.0001*metres + 0.001); !g.Contains(q) {
				t.Fatalf("%v is %v m from %v, but not in %+v", q, metres, p, g)
			}
			// The bound by which far legs are left out.
			if bound, d := a.atLeast(q, newView(q)), Distance(p, q); bound > d+1e-3 {
				t.Fatalf("%v is %v m from %v inside, but at least %v m from the box", q, d, p, bound)
			}
		}
	})
}

// The box of a leg holds the leg.
func TestLegBox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := positions().Draw(t, "a")
		metres := math.Pow(10, rapid.Float64Range(0, 7.2).Draw(t, "log metres"))
		bearing := rapid.Float64Range(0, 360).Draw(t, "bearing")
		b, _ := Direct(a, bearing, metres)
		box := legBox(a, b)
		_, bearing, _ = Inverse(a, b)
		for i := range 21 {
			p, _ := Direct(a, bearing, Distance(a, b)*float64(i)/20)
			if !box.Contains(p) && math.Abs(p.Lat) < 89.999 {
				t.Fatalf("the box %+v of %v to %v does not hold %v", box, a, b, p)
			}
		}
	})
}
