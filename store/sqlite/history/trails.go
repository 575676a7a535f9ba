package history

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/store/sqlite/history/trail"
	"atalaya/track"
)

// The long history of tracks.
//
// The events of a step hold many tracks; to find one track's day among them
// every event of the day would have to be opened. So each track's points are
// also kept together, a minute in one chunk:
//
//  1. The points of a step are put into trails in memory: one trail for each
//     track and minute in the world, at most one point a second.
//  2. When the minute of receive time is over, all trails are closed and queued
//     in the order of minute and track.
//  3. Each step writes a share of the queue as chunks, in its own transaction,
//     so that the disk is never given a minute's work at once.
//  4. When the queue is empty, "trails" in meta says through which step all
//     points are in chunks. After a crash the points behind it are taken again
//     from the events; points that were written already come twice then, and
//     are dropped when they are read.

// chunk is a sealed trail.
type chunk struct {
	trail.Key
	content []byte
}

func (h *History) packTrails(due []*trail.Trail) ([]chunk, error) {
	out := make([]chunk, 0, len(due))
	var points []store.Point
	for _, tr := range due {
		points = tr.AppendTo(points[:0])
		c, err := h.packChunk(tr.Key, points)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (h *History) packChunk(key trail.Key, points []store.Point) (chunk, error) {
	b, err := h.packer.Points(key.Track, points)
	if err != nil {
		return chunk{}, fmt.Errorf("pack the history of track %s: %w", key.Track, err)
	}
	sealed, err := h.sealer.Seal(store.ClassTrack, database.Day(key.Minute), b)
	return chunk{key, sealed}, err
}

// saveTrails writes chunks; through, when it is not 0, is the step through
// which all points are in chunks then.
func (h *History) saveTrails(ctx context.Context, tx *sql.Tx, chunks []chunk, through uint64) (err error) {
	if len(chunks) > 0 {
		insert, err := tx.PrepareContext(ctx, "INSERT INTO chunk (hour, minute, track, content) VALUES (0, ?, ?, ?)")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, insert.Close()) }()
		for _, c := range chunks {
			if _, err := insert.ExecContext(ctx, c.Minute, c.Track, c.content); err != nil {
				return err
			}
		}
	}
	if through == 0 {
		return nil
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('trails', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", through)
	return err
}

// closeTrails writes all points that are in memory.
func (h *History) closeTrails(ctx context.Context) error {
	h.trails.RollAll(h.used.Step + 1)
	for {
		due := h.trails.Due()
		chunks, err := h.packTrails(due)
		if err != nil {
			return err
		}
		err = h.db.Change(ctx, "write the tracks' history", func(tx *sql.Tx) error {
			return h.saveTrails(ctx, tx, chunks, h.trails.Through(len(chunks)))
		})
		if err != nil || len(due) == 0 {
			return err
		}
		h.trails.Done(len(chunks))
	}
}

// refillTrails takes the points that were in memory when the last run ended
// from the events.
func (h *History) refillTrails(ctx context.Context) error {
	var through uint64
	err := h.db.Read().QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'trails'").Scan(&through)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read how far the tracks' history is: %w", err)
	}
	for step, err := range h.eventSteps(ctx, through) {
		if err != nil {
			return fmt.Errorf("complete the tracks' history: %w", err)
		}
		h.trails.Add(step)
	}
	return nil
}

// TrackHistory gives a track's past, by the time in the world. What a later
// revision made void is left out.
func (h *History) TrackHistory(ctx context.Context, q store.HistoryQuery) ([]store.Point, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 10_000
	}
	// Memory first: what is written meanwhile is then seen twice, not missed.
	points := h.trails.Of(q.Track)
	kept, err := h.chunks(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("history of track %s: %w", q.Track, err)
	}
	points = append(points, kept...)
	points = slices.DeleteFunc(points, func(p store.Point) bool {
		return !q.KnownAt.IsZero() && p.Known.After(q.KnownAt)
	})
	slices.SortStableFunc(points, func(a, b store.Point) int {
		return cmp.Or(a.State.Time.Compare(b.State.Time), a.Known.Compare(b.Known), cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Event, b.Event))
	})
	points = slices.Compact(points)
	points = standing(points)
	points = slices.DeleteFunc(points, func(p store.Point) bool {
		return p.State.Time.Before(q.From) || (!q.To.IsZero() && !p.State.Time.Before(q.To))
	})
	return points[:min(limit, len(points))], nil
}

// TracksBetween gives at most limit tracks above after that may have points in
// [from, to), to a minute, in order. A zero to means all.
func (h *History) TracksBetween(ctx context.Context, from, to time.Time, after track.ID, limit int) (out []track.ID, err error) {
	first, last := database.Minute(from), int64(math.MaxInt64)
	if !to.IsZero() {
		last = database.Minute(to)
	}
	// Memory first, as for one track.
	out = h.trails.Between(first, last, after)
	rows, err := h.db.Read().QueryContext(ctx, `SELECT DISTINCT track FROM chunk WHERE hour = 0 AND minute BETWEEN ?1 AND ?2 AND track > ?4
		UNION SELECT DISTINCT track FROM chunk WHERE hour = 1 AND minute BETWEEN ?3 AND ?2 AND track > ?4 ORDER BY track LIMIT ?5`,
		first, last, hourOf(first), after, limit)
	if err != nil {
		return nil, fmt.Errorf("tracks of a time: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id track.ID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("tracks of a time: %w", err)
		}
		out = append(out, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("tracks of a time: %w", err)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(limit, len(out))], nil
}

// standing leaves out the points that a revision made void.
func standing(points []store.Point) []store.Point {
	var revised []store.Point
	for _, p := range points {
		if p.Event == track.Revised {
			revised = append(revised, p)
		}
	}
	return slices.DeleteFunc(points, func(p store.Point) bool {
		return slices.ContainsFunc(revised, func(r store.Point) bool {
			return p.Revision < r.Revision && !p.State.Time.Before(r.From)
		})
	})
}

// chunks reads a track's chunks: one search for each minute and each hour that
// has any. That is cheaper than an index in the order of tracks, which would
// touch a page for each track and minute when writing.
func (h *History) chunks(ctx context.Context, q store.HistoryQuery) (out []store.Point, err error) {
	from, to := database.Minute(q.From), int64(math.MaxInt64)
	if !q.To.IsZero() {
		to = database.Minute(q.To)
	}
	for _, span := range [...]struct{ hour, from int64 }{{1, hourOf(from)}, {0, from}} {
		rows, err := h.db.Read().QueryContext(ctx, `WITH RECURSIVE at (minute) AS (
				SELECT min(minute) FROM chunk WHERE hour = ?1 AND minute >= ?2
				UNION ALL
				SELECT (SELECT min(minute) FROM chunk WHERE hour = ?1 AND minute > at.minute) FROM at WHERE at.minute <= ?3)
			SELECT c.minute, c.content FROM at CROSS JOIN chunk c
			WHERE c.hour = ?1 AND c.minute = at.minute AND c.minute <= ?3 AND c.track = ?4`,
			span.hour, span.from, to, q.Track)
		if err != nil {
			return nil, err
		}
		if out, err = h.readChunks(rows, q.Track, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// hourOf gives the first minute of a minute's hour.
func hourOf(minute int64) int64 { return database.FloorDiv(minute, 60) * 60 }

func (h *History) readChunks(rows *sql.Rows, id track.ID, out []store.Point) ([]store.Point, error) {
	defer rows.Close()
	for rows.Next() {
		var minute int64
		var sealed []byte
		if err := rows.Scan(&minute, &sealed); err != nil {
			return nil, err
		}
		b, err := h.sealer.Open(store.ClassTrack, database.Day(minute), sealed)
		if err != nil {
			return nil, err
		}
		points, err := h.tables.Points(id, b)
		if err != nil {
			return nil, err
		}
		out = append(out, points...)
	}
	return out, rows.Err()
}
