package database

import (
	"context"
	"database/sql"
)

// Reseal writes content anew: of the rows that query gives (ID, minute, content),
// by the statement update (content, ID).
func Reseal(ctx context.Context, tx *sql.Tx, query, update string, seal func(minute int64, content []byte) ([]byte, error), args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	anew := map[int64][]byte{}
	for rows.Next() {
		var id, minute int64
		var content []byte
		if err := rows.Scan(&id, &minute, &content); err != nil {
			return err
		}
		if anew[id], err = seal(minute, content); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for id, content := range anew {
		if _, err := tx.ExecContext(ctx, update, content, id); err != nil {
			return err
		}
	}
	return nil
}
