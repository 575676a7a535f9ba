package kalman

import "atalaya/obs"

// Other is what somebody else believes: a place with covariance and, if V is above
// 0, a velocity with the variance of either component.
type Other struct {
	E, N   float64
	Cov    obs.Cov2
	VE, VN float64
	V      float64
}

// least is the least share of our own: the rest of a belief is never dropped, and
// nothing is divided by nought.
const least = 0.01

// rounds halve the interval of the share; 2^-30 is near enough.
const rounds = 30

// Intersect makes one of our belief and another's that may rest on the same
// measurements, nobody knows how far: covariance intersection (Julier and Uhlmann,
// Using covariance intersection for SLAM, Robotics and Autonomous Systems 55,
// 2007). The information is the mean of both with the share that makes the
// determinant of the covariance least; whatever the correlation, the error is not
// greater than it says. It gives our share: 1 where the other adds nothing.
func (m *Estimate) Intersect(o *Other) float64 {
	w := m.Share(o)
	if w == 1 {
		return w
	}
	// It is the update of a belief that is 1/w as sure by one that is 1/(1-w).
	for i := range m.P {
		for j := range m.P[i] {
			m.P[i][j] /= w
		}
	}
	r := m.Place(o.E, o.N, scaled(o.Cov, 1/(1-w)))
	m.Update(&r, 0)
	if o.V > 0 {
		r = m.Velocity(o.VE, o.VN, o.V/(1-w))
		m.Update(&r, 2)
	}
	return w
}

// Share is the share of our belief in the intersection with another's. The
// logarithm of the information's determinant is concave in it, so its slope tells
// on which side the best one lies.
func (m *Estimate) Share(o *Other) float64 {
	own, _, ok := Invert4(&m.P)
	d := Det(o.Cov)
	if !ok || !(d > 0) {
		return 1
	}
	other := [4][4]float64{{o.Cov.NN / d, -o.Cov.EN / d}, {-o.Cov.EN / d, o.Cov.EE / d}}
	if o.V > 0 {
		other[2][2], other[3][3] = 1/o.V, 1/o.V
	}
	low, high := least, 1.0
	if slope(&own, &other, high) >= 0 {
		return 1
	}
	for range rounds {
		w := (low + high) / 2
		if slope(&own, &other, w) >= 0 {
			low = w
		} else {
			high = w
		}
	}
	return low
}

// slope of the logarithm of the determinant of w a + (1-w) b.
func slope(a, b *[4][4]float64, w float64) float64 {
	var both [4][4]float64
	for i := range both {
		for j := range both {
			both[i][j] = float64(w*a[i][j]) + float64((1-w)*b[i][j])
		}
	}
	c, _, ok := Invert4(&both)
	if !ok {
		return 1 // too little of ours
	}
	sum := 0.0
	for i := range c {
		for j := range c {
			sum += float64(c[i][j] * (a[j][i] - b[j][i]))
		}
	}
	return sum
}

func scaled(c obs.Cov2, by float64) obs.Cov2 {
	return obs.Cov2{EE: float64(c.EE * by), EN: float64(c.EN * by), NN: float64(c.NN * by)}
}
