package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"atalaya/store"
)

// maxGaps is how many gaps are told.
const maxGaps = 100

// The keys of meta that say through which step not everything is there any
// more. They are written with what expires.
const (
	eventsGone   = "events_gone"
	inputsGone   = "inputs_gone"
	lineagesGone = "lineages_gone"
)

// Extent tells what of the past is kept. It reads a few rows.
func (h *History) Extent(ctx context.Context) (store.Extent, error) {
	e, err := h.extent(ctx)
	if err != nil {
		return store.Extent{}, fmt.Errorf("read what of the past is kept: %w", err)
	}
	return e, nil
}

func (h *History) extent(ctx context.Context) (e store.Extent, err error) {
	var events, inputs, lineages uint64
	if events, err = h.gone(ctx, eventsGone); err != nil {
		return e, err
	}
	if inputs, err = h.gone(ctx, inputsGone); err != nil {
		return e, err
	}
	if lineages, err = h.gone(ctx, lineagesGone); err != nil {
		return e, err
	}
	for _, q := range []struct {
		into  *time.Time
		query string
		after uint64
	}{
		{&e.Newest, "SELECT n, sec, head FROM step WHERE n > ? ORDER BY n DESC LIMIT 1", 0},
		{&e.Oldest, "SELECT k.n, k.sec, s.head FROM keyframe k LEFT JOIN step s ON s.n = k.n WHERE k.n > ? ORDER BY k.n LIMIT 1", 0},
		{&e.Detail, "SELECT k.n, k.sec, s.head FROM keyframe k LEFT JOIN step s ON s.n = k.n WHERE k.n > ? ORDER BY k.n LIMIT 1", events},
		{&e.Observations, "SELECT n, sec, head FROM step WHERE n > ? ORDER BY n LIMIT 1", inputs},
		{&e.Lineages, "SELECT n, sec, head FROM step WHERE n > ? ORDER BY n LIMIT 1", max(lineages, events)},
	} {
		if *q.into, err = h.closedAt(ctx, q.query, q.after); err != nil {
			return store.Extent{}, err
		}
	}
	if e.Oldest.IsZero() || e.Newest.IsZero() {
		return store.Extent{}, nil
	}
	for _, t := range []*time.Time{&e.Detail, &e.Observations, &e.Lineages} {
		if t.IsZero() { // there is none any more
			*t = e.Newest
		}
	}
	e.Gaps, err = h.gaps(ctx, e.Detail)
	return e, err
}

// closedAt reads when a step closed; where its head has expired, the end of its
// second. Zero: there is no such step.
func (h *History) closedAt(ctx context.Context, query string, args ...any) (time.Time, error) {
	var r stepRow
	err := h.db.Read().QueryRowContext(ctx, query, args...).Scan(&r.n, &r.sec, &r.head)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil || r.head == nil {
		return time.Unix(r.sec+1, 0).UTC(), err
	}
	head, err := h.head(r)
	return head.Now, err
}

// gaps reads the latest ones. Where the writer lost steps again and again, their
// seconds touch: that is one gap.
func (h *History) gaps(ctx context.Context, since time.Time) (out []store.Gap, err error) {
	rows, err := h.db.Read().QueryContext(ctx, "SELECT from_sec, to_sec FROM gap WHERE to_sec >= ? ORDER BY n DESC LIMIT ?", since.Unix(), maxGaps)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var from, to int64
		if err := rows.Scan(&from, &to); err != nil {
			return nil, err
		}
		out = append(out, store.Gap{From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC()})
	}
	slices.Reverse(out)
	n := 0
	for _, g := range out {
		if n > 0 && !g.From.After(out[n-1].To) {
			if g.To.After(out[n-1].To) {
				out[n-1].To = g.To
			}
			continue
		}
		out[n] = g
		n++
	}
	return out[:n], rows.Err()
}

// gone reads through which step not everything is there any more.
func (h *History) gone(ctx context.Context, key string) (n uint64, err error) {
	err = h.db.Read().QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", key).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// goneThrough notes that through a step not everything is there any more.
func (x *expiry) goneThrough(ctx context.Context, key string, n uint64) error {
	_, err := x.tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)`, key, n)
	return err
}

// saveGap notes that steps before this one were not kept.
func (h *History) saveGap(ctx context.Context, tx *sql.Tx, step store.Step) error {
	was := h.wrote
	if was.Step == 0 || (step.N == was.Step+1 && step.Now.Sub(was.Known) <= staleAfter) {
		return nil
	}
	from, to := was.Known.Unix(), step.Now.Unix()
	if !step.Now.Truncate(time.Second).Equal(step.Now) {
		to++ // it is in the gap until it closed
	}
	if to <= from {
		return nil // the clock went back
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO gap (n, from_sec, to_sec) VALUES (?, ?, ?)", step.N, from, to)
	return err
}
