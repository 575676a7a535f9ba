package clocks

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"atalaya/rule"
	"atalaya/watch"
)

// warnAt is when the duty officer is told that time runs out: when a quarter of
// the clock's time is left, and for a sealed notice of the time until it opens.
func (s *Service) warnAt(n *Notice) time.Time {
	run := s.cfg.Times[n.Clock]
	if n.Sealed {
		run = n.Opens.Sub(n.Made)
	}
	return n.by().Add(-run / 4)
}

// Tick alerts the duty officer about what runs out, and withdraws the alerts of
// what was done since. It is called now and then, by
// one goroutine.
func (s *Service) Tick(ctx context.Context) {
	now := s.cfg.Clock.Now()
	open, err := s.List(ctx, true)
	if err != nil {
		s.cfg.Log.Warn("the clocks of notices cannot be read", slog.Any("error", err))
		return
	}
	waits := map[string]bool{}
	for i := range open {
		n := &open[i]
		waits[n.ID] = true
		if _, told := s.warned[n.ID]; told || now.Before(s.warnAt(n)) {
			continue
		}
		if f := finding(n); s.raise(ctx, f) {
			s.warned[n.ID] = f
		}
	}
	for id, f := range s.warned {
		f.Status, f.Revision = watch.Withdrawn, f.Revision+1
		if !waits[id] && s.raise(ctx, f) {
			delete(s.warned, id)
		}
	}
}

func (s *Service) raise(ctx context.Context, f watch.Finding) bool {
	err := s.cfg.Raise(ctx, f)
	if err != nil {
		s.cfg.Log.Warn("nobody was told that a notice runs out", slog.String("finding", f.ID), slog.Any("error", err))
	}
	return err == nil
}

// finding says that a notice runs out. It is the same at every tick.
func finding(n *Notice) watch.Finding {
	by := n.by().UTC().Format("2006-01-02 15:04 UTC")
	f := watch.Finding{
		ID: fmt.Sprintf("%s/%s", rule.NoticeDue, n.ID), Revision: 1, Status: watch.Raised, Rule: string(rule.NoticeDue), RuleVersion: 1,
		Priority: rule.High, Alert: true, Time: n.by(), Probability: 1,
		Why: rule.Text{
			ES: fmt.Sprintf("El aviso %s a %s debe darse hasta %s.", n.ID, n.To, by),
			EN: fmt.Sprintf("Notice %s to %s is to be given by %s.", n.ID, n.To, by),
		},
		Expected: rule.Text{ES: "Dar el aviso y anotar cómo.", EN: "Give the notice and note how."},
	}
	if n.Sealed {
		f.Why = rule.Text{
			ES: fmt.Sprintf("El aviso sellado %s debe abrirse hasta %s.", n.ID, by),
			EN: fmt.Sprintf("The sealed notice %s is to be opened by %s.", n.ID, by),
		}
		f.Expected = rule.Text{ES: "Abrir el aviso.", EN: "Open the notice."}
	}
	return f
}
