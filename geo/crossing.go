package geo

import "math"

// movement is a short way from a to b, seen from both its ends.
type movement struct {
	fromA, fromB view
	to           Vector // b in a's view
}

func newMovement(a, b Position) *movement {
	m := &movement{fromA: newView(a), fromB: newView(b)}
	m.to = m.fromA.point(b)
	return m
}

// crossing gives the first place where the way from a to b crosses the chain.
func (c *chain) crossing(a, b Position) (where Position, leg int, ok bool) {
	for a, b := range pieces(a, b) {
		m := newMovement(a, b)
		nearest := math.Inf(1)
		c.visit(legBox(a, b).Intersects, func(i int) {
			for from, to := range pieces(c.leg(i)) {
				if v, hit := m.crosses(from, to); hit && chord2(v) < nearest {
					nearest = chord2(v)
					where, leg, ok = m.fromA.position(v), i, true
				}
			}
		})
		if ok {
			return where, leg, true
		}
	}
	return Position{}, -1, false
}

// crosses gives where the movement crosses the leg c-d, in the view from a.
// What lies exactly on a leg counts as left of it, and what lies exactly on
// the movement as left of that, so that nothing slips between two legs or two
// movements.
func (m *movement) crosses(c, d Position) (Vector, bool) {
	ca, da := m.fromA.point(c), m.fromA.point(d)
	if (side(ca, da) >= 0) == (side(m.fromB.point(c), m.fromB.point(d)) >= 0) {
		return Vector{}, false
	}
	sc := float64(m.to.X*ca.Y) - float64(m.to.Y*ca.X)
	sd := float64(m.to.X*da.Y) - float64(m.to.Y*da.X)
	if (sc >= 0) == (sd >= 0) {
		return Vector{}, false
	}
	v := along(ca, da, sc/(sc-sd))
	middle := Vector{X: m.to.X, Y: m.to.Y, Z: m.to.Z + m.fromA.radius}
	return v, dot(v, middle) > 0 // the planes also meet on the earth's far side
}
