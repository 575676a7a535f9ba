package history

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

// Told gives at most limit of what happened to a track that was known in
// [from, to), in order, the newest where there is more: from the steps, and
// where they were thinned or have expired, from what alerts rest on.
func (h *History) Told(ctx context.Context, id track.ID, from, to time.Time, limit int) ([]store.Told, error) {
	kept, err := h.pinnedOf(ctx, id, from, to)
	if err == nil {
		kept, err = h.toldBySteps(ctx, id, from, to, kept)
	}
	if err != nil {
		return nil, fmt.Errorf("what happened to track %s: %w", id, err)
	}
	slices.SortStableFunc(kept, func(a, b store.Told) int { return cmp.Compare(a.Step, b.Step) })
	return kept[max(0, len(kept)-limit):], nil
}

// pinnedOf reads what alerts rest on.
func (h *History) pinnedOf(ctx context.Context, id track.ID, from, to time.Time) (out []store.Told, err error) {
	rows, err := h.db.Read().QueryContext(ctx, "SELECT minute, content FROM pinned WHERE track = ? AND minute BETWEEN ? AND ? ORDER BY minute, id",
		id, database.Minute(from), database.Minute(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var minute int64
		var sealed []byte
		if err := rows.Scan(&minute, &sealed); err != nil {
			return nil, err
		}
		b, err := h.sealer.Open(store.ClassEvidence, database.Day(minute), sealed)
		if err != nil {
			return nil, err
		}
		told, err := h.tables.Told(id, b)
		if err != nil {
			return nil, err
		}
		for _, t := range told {
			if !t.Known.Before(from) && t.Known.Before(to) {
				out = append(out, t)
			}
		}
	}
	return out, rows.Err()
}

// toldBySteps adds what steps tell that is not there yet.
func (h *History) toldBySteps(ctx context.Context, id track.ID, from, to time.Time, out []store.Told) ([]store.Told, error) {
	have := map[uint64]bool{}
	for i := range out {
		have[out[i].Step] = true
	}
	for r, err := range h.stepsBetween(ctx, withContent, from, to) {
		if err != nil {
			return nil, err
		}
		if r.events == nil || have[uint64(r.n)] {
			continue
		}
		if there, err := h.mentions(r, []track.ID{id}); err != nil || !there {
			if err != nil {
				return nil, err
			}
			continue
		}
		step, err := h.open(r)
		if err != nil {
			return nil, err
		}
		if !step.Now.Before(from) && step.Now.Before(to) {
			out = append(out, step.Tell(id)...)
		}
	}
	return out, nil
}

// LastTold gives when a track's past was known last, to the end of a minute in
// the world; zero: nothing is kept of it.
func (h *History) LastTold(ctx context.Context, id track.ID) (time.Time, error) {
	last := int64(-1)
	for _, p := range h.trails.Of(id) {
		last = max(last, database.Minute(p.Known))
	}
	for _, query := range []string{
		"SELECT max(minute) FROM chunk WHERE hour = 0 AND track = ?",
		"SELECT max(minute) + 59 FROM chunk WHERE hour = 1 AND track = ?",
		"SELECT max(minute) FROM pinned WHERE track = ?",
	} {
		var minute sql.Null[int64]
		if err := h.db.Read().QueryRowContext(ctx, query, id).Scan(&minute); err != nil {
			return time.Time{}, fmt.Errorf("when track %s was known last: %w", id, err)
		}
		if minute.Valid {
			last = max(last, minute.V)
		}
	}
	if last < 0 {
		return time.Time{}, nil
	}
	return database.Day(last + 1), nil
}

// Thinnings gives what was thinned of [from, to), oldest first.
func (h *History) Thinnings(ctx context.Context, from, to time.Time) (out []store.Thinning, err error) {
	rows, err := h.db.Read().QueryContext(ctx, `SELECT what, why, from_sec, to_sec, dropped, had FROM thinned
		WHERE to_sec > ? AND from_sec < ? ORDER BY from_sec, what, why`, from.Unix(), to.Unix())
	if err != nil {
		return nil, fmt.Errorf("what was thinned: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t store.Thinning
		var first, last int64
		if err := rows.Scan(&t.What, &t.Why, &first, &last, &t.Dropped, &t.Had); err != nil {
			return nil, fmt.Errorf("what was thinned: %w", err)
		}
		t.From, t.To = time.Unix(first, 0).UTC(), time.Unix(last, 0).UTC()
		out = append(out, t)
	}
	return out, rows.Err()
}

// thinned records what was thinned of a second.
func (x *expiry) thinned(ctx context.Context, what, why string, sec int64, dropped, had uint64) error {
	if dropped == 0 {
		return nil
	}
	_, err := x.tx.ExecContext(ctx, `INSERT INTO thinned (what, why, hour, from_sec, to_sec, dropped, had) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (what, why, hour) DO UPDATE SET from_sec = min(from_sec, excluded.from_sec), to_sec = max(to_sec, excluded.to_sec),
			dropped = dropped + excluded.dropped, had = had + excluded.had`,
		what, why, database.FloorDiv(sec, 3600)*3600, sec, sec+1, dropped, had)
	return err
}
