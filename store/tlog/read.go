package tlog

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"

	"atalaya/ledger"
	"atalaya/store"
)

// readTile reads a tile, partial where p is not 0; once it is full the partial
// ones go.
func (l *Log) readTile(_ context.Context, level, index uint64, p uint8) ([]byte, error) {
	return l.readPartial(p, func(p uint8) string { return layout.TilePath(level, index, p) })
}

func (l *Log) readBundle(_ context.Context, index uint64, p uint8) ([]byte, error) {
	return l.readPartial(p, func(p uint8) string { return layout.EntriesPath(index, p) })
}

func (l *Log) readPartial(p uint8, name func(uint8) string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(l.path, name(p)))
	if p > 0 && errors.Is(err, fs.ErrNotExist) {
		b, err = os.ReadFile(filepath.Join(l.path, name(0)))
	}
	if p > 0 && errors.Is(err, fs.ErrNotExist) {
		// A copy has only the newest, which begins with all that were before.
		all, _ := os.ReadDir(filepath.Join(l.path, name(0)+".p")) // none: the error above says so
		least := 0
		for _, f := range all {
			if n, bad := strconv.Atoi(f.Name()); bad == nil && n >= int(p) && (least == 0 || n < least) {
				least = n
			}
		}
		if least > 0 {
			b, err = os.ReadFile(filepath.Join(l.path, name(0)+".p", strconv.Itoa(least)))
		}
	}
	return b, err
}

// entries reads the entries of a bundle, n of them at most.
func (l *Log) entries(ctx context.Context, index, size uint64) ([][]byte, error) {
	p := layout.PartialTileSize(0, index, size)
	raw, err := l.readBundle(ctx, index, p)
	if err != nil {
		return nil, err
	}
	var b api.EntryBundle
	if err := b.UnmarshalText(raw); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", store.ErrDamaged, layout.EntriesPath(index, p), err)
	}
	n := uint64(layout.EntryBundleWidth)
	if p > 0 {
		n = uint64(p)
	}
	if uint64(len(b.Entries)) < n {
		return nil, fmt.Errorf("%w: %s has %d entries, not %d", store.ErrDamaged, layout.EntriesPath(index, p), len(b.Entries), n)
	}
	return b.Entries[:n], nil
}

// Entry gives the entry at index.
func (l *Log) Entry(ctx context.Context, index uint64) (ledger.Hash, error) {
	size, err := l.Size(ctx)
	if err != nil {
		return ledger.Hash{}, err
	}
	if index >= size {
		return ledger.Hash{}, fmt.Errorf("entry %d: %w: the ledger has %d", index, store.ErrNotFound, size)
	}
	all, err := l.entries(ctx, index/layout.EntryBundleWidth, size)
	if err != nil {
		return ledger.Hash{}, fmt.Errorf("entry %d: %w", index, err)
	}
	e := all[index%layout.EntryBundleWidth]
	if len(e) != ledger.HashSize {
		return ledger.Hash{}, fmt.Errorf("entry %d: %w: it has %d bytes", index, store.ErrDamaged, len(e))
	}
	return ledger.Hash(e), nil
}

// Find implements ledger.Storage.
func (l *Log) Find(ctx context.Context, from uint64, entries []ledger.Hash) (map[ledger.Hash]uint64, error) {
	size, err := l.Size(ctx)
	if err != nil {
		return nil, err
	}
	wanted := make(map[ledger.Hash]bool, len(entries))
	for _, e := range entries {
		wanted[e] = true
	}
	found := map[ledger.Hash]uint64{}
	for b := from / layout.EntryBundleWidth; b*layout.EntryBundleWidth < size; b++ {
		all, err := l.entries(ctx, b, size)
		if err != nil {
			return nil, fmt.Errorf("look for entries: %w", err)
		}
		for i, e := range all {
			if at := b*layout.EntryBundleWidth + uint64(i); at >= from && len(e) == ledger.HashSize && wanted[ledger.Hash(e)] { //nolint:gosec // below 256
				found[ledger.Hash(e)] = at
			}
		}
	}
	return found, nil
}

// Prove implements ledger.Storage.
func (l *Log) Prove(ctx context.Context, index uint64) ([]byte, error) {
	raw, h, err := l.shown(index + 1)
	if err != nil {
		return nil, err
	}
	return l.proveUnder(ctx, index, raw, h)
}

// proveUnder proves an entry under a checkpoint.
func (l *Log) proveUnder(ctx context.Context, index uint64, raw []byte, h Head) ([]byte, error) {
	if index >= h.Size {
		return nil, fmt.Errorf("entry %d: %w: it covers %d", index, ledger.ErrNotSigned, h.Size)
	}
	pb, err := client.NewProofBuilder(ctx, h.Size, l.readTile)
	if err != nil {
		return nil, fmt.Errorf("prove entry %d: %w", index, err)
	}
	p, err := pb.InclusionProof(ctx, index)
	if err != nil {
		return nil, fmt.Errorf("prove entry %d: %w", index, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "c2sp.org/tlog-proof@v1\nindex %d\n", index)
	for _, n := range p {
		b.WriteString(base64.StdEncoding.EncodeToString(n) + "\n")
	}
	return []byte(b.String() + "\n" + string(raw)), nil
}

// Export puts the log up to the checkpoint that is shown somewhere, file by file: the
// checkpoint, and the tiles and entry bundles of its tree.
func (l *Log) Export(ctx context.Context, put func(name string, content []byte) error) (Head, error) {
	raw, h, err := l.shown(0)
	if err != nil {
		return Head{}, err
	}
	for level, n := uint64(0), h.Size; n > 0; level, n = level+1, n/layout.TileWidth {
		for index := uint64(0); index*layout.TileWidth < n; index++ {
			if err := ctx.Err(); err != nil {
				return Head{}, err
			}
			p := layout.PartialTileSize(level, index, h.Size)
			tile, err := l.readTile(ctx, level, index, p)
			if err != nil {
				return Head{}, fmt.Errorf("export: %w", err)
			}
			if len(tile) < width(p)*ledger.HashSize {
				return Head{}, fmt.Errorf("export: %w: %s is too short", store.ErrDamaged, layout.TilePath(level, index, p))
			}
			if err := put(layout.TilePath(level, index, p), tile[:width(p)*ledger.HashSize]); err != nil {
				return Head{}, fmt.Errorf("export: %w", err)
			}
			if level > 0 {
				continue
			}
			entries, err := l.entries(ctx, index, h.Size)
			if err != nil {
				return Head{}, fmt.Errorf("export: %w", err)
			}
			if err := put(layout.EntriesPath(index, p), bundle(entries)); err != nil {
				return Head{}, fmt.Errorf("export: %w", err)
			}
		}
	}
	if err := put(checkpoint, raw); err != nil {
		return Head{}, fmt.Errorf("export: %w", err)
	}
	return h, nil
}

// bundle writes entries as an entry bundle: each after its length in two bytes.
func bundle(entries [][]byte) []byte {
	var out []byte
	for _, e := range entries {
		out = append(out, byte(len(e)>>8), byte(len(e))) //nolint:gosec // the format's limit is 65535
		out = append(out, e...)
	}
	return out
}

// leafHash is RFC 6962's.
func leafHash(entry []byte) ledger.Hash { return ledger.Hash(rfc6962.DefaultHasher.HashLeaf(entry)) }

// Origin gives the log's name.
func (l *Log) Origin() string {
	name, _, _ := strings.Cut(l.vkey, "+")
	return name
}

// Root gives the root of the log's first size entries (RFC 6962).
func (l *Log) Root(ctx context.Context, size uint64) (ledger.Hash, error) {
	have, err := l.Size(ctx)
	if err != nil {
		return ledger.Hash{}, err
	}
	if size > have {
		return ledger.Hash{}, fmt.Errorf("%w: a root of %d entries: the ledger has %d", store.ErrNotFound, size, have)
	}
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for at := uint64(0); at < size; at += layout.EntryBundleWidth {
		all, err := l.entries(ctx, at/layout.EntryBundleWidth, have)
		if err != nil {
			return ledger.Hash{}, fmt.Errorf("root of %d entries: %w", size, err)
		}
		for _, e := range all[:min(uint64(len(all)), size-at)] {
			if err := r.Append(rfc6962.DefaultHasher.HashLeaf(e), nil); err != nil {
				return ledger.Hash{}, fmt.Errorf("root of %d entries: %w", size, err)
			}
		}
	}
	root, err := r.GetRootHash(nil)
	if err != nil {
		return ledger.Hash{}, fmt.Errorf("root of %d entries: %w", size, err)
	}
	return ledger.Hash(root), nil
}
