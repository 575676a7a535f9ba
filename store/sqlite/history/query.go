package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"atalaya/obs"
	"atalaya/store"
)

// batch is how many steps one query reads: a reader that stays long in one
// query keeps the log from being reused.
const batch = 64

// stepRow is a step with what is there of its content, still sealed.
type stepRow struct {
	n, sec         int64
	thinned        bool
	head           []byte
	inputs, events []byte
}

// stepRows reads the steps behind step after that closed in the seconds from
// and to, and between. They come in the order of their numbers, by which they
// are also searched (hence the +): the clock may have gone back in between.
func (h *History) stepRows(ctx context.Context, columns string, after uint64, from, to int64) iter.Seq2[stepRow, error] {
	query := "SELECT s.n, s.sec, s.thinned, s.head, " + columns + " WHERE s.n > ? AND +s.sec BETWEEN ? AND ? ORDER BY s.n LIMIT ?"
	return func(yield func(stepRow, error) bool) {
		for {
			page, err := h.stepPage(ctx, query, after, from, to, batch)
			if err != nil {
				yield(stepRow{}, err)
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
				after = uint64(r.n)
			}
			if len(page) < batch {
				return
			}
		}
	}
}

func (h *History) stepPage(ctx context.Context, query string, args ...any) ([]stepRow, error) {
	rows, err := h.db.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return scanSteps(rows)
}

func scanSteps(rows *sql.Rows) ([]stepRow, error) {
	defer rows.Close()
	var out []stepRow
	for rows.Next() {
		var r stepRow
		if err := rows.Scan(&r.n, &r.sec, &r.thinned, &r.head, &r.inputs, &r.events); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// What stepRows reads of each step.
const (
	withEvents  = "NULL, e.content FROM step s JOIN events e ON e.n = s.n" // only steps that have events
	withContent = "i.content, e.content FROM step s LEFT JOIN inputs i ON i.n = s.n LEFT JOIN events e ON e.n = s.n"
)

// head opens the head of a step.
func (h *History) head(r stepRow) (store.Head, error) {
	b, err := h.sealer.Open(store.ClassEvent, time.Unix(r.sec, 0), r.head)
	if err != nil {
		return store.Head{}, fmt.Errorf("step %d: %w", r.n, err)
	}
	return store.UnpackHead(uint64(r.n), b)
}

// open opens what was read of a step.
func (h *History) open(r stepRow) (store.Step, error) {
	day := time.Unix(r.sec, 0)
	head, err := h.head(r)
	if err != nil {
		return store.Step{}, err
	}
	step := store.Step{
		N: head.N, Now: head.Now, FirstSeq: head.FirstSeq, LastSeq: head.LastSeq,
		Thinned: r.thinned || (r.inputs == nil && head.Inputs > 0),
	}
	if r.inputs != nil {
		b, err := h.sealer.Open(store.ClassInput, day, r.inputs)
		if err != nil {
			return store.Step{}, fmt.Errorf("step %d: %w", r.n, err)
		}
		if step.Inputs, err = h.tables.Inputs(step.N, b); err != nil {
			return store.Step{}, err
		}
	}
	if r.events != nil {
		b, err := h.sealer.Open(store.ClassEvent, day, r.events)
		if err != nil {
			return store.Step{}, fmt.Errorf("step %d: %w", r.n, err)
		}
		if step.Events, err = h.tables.Events(step.N, b); err != nil {
			return store.Step{}, err
		}
	}
	return step, nil
}

// eventSteps gives the steps behind step after that have events.
func (h *History) eventSteps(ctx context.Context, after uint64) iter.Seq2[store.Step, error] {
	return func(yield func(store.Step, error) bool) {
		for r, err := range h.stepRows(ctx, withEvents, after, math.MinInt64, math.MaxInt64) {
			var step store.Step
			if err == nil {
				step, err = h.open(r)
			}
			if !yield(step, err) || err != nil {
				return
			}
		}
	}
}

// Steps gives the steps that closed in [from, to), in order, with their inputs
// and events as far as they are kept. A zero to means all.
func (h *History) Steps(ctx context.Context, from, to time.Time) iter.Seq2[store.Step, error] {
	return func(yield func(store.Step, error) bool) {
		for r, err := range h.stepsBetween(ctx, withContent, from, to) {
			if err != nil {
				yield(store.Step{}, fmt.Errorf("read steps: %w", err))
				return
			}
			step, err := h.open(r)
			if err != nil {
				yield(store.Step{}, fmt.Errorf("read steps: %w", err))
				return
			}
			if step.Now.Before(from) || (!to.IsZero() && !step.Now.Before(to)) {
				continue
			}
			if !yield(step, nil) {
				return
			}
		}
	}
}

// stepsBetween reads the steps that closed from a time's second to another's. A
// zero to means all.
func (h *History) stepsBetween(ctx context.Context, columns string, from, to time.Time) iter.Seq2[stepRow, error] {
	toSec := int64(math.MaxInt64)
	if !to.IsZero() {
		toSec = to.Unix()
	}
	return func(yield func(stepRow, error) bool) {
		// The numbers bound the search, so that no step beside is read.
		var first, last sql.Null[int64]
		err := h.db.Read().QueryRowContext(ctx, "SELECT min(n), max(n) FROM step WHERE sec BETWEEN ? AND ?", from.Unix(), toSec).Scan(&first, &last)
		if err != nil {
			yield(stepRow{}, err)
			return
		}
		if !first.Valid {
			return
		}
		for r, err := range h.stepRows(ctx, columns, uint64(first.V-1), from.Unix(), toSec) {
			if !yield(r, err) || err != nil || r.n >= last.V {
				return
			}
		}
	}
}

// observed looks in the history.
func (h *History) observed(ctx context.Context, seq uint64) (obs.Observation, error) {
	var r stepRow
	err := h.db.Read().QueryRowContext(ctx, `SELECT s.n, s.sec, s.head, i.content FROM step s JOIN inputs i ON i.n = s.n
		WHERE s.n = (SELECT n FROM step WHERE last_seq >= ? ORDER BY last_seq, n LIMIT 1)`, seq).Scan(&r.n, &r.sec, &r.head, &r.inputs)
	if errors.Is(err, sql.ErrNoRows) {
		return obs.Observation{}, store.ErrNotFound
	}
	if err != nil {
		return obs.Observation{}, err
	}
	step, err := h.open(r)
	if err != nil {
		return obs.Observation{}, err
	}
	if o := store.ObservationIn(step.Inputs, seq); o != nil {
		return *o, nil
	}
	return obs.Observation{}, store.ErrNotFound
}
