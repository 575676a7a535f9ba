package sqlite

import (
	"context"
	"errors"
	"os"

	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/store/sqlite/durable"
	"atalaya/store/sqlite/history"
)

// Copy copies the files of a store, also while a program writes them; the
// history only where it is wanted. before runs between the two databases. The history
// comes first: one that is older than durable.db is what a kill leaves too, and
// never a newer one.
func Copy(ctx context.Context, from, to *os.Root, withHistory bool, before func() error) error {
	if withHistory {
		if err := database.Copy(ctx, history.Name, from, to); err != nil {
			return err
		}
	}
	if err := before(); err != nil {
		return err
	}
	if err := database.Copy(ctx, durable.Name, from, to); err != nil {
		return err
	}
	return store.CopyKeyring(from, to)
}

// Files gives the names of the files of a store.
func Files() []string { return []string{durable.Name + ".db", history.Name + ".db", store.KeyringName} }

// DropLogs removes the empty logs that a reader leaves beside the files of a
// copy.
func DropLogs(dir *os.Root) error {
	for _, name := range Files() {
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := dir.Remove(name + suffix); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	return nil
}

// Restoring is a file in the folder while a copy is put back there: what a kill
// leaves is not opened.
const Restoring = "restoring"

func restoring(dir *os.Root) error {
	if _, err := dir.Stat(Restoring); err == nil {
		return errors.New("a copy was to be put back here, and that was cut short: run 'atalaya restore' again")
	} else if !os.IsNotExist(err) {
		return err
	}
	return nil
}
