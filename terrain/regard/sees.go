package regard

import (
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/terrain"
)

// Sees gives the probability that one look shows a thing at a place and
// height, and whether that is known:
//
//   - beyond the range and outside the sector it does not show;
//   - where the ground itself shows, all above it does;
//   - elsewhere a thing shows that stands two standard deviations higher than
//     it must, and one as much lower does not. In between nothing is known;
//   - of a thing of no known height, and of one whose height does not compare
//     with the ground, only that it shows where the ground does;
//   - where there is no elevation, nothing is known.
//
// The standard deviation is that of the least height, with that of the ground
// where the thing's height is not counted from it.
func (f *Field) Sees(p geo.Position, h geo.Height) (pd float64, known bool) {
	if !f.within(p) {
		return 0, true
	}
	need, sd, ground, ok := f.at(p)
	switch {
	case !ok:
		return 0, false
	case need == 0:
		return f.stated()
	}
	above, ok := f.above(p, h, ground)
	if !ok {
		return 0, false
	}
	if h.Datum != geo.DatumGround {
		sd = fmath.Hypot(sd, f.post)
	}
	switch margin := above - need; {
	case margin >= float64(sure*sd):
		return f.stated()
	case margin <= -float64(sure*sd):
		return 0, true
	}
	return 0, false
}

// stated is the sensor's own probability of detection.
func (f *Field) stated() (float64, bool) { return f.sensor.Detection, f.sensor.Detection > 0 }

// above gives a height above the ground.
func (f *Field) above(p geo.Position, h geo.Height, ground float64) (float64, bool) {
	if h.Datum == geo.DatumGround {
		return h.Metres, true
	}
	if !h.Known() || h.Datum == geo.DatumPressure {
		return 0, false
	}
	m, err := f.grounds.Elevation.Metres(h, p)
	return m - ground, err == nil
}

// Blind is below what a sensor does not see at a place.
type Blind struct {
	// Outside: the place is beyond the range or the sector.
	Outside bool
	// Unknown: there is no elevation.
	Unknown bool
	// Below is metres above the ground; 0: the ground itself shows.
	Below float64
	SD    float64 // its standard deviation, metres
	// Ground is metres above the sea.
	Ground float64
}

// Blind tells below what the sensor does not see at a place.
func (f *Field) Blind(p geo.Position) Blind {
	if !f.within(p) {
		return Blind{Outside: true}
	}
	need, sd, ground, ok := f.at(p)
	if !ok {
		return Blind{Unknown: true}
	}
	return Blind{Below: need, SD: sd, Ground: ground}
}

// within reports whether a place lies in range and sector.
func (f *Field) within(p geo.Position) bool {
	x, y := f.plane.XY(p)
	r := f.sensor.MaxRange
	return float64(x*x)+float64(y*y) <= float64(r*r) && f.faces(x, y)
}

// faces reports whether a direction lies in the sector.
func (f *Field) faces(x, y float64) bool {
	if f.round {
		return true
	}
	a, b := &f.edges[0], &f.edges[1]
	right := float64(x*a.cos)-float64(y*a.sin) >= 0 // of the first edge
	left := float64(x*b.cos)-float64(y*b.sin) <= 0  // of the second
	if f.wide {
		return right || left
	}
	return right && left
}

// at gives what is known between the four posts around a place: the most that
// is needed at any, so that an edge of the terrain is where it hides more.
func (f *Field) at(p geo.Position) (need, sd, ground float64, ok bool) {
	col, row := f.lattice.Cell(p)
	w, h := f.lattice.Width, f.lattice.Height
	if !(col >= 0 && row >= 0 && col <= float64(w-1) && row <= float64(h-1)) {
		return 0, 0, 0, false
	}
	c, r := min(int(col), max(w-2, 0)), min(int(row), max(h-2, 0))
	c1, r1 := min(c+1, w-1), min(r+1, h-1)
	four := [4]*cell{&f.cells[r*w+c], &f.cells[r*w+c1], &f.cells[r1*w+c], &f.cells[r1*w+c1]}
	for _, x := range four {
		if x.need != x.need || x.sd != x.sd {
			return 0, 0, 0, false
		}
		need, sd = max(need, float64(x.need)), max(sd, float64(x.sd))
	}
	z := func(i int) float64 { return float64(four[i].ground) }
	ground, ok = terrain.Between(z(0), z(1), z(2), z(3), col-float64(c), row-float64(r))
	return need, sd, ground, ok
}
