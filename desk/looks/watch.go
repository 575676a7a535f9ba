package looks

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"atalaya/desk"
	"atalaya/sensor"
)

// Under is what a camera was turned under, and is watched by until it is
// stowed.
type Under struct {
	Authority string    `json:"authority" doc:"name of the authority"`
	Place     string    `json:"place" doc:"its area"`
	Purpose   string    `json:"purpose" doc:"what was looked for"`
	Until     time.Time `json:"until" doc:"the authority ends then"`
}

// BreachKind is the kind of the record of a camera that points where it must
// not, or that nobody knows of.
const BreachKind = "breach"

// again is how long after it was stowed a camera that is not away is stowed
// again.
const again = 30 * time.Second

// watch looks after the cameras that were turned: one whose authority ended, or
// that says it points where it must not, is stopped and stowed. Where its
// direction is not known it is too.
func (s *Service) watch(ctx context.Context) {
	if s.cfg.Judge == nil {
		return
	}
	s.mu.Lock()
	watched := map[sensor.ID]*turning{}
	for id, t := range s.heads {
		if t.under.Load() != nil {
			watched[id] = t
		}
	}
	s.mu.Unlock()
	for id, t := range watched {
		u := t.under.Load()
		if u == nil || s.cfg.Clock.Now().Sub(t.sent) < again {
			continue
		}
		if err := s.cfg.Judge.Holds(ctx, id, u.Purpose, u.Authority); err != nil {
			s.away(ctx, id, t, u, "its authority ended: "+err.Error(), nil)
			continue
		}
		s.point(ctx, id, t, u)
	}
}

// point judges where a camera says that it points. A camera that does not answer
// once may be only busy.
func (s *Service) point(ctx context.Context, id sensor.ID, t *turning, u *Under) {
	const mostSilent = 5 // times that it may not answer in a row
	sens, link, err := s.reach(id)
	if err == nil {
		var h Head
		if h, err = link.Head(ctx); err == nil {
			t.silent = 0
			var v Verdict
			v, err = s.cfg.Judge.Report(ctx, &sens, sens.Mount.Direction(h.Pan, h.Tilt, h.Zoom, h.Degrees), u.Authority)
			if err == nil && v.Passes {
				return
			}
			if err == nil {
				s.away(ctx, id, t, u, "it points where it must not: "+v.Why, v.Fields)
				return
			}
		}
	}
	if ctx.Err() != nil {
		return
	}
	if t.silent++; t.silent >= mostSilent {
		t.silent = 0
		s.away(ctx, id, t, u, "where it points is not known: "+err.Error(), nil)
	}
}

// away stops and stows a camera, and records why. The safe acts go first: the
// record of the breach may have to wait.
func (s *Service) away(ctx context.Context, id sensor.ID, t *turning, u *Under, why string, fields []desk.Field) {
	s.cfg.Log.Error("a camera is stopped and stowed", slog.String("sensor", string(id)), slog.String("why", why))
	at := s.cfg.Clock.Now()
	t.sent = at
	if _, err := s.Stop(ctx, desk.Who{}, id); err != nil {
		s.cfg.Log.Error("the camera does not stop", slog.String("sensor", string(id)), slog.Any("error", err))
	}
	if _, err := s.Stow(ctx, desk.Who{}, id, why); err != nil {
		s.cfg.Log.Error("the camera is not stowed; it is tried again", slog.String("sensor", string(id)), slog.Any("error", err))
	}
	rec := desk.Record{ID: BreachKind + "/" + string(id) + "/" + strconv.FormatInt(at.UnixNano(), 10), Kind: BreachKind, At: at, Subject: subject(id), Fields: append([]desk.Field{
		{Name: "sensor", Value: string(id)}, {Name: "under", Value: u.Authority}, {Name: "purpose", Value: u.Purpose}, {Name: "why", Value: why},
	}, fields...)}
	s.cfg.Safe.Note(ctx, rec)
	if s.cfg.Breached != nil {
		s.cfg.Breached(id, why)
	}
}
