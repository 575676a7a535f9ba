package sight

import (
	"errors"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/terrain"
)

// One line of sight:
//
//  1. The way is the geodesic. Heights are flat over it, and the earth's bulge
//     (1-k) x (D-x) / 2R is added to the ground, so that the line is straight;
//     R is the Gaussian radius halfway. Euler's radius in the line's direction
//     differs from it by at most 0.34 %, a twentieth of what k leaves open.
//  2. Between the lines through the posts bilinear ground is a parabola, and
//     so is the clearance; both the least clearance and the horizon are taken
//     at its vertex, so nothing depends on where samples lie.
//  3. The ends do not stand in their own way. Ground without elevation does
//     not either, and is told.
//
// A viewshed goes straight on the lattice instead of along the geodesic, and
// takes ground at the lines through the posts only: its answer for one cell
// may differ by what the ground does between them. Explain is about that one.

// Line asks whether one place sees another.
type Line struct {
	From       Observer   `json:"from"`
	To         Observer   `json:"to"`
	Refraction Refraction `json:"refraction"`
	// Frequency of a radio link in GHz; 0 for light, which needs no more than
	// a free line.
	Frequency float64 `json:"frequency_ghz"`
}

// End is an end of a line, with its heights.
type End struct {
	At     geo.Position `json:"at"`
	Ground *float64     `json:"ground_m"` // above sea; nil where there is no elevation
	Height float64      `json:"height_m"` // of the end itself, above sea
}

// Profile is what is known of a line.
type Profile struct {
	Line      Line          `json:"line"`
	Elevation terrain.About `json:"elevation"`
	// Resolution is the spacing of the elevation's posts halfway, metres.
	Resolution float64 `json:"resolution_m"`
	From       End     `json:"from"`
	To         End     `json:"to"`
	Distance   float64 `json:"distance_m"`  // along the ellipsoid
	Bearing    float64 `json:"bearing_deg"` // where it starts; 0 for a distance of 0

	Judged // with the coefficient of refraction that is asked for

	// Band is the same with the lowest and the highest coefficient.
	Band [2]Judged `json:"band"`
	// Verdict takes the band and the elevation's error together.
	Verdict Verdict `json:"verdict"`
	// Void is how many metres of the line have no elevation below them: it is
	// visible as far as is known.
	Void float64 `json:"void_m"`
	// Samples are the ground where the line crosses the lines through the
	// posts, and halfway between.
	Samples []Sample `json:"samples"`
}

// Judged is a line with one coefficient of refraction.
type Judged struct {
	K       float64 `json:"k"`
	Visible bool    `json:"visible"`
	// Margin is how much lower the far end could be and still show; negative,
	// how much higher it must be. Where its own ground shows it is the height
	// above that.
	Margin float64 `json:"margin_m"`
	// MarginSD is the standard deviation of the margin from the elevation's
	// stated error; nil where nobody stated one. Errors of the ground at the
	// ends and between count as independent if they are a post or more apart,
	// and as the same if not. An end whose height is given above sea does not
	// feel its ground's error, and feels that of the datum instead.
	MarginSD *float64 `json:"margin_sd_m"`
	// Probability that the line is free, were errors normal: of the place
	// between that endangers it most, which need not be the horizon.
	Probability *float64 `json:"probability"`
	// LeastHeight is how high above its ground the far end must be to show: 0
	// where the ground itself does; nil where its ground is not known.
	LeastHeight *float64 `json:"least_height_m"`
	// Obstacle is where the clearance is least; ground nearer than a post to
	// an end counts only where it stands in the way. Horizon is what the far
	// end must rise over to show, seen from the near end; nil where its own
	// ground shows.
	Obstacle *Spot `json:"obstacle"`
	Horizon  *Spot `json:"horizon"`
	// Fresnel is where least of the first Fresnel zone is free, and Free
	// whether that is 0.6 or more, so that the ground costs next to nothing
	// (ITU-R P.530, section 2.2.2; P.526, section 2.1). Nil for light.
	Fresnel *Spot `json:"fresnel"`
	Free    *bool `json:"fresnel_free"`
}

// Spot is a place under the line.
type Spot struct {
	At        geo.Position `json:"at"`
	Distance  float64      `json:"distance_m"` // from the near end
	Ground    float64      `json:"ground_m"`   // above sea
	Clearance float64      `json:"clearance_m"`
	// Fresnel is the clearance as a fraction of the first Fresnel zone's
	// radius; nil for light.
	Fresnel *float64 `json:"fresnel_fraction,omitempty"`
}

// Sample is a place of the profile as one draws it: the line straight, the
// bulge of the earth added to the ground.
type Sample struct {
	Distance  float64  `json:"distance_m"`
	Ground    *float64 `json:"ground_m"` // above sea; nil where there is no elevation
	Bulge     float64  `json:"bulge_m"`
	Line      float64  `json:"line_m"`
	Clearance *float64 `json:"clearance_m"` // line - ground - bulge
	// Fresnel is nil for light, at the ends and where there is no elevation.
	Fresnel *float64 `json:"fresnel_fraction,omitempty"`
}

// Verdict is what one may say of a line.
type Verdict string

// Verdicts. Visible and Hidden hold over the whole range of k with a
// probability of 0.977, two standard deviations. Unsure is all else: also
// where nobody stated the elevation's error, and a line over voids that seems
// free.
const (
	Visible Verdict = "visible"
	Hidden  Verdict = "hidden"
	Unsure  Verdict = "unsure"
)

// ErrUnderGround says that an end of a line lies under the ground.
var ErrUnderGround = errors.New("under the ground") //nolint:gochecknoglobals // sentinel

// LineOfSight judges one line over elevation.
func LineOfSight(src terrain.Source, q Line) (*Profile, error) {
	if err := q.Refraction.check(); err != nil {
		return nil, err
	}
	if q.Frequency != 0 && !(q.Frequency >= 1e-3 && q.Frequency <= 1000) {
		return nil, fmt.Errorf("a frequency of %g GHz: it must lie between 0.001 and 1,000, or be 0 for light", q.Frequency)
	}
	about, l := src.About(), src.Lattice()
	for _, p := range []geo.Position{q.From.At, q.To.At} {
		if !p.Valid() {
			return nil, fmt.Errorf("%v is not a position", p)
		}
		if !l.Contains(p) {
			return nil, fmt.Errorf("%v: %w: it lies outside %s", p, ErrNoGround, about)
		}
	}
	out := &Profile{Line: q, Elevation: about}
	out.Distance, out.Bearing, _ = geo.Inverse(q.From.At, q.To.At)
	middle, _ := geo.Direct(q.From.At, out.Bearing, out.Distance/2)
	east, north := l.Spacing(middle)
	out.Resolution = (east + north) / 2
	if !(out.Distance <= farthest) {
		return nil, fmt.Errorf("a line of %.0f m: at most %.0f km", out.Distance, farthest/1e3)
	}
	var way []place
	if out.Distance > 0 {
		var err error
		if way, err = trace(src, q.From.At, q.To.At, out.Distance, out.Bearing, out.Resolution); err != nil {
			return nil, err
		}
	} else {
		out.Bearing = 0
		col, row := l.Cell(q.From.At)
		way = []place{{col: col, row: row}}
		if err := grounds(src, way); err != nil {
			return nil, err
		}
	}
	var err error
	if out.From, err = end(q.From, way[0].ground, about); err != nil {
		return nil, fmt.Errorf("the near end, %v: %w", q.From.At, err)
	}
	if out.To, err = end(q.To, way[len(way)-1].ground, about); err != nil {
		return nil, fmt.Errorf("the far end, %v: %w", q.To.At, err)
	}
	radius := geo.GaussianRadius((q.From.At.Lat + q.To.At.Lat) / 2)
	judge := func(k float64) ray { return newRay(out, k, radius) }
	nominal := judge(q.Refraction.K)
	out.Judged = nominal.judged(way, l)
	for i, k := range []float64{q.Refraction.Low, q.Refraction.High} {
		r := judge(k)
		out.Band[i] = r.judged(way, l)
	}
	for i := 0; i+2 < len(way); i += 2 {
		if a, m, b := way[i], way[i+1], way[i+2]; math.IsNaN(a.ground + m.ground + b.ground) {
			out.Void += b.d - a.d
		}
	}
	out.Samples = nominal.samples(way)
	out.Verdict = out.verdict()
	return out, nil
}

// end stands an end of a line on its ground.
func end(o Observer, ground float64, about terrain.About) (End, error) {
	height, err := o.over(ground, about)
	if err != nil {
		return End{}, err
	}
	if height < ground {
		return End{}, fmt.Errorf("%.1f m %w of %s", ground-height, ErrUnderGround, about)
	}
	return End{At: o.At, Ground: known(ground), Height: height}, nil
}

// known is nil for NaN.
func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// verdict takes the whole range of refraction and the elevation's error.
func (p *Profile) verdict() Verdict {
	const sure = 0.97725 // two standard deviations
	seen, hidden := p.Void == 0, true
	for _, j := range []*Judged{&p.Judged, &p.Band[0], &p.Band[1]} {
		if j.Probability == nil {
			return Unsure
		}
		seen = seen && *j.Probability >= sure
		hidden = hidden && *j.Probability <= 1-sure
	}
	switch {
	case seen:
		return Visible
	case hidden:
		return Hidden
	}
	return Unsure
}

// ray is a line with one coefficient of refraction, ready to be held against
// the ground.
type ray struct {
	k        float64
	drop     float64 // (1-k)/2R
	distance float64
	from, to End
	wave     float64 // wavelength / distance; 0 for light
	post     float64 // spacing of posts, metres
	// Standard deviations of the elevation and of its datum, and whether the
	// ends' heights are counted from that.
	sd, datumSD    float64
	fromSea, toSea bool
}

func newRay(p *Profile, k, radius float64) ray {
	r := ray{
		k: k, drop: (1 - k) / (2 * radius), distance: p.Distance, from: p.From, to: p.To, post: p.Resolution,
		sd: p.Elevation.SD, datumSD: p.Elevation.DatumSD,
		fromSea: p.Line.From.Height.Datum != geo.DatumGround,
		toSea:   p.Line.To.Height.Datum != geo.DatumGround,
	}
	if p.Line.Frequency > 0 && p.Distance > 0 {
		const light = 0.299792458 // metres GHz
		r.wave = light / p.Line.Frequency / p.Distance
	}
	return r
}

// bulge is how far the earth rises over the chord between both ends' feet.
func (r *ray) bulge(x float64) float64 { return float64(r.drop * float64(x*(r.distance-x))) }

// line is the height of the line as one draws it, straight.
func (r *ray) line(x float64) float64 {
	return r.from.Height + float64((r.to.Height-r.from.Height)*(x/r.distance))
}

// clearance is how far the line passes over ground.
func (r *ray) clearance(x, ground float64) float64 {
	return r.line(x) - ground - r.bulge(x)
}

// grazing is the height of the far end whose line touches ground.
func (r *ray) grazing(x, ground float64) float64 {
	return r.from.Height + float64((ground+r.bulge(x)-r.from.Height)*(r.distance/x))
}

// fresnel is a clearance as a fraction of the first Fresnel zone's radius,
// sqrt(wavelength x (D-x) / D).
func (r *ray) fresnel(x, clearance float64) float64 {
	return clearance / math.Sqrt(r.wave*x*(r.distance-x))
}

// most is the place so far where some figure is largest.
type most struct {
	place
	figure float64
}

func (m *most) see(p place, figure float64) {
	if figure > m.figure {
		m.place, m.figure = p, figure
	}
}

// search holds the line against the ground along its way.
type search struct {
	ray
	least, horizon, zone most // of -clearance, grazing, -fresnel
	safety               float64
}

func (r *ray) judged(way []place, l terrain.Lattice) Judged {
	none := most{figure: math.Inf(-1)}
	s := search{ray: *r, least: none, horizon: none, zone: none, safety: math.Inf(1)}
	for i := 0; i+2 < len(way); i += 2 {
		a, m, b := way[i], way[i+1], way[i+2]
		s.look(m)
		if b.d < r.distance {
			s.look(b)
		}
		s.across(a, m, b)
	}
	return s.conclude(l)
}

// look judges one place between both ends.
func (s *search) look(p place) {
	if math.IsNaN(p.ground) {
		return
	}
	grazing := s.grazing(p.d, p.ground)
	s.horizon.see(p, grazing)
	c := s.clearance(p.d, p.ground)
	if s.wave > 0 {
		s.zone.see(p, -s.fresnel(p.d, c))
	}
	inside := p.d >= s.post && p.d <= s.distance-s.post
	if inside || c < 0 {
		s.least.see(p, -c)
	}
	if inside && s.sd > 0 {
		s.safety = min(s.safety, (s.to.Height-grazing)/s.marginSD(p.d))
	}
}

// across looks within a cell, from a to b, m halfway, where the line is
// nearest to the ground and where the ground stands highest from the near end.
func (s *search) across(a, m, b place) {
	at := func(u float64) {
		if u > 0 && u < 1 {
			p := between2(a, b, u)
			p.ground = a.ground + float64(u*(float64(4*m.ground)-float64(3*a.ground)-b.ground+
				float64(u*(2*(a.ground-float64(2*m.ground)+b.ground)))))
			s.look(p)
		}
	}
	// Clearance c0 + c1 u + c2 u²: least at -c1/2c2.
	ca, cm, cb := s.clearance(a.d, a.ground), s.clearance(m.d, m.ground), s.clearance(b.d, b.ground)
	c1, c2 := float64(4*cm)-float64(3*ca)-cb, 2*(ca-float64(2*cm)+cb)
	if c2 > 0 {
		at(-c1 / (2 * c2))
	}
	// Ground over the eye's level q0 + q1 u + q2 u² at the distance x + w u:
	// the slope's derivative is zero where q2 w u² + 2 q2 x u + q1 x - q0 w is.
	level := func(p place) float64 { return p.ground + s.bulge(p.d) - s.from.Height }
	qa, qm, qb := level(a), level(m), level(b)
	q1, q2 := float64(4*qm)-float64(3*qa)-qb, 2*(qa-float64(2*qm)+qb)
	w := b.d - a.d
	if a.d == 0 && qa == 0 { // an eye on the ground: the way it slopes from there
		s.horizon.see(a, s.from.Height+float64((q1/w)*s.distance))
	}
	if q2 < 0 {
		h, c := float64(q2*a.d), float64(q1*a.d)-float64(qa*w)
		if square := float64(h*h) - float64(float64(q2*w)*c); square >= 0 {
			at(-c / (h - math.Sqrt(square)))
		}
	}
}

// conclude makes of what was found what there is to say.
func (s *search) conclude(l terrain.Lattice) Judged {
	spot := func(m most) *Spot {
		if math.IsInf(m.figure, -1) {
			return nil
		}
		p := &Spot{At: l.Position(m.col, m.row), Distance: m.d, Ground: m.ground, Clearance: s.clearance(m.d, m.ground)}
		if s.wave > 0 && m.d > 0 {
			p.Fresnel = known(s.fresnel(m.d, p.Clearance))
		}
		return p
	}
	j := Judged{K: s.k, Obstacle: spot(s.least), Fresnel: spot(s.zone)}
	own := math.Inf(-1)
	if s.to.Ground != nil {
		own = *s.to.Ground
	}
	limit, sd := own, s.marginSD(s.distance)
	switch {
	case s.horizon.figure > own:
		j.Horizon, limit, sd = spot(s.horizon), s.horizon.figure, s.marginSD(s.horizon.d)
	case s.to.Ground == nil: // nothing is known of the ground at all
		limit = s.to.Height
	}
	j.Margin = s.to.Height - limit
	j.Visible = j.Margin >= 0
	if s.to.Ground != nil {
		j.LeastHeight = known(limit - own)
	}
	if j.Fresnel != nil {
		free := *j.Fresnel.Fresnel >= 0.6
		j.Free = &free
	}
	if s.sd > 0 {
		safety := s.safety
		switch {
		case sd > 0:
			safety = min(safety, j.Margin/sd)
		case !j.Visible:
			safety = math.Inf(-1)
		}
		p := fmath.Normal(safety)
		j.MarginSD, j.Probability = &sd, &p
	}
	return j
}

// marginSD propagates the elevation's error to the margin over ground at a
// distance: margin = to - from (1 - lever) - (ground + bulge) lever.
func (r *ray) marginSD(d float64) float64 {
	lever := r.distance / max(d, r.post/2)
	if r.distance == 0 {
		lever = 1
	}
	// How much the ground at the near end, between and at the far end weighs.
	near, between, far := 0.0, -lever, 0.0
	if !r.fromSea {
		near = lever - 1
	}
	if !r.toSea {
		far = 1
	}
	datum := near + between + far // all ground is off by the same
	switch {
	case !r.toSea && d > r.distance-r.post:
		between, far = 0, far+between
	case !r.fromSea && d < r.post:
		between, near = 0, near+between
	}
	ground := float64(near*near) + float64(between*between) + float64(far*far)
	return math.Sqrt(float64(r.sd*r.sd*ground) + float64(r.datumSD*r.datumSD*datum*datum))
}

// samples are the profile with this ray.
func (r *ray) samples(way []place) []Sample {
	out := make([]Sample, len(way))
	for i, p := range way {
		s := Sample{Distance: p.d, Ground: known(p.ground), Line: r.from.Height}
		if r.distance > 0 {
			s.Bulge, s.Line = r.bulge(p.d), r.line(p.d)
		}
		s.Clearance = known(s.Line - p.ground - s.Bulge)
		if r.wave > 0 && p.d > 0 && p.d < r.distance && s.Clearance != nil {
			s.Fresnel = known(r.fresnel(p.d, *s.Clearance))
		}
		out[i] = s
	}
	return out
}
