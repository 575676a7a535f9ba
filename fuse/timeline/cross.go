package timeline

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
	"atalaya/geo"
	"atalaya/geo/fmath"
)

// Where bearings cross.
//
//  1. A bearing alone starts nothing. One that is nobody's starts a thing where it
//     crosses an earlier one of another sensor, that is not older than
//     Config.Cross. Of several such places it is the one that most other looks of
//     that time have a bearing on. What one sensor sees from several places is for
//     rows of its bearings (ranging.go).
//  2. Bearings of several things from two places cross where nothing is as well,
//     and nothing tells which crossings are right. So a third place must see it
//     there too, or hardly any bearing of that time not be on it; and that many are
//     on it must be no chance, by Laplace's rule for how many are.
//  3. Where the look would show it if it were there, the thing exists with little
//     probability, until bearings or other plots fit it where it should be by then,
//     and it is let go if a look that should show it does not. Where silence says
//     nothing the bearings of that time must say all: the thing begins when they are
//     surely of one. What only two places see stays unsure.
//  4. A crossing is unsure as far as the bearings are, and as the sensors may be
//     turned; it leans on both (bias.go).
//  5. What crosses depends on the bearings of earlier keys only, settled or not,
//     and is looked for where a bearing is nobody's. A late look of bearings
//     changes what crosses in those after it, and these are made again.

const (
	// crossed is how likely a crossing is a thing that would be missed if it were
	// none.
	crossed = 0.1
	// evident is how much likelier than false the bearings on a crossing must be of one
	// thing where silence says nothing, as a logarithm: in a day there are 10^7 pairs,
	// and one in 20 may be wrong.
	evident = 19
	// paired is how likely at the most what only two places see is a thing.
	paired = 0.8
	// unclaimed is how surely a bearing must be nobody's to start a thing: others
	// are of what was started before.
	unclaimed = 0.5
	// mostCrossed is how many earlier bearings a bearing is crossed with.
	mostCrossed = 64
	// Of a thing that is alone are so many bearings, and such a share of all.
	fewest, nearly = 3, 0.7
	// apart is the sine of the angle from which on two directions are two.
	apart = 0.1
	// onIt is the squared distance of a bearing that goes through a crossing: 99 %.
	onIt = 6.63
)

// ray is a bearing, for others to cross.
type ray struct {
	key Key
	is  measure.Measurement // as unsure as its sensor may be turned, too
	// sd is that without it, and bias what it was corrected by.
	sd    float64
	bias  registration.Bias
	wrong float64 // how many are false, per radian, at the least
}

// crossing is what a bearing starts where it crosses another.
type crossing struct {
	measure.Start
	leans registration.Leans
}

// rayOf gives a bearing of a look, for others to cross.
func (t *Timeline) rayOf(l *look, p *plot) ray {
	r := ray{key: l.key, is: l.is(p), wrong: l.perRadian()}
	r.sd = r.is.BearingSD
	if p.measured {
		e := &t.biases.Now(l.key.Time)[l.key.Sensor]
		r.bias = e.Bias
		r.is.BearingSD = math.Sqrt(float64(r.sd*r.sd) + e.Cov[registration.Azimuth][registration.Azimuth])
	}
	return r
}

// cross makes room for what the bearings of the i-th look cross, which is new, and
// has those looks after it made again whose bearings of nobody's cross another now.
func (t *Timeline) cross(i int) {
	l := t.looks[i]
	if t.cfg.Cross == 0 || len(l.nearby.bearings) == 0 {
		return
	}
	l.crossed = slices.Grow(l.crossed, len(l.nearby.bearings))[:len(l.nearby.bearings)]
	clear(l.crossed)
	for j := i + 1; j < len(t.looks) && t.looks[j].key.Time <= l.key.Time+int64(t.cfg.Cross); j++ {
		t.looks[j].again = t.looks[j].again || t.crossesAnother(j)
	}
}

// crossesAnother reports whether some bearing of nobody's of the j-th look crosses
// another than when the look was made.
func (t *Timeline) crossesAnother(j int) bool {
	l := t.looks[j]
	t.work.raysOf = 0
	for n, k := range l.nearby.bearings {
		if p := &l.plots[k]; p.nobody >= unclaimed && t.best(l, p, t.raysBefore(j)) != l.crossed[n] {
			return true
		}
	}
	return false
}

// crossOf finds what a bearing crosses of the look that is made.
func (t *Timeline) crossOf(l *look, j int32) {
	n, ok := slices.BinarySearch(l.nearby.bearings, j)
	if !ok || len(l.crossed) == 0 {
		return
	}
	if l.crossed[n] = (crossing{}); l.plots[j].nobody >= unclaimed {
		l.crossed[n] = t.best(l, &l.plots[j], t.raysBefore(t.work.at))
	}
}

// raysBefore gives the bearings before the i-th look, the last first. They are
// looked for once, until work.raysOf is 0.
func (t *Timeline) raysBefore(i int) []ray {
	w := &t.work
	if w.raysOf == i+1 {
		return w.rays
	}
	w.raysOf, w.rays, t.looks[i].uncrossed = i+1, w.rays[:0], false
	since := t.looks[i].key.Time - int64(t.cfg.Cross)
	for j := i - 1; j >= 0 && t.looks[j].key.Time >= since; j-- {
		l := t.looks[j]
		for _, k := range slices.Backward(l.nearby.bearings) {
			if len(w.rays) == mostCrossed {
				t.looks[i].uncrossed = true
				return w.rays
			}
			w.rays = append(w.rays, t.rayOf(l, &l.plots[k]))
		}
	}
	for j := len(t.rays) - 1; j >= 0 && t.rays[j].key.Time >= since; j-- {
		if len(w.rays) == mostCrossed {
			t.looks[i].uncrossed = true
			break
		}
		w.rays = append(w.rays, t.rays[j])
	}
	return w.rays
}

// best is the crossing of a plot that most looks have a bearing on; its weight is 0
// where there is none.
func (t *Timeline) best(l *look, p *plot, rays []ray) crossing {
	own := t.rayOf(l, p)
	speed := t.domainOf(cmp.Or(p.Domain, t.cfg.BearingsAs)).SpeedSD
	most, with, weight := 0, -1, 0.0
	for i := range rays {
		r := &rays[i]
		if r.key.Sensor == own.key.Sensor {
			continue
		}
		q := r.at(own.key)
		e, err := measure.Cross(&q, &own.is, speed)
		if err != nil || !t.reaches(&own, &e) || !t.reaches(r, &e) {
			continue
		}
		o := onlookers(&e, &own, &q, rays)
		if !o.third && !o.nearlyAll(len(rays)+len(l.nearby.bearings)-1) || o.looks <= most {
			continue
		}
		w, enough := crossed, fmath.Log(float64(len(rays)))
		if t.silent(l, &e) {
			if w, enough = surest, evident; !o.third {
				w = paired
			}
		}
		if ofOne(e, own.key, rays, i) >= enough {
			most, with, weight = o.looks, i, w
		}
	}
	if with < 0 {
		return crossing{}
	}
	return own.meet(&rays[with], weight, speed)
}

// meet is where two bearings cross, and how that leans on their sensors.
func (r *ray) meet(o *ray, weight, speed float64) crossing {
	a, b := o.at(r.key), r.is
	a.BearingSD, b.BearingSD = o.sd, r.sd
	e, err := measure.Cross(&a, &b, speed)
	if err != nil {
		return crossing{}
	}
	c := crossing{Start: measure.Start{Weight: weight, Estimate: e}}
	if r.sd < r.is.BearingSD {
		c.leans[0] = registration.Lean{Of: r.key.Sensor + 1, On: along(&b, &a, &e), From: r.bias}
	}
	if o.sd < o.is.BearingSD {
		c.leans[1] = registration.Lean{Of: o.key.Sensor + 1, On: along(&a, &b, &e), From: o.bias}
	}
	return c
}

// along is how a crossing moves with the azimuth of one sensor: along the other's
// bearing.
func along(turned, other *measure.Measurement, e *kalman.Estimate) (on [2]registration.Bias) {
	dx, dy := e.X[0]-turned.X, e.X[1]-turned.Y
	sin, cos := fmath.Sincos(other.Bearing)
	// The bearing's normal is (dy, -dx) by the distance, which it moves by.
	across := (float64(sin*dy) - float64(cos*dx)) / (float64(dx*dx) + float64(dy*dy))
	on[0][registration.Azimuth], on[1][registration.Azimuth] = sin/across, cos/across
	return on
}

// reaches reports whether a thing is not too far for a bearing's sensor.
func (t *Timeline) reaches(r *ray, e *kalman.Estimate) bool {
	far := cmp.Or(t.fields.sensors[r.key.Sensor].Reach, remotest)
	return fmath.Hypot(e.X[0]-r.is.X, e.X[1]-r.is.Y) <= far
}

// silent reports whether a look would not be known to have missed a thing.
func (t *Timeline) silent(l *look, e *kalman.Estimate) bool {
	known := true
	if l.sight != nil {
		_, known = l.sight(e.X[0], e.X[1], geo.Height{})
	}
	return t.mute(l) || !known
}

// ofOne is how much likelier than false the bearings on a crossing are of one
// thing, by Laplace's rule for how many are, as a logarithm; one of the two that
// cross is of rays.
func ofOne(e kalman.Estimate, k Key, rays []ray, with int) (odds float64) {
	hits, all := 0.0, 0.0
	for i := range rays {
		if i == with {
			continue
		}
		m := rays[i].at(k)
		share := (all - hits + 1) / (all + 2)
		if m.Distance2(&e) <= onIt {
			share = float64((hits+1)*m.UpdateOne(&e)) / float64((all+2)*rays[i].wrong)
			hits++
		}
		all++
		odds += fmath.Log(share)
	}
	return odds
}

// at is the bearing as one of a thing at the time of a look.
func (r *ray) at(k Key) measure.Measurement {
	m := r.is
	m.After -= seconds(k.Time - r.key.Time)
	return m
}

// onlooker are the bearings on a crossing.
type onlooker struct {
	rays, looks int
	third       bool // from a third place
}

// onlookers finds the bearings on a crossing of two.
func onlookers(e *kalman.Estimate, a *ray, b *measure.Measurement, rays []ray) (o onlooker) {
	var last Key
	for i := range rays {
		m := rays[i].at(a.key)
		if m.Distance2(e) > onIt {
			continue
		}
		o.rays++
		if o.looks == 0 || rays[i].key != last {
			o.looks, last = o.looks+1, rays[i].key
		}
		o.third = o.third || aside(e, &m, &a.is) && aside(e, &m, b)
	}
	return o
}

// nearlyAll reports whether they are nearly all bearings, and enough to say so.
func (o *onlooker) nearlyAll(of int) bool {
	return o.rays >= fewest && float64(o.rays) >= float64(nearly*float64(of))
}

// aside reports whether a thing lies in another direction from one sensor than
// from another.
func aside(e *kalman.Estimate, a, b *measure.Measurement) bool {
	ax, ay, bx, by := e.X[0]-a.X, e.X[1]-a.Y, e.X[0]-b.X, e.X[1]-b.Y
	cross := float64(ax*by) - float64(ay*bx)
	return math.Abs(cross) > float64(apart*float64(fmath.Hypot(ax, ay)*fmath.Hypot(bx, by)))
}

// keepRays keeps the bearings of a look that is settled as long as later ones may
// cross them.
func (t *Timeline) keepRays(l *look) {
	if t.cfg.Cross == 0 {
		return
	}
	for _, j := range l.nearby.bearings {
		t.rays = append(t.rays, t.rayOf(l, &l.plots[j]))
	}
	gone, since := 0, t.newest-int64(t.cfg.Lag)-int64(t.cfg.Cross)
	for gone < len(t.rays) && t.rays[gone].key.Time < since {
		gone++
	}
	t.rays = t.rays[:copy(t.rays, t.rays[gone:])]
}

// chance is how likely a plot starts a thing, where so many are new.
func (l *look) chance(j int32, free float64) float64 {
	p := &l.plots[j]
	switch {
	case p.Kind != measure.OfBearing:
		return float64(p.nobody*free) / (p.clutter + free)
	case p.nobody >= unclaimed:
		return float64(p.nobody * l.start(j).Weight)
	}
	return 0
}

// start is what a bearing starts; its weight is how likely that is a thing.
func (l *look) start(j int32) (s crossing) {
	n, _ := slices.BinarySearch(l.nearby.bearings, j)
	if len(l.crossed) > n && (l.crossed[n].Weight <= crossed || l.plots[j].nobody >= free) {
		s = l.crossed[n]
	}
	if len(l.ranged) > n && l.ranged[n].Weight > s.Weight && l.plots[j].nobody >= free {
		s = crossing{Start: l.ranged[n]}
	}
	return s
}
