package fuse

import (
	"math"

	"atalaya/obs"
)

// The filter's linear algebra, written out for its few fixed sizes. States are
// (east, north, east velocity, north velocity) in metres and m/s in the plane
// at the track's position. Products that are added are written float64(x*y)+z:
// a fused multiply-add would give other bits on other processors.

// estimate is a state with its covariance.
type estimate struct {
	x [4]float64
	p [4][4]float64
}

// predict moves the state by dt seconds with constant velocity and white-noise
// acceleration of spectral density q in m2/s3 (Bar-Shalom, Li, Kirubarajan,
// Estimation with Applications to Tracking and Navigation, 6.2.2). With a
// negative dt it retrodicts; the noise then grows as well.
func (m *estimate) predict(dt, q float64) {
	m.x[0] += float64(m.x[2] * dt)
	m.x[1] += float64(m.x[3] * dt)
	dt2 := float64(dt * dt)
	a := math.Abs(dt)
	q3 := float64(float64(q*float64(dt2*a)) / 3)
	q2 := float64(float64(q*float64(dt*a)) / 2)
	q1 := float64(q * a)
	p := &m.p
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

// residual is the innovation of a two-dimensional measurement.
type residual struct {
	e, n float64  // measured minus expected
	s    obs.Cov2 // its covariance
	r    obs.Cov2 // the part of it that is the measurement's
}

// place gives the innovation of a measured place (e, n) with covariance r.
func (m *estimate) place(e, n float64, r obs.Cov2) residual {
	return residual{
		e: e - m.x[0], n: n - m.x[1], r: r,
		s: obs.Cov2{EE: m.p[0][0] + r.EE, EN: m.p[0][1] + r.EN, NN: m.p[1][1] + r.NN},
	}
}

// velocity gives the innovation of a measured velocity with variance v of
// either component.
func (m *estimate) velocity(ve, vn, v float64) residual {
	return residual{
		e: ve - m.x[2], n: vn - m.x[3], r: obs.Cov2{EE: v, NN: v},
		s: obs.Cov2{EE: m.p[2][2] + v, EN: m.p[2][3], NN: m.p[3][3] + v},
	}
}

// det is the determinant of a 2x2 covariance.
func det(c obs.Cov2) float64 {
	return float64(c.EE*c.NN) - float64(c.EN*c.EN)
}

// distance2 is the squared Mahalanobis distance; it is +Inf where the
// covariance is not positive definite.
func (r *residual) distance2() float64 {
	d := det(r.s)
	if !(d > 0) {
		return math.Inf(1)
	}
	sum := float64(float64(r.e*r.e)*r.s.NN) - float64(2*float64(float64(r.e*r.n)*r.s.EN)) + float64(float64(r.n*r.n)*r.s.EE)
	return sum / d
}

// update applies an innovation whose measurement is of the state's components
// i and i+1 (0: place, 2: velocity). The covariance is updated in Joseph's
// form, (I-KH) P (I-KH)' + K R K', which stays positive where P - K S K' does
// not: exact fixes of what was known to the nearest hundred kilometres.
func (m *estimate) update(r *residual, i int) {
	d := det(r.s)
	if !(d > 0) {
		return
	}
	var gain [4][2]float64
	for k := range 4 {
		a, b := m.p[k][i], m.p[k][i+1]
		gain[k][0] = (float64(a*r.s.NN) - float64(b*r.s.EN)) / d
		gain[k][1] = (float64(b*r.s.EE) - float64(a*r.s.EN)) / d
	}
	var rest [4][4]float64 // I - K H
	for k := range 4 {
		rest[k][k] = 1
		rest[k][i] -= gain[k][0]
		rest[k][i+1] -= gain[k][1]
		m.x[k] += float64(gain[k][0]*r.e) + float64(gain[k][1]*r.n)
	}
	m.joseph(&rest)
	for k := range 4 {
		a := float64(gain[k][0]*r.r.EE) + float64(gain[k][1]*r.r.EN) // of K R
		b := float64(gain[k][0]*r.r.EN) + float64(gain[k][1]*r.r.NN)
		for l := range k + 1 {
			m.p[k][l] += float64(a*gain[l][0]) + float64(b*gain[l][1])
			m.p[l][k] = m.p[k][l]
		}
	}
}

// updateScalar applies the innovation y of a scalar measurement with gradient
// (he, hn) by the place, innovation variance s and measurement variance r.
func (m *estimate) updateScalar(y, he, hn, s, r float64) {
	if !(s > 0) {
		return
	}
	var gain [4]float64
	var rest [4][4]float64
	for k := range 4 {
		gain[k] = (float64(m.p[k][0]*he) + float64(m.p[k][1]*hn)) / s
		m.x[k] += float64(gain[k] * y)
		rest[k][k] = 1
		rest[k][0] -= float64(gain[k] * he)
		rest[k][1] -= float64(gain[k] * hn)
	}
	m.joseph(&rest)
	for k := range 4 {
		for l := range k + 1 {
			m.p[k][l] += float64(float64(gain[k]*r) * gain[l])
			m.p[l][k] = m.p[k][l]
		}
	}
}

// joseph replaces P by A P A'.
func (m *estimate) joseph(a *[4][4]float64) {
	var ap [4][4]float64
	for k := range 4 {
		for l := range 4 {
			ap[k][l] = dot(&a[k], &m.p[l]) // P is symmetric
		}
	}
	for k := range 4 {
		for l := range k + 1 {
			v := dot(&ap[k], &a[l])
			m.p[k][l], m.p[l][k] = v, v
		}
	}
}

func dot(a, b *[4]float64) float64 {
	return float64(a[0]*b[0]) + float64(a[1]*b[1]) + float64(a[2]*b[2]) + float64(a[3]*b[3])
}

// largest is the larger eigenvalue of a 2x2 covariance.
func largest(c obs.Cov2) float64 {
	h := (c.EE - c.NN) / 2
	return float64((c.EE+c.NN)/2) + math.Sqrt(float64(h*h)+float64(c.EN*c.EN))
}

// spread is the standard deviation of the place in its worst direction.
func spread(p *[4][4]float64) float64 {
	return math.Sqrt(max(0, largest(obs.Cov2{EE: p[0][0], EN: p[0][1], NN: p[1][1]})))
}

// distance4 is the squared Mahalanobis distance of a four-dimensional
// difference under covariance p, by Cholesky's decomposition; +Inf where p is
// not positive definite.
func distance4(d [4]float64, p [4][4]float64) float64 {
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
