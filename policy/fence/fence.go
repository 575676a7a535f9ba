// Package fence is the sovereignty fence: where sensors may not fly or point.
//
//  1. Bounds say what holds: a declared area to stay inside, no-look zones to
//     stay outside, borders to stay away from.
//  2. A command or a report gives regions: the flight (the way from the pose
//     on, and the way home that the vehicle takes when its link is lost) and
//     the look (the hulls of the camera's outlines, each with the next).
//  3. Each region has a growth, the plain sum of what may be off (growth.go).
//  4. For each region and bound: left = clearance - growth - what the bound
//     asks for. Less than 0 for one of them is a refusal. The least is binding.
//  5. What is missing, stale, open or no number is a refusal too, with its
//     reason: nothing passes because it is not known.
//
// Two judges that share no geometry: commands are judged before they leave by
// geodesics of package geo (geodesic.go), what was reported afterwards by
// straight chords through the earth (chord.go).
//
// Inputs are rounded to what their text form holds before they are judged
// (text.go): a verdict can be made again from the text, bit for bit, on every
// processor. docs/fence.md is for those who write a judge of their own.
package fence

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"atalaya/area"
	"atalaya/geo"
)

// Bounds are what holds. All metres are 1 sigma where they are an accuracy.
type Bounds struct {
	Area    Zone   // to stay inside
	NoLook  []Zone // to stay outside
	Borders []Border
	// Standoff is the least distance from foreign territory, metres.
	Standoff float64
	// Sigma is how many standard deviations of all that is uncertain count.
	Sigma float64
	// MaxAge is how old a pose may be, seconds, its clock's error included.
	MaxAge float64
	// MaxClock is how far clocks may be apart, seconds.
	MaxClock float64
}

// Zone is a polygon with the accuracy of its outline.
type Zone struct {
	ID       string
	Version  uint32
	Accuracy float64 // metres, 1 sigma
	Polygon  geo.Polygon
}

// Border is a neighbour's border: every stretch that names it, joined where
// they meet, with the neighbour to the right (Borders makes it of areas).
type Border struct {
	State   string // "PER"
	Version string // of the stretches: "border-bol-per-1@3"
	// Accuracy in metres, 1 sigma: that of the worst stretch.
	Accuracy float64
	// Demonstration: no real vehicle is judged by it.
	Demonstration bool
	Lines         []geo.Line
}

// Limits of what can be meant.
const (
	most      = 1e5     // metres, seconds: of any number given
	farthest  = 1e5     // metres: clearances beyond are not told apart
	widest    = 2e6     // metres from a zone's first position to any other
	broadest  = 2e5     // metres from a region's first position to any other
	mostZones = 1000    // no-look zones
	longest   = 5e5     // metres: of a leg of a border
	mostLine  = 100_000 // positions of a border's line
	mostPath  = 1000    // positions of a way, outlines of a look, positions of one

	// slack covers what computing and rounding may be off: 1.4 mm of a leg in
	// geo, 8 mm of each rounded position, 20 mm of a chord below the ground.
	slack = 0.1 // metres
)

// Fence judges by one set of bounds. It is safe for use by several goroutines.
type Fence struct {
	bounds Bounds
	hash   string // of the bounds' text
	limits []limit
}

// limit is one bound as both judges see it.
type limit struct {
	kind     Kind
	name     string
	needed   float64 // metres beside a region's growth
	geodesic geodesicLimit
	chord    chordLimit
	// How far the area's first position is on the allowed side, by each; 0 where
	// that is not known. All within that distance of it is on its side.
	geodesicFree, chordFree float64
}

// New prepares bounds. It refuses those that nothing could be judged by.
func New(b Bounds) (*Fence, error) {
	b = b.rounded()
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("fence: %w", err)
	}
	f := &Fence{bounds: b, hash: hash(b.Text())}
	anchor := b.Area.Polygon[0][0]
	add := func(kind Kind, name string, accuracy, standoff float64, rings geo.Polygon, lines []geo.Line) {
		l := limit{
			kind: kind, name: name,
			needed:   standoff + float64(b.Sigma*accuracy),
			geodesic: newGeodesicLimit(kind, rings, lines),
			chord:    newChordLimit(kind, rings, lines),
		}
		if d, known := l.geodesic.signed(anchor); known {
			l.geodesicFree = d
		}
		if d, known := l.chord.signed(geo.ECEF(anchor, 0)); known {
			l.chordFree = d
		}
		f.limits = append(f.limits, l)
	}
	add(InArea, b.Area.name(), b.Area.Accuracy, 0, b.Area.Polygon, nil)
	for _, z := range b.NoLook {
		add(OutOfZone, z.name(), z.Accuracy, 0, z.Polygon, nil)
	}
	for _, n := range b.Borders {
		add(OffBorder, n.State, n.Accuracy, b.Standoff, nil, n.Lines)
	}
	return f, nil
}

// Bounds gives what the fence judges by, rounded and in order. It must not be
// changed.
func (f *Fence) Bounds() Bounds { return f.bounds }

// Hash is the SHA-256 of the bounds' text, in hexadecimal digits.
func (f *Fence) Hash() string { return f.hash }

func (z Zone) name() string { return fmt.Sprintf("%s@%d", z.ID, z.Version) }

// ZoneOf makes a zone of an area that is a polygon.
func ZoneOf(a area.Area) (Zone, error) {
	if err := a.Check(); err != nil {
		return Zone{}, err
	}
	if a.Kind.Shape() != area.APolygon {
		return Zone{}, fmt.Errorf("area %q is a %s: a fence needs a polygon", a.ID, a.Kind.Shape())
	}
	return Zone{ID: string(a.ID), Version: a.Valid.Number, Accuracy: a.Accuracy, Polygon: a.Polygon}, nil
}

func (b Bounds) check() error {
	switch {
	case !(b.Standoff >= 0 && b.Standoff <= most):
		return fmt.Errorf("a stand-off of %g m: use 0 to %g", b.Standoff, most)
	case !(b.Sigma >= 1 && b.Sigma <= 10):
		return fmt.Errorf("%g standard deviations: use 1 to 10", b.Sigma)
	case !(b.MaxAge > 0 && b.MaxAge <= 60):
		return fmt.Errorf("poses of up to %g s: use more than 0 and at most 60", b.MaxAge)
	case !(b.MaxClock >= 0 && b.MaxClock <= b.MaxAge):
		return fmt.Errorf("clocks off by %g s: use 0 to the age of a pose", b.MaxClock)
	case len(b.NoLook) > mostZones:
		return fmt.Errorf("%d no-look zones: use at most %d", len(b.NoLook), mostZones)
	case len(b.Borders) == 0:
		return errors.New("no border: without one nothing keeps off foreign territory")
	}
	if err := b.Area.check(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, z := range b.NoLook {
		if err := z.check(); err != nil {
			return err
		}
		if seen[z.ID] {
			return fmt.Errorf("no-look zone %q comes twice", z.ID)
		}
		seen[z.ID] = true
	}
	clear(seen)
	for _, n := range b.Borders {
		if err := n.check(); err != nil {
			return fmt.Errorf("border of %q: %w", n.State, err)
		}
		if seen[n.State] {
			return fmt.Errorf("the border of %s comes twice", n.State)
		}
		seen[n.State] = true
	}
	return nil
}

// check leaves the shape to package area: rings that cross themselves or each
// other, holes outside, positions that are not on earth.
func (z Zone) check() error {
	if !(z.Accuracy >= 0 && z.Accuracy <= most) {
		return fmt.Errorf("area %q: an accuracy of %g m: use 0 to %g", z.ID, z.Accuracy, most)
	}
	if err := (area.Area{ID: area.ID(z.ID), Kind: area.Watched, Polygon: z.Polygon}).Check(); err != nil {
		return err
	}
	for _, r := range z.Polygon {
		for _, p := range r {
			if !(geo.Distance(z.Polygon[0][0], p) <= widest) {
				return fmt.Errorf("area %q: wider than %g km", z.ID, widest/1000)
			}
		}
	}
	return nil
}

func (n Border) check() error {
	switch {
	case len(n.State) != 3 || !plain(n.State):
		return errors.New("a state is a code of three capital letters (ISO 3166-1)")
	case !plain(n.Version) || len(n.Version) > 2000:
		return fmt.Errorf("version %q: use letters, digits and '-_.@+'", n.Version)
	case !(n.Accuracy > 0 && n.Accuracy <= most):
		return fmt.Errorf("an accuracy of %g m: a line whose accuracy nobody states keeps nothing off", n.Accuracy)
	case len(n.Lines) == 0:
		return errors.New("it has no line")
	}
	// Lines may cross themselves, as coarse data does. In such a loop sides are
	// the wrong way round, but nothing in it is farther from the line than the
	// loop is wide.
	for i, l := range n.Lines {
		switch {
		case len(l) < 2 || len(l) > mostLine:
			return fmt.Errorf("line %d has %d positions: it needs at least 2, and at most %d", i+1, len(l), mostLine)
		case !onEarth(l):
			return fmt.Errorf("line %d is not on earth", i+1)
		}
		for k := 1; k < len(l); k++ {
			if !(geo.Distance(l[k-1], l[k]) <= longest) {
				return fmt.Errorf("line %d has a leg of more than %g km: what runs so straight was not measured", i+1, longest/1000)
			}
		}
	}
	return nil
}

// plain reports whether s can stand in a text form as one word.
func plain(s string) bool {
	const good = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.@+"
	return s != "" && strings.Trim(s, good) == ""
}

// rounded gives the bounds as their text has them: numbers rounded, rings and
// lists in one order.
func (b Bounds) rounded() Bounds {
	out := Bounds{
		Area: b.Area.rounded(), Standoff: milli(b.Standoff), Sigma: milli(b.Sigma),
		MaxAge: milli(b.MaxAge), MaxClock: milli(b.MaxClock),
	}
	for _, z := range b.NoLook {
		out.NoLook = append(out.NoLook, z.rounded())
	}
	slices.SortStableFunc(out.NoLook, func(a, b Zone) int { return strings.Compare(a.ID, b.ID) })
	for _, n := range b.Borders {
		r := n
		r.Accuracy = milli(n.Accuracy)
		r.Lines = nil
		for _, l := range n.Lines {
			r.Lines = append(r.Lines, geo.Line(roundedPositions(l)))
		}
		slices.SortStableFunc(r.Lines, func(a, b geo.Line) int { return slices.CompareFunc(a, b, order) })
		out.Borders = append(out.Borders, r)
	}
	slices.SortStableFunc(out.Borders, func(a, b Border) int { return strings.Compare(a.State, b.State) })
	return out
}

func (z Zone) rounded() Zone {
	out := z
	out.Accuracy = milli(z.Accuracy)
	out.Polygon = nil
	for _, r := range z.Polygon {
		out.Polygon = append(out.Polygon, sameRing(roundedPositions(r)))
	}
	if len(out.Polygon) > 1 {
		slices.SortStableFunc(out.Polygon[1:], func(a, b geo.Ring) int { return slices.CompareFunc(a, b, order) })
	}
	return out
}

// seconds between two times; a pair that cannot be meant gives infinity.
func seconds(from, to time.Time) float64 {
	d := to.Sub(from)
	if from.IsZero() || to.IsZero() || d == math.MaxInt64 || d == math.MinInt64 {
		return math.Inf(1)
	}
	return float64(d.Nanoseconds()) / 1e9
}
