package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"atalaya/ledger"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/sqlite/database"
	"atalaya/store/sqlite/durable"
	"atalaya/store/tlog"
)

const (
	// backupFile of a backup says what it is. It is written last: a copy without
	// it is not whole.
	backupFile   = "backup.json"
	backupFormat = 1
	// restoredFile in the data folder says that the store was put back from a
	// backup, and how far that goes.
	restoredFile = "restored.json"
	sealKey      = "seal.key"
)

// Backup is what a backup says of itself.
type Backup struct {
	Format   int          `json:"format"`
	Program  string       `json:"program"` // version of who made it
	Made     time.Time    `json:"made"`
	Key      string       `json:"vkey"` // of the ledger
	Exercise bool         `json:"exercise"`
	Entries  uint64       `json:"entries"`
	Root     ledger.Hash  `json:"root"`
	Files    []BackupFile `json:"files"`
}

// BackupFile is a file of a backup.
type BackupFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Bytes gives how large a backup is.
func (b *Backup) Bytes() (n int64) {
	for _, f := range b.Files {
		n += f.Size
	}
	return n
}

// MakeBackup copies the store and the ledger into a new folder, also while the
// program runs. It is as of one moment: an entry whose content is not in the
// copy is not in its ledger either. The key that opens the content is not in it.
func MakeBackup(ctx context.Context, cfg Config, dir string, withHistory bool, log *slog.Logger) (b Backup, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("backup: %w", err)
		}
	}()
	books, err := OpenBooks(ctx, cfg, log)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return b, err
	}
	if have, err := os.ReadDir(dir); err != nil || len(have) > 0 {
		return b, errors.Join(fmt.Errorf("%s is not empty: name a new folder", dir), err)
	}
	from, err := os.OpenRoot(cfg.dir())
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	// SQLite goes by the whole name.
	if dir, err = filepath.Abs(dir); err != nil {
		return b, err
	}
	to, err := os.OpenRoot(dir)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()

	var size uint64
	var signed []byte
	// What the ledger has before durable.db is copied has its content there.
	if err := sqlite.Copy(ctx, from, to, withHistory, func() (err error) {
		if size, err = books.log.Size(ctx); err != nil {
			return err
		}
		if signed, _, err = books.log.Signed(); errors.Is(err, ledger.ErrNotSigned) {
			return nil
		}
		return err
	}); err != nil {
		return b, err
	}
	d, err := durable.Open(ctx, durable.Config{Dir: to, Sealer: books.store.Sealer(), Clock: NewClock(log), Log: log, ReadOnly: true})
	if err != nil {
		return b, err
	}
	end, err := d.LedgerEnd(ctx)
	if err := errors.Join(err, d.Close(), sqlite.DropLogs(to)); err != nil {
		return b, err
	}
	if err := to.Mkdir(ledgerFolder, 0o700); err != nil {
		return b, err
	}
	place, err := to.OpenRoot(ledgerFolder)
	if err != nil {
		return b, err
	}
	h, err := books.log.Copy(ctx, place, max(size, end), signed)
	if err := errors.Join(err, place.Close()); err != nil {
		return b, err
	}
	b = Backup{Format: backupFormat, Program: Version, Made: books.now().UTC(), Key: books.log.Key(), Exercise: books.exercise, Entries: h.Size, Root: h.Root}
	if b.Files, err = listed(ctx, to); err != nil {
		return b, err
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return b, err
	}
	return b, putWhole(to, backupFile, append(text, '\n'))
}

// listed gives the files of a folder with their hashes, and makes the folders
// durable.
func listed(ctx context.Context, dir *os.Root) (out []BackupFile, err error) {
	err = fs.WalkDir(dir.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return syncFolder(filepath.Join(dir.Name(), name))
		}
		f := BackupFile{Name: name}
		f.Size, f.SHA256, err = copyFile(ctx, dir, name, nil)
		out = append(out, f)
		return err
	})
	return out, err
}

// copyFile copies a file durably, where to is not nil, and gives its size and
// SHA-256.
func copyFile(ctx context.Context, from *os.Root, name string, to *os.Root) (n int64, sum string, err error) {
	f, err := from.Open(name)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if to == nil {
		n, err = io.Copy(h, until{ctx, f})
		return n, hex.EncodeToString(h.Sum(nil)), err
	}
	if err := to.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return 0, "", err
	}
	out, err := to.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, "", err
	}
	n, err = io.Copy(io.MultiWriter(out, h), until{ctx, f})
	return n, hex.EncodeToString(h.Sum(nil)), errors.Join(err, out.Sync(), out.Close())
}

// until reads until ctx ends.
type until struct {
	ctx context.Context //nolint:containedctx // for the time of one copy
	r   io.Reader
}

func (u until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

// putWhole writes a file so that it is there whole or not at all.
func putWhole(dir *os.Root, name string, content []byte) error {
	f, err := dir.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := dir.Rename(name+".new", name); err != nil {
		return err
	}
	return syncFolder(dir.Name())
}

// readBackup reads what a backup says of itself.
func readBackup(dir *os.Root) (b Backup, err error) {
	text, err := dir.ReadFile(backupFile)
	if errors.Is(err, fs.ErrNotExist) {
		return b, fmt.Errorf("%s has no %s: it is no backup, or one that was cut short", dir.Name(), backupFile)
	}
	if err != nil {
		return b, err
	}
	var v struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return b, fmt.Errorf("%w: %s: %w", store.ErrDamaged, backupFile, err)
	}
	if v.Format > backupFormat {
		return b, fmt.Errorf("%w: the backup has the format %d and this program knows %d; use the newer program", store.ErrNewer, v.Format, backupFormat)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, fmt.Errorf("%w: %s: %w", store.ErrDamaged, backupFile, err)
	}
	return b, nil
}

// Restore puts a backup back into the data folder, which has no store. key is
// the file of the key that opens it; empty: it is in the folder already. One
// that was cut short is done again from the beginning.
func Restore(ctx context.Context, cfg Config, dir, key string, log *slog.Logger) (b Backup, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("restore: %w", err)
		}
	}()
	from, err := os.OpenRoot(dir)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if b, err = readBackup(from); err != nil {
		return b, err
	}
	if b.Exercise != cfg.Exercise.Enabled {
		return b, errors.New("an exercise's backup is put back with --exercise, and no other")
	}
	folder, err := filepath.Abs(cfg.dir())
	if err != nil {
		return b, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return b, err
	}
	to, err := os.OpenRoot(folder)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	lock, err := database.Lock(to)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, database.Unlock(lock)) }()
	if err := clearPlace(to); err != nil {
		return b, err
	}
	if err := placeKey(to, key); err != nil {
		return b, err
	}
	for _, f := range b.Files {
		n, sum, err := copyFile(ctx, from, f.Name, to)
		if err != nil {
			return b, err
		}
		if n != f.Size || sum != f.SHA256 {
			return b, fmt.Errorf("%w: %s of the backup is not as it was made (%d bytes, SHA-256 %s): copy it again", store.ErrDamaged, f.Name, n, sum)
		}
	}
	if err := b.openHere(ctx, cfg, to, log); err != nil {
		return b, err
	}
	text, err := json.Marshal(b.mark())
	if err != nil {
		return b, err
	}
	if err := putWhole(to, restoredFile, append(text, '\n')); err != nil {
		return b, err
	}
	if _, err := listed(ctx, to); err != nil { // their folders are durable
		return b, err
	}
	if err := to.Remove(sqlite.Restoring); err != nil {
		return b, err
	}
	return b, syncFolder(to.Name())
}

// clearPlace refuses a folder with a store, removes what an earlier Restore left
// half done, and notes that one is under way.
func clearPlace(to *os.Root) error {
	_, err := to.Stat(sqlite.Restoring)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	cut := err == nil
	for _, name := range append(sqlite.Files(), ledgerFolder) {
		if _, err := to.Stat(name); err == nil && !cut {
			return fmt.Errorf("there is a store in %s already (%s): move it away first, and keep it", to.Name(), name)
		}
	}
	if err := putWhole(to, sqlite.Restoring, nil); err != nil {
		return err
	}
	for _, name := range append(sqlite.Files(), ledgerFolder, restoredFile) {
		if err := to.RemoveAll(name); err != nil {
			return err
		}
	}
	return sqlite.DropLogs(to)
}

// placeKey copies the key into the folder, unless it is there.
func placeKey(to *os.Root, key string) error {
	have, err := to.ReadFile(sealKey)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if key == "" {
		if err != nil {
			return fmt.Errorf("there is no %s in %s: name the file with --key", sealKey, to.Name())
		}
		return nil
	}
	want, kerr := os.ReadFile(key)
	switch {
	case kerr != nil:
		return kerr
	case len(want) != store.KeySize:
		return fmt.Errorf("%s is no key: it has %d bytes, not %d", key, len(want), store.KeySize)
	case err != nil:
		return putWhole(to, sealKey, want)
	case !slices.Equal(have, want):
		return fmt.Errorf("there is another %s in %s already: move it away first, and keep it", sealKey, to.Name())
	}
	return nil
}

// openHere finds out whether this program can open what was put back, and
// whether it is what the backup says.
func (b *Backup) openHere(ctx context.Context, cfg Config, to *os.Root, log *slog.Logger) error {
	d, err := durable.Open(ctx, durable.Config{Dir: to, Clock: NewClock(log), Log: log, ReadOnly: true})
	if err != nil {
		return err
	}
	if err := errors.Join(d.Close(), sqlite.DropLogs(to)); err != nil {
		return err
	}
	l, err := tlog.Open(ctx, tlog.Config{Dir: filepath.Join(cfg.dir(), ledgerFolder), Log: log, ReadOnly: true})
	if err != nil {
		return err
	}
	h, err := l.Head()
	if err == nil && (h.Size != b.Entries || h.Root != b.Root || l.Key() != b.Key) {
		err = fmt.Errorf("%w: the backup's ledger is not the one that %s says", store.ErrDamaged, backupFile)
	}
	return err
}

// restored is what restoredFile says.
type restored struct {
	Made    time.Time   `json:"made"`
	Entries uint64      `json:"entries"`
	Root    ledger.Hash `json:"root"`
}

func (b *Backup) mark() restored { return restored{b.Made, b.Entries, b.Root} }

// doubt says why nobody can tell that a ledger is the newest copy: it was put
// back from a backup. What is signed since ends it, since nothing is before two
// people explained it; and so does a second place that says that nothing was
// signed after the backup.
func (c *Config) doubt(ctx context.Context, s *sqlite.Store) (string, error) {
	text, err := os.ReadFile(filepath.Join(c.dir(), restoredFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var r restored
	if err := json.Unmarshal(text, &r); err != nil {
		return "", fmt.Errorf("%w: %s: %w", store.ErrDamaged, restoredFile, err)
	}
	size, root, signed, err := s.LastSigned(ctx)
	if err != nil || signed && size > r.Entries {
		return "", err
	}
	if f := c.second(); f != "" {
		h, there, err := tlog.File(f).LastSigned(ctx)
		if err != nil || there && signed && h == (tlog.Head{Size: size, Root: root}) {
			return "", err
		}
	}
	return fmt.Sprintf("it was put back from a backup of %s with %d entries, and nothing here shows that none came after it", r.Made.Format(time.RFC3339), r.Entries), nil
}
