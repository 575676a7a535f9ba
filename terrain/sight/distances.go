package sight

import (
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// Distances gives the distances from a place to the posts of a lattice that
// lie in a window, as a viewshed reckons them: some nanoseconds each.
type Distances struct {
	window     terrain.Window
	col, row   float64
	rows, cols []quartic
}

// NewDistances prepares the distances from a place to the posts of a window.
func NewDistances(l terrain.Lattice, from geo.Position, w terrain.Window) *Distances {
	m := newMetric(l, from, w)
	d := &Distances{window: w, rows: make([]quartic, w.Height), cols: make([]quartic, w.Width)}
	d.col, d.row = l.Cell(from)
	for r := range d.rows {
		d.rows[r] = m.along(float64(w.Y+r)-d.row, true)
	}
	for c := range d.cols {
		d.cols[c] = m.along(float64(w.X+c)-d.col, false)
	}
	return d
}

// To is the distance in metres to a column and row of the lattice; the post
// must lie in the window.
func (d *Distances) To(col, row int) float64 {
	dc, dr := float64(col)-d.col, float64(row)-d.row
	if math.Abs(dc) >= math.Abs(dr) {
		return math.Sqrt(max(0, d.cols[col-d.window.X].at(dr)))
	}
	return math.Sqrt(max(0, d.rows[row-d.window.Y].at(dc)))
}
