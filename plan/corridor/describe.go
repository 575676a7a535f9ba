package corridor

import (
	"math"

	"atalaya/geo"
)

// describe says what a way is like.
func (f *field) describe(cells []int32) Corridor {
	c := Corridor{cells: cells, Line: f.line(cells), Hidden: []Stretch{}, BySensor: []Share{}}
	shares := make([]Share, len(f.watches))
	for i := 1; i < len(cells); i++ {
		l := f.between(cells[i-1], cells[i])
		part := l.metres / float64(l.n)
		for k, cell := range l.cells[:l.n] {
			if f.rate[cell] == 0 {
				c.hide(c.Length+float64(float64(k)*part), c.Length+float64(float64(k+1)*part))
				c.HiddenM += part
			}
			if math.IsNaN(float64(f.grid.Z[cell])) {
				c.VoidM += part
			}
			for n, w := range f.watches {
				if w.at(f, int(cell)) > 0 {
					shares[n].Seen += part
				}
			}
		}
		for n, w := range f.watches {
			shares[n].Exposure += l.exposure(func(cell int32) float64 { return w.at(f, int(cell)) })
		}
		c.Length += l.metres
		c.Time += l.time()
		half := l.metres / 2
		if l.n == 2 {
			half = l.metres
		}
		for _, rise := range l.rises {
			c.Climb += max(rise, 0)
			c.Descent += max(-rise, 0)
			c.Steepest = max(c.Steepest, math.Abs(rise)/half)
		}
	}
	for n, s := range shares {
		if s.Seen == 0 {
			continue
		}
		s.Sensor, s.Probability = f.Sensors[n].ID, seenOnce(s.Exposure)
		c.Exposure += s.Exposure
		c.BySensor = append(c.BySensor, s)
	}
	c.Probability = seenOnce(c.Exposure)
	c.Border = f.crossing(cells)
	return c
}

// hide adds a stretch, to the last where it goes on.
func (c *Corridor) hide(from, to float64) {
	if n := len(c.Hidden); n > 0 && from-c.Hidden[n-1].To < 1e-6*to {
		c.Hidden[n-1].To = to
		return
	}
	c.Hidden = append(c.Hidden, Stretch{from, to})
}

// between finds the leg between two cells of a way.
func (f *field) between(a, b int32) leg {
	for m, mv := range f.moves {
		if a+int32(mv.dr*f.width+mv.dc) == b {
			if l, ok := f.try(int(a), m, 0, 0); ok {
				return l
			}
		}
	}
	return leg{cells: [4]int32{a, b}, n: 2} // not on a way that was found
}

// line leaves out positions between moves of one direction.
func (f *field) line(cells []int32) geo.Line {
	var out geo.Line
	for i, c := range cells {
		if i > 0 && i < len(cells)-1 && c-cells[i-1] == cells[i+1]-c {
			continue
		}
		out = append(out, f.position(int(c)))
	}
	return out
}

// crossing finds where a way first crosses the border.
func (f *field) crossing(cells []int32) *Crossing {
	if !f.Strip.byBorder() {
		return nil
	}
	border := f.Strip.Border.Index()
	for i := 1; i < len(cells); i++ {
		at, n, ok := border.Crosses(f.position(int(cells[i-1])), f.position(int(cells[i])))
		if !ok {
			continue
		}
		return &Crossing{At: at, Along: f.Strip.Border[:n+1].Length() + geo.Distance(f.Strip.Border[n], at)}
	}
	return nil
}

// mark sets a bit on all cells within the separation of a way.
func (f *field) mark(cells []int32, bit uint8) {
	f.around(cells, f.Separation, func(cell int) { f.kind[cell] |= bit })
}

// around calls do, more than once for some, for all cells within so many
// metres of a way's.
func (f *field) around(cells []int32, metres float64, do func(cell int)) {
	for _, cell := range cells {
		c0, r0 := int(cell)%f.width, int(cell)/f.width
		rows := int(metres / f.north[r0])
		for r := max(0, r0-rows); r <= min(f.height-1, r0+rows); r++ {
			up := float64(r-r0) * f.north[r0]
			cols := int(math.Sqrt(max(0, float64(metres*metres)-float64(up*up))) / f.east[r0])
			for c := max(0, c0-cols); c <= min(f.width-1, c0+cols); c++ {
				do(r*f.width + c)
			}
		}
	}
}
