package relief

import (
	"errors"
	"math"

	"atalaya/geo/fmath"
)

// The smooth surface under the relief: Hardy's multiquadrics (1971, made for
// topography), a sum of hyperboloids that goes through every control point.
// Controls are the spot heights of the low ground and places along the shore,
// which keep the lake in its bed. On it stand the summits, joined to ranges.

// blunt is the radius of curvature of the hyperboloids' tips, metres.
const blunt = 3000.0

// control is a place with its height.
type control struct{ x, y, z float64 }

// surface is the sum of hyperboloids.
type surface struct {
	at     []control
	weight []float64
	mean   float64
}

// newSurface solves for the weights.
func newSurface(at []control) (*surface, error) {
	s := &surface{at: at}
	for _, c := range at {
		s.mean += c.z
	}
	s.mean /= float64(len(at))
	n := len(at)
	a := make([][]float64, n)
	s.weight = make([]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
		for j := range a[i] {
			a[i][j] = hyperboloid(at[i].x-at[j].x, at[i].y-at[j].y)
		}
		s.weight[i] = at[i].z - s.mean
	}
	if !solve(a, s.weight) {
		return nil, errors.New("relief: two controls stand on one place")
	}
	return s, nil
}

// hyperboloid in kilometres, to keep the numbers near one.
func hyperboloid(dx, dy float64) float64 {
	return math.Sqrt(float64(dx*dx)+float64(dy*dy)+blunt*blunt) / 1000
}

func (s *surface) height(x, y float64) float64 {
	z := s.mean
	for i, c := range s.at {
		z += float64(s.weight[i] * hyperboloid(x-c.x, y-c.y))
	}
	return z
}

// solve replaces b by the solution of a x = b (Gauss with partial pivoting);
// false where there is none.
func solve(a [][]float64, b []float64) bool {
	n := len(b)
	for k := range n {
		pivot := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[pivot][k]) {
				pivot = i
			}
		}
		a[k], a[pivot] = a[pivot], a[k]
		b[k], b[pivot] = b[pivot], b[k]
		if math.Abs(a[k][k]) < 1e-12 {
			return false
		}
		for i := k + 1; i < n; i++ {
			f := a[i][k] / a[k][k]
			for j := k; j < n; j++ {
				a[i][j] -= float64(f * a[k][j])
			}
			b[i] -= float64(f * b[k])
		}
	}
	for k := n - 1; k >= 0; k-- {
		for j := k + 1; j < n; j++ {
			b[k] -= float64(a[k][j] * b[j])
		}
		b[k] /= a[k][k]
	}
	return true
}

// controls are the spot heights but for the summits, and the shore, a place
// every 6 km of it.
func (m *maker) controls() []control {
	var out []control
	for _, p := range m.spots {
		if !p.summit {
			out = append(out, p.control)
		}
	}
	const apart, clear = 6000.0, 1500.0 // m between places of the shore, and between them and spot heights
	for _, ring := range m.lake {
		var last control
		for i, p := range ring {
			c, r := m.lattice.Cell(p)
			if c < 0 || r < 0 || c > float64(m.lattice.Width-1) || r > float64(m.lattice.Height-1) {
				continue
			}
			at := control{float64(c * m.frame.dx), float64(r * m.frame.dy), LakeLevel}
			if i > 0 && apartBy(at, last) < apart {
				continue
			}
			last = at
			free := true
			for _, o := range out {
				free = free && apartBy(at, o) > clear
			}
			if free {
				out = append(out, at)
			}
		}
	}
	return out
}

func apartBy(a, b control) float64 {
	dx, dy := a.x-b.x, a.y-b.y
	return math.Sqrt(float64(dx*dx) + float64(dy*dy))
}

// ridge runs from one summit to the next, or is one alone. Heights are over the
// smooth surface.
type ridge struct {
	a, b   control
	length float64
}

// ridges joins summits that no third one lies between, so that the cordilleras
// are ranges and not rows of cones.
func (m *maker) ridges(ground *surface) []ridge {
	const (
		longest = 42_000.0 // m
		high    = 600.0    // m over the smooth surface: lower ones stand alone
		least   = 40.0     // m that a summit stands out by
	)
	var tops []control
	for _, p := range m.spots {
		if p.summit {
			tops = append(tops, control{p.x, p.y, max(p.z-ground.height(p.x, p.y), least)})
		}
	}
	var out []ridge
	for i, a := range tops {
		out = append(out, ridge{a: a, b: a})
		for j, b := range tops[:i] {
			length := apartBy(a, b)
			joined := length < longest && a.z > high && b.z > high
			for k, c := range tops {
				joined = joined && (k == i || k == j || apartBy(a, c) > length || apartBy(b, c) > length)
			}
			if joined {
				out = append(out, ridge{a, b, length})
			}
		}
	}
	return out
}

// over is how much a ridge stands over the smooth surface at a place: most on
// the crest, which sags between the summits to a pass, and falling off to both
// sides within some three times its height.
func (r *ridge) over(x, y float64) float64 {
	const (
		sag  = 0.03 // of the length
		pass = 0.3  // of the summits' height, at least
		wide = 2.6  // heights
	)
	along, high := 0.0, r.a.z
	if r.length > 0 {
		dx, dy := (r.b.x-r.a.x)/r.length, (r.b.y-r.a.y)/r.length
		along = min(max((float64((x-r.a.x)*dx)+float64((y-r.a.y)*dy))/r.length, 0), 1)
		high = between(r.a.z, r.b.z, along)
		high = max(high-float64(float64(4*sag*r.length)*float64(along*(1-along))), float64(pass*high))
	}
	far := apartBy(control{x: x, y: y}, control{x: between(r.a.x, r.b.x, along), y: between(r.a.y, r.b.y, along)})
	width := min(max(float64(wide*high), 500), 7500)
	if far > 6*width {
		return 0
	}
	return float64(high * fmath.Exp(-far/width))
}
