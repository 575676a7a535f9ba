package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"atalaya/obs"
	"atalaya/store"
	"atalaya/track"
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

// stepRows reads steps after n, through n to and second sec.
func (h *History) stepRows(ctx context.Context, columns string, after uint64, from, toSec, to int64) iter.Seq2[stepRow, error] {
	query := "SELECT s.n, s.sec, s.thinned, s.head, " + columns + " WHERE s.n > ? AND s.sec BETWEEN ? AND ? AND s.n <= ? ORDER BY s.n LIMIT ?"
	return func(yield func(stepRow, error) bool) {
		for {
			page, err := h.stepPage(ctx, query, after, from, toSec, to, batch)
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
	withEvents  = "NULL, e.content FROM step s JOIN events e ON e.n = s.n"      // only steps that have events
	justEvents  = "NULL, e.content FROM step s LEFT JOIN events e ON e.n = s.n" // every step
	withContent = "i.content, e.content FROM step s LEFT JOIN inputs i ON i.n = s.n LEFT JOIN events e ON e.n = s.n"
)

// open opens what was read of a step. Thinned says that inputs which it had
// are gone; lost, that its events are.
func (h *History) open(r stepRow) (step store.Step, lost bool, err error) {
	day := time.Unix(r.sec, 0).UTC()
	b, err := h.sealer.Open(store.ClassEvent, day, r.head)
	if err != nil {
		return store.Step{}, false, fmt.Errorf("step %d: %w", r.n, err)
	}
	head, err := store.UnpackHead(uint64(r.n), b)
	if err != nil {
		return store.Step{}, false, err
	}
	step = store.Step{N: head.N, Now: head.Now, FirstSeq: head.FirstSeq, LastSeq: head.LastSeq}
	if r.inputs != nil {
		if b, err = h.sealer.Open(store.ClassInput, day, r.inputs); err != nil {
			return store.Step{}, false, fmt.Errorf("step %d: %w", r.n, err)
		}
		if step.Inputs, err = h.tables.Inputs(step.N, b); err != nil {
			return store.Step{}, false, err
		}
	}
	step.Thinned = r.thinned || (r.inputs == nil && head.Inputs > 0)
	if r.events != nil {
		if b, err = h.sealer.Open(store.ClassEvent, day, r.events); err != nil {
			return store.Step{}, false, fmt.Errorf("step %d: %w", r.n, err)
		}
		if step.Events, err = h.tables.Events(step.N, b); err != nil {
			return store.Step{}, false, err
		}
	}
	return step, r.events == nil && head.Events > 0, nil
}

// eventSteps gives the steps that have events.
func (h *History) eventSteps(ctx context.Context, after uint64, toSec, to int64) iter.Seq2[store.Step, error] {
	return func(yield func(store.Step, error) bool) {
		for r, err := range h.stepRows(ctx, withEvents, after, math.MinInt64, toSec, to) {
			var step store.Step
			if err == nil {
				step, _, err = h.open(r)
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
	toSec := int64(math.MaxInt64)
	if !to.IsZero() {
		toSec = to.Unix()
	}
	return func(yield func(store.Step, error) bool) {
		for r, err := range h.stepRows(ctx, withContent, 0, from.Unix(), toSec, math.MaxInt64) {
			if err != nil {
				yield(store.Step{}, fmt.Errorf("read steps: %w", err))
				return
			}
			step, _, err := h.open(r)
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

// AsKnownAt gives the picture as it was known at a time: the keyframe before
// it, and the events since. Gap tells that steps in between were not kept or
// have expired.
func (h *History) AsKnownAt(ctx context.Context, t time.Time) (store.Keyframe, error) {
	fail := func(err error) (store.Keyframe, error) {
		return store.Keyframe{}, fmt.Errorf("picture at %s: %w", t.UTC().Format(time.RFC3339), err)
	}
	k, err := h.keyframeAt(ctx, t)
	if err != nil {
		return fail(err)
	}
	living := make(map[track.ID]track.Track, len(k.Tracks))
	for _, x := range k.Tracks {
		living[x.ID] = x
	}
	for r, err := range h.stepRows(ctx, justEvents, k.Step, math.MinInt64, t.Unix(), math.MaxInt64) {
		if err != nil {
			return fail(err)
		}
		step, lost, err := h.open(r)
		if err != nil {
			return fail(err)
		}
		if step.Now.After(t) {
			break
		}
		k.Gap = k.Gap || lost || step.N != k.Step+1
		k.Step, k.Known, k.LastSeq = step.N, step.Now, step.LastSeq
		for i := range step.Events {
			apply(living, &step.Events[i])
		}
	}
	if k.Step == 0 {
		return fail(fmt.Errorf("%w: nothing is kept from before", store.ErrNotFound))
	}
	k.Gap = k.Gap || t.Sub(k.Known) > staleAfter
	k.Tracks = slices.SortedFunc(maps.Values(living), func(a, b track.Track) int { return cmp.Compare(a.ID, b.ID) })
	return k, nil
}

// staleAfter is how long after the last step that was kept a picture holds. A
// step closes every 250 ms; more than this means that the program did not run,
// or that steps were lost.
const staleAfter = 2 * time.Second

func apply(living map[track.ID]track.Track, e *track.Event) {
	if e.Kind == track.Died || e.Kind == track.Merged || e.Track.Status == track.Ended {
		delete(living, e.Track.ID)
		return
	}
	living[e.Track.ID] = e.Track
}

// keyframeAt gives the last keyframe known at t; without one, the empty
// picture before the first step.
func (h *History) keyframeAt(ctx context.Context, t time.Time) (store.Keyframe, error) {
	rows, err := h.db.Read().QueryContext(ctx, "SELECT n, sec, content FROM keyframe WHERE sec <= ? ORDER BY sec DESC, n DESC LIMIT 8", t.Unix())
	if err != nil {
		return store.Keyframe{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var n uint64
		var sec int64
		var sealed []byte
		if err := rows.Scan(&n, &sec, &sealed); err != nil {
			return store.Keyframe{}, err
		}
		b, err := h.sealer.Open(store.ClassEvent, time.Unix(sec, 0), sealed)
		if err != nil {
			return store.Keyframe{}, fmt.Errorf("keyframe %d: %w", n, err)
		}
		k, err := h.tables.Picture(n, b)
		if err != nil {
			return store.Keyframe{}, err
		}
		if !k.Known.After(t) { // the same second may hold later ones
			return k, nil
		}
	}
	return store.Keyframe{}, rows.Err()
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
	step, _, err := h.open(r)
	if err != nil {
		return obs.Observation{}, err
	}
	if o := observationIn(step.Inputs, seq); o != nil {
		return *o, nil
	}
	return obs.Observation{}, store.ErrNotFound
}

// observationIn finds an observation among inputs.
func observationIn(inputs []track.Input, seq uint64) *obs.Observation {
	for i := range inputs {
		if o := inputs[i].Observation; o != nil && o.Seq == seq {
			return o
		}
		if sc := inputs[i].Scan; sc != nil {
			for k := range sc.Observations {
				if sc.Observations[k].Seq == seq {
					return &sc.Observations[k]
				}
			}
		}
	}
	return nil
}
