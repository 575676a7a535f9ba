package durable

import (
	"context"
	"database/sql"

	"atalaya/store"
	"atalaya/store/sqlite/database"
)

// restless are findings on which nothing rests.
const restless = "alert IS NULL AND id NOT IN (SELECT finding FROM alert) AND id NOT IN (SELECT id FROM finding_kept)"

// Outlast seals the findings of a day on which something rests under the key of
// what is kept as evidence, and deletes the others.
func (d *Durable) Outlast(ctx context.Context, key store.DataKey) error {
	if key.Class != store.ClassFinding {
		return nil
	}
	from, to := database.Minute(key.Day), database.Minute(key.End())
	return d.db.Change(ctx, "delete a day of findings", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM finding WHERE minute >= ? AND minute < ? AND "+restless, from, to); err != nil {
			return err
		}
		return database.Reseal(ctx, tx, "SELECT n, minute, content FROM finding WHERE minute >= ? AND minute < ?",
			"UPDATE finding SET content = ? WHERE n = ?", func(minute int64, content []byte) ([]byte, error) {
				return d.keys.Reseal(key.Class, database.Day(minute), content, store.ClassEvidence, database.Day(minute))
			}, from, to)
	})
}
