// Package kalman is the filter's linear algebra, written out for its few fixed
// sizes. States are (east, north, east velocity, north velocity) in metres and
// m/s in some plane. Products that are added are written float64(x*y)+z: a
// fused multiply-add would give other bits on other processors.
package kalman

import (
	"math"

	"atalaya/geo/fmath"
	"atalaya/obs"
)

// Estimate is a state with its covariance.
type Estimate struct {
	X [4]float64
	P [4][4]float64
}

// Predict moves the state by dt seconds with constant velocity and white-noise
// acceleration of spectral density q in m2/s3 (Bar-Shalom, Li, Kirubarajan,
// Estimation with Applications to Tracking and Navigation, 6.2.2). With a
// negative dt it retrodicts; the noise then grows as well.
func (m *Estimate) Predict(dt, q float64) {
	m.X[0] += float64(m.X[2] * dt)
	m.X[1] += float64(m.X[3] * dt)
	dt2 := float64(dt * dt)
	a := math.Abs(dt)
	q3 := float64(float64(q*float64(dt2*a)) / 3)
	q2 := float64(float64(q*float64(dt*a)) / 2)
	q1 := float64(q * a)
	p := &m.P
	ee := p[0][0] + float64(2*float64(dt*p[0][2])) + float64(dt2*p[2][2]) + q3
	nn := p[1][1] + float64(2*float64(dt*p[1][3])) + float64(dt2*p[3][3]) + q3
	en := p[0][1] + float64(dt*(p[0][3]+p[1][2])) + float64(dt2*p[2][3])
	b00 := p[0][2] + float64(dt*p[2][2]) + q2
	b01 := p[0][3] + float64(dt*p[2][3])
	b10 := p[1][2] + float64(dt*p[2][3])
	b11 := p[1][3] + float64(dt*p[3][3]) + q2
	p[0][0], p[1][1] = ee, nn
	p[0][1], p[1][0] = en, en
	p[0][2], p[2][0] = b00, b00
	p[0][3], p[3][0] = b01, b01
	p[1][2], p[2][1] = b10, b10
	p[1][3], p[3][1] = b11, b11
	p[2][2] += q1
	p[3][3] += q1
}

// Motion is a linear motion with its noise, for states to be moved by it:
//
//	1 0 a -b
//	0 1 b  a
//	0 0 c -s
//	0 0 s  c
type Motion struct {
	a, b, c, s            float64
	place, both, velocity float64 // noise: variances of place, place by velocity, and velocity
}

// Turning is a coordinated turn of rate rad/s through dt seconds, positive from
// east to north, with white-noise acceleration as Predict has (Bar-Shalom, Li,
// Kirubarajan, 11.7.1, the rate known).
func Turning(dt, rate, q float64) Motion {
	angle := float64(rate * dt)
	d := math.Abs(dt)
	m := Motion{
		a: dt, c: 1,
		place:    float64(float64(q*float64(d*float64(d*d))) / 3),
		both:     float64(float64(q*float64(dt*d)) / 2),
		velocity: float64(q * d),
	}
	if math.Abs(angle) >= 1e-6 {
		sin, cos := fmath.Sincos(angle)
		m.a, m.b, m.c, m.s = sin/rate, (1-cos)/rate, cos, sin
	}
	return m
}

// Settling is a motion through dt seconds of what slows down and drifts about:
// its velocity is forgotten with time constant calm in s, towards one of standard
// deviation sd in m/s either way (an integrated Ornstein-Uhlenbeck process;
// Singer, IEEE Trans. AES 6(4), 1970, with velocity in the place of acceleration).
// A negative dt is the way back of what drifts for long: the same with the
// velocity turned round.
func Settling(dt, calm, sd float64) Motion {
	u := math.Abs(dt) / calm
	a := fmath.Exp(-u)
	v := float64(sd * sd)
	c2 := float64(calm * calm)
	place := float64(2*u) - 3 + float64(4*a) - float64(a*a)
	if u < 1e-3 { // the difference is lost in rounding
		place = float64(2 * float64(u*float64(u*u)) / 3)
	}
	m := Motion{
		a: float64(calm * (1 - a)), c: a,
		place:    float64(v * float64(c2*place)),
		both:     float64(v * float64(calm*float64((1-a)*(1-a)))),
		velocity: float64(v * float64(1-float64(a*a))),
	}
	if dt < 0 {
		m.a, m.both = -m.a, -m.both
	}
	return m
}

// Turn moves the state by dt seconds of Turning.
func (m *Estimate) Turn(dt, rate, q float64) {
	f := Turning(dt, rate, q)
	m.Move(&f)
}

// Settle moves the state by dt seconds of Settling.
func (m *Estimate) Settle(dt, calm, sd float64) {
	f := Settling(dt, calm, sd)
	m.Move(&f)
}

// Move moves the state: F x and F P F' + Q, without the products by 0 and 1.
func (m *Estimate) Move(f *Motion) {
	a, b, c, s := f.a, f.b, f.c, f.s
	x, p := &m.X, &m.P
	x[0], x[1], x[2], x[3] = x[0]+float64(a*x[2])-float64(b*x[3]),
		x[1]+float64(b*x[2])+float64(a*x[3]),
		float64(c*x[2])-float64(s*x[3]),
		float64(s*x[2])+float64(c*x[3])
	// F P, as far as it is needed.
	e0, e2, e3 := p[0][0]+float64(a*p[0][2])-float64(b*p[0][3]), p[0][2]+float64(a*p[2][2])-float64(b*p[2][3]), p[0][3]+float64(a*p[2][3])-float64(b*p[3][3])
	n0, n1 := p[0][1]+float64(b*p[0][2])+float64(a*p[0][3]), p[1][1]+float64(b*p[1][2])+float64(a*p[1][3])
	n2, n3 := p[1][2]+float64(b*p[2][2])+float64(a*p[2][3]), p[1][3]+float64(b*p[2][3])+float64(a*p[3][3])
	u0, u1 := float64(c*p[0][2])-float64(s*p[0][3]), float64(c*p[1][2])-float64(s*p[1][3])
	u2, u3 := float64(c*p[2][2])-float64(s*p[2][3]), float64(c*p[2][3])-float64(s*p[3][3])
	v0, v1 := float64(s*p[0][2])+float64(c*p[0][3]), float64(s*p[1][2])+float64(c*p[1][3])
	v2, v3 := float64(s*p[2][2])+float64(c*p[2][3]), float64(s*p[2][3])+float64(c*p[3][3])
	p[0][0] = e0 + float64(a*e2) - float64(b*e3) + f.place
	p[1][0] = n0 + float64(a*n2) - float64(b*n3)
	p[1][1] = n1 + float64(b*n2) + float64(a*n3) + f.place
	p[2][0] = u0 + float64(a*u2) - float64(b*u3) + f.both
	p[2][1] = u1 + float64(b*u2) + float64(a*u3)
	p[2][2] = float64(c*u2) - float64(s*u3) + f.velocity
	p[3][0] = v0 + float64(a*v2) - float64(b*v3)
	p[3][1] = v1 + float64(b*v2) + float64(a*v3) + f.both
	p[3][2] = float64(c*v2) - float64(s*v3)
	p[3][3] = float64(s*v2) + float64(c*v3) + f.velocity
	m.Mirror()
}

// Mirror makes the upper half of the covariance what the lower one is.
func (m *Estimate) Mirror() {
	p := &m.P
	p[0][1], p[0][2], p[0][3] = p[1][0], p[2][0], p[3][0]
	p[1][2], p[1][3], p[2][3] = p[2][1], p[3][1], p[3][2]
}

// Residual is the innovation of a two-dimensional measurement.
type Residual struct {
	E, N float64  // measured minus expected
	S    obs.Cov2 // its covariance
	R    obs.Cov2 // the part of it that is the measurement's
}

// Place gives the innovation of a measured place (e, n) with covariance r.
func (m *Estimate) Place(e, n float64, r obs.Cov2) Residual {
	return Residual{
		E: e - m.X[0], N: n - m.X[1], R: r,
		S: obs.Cov2{EE: m.P[0][0] + r.EE, EN: m.P[0][1] + r.EN, NN: m.P[1][1] + r.NN},
	}
}

// Velocity gives the innovation of a measured velocity with variance v of
// either component.
func (m *Estimate) Velocity(ve, vn, v float64) Residual {
	return Residual{
		E: ve - m.X[2], N: vn - m.X[3], R: obs.Cov2{EE: v, NN: v},
		S: obs.Cov2{EE: m.P[2][2] + v, EN: m.P[2][3], NN: m.P[3][3] + v},
	}
}

// Det is the determinant of a 2x2 covariance.
func Det(c obs.Cov2) float64 {
	return float64(c.EE*c.NN) - float64(c.EN*c.EN)
}

// Distance2 is the squared Mahalanobis distance; it is +Inf where the
// covariance is not positive definite.
func (r *Residual) Distance2() float64 {
	d := Det(r.S)
	if !(d > 0) {
		return math.Inf(1)
	}
	sum := float64(float64(r.E*r.E)*r.S.NN) - float64(2*float64(float64(r.E*r.N)*r.S.EN)) + float64(float64(r.N*r.N)*r.S.EE)
	return sum / d
}

// Update applies an innovation whose measurement is of the state's components
// i and i+1 (0: place, 2: velocity). The covariance is updated in Joseph's
// form, (I-KH) P (I-KH)' + K R K', which stays positive where P - K S K' does
// not: exact fixes of what was known to the nearest hundred kilometres.
func (m *Estimate) Update(r *Residual, i int) {
	d := Det(r.S)
	if !(d > 0) {
		return
	}
	var gain [4][2]float64
	for k := range 4 {
		a, b := m.P[k][i], m.P[k][i+1]
		gain[k][0] = (float64(a*r.S.NN) - float64(b*r.S.EN)) / d
		gain[k][1] = (float64(b*r.S.EE) - float64(a*r.S.EN)) / d
	}
	var rest [4][4]float64 // I - K H
	for k := range 4 {
		rest[k][k] = 1
		rest[k][i] -= gain[k][0]
		rest[k][i+1] -= gain[k][1]
		m.X[k] += float64(gain[k][0]*r.E) + float64(gain[k][1]*r.N)
	}
	if i == 0 {
		m.keep(&rest)
	} else {
		m.joseph(&rest)
	}
	m.widen(&gain, r.R)
}

// UpdateScalar applies the innovation y of a scalar measurement with gradient
// (he, hn) by the place, innovation variance s and measurement variance r.
func (m *Estimate) UpdateScalar(y, he, hn, s, r float64) {
	if !(s > 0) {
		return
	}
	var gain [4]float64
	var rest [4][4]float64
	for k := range 4 {
		gain[k] = (float64(m.P[k][0]*he) + float64(m.P[k][1]*hn)) / s
		m.X[k] += float64(gain[k] * y)
		rest[k][k] = 1
		rest[k][0] -= float64(gain[k] * he)
		rest[k][1] -= float64(gain[k] * hn)
	}
	m.joseph(&rest)
	for k := range 4 {
		for l := range k + 1 {
			m.P[k][l] += float64(float64(gain[k]*r) * gain[l])
			m.P[l][k] = m.P[k][l]
		}
	}
}

// Replace puts a place (e, n) of covariance c in the stead of what is believed
// of the place; what goes with it follows by regression. It is the update by any
// measurement of the place alone, whose outcome was found by other means.
func (m *Estimate) Replace(e, n float64, c obs.Cov2) {
	s := obs.Cov2{EE: m.P[0][0], EN: m.P[0][1], NN: m.P[1][1]}
	d := Det(s)
	if !(d > 0) {
		return
	}
	e, n = e-m.X[0], n-m.X[1]
	var gain [4][2]float64
	var rest [4][4]float64 // I - G H
	for k := range 4 {
		a, b := m.P[k][0], m.P[k][1]
		gain[k][0] = (float64(a*s.NN) - float64(b*s.EN)) / d
		gain[k][1] = (float64(b*s.EE) - float64(a*s.EN)) / d
		rest[k][k] = 1
	}
	gain[0], gain[1] = [2]float64{1, 0}, [2]float64{0, 1}
	for k := range 4 {
		rest[k][0] -= gain[k][0]
		rest[k][1] -= gain[k][1]
		m.X[k] += float64(gain[k][0]*e) + float64(gain[k][1]*n)
	}
	m.keep(&rest)
	m.widen(&gain, c)
}

// widen adds G C G'.
func (m *Estimate) widen(gain *[4][2]float64, c obs.Cov2) {
	for k := range 4 {
		a := float64(gain[k][0]*c.EE) + float64(gain[k][1]*c.EN)
		b := float64(gain[k][0]*c.EN) + float64(gain[k][1]*c.NN)
		for l := range k + 1 {
			m.P[k][l] += float64(a*gain[l][0]) + float64(b*gain[l][1])
		}
	}
	m.Mirror()
}

// keep is joseph where A differs from the identity in its first two columns
// only, without the products by 0 and 1.
func (m *Estimate) keep(a *[4][4]float64) {
	p := m.P
	for k := range 4 {
		ak := &a[k]
		var ap [4]float64
		for l := range k + 1 {
			ap[l] = float64(ak[0]*p[l][0]) + float64(ak[1]*p[l][1])
			if k >= 2 {
				ap[l] += p[l][k]
			}
		}
		if k == 0 {
			ap[1] = float64(ak[0]*p[1][0]) + float64(ak[1]*p[1][1])
		}
		for l := range k + 1 {
			v := float64(ap[0]*a[l][0]) + float64(ap[1]*a[l][1])
			if l >= 2 {
				v += ap[l]
			}
			m.P[k][l] = v
		}
	}
	m.Mirror()
}

// joseph replaces P by A P A'.
func (m *Estimate) joseph(a *[4][4]float64) {
	var ap [4][4]float64
	for k := range 4 {
		for l := range 4 {
			ap[k][l] = dot(&a[k], &m.P[l]) // P is symmetric
		}
	}
	for k := range 4 {
		for l := range k + 1 {
			v := dot(&ap[k], &a[l])
			m.P[k][l], m.P[l][k] = v, v
		}
	}
}

func dot(a, b *[4]float64) float64 {
	return float64(a[0]*b[0]) + float64(a[1]*b[1]) + float64(a[2]*b[2]) + float64(a[3]*b[3])
}

// Largest is the larger eigenvalue of a 2x2 covariance.
func Largest(c obs.Cov2) float64 {
	h := (c.EE - c.NN) / 2
	return float64((c.EE+c.NN)/2) + math.Sqrt(float64(h*h)+float64(c.EN*c.EN))
}

// Spread is the standard deviation of the place in its worst direction.
func Spread(p *[4][4]float64) float64 {
	return math.Sqrt(max(0, Largest(obs.Cov2{EE: p[0][0], EN: p[0][1], NN: p[1][1]})))
}

// Distance4 is the squared Mahalanobis distance of a four-dimensional
// difference under covariance p, by Cholesky's decomposition; +Inf where p is
// not positive definite.
func Distance4(d [4]float64, p [4][4]float64) float64 {
	var l [4][4]float64
	var y [4]float64
	sum := 0.0
	for i := range 4 {
		for j := range i + 1 {
			v := p[i][j]
			for k := range j {
				v -= float64(l[i][k] * l[j][k])
			}
			if i == j {
				if !(v > 0) {
					return math.Inf(1)
				}
				l[i][i] = math.Sqrt(v)
			} else {
				l[i][j] = v / l[j][j]
			}
		}
		v := d[i]
		for k := range i {
			v -= float64(l[i][k] * y[k])
		}
		y[i] = v / l[i][i]
		sum += float64(y[i] * y[i])
	}
	return sum
}

// Invert4 gives the inverse of a covariance and the logarithm of its
// determinant, by Cholesky's decomposition; false where it is not positive
// definite.
func Invert4(p *[4][4]float64) (inverse [4][4]float64, logDet float64, ok bool) {
	var l, m [4][4]float64 // the factor, and its inverse
	for i := range 4 {
		for j := range i + 1 {
			v := p[i][j]
			for k := range j {
				v -= float64(l[i][k] * l[j][k])
			}
			if i != j {
				l[i][j] = v / l[j][j]
				continue
			}
			if !(v > 0) || math.IsInf(v, 1) {
				return inverse, 0, false
			}
			l[i][i] = math.Sqrt(v)
			logDet += fmath.Log(v)
		}
	}
	for j := range 4 {
		m[j][j] = 1 / l[j][j]
		for i := j + 1; i < 4; i++ {
			v := 0.0
			for k := j; k < i; k++ {
				v -= float64(l[i][k] * m[k][j])
			}
			m[i][j] = v / l[i][i]
		}
	}
	for i := range 4 {
		for j := range i + 1 {
			v := 0.0
			for k := i; k < 4; k++ {
				v += float64(m[k][i] * m[k][j])
			}
			inverse[i][j], inverse[j][i] = v, v
		}
	}
	return inverse, logDet, true
}

// Likelihood is the density of a measured place, per square metre, at a squared
// distance under the innovation's covariance.
func Likelihood(d2 float64, s obs.Cov2) float64 {
	return fmath.Exp(-d2/2) / float64(2*math.Pi*math.Sqrt(Det(s)))
}
