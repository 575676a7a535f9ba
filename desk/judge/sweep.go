package judge

import (
	"fmt"
	"math"

	"atalaya/desk"
	"atalaya/desk/looks"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/policy/fence"
	"atalaya/sensor"
)

// step is how far apart, in degrees of azimuth, pictures on the way of a turn
// are worked out, and corners of a sector stand.
const step = 10.0

// sweep gives what may come into view from the beginning of a turn to its end.
// Pan, tilt and zoom go each at its own pace, so at every azimuth on the way all
// tilts between and the wider picture count. The camera is taken to pan straight
// from where it is to where it is told, on its own scale.
func (j *Judge) sweep(l *looks.Look) (*fence.Look, error) {
	m := l.Sensor.Mount
	from, tilt1, _, err := m.Scales(l.From, true)
	if err != nil {
		return nil, fmt.Errorf("%w: where it points: %w", desk.ErrInvalid, err)
	}
	to, tilt2, _, err := m.Scales(l.To, true)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", desk.ErrInvalid, err)
	}
	out := &fence.Look{Sigma: Sigma, Error: l.Sensor.PositionSD}
	n := int(math.Ceil(math.Abs(to-from) / step))
	wide := max(l.From.Wide, l.To.Wide)
	for i := range n + 1 {
		pan := to
		if i < n {
			pan = from + float64((to-from)*float64(i))/float64(n)
		}
		at := sensor.Direction{Azimuth: math.Mod(m.North+pan+720, 360), Elevation: min(tilt1, tilt2), Wide: wide}
		up := at
		up.Elevation = max(tilt1, tilt2)
		o := j.outline(&l.Sensor, at, up)
		if l.Sensor.MaxRange <= 0 {
			// Between two pictures the far edge goes in an arc beyond their hull.
			out.Between = max(out.Between, farthest(l.Sensor.Position, o.Ring)*(1-fmath.Cos(step/2*math.Pi/180)))
		}
		out.Outlines = append(out.Outlines, o)
	}
	return out, nil
}

func farthest(from geo.Position, ring geo.Ring) (metres float64) {
	for _, p := range ring {
		metres = max(metres, geo.Distance(from, p))
	}
	return metres
}

// outline holds what a camera may see of the ground at one azimuth, from a lower
// to an upper tilt. A camera that tells nothing beyond its range sees no more
// than the sector up to there, whatever the terrain hides. What another sees is
// worked out from terrain; where that is not known, or goes to the horizon,
// nothing passes.
func (j *Judge) outline(s *sensor.Sensor, low, high sensor.Direction) fence.Outline {
	if s.MaxRange > 0 {
		return fence.Outline{Ring: sector(s, low, high)}
	}
	var out fence.Outline
	for _, d := range []sensor.Direction{low, high} {
		p, err := j.cfg.Picture(s, d)
		if err != nil {
			return fence.Outline{} // not known
		}
		out.Ring = append(out.Ring, p.Outer...)
		out.Open = out.Open || p.Open
	}
	return out
}

// sector goes from the camera out to its range, as wide as the picture is at
// any tilt between two, with Sigma standard deviations of where it points.
func sector(s *sensor.Sensor, low, high sensor.Direction) geo.Ring {
	half := 0.0
	for _, d := range []sensor.Direction{low, high} {
		half = max(half, halfWide(d.Elevation, d.Wide, s.Mount.High(d.Wide)))
	}
	half += float64(Sigma * s.Mount.SD)
	around := half >= 90
	if around {
		half = 180
	}
	n := int(math.Ceil(2 * half / step))
	// The corners stand so far out that the sides between them touch the range.
	far := s.MaxRange / fmath.Cos(half/float64(n)*math.Pi/180)
	var out geo.Ring
	if !around {
		out = append(out, s.Position)
	}
	for i := range n + 1 {
		if around && i == n {
			break // where it began
		}
		p, _ := geo.Direct(s.Position, low.Azimuth-half+float64(2*half*float64(i))/float64(n), far)
		out = append(out, p)
	}
	return out
}

// halfWide is how far to each side, in degrees of azimuth, a picture reaches
// whose middle is so far above or below the horizon: its corners that look down
// or up reach farther than its sides.
func halfWide(elevation, wide, high float64) float64 {
	const rad = math.Pi / 180
	e := math.Abs(elevation) * rad
	ahead := fmath.Cos(e) - float64(fmath.Sin(e)*fmath.Tan(high/2*rad))
	if ahead <= 0 {
		return 180 // it sees what is under it
	}
	return fmath.Atan2(fmath.Tan(wide/2*rad), ahead) / rad
}
