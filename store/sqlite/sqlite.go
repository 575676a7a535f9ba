// Package sqlite keeps everything in two SQLite files in one folder:
//
//	durable.db   alerts, findings, people, the journal, sensors and areas:
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
// A Store is the desk's Store, PeopleStore, RegistryStore and Ledger, and the
// loop's history.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/store"
)

// Config is what a Store is opened with.
type Config struct {
	Dir    string       // made, with mode 0700, if it is missing
	Sealer store.Sealer // nil: AES with the key file seal.key in Dir
	Clock  desk.Clock
	Log    *slog.Logger
	Policy store.Policy // zero: store.DefaultPolicy
}

// Store is a folder with the two databases. Its methods may be called from
// several goroutines.
type Store struct {
	cfg     Config
	dir     *os.Root
	lock    *os.File
	sealer  store.Sealer
	tables  *store.Tables
	records *store.Records
	durable *database
	history *database

	health  health
	journal journal
	writer  writer
	resume  store.Resume // as found by Open
}

// Open opens or makes the store. On a full disk an existing store opens and
// can be read.
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	if cfg.Policy == (store.Policy{}) {
		cfg.Policy = store.DefaultPolicy()
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	abs, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	s := &Store{cfg: cfg, sealer: cfg.Sealer}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open the store in %s: %w", cfg.Dir, errors.Join(err, s.release()))
		}
	}()
	if s.dir, err = os.OpenRoot(abs); err != nil {
		return nil, err
	}
	if s.lock, err = lock(s.dir); err != nil {
		return nil, err
	}
	s.health.start(cfg.Clock.Now(), s.dir)
	if s.tables, err = store.NewTables(); err != nil {
		return nil, err
	}
	if s.records, err = store.NewRecords(); err != nil {
		return nil, err
	}
	if s.durable, err = openDatabase(ctx, s.dir, "durable", "FULL"); err != nil {
		return nil, err
	}
	if s.history, err = openDatabase(ctx, s.dir, "history", "NORMAL"); err != nil {
		return nil, err
	}
	if err := s.openSeal(ctx); err != nil {
		return nil, err
	}
	if err := s.recoverJournal(ctx); err != nil {
		return nil, err
	}
	if err := s.openHistory(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// openSeal prepares the sealer and makes sure that it is the one that the data
// were sealed with.
func (s *Store) openSeal(ctx context.Context) error {
	const plain = "atalaya"
	var check []byte
	err := s.durable.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'seal'").Scan(&check)
	fresh := errors.Is(err, sql.ErrNoRows)
	if err != nil && !fresh {
		return fmt.Errorf("read the seal: %w", err)
	}
	if s.sealer == nil {
		key, err := store.OpenKeyFile(s.dir, "seal.key", !fresh)
		if err != nil {
			return err
		}
		s.sealer = key
	}
	if !fresh {
		got, err := s.sealer.Open(store.ClassRegistry, time.Unix(0, 0), check)
		if err != nil || string(got) != plain {
			return errors.Join(fmt.Errorf("%w: the key is not the one of these data: put the right key file back", store.ErrDamaged), err)
		}
		return nil
	}
	check, err = s.sealer.Seal(store.ClassRegistry, time.Unix(0, 0), []byte(plain))
	if err != nil {
		return fmt.Errorf("make the seal: %w", err)
	}
	return s.keep(ctx, "make the seal", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('seal', ?)", check)
		return err
	})
}

// Close writes what waits and closes the store.
func (s *Store) Close() error {
	return errors.Join(s.closeHistory(), s.release())
}

func (s *Store) release() error {
	var errs []error
	for _, db := range []*database{s.durable, s.history} {
		if db != nil {
			errs = append(errs, db.close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	if s.dir != nil {
		errs = append(errs, s.dir.Close())
	}
	return errors.Join(errs...)
}

// keep runs a write of durable.db: when it returns nil, it is on the disk.
func (s *Store) keep(ctx context.Context, what string, do func(tx *sql.Tx) error) error {
	err := s.durable.fault(s.dir, s.durable.change(ctx, do))
	s.health.note(s.cfg.Clock.Now(), &s.health.durable, err)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// seal packs and seals a record; minute is where it stands in clear.
func (s *Store) seal(class store.Class, at time.Time, v any) (minute int64, sealed []byte, err error) {
	packed, err := s.records.Pack(v)
	if err != nil {
		return 0, nil, err
	}
	minute = minuteOf(at)
	sealed, err = s.sealer.Seal(class, dayOf(minute), packed)
	return minute, sealed, err
}

// unseal reads into v what seal gave.
func (s *Store) unseal(class store.Class, minute int64, sealed []byte, v any) error {
	packed, err := s.sealer.Open(class, dayOf(minute), sealed)
	if err != nil {
		return err
	}
	return s.records.Unpack(packed, v)
}

// minuteOf is the time bucket that stands in clear.
func minuteOf(t time.Time) int64 { return floorDiv(t.Unix(), 60) }

// dayOf gives a time on the day of a minute.
func dayOf(minute int64) time.Time { return time.Unix(minute*60, 0).UTC() }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// health is how the two databases do.
type health struct {
	dir *os.Root

	mu      sync.Mutex
	durable condition
	history condition
	lost    uint64 // steps
}

type condition struct {
	state  desk.StorageState
	since  time.Time
	reason string
}

func (h *health) start(now time.Time, dir *os.Root) {
	h.dir = dir
	ok := condition{state: desk.StorageOK, since: now}
	h.durable, h.history = ok, ok
}

// note tells how a write ended. A refusal for reasons of content is no failure
// of the storage.
func (h *health) note(now time.Time, c *condition, err error) {
	state, reason := desk.StorageOK, ""
	switch {
	case err == nil, errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return
	case errors.Is(err, store.ErrFull):
		state = desk.StorageFull
		reason = "no room on the disk: decisions are refused and no history is kept; make room, and it goes on by itself"
	default:
		state = desk.StorageFailing
		reason = "the disk does not take what is written: " + err.Error()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.state != state {
		c.since = now
	}
	c.state, c.reason = state, reason
}

// Storage tells how the storage does: as bad as the worse of the two
// databases.
func (s *Store) Storage() desk.Storage {
	s.health.mu.Lock()
	worst := s.health.durable
	if h := s.health.history; worst.state == desk.StorageOK || (worst.state == desk.StorageFailing && h.state == desk.StorageFull) {
		if h.state != desk.StorageOK || h.since.After(worst.since) {
			worst = h
		}
	}
	out := desk.Storage{State: worst.state, Since: worst.since, Reason: worst.reason, Lost: s.health.lost}
	s.health.mu.Unlock()
	// Both can fail only when the folder is gone; then writing fails too, and
	// that is what the state tells.
	if used, err := usedBytes(s.dir); err == nil {
		out.Used = used
	}
	if free, _, err := diskBytes(s.dir); err == nil {
		out.Free = free
	}
	return out
}
