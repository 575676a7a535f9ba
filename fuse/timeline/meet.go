package timeline

import (
	"math"
	"slices"

	"atalaya/fuse/kalman"
	"atalaya/fuse/pmb"
	"atalaya/fuse/registration"
	"atalaya/geo/fmath"
)

// slot is a thing that a look weighs.
type slot struct {
	thing    *thing
	next     *version // what the look makes of it; before that, its prediction
	is, was  *kept    // that as the thing keeps it, and its version of the look before
	from, to int32    // of work.near
	n, at    int32    // of work.things and work.pairs, when it is solved
	meets    bool
	silent   bool // the look says nothing of whether it exists
}

// enlist gives a thing a slot, if the look weighs it or did.
func (t *Timeline) enlist(w *side, l *look, th *thing) bool {
	if t.away(l, th) {
		return false
	}
	before, at := t.versions.around(th, l.key)
	if at == nil && (before == nil || t.beyond(l, before)) {
		return false
	}
	s := slot{thing: th, next: w.draft(), from: int32(len(w.near))} //nolint:gosec // fewer than 2^31
	out := pmb.Thing{State: &s.next.state}
	s.meets = t.meet(w, l, before, s.next, &out)
	s.to = int32(len(w.near)) //nolint:gosec // fewer than 2^31
	if !s.meets && at == nil {
		w.giveBack()
		return false
	}
	if s.meets {
		t.outlook(w, l, before, &s, &out)
	}
	w.slots, w.things = append(w.slots, s), append(w.things, out)
	return true
}

// outlook prepares what the look makes of a thing that it meets, from the version
// before it.
func (t *Timeline) outlook(w *side, l *look, before *kept, s *slot, out *pmb.Thing) {
	v := s.next
	if s.to == s.from {
		t.versions.open(before, v)
	} else {
		v.stateAt = l.key.Time
	}
	v.key, v.exists = l.key, out.Existence
	if l.bearingsOnly() && out.Unseen == 1 {
		// Where silence says nothing a bearing does not either.
		s.silent = true
	}
	for _, j := range w.near[s.from:s.to] {
		p := &l.plots[j]
		pair := pmb.Pair{Plot: j, Factor: v.factor(l, p, s.thing.said != 0)}
		if p.Claim != 0 && p.Claim == v.claim {
			if e, is := out.State.Mean(), l.is(p); !(is.Distance2(&e) <= t.cfg.Gate) {
				pair.Elsewhere = wild
			}
		}
		w.met = append(w.met, pair)
	}
}

// meet makes of a draft the version before a look, predicted to its time, and
// tells whether the look weighs the thing: because it shows plots near it, which
// are added to near, or none where it should.
func (t *Timeline) meet(w *side, l *look, before *kept, v *version, out *pmb.Thing) bool {
	if before == nil {
		return false
	}
	t.versions.open(before, v)
	sensor := &t.fields.sensors[l.key.Sensor]
	out.Existence = float64(v.exists * t.survives(l.key.Time-v.key.Time))
	out.Named = v.claim != 0 || sensor.Foreign
	w.predict(t.domain(&v.identity).Model, &v.state, l.key.Time-v.stateAt)
	e := v.state.Mean()
	t.renew(l, v, &e)
	leans := &v.leans
	spread := kalman.Spread(&e.P) + t.leaning(l, leans)
	out.Seen, out.Unseen = sensor.Seen, 1
	within := share(l.region, &e)
	if !t.mute(l) && !v.told {
		seen, known := sensor.Seen, true
		if l.sight != nil {
			seen, known = l.sight(e.X[0], e.X[1], v.height)
		}
		if known {
			out.Unseen = 1 - float64(seen*within)
		}
	}
	from := len(w.near)
	reach := float64(math.Sqrt(t.cfg.Gate) * (spread + l.nearby.largest))
	if a := l.nearby.after; a > 0 {
		speed, vague := math.Sqrt(float64(e.X[2]*e.X[2])+float64(e.X[3]*e.X[3])), math.Sqrt(e.P[2][2]+e.P[3][3])
		reach += float64(a * (speed + float64(math.Sqrt(t.cfg.Gate)*vague)))
	}
	surely := float64(reach*slack) + slackMetres
	if reach > t.cfg.Reach {
		t.cutGate(w, l, &e, leans, reach)
		reach = t.cfg.Reach
	}
	t.gate(w, l, &e, leans, reach, surely)
	if within > 0 { // what is too far to be seen lies on many bearings
		plain, k := !l.biased && !leans.Any(), math.Sqrt(t.cfg.Gate)
		for i, j := range l.nearby.bearings {
			if plain && l.nearby.beams[i].Beyond(&e, spread, k) {
				continue
			}
			if t.distance2(l, &l.plots[j], &e, leans) <= t.cfg.Gate {
				w.near = append(w.near, j)
			}
		}
	}
	for _, c := range l.claims.of(v.claim) {
		if !slices.Contains(w.near[from:], c.plot) {
			w.near = append(w.near, c.plot)
		}
	}
	slices.Sort(w.near[from:])
	return len(w.near) > from || out.Unseen < 1
}

// gate adds the plots within reach whose a thing may be: surely none farther than
// the other distance.
func (t *Timeline) gate(w *side, l *look, e *kalman.Estimate, leans *registration.Leans, reach, surely float64) {
	a, ok := l.nearby.around(e.X[0], e.X[1], reach)
	if !ok {
		return
	}
	biased := l.biased || leans.Any()
	for row := a.low; row <= a.high; row++ {
		from, to := l.nearby.in(row, a.left, a.right)
		for i := range l.nearby.spots[from:to] {
			s := &l.nearby.spots[int(from)+i]
			if s.near && s.off(e.X[0], e.X[1], surely) {
				continue
			}
			p, d2 := &l.plots[s.plot], 0.0
			if biased || !s.plain {
				d2 = t.distance2(l, p, e, leans)
			} else {
				d2 = p.distance2(e)
			}
			if d2 <= t.cfg.Gate {
				w.near = append(w.near, s.plot)
			}
		}
	}
}

func (t *Timeline) survives(ns int64) float64 { return fmath.Exp(-seconds(ns) / t.cfg.Life) }
