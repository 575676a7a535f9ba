package fence

import (
	"math"
	"slices"

	"atalaya/geo"
)

// geodesicLimit is a bound as commands are judged by it: geodesics of geo.
type geodesicLimit struct {
	kind    Kind
	polygon geo.IndexedPolygon
	lines   []geo.IndexedLine // the rings, closed, or the border's lines
	at      [][]geo.Position  // their positions
}

func newGeodesicLimit(kind Kind, rings geo.Polygon, lines []geo.Line) geodesicLimit {
	g := geodesicLimit{kind: kind, polygon: rings.Index()}
	for _, r := range rings {
		lines = append(lines, append(geo.Line(slices.Clip(r)), r[0]))
	}
	for _, l := range lines {
		g.lines = append(g.lines, l.Index())
		g.at = append(g.at, l)
	}
	return g
}

// signed is the distance of p from the bound, positive on the side that is
// allowed. It is not known where the nearest place is the open end of a line:
// what lies beyond, nobody says.
func (g *geodesicLimit) signed(p geo.Position) (metres float64, known bool) {
	switch g.kind {
	case InArea:
		return -g.polygon.Distance(p), true
	case OutOfZone:
		return g.polygon.Distance(p), true
	default: // a border
	}
	least, known := math.Inf(1), false
	for i, l := range g.lines {
		on, m, leg := l.Nearest(p)
		if math.Abs(m) < math.Abs(least) {
			least, known = m, !openEnd(g.at[i], on, leg)
		}
	}
	return least, known
}

func openEnd(line []geo.Position, on geo.Position, leg int) bool {
	const same = 1e-3 // metres: a foot is computed, an end is given
	n := len(line)
	if line[0] == line[n-1] {
		return false
	}
	return leg == 0 && geo.Distance(on, line[0]) < same || leg == n-2 && geo.Distance(on, line[n-1]) < same
}

// clearance is the least distance of the region from the bound, at most
// farthest; 0 or less where it touches the bound or lies beyond.
func (g *geodesicLimit) clearance(r *region) (metres float64, known bool) {
	first, known := g.signed(r.at[0])
	if !known {
		return 0, false
	}
	if first-r.radius >= farthest {
		return farthest, true
	}
	least := first
	for _, p := range r.at[1:] {
		d, known := g.signed(p)
		if !known {
			return 0, false
		}
		least = min(least, d)
	}
	if !(least > 0) || g.touches(r) {
		return min(least, 0), true
	}
	// Two legs that do not cross are nearest at an end of one of them: those of
	// the region are done.
	path, ring := geo.Line(r.at), geo.Ring(r.at)
	box, _ := path.Box()
	if r.closed {
		box, _ = ring.Box()
	}
	reach := box.Grow(least)
	for _, line := range g.at {
		for _, p := range line {
			if !reach.Contains(p) {
				continue
			}
			var d float64
			if r.closed {
				_, d, _ = ring.Nearest(p)
			} else {
				_, d, _ = path.Nearest(p)
			}
			if d = math.Abs(d); d < least {
				least, reach = d, box.Grow(d)
			}
		}
	}
	return min(least, farthest), true
}

// touches reports whether the region's outline crosses the bound, or a part of
// the bound lies inside the region.
func (g *geodesicLimit) touches(r *region) bool {
	legs := len(r.at) - 1
	if r.closed {
		legs++
	}
	for _, l := range g.lines {
		for i := range legs {
			if _, _, ok := l.Crosses(r.at[i], r.at[(i+1)%len(r.at)]); ok {
				return true
			}
		}
	}
	if !r.closed {
		return false
	}
	ring := geo.Ring(r.at)
	for _, line := range g.at {
		if ring.Contains(line[0]) {
			return true
		}
	}
	return false
}
