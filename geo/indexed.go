package geo

import "math"

// IndexedLine answers what Line does, with the same bits, in time that grows
// with the logarithm of the number of legs: for lines that are asked often.
type IndexedLine struct {
	chain *chain
}

// Index prepares the line. The line must not change any more.
func (l Line) Index() IndexedLine {
	c := l.chain()
	c.index()
	return IndexedLine{c}
}

// Nearest is Line.Nearest.
func (l IndexedLine) Nearest(p Position) (on Position, metres float64, leg int) {
	return l.chain.signed(p)
}

// Crosses is Line.Crosses.
func (l IndexedLine) Crosses(a, b Position) (where Position, leg int, ok bool) {
	return l.chain.crossing(a, b)
}

// Box is Line.Box.
func (l IndexedLine) Box() (Box, bool) {
	return l.chain.box()
}

// IndexedPolygon answers what Polygon does, with the same bits, in time that
// grows slowly with the number of legs: for polygons that are asked often.
type IndexedPolygon struct {
	rings []*chain
}

// Index prepares the polygon. The polygon must not change any more.
func (pg Polygon) Index() IndexedPolygon {
	x := pg.chains()
	for _, c := range x.rings {
		c.index()
	}
	return x
}

func (pg Polygon) chains() IndexedPolygon {
	x := IndexedPolygon{rings: make([]*chain, len(pg))}
	for i, r := range pg {
		x.rings[i] = r.chain()
	}
	return x
}

// Contains is Polygon.Contains.
func (pg IndexedPolygon) Contains(p Position) bool {
	for i, c := range pg.rings {
		if c.contains(p) != (i == 0) {
			return false // outside the outer ring or inside a hole
		}
	}
	return len(pg.rings) > 0
}

// Distance is Polygon.Distance.
func (pg IndexedPolygon) Distance(p Position) float64 {
	least := math.Inf(1)
	for _, c := range pg.rings {
		if s := c.nearest(p); s.leg >= 0 {
			least = min(least, Distance(p, s.place()))
		}
	}
	if pg.Contains(p) {
		return -least
	}
	return least
}

// Box is Polygon.Box.
func (pg IndexedPolygon) Box() (Box, bool) {
	if len(pg.rings) == 0 {
		return Box{}, false
	}
	return pg.rings[0].inside()
}
