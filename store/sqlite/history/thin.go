package history

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/store/sqlite/history/trail"
	"atalaya/track"
)

// thinTracks makes hours of chunks of minutes, a few tracks with each step.
func (x *expiry) thinTracks(ctx context.Context, r *retention, old time.Time) error {
	if len(r.tracks) == 0 {
		if err := x.nextHour(ctx, r, old); err != nil {
			return err
		}
	}
	for range min(r.share, len(r.tracks)) {
		if err := x.thinTrack(ctx, r.hour, r.tracks[0]); err != nil {
			return err
		}
		r.tracks = r.tracks[1:]
	}
	return nil
}

// nextHour finds the oldest hour that is still in minutes.
func (x *expiry) nextHour(ctx context.Context, r *retention, old time.Time) error {
	var first sql.NullInt64
	if err := x.tx.QueryRowContext(ctx, "SELECT min(minute) FROM chunk WHERE hour = 0").Scan(&first); err != nil {
		return err
	}
	if !first.Valid || hourOf(first.Int64)+60 > database.Minute(old) {
		return nil
	}
	r.hour = hourOf(first.Int64)
	rows, err := x.tx.QueryContext(ctx, "SELECT DISTINCT track FROM chunk WHERE hour = 0 AND minute BETWEEN ? AND ? ORDER BY track", r.hour, r.hour+59)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id track.ID
		if err := rows.Scan(&id); err != nil {
			return err
		}
		r.tracks = append(r.tracks, id)
	}
	const steps = 4 * 60 * 30 // half an hour's
	r.share = 1 + len(r.tracks)/steps
	return rows.Err()
}

// thinTrack puts an hour of a track into one chunk; one point in ten seconds,
// or all where an alert rests on the track.
func (x *expiry) thinTrack(ctx context.Context, hour int64, id track.ID) error {
	var kept bool
	err := x.tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM chunk_kept WHERE track = ? AND from_minute <= ? AND to_minute >= ?)", id, hour+59, hour).Scan(&kept)
	if err != nil {
		return err
	}
	var points []store.Point
	for minute := hour; minute < hour+60; minute++ {
		rows, err := x.tx.QueryContext(ctx, "SELECT minute, content FROM chunk WHERE hour = 0 AND minute = ? AND track = ?", minute, id)
		if err != nil {
			return err
		}
		if points, err = x.h.readChunks(rows, id, points); err != nil {
			return err
		}
	}
	slices.SortStableFunc(points, func(a, b store.Point) int {
		return cmp.Or(a.State.Time.Compare(b.State.Time), a.Known.Compare(b.Known))
	})
	had := len(points)
	if !kept {
		points = thinPoints(points)
	}
	x.counts.ThinnedPoints += uint64(had - len(points))
	c, err := x.h.packChunk(trail.Key{Minute: hour, Track: id}, points)
	if err != nil {
		return err
	}
	if _, err := x.tx.ExecContext(ctx, "INSERT INTO chunk (hour, minute, track, content) VALUES (1, ?, ?, ?)", hour, id, c.content); err != nil {
		return err
	}
	for minute := hour; minute < hour+60; minute++ {
		if _, err := x.tx.ExecContext(ctx, "DELETE FROM chunk WHERE hour = 0 AND minute = ? AND track = ?", minute, id); err != nil {
			return err
		}
	}
	return nil
}

// thinPoints keeps one plain update in ten seconds, and everything that is
// more: births, deaths, revisions, calls for help. Points are in order of
// time.
func thinPoints(points []store.Point) []store.Point {
	var last time.Time
	return slices.DeleteFunc(points, func(p store.Point) bool {
		if p.Event != track.Updated && p.Event != track.Coasted {
			return false
		}
		if !last.IsZero() && p.State.Time.Sub(last) < every {
			return true
		}
		last = p.State.Time
		return false
	})
}

// expireTracks drops the oldest chunks of before t on which no alert rests.
func (x *expiry) expireTracks(ctx context.Context, t time.Time) (uint64, error) {
	var sum uint64
	for _, span := range [...]struct{ hour, minutes int64 }{{1, 60}, {0, 1}} {
		n, err := x.delete(ctx, &x.counts.ExpiredTracks, `DELETE FROM chunk WHERE id IN (
			SELECT id FROM chunk WHERE hour = ? AND minute <= ? AND NOT EXISTS (
				SELECT 1 FROM chunk_kept AS k WHERE k.track = chunk.track AND k.from_minute < chunk.minute + ? AND k.to_minute >= chunk.minute)
			ORDER BY minute LIMIT ?)`, span.hour, database.Minute(t)-span.minutes, span.minutes, chunkShare)
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, nil
}
