package fuse

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/belief"
	"atalaya/fuse/kalman"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// Reports that name their source.
//
//  1. The strongest name that is known finds the tracks that bear it; of
//     several the one whose prediction is nearest takes the report.
//  2. A place inside the gate updates the track; so does one that a manoeuvre
//     explains.
//  3. A place outside is held back as a candidate. Either it is a bad fix, and
//     the next report is back at the track. Or the next one agrees with the
//     candidate: then the track manoeuvred, and is set anew.
//  4. A place that nothing of the track's domain could have reached is a
//     Conflict at once, and a second one that agrees with it a track of its
//     own that bears the same name. So is a candidate that is confirmed while
//     the track goes on: two things say the same name.
//  5. A sensor's own target number that jumps was given to something else: the
//     plot goes on without it.

func (t *Tracker) claimed(r *report) {
	bearers := t.bearers(r)
	switch {
	case r.kind == sensor.Person && !r.strong() && len(bearers) > 0:
		t.corrected(r, bearers[0])
		return
	case r.isBearing && len(bearers) > 0:
		t.sharpen(bearers[0], r)
		return
	case !r.placed:
		t.unplaced(r, bearers)
		return
	case len(bearers) == 0 && !r.strong():
		t.plots = append(t.plots, *r) // its number passed to something else
		return
	case len(bearers) == 0:
		t.bear(r, namedExistence)
		return
	}
	best, at, d2 := -1, int64(0), math.Inf(1)
	var e expect
	for i, l := range bearers {
		when := r.t
		if r.doubt {
			when = max(when, l.at) // in the order of sequence
		}
		x, ok := l.expect(when)
		if !ok {
			continue
		}
		if d, _ := x.test(&r.measure); best < 0 || d < d2 {
			best, at, d2, e = i, when, d, x
		}
	}
	if best < 0 {
		t.evidence(bearers[0], r)
		return
	}
	l := bearers[best]
	if l.stale(r, at) {
		t.stats.Stale++
		t.enrich(l, r)
		return
	}
	if d2 > t.cfg.IdentityGate {
		e.manoeuvre(l.move)
		d2, _ = e.test(&r.measure)
	}
	switch {
	case d2 <= t.cfg.IdentityGate:
		t.update(l, &e, r, at, 1, nil)
		t.adopt(l, r)
		t.bind(l, r)
	case at < l.at:
		t.stats.GatedOut++
	default:
		t.doubtful(l, r, &e, at)
	}
}

// stale reports whether a report repeats, to the last bit, the place of the
// track's last one, although the track moves: some senders repeat the last
// place they know as if it were new.
func (l *live) stale(r *report, at int64) bool {
	last := &l.past[len(l.past)-1]
	if last.pos != r.pos || last.isBearing {
		return false
	}
	moved := max(math.Abs(l.State.East), math.Abs(l.State.North)) * seconds(at-l.at)
	return square(moved) > 9*kalman.Largest(r.cov)
}

const (
	// How likely a thing exists that names itself, and one that is a plot.
	namedExistence = 0.9
	plotExistence  = 0.2
)

// unplaced uses a report without a place: it says more about a track that is
// known, or waits for one. A call for help does not wait.
func (t *Tracker) unplaced(r *report, bearers []*live) {
	if len(bearers) > 0 {
		// Of several with the name, the one that was heard last.
		l := slices.MaxFunc(bearers, func(a, b *live) int {
			return cmp.Compare(a.lastFrom(r.sensor), b.lastFrom(r.sensor))
		})
		t.enrich(l, r)
		return
	}
	if r.o.Distress != obs.NoDistress {
		t.somewhere(r)
		return
	}
	for _, c := range r.o.Claims {
		if c.Kind > 0 && c.Kind <= obs.SystemID {
			t.unheard.put(nameOf(c, r.sensor), waiting{claims: r.o.Claims, kind: r.o.Kind, honest: honesty(r), at: r.t})
			t.stats.Unheard++
		}
	}
}

// enrich adds what a report says besides a place to a track.
func (t *Tracker) enrich(l *live, r *report) {
	l.heard(r, t)
	t.classify(l, r)
	if l.claim(r.o.Claims, honesty(r)) {
		t.bind(l, r)
		t.emit(track.Identity, l, max(r.t, l.at), 0, nil)
	}
	t.distress(l, r)
}

// evidence keeps a report that is older than all that can be filtered anew:
// it says who the track is, but moves nothing.
func (t *Tracker) evidence(l *live, r *report) {
	t.stats.Late++
	t.enrich(l, r)
}

// somewhere makes a track for a call for help without a place: somewhere
// within the range of who heard it; where that one's place is not known either,
// somewhere on earth.
func (t *Tracker) somewhere(r *report) {
	v := *r
	v.placed, v.isBearing, v.pos, v.cov = true, false, geo.Position{}, obs.Round(1e7)
	if s, ok := t.sensors.At(string(r.sensor), wall(r.t)); ok && s.Position.Valid() && s.Position != (geo.Position{}) {
		v.pos, v.cov = s.Position, obs.Round(or(s.MaxRange, 74e3)/2) // 40 nautical miles: VHF at sea
	}
	t.bear(&v, namedExistence)
}

// candidate is a place where something of the track's name was seen, but where
// the track cannot be.
type candidate struct {
	measure
	at          int64
	seen        uint8 // sightings that agree
	jump        bool  // no thing of the domain could have gone there
	interleaved bool  // the track went on in between
	told        int64 // when the last Conflict of this track was told
}

const (
	// A candidate is forgotten after ten minutes; a Conflict of one track is
	// told once a minute.
	candidateLife = 600e9
	conflictPause = 60e9
)

// slipped reports whether a report lies on the track's way, some seconds
// before or after: the place is the thing's, the time is not. Networks hand on
// old places as new ones.
func (e *expect) slipped(m *measure) bool {
	const most = 15 // seconds
	res := e.innovation(m)
	v2 := square(e.X[2]) + square(e.X[3])
	along := float64(res.E*e.X[2]) + float64(res.N*e.X[3])
	across := float64(res.N*e.X[2]) - float64(res.E*e.X[3])
	if v2 < 1 || math.Abs(along) > most*v2 {
		return false
	}
	// The variance across the way, times v2 as across2 is.
	s := float64(res.S.NN*square(e.X[2])) - float64(2*float64(res.S.EN*float64(e.X[2]*e.X[3]))) + float64(res.S.EE*square(e.X[3]))
	return square(across) <= float64(9*s)
}

func (t *Tracker) doubtful(l *live, r *report, e *expect, at int64) {
	jump := t.jumps(l, r, at)
	if !r.strong() && (jump || l.doubt.interleaved) {
		t.stats.Renumbered++
		t.names.remove(r.target(), l.ID)
		t.plots = append(t.plots, *r)
		return
	}
	c := &l.doubt
	if c.seen > 0 && at-c.at < candidateLife && t.agrees(l, c, r, at) {
		c.seen++
		c.jump = c.jump || jump
	} else {
		c.seen, c.jump, c.interleaved = 1, jump, false
	}
	if c.interleaved && !c.jump && e.slipped(&r.measure) {
		c.seen, c.interleaved = 1, false // the track goes on, and this is its past
	}
	before := c.measure
	beforeAt := c.at
	c.measure, c.at = r.measure, at
	if !jump {
		t.stats.GatedOut++
	} else {
		t.stats.Conflicts++
		if c.told == 0 || at-c.told >= conflictPause {
			c.told = at
			t.contested(l, r)
			t.emit(track.Conflict, l, at, 0, nil)
		}
	}
	switch {
	case c.seen < 2 || (c.interleaved && c.seen < 3):
	case c.jump || c.interleaved:
		told := c.told
		*c = candidate{told: told}
		t.second(l, r, at)
	default:
		told := c.told
		*c = candidate{told: told}
		t.reset(l, r, at, &before, beforeAt)
	}
}

// jumps reports whether nothing of the track's domain could have come from
// the track to the report's place.
func (t *Tracker) jumps(l *live, r *report, at int64) bool {
	dt := seconds(at-l.at) + slack(r)
	errors := float64(4 * math.Sqrt(square(kalman.Spread(&l.State.Cov))+max(0, kalman.Largest(r.cov))))
	return geo.Distance(l.State.Position, r.pos) > float64(l.move.MaxSpeed*dt)+errors
}

// slack in seconds is how far the time of a report may be wrong.
func slack(r *report) float64 {
	if r.doubt {
		return 10
	}
	return 1
}

func square(x float64) float64 { return float64(x * x) }

// agrees reports whether a report may be the next sighting of the candidate.
func (t *Tracker) agrees(l *live, c *candidate, r *report, at int64) bool {
	dt := seconds(max(at-c.at, 0))
	east, north, sd := 0.0, 0.0, l.move.StartSpeed
	if c.vel {
		east, north, sd = float64(c.ve*dt), float64(c.vn*dt), l.move.MaxSpeed/10
	}
	v := square(sd * (dt + slack(r)))
	plane := geo.NewPlane(c.pos)
	e, n := plane.XY(r.pos)
	res := kalman.Residual{E: e - east, N: n - north, S: obs.Cov2{
		EE: c.cov.EE + r.cov.EE + v, EN: c.cov.EN + r.cov.EN, NN: c.cov.NN + r.cov.NN + v,
	}}
	return res.Distance2() <= t.cfg.PlotGate
}

// contested lowers the honesty of the names that report and track share.
func (t *Tracker) contested(l *live, r *report) {
	for _, c := range r.o.Claims {
		if c.Kind > 0 && c.Kind <= obs.SystemID {
			l.Claims = belief.Contest(l.Claims, c)
		}
	}
}

// second makes a track of its own for the other bearer of a name.
func (t *Tracker) second(l *live, r *report, at int64) {
	for _, c := range r.o.Claims {
		if c.Kind > 0 && c.Kind <= obs.SystemID && len(t.names[nameOf(c, r.sensor)]) >= maxBearers {
			t.stats.Shed++
			return
		}
	}
	t.contested(l, r)
	other := t.bear(r, namedExistence)
	if other == nil {
		return
	}
	t.contested(other, r)
	t.emit(track.Conflict, l, at, other.ID, nil)
	t.emit(track.Conflict, other, at, l.ID, nil)
}

// adopt marks the nameless track that a sensor's target number meant until now
// as the same thing as l, because the report ties the number to l's name.
func (t *Tracker) adopt(l *live, r *report) {
	n := r.target()
	if n.kind == 0 || !r.strong() {
		return
	}
	for _, id := range t.names[n] {
		if old := t.byID[id]; old != nil && old != l && !old.named() {
			old.near, old.nearly = l.ID, mergeAfter
			t.mayMerge(old)
		}
	}
}
