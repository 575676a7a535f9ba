package corridor

import (
	"context"
	"errors"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// field is the strip laid on the elevation's posts.
type field struct {
	*Config
	grid          *terrain.Grid
	lattice       terrain.Lattice
	window        terrain.Window // of the source
	width, height int
	beyond        bool      // the strip reaches out of the elevation
	east, north   []float64 // size of a cell by row, metres
	kind          []uint8   // what a cell is
	rate          []float32 // exposure in a second, of all sensors
	watches       []*watch

	moves   []move
	lengths [][]float64 // of a move from a row, metres; 0: out of the window
}

func newField(ctx context.Context, c *Config) (*field, error) {
	f := &field{Config: c}
	box, ok := c.Strip.box()
	if !ok {
		return nil, errors.New("the strip is empty")
	}
	f.window, f.beyond = window(c.Elevation.Lattice(), box)
	if !f.window.Empty() && f.window.Width > MaxCells/f.window.Height {
		return nil, fmt.Errorf("the strip lies in %d x %d posts of %s: more than %d; ask for it piece by piece, or use a coarser elevation", f.window.Width, f.window.Height, c.Elevation.About(), MaxCells)
	}
	var err error
	if f.grid, err = terrain.Load(c.Elevation, f.window); err != nil {
		return nil, err
	}
	f.lattice = f.grid.Lattice()
	f.width, f.height = f.lattice.Width, f.lattice.Height
	f.kind = make([]uint8, f.width*f.height)
	f.rate = make([]float32, f.width*f.height)
	f.measure()
	c.tell("strip", 0, 1)
	if err := f.lay(ctx); err != nil {
		return nil, err
	}
	c.tell("strip", 1, 1)
	for i := range c.Sensors {
		c.tell("viewsheds", i, len(c.Sensors))
		w, err := f.watch(ctx, c.Sensors[i])
		if err != nil {
			return nil, err
		}
		w.addTo(f.rate, f)
		f.watches = append(f.watches, w)
	}
	c.tell("viewsheds", len(c.Sensors), len(c.Sensors))
	return f, nil
}

// measure makes the sizes of cells and the lengths of moves, row by row, in
// the middle of each row.
func (f *field) measure() {
	f.east, f.north = make([]float64, f.height), make([]float64, f.height)
	for r := range f.height {
		f.east[r], f.north[r] = f.lattice.Spacing(f.lattice.Position(float64(f.width-1)/2, float64(r)))
	}
	f.moves = moves(f.Neighbours)
	f.lengths = make([][]float64, len(f.moves))
	for i, m := range f.moves {
		f.lengths[i] = make([]float64, f.height)
		for r := range f.height {
			if r+m.dr < 0 || r+m.dr >= f.height {
				continue
			}
			e := float64(m.dc) * (f.east[r] + f.east[r+m.dr]) / 2
			n := float64(m.dr) * (f.north[r] + f.north[r+m.dr]) / 2
			f.lengths[i][r] = math.Sqrt(float64(e*e) + float64(n*n))
		}
	}
}

func (f *field) position(cell int) geo.Position {
	return f.lattice.Position(float64(cell%f.width), float64(cell/f.width))
}

// move goes from a cell to one near.
type move struct {
	dc, dr int
	// A knight's move passes two cells on its way; another diagonal passes
	// between two. Columns and rows from the start.
	via    [2][2]int
	knight bool
}

// moves to 4, 8 or 16 neighbours, in a fixed order.
func moves(n int) []move {
	out := make([]move, 0, n)
	for _, m := range [...][2]int{
		{0, -1},
		{1, 0},
		{0, 1},
		{-1, 0},
		{1, -1},
		{1, 1},
		{-1, 1},
		{-1, -1},
		{1, -2},
		{2, -1},
		{2, 1},
		{1, 2},
		{-1, 2},
		{-2, 1},
		{-2, -1},
		{-1, -2},
	} {
		if len(out) == n {
			break
		}
		k := move{dc: m[0], dr: m[1]}
		switch c, r := sign(k.dc), sign(k.dr); {
		case k.dc == 2*c && c != 0:
			k.knight, k.via = true, [2][2]int{{c, 0}, {c, r}}
		case k.dr == 2*r && r != 0:
			k.knight, k.via = true, [2][2]int{{0, r}, {c, r}}
		case c != 0 && r != 0:
			k.via = [2][2]int{{c, 0}, {0, r}}
		}
		out = append(out, k)
	}
	return out
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// leg is a move as it is gone: the cells that it is in, in turn, for equal
// lengths, and how long it takes in the first half and in the second.
type leg struct {
	cells   [4]int32
	n       int // 2 or 4 cells
	metres  float64
	seconds [2]float64
	rises   [2]float64 // metres; of a straight move only the first, whole
}

// try goes a move from a cell; false where the mover cannot. Cells must have
// all bits of need, and none of bar.
func (f *field) try(at int, move int, need, bar uint8) (l leg, ok bool) {
	m := &f.moves[move]
	c, r := at%f.width+m.dc, at/f.width+m.dr
	if c < 0 || r < 0 || c >= f.width || r >= f.height {
		return l, false
	}
	to := r*f.width + c
	free := func(i int) bool { return f.kind[i]&(need|bar) == need }
	if !free(to) {
		return l, false
	}
	l.metres = f.lengths[move][at/f.width]
	z := f.grid.Z
	if m.knight {
		// Two halves, the height between is that between the cells on the way.
		v, w := at+m.via[0][1]*f.width+m.via[0][0], at+m.via[1][1]*f.width+m.via[1][0]
		if !free(v) || !free(w) {
			return l, false
		}
		l.cells, l.n = [4]int32{int32(at), int32(v), int32(w), int32(to)}, 4
		middle := (float64(z[v]) + float64(z[w])) / 2
		if l.seconds[0], l.rises[0], ok = f.climb(float64(z[at]), middle, l.metres/2); !ok {
			return l, false
		}
		l.seconds[1], l.rises[1], ok = f.climb(middle, float64(z[to]), l.metres/2)
		return l, ok
	}
	if m.dc != 0 && m.dr != 0 {
		// Not through where two cells touch at a corner.
		v, w := at+m.via[0][1]*f.width+m.via[0][0], at+m.via[1][1]*f.width+m.via[1][0]
		if !free(v) && !free(w) {
			return l, false
		}
	}
	l.cells, l.n = [4]int32{int32(at), int32(to)}, 2
	t, rise, ok := f.climb(float64(z[at]), float64(z[to]), l.metres)
	l.seconds, l.rises = [2]float64{t / 2, t / 2}, [2]float64{rise, 0}
	return l, ok
}

// climb gives the time for a way between two heights; false where it is too
// steep. Beside a void it counts as level.
func (f *field) climb(from, to, metres float64) (seconds, rise float64, ok bool) {
	rise = to - from
	if rise != rise {
		rise = 0
	}
	slope := rise / metres
	if math.Abs(slope) > f.Mover.Steepest {
		return 0, 0, false
	}
	return metres / f.Mover.Speed(slope), rise, true
}

// exposure of a leg, at the rate that each of its cells has.
func (l *leg) exposure(rate func(cell int32) float64) float64 {
	if l.n == 2 {
		return float64(l.seconds[0]*rate(l.cells[0])) + float64(l.seconds[1]*rate(l.cells[1]))
	}
	first := (rate(l.cells[0]) + rate(l.cells[1])) / 2
	second := (rate(l.cells[2]) + rate(l.cells[3])) / 2
	return float64(l.seconds[0]*first) + float64(l.seconds[1]*second)
}

func (l *leg) time() float64 { return l.seconds[0] + l.seconds[1] }

// stopped wraps a context's end.
func stopped(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return errors.Join(errors.New("the search for corridors was stopped"), err)
	}
	return nil
}
