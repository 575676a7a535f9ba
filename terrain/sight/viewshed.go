package sight

import (
	"context"
	"errors"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// MaxCells is how many posts a viewshed may have: 8 bytes of memory each, 12 with
// standard deviations.
const MaxCells = 1 << 28

// Viewshed tells for every post within the radius how high above the ground a
// target must be to show.
func Viewshed(ctx context.Context, src terrain.Source, v View) (*Viewed, error) {
	out := &Viewed{}
	if err := ViewshedInto(ctx, src, v, out); err != nil {
		return nil, err
	}
	return out, nil
}

// ViewshedInto is Viewshed for many observers: it uses the memory of an answer
// again that nobody needs any more.
func ViewshedInto(ctx context.Context, src terrain.Source, v View, out *Viewed) error {
	if err := v.Refraction.check(); err != nil {
		return err
	}
	if !(v.Radius > 0 && v.Radius <= 2e6) {
		return fmt.Errorf("radius of %g m: it must be above 0 and at most 2,000 km", v.Radius)
	}
	if !src.Lattice().Contains(v.Observer.At) {
		return fmt.Errorf("observer at %v: %w in %s", v.Observer.At, ErrNoGround, src.About())
	}
	w := src.Lattice().Around(v.Observer.At, v.Radius)
	if w.Width > MaxCells/w.Height {
		return fmt.Errorf("a radius of %g m holds %d x %d posts of %s: more than %d; ask for a smaller one or a coarser elevation", v.Radius, w.Width, w.Height, src.About(), MaxCells)
	}
	g, err := terrain.Load(src, w)
	if err != nil {
		return err
	}
	eye, err := v.Observer.eye(g)
	if err != nil {
		return err
	}
	s := newScene(g, v.Observer.At, eye, v.Refraction.K)
	*out = Viewed{View: v, Eye: eye, Lattice: g.Lattice(), About: g.About(), Need: again(out.Need, w), SD: out.SD}
	if v.Doubt {
		u := newDoubt(g.About(), v, s.metric.radius)
		s.doubt = &u
		out.SD = again(out.SD, w)
	} else {
		out.SD = nil
	}
	method := s.sweep
	if v.Exact {
		method = s.exact
	}
	return method(ctx, v.Radius, out.Need, out.SD)
}

// again gives a window's worth of memory, of an earlier answer where it is
// enough.
func again(values []float32, w terrain.Window) []float32 {
	n := w.Width * w.Height
	if cap(values) < n {
		return make([]float32, n)
	}
	return values[:n]
}

// scene is one observer over one grid, with all that does not depend on where
// one looks.
type scene struct {
	grid     *terrain.Grid
	col, row float64 // of the observer
	eye      float64 // metres above sea
	drop     float64 // (1-k)/2R: ground at the distance d lies drop*d² lower
	metric   metric
	rows     []quartic // squared distance along each row, of the offset in columns
	cols     []quartic // and along each column, of the offset in rows
	doubt    *doubt    // nil where standard deviations are not asked for
}

func newScene(g *terrain.Grid, at geo.Position, eye, k float64) *scene {
	l := g.Lattice()
	s := &scene{grid: g, eye: eye, metric: newMetric(l, at, l.Bounds())}
	s.col, s.row = l.Cell(at)
	s.drop = (1 - k) / (2 * s.metric.radius)
	s.rows, s.cols = make([]quartic, l.Height), make([]quartic, l.Width)
	for r := range s.rows {
		s.rows[r] = s.metric.along(float64(r)-s.row, true)
	}
	for c := range s.cols {
		s.cols[c] = s.metric.along(float64(c)-s.col, false)
	}
	return s
}

// stopped wraps a context's end.
func stopped(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return errors.Join(errors.New("the viewshed was stopped"), err)
	}
	return nil
}

// need is the height above ground of a cell at which it shows over a horizon.
func (s *scene) need(horizon, d2, z float64) float64 {
	d := math.Sqrt(d2)
	return max(0, s.eye+float64(horizon*d)+float64(d2*s.drop)-z)
}
