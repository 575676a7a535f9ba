// Package safe does the safe acts of package policy: hold, return, land, stow,
// stop recording. Nothing refuses them, and nothing holds them up for long.
//
//  1. The record goes first, as that of every act does, where the ledger takes it
//     within a moment.
//  2. Where it does not, the record is kept in the reserve, which needs no room.
//     That too is waited for only for a moment.
//  3. The act leaves, whatever became of its record.
//  4. How it ended is kept beside the record.
//  5. When the ledger takes records again, the record comes into it, marked late,
//     and only then is its place in the reserve free. What a run of the program
//     left in the reserve, the next one enters; what stands in the ledger already,
//     because the program ended in between, is not entered again.
//
// What the reserve cannot keep waits in memory, and what is lost so is counted:
// an entry says how many.
package safe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"atalaya/desk"
)

// MissingKind is the kind of the record that says how many records of safe acts
// are missing.
const MissingKind = "safe.missing"

// Enter makes the record of an act in the ledger and then does the act, as
// desk.Ledger.Do. It does nothing where still says no: the act left meanwhile.
type Enter func(ctx context.Context, rec desk.Record, still func() bool, act func(context.Context) error) error

// Config is what a Service is made from. Functions may be called from several
// goroutines.
type Config struct {
	Ledger desk.Ledger
	// Reserve keeps what the ledger does not take; nil: there is none, and such
	// records wait in memory.
	Reserve Reserve
	Clock   desk.Clock
	Log     *slog.Logger
	// Entered reports whether an act's record stands in the ledger.
	Entered func(ctx context.Context, id string, at time.Time) (bool, error)
	// Enter has kinds of records that need more than Ledger.Do.
	Enter map[string]Enter
	// First is how long an act waits for its record, and Kept how long then for
	// the reserve; 0: 100 ms and 50 ms.
	First, Kept time.Duration
}

// mostLate bounds the records that wait.
const mostLate = 2000

// Service does safe acts. Its methods may be called from several goroutines.
type Service struct {
	cfg     Config
	running sync.WaitGroup

	mu      sync.Mutex
	late    []*owed // the oldest first
	lost    uint64  // records that wait nowhere any more, and that no entry counts
	since   time.Time
	missing uint64 // as the reserve was told last
	failing error  // why the reserve kept nothing last
}

// owed is a record that the ledger lacks.
type owed struct {
	rec    desk.Record
	loaded bool // of the last run: it may stand in the ledger

	// Of who does the act, until it is ready; then of who enters it.
	place  int // in the reserve; noPlace: only in memory
	ending ending
	ready  bool // guarded by Service.mu
}

const noPlace = -1

// ending is how an act ended, as the reserve keeps it.
type ending struct {
	Failed  string `json:"failed,omitempty"`
	Unknown bool   `json:"-"` // the program ended in between
}

// New makes a service, with the records that the last run left in the reserve.
func New(cfg Config) *Service {
	if cfg.First <= 0 {
		cfg.First = 100 * time.Millisecond
	}
	if cfg.Kept <= 0 {
		cfg.Kept = 50 * time.Millisecond
	}
	s := &Service{cfg: cfg}
	if cfg.Reserve == nil {
		return s
	}
	s.lost, s.since = cfg.Reserve.Missing()
	s.missing = s.lost
	pieces, err := cfg.Reserve.Kept()
	if err != nil {
		s.failing = err
		cfg.Log.Error("records of safe acts that left cannot be read", slog.Any("error", err))
	}
	for _, p := range pieces {
		o := &owed{place: p.Place, loaded: true, ready: true}
		if err := json.Unmarshal(p.Record, &o.rec); err != nil {
			cfg.Log.Error("the record of a safe act cannot be read", slog.Any("error", err))
			continue
		}
		if p.Ending == nil || json.Unmarshal(p.Ending, &o.ending) != nil {
			o.ending = ending{Unknown: true}
		}
		s.late = append(s.late, o)
	}
	if len(s.late) > 0 {
		cfg.Log.Warn("safe acts left before their records, which follow now", slog.Int("records", len(s.late)))
	}
	return s
}

// Do does a safe act. The error is the act's alone. Late says that it left
// before its record.
func (s *Service) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) (late bool, err error) {
	ctx = context.WithoutCancel(ctx)
	// Whoever comes first takes the token and does it: who makes the record, or
	// who waited for that long enough.
	token := make(chan struct{}, 1)
	token <- struct{}{}
	done := make(chan error, 1)
	ended := make(chan struct{})
	s.running.Go(func() {
		defer close(ended)
		if err := s.enter(ctx, rec, func() bool { return len(token) > 0 }, func(ctx context.Context) error {
			select {
			case <-token:
				err := act(ctx)
				done <- err
				return err
			default:
				return errors.New("it left before its record, which follows")
			}
		}); err != nil {
			s.cfg.Log.Warn("a safe act", slog.String("record", rec.ID), slog.Any("error", err))
		}
	})
	first := time.NewTimer(s.cfg.First)
	defer first.Stop()
	select {
	case err := <-done:
		return false, err
	case <-ended: // refused, or done in this moment
	case <-first.C:
	}
	select {
	case <-token:
		return true, s.leave(ctx, rec, act)
	case err := <-done: // the record was made in this moment
		return false, err
	}
}

func (s *Service) enter(ctx context.Context, rec desk.Record, still func() bool, act func(context.Context) error) error {
	if enter := s.cfg.Enter[rec.Kind]; enter != nil {
		return enter(ctx, rec, still, act)
	}
	return s.cfg.Ledger.Do(ctx, rec, act)
}

// leave does an act without its record in the ledger.
func (s *Service) leave(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	rec.ID += "/late"
	rec.Fields = append(slices.Clip(rec.Fields), desk.Field{Name: "late", Value: "true"})
	o := s.owe(rec)
	kept := make(chan struct{})
	acted := make(chan error, 1)
	if o == nil {
		close(kept)
	} else {
		s.running.Go(func() {
			s.keep(o)
			close(kept)
			if err := <-acted; err != nil {
				const most = 200 // bytes: it is kept in one sector
				o.ending.Failed = strings.ToValidUTF8(err.Error()[:min(len(err.Error()), most)], "")
			}
			s.end(o)
		})
	}
	wait := time.NewTimer(s.cfg.Kept)
	defer wait.Stop()
	select {
	case <-kept:
	case <-wait.C:
	}
	err := act(ctx)
	acted <- err
	return err
}

// Note makes the record of what happened already: now, or when the ledger takes
// it. Nobody waits for it.
func (s *Service) Note(ctx context.Context, rec desk.Record) {
	ctx = context.WithoutCancel(ctx)
	s.running.Go(func() {
		err := s.enter(ctx, rec, func() bool { return true }, func(context.Context) error { return nil })
		if err == nil {
			return
		}
		s.cfg.Log.Warn("a record waits for the ledger", slog.String("record", rec.ID), slog.Any("error", err))
		if o := s.owe(rec); o != nil {
			s.keep(o)
			s.end(o)
		}
	})
}

// owe notes a record that the ledger lacks; nil: there are too many.
func (s *Service) owe(rec desk.Record) *owed {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.late) >= mostLate {
		s.cfg.Log.Error("the record of a safe act is lost: too many wait", slog.String("record", rec.ID))
		s.lose()
		return nil
	}
	o := &owed{rec: rec, place: noPlace}
	s.late = append(s.late, o)
	s.cfg.Log.Warn("a safe act leaves before its record, which follows", slog.String("record", rec.ID))
	return o
}

// lose counts a record that is lost.
func (s *Service) lose() {
	if s.lost == 0 {
		s.since = s.cfg.Clock.Now().UTC()
	}
	s.lost++
}

// keep brings a record into the reserve.
func (s *Service) keep(o *owed) {
	if s.cfg.Reserve == nil {
		return
	}
	b, err := pack(o.rec, s.cfg.Reserve.Longest())
	place := noPlace
	if err == nil {
		place, err = s.cfg.Reserve.Keep(b)
	}
	s.mu.Lock()
	s.failing = err
	if err == nil {
		o.place = place
	}
	s.mu.Unlock()
	if err != nil {
		s.cfg.Log.Error("the record of a safe act is only in memory", slog.String("record", o.rec.ID), slog.Any("error", err))
		s.tell()
	}
}

// pack writes a record in at most so many bytes: of the longest value only the
// beginning stays.
func pack(rec desk.Record, most int) ([]byte, error) {
	rec.Fields = append([]desk.Field(nil), rec.Fields...)
	for {
		b, err := json.Marshal(rec)
		if err != nil || len(b) <= most {
			return b, err
		}
		longest := -1
		for i, f := range rec.Fields {
			if longest < 0 || len(f.Value) > len(rec.Fields[longest].Value) {
				longest = i
			}
		}
		const cut = " ... (cut)"
		if longest < 0 || len(rec.Fields[longest].Value) <= 2*len(cut) {
			return nil, fmt.Errorf("%w: the record %s has %d bytes", desk.ErrInvalid, rec.ID, len(b))
		}
		v := rec.Fields[longest].Value
		rec.Fields[longest].Value = strings.ToValidUTF8(v[:len(v)/2-len(cut)], "") + cut
	}
}

// end keeps how an act ended; from then on its record is entered.
func (s *Service) end(o *owed) {
	if o.place != noPlace {
		b, err := json.Marshal(o.ending)
		if err == nil {
			err = s.cfg.Reserve.End(o.place, b)
		}
		if err != nil {
			s.cfg.Log.Warn("how a safe act ended is only in memory", slog.String("record", o.rec.ID), slog.Any("error", err))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o.ready = true
}

// tell tells the reserve how many records would be missing if the program ended
// now.
func (s *Service) tell() {
	if s.cfg.Reserve == nil {
		return
	}
	s.mu.Lock()
	n, since := s.lost, s.since
	for _, o := range s.late {
		if o.place == noPlace {
			if n == 0 {
				since = o.rec.At.UTC()
			}
			n++
		}
	}
	same := n == s.missing
	s.mu.Unlock()
	if same {
		return
	}
	if err := s.cfg.Reserve.SetMissing(n, since); err != nil {
		s.cfg.Log.Error("how many records of safe acts are missing is only in memory", slog.Uint64("records", n), slog.Any("error", err))
		return
	}
	s.mu.Lock()
	s.missing = n
	s.mu.Unlock()
}

// Owes reports whether the record of a safe act about a subject waits.
func (s *Service) Owes(subject string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.late {
		if o.rec.Subject == subject {
			return true
		}
	}
	return false
}

// State is what waits.
type State struct {
	Waiting int    // records that the ledger lacks
	Memory  int    // of them those that are only in memory
	Lost    uint64 // records that are lost, and that no entry counts yet
	Failing error  // why the reserve keeps nothing; nil: it does
}

// ErrNoReserve says that there is no reserve.
var ErrNoReserve = errors.New("there is no reserve for the records of safe acts") //nolint:gochecknoglobals // sentinel

// State gives what waits.
func (s *Service) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := State{Waiting: len(s.late), Lost: s.lost, Failing: s.failing}
	if s.cfg.Reserve == nil {
		out.Failing = ErrNoReserve
	}
	for _, o := range s.late {
		if o.place == noPlace {
			out.Memory++
		}
	}
	return out
}

// Run enters the records that wait, until ctx ends; then it tries once more, and
// waits for what runs.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		s.settle(context.WithoutCancel(ctx))
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	s.running.Wait()
	s.settle(context.WithoutCancel(ctx))
}

// settle enters the records that wait, the oldest first.
func (s *Service) settle(ctx context.Context) {
	for o := s.next(); o != nil; o = s.next() {
		if err := s.follow(ctx, o); err != nil {
			s.cfg.Log.Debug("the record of a safe act still waits", slog.String("record", o.rec.ID), slog.Any("error", err))
			s.tell()
			return
		}
	}
	s.count(ctx)
	s.tell()
}

// next gives the oldest record that can be entered.
func (s *Service) next() *owed {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.late {
		if o.ready {
			return o
		}
	}
	return nil
}

// follow enters a record that waits, and gives its place free.
func (s *Service) follow(ctx context.Context, o *owed) error {
	there := false
	if o.loaded {
		var err error
		if there, err = s.cfg.Entered(ctx, o.rec.ID, o.rec.At); err != nil {
			return fmt.Errorf("look for the record: %w", err)
		}
		o.loaded = there
	}
	if !there {
		entered := false
		// The act is done: its record says when, and its outcome how it ended.
		err := s.enter(ctx, o.rec, func() bool { return true }, func(context.Context) error {
			entered = true
			switch {
			case o.ending.Unknown:
				return fmt.Errorf("%w: the program ended in that moment", desk.ErrUnknownOutcome)
			case o.ending.Failed != "":
				return errors.New(o.ending.Failed)
			}
			return nil
		})
		switch {
		case entered:
		case errors.Is(err, desk.ErrInvalid): // it will never be taken
			s.cfg.Log.Error("the ledger does not take the record of a safe act", slog.String("record", o.rec.ID), slog.Any("error", err))
			s.mu.Lock()
			s.lose()
			s.mu.Unlock()
		default:
			return err
		}
	}
	if o.place != noPlace {
		o.loaded = true // where it cannot be freed, it is not entered again
		if err := s.cfg.Reserve.Free(o.place); err != nil {
			return fmt.Errorf("free its place in the reserve: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.late {
		if s.late[i] == o {
			s.late = append(s.late[:i:i], s.late[i+1:]...)
			break
		}
	}
	return nil
}

// count enters how many records are lost.
func (s *Service) count(ctx context.Context) {
	s.mu.Lock()
	n, since := s.lost, s.since
	s.mu.Unlock()
	if n == 0 {
		return
	}
	rec := desk.Record{
		ID: MissingKind + "/" + since.Format(time.RFC3339Nano), Kind: MissingKind, At: since,
		Fields: []desk.Field{{Name: "count", Value: strconv.FormatUint(n, 10)}, {Name: "late", Value: "true"}},
	}
	there, err := s.cfg.Entered(ctx, rec.ID, rec.At)
	if err == nil && !there {
		err = s.cfg.Ledger.Do(ctx, rec, func(context.Context) error { return nil })
	}
	if err != nil {
		s.cfg.Log.Debug("how many records of safe acts are lost still waits", slog.Any("error", err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost -= n
	s.since = s.cfg.Clock.Now().UTC()
}
