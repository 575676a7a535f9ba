package app

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"atalaya/ledger"
	"atalaya/ledger/witness"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/tlog"
)

// Books are the ledger for reading, also while the program writes it.
type Books struct {
	store    *sqlite.Store
	log      *tlog.Log
	exercise bool
	delay    time.Duration // after which the public is told where a look was
	now      func() time.Time
	cfg      Config
	policy   *witness.Policy // nil: no witnesses
	logger   *slog.Logger
}

// OpenBooks opens the ledger of a configuration.
func OpenBooks(ctx context.Context, cfg Config, log *slog.Logger) (*Books, error) {
	s, err := cfg.openReader(ctx, log)
	if err != nil {
		return nil, err
	}
	policy, err := cfg.witnesses()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	l, err := openLog(ctx, cfg, s, log, true)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &Books{store: s, log: l, exercise: cfg.Exercise.Enabled, delay: cfg.publicDelay(), now: NewClock(log).Now, cfg: cfg, policy: policy, logger: log}, nil
}

// Close closes it.
func (b *Books) Close() error { return b.store.Close() }

// BooksStatus is how the ledger does.
type BooksStatus struct {
	Key      string    `json:"vkey"`
	Exercise bool      `json:"exercise"`
	Entries  uint64    `json:"entries"`
	Signed   tlog.Head `json:"signed"`
	// Owed are commitments that are stored and not known to be in the log.
	Owed int `json:"owed"`
	// Refused says why the log is not the one that was signed; empty: it is.
	Refused string `json:"refused,omitempty"`
	// Succeeding is the key to which a succession is under way; empty: none.
	Succeeding string `json:"succeeding,omitempty"`
	// Former are the keys before each succession, the oldest first.
	Former []tlog.Former `json:"former,omitempty"`
	// Witnesses is how they did when they were asked last; nil: nobody was.
	Witnesses *witness.State `json:"witnesses,omitempty"`
	// Outposts are the ledgers that are cosigned here; nil: none were.
	Outposts *OutpostsStatus `json:"outposts,omitempty"`
}

// Status tells how the ledger does.
func (b *Books) Status(ctx context.Context) (s BooksStatus, err error) {
	s = BooksStatus{Key: b.log.Key(), Exercise: b.exercise, Former: b.log.Former()}
	if s.Succeeding, err = b.log.Succeeding(); err != nil {
		return s, err
	}
	if err := b.log.Verify(ctx); err != nil {
		if !errors.Is(err, ledger.ErrRefused) {
			return s, err
		}
		s.Refused = err.Error()
		return s, nil
	}
	if s.Entries, err = b.log.Size(ctx); err != nil {
		return s, err
	}
	if _, s.Signed, err = b.log.Signed(); err != nil && !errors.Is(err, ledger.ErrNotSigned) {
		return s, err
	}
	if b.policy != nil {
		if s.Witnesses, err = readWitnesses(b.cfg.ledgerDir()); err != nil {
			return s, err
		}
	}
	if s.Outposts, err = b.cfg.outpostsStatus(); err != nil {
		return s, err
	}
	const most = 1 << 20
	owed, err := b.store.Unplaced(ctx, 0, most)
	if err != nil {
		return s, err
	}
	// What came into the log while nobody wrote it down is not owed.
	roots := make([]ledger.Hash, len(owed))
	for i, o := range owed {
		roots[i] = o.Root
	}
	if len(roots) > 0 {
		from, err := b.store.PlacedBefore(ctx, owed[0].Row)
		if err != nil {
			return s, err
		}
		found, err := b.log.Find(ctx, from-min(from, 1<<14), roots)
		if err != nil {
			return s, err
		}
		s.Owed = len(owed) - len(found)
	}
	return s, nil
}

// ShownEntry is an entry with what a view opens of it.
type ShownEntry struct {
	Index uint64
	Gone  bool // its content is not kept any more
	Group ledger.Group
	// Delayed: the policy does not tell the public yet where it was.
	Delayed bool
}

// Show opens entries from index on.
func (b *Books) Show(ctx context.Context, from uint64, limit int, view ledger.View) ([]ShownEntry, error) {
	size, err := b.log.Size(ctx)
	if err != nil {
		return nil, err
	}
	if from >= size {
		return nil, fmt.Errorf("entry %d: %w: the ledger has %d, from 0", from, store.ErrNotFound, size)
	}
	var out []ShownEntry
	for i := from; i < size && len(out) < limit; i++ {
		x, err := b.show(ctx, i, view)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (b *Books) show(ctx context.Context, i uint64, view ledger.View) (ShownEntry, error) {
	e, err := b.log.Entry(ctx, i)
	if err != nil {
		return ShownEntry{}, err
	}
	c, err := b.store.Commitment(ctx, e)
	if errors.Is(err, store.ErrNotFound) {
		return ShownEntry{Index: i, Gone: true}, nil
	}
	if err != nil {
		return ShownEntry{}, fmt.Errorf("entry %d: %w", i, err)
	}
	names := view.Names(c)
	delayed := false
	if at, err := c.At(); view == ledger.Public && err == nil && b.now().Sub(at) < b.delay {
		before := len(names)
		names = slices.DeleteFunc(names, func(name string) bool { return name == fieldCell })
		delayed = len(names) < before
	}
	return ShownEntry{Index: i, Delayed: delayed, Group: c.Show(i, func(name string) bool { return slices.Contains(names, name) })}, nil
}

// Prove gives the tlog-proof of an entry.
func (b *Books) Prove(ctx context.Context, index uint64) ([]byte, error) {
	return b.log.Prove(ctx, index)
}

// Scrub reads every file of the log.
func (b *Books) Scrub(ctx context.Context) (tlog.Scrubbed, error) { return b.log.Scrub(ctx) }

// fieldCell is where a look was, as the public is told it.
const fieldCell = "cell"

// goneEntry is the line of an entry without content.
type goneEntry struct {
	Index uint64 `json:"index"`
	Gone  bool   `json:"gone"`
}

// about is about.json of an export.
type about struct {
	Format   int       `json:"format"`
	Origin   string    `json:"origin"`
	Size     uint64    `json:"size"`
	Exercise bool      `json:"exercise"`
	Made     time.Time `json:"made"`
	View     string    `json:"view"`
}

// Export writes what the public may have into a new folder
// (docs/ledger-format.md). It gives how many entries it has.
func (b *Books) Export(ctx context.Context, dir string) (size uint64, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	if have, err := os.ReadDir(dir); err != nil || len(have) > 0 {
		return 0, errors.Join(fmt.Errorf("export: %s is not empty: name a new folder", dir), err)
	}
	to, err := os.OpenRoot(dir)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return b.export(ctx, func(name string, write func(io.Writer) error) error {
		if err := to.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		f, err := to.Create(name)
		if err != nil {
			return err
		}
		w := bufio.NewWriter(f)
		return errors.Join(write(w), w.Flush(), f.Close())
	})
}

// ExportZip writes the same as an archive.
func (b *Books) ExportZip(ctx context.Context, to io.Writer) error {
	z := zip.NewWriter(to)
	now := b.now()
	if _, err := b.export(ctx, func(name string, write func(io.Writer) error) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now})
		if err != nil {
			return err
		}
		return write(w)
	}); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// export writes the files of an export, one after the other.
func (b *Books) export(ctx context.Context, put func(name string, write func(io.Writer) error) error) (size uint64, err error) {
	whole := func(name string, content []byte) error {
		return put(name, func(w io.Writer) error {
			_, err := w.Write(content)
			return err
		})
	}
	h, err := b.log.Export(ctx, whole)
	if err != nil {
		return 0, err
	}
	text, err := json.Marshal(about{1, b.log.Origin(), h.Size, b.exercise, b.now().UTC().Truncate(time.Second), string(ledger.Public)})
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	if err := errors.Join(
		put("openings.jsonl", func(w io.Writer) error { return b.openings(ctx, w, h.Size) }),
		whole("vkeys", []byte(b.vkeys())),
		whole("about.json", append(text, '\n')),
	); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	passed, err := b.successionsFile(ctx)
	if err == nil && passed != nil {
		err = whole("successions.json", passed)
	}
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	return h.Size, nil
}

// vkeys are the log's key, its former ones, the newest first, and its witnesses',
// a line each.
func (b *Books) vkeys() string {
	lines := []string{b.log.Key()}
	for _, f := range slices.Backward(b.log.Former()) {
		lines = append(lines, f.Key)
	}
	if b.policy != nil {
		for _, w := range b.policy.Witnesses {
			lines = append(lines, w.Key.String())
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// Cosign asks the witnesses now, and tells how they did.
func (b *Books) Cosign(ctx context.Context) (witness.State, error) {
	if b.policy == nil {
		return witness.State{}, errors.New("ledger.witnesses names no witnesses")
	}
	if err := b.log.Verify(ctx); err != nil {
		return witness.State{}, err
	}
	a, err := b.cfg.newAsker(b.policy, b.log, b.now, b.logger)
	if err != nil {
		return witness.State{}, err
	}
	err = a.Ask(ctx)
	return a.State(), err
}

func (b *Books) openings(ctx context.Context, w io.Writer, size uint64) error {
	out := json.NewEncoder(w)
	for i := range size {
		x, err := b.show(ctx, i, ledger.Public)
		if err != nil {
			return err
		}
		var line any = x.Group
		if x.Gone {
			line = goneEntry{i, true}
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
