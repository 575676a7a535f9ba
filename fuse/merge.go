package fuse

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/belief"
	"atalaya/fuse/kalman"
	"atalaya/fuse/timeline"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// Two tracks of one thing. The timeline parts the plots between both, and neither
// dies of it: so tracks that want the same plots are compared, and where they look
// alike several times in a row, in place and velocity, they become one.

const (
	// mergeAfter is how often in a row a track must look like another.
	mergeAfter = 3
	// wanted is how likely a plot may be another's for the two to be compared: names
	// and numbers make it unlikely, and are what two sensors have of one thing.
	wanted = 1e-4
)

// rivals notes whose plots else a track wants: it may be one with them.
func (t *Tracker) rivals(l *live, b *timeline.Belief) {
	for i := range b.Evidence {
		for _, r := range b.Evidence[i].Rivals {
			if r.Weight >= wanted {
				t.wants = append(t.wants, want{l.ID, r.ID})
			}
		}
	}
}

// want is a track that wants a plot of another thing.
type want struct {
	track track.ID
	thing timeline.ID
}

// compare finds tracks that are one thing, when all of a step is told of them.
func (t *Tracker) compare() {
	slices.SortStableFunc(t.wants, func(a, b want) int { return cmp.Compare(a.track, b.track) })
	for from, to := 0, 0; from < len(t.wants); from = to {
		l := t.byID[t.wants[from].track]
		var other *live
		least := t.cfg.MergeGate
		for to = from; to < len(t.wants) && t.wants[to].track == l.ID; to++ {
			o := t.byThing[t.wants[to].thing]
			if o == nil || parted(l, o) {
				continue
			}
			if d2, ok := t.apart(l, o); ok && d2 < least {
				other, least = o, d2
			}
		}
		switch {
		case other == nil || l.Status == track.Ended:
			l.near, l.nearly = 0, 0
		case other.ID == l.near:
			l.nearly++
		default:
			l.near, l.nearly = other.ID, 1
		}
		if l.nearly >= mergeAfter {
			l.near, l.nearly = 0, 0
			t.merges = append(t.merges, [2]track.ID{l.ID, other.ID})
		}
	}
	t.wants = t.wants[:0]
}

// maxApart is the largest uncertainty of a place, in metres, with which a track is
// compared with others.
const maxApart = 2000.0

// apart is the squared distance of two tracks in place and velocity.
func (t *Tracker) apart(l, o *live) (d2 float64, ok bool) {
	at := max(l.at, o.at)
	a, ok := t.line.At(l.thing, at)
	if !ok {
		return 0, false
	}
	b, ok := t.line.At(o.thing, at)
	if !ok || kalman.Spread(&a.State.P) > maxApart || kalman.Spread(&b.State.P) > maxApart {
		return 0, false
	}
	var d [4]float64
	p := a.State.P
	for r := range 4 {
		d[r] = b.State.X[r] - a.State.X[r]
		for c := range 4 {
			p[r][c] += b.State.P[r][c]
		}
	}
	return kalman.Distance4(d, p), true
}

// parted reports whether two tracks are surely two things: they differ in
// name or domain, or one sensor saw both in one look.
func parted(a, b *live) bool {
	if a == b || b.Status == track.Ended {
		return true
	}
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

// merge makes one of each pair of tracks that were found to be one thing.
func (t *Tracker) merge() {
	t.compare()
	for _, m := range t.merges {
		a, b := t.byID[m[0]], t.byID[m[1]]
		if a != nil && b != nil && a.Status != track.Ended && b.Status != track.Ended {
			t.join(a, b)
		}
	}
	t.merges = t.merges[:0]
}

// join makes one track of two. The older one stays if both are confirmed, or
// else the confirmed one, or else the one with a name. It goes on with the thing
// that has a name, or is better known.
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
	gap := apart(a, b)
	t.unname(gone)
	at := max(keep.at, gone.at)
	better := gone.claim != 0 && keep.claim == 0 ||
		(gone.claim != 0) == (keep.claim != 0) && t.vague(gone, at) < t.vague(keep, at)
	if better {
		keep.thing, gone.thing = gone.thing, keep.thing
		keep.told, gone.told = gone.told, keep.told
		keep.claim, gone.claim = gone.claim, keep.claim
		keep.Foreign, gone.Foreign = gone.Foreign, keep.Foreign
		height := keep.State
		keep.State, keep.at = gone.State, gone.at
		if !keep.State.Height.Known() {
			keep.State.Height, keep.State.Climb = height.Height, height.Climb
		}
		t.byThing[keep.thing] = keep
	} else if !keep.State.Height.Known() {
		keep.State.Height, keep.State.Climb = gone.State.Height, gone.State.Climb
	}
	t.leave(gone)
	gone.Status = track.Ended
	t.emit(track.Merged, gone, at, keep.ID, nil)
	t.inherit(keep, gone)
	t.rename(keep)
	t.emit(track.Updated, keep, keep.at, 0, nil)
	if gap {
		t.emit(track.Stitched, keep, keep.at, gone.ID, nil)
	}
	t.confirm(keep)
	t.emit(track.Identity, keep, keep.at, 0, nil)
}

// apart reports whether one of two tracks was not seen any more when the other began:
// what becomes one of them has a gap.
func apart(a, b *live) bool {
	if b.Born.Before(a.Born) {
		a, b = b, a
	}
	return !a.Updated.After(b.Born)
}

// vague is how uncertain the place of a track is at a time, in metres: of what was
// lost more than of what is seen.
func (t *Tracker) vague(l *live, at int64) float64 {
	th, ok := t.line.At(l.thing, at)
	if !ok {
		return math.Inf(1)
	}
	return kalman.Spread(&th.State.P)
}

// inherit gives keep what else gone knew: claims, sources.
func (t *Tracker) inherit(keep, gone *live) {
	for _, c := range gone.Claims {
		keep.Claims, _ = belief.Add(keep.Claims, []obs.Claim{c.Claim}, c.Honest)
	}
	for i := range gone.src {
		s := &gone.src[i]
		r := report{kind: s.kind, period: s.period, t: s.last, sensor: s.id, o: &obs.Observation{}}
		keep.heard(&r, t)
		for i := range keep.src {
			if k := &keep.src[i]; k.id == s.id {
				k.placed = max(k.placed, s.placed)
				if k.target == "" {
					k.target = s.target
				}
			}
		}
	}
	if !keep.kindSet && keep.Kind == obs.Unknown {
		keep.Kind = gone.Kind
	}
	if !keep.domainSet && keep.Domain == track.UnknownDomain {
		keep.Domain = gone.Domain
	}
	keep.move = &t.cfg.Motion[keep.Domain]
	keep.exists(max(keep.Existence, gone.Existence))
	keep.looks |= gone.looks
	keep.Proven = keep.Proven || gone.Proven
	if keep.Updated.Before(gone.Updated) {
		keep.Updated, keep.LastSeq = gone.Updated, gone.LastSeq
	}
	if keep.Distress == obs.NoDistress {
		keep.Distress, keep.calls = gone.Distress, gone.calls
	}
}
