package sight

import (
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// Explained says why a cell of a viewshed is as it is: what a target there
// shows over, and how sure its least height is.
type Explained struct {
	Elevation terrain.About `json:"elevation"`
	At        geo.Position  `json:"at"`         // the cell's post
	Ground    float64       `json:"ground_m"`   // of the post, above sea
	Distance  float64       `json:"distance_m"` // from the observer
	Bearing   float64       `json:"bearing_deg"`
	Needed
	// Band is the same with the lowest and the highest coefficient of
	// refraction.
	Band [2]Needed `json:"band"`
}

// Needed is the least height at which a target shows with one coefficient of
// refraction.
type Needed struct {
	K float64 `json:"k"`
	// LeastHeight above ground, as in the viewshed.
	LeastHeight float64 `json:"least_height_m"`
	// Margin is that of the ground itself: negative where the target needs a
	// height, positive how much higher the horizon could be.
	Margin float64 `json:"margin_m"`
	// SD is the standard deviation of the margin, as in the viewshed: from the
	// elevation's stated error and the range of k.
	SD float64 `json:"sd_m"`
	// Horizon is what the target shows over; nil where nothing lies between.
	Horizon *Spot `json:"horizon"`
}

// Explain looks at the cell of a viewshed that a position lies in. It goes the
// way of the reference method, with the same result.
func Explain(src terrain.Source, v View, at geo.Position) (*Explained, error) {
	if err := v.Refraction.check(); err != nil {
		return nil, err
	}
	l := src.Lattice()
	for _, p := range []geo.Position{v.Observer.At, at} {
		if !p.Valid() || !l.Contains(p) {
			return nil, fmt.Errorf("%v: %w in %s", p, ErrNoGround, src.About())
		}
	}
	c0, r0 := l.Cell(v.Observer.At)
	c1, r1 := l.Cell(at)
	c1, r1 = min(max(math.Floor(c1+0.5), 0), float64(l.Width-1)), min(max(math.Floor(r1+0.5), 0), float64(l.Height-1))
	left, top := int(math.Floor(min(c0, c1)))-1, int(math.Floor(min(r0, r1)))-1
	w := terrain.Window{X: left, Y: top, Width: int(math.Floor(max(c0, c1))) + 3 - left, Height: int(math.Floor(max(r0, r1))) + 3 - top}.Intersect(l.Bounds())
	if w.Width > MaxCells/w.Height {
		return nil, fmt.Errorf("between %v and the observer lie %d x %d posts of %s: more than %d", at, w.Width, w.Height, src.About(), MaxCells)
	}
	g, err := terrain.Load(src, w)
	if err != nil {
		return nil, err
	}
	eye, err := v.Observer.eye(g)
	if err != nil {
		return nil, err
	}
	s := newScene(g, v.Observer.At, eye, v.Refraction.K)
	u := newDoubt(g.About(), v, s.metric.radius)
	s.doubt = &u
	col, row := int(c1)-w.X, int(r1)-w.Y
	ground := float64(g.Z[row*w.Width+col])
	at = l.Position(c1, r1)
	if math.IsNaN(ground) {
		return nil, fmt.Errorf("%v: %w in %s", at, ErrNoGround, src.About())
	}
	out := &Explained{Elevation: src.About(), At: at, Ground: ground}
	out.Distance, out.Bearing, _ = geo.Inverse(v.Observer.At, at)
	needed := func(k float64) Needed {
		s.drop = (1 - k) / (2 * s.metric.radius)
		n := s.explain(col, row, ground)
		n.K = k
		return n
	}
	out.Needed = needed(v.Refraction.K)
	out.Band = [2]Needed{needed(v.Refraction.Low), needed(v.Refraction.High)}
	return out, nil
}

// explain is what one cell needs, and why.
func (s *scene) explain(col, row int, ground float64) Needed {
	slope, at2 := s.horizon(col, row)
	if math.IsInf(slope, -1) {
		return Needed{} // nothing between: the ground shows
	}
	d2 := s.distance2(col, row)
	distance, d := math.Sqrt(d2), math.Sqrt(at2)
	margin := ground - (s.eye + float64(slope*distance) + float64(d2*s.drop))
	// Where on the way the horizon is: squared distances grow almost with the
	// square.
	dc, dr := float64(col)-s.col, float64(row)-s.row
	f := d / distance
	for range 3 {
		f *= d / math.Sqrt(s.metric.squared(f*dc, f*dr))
	}
	return Needed{
		LeastHeight: s.need(slope, d2, ground),
		Margin:      margin,
		SD:          s.doubt.of(distance, d),
		Horizon: &Spot{
			At:        s.grid.Lattice().Position(s.col+float64(f*dc), s.row+float64(f*dr)),
			Distance:  d,
			Ground:    s.eye + float64(slope*d) + float64(at2*s.drop),
			Clearance: margin * (d / distance),
		},
	}
}
