package coverage_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// sierra is the real ground of 90 m, as GDAL reads it.
func sierra(t testing.TB) *terrain.Grid {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "sierra.img")
	cmd := exec.CommandContext(t.Context(), peer.Command(t, "gdal_translate"), "-q", "-of", "ENVI", peer.Data(t, "terrain/sierra_basinrange_vfp3s_4326.tif"), raw)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	b, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -125, Y0: 40, DX: 1.0 / 1200, DY: 1.0 / 1200, Width: 13201, Height: 4801}
	z := make([]float32, l.Width*l.Height)
	for i := range z {
		if v := int16(binary.LittleEndian.Uint16(b[2*i:])); v != -32768 {
			z[i] = float32(v)
		} else {
			z[i] = float32(math.NaN())
		}
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: "sierra"}, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// coarser is a grid of one post in n x n: the middle one, or their mean.
func coarser(t testing.TB, g *terrain.Grid, n int, mean bool) *terrain.Grid {
	t.Helper()
	l := g.Lattice()
	small := l
	small.X0 += float64(n/2) * l.DX
	small.Y0 -= float64(n/2) * l.DY
	if mean {
		small.X0, small.Y0 = l.X0+float64(n-1)/2*l.DX, l.Y0-float64(n-1)/2*l.DY
	}
	small.DX, small.DY = l.DX*float64(n), l.DY*float64(n)
	small.Width, small.Height = l.Width/n, l.Height/n
	z := make([]float32, small.Width*small.Height)
	for i := range z {
		x, y := i%small.Width*n, i/small.Width*n
		if !mean {
			z[i] = g.Z[(y+n/2)*l.Width+x+n/2]
			continue
		}
		sum := 0.0
		for j := range n * n {
			sum += float64(g.Z[(y+j/n)*l.Width+x+j%n])
		}
		z[i] = float32(sum / float64(n*n))
	}
	out, err := terrain.NewGrid(small, g.About(), z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The measurement behind coverage.Optimism: the area in which a target of 2 m
// shows to a mast of 10 m within 20 km, on grids made from the one of 90 m.
func TestOptimism(t *testing.T) {
	g := sierra(t)
	l := g.Lattice()
	r := rand.New(rand.NewPCG(6, 4))
	var observers [2][]sight.Observer // random places, peaks
	names := [2]string{"random places", "peaks"}
	for len(observers[0]) < 32 {
		x, y := 300+r.IntN(l.Width-600), 300+r.IntN(l.Height-600)
		peak := 0
		ok := true
		for dy := -300; dy <= 300; dy += 20 {
			for dx := -300; dx <= 300; dx += 20 {
				z := g.Z[(y+dy)*l.Width+x+dx]
				ok = ok && z > -100
			}
		}
		if !ok || g.Z[y*l.Width+x] < 300 {
			continue
		}
		for dy := -50; dy <= 50; dy++ {
			for dx := -50; dx <= 50; dx++ {
				if i := (y+dy)*l.Width + x + dx; peak == 0 || g.Z[i] > g.Z[peak] {
					peak = i
				}
			}
		}
		for kind, i := range [2]int{y*l.Width + x, peak} {
			at := l.Position(float64(i%l.Width), float64(i/l.Width))
			observers[kind] = append(observers[kind], sight.Observer{At: at, Height: geo.GroundHeight(10).Height()})
		}
	}
	area := func(g *terrain.Grid, o sight.Observer) float64 {
		v, err := sight.Viewshed(t.Context(), g, sight.View{Observer: o, Radius: 20e3, Refraction: sight.Optical()})
		if err != nil {
			t.Fatal(err)
		}
		m2 := 0.0
		for y := range v.Lattice.Height {
			east, north := v.Lattice.Spacing(v.Lattice.Position(0, float64(y)))
			for x := range v.Lattice.Width {
				if seen, known := v.Seen(x, y, 2); known && seen {
					m2 += east * north
				}
			}
		}
		return m2
	}
	var base [2][]float64
	for kind := range observers {
		for _, o := range observers[kind] {
			base[kind] = append(base[kind], area(g, o))
		}
	}
	for _, n := range []int{5} {
		for _, mean := range []bool{false, true} {
			small := coarser(t, g, n, mean)
			var sum, fine [2]float64
			for kind := range observers {
				for i, o := range observers[kind] {
					sum[kind] += area(small, o)
					fine[kind] += base[kind][i]
				}
			}
			for kind := range observers {
				var ratio []float64
				mean := 0.0
				for i, o := range observers[kind] {
					q := area(small, o) / base[kind][i]
					ratio = append(ratio, q)
					mean += q / float64(len(observers[kind]))
				}
				slices.Sort(ratio)
				t.Logf("   %s: mean of ratios %.3f median %.3f", names[kind], mean, ratio[len(ratio)/2])
			}
			all := (sum[0] + sum[1]) / (fine[0] + fine[1])
			t.Logf("%4d m, mean of blocks %-5v: %s %.3f, %s %.3f, all %.3f", 90*n, mean, names[0], sum[0]/fine[0], names[1], sum[1]/fine[1], all)
			_ = coverage.Optimism
		}
	}
}
