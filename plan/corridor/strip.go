package corridor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"atalaya/geo"
	"atalaya/terrain"
)

// Strip is what is to be crossed. It is either a border with a width on each
// side, cut off square at the ends of the line; or an area with two lines in
// it, from the one to the other.
type Strip struct {
	Border geo.Line
	// Abroad and Inside are the widths in metres on the foreign side and on
	// ours. The mover starts at the far edge and arrives at the near one.
	Abroad, Inside float64
	// OursRight: our side is on the right as one travels along the line.
	OursRight bool
	// Shores: a boat may also start from any shore abroad, and arrive at any
	// of ours.
	Shores bool

	Area     geo.Polygon
	From, To geo.Line
}

func (s Strip) byBorder() bool { return len(s.Border) > 0 }

func (s Strip) check() error {
	for _, l := range []geo.Line{s.Border, s.From, s.To} {
		for _, p := range l {
			if !p.Valid() {
				return fmt.Errorf("the strip: %v is not a position", p)
			}
		}
	}
	for _, r := range s.Area {
		for _, p := range r {
			if !p.Valid() {
				return fmt.Errorf("the strip: %v is not a position", p)
			}
		}
	}
	if s.byBorder() {
		switch {
		case len(s.Area) > 0 || len(s.From) > 0 || len(s.To) > 0:
			return errors.New("the strip: give a border or an area with two lines, not both")
		case len(s.Border) < 2:
			return errors.New("the strip: a border has two positions or more")
		case !(s.Abroad > 0 && s.Inside > 0 && s.Abroad <= 1e6 && s.Inside <= 1e6):
			return fmt.Errorf("the strip: widths of %g and %g m: they must be above 0 and at most 1,000 km", s.Abroad, s.Inside)
		}
		return nil
	}
	if len(s.Area) == 0 || len(s.From) < 2 || len(s.To) < 2 {
		return errors.New("the strip: it needs a border, or an area with a line to start from and one to arrive at")
	}
	return nil
}

// box holds the strip.
func (s Strip) box() (geo.Box, bool) {
	if s.byBorder() {
		b, ok := s.Border.Box()
		return b.Grow(max(s.Abroad, s.Inside)), ok
	}
	return s.Area.Box()
}

// window is the part of a lattice that holds a box; beyond says that the box
// reaches out of the lattice.
func window(l terrain.Lattice, b geo.Box) (w terrain.Window, beyond bool) {
	const n = 32 // places on each edge: projections bend them
	minC, minR, maxC, maxR := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	width := b.East - b.West
	if width < 0 {
		width += 360
	}
	for i := range n + 1 {
		t := float64(i) / n
		lat, lon := b.South+float64(t*(b.North-b.South)), b.West+float64(t*width)
		for _, p := range [...]geo.Position{
			{Lat: lat, Lon: b.West},
			{Lat: lat, Lon: b.East},
			{Lat: b.South, Lon: geo.WrapLongitude(lon)},
			{Lat: b.North, Lon: geo.WrapLongitude(lon)},
		} {
			c, r := l.Cell(p)
			if c != c || r != r { // outside the projection
				beyond = true
				continue
			}
			minC, maxC, minR, maxR = min(minC, c), max(maxC, c), min(minR, r), max(maxR, r)
		}
	}
	whole := func(v float64) int { return int(min(max(v, -1e9), 1e9)) }
	w.X, w.Y = whole(math.Floor(minC))-1, whole(math.Floor(minR))-1
	w.Width, w.Height = whole(math.Ceil(maxC))+2-w.X, whole(math.Ceil(maxR))+2-w.Y
	in := w.Intersect(l.Bounds())
	return in, beyond || in.Width < w.Width-4 || in.Height < w.Height-4
}

// What a cell is.
const (
	inStrip uint8 = 1 << iota // the mover may be there
	start                     // it starts there
	goal                      // it has arrived there
	ours                      // it lies on our side
	abroad                    // it lies on the foreign side
	taken                     // it lies near a corridor already found
	near                      // it lies near the corridor looked at now
	wet                       // there is water
)

// tile is the side of the squares by which cells far from the strip are left
// out at a glance.
const tile = 16

// lay finds out what each cell is. Water is the caller's or flat.
func (f *field) lay(ctx context.Context) error {
	across, down := (f.width+tile-1)/tile, (f.height+tile-1)/tile
	lie := f.lieInArea()
	if f.Strip.byBorder() {
		lie = f.lieByBorder()
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= across*down || ctx.Err() != nil {
					return
				}
				lie(n%across*tile, n/across*tile)
			}
		})
	}
	workers.Wait()
	if err := stopped(ctx); err != nil {
		return err
	}
	f.keepToElement()
	return nil
}

// lieByBorder gives the function that judges one tile of a border strip.
func (f *field) lieByBorder() func(c0, r0 int) {
	s := &f.Strip
	line := s.Border.Index()
	first, last := s.Border[0], s.Border[len(s.Border)-1]
	closed := len(s.Border) > 2 && same(first, last)
	widest := max(s.Abroad, s.Inside)
	// Positive on our side.
	side := func(p geo.Position) (metres float64, off bool) {
		on, metres, _ := line.Nearest(p)
		if s.OursRight {
			metres = -metres
		}
		return metres, !closed && (same(on, first) || same(on, last))
	}
	return func(c0, r0 int) {
		c1, r1 := min(c0+tile, f.width), min(r0+tile, f.height)
		mc, mr := float64(c0+c1-1)/2, float64(r0+r1-1)/2
		centre := f.lattice.Position(mc, mr)
		middle, _ := side(centre)
		cell := max(f.north[r0], f.north[r1-1], f.east[r0], f.east[r1-1])
		reach := float64(tile * 0.75 * cell) // more than half a diagonal
		if math.Abs(middle) > widest+reach {
			return
		}
		// The squares well inside one side, farther from the ends of the line than
		// from the line itself, are all alike.
		ends := min(geo.Distance(centre, first), geo.Distance(centre, last))
		if closed || ends > math.Abs(middle)+float64(2*reach) {
			margin := reach + float64(2*cell)
			k := uint8(0)
			switch {
			case middle > margin && middle < s.Inside-margin:
				k = inStrip | ours
			case -middle > margin && -middle < s.Abroad-margin:
				k = inStrip | abroad
			}
			if k != 0 {
				for r := r0; r < r1; r++ {
					for c := c0; c < c1; c++ {
						f.kind[r*f.width+c] = k
					}
				}
				return
			}
		}
		for r := r0; r < r1; r++ {
			edge := math.Sqrt(float64(f.east[r]*f.east[r]) + float64(f.north[r]*f.north[r]))
			for c := c0; c < c1; c++ {
				m, off := side(f.lattice.Position(float64(c), float64(r)))
				if off || m < -s.Abroad || m > s.Inside {
					continue
				}
				k := inStrip | abroad
				if m >= 0 {
					k = inStrip | ours
				}
				if m <= edge-s.Abroad {
					k |= start
				}
				if m >= s.Inside-edge {
					k |= goal
				}
				f.kind[r*f.width+c] = k
			}
		}
	}
}

// same: within a millimetre or two.
func same(a, b geo.Position) bool {
	return math.Abs(a.Lat-b.Lat) < 1e-8 && math.Abs(geo.WrapLongitude(a.Lon-b.Lon)) < 1e-8
}

// lieInArea gives the function that judges one tile of an area with two lines.
func (f *field) lieInArea() func(c0, r0 int) {
	area, from, to := f.Strip.Area.Index(), f.Strip.From.Index(), f.Strip.To.Index()
	return func(c0, r0 int) {
		for r := r0; r < min(r0+tile, f.height); r++ {
			// A cell is on a line if that comes within half its diagonal.
			half := math.Sqrt(float64(f.east[r]*f.east[r])+float64(f.north[r]*f.north[r])) / 2
			for c := c0; c < min(c0+tile, f.width); c++ {
				p := f.lattice.Position(float64(c), float64(r))
				if !area.Contains(p) {
					continue
				}
				k := inStrip | ours
				if _, d, _ := from.Nearest(p); math.Abs(d) <= half {
					k |= start
				}
				if _, d, _ := to.Nearest(p); math.Abs(d) <= half {
					k |= goal
				}
				f.kind[r*f.width+c] = k
			}
		}
	}
}

// keepToElement keeps boats on water and others off it. Where boats may land,
// the shore is a place to start from and to arrive at.
func (f *field) keepToElement() {
	switch {
	case f.Water != nil:
		for i, k := range f.kind {
			if k != 0 && f.Water(f.position(i)) {
				f.kind[i] |= wet
			}
		}
	case f.Mover.Boat:
		for i, flat := range FlatWater(f.grid) {
			if flat {
				f.kind[i] |= wet
			}
		}
	}
	for i, k := range f.kind {
		if (k&wet != 0) != f.Mover.Boat {
			f.kind[i] &^= inStrip
		}
	}
	if !f.Mover.Boat || !f.Strip.Shores || !f.Strip.byBorder() {
		return
	}
	for i, k := range f.kind {
		if k&inStrip == 0 {
			continue
		}
		// The shore is a dry cell beside, on the same side of the border.
		for _, m := range moves(4) {
			c, r := i%f.width+m.dc, i/f.width+m.dr
			if c < 0 || r < 0 || c >= f.width || r >= f.height {
				continue
			}
			n := r*f.width + c
			if f.kind[n]&wet != 0 || f.kind[n]&k&(ours|abroad) == 0 || math.IsNaN(float64(f.grid.Z[n])) {
				continue
			}
			if k&ours != 0 {
				f.kind[i] |= goal
			} else {
				f.kind[i] |= start
			}
		}
	}
}

// FlatWater takes for water what lies at the very same height over 1 km² and
// more, as lakes do in most elevation models. Salt flats, and plains in models
// of whole metres, are flat like that too.
func FlatWater(g *terrain.Grid) []bool {
	l := g.Lattice()
	wet := make([]bool, len(g.Z))
	seen := make([]bool, len(g.Z))
	east, north := l.Spacing(l.Position(float64(l.Width-1)/2, float64(l.Height-1)/2))
	least := int(math.Ceil(1e6 / float64(east*north)))
	var lake []int32
	for i, z := range g.Z {
		if seen[i] || z != z {
			continue
		}
		seen[i] = true
		lake = append(lake[:0], int32(i))
		for n := 0; n < len(lake); n++ {
			at := int(lake[n])
			c, r := at%l.Width, at/l.Width
			for _, m := range moves(4) {
				c, r := c+m.dc, r+m.dr
				if c < 0 || r < 0 || c >= l.Width || r >= l.Height {
					continue
				}
				if j := r*l.Width + c; !seen[j] && g.Z[j] == z {
					seen[j] = true
					lake = append(lake, int32(j))
				}
			}
		}
		if len(lake) >= max(least, 2) {
			for _, j := range lake {
				wet[j] = true
			}
		}
	}
	return wet
}
