package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"atalaya/desk/authority"
	"atalaya/rule"
	"atalaya/watch"
)

// tellEmergencies alerts the people on duty to every authority that one person
// signed, at once and until two others reviewed it or it ended. told has the
// alerts that stand.
func (p *program) tellEmergencies(ctx context.Context, told map[string]watch.Finding) error {
	open, err := p.authorities.List(ctx, true)
	if err != nil {
		return err
	}
	now := p.clock.Now()
	waits := map[string]bool{}
	for i := range open {
		a := &open[i]
		if a.State(now) != authority.Emergency {
			continue
		}
		waits[a.ID] = true
		if _, is := told[a.ID]; is {
			continue
		}
		f := emergency(a)
		if err := p.raise(ctx, f); err != nil {
			return err
		}
		told[a.ID] = f
	}
	for id, f := range told {
		if waits[id] {
			continue
		}
		f.Status, f.Revision = watch.Withdrawn, f.Revision+1
		if err := p.raise(ctx, f); err != nil {
			return err
		}
		delete(told, id)
	}
	return nil
}

// emergency is the same however often it is made: after a start the alert is
// the one that stood before.
func emergency(a *authority.Authority) watch.Finding {
	due := a.Due.UTC().Format("2006-01-02 15:04 UTC")
	return watch.Finding{
		ID: fmt.Sprintf("%s/%s", rule.EmergencyAuthority, a.ID), Revision: 1, Status: watch.Raised, Rule: string(rule.EmergencyAuthority), RuleVersion: 1,
		Priority: rule.High, Alert: true, Time: a.Begins, Probability: 1,
		Why: rule.Text{
			ES: fmt.Sprintf("La autorización de emergencia %s vale por una sola firma; otras dos personas deben revisarla hasta %s.", a.ID, due),
			EN: fmt.Sprintf("The emergency authority %s is in force by one signature; two other people are to review it by %s.", a.ID, due),
		},
		Expected: rule.Text{ES: "Leerla y revisarla, o revocarla.", EN: "Read it and review it, or revoke it."},
	}
}

// watchEmergencies tells of them until ctx ends.
func (p *program) watchEmergencies(ctx context.Context) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	told := map[string]watch.Finding{}
	for {
		if err := p.tellEmergencies(ctx, told); err != nil && ctx.Err() == nil {
			p.log.Warn("nobody was told of an emergency authority", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-p.emergency: // at once
		case <-tick.C:
		}
	}
}
