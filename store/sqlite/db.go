package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"atalaya/store"
)

//go:embed durable/*.sql history/*.sql
var migrations embed.FS

// database is one SQLite file: one connection that writes, a few that read.
type database struct {
	name  string // also the folder of its migrations
	write *sql.DB
	read  *sql.DB
}

// Marks of our files: SQLite's application_id, "Atly".
const applicationID = 0x41746c79

// readers is how many queries run at the same time.
const readers = 4

// pageSize suits blobs of some ten kilobytes and small rows alike.
const pageSize = 8192

// openDatabase opens or makes dir/name.db and brings it to this program's
// version. synchronous is FULL for what must survive a power cut when it is
// acknowledged, NORMAL for the rest.
func openDatabase(ctx context.Context, dir *os.Root, name, synchronous string) (_ *database, err error) {
	// Made here, because SQLite would make it readable for everybody.
	f, err := dir.OpenFile(name+".db", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	st, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	always := []string{
		"journal_mode(WAL)", "synchronous(" + synchronous + ")", "journal_size_limit(67108864)", "foreign_keys(1)", "trusted_schema(0)",
	}
	source := func(txlock string, pragmas ...string) string {
		q := url.Values{"_busy_timeout": {"5000"}, "_txlock": {txlock}, "_pragma": pragmas}
		u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.Join(dir.Name(), name+".db"), RawQuery: q.Encode()}
		return u.String()
	}
	writing := always
	if st.Size() == 0 {
		// These must come before anything is written. Later they would be a
		// write in themselves, which a full disk refuses.
		writing = append([]string{fmt.Sprintf("page_size(%d)", pageSize), "auto_vacuum(2)"}, always...)
	}
	d := &database{name: name}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.write, err = sql.Open("sqlite", source("immediate", writing...)); err != nil {
		return nil, fmt.Errorf("open %s.db: %w", name, err)
	}
	d.write.SetMaxOpenConns(1)
	if err := d.migrate(ctx); err != nil {
		return nil, fmt.Errorf("open %s.db: %w", name, d.fault(dir, err))
	}
	if d.read, err = sql.Open("sqlite", source("deferred", append(always, "query_only(1)")...)); err != nil {
		return nil, fmt.Errorf("open %s.db: %w", name, err)
	}
	if err := d.persistLog(ctx); err != nil {
		return nil, fmt.Errorf("open %s.db: %w", name, d.fault(dir, err))
	}
	d.read.SetMaxOpenConns(readers)
	d.read.SetMaxIdleConns(readers)
	return d, nil
}

// persistLog keeps the log and its index on the disk when the store is closed:
// on a full disk they could not be made again, and the store not be opened.
func (d *database) persistLog(ctx context.Context) error {
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

// close closes the readers first: the last to close is the one that keeps the
// log.
func (d *database) close() error {
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
func (d *database) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, d.name+"/*.sql")
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	var have, mark int
	if err := d.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("read the version: %w", err)
	}
	if err := d.write.QueryRowContext(ctx, "PRAGMA application_id").Scan(&mark); err != nil {
		return fmt.Errorf("read the mark: %w", err)
	}
	if have > 0 && mark != applicationID {
		return fmt.Errorf("%w: this is no database of atalaya; choose another data folder", store.ErrDamaged)
	}
	if have > len(names) {
		return fmt.Errorf("%w: it has version %d and this program knows %d; use the newer program, or another data folder", store.ErrNewer, have, len(names))
	}
	for i, name := range names[have:] {
		text, err := migrations.ReadFile(name)
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

// change runs one write transaction.
func (d *database) change(ctx context.Context, do func(tx *sql.Tx) error) error {
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

// lowSpace is how little free space makes an I/O error one of a full disk.
const lowSpace = 1 << 20

// fault turns what SQLite reports into the errors of package store.
func (d *database) fault(dir *os.Root, err error) error {
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
		if free, _, serr := diskBytes(dir); serr == nil && free < lowSpace {
			return fmt.Errorf("%w (%w)", store.ErrFull, err)
		}
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s.db (%w): restore it from a backup", store.ErrDamaged, d.name, err)
	}
	return err
}

// unique reports whether an error says that a row exists already.
func unique(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// diskBytes is the room on the disk for us, and its size.
func diskBytes(dir *os.Root) (free, size uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir.Name(), &st); err != nil {
		return 0, 0, fmt.Errorf("free space of %s: %w", dir.Name(), err)
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// usedBytes is what our files take.
func usedBytes(dir *os.Root) (uint64, error) {
	var sum uint64
	for _, db := range []string{"durable", "history"} {
		for _, suffix := range []string{".db", ".db-wal", ".db-shm"} {
			st, err := dir.Stat(db + suffix)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return 0, fmt.Errorf("size of %s%s: %w", db, suffix, err)
			}
			sum += uint64(st.Size())
		}
	}
	return sum, nil
}

// lock makes sure that no second program uses the folder. The lock ends with
// the file.
func lock(dir *os.Root) (*os.File, error) {
	f, err := dir.OpenFile("lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		err = fmt.Errorf("another atalaya uses the data folder %s: stop it, or choose another folder (%w)", dir.Name(), err)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
