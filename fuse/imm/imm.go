// Package imm follows a thing that moves in one of several ways at a time:
// interacting multiple models in continuous time (Blom and Bar-Shalom, IEEE
// Trans. Automatic Control 33(8), 1988).
//
//  1. A thing goes steadily, turns to either side, or is slow. It keeps to a way
//     for a mean time; then its way is drawn anew, from the shares of time that
//     things of its kind spend in each. In dt seconds it was not drawn with
//     probability e = exp(-dt/mean), and so two predictions in a row change the
//     probabilities as one of both times does.
//  2. Each way starts from what is believed if it is the present one: from its
//     own estimate if nothing was drawn, or from all of them together.
//  3. Each predicts, and is updated by a measurement as a filter of its own. How
//     well it foresaw the measurement changes its probability.
//  4. All together are one estimate: the moments of the mixture.
package imm

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
	"atalaya/obs"
)

// Ways in which a thing can move.
const (
	Steady = iota // constant velocity
	Left          // a turn, against the clock
	Right         // a turn, with the clock
	Slow          // drifting, mooring, fishing, hovering
	Ways
)

// Model tells how things of a kind move.
type Model struct {
	// Share of time that they spend in each way; the sum is 1. A way of share 0
	// does not occur.
	Share [Ways]float64
	// Mean time that they keep to a way, s.
	Mean float64
	// Noise is the spectral density of the acceleration beside each way, m2/s3;
	// of Slow it is not used.
	Noise [Ways]float64
	// Turn is the rate of Left and Right, rad/s.
	Turn float64
	// Drift is the standard deviation of a slow thing's velocity either way, m/s,
	// and Calm the time constant in which faster ones become slow, s.
	Drift, Calm float64
}

// State is what is believed of a thing.
type State struct {
	Prob [Ways]float64
	Est  [Ways]kalman.Estimate
}

// New is a thing of which nothing is known but where it is and how it moves.
func (m *Model) New(e *kalman.Estimate) State {
	var s State
	for k := range Ways {
		s.Prob[k], s.Est[k] = m.Share[k], *e
	}
	return s
}

// Predict moves the belief by dt seconds.
func (m *Model) Predict(s *State, dt float64) {
	if dt == 0 {
		return
	}
	kept := fmath.Exp(-math.Abs(dt) / m.Mean)
	all := s.Mean()
	for k := range Ways {
		if m.Share[k] == 0 {
			continue
		}
		own, drawn := float64(kept*s.Prob[k]), float64((1-kept)*m.Share[k])
		s.Prob[k] = own + drawn
		if s.Prob[k] > 0 {
			blend(&s.Est[k], &all, drawn/s.Prob[k])
		}
		switch k {
		case Steady:
			s.Est[k].Predict(dt, m.Noise[k])
		case Left:
			s.Est[k].Turn(dt, m.Turn, m.Noise[k])
		case Right:
			s.Est[k].Turn(dt, -m.Turn, m.Noise[k])
		case Slow:
			s.Est[k].Settle(dt, m.Calm, m.Drift)
		}
	}
}

// blend replaces e by the moments of e and, with weight w, other.
func blend(e, other *kalman.Estimate, w float64) {
	var d [4]float64
	for k := range 4 {
		d[k] = other.X[k] - e.X[k]
	}
	both := float64(w * (1 - w))
	for k := range 4 {
		for l := range k + 1 {
			v := e.P[k][l] + float64(w*(other.P[k][l]-e.P[k][l])) + float64(both*float64(d[k]*d[l]))
			e.P[k][l], e.P[l][k] = v, v
		}
	}
	for k := range 4 {
		e.X[k] += float64(w * d[k])
	}
}

// Mean is the belief as one estimate: the moments of all ways.
func (s *State) Mean() kalman.Estimate {
	var m kalman.Estimate
	for k := range Ways {
		for i := range 4 {
			m.X[i] += float64(s.Prob[k] * s.Est[k].X[i])
		}
	}
	for k := range Ways {
		e := &s.Est[k]
		for i := range 4 {
			di := e.X[i] - m.X[i]
			for j := range i + 1 {
				m.P[i][j] += float64(s.Prob[k] * (e.P[i][j] + float64(di*(e.X[j]-m.X[j]))))
			}
		}
	}
	for i := range 4 {
		for j := range i {
			m.P[j][i] = m.P[i][j]
		}
	}
	return m
}

// Mix is the belief in one of several, each with a weight: for each way the
// moments of what they say of it. Weights are above 0; their sum need not be 1.
func Mix(n int, of func(i int) (weight float64, s *State)) State {
	var m State
	var sum [Ways]float64
	total := 0.0
	for i := range n {
		w, s := of(i)
		total += w
		for k := range Ways {
			v := float64(w * s.Prob[k])
			sum[k] += v
			for a := range 4 {
				m.Est[k].X[a] += float64(v * s.Est[k].X[a])
			}
		}
	}
	for k := range Ways {
		m.Prob[k] = sum[k] / total
		if sum[k] == 0 {
			continue
		}
		for a := range 4 {
			m.Est[k].X[a] /= sum[k]
		}
	}
	for i := range n {
		w, s := of(i)
		for k := range Ways {
			if sum[k] == 0 {
				continue
			}
			to, e := &m.Est[k], &s.Est[k]
			v := float64(w*s.Prob[k]) / sum[k]
			for a := range 4 {
				da := e.X[a] - to.X[a]
				for b := range a + 1 {
					to.P[a][b] += float64(v * (e.P[a][b] + float64(da*(e.X[b]-to.X[b]))))
				}
			}
		}
	}
	for k := range Ways {
		for a := range 4 {
			for b := range a {
				m.Est[k].P[b][a] = m.Est[k].P[a][b]
			}
		}
	}
	return m
}

// Likelihood of a place (x, y) of covariance r, per square metre.
func (s *State) Likelihood(x, y float64, r obs.Cov2) float64 {
	sum := 0.0
	for k := range Ways {
		if s.Prob[k] > 0 {
			res := s.Est[k].Place(x, y, r)
			sum += float64(s.Prob[k] * kalman.Likelihood(res.Distance2(), res.S))
		}
	}
	return sum
}

// Place updates the belief with a place (x, y) of covariance r, and gives how
// likely it was, per square metre; 0: it could not be, and nothing changed.
func (s *State) Place(x, y float64, r obs.Cov2) float64 {
	var res [Ways]kalman.Residual
	for k := range Ways {
		res[k] = s.Est[k].Place(x, y, r)
	}
	return s.update(0, &res)
}

// Velocity is the same with a velocity of variance v either way, per (m/s)2.
func (s *State) Velocity(vx, vy, v float64) float64 {
	var res [Ways]kalman.Residual
	for k := range Ways {
		res[k] = s.Est[k].Velocity(vx, vy, v)
	}
	return s.update(2, &res)
}

func (s *State) update(of int, res *[Ways]kalman.Residual) float64 {
	var lik [Ways]float64
	sum := 0.0
	for k := range Ways {
		if s.Prob[k] > 0 {
			lik[k] = kalman.Likelihood(res[k].Distance2(), res[k].S)
			sum += float64(s.Prob[k] * lik[k])
		}
	}
	if !(sum > 0) {
		return 0
	}
	for k := range Ways {
		if s.Prob[k] > 0 {
			s.Prob[k] = float64(s.Prob[k]*lik[k]) / sum
			s.Est[k].Update(&res[k], of)
		}
	}
	return sum
}
