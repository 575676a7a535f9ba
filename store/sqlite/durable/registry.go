package durable

import (
	"context"
	"database/sql"
	"fmt"

	"atalaya/desk"
	"atalaya/store"
	"atalaya/track"
)

var _ desk.RegistryStore = (*Durable)(nil)

// SaveChanges implements desk.RegistryStore.
func (d *Durable) SaveChanges(ctx context.Context, changes []track.Change) error {
	return d.db.Change(ctx, "keep the change", func(tx *sql.Tx) error {
		for _, c := range changes {
			if err := d.saveRegistry(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// Seed puts the first versions into an empty registry, all or nothing. Where
// something is registered already it changes nothing and says so.
func (d *Durable) Seed(ctx context.Context, changes []track.Change) (seeded bool, err error) {
	err = d.db.Change(ctx, "seed the registry", func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM registry").Scan(&n); err != nil || n > 0 {
			return err
		}
		for _, c := range changes {
			if err := d.saveRegistry(ctx, tx, c); err != nil {
				return err
			}
		}
		seeded = true
		return nil
	})
	return seeded && err == nil, err
}

func (d *Durable) saveRegistry(ctx context.Context, tx *sql.Tx, c track.Change) error {
	kind, key, v := desk.Subject(c)
	if kind == "" {
		return fmt.Errorf("%w: a change has exactly one of sensor, feed, area, asset, rule, permit, decision", desk.ErrInvalid)
	}
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM registry WHERE kind = ? AND key = ?", kind, key).Scan(&last); err != nil {
		return err
	}
	// Decisions carry no number: they are numbered here.
	if c.Decision == nil && int64(v.Number) != last+1 {
		return fmt.Errorf("%w: version %d of %s %s; the next version is %d", store.ErrConflict, v.Number, kind, key, last+1)
	}
	minute, content, err := d.records.Seal(store.ClassRegistry, c.At, c)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO registry (kind, key, version, minute, content) VALUES (?, ?, ?, ?, ?)", kind, key, last+1, minute, content)
	return err
}

// Registry gives every version of everything, in the order in which it was
// kept.
func (d *Durable) Registry(ctx context.Context) (store.Registry, error) {
	rows, err := d.db.Read().QueryContext(ctx, "SELECT n, minute, content FROM registry ORDER BY n")
	if err != nil {
		return nil, fmt.Errorf("read the registry: %w", err)
	}
	defer rows.Close()
	var out store.Registry
	for rows.Next() {
		var n, minute int64
		var content []byte
		if err := rows.Scan(&n, &minute, &content); err != nil {
			return nil, fmt.Errorf("read the registry: %w", err)
		}
		var c track.Change
		if err := d.records.Open(store.ClassRegistry, minute, content, &c); err != nil {
			return nil, fmt.Errorf("registry entry %d: %w", n, err)
		}
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the registry: %w", err)
	}
	return out, nil
}
