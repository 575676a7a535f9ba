package geo

import "math"

// Length is the length of the line in metres.
func (l Line) Length() float64 {
	var sum float64
	for i := 1; i < len(l); i++ {
		sum += Distance(l[i-1], l[i])
	}
	return sum
}

// Nearest gives the position on the line that is nearest to p, its distance
// in metres, and the leg (from 0) on which it lies. The distance is positive
// where p lies left of the line as one travels along it, negative on the
// right. Off an end, the last leg prolonged decides the side; at a corner,
// both legs do. A line of one position has the leg 0 and no sides: its
// distances are positive. An empty line gives NaN and leg -1.
func (l Line) Nearest(p Position) (on Position, metres float64, leg int) {
	closed := len(l) > 2 && l[0] == l[len(l)-1]
	n := nearest(l, closed, p)
	if n.leg < 0 {
		return Position{Lat: math.NaN(), Lon: math.NaN()}, math.NaN(), -1
	}
	metres = Distance(p, n.on)
	if n.right {
		metres = -metres
	}
	return n.on, metres, n.leg
}

// Crosses reports whether the movement from a to b crosses the line, and the
// first place where it does, with the leg (from 0). Positions exactly on the
// line count as left of it: so of the movements a-b and b-c exactly one
// crosses where b lies on the line.
func (l Line) Crosses(a, b Position) (where Position, leg int, ok bool) {
	pieces(a, b, func(a, b Position) bool {
		where, leg, ok = crossing(l, a, b)
		return !ok
	})
	return where, leg, ok
}

func crossing(l Line, a, b Position) (where Position, leg int, ok bool) {
	m := newMovement(a, b)
	best := math.Inf(1)
	for i := 1; i < len(l); i++ {
		if m.misses(l[i-1], l[i]) {
			continue
		}
		pieces(l[i-1], l[i], func(from, to Position) bool {
			if c, d, hit := m.cross(from, to); hit && d < best {
				best, where, leg, ok = d, c, i-1, true
			}
			return true
		})
	}
	return where, leg, ok
}

// movement is a short way from a to b.
type movement struct {
	a, b       Position
	fromA      view
	fromB      view
	to         Vector // b in a's view
	west, east float64
	south      float64
	north      float64
	bounded    bool
}

func newMovement(a, b Position) movement {
	m := movement{a: a, b: b, fromA: newView(a), fromB: newView(b)}
	m.to = m.fromA.point(b)
	d := lonFrom(a.Lon, b.Lon)
	grow := bulge(d)
	m.west, m.east = min(0, d), max(0, d)
	m.south, m.north = min(a.Lat, b.Lat)-grow, max(a.Lat, b.Lat)+grow
	m.bounded = grow < 90
	return m
}

// misses is a cheap test that the leg c-d cannot meet the movement.
func (m *movement) misses(c, d Position) bool {
	if !m.bounded {
		return false
	}
	if max(c.Lat, d.Lat) < m.south-1 || min(c.Lat, d.Lat) > m.north+1 {
		// The usual case; the leg's own bulge may be more than a degree.
		if grow := bulge(lonFrom(c.Lon, d.Lon)); max(c.Lat, d.Lat)+grow < m.south || min(c.Lat, d.Lat)-grow > m.north {
			return true
		}
	}
	dc, dd := lonFrom(m.a.Lon, c.Lon), lonFrom(m.a.Lon, d.Lon)
	lo, hi := min(dc, dd), max(dc, dd)
	if hi-lo >= 180 { // passes behind the earth
		return false
	}
	const grow = 1e-9
	if hi < m.west-grow || lo > m.east+grow {
		return true
	}
	margin := bulge(hi - lo)
	return max(c.Lat, d.Lat)+margin < m.south || min(c.Lat, d.Lat)-margin > m.north
}

// cross gives where the leg c-d meets the movement and a measure of how far
// from a that is.
func (m *movement) cross(c, d Position) (where Position, far float64, ok bool) {
	ca, da := m.fromA.point(c), m.fromA.point(d)
	leftA := side(ca, da) >= 0
	leftB := side(m.fromB.point(c), m.fromB.point(d)) >= 0
	if leftA == leftB {
		return Position{}, 0, false
	}
	// Which side of the movement are the leg's ends?
	sc := float64(m.to.X*ca.Y) - float64(m.to.Y*ca.X)
	sd := float64(m.to.X*da.Y) - float64(m.to.Y*da.X)
	if (sc >= 0) == (sd >= 0) {
		return Position{}, 0, false
	}
	v := along(ca, da, sc/(sc-sd))
	middle := Vector{X: m.to.X, Y: m.to.Y, Z: m.to.Z + m.fromA.radius}
	if dot(v, middle) <= 0 { // the planes also meet on the earth's far side
		return Position{}, 0, false
	}
	return m.fromA.position(v), chord2(v), true
}

// nearestLeg is the answer of nearest; leg is -1 for no positions.
type nearestLeg struct {
	on    Position
	leg   int
	right bool
}

// nearest finds the nearest place on a chain of positions.
func nearest(chain []Position, closed bool, p Position) nearestLeg {
	switch len(chain) {
	case 0:
		return nearestLeg{leg: -1}
	case 1:
		return nearestLeg{on: chain[0]}
	}
	w := newView(p)
	s := search{view: w, at: p, best: math.Inf(1), leg: -1}
	axis := float64(w.frame.r) // metres from the earth's axis

	// Start where a vertex is near, so that most legs fall to the cheap bound.
	start, least := 0, math.Inf(1)
	for i, v := range chain {
		dy := v.Lat - p.Lat
		dx := float64(lonFrom(p.Lon, v.Lon) * w.frame.clat)
		if d := float64(dx*dx) + float64(dy*dy); d < least {
			start, least = i, d
		}
	}
	if start > 0 {
		s.try(chain[start-1], chain[start], start-1)
	}
	if start < len(chain)-1 {
		s.try(chain[start], chain[start+1], start)
	}
	for i := 1; i < len(chain); i++ {
		if i != start && i-1 != start && s.within(axis, chain[i-1], chain[i]) {
			s.try(chain[i-1], chain[i], i-1)
		}
	}
	if s.leg < 0 { // not a number somewhere
		return nearestLeg{leg: -1}
	}
	return nearestLeg{on: w.position(along(s.a, s.b, s.t)), leg: s.leg, right: s.rightOf(chain, closed)}
}

// search holds the nearest leg so far: the piece a-b of it, and the foot t.
type search struct {
	view   view
	at     Position
	best   float64 // chord2 of the foot
	metres float64 // an upper bound of the foot's distance
	leg    int
	a, b   Vector
	t      float64
	vertex int // index of the chain's position where the foot is, or -1
}

func (s *search) try(from, to Position, leg int) {
	first := true
	pieces(from, to, func(c, d Position) bool {
		a, b := s.view.point(c), s.view.point(d)
		t := foot(a, b)
		far := chord2(along(a, b, t))
		// Of equals the first leg counts, whatever the order of the search.
		if far < s.best || (far == s.best && leg < s.leg) {
			s.best, s.leg, s.a, s.b, s.t = far, leg, a, b, t
			s.vertex = -1
			if t == 0 && first {
				s.vertex = leg
			} else if t == 1 && d == to {
				s.vertex = leg + 1
			}
			// Half a chord's angle, and 1 % for the ellipsoid.
			s.metres = 1.01*equatorialRadius*math.Pi/2*math.Sqrt(far) + 1e-3
			if far < 0.1 {
				s.metres = 1.01*equatorialRadius*1.01*math.Sqrt(far) + 1e-3
			}
		}
		first = false
		return true
	})
}

// within reports whether the leg c-d may be nearer than what is known.
func (s *search) within(axis float64, c, d Position) bool {
	const degree = 110.57e3 // metres: the shortest degree of latitude
	dc, dd := lonFrom(s.at.Lon, c.Lon), lonFrom(s.at.Lon, d.Lon)
	lo, hi := min(dc, dd), max(dc, dd)
	if hi-lo >= 180 {
		return true
	}
	grow := bulge(hi - lo)
	south, north := min(c.Lat, d.Lat)-grow, max(c.Lat, d.Lat)+grow
	if float64((south-s.at.Lat)*degree) > s.metres || float64((s.at.Lat-north)*degree) > s.metres {
		return false
	}
	// No way to a meridian is shorter than the straight line to its half-plane.
	if gap := max(lo, -hi); gap > 0 {
		x := float64(min(gap, 90) * radiansPerDegree)
		if sine := x - float64(float64(x*x)*x)/6; float64(axis*sine) > s.metres {
			return false
		}
	}
	return true
}

// rightOf decides the side of the foot that was found.
func (s *search) rightOf(chain []Position, closed bool) bool {
	left := side(s.a, s.b)
	if s.vertex >= 0 {
		if turn := s.turn(chain, closed); turn != 0 {
			return turn > 0 // outside a left turn is right of the line
		}
	}
	return left < 0
}

// turn is positive where the chain turns left at the found vertex, negative
// where right, 0 where it does not or ends.
func (s *search) turn(chain []Position, closed bool) float64 {
	v := chain[s.vertex]
	before, after := neighbour(chain, s.vertex, -1, closed), neighbour(chain, s.vertex, 1, closed)
	if before < 0 || after < 0 {
		return 0
	}
	var a, b Position
	pieces(chain[before], v, func(c, _ Position) bool { a = c; return true })
	pieces(v, chain[after], func(_, d Position) bool { b = d; return false })
	w := newView(v)
	va, vb := w.point(a), w.point(b)
	return float64(va.Y*vb.X) - float64(va.X*vb.Y)
}

// neighbour is the index of the next position other than chain[i] in the
// direction step, or -1.
func neighbour(chain []Position, i, step int, closed bool) int {
	n := len(chain)
	for j := i + step; ; j += step {
		if closed {
			j = (j + n) % n
			if j == i {
				return -1
			}
		}
		if j < 0 || j >= n {
			return -1
		}
		if chain[j] != chain[i] {
			return j
		}
	}
}
