// Package tlog keeps the ledger's log as files, C2SP tlog-tiles, written by
// Tessera's POSIX storage. It is a ledger.Storage.
//
// A Log signs its tree head with an Ed25519 key that lies sealed beside it. It
// signs only what goes on from what it signed last. That stands in other places
// too (Second), so that an old copy of the log, put back, is found out before
// it can be signed: two checkpoints of one origin that do not go on from each
// other would be a fork, and nobody could tell it from a cheat.
package tlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/semaphore"
	"k8s.io/klog/v2"

	"atalaya/ledger"
	"atalaya/store"
)

// Config is what a Log is opened with.
type Config struct {
	// Dir is made, with mode 0700, if it is missing. The log's files are in its
	// folder "log", the sealed key in "signing.key", the verifier key in "vkey"; of
	// successions in "former.json", and in "succession.1" what both keys signed.
	Dir string
	// Origin is the log's name, also its key's: "atalaya.example/NAME".
	Origin string
	// Sealer seals the key.
	Sealer store.Sealer
	// Seconds are the other places where the last signed head stands. One at
	// least.
	Seconds []Second
	// Batch is how long the first entry of a batch waits for others; 0: 1 ms.
	Batch time.Duration
	// Interval is how often a grown log is signed; 0: 200 ms.
	Interval time.Duration
	Log      *slog.Logger
	// Witnessed: proofs and exports are under the checkpoint that witnesses
	// cosigned last, where there is one.
	Witnessed bool
	// Held reports whether a checkpoint has the cosignatures of the witnesses that
	// must have signed, before a succession takes effect; nil: none must.
	Held func(checkpoint []byte) bool
	// ReadOnly opens a log that is there, also while a program writes it.
	ReadOnly bool
	// Doubt says why nobody can tell that this is the newest copy, so that it
	// takes nothing until that was explained; empty: no doubt.
	Doubt string
}

const (
	logFolder  = "log"
	stateFile  = ".state/treeState"
	lockFile   = stateFile + ".lock"
	keyFile    = "signing.key"
	vkeyFile   = "vkey"
	checkpoint = "checkpoint"

	defaultBatch    = time.Millisecond
	defaultInterval = 200 * time.Millisecond
	// batchSize is how many entries are sequenced together at most. Tessera's
	// pushback is at twice that, and Append keeps below it.
	batchSize = 2048
)

// Log is an open log. Its methods may be called from several goroutines.
type Log struct {
	cfg    Config
	path   string // of the tiles
	signer *signer
	next   note.Signer // signs beside it while a succession is under way; nil: none is
	vkey   string
	former []Former
	names  []byte // the key of pseudonyms

	add    tessera.AddFn // nil: it takes nothing
	stop   func(context.Context) error
	cancel context.CancelFunc
	room   *semaphore.Weighted // entries under way

	mu        sync.Mutex
	refused   error        // why it takes nothing
	explained *explanation // nil: none, or everybody knows what was signed since
	least     uint64       // no smaller head is signed: it would not cover a succession
}

var _ ledger.Storage = (*Log)(nil)

// Open opens or makes the log. One that is not what was signed before opens
// too, to be looked at, and takes nothing; Refused says why.
func Open(ctx context.Context, cfg Config) (_ *Log, err error) {
	l := &Log{cfg: cfg, path: filepath.Join(cfg.Dir, logFolder), room: semaphore.NewWeighted(batchSize)}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open the ledger in %s: %w", cfg.Dir, err)
		}
	}()
	cfg = cfg.withDefaults()
	if _, err := readJSON(cfg.Dir, formerFile, &l.former); err != nil {
		return nil, err
	}
	if cfg.ReadOnly {
		vkey, err := os.ReadFile(filepath.Join(cfg.Dir, vkeyFile))
		if err != nil {
			return nil, err
		}
		l.vkey = trim(vkey)
		l.refused = fmt.Errorf("%w: it was opened for reading only", ledger.ErrRefused)
		return l, nil
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	last, signed, differ := lastSigned(ctx, cfg.Seconds)
	if differ != nil && !errors.Is(differ, ledger.ErrRefused) {
		return nil, differ
	}
	passing, err := l.resume(ctx, cfg)
	if err != nil {
		return nil, err
	}
	key, err := openKey(cfg.Dir, cfg.Origin, cfg.Sealer, signed || l.exists())
	if err != nil {
		return nil, err
	}
	l.vkey, l.names = key.vkey, key.names
	l.signer = &signer{Signer: key.Signer, log: l}
	if differ != nil {
		l.refuse(differ)
		return l, nil
	}
	if signed {
		if err := l.check(ctx, last); err != nil {
			if !errors.Is(err, ledger.ErrRefused) {
				return nil, err
			}
			l.refuse(err)
			return l, nil
		}
	}
	if cfg.Doubt != "" {
		l.refuse(doubted(cfg.Doubt))
		return l, nil
	}
	if !l.exists() {
		// A start that was killed while it made the log.
		if err := os.MkdirAll(l.path, 0o700); err != nil {
			return nil, err
		}
	}
	if err := l.trimAll(); err != nil {
		return nil, err
	}
	if passing == nil {
		return l, l.begin(ctx, cfg)
	}
	next, err := readKey(cfg.Dir, nextKeyFile, cfg.Origin, cfg.Sealer)
	if err != nil {
		return nil, err
	}
	if next.vkey != passing.New {
		return nil, fmt.Errorf("the next key of the ledger is %s, and it passes to %s: put %s back from a backup", next.vkey, passing.New, nextKeyFile)
	}
	l.next = next.Signer
	if err := l.handOver(ctx, passing); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if raw, _, _ := l.passed(ctx, cfg, *passing); raw != nil {
		if err := l.Close(); err != nil {
			return nil, err
		}
		return Open(ctx, cfg)
	}
	return l, nil
}

func (c Config) withDefaults() Config {
	if c.Batch == 0 {
		c.Batch = defaultBatch
	}
	if c.Interval == 0 {
		c.Interval = defaultInterval
	}
	return c
}

// reach looks whether the writer will be able to take its lock: Tessera ends the
// program where it is not, as on a disk that can only be read. (The lock is not
// opened here: closing it would let it go.)
func (l *Log) reach() error {
	const readAndWrite = 6
	err := syscall.Access(filepath.Join(l.path, lockFile), readAndWrite)
	if err == nil {
		var dir *os.File
		if dir, err = os.Open(l.path); err == nil { // a file can be opened at all
			err = dir.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("%w: its files in %s cannot be written (%w)", ledger.ErrRefused, l.path, err)
	}
	return nil
}

// makeLock makes the lock of the writer if there is none.
func (l *Log) makeLock() error {
	name := filepath.Join(l.path, lockFile)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// begin starts Tessera's writer.
func (l *Log) begin(ctx context.Context, cfg Config) error {
	if err := l.makeLock(); err != nil {
		return err
	}
	driver, err := posix.New(ctx, posix.Config{Path: l.path})
	if err != nil {
		return err
	}
	// The writer lives until Close, not until the one who opens the log is done.
	ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	var also []note.Signer
	if l.next != nil {
		also = append(also, l.next)
	}
	opts := tessera.NewAppendOptions().WithCheckpointSigner(l.signer, also...).WithBatching(batchSize, cfg.Batch).
		WithCheckpointInterval(cfg.Interval).WithCheckpointRepublishInterval(0).WithPushback(2 * batchSize).WithShutdownTimeout(closePatience)
	appender, stop, _, err := tessera.NewAppender(ctx, driver, opts)
	if err != nil {
		l.cancel()
		return err
	}
	l.add, l.stop = appender.Add, stop
	return nil
}

const closePatience = 5 * time.Second

// Close waits until a checkpoint covers what was appended, and ends the writer.
func (l *Log) Close() error {
	if l.add == nil {
		return nil
	}
	defer l.cancel()
	if l.Refused() != nil {
		return nil
	}
	if err := l.stop(context.Background()); err != nil {
		return fmt.Errorf("close the ledger: the newest entries wait for their checkpoint until the next start: %w", err)
	}
	return nil
}

// Refused says why the log takes nothing; nil where it does.
func (l *Log) Refused() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

func (l *Log) refuse(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refused == nil {
		l.refused = why
		l.cfg.Log.Error("the ledger takes nothing any more, and nothing that needs a record can be done", slog.Any("error", why))
	}
}

// Key gives the verifier key.
func (l *Log) Key() string { return l.vkey }

// Append implements ledger.Storage.
func (l *Log) Append(ctx context.Context, entries []ledger.Hash) ([]uint64, error) {
	if err := l.Refused(); err != nil {
		return nil, err
	}
	if err := l.reach(); err != nil {
		return nil, err
	}
	out := make([]uint64, len(entries))
	for begin := 0; begin < len(entries); begin += batchSize {
		part := entries[begin:min(begin+batchSize, len(entries))]
		if err := l.room.Acquire(ctx, int64(len(part))); err != nil {
			return nil, fmt.Errorf("append to the ledger: %w", err)
		}
		futures := make([]tessera.IndexFuture, len(part))
		for i := range part {
			futures[i] = l.add(ctx, tessera.NewEntry(part[i][:]))
		}
		// What was handed over is waited for, also when nobody wants it any
		// more: it stands in the log or not, and that must be known.
		var failed error
		for i, f := range futures {
			at, err := f()
			if err != nil && failed == nil {
				failed = err
			}
			out[begin+i] = at.Index
		}
		l.room.Release(int64(len(part)))
		if failed != nil {
			return nil, fmt.Errorf("append to the ledger: %w", full(failed))
		}
	}
	return out, nil
}

// Size implements ledger.Storage.
func (l *Log) Size(context.Context) (uint64, error) {
	h, err := l.head()
	return h.Size, err
}

// Head is the size of a log and the root of its tree.
type Head struct {
	Size uint64      `json:"size"`
	Root ledger.Hash `json:"root"`
}

// Head gives the tree as it is, which may be larger than what was signed.
func (l *Log) Head() (Head, error) { return l.head() }

// exists reports whether there is a log in the folder.
func (l *Log) exists() bool {
	_, err := os.Stat(filepath.Join(l.path, stateFile))
	return err == nil
}

// head reads the tree as it is, which may be larger than what was signed. It
// is how Tessera's POSIX storage, version 1 of its folder, keeps it.
func (l *Log) head() (Head, error) {
	raw, err := os.ReadFile(filepath.Join(l.path, stateFile))
	if err != nil {
		return Head{}, fmt.Errorf("read the ledger's size: %w", err)
	}
	var s struct {
		Size uint64 `json:"size"`
		Root []byte `json:"root"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return Head{}, fmt.Errorf("%w: %s: %w", store.ErrDamaged, stateFile, err)
	}
	if len(s.Root) != ledger.HashSize {
		return Head{}, fmt.Errorf("%w: %s: the root has %d bytes", store.ErrDamaged, stateFile, len(s.Root))
	}
	return Head{s.Size, ledger.Hash(s.Root)}, nil
}

// Signed gives the newest checkpoint, as it was signed and as what it says.
func (l *Log) Signed() (raw []byte, h Head, err error) {
	return l.readHead(filepath.Join(l.path, checkpoint))
}

// LogTo lets Tessera log to h, warnings and worse; without it, it writes to the
// standard error output. For the program's main, before any log is opened: what
// it sets is Tessera's, and global.
func LogTo(h slog.Handler) { klog.SetSlogLogger(slog.New(quiet{h})) }

// quiet lets warnings and worse through.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}
