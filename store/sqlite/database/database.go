// Package database opens a SQLite file the way both files of the store want it:
// write-ahead log, one writer, forward-only migrations, and errors that say
// whether the disk is full.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"atalaya/desk"
	"atalaya/store"
)

// Config is what a Database is opened with.
type Config struct {
	Dir  *os.Root
	Name string // of the file, without ".db"
	// Synchronous is FULL for what must survive a power cut when it is
	// acknowledged, NORMAL for the rest.
	Synchronous string
	// Migrations are numbered files of SQL, in order.
	Migrations fs.FS
	Clock      desk.Clock
	// ReadOnly opens what is there, also while a program writes it.
	ReadOnly bool
}

// Database is one SQLite file: one connection that writes, a few that read.
type Database struct {
	cfg   Config
	write *sql.DB
	read  *sql.DB

	mu    sync.Mutex
	state Condition
}

// Condition is how writing goes.
type Condition struct {
	State  desk.StorageState
	Since  time.Time
	Reason string
}

// Marks of our files: SQLite's application_id, "Atly".
const applicationID = 0x41746c79

var errReadOnly = errors.New("the store was opened for reading only")

// readers is how many queries run at the same time.
const readers = 4

// PageSize is the size of a page in bytes. Larger ones were measured and gain
// nothing, neither for the blobs nor for the rows.
const PageSize = 4096

// Open opens or makes the file and brings it to this program's version.
func Open(ctx context.Context, cfg Config) (_ *Database, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("open %s.db: %w", cfg.Name, err)
		}
	}()
	if cfg.ReadOnly {
		return openReader(ctx, cfg)
	}
	// Made here, because SQLite would make it readable for everybody.
	f, err := cfg.Dir.OpenFile(cfg.Name+".db", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	always := []string{
		"journal_mode(WAL)", "synchronous(" + cfg.Synchronous + ")", "journal_size_limit(67108864)", "foreign_keys(1)", "trusted_schema(0)",
	}
	source := func(txlock string, pragmas ...string) string {
		return cfg.source(url.Values{"_txlock": {txlock}, "_pragma": pragmas})
	}
	d := &Database{cfg: cfg, state: Condition{State: desk.StorageOK, Since: cfg.Clock.Now()}}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if st.Size() == 0 {
		if err := create(ctx, source("immediate")); err != nil {
			return nil, d.fault(err)
		}
	}
	if d.write, err = sql.Open("sqlite", source("immediate", always...)); err != nil {
		return nil, err
	}
	d.write.SetMaxOpenConns(1)
	if err := d.migrate(ctx); err != nil {
		return nil, d.fault(err)
	}
	if err := d.persistLog(ctx); err != nil {
		return nil, d.fault(err)
	}
	if d.read, err = sql.Open("sqlite", source("deferred", append(always, "query_only(1)")...)); err != nil {
		return nil, err
	}
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	return d, nil
}

// source names the file to the driver.
func (c *Config) source(q url.Values) string {
	q.Set("_busy_timeout", "5000")
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.Join(c.Dir.Name(), c.Name+".db"), RawQuery: q.Encode()}
	return u.String()
}

// openReader opens the file for queries only.
func openReader(ctx context.Context, cfg Config) (_ *Database, err error) {
	if _, err := cfg.Dir.Stat(cfg.Name + ".db"); err != nil {
		return nil, err
	}
	d := &Database{cfg: cfg, state: Condition{State: desk.StorageOK, Since: cfg.Clock.Now()}}
	if d.read, err = sql.Open("sqlite", cfg.source(url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", "trusted_schema(0)"}})); err != nil {
		return nil, err
	}
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	names, have, err := d.version(ctx, d.read)
	if err == nil && have < len(names) {
		err = fmt.Errorf("%w: an older program wrote it: start this one once, and it brings the store to its form", store.ErrConflict)
	}
	if err != nil {
		return nil, errors.Join(d.fault(err), d.Close())
	}
	return d, nil
}

// create sets what only an empty file can be set to. It comes in this order
// and on a connection of its own: the driver sorts the pragmas of a source by
// name, and journal_mode already writes the first page.
func create(ctx context.Context, source string) error {
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA page_size = %d; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL", PageSize))
	return errors.Join(err, db.Close())
}

// Read is for queries.
func (d *Database) Read() *sql.DB { return d.read }

// persistLog keeps the log and its index on the disk when the store is closed:
// on a full disk they could not be made again, and the store not be opened.
func (d *Database) persistLog(ctx context.Context) error {
	c, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	err = c.Raw(func(conn any) error {
		fc, ok := conn.(driver.FileControl)
		if !ok {
			return errors.New("the driver has no file control")
		}
		_, err := fc.FileControlPersistWAL("main", 1)
		return err
	})
	return errors.Join(err, c.Close())
}

// Close closes the readers first: the last to close is the one that keeps the
// log.
func (d *Database) Close() error {
	var errs []error
	for _, db := range []*sql.DB{d.read, d.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// migrate runs the migrations that the file has not seen, each in one
// transaction with the new version.
func (d *Database) migrate(ctx context.Context) error {
	names, have, err := d.version(ctx, d.write)
	if err != nil {
		return err
	}
	for i, name := range names[have:] {
		text, err := fs.ReadFile(d.cfg.Migrations, name)
		if err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
		err = d.change(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, fmt.Sprintf("%s;\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;", text, applicationID, have+i+1))
			return err
		})
		if err != nil {
			return fmt.Errorf("migration %s: %w", name, err)
		}
	}
	return nil
}

// version gives the migrations, and how many of them the file has seen.
func (d *Database) version(ctx context.Context, db *sql.DB) (names []string, have int, err error) {
	names, err = fs.Glob(d.cfg.Migrations, "migrations/*.sql")
	if err != nil {
		return nil, 0, fmt.Errorf("list migrations: %w", err)
	}
	var mark int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return nil, 0, fmt.Errorf("read the version: %w", err)
	}
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&mark); err != nil {
		return nil, 0, fmt.Errorf("read the mark: %w", err)
	}
	if have > 0 && mark != applicationID {
		return nil, 0, fmt.Errorf("%w: this is no database of atalaya; choose another data folder", store.ErrDamaged)
	}
	if have > len(names) {
		return nil, 0, fmt.Errorf("%w: it has version %d and this program knows %d; use the newer program, or another data folder", store.ErrNewer, have, len(names))
	}
	return names, have, nil
}

// Change runs one write transaction; what is what it does, for people. An error
// of a full disk is a store.ErrFull.
func (d *Database) Change(ctx context.Context, what string, do func(tx *sql.Tx) error) error {
	err := d.fault(d.change(ctx, do))
	d.Note(err)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (d *Database) change(ctx context.Context, do func(tx *sql.Tx) error) error {
	if d.write == nil {
		return errReadOnly
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(tx); err != nil {
		if back := tx.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", back))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Measure gives the pages of the file, and how many of them are free.
func (d *Database) Measure(ctx context.Context) (pages, free int64, err error) {
	err = d.write.QueryRowContext(ctx, "SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count").Scan(&pages, &free)
	if err != nil {
		return 0, 0, fmt.Errorf("measure %s.db: %w", d.cfg.Name, d.fault(err))
	}
	return pages, free, nil
}

// Shrink gives up to n free pages back to the disk.
func (d *Database) Shrink(ctx context.Context, n int) error {
	if _, err := d.write.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", n)); err != nil {
		return fmt.Errorf("give pages of %s.db back: %w", d.cfg.Name, d.fault(err))
	}
	return nil
}

// Note tells how a write ended. A refusal because of its content is no failure
// of the storage.
func (d *Database) Note(err error) {
	state, reason := desk.StorageOK, ""
	switch {
	case err == nil, errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound), errors.Is(err, desk.ErrInvalid):
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return
	case errors.Is(err, store.ErrFull):
		state = desk.StorageFull
		reason = "no room on the disk: decisions are refused and no history is kept; make room, and it goes on by itself"
	default:
		state = desk.StorageFailing
		reason = "the disk does not take what is written: " + err.Error()
	}
	now := d.cfg.Clock.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.State != state {
		d.state.Since = now
	}
	d.state.State, d.state.Reason = state, reason
}

// Condition tells how writing goes.
func (d *Database) Condition() Condition {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// lowSpace is how little free space makes an I/O error one of a full disk.
const lowSpace = 1 << 20

// fault turns what SQLite reports into the errors of package store.
func (d *Database) fault(err error) error {
	if err == nil || errors.Is(err, store.ErrFull) {
		return err
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w (%w)", store.ErrFull, err)
	}
	var e *driver.Error
	if !errors.As(err, &e) {
		return err
	}
	switch primary := e.Code() & 0xff; primary {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w (%w)", store.ErrFull, err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		// Where SQLite cannot tell (the shared memory beside the log), the disk
		// does.
		if free, _, serr := Disk(d.cfg.Dir); serr == nil && free < lowSpace {
			return fmt.Errorf("%w (%w)", store.ErrFull, err)
		}
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s.db (%w): restore it from a backup", store.ErrDamaged, d.cfg.Name, err)
	}
	return err
}

// Exists reports whether an error says that a row exists already.
func Exists(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
