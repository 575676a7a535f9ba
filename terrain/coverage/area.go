package coverage

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"atalaya/geo"
	"atalaya/terrain"
)

// side is how many posts a block has along each side: its 64 cells fit one
// word.
const side = 8

// Block is 8 x 8 cells of an area, row by row in the bits of a word.
type Block struct {
	X, Y  int     // column and row of its north-western post in the lattice
	Cells uint64  // those that belong to the area and have elevation
	Cell  float64 // area of one cell in its middle, m²
}

// Area is the cells about which something is asked: those of an elevation's
// lattice that lie in a shape and have elevation.
type Area struct {
	// Blocks are in order of rows, then of columns.
	Blocks []Block
	// Voids is how many cells of the shape have no elevation. They count
	// neither as seen nor as unseen.
	Voids int
	// Cut says that the shape reaches beyond the elevation; who makes the
	// area knows.
	Cut bool

	source  terrain.Source
	lattice terrain.Lattice
	window  terrain.Window // holds all blocks, in posts; aligned to blocks
	index   []int32        // of the block at each place of the window; -1 for none
}

// NewArea gives the cells of a source in a shape, within a window of its
// posts (all of them: source.Lattice().Bounds()).
func NewArea(src terrain.Source, within terrain.Window, shape Shape) (*Area, error) {
	l := src.Lattice()
	within = within.Intersect(l.Bounds())
	if within.Empty() {
		return nil, fmt.Errorf("the area lies outside the elevation %s", src.About())
	}
	a := &Area{source: src, lattice: l}
	x0, y0 := within.X&^(side-1), within.Y&^(side-1)
	w, h := roundUp(within.X+within.Width-x0), roundUp(within.Y+within.Height-y0)
	a.window = terrain.Window{X: x0, Y: y0, Width: w, Height: h}
	if w/side > math.MaxInt32/(h/side) {
		return nil, fmt.Errorf("an area within %d x %d posts is too large: ask for a smaller one or a coarser elevation", w, h)
	}
	cells := make([]uint64, w/side*(h/side))
	root := side
	for root < max(w, h) {
		root *= 2
	}
	d := drawing{area: a, within: within, shape: shape, cells: cells}
	d.draw(x0, y0, root)
	if err := a.collect(cells); err != nil {
		return nil, err
	}
	if len(a.Blocks) == 0 {
		if a.Voids > 0 {
			return nil, fmt.Errorf("none of the area's %d cells has elevation in %s", a.Voids, src.About())
		}
		return nil, fmt.Errorf("the area holds no post of the elevation %s", src.About())
	}
	return a, nil
}

// half is exact; divided in a sum it could be fused.
func half(n int) float64 { return float64(float64(n) / 2) }

func roundUp(n int) int { return (n + side - 1) &^ (side - 1) }

// drawing finds the cells of a shape square by square: a square that lies
// farther from the shape's border than its own corners is all in or all out.
type drawing struct {
	area   *Area
	within terrain.Window
	shape  Shape
	cells  []uint64 // of each block of the area's window
}

func (d *drawing) draw(x, y, size int) {
	w := terrain.Window{X: x, Y: y, Width: size, Height: size}.Intersect(d.within)
	if w.Empty() {
		return
	}
	l := d.area.lattice
	middle := l.Position(float64(w.X)+half(w.Width-1), float64(w.Y)+half(w.Height-1))
	away := d.shape(middle)
	if w.Width == 1 && w.Height == 1 {
		if away <= 0 {
			d.set(w)
		}
		return
	}
	reach := 0.0
	for _, c := range [4][2]int{{w.X, w.Y}, {w.X + w.Width - 1, w.Y}, {w.X, w.Y + w.Height - 1}, {w.X + w.Width - 1, w.Y + w.Height - 1}} {
		reach = max(reach, geo.Distance(middle, l.Position(float64(c[0]), float64(c[1]))))
	}
	reach *= 1.02 // sides bulge where the lattice is not straight on the ground
	switch {
	case away > reach:
	case away < -reach:
		d.set(w)
	default:
		part := size / 2
		d.draw(x, y, part)
		d.draw(x+part, y, part)
		d.draw(x, y+part, part)
		d.draw(x+part, y+part, part)
	}
}

func (d *drawing) set(w terrain.Window) {
	o, across := d.area.window, d.area.window.Width/side
	for y := w.Y - o.Y; y < w.Y-o.Y+w.Height; y++ {
		for x := w.X - o.X; x < w.X-o.X+w.Width; x++ {
			d.cells[y/side*across+x/side] |= 1 << (y%side*side + x%side)
		}
	}
}

// collect takes the cells that have elevation into blocks.
func (a *Area) collect(cells []uint64) error {
	across := a.window.Width / side
	a.index = make([]int32, len(cells))
	for i := range a.index {
		a.index[i] = -1
	}
	z := make([]float32, a.window.Width*side)
	for by := range a.window.Height / side {
		line := cells[by*across : (by+1)*across]
		first, last := -1, -1
		for i, c := range line {
			if c != 0 {
				if first < 0 {
					first = i
				}
				last = i
			}
		}
		if first < 0 {
			continue
		}
		w := terrain.Window{X: a.window.X + first*side, Y: a.window.Y + by*side, Width: (last - first + 1) * side, Height: side}
		part := z[:w.Width*w.Height]
		if err := a.source.Read(part, w); err != nil {
			return fmt.Errorf("reading elevation from %s: %w", a.source.About(), err)
		}
		size := cellSizes(a.lattice, w)
		for i := first; i <= last; i++ {
			known := uint64(0)
			for m := line[i]; m != 0; m &= m - 1 {
				n := bits.TrailingZeros64(m)
				if v := part[n/side*w.Width+(i-first)*side+n%side]; v == v {
					known |= 1 << n
				}
			}
			a.Voids += bits.OnesCount64(line[i] &^ known)
			if known == 0 {
				continue
			}
			if len(a.Blocks) == math.MaxInt32 {
				return errors.New("the area is too large: ask for a smaller one or a coarser elevation")
			}
			a.index[by*across+i] = int32(len(a.Blocks))
			a.Blocks = append(a.Blocks, Block{X: w.X + (i-first)*side, Y: w.Y, Cells: known, Cell: size((i - first) * side)})
		}
	}
	return nil
}

// cellSizes gives the area of a cell, m², in the middle of the block that
// begins so many columns from the west of a band of blocks: a parabola through
// three places of the band, as the scale of a projection changes slowly.
func cellSizes(l terrain.Lattice, w terrain.Window) func(x int) float64 {
	row := float64(w.Y) + (side-1)/2.0
	at := func(col float64) float64 {
		// Over the whole block, so that rounding does no harm.
		east := geo.Distance(l.Position(col-side/2, row), l.Position(col+side/2, row))
		north := geo.Distance(l.Position(col, row-side/2), l.Position(col, row+side/2))
		return east * north / (side * side)
	}
	west := float64(w.X) + (side-1)/2.0
	reach := half(w.Width - side)
	left := at(west)
	if l.Projection.Degrees() || reach == 0 {
		return func(int) float64 { return left }
	}
	middle, right := at(west+reach), at(west+float64(2*reach))
	return func(x int) float64 {
		u := (float64(x) - reach) / reach
		return middle + float64(u*float64((right-left)/2)) + float64(float64(u*u)*(float64((right+left)/2)-middle))
	}
}

// warnings are what must be said of the area beside what it rests on.
func (a *Area) warnings() []string {
	var out []string
	if a.Voids > 0 {
		out = append(out, fmt.Sprintf("%d cells of the area have no elevation: they count neither as seen nor as unseen.", a.Voids))
	}
	if a.Cut {
		out = append(out, "The area reaches beyond the elevation: what lies there is left out of all figures.")
	}
	return out
}

// Grounds is what an answer about the area rests on.
func (a *Area) Grounds() Grounds {
	g := GroundsOf(a.source)
	g.Warnings = append(g.Warnings, a.warnings()...)
	return g
}

// Source is the elevation that the area was made from.
func (a *Area) Source() terrain.Source { return a.source }

// Window holds all cells of the area.
func (a *Area) Window() terrain.Window {
	if len(a.Blocks) == 0 {
		return terrain.Window{}
	}
	first := a.Blocks[0]
	x0, y0, x1, y1 := first.X, first.Y, first.X, first.Y
	for _, b := range a.Blocks {
		x0, y0, x1, y1 = min(x0, b.X), min(y0, b.Y), max(x1, b.X+side), max(y1, b.Y+side)
	}
	return terrain.Window{X: x0, Y: y0, Width: x1 - x0, Height: y1 - y0}.Intersect(a.lattice.Bounds())
}

// Cells is how many cells the area has.
func (a *Area) Cells() int {
	n := 0
	for _, b := range a.Blocks {
		n += bits.OnesCount64(b.Cells)
	}
	return n
}

// Size is the area of its cells in square metres.
func (a *Area) Size() float64 {
	sum := 0.0
	for _, b := range a.Blocks {
		sum += float64(b.Cell * float64(bits.OnesCount64(b.Cells)))
	}
	return sum
}

// Position is the middle of a block.
func (a *Area) Position(block int) geo.Position {
	b := a.Blocks[block]
	return a.lattice.Position(float64(b.X)+(side-1)/2.0, float64(b.Y)+(side-1)/2.0)
}

// near calls visit for the blocks that share a cell with a window, in order.
func (a *Area) near(w terrain.Window, visit func(block int)) {
	w = w.Intersect(a.window)
	if w.Empty() {
		return
	}
	across := a.window.Width / side
	for by := (w.Y - a.window.Y) / side; by <= (w.Y-a.window.Y+w.Height-1)/side; by++ {
		for bx := (w.X - a.window.X) / side; bx <= (w.X-a.window.X+w.Width-1)/side; bx++ {
			if i := a.index[by*across+bx]; i >= 0 {
				visit(int(i))
			}
		}
	}
}

// Has reports whether a post's cell belongs to the area.
func (a *Area) Has(col, row int) bool {
	x, y := col-a.window.X, row-a.window.Y
	if x < 0 || y < 0 || x >= a.window.Width || y >= a.window.Height {
		return false
	}
	i := a.index[y/side*(a.window.Width/side)+x/side]
	return i >= 0 && a.Blocks[i].Cells>>(y%side*side+x%side)&1 == 1
}

// Touches reports whether a block of the area lies in a window or reaches
// into it.
func (a *Area) Touches(w terrain.Window) bool {
	any := false
	a.near(w, func(int) { any = true })
	return any
}
