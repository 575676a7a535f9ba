package tlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"

	"atalaya/ledger"
)

// Copy writes the log's first size entries into a folder, with the sealed key, so
// that it can be opened there as a log; also while a program writes it. signed
// is a checkpoint of it that covers no more; it may be nil.
func (l *Log) Copy(ctx context.Context, to *os.Root, size uint64, signed []byte) (Head, error) {
	have, err := l.head()
	if err != nil {
		return Head{}, err
	}
	if have.Size < size {
		return Head{}, fmt.Errorf("copy the ledger: %w: it has %d entries, not %d", ledger.ErrRefused, have.Size, size)
	}
	c := copying{to: to}
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for b := uint64(0); b*layout.EntryBundleWidth < size; b++ {
		entries, err := l.entries(ctx, b, have.Size)
		if err != nil {
			return Head{}, fmt.Errorf("copy the ledger: %w", err)
		}
		entries = entries[:width(layout.PartialTileSize(0, b, size))]
		for _, e := range entries {
			h := leafHash(e)
			if err := r.Append(h[:], nil); err != nil {
				return Head{}, fmt.Errorf("copy the ledger: %w", err)
			}
		}
		c.put(logFolder+"/"+layout.EntriesPath(b, layout.PartialTileSize(0, b, size)), bundle(entries))
	}
	for level, n := uint64(0), size; n > 0; level, n = level+1, n/layout.TileWidth {
		for index := uint64(0); index*layout.TileWidth < n; index++ {
			if err := ctx.Err(); err != nil {
				return Head{}, err
			}
			p := layout.PartialTileSize(level, index, size)
			tile, err := l.readTile(ctx, level, index, layout.PartialTileSize(level, index, have.Size))
			if err == nil && len(tile) < width(p)*ledger.HashSize {
				err = errors.New("it is too short")
			}
			if err != nil {
				return Head{}, fmt.Errorf("copy the ledger: %s: %w", layout.TilePath(level, index, p), err)
			}
			c.put(logFolder+"/"+layout.TilePath(level, index, p), tile[:width(p)*ledger.HashSize])
		}
	}
	h := Head{Size: size, Root: ledger.Hash(rfc6962.DefaultHasher.EmptyRoot())}
	if size > 0 {
		root, err := r.GetRootHash(nil)
		if err != nil {
			return Head{}, fmt.Errorf("copy the ledger: %w", err)
		}
		h.Root = ledger.Hash(root)
	}
	state, err := json.Marshal(signedFile{h.Size, h.Root[:]})
	if err != nil {
		return Head{}, err
	}
	c.put(logFolder+"/"+stateFile, state)
	if signed != nil {
		c.put(logFolder+"/"+checkpoint, signed)
	}
	version, err := os.ReadFile(filepath.Join(l.path, ".state/version"))
	if err != nil {
		return Head{}, fmt.Errorf("copy the ledger: %w", err)
	}
	c.put(logFolder+"/.state/version", version)
	if err := l.copyKeys(&c); err != nil {
		return Head{}, fmt.Errorf("copy the ledger: %w", err)
	}
	if c.err != nil {
		return Head{}, fmt.Errorf("copy the ledger: %w", full(c.err))
	}
	return h, nil
}

// copyKeys copies the keys, and what is kept of successions.
func (l *Log) copyKeys(c *copying) error {
	read := func() (map[string][]byte, error) {
		out := map[string][]byte{}
		all, err := os.ReadDir(l.cfg.Dir)
		for _, f := range all {
			name := f.Name()
			if known := slices.Contains([]string{keyFile, vkeyFile, nextKeyFile, namesFile, handoverFile, formerFile}, name); !known && !numbered(name) {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(l.cfg.Dir, name))
			if err != nil {
				return nil, err
			}
			out[name] = raw
		}
		return out, err
	}
	files, err := read()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c.put(name, files[name])
	}
	// Half of a succession could not be opened.
	if again, err := read(); err != nil || !maps.EqualFunc(files, again, bytes.Equal) {
		return errors.Join(errors.New("its keys changed meanwhile: make the copy again"), err)
	}
	return nil
}

// numbered reports whether a file is what both keys of a succession signed.
func numbered(name string) bool {
	var n int
	_, err := fmt.Sscanf(name, successionNote, &n)
	return err == nil && fmt.Sprintf(successionNote, n) == name
}

// copying writes files durably until one fails.
type copying struct {
	to  *os.Root
	err error
}

func (c *copying) put(name string, content []byte) {
	if c.err != nil {
		return
	}
	if c.err = c.to.MkdirAll(filepath.Dir(name), 0o700); c.err != nil {
		return
	}
	f, err := c.to.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		c.err = err
		return
	}
	_, err = f.Write(content)
	c.err = errors.Join(err, f.Sync(), f.Close())
}

func width(p uint8) int {
	if p == 0 {
		return layout.TileWidth
	}
	return int(p)
}
