package durable

import (
	"context"
	"database/sql"
	"fmt"

	"atalaya/desk/people"
	"atalaya/store"
	"atalaya/store/sqlite/database"
)

const token = "SELECT minute, content FROM token WHERE hash = ?"

// SaveToken implements people.Store.
func (d *Durable) SaveToken(ctx context.Context, t people.Token) error {
	return d.db.Change(ctx, "keep the token", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM token WHERE expires < ?", database.Minute(t.Created)); err != nil {
			return err
		}
		minute, content, err := d.records.Seal(store.ClassPerson, t.Created, t)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO token (hash, expires, minute, content) VALUES (?, ?, ?, ?)",
			t.Hash[:], database.Minute(t.Expires), minute, content)
		if database.Exists(err) {
			return fmt.Errorf("%w: this token exists already", store.ErrConflict)
		}
		return err
	})
}

// EditToken implements people.Store.
func (d *Durable) EditToken(ctx context.Context, hash people.TokenHash, edit func(*people.Token)) error {
	return d.db.Change(ctx, "change the token", func(tx *sql.Tx) error {
		t, err := one[people.Token](ctx, d, tx, "token", token, hash[:])
		if err != nil {
			return err
		}
		edit(&t)
		minute, content, err := d.records.Seal(store.ClassPerson, t.Created, t)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE token SET minute = ?, content = ? WHERE hash = ?", minute, content, hash[:])
		return err
	})
}

// TokenByHash implements people.Store.
func (d *Durable) TokenByHash(ctx context.Context, hash people.TokenHash) (people.Token, error) {
	return one[people.Token](ctx, d, d.db.Read(), "token", token, hash[:])
}

// Tokens implements people.Store.
func (d *Durable) Tokens(ctx context.Context) ([]people.Token, error) {
	out, err := list[people.Token](ctx, d, d.db.Read(), "SELECT minute, content FROM token ORDER BY n")
	if err != nil {
		return nil, fmt.Errorf("read the tokens: %w", err)
	}
	return out, nil
}

// EndToken implements people.Store.
func (d *Durable) EndToken(ctx context.Context, hash people.TokenHash) error {
	return d.drop(ctx, "token", "DELETE FROM token WHERE hash = ?", hash[:])
}
