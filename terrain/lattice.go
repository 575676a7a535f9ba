package terrain

import (
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/geo/projection"
)

// Lattice is where the posts of an elevation model stand: column c and row r
// is at X = X0 + c*DX, Y = Y0 - r*DY in its projection. A post is the centre
// of its cell, whatever the file's own convention is.
type Lattice struct {
	Projection projection.Projection
	X0, Y0     float64 // of the post in column 0, row 0: the north-western one
	DX, DY     float64 // spacing, positive; degrees or metres
	Width      int     // columns
	Height     int     // rows
}

// Window is a rectangle of posts: columns [X, X+Width), rows [Y, Y+Height).
type Window struct {
	X, Y, Width, Height int
}

// Empty reports whether a window holds no post.
func (w Window) Empty() bool { return w.Width <= 0 || w.Height <= 0 }

// Intersect gives what two windows share.
func (w Window) Intersect(o Window) Window {
	x0, y0 := max(w.X, o.X), max(w.Y, o.Y)
	x1, y1 := min(w.X+w.Width, o.X+o.Width), min(w.Y+w.Height, o.Y+o.Height)
	if x1 <= x0 || y1 <= y0 {
		return Window{X: x0, Y: y0}
	}
	return Window{X: x0, Y: y0, Width: x1 - x0, Height: y1 - y0}
}

// Bounds is the window of all posts.
func (l Lattice) Bounds() Window { return Window{Width: l.Width, Height: l.Height} }

// Rows is how sources that keep rows implement Read: it calls read for each
// row of a window that lies in the lattice, to fill part with the heights from
// column x of row y on. The rest of dst becomes NaN.
func (l Lattice) Rows(dst []float32, w Window, read func(part []float32, x, y int) error) error {
	nan := float32(math.NaN())
	in := w.Intersect(l.Bounds())
	for r := range w.Height {
		row, y := dst[r*w.Width:(r+1)*w.Width], w.Y+r
		if in.Empty() || y < in.Y || y >= in.Y+in.Height {
			fill(row, nan)
			continue
		}
		fill(row[:in.X-w.X], nan)
		fill(row[in.X-w.X+in.Width:], nan)
		if err := read(row[in.X-w.X:in.X-w.X+in.Width], in.X, y); err != nil {
			return err
		}
	}
	return nil
}

// Crop is the lattice of a window.
func (l Lattice) Crop(w Window) Lattice {
	l.X0 += float64(float64(w.X) * l.DX)
	l.Y0 -= float64(float64(w.Y) * l.DY)
	l.Width, l.Height = w.Width, w.Height
	return l
}

// Cell gives the column and row of a position, with fractions; they may lie
// outside the lattice.
func (l Lattice) Cell(p geo.Position) (col, row float64) {
	x, y := l.Projection.Forward(p)
	dx := x - l.X0
	if l.Projection.Degrees() {
		// A lattice may reach over 180 degrees: the turn that lies in it counts.
		middle := float64(float64(l.DX*float64(l.Width)) / 2)
		for ; dx < middle-180; dx += 360 {
		}
		for ; dx >= middle+180; dx -= 360 {
		}
	}
	return dx / l.DX, (l.Y0 - y) / l.DY
}

// Position gives where a column and row are; fractions lie between posts.
func (l Lattice) Position(col, row float64) geo.Position {
	return l.Projection.Inverse(l.X0+float64(col*l.DX), l.Y0-float64(row*l.DY))
}

// Contains reports whether heights at a position can be interpolated: it lies
// between posts, or within half a cell of the outermost.
func (l Lattice) Contains(p geo.Position) bool {
	col, row := l.Cell(p)
	return col >= -0.5 && row >= -0.5 && col <= float64(l.Width)-0.5 && row <= float64(l.Height)-0.5
}

// Spacing gives the distance between posts at a position, in metres, along a
// row and along a column.
func (l Lattice) Spacing(p geo.Position) (east, north float64) {
	col, row := l.Cell(p)
	east = geo.Distance(l.Position(col-0.5, row), l.Position(col+0.5, row))
	north = geo.Distance(l.Position(col, row-0.5), l.Position(col, row+0.5))
	return east, north
}

// Resolution is the mean spacing in metres at the middle of the lattice, as
// screens name it.
func (l Lattice) Resolution() float64 {
	east, north := l.Spacing(l.Position(float64(l.Width-1)/2, float64(l.Height-1)/2))
	return (east + north) / 2
}

// Around is the window of all posts within so many metres of a position, and of
// those next to it.
func (l Lattice) Around(p geo.Position, metres float64) Window {
	col, row := l.Cell(p)
	// The extent along the axes, found by going there: projections and
	// latitudes make it differ by direction.
	minC, maxC, minR, maxR := col, col, row, row
	for b := 0.0; b < 360; b += 2 {
		q, _ := geo.Direct(p, b, metres*1.0002) // two degrees apart the circle bulges by 0.00015
		c, r := l.Cell(q)
		minC, maxC = min(minC, c), max(maxC, c)
		minR, maxR = min(minR, r), max(maxR, r)
	}
	// With the posts round the position itself, however short the radius.
	x, y := clampInt(min(math.Ceil(minC), math.Floor(col))), clampInt(min(math.Ceil(minR), math.Floor(row)))
	x1, y1 := clampInt(max(math.Floor(maxC), math.Ceil(col))), clampInt(max(math.Floor(maxR), math.Ceil(row)))
	return Window{X: x, Y: y, Width: x1 - x + 1, Height: y1 - y + 1}.Intersect(l.Bounds())
}

// clampInt keeps a column or row in reach of integer arithmetic.
func clampInt(v float64) int {
	const far = 1 << 40
	if !(v > -far) {
		return -far
	}
	return int(min(v, far))
}

// Check refuses a place that is nowhere on Earth: a file is damaged, or its
// numbers are in another unit than it says.
func (l Lattice) Check() error {
	east, south := l.X0+float64(l.DX*float64(l.Width-1)), l.Y0-float64(l.DY*float64(l.Height-1))
	const half, turn, earth = 90, 360, 30_000_000 // degrees, degrees, metres
	ok := l.DX > 0 && l.DY > 0
	if l.Projection.Degrees() {
		ok = ok && l.Y0 <= half+l.DY && south >= -half-l.DY && l.X0 >= -turn-l.DX && east <= turn+l.DX && east-l.X0 <= turn+l.DX
	} else {
		ok = ok && l.Y0 <= earth && south >= -earth && l.X0 >= -earth && east <= earth
	}
	if !ok || math.IsNaN(east) || math.IsNaN(south) {
		return fmt.Errorf("its place is nowhere on Earth: %v", l)
	}
	return nil
}

func (l Lattice) String() string {
	unit := "m"
	if l.Projection.Degrees() {
		unit = "deg"
	}
	return fmt.Sprintf("%d x %d posts of %g x %g %s from X %g, Y %g, %v", l.Width, l.Height, l.DX, l.DY, unit, l.X0, l.Y0, l.Projection)
}
