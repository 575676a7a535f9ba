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
	m.Begin(&s, e)
	return s
}

// Begin makes a State New.
func (m *Model) Begin(s *State, e *kalman.Estimate) {
	for k := range Ways {
		s.Prob[k], s.Est[k] = m.Share[k], *e
	}
}

// Step is what a time does to every belief of a Model.
type Step struct {
	model       *Model
	dt          float64
	kept        float64
	left, right kalman.Motion
	slow        kalman.Motion
}

// Step of dt seconds.
func (m *Model) Step(dt float64) Step {
	s := Step{model: m, dt: dt, kept: fmath.Exp(-math.Abs(dt) / m.Mean)}
	if m.Share[Left] > 0 {
		s.left = kalman.Turning(dt, m.Turn, m.Noise[Left])
	}
	if m.Share[Right] > 0 {
		s.right = kalman.Turning(dt, -m.Turn, m.Noise[Right])
	}
	if m.Share[Slow] > 0 {
		s.slow = kalman.Settling(dt, m.Calm, m.Drift)
	}
	return s
}

// Is reports whether it is the step of so many seconds of a model.
func (p *Step) Is(m *Model, dt float64) bool { return p.model == m && p.dt == dt }

// Predict moves the belief by dt seconds.
func (m *Model) Predict(s *State, dt float64) {
	step := m.Step(dt)
	step.Predict(s)
}

// Predict moves the belief.
func (p *Step) Predict(s *State) {
	if p.dt == 0 {
		return
	}
	all := s.Mean()
	lost := 0.0 // by ways that do not occur: the belief comes from another model
	for k := range Ways {
		if p.model.Share[k] == 0 && s.Prob[k] > 0 {
			lost += float64(p.kept * s.Prob[k])
			s.Prob[k] = 0
		}
	}
	for k := range Ways {
		share := p.model.Share[k]
		if share == 0 {
			continue
		}
		own, drawn := float64(p.kept*s.Prob[k]), float64((1-p.kept+lost)*share)
		s.Prob[k] = own + drawn
		if s.Prob[k] > 0 {
			blend(&s.Est[k], &all, drawn/s.Prob[k])
		}
		switch k {
		case Steady:
			s.Est[k].Predict(p.dt, p.model.Noise[k])
		case Left:
			s.Est[k].Move(&p.left)
		case Right:
			s.Est[k].Move(&p.right)
		case Slow:
			s.Est[k].Move(&p.slow)
		}
	}
}

// blend replaces e by the moments of e and, with weight w, other.
func blend(e, other *kalman.Estimate, w float64) {
	d0, d1, d2, d3 := other.X[0]-e.X[0], other.X[1]-e.X[1], other.X[2]-e.X[2], other.X[3]-e.X[3]
	both := float64(w * (1 - w))
	p, q := &e.P, &other.P
	p[0][0] = p[0][0] + float64(w*(q[0][0]-p[0][0])) + float64(both*float64(d0*d0))
	p[1][0] = p[1][0] + float64(w*(q[1][0]-p[1][0])) + float64(both*float64(d1*d0))
	p[1][1] = p[1][1] + float64(w*(q[1][1]-p[1][1])) + float64(both*float64(d1*d1))
	p[2][0] = p[2][0] + float64(w*(q[2][0]-p[2][0])) + float64(both*float64(d2*d0))
	p[2][1] = p[2][1] + float64(w*(q[2][1]-p[2][1])) + float64(both*float64(d2*d1))
	p[2][2] = p[2][2] + float64(w*(q[2][2]-p[2][2])) + float64(both*float64(d2*d2))
	p[3][0] = p[3][0] + float64(w*(q[3][0]-p[3][0])) + float64(both*float64(d3*d0))
	p[3][1] = p[3][1] + float64(w*(q[3][1]-p[3][1])) + float64(both*float64(d3*d1))
	p[3][2] = p[3][2] + float64(w*(q[3][2]-p[3][2])) + float64(both*float64(d3*d2))
	p[3][3] = p[3][3] + float64(w*(q[3][3]-p[3][3])) + float64(both*float64(d3*d3))
	e.Mirror()
	e.X[0] += float64(w * d0)
	e.X[1] += float64(w * d1)
	e.X[2] += float64(w * d2)
	e.X[3] += float64(w * d3)
}

// Mean is the belief as one estimate: the moments of all ways.
func (s *State) Mean() kalman.Estimate {
	var x0, x1, x2, x3 float64
	for k := range Ways {
		if w := s.Prob[k]; w > 0 {
			x := &s.Est[k].X
			x0, x1, x2, x3 = x0+float64(w*x[0]), x1+float64(w*x[1]), x2+float64(w*x[2]), x3+float64(w*x[3])
		}
	}
	var p00, p10, p11, p20, p21, p22, p30, p31, p32, p33 float64
	for k := range Ways {
		w := s.Prob[k]
		if w == 0 {
			continue
		}
		x, p := &s.Est[k].X, &s.Est[k].P
		d0, d1, d2, d3 := x[0]-x0, x[1]-x1, x[2]-x2, x[3]-x3
		p00 += float64(w * (p[0][0] + float64(d0*d0)))
		p10 += float64(w * (p[1][0] + float64(d1*d0)))
		p11 += float64(w * (p[1][1] + float64(d1*d1)))
		p20 += float64(w * (p[2][0] + float64(d2*d0)))
		p21 += float64(w * (p[2][1] + float64(d2*d1)))
		p22 += float64(w * (p[2][2] + float64(d2*d2)))
		p30 += float64(w * (p[3][0] + float64(d3*d0)))
		p31 += float64(w * (p[3][1] + float64(d3*d1)))
		p32 += float64(w * (p[3][2] + float64(d3*d2)))
		p33 += float64(w * (p[3][3] + float64(d3*d3)))
	}
	return kalman.Estimate{
		X: [4]float64{x0, x1, x2, x3},
		P: [4][4]float64{{p00, p10, p20, p30}, {p10, p11, p21, p31}, {p20, p21, p22, p32}, {p30, p31, p32, p33}},
	}
}

// Mix makes to the belief in one of several, each with a weight: for each way the
// moments of what they say of it. Weights are above 0; their sum need not be 1.
// What is mixed stays what it is; to is none of it.
func Mix(to *State, weights []float64, of []*State) {
	of = of[:len(weights)]
	total := 0.0
	for _, w := range weights {
		total += w
	}
	for k := range Ways {
		var sum, x0, x1, x2, x3 float64
		for i, w := range weights {
			s := of[i]
			v := float64(w * s.Prob[k])
			x := &s.Est[k].X
			sum += v
			x0, x1, x2, x3 = x0+float64(v*x[0]), x1+float64(v*x[1]), x2+float64(v*x[2]), x3+float64(v*x[3])
		}
		to.Prob[k] = sum / total
		if sum == 0 {
			to.Est[k] = kalman.Estimate{}
			continue
		}
		x0, x1, x2, x3 = x0/sum, x1/sum, x2/sum, x3/sum
		var p00, p10, p11, p20, p21, p22, p30, p31, p32, p33 float64
		for i, w := range weights {
			s := of[i]
			v := float64(w*s.Prob[k]) / sum
			x, p := &s.Est[k].X, &s.Est[k].P
			d0, d1, d2, d3 := x[0]-x0, x[1]-x1, x[2]-x2, x[3]-x3
			p00 += float64(v * (p[0][0] + float64(d0*d0)))
			p10 += float64(v * (p[1][0] + float64(d1*d0)))
			p11 += float64(v * (p[1][1] + float64(d1*d1)))
			p20 += float64(v * (p[2][0] + float64(d2*d0)))
			p21 += float64(v * (p[2][1] + float64(d2*d1)))
			p22 += float64(v * (p[2][2] + float64(d2*d2)))
			p30 += float64(v * (p[3][0] + float64(d3*d0)))
			p31 += float64(v * (p[3][1] + float64(d3*d1)))
			p32 += float64(v * (p[3][2] + float64(d3*d2)))
			p33 += float64(v * (p[3][3] + float64(d3*d3)))
		}
		to.Est[k] = kalman.Estimate{
			X: [4]float64{x0, x1, x2, x3},
			P: [4][4]float64{{p00, p10, p20, p30}, {p10, p11, p21, p31}, {p20, p21, p22, p32}, {p30, p31, p32, p33}},
		}
	}
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

// Spread adds a covariance to that of the place.
func (s *State) Spread(c obs.Cov2) {
	for k := range Ways {
		p := &s.Est[k].P
		p[0][0] += c.EE
		p[1][1] += c.NN
		p[0][1] += c.EN
		p[1][0] += c.EN
	}
}
