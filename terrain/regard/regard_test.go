package regard

import (
	"errors"
	"math"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/sensor"
	"atalaya/terrain"
	"atalaya/terrain/sight"
	"atalaya/valid"
)

const level = 3810.0 // of the lake, metres above the sea

func site() geo.Position { return geo.Position{Lat: -16, Lon: -69} }

// lake is a lake with a hill across the east, 5 km from the site, 2 km long and
// 150 m high; posts are a multiple of 3" apart.
func lake(t testing.TB, coarse int, about terrain.About) *terrain.Grid {
	t.Helper()
	const w, h = 481, 481
	n := (w-1)/coarse + 1
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69.2, Y0: -15.8, DX: float64(coarse) / 1200, DY: float64(coarse) / 1200, Width: n, Height: n}
	z := make([]float32, n*n)
	plane := geo.NewPlane(site())
	for i := range z {
		x, y := plane.XY(l.Position(float64(i%n), float64(i/n)))
		z[i] = level
		if x > 4900 && x < 5200 && math.Abs(y) < 1000 {
			z[i] += 150
		}
		if math.Abs(x) < 200 && math.Abs(y) < 200 {
			z[i] += 20
		}
		if x < -9000 && y > 9000 {
			z[i] = float32(math.NaN())
		}
	}
	g, err := terrain.NewGrid(l, about, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func radar(mast float64) sensor.Sensor {
	return sensor.Sensor{
		ID: "r1", Kind: sensor.Radar, Valid: valid.Record{Number: 1}, Position: site(), Height: geo.SeaHeight(level + 20 + mast).Height(),
		MaxRange: 18_000, Detection: 0.9,
	}
}

func field(t testing.TB, s sensor.Sensor, levels ...terrain.Source) *Field {
	t.Helper()
	f, err := Make(t.Context(), Config{Sensor: s, Levels: levels})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func place(east, north float64) geo.Position { return geo.NewPlane(site()).Position(east, north) }

func TestSees(t *testing.T) {
	f := field(t, radar(30), lake(t, 1, terrain.About{Name: "lake", SD: 3}))
	none, ground := geo.Height{}, func(m float64) geo.Height { return geo.GroundHeight(m).Height() }
	sea := func(m float64) geo.Height { return geo.SeaHeight(m).Height() }
	for _, c := range []struct {
		name  string
		p     geo.Position
		h     geo.Height
		pd    float64
		known bool
	}{
		{"on the lake", place(0, 8000), none, 0.9, true},
		{"above it", place(0, 8000), sea(level + 300), 0.9, true},
		{"behind the hill, no height", place(8000, 0), none, 0, false},
		{"behind the hill, on the water", place(8000, 0), ground(1), 0, true},
		{"behind the hill, high", place(8000, 0), ground(800), 0.9, true},
		{"behind the hill, by the sea", place(8000, 0), sea(level + 30), 0, true},
		{"behind the hill, high by the sea", place(8000, 0), sea(level + 800), 0.9, true},
		{"behind the hill, by pressure", place(8000, 0), geo.PressureHeight(level + 800).Height(), 0, false},
		{"at the limit", place(8000, 0), ground(f.Blind(place(8000, 0)).Below + 1), 0, false},
		{"beside the hill", place(8000, 4000), none, 0.9, true},
		{"no elevation", place(-11000, 11000), none, 0, false},
		{"beyond the range", place(0, 18_100), sea(level + 900), 0, true},
	} {
		if pd, known := f.Sees(c.p, c.h); pd != c.pd || known != c.known {
			t.Errorf("%s: %g, %v; not %g, %v (%+v)", c.name, pd, known, c.pd, c.known, f.Blind(c.p))
		}
	}
	if f.Hash() != field(t, radar(30), lake(t, 1, terrain.About{Name: "lake", SD: 3})).Hash() {
		t.Error("the same field has another hash")
	}
	if f.Hash() == field(t, radar(31), lake(t, 1, terrain.About{Name: "lake", SD: 3})).Hash() {
		t.Error("a higher mast has the same hash")
	}
}

func TestAMastSeesOverTheHill(t *testing.T) {
	g := lake(t, 1, terrain.About{Name: "lake", SD: 3})
	low, high := field(t, radar(10), g).Blind(place(8000, 0)), field(t, radar(100), g).Blind(place(8000, 0))
	if !(low.Below > high.Below && high.Below > 0 && low.SD > 0) {
		t.Errorf("from a mast of 10 m %+v, of 100 m %+v", low, high)
	}
	// 150 m from 4.95 km on, seen from 30 m above the lake: the line passes 8 km at 224 m.
	if want := 30 + (150-30)*8000.0/4950; math.Abs(low.Below-want) > 10 {
		t.Errorf("needs %.1f m, by similar triangles about %.1f", low.Below, want)
	}
}

func TestSector(t *testing.T) {
	g := lake(t, 4, terrain.About{Name: "lake", SD: 3})
	for _, c := range []struct {
		from, to float64
		in, out  []float64 // bearings
	}{
		{0, 0, []float64{0, 90, 180, 270}, nil},
		{30, 60, []float64{31, 45, 59}, []float64{0, 29, 61, 180, 225}},
		{350, 10, []float64{351, 0, 9}, []float64{349, 11, 180}},
		{45, 315, []float64{46, 180, 314}, []float64{44, 0, 316}},
	} {
		s := radar(30)
		s.SectorFrom, s.SectorTo = c.from, c.to
		f := field(t, s, g)
		for i, b := range append(append([]float64{}, c.in...), c.out...) {
			p, _ := geo.Direct(site(), b, 3000)
			if pd, known := f.Sees(p, geo.Height{}); !known || (pd > 0) != (i < len(c.in)) {
				t.Errorf("sector %g to %g: at %g %g, %v", c.from, c.to, b, pd, known)
			}
		}
		_, covered := f.Shares(3)
		if covered < 0.97 {
			t.Errorf("sector %g to %g: elevation for %.3f of it", c.from, c.to, covered)
		}
	}
}

func TestShares(t *testing.T) {
	f := field(t, radar(30), lake(t, 1, terrain.About{Name: "lake", SD: 3}))
	shares, covered := f.Shares(0, 3, 120, 10_000)
	for i, s := range shares {
		if i > 0 && s.Seen < shares[i-1].Seen {
			t.Errorf("higher things show less: %+v", shares)
		}
	}
	if last := shares[3].Seen; last != 1 || shares[0].Seen > 0.99 || shares[0].Seen < 0.5 {
		t.Errorf("shares %+v", shares)
	}
	if covered < 0.9 || covered > 0.99 { // a corner has none
		t.Errorf("elevation for %.3f of the range", covered)
	}
}

// TestHalf: half of range and sector shows at the height that is told, less
// than half below it.
func TestHalf(t *testing.T) {
	g := lake(t, 1, terrain.About{Name: "lake", SD: 3})
	if h := field(t, radar(30), g).Half(); h != 0 {
		t.Errorf("over the lake half shows from %v m on: most of its surface shows", h)
	}
	s := radar(30)
	s.SectorFrom, s.SectorTo = 82, 98 // the hill fills it
	f := field(t, s, g)
	half := f.Half()
	shares, _ := f.Shares(half, half-0.001)
	if half < 10 || shares[0].Seen < 0.5 || shares[1].Seen >= 0.5 {
		t.Errorf("half from %v m on: shares %+v", half, shares)
	}
	sum := f.Summary()
	if sum.Half != half || len(sum.Shares) != 4 || sum.Shares[1].Above != 1.7 || f.Summary().Half != half {
		t.Errorf("%+v", sum)
	}
	if f.Refraction() != sight.Radio() {
		t.Errorf("refraction %+v", f.Refraction())
	}
}

func TestNoField(t *testing.T) {
	real, made := lake(t, 4, terrain.About{Name: "real"}), lake(t, 4, terrain.About{Name: "made", Synthetic: true})
	for _, c := range []struct {
		name string
		is   func(*sensor.Sensor)
		of   *terrain.Grid
		why  string
	}{
		{"a receiver", func(s *sensor.Sensor) { s.Kind = sensor.AISReceiver }, real, "look around"},
		{"on a boat", func(s *sensor.Sensor) { s.Moving = true }, real, "moves"},
		{"no range", func(s *sensor.Sensor) { s.MaxRange = 0 }, real, "range"},
		{"no height", func(s *sensor.Sensor) { s.Height = geo.Height{} }, real, "height"},
		{"in the ground", func(s *sensor.Sensor) { s.Height.Metres -= 200 }, real, "below the ground"},
		{"elsewhere", func(s *sensor.Sensor) { s.Position.Lat = 40 }, real, "outside"},
		{"too far for it", func(s *sensor.Sensor) { s.Height = geo.PressureHeight(4000).Height() }, real, "height"},
		{"the world on made-up ground", func(*sensor.Sensor) {}, made, "SYNTHETIC"},
		{"the exercise on real ground", func(s *sensor.Sensor) { s.Exercise = true }, real, "exercise"},
	} {
		s := radar(30)
		c.is(&s)
		_, err := Make(t.Context(), Config{Sensor: s, Levels: []terrain.Source{c.of}})
		if !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	s := radar(30)
	s.Exercise = true
	if _, err := Make(t.Context(), Config{Sensor: s, Levels: []terrain.Source{made}}); err != nil {
		t.Errorf("the exercise on its own ground: %v", err)
	}
}

// huge says that it is much larger than it is.
type huge struct{ terrain.Source }

func (h huge) Lattice() terrain.Lattice {
	l := h.Source.Lattice()
	l.DX, l.DY, l.Width, l.Height = l.DX/32, l.DY/32, l.Width*32, l.Height*32
	return l
}

func (h huge) Read(dst []float32, _ terrain.Window) error {
	for i := range dst {
		dst[i] = level + 20
	}
	return nil
}

func TestALargeFieldIsCoarser(t *testing.T) {
	g := lake(t, 2, terrain.About{Name: "lake", SD: 3})
	f := field(t, radar(30), huge{g}, g)
	if finest, is := f.Coarsened(); !is || finest > 10 {
		t.Errorf("finest %g m, coarser %v: made on %g m", finest, is, f.Grounds().Resolution)
	}
	if _, is := field(t, radar(30), g).Coarsened(); is {
		t.Error("a small one is coarser, too")
	}
	if _, err := Make(t.Context(), Config{Sensor: radar(30), Levels: []terrain.Source{huge{g}}}); !errors.Is(err, ErrNone) {
		t.Errorf("too large without a coarser level: %v", err)
	}
}

func TestNothingAllocated(t *testing.T) {
	f := field(t, radar(30), lake(t, 1, terrain.About{Name: "lake", SD: 3}))
	p, h := place(8000, 100), geo.SeaHeight(level+30).Height()
	if n := testing.AllocsPerRun(100, func() {
		f.Sees(p, h)
		f.Sees(p, geo.Height{})
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkSees(b *testing.B) {
	f := field(b, radar(30), lake(b, 1, terrain.About{Name: "lake", SD: 3}))
	p, h := place(8000, 100), geo.SeaHeight(level+30).Height()
	for b.Loop() {
		f.Sees(p, h)
	}
}
