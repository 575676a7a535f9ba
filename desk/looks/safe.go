package looks

import (
	"context"
	"crypto/rand"
	"fmt"
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

// safe does a safe act.
func (s *Service) safe(ctx context.Context, who desk.Who, id sensor.ID, act policy.SafeAct, why string, do func(context.Context) error) (Stopped, error) {
	s.turning(id).stops.Add(1)
	rec := desk.Record{
		ID: string(act) + "/" + string(id) + "/" + rand.Text(), Kind: Kind, At: s.cfg.Clock.Now(), Who: who, Subject: subject(id),
		Fields: []desk.Field{{Name: fieldSensor, Value: string(id)}, {Name: fieldCommand, Value: string(act)}},
	}
	if why != "" {
		rec.Fields = append(rec.Fields, desk.Field{Name: "why", Value: why})
	}
	late, err := s.cfg.Safe.Do(ctx, rec, do)
	if err != nil {
		err = unreachable(err)
	}
	return Stopped{Record: rec.ID, Late: late}, err
}

// Enter makes the record of a safe act of a camera, then does it (safe.Enter).
// That of a use gets the next number, for which a turn is waited for.
func (s *Service) Enter(ctx context.Context, rec desk.Record, still func() bool, act func(context.Context) error) error {
	var id sensor.ID
	var command policy.SafeAct
	for _, f := range rec.Fields {
		switch f.Name {
		case fieldSensor:
			id = sensor.ID(f.Value)
		case fieldCommand:
			command = policy.SafeAct(f.Value)
		}
	}
	if command != policy.Stow { // it moves nothing
		return s.cfg.Ledger.Do(ctx, rec, act)
	}
	t := s.turning(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !still() {
		return nil // it went out late meanwhile
	}
	last, err := s.number(ctx, t, id)
	if err != nil {
		return err
	}
	rec.Fields = append([]desk.Field{{Name: "seq.sensor", Value: strconv.FormatUint(last+1, 10)}}, rec.Fields...)
	return s.cfg.Ledger.Do(ctx, rec, func(ctx context.Context) error {
		t.number = last + 1
		return act(ctx)
	})
}

const (
	fieldSensor  = "sensor"
	fieldCommand = "command"
)

func subject(id sensor.ID) string { return "sensor:" + string(id) }

// Run watches what was turned, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.watch(ctx)
		}
	}
}
