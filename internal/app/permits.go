package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"atalaya/desk"
	"atalaya/desk/permits"
	"atalaya/store"
	"atalaya/track"
)

// openPermits makes the permit book of what the store has.
func (p *program) openPermits(have []track.Change) error {
	p.permits = permits.New(permits.Config{
		Apply: p.registry.ApplyAll, About: p.about, Ledger: p.ledger, Clock: p.clock,
	})
	for _, c := range have {
		if c.Permit == nil {
			continue
		}
		if err := p.permits.Put(*c.Permit); err != nil {
			return fmt.Errorf("the permit book: %w", err)
		}
	}
	return nil
}

// about looks up an alert, a case or a finding.
func (p *program) about(ctx context.Context, id string) error {
	if _, err := p.desk.Alert(ctx, desk.AlertID(id)); !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	const aCase desk.DocumentKind = "case"
	if _, err := p.store.DocumentByID(ctx, aCase, id); !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	return p.knowsFinding(ctx, id)
}

// knowsFinding looks for a finding among those of its track, which its id
// names: rule/T12/subject/sequence.
func (p *program) knowsFinding(ctx context.Context, id string) error {
	unknown := fmt.Errorf("%w: it is no alert, no case and no finding", desk.ErrNotFound)
	parts := strings.Split(id, "/")
	const least = 4
	if len(parts) < least {
		return unknown
	}
	q := store.FindingQuery{Limit: 1000}
	if n, err := fmt.Sscanf(parts[1], "T%d", &q.Track); n != 1 || err != nil || q.Track == 0 {
		return unknown
	}
	for {
		kept, err := p.store.Findings(ctx, q)
		if err != nil {
			return fmt.Errorf("look for the finding: %w", err)
		}
		for i := range kept {
			if kept[i].ID == id {
				return nil
			}
		}
		if len(kept) < q.Limit {
			return unknown
		}
		q.Before = kept[len(kept)-1].Number
	}
}
