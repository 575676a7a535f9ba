package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	driver "modernc.org/sqlite"
)

// Copy copies the file NAME.db of one folder into another, as it is at one
// moment, also while a program writes it (SQLite's backup interface, in one
// step: one that pauses would begin anew with every change).
func Copy(ctx context.Context, name string, from, to *os.Root) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("copy %s.db: %w", name, err)
		}
	}()
	if _, err := from.Stat(name + ".db"); err != nil {
		return err
	}
	f, err := to.OpenFile(name+".db", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", (&Config{Dir: from, Name: name}).source(url.Values{"mode": {"ro"}, "_pragma": {"query_only(1)", "trusted_schema(0)"}}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	target := url.URL{Scheme: "file", OmitHost: true, Path: filepath.Join(to.Name(), name+".db")}
	err = c.Raw(func(conn any) error {
		source, ok := conn.(interface {
			NewBackup(uri string) (*driver.Backup, error)
		})
		if !ok {
			return errors.New("the driver makes no copies")
		}
		b, err := source.NewBackup(target.String())
		if err != nil {
			return err
		}
		const all = -1
		more, err := b.Step(all)
		if err == nil && more {
			err = errors.New("it is not whole")
		}
		return errors.Join(err, b.Finish())
	})
	if err != nil {
		return err
	}
	return syncFile(to, name+".db")
}

func syncFile(dir *os.Root, name string) error {
	f, err := dir.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
