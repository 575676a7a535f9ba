package geo

import "math"

// nearest is what a chain's search for the leg nearest to a position found.
type nearest struct {
	chain  *chain
	at     Position
	view   view
	leg    int     // -1: none yet
	far    float64 // chord2 of the foot
	metres float64 // an upper bound of the foot's distance
	a, b   Vector  // ends of the leg's piece with the foot
	t      float64 // the foot on that piece
	vertex int     // index of the position that is the foot, or -1
}

// nearest searches from a leg near p, so that most others fall to the cheap
// bound of their boxes.
func (c *chain) nearest(p Position) *nearest {
	s := &nearest{chain: c, at: p, view: newView(p), leg: -1, far: math.Inf(1), metres: math.Inf(1)}
	if i := c.near(s); i >= 0 {
		s.try(i)
	}
	c.visit(func(b Box) bool { return b.atLeast(p, s.view) <= s.metres }, s.try)
	return s
}

// near gives a leg near the view: the one that starts at the nearest vertex,
// or, with an index, whose boxes are nearest on the way down.
func (c *chain) near(s *nearest) int {
	least, best := math.Inf(1), -1
	if len(c.boxes) == 0 {
		for i := range c.legs() {
			v := c.at[i]
			dy := v.Lat - s.at.Lat
			dx := float64(lonFrom(s.at.Lon, v.Lon) * s.view.frame.clat)
			if d := float64(dx*dx) + float64(dy*dy); d < least {
				least, best = d, i
			}
		}
		return best
	}
	best = 0
	for level := len(c.boxes) - 2; level >= 0; level-- {
		first := best * fanOut
		least = math.Inf(1)
		for i, b := range c.boxes[level][first:min(first+fanOut, len(c.boxes[level]))] {
			if d := b.atLeast(s.at, s.view); d < least {
				least, best = d, first+i
			}
		}
	}
	return best
}

// try looks at one leg. Of equally near legs the first counts, in whatever
// order they come.
func (s *nearest) try(leg int) {
	from, to := s.chain.leg(leg)
	n := 0
	for c, d := range pieces(from, to) {
		a, b := s.view.point(c), s.view.point(d)
		t := foot(a, b)
		far := chord2(along(a, b, t))
		if far < s.far || (far == s.far && leg < s.leg) {
			s.leg, s.far, s.a, s.b, s.t = leg, far, a, b, t
			s.vertex = -1
			if t == 0 && n == 0 {
				s.vertex = leg
			} else if t == 1 && d == to {
				s.vertex = (leg + 1) % len(s.chain.at)
			}
			s.metres = s.atMost(far)
		}
		n++
	}
}

// atMost is an upper bound of the distance in metres of a point from its
// chord2: no radius of curvature differs more than 0.34 % from the mean one,
// nor any distance by more than 1 % from that on a sphere.
func (s *nearest) atMost(far float64) float64 {
	chord := math.Sqrt(far)
	if chord > 0.1 {
		return float64(1.01*math.Pi/2*s.view.radius*chord) + 1e-3 // an angle is at most pi/2 of its chord
	}
	return float64(1.004*s.view.radius*chord) + 1e-3
}

// place is the foot.
func (s *nearest) place() Position {
	if s.leg < 0 {
		return Position{Lat: math.NaN(), Lon: math.NaN()}
	}
	return s.view.position(along(s.a, s.b, s.t))
}

// right reports whether the position that was asked for lies right of the
// chain.
func (s *nearest) right() bool {
	if s.vertex < 0 {
		return side(s.a, s.b) < 0
	}
	v := s.chain.at[s.vertex]
	before, hasBefore := s.chain.neighbour(s.vertex, -1)
	after, hasAfter := s.chain.neighbour(s.vertex, 1)
	// Of long legs only the pieces that touch the vertex count.
	if hasBefore {
		before = lastPiece(before, v)
	}
	if hasAfter {
		for _, b := range pieces(v, after) {
			after = b
			break
		}
	}
	if hasBefore && hasAfter {
		w := newView(v)
		a, b := w.point(before), w.point(after)
		if turn := float64(a.Y*b.X) - float64(a.X*b.Y); turn != 0 {
			return turn > 0 // outside a left turn is right
		}
	}
	switch {
	case hasAfter:
		return side(s.view.point(v), s.view.point(after)) < 0
	case hasBefore:
		return side(s.view.point(before), s.view.point(v)) < 0
	default:
		return false // a lone position has no sides
	}
}

// neighbour is the next position from index i in the direction step that is
// not the same place.
func (c *chain) neighbour(i, step int) (Position, bool) {
	n := len(c.at)
	for j := i + step; ; j += step {
		if c.closed {
			j = (j + n) % n
		}
		if j < 0 || j >= n || j == i {
			return Position{}, false
		}
		if !samePlace(c.at[j], c.at[i]) {
			return c.at[j], true
		}
	}
}
