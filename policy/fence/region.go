package fence

import (
	"cmp"
	"math"
	"slices"

	"atalaya/geo"
)

// What a region is of.
const (
	ofFlight = "flight"
	ofLook   = "look"
)

// region is a place, a leg of a way, or a convex polygon.
type region struct {
	of     string
	at     []geo.Position
	closed bool
	radius float64 // metres from at[0] to any other
	grow   float64
	away   float64 // metres from the area's first position to at[0]
}

func newRegion(of string, at []geo.Position, grow float64) region {
	r := region{of: of, at: at, closed: len(at) > 2, grow: grow}
	for _, p := range at[1:] {
		r.radius = max(r.radius, geo.Distance(at[0], p))
	}
	return r
}

// flight gives the legs of the way, or the triangles between them and home
// where the vehicle may leave the way for home at any point.
func (c *Command) flight(grow float64) []region {
	way := append([]geo.Position{c.Pose.At}, c.Way...)
	way = roundedPositions(way)
	home := c.Loss.Act == LossReturn && c.Vehicle.Speed > 0
	if home && len(way) == 1 && way[0] != c.Loss.Home {
		way = append(way, c.Loss.Home)
	}
	if len(way) == 1 {
		return []region{newRegion(ofFlight, way, grow)}
	}
	var out []region
	for i := 1; i < len(way); i++ {
		at := []geo.Position{way[i-1], way[i]}
		if home && c.Loss.Home != way[i-1] && c.Loss.Home != way[i] {
			at = sameRing(append(at, c.Loss.Home))
		}
		out = append(out, newRegion(ofFlight, at, grow))
	}
	return out
}

// regions are the hulls of each outline with the next.
func (l *Look) regions(grow float64) []region {
	if len(l.Outlines) == 1 {
		return []region{hull(l.Outlines[0].Ring, nil, grow)}
	}
	var out []region
	for i := 1; i < len(l.Outlines); i++ {
		out = append(out, hull(l.Outlines[i-1].Ring, l.Outlines[i].Ring, grow))
	}
	return out
}

// Hulls gives the regions of a look as they are judged, before they grow.
func (l *Look) Hulls() [][]geo.Position {
	var out [][]geo.Position
	for _, r := range l.rounded().regions(0) {
		out = append(out, r.at)
	}
	return out
}

// bend bounds how far, in metres, what is straight in a plane lies from the
// geodesic, within d metres of the plane's origin: d³/4R² with the least
// radius of curvature.
func bend(d float64) float64 {
	const r = 6335e3
	return float64(float64(d*d)*d) / (4 * r * r)
}

// hull is the convex hull of two outlines (Andrew's monotone chain) in the
// plane round the least of their positions, counter-clockwise. It grows by
// what the plane bends.
func hull(a, b geo.Ring, grow float64) region {
	all := slices.Concat(a, b)
	slices.SortFunc(all, order)
	all = slices.Compact(all)
	type point struct {
		x, y float64
		at   geo.Position
	}
	plane := geo.NewPlane(all[0])
	points := make([]point, len(all))
	for i, p := range all {
		points[i].x, points[i].y = plane.XY(p)
		points[i].at = p
	}
	slices.SortFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y), order(a.at, b.at))
	})
	half := func(turned []point, p point, from int) []point {
		for len(turned) >= from+2 {
			a, b := turned[len(turned)-2], turned[len(turned)-1]
			if float64((b.x-a.x)*(p.y-a.y))-float64((b.y-a.y)*(p.x-a.x)) > 0 {
				break
			}
			turned = turned[:len(turned)-1]
		}
		return append(turned, p)
	}
	var turned []point
	for _, p := range points {
		turned = half(turned, p, 0)
	}
	lower := len(turned) - 1
	for i := len(points) - 2; i >= 0; i-- {
		turned = half(turned, points[i], lower)
	}
	at := make([]geo.Position, 0, len(turned))
	for _, p := range turned[:max(1, len(turned)-1)] {
		at = append(at, p.at)
	}
	r := newRegion(ofLook, at, grow)
	var d float64
	for _, p := range points {
		d = max(d, math.Abs(p.x)+math.Abs(p.y))
	}
	r.grow += bend(d)
	return r
}
