package fuse

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"

	"atalaya/fuse/belief"
	"atalaya/fuse/kalman"
	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/track"
)

// Who a thing is.
//
//  1. A strong identity (MMSI, ICAO address, MAVLink system id of a sensor) goes
//     with the plot into the timeline, which weighs it with place and motion and
//     keeps how honest it is.
//  2. A report where the thing of its name cannot be is a bad fix, or another
//     thing. Where nothing of the domain could have gone there, Conflict is told
//     at once.
//  3. A thing that bears the name of a track is told when it was seen twice. If
//     the track said its name meanwhile, or could not have come there, it is another:
//     two things say the same name, which is a Conflict of both. Otherwise the
//     track manoeuvred, and goes on as the new thing: what a radar took for it
//     meanwhile was something else. What lies on the way of a track
//     that goes on is neither: it is the track, some seconds ago.
//  4. A track that takes another's name, or changes its own, is a Conflict too.
//  5. What says a name and no place says it of the track that bears it.

// spoken are the names behind the claims that the timeline was given.
type spoken map[uint64]name

// claim gives a name as the timeline knows it: its kind is the highest byte.
func (s spoken) claim(n name) uint64 {
	c := uint64(n.kind)<<56 | digest(string(n.scope), n.value)>>8
	s[c] = n
	return c
}

// digest is a number for a text within a scope; never 0.
func digest(scope, text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(scope))
	h.Write([]byte{0})
	h.Write([]byte(text))
	return h.Sum64() | 1<<8
}

// sighted is a thing that bears the name of a track and is not told yet: how often
// it was seen, and when last; and how often the track said the name in between.
type sighted struct {
	last  timeline.Key
	times int
	at    int64 // when the track said it last, or this first
	on    int
}

const (
	// tidying is how often what is not told is looked through, in steps.
	tidying = 100
	// What is not told, and was not seen for so long, ns, is let go: something
	// without a name, and what bears the name of a track.
	doubtfulFor, heldFor = int64(60e9), int64(600e9)
	// surmised is the likelihood of a plot without a name, per m2, under which it does
	// not show the thing: what was not seen for long may be anywhere, and any plot it.
	surmised = 1e-6
)

// letGo lets things go that nobody was told of, and that were not seen for long.
func (t *Tracker) letGo() {
	if t.steps%tidying != 0 {
		return
	}
	t.line.Forget(t.now-doubtfulFor, t.cfg.Tell)
	var old []timeline.ID
	for id, h := range t.held {
		if h.last.Time < t.now-heldFor {
			old = append(old, id)
		}
	}
	slices.SortFunc(old, timeline.ID.Compare)
	for _, id := range old {
		t.line.End(id, t.now)
		delete(t.held, id)
	}
}

// mostSpoken is how many names are remembered beside those of tracks.
const mostSpoken = 20_000

// tidy forgets the names that no track bears.
func (t *Tracker) tidy() {
	if len(t.spoken) < mostSpoken+2*len(t.tracks) {
		return
	}
	keep := spoken{}
	for _, l := range t.tracks {
		if n, ok := t.spoken[l.claim]; ok {
			keep[l.claim] = n
		}
	}
	t.spoken = keep
}

// another decides about a thing that bears the name of tracks.
func (t *Tracker) another(c timeline.Changed, bearers []track.ID) {
	h := t.held[c.ID]
	if h.times == 0 {
		h.at, h.last = c.ID.Time, c.ID.Key
	}
	var says *report // in this step
	var last timeline.Belief
	for b := range c.Beliefs(h.last) {
		if b.Existence == 0 || !seen(b) {
			continue
		}
		t.line.Fit(b)
		on := best(b)
		if !on.Named && on.Likelihood < surmised {
			continue
		}
		if h.times == 0 || b.Compare(h.last) > 0 {
			h.times++
		}
		if h.last, last = b.Key, *b; on.Named {
			says = t.reportOf(on.Ref >> 1)
		}
	}
	h.meanwhile(t.latest(bearers))
	if last.Existence == 0 {
		return
	}
	t.held[c.ID] = h
	times := h.times
	first := t.byID[bearers[0]]
	if times < 2 {
		if says != nil {
			t.clash(first, says)
		}
		return
	}
	p, _, _, cov := t.chart.ground(&last.State)
	var nearest *live
	least := math.Inf(1)
	goesOn := h.goesOn()
	for _, id := range bearers {
		l := t.byID[id]
		if _, on := l.onWay(p, obs.Cov2{EE: cov[0][0], EN: cov[0][1], NN: cov[1][1]}, last.StateAt); on && l.at > c.ID.Time {
			t.stats.Stale++
			t.line.Withdraw(c.ID)
			return
		}
		if goesOn {
			break
		}
		e := t.chart.estimate(l.State.Position, l.State.East, l.State.North, &l.State.Cov)
		if d := fmath.Hypot(e.X[0]-last.State.X[0], e.X[1]-last.State.X[1]); d < least {
			nearest, least = l, d
		}
	}
	if !goesOn {
		if !t.jumps(nearest, p, last.StateAt, kalman.Spread(&cov), 1) {
			t.stats.Resets++
			t.goOn(nearest, c)
			return
		}
	}
	if goesOn && times < besideTimes && !t.jumps(first, p, last.StateAt, kalman.Spread(&cov), 1) {
		return // near the track it may be old places again
	}
	if len(bearers) >= maxBearers {
		t.shed(timeline.ShedNames, c)
		return
	}
	if l := t.bear(c); l != nil {
		t.stats.Conflicts++
		t.conflict(l, first)
	}
}

// meanwhile counts that the tracks of its name said it, the last time at a time.
func (h *sighted) meanwhile(at int64) {
	if at > h.at {
		h.on, h.at = h.on+1, at
	}
}

// goesOn reports whether a track of its name still says it, a quarter as often at
// least. What turned at once does not, but for a report or two that may be either's;
// what a radar takes for it there is something else.
func (h *sighted) goesOn() bool { return 4*h.on > h.times }

// latest is when one of several tracks said its name last.
func (t *Tracker) latest(of []track.ID) int64 {
	at := int64(math.MinInt64)
	for _, id := range of {
		at = max(at, t.byID[id].called)
	}
	return at
}

// besideTimes is how often a second bearer of a name is seen that is near the first,
// before it is told: old places of fast things come back for a while.
const besideTimes = 8

// conflict tells of two tracks with one name.
func (t *Tracker) conflict(a, b *live) {
	for _, l := range []*live{a, b} {
		if n, ok := t.spoken[l.claim]; ok {
			l.Claims = belief.Contest(l.Claims, obs.Claim{Kind: n.kind, Value: n.value})
		}
		l.clashed = t.now
	}
	t.emit(track.Conflict, b, b.at, a.ID, nil)
	t.emit(track.Conflict, a, a.at, b.ID, nil)
}

// conflictPause is how long after a Conflict of a track no further one with
// nobody is told, ns.
const conflictPause = 60e9

// clash tells that something says the track's name where it cannot be.
func (t *Tracker) clash(l *live, r *report) {
	if r.astray {
		return
	}
	r.astray = true
	if r.o.Distress != obs.NoDistress {
		t.distress(l, r)
	}
	sd := 0.0
	if r.placed {
		sd = math.Sqrt(max(0, kalman.Largest(r.cov)))
	}
	doubt := 1.0
	if r.doubt {
		doubt = 10
	}
	if r.isBearing || !t.jumps(l, r.pos, r.t, sd, doubt) {
		t.stats.GatedOut++
		return
	}
	t.stats.Conflicts++
	t.alone(l, max(r.t, l.at))
}

// jumps reports whether nothing of the track's domain could have come from the
// track to a place with a standard deviation, in metres; slack is how many seconds
// the time may be wrong.
func (t *Tracker) jumps(l *live, p geo.Position, at int64, sd, slack float64) bool {
	gap := at - l.at
	dt := seconds(max(gap, -gap)) + slack
	errors := float64(4 * math.Sqrt(square(kalman.Spread(&l.State.Cov))+square(sd)))
	return geo.Distance(l.State.Position, p) > float64(l.move.MaxSpeed*dt)+errors
}

// identify takes over who the timeline takes the track for, and how honest that
// is; it reports whether it is somebody else.
func (t *Tracker) identify(l *live, b *timeline.Belief) (changed bool) {
	if b.Claim == 0 {
		return false
	}
	n, ok := t.spoken[b.Claim]
	if !ok {
		return false
	}
	c := obs.Claim{Kind: n.kind, Value: n.value}
	if b.Claim != l.claim {
		before, had := t.spoken[l.claim]
		if had {
			t.names.remove(before, l.ID)
		}
		l.claim = b.Claim
		bearers := slices.Clone(t.names[n])
		t.names.add(n, l.ID)
		changed = true
		l.Claims = belief.Set(l.Claims, c, b.Honest)
		if had && before.kind == n.kind {
			l.Claims = belief.Set(l.Claims, obs.Claim{Kind: before.kind, Value: before.value}, belief.Replaced)
			t.swapped(l, bearers)
		}
		if !had {
			t.comesBack(l, bearers)
		}
	}
	honest := b.Honest
	if len(t.names[n]) > 1 {
		honest = min(honest, belief.Contested)
	}
	l.Claims = belief.Set(l.Claims, c, honest)
	return changed
}

// comesBack has a track that turns out to bear the name of another carry that on,
// where the other was lost and could have come there: who turns at once under a
// radar is seen anew before he says who he is.
func (t *Tracker) comesBack(l *live, bearers []track.ID) {
	for _, id := range bearers {
		o := t.byID[id]
		if o == nil || o == l || o.Status == track.Ended {
			continue
		}
		since := len(l.told) - l.since(timeline.Key{Time: o.at + 1})
		if since >= 2 && !t.jumps(o, l.State.Position, l.at, kalman.Spread(&l.State.Cov), 1) {
			t.merges = append(t.merges, [2]track.ID{o.ID, l.ID})
			return
		}
	}
}

// swapped tells that a track changed its name: to that of others, perhaps.
func (t *Tracker) swapped(l *live, bearers []track.ID) {
	t.stats.Conflicts++
	for _, id := range bearers {
		if o := t.byID[id]; o != nil && o != l {
			t.conflict(l, o)
			return
		}
	}
	t.alone(l, l.at)
}

// alone tells of a Conflict of a track with nobody, unless one was told just before.
func (t *Tracker) alone(l *live, at int64) {
	if l.clashed != 0 && t.now-l.clashed < conflictPause {
		return
	}
	l.clashed = t.now
	t.emit(track.Conflict, l, at, 0, nil)
}

// stale reports whether a report repeats, to the last bit, the place of the
// track's last one, although the track moves: some senders repeat the last place
// they know as if it were new.
func (l *live) stale(r *report) bool {
	if l.spoke != r.pos || r.isBearing {
		return false
	}
	moved := max(math.Abs(l.State.East), math.Abs(l.State.North)) * seconds(r.t-l.at)
	return square(moved) > 9*kalman.Largest(r.cov)
}

const (
	// slipGate is beyond what a report of the track may be off (99.995 % of two
	// degrees of freedom), and mostSlip how many seconds its place may be old.
	slipGate, mostSlip = 20, 15
	// mostSlips in a row are taken for old places; then the track has braked.
	mostSlips = 2
)

// slipped reports whether a report lies on the track's way, some seconds before or
// after: the place is the thing's, the time is not. Networks hand on old places as
// new ones.
func (t *Tracker) slipped(l *live, r *report) bool {
	if !r.strong() || l.slips >= mostSlips || r.t < l.at {
		return false
	}
	d2, on := l.onWay(r.pos, r.cov, r.t)
	return on && d2 > slipGate
}

// onWay gives the squared distance of a place from where the track is at a time,
// and reports whether it lies on the track's way, some seconds before or after.
func (l *live) onWay(at geo.Position, cov obs.Cov2, when int64) (d2 float64, on bool) {
	s := &l.State
	dt := seconds(when - l.at)
	v2 := square(s.East) + square(s.North)
	if v2 < 1 || math.Abs(dt) > 60 {
		return 0, false
	}
	plane := geo.NewPlane(s.Position)
	east, north := plane.XY(at)
	grown := float64(l.move.Noise*math.Abs(float64(dt*float64(dt*dt)))) / 3
	p := kalman.Residual{E: east - float64(s.East*dt), N: north - float64(s.North*dt), S: obs.Cov2{
		EE: s.Cov[0][0] + float64(2*float64(dt*s.Cov[0][2])) + float64(square(dt)*s.Cov[2][2]) + grown + cov.EE,
		EN: s.Cov[0][1] + float64(dt*(s.Cov[0][3]+s.Cov[1][2])) + float64(square(dt)*s.Cov[2][3]) + cov.EN,
		NN: s.Cov[1][1] + float64(2*float64(dt*s.Cov[1][3])) + float64(square(dt)*s.Cov[3][3]) + grown + cov.NN,
	}}
	along := float64(p.E*s.East) + float64(p.N*s.North)
	// Across the way, with the variance there; both times the speed squared.
	across := float64(p.N*s.East) - float64(p.E*s.North)
	v := float64(p.S.NN*square(s.East)) - float64(2*float64(p.S.EN*float64(s.East*s.North))) + float64(p.S.EE*square(s.North))
	return p.Distance2(), math.Abs(along) <= mostSlip*v2 && square(across) <= float64(9*v)
}

// unplaced uses a report without a place: it says more about a track that is
// known, or waits for one. A call for help does not wait.
func (t *Tracker) unplaced(r *report) {
	bearers := t.bearers(r)
	if len(bearers) > 0 {
		// Of several with the name, the one that was heard last.
		l := slices.MaxFunc(bearers, func(a, b *live) int {
			return cmp.Compare(a.lastFrom(r.sensor), b.lastFrom(r.sensor))
		})
		t.enrich(l, r)
		return
	}
	if r.o.Distress != obs.NoDistress && r.strong() {
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
	var changed bool
	if l.Claims, changed = belief.Add(l.Claims, r.o.Claims, honesty(r)); changed {
		t.bind(l, r)
		t.emit(track.Identity, l, max(r.t, l.at), 0, nil)
	}
	t.distress(l, r)
}

// evidence keeps a report that is older than all that can still change: it says
// who a track is, but moves nothing.
func (t *Tracker) evidence(r *report) {
	t.stats.Late++
	if bearers := t.bearers(r); len(bearers) > 0 {
		t.enrich(bearers[0], r)
	}
}

// somewhere makes a track for a call for help without a place: somewhere
// within the range of who heard it; where that one's place is not known either,
// somewhere on earth.
func (t *Tracker) somewhere(r *report) {
	r.placed, r.pos, r.cov = true, geo.Position{}, obs.Round(1e7)
	if s, ok := t.sensors.At(string(r.sensor), wall(r.t)); ok && s.Position.Valid() && s.Position != (geo.Position{}) {
		r.pos, r.cov = s.Position, obs.Round(or(s.MaxRange, 74e3)/2) // 40 nautical miles: VHF at sea
	}
	if !t.onChart(r.pos) {
		r.pos = t.chart.plane.Position(0, 0)
	}
	t.placedAt(r)
}

// heir gives the track that a thing is to carry on, because the report that it
// begins with is a correction of the one that the track rested on.
func (t *Tracker) heir(c timeline.Changed) *live {
	if len(t.heirs) == 0 {
		return nil
	}
	for late := range c.Late {
		if l := t.heirs[late.Ref>>1]; l != nil && late.Began {
			return l
		}
	}
	for b := range c.Beliefs(timeline.Key{Time: math.MinInt64}) {
		if b.Begins {
			return t.heirs[b.Evidence[0].Ref>>1]
		}
		break
	}
	return nil
}
