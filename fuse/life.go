package fuse

import (
	"cmp"
	"math"
	"time"

	"atalaya/fuse/belief"
	"atalaya/fuse/kalman"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// mergeAfter is how often in a row a track must look like another.
const mergeAfter = 3

// merge joins nameless tracks that were updated in this step with tracks that
// they have looked like for a while.
func (t *Tracker) merge() {
	if len(t.moved) == 0 {
		return
	}
	if !t.gatesOpen {
		t.openGates()
	}
	for _, l := range t.moved {
		if l.Status == track.Ended || l.named() || l.nearStep == t.steps {
			continue
		}
		l.nearStep = t.steps
		other := t.alike(l)
		switch {
		case l.near != 0 && l.nearly >= mergeAfter:
			other = t.byID[l.near] // the sensor itself said so
		case other == nil:
			l.near, l.nearly = 0, 0
			continue
		case other.ID == l.near:
			l.nearly++
		default:
			l.near, l.nearly = other.ID, 1
		}
		if l.nearly < mergeAfter {
			continue
		}
		l.near, l.nearly = 0, 0
		if other != nil && other.Status != track.Ended {
			t.join(l, other)
		}
	}
}

// mayMerge has a track compared with those round it at the end of the step.
func (t *Tracker) mayMerge(l *live) {
	if !l.named() {
		t.moved = append(t.moved, l)
	}
}

// alike finds the track that is nearest to l in place and velocity, inside the
// gate, and may be the same thing.
func (t *Tracker) alike(l *live) *live {
	var best *live
	least := t.cfg.MergeGate
	for _, i := range t.near(l.State.Position, kalman.Spread(&l.State.Cov)) {
		o := t.tracks[i]
		if o == l || o.Status == track.Ended || parted(l, o) {
			continue
		}
		at := max(l.at, o.at)
		a, okA := l.expect(at)
		b, okB := o.expect(at)
		if !okA || !okB || kalman.Spread(&b.P) > maxReach {
			continue
		}
		e, n := a.plane.XY(b.plane.Position(b.X[0], b.X[1]))
		d := [4]float64{e - a.X[0], n - a.X[1], b.X[2] - a.X[2], b.X[3] - a.X[3]}
		for r := range 4 {
			for c := range 4 {
				a.P[r][c] += b.P[r][c]
			}
		}
		if d2 := kalman.Distance4(d, a.P); d2 < least {
			best, least = o, d2
		}
	}
	return best
}

// parted reports whether two tracks are surely two things: they differ in
// name or domain, or one sensor saw both in one look.
func parted(a, b *live) bool {
	if a.Domain != b.Domain && a.Domain != track.UnknownDomain && b.Domain != track.UnknownDomain {
		return true
	}
	if belief.Differ(a.Claims, b.Claims) {
		return true
	}
	for i := range a.src {
		s := &a.src[i]
		if s.kind == sensor.Person {
			continue // two people may see one thing at one time
		}
		if last := b.lastFrom(s.id); last != noTime {
			gap := s.last - last
			if max(gap, -gap) < max(int64(s.period)/2, 250e6) {
				return true
			}
		}
	}
	return false
}

// join makes one track of two. The older one stays if both are confirmed, or
// else the confirmed one, or else the one with a name.
func (t *Tracker) join(a, b *live) {
	keep, gone := a, b
	switch sureA, sureB := a.Status != track.Tentative, b.Status != track.Tentative; {
	case sureA != sureB:
		if sureB {
			keep, gone = b, a
		}
	case !sureA && a.named() != b.named():
		if b.named() {
			keep, gone = b, a
		}
	case b.ID < a.ID:
		keep, gone = b, a
	}
	t.stats.Merges++
	t.unname(gone)
	gone.Status = track.Ended
	at := max(keep.at, gone.at)
	t.emit(track.Merged, gone, at, keep.ID, nil)
	t.inherit(keep, gone)
	t.rename(keep)
	t.emit(track.Updated, keep, keep.at, 0, nil)
	t.confirm(keep)
	t.emit(track.Identity, keep, keep.at, 0, nil)
}

// inherit gives keep what gone knew: the better state, claims, sources.
func (t *Tracker) inherit(keep, gone *live) {
	k, _ := keep.expect(max(keep.at, gone.at))
	if gone.at >= keep.at && kalman.Spread(&gone.State.Cov) < kalman.Spread(&k.P) {
		height := keep.State
		keep.State, keep.at, keep.past = gone.State, gone.at, gone.past
		if !keep.State.Height.Known() {
			keep.State.Height, keep.State.Climb = height.Height, height.Climb
		}
	} else if !keep.State.Height.Known() {
		keep.State.Height, keep.State.Climb = gone.State.Height, gone.State.Climb
	}
	for _, c := range gone.Claims {
		keep.claim([]obs.Claim{c.Claim}, c.Honest)
	}
	for _, s := range gone.src {
		r := report{kind: s.kind, period: s.period, t: s.last, o: &obs.Observation{}}
		r.sensor = s.id
		keep.heard(&r, t)
		for i := range keep.src {
			if k := &keep.src[i]; k.id == s.id {
				k.placed = max(k.placed, s.placed)
				k.target = cmp.Or(k.target, s.target)
			}
		}
	}
	if !keep.kindSet && keep.Kind == obs.Unknown {
		keep.Kind = gone.Kind
	}
	if !keep.domainSet && keep.Domain == track.UnknownDomain {
		keep.Domain = gone.Domain
	}
	keep.move = t.motionOf(keep.Kind, keep.Domain)
	keep.Existence = max(keep.Existence, gone.Existence)
	keep.looks |= gone.looks
	keep.Proven = keep.Proven || gone.Proven
	if keep.Updated.Before(gone.Updated) {
		keep.Updated, keep.LastSeq = gone.Updated, gone.LastSeq
	}
	if keep.Distress == obs.NoDistress {
		keep.Distress, keep.calls = gone.Distress, gone.calls
	}
	keep.doubt = candidate{}
}

// age lets silent tracks coast, end, and stop calling for help.
func (t *Tracker) age() {
	for _, l := range t.tracks {
		if l.Status == track.Ended || t.now < l.due {
			continue
		}
		coast, end := l.limits()
		if l.Distress != obs.NoDistress {
			end = max(end, l.calls+int64(time.Hour))
			if quiet := l.calls + int64(hold(l.Distress)); t.now >= quiet && hold(l.Distress) < time.Hour {
				t.calm(l, t.now, nil)
			}
		}
		switch {
		case t.now >= end, t.now >= coast && l.Status == track.Tentative && !l.named() && !l.told():
			t.kill(l, t.now)
			continue
		case t.now >= coast && l.Status == track.Confirmed:
			l.Status = track.Coasting
			t.emit(track.Coasted, l, t.now, 0, nil)
		}
		l.due = end
		if t.now < coast {
			l.due = min(l.due, coast)
		}
		if l.Distress != obs.NoDistress {
			l.due = min(l.due, l.calls+int64(hold(l.Distress)))
		}
		l.due = max(l.due, t.now+1)
	}
}

// limits tells when the track coasts and ends if nothing more comes: it coasts
// for want of places, and ends for want of any word, or of places for three
// times as long.
func (l *live) limits() (coast, end int64) {
	s := &l.State
	still := math.Abs(s.East) < stillSpeed && math.Abs(s.North) < stillSpeed
	coast, end = noTime, noTime
	for i := range l.src {
		r := &l.src[i]
		q := r.quiet
		if still {
			q.Coast, q.End = q.StillCoast, q.StillEnd
		}
		last, placed := r.last, r.placed
		if placed == noTime { // it never told a place: the others did
			coast = max(coast, last)
			continue
		}
		coast = max(coast, placed+int64(q.Coast))
		end = max(end, min(last+int64(q.End), placed+3*int64(q.End)))
	}
	return coast, max(coast, end)
}

func (t *Tracker) kill(l *live, at int64) {
	t.unname(l)
	l.Status = track.Ended
	t.stats.Deaths++
	t.emit(track.Died, l, at, 0, nil)
}

// revive makes a live track of one from a keyframe.
func (t *Tracker) revive(tr *track.Track) *live {
	l := &live{Track: *tr, looks: 0xff}
	l.at = nanos(tr.State.Time)
	l.move = t.motionOf(l.Kind, l.Domain)
	for _, id := range tr.Sensors {
		s, _ := t.sensors.At(string(id), tr.Updated)
		r := report{kind: s.Kind, period: s.ScanPeriod, t: nanos(tr.Updated), placed: true, o: &obs.Observation{}}
		r.sensor = id
		l.heard(&r, t)
	}
	for _, c := range tr.Claims {
		if c.Kind == obs.RadarTarget {
			for i := range l.src {
				if string(l.src[i].id) == belief.NumberedBy(c.Value) {
					l.src[i].target = c.Value
				}
			}
		}
	}
	if l.Distress != obs.NoDistress {
		l.calls = nanos(tr.Updated)
	}
	l.past = []past{{at: l.at, state: l.State, fixed: true, weight: 1, measure: measure{seq: tr.LastSeq}}}
	return l
}

// setClock takes the step's time. Where our own clock went back by more than
// sensors may run ahead, the picture goes back with it, so that what is
// received from now on is not taken for old.
func (t *Tracker) setClock(now int64) {
	if now == noTime {
		return
	}
	if back := t.now - now; t.now != 0 && back > int64(t.cfg.Ahead) {
		t.stats.ClockSteps++
		for _, l := range t.tracks {
			l.shift(-back)
		}
		t.now = now
		return
	}
	t.now = max(t.now, now)
}

// shift moves a track in time.
func (l *live) shift(ns int64) {
	l.at += ns
	l.State.Time = wall(l.at)
	l.Updated = l.Updated.Add(time.Duration(ns))
	l.Born = l.Born.Add(time.Duration(ns))
	for i := range l.past {
		l.past[i].at += ns
		l.past[i].state.Time = wall(l.past[i].at)
	}
	for i := range l.src {
		l.src[i].last += ns
		if l.src[i].placed != noTime {
			l.src[i].placed += ns
		}
	}
	l.doubt.at += ns
	l.doubt.told = 0
	l.calls += ns
	l.due = 0
}
