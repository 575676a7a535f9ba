// Package durable is durable.db: alerts, findings, documents, people, the
// journal, the registry, and the observations that alerts and documents rest on. It is small, and a write
// has been fsynced when it returns.
package durable

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/track"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Name of the file, without ".db".
const Name = "durable"

// Config is what a Durable is opened with.
type Config struct {
	Dir *os.Root
	// Sealer nil means the key file seal.key in Dir, made when the store is.
	Sealer store.Sealer
	Clock  desk.Clock
	Log    *slog.Logger
	// Keep is told what an alert or a document that was saved rests on.
	Keep func(Kept)
	// ReadOnly opens what is there, also while a program writes it.
	ReadOnly bool
}

// Kept is what the history must not let expire.
type Kept struct {
	Tracks []desk.TrackSpan
	// Lineages of tracks, with the observations that they name.
	Lineages []desk.TrackSpan
	Inputs   []uint64 // sequences of observations, to be copied here
}

// Durable is the file. Its methods may be called from several goroutines.
type Durable struct {
	db      *database.Database
	records database.Records
	clock   desk.Clock
	log     *slog.Logger
	keep    func(Kept)
	keys    *store.Keyring

	mu     sync.Mutex
	owed   []ending              // outcomes of journal records that found no room
	places map[uint64]gate.Place // by row; in the log, to be written with the next change
}

// Open opens or makes the file, and closes the journal records that the last
// run left open.
func Open(ctx context.Context, cfg Config) (_ *Durable, err error) {
	d := &Durable{clock: cfg.Clock, log: cfg.Log, keep: cfg.Keep, places: map[uint64]gate.Place{}}
	if d.records.Form, err = store.NewRecords(); err != nil {
		return nil, err
	}
	if d.db, err = database.Open(ctx, database.Config{Dir: cfg.Dir, Name: Name, Synchronous: "FULL", Migrations: migrations, Clock: cfg.Clock, ReadOnly: cfg.ReadOnly}); err != nil {
		return nil, err
	}
	if err := d.openSeal(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.db.Close(), d.closeKeys())
	}
	if cfg.ReadOnly {
		return d, nil
	}
	if err := d.recoverJournal(ctx); err != nil {
		return nil, errors.Join(err, d.db.Close(), d.closeKeys())
	}
	return d, nil
}

// openSeal prepares the sealer and makes sure that it is the one that the data
// were sealed with.
func (d *Durable) openSeal(ctx context.Context, cfg Config) error {
	const plain = "atalaya"
	var check []byte
	err := d.db.Read().QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'seal'").Scan(&check)
	fresh := errors.Is(err, sql.ErrNoRows)
	if err != nil && !fresh {
		return fmt.Errorf("read the seal: %w", err)
	}
	if d.records.Sealer = cfg.Sealer; cfg.Sealer == nil {
		if err := d.openKeys(ctx, cfg, fresh); err != nil {
			return err
		}
	}
	if !fresh {
		got, err := d.records.Sealer.Open(store.ClassRegistry, time.Unix(0, 0), check)
		if err != nil || string(got) != plain {
			return errors.Join(fmt.Errorf("%w: the key is not the one of these data: put the right key file back", store.ErrDamaged), err)
		}
		return nil
	}
	if check, err = d.records.Sealer.Seal(store.ClassRegistry, time.Unix(0, 0), []byte(plain)); err != nil {
		return fmt.Errorf("make the seal: %w", err)
	}
	return d.db.Change(ctx, "make the seal", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('seal', ?)", check)
		return err
	})
}

// keysKey says since when there are data keys: "start", or "later" where there
// is content from before.
const keysKey = "keys"

// openKeys opens the master key and the data keys. A store from before there
// were data keys gets them now.
func (d *Durable) openKeys(ctx context.Context, cfg Config, fresh bool) error {
	master, err := store.OpenKeyFile(cfg.Dir, "seal.key", !fresh || cfg.ReadOnly)
	if err != nil {
		return err
	}
	var since string
	err = d.db.Read().QueryRowContext(ctx, "SELECT CAST(value AS TEXT) FROM meta WHERE key = ?", keysKey).Scan(&since)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read since when there are data keys: %w", err)
	}
	noted := since != ""
	switch {
	case noted:
	case fresh:
		since = "start"
	default:
		since = "later"
	}
	if d.keys, err = store.OpenKeyring(cfg.Dir, master, noted, since == "later", cfg.ReadOnly); err != nil {
		return err
	}
	d.records.Sealer = d.keys
	if noted || cfg.ReadOnly {
		return nil
	}
	return d.db.Change(ctx, "note the data keys", func(tx *sql.Tx) error { return put(ctx, tx, keysKey, []byte(since)) })
}

// Keys gives the data keys; nil where the store was given another sealer.
func (d *Durable) Keys() *store.Keyring { return d.keys }

// Sealer gives the sealer in use.
func (d *Durable) Sealer() store.Sealer { return d.records.Sealer }

// Condition tells how writing goes.
func (d *Durable) Condition() database.Condition { return d.db.Condition() }

// Close writes what is owed and closes the file.
func (d *Durable) Close() error {
	d.settlePlaces(context.Background())
	return errors.Join(d.settleJournal(context.Background()), d.db.Close(), d.closeKeys())
}

func (d *Durable) closeKeys() error {
	if d.keys == nil {
		return nil
	}
	return d.keys.Close()
}

// Try finds out whether there is room again, when there was none.
func (d *Durable) Try(ctx context.Context) error {
	if d.db.Condition().State == desk.StorageOK {
		return nil
	}
	err := d.db.Change(ctx, "try the disk", func(tx *sql.Tx) error {
		return put(ctx, tx, "tried", []byte(d.clock.Now().UTC().Format(time.RFC3339Nano)))
	})
	if errors.Is(err, store.ErrFull) {
		return nil // as known
	}
	if err != nil {
		return err
	}
	return d.settleJournal(ctx)
}

func put(ctx context.Context, tx *sql.Tx, key string, value []byte) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
	return err
}

// Numbers gives the numbers that may be in use.
func (d *Durable) Numbers(ctx context.Context) (r store.Resume, err error) {
	var value []byte
	err = d.db.Read().QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'numbers'").Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return r, nil
	case err != nil:
		return r, fmt.Errorf("read the numbers: %w", err)
	case len(value) != 24:
		return r, fmt.Errorf("%w: the numbers have %d bytes", store.ErrDamaged, len(value))
	}
	r.Step = binary.BigEndian.Uint64(value)
	r.Seq = binary.BigEndian.Uint64(value[8:])
	r.Track = track.ID(binary.BigEndian.Uint64(value[16:]))
	return r, nil
}

// SaveNumbers reserves numbers.
func (d *Durable) SaveNumbers(ctx context.Context, r store.Resume) error {
	b := binary.BigEndian.AppendUint64(nil, r.Step)
	b = binary.BigEndian.AppendUint64(b, r.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Track))
	return d.db.Change(ctx, "reserve numbers", func(tx *sql.Tx) error { return put(ctx, tx, "numbers", b) })
}

// ExpireFindings drops up to limit findings on which no alert and no document
// rests and that were known before t, and says how many.
func (d *Durable) ExpireFindings(ctx context.Context, t time.Time, limit int) (dropped uint64, err error) {
	const old = "SELECT n FROM finding WHERE minute < ? AND " + restless + " ORDER BY minute LIMIT ?"
	minute := database.Minute(t)
	var some bool
	if err := d.db.Read().QueryRowContext(ctx, "SELECT EXISTS ("+old+")", minute, 1).Scan(&some); err != nil || !some {
		return 0, err
	}
	err = d.db.Change(ctx, "let findings expire", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM finding WHERE n IN ("+old+")", minute, limit)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		dropped = uint64(n)
		return err
	})
	return dropped, err
}
