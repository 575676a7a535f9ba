package durable

import (
	"context"
	"database/sql"
	"fmt"

	"atalaya/desk/people"
	"atalaya/store"
)

// SaveAttempt implements people.Store.
func (d *Durable) SaveAttempt(ctx context.Context, a people.Attempt, keep int) error {
	return d.db.Change(ctx, "note the attempt", func(tx *sql.Tx) error {
		minute, content, err := d.records.Seal(store.ClassPerson, a.At, a)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, "INSERT INTO attempt (minute, content) VALUES (?, ?)", minute, content)
		if err != nil {
			return err
		}
		n, err := res.LastInsertId()
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM attempt WHERE n <= ?", n-int64(keep))
		return err
	})
}

// Attempts implements people.Store.
func (d *Durable) Attempts(ctx context.Context, before uint64, limit int) ([]people.Attempt, error) {
	rows, err := d.db.Read().QueryContext(ctx, "SELECT n, minute, content FROM attempt WHERE ?1 = 0 OR n < ?1 ORDER BY n DESC LIMIT ?2", before, limit)
	if err != nil {
		return nil, fmt.Errorf("read the attempts: %w", err)
	}
	defer rows.Close()
	var out []people.Attempt
	for rows.Next() {
		var n uint64
		var minute int64
		var content []byte
		if err := rows.Scan(&n, &minute, &content); err != nil {
			return nil, fmt.Errorf("read the attempts: %w", err)
		}
		var a people.Attempt
		if err := d.records.Open(store.ClassPerson, minute, content, &a); err != nil {
			return nil, fmt.Errorf("attempt %d: %w", n, err)
		}
		a.Number = n
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the attempts: %w", err)
	}
	return out, nil
}
