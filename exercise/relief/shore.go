package relief

import (
	"math"
	"slices"
)

// What a post is.
const (
	land   = 0
	water  = 1
	island = 2
)

// mask tells land, lake and islands of every post: a post is water if it lies
// inside the shoreline and outside every island's (even-odd rule, along rows).
func (m *maker) mask() []uint8 {
	w := m.lattice.Width
	out := make([]uint8, w*m.lattice.Height)
	parallel(m.lattice.Height, func(row int) {
		lat := m.lattice.Y0 - float64(float64(row)*m.lattice.DY)
		line := out[row*w : (row+1)*w]
		for n, ring := range m.lake {
			var cuts []float64 // columns where the ring crosses the row
			for i, a := range ring {
				b := ring[(i+1)%len(ring)]
				if (a.Lat > lat) != (b.Lat > lat) {
					lon := a.Lon + float64((lat-a.Lat)/(b.Lat-a.Lat)*(b.Lon-a.Lon))
					cuts = append(cuts, (lon-m.lattice.X0)/m.lattice.DX)
				}
			}
			slices.Sort(cuts)
			for ; len(cuts) >= 2; cuts = cuts[2:] {
				for c := max(int(math.Ceil(cuts[0])), 0); c < w && float64(c) < cuts[1]; c++ {
					if n == 0 {
						line[c] = water
					} else {
						line[c] = island
					}
				}
			}
		}
	})
	return out
}

// coast is how far the land near the lake is from it.
type coast struct {
	col, row, w, h int // window of the lattice
	metres         []float32
}

// newCoast measures within a window around the water (Felzenszwalb and
// Huttenlocher 2012: exact distances, along columns first and then along rows).
func (m *maker) newCoast(mask []uint8, reach float64) *coast {
	w, h := m.lattice.Width, m.lattice.Height
	west, north, east, south := w, h, -1, -1
	for row := range h {
		for col, is := range mask[row*w : (row+1)*w] {
			if is == water {
				west, east = min(west, col), max(east, col)
				north, south = min(north, row), max(south, row)
			}
		}
	}
	if east < 0 {
		return &coast{}
	}
	gx, gy := int(reach/m.frame.dx)+1, int(reach/m.frame.dy)+1
	c := &coast{col: max(west-gx, 0), row: max(north-gy, 0)}
	c.w, c.h = min(east+gx+1, w)-c.col, min(south+gy+1, h)-c.row
	c.metres = make([]float32, c.w*c.h)
	// Rows down to the next water, then up: in posts.
	const far = 1 << 20
	for _, up := range []bool{false, true} {
		before := make([]float32, c.w)
		for i := range before {
			before[i] = far
		}
		for k := range c.h {
			j := k
			if up {
				j = c.h - 1 - k
			}
			line := c.metres[j*c.w : (j+1)*c.w]
			wet := mask[(c.row+j)*w+c.col:]
			for i := range line {
				before[i]++
				if wet[i] == water {
					before[i] = 0
				}
				if !up || before[i] < line[i] {
					line[i] = before[i]
				}
			}
		}
	}
	parallel(c.h, func(j int) { c.across(c.metres[j*c.w:(j+1)*c.w], m.frame) })
	return c
}

// across turns a row's distances along columns, in posts, into distances over
// all rows and columns, in metres: the lower envelope of a parabola each.
func (c *coast) across(line []float32, f frame) {
	n := len(line)
	sq := make([]float64, n) // of the distance along the column, in widths of a column
	stretch := f.dy / f.dx
	for i, v := range line {
		d := float64(float64(v) * stretch)
		sq[i] = float64(d * d)
	}
	foot := make([]int, n)           // of the envelope's parabolas
	from := make([]float64, n+1)     // where each begins
	meet := func(a, b int) float64 { // where b's parabola goes below a's
		return ((sq[b] + float64(b*b)) - (sq[a] + float64(a*a))) / float64(2*(b-a))
	}
	k := 0
	from[0], from[1] = math.Inf(-1), math.Inf(1)
	for b := 1; b < n; b++ {
		x := meet(foot[k], b)
		for x <= from[k] {
			k--
			x = meet(foot[k], b)
		}
		k++
		foot[k], from[k], from[k+1] = b, x, math.Inf(1)
	}
	k = 0
	for i := range n {
		for from[k+1] < float64(i) {
			k++
		}
		d := float64(i - foot[k])
		line[i] = float32(float64(math.Sqrt(float64(d*d)+sq[foot[k]]) * f.dx))
	}
}

// at is the distance to the lake in metres of a post; false where it is far.
func (c *coast) at(col, row int) (float64, bool) {
	i, j := col-c.col, row-c.row
	if i < 0 || j < 0 || i >= c.w || j >= c.h {
		return 0, false
	}
	return float64(c.metres[j*c.w+i]), true
}
