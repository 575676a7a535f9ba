package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/desk/explain"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/store"
	"atalaya/track"
)

// How it is found out what would have been believed without a sensor.
//
//  1. The replay begins a minute before the track was born, or where all inputs
//     are kept, from the picture as it was known then.
//  2. The stored inputs run through two loops side by side, step by step as they
//     did live: one gets all of them, the other none of the sensors that are
//     left out, and begins without the tracks in which these had a part.
//  3. The thing is found again in both, and so is each finding that raised an
//     alert about it.
//
// Where the steps have expired, what an alert rests on is left: the observations
// of the track itself, without those of its rivals and without scans. They are
// replayed then.

// WithoutConfig asks what would have been believed.
type WithoutConfig struct {
	Query   explain.Query
	Sensors []sensor.ID // to leave out
	// Progress is told how many seconds of how many are replayed; nil: nobody.
	Progress func(done, total int64)
	Log      *slog.Logger
}

const (
	beforeBirth   = time.Minute
	longestReplay = 6 * time.Hour
)

// ExplainWithout replays a store without some sensors.
func ExplainWithout(ctx context.Context, cfg Config, w WithoutConfig) (_ explain.Without, err error) {
	if err := cfg.Check(); err != nil {
		return explain.Without{}, err
	}
	s, err := cfg.openReader(ctx, w.Log)
	if err != nil {
		return explain.Without{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := rerun{cfg: cfg, ask: w, store: accounts{s}, registered: map[sensor.ID]bool{}}
	return r.run(ctx)
}

// rerun is one such question.
type rerun struct {
	cfg   Config
	ask   WithoutConfig
	store accounts
	out   explain.Without
	told  []desk.Told // what happened to the track, from the start of the replay
	frame store.Keyframe
	first []track.Input // what the inputs are judged by
	// registered are the sensors that ever were.
	registered map[sensor.ID]bool
	// expired says that the steps are gone: only what alerts rest on is left.
	expired bool

	sees        *fields
	whole, left *branch
}

// branch is one of the two loops.
type branch struct {
	loop   *Loop
	follow *explain.Follower
}

func (r *rerun) run(ctx context.Context) (explain.Without, error) {
	if err := r.prepare(ctx); err != nil {
		return r.out, err
	}
	if err := r.replay(ctx); err != nil {
		return r.out, err
	}
	last := r.told[len(r.told)-1].Event.Track
	r.out.With, r.out.Left = r.whole.follow.Found(&last), r.left.follow.Found(&last)
	r.out.Compare()
	alerts, err := r.store.Alerts(ctx, r.out.Track, r.out.From, r.out.To)
	if err != nil {
		return r.out, err
	}
	for i := range alerts {
		x := explain.Judge(&alerts[i], r.whole.follow, r.left.follow, r.out.With, r.out.Left)
		if err := r.rests(ctx, &x, alerts[i].Finding.Inputs); err != nil {
			return r.out, err
		}
		r.out.Alerts = append(r.out.Alerts, x)
	}
	return r.out, nil
}

// rests notes whose observations an alert rests on.
func (r *rerun) rests(ctx context.Context, x *explain.Standing, inputs []uint64) error {
	var all []obs.Observation
	for _, seq := range inputs {
		o, err := r.store.Observation(ctx, seq)
		if errors.Is(err, desk.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		all = append(all, o)
	}
	x.RestsOn(all)
	return nil
}

// prepare finds out what to replay, and makes the two loops.
func (r *rerun) prepare(ctx context.Context) error {
	a, err := explain.Track(ctx, r.store, r.ask.Query)
	if err != nil {
		return err
	}
	if a.Belief == nil {
		return fmt.Errorf("%w: nothing is kept of track %s from %s to %s: choose another time with --at and --for",
			desk.ErrNotFound, a.Track, a.From.Format(time.RFC3339), a.To.Format(time.RFC3339))
	}
	e, err := r.store.Extent(ctx)
	if err != nil {
		return err
	}
	kept, err := r.store.Kept(ctx)
	if err != nil {
		return err
	}
	r.expired = a.To.Before(kept)
	if r.expired {
		kept = time.Time{}
	}
	from := start(&a, kept)
	gone := !kept.IsZero() || e.Observations.After(e.Detail)
	r.out = explain.Without{
		Track: a.Track, Without: r.ask.Sensors, From: from, To: a.To, Then: a.Belief, Alerts: []explain.Standing{},
		Begun: a.Belief.Born.Before(from), Thinned: gone && from.Before(e.Observations), Alone: r.expired,
	}
	if r.told, err = r.store.Told(ctx, a.Track, from, a.To, mostReplayed); err != nil {
		return err
	}
	if len(r.told) == 0 {
		return fmt.Errorf("%w: the steps in which track %s was seen have expired: there is nothing to replay", desk.ErrNotFound, a.Track)
	}
	if !r.expired {
		if r.frame, err = r.store.AsKnownAt(ctx, from); err != nil && !errors.Is(err, desk.ErrNotFound) {
			return err
		}
	}
	if err := r.records(ctx); err != nil {
		return err
	}
	if err := r.known(&a); err != nil {
		return err
	}
	if r.whole, err = r.branch(ctx, r.frame.Tracks); err != nil {
		return err
	}
	r.left, err = r.branch(ctx, slices.DeleteFunc(slices.Clone(r.frame.Tracks), func(t track.Track) bool {
		return slices.ContainsFunc(t.Sensors, r.leftOut)
	}))
	return err
}

// start chooses where to begin: before all of the track's life, as far as it is
// kept and is no longer than a replay may be.
func start(a *explain.Account, kept time.Time) time.Time {
	from := a.Belief.Born.Add(-beforeBirth)
	for _, earliest := range []time.Time{a.To.Add(-longestReplay), kept} {
		if from.Before(earliest) {
			from = earliest
		}
	}
	return from
}

// mostReplayed bounds what is read of the track.
const mostReplayed = 1 << 20

func (r *rerun) leftOut(id sensor.ID) bool { return slices.Contains(r.ask.Sensors, id) }

// known refuses sensors that had no part in anything.
func (r *rerun) known(a *explain.Account) error {
	names := r.registered
	var had []string
	for _, s := range a.Sensors {
		names[s.Sensor] = true
		had = append(had, string(s.Sensor))
	}
	for _, id := range r.ask.Sensors {
		if !names[id] {
			return fmt.Errorf("%w: no sensor is named %q; the track was seen by %s", desk.ErrInvalid, id, strings.Join(had, ", "))
		}
	}
	return nil
}

// records gives what the inputs are judged by, as it was when the replay begins:
// what changed later comes with the inputs. The past of a recording has no
// registry: there it came with the first step.
func (r *rerun) records(ctx context.Context) error {
	have, err := r.store.Registry(ctx)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		for step, err := range r.store.Steps(ctx, time.Time{}, time.Time{}) {
			if err != nil {
				return err
			}
			for _, in := range step.Inputs {
				if in.Change != nil {
					have = append(have, *in.Change)
				}
			}
			break
		}
	}
	for i := range have {
		if have[i].Sensor != nil {
			r.registered[have[i].Sensor.ID] = true
		}
	}
	until := r.out.From
	if r.expired {
		until = r.out.To // the changes have expired with their steps
	}
	for _, in := range records(have) {
		if !in.Change.At.After(until) {
			r.first = append(r.first, in)
		}
	}
	return r.fields(ctx, have)
}

// fields works out where the sensors see, over the elevation that is there now:
// how it was at the start of the replay is not kept. Later changes come with the
// steps, and hold where they name the same fields.
func (r *rerun) fields(ctx context.Context, have []track.Change) error {
	elevations, err := r.cfg.openElevation()
	if err != nil {
		return err
	}
	r.sees = newFields(elevations, r.cfg.Exercise.Enabled)
	regards, err := r.sees.all(ctx, have, r.ask.Log)
	r.first = append(r.first, records(regards)...)
	return err
}

func (r *rerun) branch(ctx context.Context, tracks []track.Track) (*branch, error) {
	d, err := desk.Start(ctx, desk.Config{Store: forgetful{}, Ledger: forgetful{}, Clock: NewClock(r.ask.Log), Log: r.ask.Log})
	if err != nil {
		return nil, err
	}
	// Tracks that are born in the replay get numbers that no track before them has.
	next := store.Resume{Step: r.frame.Step, Seq: r.frame.LastSeq}
	for _, t := range r.frame.Tracks {
		next.Track = max(next.Track, t.ID)
	}
	b := &branch{
		loop:   NewLoop(LoopSettings{Field: r.sees.named, Desk: d, Exercise: r.cfg.Exercise.Enabled, Near: r.cfg.Loop.Near, Tracker: r.cfg.Tracker.config(), Resume: next, Tracks: tracks, Again: true}),
		follow: explain.Follow(r.told),
	}
	known := r.frame.Known
	if known.IsZero() {
		known = r.out.From
	}
	return b, b.turn(ctx, known, slices.Clone(r.first))
}

func (b *branch) turn(ctx context.Context, now time.Time, in []track.Input) error {
	t, err := b.loop.Turn(ctx, now, in)
	if err != nil {
		return err
	}
	b.follow.Take(now, t.Events, t.Findings)
	return nil
}

// replay runs the stored steps through both loops.
func (r *rerun) replay(ctx context.Context) error {
	from := r.out.From
	if !r.frame.Known.IsZero() {
		from = r.frame.Known.Add(1) // it has all until then
	}
	total := int64(r.out.To.Sub(from) / time.Second)
	steps := r.store.Steps(ctx, from, r.out.To)
	if r.expired {
		steps = r.pinned
	}
	for step, err := range steps {
		if err != nil {
			return err
		}
		if step.N <= r.frame.Step {
			continue
		}
		r.out.Steps++
		r.out.Thinned = r.out.Thinned || step.Thinned
		if r.ask.Progress != nil {
			r.ask.Progress(int64(step.Now.Sub(from)/time.Second), max(total, 1))
		}
		if err := r.left.turn(ctx, step.Now, r.without(step.Inputs)); err != nil {
			return err
		}
		if err := r.whole.turn(ctx, step.Now, step.Inputs); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// pinned gives what is left of steps that have expired.
func (r *rerun) pinned(yield func(store.Step, error) bool) {
	var step store.Step
	for i := range r.told {
		t := &r.told[i]
		if t.Step != step.N {
			if step.N != 0 && !yield(step, nil) {
				return
			}
			step = store.Step{N: t.Step, Now: t.Known, Thinned: true}
		}
		for k := range t.Observations {
			o := &t.Observations[k]
			if !slices.ContainsFunc(step.Inputs, func(in track.Input) bool { return in.Seq == o.Seq }) {
				step.Inputs = append(step.Inputs, track.Input{Seq: o.Seq, Observation: o})
			}
		}
	}
	if step.N != 0 {
		yield(step, nil)
	}
}

// without gives the inputs that are not of the sensors left out, as copies: each
// loop marks echoes in its own.
func (r *rerun) without(inputs []track.Input) []track.Input {
	out := make([]track.Input, 0, len(inputs))
	for _, in := range inputs {
		switch {
		case in.Observation != nil && r.leftOut(in.Observation.Sensor), in.Scan != nil && r.leftOut(in.Scan.Sensor):
			r.out.Dropped++
			continue
		case in.Observation != nil:
			o := *in.Observation
			in.Observation = &o
		case in.Scan != nil:
			sc := *in.Scan
			sc.Observations = slices.Clone(sc.Observations)
			in.Scan = &sc
		}
		out = append(out, in)
	}
	return out
}
