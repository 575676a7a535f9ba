// Package fuse is the tracker: it makes one picture out of what all sensors
// report. Step is pure: the same state and inputs give the same events, bit
// for bit, on every processor.
//
// # How a step works
//
//  1. Changes (sensors, decisions of officers) take effect.
//  2. Observations that name their source (MMSI, ICAO address, MAVLink system
//     id of a sensor, a sensor's own target number that is known already) go,
//     in order of time, to the track of that name, unless the place contradicts
//     it: an identity never overrides how things can move (identity.go).
//  3. Nameless plots go, sensor by sensor and look by look, to the tracks in
//     whose gates they lie: the assignment with the greatest likelihood of
//     each look as a whole (plots.go, package assign). What is left starts
//     tentative tracks.
//  4. Bearings sharpen tracks that exist; they start none (bearings.go).
//  5. Scans lower the existence of what they should have seen (scans.go).
//  6. Tracks that turn out to be one thing merge; silent ones coast and end
//     (life.go).
//
// The motion model is constant velocity with white-noise acceleration. The
// filter works in the local plane at the track's own position, which moves
// with every update, so that the plane's error stays below a millimetre for
// boats and below a metre for aircraft with a minute between reports. Late
// observations are filtered at their own time where the track's recent past
// is still known (late.go).
package fuse

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"atalaya/fuse/assign"
	"atalaya/fuse/picture"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// Model is the name and version of the tracker, as written into lineages.
const Model = "cv-gnn/1"

// Config is what a Tracker is made from. A zero value of any field takes the
// default that is told with it.
type Config struct {
	// Visible says with which probability a sensor would see a thing at a
	// place, and whether that is known at all: unknown means no miss. Without
	// Visible the sensor's own stated detection probability counts as known
	// inside its scan's region, and as unknown where none is stated.
	Visible func(id sensor.ID, p geo.Position, h geo.Height, at time.Time) (pd float64, known bool)

	// Motion tells how things move, by track.Domain.
	Motion [4]Motion
	// Silence overrides how long tracks live without news, by kind of sensor;
	// see silence for the defaults and their sources.
	Silence map[sensor.Kind]Silence

	// PlotGate is the squared Mahalanobis distance within which a nameless
	// plot may belong to a track. Default 13.82: 99.9 % of the true ones.
	PlotGate float64
	// IdentityGate is the same for an observation that names the track.
	// Default 18.42: 99.99 %.
	IdentityGate float64
	// MergeGate is the same for two tracks in place and velocity. Default
	// 13.28: 99 % of four degrees of freedom.
	MergeGate float64
	// NewDensity is how many plots of nobody (false ones, and things not yet
	// tracked) a look brings, per square metre. Default 1e-8.
	NewDensity float64

	// ConfirmAt and ConfirmHits: a track is confirmed when its existence
	// reaches ConfirmAt and it has ConfirmHits of the last eight looks; a
	// cooperative one needs two reports. Defaults 0.95 and 3.
	ConfirmAt   float64
	ConfirmHits int
	// DropBelow ends a track whose existence falls under it. Default 0.02.
	DropBelow float64

	// Rewrite is how far back a track's past can be filtered anew when late
	// data comes. Default 30 s.
	Rewrite time.Duration
	// Revise is how far, in squared Mahalanobis distance, a past place must
	// move for a Revised event. Default 1: one standard deviation.
	Revise float64
	// Ahead is how far a sensor's time may lie in the future; beyond it the
	// receive time counts. Default 2 s.
	Ahead time.Duration

	// MaxTracks bounds the picture; beyond it nothing is born. Default 200,000.
	MaxTracks int
	// MaxCluster is the largest number of plots in one cluster that is still
	// assigned optimally; larger ones are assigned greedily. Default 200.
	MaxCluster int
}

func (c Config) withDefaults() Config {
	for d := range c.Motion {
		c.Motion[d] = cmp.Or(c.Motion[d], defaultMotion(track.Domain(d)))
	}
	c.PlotGate = cmp.Or(c.PlotGate, 13.82)
	c.IdentityGate = cmp.Or(c.IdentityGate, 18.42)
	c.MergeGate = cmp.Or(c.MergeGate, 13.28)
	c.NewDensity = cmp.Or(c.NewDensity, 1e-8)
	c.ConfirmAt = cmp.Or(c.ConfirmAt, 0.95)
	c.ConfirmHits = cmp.Or(c.ConfirmHits, 3)
	c.DropBelow = cmp.Or(c.DropBelow, 0.02)
	c.Rewrite = cmp.Or(c.Rewrite, 30*time.Second)
	c.Revise = cmp.Or(c.Revise, 1)
	c.Ahead = cmp.Or(c.Ahead, 2*time.Second)
	c.MaxTracks = cmp.Or(c.MaxTracks, 200_000)
	c.MaxCluster = cmp.Or(c.MaxCluster, 200)
	return c
}

// Tracker keeps the picture. It is not safe for concurrent use.
type Tracker struct {
	cfg     Config
	now     int64 // of the last step, nanoseconds since 1970
	steps   uint64
	next    track.ID
	tracks  []*live // by id; dead ones leave at the end of a step
	byID    map[track.ID]*live
	names   names
	unheard unheard
	sensors valid.History[sensor.Sensor]
	stats   Stats

	// Of the current step only.
	events    []track.Event // in the order in which they happened; the array is used again
	order     []int32       // of the events, as they are handed out
	named     []report
	plots     []report
	bearings  []report
	gates     gates
	gatesOpen bool
	pairs     assign.Clusters
	moved     []*live // nameless tracks that merging looks at
}

// New makes an empty picture.
func New(cfg Config) *Tracker {
	t := &Tracker{cfg: cfg.withDefaults(), next: 1}
	t.byID = map[track.ID]*live{}
	t.names = names{}
	t.unheard = newUnheard()
	return t
}

// Step advances the picture to now with the inputs of one step. Events are
// ordered by track and then by what happened first; they share no memory with
// the tracker that is written later.
func (t *Tracker) Step(now time.Time, in []track.Input) []track.Event {
	t.begin(now)
	var scans []*track.Scan
	for i := range in {
		switch {
		case in[i].Change != nil:
			t.change(in[i].Change)
		case in[i].Observation != nil:
			t.sort(in[i].Observation, 0)
		case in[i].Scan != nil:
			scans = append(scans, in[i].Scan)
			for k := range in[i].Scan.Observations {
				t.sort(&in[i].Scan.Observations[k], len(scans))
			}
		}
	}
	slices.SortStableFunc(t.named, byTime)
	for i := range t.named {
		t.claimed(&t.named[i])
	}
	t.plotted()
	slices.SortStableFunc(t.bearings, byTime)
	for i := range t.bearings {
		t.bearing(&t.bearings[i])
	}
	for _, s := range scans {
		t.scanned(s)
	}
	t.merge()
	t.age()
	return t.end()
}

func (t *Tracker) begin(now time.Time) {
	t.events = t.events[:0]
	t.named, t.plots, t.bearings = t.named[:0], t.plots[:0], t.bearings[:0]
	t.gatesOpen = false
	t.moved = t.moved[:0]
	t.steps++
	t.setClock(nanos(now))
}

// end hands out the events and forgets the dead.
func (t *Tracker) end() []track.Event {
	t.tracks = slices.DeleteFunc(t.tracks, func(l *live) bool {
		if l.Status == track.Ended {
			delete(t.byID, l.ID)
			return true
		}
		return false
	})
	events := t.byTrack()
	// What they refer to may go.
	clear(t.events)
	clear(t.named)
	clear(t.plots)
	clear(t.bearings)
	return events
}

// byTrack gives the events of the step by track and then by what happened
// first. Events are large: only their places are sorted.
func (t *Tracker) byTrack() []track.Event {
	t.order = t.order[:0]
	for i := range t.events {
		t.order = append(t.order, int32(i)) //nolint:gosec // fewer than 2^31
	}
	slices.SortFunc(t.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.events[a].Track.ID, t.events[b].Track.ID), cmp.Compare(a, b))
	})
	out := make([]track.Event, len(t.events))
	for i, k := range t.order {
		out[i] = t.events[k]
	}
	return out
}

// sort puts an observation where its phase of the step finds it.
func (t *Tracker) sort(o *obs.Observation, look int) {
	t.stats.Observations++
	if o.Echo() {
		t.stats.Echoes++
		return
	}
	r := t.report(o, look)
	switch {
	case r.strong() || t.names.has(r.target()):
		t.named = append(t.named, r)
	case r.isBearing:
		t.bearings = append(t.bearings, r)
	case !r.placed:
		t.stats.Nameless++ // no place and no name: nothing to hang it on
	default:
		t.plots = append(t.plots, r)
	}
}

func byTime(a, b report) int {
	return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.o.Seq, b.o.Seq))
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
	l.move = t.motionOf(l.Kind, l.Domain)
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

// Restore puts a keyframe's picture in the place of the present one. Ids from
// now on begin at next, or after the highest id if that is more. Sensors are
// kept; what the tracker knew besides the tracks (their recent past, doubtful
// candidates) begins anew.
func (t *Tracker) Restore(tracks []track.Track, next track.ID) {
	t.tracks = t.tracks[:0]
	clear(t.byID)
	clear(t.names)
	t.unheard = newUnheard()
	t.next = max(next, 1)
	for i := range tracks {
		if tracks[i].Status == track.Ended {
			continue
		}
		l := t.revive(&tracks[i])
		t.tracks = append(t.tracks, l)
		t.next = max(t.next, l.ID+1)
	}
	slices.SortFunc(t.tracks, func(a, b *live) int { return cmp.Compare(a.ID, b.ID) })
	for _, l := range t.tracks {
		t.byID[l.ID] = l
		t.rename(l)
	}
}
