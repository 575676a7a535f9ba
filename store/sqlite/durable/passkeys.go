package durable

import (
	"context"
	"database/sql"
	"fmt"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/store"
	"atalaya/store/sqlite/database"
)

const (
	passkey  = "SELECT minute, content FROM passkey WHERE hash = ?"
	passkeys = "SELECT minute, content FROM passkey ORDER BY n"
)

// SavePasskey implements people.Store.
func (d *Durable) SavePasskey(ctx context.Context, k people.Passkey) error {
	return d.db.Change(ctx, "keep the passkey", func(tx *sql.Tx) error { return d.savePasskey(ctx, tx, k) })
}

func (d *Durable) savePasskey(ctx context.Context, tx *sql.Tx, k people.Passkey) error {
	minute, content, err := d.records.Seal(store.ClassPerson, k.Created, k)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO passkey (hash, minute, content) VALUES (?, ?, ?)", k.Hash[:], minute, content)
	if database.Exists(err) {
		return fmt.Errorf("%w: this passkey is known already", store.ErrConflict)
	}
	return err
}

// endPasskeys ends those of one person. Whose they are is sealed, so all are
// looked at.
func (d *Durable) endPasskeys(ctx context.Context, tx *sql.Tx, person desk.PersonID) error {
	all, err := list[people.Passkey](ctx, d, tx, passkeys)
	if err != nil {
		return err
	}
	for _, k := range all {
		if k.Person != person {
			continue
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM passkey WHERE hash = ?", k.Hash[:]); err != nil {
			return err
		}
	}
	return nil
}

// EditPasskey implements people.Store.
func (d *Durable) EditPasskey(ctx context.Context, hash people.TokenHash, edit func(*people.Passkey)) error {
	return d.db.Change(ctx, "change the passkey", func(tx *sql.Tx) error {
		k, err := one[people.Passkey](ctx, d, tx, "passkey", passkey, hash[:])
		if err != nil {
			return err
		}
		edit(&k)
		minute, content, err := d.records.Seal(store.ClassPerson, k.Created, k)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE passkey SET minute = ?, content = ? WHERE hash = ?", minute, content, hash[:])
		return err
	})
}

// PasskeyByHash implements people.Store.
func (d *Durable) PasskeyByHash(ctx context.Context, hash people.TokenHash) (people.Passkey, error) {
	return one[people.Passkey](ctx, d, d.db.Read(), "passkey", passkey, hash[:])
}

// Passkeys implements people.Store.
func (d *Durable) Passkeys(ctx context.Context) ([]people.Passkey, error) {
	out, err := list[people.Passkey](ctx, d, d.db.Read(), passkeys)
	if err != nil {
		return nil, fmt.Errorf("read the passkeys: %w", err)
	}
	return out, nil
}

// EndPasskey implements people.Store.
func (d *Durable) EndPasskey(ctx context.Context, hash people.TokenHash) error {
	return d.drop(ctx, "passkey", "DELETE FROM passkey WHERE hash = ?", hash[:])
}
