package tlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"

	"atalaya/ledger"
)

// How a scrub goes:
//
//  1. Every bundle of the tree is read, and with it the hashes of its entries in
//     the tile above. Where the two differ, the one that fits the subtree's hash
//     one level up is right, or, at the right edge of the tree, the one that
//     fits the root that was signed or that the writer goes on from.
//  2. From the right hashes all tiles are made anew, and every file in the
//     folder is compared with what it must hold, also the partial ones that
//     nobody needs any more.
//  3. The checkpoint's signature and root, and the writer's state, are compared
//     with the tree.

// Damage is a file of the log that is not as it must be.
type Damage struct {
	File string `json:"file"` // below the log's folder
	Why  string `json:"why"`
}

// Scrubbed is what a scrub found.
type Scrubbed struct {
	Entries uint64   `json:"entries"`
	Files   int      `json:"files"`
	Bytes   int64    `json:"bytes"`
	Damage  []Damage `json:"damage"`
}

// Scrub reads every file of the log. It may run while the log is written: what
// comes after it began is left out.
func (l *Log) Scrub(ctx context.Context) (Scrubbed, error) {
	s := &scrub{log: l, ctx: ctx, dirty: map[string]string{}}
	state, stateErr := l.head()
	raw, signed, signedErr := l.Signed()
	switch {
	case stateErr == nil:
		s.size = state.Size
	case signedErr == nil:
		s.size = signed.Size
	default:
		return Scrubbed{}, errors.Join(stateErr, signedErr)
	}
	// A state that was damaged may claim entries that are not there.
	if n := l.present(); s.size > n {
		s.blame(stateFile, fmt.Sprintf("it says that there are %d entries, and there are %d", s.size, n))
		s.size = n
	}
	if err := s.leaves(); err != nil {
		return Scrubbed{}, err
	}
	if err := s.files(); err != nil {
		return Scrubbed{}, err
	}
	switch {
	case stateErr != nil:
		s.blame(stateFile, stateErr.Error())
	case state.Size == s.size && state.Root != s.root(s.size):
		s.blame(stateFile, "its root is not that of the entries")
	}
	switch {
	case errors.Is(signedErr, ledger.ErrNotSigned) && s.size == 0:
	case signedErr != nil:
		s.blame(checkpoint, signedErr.Error())
	case signed.Size > s.size:
		s.blame(stateFile, fmt.Sprintf("it says that there are %d entries, and %d were signed", s.size, signed.Size))
	case signed.Root != s.root(signed.Size):
		s.blame(checkpoint, "the entries are not those that were signed")
	}
	s.bytes += int64(len(raw))
	out := Scrubbed{Entries: s.size, Files: s.read, Bytes: s.bytes, Damage: []Damage{}}
	for file, why := range s.dirty {
		out.Damage = append(out.Damage, Damage{file, why})
	}
	slices.SortFunc(out.Damage, func(a, b Damage) int { return strings.Compare(a.File, b.File) })
	return out, nil
}

type scrub struct {
	log    *Log
	ctx    context.Context //nolint:containedctx // lives as long as one Scrub
	size   uint64
	hashes []ledger.Hash // of the leaves
	dirty  map[string]string
	read   int
	bytes  int64
}

func (s *scrub) blame(file, why string) {
	if s.dirty[file] == "" {
		s.dirty[file] = why
	}
}

// leaves finds out the hash of every entry.
func (s *scrub) leaves() error {
	l := s.log
	s.hashes = make([]ledger.Hash, s.size)
	for b := uint64(0); b*layout.EntryBundleWidth < s.size; b++ {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		p := layout.PartialTileSize(0, b, s.size)
		from := b * layout.EntryBundleWidth
		to := min(from+layout.EntryBundleWidth, s.size)
		entries, bundleErr := l.entries(s.ctx, b, s.size)
		tile, tileErr := l.readTile(s.ctx, 0, b, p)
		if tileErr == nil && uint64(len(tile)) < (to-from)*ledger.HashSize {
			tileErr = errors.New("too short")
		}
		var above []ledger.Hash
		if tileErr == nil {
			for i := range to - from {
				above = append(above, ledger.Hash(tile[i*ledger.HashSize:]))
			}
		}
		below := make([]ledger.Hash, 0, to-from)
		for _, e := range entries {
			below = append(below, leafHash(e))
		}
		right := below
		switch {
		case bundleErr != nil && tileErr != nil:
			return fmt.Errorf("entries %d to %d: %w", from, to-1, errors.Join(bundleErr, tileErr))
		case bundleErr != nil:
			right = above
		case tileErr != nil, slices.Equal(above, below):
		case s.fits(b, from, below):
		case s.fits(b, from, above):
			right = above
		}
		copy(s.hashes[from:], right)
	}
	return nil
}

// fits reports whether the hashes of the entries from from on have the hash
// that stands above them in the tree.
func (s *scrub) fits(b, from uint64, leaves []ledger.Hash) bool {
	l := s.log
	if len(leaves) == layout.TileWidth {
		p := layout.PartialTileSize(1, b/layout.TileWidth, s.size)
		tile, err := l.readTile(s.ctx, 1, b/layout.TileWidth, p)
		at := (b % layout.TileWidth) * ledger.HashSize
		if err == nil && uint64(len(tile)) >= at+ledger.HashSize && ledger.Hash(tile[at:]) == rootOf(leaves) {
			return true
		}
	}
	// At the edge: all leaves before were found already.
	if from+uint64(len(leaves)) != s.size {
		return false
	}
	copy(s.hashes[from:], leaves)
	if h, err := l.head(); err == nil && h.Size == s.size && h.Root == s.root(s.size) {
		return true
	}
	_, h, err := l.Signed()
	return err == nil && h.Size > from && h.Size <= s.size && h.Root == s.root(h.Size)
}

// root gives the root of the first n entries.
func (s *scrub) root(n uint64) ledger.Hash { return rootOf(s.hashes[:n]) }

func rootOf(leaves []ledger.Hash) ledger.Hash {
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for i := range leaves {
		if err := r.Append(leaves[i][:], nil); err != nil { // only ranges that do not touch fail
			return ledger.Hash{}
		}
	}
	root, err := r.GetRootHash(nil)
	if err != nil || len(leaves) == 0 {
		return ledger.Hash(rfc6962.DefaultHasher.EmptyRoot())
	}
	return ledger.Hash(root)
}

// files compares every file with what it must hold.
func (s *scrub) files() error {
	levels := [][]ledger.Hash{s.hashes}
	for len(levels[len(levels)-1]) >= layout.TileWidth {
		below := levels[len(levels)-1]
		var next []ledger.Hash
		for i := 0; i+layout.TileWidth <= len(below); i += layout.TileWidth {
			next = append(next, rootOf(below[i:i+layout.TileWidth]))
		}
		levels = append(levels, next)
	}
	seen := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(s.log.path, "tile"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // partial ones go when a tile is full
		}
		if err != nil || d.IsDir() {
			return err
		}
		if err := s.ctx.Err(); err != nil {
			return err
		}
		name, err := filepath.Rel(s.log.path, path)
		if err != nil {
			return err
		}
		seen[name] = true
		return s.file(levels, name)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("scrub: %w", err)
	}
	for level, hashes := range levels {
		for index := uint64(0); index*layout.TileWidth < uint64(len(hashes)); index++ {
			p := layout.PartialTileSize(uint64(level), index, s.size)                                         //nolint:gosec // few
			s.needs(seen, layout.TilePath(uint64(level), index, p), layout.TilePath(uint64(level), index, 0)) //nolint:gosec // few
			if level == 0 {
				s.needs(seen, layout.EntriesPath(index, p), layout.EntriesPath(index, 0))
			}
		}
	}
	return nil
}

// needs complains of a file that is not there, whole or in part.
func (s *scrub) needs(seen map[string]bool, part, whole string) {
	if seen[part] || seen[whole] {
		return
	}
	for _, name := range []string{part, whole} { // it may have come since
		if _, err := os.Stat(filepath.Join(s.log.path, name)); err == nil {
			return
		}
	}
	s.blame(part, "it is missing")
}

// file compares one file.
func (s *scrub) file(levels [][]ledger.Hash, name string) error {
	kind, index, ok := strings.Cut(strings.TrimPrefix(filepath.ToSlash(name), "tile/"), "/")
	if !ok {
		return nil
	}
	of := uint64(0)
	if kind != "entries" {
		level, err := layout.ParseTileLevel(kind)
		if err != nil {
			return nil //nolint:nilerr // not one of the log's
		}
		of = level
	}
	n, p, err := layout.ParseTileIndexPartial(index)
	if err != nil || of >= uint64(len(levels)) {
		return nil //nolint:nilerr // a draft that a kill left, or newer than the scrub
	}
	from, width := n*layout.TileWidth, uint64(layout.TileWidth)
	if p > 0 {
		width = uint64(p)
	}
	if from+width > uint64(len(levels[of])) {
		return nil // newer than the scrub, or left by a kill
	}
	got, err := os.ReadFile(filepath.Join(s.log.path, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		s.blame(name, err.Error())
		return nil
	}
	s.read++
	s.bytes += int64(len(got))
	var same bool
	if kind == "entries" {
		same = holds(got, s.hashes[from:from+width])
	} else {
		var want []byte
		for _, h := range levels[of][from : from+width] {
			want = append(want, h[:]...)
		}
		same = bytes.Equal(got, want)
	}
	if !same {
		s.blame(name, "it is not what the tree is made of")
	}
	return nil
}

// holds reports whether a bundle has the entries with these leaf hashes.
func holds(bundle []byte, leaves []ledger.Hash) bool {
	const each = 2 + ledger.HashSize
	if len(bundle) != each*len(leaves) {
		return false
	}
	for i := range leaves {
		e := bundle[each*i:][:each]
		if e[0] != 0 || e[1] != ledger.HashSize || leafHash(e[2:]) != leaves[i] {
			return false
		}
	}
	return true
}

// present gives how many entries the bundles hold, from the first on.
func (l *Log) present() uint64 {
	var n uint64
	for b := uint64(0); ; b++ {
		if i, err := os.Stat(filepath.Join(l.path, layout.EntriesPath(b, 0))); err == nil && !i.IsDir() {
			n = (b + 1) * layout.EntryBundleWidth
			continue
		}
		parts, err := os.ReadDir(filepath.Join(l.path, layout.EntriesPath(b, 0)+".p"))
		if err != nil {
			return n
		}
		for _, part := range parts {
			var w uint64
			if _, err := fmt.Sscanf(part.Name(), "%d", &w); err == nil && w < layout.EntryBundleWidth {
				n = max(n, b*layout.EntryBundleWidth+w)
			}
		}
		return n
	}
}
