package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

// How the disk never fills by itself.
//
// After each step a small share of work is done in one transaction, so that
// nothing ever stops for a great cleaning:
//
//  1. Inputs that are older than Whole are thinned; what is older than its
//     time expires. Freed pages are used again by the next steps, so the file
//     stays as large as it was at most.
//  2. When the content grows beyond MaxBytes, or the disk has less than MinFree
//     left, the oldest goes early: first steps older than an hour, then tracks
//     and keyframes older than an hour, then what is left of the steps.
//  3. When the file itself is larger than it may be, free pages are given back
//     to the disk.

// The shares of one step. Each is a multiple of what a step brings, so that
// the work always catches up.
const (
	thinShare   = 4    // steps
	expireShare = 16   // steps
	chunkShare  = 1024 // chunks
	pageShare   = 512  // pages
)

// every is how close thinned observations and points lie.
const every = 10 * time.Second

// early is how old history must be to go before tracks do.
const early = time.Hour

type retention struct {
	thinned  uint64             // step through which inputs are thinned
	bucket   int64              // of every, that seen is about
	seen     map[seenKey]uint64 // the step of the bucket in which it was seen first
	hour     int64              // whose chunks are being thinned
	tracks   []track.ID         // that are left of it
	share    int                // of tracks, with each step
	pressure bool               // more is kept than may be
	shrink   bool               // the file is larger than it may be
}

// seenKey is one identity at one sensor; without claim, all that claims none.
type seenKey struct {
	sensor sensor.ID
	claim  obs.Claim
}

// openRetention finds how far the last run thinned.
func (h *History) openRetention(ctx context.Context) error {
	n, err := h.gone(ctx, inputsGone)
	if err != nil {
		return fmt.Errorf("read how far the history is thinned: %w", err)
	}
	h.retained.thinned = n
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
		// Nothing of it was done: begin the ten seconds again.
		r.thinned, r.hour, r.tracks, r.seen = was.thinned, was.hour, was.tracks, nil
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
	if !r.pressure && !r.shrink && step.N%steps != 0 {
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
	// Once it presses, room for a while is made.
	if r.pressure {
		limit -= limit / 20
	}
	r.pressure = (pages-unused)*database.PageSize > limit
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
	spared, err := x.spared(ctx)
	if err != nil {
		return err
	}
	if err := x.thinInputs(ctx, r, now.Add(-p.Whole), spared); err != nil {
		return fmt.Errorf("thin inputs: %w", err)
	}
	if err := x.expireSteps(ctx, p, spared); err != nil {
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
	}
	if r.pressure {
		if err := x.press(ctx, spared); err != nil {
			return fmt.Errorf("make room: %w", err)
		}
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

// thinInputs thins the next few steps that are old enough.
func (x *expiry) thinInputs(ctx context.Context, r *retention, old time.Time, spared uint64) error {
	rows, err := x.tx.QueryContext(ctx, `SELECT s.n, s.sec, s.thinned, s.head, i.content, NULL FROM inputs i CROSS JOIN step s ON s.n = i.n
		WHERE i.n > ? AND i.n <= ? AND s.sec < ? ORDER BY i.n LIMIT ?`, r.thinned, spared, old.Unix(), thinShare)
	if err != nil {
		return err
	}
	page, err := scanSteps(rows)
	if err != nil {
		return err
	}
	if len(page) > 0 {
		if err := x.goneThrough(ctx, inputsGone, uint64(page[len(page)-1].n)); err != nil {
			return err
		}
	}
	for _, row := range page {
		r.thinned = uint64(row.n)
		if row.thinned {
			continue
		}
		step, err := x.h.open(row)
		if err != nil {
			return err
		}
		had := countObservations(step.Inputs)
		step.Inputs = r.thin(step, row.sec)
		x.counts.Thinned += uint64(had - countObservations(step.Inputs))
		x.counts.ThinnedSteps++
		if err := x.replaceInputs(ctx, step, row.sec); err != nil {
			return err
		}
	}
	return nil
}

func (x *expiry) replaceInputs(ctx context.Context, step store.Step, sec int64) error {
	if _, err := x.tx.ExecContext(ctx, "UPDATE step SET thinned = 1 WHERE n = ?", step.N); err != nil {
		return err
	}
	if len(step.Inputs) == 0 {
		_, err := x.tx.ExecContext(ctx, "DELETE FROM inputs WHERE n = ?", step.N)
		return err
	}
	b, err := x.h.packer.Inputs(step)
	if err != nil {
		return err
	}
	if b, err = x.h.sealer.Seal(store.ClassInput, time.Unix(sec, 0), b); err != nil {
		return err
	}
	_, err = x.tx.ExecContext(ctx, "UPDATE inputs SET content = ? WHERE n = ?", b, step.N)
	return err
}

// thin chooses what stays of a step: every change; of each sensor and claimed
// identity the first observation of the ten seconds; of what claims nothing
// (scans and plots), all of the first step of the ten seconds that has any.
func (r *retention) thin(step store.Step, sec int64) []track.Input {
	if bucket := database.FloorDiv(sec, int64(every/time.Second)); r.seen == nil || bucket != r.bucket {
		r.bucket, r.seen = bucket, map[seenKey]uint64{}
	}
	first := func(key seenKey) bool {
		n, seen := r.seen[key]
		if !seen {
			r.seen[key] = step.N
		}
		return !seen || (key.claim == obs.Claim{} && n == step.N)
	}
	var out []track.Input
	for _, in := range step.Inputs {
		switch {
		case in.Observation != nil:
			key := seenKey{sensor: in.Observation.Sensor}
			if len(in.Observation.Claims) > 0 {
				key.claim = in.Observation.Claims[0]
			}
			if !first(key) {
				continue
			}
		case in.Scan != nil:
			if !first(seenKey{sensor: in.Scan.Sensor}) {
				continue
			}
		}
		out = append(out, in)
	}
	return out
}

func countObservations(inputs []track.Input) int {
	n := 0
	for _, in := range inputs {
		if in.Observation != nil {
			n++
		}
		if in.Scan != nil {
			n += len(in.Scan.Observations)
		}
	}
	return n
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
func (x *expiry) expireSteps(ctx context.Context, p store.Policy, spared uint64) error {
	inputs, err := x.before(ctx, x.step.Now.Add(-p.Inputs))
	if err != nil {
		return err
	}
	events, err := x.before(ctx, x.step.Now.Add(-p.Events))
	if err != nil {
		return err
	}
	inputs = min(inputs, spared)
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

// press drops the oldest early.
func (x *expiry) press(ctx context.Context, spared uint64) error {
	hourAgo, err := x.before(ctx, x.step.Now.Add(-early))
	if err != nil {
		return err
	}
	if n, err := x.expireEarly(ctx, hourAgo, spared); err != nil || n > 0 {
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
	_, err = x.expireEarly(ctx, x.step.N, spared)
	return err
}

// expireEarly drops the oldest inputs and events through a step.
func (x *expiry) expireEarly(ctx context.Context, through, spared uint64) (uint64, error) {
	oldest, err := x.number(ctx, oldestContent)
	if err != nil || oldest == 0 {
		return 0, err
	}
	through = min(through, oldest+expireShare)
	a, err := x.deleteSteps(ctx, &x.counts.ExpiredInputs, deleteInputs, inputsGone, min(through, spared))
	if err != nil {
		return 0, err
	}
	b, err := x.deleteSteps(ctx, &x.counts.ExpiredEvents, deleteEvents, eventsGone, through)
	x.counts.Early += a + b
	return a + b, err
}

// expireKeyframes keeps one keyframe in ten minutes of those older than
// events, and none older than tracks.
func (x *expiry) expireKeyframes(ctx context.Context, events, tracks time.Time) error {
	if _, err := x.tx.ExecContext(ctx, "DELETE FROM gap WHERE to_sec < ?", tracks.Unix()); err != nil {
		return err
	}
	_, err := x.tx.ExecContext(ctx, `DELETE FROM keyframe WHERE n IN (
		SELECT n FROM keyframe AS k WHERE k.sec < ?1 AND (k.sec < ?2 OR EXISTS (
			SELECT 1 FROM keyframe AS p WHERE p.sec >= k.sec - k.sec % 600 AND p.sec < k.sec)) LIMIT ?3)`,
		events.Unix(), tracks.Unix(), 2*expireShare)
	return err
}
