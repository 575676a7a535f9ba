package geo

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
// where p lies left of the line as one travels along it, and on it, negative
// on the right. Off an end, the last leg prolonged decides the side; at a
// corner both legs do. An empty line gives NaN and leg -1.
//
// The distance is right to 1.4 mm up to 1,000 km; beyond, the place found may
// be up to 0.1 % farther than the nearest.
func (l Line) Nearest(p Position) (on Position, metres float64, leg int) {
	return l.chain().signed(p)
}

// Crosses reports whether the movement from a to b crosses the line, and the
// first place where it does, with the leg (from 0). A position exactly on the
// line counts as left of it: where b lies on the line, exactly one of the
// movements a-b and b-c crosses if a and c lie on different sides, and none or
// both if on one side.
func (l Line) Crosses(a, b Position) (where Position, leg int, ok bool) {
	c := l.chain()
	return c.crossing(a, b)
}

// Box holds the line.
func (l Line) Box() (Box, bool) {
	return l.chain().box()
}

// chain joins the ends of a line that returns to its start, so that this too
// is a corner.
func (l Line) chain() *chain {
	if n := len(l); n > 2 && samePlace(l[0], l[n-1]) {
		return &chain{at: l[:n-1], closed: true}
	}
	return &chain{at: l}
}

func (c *chain) signed(p Position) (on Position, metres float64, leg int) {
	s := c.nearest(p)
	on = s.place()
	metres = Distance(p, on)
	if s.leg >= 0 && s.right() {
		metres = -metres
	}
	return on, metres, s.leg
}

// box is the box of all legs; false without any.
func (c *chain) box() (Box, bool) {
	if n := len(c.boxes); n > 0 {
		return c.boxes[n-1][0], true
	}
	if c.legs() == 0 {
		return Box{}, false
	}
	b := legBox(c.leg(0))
	for i := 1; i < c.legs(); i++ {
		b = b.Union(legBox(c.leg(i)))
	}
	return b, true
}
