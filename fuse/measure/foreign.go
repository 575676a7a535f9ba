package measure

import (
	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
)

// A foreign measurement is what another tracker believes: a place, and a velocity
// if it has one. It may rest on what we measured ourselves, and on what the same
// tracker said before: so it is joined by covariance intersection, and of how the
// thing moves it tells nothing.

// other is the measurement for that.
func (m *Measurement) other() kalman.Other {
	return kalman.Other{E: m.X, N: m.Y, Cov: m.Cov, VE: m.Velocity.X, VN: m.Velocity.Y, V: m.Velocity.Var}
}

// adopt is what Update by a foreign measurement does.
func (m *Measurement) adopt(s *imm.State) {
	for k := range imm.Ways {
		if s.Prob[k] > 0 {
			m.intersect(&s.Est[k])
		}
	}
}

func (m *Measurement) intersect(e *kalman.Estimate) {
	if m.After != 0 {
		e.Predict(m.After, 0)
		defer e.Predict(-m.After, 0)
	}
	o := m.other()
	e.Intersect(&o)
}

// Share is our part of what is believed after a foreign measurement, 1 where it
// adds nothing.
func (m *Measurement) Share(e *kalman.Estimate) float64 {
	o := m.other()
	return e.Share(&o)
}
