package history

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

// Chosen is what a hold chooses of the history, as it stood at one moment: what
// expires or is thinned meanwhile is still there. Close it soon: as long as it
// is open the log is not used again.
type Chosen struct {
	h     *History
	tx    *sql.Tx
	spans []store.Span
	told  []store.Piece // not sealed
}

// Choose looks for what a hold chooses.
func (h *History) Choose(ctx context.Context, spans []store.Span) (_ *Chosen, err error) {
	c := &Chosen{h: h, spans: spans}
	for _, s := range spans {
		if s.Track == 0 {
			continue
		}
		if err := c.tell(ctx, s); err != nil {
			return nil, err
		}
	}
	if c.tx, err = h.db.Read().BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return nil, fmt.Errorf("look for what is to be held: %w", err)
	}
	return c, nil
}

// Close lets go of it.
func (c *Chosen) Close() error { return c.tx.Rollback() }

// tell collects what happened to a track, by minutes.
func (c *Chosen) tell(ctx context.Context, s store.Span) error {
	told, err := c.h.Told(ctx, s.Track, s.From, s.To, math.MaxInt32)
	if err != nil {
		return err
	}
	packer, err := c.h.tables.Packer()
	if err != nil {
		return err
	}
	for len(told) > 0 {
		minute, n := database.Minute(told[0].Known), 1
		for n < len(told) && database.Minute(told[n].Known) == minute {
			n++
		}
		b, err := packer.Told(s.Track, told[:n])
		if err != nil {
			return err
		}
		c.told = append(c.told, store.Piece{Class: store.ClassEvent, Form: store.FormTold, Minute: minute, Number: uint64(s.Track), Content: append([]byte(nil), b...)})
		told = told[n:]
	}
	return nil
}

// source is a query for what a span chooses: number, minute, content.
type source struct {
	class store.Class
	form  string
	query string
	args  []any
}

func sources(s store.Span) []source {
	from, to := s.From.Unix(), s.To.Unix()
	first, last := database.Minute(s.From), database.Minute(s.To.Add(-time.Nanosecond))
	points := source{
		store.ClassTrack, store.FormPoints,
		"SELECT track, minute, content FROM chunk WHERE minute + iif(hour = 1, 59, 0) >= ? AND minute <= ? AND (track = ? OR ? = 0) ORDER BY id",
		[]any{first, last, s.Track, s.Track},
	}
	step := func(class store.Class, form, table string) source {
		return source{class, form, "SELECT c.n, s.sec / 60, c.content FROM step s JOIN " + table + " c ON c.n = s.n WHERE s.sec >= ? AND s.sec < ? ORDER BY c.n", []any{from, to}}
	}
	switch {
	case s.Track != 0:
		return []source{points}
	case s.Class == store.ClassInput:
		return []source{step(store.ClassInput, store.FormInputs, "inputs")}
	case s.Class == store.ClassEvent:
		return []source{step(store.ClassEvent, store.FormEvents, "events")}
	case s.Class == store.ClassTrack:
		return []source{points, {store.ClassTrack, store.FormKeyframe, "SELECT n, sec / 60, content FROM keyframe WHERE sec >= ? AND sec < ? ORDER BY n", []any{from, to}}}
	}
	return nil
}

// Count tells how many pieces there are of each class, and of which minutes the
// oldest and the newest are.
func (c *Chosen) Count(ctx context.Context, tally func(class store.Class, n uint64, first, last int64)) error {
	for _, s := range c.spans {
		for _, src := range sources(s) {
			var n uint64
			var first, last sql.Null[int64]
			err := c.tx.QueryRowContext(ctx, "SELECT count(*), min(m), max(m) FROM (SELECT minute AS m FROM ("+named(src.query)+"))", src.args...).Scan(&n, &first, &last)
			if err != nil {
				return fmt.Errorf("count what is to be held: %w", err)
			}
			if n > 0 {
				tally(src.class, n, first.V, last.V)
			}
		}
	}
	for _, p := range c.told {
		tally(p.Class, 1, p.Minute, p.Minute)
	}
	return nil
}

// named names the columns of a source.
func named(query string) string {
	return "WITH x (number, minute, content) AS (" + query + ") SELECT number, minute, content FROM x"
}

// Each gives all pieces, sealed under the key of a hold.
func (c *Chosen) Each(ctx context.Context, key store.DataKey, do func(store.Piece) error) error {
	keys := c.h.durable.Keys()
	for _, p := range c.told {
		var err error
		if p.Content, err = keys.SealUnder(p.Class, database.Day(p.Minute), p.Content, key); err != nil {
			return err
		}
		if err := do(p); err != nil {
			return err
		}
	}
	for _, s := range c.spans {
		for _, src := range sources(s) {
			if err := c.each(ctx, src, key, do); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Chosen) each(ctx context.Context, src source, key store.DataKey, do func(store.Piece) error) error {
	rows, err := c.tx.QueryContext(ctx, src.query, src.args...)
	if err != nil {
		return fmt.Errorf("read what is to be held: %w", err)
	}
	defer rows.Close()
	keys := c.h.durable.Keys()
	for rows.Next() {
		p := store.Piece{Class: src.class, Form: src.form}
		var sealed []byte
		if err := rows.Scan(&p.Number, &p.Minute, &sealed); err != nil {
			return fmt.Errorf("read what is to be held: %w", err)
		}
		if p.Content, err = keys.Reseal(p.Class, database.Day(p.Minute), sealed, key.Class, key.Day); err != nil {
			return err
		}
		if err := do(p); err != nil {
			return err
		}
	}
	return rows.Err()
}

// OpenPiece opens what is held of the history.
func (h *History) OpenPiece(p store.Piece) (any, error) {
	b, err := h.sealer.Open(p.Class, database.Day(p.Minute), p.Content)
	if err != nil {
		return nil, err
	}
	switch p.Form {
	case store.FormInputs:
		return h.tables.Inputs(p.Number, b)
	case store.FormEvents:
		return h.tables.Events(p.Number, b)
	case store.FormKeyframe:
		return h.tables.Picture(p.Number, b)
	case store.FormPoints:
		return h.tables.Points(track.ID(p.Number), b)
	case store.FormTold:
		return h.tables.Told(track.ID(p.Number), b)
	}
	return nil, fmt.Errorf("%w: what is held has the form %q", store.ErrDamaged, p.Form)
}
