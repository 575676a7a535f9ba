package app

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"math"
	"time"

	"atalaya/desk"
	"atalaya/store/sqlite"
	"atalaya/track"
	"atalaya/watch"
)

// ReplayConfig says what to replay, and how.
type ReplayConfig struct {
	Files []string
	// Speed is how many seconds of the recording pass in one of ours; 0: as
	// fast as the machine can.
	Speed  float64
	Sensor string // registered sensor that made the recordings; empty: one made up for each file
	Format string // of the files; empty: recognised
	// Keep puts everything into the store, which must have no past yet, as if it
	// had been live.
	Keep bool
	// JSON takes tracks, findings and alerts as lines; nil: nobody.
	JSON io.Writer
	// Progress is told how many bytes of how many are done.
	Progress func(done, total int64)
	Log      *slog.Logger
}

// ReplaySummary is the last line of a replay.
type ReplaySummary struct {
	Files        int               `json:"files"`
	Bytes        int64             `json:"bytes"`
	Good         uint64            `json:"good"` // messages
	Bad          map[string]uint64 `json:"bad"`
	Observations uint64            `json:"observations"`
	Echoes       uint64            `json:"echoes"`
	Steps        uint64            `json:"steps"`
	Born         uint64            `json:"tracks_born"`
	Living       int               `json:"tracks"` // at the end
	Findings     uint64            `json:"findings"`
	Alerts       uint64            `json:"alerts"`
	From         time.Time         `json:"from"` // receive time of the first and the last input
	To           time.Time         `json:"to"`
	Seconds      float64           `json:"seconds"`
	// Hash identifies the final picture, EventsHash all that happened on the way.
	Hash       string `json:"hash"`
	EventsHash string `json:"events_hash"`
}

// ReplayLine is one line of a replay's JSON: exactly one of Track, Finding and
// Alert has content. Tracks come when they end, and those that live at the end.
type ReplayLine struct {
	Kind    string         `json:"kind"` // "track", "finding" or "alert"
	Time    time.Time      `json:"time"` // of the step
	Event   string         `json:"event,omitempty"`
	Track   *track.Track   `json:"track,omitempty"`
	Finding *watch.Finding `json:"finding,omitempty"`
	Alert   *desk.Alert    `json:"alert,omitempty"`
}

// syncEvery is after how many steps a replay that is kept waits for the disk.
const syncEvery = 16

// replayer runs recorded inputs through the loop.
type replayer struct {
	cfg    ReplayConfig
	loop   *Loop
	store  *sqlite.Store // nil: nothing is kept
	step   time.Duration
	out    *json.Encoder
	events hash.Hash
	sum    ReplaySummary
	now    time.Time // of the last step
	began  time.Time
}

// Replay runs recorded files through the loop, merged by receive time.
func Replay(ctx context.Context, cfg Config, r ReplayConfig) (_ ReplaySummary, err error) {
	if err := cfg.Check(); err != nil {
		return ReplaySummary{}, err
	}
	p := &replayer{cfg: r, step: time.Duration(cfg.Loop.Step), events: sha256.New(), began: time.Now()}
	elevations, err := cfg.openElevation()
	if err != nil {
		return ReplaySummary{}, err
	}
	sees := newFields(elevations, cfg.Exercise.Enabled)
	loop := LoopSettings{Field: sees.named, Exercise: cfg.Exercise.Enabled, Near: cfg.Loop.Near, Tracker: cfg.Tracker.config()}
	clock := NewClock(r.Log)
	memory := desk.Config{Store: forgetful{}, Ledger: forgetful{}, Clock: clock, Log: r.Log}
	if r.Keep {
		if p.store, err = emptyStore(ctx, cfg, clock, r.Log); err != nil {
			return ReplaySummary{}, err
		}
		defer func() { err = errors.Join(err, p.store.Close()) }()
		memory.Store, memory.Ledger = p.store, p.store
		loop.History, loop.Resume = p.store, p.store.Resume()
	}
	if loop.Desk, err = desk.Start(ctx, memory); err != nil {
		return ReplaySummary{}, err
	}
	p.loop = NewLoop(loop)
	p.sum.Files, p.sum.Bad = len(r.Files), map[string]uint64{}
	if r.JSON != nil {
		p.out = json.NewEncoder(r.JSON)
	}
	recs, err := openRecordings(ctx, cfg, r)
	if err != nil {
		return p.sum, err
	}
	defer recs.close()
	regards, err := sees.all(ctx, recs.changes, r.Log)
	if err != nil {
		return p.sum, err
	}
	recs.changes = append(recs.changes, regards...)
	if err := p.run(ctx, recs); err != nil {
		return p.sum, err
	}
	if err := recs.err(); err != nil {
		return p.sum, err
	}
	return p.finish(recs)
}

// emptyStore opens a store that has no past.
func emptyStore(ctx context.Context, cfg Config, clock *Clock, log *slog.Logger) (*sqlite.Store, error) {
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: cfg.dir(), Clock: clock, Log: log, Policy: cfg.Keep.policy()})
	if err != nil {
		return nil, err
	}
	e, err := s.Extent(ctx)
	if err == nil && !e.Newest.IsZero() {
		err = fmt.Errorf("the store in %s has a past already, to %s: name another folder with --data", cfg.dir(), e.Newest.Format(time.RFC3339))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// run closes steps of receive time until the recordings end.
func (p *replayer) run(ctx context.Context, recs *recordings) error {
	batch := records(recs.changes)
	var end time.Time // of the step in hand
	for in := range recs.merged() {
		at := received(&in)
		if end.IsZero() {
			end = at.Truncate(p.step).Add(p.step)
			p.sum.From = at
		}
		if !at.Before(end) {
			if err := p.turn(ctx, end, batch); err != nil {
				return err
			}
			if batch = batch[:0]; p.store != nil {
				batch = nil // the store writes it in the background
			}
			next := at.Truncate(p.step).Add(p.step)
			if err := p.idle(ctx, end, next); err != nil {
				return err
			}
			end = next
		}
		batch = append(batch, in)
		p.sum.To = at
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if end.IsZero() {
		return nil // nothing came
	}
	return p.turn(ctx, end, batch)
}

// idle lets time pass between two inputs, so that silent tracks coast and end
// as they would live: a step every few seconds, for as long as tracks can live.
func (p *replayer) idle(ctx context.Context, from, to time.Time) error {
	const every, longest = 5 * time.Second, 2 * time.Hour
	for at := from.Add(every); at.Before(to) && at.Sub(from) < longest; at = at.Add(every) {
		if p.loop.tracker.Len() == 0 {
			return nil
		}
		if err := p.turn(ctx, at, nil); err != nil {
			return err
		}
	}
	return nil
}

// turn closes one step.
func (p *replayer) turn(ctx context.Context, now time.Time, in []track.Input) error {
	if err := p.pace(ctx, now); err != nil {
		return err
	}
	p.now = now
	t, err := p.loop.Turn(ctx, now, in)
	if err != nil {
		return err
	}
	// The store lets few steps wait, and leaves out what comes too fast.
	if p.store != nil && t.Step%syncEvery == 0 {
		if err := p.store.Sync(ctx); err != nil {
			return err
		}
	}
	for i := range t.Events {
		e := &t.Events[i]
		p.fold(e)
		switch e.Kind {
		case track.Born:
			p.sum.Born++
		case track.Died, track.Merged:
			if err := p.line(ReplayLine{Kind: "track", Time: now, Event: e.Kind.String(), Track: &e.Track}); err != nil {
				return err
			}
		default:
		}
	}
	for i := range t.Findings {
		if err := p.line(ReplayLine{Kind: "finding", Time: now, Finding: &t.Findings[i]}); err != nil {
			return err
		}
	}
	for i := range t.Alerts {
		if err := p.line(ReplayLine{Kind: "alert", Time: now, Event: string(t.Alerts[i].Kind), Alert: &t.Alerts[i].Alert}); err != nil {
			return err
		}
	}
	return nil
}

// pace waits until it is time for a step, when a speed is set.
func (p *replayer) pace(ctx context.Context, now time.Time) error {
	if p.cfg.Speed <= 0 || p.now.IsZero() {
		return nil
	}
	gap := min(now.Sub(p.now), 10*time.Minute)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(float64(gap) / p.cfg.Speed)):
		return nil
	}
}

// fold adds an event to the hash of all that happened.
func (p *replayer) fold(e *track.Event) {
	var b [8 * 10]byte
	s := &e.Track.State
	for i, v := range [...]uint64{
		uint64(e.Kind), uint64(e.Track.ID), uint64(e.Time.UnixNano()), e.Track.LastSeq,
		math.Float64bits(s.Position.Lat), math.Float64bits(s.Position.Lon), math.Float64bits(s.East), math.Float64bits(s.North),
		math.Float64bits(s.Cov[0][0]), math.Float64bits(e.Track.Existence),
	} {
		binary.BigEndian.PutUint64(b[8*i:], v)
	}
	p.events.Write(b[:]) // a hash takes everything
}

func (p *replayer) line(l ReplayLine) error {
	if p.out == nil {
		return nil
	}
	if err := p.out.Encode(l); err != nil {
		return fmt.Errorf("write a line: %w", err)
	}
	return nil
}

func (p *replayer) finish(recs *recordings) (ReplaySummary, error) {
	living := p.loop.Tracks()
	for i := range living {
		if err := p.line(ReplayLine{Kind: "track", Time: p.now, Event: "living", Track: &living[i]}); err != nil {
			return p.sum, err
		}
	}
	c := p.loop.Counts()
	p.sum.Observations, p.sum.Echoes, p.sum.Steps = c.Inputs, c.Echoes, c.Steps
	p.sum.Findings, p.sum.Alerts, p.sum.Living = c.Findings, c.Alerts, len(living)
	for _, m := range recs.meters() {
		h := m.Health()
		p.sum.Good += h.Good
		p.sum.Bytes += int64(h.Bytes)
		for kind, n := range h.Bad {
			p.sum.Bad[kind] += n
		}
	}
	picture := p.loop.Hash()
	p.sum.Hash = hex.EncodeToString(picture[:])
	p.sum.EventsHash = hex.EncodeToString(p.events.Sum(nil))
	p.sum.Seconds = math.Round(time.Since(p.began).Seconds()*1000) / 1000
	return p.sum, nil
}

// received gives when an input came.
func received(in *track.Input) time.Time {
	switch {
	case in.Observation != nil:
		return in.Observation.Received
	case in.Scan != nil:
		return in.Scan.Received
	}
	return in.Change.At
}

// forgetful is the desk's store and ledger in a replay: the alerts live in the
// desk's memory, nobody decides anything, and all goes with the program.
type forgetful struct{}

func (forgetful) OpenAlerts(context.Context) ([]desk.Alert, error) { return nil, nil }

func (forgetful) AlertByID(context.Context, desk.AlertID) (desk.Alert, error) {
	return desk.Alert{}, desk.ErrNotFound
}

func (forgetful) ClosedAlerts(context.Context, desk.Filter) (desk.Page, error) {
	return desk.Page{}, nil
}

func (forgetful) SaveFindings(context.Context, []desk.Noted, []desk.Alert) error { return nil }

func (forgetful) WaitingFindings(context.Context) ([]desk.Noted, error) { return nil, nil }

var errReplayDecides = errors.New("nobody decides in a replay") //nolint:gochecknoglobals // a sentinel

func (forgetful) SaveDecision(context.Context, ...desk.Alert) error { return errReplayDecides }

func (forgetful) DecisionByRequest(context.Context, string) (desk.AlertID, desk.Change, error) {
	return "", desk.Change{}, desk.ErrNotFound
}

func (forgetful) Do(context.Context, desk.Record, func(context.Context) error) error {
	return errReplayDecides
}
