package proof

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The geometry is its own, and simple: looks are tens of kilometres wide, so a
// plane that touches the WGS 84 ellipsoid at the look is off by less than
// 1 part in 200 within 100 km. A class or a verdict counts as wrong only beyond
// that, so the last bit of a sine does not matter.
const planeError = 0.005

// WGS 84: semi-major axis in metres, first eccentricity squared.
const (
	semiMajor     = 6378137.0
	eccentricity2 = 0.00669437999014
)

// point is a position in degrees, or in metres on the plane.
type point struct{ x, y float64 } // longitude and latitude; east and north

// shape is a polygon of positions, the first again at the end, or the lines of
// a neighbour's border.
type shape struct {
	standoff float64 // metres that looks keep from it, beside their own growth
	ring     []point
	lines    [][]point // with the neighbour to the right
}

// parsePositions reads "lat,lon lat,lon ...".
func parsePositions(s string) ([]point, error) {
	words := strings.Split(s, " ")
	out := make([]point, 0, len(words))
	for _, w := range words {
		p, err := parsePosition(w)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func parsePosition(s string) (point, error) {
	lat, lon, _ := strings.Cut(s, ",")
	r := record{values: map[string]string{"lat": lat, "lon": lon}}
	y, ok := r.number("lat")
	x, has := r.number("lon")
	if !ok || !has || math.Abs(y) > 89 || math.Abs(x) > 180 {
		return point{}, errors.New("a position is lat,lon in degrees")
	}
	return point{x, y}, nil
}

// maxCorners bounds a polygon: each of a footprint's sides is held against each
// of a border's.
const maxCorners = 20_000

func parseRing(s string) ([]point, error) {
	if strings.Count(s, " ") > maxCorners {
		return nil, fmt.Errorf("a polygon has at most %d positions", maxCorners)
	}
	ring, err := parsePositions(s)
	if err != nil {
		return nil, err
	}
	if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
		return nil, errors.New("a polygon ends where it begins")
	}
	return ring, nil
}

// maxFootprint bounds a footprint: it has the corners of pictures, and those
// that the ground cuts.
const maxFootprint = 1000

// parseRings reads polygons, each a line.
func parseRings(s string) ([][]point, error) {
	if strings.Count(s, ",") > maxFootprint {
		return nil, fmt.Errorf("it has more than %d positions", maxFootprint)
	}
	var out [][]point
	for text := range strings.SplitSeq(s, "\n") {
		ring, err := parseRing(text)
		if err != nil {
			return nil, err
		}
		out = append(out, ring)
	}
	return out, nil
}

// parseLines reads lines, each a line of positions.
func parseLines(s string) ([][]point, error) {
	if strings.Count(s, ",") > maxCorners {
		return nil, fmt.Errorf("a border has at most %d positions", maxCorners)
	}
	var out [][]point
	for text := range strings.SplitSeq(s, "\n") {
		line, err := parsePositions(text)
		if err != nil {
			return nil, err
		}
		if len(line) < 2 {
			return nil, errors.New("a line has at least two positions")
		}
		out = append(out, line)
	}
	return out, nil
}

// plane is the plane that touches the ellipsoid at a position.
type plane struct {
	at          point
	north, east float64 // metres a degree
}

func planeAt(p point) plane {
	const degree = math.Pi / 180
	sin, cos := math.Sincos(p.y * degree) //nolint:forbidigo // see planeError
	w := 1 - eccentricity2*sin*sin
	return plane{
		at:    p,
		north: degree * semiMajor * (1 - eccentricity2) / (w * math.Sqrt(w)),
		east:  degree * semiMajor / math.Sqrt(w) * cos,
	}
}

func (p plane) of(ring []point) []point {
	out := make([]point, len(ring))
	for i, q := range ring {
		dx := q.x - p.at.x
		if dx > 180 {
			dx -= 360
		} else if dx < -180 {
			dx += 360
		}
		out[i] = point{dx * p.east, (q.y - p.at.y) * p.north}
	}
	return out
}

func (p plane) all(lines [][]point) [][]point {
	out := make([][]point, len(lines))
	for i, l := range lines {
		out[i] = p.of(l)
	}
	return out
}

// within says whether a point is inside a polygon, by the crossings of a ray.
func within(p point, ring []point) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(p.y-a.y)/(b.y-a.y)*(b.x-a.x) {
			in = !in
		}
	}
	return in
}

// gap is the least distance between the outlines of two polygons, 0 where they
// cross.
func gap(one, two []point) float64 {
	least := math.Inf(1)
	for i := 1; i < len(one); i++ {
		for j := 1; j < len(two); j++ {
			a, b, c, d := one[i-1], one[i], two[j-1], two[j]
			if cross(a, b, c, d) {
				return 0
			}
			least = min(least, toSegment(a, c, d), toSegment(b, c, d), toSegment(c, a, b), toSegment(d, a, b))
		}
	}
	return least
}

// cross says whether two segments cross, ends apart: those have a distance
// of 0 anyway.
func cross(a, b, c, d point) bool {
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

func side(a, b, p point) float64 {
	return (b.x-a.x)*(p.y-a.y) - (b.y-a.y)*(p.x-a.x)
}

func toSegment(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = max(0, min(1, ((p.x-a.x)*dx+(p.y-a.y)*dy)/l))
	}
	return math.Sqrt((p.x-a.x-t*dx)*(p.x-a.x-t*dx) + (p.y-a.y-t*dy)*(p.y-a.y-t*dy))
}

// overlaps says whether two polygons have a point in common.
func overlaps(one, two []point) bool {
	return gap(one, two) == 0 || within(one[0], two) || within(two[0], one)
}

// spills says whether one of some polygons is not inside another, so far from
// its outline.
func spills(polygons [][]point, area []point, metres float64) bool {
	return slices.ContainsFunc(polygons, func(p []point) bool { return !within(p[0], area) || gap(p, area) < metres })
}

// touches says whether one of some polygons is not outside another, so far from
// its outline.
func touches(polygons [][]point, zone []point, metres float64) bool {
	return slices.ContainsFunc(polygons, func(p []point) bool { return overlaps(p, zone) || gap(p, zone) < metres })
}

// beyond says whether one of some polygons touches or lies beyond a border, and
// else how far they are from it. Beyond the open end of a line nobody says whose
// land it is: there it is not called beyond.
func beyond(polygons, lines [][]point) (over bool, metres float64) {
	metres = math.Inf(1)
	for _, p := range polygons {
		for _, l := range lines {
			metres = min(metres, gap(p, l))
			if metres == 0 || within(l[0], p) {
				return true, 0
			}
		}
		if rightOf(p[0], lines) {
			return true, 0
		}
	}
	return false, metres
}

// rightOf says whether a point is to the right of the nearest of the lines. At a
// corner both its legs decide: what is nearest to it is on the outer side of
// the turn.
func rightOf(p point, lines [][]point) bool {
	least, right := math.Inf(1), false
	for _, l := range lines {
		last := len(l) - 1
		for i := 1; i <= last; i++ {
			a, b := l[i-1], l[i]
			d := toSegment(p, a, b)
			if d >= least {
				continue
			}
			least = d
			switch along := (p.x-a.x)*(b.x-a.x) + (p.y-a.y)*(b.y-a.y); {
			case along <= 0: // at a
				before, open := i-2, false
				if i == 1 {
					before, open = last-1, l[0] != l[last]
				}
				right = !open && outer(l[before], a, b, p)
			case along >= (b.x-a.x)*(b.x-a.x)+(b.y-a.y)*(b.y-a.y): // at b
				after, open := i+1, false
				if i == last {
					after, open = 1, l[0] != l[last]
				}
				right = !open && outer(a, b, l[min(after, last)], p)
			default:
				right = side(a, b, p) < 0
			}
		}
	}
	return right
}

// outer says whether the outer side of the turn from a over b to c is the right
// one; where it goes straight on, whether p is there.
func outer(a, b, c, p point) bool {
	turn := side(a, b, c)
	if turn == 0 {
		return side(a, b, p) < 0
	}
	return turn > 0
}
