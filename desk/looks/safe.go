package looks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"atalaya/desk"
	"atalaya/policy"
	"atalaya/sensor"
)

// Stopped is what became of a stop, or of a stow.
type Stopped struct {
	Record string `json:"record" doc:"id of the record"`
	Late   bool   `json:"late" doc:"the camera was stopped before its record could be made; the record follows"`
}

// Stop makes a camera hold where it is. It is a safe act: whoever asks, it
// leaves, with a record first if there can be one within a moment, and without
// one if not. Its error is of the camera alone.
func (s *Service) Stop(ctx context.Context, who desk.Who, id sensor.ID) (Stopped, error) {
	link, ok := s.cfg.Link(id) // whatever the registry says of it now
	if !ok {
		return Stopped{}, fmt.Errorf("%w: there is no connection to a camera %q", desk.ErrNotFound, id)
	}
	return s.safe(ctx, who, id, policy.Hold, "", func(ctx context.Context) error { return link.StopHead(ctx) })
}

// Stow turns a camera down as far as it goes: what is under it is all that it
// sees. It is a safe act as Stop is, and one more use of the camera.
func (s *Service) Stow(ctx context.Context, who desk.Who, id sensor.ID, why string) (Stopped, error) {
	link, ok := s.cfg.Link(id)
	if !ok {
		return Stopped{}, fmt.Errorf("%w: there is no connection to a camera %q", desk.ErrNotFound, id)
	}
	down := AtLeast
	if sens, ok := s.cfg.Sensor(id); ok && sens.Mount != nil && sens.Mount.Tilt[1] < sens.Mount.Tilt[0] {
		down = AtMost
	}
	return s.safe(ctx, who, id, policy.Stow, why, func(ctx context.Context) error {
		err := link.StowHead(ctx, down)
		if err == nil {
			s.turning(id).under.Store(nil)
		}
		return err
	})
}

// owed is a safe act that left without its record.
type owed struct {
	sensor sensor.ID
	rec    desk.Record
	use    bool // it moved the camera, so its record has a number
}

// safe does a safe act. Whoever comes first takes the token and does it: who
// makes the record, or who waited for that long enough.
func (s *Service) safe(ctx context.Context, who desk.Who, id sensor.ID, act policy.SafeAct, why string, do func(context.Context) error) (Stopped, error) {
	t := s.turning(id)
	t.stops.Add(1)
	ctx = context.WithoutCancel(ctx)
	o := owed{sensor: id, use: act == policy.Stow, rec: desk.Record{
		ID: string(act) + "/" + string(id) + "/" + rand.Text(), Kind: Kind, At: s.cfg.Clock.Now(), Who: who, Subject: "sensor:" + string(id),
		Fields: []desk.Field{{Name: "sensor", Value: string(id)}, {Name: "command", Value: string(act)}},
	}}
	if why != "" {
		o.rec.Fields = append(o.rec.Fields, desk.Field{Name: "why", Value: why})
	}
	token := make(chan struct{}, 1)
	token <- struct{}{}
	done := make(chan error, 1)
	first := func(ctx context.Context) error {
		select {
		case <-token:
			err := do(ctx)
			done <- err
			return err
		default:
			return errors.New("it left before its record, which follows")
		}
	}
	ended := make(chan struct{})
	s.running.Go(func() {
		defer close(ended)
		if err := s.onRecord(ctx, &o, t, func() bool { return len(token) > 0 }, first); err != nil {
			s.cfg.Log.Warn("a camera was to be stopped", slog.String("record", o.rec.ID), slog.Any("error", err))
		}
	})
	var err error
	late := true
	wait := time.NewTimer(s.cfg.Within)
	defer wait.Stop()
	select {
	case err = <-done:
		return Stopped{Record: o.rec.ID}, hold(err)
	case <-ended: // refused
	case <-wait.C:
	}
	select {
	case <-token:
		err = do(ctx)
		s.owe(o)
	case err = <-done: // the record was made in this moment
		late = false
	}
	return Stopped{Record: o.rec.ID, Late: late}, hold(err)
}

// onRecord makes the record of a safe act, then does it. That of a use gets the
// next number, for which a turn is waited for.
func (s *Service) onRecord(ctx context.Context, o *owed, t *turning, still func() bool, act func(context.Context) error) error {
	rec := o.rec
	if !o.use {
		return s.cfg.Ledger.Do(ctx, rec, act)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !still() {
		return nil // it went out late meanwhile
	}
	last, err := s.number(ctx, t, o.sensor)
	if err != nil {
		return err
	}
	rec.Fields = append([]desk.Field{{Name: "seq.sensor", Value: strconv.FormatUint(last+1, 10)}}, rec.Fields...)
	err = s.cfg.Ledger.Do(ctx, rec, func(ctx context.Context) error {
		t.number = last + 1
		return act(ctx)
	})
	return err
}

func hold(err error) error {
	if err != nil {
		return unreachable(err)
	}
	return nil
}

// mostLate bounds the records that wait.
const mostLate = 1000

// owe notes that a safe act left without its record.
func (s *Service) owe(o owed) {
	o.rec.ID += "/late"
	o.rec.Fields = append(o.rec.Fields, desk.Field{Name: "late", Value: "true"})
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.late) >= mostLate {
		s.cfg.Log.Error("the record of a safe act is lost: too many wait", slog.String("record", o.rec.ID))
		return
	}
	s.late = append(s.late, o)
	s.cfg.Log.Warn("a camera was stopped before its record could be made; the record follows", slog.String("record", o.rec.ID))
}

// Run makes the records that are owed and watches what was turned, until ctx
// ends; then it tries once more, and waits for what runs.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			s.watch(ctx)
		}
		s.settle(context.WithoutCancel(ctx))
	}
	s.running.Wait()
}

// settle makes the records that are owed, the oldest first.
func (s *Service) settle(ctx context.Context) {
	for {
		s.mu.Lock()
		if len(s.late) == 0 {
			s.mu.Unlock()
			return
		}
		o := s.late[0]
		s.mu.Unlock()
		// The act is done: its record says when.
		err := s.onRecord(ctx, &o, s.turning(o.sensor), func() bool { return true }, func(context.Context) error { return nil })
		if err != nil && !errors.Is(err, desk.ErrInvalid) {
			return
		}
		s.mu.Lock()
		s.late = s.late[1:]
		s.mu.Unlock()
	}
}
