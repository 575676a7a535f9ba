package timeline

import (
	"math"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
)

// What a look surely does not weigh is not predicted.
//
//  1. Of a version a few numbers are kept, its outline. They bound where a
//     prediction puts the thing: every way of motion leads, of a
//     mean velocity v, no farther than bend from where v leads straight on, and
//     spreads the place by no more than straight motion does, and bend, and its
//     noise.
//  2. Where no plot is near that circle, none claims the thing's identity, and
//     the look does not reach it, or says nothing by silence, the look has no
//     part in the thing: as if it had been predicted and found so.

// outline is what bounds a prediction.
type outline struct {
	x, y   float64
	vx, vy float32
	spread float32 // standard deviation of the place in its worst direction, m
	vague  float32 // of the velocity, in all directions, m/s
	swift  float32 // the fastest way's speed, m/s
	known  bool
}

// wander is how far motions of a model lead from a straight one.
type wander struct {
	bend  float64 // 1/s: by half of this times speed times the time squared
	noise float64 // m2/s3: variance of the place by the cube of the time
}

func wanderOf(m *imm.Model) wander {
	w := wander{noise: max(m.Noise[imm.Steady], m.Noise[imm.Left], m.Noise[imm.Right]) / 3}
	if m.Share[imm.Left] > 0 || m.Share[imm.Right] > 0 {
		w.bend = math.Abs(m.Turn)
	}
	if m.Share[imm.Slow] > 0 {
		w.bend = max(w.bend, 1/m.Calm)
		w.noise = max(w.noise, float64(float64(2*float64(m.Drift*m.Drift))/float64(3*m.Calm)))
	}
	return w
}

// outlineOf is that of a state.
func outlineOf(s *imm.State) outline {
	e := s.Mean()
	swift := 0.0
	for k := range s.Est {
		if x := &s.Est[k].X; s.Prob[k] > 0 {
			swift = max(swift, float64(x[2]*x[2])+float64(x[3]*x[3]))
		}
	}
	return outline{
		known: true, x: e.X[0], y: e.X[1], vx: float32(e.X[2]), vy: float32(e.X[3]),
		spread: float32(kalman.Spread(&e.P)), vague: float32(math.Sqrt(e.P[2][2] + e.P[3][3])), swift: float32(math.Sqrt(swift)),
	}
}

// outlineOf is that of a version.
func (t *Timeline) outlineOf(k *kept) *outline {
	if !k.outline.known {
		var s imm.State
		s.Unpack(t.versions.ways, t.versions.state(k))
		k.outline = outlineOf(&s)
	}
	return &k.outline
}

// circle is where the mean of a prediction lies, and the most that its place may
// spread.
type circle struct{ x, y, radius, spread float64 }

// after gives where a thing may be after so many seconds, at least 0.
func (o *outline) after(dt float64, w wander) circle {
	bend := min(float64(float64(dt*dt)*w.bend)/2, 2*dt)
	swift := float64(o.swift)
	straight := float64(o.spread) + float64(dt*float64(o.vague)) + float64(bend*swift)
	noise := float64(w.noise * float64(dt*float64(dt*dt)))
	return circle{
		o.x + float64(dt*float64(o.vx)), o.y + float64(dt*float64(o.vy)),
		float64((bend + float64(dt*rounded)) * swift), math.Sqrt(float64(straight*straight) + noise),
	}
}

// hastens is how far a thing may be, by k standard deviations, from where it is
// after dt seconds, in a seconds more or less: its mean velocity is no swifter
// than its swiftest way, and ways differ by no more than twice that.
func (o *outline) hastens(a, dt, k float64, w wander) float64 {
	noise := float64(6 * float64(w.noise*dt)) // variance of the velocity, in all directions
	swift, vague := float64(o.swift), float64(o.vague)
	vague = math.Sqrt(float64(vague*vague) + float64(4*float64(swift*swift)) + noise)
	return float64(a * (swift + float64(k*vague)))
}

// slack is for what is lost in rounding: a part, and metres; rounded is the part
// of a velocity that outlines lose.
const slack, slackMetres, rounded = 1.0001, 0.01, 1e-7

// beyond reports that a look surely has no part in a thing that it would start
// from a version.
func (t *Timeline) beyond(l *look, k *kept) bool {
	mute := t.mute(l)
	if t.careful || l.outer.everywhere && (!mute || len(l.nearby.bearings) > 0) {
		return false
	}
	o := t.outlineOf(k)
	dt, wander := seconds(l.key.Time-k.stateAt), t.wanders[min(int(k.domain), len(t.wanders)-1)]
	c := o.after(dt, wander)
	if d, ok := t.leanedOf(l, k); ok {
		c.x, c.y, c.spread = c.x+d.x, c.y+d.y, c.spread+d.spread
	}
	silence := !mute && !k.told
	if (silence || len(l.nearby.bearings) > 0) && !l.outer.misses(c.x, c.y, float64((c.radius+float64(sigma*c.spread))*slack)+slackMetres) {
		return false
	}
	reach := float64(float64(math.Sqrt(t.cfg.Gate)*(c.spread+l.nearby.largest)) * slack)
	if a := l.nearby.after; a > 0 {
		reach += float64(o.hastens(a, dt, math.Sqrt(t.cfg.Gate), wander) * slack)
	}
	if !(reach < t.cfg.Reach) { // it would be cut, and counted
		return false
	}
	return l.nearby.none(c.x, c.y, reach+float64(c.radius*slack)+slackMetres) && len(l.claims.of(k.claim)) == 0
}

// none reports that no plot is in a square of half-width reach round a place: nor in
// a square of the grid that it touches, of those of another tracker.
func (n *nearby) none(x, y, reach float64) bool {
	a, ok := n.around(x, y, reach)
	if !ok {
		return true
	}
	for row := a.low; row <= a.high; row++ {
		from, to := n.in(row, a.left, a.right)
		for i := from; i < to; i++ {
			s := &n.spots[i]
			if !s.near || !s.off(x, y, reach) {
				return false
			}
		}
	}
	return true
}

// outer is what holds a region: a box, a circle, and of a narrow sector the two
// half-planes.
type outer struct {
	everywhere             bool
	left, right, low, high float64
	x, y, reach            float64
	sides                  [2][2]float64 // directions into the sector
	narrow                 bool
}

func outerOf(r Region) outer {
	inf := math.Inf(1)
	o := outer{left: -inf, right: inf, low: -inf, high: inf, reach: inf}
	switch r := r.(type) {
	case Sector:
		o.x, o.y, o.reach = r.X, r.Y, math.Abs(r.Reach)
		if o.narrow = r.Width >= 0 && r.Width <= 180; o.narrow {
			s, c := fmath.SincosDegrees(r.From)
			o.sides[0] = [2]float64{c, -s}
			s, c = fmath.SincosDegrees(r.From + r.Width)
			o.sides[1] = [2]float64{-c, s}
		}
	case Polygon:
		o.left, o.right, o.low, o.high = inf, -inf, inf, -inf
		for _, p := range r {
			o.left, o.right = min(o.left, p[0]), max(o.right, p[0])
			o.low, o.high = min(o.low, p[1]), max(o.high, p[1])
		}
	default:
		o.everywhere = true
	}
	return o
}

// misses reports that no part of the region lies within a distance of a place.
func (o *outer) misses(x, y, by float64) bool {
	if o.everywhere {
		return false
	}
	if x+by < o.left || x-by > o.right || y+by < o.low || y-by > o.high {
		return true
	}
	dx, dy := x-o.x, y-o.y
	if far := o.reach + by; float64(dx*dx)+float64(dy*dy) > float64(far*far) {
		return true
	}
	for _, s := range o.sides {
		if o.narrow && float64(s[0]*dx)+float64(s[1]*dy) < -by {
			return true
		}
	}
	return false
}
