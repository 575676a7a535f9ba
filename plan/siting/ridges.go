package siting

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
)

// Ridges says how candidate sites are found: posts of an area that stand above
// their surroundings. A post's topographic position is its height above the
// mean of the square of posts around it (Weiss 2001); the highest of those
// come first, and none nearer to another than Spacing.
type Ridges struct {
	Area *coverage.Area
	// Scale is half the side of the square of surroundings, metres; 0 is
	// 1,000 m.
	Scale float64
	// Most is how many candidates are wanted at most; 0 is 1,000.
	Most int
	// Spacing is how near two may stand, metres; 0 is what spreads Most over
	// the whole area.
	Spacing float64
	// Steepest is the steepest slope that can be built on, degrees; 0 is any.
	Steepest float64
	// Access, where given, tells whether a place can be reached, for instance
	// because a road is near, and what a sensor costs there.
	Access func(geo.Position) (cost float64, ok bool)
}

// Place is where a sensor could stand.
type Place struct {
	At geo.Position `json:"at"`
	// Ground is the height of the ground, metres above sea.
	Ground float64 `json:"ground_m"`
	// Above is how far it stands above the mean of its surroundings, metres.
	Above float64 `json:"above_surroundings_m"`
	Cost  float64 `json:"cost"`
}

// tile is how many posts are searched at once along each side.
const tile = 1024

// Find finds the places, the one that stands highest above its surroundings
// first.
func (r Ridges) Find(ctx context.Context) ([]Place, error) {
	if r.Area == nil || len(r.Area.Blocks) == 0 {
		return nil, errors.New("candidate sites in no area")
	}
	if r.Scale == 0 {
		r.Scale = 1000
	}
	if r.Most == 0 {
		r.Most = 1000
	}
	if !(r.Scale > 0) || r.Most < 0 || !(r.Spacing >= 0) || !(r.Steepest >= 0) {
		return nil, fmt.Errorf("candidate sites: scale %g m, at most %d, spacing %g m, slope %g degrees: none may be negative", r.Scale, r.Most, r.Spacing, r.Steepest)
	}
	if r.Spacing == 0 {
		// Circles that do not overlap fill about 0.55 of a plane when they are
		// put at random until none fits; sites are where ridges are.
		r.Spacing = math.Sqrt(0.45 * r.Area.Size() / float64(r.Most))
	}
	all, err := r.peaks(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b peak) int {
		switch {
		case a.above > b.above:
			return -1
		case a.above < b.above:
			return 1
		case a.row != b.row:
			return a.row - b.row
		}
		return a.col - b.col
	})
	return r.thin(all), nil
}

// peak is a post that is the highest of its neighbours along one line at
// least, so of a ridge or a summit.
type peak struct {
	col, row     int
	ground       float32
	above, slope float32
}

func (r Ridges) peaks(ctx context.Context) ([]peak, error) {
	src, w := r.Area.Source(), r.Area.Window()
	l := src.Lattice()
	east, north := l.Spacing(r.Area.Position(len(r.Area.Blocks) / 2))
	rx, ry := max(1, int(math.Round(r.Scale/east))), max(1, int(math.Round(r.Scale/north)))
	var out []peak
	for y := w.Y; y < w.Y+w.Height; y += tile {
		for x := w.X; x < w.X+w.Width; x += tile {
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
			in := terrain.Window{X: x, Y: y, Width: tile, Height: tile}.Intersect(w)
			if !r.Area.Touches(in) {
				continue
			}
			around := terrain.Window{X: in.X - rx, Y: in.Y - ry, Width: in.Width + 2*rx, Height: in.Height + 2*ry}
			z := make([]float32, around.Width*around.Height)
			if err := src.Read(z, around); err != nil {
				return nil, fmt.Errorf("reading elevation from %s: %w", src.About(), err)
			}
			s := surroundings(z, around.Width)
			for row := in.Y; row < in.Y+in.Height; row++ {
				for col := in.X; col < in.X+in.Width; col++ {
					c, rr := col-around.X, row-around.Y
					at := rr*around.Width + c
					if z[at] != z[at] || !crest(z, at, around.Width) || !r.Area.Has(col, row) {
						continue
					}
					above := float64(z[at]) - s.mean(c-rx, rr-ry, c+rx+1, rr+ry+1)
					if !(above > 0) {
						continue
					}
					dx := float64(z[at+1]-z[at-1]) / (2 * east)
					dy := float64(z[at+around.Width]-z[at-around.Width]) / (2 * north)
					slope := math.Sqrt(float64(dx*dx) + float64(dy*dy))
					out = append(out, peak{col: col, row: row, ground: z[at], above: float32(above), slope: float32(slope)})
				}
			}
		}
	}
	return out, nil
}

// crest reports whether a post is higher than both its neighbours along a row,
// a column or a diagonal. Beside a void it is none.
func crest(z []float32, at, width int) bool {
	for _, step := range [4]int{1, width, width + 1, width - 1} {
		if z[at] > z[at-step] && z[at] > z[at+step] {
			return true
		}
	}
	return false
}

// sums are of all heights north-west of each post, and how many those are, so
// that the mean of a rectangle takes four of them.
type sums struct {
	width int
	z, n  []float64
}

func surroundings(z []float32, width int) sums {
	s := sums{width: width + 1, z: make([]float64, (width+1)*(len(z)/width+1))}
	s.n = make([]float64, len(s.z))
	for i, h := range z {
		at := (i/width+1)*s.width + i%width + 1
		v, one := float64(h), 1.0
		if h != h {
			v, one = 0, 0
		}
		s.z[at] = v + s.z[at-1] + s.z[at-s.width] - s.z[at-s.width-1]
		s.n[at] = one + s.n[at-1] + s.n[at-s.width] - s.n[at-s.width-1]
	}
	return s
}

func (s sums) mean(x0, y0, x1, y1 int) float64 {
	of := func(v []float64) float64 {
		return v[y1*s.width+x1] - v[y0*s.width+x1] - v[y1*s.width+x0] + v[y0*s.width+x0]
	}
	return of(s.z) / of(s.n)
}

// thin takes peaks in their order, leaving those near to one taken.
func (r Ridges) thin(all []peak) []Place {
	l, w := r.Area.Source().Lattice(), r.Area.Window()
	steepest := math.Inf(1)
	if r.Steepest > 0 && r.Steepest < 90 {
		sin, cos := fmath.SincosDegrees(r.Steepest)
		steepest = sin / cos
	}
	// Squares of posts that are at least Spacing wide everywhere: what is near
	// lies in the same or in one of the eight around.
	east, north := math.Inf(1), math.Inf(1)
	for _, col := range [2]int{w.X, w.X + w.Width} {
		for _, row := range [2]int{w.Y, w.Y + w.Height} {
			e, n := l.Spacing(l.Position(float64(col), float64(row)))
			east, north = min(east, e), min(north, n)
		}
	}
	across, down := 1+int(1.01*r.Spacing/east), 1+int(1.01*r.Spacing/north)
	type square struct{ x, y int }
	taken := map[square][]geo.Position{}
	free := func(at geo.Position, in square) bool {
		for y := in.y - 1; y <= in.y+1; y++ {
			for x := in.x - 1; x <= in.x+1; x++ {
				for _, other := range taken[square{x, y}] {
					if geo.Distance(at, other) < r.Spacing {
						return false
					}
				}
			}
		}
		return true
	}
	var out []Place
	for _, p := range all {
		if len(out) == r.Most {
			break
		}
		at, in := l.Position(float64(p.col), float64(p.row)), square{p.col / across, p.row / down}
		if float64(p.slope) > steepest || !free(at, in) {
			continue
		}
		cost := 1.0
		if r.Access != nil {
			var ok bool
			if cost, ok = r.Access(at); !ok {
				continue
			}
		}
		taken[in] = append(taken[in], at)
		out = append(out, Place{At: at, Ground: float64(p.ground), Above: float64(p.above), Cost: cost})
	}
	return out
}
