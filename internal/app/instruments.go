package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"

	"atalaya/desk"
	"atalaya/desk/instruments"
	"atalaya/desk/papers"
	"atalaya/store/sqlite"
)

func newInstruments(s *sqlite.Store, l desk.Ledger, clock desk.Clock) *instruments.Service {
	return instruments.New(instruments.Config{Store: s, Ledger: l, Clock: clock, Random: rand.Reader})
}

// SealInstrument seals an instrument from the command line.
func SealInstrument(ctx context.Context, cfg Config, w instruments.Wish, log *slog.Logger) (i instruments.Instrument, err error) {
	err = withBooks(ctx, cfg, log, func(s *sqlite.Store, b *books, clock *Clock) error {
		i, err = newInstruments(s, b.gate, clock).Seal(ctx, w)
		return err
	})
	return i, err
}

// OpenInstrument opens one from the command line.
func OpenInstrument(ctx context.Context, cfg Config, id string, log *slog.Logger) (i instruments.Instrument, err error) {
	err = withBooks(ctx, cfg, log, func(s *sqlite.Store, b *books, clock *Clock) error {
		i, err = newInstruments(s, b.gate, clock).Open(ctx, papers.Wish{}, id)
		return err
	})
	return i, err
}

// ReadInstruments reads instruments, also while the program runs.
func ReadInstruments(ctx context.Context, cfg Config, log *slog.Logger, read func(*instruments.Service) error) (err error) {
	s, err := cfg.openReader(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return read(newInstruments(s, nil, NewClock(log)))
}
