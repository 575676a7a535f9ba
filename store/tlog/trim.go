package tlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/transparency-dev/tessera/api/layout"
)

// trimAll removes what the writer had begun when it ended: tiles and bundles beyond
// the entries that are in the log. Nobody was told of what is in them, and other
// entries take their places; the partial ones would stay as they are, and
// differ from the log for ever.
func (l *Log) trimAll() error {
	state, err := l.head()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was integrated yet
	}
	if err != nil {
		return err
	}
	size := state.Size
	const levels = 8 // 256^8 are all there can be
	for level := range uint64(levels) {
		paths := []func(index uint64, p uint8) string{func(i uint64, p uint8) string { return layout.TilePath(level, i, p) }}
		if level == 0 {
			paths = append(paths, layout.EntriesPath)
		}
		for _, path := range paths {
			if err := l.trimEdge(path, size); err != nil {
				return fmt.Errorf("remove what was begun: %w", err)
			}
		}
		size /= layout.TileWidth
	}
	return nil
}

// trimEdge removes the files of a level of which only size places are in the
// log. A whole tile that is all there is of the last places stays: it is written
// anew when they are full.
func (l *Log) trimEdge(path func(index uint64, p uint8) string, size uint64) error {
	for index := size / layout.TileWidth; ; index++ {
		whole := filepath.Join(l.path, path(index, 0))
		parts, err := os.ReadDir(whole + ".p")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		last := size - min(size, index*layout.TileWidth) // places of it that are in the log
		there, changed := false, false
		for _, part := range parts {
			n, err := strconv.ParseUint(part.Name(), 10, 8)
			switch {
			case err != nil: // a draft
			case n > last:
				changed = true
				if err := os.Remove(filepath.Join(whole+".p", part.Name())); err != nil {
					return err
				}
			case n == last:
				there = true
			}
		}
		if changed {
			if err := syncFolder(whole + ".p"); err != nil {
				return err
			}
		}
		_, err = os.Stat(whole)
		if err == nil && (last == 0 || there) {
			if err := errors.Join(os.Remove(whole), syncFolder(filepath.Dir(whole))); err != nil {
				return err
			}
		}
		if err != nil && len(parts) == 0 {
			return nil
		}
	}
}
