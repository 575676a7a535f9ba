package geo

import "math"

// Contains reports whether p lies inside the outer ring and in no hole; see
// Ring.Contains for borders and poles.
func (pg Polygon) Contains(p Position) bool {
	return pg.chains().Contains(p)
}

// Distance is the distance in metres from p to the polygon's border, holes
// included; negative where the polygon contains p. An empty polygon is +Inf
// away.
func (pg Polygon) Distance(p Position) float64 {
	return pg.chains().Distance(p)
}

// Area is the polygon's area in square metres: the outer ring's less those of
// the holes.
func (pg Polygon) Area() float64 {
	var sum float64
	for i, r := range pg {
		if i == 0 {
			sum = r.Area()
		} else {
			sum -= r.Area()
		}
	}
	return sum
}

// Box holds the polygon; false without any position.
func (pg Polygon) Box() (Box, bool) {
	return pg.chains().Box()
}

// Contains reports whether p lies inside the ring, whichever way round that
// goes. A ring that goes round the earth's axis has that pole inside on whose
// side of the equator it runs, on the average over longitude; in every other
// ring no pole is inside. A position on the ring itself is inside exactly one
// of two rings that share the leg with the same ends, legs over a pole
// excepted.
func (r Ring) Contains(p Position) bool {
	return r.chain().contains(p)
}

// Nearest gives the position on the ring that is nearest to p, its distance
// in metres, never negative, and the leg (from 0; the last joins the last
// position to the first). An empty ring gives NaN and leg -1.
func (r Ring) Nearest(p Position) (on Position, metres float64, leg int) {
	s := r.chain().nearest(p)
	on = s.place()
	return on, Distance(p, on), s.leg
}

// Length is the length of the ring in metres.
func (r Ring) Length() float64 {
	var sum float64
	c := r.chain()
	for i := range c.legs() {
		sum += Distance(c.leg(i))
	}
	return sum
}

// Box holds the ring and its inside; false without any position.
func (r Ring) Box() (Box, bool) {
	return r.chain().inside()
}

func (r Ring) chain() *chain { return &chain{at: r, closed: len(r) > 1} }

// inside is the box of the closed chain and what lies inside it.
func (c *chain) inside() (Box, bool) {
	b, ok := c.box()
	if pole := c.pole(); pole != 0 {
		b.West, b.East = -180, 180
		b.South, b.North = min(b.South, pole), max(b.North, pole)
	}
	return b, ok
}

// contains counts the legs that pass the meridian of p south of p: the south
// pole is outside, unless the ring goes round it.
func (c *chain) contains(p Position) bool {
	if len(c.at) < 3 || !p.Valid() {
		return false
	}
	inside, round := false, false
	var w *view
	pass := func(i int) {
		a, b := c.leg(i)
		da, db := lonFrom(p.Lon, a.Lon), lonFrom(p.Lon, b.Lon)
		d := lonFrom(a.Lon, b.Lon)
		if (da < 0) == (db < 0) || (da < 0) != (d >= 0) {
			return // does not pass, or passes behind the earth
		}
		round = !round // a ring round the axis passes an odd number of times
		grow := bulge(d)
		var north bool
		switch {
		case math.Abs(a.Lat) == 90 || math.Abs(b.Lat) == 90:
			north = min(a.Lat, b.Lat) == -90 // the leg turns at the pole, then keeps to a meridian
		case p.Lat > max(a.Lat, b.Lat)+grow:
			north = true
		case p.Lat >= min(a.Lat, b.Lat)-grow:
			if w == nil {
				v := newView(p)
				w = &v
			}
			north = w.northOf(p, a, b)
		}
		inside = inside != north
	}
	if len(c.boxes) > 0 {
		c.visit(func(b Box) bool { return b.hasMeridian(p.Lon) }, pass)
	} else {
		for i := range c.at { // as cheap as making boxes
			pass(i)
		}
	}
	return inside != (round && c.pole() < 0) // there the count began inside
}

// northOf reports whether p, the view's origin, lies north of the leg a-b on
// its own meridian, which the leg passes.
func (w view) northOf(p, a, b Position) bool {
	// One direction for each leg: neighbours who share it get the same bits.
	if b.Lat < a.Lat || (b.Lat == a.Lat && b.Lon < a.Lon) {
		a, b = b, a
	}
	for a, b := range pieces(a, b) {
		da, db := lonFrom(p.Lon, a.Lon), lonFrom(p.Lon, b.Lon)
		if (da < 0) != (db < 0) {
			left := side(w.point(a), w.point(b)) > 0
			return left == (da < db)
		}
	}
	return false
}

// pole is 90 or -90 where the ring goes round that pole, 0 where round none.
func (c *chain) pole() float64 {
	var lat, turn float64
	for i := range c.legs() {
		a, b := c.leg(i)
		d := lonFrom(a.Lon, b.Lon)
		lat += float64(d * (a.Lat + b.Lat))
		turn += d
	}
	switch {
	case math.Abs(turn) < 180:
		return 0
	case (lat >= 0) == (turn > 0):
		return 90
	default:
		return -90
	}
}
