package coverage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// hills is made-up ground of w x h posts of 3" about Lake Titicaca.
func hills(t testing.TB, w, h int) *terrain.Grid {
	t.Helper()
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69.5, Y0: -15.5, DX: 1.0 / 1200, DY: 1.0 / 1200, Width: w, Height: h}
	z := make([]float32, w*h)
	for i := range z {
		x, y := float64(i%w), float64(i/w)
		z[i] = float32(4000 + 300*math.Sin(x/17)*math.Cos(y/23) + 120*math.Sin(x/5+y/7) + 30*math.Sin(x*1.3)*math.Sin(y*1.7))
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "hills", Synthetic: true}, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func sensorAt(g *terrain.Grid, id string, col, row, radius float64) coverage.Sensor {
	return coverage.Sensor{
		ID: id, Radius: radius, Refraction: sight.Optical(),
		Observer: sight.Observer{At: g.Lattice().Position(col, row), Height: geo.GroundHeight(15).Height()},
	}
}

func rectangle(l terrain.Lattice, c0, r0, c1, r1 float64) geo.Polygon {
	return geo.Polygon{{l.Position(c0, r0), l.Position(c1, r0), l.Position(c1, r1), l.Position(c0, r1)}}
}

func areaOf(t testing.TB, g *terrain.Grid, shape coverage.Shape) *coverage.Area {
	t.Helper()
	a, err := coverage.NewArea(g, g.Lattice().Bounds(), shape)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// four sensors of every kind.
func four(g *terrain.Grid) []coverage.Sensor {
	s := []coverage.Sensor{
		sensorAt(g, "all round", 60.3, 50.1, 5000), sensorAt(g, "sector", 110, 60, 6000),
		sensorAt(g, "beam", 90.5, 90.5, 7000), sensorAt(g, "wide", 30, 100, 6000),
	}
	s[1].Sector = &coverage.Sector{From: 300, To: 40}
	s[2].Beam = &coverage.Beam{Low: 0.3, High: 12}
	s[2].Refraction = sight.Radio()
	s[3].Sector = &coverage.Sector{From: 20, To: 290}
	s[0].Detection = []coverage.Detection{{Metres: 1000, Probability: 0.9}, {Metres: 5000, Probability: 0.4}}
	return s
}

// Every cell, as a viewshed, a bearing and an elevation angle of its own say.
func TestAgainstOneByOne(t *testing.T) {
	g := hills(t, 150, 140)
	l := g.Lattice()
	shape := rectangle(l, 20.3, 15.2, 131.8, 120.4)
	sensors := four(g)
	heights := []float64{2, 150, 300, 1000}
	got, err := coverage.Run(t.Context(), coverage.Config{Area: areaOf(t, g, coverage.Inside(shape)), Sensors: sensors, Target: 2, Air: heights[1:], Floor: true, Best: true})
	if err != nil {
		t.Fatal(err)
	}
	w, _ := got.Window()
	count, best, floor := got.Count(-1), got.BestSensor(-1), got.FloorAboveGround(-1)
	sea, err := got.FloorAboveSea(-1)
	if err != nil {
		t.Fatal(err)
	}
	views := make([]*sight.Viewed, len(sensors))
	for i, s := range sensors {
		if views[i], err = sight.Viewshed(t.Context(), g, sight.View{Observer: s.Observer, Radius: s.Radius, Refraction: s.Refraction}); err != nil {
			t.Fatal(err)
		}
	}
	km2 := make([]float64, len(heights))
	total, cells := 0.0, 0
	for row := range l.Height {
		for col := range l.Width {
			p := l.Position(float64(col), float64(row))
			i := (row-w.Y)*w.Width + col - w.X
			in := shape.Contains(p)
			if col < w.X || row < w.Y || col >= w.X+w.Width || row >= w.Y+w.Height {
				if in {
					t.Fatalf("cell %d, %d of the area is outside its window", col, row)
				}
				continue
			}
			if in != (count[i] >= 0) {
				t.Fatalf("cell %d, %d: in the shape %v, count %v", col, row, in, count[i])
			}
			if !in {
				continue
			}
			east, north := l.Spacing(p)
			total += east * north / 1e6
			cells++
			seen := make([]int, len(heights))
			lowest, bestP, bestD, bestI := math.Inf(1), -1.0, 0.0, 0
			for j, s := range sensors {
				v := views[j]
				c, r := v.Lattice.Cell(p)
				ci, ri := int(math.Round(c)), int(math.Round(r))
				if _, known := v.Seen(ci, ri, 0); !known {
					continue
				}
				need := float64(v.Need[ri*v.Lattice.Width+ci])
				d, azimuth := geo.Distance(s.Observer.At, p), geo.Bearing(s.Observer.At, p)
				if s.Sector != nil && d > 1 && math.Mod(azimuth-s.Sector.From+720, 360) > math.Mod(s.Sector.To-s.Sector.From+720, 360) {
					continue
				}
				low, high := need, math.Inf(1)
				if s.Beam != nil {
					z, _ := g.Nearest(p)
					// From the definition of the angle over a curved earth.
					rise := v.Eye + d*d*(1-s.Refraction.K)/2/geo.GaussianRadius(s.Observer.At.Lat) - z
					low = max(low, rise+d*math.Tan(s.Beam.Low*math.Pi/180))
					high = rise + d*math.Tan(s.Beam.High*math.Pi/180)
				}
				if low > high {
					continue
				}
				lowest = min(lowest, low)
				for k, h := range heights {
					if low <= h && h <= high {
						seen[k]++
					}
				}
				if low <= 2 && 2 <= high {
					pd := 1.0
					if s.ID == "all round" {
						pd = 0.9 - 0.5*(min(max(d, 1000), 5000)-1000)/4000
					}
					if pd > bestP+1e-9 || pd > bestP-1e-9 && d < bestD {
						bestP, bestD, bestI = pd, d, j+1
					}
				}
			}
			for k := range heights {
				if seen[k] > 0 {
					km2[k] += east * north / 1e6
				}
			}
			if int(count[i]) != seen[0] {
				t.Fatalf("cell %d, %d: seen by %v sensors, one by one %d", col, row, count[i], seen[0])
			}
			if int(best[i]) != bestI {
				t.Fatalf("cell %d, %d: best sensor %v, one by one %d", col, row, best[i], bestI)
			}
			if float64(floor[i]) != lowest && math.Abs(float64(floor[i])-lowest) > 0.01 {
				t.Fatalf("cell %d, %d: floor %v m, one by one %v", col, row, floor[i], lowest)
			}
			if z, _ := g.Nearest(p); !math.IsInf(lowest, 1) && math.Abs(float64(sea[i])-lowest-z) > 0.01 {
				t.Fatalf("cell %d, %d: floor %v m above sea, one by one %v", col, row, sea[i], lowest+z)
			}
		}
	}
	if cells != got.Cells || math.Abs(total/got.Area-1) > 1e-6 {
		t.Errorf("%d cells, %v km²; one by one %d, %v", got.Cells, got.Area, cells, total)
	}
	if got.Area < shape.Area()/1e6*0.98 || got.Area > shape.Area()/1e6*1.02 {
		t.Errorf("%v km² in a shape of %v", got.Area, shape.Area()/1e6)
	}
	for k, h := range got.Heights {
		if math.Abs(h.Together.Area-km2[k]) > 1e-4 || h.Together.Area == 0 {
			t.Errorf("%v m above ground: %v km² seen, one by one %v", h.Metres, h.Together.Area, km2[k])
		}
	}
	if got.Folds[0].Share != got.Heights[0].Together || len(got.Folds) < 2 {
		t.Errorf("folds %+v", got.Folds)
	}
	if len(got.Warnings) != 1 { // 90 m, but SYNTHETIC
		t.Errorf("warnings %q", got.Warnings)
	}
}

// The ends of the range of k are what sensors with those coefficients see.
func TestBand(t *testing.T) {
	g := hills(t, 150, 140)
	area := areaOf(t, g, coverage.Inside(rectangle(g.Lattice(), 20.3, 15.2, 131.8, 120.4)))
	run := func(sensors []coverage.Sensor, band bool, tell func(done, total int)) *coverage.Answer {
		t.Helper()
		a, err := coverage.Run(t.Context(), coverage.Config{Area: area, Sensors: sensors, Target: 2, Air: []float64{150}, Band: band, Progress: tell})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	calls := 0
	wide := func() []coverage.Sensor { // so that it matters within 6 km
		all := four(g)
		for i := range all {
			all[i].Refraction.Low, all[i].Refraction.High = -0.9, 0.9
		}
		return all
	}
	got := run(wide(), true, func(done, total int) {
		if calls++; done != calls || total != 12 {
			t.Errorf("progress %d of %d at call %d", done, total, calls)
		}
	})
	with := func(k func(sight.Refraction) float64) *coverage.Answer {
		sensors := wide()
		for i := range sensors {
			sensors[i].Refraction = sight.Refraction{K: k(sensors[i].Refraction)}
			sensors[i].Refraction.Low, sensors[i].Refraction.High = sensors[i].Refraction.K, sensors[i].Refraction.K
		}
		return run(sensors, false, nil)
	}
	low, high := with(func(r sight.Refraction) float64 { return r.Low }), with(func(r sight.Refraction) float64 { return r.High })
	for i, h := range got.Heights {
		if h.Band == nil || h.Band.Low != low.Heights[i].Together || h.Band.High != high.Heights[i].Together {
			t.Errorf("at %v m %+v, want %v and %v", h.Metres, h.Band, low.Heights[i].Together, high.Heights[i].Together)
		} else if !(h.Band.Low.Area < h.Together.Area && h.Together.Area < h.Band.High.Area) {
			t.Errorf("at %v m %+v round %+v", h.Metres, h.Band, h.Together)
		}
	}
	if want := run(wide(), false, nil); calls != 12 || fmt.Sprint(want.Heights[0].Together, want.Folds, want.Heights[0].Band) != fmt.Sprint(got.Heights[0].Together, got.Folds, (*coverage.Band)(nil)) {
		t.Errorf("%d calls; without the band %+v, with it %+v", calls, want.Heights, got.Heights)
	}
	if len(got.Refraction) != 2 || got.Refraction[0].K != 0.13 || got.Refraction[1] != (sight.Refraction{K: 0.25, Low: -0.9, High: 0.9}) {
		t.Errorf("refraction %v", got.Refraction)
	}
}

// told is all that an answer says.
func told(t *testing.T, a *coverage.Answer) string {
	t.Helper()
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(string(text), a.Count(-1), a.BestSensor(-1), a.FloorAboveGround(-1))
}

// keeper is a store in memory that fails after so many loads.
type keeper struct {
	kept  map[string][]byte
	saves int
	left  int
}

func (k *keeper) Load(key string) ([]byte, error) { return k.kept[key], nil }

var errFull = errors.New("full")

func (k *keeper) Save(key string, data []byte) error {
	if k.left--; k.left < 0 {
		return errFull
	}
	k.saves++
	k.kept[key] = data
	return nil
}

func TestAnyNumberOfWorkersAndRestarts(t *testing.T) {
	g := hills(t, 150, 140)
	area := areaOf(t, g, coverage.Strip(geo.Line{g.Lattice().Position(10, 20), g.Lattice().Position(120, 130)}, 2500))
	config := func() coverage.Config {
		return coverage.Config{Area: area, Sensors: four(g), Target: 2, Air: []float64{150}, Floor: true, Best: true}
	}
	run := func(c coverage.Config) string {
		t.Helper()
		a, err := coverage.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return told(t, a)
	}
	want := run(config())
	for workers := 1; workers <= 5; workers++ {
		c := config()
		c.Workers = workers
		calls := 0
		c.Progress = func(done, total int) {
			if calls++; done != calls || total != 4 {
				t.Errorf("progress %d of %d at call %d", done, total, calls)
			}
		}
		if got := run(c); got != want {
			t.Errorf("%d workers give another answer", workers)
		}
	}

	// Stopped after two units, done by two more.
	k := &keeper{kept: map[string][]byte{}, left: 2}
	c := config()
	c.Keeper = k
	if _, err := coverage.Run(t.Context(), c); !errors.Is(err, errFull) {
		t.Fatalf("error %v", err)
	}
	k.left = 100
	if got := run(c); got != want || k.saves != 4 {
		t.Errorf("after a restart %d units were made, the same answer: %v", k.saves, got == want)
	}
	// What is damaged is made anew; what rests on other ground too.
	for key := range k.kept {
		k.kept[key][20] ^= 1
		break
	}
	if got := run(c); got != want || k.saves != 5 {
		t.Errorf("after damage %d units were made, the same answer: %v", k.saves, got == want)
	}
	for i := range g.Z {
		g.Z[i] += 0.5
	}
	if run(c); k.saves != 9 {
		t.Errorf("over other ground %d units were made", k.saves)
	}
}

func TestStops(t *testing.T) {
	g := hills(t, 150, 140)
	ctx, cancel := context.WithCancel(t.Context())
	c := coverage.Config{Area: areaOf(t, g, coverage.Inside(rectangle(g.Lattice(), 10, 10, 100, 100))), Target: 2, Progress: func(int, int) { cancel() }}
	for range 100 {
		c.Sensors = append(c.Sensors, four(g)[0])
	}
	if _, err := coverage.Run(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestRefuses(t *testing.T) {
	g := hills(t, 60, 60)
	l := g.Lattice()
	if _, err := coverage.NewArea(g, l.Bounds(), coverage.Inside(rectangle(l, 500, 500, 600, 600))); err == nil {
		t.Error("an area outside the elevation is accepted")
	}
	area := areaOf(t, g, coverage.Inside(rectangle(l, 10, 10, 50, 50)))
	for name, change := range map[string]func(*coverage.Sensor){
		"sector":     func(s *coverage.Sensor) { s.Sector = &coverage.Sector{From: math.NaN(), To: 10} },
		"beam":       func(s *coverage.Sensor) { s.Beam = &coverage.Beam{Low: 10, High: 2} },
		"detection":  func(s *coverage.Sensor) { s.Detection = []coverage.Detection{{Metres: 5, Probability: 1.5}} },
		"radius":     func(s *coverage.Sensor) { s.Radius = -1 },
		"refraction": func(s *coverage.Sensor) { s.Refraction.K = 2 },
		"place":      func(s *coverage.Sensor) { s.Observer.At.Lat = 10 },
	} {
		s := sensorAt(g, "odd", 30, 30, 2000)
		change(&s)
		if _, err := coverage.Run(t.Context(), coverage.Config{Area: area, Sensors: []coverage.Sensor{s}}); err == nil {
			t.Errorf("a bad %s is accepted", name)
		}
	}
}

// Voids are neither seen nor unseen.
func TestVoids(t *testing.T) {
	g := hills(t, 60, 60)
	for r := 20; r < 30; r++ {
		for c := 20; c < 40; c++ {
			g.Z[r*60+c] = float32(math.NaN())
		}
	}
	area := areaOf(t, g, coverage.Inside(rectangle(g.Lattice(), 9.5, 9.5, 49.5, 49.5)))
	if area.Cells() != 40*40-200 || area.Voids != 200 {
		t.Errorf("%d cells and %d voids", area.Cells(), area.Voids)
	}
}

// Cells are those whose posts a shape holds, however it is drawn.
func TestShapes(t *testing.T) {
	g := hills(t, 150, 140)
	l := g.Lattice()
	a, b := l.Position(30.4, 100.7), l.Position(121.2, 22.6)
	box := geo.Box{South: a.Lat, West: a.Lon, North: b.Lat, East: b.Lon}
	line := geo.Line{l.Position(20, 20), l.Position(100, 60), l.Position(60, 120)}
	one, two := rectangle(l, 10.5, 10.5, 50.5, 60.5), rectangle(l, 40.5, 40.5, 120.5, 90.5)
	for name, c := range map[string]struct {
		shape coverage.Shape
		in    func(geo.Position) bool
	}{
		"box":      {coverage.Within(box), box.Contains},
		"strip":    {coverage.Strip(line, 1700), func(p geo.Position) bool { _, d, _ := line.Nearest(p); return math.Abs(d) <= 1700 }},
		"polygons": {coverage.Inside(one, two), func(p geo.Position) bool { return one.Contains(p) || two.Contains(p) }},
	} {
		area := areaOf(t, g, c.shape)
		wrong, cells := 0, 0
		for row := range l.Height {
			for col := range l.Width {
				in := c.in(l.Position(float64(col), float64(row)))
				if in {
					cells++
				}
				if in != area.Has(col, row) {
					wrong++
				}
			}
		}
		if wrong > 0 || cells != area.Cells() || cells == 0 {
			t.Errorf("%s: %d of %d cells are wrong; the area has %d", name, wrong, cells, area.Cells())
		}
	}
}

// Cells have their size on the ground, also where the map has another scale.
func TestAreaOnProjectedLattices(t *testing.T) {
	mercator := projection.WebMercator{}
	x, y := mercator.Forward(geo.Position{Lat: -47, Lon: -73})
	l := terrain.Lattice{Projection: mercator, X0: x, Y0: y, DX: 100, DY: 100, Width: 400, Height: 400}
	g, err := terrain.NewGrid(l, terrain.About{Name: "flat"}, make([]float32, 400*400))
	if err != nil {
		t.Fatal(err)
	}
	shape := rectangle(l, 49.5, 49.5, 349.5, 349.5)
	area := areaOf(t, g, coverage.Inside(shape))
	if got, want := area.Size(), shape.Area(); math.Abs(got/want-1) > 1e-4 {
		t.Errorf("%v m², the shape has %v", got, want)
	}
	if area.Cells() != 300*300 {
		t.Errorf("%d cells", area.Cells())
	}
}
