package watch

import (
	"cmp"
	"math"
	"slices"
	"time"

	"atalaya/area"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/valid"
)

// shapes keeps the areas as detectors want them. Which are in force, and which
// of them rules watch, changes rarely: the last few answers are kept.
type shapes struct {
	edges  []int64 // times at which some version begins or ends, ordered
	made   map[shapeKey]*shape
	recent []*atlas
}

type shapeKey struct {
	id      area.ID
	version uint32
}

// atlas is all that is in force between two times.
type atlas struct {
	from, until int64 // nanoseconds since 1970
	borders     []*shape
	lawful      []*shape // posts and lanes
	zones       []*zone
}

// shape is one version of an area with what makes it quick to look at.
type shape struct {
	area.Area
	chunks []chunk // of a line
	box    box
}

// chunk is a stretch of a line with its bounds. Its positions begin and end
// one leg outside the stretch, so that corners are seen whole.
type chunk struct {
	line  geo.Line
	first int // leg of line where the stretch begins
	legs  int
	box   box
	start bool // the whole line begins, or ends, with this stretch
	end   bool
}

// box bounds positions: half its width and height round a centre, in degrees.
type box struct {
	centre      geo.Position
	dlat, dlon  float64
	cos         float64 // of the box's latitude that is nearest to a pole
	unreachable bool
}

const (
	chunkLegs = 16
	maxAtlas  = 4
)

func newShapes() shapes { return shapes{made: map[shapeKey]*shape{}} }

// changed notes that a version of some area, or of a rule about zones, came in.
func (s *shapes) changed(r valid.Record) {
	for _, t := range []time.Time{r.From, r.Until} {
		if !t.IsZero() {
			s.edges = append(s.edges, t.UnixNano())
		}
	}
	slices.Sort(s.edges)
	s.edges = slices.Compact(s.edges)
	s.recent = nil
}

// inForce gives what is in force at a time: inside its validity and its hours,
// and watched by the rules of that time.
func (s *shapes) inForce(t time.Time, areas *valid.History[area.Area], rules *rule.Book) *atlas {
	ns := t.UnixNano()
	for _, a := range s.recent {
		if ns >= a.from && ns < a.until {
			return a
		}
	}
	a := &atlas{from: math.MinInt64, until: math.MaxInt64}
	for _, e := range s.edges {
		if e <= ns {
			a.from = e
		} else {
			a.until = min(a.until, e)
		}
	}
	watched := watchers{rules.Of(rule.AreaEntry, t), rules.Of(rule.AreaExit, t)}
	for _, v := range areas.AllAt(t) {
		if from, until := v.Schedule.Span(t); !until.IsZero() {
			a.from, a.until = max(a.from, from.UnixNano()), min(a.until, until.UnixNano())
		}
		if !v.Schedule.Holds(t) {
			continue
		}
		sh := s.shape(v)
		switch {
		case v.Kind == area.Border && len(v.Line) > 1:
			a.borders = append(a.borders, sh)
		case v.Kind == area.LegalPost, v.Kind == area.FerryLane && len(v.Line) > 0:
			a.lawful = append(a.lawful, sh)
		}
		if z := watched.zone(sh); z != nil {
			a.zones = append(a.zones, z)
		}
	}
	if len(s.recent) == maxAtlas {
		s.recent = s.recent[:copy(s.recent, s.recent[1:])]
	}
	s.recent = append(s.recent, a)
	return a
}

func (s *shapes) shape(v area.Area) *shape {
	key := shapeKey{v.ID, v.Valid.Number}
	if sh := s.made[key]; sh != nil {
		return sh
	}
	sh := &shape{Area: v}
	switch {
	case len(v.Line) > 1:
		sh.chunks = cut(v.Line)
		sh.box = bounds(v.Line)
	case len(v.Polygon) > 0:
		sh.box = bounds(v.Polygon[0])
	default:
		sh.box = bounds([]geo.Position{v.Point})
	}
	s.made[key] = sh
	return sh
}

// cut parts a line into stretches.
func cut(l geo.Line) []chunk {
	closed := len(l) > 2 && l[0] == l[len(l)-1]
	var out []chunk
	for from := 0; from < len(l)-1; from += chunkLegs {
		to := min(from+chunkLegs, len(l)-1)
		c := chunk{legs: to - from, box: bounds(l[from : to+1])}
		switch {
		case from > 0:
			c.line, c.first = append(c.line, l[from-1]), 1
		case closed:
			c.line, c.first = append(c.line, l[len(l)-2]), 1
		default:
			c.start = true
		}
		c.line = append(c.line, l[from:to+1]...)
		switch {
		case to < len(l)-1:
			c.line = append(c.line, l[to+1])
		case closed:
			c.line = append(c.line, l[1])
		default:
			c.end = true
		}
		out = append(out, c)
	}
	return out
}

// bounds gives the box round legs between positions. Between its ends a leg
// bulges polewards, by less than d^2/800 degrees when they lie d degrees of
// longitude apart.
func bounds(ps []geo.Position) box {
	if len(ps) == 0 {
		return box{unreachable: true}
	}
	first := ps[0]
	south, north, west, east := first.Lat, first.Lat, 0.0, 0.0
	lon := 0.0 // unrolled, from the first position
	widest := 0.0
	for i := 1; i < len(ps); i++ {
		d := geo.WrapLongitude(ps[i].Lon - ps[i-1].Lon)
		lon += d
		widest = max(widest, math.Abs(d))
		south, north = min(south, ps[i].Lat), max(north, ps[i].Lat)
		west, east = min(west, lon), max(east, lon)
	}
	bulge := float64(widest * widest / 200)
	b := box{
		centre: geo.Position{Lat: float64((south + north) / 2), Lon: geo.WrapLongitude(first.Lon + float64((west+east)/2))},
		dlat:   float64((north-south)/2) + bulge + 1e-9,
		dlon:   float64((east-west)/2) + 1e-9,
	}
	b.cos = cosLat(math.Abs(b.centre.Lat) + b.dlat)
	return b
}

func cosLat(lat float64) float64 {
	_, cos := fmath.SincosDegrees(min(math.Abs(lat), 90))
	return cos
}

// Metres of a degree of latitude, at least and at most (WGS84).
const (
	leastDegree = 110.57e3
	mostDegree  = 111.70e3
)

// distance is a lower bound of the distance in metres to the box from p, whose
// latitude has the cosine cos.
func (b *box) distance(p geo.Position, cos float64) float64 {
	if b.unreachable {
		return math.Inf(1)
	}
	dy := max(0, math.Abs(p.Lat-b.centre.Lat)-b.dlat)
	dx := max(0, math.Abs(geo.WrapLongitude(p.Lon-b.centre.Lon))-b.dlon)
	north := float64(dy * leastDegree)
	if dx == 0 {
		return north
	}
	// A degree of longitude is shortest at the latitude nearest to a pole. Ways
	// over higher latitudes are shorter than along the parallel: by less than a
	// tenth up to thirty degrees.
	east := float64(float64(min(dx, 30)*min(cos, b.cos)) * (0.9 * leastDegree))
	return max(north, east)
}

// nearest gives the signed distance from p to the line (positive: left of it),
// the nearest position on it, and whether p lies beyond an end, where the line
// has no sides.
func (s *shape) nearest(p geo.Position) (metres float64, on geo.Position, beyond bool) {
	// The stretch whose box is nearest goes first; others only where their
	// boxes are nearer than what is found.
	first, least, cos := 0, math.Inf(1), cosLat(p.Lat)
	for i := range s.chunks {
		if d := s.chunks[i].box.distance(p, cos); d < least {
			first, least = i, d
		}
	}
	best := math.Inf(1)
	look := func(c *chunk) {
		at, d, leg := c.line.Nearest(p)
		if leg < c.first || leg >= c.first+c.legs || math.Abs(d) >= math.Abs(best) {
			return
		}
		metres, best, on = d, d, at
		beyond = (c.start && leg == 0 && c.off(at, c.line[0], p)) ||
			(c.end && leg == len(c.line)-2 && c.off(at, c.line[len(c.line)-1], p))
	}
	look(&s.chunks[first])
	for i := range s.chunks {
		if i != first && s.chunks[i].box.distance(p, cos) < math.Abs(best) {
			look(&s.chunks[i])
		}
	}
	if math.IsInf(best, 1) { // a corner between stretches: ask the whole line
		on, metres, _ = s.Line.Nearest(p)
	}
	return metres, on, beyond
}

// off reports whether the nearest position is the line's end, a metre apart at
// least from p.
func (c *chunk) off(on, end, p geo.Position) bool {
	return geo.Distance(on, end) < 0.01 && geo.Distance(p, end) > 1
}

// crosses gives the first place where the movement from a to b crosses the
// line.
func (s *shape) crosses(a, b geo.Position) (where geo.Position, ok bool) {
	where, _, ok = s.Line.Crosses(a, b)
	return where, ok
}

// free is a circle round a place in which no detector has anything to see.
type free struct {
	atlas  *atlas
	centre geo.Position
	metres float64 // 0: look at every event
	sigma  float64 // of the place; when it grows, the circle holds no more
}

// holds reports whether the track is still inside the circle.
func (f *free) holds(a *atlas, t *track.Track) bool {
	if f.atlas != a || f.metres <= 0 {
		return false
	}
	if worst(&t.State.Cov) > f.sigma {
		return false
	}
	return upper(f.centre, t.State.Position) < f.metres
}

// upper bounds the distance between two positions from above.
func upper(a, b geo.Position) float64 {
	return float64((math.Abs(a.Lat-b.Lat) + math.Abs(geo.WrapLongitude(a.Lon-b.Lon))) * mostDegree)
}

// worst bounds the standard deviation of a place in any direction.
func worst(c *[4][4]float64) float64 {
	return math.Sqrt(max(c[0][0], 0) + max(c[1][1], 0))
}

// survey is what is near a track.
type survey struct {
	free    free
	borders []*shape
	zones   []*zone
}

// margin is how far in metres from a shape detectors begin to look, besides
// what the track's and the shape's errors ask for.
const margin = 3000

// survey finds the shapes that the track is near, or came past since the last
// survey, and how far it may move until there is something to see.
func (a *atlas) survey(t *track.Track, last *free) survey {
	sigma := worst(&t.State.Cov)
	p := t.State.Position
	moved, cos := 0.0, cosLat(p.Lat)
	if last.atlas == a {
		moved = upper(last.centre, p)
	}
	out := survey{free: free{atlas: a, centre: p, metres: math.Inf(1), sigma: float64(2*sigma) + 10}}
	for _, s := range a.borders {
		least := math.Inf(1)
		for i := range s.chunks {
			least = min(least, s.chunks[i].box.distance(p, cos))
		}
		reach := float64(6*(sigma+s.Accuracy)) + margin
		if least <= max(reach, moved) {
			out.borders = append(out.borders, s)
		}
		out.free.metres = min(out.free.metres, least-reach)
	}
	for _, s := range a.zones {
		least := s.box.distance(p, cos) - s.Buffer
		reach := float64(6*(sigma+s.Accuracy)) + margin
		if least <= max(reach, moved) {
			out.zones = append(out.zones, s)
		}
		out.free.metres = min(out.free.metres, least-reach)
	}
	return out
}

func (b borderState) compare(id area.ID) int { return cmp.Compare(b.area, id) }
func (z zoneState) compare(id area.ID) int   { return cmp.Compare(z.area, id) }
