package fence

import (
	"math"
	"slices"

	"atalaya/geo"
)

// chordLimit is a bound as reports are judged by it: straight chords through
// the earth between positions at most piece apart along the geodesics, with the
// allowed side on their left. Nothing here asks geo for the distance from a
// shape, for a crossing, or for what lies inside.
type chordLimit struct {
	blocks []block
}

// block is some chords of one line in a row, in a ball.
type block struct {
	chords []chord
	centre geo.Vector
	radius float64
}

// chord from a to b. left is the unit normal of the plane through the earth's
// centre, atA and atB its sum with that of the chord before and after.
type chord struct {
	a, b           geo.Vector
	left, atA, atB geo.Vector
	openA, openB   bool // no chord before, or after
}

const (
	piece   = 1000.0 // metres: 20 mm below the ground in the middle
	inBlock = 16     // chords
	earth   = 6371e3 // metres
)

func newChordLimit(kind Kind, rings geo.Polygon, lines []geo.Line) chordLimit {
	var c chordLimit
	for i, r := range rings {
		at := cut(append(geo.Line(slices.Clip(r)), r[0]))
		// Inside is left of a ring that turns left. Allowed is the inside of
		// the area's outer ring and of a zone's holes.
		if (turn(at) > 0) != ((kind == InArea) == (i == 0)) {
			for a, b := 0, len(at)-1; a < b; a, b = a+1, b-1 {
				at[a], at[b] = at[b], at[a]
			}
		}
		c.add(at, true)
	}
	for _, l := range lines {
		at := cut(l)
		c.add(at, l[0] == l[len(l)-1])
	}
	return c
}

// cut gives the way's positions as vectors, with more in between.
func cut(way []geo.Position) []geo.Vector {
	out := []geo.Vector{geo.ECEF(way[0], 0)}
	for i := 1; i < len(way); i++ {
		metres, bearing, _ := geo.Inverse(way[i-1], way[i])
		n := math.Ceil(metres / piece)
		for k := 1.0; k < n; k++ {
			p, _ := geo.Direct(way[i-1], bearing, float64(metres*(k/n)))
			out = append(out, geo.ECEF(p, 0))
		}
		out = append(out, geo.ECEF(way[i], 0))
	}
	return out
}

// turn is positive for a closed way that turns left, seen from above.
func turn(at []geo.Vector) float64 {
	var n, m geo.Vector
	for i := 1; i < len(at); i++ {
		n, m = plus(n, times(at[i-1], at[i])), plus(m, at[i])
	}
	return inner(n, m)
}

// add takes a line; of one that is closed the last position is the first.
func (c *chordLimit) add(at []geo.Vector, closed bool) {
	n := len(at) - 1
	chords := make([]chord, n)
	for i := range chords {
		chords[i] = chord{a: at[i], b: at[i+1], left: one(times(at[i], at[i+1]))}
	}
	for i := range chords {
		before, after := (i+n-1)%n, (i+1)%n
		ch := &chords[i]
		ch.openA, ch.openB = !closed && i == 0, !closed && i == n-1
		ch.atA, ch.atB = plus(ch.left, chords[before].left), plus(ch.left, chords[after].left)
	}
	for i := 0; i < n; i += inBlock {
		b := block{chords: chords[i:min(i+inBlock, n)]}
		for _, ch := range b.chords {
			b.centre = plus(b.centre, plus(ch.a, ch.b))
		}
		b.centre = scaled(b.centre, 1/float64(2*len(b.chords)))
		for _, ch := range b.chords {
			b.radius = max(b.radius, far(b.centre, ch.a), far(b.centre, ch.b))
		}
		c.blocks = append(c.blocks, b)
	}
}

// signed is the distance of p from the bound, positive on the side that is
// allowed; not known where the nearest place is the open end of a line.
func (c *chordLimit) signed(p geo.Vector) (metres float64, known bool) {
	// The block nearest by its ball goes first, so that most others need no look.
	start, nearest := 0, math.Inf(1)
	for i := range c.blocks {
		if d := far(p, c.blocks[i].centre) - c.blocks[i].radius; d < nearest {
			start, nearest = i, d
		}
	}
	best := math.Inf(1)
	var side float64
	look := func(b *block) {
		for i := range b.chords {
			ch := &b.chords[i]
			foot, t := ch.foot(p)
			if d := far(p, foot); d < best {
				best = d
				normal, open := ch.left, false
				switch t {
				case 0:
					normal, open = ch.atA, ch.openA
				case 1:
					normal, open = ch.atB, ch.openB
				}
				side, known = inner(normal, minus(p, foot)), !open
			}
		}
	}
	look(&c.blocks[start])
	for i := range c.blocks {
		if b := &c.blocks[i]; i != start && far(p, b.centre)-b.radius < best {
			look(b)
		}
	}
	if !(side > 0) {
		return -arc(best), known
	}
	return arc(best), known
}

// clearance is as of geodesicLimit.
func (c *chordLimit) clearance(r *region) (metres float64, known bool) {
	way := r.at
	if r.closed {
		way = append(slices.Clip(way), way[0])
	}
	at := cut(way)
	least := math.Inf(1)
	for i, p := range at {
		if i > 0 && p == at[0] {
			continue
		}
		d, known := c.signed(p)
		if !known {
			return 0, false
		}
		if least = min(least, d); i == 0 && d-r.radius >= farthest {
			return farthest, true
		}
	}
	if !(least > 0) {
		return least, true
	}
	// The ends of the bound's chords: are they inside, how far from the outline?
	var centre geo.Vector
	for _, p := range at {
		centre = plus(centre, p)
	}
	centre = scaled(centre, 1/float64(len(at)))
	var radius float64
	for _, p := range at {
		radius = max(radius, far(centre, p))
	}
	for i := range c.blocks {
		b := &c.blocks[i]
		if far(centre, b.centre)-b.radius-radius >= least {
			continue
		}
		for k := range b.chords {
			ch := &b.chords[k]
			if r.closed && (within(at, ch.a) || within(at, ch.b)) {
				return 0, true
			}
			for j := 1; j < len(at); j++ {
				leg := chord{a: at[j-1], b: at[j]}
				if cross(ch, &leg) {
					return 0, true
				}
				for _, p := range [2]geo.Vector{ch.a, ch.b} {
					on, _ := leg.foot(p)
					least = min(least, arc(far(p, on)))
				}
			}
		}
	}
	return min(least, farthest), true
}

// within reports whether p is left of all legs of a convex way that goes round
// counter-clockwise, or right of all if it goes the other way.
func within(at []geo.Vector, p geo.Vector) bool {
	left, right := true, true
	for i := 1; i < len(at); i++ {
		s := inner(times(at[i-1], at[i]), p)
		left, right = left && s >= 0, right && s <= 0
	}
	return (left || right) && inner(at[0], p) > 0
}

// cross reports whether two chords cross, seen from the earth's centre.
func cross(x, y *chord) bool {
	n, m := times(x.a, x.b), times(y.a, y.b)
	return (inner(n, y.a) > 0) != (inner(n, y.b) > 0) &&
		(inner(m, x.a) > 0) != (inner(m, x.b) > 0) && inner(x.a, y.a) > 0
}

// foot is the place of the chord that is nearest to p, and how far along it.
func (ch *chord) foot(p geo.Vector) (geo.Vector, float64) {
	d := minus(ch.b, ch.a)
	t := inner(minus(p, ch.a), d) / inner(d, d)
	switch {
	case !(t > 0):
		return ch.a, 0
	case t >= 1:
		return ch.b, 1
	}
	return plus(ch.a, scaled(d, t)), t
}

// arc is the length over ground of a chord: right to 1 m at 400 km.
func arc(c float64) float64 {
	return c + float64(c*float64(c*c))/(24*earth*earth)
}

func far(a, b geo.Vector) float64 { d := minus(a, b); return math.Sqrt(inner(d, d)) }

func plus(a, b geo.Vector) geo.Vector { return geo.Vector{X: a.X + b.X, Y: a.Y + b.Y, Z: a.Z + b.Z} }

func minus(a, b geo.Vector) geo.Vector { return geo.Vector{X: a.X - b.X, Y: a.Y - b.Y, Z: a.Z - b.Z} }

func scaled(a geo.Vector, k float64) geo.Vector {
	return geo.Vector{X: float64(a.X * k), Y: float64(a.Y * k), Z: float64(a.Z * k)}
}

func inner(a, b geo.Vector) float64 {
	return float64(a.X*b.X) + float64(a.Y*b.Y) + float64(a.Z*b.Z)
}

func times(a, b geo.Vector) geo.Vector {
	return geo.Vector{
		X: float64(a.Y*b.Z) - float64(a.Z*b.Y),
		Y: float64(a.Z*b.X) - float64(a.X*b.Z),
		Z: float64(a.X*b.Y) - float64(a.Y*b.X),
	}
}

func one(a geo.Vector) geo.Vector { return scaled(a, 1/math.Sqrt(inner(a, a))) }
