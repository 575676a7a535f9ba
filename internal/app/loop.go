package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"atalaya/asset"
	"atalaya/desk"
	"atalaya/feed"
	"atalaya/fuse"
	"atalaya/obs"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/store"
	"atalaya/terrain/regard"
	"atalaya/track"
	"atalaya/valid"
	"atalaya/watch"
)

// Loop is the one loop of live and replay: it gives sequences, marks echoes,
// and turns inputs into the picture, findings and alerts. Only its clock and
// its source differ. Turn is called by one goroutine; Lineage, Snapshot and
// Counts by any.
type Loop struct {
	desk    *desk.Desk
	history History // nil: nothing is kept (replay)
	again   bool    // inputs have their sequences already
	meters  func(sensor.FeedID) *feed.Meter

	tracker *fuse.Tracker
	watch   *watch.Watch
	echoes  *feed.Echoes
	feeds   map[sensor.FeedID]sensor.Format
	seq     uint64
	step    uint64
	keyed   time.Time // of the last keyframe
	field   func(*sensor.Regard) *regard.Field
	sights  map[looker]fuse.Sight // where sensors see; none: all that they look at

	mu      sync.Mutex
	assets  valid.History[asset.Asset]
	owned   map[string]asset.ID // claim -> asset in force
	lineage map[track.ID]track.Lineage
	counts  Counts
	// As of told.
	shed          []fuse.Shedding
	registrations map[sensor.ID]*sensor.Registration // how far sensors are off
	told          time.Time
}

// History keeps the steps of the loop.
type History interface {
	Append(ctx context.Context, s store.Step) error
}

// Counts says what the loop did since it was made.
type Counts struct {
	Steps    uint64
	Inputs   uint64 // observations, those inside scans too
	Echoes   uint64
	Events   uint64
	Findings uint64
	Alerts   uint64
	Unkept   uint64 // steps that the store did not take
	Tracker  fuse.Stats
}

// keyframeEvery is how often the whole picture is kept: so often that few steps
// have to be opened to show the picture of any time (a keyframe takes as much
// room as a fifth of a second of observations).
const keyframeEvery = 10 * time.Second

// LoopSettings is what a Loop is made from.
type LoopSettings struct {
	Desk     *desk.Desk
	History  History
	Exercise bool
	Near     float64
	Tracker  fuse.Config
	Resume   store.Resume
	Tracks   []track.Track // of the last keyframe, to go on from
	// Again says that the inputs are those of a store and keep their sequences.
	// Which of them are echoes is found out anew.
	Again bool
	// Findings that stand about these tracks.
	Findings []watch.Finding
	// Meter finds the meter of a feed, to count duplicates; nil where there is
	// none.
	Meter func(sensor.FeedID) *feed.Meter
	// Field gives the field of regard that a change names; nil, where there is
	// none: nothing is known of what that sensor sees.
	Field func(*sensor.Regard) *regard.Field
}

// NewLoop makes the loop. The records that observations are judged by come to
// it as Changes in its first turn.
func NewLoop(s LoopSettings) *Loop {
	l := &Loop{
		desk: s.Desk, history: s.History, meters: s.Meter, again: s.Again,
		field: s.Field, sights: map[looker]fuse.Sight{},
		watch:  watch.New(watch.Config{Exercise: s.Exercise, OwnNear: s.Near}),
		echoes: feed.NewEchoes(), feeds: map[sensor.FeedID]sensor.Format{},
		seq: s.Resume.Seq, step: s.Resume.Step,
		lineage: map[track.ID]track.Lineage{}, owned: map[string]asset.ID{},
	}
	s.Tracker.Visible = l.visible
	l.tracker = fuse.New(s.Tracker)
	l.tracker.Restore(s.Tracks, s.Resume.Track+1)
	l.watch.Restore(s.Tracks, s.Findings)
	return l
}

// Turn is one step of the loop and what came of it.
type Turn struct {
	Step     uint64
	Now      time.Time
	Inputs   []track.Input // with their sequences
	Events   []track.Event
	Findings []watch.Finding
	Alerts   []desk.AlertChange
}

// Turn advances the picture to now. The error tells what could not be stored;
// the turn is good all the same.
func (l *Loop) Turn(ctx context.Context, now time.Time, in []track.Input) (Turn, error) {
	l.step++
	first := l.seq + 1
	for i := range in {
		l.number(&in[i])
	}
	t := Turn{Step: l.step, Now: now, Inputs: in}
	t.Events = l.tracker.Step(now, in)
	t.Findings = l.watch.Step(now, t.Events, in)
	alerts, err := l.desk.Consider(ctx, now, t.Findings)
	t.Alerts = alerts
	if err != nil {
		err = fmt.Errorf("keep the findings of step %d: %w", l.step, err)
	}
	return t, errors.Join(err, l.keep(ctx, &t, first))
}

// number gives an input its place in the global order, and marks echoes.
func (l *Loop) number(in *track.Input) {
	switch {
	case in.Observation != nil:
		l.observed(in.Observation)
		in.Seq = in.Observation.Seq
		return
	case in.Scan != nil:
		for i := range in.Scan.Observations {
			l.observed(&in.Scan.Observations[i])
		}
	case in.Change != nil:
		l.change(in.Change)
	}
	l.next(&in.Seq)
}

// next gives the next sequence.
func (l *Loop) next(seq *uint64) {
	if l.again {
		l.seq = max(l.seq, *seq)
		return
	}
	l.seq++
	*seq = l.seq
}

func (l *Loop) observed(o *obs.Observation) {
	l.next(&o.Seq)
	if l.again {
		o.Source.EchoOf = 0
	}
	l.mu.Lock()
	l.counts.Inputs++
	l.mu.Unlock()
	if !l.echoes.Mark(o, l.feeds[o.Source.Feed]) {
		return
	}
	l.mu.Lock()
	l.counts.Echoes++
	l.mu.Unlock()
	if l.meters == nil {
		return
	}
	if m := l.meters(o.Source.Feed); m != nil {
		m.Duplicate(o)
	}
}

func (l *Loop) change(c *track.Change) {
	if c.Feed != nil {
		l.feeds[c.Feed.ID] = c.Feed.Format
	}
	if c.Regard != nil {
		l.regard(c.Regard)
	}
	if err := l.desk.Learn(c); err != nil {
		return // a version out of order changes nothing; the registry refused it before
	}
	if c.Asset == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.assets.Put(*c.Asset); err != nil {
		return // the tracker counts bad changes; a version out of order changes nothing
	}
	clear(l.owned)
	for _, a := range l.assets.AllAt(c.At) {
		for _, claim := range a.Claims {
			l.owned[claim.String()] = a.ID
		}
	}
}

// Own tells which of our assets a track says it is.
func (l *Loop) Own(t *track.Track) (asset.ID, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range t.Claims {
		if id, ok := l.owned[t.Claims[i].String()]; ok {
			return id, true
		}
	}
	return "", false
}

// keep counts the turn, remembers lineages and hands the step to the history.
func (l *Loop) keep(ctx context.Context, t *Turn, first uint64) error {
	l.mu.Lock()
	l.counts.Steps++
	l.counts.Events += uint64(len(t.Events))
	l.counts.Findings += uint64(len(t.Findings))
	for i := range t.Alerts {
		if a := &t.Alerts[i]; a.Kind == desk.WasRaised && a.Alert.Kind == rule.Alert {
			l.counts.Alerts++
		}
	}
	for i := range t.Events {
		e := &t.Events[i]
		switch {
		case e.Kind == track.Died || e.Kind == track.Merged:
			delete(l.lineage, e.Track.ID)
		case len(e.Lineage) > 0:
			l.lineage[e.Track.ID] = e.Lineage
		}
	}
	l.counts.Tracker = l.tracker.Stats()
	if t.Now.Sub(l.told).Abs() >= time.Second {
		l.shed, l.registrations, l.told = l.tracker.Shedding(l.shed[:0]), registrations(l.tracker), t.Now
	}
	l.mu.Unlock()
	if l.history == nil {
		return nil
	}
	s := store.Step{N: t.Step, Now: t.Now, FirstSeq: first, LastSeq: l.seq, Inputs: t.Inputs, Events: t.Events}
	if t.Now.Sub(l.keyed) >= keyframeEvery {
		l.keyed = t.Now
		s.Picture = l.tracker.Tracks()
	}
	if err := l.history.Append(ctx, s); err != nil {
		l.mu.Lock()
		l.counts.Unkept++
		l.mu.Unlock()
		l.keyed = time.Time{} // the next step that is kept has a keyframe
		return fmt.Errorf("keep step %d: %w", t.Step, err)
	}
	return nil
}

// Shedding gives the tiles in which the tracker left something out within the last
// minute, as of a second ago.
func (l *Loop) Shedding() []fuse.Shedding {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.shed)
}

// Lineage gives what the last update of a track rests on.
func (l *Loop) Lineage(id track.ID) (track.Lineage, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lin, ok := l.lineage[id]
	return lin, ok
}

// Counts gives the counts so far.
func (l *Loop) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// Hash identifies the picture: equal hashes mean equal tracks, bit for bit. It
// may be asked between turns only.
func (l *Loop) Hash() [32]byte { return l.tracker.Hash() }

// Tracks gives every living track, by id. It may be asked between turns only.
func (l *Loop) Tracks() []track.Track { return l.tracker.Tracks() }
