package fuse

import (
	"math"
	"slices"

	"atalaya/fuse/belief"
	"atalaya/fuse/kalman"
	"atalaya/fuse/timeline"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// What the timeline believes becomes tracks and events.
//
//  1. A thing is told, as a track with a number of its own, from when it exists
//     as likely as Config.Tell, or people told of it. One that bears a known name
//     waits until it is clear whether it is another (identity.go).
//  2. Each look that likely showed it is an Updated event, with the observations
//     that may have been its own as lineage.
//  3. Where late data makes updates that were told others, by more than
//     Config.Revise, Revised goes out, and they are told again. Where it moves
//     them by less, only what is new is told.

// believe tells what became of things in this step.
func (t *Tracker) believe() {
	for c := range t.line.Changes() {
		if l := t.byThing[c.ID]; l != nil {
			t.follow(l, c)
		} else {
			t.consider(c)
		}
	}
}

// consider begins a track of a thing, if it is to be told.
func (t *Tracker) consider(c timeline.Changed) {
	existence, claim, told := c.Now()
	if existence == 0 || existence < t.cfg.Tell && !told {
		return
	}
	if l := t.heir(c); l != nil {
		t.goOn(l, c)
		return
	}
	if bearers := t.names[t.spoken[claim]]; claim != 0 && len(bearers) > 0 {
		t.another(c, bearers)
		return
	}
	if t.shown(c) {
		t.bear(c)
	}
}

// shown reports whether there is something to tell of a thing: that it was seen, in
// this step.
func (t *Tracker) shown(c timeline.Changed) bool {
	for late := range c.Late {
		if late.Began {
			return true
		}
	}
	for b := range c.Beliefs(timeline.Key{Time: math.MinInt64}) {
		if b.Existence > 0 && seen(b) && t.reportOf(best(b).Ref>>1) != nil {
			return true
		}
	}
	return false
}

// bear begins a track.
func (t *Tracker) bear(c timeline.Changed) *live {
	if len(t.tracks) >= t.cfg.MaxTracks {
		t.shed(timeline.ShedTracks, c)
		t.line.End(c.ID, t.now)
		return nil
	}
	l := &live{thing: c.ID, at: noTime}
	l.ID = t.next
	l.move = &t.cfg.Motion[track.UnknownDomain]
	t.next++
	t.tracks = append(t.tracks, l)
	t.byID[l.ID], t.byThing[c.ID] = l, l
	delete(t.held, c.ID)
	t.stats.Births++
	t.whole(l, c)
	return l
}

// begunLate begins a track with an observation that came later than the lag. It is
// told where it was then; what is believed of it now, when something is seen of it.
func (t *Tracker) begunLate(l *live, c timeline.Changed, late *timeline.Late) {
	born := l.at == noTime
	for b := range c.Beliefs(timeline.Key{Time: math.MinInt64}) {
		l.exists(b.Existence)
		l.Foreign = b.Foreign
		t.set(l, b)
		l.Updated, l.LastSeq = wall(late.At), late.Ref>>1
		l.looks = 1
		if born {
			l.Born = l.Updated
		}
		r := t.reportOf(late.Ref >> 1)
		if r != nil {
			t.hear(l, b.Claim, r)
			t.remember(l, r)
			s := &l.State
			s.Position, s.Time, l.at = r.pos, wall(r.t), r.t
			s.Cov = [4][4]float64{{r.cov.EE, r.cov.EN}, {r.cov.EN, r.cov.NN}, {2: s.Cov[2][2]}, {3: s.Cov[3][3]}}
		}
		t.identify(l, b)
		at := timeline.Belief{Key: late.Look, Evidence: []timeline.Evidence{late.Evidence}}
		kind := track.Updated
		if born {
			kind = track.Born
		}
		t.emit(kind, l, l.at, 0, t.lineage(l, &at))
		t.confirm(l)
		if r != nil {
			t.distress(l, r)
		}
		return
	}
}

// goOn lets a track follow another thing.
func (t *Tracker) goOn(l *live, c timeline.Changed) {
	t.leave(l)
	l.thing, l.told = c.ID, l.told[:0]
	t.byThing[c.ID] = l
	delete(t.held, c.ID)
	t.whole(l, c)
}

// whole tells all that is believed of a thing.
func (t *Tracker) whole(l *live, c timeline.Changed) {
	for late := range c.Late {
		if late.Began {
			t.begunLate(l, c, late)
		}
	}
	for b := range c.Beliefs(timeline.Key{Time: math.MinInt64}) {
		t.update(l, b, true)
	}
}

// leave ends the thing that a track follows. One with a name ends after its last
// update, so that it takes nothing that comes later.
func (t *Tracker) leave(l *live) {
	at := t.now
	if l.claim != 0 {
		at = l.at
	}
	t.line.End(l.thing, at)
	delete(t.byThing, l.thing)
}

// follow brings a track up to date with its thing.
func (t *Tracker) follow(l *live, c timeline.Changed) {
	if first := l.since(c.From); first < len(l.told) {
		t.again(l, c, first)
	} else {
		for b := range c.Beliefs(c.From) {
			t.update(l, b, true)
		}
	}
	for late := range c.Late {
		if !late.Began {
			t.afterwards(l, late)
		}
	}
	if existence, _, _ := c.Now(); existence == 0 && l.Status != track.Ended {
		delete(t.byThing, l.thing)
		t.end(l, t.now)
	}
}

// afterwards tells of an observation that came later than the lag and corrects what
// is believed of the track now.
func (t *Tracker) afterwards(l *live, late *timeline.Late) {
	t.stats.Retrodicted++
	changed := false
	if r := t.reportOf(late.Ref >> 1); r != nil {
		changed = t.hear(l, l.claim, r)
		t.distress(l, r)
	}
	b := timeline.Belief{Key: late.Look, Evidence: []timeline.Evidence{late.Evidence}}
	t.emit(track.Updated, l, l.at, 0, t.lineage(l, &b))
	if changed {
		t.emit(track.Identity, l, l.at, 0, nil)
	}
}

// since gives the first update that was told of a key or later ones.
func (l *live) since(k timeline.Key) int {
	i := len(l.told)
	for i > 0 && l.told[i-1].key.Compare(k) >= 0 {
		i--
	}
	return i
}

// again tells what became of updates that were told.
func (t *Tracker) again(l *live, c timeline.Changed, first int) {
	t.stats.Rewritten++
	t.was = append(t.was[:0], l.told[first:]...)
	l.told = l.told[:first]
	if t.moved(c) {
		t.stats.Revised++
		l.Revision++
		at := len(t.events)
		t.emit(track.Revised, l, l.at, 0, nil)
		for b := range c.Beliefs(c.From) {
			t.update(l, b, true)
		}
		e := &t.events[at]
		e.Track, e.Time, e.From = l.Track, wall(l.at), wall(c.From.Time)
		return
	}
	t.fresh = t.fresh[:0]
	k := 0
	for b := range c.Beliefs(c.From) {
		for k < len(t.was) && t.was[k].key.Compare(b.Key) < 0 {
			k++
		}
		known := k < len(t.was) && t.was[k].key == b.Key
		if t.update(l, b, false) && !known {
			t.fresh = append(t.fresh, t.lineage(l, b))
		}
	}
	for _, lineage := range t.fresh {
		t.emit(track.Updated, l, l.at, 0, lineage)
	}
	clear(t.fresh)
}

// moved reports whether updates that were told, t.was, are others than they were
// by more than Config.Revise.
func (t *Tracker) moved(c timeline.Changed) bool {
	k := 0
	for b := range c.Beliefs(c.From) {
		if k == len(t.was) {
			return false
		}
		w := &t.was[k]
		if order := w.key.Compare(b.Key); order > 0 || !seen(b) {
			if order == 0 {
				return true // it was told, and is no update any more
			}
			continue
		} else if order < 0 {
			return true
		}
		p := &b.State.P
		r := kalman.Residual{E: w.x - b.State.X[0], N: w.y - b.State.X[1], S: obs.Cov2{EE: p[0][0], EN: p[0][1], NN: p[1][1]}}
		if r.Distance2() > t.cfg.Revise {
			return true
		}
		k++
	}
	return k < len(t.was)
}

// seen reports whether a look likely showed the thing.
func seen(b *timeline.Belief) bool {
	sum := 0.0
	for i := range b.Evidence {
		if !b.Evidence[i].Elsewhere {
			sum += b.Evidence[i].Weight
		}
	}
	return b.Begins || sum > likely
}

// likely: more so than not.
const likely = 0.5

// update takes over what was believed after a look, and tells it if it is to. It
// reports whether that is an update that is not told yet.
func (t *Tracker) update(l *live, b *timeline.Belief, tell bool) (untold bool) {
	if b.Existence == 0 {
		return false
	}
	l.exists(b.Existence)
	l.Foreign = b.Foreign
	if b.Missed && tell {
		l.misses, l.missBy, l.missAt = min(l.misses, 254)+1, t.sensorOf(b), b.Time
		l.looks <<= 1
		t.stats.Misses++
	}
	if !seen(b) {
		t.astray(l, b)
		return false
	}
	born := l.at == noTime
	l.told = append(l.forget(b.Time-int64(t.cfg.Lag)), told{b.Key, b.State.X[0], b.State.X[1]})
	t.set(l, b)
	on := best(b)
	l.Updated, l.LastSeq = wall(on.At), on.Ref>>1
	if born {
		l.Born = l.Updated
		l.outOf = t.besideOf(b)
	} else {
		t.stats.Updates++
	}
	l.looks = l.looks<<1 | 1
	changed := false
	for i := range b.Evidence {
		if e := &b.Evidence[i]; !e.Elsewhere && (e.Weight > likely || born && e == on) {
			if r := t.reportOf(e.Ref >> 1); r != nil {
				changed = t.hear(l, b.Claim, r) || changed
				if born {
					t.remember(l, r)
				}
			}
		}
	}
	changed = t.identify(l, b) || changed
	if l.Status == track.Coasting {
		l.Status = track.Confirmed
	}
	switch {
	case born:
		t.emit(track.Born, l, l.at, 0, t.lineage(l, b))
	case tell:
		t.emit(track.Updated, l, l.at, 0, t.lineage(l, b))
	}
	t.confirm(l)
	if changed && !born {
		t.emit(track.Identity, l, l.at, 0, nil)
	}
	if r := t.reportOf(on.Ref >> 1); r != nil {
		l.heard(r, t) // also where it may be one of several plots, each less likely than not
		t.distress(l, r)
	}
	t.rivals(l, b)
	return true
}

// best is the observation that a belief rests on most.
func best(b *timeline.Belief) *timeline.Evidence {
	most := &b.Evidence[0]
	for i := range b.Evidence {
		if e := &b.Evidence[i]; e.Weight > most.Weight {
			most = e
		}
	}
	return most
}

// forget gives the updates that late data may still change.
func (l *live) forget(before int64) []told {
	n := 0
	for n < len(l.told) && l.told[n].key.Time < before {
		n++
	}
	if n > 0 {
		l.told = l.told[:copy(l.told, l.told[n:])]
	}
	return l.told
}

// set takes over the state.
func (t *Tracker) set(l *live, b *timeline.Belief) {
	s := &l.State
	s.Position, s.East, s.North, s.Cov = t.chart.ground(&b.State)
	l.at = b.StateAt
	s.Time = wall(l.at)
}

// astray looks at plots of the thing that are where it cannot be.
func (t *Tracker) astray(l *live, b *timeline.Belief) {
	for i := range b.Evidence {
		if e := &b.Evidence[i]; e.Elsewhere && e.Weight > likely {
			if r := t.reportOf(e.Ref >> 1); r != nil {
				t.clash(l, r)
			}
		}
	}
	t.identify(l, b)
}

// hear takes over what a report of the track says besides its place, and reports
// whether that changed who it is.
func (t *Tracker) hear(l *live, claim uint64, r *report) (changed bool) {
	r.used = true
	l.heard(r, t)
	t.classify(l, r)
	l.spoke, l.slips = r.pos, 0
	if claim != 0 && r.plot.Claim == claim {
		l.called = max(l.called, r.t)
	}
	if r.plot.Height.Known() {
		l.State.Height = r.plot.Height
	}
	if r.o.Has&obs.HasClimb != 0 && finite(r.o.Climb) {
		l.State.Climb = r.o.Climb
	}
	if l.Domain == track.Air && r.strong() {
		l.OnGround = r.o.Has&obs.OnGround != 0
	}
	changed = t.claims(l, claim, r)
	t.bind(l, r)
	return changed
}

// remember adds what the thing said of itself before it told a place.
func (t *Tracker) remember(l *live, r *report) {
	if w, ok := t.unheard.take(r); ok {
		l.Claims, _ = belief.Add(l.Claims, w.claims, w.honest)
		if l.Kind == obs.Unknown {
			l.Kind = w.kind
		}
	}
}

// claims adds what a report says that the track is; of the strong identities only
// what the timeline takes it for.
func (t *Tracker) claims(l *live, claim uint64, r *report) (changed bool) {
	said := r.o.Claims
	if claim != 0 && r.plot.Claim != 0 && r.plot.Claim != claim {
		said = slices.DeleteFunc(slices.Clone(said), func(c obs.Claim) bool { return c.Kind <= obs.SystemID })
	}
	l.Claims, changed = belief.Add(l.Claims, said, honesty(r))
	return changed
}

// classify learns what the track is, unless an officer decided it.
func (t *Tracker) classify(l *live, r *report) {
	k := r.o.Kind
	if k != obs.Unknown && !l.kindSet && (l.Kind == obs.Unknown || r.strong()) {
		l.Kind = k
	}
	d := domainOf(k, r.kind)
	if d != track.UnknownDomain && !l.domainSet && (l.Domain == track.UnknownDomain || (r.strong() && k != obs.Unknown)) {
		l.Domain = d
	}
	l.move = &t.cfg.Motion[l.Domain]
}

// worth is the marginal probability from which an observation stands in a lineage.
const worth = 0.01

// lineage tells what an update rests on.
func (t *Tracker) lineage(l *live, b *timeline.Belief) track.Lineage {
	t.line.Fit(b)
	n := 0
	for i := range b.Evidence {
		if b.Evidence[i].Weight >= worth {
			n++
		}
	}
	out := make(track.Lineage, 0, n+1)
	for i := range b.Evidence {
		e := &b.Evidence[i]
		if e.Weight < worth {
			continue
		}
		c := track.Contribution{
			Observation: e.Ref >> 1, Sensor: t.sensorOf(b), Time: wall(e.At), Distance2: e.Distance2,
			Likelihood: e.Likelihood, Weight: e.Weight, Proven: e.Ref&1 != 0, Model: Model,
		}
		n := 0
		for _, r := range e.Rivals {
			if o := t.byThing[r.ID]; o != nil && r.Weight >= worth {
				c.Rivals[n] = track.Rival{Track: o.ID, Weight: r.Weight}
				n++
			}
		}
		out = append(out, c)
	}
	if l.misses > 0 {
		out = append(out, track.Contribution{Sensor: l.missBy, Time: wall(l.missAt), Weight: 1, Model: Model})
		l.misses = 0
	}
	return out
}

// sensorOf names the sensor of a look.
func (t *Tracker) sensorOf(b *timeline.Belief) sensor.ID {
	if int(b.Sensor) < len(t.sensorIDs) {
		return t.sensorIDs[b.Sensor]
	}
	return ""
}

// foreignSure confirms what only other trackers know: they tell of what they have
// confirmed, and it becomes no likelier by being told again.
const foreignSure = 0.85

// confirm promotes a track that there is enough evidence for. Who calls for
// help is believed at once.
func (t *Tracker) confirm(l *live) {
	if l.Status != track.Tentative || l.Distress == obs.NoDistress && l.onlyTold() {
		return
	}
	need := t.cfg.ConfirmHits
	if l.named() {
		need = min(need, 2)
	}
	sure := t.cfg.ConfirmAt
	if l.Foreign {
		sure = min(sure, foreignSure)
	}
	if l.Distress == obs.NoDistress && (l.Existence < sure || l.hits() < need) {
		return
	}
	l.Status = track.Confirmed
	t.emit(track.Promoted, l, l.at, 0, nil)
	if o := t.byID[l.outOf]; o != nil && o.Status == track.Confirmed && o.Born.Before(l.Born) {
		t.emit(track.Split, l, l.at, o.ID, nil)
	}
}

// besideOf gives the track whose the plot might have been that another begins with: what
// separates begins in the gate of the other. One that has its name is no rival for its
// place.
func (t *Tracker) besideOf(b *timeline.Belief) track.ID {
	r := best(b).Rivals[0]
	if o := t.byThing[r.ID]; o != nil && r.Weight >= worth && (b.Claim == 0 || o.claim != b.Claim) {
		return o.ID
	}
	return 0
}
