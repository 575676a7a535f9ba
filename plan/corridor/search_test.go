package corridor

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/internal/peer"
	"atalaya/terrain"
)

// problem is one random field, as the peer reads it.
type problem struct {
	Width      int        `json:"width"`
	Height     int        `json:"height"`
	East       []float64  `json:"east"`
	North      []float64  `json:"north"`
	Z          []*float64 `json:"z"`
	Rate       []float64  `json:"rate"`
	Free       []bool     `json:"free"`
	Neighbours int        `json:"neighbours"`
	Mover      string     `json:"mover"`
	Steepest   float64    `json:"steepest"`
	Haste      float64    `json:"haste"`
	Starts     []int      `json:"starts"`
	Goals      []int      `json:"goals"`
}

// randomField is rough, with forbidden cells, voids and random exposures.
func randomField(t *testing.T, r *rand.Rand, m Mover, neighbours int) *field {
	t.Helper()
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69, Y0: -16, DX: 0.001, DY: 0.0012, Width: 18 + r.IntN(12), Height: 12 + r.IntN(12)}
	z := make([]float32, l.Width*l.Height)
	rough := 60 * r.Float64()
	for i := range z {
		z[i] = float32(4000 + rough*r.NormFloat64())
		if r.IntN(40) == 0 {
			z[i] = float32(math.NaN())
		}
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "random"}, z)
	if err != nil {
		t.Fatal(err)
	}
	at := l.Position
	w, h := float64(l.Width), float64(l.Height)
	c := Config{
		Elevation: g, Mover: m, Neighbours: neighbours, Separation: 150,
		Strip: Strip{
			Area: geo.Polygon{{at(-1, -1), at(w, -1), at(w, h), at(-1, h)}},
			From: geo.Line{at(-1, 0), at(w, 0)}, To: geo.Line{at(-1, h-1), at(w, h-1)},
		},
	}
	c.fill()
	f, err := newField(t.Context(), &c)
	if err != nil {
		t.Fatal(err)
	}
	forbidden := 0.6 * r.Float64()
	for i := range f.rate {
		if r.IntN(3) > 0 {
			f.rate[i] = float32(0.01 * r.ExpFloat64())
		}
		if r.Float64() < forbidden {
			f.kind[i] &^= inStrip
		}
	}
	return f
}

// The least cost across random fields is what scipy finds.
func TestAgainstSciPy(t *testing.T) {
	python := peer.Python(t)
	r := rand.New(rand.NewPCG(6, 6))
	var problems []problem
	var ours []*float64
	blocked := 0
	for n := range 60 {
		m := []Mover{Walker(), Vehicle(), {Name: "other", Steepest: math.Inf(1), Speed: func(float64) float64 { return 5 }}}[n%3]
		f := randomField(t, r, m, []int{8, 16}[n/3%2])
		p := problem{
			Width: f.width, Height: f.height, East: f.east, North: f.north, Neighbours: f.Neighbours,
			Mover: m.Name, Steepest: min(m.Steepest, 1e9), Haste: f.Haste, Starts: []int{}, Goals: []int{},
		}
		for i, k := range f.kind {
			p.Z = append(p.Z, nil)
			if z := float64(f.grid.Z[i]); z == z {
				p.Z[i] = &z
			}
			p.Rate = append(p.Rate, float64(f.rate[i]))
			p.Free = append(p.Free, k&inStrip != 0)
			if k&(inStrip|start) == inStrip|start {
				p.Starts = append(p.Starts, i)
			}
			if k&(inStrip|goal) == inStrip|goal {
				p.Goals = append(p.Goals, i)
			}
		}
		problems = append(problems, p)
		cells, err := newSearch(f).best(t.Context(), f.rate, inStrip, taken)
		if err != nil {
			t.Fatal(err)
		}
		if cells == nil {
			blocked++
			ours = append(ours, nil)
			continue
		}
		cost := f.exposure(cells, func(c int32) float64 { return float64(f.rate[c]) }) + f.Haste/3600*f.describe(cells).Time
		ours = append(ours, &cost)
	}
	if blocked == 0 || blocked > 30 {
		t.Errorf("%d of 60 fields have no way through: not much of a test", blocked)
	}
	t.Logf("%d of 60 fields have no way through", blocked)
	in, err := json.Marshal(problems)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/dijkstra.py")
	cmd.Stdin = bytes.NewReader(in)
	var bad bytes.Buffer
	cmd.Stderr = &bad
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the peer: %v\n%s", err, bad.Bytes())
	}
	var theirs []*float64
	if err := json.Unmarshal(out, &theirs); err != nil || len(theirs) != len(ours) {
		t.Fatalf("the peer's answer: %v: %.200s", err, out)
	}
	for i := range ours {
		a, b := ours[i], theirs[i]
		if (a == nil) != (b == nil) || a != nil && math.Abs(*a-*b) > 1e-9*(*b) {
			t.Errorf("field %d (%s, %d neighbours): ours %v, scipy's %v", i, problems[i].Mover, problems[i].Neighbours, value(a), value(b))
		}
	}
}

func value(v *float64) any {
	if v == nil {
		return "no way"
	}
	return *v
}

// The room of a search is clean after it: the second finds the same.
func TestSearchAgain(t *testing.T) {
	f := randomField(t, rand.New(rand.NewPCG(1, 1)), Walker(), 16)
	s := newSearch(f)
	for range 3 {
		a, err := s.best(t.Context(), f.rate, inStrip, taken)
		if err != nil {
			t.Fatal(err)
		}
		b, err := newSearch(f).best(t.Context(), f.rate, inStrip, taken)
		if err != nil {
			t.Fatal(err)
		}
		if len(a) == 0 || len(a) != len(b) {
			t.Fatalf("%d cells, then %d", len(a), len(b))
		}
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("cell %d: %d, then %d", i, a[i], b[i])
			}
		}
		f.mark(a[len(a)/2:len(a)/2+1], taken)
	}
}

// Squares that are judged at a glance are what their cells are one by one.
func TestStripCellByCell(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69, Y0: -16, DX: 0.001, DY: 0.001, Width: 260, Height: 200}
	g, err := terrain.NewGrid(l, terrain.About{Name: "level"}, make([]float32, l.Width*l.Height))
	if err != nil {
		t.Fatal(err)
	}
	for range 12 {
		border := geo.Line{}
		for i := range 3 + r.IntN(6) {
			border = append(border, l.Position(20+40*float64(i)+30*r.Float64(), 40+120*r.Float64()))
		}
		if r.IntN(3) == 0 {
			border = geo.Line{l.Position(60, 50), l.Position(200, 60), l.Position(180, 150), l.Position(70, 140), l.Position(60, 50)}
		}
		c := Config{Elevation: g, Mover: Walker(), Strip: Strip{Border: border, Abroad: 2000 + 5000*r.Float64(), Inside: 2000 + 5000*r.Float64(), OursRight: r.IntN(2) == 0}}
		c.fill()
		f, err := newField(t.Context(), &c)
		if err != nil {
			t.Fatal(err)
		}
		closed := same(border[0], border[len(border)-1])
		counts := map[uint8]int{}
		for i, k := range f.kind {
			on, m, _ := border.Nearest(f.position(i))
			if c.Strip.OursRight {
				m = -m
			}
			want := uint8(0)
			if off := !closed && (same(on, border[0]) || same(on, border[len(border)-1])); !off && m >= -c.Strip.Abroad && m <= c.Strip.Inside {
				want = inStrip | abroad
				if m >= 0 {
					want = inStrip | ours
				}
			}
			counts[want]++
			if k&(inStrip|abroad|ours) != want {
				t.Fatalf("cell %d, %.1f m from the border: %b, want %b", i, m, k, want)
			}
			if k&start != 0 && m > 200-c.Strip.Abroad || k&goal != 0 && m < c.Strip.Inside-200 {
				t.Fatalf("cell %d, %.1f m from the border, is a start or a goal: %b", i, m, k)
			}
		}
		if len(counts) != 3 {
			t.Errorf("%v: not much of a test", counts)
		}
	}
}
