package registration

import (
	"atalaya/fuse/kalman"
	"atalaya/obs"
)

// Lean is how a thing's place rests on the bias of a sensor: by how much it is
// wrong for each part of what is left of it.
type Lean struct {
	Of int32   // the sensor, from 1; 0: none
	On [2]Bias // east and north, m
	// From is the estimate of the bias that the place was made with.
	From Bias
}

// Leans are those on the sensors that made a thing what it is. The estimate of a
// thing is of what it would be without bias; with Spread it is of what it is.
// Estimates of biases are given by sensor: number 1 is the first.
type Leans [2]Lean

// Begin is how a thing leans that starts with a plot of a sensor.
func Begin(sensor int32, j *[2]Bias, now []Estimate) Leans {
	return Leans{{Of: sensor, On: *j, From: now[sensor-1].Bias}}
}

// Any reports whether it rests on any.
func (l *Leans) Any() bool { return l[0].Of != 0 || l[1].Of != 0 }

// Spread is the covariance that the biases give the place.
func (l *Leans) Spread(now []Estimate) obs.Cov2 {
	var sum obs.Cov2
	for i := range l {
		if s := l[i].Of; s != 0 {
			sum = plus(sum, through(&l[i].On, &now[s-1].Cov))
		}
	}
	return sum
}

// Renew is how far the place moves because biases are known better than when it
// was made.
func (l *Leans) Renew(now []Estimate) (x, y float64) {
	for i := range l {
		a := &l[i]
		if a.Of == 0 {
			continue
		}
		b := &now[a.Of-1].Bias
		for k := range Parts {
			d := b[k] - a.From[k]
			x -= float64(a.On[0][k] * d)
			y -= float64(a.On[1][k] * d)
		}
		a.From = *b
	}
	return x, y
}

// Against is the covariance that biases give the difference between the thing's
// place and a plot's whose slopes are j. The sensor's own counts as far as the
// thing does not share it: not at all if the sensor made the thing.
func (l *Leans) Against(sensor int32, j *[2]Bias, now []Estimate) obs.Cov2 {
	var sum obs.Cov2
	own := *j
	for i := range l {
		a := &l[i]
		switch a.Of {
		case 0:
		case sensor:
			for k := range Parts {
				own[0][k] -= a.On[0][k]
				own[1][k] -= a.On[1][k]
			}
		default:
			sum = plus(sum, through(&a.On, &now[a.Of-1].Cov))
		}
	}
	if sensor == 0 {
		return sum
	}
	return plus(sum, through(&own, &now[sensor-1].Cov))
}

// Gain is how far an update moves the place by the difference of a plot's from
// it.
type Gain [2][2]float64

// GainOf is the gain of a place of covariance p by a plot of covariance r.
func GainOf(p, r obs.Cov2) Gain {
	s := plus(p, r)
	d := kalman.Det(s)
	if !(d > 0) {
		return Gain{}
	}
	return Gain{
		{(float64(p.EE*s.NN) - float64(p.EN*s.EN)) / d, (float64(p.EN*s.EE) - float64(p.EE*s.EN)) / d},
		{(float64(p.EN*s.NN) - float64(p.NN*s.EN)) / d, (float64(p.NN*s.EE) - float64(p.EN*s.EN)) / d},
	}
}

// SharedGain is that of covariance intersection with a share of the place's own.
func SharedGain(p, r obs.Cov2, share float64) Gain {
	if share >= 1 {
		return Gain{}
	}
	f := share / (1 - share)
	return GainOf(p, obs.Cov2{EE: float64(f * r.EE), EN: float64(f * r.EN), NN: float64(f * r.NN)})
}

// Follow takes over an update that was made with a probability, by a plot of a
// sensor with slopes j; 0 is a sensor without bias. What no longer has a place
// here is given back: a covariance of the thing's own from now on.
func (l *Leans) Follow(sensor int32, j *[2]Bias, g *Gain, probability float64, now []Estimate) (forgotten obs.Cov2) {
	for i := range l {
		if a := &l[i]; a.Of != 0 {
			a.left(g, probability)
		}
	}
	if sensor != 0 {
		to := -1
		for i := range l {
			if l[i].Of == sensor {
				to = i
			}
		}
		if to < 0 {
			to = l.weakest(now)
			if l[to].Of != 0 {
				forgotten = through(&l[to].On, &now[l[to].Of-1].Cov)
			}
			l[to] = Lean{Of: sensor, From: now[sensor-1].Bias}
		}
		a := &l[to]
		for k := range Parts {
			a.On[0][k] += float64(probability * (float64(g[0][0]*j[0][k]) + float64(g[0][1]*j[1][k])))
			a.On[1][k] += float64(probability * (float64(g[1][0]*j[0][k]) + float64(g[1][1]*j[1][k])))
		}
	}
	for i := range l {
		if a := &l[i]; a.Of != 0 {
			if c := through(&a.On, &now[a.Of-1].Cov); c.EE+c.NN < nothing {
				*a = Lean{}
			}
		}
	}
	return forgotten
}

// nothing is a variance of a place that is not worth keeping, m2.
const nothing = 1e-3

// weakest is the place of what matters least.
func (l *Leans) weakest(now []Estimate) int {
	at, least := 0, 0.0
	for i := range l {
		if l[i].Of == 0 {
			return i
		}
		c := through(&l[i].On, &now[l[i].Of-1].Cov)
		if v := c.EE + c.NN; i == 0 || v < least {
			at, least = i, v
		}
	}
	return at
}

// left is what an update leaves of it.
func (a *Lean) left(g *Gain, probability float64) {
	for k := range Parts {
		e, n := a.On[0][k], a.On[1][k]
		a.On[0][k] -= float64(probability * (float64(g[0][0]*e) + float64(g[0][1]*n)))
		a.On[1][k] -= float64(probability * (float64(g[1][0]*e) + float64(g[1][1]*n)))
	}
}

// through is j b j'.
func through(j *[2]Bias, b *Matrix) obs.Cov2 {
	var e, n Bias
	for k := range Parts {
		for l := range Parts {
			e[k] += float64(j[0][l] * b[l][k])
			n[k] += float64(j[1][l] * b[l][k])
		}
	}
	var c obs.Cov2
	for k := range Parts {
		c.EE += float64(e[k] * j[0][k])
		c.EN += float64(e[k] * j[1][k])
		c.NN += float64(n[k] * j[1][k])
	}
	return c
}

func plus(a, b obs.Cov2) obs.Cov2 {
	return obs.Cov2{EE: a.EE + b.EE, EN: a.EN + b.EN, NN: a.NN + b.NN}
}
