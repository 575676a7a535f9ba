package fuse

import (
	"time"

	"atalaya/fuse/kalman"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/track"
)

// bear begins a track with a report, or gives nil where the picture is full or
// the report is older than such a track would live.
func (t *Tracker) bear(r *report, existence float64) *live {
	if len(t.tracks) >= t.cfg.MaxTracks {
		t.stats.Shed++
		return nil
	}
	if quiet := t.silence(r.kind, r.period); t.now-r.t > int64(quiet.End) {
		t.stats.Late++
		return nil
	}
	o := r.o
	l := &live{}
	l.ID = t.next
	t.next++
	l.Existence = existence
	l.Born, l.Updated, l.LastSeq = wall(r.t), wall(r.t), r.seq
	l.Domain = domainOf(o.Kind, r.kind)
	l.looks = 1
	l.begin(t, r, r.t, nil, 0)
	l.past = append(l.past, past{at: r.t, state: l.State, measure: r.measure, fixed: true, weight: 1, proven: o.Source.Proven})
	l.heard(r, t)
	t.classify(l, r)
	l.claim(o.Claims, honesty(r))
	if w, ok := t.unheard.take(r); ok {
		l.claim(w.claims, w.honest)
		if l.Kind == obs.Unknown {
			l.Kind = w.kind
		}
	}
	t.tracks = append(t.tracks, l)
	t.byID[l.ID] = l
	t.bind(l, r)
	t.openGate(len(t.tracks) - 1)
	t.stats.Births++
	t.emit(track.Born, l, r.t, 0, t.contribute(r, 0, kalman.Likelihood(0, r.cov), 1, nil))
	t.distress(l, r)
	return l
}

// begin sets the state from a report, and from an earlier sighting where there
// is one: without a reported velocity the two give it.
func (l *live) begin(t *Tracker, r *report, at int64, before *measure, beforeAt int64) {
	move := t.motionOf(l.Kind, l.Domain)
	s := &l.State
	s.Position = r.pos
	s.Time, l.at = wall(at), at
	s.Cov = [4][4]float64{{r.cov.EE, r.cov.EN}, {r.cov.EN, r.cov.NN}}
	v := square(move.StartSpeed)
	s.East, s.North = 0, 0
	dt := 0.0
	if before != nil {
		dt = seconds(at - beforeAt)
	}
	switch {
	case r.vel:
		s.East, s.North, v = r.ve, r.vn, r.vv
	case dt >= 0.5:
		plane := geo.NewPlane(before.pos)
		e, n := plane.XY(r.pos)
		s.East, s.North = e/dt, n/dt
		v = min(v, (max(kalman.Largest(r.cov), 0)+max(kalman.Largest(before.cov), 0))/square(dt)+float64(move.Noise*dt))
	}
	s.Cov[2][2], s.Cov[3][3] = v, v
	l.height(r)
}

func (l *live) height(r *report) {
	if r.o.Height.Known() && finite(r.o.Height.Metres) {
		l.State.Height = r.o.Height
	}
	if r.o.Has&obs.HasClimb != 0 && finite(r.o.Climb) {
		l.State.Climb = r.o.Climb
	}
}

// update filters a report into a track. e is the track's prediction to the
// report's time at, weight how surely the report belongs here, against rivals.
func (t *Tracker) update(l *live, e *expect, r *report, at int64, weight float64, rivals []track.Rival) {
	d2, lik := e.fit(&r.measure)
	if r.isBearing {
		l.believe(lik, newBearings)
	} else {
		l.believe(lik, t.cfg.NewDensity)
	}
	l.heard(r, t)
	t.stats.Updates++
	if l.doubt.seen > 0 {
		l.doubt.interleaved = true
	}
	t.classify(l, r)
	claimed := l.claim(r.o.Claims, honesty(r))
	entry := past{at: at, measure: r.measure, weight: weight, proven: r.o.Source.Proven}
	lineage := t.contribute(r, d2, lik, weight, rivals)
	lineage = t.missed(l, lineage)

	if e.after < len(l.past)-1 {
		t.rewrite(l, e, entry, lineage)
	} else {
		l.setState(&e.plane, &e.Estimate, at)
		l.height(r)
		l.onGround(r)
		entry.state = l.State
		l.remember(entry, int64(t.cfg.Rewrite))
		l.Updated, l.LastSeq = wall(at), r.seq
		if l.Status == track.Coasting {
			l.Status = track.Confirmed
		}
		t.emit(track.Updated, l, at, 0, lineage)
	}
	t.mayMerge(l)
	t.confirm(l)
	if claimed {
		t.emit(track.Identity, l, l.at, 0, nil)
	}
	t.distress(l, r)
}

// reset sets a track anew after a manoeuvre that two reports agree about.
func (t *Tracker) reset(l *live, r *report, at int64, before *measure, beforeAt int64) {
	t.stats.Resets++
	t.stats.Updates++
	res := kalman.Residual{S: r.cov}
	l.begin(t, r, at, before, beforeAt)
	l.onGround(r)
	l.past = append(l.past[:0], past{at: at, state: l.State, measure: r.measure, fixed: true, weight: 1, proven: r.o.Source.Proven})
	l.heard(r, t)
	l.looks = l.looks<<1 | 1
	l.Updated, l.LastSeq = wall(at), r.seq
	if l.Status == track.Coasting {
		l.Status = track.Confirmed
	}
	t.classify(l, r)
	claimed := l.claim(r.o.Claims, honesty(r))
	t.bind(l, r)
	lineage := t.contribute(r, 0, kalman.Likelihood(0, res.S), 1, nil)
	t.emit(track.Updated, l, at, 0, t.missed(l, lineage))
	t.confirm(l)
	if claimed {
		t.emit(track.Identity, l, at, 0, nil)
	}
	t.distress(l, r)
}

func (l *live) onGround(r *report) {
	if l.Domain == track.Air && r.strong() {
		l.OnGround = r.o.Has&obs.OnGround != 0
	}
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
	l.move = t.motionOf(l.Kind, l.Domain)
}

// contribute writes one contribution of a lineage.
func (t *Tracker) contribute(r *report, d2, lik, weight float64, rivals []track.Rival) track.Lineage {
	c := track.Contribution{
		Observation: r.seq, Sensor: r.sensor, Time: wall(r.t),
		Distance2: d2, Likelihood: lik, Weight: weight,
		Proven: r.o.Source.Proven, Model: Model,
	}
	copy(c.Rivals[:], rivals)
	return track.Lineage{c}
}

// missed adds to a lineage that the track was missed since its last update.
func (t *Tracker) missed(l *live, lin track.Lineage) track.Lineage {
	if l.misses == 0 {
		return lin
	}
	lin = append(lin, track.Contribution{Sensor: l.missBy, Time: wall(l.missAt), Weight: 1, Model: Model})
	l.misses = 0
	return lin
}

// confirm promotes a track that there is enough evidence for. Who calls for
// help is believed at once.
func (t *Tracker) confirm(l *live) {
	if l.Status != track.Tentative {
		return
	}
	need := t.cfg.ConfirmHits
	if l.named() {
		need = min(need, 2)
	}
	if l.Distress == obs.NoDistress && (l.Existence < t.cfg.ConfirmAt || l.hits() < need) {
		return
	}
	l.Status = track.Confirmed
	t.emit(track.Promoted, l, l.at, 0, nil)
}

// distress follows a call for help: when it begins, changes and ends.
//
// Few reports can say that there is none: a squawk that is no emergency ends
// those that are squawked; three AIS position reports without navigational
// status 14 end that one. The others end by silence (age).
func (t *Tracker) distress(l *live, r *report) {
	d := r.o.Distress
	if d != obs.NoDistress {
		l.calls, l.calm = max(l.calls, r.t), 0
		if l.Distress == d || (l.Distress != obs.NoDistress && d == obs.SafetyText) {
			return
		}
		l.Distress = d
		t.confirm(l)
		t.emit(track.Distress, l, max(r.t, l.at), 0, t.contribute(r, 0, 0, 1, nil))
		return
	}
	if r.t < l.calls {
		return
	}
	switch l.Distress {
	case obs.Emergency, obs.RadioFailure, obs.Interference:
		if _, squawks := r.o.Claimed(obs.Squawk); squawks {
			t.calm(l, max(r.t, l.at), t.contribute(r, 0, 0, 1, nil))
		}
	case obs.InDistressStat:
		if _, ais := r.o.Claimed(obs.MMSI); ais && r.placed {
			if l.calm++; l.calm >= 3 {
				t.calm(l, max(r.t, l.at), t.contribute(r, 0, 0, 1, nil))
			}
		}
	case obs.NoDistress, obs.SART, obs.ManOverboard, obs.EPIRB, obs.SafetyText:
	}
}

func (t *Tracker) calm(l *live, at int64, lin track.Lineage) {
	l.Distress, l.calm = obs.NoDistress, 0
	t.emit(track.Distress, l, at, 0, lin)
}

// hold is how long after the last call for help it counts as going on. The
// beacons' calls end with their tracks.
func hold(d obs.Distress) time.Duration {
	switch d {
	case obs.Emergency, obs.RadioFailure, obs.Interference:
		return 5 * time.Minute // repeated every few seconds: DO-260B 2.2.3.3.2.6.3
	case obs.SafetyText, obs.InDistressStat:
		return 30 * time.Minute
	case obs.NoDistress, obs.SART, obs.ManOverboard, obs.EPIRB:
	}
	return time.Hour
}
