package timeline

import (
	"math"
	"slices"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
	"atalaya/obs"
)

// Biases of sensors (package registration).
//
//  1. A plot of a sensor with a bias is corrected by the estimate that holds in
//     the period of its look. Like what fields learn, this is what settled looks
//     up to the end of the period before the last one told: the order of arrival
//     changes nothing.
//  2. What is left of the bias widens a plot for each thing as far as the thing
//     does not share it, and what is told of a thing has it in its covariance.
//  3. Settled looks tell where things of an identity were by their own reports,
//     and which plots were theirs: those are the pairs to learn from.
type biases struct {
	registration.Registry[ID]
	prepared []prepared // for the pairs of the look that is made
}

// surely is how likely a plot is a thing's of which something is learnt.
const surely = 0.9

// prepared is a plot as it is for a thing.
type prepared struct {
	on     bool
	is     measure.Measurement
	slopes [2]registration.Bias
	gain   registration.Gain
}

// Registration tells what is known of a sensor's bias; it is false where the
// sensor has none.
func (t *Timeline) Registration(sensor int32) (registration.Report, bool) {
	if !t.biases.Has(sensor) {
		return registration.Report{}, false
	}
	return t.biases.Report(sensor, t.newest), true
}

// tellBiases notes what a settled look tells.
func (t *Timeline) tellBiases(l *look) {
	b, s := &t.biases, l.key.Sensor
	cooperative := t.fields.sensors[s].Cooperative
	if !b.Any() || !cooperative && !l.biased {
		return
	}
	for j := range l.plots {
		p := &l.plots[j]
		th, elsewhere := t.owner(l, p)
		if !p.measured && (elsewhere || p.bearers > 1) {
			t.contest(l, p)
			continue
		}
		if th == nil || !p.measured && !b.Sees(th.id) {
			continue
		}
		v := t.versions.settling(th, l.key)
		switch {
		case v == nil || v.claim == 0:
		case p.measured:
			m := &l.raw[j]
			b.Plot(l.key.Time, th.id, s, l.key.Time+int64(m.After*1e9), m, v.honest)
		case cooperative && p.Claim == v.claim && p.Kind == measure.OfPlace:
			b.Fix(l.key.Time, th.id, registration.Fix{At: l.key.Time + int64(p.After*1e9), X: p.x, Y: p.y, Cov: p.cov}, v.honest)
		}
	}
}

// contest tells of the things whose identity a plot claims, and of which it can be
// one at most.
func (t *Timeline) contest(l *look, p *plot) {
	for k := p.first; k >= 0; k = l.pairs[k].next {
		th := t.spare.all[l.pairs[k].thing]
		if !t.biases.Sees(th.id) {
			continue
		}
		if v := t.versions.settling(th, l.key); v != nil && v.claim == p.Claim {
			t.biases.Doubt(l.key.Time, th.id)
		}
	}
}

// owner is the thing whose a plot surely is, or nil; elsewhere if it claims to be
// the thing, and cannot be where it says.
func (t *Timeline) owner(l *look, p *plot) (th *thing, elsewhere bool) {
	for k := p.first; k >= 0; k = l.pairs[k].next {
		if x := &l.pairs[k]; x.weight >= surely {
			return t.spare.all[x.thing], x.elsewhere
		}
	}
	if p.nobody >= surely {
		return t.spare.all[p.born], false
	}
	return nil, false
}

// correct takes the estimated bias off a plot of a new look, and tells whether it
// may have one.
func (t *Timeline) correct(l *look, p *Plot) (measured bool) {
	s := l.key.Sensor
	if !t.biases.Has(s) {
		return false
	}
	l.biased = true
	l.raw = append(l.raw, p.Measurement)
	if p.Kind == measure.OfPlace {
		return false
	}
	m := registration.Correct(&p.Measurement, &t.biases.Now(l.key.Time)[s].Bias)
	if m.Kind == measure.OfPolar {
		m = measure.Polar(m.X, m.Y, m.Range, m.RangeSD, m.Bearing, m.BearingSD)
		m.After, m.Velocity = p.After-t.biases.Now(l.key.Time)[s].Bias[registration.Time], p.Velocity
	}
	p.Measurement = m
	return true
}

// reach makes plots be found as far away as the bias may have put them; by a clock
// that is off, what moves is elsewhere as it is by a plot's own time.
func (t *Timeline) reach(l *look) {
	if !l.biased {
		return
	}
	now := t.biases.Now(l.key.Time)
	most := 0.0
	for j := range l.plots {
		p := &l.plots[j]
		if !p.measured || p.Kind == measure.OfBearing {
			continue
		}
		c := t.slopes(l, p, &kalman.Estimate{})
		var none registration.Leans
		more := none.Against(l.key.Sensor+1, &c, now)
		most = max(most, more.EE+more.NN)
	}
	l.nearby.largest += math.Sqrt(most)
	clock := now[l.key.Sensor].Cov[registration.Time][registration.Time]
	l.nearby.after += math.Sqrt(float64(t.cfg.Gate * clock))
}

// slopes tells how the plot's place moves with the bias, if it is of a thing.
func (t *Timeline) slopes(l *look, p *plot, e *kalman.Estimate) [2]registration.Bias {
	if !p.measured {
		return [2]registration.Bias{}
	}
	j := l.sensorOf(p)
	if p.Kind != measure.OfBearing {
		return registration.Slopes(j.X, j.Y, p.x, p.y, e.X[2], e.X[3])
	}
	s := registration.Slopes(j.X, j.Y, e.X[0], e.X[1], e.X[2], e.X[3])
	s[0][registration.Range], s[1][registration.Range] = 0, 0
	return s
}

// sensorOf gives the plot as it was measured: it has the sensor's place.
func (l *look) sensorOf(p *plot) *measure.Measurement { return &l.raw[p.order] }

// renew moves what was believed of a thing to where it is by what is known now of
// biases.
func (t *Timeline) renew(l *look, v *version, e *kalman.Estimate) {
	if !v.leans.Any() {
		return
	}
	x, y := v.leans.Renew(t.biases.Now(l.key.Time))
	e.X[0] += x
	e.X[1] += y
	for k := range v.state.Est {
		v.state.Est[k].X[0] += x
		v.state.Est[k].X[1] += y
	}
}

// leaned is what a thing's leans do by what is known of biases: how far they move
// it, and the standard deviation of its place, m.
type leaned struct {
	x, y, spread float64
	version      int64 // of the registry
	known        bool
}

// leanedOf gives what the leans of a version do in a look's time; false: it has
// none. It is asked in look after look, and changes once a period.
func (t *Timeline) leanedOf(l *look, k *kept) (*leaned, bool) {
	if k.rare == 0 || !t.versions.rare(k).leans.Any() {
		return nil, false
	}
	r, version := t.versions.rares.of(k.rare), t.biases.Version(l.key.Time)
	d := &r.leaned[version&1]
	if !d.known || d.version != version {
		leans := r.leans
		x, y := leans.Renew(t.biases.Now(l.key.Time))
		*d = leaned{x, y, t.leaning(l, &leans), version, true}
	}
	return d, true
}

// leaning is the standard deviation that biases give a thing's place.
func (t *Timeline) leaning(l *look, leans *registration.Leans) float64 {
	if !leans.Any() {
		return 0
	}
	c := leans.Spread(t.biases.Now(l.key.Time))
	return math.Sqrt(c.EE + c.NN)
}

// distance2 is the distance of a plot from a thing, with what biases may do.
func (t *Timeline) distance2(l *look, p *plot, e *kalman.Estimate, leans *registration.Leans) float64 {
	is := t.asFor(l, p, e, leans)
	return is.Distance2(e)
}

// asFor is a plot of a look as it is for a thing.
func (t *Timeline) asFor(l *look, p *plot, e *kalman.Estimate, leans *registration.Leans) measure.Measurement {
	is := l.is(p)
	if l.biased || leans.Any() {
		slopes := t.slopes(l, p, e)
		is.Widen(leans.Against(l.biasOf(p), &slopes, t.biases.Now(l.key.Time)), e.X[0], e.X[1])
	}
	return is
}

// biasOf gives the sensor whose bias a plot has, as package registration counts
// them: from 1; 0: none.
func (l *look) biasOf(p *plot) int32 {
	if !p.measured {
		return 0
	}
	return l.key.Sensor + 1
}

// prepare makes of a plot what it is for a thing.
func (t *Timeline) prepare(l *look, p *plot, e *kalman.Estimate, leans *registration.Leans) prepared {
	x := prepared{on: true, is: t.asFor(l, p, e, leans), slopes: t.slopes(l, p, e)}
	place := obs.Cov2{EE: e.P[0][0], EN: e.P[0][1], NN: e.P[1][1]}
	spread := x.is.Spread(e.X[0], e.X[1])
	if x.is.Foreign {
		x.gain = registration.SharedGain(place, spread, x.is.Share(e))
		return x
	}
	x.gain = registration.GainOf(place, spread)
	return x
}

// widen makes of the plots what they are for the things.
func (t *Timeline) widen(l *look) {
	w, b := &t.work, &t.biases
	b.prepared = b.prepared[:0]
	if !b.Any() {
		return
	}
	if slices.IndexFunc(w.slots, func(s slot) bool { return s.meets && s.to > s.from && (l.biased || s.next.leans.Any()) }) < 0 {
		return
	}
	for range w.pairs {
		b.prepared = append(b.prepared, prepared{})
	}
	for i := range w.slots {
		s := &w.slots[i]
		if !s.meets || s.to == s.from || !l.biased && !s.next.leans.Any() {
			continue
		}
		e := w.things[s.n].State.Mean()
		for at := s.at; at < s.at+s.to-s.from; at++ {
			pair, x := &w.pairs[at], &b.prepared[at]
			*x = t.prepare(l, &l.plots[w.plots[pair.Plot]], &e, &s.next.leans)
			pair.Is = &x.is
			if pair.Elsewhere > 0 && x.is.Distance2(&e) <= t.cfg.Gate {
				pair.Elsewhere = 0
			}
		}
	}
}

// follow takes over how the thing leans when a pair of the look is its own with
// a probability.
func (t *Timeline) follow(l *look, at int, probability float64, v *version) {
	if at >= len(t.biases.prepared) || v.exists <= 0 {
		return
	}
	x := &t.biases.prepared[at]
	pair := &t.work.pairs[at]
	probability = min(probability/v.exists, 1)
	if !x.on || pair.Elsewhere > 0 || probability < little {
		return
	}
	of := l.biasOf(&l.plots[t.work.plots[pair.Plot]])
	v.state.Spread(v.leans.Follow(of, &x.slopes, &x.gain, probability, t.biases.Now(l.key.Time)))
}

// little is a probability with which a plot does not change how a thing leans.
const little = 0.01

// lean is how a thing leans that a plot starts.
func (t *Timeline) lean(l *look, p *plot, v *version) {
	if p.Kind == measure.OfBearing {
		v.leans = l.start(p.order).leans
	}
	if !p.measured {
		return
	}
	now := t.biases.Now(l.key.Time)
	if !v.leans.Any() {
		e := v.state.Mean()
		j := t.slopes(l, p, &e)
		v.leans = registration.Begin(l.key.Sensor+1, &j, now)
	}
	// How fast it goes is not known yet.
	speed := t.domain(&v.identity).SpeedSD
	late := float64(float64(speed*speed) * now[l.key.Sensor].Cov[registration.Time][registration.Time])
	v.state.Spread(obs.Cov2{EE: late, NN: late})
}

// show adds to what is believed of a thing what biases do.
func (t *Timeline) show(at int64, leans registration.Leans, e *kalman.Estimate) {
	if !leans.Any() {
		return
	}
	now := t.biases.Now(at)
	x, y := leans.Renew(now)
	c := leans.Spread(now)
	e.X[0] += x
	e.X[1] += y
	e.P[0][0] += c.EE
	e.P[1][1] += c.NN
	e.P[0][1] += c.EN
	e.P[1][0] += c.EN
}
