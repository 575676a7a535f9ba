package terrain

import (
	"fmt"
	"math"

	"atalaya/geo"
)

// Grid is elevation in memory. It implements Source.
type Grid struct {
	lattice Lattice
	about   About
	// Z are the heights, row by row from the north-west; NaN is a void.
	Z []float32
}

// NewGrid makes a grid of heights. It fails where their number is not that of
// the lattice's posts.
func NewGrid(l Lattice, a About, z []float32) (*Grid, error) {
	if l.Width <= 0 || l.Height <= 0 || len(z) != l.Width*l.Height {
		return nil, fmt.Errorf("elevation %s: %d heights for %d x %d posts", a, len(z), l.Width, l.Height)
	}
	return &Grid{lattice: l, about: a, Z: z}, nil
}

// Lattice implements Source.
func (g *Grid) Lattice() Lattice { return g.lattice }

// About implements Source.
func (g *Grid) About() About { return g.about }

// Read implements Source.
func (g *Grid) Read(dst []float32, w Window) error {
	return g.lattice.Rows(dst, w, func(part []float32, x, y int) error {
		copy(part, g.Z[y*g.lattice.Width+x:])
		return nil
	})
}

func fill(s []float32, v float32) {
	for i := range s {
		s[i] = v
	}
}

// Bilinear gives the height at a position by interpolating between the four
// posts around it; within half a cell of the edge the outermost posts count
// alone. It is false outside the grid and beside a void.
func (g *Grid) Bilinear(p geo.Position) (float64, bool) {
	return g.BilinearAt(g.lattice.Cell(p))
}

// BilinearAt is Bilinear at a column and row.
func (g *Grid) BilinearAt(col, row float64) (float64, bool) {
	w, h := g.lattice.Width, g.lattice.Height
	if !(col >= -0.5 && row >= -0.5 && col <= float64(w)-0.5 && row <= float64(h)-0.5) {
		return 0, false
	}
	col, row = min(max(col, 0), float64(w-1)), min(max(row, 0), float64(h-1))
	c, r := min(int(col), max(w-2, 0)), min(int(row), max(h-2, 0))
	fc, fr := col-float64(c), row-float64(r)
	c1, r1 := min(c+1, w-1), min(r+1, h-1)
	at := func(c, r int) float64 { return float64(g.Z[r*w+c]) }
	return Between(at(c, r), at(c1, r), at(c, r1), at(c1, r1), fc, fr)
}

// Between interpolates between four posts at fractions of a cell from the west
// and from the north. A post of no weight does not count, so that a void
// beside an exact post does no harm; it is false beside any other void.
func Between(nw, ne, sw, se, fc, fr float64) (float64, bool) {
	north := mix(nw, ne, fc)
	if fr == 0 {
		return north, !math.IsNaN(north)
	}
	z := mix(north, mix(sw, se, fc), fr)
	return z, !math.IsNaN(z)
}

// mix goes a fraction f of the way from a to b.
func mix(a, b, f float64) float64 {
	switch f {
	case 0:
		return a
	case 1:
		return b
	}
	return a + float64(f*(b-a))
}

// Nearest gives the height of the post whose cell a position lies in.
func (g *Grid) Nearest(p geo.Position) (float64, bool) {
	col, row := g.lattice.Cell(p)
	c, r := math.Floor(col+0.5), math.Floor(row+0.5)
	if !(c >= 0 && r >= 0 && c < float64(g.lattice.Width) && r < float64(g.lattice.Height)) {
		return 0, false
	}
	z := float64(g.Z[int(r)*g.lattice.Width+int(c)])
	return z, !math.IsNaN(z)
}
