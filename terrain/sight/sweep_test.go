package sight

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/geo/projection"
	"atalaya/terrain"
)

// rough makes hills of several sizes, with voids where asked for.
func rough(t testing.TB, width, height int, voids bool) *terrain.Grid {
	t.Helper()
	r := rand.New(rand.NewPCG(6, 2))
	type wave struct{ a, x, y, phase float64 }
	var waves []wave
	for size := 200.0; size > 3; size /= 1.7 {
		for range 4 {
			sin, cos := fmath.Sincos(r.Float64() * 2 * math.Pi)
			waves = append(waves, wave{size * 2, cos / size * 6, sin / size * 6, r.Float64() * 7})
		}
	}
	z := make([]float32, width*height)
	for i := range z {
		x, y := float64(i%width), float64(i/width)
		sum := 2000.0
		for _, w := range waves {
			sum += float64(w.a * fmath.Sin(float64(x*w.x)+float64(y*w.y)+w.phase))
		}
		z[i] = float32(math.Round(sum))
		if voids && r.IntN(300) == 0 {
			z[i] = float32(math.NaN())
		}
	}
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69, Y0: -16, DX: 1.0 / 1200, DY: 1.0 / 1200, Width: width, Height: height}
	g, err := terrain.NewGrid(l, terrain.About{Name: "hills"}, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func looking(g *terrain.Grid, col, row, radius float64) View {
	return View{Observer: Observer{At: g.Lattice().Position(col, row), Height: geo.GroundHeight(10).Height()}, Radius: radius, Refraction: Optical()}
}

func viewshed(t testing.TB, g *terrain.Grid, v View) *Viewed {
	t.Helper()
	out, err := Viewshed(t.Context(), g, v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSweepAgainstExact holds the engine to the reference, wherever the
// observer stands: on a post, between posts, at an edge, in a corner.
func TestSweepAgainstExact(t *testing.T) {
	for name, tc := range map[string]struct {
		width, height    int
		col, row, radius float64
		voids            bool
	}{
		"on a post":     {401, 401, 200, 200, 15e3, false},
		"between":       {401, 401, 200.5, 200.5, 15e3, false},
		"anywhere":      {401, 401, 187.31, 221.77, 20e3, false},
		"voids":         {401, 401, 187.31, 221.77, 20e3, true},
		"edge":          {401, 301, 0, 120.4, 40e3, false},
		"corner":        {257, 301, 256, 300, 40e3, false},
		"outer half":    {257, 301, -0.4, 300.3, 40e3, false},
		"narrow":        {7, 301, 3.3, 17.2, 40e3, false},
		"flat":          {301, 5, 290.1, 2.2, 40e3, false},
		"almost a post": {301, 301, 150 + 1e-9, 150 - 1e-9, 9e3, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := rough(t, tc.width, tc.height, tc.voids)
			v := looking(g, tc.col, tc.row, tc.radius)
			got := viewshed(t, g, v)
			v.Exact = true
			want := viewshed(t, g, v)
			l := got.Lattice
			col, row := l.Cell(v.Observer.At)
			under := int(min(max(math.Round(row), 0), float64(l.Height-1)))*l.Width + int(min(max(math.Round(col), 0), float64(l.Width-1)))
			if n := got.Need[under]; n > 0 {
				t.Errorf("the ground under the observer shows from %v m", n)
			}
			cells, wrong, far := 0, 0, 0.0
			for i, n := range want.Need {
				if (n != n) != (got.Need[i] != got.Need[i]) {
					// At the very rim float32 may round to the other side.
					d := geo.Distance(v.Observer.At, got.Lattice.Position(float64(i%got.Lattice.Width), float64(i/got.Lattice.Width)))
					if math.Abs(d-tc.radius) > 0.1 {
						t.Fatalf("cell %d: %v, want %v", i, got.Need[i], n)
					}
					continue
				}
				if n != n {
					continue
				}
				cells++
				if (got.Need[i] <= 2) != (n <= 2) {
					wrong++
				}
				far += math.Abs(float64(got.Need[i] - n))
			}
			t.Logf("%d of %d cells wrong (%.2f %%), the least height %.2f m off on average", wrong, cells, 100*float64(wrong)/float64(cells), far/float64(cells))
			if float64(wrong) > 0.001*float64(cells) || far > 0.5*float64(cells) {
				t.Errorf("%d of %d cells wrong, the least height %.2f m off on average", wrong, cells, far/float64(cells))
			}
		})
	}
}

// TestLanes holds the eight lanes to the bits of the plain code.
func TestLanes(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 3))
	for range 2000 {
		n := 1 + r.IntN(100)
		from := r.IntN(50)
		half := n/2 + 2 + r.IntN(40)
		z := make([]float32, from+n+spare)
		for i := range z {
			z[i] = float32(r.IntN(3000))
			if r.IntN(40) == 0 {
				z[i] = float32(math.NaN())
			}
		}
		f := &fan{}
		for _, part := range []*[]float32{&f.horizon, &f.slope, &f.near, &f.mean, &f.sink, &f.bend} {
			*part = make([]float32, 2*half+3+spare)
			for i := range *part {
				(*part)[i] = float32(r.NormFloat64() * 0.1)
			}
		}
		for i := range f.slope {
			f.slope[i] = float32(i-half-1) / float32(half)
		}
		away := 0.001 + float64(half)*r.Float64()*0.99
		lane := float64(from) + float64(n)/2 + r.Float64()
		g := ring{
			q:   [5]float32{float32(away * away * 8100), float32(r.NormFloat64()), 8000, 1e-4, 1e-6},
			eye: 1500, drop: 7e-8, radius2: float32(float64(n*n) * 2000 * r.Float64()),
			lane: float32(lane), last: float32(from + n - 1), lastInt: int32(max(from+n-2, 0)),
			perLane:   float32(float64(half) / away),
			middleRay: float32(half + 1), lastRay: int32(2*half + 1),
			away: float32(away), away2: float32(away * away), inverse: float32(1 / away),
		}
		offset := make([]float32, from+n+spare)
		for i := range offset {
			offset[i] = float32(i) - g.lane
		}
		// Cells of the quadrant only.
		a, b := max(from, int(math.Ceil(lane-away))), min(from+n-1, int(math.Floor(lane+away)))
		if a <= b {
			got, want := make([]float32, b-a+1+3), make([]float32, b-a+1+3)
			cells(got[:b-a+1], z[a:], offset[a:], f.horizon, &g)
			cellsPlain(want[:b-a+1], z[a:], offset[a:], f.horizon, &g)
			sameBits(t, "cells", got, want)
		}
		k := span{r.IntN(3), 2*half + 3}
		got, want := *f, *f
		got.horizon, want.horizon = slices.Clone(f.horizon), slices.Clone(f.horizon)
		rays(&got, k, z, &g)
		raysPlain(&want, k, z, &g)
		sameBits(t, "rays", got.horizon[:k.to], want.horizon[:k.to])
	}
	for range 200 {
		rows, posts := 1+r.IntN(40), 1+r.IntN(40)
		src := make([]float32, rows*posts)
		for i := range src {
			src[i] = r.Float32()
		}
		got, want := make([]float32, posts*(rows+3)), make([]float32, posts*(rows+3))
		turn(got, rows+3, src, posts, rows, posts)
		turnPlain(want, rows+3, src, posts, span{0, rows}, span{0, posts})
		sameBits(t, "turn", got, want)
	}
}

func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && (got[i] == got[i] || want[i] == want[i]) {
			t.Fatalf("%s: lane %d of %d: %v (%x), want %v (%x)", what, i, len(want), got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// TestUnderfoot: nothing hides an observer's own cell, whether he stands on its
// post, a hair beside it or at its edge.
func TestUnderfoot(t *testing.T) {
	g := rough(t, 60, 50, false)
	for _, off := range []float64{0, 1e-12, 1e-9, -1e-7, 1e-4, 0.3, 0.49} {
		for _, exact := range []bool{false, true} {
			v := looking(g, 30+off, 25-off, 1e4)
			v.Exact = exact
			out := viewshed(t, g, v)
			c, r := out.Lattice.Cell(v.Observer.At)
			if seen, known := out.Seen(int(math.Round(c)), int(math.Round(r)), 0); !seen || !known {
				t.Errorf("%g off the post, exact %v: seen %v, known %v", off, exact, seen, known)
			}
		}
	}
}

// TestSweepHasOneHash: tools/test.sh runs this at both levels of the processor.
func TestSweepHasOneHash(t *testing.T) {
	g := rough(t, 300, 260, true)
	v := looking(g, 151.3, 120.2, 12e3)
	h := fnv.New64a()
	for _, doubt := range []bool{false, true} {
		v.Doubt = doubt
		out := viewshed(t, g, v)
		for _, values := range [][]float32{out.Need, out.SD} {
			for _, n := range values {
				bits := math.Float32bits(n)
				if n != n {
					bits = 0
				}
				h.Write(binary.LittleEndian.AppendUint32(nil, bits))
			}
		}
	}
	const want = 0x1f5cc1f1a7cfebdd
	if got := h.Sum64(); got != want {
		t.Errorf("hash %#x, want %#x", got, want)
	}
}

// TestSweepOnAnyProcessors: the number of processors changes nothing.
func TestSweepOnAnyProcessors(t *testing.T) {
	g := rough(t, 500, 400, true)
	v := looking(g, 251.3, 180.2, 15e3)
	want := viewshed(t, g, v)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	sameBits(t, "one processor", viewshed(t, g, v).Need, want.Need)
}

// BenchmarkViewshed is one viewshed on one processor, the elevation in memory.
func BenchmarkViewshed(b *testing.B) {
	g := rough(b, 2500, 2500, false)
	v := looking(g, 1250.3, 1250.2, 100e3)
	v.Observer.Height = geo.GroundHeight(100).Height()
	known := 0
	for _, n := range viewshed(b, g, v).Need {
		if n == n {
			known++
		}
	}
	for b.Loop() {
		viewshed(b, g, v)
	}
	b.ReportMetric(float64(known)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mcells/s")
}

// TestDoubt compares standard deviations with what happens when the elevation
// and k really are in error.
func TestDoubt(t *testing.T) {
	const sd, runs = 3.0, 120
	flat := rough(t, 121, 121, false)
	about := terrain.About{Name: "hills", SD: sd}
	g, err := terrain.NewGrid(flat.Lattice(), about, flat.Z)
	if err != nil {
		t.Fatal(err)
	}
	v := looking(g, 60, 60, 5000)
	v.Doubt = true
	v.Refraction = Refraction{K: 0.13, Low: -0.9, High: 0.99} // so wide that it counts
	told := viewshed(t, g, v)
	v.Exact = true
	exact := viewshed(t, g, v)
	r := rand.New(rand.NewPCG(6, 4))
	sum, sum2 := make([]float64, len(told.Need)), make([]float64, len(told.Need))
	v.Doubt = false
	for range runs {
		z := slices.Clone(flat.Z)
		for i := range z {
			z[i] += float32(sd * r.NormFloat64())
		}
		h, err := terrain.NewGrid(flat.Lattice(), about, z)
		if err != nil {
			t.Fatal(err)
		}
		v.Refraction.K = v.Refraction.Low + (v.Refraction.High-v.Refraction.Low)*r.Float64()
		for i, n := range viewshed(t, h, v).Need {
			sum[i] += float64(n)
			sum2[i] += float64(n) * float64(n)
		}
	}
	var ratio, spread, cells float64
	for i, n := range told.Need {
		// Deep in the shade the same ridge is the horizon in every run.
		if !(n > 150) {
			continue
		}
		if d := math.Abs(float64(told.SD[i] - exact.SD[i])); d > 0.3*float64(exact.SD[i]) {
			spread++
		}
		mean := sum[i] / runs
		ratio += math.Sqrt(sum2[i]/runs-mean*mean) / float64(told.SD[i])
		cells++
	}
	t.Logf("%.0f cells: found / told %.2f; told differs from the reference's by a third in %.2f %%", cells, ratio/cells, 100*spread/cells)
	if cells < 200 || ratio/cells < 0.6 || ratio/cells > 1.15 || spread > 0.05*cells {
		t.Error("standard deviations are not those that are found")
	}
}

// TestFan holds the distances along rays to those of the metric.
func TestFan(t *testing.T) {
	for _, lat := range []float64{-16, 38, 60} {
		l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69, Y0: lat + 1, DX: 1.0 / 120, DY: 1.0 / 120, Width: 241, Height: 241}
		g, err := terrain.NewGrid(l, terrain.About{Name: "flat", SD: 1}, make([]float32, l.Width*l.Height))
		if err != nil {
			t.Fatal(err)
		}
		s := newScene(g, l.Position(120, 120), 10, 0.13)
		const half = 121
		for _, outward := range []int{-1, 1} {
			for _, turned := range []bool{false, true} {
				f := (&quadrant{scene: s, outward: outward, turned: turned}).fan(half)
				worst := 0.0
				for away := 1.0; away <= 120; away++ {
					along := s.metric.along(away*float64(outward), !turned)
					for i := range 2*half + 1 {
						d := math.Sqrt(along.at(float64(i-half) / half * away))
						// The fan has one more ray on the left.
						inverse := float64(f.near[i+1])/away + float64(f.mean[i+1])
						sunk := float64(f.sink[i+1])*away + float64(f.bend[i+1])*away*away
						worst = max(worst, math.Abs(inverse*d-1), math.Abs(sunk/(s.drop*d)-1))
					}
				}
				t.Logf("%g degrees, outward %d, turned %v: %.2g", lat, outward, turned, worst)
				if worst > 1e-5 {
					t.Errorf("%g degrees, outward %d, turned %v: distances are off by %.2g", lat, outward, turned, worst)
				}
			}
		}
	}
}

// TestViewshedInto: what lay in the memory does not shine through.
func TestViewshedInto(t *testing.T) {
	g := rough(t, 201, 151, true)
	used := &Viewed{}
	for _, at := range [][2]float64{{100.2, 75.3}, {-0.4, 0.2}, {200, 150.3}, {3, 80}} {
		for _, exact := range []bool{false, true} {
			for _, doubt := range []bool{true, false} {
				v := looking(g, at[0], at[1], 6000)
				v.Exact, v.Doubt = exact, doubt
				for _, values := range [][]float32{used.Need[:cap(used.Need)], used.SD[:cap(used.SD)]} {
					for i := range values {
						values[i] = 12345
					}
				}
				if err := ViewshedInto(t.Context(), g, v, used); err != nil {
					t.Fatal(err)
				}
				want := viewshed(t, g, v)
				sameBits(t, "need", used.Need, want.Need)
				sameBits(t, "sd", used.SD, want.SD)
				if len(used.Need) != len(want.Need) || len(used.SD) != len(want.SD) {
					t.Errorf("%d and %d values, want %d and %d", len(used.Need), len(used.SD), len(want.Need), len(want.SD))
				}
			}
		}
	}
}
