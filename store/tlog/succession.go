package tlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/ledger"
	"atalaya/store"
)

// A succession passes the log from one signing key to the next:
//
//  1. NextKey makes the next key beside the one in force.
//  2. Succeed notes which entries record it, on the disk. From here on it is
//     finished, by this start or a later one; what was done before counts for
//     nothing.
//  3. Open appends those entries. No head is signed any more that does not cover
//     them, and both keys sign.
//  4. Once both keys signed a head, and the witnesses that must, Open keeps it,
//     the same or a later one, and the next key takes the place of the one in
//     force, which is destroyed.
//
// Every step looks at what is on the disk, and may be done again.

const (
	nextKeyFile    = "next.key"
	namesFile      = "names.key"
	handoverFile   = "succession.json"
	formerFile     = "former.json"
	successionNote = "succession.%d"
)

// Former is a key that signed the log before a succession.
type Former struct {
	Key string `json:"vkey"`
	// Entry records the succession.
	Entry uint64 `json:"entry"`
	// Until is the size of the head that both keys signed. The former key signs
	// nothing larger alone.
	Until uint64 `json:"until"`
	// Opened is what everybody is shown of the entry. It is kept here because
	// the content of the ledger is purged one day.
	Opened ledger.Group `json:"opened"`
}

// handover is a succession under way.
type handover struct {
	Old     string        `json:"old"`
	New     string        `json:"new"`
	From    uint64        `json:"from"`    // entries of the log before it
	Entries []ledger.Hash `json:"entries"` // that record it; the last is the succession's own
	Opened  ledger.Group  `json:"opened"`  // of the last; its index is not known yet
	// Taken: the head is kept, and the new key takes over.
	Taken bool `json:"taken"`
}

// NextKey gives the verifier key of the next signing key, which it makes where
// there is none. It is not in force.
func (l *Log) NextKey() (string, error) {
	name := filepath.Join(l.cfg.Dir, nextKeyFile)
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(l.cfg.Dir, nextKeyFile, l.cfg.Sealer); err != nil {
			return "", err
		}
	}
	k, err := readKey(l.cfg.Dir, nextKeyFile, l.Origin(), l.cfg.Sealer)
	return k.vkey, err
}

// Succeed notes that the next key is to take over, which entries record that,
// and what everybody is shown of the last of them, which is the succession's
// own. Close the log then, and open it again.
func (l *Log) Succeed(next string, entries []ledger.Hash, opened ledger.Group) error {
	if err := l.Refused(); err != nil {
		return err
	}
	have, err := l.NextKey()
	if err != nil {
		return err
	}
	switch pending, err := l.Succeeding(); {
	case err != nil:
		return err
	case pending != "":
		return fmt.Errorf("a succession to %s is under way", pending)
	case have != next:
		return fmt.Errorf("the next key here is %s, not %s", have, next)
	case len(entries) == 0:
		return errors.New("nothing records the succession")
	}
	from, err := l.Size(context.Background())
	if err != nil {
		return err
	}
	// Pseudonyms stay what they are. Their key does not tell the signing key.
	if _, err := os.Stat(filepath.Join(l.cfg.Dir, namesFile)); errors.Is(err, fs.ErrNotExist) {
		sealed, err := l.cfg.Sealer.Seal(store.ClassLedger, time.Unix(0, 0), l.names)
		if err != nil {
			return fmt.Errorf("seal the key of pseudonyms: %w", err)
		}
		if err := writeFile(l.cfg.Dir, namesFile, sealed); err != nil {
			return fmt.Errorf("keep the key of pseudonyms: %w", err)
		}
	}
	return writeJSON(l.cfg.Dir, handoverFile, handover{Old: l.vkey, New: next, From: from, Entries: entries, Opened: opened})
}

// Succeeding gives the key to which a succession is under way; empty: none.
func (l *Log) Succeeding() (string, error) {
	var h handover
	there, err := readJSON(l.cfg.Dir, handoverFile, &h)
	if err != nil || !there {
		return "", err
	}
	return h.New, nil
}

// Former gives the keys of before each succession, the oldest first.
func (l *Log) Former() []Former { return slices.Clone(l.former) }

// Succession gives the head that both keys of a succession signed, the first
// being number 1, as it was signed, and the proof under it that the entry which
// records it is in the log.
func (l *Log) Succession(ctx context.Context, number int) (proof []byte, err error) {
	if number < 1 || number > len(l.former) {
		return nil, fmt.Errorf("succession %d: %w", number, store.ErrNotFound)
	}
	raw, h, err := l.readHead(filepath.Join(l.cfg.Dir, fmt.Sprintf(successionNote, number)))
	if err != nil {
		return nil, err
	}
	return l.proveUnder(ctx, l.former[number-1].Entry, raw, h)
}

// resume goes on with a succession that is under way. Where it is not finished
// it gives the next key, which signs beside the one in force.
func (l *Log) resume(ctx context.Context, cfg Config) (*handover, error) {
	var h handover
	there, err := readJSON(cfg.Dir, handoverFile, &h)
	if err != nil || !there {
		return nil, err
	}
	if len(h.Entries) == 0 {
		return nil, fmt.Errorf("%w: %s names no entries", store.ErrDamaged, handoverFile)
	}
	if !h.Taken {
		l.vkey = h.Old
		raw, until, at := l.passed(ctx, cfg, h)
		if raw == nil {
			return &h, nil
		}
		if err := l.keepPassed(cfg, &h, raw, until, at); err != nil {
			return nil, err
		}
	}
	return nil, h.take(cfg)
}

// passed gives the head that passes the log on, its size, and the entry that
// records that, once both keys and the witnesses that must signed one that
// covers it; nil: not yet.
func (l *Log) passed(ctx context.Context, cfg Config, h handover) (raw []byte, until, at uint64) {
	last := h.Entries[len(h.Entries)-1]
	found, err := l.Find(ctx, 0, []ledger.Hash{last})
	at, there := found[last]
	if err != nil || !there {
		return nil, 0, 0
	}
	read := l.Signed
	if cfg.Held != nil {
		read = l.Cosigned
	}
	raw, head, err := read()
	if err != nil || head.Size <= at || cfg.Held != nil && !cfg.Held(raw) {
		return nil, 0, 0
	}
	for _, vkey := range []string{h.Old, h.New} {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, 0, 0
		}
		if _, err := openNote(raw, v); err != nil {
			return nil, 0, 0
		}
	}
	return raw, head.Size, at
}

// keepPassed keeps the head that passes the log on, and which key was in force
// until then.
func (l *Log) keepPassed(cfg Config, h *handover, raw []byte, until, at uint64) error {
	// Killed after the list was written, it is on the list already.
	if n := len(l.former); n == 0 || l.former[n-1].Key != h.Old {
		l.former = append(l.former, Former{Key: h.Old})
	}
	h.Opened.Index = at
	l.former[len(l.former)-1] = Former{h.Old, at, until, h.Opened}
	if err := writeFile(cfg.Dir, fmt.Sprintf(successionNote, len(l.former)), raw); err != nil {
		return fmt.Errorf("keep what both keys signed: %w", err)
	}
	if err := writeJSON(cfg.Dir, formerFile, l.former); err != nil {
		return err
	}
	h.Taken = true
	return writeJSON(cfg.Dir, handoverFile, h)
}

// take puts the next key in the place of the one in force, whose file is
// overwritten first. That no other copy of it is left, nobody can show.
func (h *handover) take(cfg Config) error {
	inForce := filepath.Join(cfg.Dir, keyFile)
	if k, err := readKey(cfg.Dir, keyFile, cfg.Origin, cfg.Sealer); err != nil || k.vkey != h.New {
		k, err := readKey(cfg.Dir, nextKeyFile, cfg.Origin, cfg.Sealer)
		if err != nil {
			return err
		}
		if k.vkey != h.New {
			return fmt.Errorf("the next key of the ledger is %s, and it passes to %s: put %s back from a backup", k.vkey, h.New, nextKeyFile)
		}
		if err := overwrite(inForce); err != nil {
			return fmt.Errorf("destroy the ledger's former key: %w", err)
		}
		if err := errors.Join(os.Rename(filepath.Join(cfg.Dir, nextKeyFile), inForce), syncFolder(cfg.Dir)); err != nil {
			return fmt.Errorf("put the ledger's next key in force: %w", err)
		}
	}
	if err := writeFile(cfg.Dir, vkeyFile, []byte(h.New+"\n")); err != nil {
		return fmt.Errorf("write the ledger's verifier key: %w", err)
	}
	if err := os.Remove(filepath.Join(cfg.Dir, handoverFile)); err != nil {
		return err
	}
	return syncFolder(cfg.Dir)
}

// overwrite fills a file with zeros.
func overwrite(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	i, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, i.Size()), 0)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// handOver appends what records a succession, unless it is there, and waits
// until both keys signed it.
func (l *Log) handOver(ctx context.Context, h *handover) error {
	found, err := l.Find(ctx, 0, h.Entries)
	if err != nil {
		return err
	}
	var missing []ledger.Hash
	for _, e := range h.Entries {
		if _, there := found[e]; !there {
			missing = append(missing, e)
		}
	}
	size, err := l.Size(ctx)
	if err != nil {
		return err
	}
	until := size
	if len(missing) > 0 {
		until += uint64(len(missing))
	} else {
		until = found[h.Entries[len(h.Entries)-1]] + 1
	}
	l.mu.Lock()
	l.least = until
	l.mu.Unlock()
	if err := l.begin(ctx, l.cfg.withDefaults()); err != nil {
		return err
	}
	if len(missing) > 0 {
		if _, err := l.Append(ctx, missing); err != nil {
			return err
		}
	}
	if err := l.awaitSigned(ctx, until); err != nil {
		l.cfg.Log.Warn("the succession waits for its checkpoint", slog.Any("error", err))
	}
	return ctx.Err()
}

// awaitSigned waits until a head of a size is signed.
func (l *Log) awaitSigned(ctx context.Context, size uint64) error {
	const patience = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		_, h, err := l.Signed()
		if err == nil && h.Size >= size {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it is in the ledger and not signed yet: start the program: %w", errors.Join(ctx.Err(), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func writeJSON(dir, name string, v any) error {
	raw, err := json.Marshal(v)
	if err == nil {
		err = writeFile(dir, name, append(raw, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write %s of the ledger: %w", name, full(err))
	}
	return nil
}

// readJSON reads a file; false where there is none.
func readJSON(dir, name string, v any) (bool, error) {
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		if err = json.Unmarshal(raw, v); err != nil {
			err = fmt.Errorf("%w: %w", store.ErrDamaged, err)
		}
	}
	if err != nil {
		return false, fmt.Errorf("read %s of the ledger: %w", name, err)
	}
	return true, nil
}
