// Package registration estimates how wrong a sensor is set up: how far its north
// is turned, by how much it measures ranges too long, and how late its clock is.
//
//  1. A bias is a state of its own, (azimuth, range, time), that wanders slowly
//     about nought: an Ornstein-Uhlenbeck process with the standard deviation
//     that is stated beforehand and a time constant of hours.
//  2. It is measured by pairs: a plot of the sensor, and where a cooperative thing
//     was at that time by its own reports alone (Between). Where the two differ
//     is the bias, the plot's error and the reports' (Lin, Bar-Shalom,
//     Kirubarajan, Multisensor-multitarget bias estimation for general
//     asynchronous sensors, IEEE Trans. AES, 2005).
//  3. Who lies of its place would turn a radar. So a pair counts only if the thing
//     is honest enough and the difference is what may be expected; where too many
//     of late were not, the estimate is frozen until they are again.
//  4. What is left of the bias is the same error in plot after plot, and does not
//     average out. It is considered and not estimated with each thing (Schmidt,
//     Application of state-space methods to navigation problems, Advances in
//     Control Systems 3, 1966): Lean follows how far a thing's place rests on it.
//
// Positions are metres in one plane, x east and y north, bearings radians from
// north, clockwise, times nanoseconds.
package registration

import (
	"cmp"
	"math"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/geo/fmath"
	"atalaya/obs"
)

// Parts of a bias: what is measured less what is so.
const (
	Azimuth = iota // rad, clockwise
	Range          // m
	Time           // s: what the sensor says the time is, less the time
	Parts
)

// Bias of a sensor.
type Bias [Parts]float64

// Matrix is a covariance of biases.
type Matrix [Parts][Parts]float64

// Estimate of a bias, with its covariance.
type Estimate struct {
	Bias Bias
	Cov  Matrix
}

// SD is the standard deviation of each part.
func (e *Estimate) SD() Bias {
	var sd Bias
	for k := range Parts {
		sd[k] = math.Sqrt(max(e.Cov[k][k], 0))
	}
	return sd
}

// Config says what is known of a sensor's bias beforehand.
type Config struct {
	// SD is the standard deviation of each part before anything was learnt; 0:
	// the sensor has none of it.
	SD Bias
	// Memory is the time constant in which a bias becomes another, s. 86,400: what
	// is bolted down changes with the seasons and with who works at it.
	Memory float64
	// Honest is how honest a thing must be to teach. 0.9.
	Honest float64
}

// Any reports whether a bias is to be reckoned with.
func (c *Config) Any() bool { return c.SD != Bias{} }

const (
	// gate is the squared distance from which a pair is refused, by its degrees of
	// freedom: 99.9 %.
	gate1, gate2 = 10.83, 13.82
	// The mean of the last pairs' honesty, refused ones having none: below low the
	// estimate is frozen, above high no more.
	window, low, high = 16.0, 0.6, 0.75
	// steadyPairs and steadyShare of what was known beforehand make it steady.
	steadyPairs, steadyShare = 20, 0.5
)

// State says how far the estimate has come.
type State uint8

// States.
const (
	Learning State = iota // too little is known
	Steady                // known well, and still followed
	Frozen                // kept as it is: what should teach it is in doubt
)

func (s State) String() string { return [...]string{"learning", "steady", "frozen"}[s] }

// Why says what of late was in doubt most.
type Why uint8

// What may be.
const (
	Nothing   Why = iota
	Contested     // an identity was claimed where the thing is not, or by several
	Dishonest     // things are not likely enough who they say that they are
	Apart         // plots are farther from where things say that they are than may be
	reasons
)

func (w Why) String() string { return [...]string{"", "contested", "dishonest", "apart"}[w] }

// Report is for who looks after the sensor.
type Report struct {
	Estimate
	State   State
	Used    int   // pairs
	Refused int   // implausible, or of the dishonest
	Last    int64 // time of the last one used; 0: none
	Why     Why   // it is frozen
	Since   int64 // from when on
	// Known tells of which parts enough is known to be told.
	Known [Parts]bool
}

// Estimator follows the bias of one sensor.
type Estimator struct {
	cfg    Config
	now    Estimate
	at     int64
	begun  bool
	frozen bool
	trust  float64          // the mean honesty of the last pairs
	blame  [reasons]float64 // of them the shares of those in doubt, by why
	report Report
}

// New makes an Estimator.
func New(cfg Config) *Estimator {
	cfg.Memory = cmp.Or(cfg.Memory, 86_400)
	cfg.Honest = cmp.Or(cfg.Honest, 0.9)
	e := &Estimator{cfg: cfg, trust: 1}
	for k := range Parts {
		e.now.Cov[k][k] = float64(cfg.SD[k] * cfg.SD[k])
	}
	return e
}

// At is the estimate for a time not before that of the last pair.
func (e *Estimator) At(at int64) Estimate {
	out := e.now
	if e.begun && at > e.at {
		e.drift(&out, float64(at-e.at)/1e9)
	}
	return out
}

// drift is what seconds do to a bias.
func (e *Estimator) drift(x *Estimate, seconds float64) {
	keep := fmath.Exp(-seconds / e.cfg.Memory)
	for k := range Parts {
		x.Bias[k] = float64(x.Bias[k] * keep)
		for l := range Parts {
			x.Cov[k][l] = float64(float64(x.Cov[k][l]*keep) * keep)
		}
		x.Cov[k][k] += float64(float64((1-float64(keep*keep))*e.cfg.SD[k]) * e.cfg.SD[k])
	}
}

// Report tells of the estimate as it is at a time.
func (e *Estimator) Report(at int64) Report {
	r := e.report
	r.Estimate = e.At(at)
	sd := r.SD()
	for k := range Parts {
		r.Known[k] = r.Used >= steadyPairs && e.cfg.SD[k] > 0 && sd[k] <= float64(steadyShare*e.cfg.SD[k])
	}
	if r.State = e.state(&r); r.State != Frozen {
		return r
	}
	for w := range reasons {
		if e.blame[w] > e.blame[r.Why] {
			r.Why = w
		}
	}
	return r
}

func (e *Estimator) state(r *Report) State {
	if e.frozen {
		return Frozen
	}
	for _, k := range [...]int{Azimuth, Range} { // slow things never tell of time
		if e.cfg.SD[k] > 0 && !r.Known[k] {
			return Learning
		}
	}
	if r.Used < steadyPairs {
		return Learning
	}
	return Steady
}

// Learn takes a pair: a plot of the sensor as it was measured, of kind OfPolar or
// OfBearing, and where the thing was at the time that the sensor says, by other
// sources, with the probability that they are honest. Pairs come about in order
// of time. It reports whether the pair was used.
func (e *Estimator) Learn(at int64, plot *measure.Measurement, truth *kalman.Estimate, honest float64) bool {
	if e.begun {
		at = max(at, e.at)
	}
	e.now = e.At(at)
	e.at, e.begun = at, true
	honestly := honest >= e.cfg.Honest
	rows, ok := e.rows(plot, truth)
	plausible := ok && e.plausible(rows)
	switch {
	case !plausible:
		e.weigh(at, 0, Apart)
	case !honestly:
		e.weigh(at, honest, Dishonest)
	default:
		e.weigh(at, honest, Nothing)
	}
	if !honestly || !plausible {
		e.report.Refused++
		return false
	}
	if e.frozen {
		return false
	}
	for i := range rows {
		e.update(&rows[i])
	}
	e.report.Used++
	e.report.Last = at
	return true
}

// Doubt is for what should have been a pair, and could not be one: a thing that
// says to be where another is not, or one of two that claim to be the same.
func (e *Estimator) Doubt(at int64) {
	e.weigh(at, 0, Contested)
	e.report.Refused++
}

func (e *Estimator) weigh(at int64, honest float64, why Why) {
	e.trust += float64((honest - e.trust) / window)
	for w := range e.blame {
		e.blame[w] -= float64(e.blame[w] / window)
	}
	if why != Nothing {
		e.blame[why] += 1 / window
	}
	switch {
	case e.trust < low && !e.frozen:
		e.frozen, e.report.Since = true, at
	case e.trust > high:
		e.frozen, e.report.Since = false, 0
	}
}

// row is one direction of what a pair measures: y = h b, and an error of variance
// v that is independent of the other's.
type row struct {
	y, v float64
	h    Bias
}

// rows are what a pair tells of range and bearing, seen from the sensor: there
// the plot's errors are independent.
func (e *Estimator) rows(plot *measure.Measurement, truth *kalman.Estimate) ([]row, bool) {
	m := Correct(plot, &e.now.Bias)
	if !m.Sound() || m.Kind == measure.OfPlace {
		return nil, false
	}
	was := *truth
	was.Predict(-e.now.Bias[Time], 0)
	dx, dy := was.X[0]-m.X, was.X[1]-m.Y
	vx, vy := surely(&was)
	r := fmath.Hypot(dx, dy)
	if !(r > 0) {
		return nil, false
	}
	p := placeOf(&was)
	// Along the ray, and the gradient of the bearing.
	ue, un := dx/r, dy/r
	ce, cn := un/r, -ue/r
	turn := row{
		y: math.Remainder(m.Bearing-fmath.Atan2(dx, dy), 2*math.Pi),
		v: float64(m.BearingSD*m.BearingSD) + quadratic(ce, cn, p),
		h: Bias{1, 0, float64(-ce*vx) - float64(cn*vy)},
	}
	turn.y = e.relative(turn.y, &turn.h)
	if m.Kind == measure.OfBearing {
		return []row{turn}, turn.v > 0
	}
	far := row{
		y: m.Range - r,
		v: float64(m.RangeSD*m.RangeSD) + quadratic(ue, un, p),
		h: Bias{0, 1, float64(-ue*vx) - float64(un*vy)},
	}
	far.y = e.relative(far.y, &far.h)
	// Of the range, what the bearing does not tell of the truth's error.
	both := float64(ue*(float64(p.EE*ce)+float64(p.EN*cn))) + float64(un*(float64(p.EN*ce)+float64(p.NN*cn)))
	w := both / turn.v
	far.y -= float64(w * turn.y)
	far.v -= float64(w * both)
	for k := range Parts {
		far.h[k] -= float64(w * turn.h[k])
	}
	return []row{turn, far}, turn.v > 0 && far.v > 0
}

// surely is as much of the velocity as is not the error of the fixes: that
// tells nothing of time, and seems to.
func surely(e *kalman.Estimate) (vx, vy float64) {
	square := float64(e.X[2]*e.X[2]) + float64(e.X[3]*e.X[3])
	noise := e.P[2][2] + e.P[3][3]
	if !(square > noise) {
		return 0, 0
	}
	k := 1 - noise/square
	return float64(k * e.X[2]), float64(k * e.X[3])
}

// relative is a measured difference from what is corrected, as one of the whole
// bias.
func (e *Estimator) relative(d float64, h *Bias) float64 {
	for k := range Parts {
		d += float64(h[k] * e.now.Bias[k])
	}
	return d
}

// left is what a row says beyond the estimate, its variance, and the covariance
// of the bias with it.
func (e *Estimator) left(r *row) (left, s float64, with Bias) {
	left, s = r.y, r.v
	for k := range Parts {
		left -= float64(r.h[k] * e.now.Bias[k])
		for l := range Parts {
			with[k] += float64(e.now.Cov[k][l] * r.h[l])
		}
		s += float64(r.h[k] * with[k])
	}
	return left, s, with
}

// plausible reports whether what the rows say may be expected.
func (e *Estimator) plausible(rows []row) bool {
	a, sa, _ := e.left(&rows[0])
	if len(rows) == 1 {
		return float64(a*a)/sa <= gate1
	}
	b, sb, with := e.left(&rows[1])
	both := 0.0
	for k := range Parts {
		both += float64(rows[0].h[k] * with[k])
	}
	r := kalman.Residual{E: a, N: b, S: obs.Cov2{EE: sa, EN: both, NN: sb}}
	return r.Distance2() <= gate2
}

// update by one row.
func (e *Estimator) update(r *row) {
	left, s, with := e.left(r)
	var gain Bias
	for k := range Parts {
		gain[k] = with[k] / s
		e.now.Bias[k] += float64(gain[k] * left)
	}
	// Joseph's form.
	var a, ap Matrix
	for k := range Parts {
		for l := range Parts {
			a[k][l] = float64(-gain[k] * r.h[l])
		}
		a[k][k]++
	}
	for k := range Parts {
		for l := range Parts {
			for n := range Parts {
				ap[k][l] += float64(a[k][n] * e.now.Cov[n][l])
			}
		}
	}
	for k := range Parts {
		for l := range k + 1 {
			v := float64(float64(gain[k]*r.v) * gain[l])
			for n := range Parts {
				v += float64(ap[k][n] * a[l][n])
			}
			e.now.Cov[k][l], e.now.Cov[l][k] = v, v
		}
	}
}

// Correct takes a bias off a measurement; what is no range and no bearing it
// leaves.
func Correct(m *measure.Measurement, b *Bias) measure.Measurement {
	out := *m
	switch m.Kind {
	case measure.OfPolar:
		out.Bearing -= b[Azimuth]
		out.Range -= b[Range]
		out.After -= b[Time]
	case measure.OfBearing:
		out.Bearing -= b[Azimuth]
		out.After -= b[Time]
	case measure.OfPlace:
	}
	return out
}

// Slopes tells how the place that a sensor at (sx, sy) shows at (x, y), of a
// thing with velocity (vx, vy), moves with the parts of its bias: east, north.
func Slopes(sx, sy, x, y, vx, vy float64) [2]Bias {
	dx, dy := x-sx, y-sy
	r := fmath.Hypot(dx, dy)
	if !(r > 0) {
		return [2]Bias{}
	}
	return [2]Bias{{dy, dx / r, -vx}, {-dx, dy / r, -vy}}
}

func placeOf(e *kalman.Estimate) obs.Cov2 {
	return obs.Cov2{EE: e.P[0][0], EN: e.P[0][1], NN: e.P[1][1]}
}

// quadratic is the variance along (a, b), times its square.
func quadratic(a, b float64, c obs.Cov2) float64 {
	return float64(float64(a*a)*c.EE) + float64(2*float64(float64(a*b)*c.EN)) + float64(float64(b*b)*c.NN)
}
