package elevation

import (
	"fmt"
	"math"
	"strings"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
)

// frame numbers the posts of a lattice over the whole world, so that a post
// has one number whichever file comes first. Posts are counted from 180 W,
// 90 N, or from the origin of metres.
type frame struct {
	EPSG int     `json:"epsg"`
	DX   float64 `json:"dx"`
	DY   float64 `json:"dy"`
	// X, Y are the coordinates of post Col, Row: the first file's first post,
	// so that its posts stay where its file has them.
	X   float64 `json:"x"`
	Y   float64 `json:"y"`
	Col int     `json:"col"`
	Row int     `json:"row"`

	projection projection.Projection
}

// farthest bounds the number of a post: it is in reach of an int32 of chunks.
const farthest = 1 << 40

// shared is by how much of a cell posts of one lattice may miss each other:
// what files round their spacing to, not where posts are.
const shared = 0.01

func newFrame(l terrain.Lattice) (frame, error) {
	f := frame{EPSG: l.Projection.EPSG(), DX: l.DX, DY: l.DY, X: l.X0, Y: l.Y0, projection: l.Projection}
	col, row := l.X0/l.DX, -l.Y0/l.DY
	if l.Projection.Degrees() {
		col, row = (l.X0+180)/l.DX, (90-l.Y0)/l.DY
	}
	// Posts stand on whole or half numbers mostly: rounding must be sure of both.
	col, row = math.Floor(col+0.25), math.Floor(row+0.25)
	if !(l.DX > 0 && l.DY > 0 && math.Abs(col) < farthest && math.Abs(row) < farthest) {
		return frame{}, fmt.Errorf("its lattice is out of reach: %v", l)
	}
	f.Col, f.Row = int(col), int(row)
	return f, nil
}

// place gives the posts of a lattice as numbers of the frame; false where its
// posts are not the frame's.
func (f *frame) place(l terrain.Lattice) (terrain.Window, bool) {
	if l.Projection.EPSG() != f.EPSG || !near(l.DX/f.DX, 1) || !near(l.DY/f.DY, 1) {
		return terrain.Window{}, false
	}
	col, row := (l.X0-f.X)/f.DX, (f.Y-l.Y0)/f.DY
	c, r := math.Round(col), math.Round(row)
	lastCol := (l.X0 + float64(l.Width-1)*l.DX - f.X) / f.DX
	lastRow := (f.Y - l.Y0 + float64(l.Height-1)*l.DY) / f.DY
	if !near(col, c) || !near(row, r) || !near(lastCol, c+float64(l.Width-1)) || !near(lastRow, r+float64(l.Height-1)) {
		return terrain.Window{}, false
	}
	w := terrain.Window{X: f.Col + int(c), Y: f.Row + int(r), Width: l.Width, Height: l.Height}
	if max(abs(w.X), abs(w.X+w.Width), abs(w.Y), abs(w.Y+w.Height)) > farthest {
		return terrain.Window{}, false
	}
	return w, true
}

func near(a, b float64) bool { return math.Abs(a-b) < shared }

func abs(i int) int { return max(i, -i) }

// lattice is that of a window of posts.
func (f *frame) lattice(w terrain.Window) terrain.Lattice {
	return terrain.Lattice{
		Projection: f.projection, DX: f.DX, DY: f.DY, Width: w.Width, Height: w.Height,
		X0: f.X + float64(w.X-f.Col)*f.DX, Y0: f.Y - float64(w.Y-f.Row)*f.DY,
	}
}

// spacing is the distance of posts in metres, roughly, by which datasets are
// ordered.
func (f *frame) spacing() float64 {
	if f.projection.Degrees() {
		const degree = 111195 // m, of a sphere
		return f.DY * degree
	}
	return math.Sqrt(f.DX * f.DY)
}

// position is where a post is.
func (f *frame) position(col, row int) geo.Position {
	l := f.lattice(terrain.Window{X: col, Y: row})
	return f.projection.Inverse(l.X0, l.Y0)
}

// name is what a dataset of this frame and datum is called where nobody names
// it, as "wgs84-3s-egm96" or "utm19s-30m".
func (f *frame) name(a terrain.About) string {
	scale, unit, system := 1.0, "m", fmt.Sprintf("epsg%d", f.EPSG)
	switch {
	case f.projection.Degrees():
		scale, unit, system = 3600, "s", "wgs84"
	case f.EPSG > 32600 && f.EPSG <= 32660:
		system = fmt.Sprintf("utm%dn", f.EPSG-32600)
	case f.EPSG > 32700 && f.EPSG <= 32760:
		system = fmt.Sprintf("utm%ds", f.EPSG-32700)
	}
	x, y := short(f.DX*scale), short(f.DY*scale)
	n := system + "-" + x + unit
	if x != y {
		n = system + "-" + x + "x" + y + unit
	}
	if a.Datum != terrain.Unstated {
		n += "-" + strings.ToLower(string(a.Datum))
	}
	if a.Synthetic {
		n += "-" + strings.ToLower(terrain.Synthetic)
	}
	return n
}

func short(v float64) string { return fmt.Sprintf("%.4g", v) }
