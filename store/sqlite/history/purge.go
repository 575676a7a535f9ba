package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
)

// How a day's key is destroyed. Retention deletes rows as they expire; when it is
// done with a day of a class, Over says so. Then Outlast seals what stays,
// because something rests on it, under the key of what is kept as evidence, and
// deletes the rest of the day. After that the key holds nothing that is wanted.

// Over reports whether retention is done with a class's content of before t.
func (h *History) Over(ctx context.Context, class store.Class, t time.Time) (bool, error) {
	var query string
	switch class {
	case store.ClassInput:
		query = "SELECT EXISTS (SELECT 1 FROM step WHERE sec < ? AND n >= (SELECT min(n) FROM inputs))"
	case store.ClassEvent: // the steps' own heads too
		query = "SELECT EXISTS (SELECT 1 FROM step WHERE sec < ?)"
	default:
		return true, nil
	}
	var left bool
	if err := h.db.Read().QueryRowContext(ctx, query, t.Unix()).Scan(&left); err != nil {
		return false, fmt.Errorf("look for what is left of %s: %w", class, err)
	}
	return !left, nil
}

// Outlast seals what something rests on of the tracks of a day anew, and deletes
// the others.
func (h *History) Outlast(ctx context.Context, key store.DataKey) error {
	if key.Class != store.ClassTrack {
		return nil
	}
	keys := h.durable.Keys()
	from, to := database.Minute(key.Day), database.Minute(key.End())
	const kept = `EXISTS (SELECT 1 FROM chunk_kept AS k WHERE k.track = chunk.track
		AND k.from_minute < chunk.minute + iif(chunk.hour = 1, 60, 1) AND k.to_minute >= chunk.minute)`
	return h.db.Change(ctx, "delete a day of tracks", func(tx *sql.Tx) error {
		err := database.Reseal(ctx, tx, "SELECT id, minute, content FROM chunk WHERE minute >= ? AND minute < ? AND "+kept,
			"UPDATE chunk SET content = ? WHERE id = ?", func(minute int64, content []byte) ([]byte, error) {
				return keys.Reseal(key.Class, database.Day(minute), content, store.ClassEvidence, database.Day(minute))
			}, from, to)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM chunk WHERE minute >= ? AND minute < ? AND NOT "+kept, from, to)
		_, err2 := tx.ExecContext(ctx, "DELETE FROM keyframe WHERE sec >= ? AND sec < ?", key.Day.Unix(), key.End().Unix())
		return errors.Join(err, err2)
	})
}
