// Package sqlite keeps everything in two SQLite files in one folder:
//
//	durable.db   alerts, findings, documents, people, the journal, sensors and areas:
//	             synchronous=FULL, so what was acknowledged survives a power cut
//	history.db   observations, events, keyframes, tracks: a rolling window,
//	             synchronous=NORMAL, written in the background, one transaction
//	             a step; a kill loses the steps that wait (a second), a power
//	             cut the last seconds, and neither damages it
//
// Two files, because an fsync for each step would cost a disk its life and the
// picture its rhythm, and because what must last is small and must not lie in
// a file that is rewritten all day. docs/decisions/0002-store.md has the
// reasons and the measurements.
//
// A Store is the desk's Store, PeopleStore, RegistryStore, DocumentStore,
// JournalStore and Ledger, and the loop's history.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/store/sqlite/durable"
	"atalaya/store/sqlite/history"
)

var (
	_ desk.Store         = (*Store)(nil)
	_ people.Store       = (*Store)(nil)
	_ desk.RegistryStore = (*Store)(nil)
	_ desk.DocumentStore = (*Store)(nil)
	_ desk.JournalStore  = (*Store)(nil)
	_ desk.Ledger        = (*Store)(nil)
)

// Config is what a Store is opened with.
type Config struct {
	Dir    string       // made, with mode 0700, if it is missing
	Sealer store.Sealer // nil: AES with the key file seal.key in Dir
	Clock  desk.Clock
	Log    *slog.Logger
	Policy store.Policy // zero: store.DefaultPolicy
	// ReadOnly opens a store that is there, also while a program writes it.
	// Whatever would write fails.
	ReadOnly bool
}

// Store is a folder with the two files. Its methods may be called from several
// goroutines.
type Store struct {
	*durable.Durable
	*history.History
	dir  *os.Root
	lock *os.File
}

// Open opens or makes the store. On a full disk an existing store opens and
// can be read.
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	s := &Store{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open the store in %s: %w", cfg.Dir, errors.Join(err, s.Close()))
		}
	}()
	if cfg.Policy == (store.Policy{}) {
		cfg.Policy = store.DefaultPolicy()
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if !cfg.ReadOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if s.dir, err = os.OpenRoot(dir); err != nil {
		return nil, err
	}
	if !cfg.ReadOnly {
		if s.lock, err = database.Lock(s.dir); err != nil {
			return nil, err
		}
	}
	if err := restoring(s.dir); err != nil {
		return nil, err
	}
	s.Durable, err = durable.Open(ctx, durable.Config{
		Dir: s.dir, Sealer: cfg.Sealer, Clock: cfg.Clock, Log: cfg.Log,
		Keep: func(k durable.Kept) { s.Keep(k) }, ReadOnly: cfg.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	s.History, err = history.Open(ctx, history.Config{Dir: s.dir, Durable: s.Durable, Clock: cfg.Clock, Log: cfg.Log, Policy: cfg.Policy, ReadOnly: cfg.ReadOnly})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Close writes what waits and closes the store.
func (s *Store) Close() error {
	var errs []error
	if s.History != nil {
		errs = append(errs, s.History.Close())
	}
	if s.Durable != nil {
		errs = append(errs, s.Durable.Close())
	}
	if s.lock != nil {
		errs = append(errs, database.Unlock(s.lock))
	}
	if s.dir != nil {
		errs = append(errs, s.dir.Close())
	}
	return errors.Join(errs...)
}

// Destroy makes a day of a class unreadable: what is left of it is deleted, what
// something rests on is sealed anew, and the key is destroyed. Where it is cut
// short, it can be done again.
func (s *Store) Destroy(ctx context.Context, key store.DataKey) error {
	if !key.Destroyed {
		if err := errors.Join(s.History.Outlast(ctx, key), s.Durable.Outlast(ctx, key)); err != nil {
			return err
		}
	}
	return s.Keys().Destroy(key)
}

// Storage tells how the storage does: as bad as the worse of the two files.
func (s *Store) Storage() desk.Storage {
	worst := s.Durable.Condition()
	if h := s.History.Condition(); rank(h.State) > rank(worst.State) || (h.State == worst.State && h.Since.After(worst.Since)) {
		worst = h
	}
	out := desk.Storage{State: worst.State, Since: worst.Since, Reason: worst.Reason, Lost: s.Lost()}
	// These fail only when the folder is gone; then writing fails too, and the
	// state tells.
	if used, err := database.Used(s.dir, durable.Name, history.Name); err == nil {
		out.Used = used
	}
	if free, _, err := database.Disk(s.dir); err == nil {
		out.Free = free
	}
	return out
}

// rank orders states by how bad they are; that there is no room says most.
func rank(s desk.StorageState) int {
	switch s {
	case desk.StorageFull:
		return 2
	case desk.StorageFailing:
		return 1
	default:
		return 0
	}
}
