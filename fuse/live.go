package fuse

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"atalaya/fuse/belief"
	"atalaya/fuse/kalman"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// live is a track with what the tracker needs to go on with it. Claims and
// Sensors of the embedded Track are shared with events and therefore never
// written, only replaced.
type live struct {
	track.Track
	at     int64 // State.Time
	move   Motion
	past   []past // updates that can be filtered anew, oldest first; the last is the present
	looks  uint8  // the last eight looks, newest in bit 0: 1 seen, 0 missed
	misses uint8  // since the last update, for the next lineage
	missBy sensor.ID
	missAt int64
	src    []source
	due    int64 // nothing happens by silence before this time

	kindSet, domainSet bool // decided by an officer

	doubt candidate // where somebody of the same name was seen, but this cannot be
	calls int64     // last call for help
	calm  uint8     // reports since that could have repeated it and did not

	near     track.ID // track that this one may be the same thing as
	nearly   uint8    // how often in a row it looked so
	nearStep uint64   // step of the last comparison
}

// source is a sensor that contributed.
type source struct {
	id     sensor.ID
	kind   sensor.Kind
	period time.Duration
	last   int64  // of its last word
	placed int64  // of its last place, or noTime
	target string // its own number for the track (names.go keeps it)
	quiet  Silence
}

// stillSpeed in m/s (about a knot) parts the still from the moving.
const stillSpeed = 0.5

// heard notes that a sensor had something to say of the track.
func (l *live) heard(r *report, t *Tracker) {
	i := slices.IndexFunc(l.src, func(s source) bool { return s.id == r.sensor })
	if i < 0 {
		l.src = append(l.src, source{id: r.sensor, last: noTime, placed: noTime})
		i = len(l.src) - 1
		k, found := slices.BinarySearch(l.Sensors, r.sensor)
		if !found {
			l.Sensors = slices.Insert(slices.Clone(l.Sensors), k, r.sensor)
		}
	}
	s := &l.src[i]
	if s.kind != r.kind || s.period != r.period || s.quiet == (Silence{}) {
		s.is(t, r.kind, r.period)
	}
	s.last = max(s.last, r.t)
	if r.placed || r.isBearing {
		s.placed = max(s.placed, r.t)
	}
	if r.o.Source.Proven {
		l.Proven = true
	}
	l.due = 0
}

// is sets what the source is, and so how long it may be silent.
func (s *source) is(t *Tracker, kind sensor.Kind, period time.Duration) {
	s.kind, s.period, s.quiet = kind, period, t.silence(kind, period)
	s.quiet.StillCoast = max(s.quiet.StillCoast, s.quiet.Coast)
	s.quiet.StillEnd = max(s.quiet.StillEnd, s.quiet.End)
}

// lastFrom is when a sensor last contributed, or noTime.
func (l *live) lastFrom(id sensor.ID) int64 {
	for i := range l.src {
		if l.src[i].id == id {
			return l.src[i].last
		}
	}
	return noTime
}

// named reports whether the track has an identity that one thing in the world
// has.
func (l *live) named() bool {
	return belief.Strong(l.Claims)
}

// estimateOf gives the filter's view of a state: the origin of its plane is
// the state's own position.
func estimateOf(s *track.State) kalman.Estimate {
	return kalman.Estimate{X: [4]float64{2: s.East, 3: s.North}, P: s.Cov}
}

// setState puts a filtered motion, given in the plane, back into the track.
func (l *live) setState(plane *geo.Plane, m *kalman.Estimate, at int64) {
	l.State.Position = plane.Position(m.X[0], m.X[1])
	l.State.East, l.State.North = m.X[2], m.X[3]
	l.State.Cov = m.P
	l.State.Time = wall(at)
	l.at = at
}

// expect is a track's predicted state at some time, with the plane it is in.
type expect struct {
	plane geo.Plane
	kalman.Estimate
	dt    float64 // seconds of the prediction
	after int     // index into past of the update it was predicted from
}

// longest prediction in seconds; a track is uncertain enough after it.
const longest = 3600

// expect predicts the track to a time, from the update before it. It fails
// where the time lies before all that is known.
func (l *live) expect(at int64) (e expect, ok bool) {
	e.after = len(l.past) - 1
	for e.after >= 0 && l.past[e.after].at > at {
		e.after--
	}
	if e.after < 0 {
		return e, false
	}
	s := &l.State
	if e.after < len(l.past)-1 {
		s = &l.past[e.after].state
	}
	e.predictFrom(s, at-l.past[e.after].at, l.move.Noise)
	return e, true
}

// predictFrom starts from a state and goes ns nanoseconds on.
func (e *expect) predictFrom(s *track.State, ns int64, noise float64) {
	e.plane = geo.NewPlane(s.Position)
	e.Estimate = estimateOf(s)
	if ns > 0 {
		e.dt = min(seconds(ns), longest)
		e.Predict(e.dt, noise)
	}
}

// manoeuvre widens a prediction by what the track may have done in the time
// since its last update.
func (e *expect) manoeuvre(m Motion) {
	v := float64(m.Accel * e.dt)
	speed := math.Sqrt(square(e.X[2]) + square(e.X[3]))
	d := min(float64(v*e.dt)/2, float64((speed+m.StartSpeed)*e.dt))
	for k := range 2 {
		e.P[k][k] += square(d)
		e.P[k+2][k+2] += square(v)
		e.P[k][k+2] += float64(d * v)
		e.P[k+2][k] = e.P[k][k+2]
	}
}

// innovation of a measured place.
func (e *expect) innovation(m *measure) kalman.Residual {
	east, north := e.plane.XY(m.pos)
	c := m.cov
	if t2 := square(m.timeSD); t2 > 0 {
		c.EE += float64(t2 * square(e.X[2]))
		c.NN += float64(t2 * square(e.X[3]))
		c.EN += float64(t2 * float64(e.X[2]*e.X[3]))
	}
	return e.Place(east, north, c)
}

// fit applies a measurement: a bearing; or a reported velocity that does not
// contradict the prediction, and then the place, which the velocity has made
// better known. It gives the squared distance of the place (or bearing) in the
// gate and its likelihood, per square metre (or radian).
func (e *expect) fit(m *measure) (d2, lik float64) {
	if m.isBearing {
		return e.fitBearing(m)
	}
	e.fitVelocity(m)
	r := e.innovation(m)
	d2 = r.Distance2()
	e.Update(&r, 0)
	return d2, kalman.Likelihood(d2, r.S)
}

// test is what fit would give, without applying it.
func (e *expect) test(m *measure) (d2, lik float64) {
	x := *e
	x.fitVelocity(m)
	r := x.innovation(m)
	d2 = r.Distance2()
	return d2, kalman.Likelihood(d2, r.S)
}

func (e *expect) fitVelocity(m *measure) {
	if !m.vel {
		return
	}
	if v := e.Velocity(m.ve, m.vn, m.vv); v.Distance2() <= velocityGate {
		e.Update(&v, 2)
	}
}

// velocityGate refuses reported velocities beyond 99.9 % of two degrees of
// freedom: courses of drifting boats and of turning aircraft.
const velocityGate = 13.82

// honesty is the probability that what a report claims is honest.
func honesty(r *report) float64 {
	if r.o.Source.Proven {
		return belief.Proven
	}
	return belief.Usual
}

// claim adds what a report claims to the track's beliefs, and reports whether
// they changed.
func (l *live) claim(claims []obs.Claim, honest float64) (changed bool) {
	l.Claims, changed = belief.Add(l.Claims, claims, honest)
	return changed
}

// believe raises the existence after a detection: Bayes with the likelihood
// against that of a plot of nobody, which counts 20 to 1 at most, because
// gates and densities are rough.
func (l *live) believe(lik, density float64) {
	ratio := min(max(lik/density, 0.1), 20)
	odds := float64(l.Existence / (1 - l.Existence) * ratio)
	l.Existence = min(odds/(1+odds), mostSure)
	l.looks = l.looks<<1 | 1
}

const mostSure = 0.9999

func (l *live) hits() int { return bits.OnesCount8(l.looks) }

// miss lowers the existence after a look of a sensor that should have shown
// the track. What still reports itself is not disproved by a radar: it stays
// as likely as not.
func (l *live) miss(pd float64, by sensor.ID, at int64) {
	l.misses, l.missBy, l.missAt = min(l.misses, 254)+1, by, at

	was := l.Existence
	l.Existence = float64(was*(1-pd)) / (1 - float64(was*pd))
	if l.named() {
		l.Existence = max(l.Existence, min(was, 0.5))
	}
	l.looks <<= 1
}
