package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"atalaya/desk"
	"atalaya/desk/draws"
	"atalaya/desk/papers"
	"atalaya/ledger"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/tlog"
)

// Audits are the overseers' draws, and what answers them.
type Audits struct {
	*draws.Service
	store  *sqlite.Store
	log    *tlog.Log
	ledger desk.Ledger
	clock  desk.Clock
}

func newAudits(s *sqlite.Store, l *tlog.Log, to desk.Ledger, clock desk.Clock) Audits {
	return Audits{draws.New(draws.Config{Store: s, Ledger: to, Clock: clock, Root: l.Root}), s, l, to, clock}
}

// Answer opens the entries of a draw wholly, as a disclosure to its overseer,
// and notes that the draw is answered. It can be made again at any time.
func (a Audits) Answer(ctx context.Context, w papers.Wish, id string, do func([]byte) error) (draws.Draw, error) {
	if err := w.Who.Needs(desk.Administrator, "answer a draw"); err != nil {
		return draws.Draw{}, err
	}
	d, err := a.Get(ctx, id)
	if err != nil {
		return d, err
	}
	if d.Seed == "" {
		return d, fmt.Errorf("%w: the seed of draw %s is not revealed yet", desk.ErrConflict, id)
	}
	there := make([]uint64, 0, len(d.Selected))
	for _, i := range d.Selected {
		e, err := a.log.Entry(ctx, i)
		if err != nil {
			return d, err
		}
		switch _, err := a.store.Commitment(ctx, e); {
		case err == nil:
			there = append(there, i)
		case !errors.Is(err, store.ErrNotFound):
			return d, fmt.Errorf("entry %d: %w", i, err)
		}
	}
	if len(there) > 0 {
		give := Disclosure{View: ledger.Court, Entries: there, Recipient: d.Overseer + ", draw " + id}
		if _, err := give.give(ctx, a.store, a.log, a.ledger, w.Who, a.clock.Now(), do); err != nil {
			return d, err
		}
	}
	return a.Answered(ctx, w, id, len(d.Selected)-len(there))
}

// WithAudits does something about draws from the command line.
func WithAudits(ctx context.Context, cfg Config, log *slog.Logger, do func(Audits) error) error {
	return withBooks(ctx, cfg, log, func(s *sqlite.Store, b *books, clock *Clock) error {
		return do(newAudits(s, b.log, b.gate, clock))
	})
}

// AnswerTo writes the answer to a draw into a new file.
func (a Audits) AnswerTo(ctx context.Context, id, file string) (draws.Draw, error) {
	return a.Answer(ctx, papers.Wish{}, id, func(text []byte) error { return writeNew(file, text) })
}

// Draws lists the draws, also while the program runs.
func Draws(ctx context.Context, cfg Config, log *slog.Logger) (all []draws.Draw, err error) {
	s, err := cfg.openReader(ctx, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return draws.New(draws.Config{Store: s, Clock: NewClock(log)}).List(ctx)
}
