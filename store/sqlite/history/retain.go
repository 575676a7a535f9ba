package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

// How the disk never fills by itself.
//
// After each step a small share of work is done in one transaction, so that
// nothing ever stops for a great cleaning:
//
//  1. What alerts rest on is copied out of the steps that are next (pins.go).
//  2. Steps that are older than Whole are thinned; what is older than its time
//     expires. Freed pages are used again by the next steps, so the file stays
//     as large as it was at most.
//  3. When the content grows to nine tenths of MaxBytes, or of what the disk has
//     room for beside MinFree, steps older than an hour are thinned early. When
//     it grows beyond it all the same, because little of it is of the kind that
//     can be thinned or too much comes, the oldest goes early: first steps older
//     than an hour, then tracks and keyframes older than an hour, then what is
//     left of the steps.
//  4. When the file itself is larger than it may be, free pages are given back
//     to the disk.

// The shares of one step. Each is a multiple of what a step brings, so that
// the work always catches up.
const (
	thinShare   = 4    // steps
	expireShare = 16   // steps
	chunkShare  = 1024 // chunks
	pageShare   = 512  // pages
)

// every is how close thinned points lie.
const every = store.ThinTo

// early is how old history must be to go before tracks do.
const early = time.Hour

type retention struct {
	thinned  uint64        // step through which steps are thinned
	thinner  store.Thinner // of the steps behind it
	pins     pins
	hour     int64      // whose chunks are being thinned
	tracks   []track.ID // that are left of it
	share    int        // of tracks, with each step
	thins    bool       // nearly as much is kept as may be
	pressure bool       // more is
	shrink   bool       // the file is larger than it may be
}

// openRetention finds how far the last run thinned.
func (h *History) openRetention(ctx context.Context) error {
	n, err := h.gone(ctx, inputsGone)
	if err != nil {
		return fmt.Errorf("read how far the history is thinned: %w", err)
	}
	h.retained.thinned = n
	if n, err = h.gone(ctx, pinnedThrough); err != nil {
		return fmt.Errorf("read how far the history is copied for alerts: %w", err)
	}
	h.retained.pins.back(n)
	return nil
}

// retain does one share of the policy.
func (h *History) retain(ctx context.Context, step store.Step) error {
	r := &h.retained
	if err := h.measure(ctx, step); err != nil {
		return err
	}
	var c store.Retention
	was := *r
	err := h.db.Change(ctx, "let the old expire", func(tx *sql.Tx) error {
		c = store.Retention{}
		x := expiry{h: h, tx: tx, step: step, counts: &c}
		return x.run(ctx, r)
	})
	if err != nil {
		// Nothing of it was done: begin the ten seconds, and the minute, again.
		r.thinned, r.hour, r.tracks, r.thinner = was.thinned, was.hour, was.tracks, store.Thinner{}
		r.pins.back(was.pins.through)
		return err
	}
	if step.Picture != nil {
		n, err := h.durable.ExpireFindings(ctx, step.Now.Add(-h.policy.Findings), chunkShare)
		if err != nil {
			return err
		}
		c.Findings = n
	}
	if r.shrink {
		if err := h.db.Shrink(ctx, pageShare); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts.Add(c)
	return nil
}

// Retention counts what the policy did since the store was opened.
func (h *History) Retention() store.Retention {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.counts
}

// measure finds out whether there is pressure: every ten seconds, and every
// step while there is.
func (h *History) measure(ctx context.Context, step store.Step) error {
	const steps = 40
	r := &h.retained
	if !r.thins && !r.pressure && !r.shrink && step.N%steps != 0 {
		return nil
	}
	pages, unused, err := h.db.Measure(ctx)
	if err != nil {
		return err
	}
	file, err := h.dir.Stat(Name + ".db")
	if err != nil {
		return fmt.Errorf("measure the history: %w", err)
	}
	free, size, err := database.Disk(h.dir)
	if err != nil {
		return err
	}
	// Pages that are in the log only will need room in the file: what counts is
	// how large the file is now, and how far it can still grow. On a small disk
	// a twentieth stays free.
	p := h.policy
	limit := min(p.MaxBytes, file.Size()+int64(free)-min(p.MinFree, int64(size)/20))
	r.shrink = pages*database.PageSize > limit && unused > 0
	// Once it begins, room for a while is made.
	used := (pages - unused) * database.PageSize
	r.thins = used > limit-limit/10 || r.thins && used > limit-limit*3/20
	r.pressure = used > limit || r.pressure && used > limit-limit/20
	return nil
}

// expiry is one share of the work, in one transaction.
type expiry struct {
	h      *History
	tx     *sql.Tx
	step   store.Step
	counts *store.Retention
}

func (x *expiry) run(ctx context.Context, r *retention) error {
	p, now := x.h.policy, x.step.Now
	old, err := x.before(ctx, now.Add(-p.Whole))
	if err != nil {
		return err
	}
	next, err := x.before(ctx, now.Add(-min(p.Whole, p.Inputs, p.Events)))
	if err != nil {
		return err
	}
	if err := x.pin(ctx, &r.pins, next); err != nil {
		return fmt.Errorf("copy what alerts rest on: %w", err)
	}
	spared, err := x.spared(ctx)
	if err != nil {
		return err
	}
	if p.Whole < max(p.Inputs, p.Events) { // else all of it expires at once
		if _, err := x.thinSteps(ctx, r, min(old, spared, r.pins.through), store.ThinAge); err != nil {
			return fmt.Errorf("thin steps: %w", err)
		}
	}
	if err := x.expireSteps(ctx, p, spared, r.pins.through); err != nil {
		return fmt.Errorf("expire steps: %w", err)
	}
	if err := x.thinTracks(ctx, r, now.Add(-p.Points)); err != nil {
		return fmt.Errorf("thin tracks: %w", err)
	}
	if _, err := x.expireTracks(ctx, now.Add(-p.Tracks)); err != nil {
		return fmt.Errorf("expire tracks: %w", err)
	}
	if x.step.Picture != nil {
		if err := x.expireKeyframes(ctx, now.Add(-p.Events), now.Add(-p.Tracks)); err != nil {
			return fmt.Errorf("expire keyframes: %w", err)
		}
		if err := x.forgetPins(ctx, &r.pins); err != nil {
			return fmt.Errorf("forget what is copied: %w", err)
		}
	}
	if !r.thins && !r.pressure {
		return nil
	}
	hourAgo, err := x.before(ctx, now.Add(-early))
	if err == nil {
		err = x.thinEarly(ctx, r, hourAgo, spared)
	}
	if err == nil && r.pressure {
		err = x.press(ctx, r, hourAgo, spared)
	}
	if err != nil {
		return fmt.Errorf("make room: %w", err)
	}
	return nil
}

// spared is the last step before the first observation that is still to be
// copied for an alert: inputs behind it stay.
func (x *expiry) spared(ctx context.Context) (uint64, error) {
	first, wanted := x.h.firstWanted()
	if !wanted {
		return x.step.N, nil
	}
	return x.number(ctx, "SELECT max(n) FROM step WHERE last_seq < ?", first)
}

// number reads one number; 0 where there is none.
func (x *expiry) number(ctx context.Context, query string, args ...any) (uint64, error) {
	var v sql.Null[uint64]
	err := x.tx.QueryRowContext(ctx, query, args...).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return v.V, err
}

// before gives the last step that closed before t; 0: none.
func (x *expiry) before(ctx context.Context, t time.Time) (uint64, error) {
	return x.number(ctx, "SELECT n FROM step WHERE sec < ? ORDER BY sec DESC, n DESC LIMIT 1", t.Unix())
}

// deleteSteps deletes the oldest rows of a table through a step, and notes how
// far not everything is there any more.
func (x *expiry) deleteSteps(ctx context.Context, count *uint64, query, key string, through uint64) (uint64, error) {
	rows, err := x.tx.QueryContext(ctx, query+" RETURNING n", through, expireShare)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var deleted, last uint64
	for rows.Next() {
		var n uint64
		if err := rows.Scan(&n); err != nil {
			return deleted, err
		}
		deleted, last = deleted+1, max(last, n)
	}
	if err := rows.Err(); err != nil || deleted == 0 {
		return deleted, err
	}
	*count += deleted
	return deleted, x.goneThrough(ctx, key, last)
}

// delete runs a DELETE and counts it.
func (x *expiry) delete(ctx context.Context, count *uint64, query string, args ...any) (uint64, error) {
	res, err := x.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	*count += uint64(n)
	return uint64(n), err
}

// thinSteps thins the next few steps through a step, and gives how many.
func (x *expiry) thinSteps(ctx context.Context, r *retention, through uint64, why string) (int, error) {
	rows, err := x.tx.QueryContext(ctx, "SELECT s.n, s.sec, s.thinned, s.head, "+withContent+
		" WHERE s.n > ? AND s.n <= ? AND s.thinned = 0 ORDER BY s.n LIMIT ?", r.thinned, through, thinShare)
	if err != nil {
		return 0, err
	}
	page, err := scanSteps(rows)
	if err != nil || len(page) == 0 {
		return 0, err
	}
	r.thinned = uint64(page[len(page)-1].n)
	for _, key := range []string{inputsGone, lineagesGone} {
		if err := x.goneThrough(ctx, key, r.thinned); err != nil {
			return 0, err
		}
	}
	for _, row := range page {
		step, err := x.h.open(row)
		if err != nil {
			return 0, err
		}
		observations, lineages := uint64(store.CountObservations(step.Inputs)), countLineages(step.Events)
		a, b := r.thinner.Thin(&step, why)
		if err := x.replace(ctx, step, row, b > 0); err != nil {
			return 0, err
		}
		if err := x.thinned(ctx, store.ThinObservations, why, row.sec, uint64(a), observations); err != nil {
			return 0, err
		}
		if err := x.thinned(ctx, store.ThinLineages, why, row.sec, uint64(b), lineages); err != nil {
			return 0, err
		}
		x.counts.ThinnedSteps++
		x.counts.Thinned += uint64(a)
		x.counts.Lineages += uint64(b)
	}
	return len(page), nil
}

func countLineages(events []track.Event) (n uint64) {
	for i := range events {
		if len(events[i].Lineage) > 0 {
			n++
		}
	}
	return n
}

// replace writes a thinned step over the whole one; its events only where they
// changed.
func (x *expiry) replace(ctx context.Context, step store.Step, row stepRow, events bool) error {
	if _, err := x.tx.ExecContext(ctx, "UPDATE step SET thinned = 1 WHERE n = ?", step.N); err != nil {
		return err
	}
	day := time.Unix(row.sec, 0)
	if events {
		if err := x.write(ctx, "UPDATE events SET content = ? WHERE n = ?", step, store.ClassEvent, day, x.h.packer.Events); err != nil {
			return err
		}
	}
	if row.inputs == nil {
		return nil
	}
	if len(step.Inputs) == 0 {
		_, err := x.tx.ExecContext(ctx, "DELETE FROM inputs WHERE n = ?", step.N)
		return err
	}
	return x.write(ctx, "UPDATE inputs SET content = ? WHERE n = ?", step, store.ClassInput, day, x.h.packer.Inputs)
}

func (x *expiry) write(ctx context.Context, query string, step store.Step, class store.Class, day time.Time, pack func(store.Step) ([]byte, error)) error {
	b, err := pack(step)
	if err != nil {
		return err
	}
	if b, err = x.h.sealer.Seal(class, day, b); err != nil {
		return err
	}
	_, err = x.tx.ExecContext(ctx, query, b, step.N)
	return err
}

const (
	deleteInputs = "DELETE FROM inputs WHERE n IN (SELECT n FROM inputs WHERE n <= ? ORDER BY n LIMIT ?)"
	deleteEvents = "DELETE FROM events WHERE n IN (SELECT n FROM events WHERE n <= ? ORDER BY n LIMIT ?)"
	// The oldest step that still has content.
	oldestContent = "SELECT min(n) FROM (SELECT min(n) AS n FROM inputs UNION ALL SELECT min(n) FROM events)"

	deleteSteps = "DELETE FROM step WHERE n IN (SELECT n FROM step WHERE n <= ? ORDER BY n LIMIT ?)"
)

// expireSteps drops the oldest inputs and events whose time is over, and the
// steps that have neither any more.
func (x *expiry) expireSteps(ctx context.Context, p store.Policy, spared, pinned uint64) error {
	inputs, err := x.before(ctx, x.step.Now.Add(-p.Inputs))
	if err != nil {
		return err
	}
	events, err := x.before(ctx, x.step.Now.Add(-p.Events))
	if err != nil {
		return err
	}
	inputs, events = min(inputs, spared, pinned), min(events, pinned)
	if _, err := x.deleteSteps(ctx, &x.counts.ExpiredInputs, deleteInputs, inputsGone, inputs); err != nil {
		return err
	}
	if _, err := x.deleteSteps(ctx, &x.counts.ExpiredEvents, deleteEvents, eventsGone, events); err != nil {
		return err
	}
	// A step goes after its content: by its time the content is found.
	left, err := x.number(ctx, oldestContent)
	if err != nil {
		return err
	}
	through := min(inputs, events)
	if left > 0 {
		through = min(through, left-1)
	}
	var steps uint64
	_, err = x.delete(ctx, &steps, deleteSteps, through, 2*expireShare)
	return err
}

// thinEarly thins steps before their time.
func (x *expiry) thinEarly(ctx context.Context, r *retention, hourAgo, spared uint64) error {
	if err := x.pin(ctx, &r.pins, hourAgo); err != nil {
		return err
	}
	n, err := x.thinSteps(ctx, r, min(hourAgo, spared, r.pins.through), store.ThinRoom)
	x.counts.Early += uint64(n)
	return err
}

// press drops the oldest early.
func (x *expiry) press(ctx context.Context, r *retention, hourAgo, spared uint64) error {
	if n, err := x.expireEarly(ctx, min(hourAgo, r.pins.through), spared); err != nil || n > 0 {
		return err
	}
	n, err := x.expireTracks(ctx, x.step.Now.Add(-early))
	if err != nil {
		return err
	}
	frames, err := x.delete(ctx, &x.counts.Early, `DELETE FROM keyframe WHERE n IN
		(SELECT n FROM keyframe WHERE sec < ? ORDER BY n LIMIT 1)`, x.step.Now.Add(-early).Unix())
	if err != nil {
		return err
	}
	if x.counts.Early += n; n+frames > 0 {
		return nil
	}
	if err := x.pin(ctx, &r.pins, x.step.N); err != nil {
		return err
	}
	_, err = x.expireEarly(ctx, r.pins.through, spared)
	return err
}

// expireEarly drops the oldest inputs and events through a step.
func (x *expiry) expireEarly(ctx context.Context, through, spared uint64) (uint64, error) {
	oldest, err := x.number(ctx, oldestContent)
	if err != nil || oldest == 0 || oldest > through {
		return 0, err
	}
	through = min(through, oldest+expireShare)
	a, err := x.deleteSteps(ctx, &x.counts.ExpiredInputs, deleteInputs, inputsGone, min(through, spared))
	if err != nil {
		return 0, err
	}
	b, err := x.deleteSteps(ctx, &x.counts.ExpiredEvents, deleteEvents, eventsGone, through)
	if err != nil || a+b == 0 {
		return 0, err
	}
	x.counts.Early += a + b
	var sec int64
	if err := x.tx.QueryRowContext(ctx, "SELECT sec FROM step WHERE n >= ? ORDER BY n LIMIT 1", oldest).Scan(&sec); err != nil {
		return 0, err
	}
	return a + b, x.thinned(ctx, store.ThinSteps, store.ThinRoom, sec, max(a, b), max(a, b))
}

// expireKeyframes keeps one keyframe in ten minutes of those older than
// events, and none older than tracks.
func (x *expiry) expireKeyframes(ctx context.Context, events, tracks time.Time) error {
	for _, query := range []string{"DELETE FROM gap WHERE to_sec < ?", "DELETE FROM thinned WHERE to_sec < ?"} {
		if _, err := x.tx.ExecContext(ctx, query, tracks.Unix()); err != nil {
			return err
		}
	}
	_, err := x.tx.ExecContext(ctx, `DELETE FROM keyframe WHERE n IN (
		SELECT n FROM keyframe AS k WHERE k.sec < ?1 AND (k.sec < ?2 OR EXISTS (
			SELECT 1 FROM keyframe AS p WHERE p.sec >= k.sec - k.sec % 600 AND p.sec < k.sec)) LIMIT ?3)`,
		events.Unix(), tracks.Unix(), 2*expireShare)
	return err
}
