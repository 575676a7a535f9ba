// Package measure says how a sensor's measurement tells of a state: of a place,
// of range and bearing, or of a bearing alone.
//
//  1. A measurement is of the place at its own time, which may be a little after
//     that of the state (the plots of a radar's turn): x + After*v.
//  2. A measured place with a covariance is Kalman's case.
//  3. Range and bearing are not linear in the state. Where the measured arc bends
//     little beside its thickness it is a place, with the moments of what the
//     measurement leaves open. (The unbiased conversion of Mo, Song, Zhou, Sun and
//     Bar-Shalom, IEEE Trans. AES 34(3), 1998, has them about another middle.)
//     Otherwise, and for a bearing, the moments of the exact posterior are taken:
//     on each ray from the sensor in closed form, over the rays by quadrature
//     (arc.go). Velocity follows by regression, which loses nothing.
//  4. The likelihood comes from the same integral. With a range it is per square
//     metre of the place, as false plots are counted; of a bearing per radian.
//
// All is in one plane: metres, x east and y north. Bearings are radians from
// north, clockwise.
package measure

import (
	"math"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
	"atalaya/obs"
)

// Kind is what was measured.
type Kind uint8

// The kinds.
const (
	OfPlace   Kind = iota + 1
	OfPolar        // range over ground and bearing
	OfBearing      // bearing only
)

// Measurement is one plot of one sensor. Place, Polar and Bearing make it.
type Measurement struct {
	Kind Kind
	X, Y float64  // the place; of the others, where the sensor was, m
	Cov  obs.Cov2 // of the place, m2

	Range, RangeSD     float64 // m, over ground
	Bearing, BearingSD float64 // rad

	// After is how much later than the state it was measured, s.
	After float64

	// Velocity is measured as well if its variance is above 0.
	Velocity Velocity

	// Foreign: of kind OfPlace, it is what another tracker believes (foreign.go).
	Foreign bool
}

// Velocity is a measured velocity, m/s, with the variance of either component.
// It does not count in the likelihood, and one that does not fit is left out:
// what senders report is smoothed and lags in turns, and of how false plots
// move nothing is known.
type Velocity struct {
	X, Y, Var float64
}

// velocityGate: 99.9 % of two degrees of freedom.
const velocityGate = 13.8

// Place is a measured place.
func Place(x, y float64, cov obs.Cov2) Measurement {
	return Measurement{Kind: OfPlace, X: x, Y: y, Cov: cov}
}

// straight is how much of its range's error a measured arc may sag, one
// standard deviation of its bearing from the middle, to be taken for a place.
const straight = 0.1

// Polar is a range over ground and a bearing from a sensor at (x, y).
func Polar(x, y, distance, distanceSD, bearing, bearingSD float64) Measurement {
	m := Measurement{Kind: OfPolar, X: x, Y: y, Range: distance, RangeSD: distanceSD, Bearing: bearing, BearingSD: bearingSD}
	if float64(float64(distance*float64(bearingSD*bearingSD))/2) <= float64(straight*distanceSD) && bearingSD < 0.2 && distance > float64(5*distanceSD) {
		px, py, cov := m.Convert()
		return Place(px, py, cov)
	}
	return m
}

// Bearing is a bearing from a sensor at (x, y). One alone is no place: it never
// starts a track. That is for the caller to keep.
func Bearing(x, y, bearing, bearingSD float64) Measurement {
	return Measurement{Kind: OfBearing, X: x, Y: y, Bearing: bearing, BearingSD: bearingSD}
}

// Convert gives the mean place that a Polar tells of, and its covariance. The arc
// bends away from the middle of its bearing: the mean lies nearer to the sensor.
// It is what a thing starts with.
func (m *Measurement) Convert() (x, y float64, cov obs.Cov2) {
	if m.Kind != OfPolar {
		return m.X, m.Y, m.Cov
	}
	// Means of the sine and cosine of a normal error, and of twice it.
	lam := fmath.Exp(-float64(m.BearingSD*m.BearingSD) / 2)
	lam2 := float64(lam * lam)
	lam4 := float64(lam2 * lam2)
	sin, cos := fmath.Sincos(m.Bearing)
	dx, dy := float64(m.Range*float64(lam*sin)), float64(m.Range*float64(lam*cos))
	square := (float64(m.Range*m.Range) + float64(m.RangeSD*m.RangeSD)) / 2
	sin2, cos2 := float64(2*float64(sin*cos)), float64(cos*cos)-float64(sin*sin)
	return m.X + dx, m.Y + dy, obs.Cov2{
		EE: float64(square*(1-float64(lam4*cos2))) - float64(dx*dx),
		NN: float64(square*(1+float64(lam4*cos2))) - float64(dy*dy),
		EN: float64(square*float64(lam4*sin2)) - float64(dx*dy),
	}
}

// Bounds of what can be measured: surer than a millimetre or 0.1 mrad nothing is,
// and farther than round the earth nothing lies.
const (
	leastSD        = 1e-3 // m
	leastBearingSD = 1e-4 // rad
	farthest       = 4e7  // m
	longest        = 1e6  // s
)

// Sound reports whether it is a measurement at all. What is not has likelihood 0.
func (m *Measurement) Sound() bool {
	if m.Foreign && m.Kind != OfPlace {
		return false
	}
	if !(math.Abs(m.X) < farthest && math.Abs(m.Y) < farthest && math.Abs(m.After) < longest) {
		return false
	}
	switch m.Kind {
	case OfPlace:
		const least, most = leastSD * leastSD, farthest * farthest
		c := &m.Cov
		return c.EE >= least && c.NN >= least && c.EE < most && c.NN < most && kalman.Det(*c) >= float64(least*max(c.EE, c.NN))
	case OfPolar:
		return m.Range > 0 && m.Range < farthest && m.RangeSD >= leastSD && m.RangeSD < farthest && m.bearingSound()
	case OfBearing:
		return m.bearingSound()
	}
	return false
}

func (m *Measurement) bearingSound() bool {
	return math.Abs(m.Bearing) < 100 && m.BearingSD >= leastBearingSD && m.BearingSD < math.Pi
}

// Answer is what a measurement says of a state: how likely it is in each way, and
// what is believed of the place afterwards.
type Answer struct {
	lik [imm.Ways]float64
	to  [imm.Ways]outcome
}

// Likelihood of the measurement, per m2, or per radian of a bearing; 0 where it
// could not be.
func (m *Measurement) Likelihood(s *imm.State) float64 {
	var a Answer
	return m.Ask(s, &a)
}

// Ask gives the likelihood, and keeps what else UpdateWith needs.
func (m *Measurement) Ask(s *imm.State, a *Answer) float64 {
	a.lik = [imm.Ways]float64{}
	if !m.Sound() {
		return 0
	}
	sum := 0.0
	for k := range imm.Ways {
		if s.Prob[k] > 0 {
			x, y, p := m.place(&s.Est[k])
			a.lik[k] = m.likelihood(x, y, p, &a.to[k])
			sum += float64(s.Prob[k] * a.lik[k])
		}
	}
	return sum
}

// Update of the state by the measurement, in all its ways. It gives the
// likelihood; 0: it could not be, and nothing changed. So it is with a Polar or a
// Bearing more than six standard deviations away.
func (m *Measurement) Update(s *imm.State) float64 {
	var a Answer
	m.Ask(s, &a)
	return m.UpdateWith(s, &a)
}

// UpdateWith is Update by what was answered of the same state.
func (m *Measurement) UpdateWith(s *imm.State, a *Answer) float64 {
	sum := 0.0
	for k := range imm.Ways {
		if s.Prob[k] > 0 {
			sum += float64(s.Prob[k] * a.lik[k])
		}
	}
	if !(sum > 0) {
		return 0
	}
	if m.Foreign {
		m.adopt(s)
		return sum
	}
	for k := range imm.Ways {
		if s.Prob[k] > 0 {
			s.Prob[k] = float64(s.Prob[k]*a.lik[k]) / sum
			if a.lik[k] > 0 {
				m.apply(&s.Est[k], &a.to[k])
			}
		}
	}
	if v := &m.Velocity; v.Var > 0 {
		all := s.Mean()
		if r := all.Velocity(v.X, v.Y, v.Var); r.Distance2() <= velocityGate {
			s.Velocity(v.X, v.Y, v.Var)
		}
	}
	return sum
}

// UpdateOne is Update of a single estimate.
func (m *Measurement) UpdateOne(e *kalman.Estimate) float64 {
	if !m.Sound() {
		return 0
	}
	var to outcome
	x, y, p := m.place(e)
	lik := m.likelihood(x, y, p, &to)
	if !(lik > 0) {
		return 0
	}
	if m.Foreign {
		m.intersect(e)
		return lik
	}
	m.apply(e, &to)
	if v := &m.Velocity; v.Var > 0 {
		if r := e.Velocity(v.X, v.Y, v.Var); r.Distance2() <= velocityGate {
			e.Update(&r, 2)
		}
	}
	return lik
}

// Distance2 is how far from the measurement the belief is: the squared
// Mahalanobis distance, of two degrees of freedom, or of one for a bearing. It
// is +Inf where the measurement cannot be. Polar and Bearing are linearised
// at the nearest state: good for gates.
func (m *Measurement) Distance2(e *kalman.Estimate) float64 {
	if !m.Sound() {
		return math.Inf(1)
	}
	x, y, p := m.place(e)
	if m.Kind == OfPlace {
		r := kalman.Residual{E: m.X - x, N: m.Y - y, S: plus(p, m.Cov)}
		return r.Distance2()
	}
	a := m.arc(x-m.X, y-m.Y, p)
	if !(a.det > 0) {
		return math.Inf(1)
	}
	if n, ok := a.narrow(); ok {
		_, _, d2 := n.best()
		return d2
	}
	_, _, d2 := a.best()
	return d2
}

// outcome is what is believed of the place after a measurement.
type outcome struct {
	x, y float64
	cov  obs.Cov2
}

// place is what is believed of the place at the measurement's time.
func (m *Measurement) place(e *kalman.Estimate) (x, y float64, p obs.Cov2) {
	a := m.After
	x, y = e.X[0], e.X[1]
	p = obs.Cov2{EE: e.P[0][0], EN: e.P[0][1], NN: e.P[1][1]}
	if a != 0 {
		x += float64(a * e.X[2])
		y += float64(a * e.X[3])
		a2 := float64(a * a)
		p.EE += float64(2*float64(a*e.P[0][2])) + float64(a2*e.P[2][2])
		p.NN += float64(2*float64(a*e.P[1][3])) + float64(a2*e.P[3][3])
		p.EN += float64(a*(e.P[0][3]+e.P[1][2])) + float64(a2*e.P[2][3])
	}
	return x, y, p
}

// likelihood of the measurement where the place is believed at (x, y) with
// covariance p, and what is believed afterwards; of a measured place it is left
// to apply.
func (m *Measurement) likelihood(x, y float64, p obs.Cov2, to *outcome) float64 {
	switch m.Kind {
	case OfPlace:
		r := kalman.Residual{E: m.X - x, N: m.Y - y, S: plus(p, m.Cov)}
		if d2 := r.Distance2(); d2 < math.Inf(1) {
			return kalman.Likelihood(d2, r.S)
		}
	case OfPolar, OfBearing:
		a := m.arc(x-m.X, y-m.Y, p)
		lik := a.integrate(to)
		to.x += m.X
		to.y += m.Y
		return lik
	}
	return 0
}

// apply makes the outcome known to an estimate. To the time of the measurement
// and back it goes without noise.
func (m *Measurement) apply(e *kalman.Estimate, to *outcome) {
	if m.After != 0 {
		e.Predict(m.After, 0)
		defer e.Predict(-m.After, 0)
	}
	if m.Kind == OfPlace {
		r := e.Place(m.X, m.Y, m.Cov)
		e.Update(&r, 0)
		return
	}
	e.Replace(to.x, to.y, to.cov)
}

func plus(a, b obs.Cov2) obs.Cov2 {
	return obs.Cov2{EE: a.EE + b.EE, EN: a.EN + b.EN, NN: a.NN + b.NN}
}
