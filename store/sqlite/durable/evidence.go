package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"atalaya/desk"
	"atalaya/obs"
	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

// What alerts and documents rest on.
//
//  1. Saving one enters the sequences of its observations, in the same write.
//  2. After the step that holds them, the history's writer copies the
//     observations here.
//  3. The history's retention leaves the inputs of a step alone while one of
//     them is to be copied.

// Uncopied gives the sequences of observations that are still to be copied.
func (d *Durable) Uncopied(ctx context.Context) (seqs []uint64, err error) {
	rows, err := d.db.Read().QueryContext(ctx, "SELECT seq FROM evidence WHERE content IS NULL AND lost = 0")
	if err != nil {
		return nil, fmt.Errorf("look for evidence to copy: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq uint64
		if err := rows.Scan(&seq); err != nil {
			return nil, fmt.Errorf("look for evidence to copy: %w", err)
		}
		seqs = append(seqs, seq)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for evidence to copy: %w", err)
	}
	return seqs, nil
}

// What an alert rests on of its track's past, before and after it: of its points,
// and of its lineages with their observations.
const (
	aDay     = 24 * time.Hour
	halfHour = 30 * time.Minute
)

func alerted(id track.ID, at time.Time, around time.Duration) desk.TrackSpan {
	return desk.TrackSpan{Track: id, From: at.Add(-around), To: at.Add(around)}
}

// KeptSince gives the parts of tracks' pasts on which alerts and documents
// since t rest.
func (d *Durable) KeptSince(ctx context.Context, t time.Time) ([]desk.TrackSpan, error) {
	return d.restsSince(ctx, t, aDay)
}

// PinnedSince gives the parts of which the lineages are kept too.
func (d *Durable) PinnedSince(ctx context.Context, t time.Time) ([]desk.TrackSpan, error) {
	return d.restsSince(ctx, t, halfHour)
}

func (d *Durable) restsSince(ctx context.Context, t time.Time, around time.Duration) (out []desk.TrackSpan, err error) {
	rows, err := d.db.Read().QueryContext(ctx, `SELECT f.track, f.minute - ?2, f.minute + ?2 FROM alert a JOIN finding f ON f.id = a.finding WHERE a.minute >= ?1
		UNION SELECT track, from_minute, to_minute FROM track_kept WHERE minute >= ?1`, database.Minute(t), int64(around/time.Minute))
	if err != nil {
		return nil, fmt.Errorf("look for tracks to keep: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id track.ID
		var from, to int64
		if err := rows.Scan(&id, &from, &to); err != nil {
			return nil, fmt.Errorf("look for tracks to keep: %w", err)
		}
		out = append(out, desk.TrackSpan{Track: id, From: database.Day(from), To: database.Day(to)})
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for tracks to keep: %w", err)
	}
	return out, nil
}

// Evidence is an observation to be copied; without one it is lost.
type Evidence struct {
	Seq         uint64
	Observation *obs.Observation
}

// Copy keeps observations on which something rests, or that they are lost.
func (d *Durable) Copy(ctx context.Context, at time.Time, evidence []Evidence) error {
	return d.db.Change(ctx, "copy evidence", func(tx *sql.Tx) error {
		for _, e := range evidence {
			if e.Observation == nil {
				if _, err := tx.ExecContext(ctx, "UPDATE evidence SET lost = 1 WHERE seq = ? AND content IS NULL", e.Seq); err != nil {
					return err
				}
				continue
			}
			minute, content, err := d.records.Seal(store.ClassEvidence, at, e.Observation)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE evidence SET minute = ?, content = ? WHERE seq = ? AND content IS NULL", minute, content, e.Seq); err != nil {
				return err
			}
		}
		return nil
	})
}

// Copied gives an observation on which something rests; ErrNotFound.
func (d *Durable) Copied(ctx context.Context, seq uint64) (o obs.Observation, err error) {
	var minute int64
	var content []byte
	err = d.db.Read().QueryRowContext(ctx, "SELECT minute, content FROM evidence WHERE seq = ? AND content IS NOT NULL", seq).Scan(&minute, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return o, store.ErrNotFound
	}
	if err != nil {
		return o, fmt.Errorf("read evidence: %w", err)
	}
	return o, d.records.Open(store.ClassEvidence, minute, content, &o)
}
