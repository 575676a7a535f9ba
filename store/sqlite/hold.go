package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/store/sqlite/history"
)

// Holding is what a hold chooses, found and not yet kept. Nobody may destroy a
// day's key until it is closed.
type Holding struct {
	store.Choice
	s       *Store
	hold    string
	history *history.Chosen
	found   []store.Piece // findings
}

// Choose finds what a hold would keep, and makes its key where there is
// anything. Close what it gives.
func (s *Store) Choose(ctx context.Context, hold string, at time.Time, spans []store.Span) (_ *Holding, err error) {
	keys := s.Keys()
	if keys == nil {
		return nil, errors.New("a store without data keys holds nothing")
	}
	c := &Holding{s: s, hold: hold, Choice: store.Choice{Items: map[store.Class]uint64{}}}
	if c.history, err = s.History.Choose(ctx, spans); err != nil {
		return nil, err
	}
	tally := func(class store.Class, n uint64, first, last int64) {
		const day = 24 * time.Hour
		c.Items[class] += n
		if f := database.Day(first).Truncate(day); c.First.IsZero() || f.Before(c.First) {
			c.First = f
		}
		if l := database.Day(last).Truncate(day); l.After(c.Last) {
			c.Last = l
		}
	}
	if err = c.history.Count(ctx, tally); err == nil {
		c.found, err = s.ChooseFindings(ctx, spans)
	}
	for _, p := range c.found {
		tally(p.Class, 1, p.Minute, p.Minute)
	}
	if err == nil && c.All() > 0 {
		c.Key, err = keys.MakeKey(store.HoldClass(hold), at)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("hold %s: %w", hold, err), c.history.Close())
	}
	return c, nil
}

// Close lets go of it.
func (c *Holding) Close() error { return c.history.Close() }

// Keep copies all of it under the hold's key. Where it fails, give the hold to
// Unhold.
func (c *Holding) Keep(ctx context.Context) error {
	const batch = 256
	var all []store.Piece
	var n uint64
	flush := func() error {
		err := c.s.SaveHeld(ctx, c.hold, all)
		n, all = n+uint64(len(all)), all[:0]
		return err
	}
	add := func(p store.Piece) error {
		if all = append(all, p); len(all) < batch {
			return nil
		}
		return flush()
	}
	if err := c.history.Each(ctx, c.Key, add); err != nil {
		return err
	}
	for _, p := range c.found {
		var err error
		if p.Content, err = c.s.Keys().Reseal(p.Class, database.Day(p.Minute), p.Content, c.Key.Class, c.Key.Day); err != nil {
			return err
		}
		if err := add(p); err != nil {
			return err
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if n != c.All() {
		return fmt.Errorf("%d pieces were found for hold %s, and %d were kept: hold it again", c.All(), c.hold, n)
	}
	return nil
}

// Unhold deletes what a hold keeps and destroys its key. Where it is cut short,
// it can be done again, until Release of the key.
func (s *Store) Unhold(ctx context.Context, hold string) error {
	if _, err := s.DropHeld(ctx, hold); err != nil {
		return err
	}
	for _, key := range s.Keys().KeysOf(store.HoldClass(hold)) {
		if err := s.Keys().Destroy(key); err != nil {
			return err
		}
	}
	return nil
}

// Held gives what a hold keeps.
func (s *Store) Held(ctx context.Context, hold string, do func(store.HeldPiece) error) error {
	const page = 64
	for after := int64(0); ; {
		all, last, err := s.HeldPage(ctx, hold, after, page)
		if err != nil {
			return err
		}
		for _, p := range all {
			open := s.OpenPiece
			if p.Form == store.FormFinding {
				open = s.OpenFinding
			}
			v, err := open(p)
			if err != nil {
				return fmt.Errorf("hold %s: %w", hold, err)
			}
			if err := do(store.HeldPiece{Class: p.Class, Form: p.Form, Minute: database.Day(p.Minute), Number: p.Number, Value: v}); err != nil {
				return err
			}
		}
		if after = last; len(all) < page {
			return nil
		}
	}
}
