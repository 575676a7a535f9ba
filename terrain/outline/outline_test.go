package outline_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/terrain/outline"
)

func plain(w, h int) terrain.Lattice {
	return terrain.Lattice{Projection: projection.Geographic{}, X0: -70, Y0: -15, DX: 0.01, DY: 0.01, Width: w, Height: h}
}

// plane gives a ring in corners of cells, counted from the south-west.
func plane(l terrain.Lattice, r geo.Ring) [][2]float64 {
	out := make([][2]float64, len(r))
	for i, p := range r {
		c, row := l.Cell(p)
		out[i] = [2]float64{c + 0.5, float64(l.Height) - row - 0.5}
	}
	return out
}

func signed(way [][2]float64) float64 {
	sum := 0.0
	for i, p := range way {
		q := way[(i+1)%len(way)]
		sum += p[0]*q[1] - q[0]*p[1]
	}
	return sum / 2
}

// inside counts crossings of a ray to the east.
func inside(rings [][][2]float64, x, y float64) bool {
	in := false
	for _, way := range rings {
		for i, p := range way {
			q := way[(i+1)%len(way)]
			if (p[1] > y) != (q[1] > y) && x < p[0]+(y-p[1])/(q[1]-p[1])*(q[0]-p[0]) {
				in = !in
			}
		}
	}
	return in
}

// parts counts the cells that belong together, from the definition.
func parts(in []bool, w int) int {
	of := make([]int, len(in))
	for i := range of {
		of[i] = i
	}
	for changed := true; changed; {
		changed = false
		for i := range in {
			for _, j := range [2]int{i + 1, i + w} {
				if j < len(in) && in[i] && in[j] && (j == i+w || j%w != 0) && of[i] != of[j] {
					of[i], of[j] = min(of[i], of[j]), min(of[i], of[j])
					changed = true
				}
			}
		}
	}
	n := 0
	for i := range in {
		if in[i] && of[i] == i {
			n++
		}
	}
	return n
}

// TestRandom: polygons hold the cells that are in and no other, whatever these
// are.
func TestRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	holes := 0
	for trial := range 400 {
		l := plain(1+rng.IntN(14), 1+rng.IntN(14))
		in := make([]bool, l.Width*l.Height)
		share, cells := rng.Float64(), 0
		for i := range in {
			if in[i] = rng.Float64() < share; in[i] {
				cells++
			}
		}
		polygons, err := outline.Polygons(l, in)
		if err != nil {
			t.Fatal(err)
		}
		if want := parts(in, l.Width); len(polygons) != want {
			t.Fatalf("trial %d: %d polygons, %d parts", trial, len(polygons), want)
		}
		held := make([]int, len(in))
		for _, p := range polygons {
			var rings [][][2]float64
			area := 0.0
			for i, r := range p {
				way := plane(l, r)
				rings = append(rings, way)
				a := signed(way)
				area += a
				if (a > 0) != (i == 0) || a == 0 {
					t.Fatalf("trial %d: ring %d of %d has an area of %v", trial, i, len(p), a)
				}
				once := map[geo.Position]bool{}
				for _, q := range r {
					if once[q] {
						t.Fatalf("trial %d: a ring comes to %v twice", trial, q)
					}
					once[q] = true
				}
				holes += min(i, 1)
			}
			for i := range in {
				if inside(rings, float64(i%l.Width)+0.5, float64(l.Height-i/l.Width)-0.5) {
					held[i]++
					area--
				}
			}
			if area > 1e-3 || area < -1e-3 {
				t.Fatalf("trial %d: the area is %v cells more than it holds", trial, area)
			}
		}
		for i := range in {
			if held[i] > 1 || (held[i] == 1) != in[i] {
				t.Fatalf("trial %d: cell %d is in: %v, held by %d polygons", trial, i, in[i], held[i])
			}
		}
	}
	if holes < 100 {
		t.Errorf("only %d holes were tried", holes)
	}
}

// TestLong: where lines of the lattice are not straight in degrees, a long side
// has positions between; elsewhere it has none.
func TestLong(t *testing.T) {
	in := make([]bool, 200*3)
	for i := range in {
		in[i] = true
	}
	p, err := outline.Polygons(plain(200, 3), in)
	if err != nil || len(p) != 1 || len(p[0]) != 1 || len(p[0][0]) != 4 {
		t.Errorf("in degrees: %v, %v", p, err)
	}
	l := terrain.Lattice{Projection: projection.UTM{Zone: 19, South: true}, X0: 400_000, Y0: 8_300_000, DX: 90, DY: 90, Width: 200, Height: 3}
	if p, err = outline.Polygons(l, in); err != nil || len(p) != 1 || len(p[0][0]) != 4+2*6 {
		t.Errorf("in metres: %v, %v", p, err)
	}
	if p, err = outline.Polygons(l, make([]bool, len(in))); err != nil || len(p) != 0 {
		t.Errorf("of nothing: %v, %v", p, err)
	}
}

// TestTurn: polygons do not break at 180 degrees.
func TestTurn(t *testing.T) {
	l := plain(10, 10)
	l.X0 = 179.955
	in := make([]bool, 100)
	in[12], in[17] = true, true
	if _, err := outline.Polygons(l, in); err != nil {
		t.Error(err)
	}
	for i := range in {
		in[i] = true
	}
	if _, err := outline.Polygons(l, in); !errors.Is(err, outline.ErrTurn) {
		t.Errorf("error %v", err)
	}
}
