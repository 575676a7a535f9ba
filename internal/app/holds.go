package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/desk/authority"
	"atalaya/desk/casework"
	"atalaya/desk/holds"
	"atalaya/store"
	"atalaya/store/sqlite"
)

// holdStore is where holds keep what they choose. A purge waits while one
// chooses, and the other way round.
type holdStore struct {
	*sqlite.Store
	purger *purger
}

var _ holds.Store = holdStore{}

// Choose implements holds.Store.
func (h holdStore) Choose(ctx context.Context, hold string, at time.Time, spans []holds.Span) (holds.Choice, error) {
	chosen := make([]store.Span, len(spans))
	for i, s := range spans {
		chosen[i] = store.Span{Track: s.Track, Class: store.Class(s.Class), From: s.From, To: s.To}
	}
	h.purger.mu.Lock()
	c, err := h.Store.Choose(ctx, hold, at, chosen)
	if err != nil {
		h.purger.mu.Unlock()
		return holds.Choice{}, err
	}
	out := holds.Choice{Items: map[string]uint64{}, First: c.First, Last: c.Last, Keep: c.Keep, Close: func() error {
		defer h.purger.mu.Unlock()
		return c.Close()
	}}
	for class, n := range c.Items {
		out.Items[string(class)] = n
	}
	if len(out.Items) > 0 {
		out.Key = c.Key.Hash()
	}
	return out, nil
}

// Forget implements holds.Store.
func (h holdStore) Forget(ctx context.Context, hold string) error {
	if err := h.Unhold(ctx, hold); err != nil {
		return err
	}
	for _, key := range h.Keys().KeysOf(store.HoldClass(hold)) {
		if err := h.Keys().Release(key); err != nil {
			return err
		}
	}
	return nil
}

// Keyed implements holds.Store.
func (h holdStore) Keyed() (out []string) {
	for _, key := range h.purger.dataKeys() {
		if hold, ok := strings.CutPrefix(string(key.Class), string(store.HoldClass(""))); ok && !slices.Contains(out, hold) {
			out = append(out, hold)
		}
	}
	return out
}

// Held implements holds.Store.
func (h holdStore) Held(ctx context.Context, hold string, do func(any) error) error {
	return h.Store.Held(ctx, hold, func(p store.HeldPiece) error { return do(p) })
}

// purgeHold destroys what a hold kept, with its key, as an act through the gate.
func (p *purger) purgeHold(ctx context.Context, hold string) error {
	for _, key := range p.store.Keys().KeysOf(store.HoldClass(hold)) {
		n, err := p.store.CountHeld(ctx, hold)
		if err != nil {
			return err
		}
		err = p.gate.Do(ctx, desk.Record{
			ID: "purge/hold/" + hold, Kind: "purge", At: p.clock.Now().UTC(), Subject: "hold:" + hold,
			Fields: []desk.Field{
				{Name: "class", Value: string(store.ClassHold)},
				{Name: "hold", Value: hold},
				{Name: "items", Value: fmt.Sprint(n)},
				{Name: "key", Value: key.Hash()},
			},
		}, func(ctx context.Context) error { return p.store.Unhold(ctx, hold) })
		if err != nil {
			return err
		}
		if err := p.store.Keys().Release(key); err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return nil
}

// newHolds makes the service of legal holds.
func newHolds(p *purger, a *authority.Service, l desk.Ledger) *holds.Service {
	return holds.New(holds.Config{
		Store: holdStore{p.store, p}, Ledger: l, Clock: p.clock, Approvals: a.Approvals, Purge: p.purgeHold,
		Resolve: func(ctx context.Context, w holds.Wish) ([]holds.Span, error) { return chosenBy(ctx, p.store, w) },
	})
}

// chosenBy says on which tracks a case or an alert rests.
func chosenBy(ctx context.Context, s *sqlite.Store, w holds.Wish) (out []holds.Span, err error) {
	const around = 24 * time.Hour // of an alert, as the store keeps it
	alerts := []desk.AlertID{w.Alert}
	if w.Case != "" {
		c, err := casework.ReadCase(ctx, s, w.Case)
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", w.Case, err)
		}
		alerts = c.Alerts
		for _, e := range c.AllEvidence() {
			switch e.Kind {
			case casework.OfTrack:
				out = append(out, holds.Span{Track: e.Track, From: e.From, To: e.To})
			case casework.OfAlert:
				alerts = append(alerts, desk.AlertID(e.ID))
			case casework.OfFinding, casework.OfReport, casework.OfTask, casework.OfObservation:
				// They expire never, as the case rests on them.
			}
		}
	}
	for _, id := range alerts {
		a, err := s.AlertByID(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("alert %s: %w", id, err)
		}
		if f := a.Finding; f.Track != 0 {
			out = append(out, holds.Span{Track: f.Track, From: f.Time.Add(-around), To: f.Time.Add(around)})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: it rests on no track: name the tracks, or the classes and times", desk.ErrInvalid)
	}
	return out, nil
}

// Holds lists the holds, also while the program runs.
func Holds(ctx context.Context, cfg Config, log *slog.Logger) (all []holds.Hold, err error) {
	s, err := cfg.openReader(ctx, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return holds.New(holds.Config{Store: holdStore{Store: s}, Clock: NewClock(log)}).List(ctx)
}

// ReadHold gives what a hold keeps, a piece at a time, to the command line. It
// is on record first, and names nobody.
func ReadHold(ctx context.Context, cfg Config, hold string, log *slog.Logger, do func(any) error) error {
	return withBooks(ctx, cfg, log, func(s *sqlite.Store, b *books, clock *Clock) error {
		p := newPurger(cfg.Keep.policy(), s, b.gate, clock, log)
		return holds.New(holds.Config{Store: holdStore{s, p}, Ledger: b.gate, Clock: clock}).Read(ctx, desk.Who{}, hold, do)
	})
}
