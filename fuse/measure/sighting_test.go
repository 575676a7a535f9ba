package measure

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"atalaya/geo"
)

// TestFootprint: known shapes, both ways round, anywhere.
func TestFootprint(t *testing.T) {
	square := []Point{{0, 0}, {60, 0}, {60, 30}, {0, 30}}
	angle := []Point{{0, 0}, {30, 0}, {30, 10}, {10, 10}, {10, 30}, {0, 30}} // not convex
	for _, c := range []struct {
		name               string
		corners            []Point
		x, y, xx, xy, yy   float64
		shiftedX, shiftedY float64
	}{
		{"rectangle", square, 30, 15, 300, 0, 75, 0, 0},
		{"far rectangle", square, 30, 15, 300, 0, 75, 3e6, -4e6},
		{"triangle", []Point{{0, 0}, {6, 0}, {0, 12}}, 2, 4, 2, -2, 8, 0, 0},
		{"angle", angle, 11, 11, 72.333333333333, -36, 72.333333333333, 50, 60},
		{"closed", []Point{{0, 0}, {60, 0}, {60, 30}, {0, 30}, {0, 0}}, 30, 15, 300, 0, 75, 0, 0},
	} {
		for _, back := range []bool{false, true} {
			corners := slices.Clone(c.corners)
			if back {
				slices.Reverse(corners)
			}
			for i := range corners {
				corners[i].X += c.shiftedX
				corners[i].Y += c.shiftedY
			}
			m, err := Footprint(corners)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			got := [5]float64{m.X - c.shiftedX, m.Y - c.shiftedY, m.Cov.EE, m.Cov.EN, m.Cov.NN}
			for i, want := range [5]float64{c.x, c.y, c.xx, c.xy, c.yy} {
				if math.Abs(got[i]-want) > 1e-8 {
					t.Errorf("%s: %v, want %v %v %v %v %v", c.name, got, c.x, c.y, c.xx, c.xy, c.yy)
					break
				}
			}
		}
	}
}

// TestFootprintByDraws: random stars have the moments of points drawn in them.
func TestFootprintByDraws(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 5 {
		var star []Point
		for k := range 12 {
			b := 2 * math.Pi * (float64(k) + 0.8*r.Float64()) / 12
			d := 100 + 900*r.Float64()
			star = append(star, Point{5000 + d*math.Sin(b), 700 + d*math.Cos(b)})
		}
		m, err := Footprint(star)
		if err != nil {
			t.Fatal(err)
		}
		var n, x, y, xx, xy, yy float64
		for range 300000 {
			p := Point{4000 + 2000*r.Float64(), -300 + 2000*r.Float64()}
			inside := false
			for i, a := range star {
				b := star[(i+1)%len(star)]
				if (a.Y > p.Y) != (b.Y > p.Y) && p.X < a.X+(p.Y-a.Y)/(b.Y-a.Y)*(b.X-a.X) {
					inside = !inside
				}
			}
			if inside {
				dx, dy := p.X-m.X, p.Y-m.Y
				n, x, y, xx, xy, yy = n+1, x+dx, y+dy, xx+dx*dx, xy+dx*dy, yy+dy*dy
			}
		}
		size := math.Sqrt(m.Cov.EE + m.Cov.NN)
		if math.Hypot(x, y)/n > 0.01*size || math.Abs(xx/n-m.Cov.EE)+math.Abs(xy/n-m.Cov.EN)+math.Abs(yy/n-m.Cov.NN) > 0.02*size*size {
			t.Errorf("%+v; drawn %.1f %.1f off, %.0f %.0f %.0f", m, x/n, y/n, xx/n, xy/n, yy/n)
		}
	}
}

// TestNoFootprint: hostile corners are refused by name.
func TestNoFootprint(t *testing.T) {
	many := make([]Point, MostCorners+1)
	for i := range many {
		many[i] = Point{math.Sin(float64(i) / 100), math.Cos(float64(i) / 100)}
	}
	for _, c := range []struct {
		name    string
		corners []Point
		want    error
	}{
		{"none", nil, ErrCorners},
		{"one", []Point{{1, 1}}, ErrCorners},
		{"a closed line", []Point{{0, 0}, {1, 1}, {0, 0}}, ErrCorners},
		{"too many", many, ErrCorners},
		{"not a number", []Point{{0, 0}, {math.NaN(), 0}, {1, 1}}, ErrCorner},
		{"endless", []Point{{0, 0}, {math.Inf(1), 0}, {1, 1}}, ErrCorner},
		{"a line", []Point{{0, 0}, {1, 1}, {2, 2}}, ErrArea},
		{"almost a line", []Point{{0, 0}, {1e6, 0}, {2e6, 1e-3}}, ErrArea},
		{"a hair", []Point{{0, 0}, {1, 0}, {1, 1e-4}, {0, 1e-4}}, ErrArea},
		{"a point", []Point{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, ErrArea},
		{"bow tie", []Point{{0, 0}, {1, 1}, {1, 0}, {0, 1}}, ErrSides},
		{"lopsided bow tie", []Point{{0, 0}, {10, 10}, {10, 0}, {0, 1}}, ErrSides},
		{"touching", []Point{{0, 0}, {4, 0}, {4, 4}, {2, 0}, {0, 4}}, ErrSides},
	} {
		if m, err := Footprint(c.corners); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v, want %v", c.name, m, err, c.want)
		}
	}
}

// TestTold: 95 of 100 lie within the radius that was told.
func TestTold(t *testing.T) {
	m := Told(3, 4, 500)
	r := rand.New(rand.NewPCG(1, 1))
	in := 0
	for range 100000 {
		if math.Hypot(r.NormFloat64()*math.Sqrt(m.Cov.EE), r.NormFloat64()*math.Sqrt(m.Cov.NN)) < 500 {
			in++
		}
	}
	if in < 94700 || in > 95300 {
		t.Errorf("%d of 100000 lie within", in)
	}
	if a, b := Told(0, 0, 0), Told(0, 0, 10); a != b {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestContradict(t *testing.T) {
	lake := geo.Position{Lat: -16, Lon: -69}
	sea, above := geo.SeaHeight(3810).Height(), geo.SeaHeight(5000).Height()
	same := geo.SeaHeight(3810).Ellipsoid(lake).Height()
	for _, c := range []struct {
		name     string
		a, b     geo.Height
		asd, bsd float64
		want     bool
	}{
		{"the same", sea, sea, 10, 10, false},
		{"the same by another datum", sea, same, 1, 1, false},
		{"far apart", sea, above, 100, 100, true},
		{"the other way", above, same, 100, 100, true},
		{"badly known", sea, above, 10, 500, false},
		{"nothing stated", sea, above, 0, math.NaN(), true},
		{"near, nothing stated", sea, geo.SeaHeight(3900).Height(), 0, 0, false},
		{"one unknown", sea, geo.Height{}, 1, 1, false},
		{"pressure and sea", sea, geo.PressureHeight(9000).Height(), 1, 1, false},
		{"pressures", geo.PressureHeight(4000).Height(), geo.PressureHeight(9000).Height(), 1, 1, true},
		{"not a number", sea, geo.SeaHeight(math.NaN()).Height(), 1, 1, false},
	} {
		if got := Contradict(c.a, c.b, c.asd, c.bsd, lake, 4); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestGround: range over ground by draws of what is not known.
func TestGround(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct{ ground, rise, slantSD, riseSD float64 }{
		{5000, -200, 20, 10}, {5000, 3000, 30, 100}, {300, 3000, 30, 100}, {0, 1000, 20, 20}, {30e3, 9000, 100, 300},
	} {
		const runs = 20000
		var bias, square, size float64
		n := 0.0
		for range runs {
			slant := math.Hypot(c.ground, c.rise) + c.slantSD*r.NormFloat64()
			g, sd, ok := Ground(slant, c.slantSD, c.rise+c.riseSD*r.NormFloat64(), c.riseSD)
			if !ok {
				continue
			}
			n++
			bias += g - c.ground
			square += (g - c.ground) * (g - c.ground)
			size += sd * sd
		}
		if n < 0.99*runs {
			t.Errorf("%+v: %v of %v are possible", c, n, runs)
		}
		// Never too sure; near the point below the sensor it may be less sure than
		// it could.
		if ratio := square / size; ratio > 1.2 || c.ground > math.Abs(c.rise) && ratio < 0.85 {
			t.Errorf("%+v: bias %.1f, squared error is %.2f of what is said", c, bias/n, ratio)
		}
	}
	for _, c := range [][4]float64{{1000, 10, 2000, 10}, {0, 1, 0, 1}, {-5, 1, 0, 1}, {math.NaN(), 1, 0, 1}, {1000, math.NaN(), 0, 1}, {1000, 1, math.Inf(1), 1}, {math.Inf(1), 1, 1, 1}} {
		if g, sd, ok := Ground(c[0], c[1], c[2], c[3]); ok {
			t.Errorf("%v gives %v, %v", c, g, sd)
		}
	}
}

// TestLift: without bias, and as sure as it says.
func TestLift(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 4))
	const runs = 200000
	for _, c := range []struct{ slant, elevation, slantSD, sd float64 }{{5000, 0.1, 20, 0.02}, {9000, 0.9, 50, 0.1}, {4000, 1.5, 20, 0.05}} {
		ground, rise := c.slant*math.Cos(c.elevation), c.slant*math.Sin(c.elevation)
		var e, n, ee, nn, vee, vnn float64
		for range runs {
			g, gsd, h, hsd := Lift(c.slant+c.slantSD*r.NormFloat64(), c.slantSD, c.elevation+c.sd*r.NormFloat64(), c.sd)
			h -= g * g / (2 * bent)
			e, n = e+g-ground, n+h-rise
			ee, nn = ee+(g-ground)*(g-ground), nn+(h-rise)*(h-rise)
			vee, vnn = vee+gsd*gsd, vnn+hsd*hsd
		}
		if math.Abs(ee/vee-1) > 0.05 || math.Abs(nn/vnn-1) > 0.05 {
			t.Errorf("%+v: squared errors are %.3f and %.3f of what is said; bias %.1f and %.1f", c, ee/vee, nn/vnn, e/runs, n/runs)
		}
	}
}
