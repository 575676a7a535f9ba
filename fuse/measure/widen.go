package measure

import (
	"math"

	"atalaya/geo/fmath"
	"atalaya/obs"
)

// Widen adds a covariance to that of the place that the measurement shows, of a
// thing at (x, y).
func (m *Measurement) Widen(c obs.Cov2, x, y float64) {
	if m.Kind == OfPlace {
		m.Cov = plus(m.Cov, c)
		return
	}
	u, r := m.toward(x, y)
	if !(r > 0) {
		return
	}
	along, across := axes(c, u)
	m.RangeSD = math.Sqrt(float64(m.RangeSD*m.RangeSD) + along)
	m.BearingSD = min(math.Sqrt(float64(m.BearingSD*m.BearingSD)+across/float64(r*r)), widestBearing)
}

// widestBearing tells as good as nothing.
const widestBearing = 3

// Spread is the covariance of the place that the measurement shows, of a thing
// at (x, y), as a straight one.
func (m *Measurement) Spread(x, y float64) obs.Cov2 {
	if m.Kind == OfPlace {
		return m.Cov
	}
	u, r := m.toward(x, y)
	along := float64(m.RangeSD * m.RangeSD)
	if m.Kind == OfBearing {
		along = float64(float64(1e3*r) * float64(1e3*r)) // it does not tell
	}
	across := float64(float64(r*m.BearingSD) * float64(r*m.BearingSD))
	return obs.Cov2{
		EE: float64(float64(u[0]*u[0])*along) + float64(float64(u[1]*u[1])*across),
		EN: float64(float64(u[0]*u[1]) * (along - across)),
		NN: float64(float64(u[1]*u[1])*along) + float64(float64(u[0]*u[0])*across),
	}
}

// toward is the direction and distance of a place from the sensor.
func (m *Measurement) toward(x, y float64) (u [2]float64, r float64) {
	dx, dy := x-m.X, y-m.Y
	r = fmath.Hypot(dx, dy)
	if !(r > 0) {
		return u, 0
	}
	return [2]float64{dx / r, dy / r}, r
}

// axes are the variances along a direction and across it.
func axes(c obs.Cov2, u [2]float64) (along, across float64) {
	ee, nn := float64(u[0]*u[0]), float64(u[1]*u[1])
	en := float64(2 * float64(float64(u[0]*u[1])*c.EN))
	along = float64(ee*c.EE) + en + float64(nn*c.NN)
	across = float64(nn*c.EE) - en + float64(ee*c.NN)
	return max(along, 0), max(across, 0)
}
