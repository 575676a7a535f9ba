package area

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"atalaya/geo"
	"atalaya/valid"
)

// Bounds of what an area may be.
const (
	MaxPoints = 4999    // of one shape, all rings together
	MaxBuffer = 100_000 // m
	maxText   = 200     // bytes of a name, an owner, a source
	leastArea = 1.0     // m2 of a zone
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Border, BorderStrip, LegalPost, FerryLane, FishingZone, Anchorage, NoLook, Corridor, Watched}
}

// Shape is what an area of a kind is drawn as.
type Shape string

// The shapes.
const (
	ALine    Shape = "line"
	APolygon Shape = "polygon"
	APoint   Shape = "point"
)

// Shape gives what areas of the kind are drawn as.
func (k Kind) Shape() Shape {
	switch k {
	case Border, FerryLane:
		return ALine
	case LegalPost:
		return APoint
	default:
		return APolygon
	}
}

// ShapeError says which point of a shape is wrong, and why.
type ShapeError struct {
	Ring  int // of a polygon, from 1; 0: it is no polygon
	Point int // from 1; 0: the shape as a whole
	Why   string
}

func (e *ShapeError) Error() string {
	switch {
	case e.Point == 0:
		return e.Why
	case e.Ring > 1:
		return fmt.Sprintf("point %d of hole %d %s", e.Point, e.Ring-1, e.Why)
	default:
		return fmt.Sprintf("point %d %s", e.Point, e.Why)
	}
}

// Check says what is wrong with an area.
func (a Area) Check() error {
	if err := a.check(); err != nil {
		return fmt.Errorf("area %q: %w", a.ID, err)
	}
	return nil
}

func (a Area) check() error {
	if err := valid.CheckKey(string(a.ID)); err != nil {
		return err
	}
	switch {
	case !slices.Contains(Kinds(), a.Kind):
		return fmt.Errorf("kind %q is unknown: choose one of %v", a.Kind, Kinds())
	case max(len(a.Name), len(a.Owner), len(a.Source)) > maxText:
		return fmt.Errorf("name, owner and source have at most %d bytes", maxText)
	case !(a.Buffer >= 0 && a.Buffer <= MaxBuffer):
		return fmt.Errorf("a buffer of %g m: use 0 to %d", a.Buffer, MaxBuffer)
	case !(a.Accuracy >= 0 && a.Accuracy <= MaxBuffer):
		return fmt.Errorf("an accuracy of %g m: use 0 to %d", a.Accuracy, MaxBuffer)
	case !a.Dated.IsZero() && (a.Dated.Year() < 1000 || a.Dated.Year() > 2200):
		return fmt.Errorf("a source of the year %d: use 1000 to 2200", a.Dated.Year())
	case a.Kind != Border && (a.Left != "" || a.Right != ""):
		return errors.New("only a border has states left and right of it")
	case !state(a.Left) || !state(a.Right):
		return fmt.Errorf("states %q and %q: use codes of three capital letters (ISO 3166-1), such as BOL", a.Left, a.Right)
	}
	return errors.Join(a.Schedule.Check(), a.checkShape())
}

// state reports whether s is an ISO 3166-1 alpha-3 code, or nothing.
func state(s string) bool {
	const letters = 3
	return s == "" || len(s) == letters && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < 'A' || c > 'Z' })
}

// checkShape says what is wrong with the shape, and at which point.
func (a Area) checkShape() error {
	want := a.Kind.Shape()
	switch {
	case want != ALine && len(a.Line) > 0, want != APolygon && len(a.Polygon) > 0, want != APoint && a.Point != geo.Position{}:
		return &ShapeError{Why: fmt.Sprintf("an area of kind %s is a %s and nothing else", a.Kind, want)}
	case want == APoint:
		return onEarth(0, a.Point)
	case want == ALine:
		if len(a.Line) < 2 {
			return &ShapeError{Why: fmt.Sprintf("a line needs at least 2 points, and this one has %d", len(a.Line))}
		}
		if err := fits(len(a.Line)); err != nil {
			return err
		}
		return checkChain(0, a.Line, false)
	}
	points := 0
	for _, r := range a.Polygon {
		points += len(r)
	}
	if err := fits(points); err != nil {
		return err
	}
	if len(a.Polygon) == 0 {
		return &ShapeError{Why: "a zone needs a ring of at least 3 points"}
	}
	for i, r := range a.Polygon {
		if err := checkRing(i+1, r); err != nil {
			return err
		}
		if err := a.inside(i+1, r); err != nil {
			return err
		}
	}
	return nil
}

// fits bounds the points of a shape.
func fits(points int) error {
	if points > MaxPoints {
		return &ShapeError{Why: fmt.Sprintf("the shape has %d points: simplify it to at most %d", points, MaxPoints)}
	}
	return nil
}

func checkRing(ring int, r geo.Ring) error {
	if len(r) < 3 {
		return &ShapeError{Ring: ring, Why: fmt.Sprintf("ring %d has %d points: it needs at least 3", ring, len(r))}
	}
	if err := checkChain(ring, r, true); err != nil {
		return err
	}
	if m2 := r.Area(); !(m2 >= leastArea) {
		return &ShapeError{Ring: ring, Why: fmt.Sprintf("ring %d encloses %.2f m2: its points lie on one line", ring, m2)}
	}
	return nil
}

// inside checks that a hole lies inside the outer ring, and that no two rings
// cross.
func (a Area) inside(ring int, r geo.Ring) error {
	if ring == 1 {
		return nil
	}
	for i, other := range a.Polygon[:ring-1] {
		closed := append(geo.Line(slices.Clone(other)), other[0])
		for k := range r {
			if where, _, ok := closed.Crosses(r[k], r[(k+1)%len(r)]); ok {
				return &ShapeError{Ring: ring, Point: k + 1, Why: fmt.Sprintf("begins a leg that crosses ring %d at %v", i+1, where)}
			}
		}
	}
	if !(geo.Polygon{a.Polygon[0]}).Contains(r[0]) {
		return &ShapeError{Ring: ring, Point: 1, Why: "lies outside the outer ring"}
	}
	return nil
}

func onEarth(ring int, ps ...geo.Position) error {
	for i, p := range ps {
		if !p.Valid() {
			return &ShapeError{Ring: ring, Point: i + 1, Why: fmt.Sprintf("(%v) is not on earth: longitude is -180 to 180, latitude -90 to 90", p)}
		}
	}
	return nil
}

// leg is one leg of a chain with its bounds, in degrees. Longitudes are unrolled
// from the first point of the chain.
type leg struct {
	number                   int // of the point where it begins, from 0
	from, to                 geo.Position
	x, dx                    float64 // longitude where it begins, and to its end
	bulge                    float64 // polewards, between its ends
	south, north, west, east float64
}

// apart reports whether both ends of b lie surely on one side of the line
// through a, so that the two cannot cross.
func (a *leg) apart(b *leg) bool {
	dy := a.to.Lat - a.from.Lat
	side := func(x, lat float64) float64 { return float64(a.dx*(lat-a.from.Lat)) - float64(dy*(x-a.x)) }
	near := float64((a.bulge + b.bulge) * (math.Abs(a.dx) + math.Abs(dy)))
	s, e := side(b.x, b.from.Lat), side(b.x+b.dx, b.to.Lat)
	return s > near && e > near || s < -near && e < -near
}

// checkChain refuses a chain that is not on earth, comes twice to a place, or
// crosses itself.
func checkChain(ring int, ps []geo.Position, closed bool) error {
	if err := onEarth(ring, ps...); err != nil {
		return err
	}
	seen := make(map[geo.Position]int, len(ps))
	for i, p := range ps {
		last := i == len(ps)-1
		if at, twice := seen[p]; twice && (closed || !last || at != 0 || i == 1) {
			return &ShapeError{Ring: ring, Point: i + 1, Why: fmt.Sprintf("is at the same place as point %d", at+1)}
		} else if !twice {
			seen[p] = i
		}
	}
	return crossing(ring, legs(ps, closed), closed || ps[0] == ps[len(ps)-1])
}

// legs gives the legs of a chain, from south to north.
func legs(ps []geo.Position, closed bool) []leg {
	n := len(ps)
	if !closed {
		n--
	}
	out := make([]leg, n)
	lon := ps[0].Lon
	for i := range out {
		from, to := ps[i], ps[(i+1)%len(ps)]
		d := geo.WrapLongitude(to.Lon - from.Lon)
		// Between its ends a leg bulges polewards, by less than d2/200 degrees.
		bulge := float64(d*d)/200 + 1e-9
		out[i] = leg{
			number: i, from: from, to: to, x: lon, dx: d, bulge: bulge,
			south: min(from.Lat, to.Lat) - bulge, north: max(from.Lat, to.Lat) + bulge,
			west: min(lon, lon+d) - 1e-9, east: max(lon, lon+d) + 1e-9,
		}
		lon += d
	}
	slices.SortFunc(out, func(a, b leg) int {
		if a.south < b.south {
			return -1
		}
		if a.south > b.south {
			return 1
		}
		return a.number - b.number
	})
	return out
}

// maxTests bounds the pairs of legs that are looked at closely: a shape that
// needs more is a scribble.
const maxTests = 50_000

// crossing looks for two legs that cross. Those that follow each other share a
// point and are no crossing.
func crossing(ring int, all []leg, closed bool) error {
	tests, best := 0, (*ShapeError)(nil)
	for i := range all {
		a := &all[i]
		for k := i + 1; k < len(all) && all[k].south <= a.north; k++ {
			b := &all[k]
			first, second := min(a.number, b.number), max(a.number, b.number)
			next := second-first == 1 || closed && first == 0 && second == len(all)-1
			if next || b.west > a.east || a.west > b.east || a.apart(b) || b.apart(a) {
				continue
			}
			if tests++; tests > maxTests {
				return &ShapeError{Ring: ring, Why: "the shape is too intricate to be checked: simplify it"}
			}
			where, _, ok := geo.Line{b.from, b.to}.Crosses(a.from, a.to)
			if ok && (best == nil || first+1 < best.Point) {
				best = &ShapeError{Ring: ring, Point: first + 1, Why: fmt.Sprintf(
					"begins a leg that crosses the one from point %d, at %v: the shape must not cross itself", second+1, where)}
			}
		}
	}
	if best != nil {
		return best
	}
	return nil
}
