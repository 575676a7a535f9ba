package timeline

import (
	"math"
	"slices"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/geo/fmath"
)

// Where bearings cross.
//
//  1. A bearing alone starts nothing. One that is nobody's starts a thing where it
//     crosses an earlier one from another place, that is not older than
//     Config.Cross. Of several such places it is the one that most other looks of
//     that time have a bearing on.
//  2. Bearings of several things from two places cross where nothing is as well,
//     and nothing tells which crossings are right. So a third place must see it
//     there too, or hardly any bearing of that time not be on it.
//  3. The thing exists with little probability, until bearings or other plots fit
//     it where it should be by then, and it is let go if a look that should show
//     it does not.
//  4. What crosses depends on the bearings of earlier keys only, settled or not.
//     A late look of bearings changes what crosses in those after it, and these
//     are made again.

const (
	// crossed is how likely a crossing is a thing.
	crossed = 0.1
	// unclaimed is how surely a bearing must be nobody's to start a thing: others
	// are of what was started before.
	unclaimed = 0.5
	// mostCrossed is how many earlier bearings a bearing is crossed with.
	mostCrossed = 32
	// Of a thing that is alone are so many bearings, and such a share of all.
	fewest, nearly = 3, 0.7
	// apart is the sine of the angle from which on two directions are two.
	apart = 0.1
	// onIt is the squared distance of a bearing that goes through a crossing: 99 %.
	onIt = 6.63
)

// ray is an earlier bearing.
type ray struct {
	key Key
	is  measure.Measurement
}

// cross finds what the bearings of the i-th look, which is new, cross, and what
// those after it now do.
func (t *Timeline) cross(i int) {
	l := t.looks[i]
	if t.cfg.Cross == 0 || len(l.nearby.bearings) == 0 {
		return
	}
	t.crossings(i)
	for j := i + 1; j < len(t.looks) && t.looks[j].key.Time <= l.key.Time+int64(t.cfg.Cross); j++ {
		if t.crossings(j) {
			t.looks[j].again = true
		}
	}
}

// crossings finds what the bearings of a look cross, and tells whether that is
// another than before.
func (t *Timeline) crossings(i int) (changed bool) {
	l := t.looks[i]
	if len(l.nearby.bearings) == 0 {
		return false
	}
	rays := t.raysBefore(i)
	for n, j := range l.nearby.bearings {
		if n == len(l.crossed) {
			l.crossed = append(l.crossed, measure.Start{})
		}
		var s measure.Start
		if e, ok := t.best(l, &l.plots[j], rays); ok {
			s = measure.Start{Weight: crossed, Estimate: e}
		}
		changed = changed || s != l.crossed[n]
		l.crossed[n] = s
	}
	return changed
}

// raysBefore gives the bearings before a look, the last first.
func (t *Timeline) raysBefore(i int) []ray {
	w := &t.work
	w.rays = w.rays[:0]
	since := t.looks[i].key.Time - int64(t.cfg.Cross)
	for j := i - 1; j >= 0 && t.looks[j].key.Time >= since; j-- {
		l := t.looks[j]
		for _, k := range slices.Backward(l.nearby.bearings) {
			if len(w.rays) == mostCrossed {
				return t.uncrossed(t.looks[i])
			}
			w.rays = append(w.rays, ray{l.key, l.is(&l.plots[k])})
		}
	}
	for j := len(t.rays) - 1; j >= 0 && t.rays[j].key.Time >= since; j-- {
		if len(w.rays) == mostCrossed {
			return t.uncrossed(t.looks[i])
		}
		w.rays = append(w.rays, t.rays[j])
	}
	return w.rays
}

// uncrossed gives the bearings that those of a look are crossed with, and notes that
// there are more.
func (t *Timeline) uncrossed(l *look) []ray {
	from := l.is(&l.plots[l.nearby.bearings[0]])
	t.Shedding(ShedBearings, from.X, from.Y, 1)
	return t.work.rays
}

// best is the crossing of a plot that most looks have a bearing on.
func (t *Timeline) best(l *look, p *plot, rays []ray) (at kalman.Estimate, ok bool) {
	most, k, is := 0, l.key, l.is(p)
	for i := range rays {
		q := rays[i].at(k)
		if q.X == is.X && q.Y == is.Y {
			continue
		}
		e, err := measure.Cross(&q, &is, t.cfg.SpeedSD)
		if err != nil {
			continue
		}
		if !third(&e, &is, &q, k, rays) && !alone(&e, k, rays, len(l.nearby.bearings)-1) {
			continue
		}
		if n := support(&e, k, rays); n > most {
			most, at = n, e
		}
	}
	return at, most > 0
}

// at is the bearing as one of a thing at the time of a look.
func (r *ray) at(k Key) measure.Measurement {
	m := r.is
	m.After -= seconds(k.Time - r.key.Time)
	return m
}

// third reports whether there is a bearing on a thing from a third place.
func third(e *kalman.Estimate, p, q *measure.Measurement, k Key, rays []ray) bool {
	for i := range rays {
		m := rays[i].at(k)
		if aside(e, &m, p) && aside(e, &m, q) && m.Distance2(e) <= onIt {
			return true
		}
	}
	return false
}

// aside reports whether a thing lies in another direction from one sensor than
// from another.
func aside(e *kalman.Estimate, a, b *measure.Measurement) bool {
	ax, ay, bx, by := e.X[0]-a.X, e.X[1]-a.Y, e.X[0]-b.X, e.X[1]-b.Y
	cross := float64(ax*by) - float64(ay*bx)
	return math.Abs(cross) > float64(apart*float64(fmath.Hypot(ax, ay)*fmath.Hypot(bx, by)))
}

// alone reports whether nearly all bearings are on a thing, and are enough to say
// so: others of the plot's look are not.
func alone(e *kalman.Estimate, k Key, rays []ray, others int) bool {
	n := 0
	for i := range rays {
		if m := rays[i].at(k); m.Distance2(e) <= onIt {
			n++
		}
	}
	return n >= fewest && float64(n) >= float64(nearly*float64(len(rays)+others))
}

// support counts the looks that have a bearing on a thing.
func support(e *kalman.Estimate, k Key, rays []ray) int {
	n := 0
	var last Key
	for i := range rays {
		if n > 0 && rays[i].key == last {
			continue // that look is counted
		}
		if m := rays[i].at(k); m.Distance2(e) <= onIt {
			n, last = n+1, rays[i].key
		}
	}
	return n
}

// keepRays keeps the bearings of a look that is settled as long as later ones may
// cross them.
func (t *Timeline) keepRays(l *look) {
	if t.cfg.Cross == 0 {
		return
	}
	for _, j := range l.nearby.bearings {
		t.rays = append(t.rays, ray{l.key, l.is(&l.plots[j])})
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
func (l *look) start(j int32) (s measure.Start) {
	n, _ := slices.BinarySearch(l.nearby.bearings, j)
	if len(l.crossed) > n {
		s = l.crossed[n]
	}
	if len(l.ranged) > n && l.ranged[n].Weight > s.Weight && l.plots[j].nobody >= free {
		s = l.ranged[n]
	}
	return s
}
