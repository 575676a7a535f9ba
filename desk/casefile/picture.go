package casefile

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"atalaya/area"
	"atalaya/desk/casework"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/internal/basemap"
	"atalaya/obs"
)

// The map of a piece of evidence, as SVG: north is up, and one scale holds in
// all directions.

const (
	wide, high = 640.0, 400.0 // of a map, in units of the picture
	leastSpan  = 1500.0       // metres that a map shows at least from south to north
	beyond     = 24.0         // units beyond the edge that are drawn too
	mostTowns  = 6
	// of95 is the radius that holds 95 of 100 of a round normal error, in
	// standard deviations: the root of the chi-squared quantile 5.991 of two
	// degrees of freedom.
	of95 = 2.4477
)

// ground is what maps are drawn on.
type ground []basemap.Shape

func readGround() (ground, error) {
	g, err := basemap.Ground()
	if err != nil {
		return nil, fmt.Errorf("read the base map: %w", err)
	}
	return g, nil
}

// scene is what a map shows.
type scene struct {
	label  string // for who cannot see it
	points []casework.PastPoint
	mark   *geo.Position // where it happened
	cov    obs.Cov2      // of the mark
	area   *area.Area    // what was crossed or entered
	begin  string        // at the ends of the path
	end    string
	unit   func(metres float64) string
	north  string
}

// xy is a place on the picture.
type xy struct{ x, y float64 }

// view puts places on the picture.
type view struct {
	plane geo.Plane
	scale float64 // units a metre
	box   geo.Box // of what is drawn
}

func (v *view) at(p geo.Position) xy {
	east, north := v.plane.XY(p)
	return xy{wide/2 + float64(east*v.scale), high/2 - float64(north*v.scale)}
}

// frameOf chooses what a scene's map shows: all that belongs to it, with room
// around. False: it has no place.
func frameOf(s *scene) (view, bool) {
	var places []geo.Position
	for i := range s.points {
		places = append(places, s.points[i].Position)
	}
	if s.mark != nil {
		places = append(places, *s.mark)
	}
	if len(places) == 0 {
		return view{}, false
	}
	box := geo.BoxOf(places[0])
	for _, p := range places {
		box = box.Union(geo.BoxOf(p))
	}
	if s.mark != nil {
		longest, _, _ := axes(s.cov)
		box = box.Union(geo.BoxOf(*s.mark).Grow(longest))
	}
	middle := geo.Position{Lat: (box.South + box.North) / 2, Lon: geo.WrapLongitude(box.West + geo.WrapLongitude(box.East-box.West)/2)}
	v := view{plane: geo.NewPlane(middle)}
	east, north := v.plane.XY(geo.Position{Lat: box.North, Lon: box.East})
	span := max(leastSpan, 2.8*math.Abs(north), 2.8*math.Abs(east)*high/wide)
	v.scale = high / span
	v.box = geo.BoxOf(middle).Grow(span * wide / high)
	return v, true
}

// draw gives the map; empty where nothing has a place.
func (s *scene) draw(g ground) template.HTML {
	v, ok := frameOf(s)
	if !ok {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="map" viewBox="0 0 %g %g" role="img" aria-label="%s"><rect class="land" width="%g" height="%g"/>`,
		wide, high, template.HTMLEscapeString(s.label), wide, high)
	v.drawGround(&b, g)
	v.drawArea(&b, s.area)
	v.drawPath(&b, s)
	if s.mark != nil {
		at := v.at(*s.mark)
		long, short, turn := axes(s.cov)
		if long*v.scale > 1 {
			fmt.Fprintf(&b, `<ellipse class="error" rx="%s" ry="%s" transform="translate(%s %s) rotate(%s)"/>`,
				digits(long*v.scale), digits(max(0.5, short*v.scale)), digits(at.x), digits(at.y), digits(-turn))
		}
		fmt.Fprintf(&b, `<path class="mark" d="M%s %sl12 12m0 -12l-12 12"/>`, digits(at.x-6), digits(at.y-6))
	}
	v.drawScale(&b, s)
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts that are escaped
}

// axes gives the half axes of the ellipse that holds 95 of 100, in metres, and
// how far the long one is turned from east towards north, in degrees.
func axes(c obs.Cov2) (long, short, turn float64) {
	mean, half := (c.EE+c.NN)/2, (c.EE-c.NN)/2
	d := fmath.Hypot(half, c.EN)
	turn = fmath.Atan2Degrees(c.EN, half) / 2
	return of95 * math.Sqrt(max(0, mean+d)), of95 * math.Sqrt(max(0, mean-d)), turn
}

func (v *view) drawGround(b *strings.Builder, g ground) {
	towns := 0
	for i := range g {
		shape := &g[i]
		if !shape.Box.Intersects(v.box) {
			continue
		}
		switch shape.Kind {
		case basemap.Water:
			if d := v.polygon(shape.Rings); d != "" {
				fmt.Fprintf(b, `<path class="water" d="%s"/>`, d)
			}
		case basemap.River, basemap.Limit:
			if d := open(v.all(shape.Rings[0])); d != "" {
				fmt.Fprintf(b, `<path class="%s" d="%s"/>`, shape.Kind, d)
			}
		case basemap.Village: // the biggest come first
			at := v.at(shape.Rings[0][0])
			if towns == mostTowns || !inside(at, -12) {
				continue
			}
			towns++
			fmt.Fprintf(b, `<circle class="town" cx="%s" cy="%s" r="2.5"/><text class="town" x="%s" y="%s">%s</text>`,
				digits(at.x), digits(at.y), digits(at.x+5), digits(at.y+4), template.HTMLEscapeString(shape.Name))
		}
	}
}

// drawArea draws what was crossed or entered; around a line that is known
// roughly the band that holds 95 of 100.
func (v *view) drawArea(b *strings.Builder, a *area.Area) {
	if a == nil {
		return
	}
	switch {
	case len(a.Line) > 0:
		d := open(v.all(a.Line))
		if band := 2 * of95 * a.Accuracy * v.scale; band > 2 {
			fmt.Fprintf(b, `<path class="band" stroke-width="%s" d="%s"/>`, digits(band), d)
		}
		if lane := 2 * a.Buffer * v.scale; lane > 2 {
			fmt.Fprintf(b, `<path class="band" stroke-width="%s" d="%s"/>`, digits(lane), d)
		}
		fmt.Fprintf(b, `<path class="line" d="%s"/>`, d)
	case len(a.Polygon) > 0:
		fmt.Fprintf(b, `<path class="area" d="%s"/>`, v.polygon(a.Polygon))
	default:
		at := v.at(a.Point)
		fmt.Fprintf(b, `<circle class="area" cx="%s" cy="%s" r="%s"/>`, digits(at.x), digits(at.y), digits(max(3, a.Buffer*v.scale)))
	}
}

// drawPath draws where the track was, with its ends and the direction of time.
func (v *view) drawPath(b *strings.Builder, s *scene) {
	if len(s.points) == 0 {
		return
	}
	places := make([]geo.Position, len(s.points))
	for i := range s.points {
		places[i] = s.points[i].Position
	}
	all := thin(v.all(places))
	fmt.Fprintf(b, `<path class="path" d="%s"/>`, open(all))
	first, last := all[0], all[len(all)-1]
	fmt.Fprintf(b, `<circle class="begin" cx="%s" cy="%s" r="4"/><circle class="end" cx="%s" cy="%s" r="4"/>`,
		digits(first.x), digits(first.y), digits(last.x), digits(last.y))
	for _, t := range []struct {
		at   xy
		text string
		down float64
	}{{first, s.begin, -8}, {last, s.end, 16}} {
		anchor := "start"
		if t.at.x > wide-120 {
			anchor = "end"
		}
		fmt.Fprintf(b, `<text class="when" text-anchor="%s" x="%s" y="%s">%s</text>`, anchor, digits(t.at.x), digits(t.at.y+t.down), template.HTMLEscapeString(t.text))
	}
}

// drawScale draws the scale bar and the arrow to the north.
func (v *view) drawScale(b *strings.Builder, s *scene) {
	metres := round(wide / 4 / v.scale)
	end := 16 + metres*v.scale
	fmt.Fprintf(b, `<path class="scale" d="M16 %gv6h%sv-6"/><text class="when" x="%s" y="%g">%s</text>`,
		high-20, digits(metres*v.scale), digits(end+6), high-12, template.HTMLEscapeString(s.unit(metres)))
	fmt.Fprintf(b, `<path class="north" d="M%g 16l7 20l-7 -5l-7 5z"/><text class="when" text-anchor="middle" x="%g" y="50">%s</text>`,
		wide-24, wide-24, template.HTMLEscapeString(s.north))
}

// round gives the greatest of 1, 2, 5, 10 ... that is not more.
func round(m float64) float64 {
	step := 1.0
	for step*10 <= m {
		step *= 10
	}
	for _, k := range []float64{5, 2} {
		if step*k <= m {
			return step * k
		}
	}
	return step
}

func (v *view) all(in []geo.Position) []xy {
	out := make([]xy, len(in))
	for i, p := range in {
		out[i] = v.at(p)
	}
	return out
}

// polygon gives the rings of a shape, cut to the picture.
func (v *view) polygon(p geo.Polygon) string {
	var b strings.Builder
	for _, ring := range p {
		b.WriteString(closed(clip(v.all(ring))))
	}
	return b.String()
}

// thin leaves out points that nobody could tell from the one before.
func thin(in []xy) []xy {
	out := in[:0:0]
	for i, p := range in {
		if n := len(out); n == 0 || i == len(in)-1 || math.Abs(p.x-out[n-1].x)+math.Abs(p.y-out[n-1].y) > 0.8 {
			out = append(out, p)
		}
	}
	return out
}

// inside reports whether a place is on the picture, or so far beyond its edge.
func inside(p xy, beyond float64) bool {
	return p.x >= -beyond && p.x <= wide+beyond && p.y >= -beyond && p.y <= high+beyond
}

// open gives the parts of a line that may be seen.
func open(line []xy) string {
	var b strings.Builder
	down := false // the pen
	for i, p := range line {
		if i == 0 {
			continue
		}
		from := line[i-1]
		if max(from.x, p.x) < -beyond || min(from.x, p.x) > wide+beyond || max(from.y, p.y) < -beyond || min(from.y, p.y) > high+beyond {
			down = false
			continue
		}
		if !down {
			fmt.Fprintf(&b, "M%s %s", digits(from.x), digits(from.y))
			down = true
		}
		fmt.Fprintf(&b, "L%s %s", digits(p.x), digits(p.y))
	}
	return b.String()
}

// closed gives a ring.
func closed(ring []xy) string {
	if len(ring) < 3 {
		return ""
	}
	var b strings.Builder
	for i, p := range thin(ring) {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		b.WriteString(letter + digits(p.x) + " " + digits(p.y))
	}
	return b.String() + "Z"
}

// clip cuts a ring to the picture, edge by edge (Sutherland and Hodgman).
func clip(ring []xy) []xy {
	for _, within := range []func(xy) float64{ // negative: beyond the edge
		func(p xy) float64 { return p.x + beyond },
		func(p xy) float64 { return wide + beyond - p.x },
		func(p xy) float64 { return p.y + beyond },
		func(p xy) float64 { return high + beyond - p.y },
	} {
		var out []xy
		for i, p := range ring {
			from := ring[(i+len(ring)-1)%len(ring)]
			was, is := within(from), within(p)
			if (was < 0) != (is < 0) {
				t := was / (was - is)
				out = append(out, xy{from.x + float64(t*(p.x-from.x)), from.y + float64(t*(p.y-from.y))})
			}
			if is >= 0 {
				out = append(out, p)
			}
		}
		ring = out
	}
	return ring
}

// digits writes a measure of the picture to a tenth.
func digits(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
