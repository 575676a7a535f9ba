package siting_test

import (
	"math"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/plan/siting"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// ridge is flat ground with a ridge from west to east and one summit on it.
func ridge(t *testing.T) (*terrain.Grid, *coverage.Area) {
	t.Helper()
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69.5, Y0: -15.5, DX: 1.0 / 1200, DY: 1.0 / 1200, Width: 200, Height: 160}
	z := make([]float32, l.Width*l.Height)
	for i := range z {
		x, y := float64(i%l.Width), float64(i/l.Width)
		z[i] = float32(4000 + 200*math.Exp(-(y-70)*(y-70)/50) + 150*math.Exp(-((x-120)*(x-120)+(y-70)*(y-70))/30))
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "ridge"}, z)
	if err != nil {
		t.Fatal(err)
	}
	shape := geo.Polygon{{l.Position(5, 5), l.Position(190, 5), l.Position(190, 150), l.Position(5, 150)}}
	area, err := coverage.NewArea(g, l.Bounds(), coverage.Inside(shape))
	if err != nil {
		t.Fatal(err)
	}
	return g, area
}

func TestRidges(t *testing.T) {
	g, area := ridge(t)
	places, err := siting.Ridges{Area: area, Spacing: 1500, Most: 50}.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(places) < 7 {
		t.Fatalf("%d places on a ridge of 17 km", len(places))
	}
	if c, r := g.Lattice().Cell(places[0].At); math.Abs(c-120) > 1e-6 || math.Abs(r-70) > 1e-6 {
		t.Errorf("the first place is not the summit but column %v, row %v", c, r)
	}
	for i, p := range places {
		if _, r := g.Lattice().Cell(p.At); math.Abs(r-70) > 1e-6 {
			t.Errorf("place %d is off the ridge, row %v", i, r)
		}
		if z, _ := g.Nearest(p.At); z != p.Ground || p.Above <= 0 || p.Cost != 1 {
			t.Errorf("place %d: %+v, ground %v", i, p, z)
		}
		for _, q := range places[:i] {
			if d := geo.Distance(p.At, q.At); d < 1500 {
				t.Errorf("two places %v m apart", d)
			}
			if p.Above > q.Above {
				t.Errorf("place %d stands higher than one before", i)
			}
		}
	}
	// What cannot be reached or built on is left away.
	west := g.Lattice().Position(100, 0).Lon
	few, err := siting.Ridges{Area: area, Spacing: 1500, Access: func(p geo.Position) (float64, bool) { return 2, p.Lon < west }}.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range few {
		if p.At.Lon >= west || p.Cost != 2 {
			t.Errorf("%+v cannot be reached", p)
		}
	}
	if len(few) == 0 || len(few) >= len(places) {
		t.Errorf("%d places can be reached of %d", len(few), len(places))
	}
	if many, err := (siting.Ridges{Area: area, Most: 5}).Find(t.Context()); err != nil || len(many) < 3 || len(many) > 5 {
		t.Errorf("%d places of 5 wanted, %v", len(many), err)
	}
}

func TestFind(t *testing.T) {
	g, area := ridge(t)
	places, err := siting.Ridges{Area: area, Spacing: 1000}.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sensor := func(p geo.Position) coverage.Sensor {
		return coverage.Sensor{
			ID: p.String(), Radius: 8000, Refraction: sight.Refraction{K: 0.13, Low: -0.9, High: 0.9}, // so wide that it matters within 8 km
			Observer: sight.Observer{At: p, Height: geo.GroundHeight(10).Height()},
		}
	}
	c := siting.Config{Area: area, Target: 2, K: 3, Existing: []coverage.Sensor{sensor(g.Lattice().Position(30.2, 120.2))}}
	for _, p := range places {
		c.Candidates = append(c.Candidates, sensor(p.At))
	}
	stages := map[siting.Stage]int{}
	c.Progress = func(s siting.Stage, _, _ int) { stages[s]++ }
	got, err := siting.Find(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if stages[siting.Seeing] != len(places)+1 || stages[siting.Choosing] != 3 || stages[siting.Bounding] == 0 {
		t.Errorf("progress %v for %d candidates", stages, len(places))
	}
	// The percentages are those of the coverage of the same sensors.
	all, err := coverage.Run(t.Context(), coverage.Config{Area: area, Sensors: append(got.Sensors, c.Existing...), Target: 2})
	if err != nil {
		t.Fatal(err)
	}
	if w := all.Folds[0].Percent; math.Abs(w-got.Percent) > 1e-9 {
		t.Errorf("covers %v %%, as coverage %v %%", got.Percent, w)
	}
	if got.BoundPercent < got.Percent || got.BeforePercent <= 0 || got.ProvenPercent <= 0 || len(got.Sensors) != 3 {
		t.Errorf("%+v", got)
	}
	t.Log(got)
	band := func(a siting.Answer, fold int) {
		t.Helper()
		low, high := coverage.Ends(append(a.Sensors, c.Existing...))
		for i, sensors := range [][]coverage.Sensor{low, high} {
			want, err := coverage.Run(t.Context(), coverage.Config{Area: area, Sensors: sensors, Target: 2})
			if err != nil {
				t.Fatal(err)
			}
			if b := []float64{a.Band.Low, a.Band.High}[i]; math.Abs(b-want.Folds[fold-1].Percent) > 1e-9 {
				t.Errorf("at end %d of k %v %%, as coverage %v %%", i, b, want.Folds[fold-1].Percent)
			}
		}
		if !(a.Band.Low < a.Percent && a.Percent < a.Band.High) || len(a.Band.Refraction) != 1 {
			t.Errorf("%v %% in %+v", a.Percent, a.Band)
		}
	}
	band(got, 1)
	c.Fold = 2
	if two, err := siting.Find(t.Context(), c); err != nil {
		t.Error(err)
	} else {
		band(two, 2)
	}
	c.Fold = 0
	// A weight of nothing north of the ridge moves the sites' worth south.
	c.Weight = func(p geo.Position) float64 {
		if _, r := g.Lattice().Cell(p); r < 70 {
			return 0
		}
		return 1
	}
	south, err := siting.Find(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if south.Percent <= got.Percent || south.Total >= got.Total {
		t.Errorf("with weights %v", south)
	}
	c.Fold = 2
	twice, err := siting.Find(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(twice.Warnings) == 0 || !strings.Contains(twice.String(), "2 sensors each") {
		t.Errorf("%v, warnings %q", twice, twice.Warnings)
	}
	if all.Folds[0].Sensors != 1 || twice.Percent > south.Percent {
		t.Errorf("twice %v %%, once %v %%", twice.Percent, south.Percent)
	}
}
