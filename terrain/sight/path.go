package sight

import (
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

const (
	// farthest is how long a line may be, metres: beyond, the parabola is no
	// earth any more.
	farthest = 2e6
	// stride is how far the geodesic counts as straight on the lattice, metres:
	// it lies off by less than a millimetre at 80 degrees.
	stride = 100
	// mostPlaces bounds the memory of one line, 32 bytes a place.
	mostPlaces = 1 << 22
	// together is how many posts are loaded at once.
	together = 1 << 16
)

// place is one of the places along a path.
type place struct {
	d        float64 // metres from the start
	col, row float64
	ground   float64 // NaN where there is none
}

// trace gives the places of a geodesic from a to b where it crosses the lines
// through the posts (even indices, with both ends and the places a post from
// them), and those halfway between (odd): between an even one and the next,
// bilinear ground is a parabola through three. The distance is more than 0.
func trace(src terrain.Source, a, b geo.Position, distance, bearing, post float64) ([]place, error) {
	l := src.Lattice()
	way := []place{{}}
	way[0].col, way[0].row = l.Cell(a)
	last := way[0]
	// to goes on to the place at a distance, as straight on the lattice.
	to := func(d float64, p geo.Position) error {
		next := place{d: d}
		next.col, next.row = l.Cell(p)
		if !l.Contains(p) || math.Abs(next.col-last.col) > float64(float64(l.Width)/2)+1 {
			return fmt.Errorf("the line leaves its elevation, %s, at %v, %.0f m from its start", src.About(), p, d)
		}
		for f := range terrain.Crossings(last.col, last.row, next.col, next.row) {
			way = add(way, between2(last, next, f))
		}
		if len(way) > mostPlaces {
			return fmt.Errorf("a line of %.0f m crosses more than %d cells of %s: ask for a shorter one or a coarser elevation", distance, mostPlaces/2, src.About())
		}
		last = next
		return nil
	}
	n := int(math.Ceil(distance / stride))
	for i := 1; i <= n; i++ {
		next := distance * (float64(i) / float64(n))
		for _, d := range [2]float64{min(post, distance-post), max(post, distance-post)} {
			if d > last.d && d < next {
				p, _ := geo.Direct(a, bearing, d)
				if err := to(d, p); err != nil {
					return nil, err
				}
				way = add(way, last)
			}
		}
		p := b
		if i < n {
			p, _ = geo.Direct(a, bearing, next)
		}
		if err := to(next, p); err != nil {
			return nil, err
		}
	}
	way = add(way, last)
	way[len(way)-1] = last
	return way, grounds(src, way)
}

// add puts a place at the end of a path, with the one halfway to it. One that
// is less than a millimetre farther does not count, unless it is the only
// other.
func add(way []place, p place) []place {
	last := way[len(way)-1]
	if p.d-last.d < 1e-3 && len(way) > 1 {
		return way
	}
	return append(way, between2(last, p, 0.5), p)
}

// between2 goes a fraction of the way between two places.
func between2(a, b place, f float64) place {
	return place{
		d:   a.d + float64(f*(b.d-a.d)),
		col: a.col + float64(f*(b.col-a.col)),
		row: a.row + float64(f*(b.row-a.row)),
	}
}

// grounds looks up the ground of places along a path. A long path goes over
// many windows, so that its memory does not grow with the square of its
// length.
func grounds(src terrain.Source, way []place) error {
	bounds := src.Lattice().Bounds()
	around := func(p place) (x0, y0, x1, y1 int) {
		x, y := int(math.Floor(p.col)), int(math.Floor(p.row))
		return x, y, x + 2, y + 2
	}
	for start := 0; start < len(way); {
		x0, y0, x1, y1 := around(way[start])
		end := start + 1
		for ; end < len(way); end++ {
			a, b, c, d := around(way[end])
			a, b, c, d = min(a, x0), min(b, y0), max(c, x1), max(d, y1)
			if (c-a)*(d-b) > together {
				break
			}
			x0, y0, x1, y1 = a, b, c, d
		}
		w := terrain.Window{X: x0, Y: y0, Width: x1 - x0, Height: y1 - y0}.Intersect(bounds)
		g, err := terrain.Load(src, w)
		if err != nil {
			return err
		}
		for i := start; i < end; i++ {
			ground, ok := g.BilinearAt(way[i].col-float64(w.X), way[i].row-float64(w.Y))
			if !ok {
				ground = math.NaN()
			}
			way[i].ground = ground
		}
		start = end
	}
	return nil
}
