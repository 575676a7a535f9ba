// Package fuse is the tracker: it makes one picture out of what all sensors
// report. Step is pure: the same state and inputs give the same events, bit
// for bit, on every processor.
//
// # How a step works
//
//  1. Changes (sensors, decisions of officers) take effect.
//  2. Observations are brought onto one chart (chart.go) and become plots of
//     looks (report.go, looks.go), which the timeline takes in order of their own
//     times (package timeline): it weighs every plot against every thing that it
//     may be of, and rolls back for what comes late.
//  3. What is believed of things becomes tracks and events (believe.go). Who a
//     track is comes from claims, place and motion together (identity.go).
//  4. Tracks that turn out to be one thing merge (merge.go); silent ones coast and
//     end (life.go).
//
// What says a name and no place, calls for help and what people tell have rules of
// their own (identity.go, distress.go, told.go).
package fuse

import (
	"cmp"
	"iter"
	"runtime"
	"slices"
	"time"

	"atalaya/fuse/picture"
	"atalaya/fuse/registration"
	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// Model is the name and version of the tracker, as written into lineages.
const Model = "pmb-imm/1"

// Config is what a Tracker is made from. A zero value of any field takes the
// default that is told with it.
type Config struct {
	// Visible gives what a version of a sensor sees: with which probability it
	// would see a thing at a place, and whether that is known at all: unknown
	// means no miss. Where it is nil, or gives nil, the sensor's own stated
	// detection probability counts as known inside its scan's region, and as
	// unknown where none is stated. It is asked once for each scan, of the version
	// in force at its end; several goroutines ask what it gives at a time.
	Visible func(id sensor.ID, version uint32) Sight

	// Lag is how late an observation may come and still count as if it had come in
	// time. Default 10 s; minutes for satellite links.
	Lag time.Duration
	// Retrodict is how late one may come and still correct the present of the
	// track that it surely is of, changing no association. Default 5 minutes; what
	// people tell, as long as that holds (toldFor).
	Retrodict time.Duration
	// Crossing is how far apart in time bearings of several sensors may be that start
	// a track where they cross. Default 10 s; below 0: none do.
	Crossing time.Duration
	// Ranging is for how long the bearings of a sensor on the move may be a row that
	// starts a track when it tells the range. Default 5 minutes; below 0: none does.
	Ranging time.Duration
	// Motion tells how things move, by track.Domain.
	Motion [4]Motion
	// Silence overrides how long tracks live without news, by kind of sensor;
	// see silence for the defaults and their sources.
	Silence map[sensor.Kind]Silence
	// Bias tells how far sensors of a kind may be badly set up; it is learnt from
	// honest cooperative tracks. Default DefaultBias; empty: they are not.
	Bias map[sensor.Kind]registration.Config

	// MergeGate is the squared Mahalanobis distance of two tracks, in place and
	// velocity, within which they may be one. Default 13.28: 99 % of four degrees
	// of freedom.
	MergeGate float64
	// Tell is the existence from which a thing is told as a track. Default 0.25.
	Tell float64
	// ConfirmAt and ConfirmHits: a track is confirmed when its existence
	// reaches ConfirmAt and it has ConfirmHits of the last eight looks; a
	// cooperative one needs two reports. Defaults 0.95 and 3.
	ConfirmAt   float64
	ConfirmHits int
	// DropBelow ends a thing whose existence falls under it. Default 0.01.
	DropBelow float64

	// Revise is how far, in squared Mahalanobis distance, a past place must
	// move for a Revised event. Default 1: one standard deviation.
	Revise float64
	// Ahead is how far a sensor's time may lie in the future; beyond it the
	// receive time counts. Default 2 s.
	Ahead time.Duration

	// MaxTracks bounds the picture; beyond it nothing is told. Default 200,000.
	MaxTracks int
}

// Sight says with which probability a look would show a thing at a place and
// height, and whether that is known.
type Sight func(p geo.Position, h geo.Height) (pd float64, known bool)

func (c Config) withDefaults() Config {
	for d := range c.Motion {
		c.Motion[d] = cmp.Or(c.Motion[d], DefaultMotion(track.Domain(d)))
	}
	if c.Bias == nil {
		c.Bias = DefaultBias()
	}
	c.Lag = cmp.Or(c.Lag, 10*time.Second)
	c.Retrodict = cmp.Or(c.Retrodict, 5*time.Minute)
	c.Crossing = cmp.Or(c.Crossing, 10*time.Second)
	c.Ranging = cmp.Or(c.Ranging, 5*time.Minute)
	c.MergeGate = cmp.Or(c.MergeGate, 13.28)
	c.Tell = cmp.Or(c.Tell, 0.25)
	c.ConfirmAt = cmp.Or(c.ConfirmAt, 0.95)
	c.ConfirmHits = cmp.Or(c.ConfirmHits, 3)
	c.DropBelow = cmp.Or(c.DropBelow, 0.01)
	c.Revise = cmp.Or(c.Revise, 1)
	c.Ahead = cmp.Or(c.Ahead, 2*time.Second)
	c.MaxTracks = cmp.Or(c.MaxTracks, 200_000)
	return c
}

// Tracker keeps the picture. It is not safe for concurrent use.
type Tracker struct {
	cfg     Config
	now     int64 // of the last step, nanoseconds since 1970
	steps   uint64
	next    track.ID
	chart   chart
	newest  int64 // look
	line    *timeline.Timeline
	tracks  []*live // by id; dead ones leave at the end of a step
	byID    map[track.ID]*live
	byThing map[timeline.ID]*live
	names   names
	spoken  spoken
	unheard unheard
	held    map[timeline.ID]sighted
	heirs   map[uint64]*live // by observation: who goes on as what begins with it
	seeds   int32            // things that were restored
	stats   Stats

	sensors   valid.History[sensor.Sensor]
	listeners map[sensor.ID]*listener
	sensorIDs []sensor.ID // by number

	// Of the current step only.
	events  []track.Event // in the order in which they happened; the array is used again
	sorted  []int32       // of the events, as they are handed out
	reports []report      // by sequence
	scans   []scanned
	order   []int32          // of reports, as they are looks
	turn    map[uint64]int32 // how often names and numbers are in a look
	batches []batch
	plots   []timeline.Plot
	merges  [][2]track.ID
	wants   []want // of the step
	was     []told
	fresh   []track.Lineage
}

// New makes an empty picture.
func New(cfg Config) *Tracker {
	t := &Tracker{
		cfg: cfg.withDefaults(), next: 1, byID: map[track.ID]*live{}, byThing: map[timeline.ID]*live{},
		names: names{}, spoken: spoken{}, unheard: newUnheard(), turn: map[uint64]int32{}, heirs: map[uint64]*live{}, held: map[timeline.ID]sighted{}, listeners: map[sensor.ID]*listener{},
	}
	t.line = newLine(&t.cfg)
	return t
}

// newLine makes the timeline.
func newLine(cfg *Config) *timeline.Timeline {
	unknown := cfg.Motion[track.UnknownDomain].ways()
	c := timeline.Config{
		Model: unknown.Model, SpeedSD: unknown.SpeedSD, Lag: cfg.Lag, Retrodict: cfg.Retrodict, Told: toldFor, Drop: cfg.DropBelow, Life: life, Watched: true, Speaks: speaks,
		Workers: max(1, min(2, runtime.GOMAXPROCS(0)-1)), // one is for all that feeds and shows the picture
		Cross:   max(cfg.Crossing, 0), Ranging: max(cfg.Ranging, 0), BearingsAs: movesAs(obs.Unknown, track.Water),
	}
	for _, d := range []track.Domain{track.Water, track.Land, track.Air} {
		c.Domains = append(c.Domains, cfg.Motion[d].ways())
	}
	stands := fixed()
	c.Domains = append(c.Domains, stands.ways())
	line, err := timeline.New(c, nil)
	if err != nil {
		panic(err) // the configuration is ours
	}
	return line
}

const (
	// life is how long things stay in sight in the mean, s.
	life = 3600
	// speaks is how likely at least what names itself exists, whatever looks do
	// not show it: a radar does not disprove what reports itself.
	speaks = 0.5
)

// Step advances the picture to now with the inputs of one step. Events are
// ordered by track and then by what happened first; they share no memory with
// the tracker that is written later.
func (t *Tracker) Step(now time.Time, in []track.Input) []track.Event {
	t.begin(now)
	for i := range in {
		switch {
		case in[i].Change != nil:
			t.change(in[i].Change)
		case in[i].Observation != nil:
			t.observe(in[i].Observation)
		case in[i].Scan != nil:
			t.scan(in[i].Scan)
		}
	}
	t.arrange()
	t.look()
	t.believe()
	t.leftovers()
	t.merge()
	t.age()
	t.letGo()
	return t.close()
}

func (t *Tracker) begin(now time.Time) {
	t.events = t.events[:0]
	t.reports, t.scans = t.reports[:0], t.scans[:0]
	t.steps++
	t.setClock(nanos(now))
}

// close hands out the events and forgets the dead.
func (t *Tracker) close() []track.Event {
	t.tracks = slices.DeleteFunc(t.tracks, func(l *live) bool {
		if l.Status == track.Ended {
			delete(t.byID, l.ID)
			return true
		}
		return false
	})
	t.tidy()
	events := t.byTrack()
	// What they refer to may go.
	clear(t.events)
	clear(t.reports)
	clear(t.scans)
	clear(t.heirs)
	return events
}

// byTrack gives the events of the step by track and then by what happened
// first. Events are large: only their places are sorted.
func (t *Tracker) byTrack() []track.Event {
	t.sorted = t.sorted[:0]
	for i := range t.events {
		t.sorted = append(t.sorted, int32(i)) //nolint:gosec // fewer than 2^31
	}
	slices.SortFunc(t.sorted, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.events[a].Track.ID, t.events[b].Track.ID), cmp.Compare(a, b))
	})
	out := make([]track.Event, len(t.events))
	for i, k := range t.sorted {
		out[i] = t.events[k]
	}
	return out
}

// observe takes an observation, if it is no echo.
func (t *Tracker) observe(o *obs.Observation) *report {
	t.stats.Observations++
	if o.Echo() {
		t.stats.Echoes++
		return nil
	}
	t.reports = append(t.reports, t.report(o))
	return &t.reports[len(t.reports)-1]
}

// arrange decides what becomes of each report: those that tell a place become
// looks.
func (t *Tracker) arrange() {
	slices.SortStableFunc(t.reports, func(a, b report) int { return cmp.Compare(a.seq, b.seq) })
	for i := range t.reports {
		r := &t.reports[i]
		if !r.placed && !r.isBearing {
			if !r.strong() && r.target().kind == 0 {
				t.stats.Nameless++ // no place and no name: nothing to hang it on
				continue
			}
			t.unplaced(r)
			continue
		}
		if bearers := t.bearers(r); len(bearers) > 0 {
			switch l := bearers[0]; {
			case r.kind == sensor.Person && !r.strong():
				t.corrected(r, l)
			case len(bearers) == 1 && r.placed && (l.stale(r) || t.slipped(l, r)):
				t.stats.Stale++
				l.slips++
				r.placed = false
				t.enrich(l, r)
				continue
			}
		}
		if r.scan == 0 {
			r.look = slotOf(r.t)
		}
	}
}

// reportOf gives a report of this step by its sequence, or nil.
func (t *Tracker) reportOf(seq uint64) *report {
	i, ok := slices.BinarySearchFunc(t.reports, seq, func(r report, seq uint64) int { return cmp.Compare(r.seq, seq) })
	if !ok {
		return nil
	}
	return &t.reports[i]
}

// change applies a change of what the picture is judged by.
func (t *Tracker) change(c *track.Change) {
	t.stats.Changes++
	switch {
	case c.Sensor != nil:
		if err := t.sensors.Put(*c.Sensor); err != nil {
			t.stats.BadChanges++ // a version that is there already, or a gap
		} else {
			t.registered(c.Sensor)
			if p := c.Sensor.Position; p.Valid() && p != (geo.Position{}) {
				t.chart.start(p)
			}
		}
	case c.Decision != nil:
		t.decide(c)
	}
}

// registered tells the tracks of a keyframe what their sensors are, when those
// become known after them.
func (t *Tracker) registered(s *sensor.Sensor) {
	for _, l := range t.tracks {
		for i := range l.src {
			if l.src[i].id == s.ID && l.src[i].kind == "" {
				l.src[i].is(t, s.Kind, s.ScanPeriod)
				l.due = 0
			}
		}
	}
}

// decide applies an officer's decision, which holds against what is observed
// later. A dropped track ends; the thing itself, if it reports again, becomes
// a new track.
func (t *Tracker) decide(c *track.Change) {
	l := t.byID[c.Decision.Track]
	if l == nil || l.Status == track.Ended {
		t.stats.BadChanges++
		return
	}
	at := t.within(nanos(c.At))
	if c.Decision.Drop {
		t.kill(l, at)
		return
	}
	if c.Decision.Kind != obs.Unknown {
		l.Kind, l.kindSet = c.Decision.Kind, true
	}
	if c.Decision.Domain != track.UnknownDomain {
		l.Domain, l.domainSet = c.Decision.Domain, true
	}
	l.move = &t.cfg.Motion[l.Domain]
	t.line.SetDomain(l.thing, movesAs(l.Kind, l.Domain))
	t.emit(track.Identity, l, at, 0, nil)
}

// emit adds an event about l as it is now.
func (t *Tracker) emit(kind track.EventKind, l *live, at int64, other track.ID, lin track.Lineage) {
	t.events = append(t.events, track.Event{
		Kind: kind, Time: wall(at), Track: l.Track, Revision: l.Revision, Other: other, Lineage: lin,
	})
}

// Tracks gives the picture, ordered by id: what a keyframe keeps.
func (t *Tracker) Tracks() []track.Track {
	out := make([]track.Track, len(t.tracks))
	for i, l := range t.tracks {
		out[i] = l.Track
	}
	return out
}

// All gives the tracks, ordered by id, without copying them: they must not be
// written, and not be kept beyond the next step.
func (t *Tracker) All() iter.Seq[*track.Track] {
	return func(yield func(*track.Track) bool) {
		for _, l := range t.tracks {
			if !yield(&l.Track) {
				return
			}
		}
	}
}

// Hash is of the whole picture: see picture.Hash.
func (t *Tracker) Hash() [32]byte { return picture.Hash(t.next, t.All(), len(t.tracks)) }

// Len is the number of tracks, tentative ones included.
func (t *Tracker) Len() int { return len(t.tracks) }

// Next is the id that the next track gets. A keyframe keeps it: an id is never
// used again after a restart.
func (t *Tracker) Next() track.ID { return t.next }
