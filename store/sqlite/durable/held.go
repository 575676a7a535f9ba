package durable

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"atalaya/store"
	"atalaya/store/sqlite/database"
)

// ChooseFindings gives the findings that a hold would keep, sealed as they are.
func (d *Durable) ChooseFindings(ctx context.Context, spans []store.Span) (out []store.Piece, err error) {
	for _, s := range spans {
		if s.Track == 0 && s.Class != store.ClassFinding {
			continue
		}
		rows, err := d.db.Read().QueryContext(ctx, "SELECT n, minute, content FROM finding WHERE minute >= ? AND minute <= ? AND (track = ? OR ? = 0)",
			database.Minute(s.From), database.Minute(s.To.Add(-time.Nanosecond)), s.Track, s.Track)
		if err != nil {
			return nil, fmt.Errorf("look for findings to be held: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			p := store.Piece{Class: store.ClassFinding, Form: store.FormFinding}
			if err := rows.Scan(&p.Number, &p.Minute, &p.Content); err != nil {
				return nil, fmt.Errorf("look for findings to be held: %w", err)
			}
			out = append(out, p)
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("look for findings to be held: %w", err)
		}
	}
	return out, nil
}

func saveHeld(ctx context.Context, tx *sql.Tx, hold string, all []store.Piece) error {
	for _, p := range all {
		if _, err := tx.ExecContext(ctx, "INSERT INTO held (hold, class, form, minute, number, content) VALUES (?, ?, ?, ?, ?, ?)", hold, p.Class, p.Form, p.Minute, p.Number, p.Content); err != nil {
			return err
		}
	}
	return nil
}

// SaveHeld keeps pieces for a hold.
func (d *Durable) SaveHeld(ctx context.Context, hold string, all []store.Piece) error {
	return d.db.Change(ctx, "keep what is held", func(tx *sql.Tx) error { return saveHeld(ctx, tx, hold, all) })
}

// DropHeld deletes what a hold keeps, a part at a time, and gives how much.
func (d *Durable) DropHeld(ctx context.Context, hold string) (n uint64, err error) {
	const share = 4096
	for {
		var gone int64
		err := d.db.Change(ctx, "delete what was held", func(tx *sql.Tx) error {
			res, err := tx.ExecContext(ctx, "DELETE FROM held WHERE id IN (SELECT id FROM held WHERE hold = ? LIMIT ?)", hold, share)
			if err != nil {
				return err
			}
			gone, err = res.RowsAffected()
			return err
		})
		if n += uint64(gone); err != nil || gone < share {
			return n, err
		}
	}
}

// CountHeld tells how many pieces a hold keeps.
func (d *Durable) CountHeld(ctx context.Context, hold string) (n uint64, err error) {
	if err := d.db.Read().QueryRowContext(ctx, "SELECT count(*) FROM held WHERE hold = ?", hold).Scan(&n); err != nil {
		return 0, fmt.Errorf("count what is held: %w", err)
	}
	return n, nil
}

// HeldPage gives the pieces of a hold behind one, sealed, and the last of them.
func (d *Durable) HeldPage(ctx context.Context, hold string, after int64, limit int) (out []store.Piece, last int64, err error) {
	rows, err := d.db.Read().QueryContext(ctx, "SELECT id, class, form, minute, number, content FROM held WHERE hold = ? AND id > ? ORDER BY id LIMIT ?", hold, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("read what is held: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p store.Piece
		if err := rows.Scan(&last, &p.Class, &p.Form, &p.Minute, &p.Number, &p.Content); err != nil {
			return nil, 0, fmt.Errorf("read what is held: %w", err)
		}
		out = append(out, p)
	}
	return out, last, rows.Err()
}

// OpenFinding opens a finding that is held.
func (d *Durable) OpenFinding(p store.Piece) (any, error) {
	var k keptFinding
	if err := d.records.Open(p.Class, p.Minute, p.Content, &k); err != nil {
		return nil, err
	}
	return store.Kept{Number: p.Number, Known: k.Known, Finding: k.Finding}, nil
}
