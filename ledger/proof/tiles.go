package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// tileWidth is how many hashes or entries a full tile holds (tlog-tiles).
const tileWidth = 256

// entrySize is the size of every entry of this log: a record's root.
const entrySize = sha256.Size

// tileName is the path of a tile or an entry bundle ("entries" for the level).
func tileName(level string, n, width int64) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	if width < tileWidth {
		s += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + s
}

// readTile reads a tile. The full tile may stand for a partial one that the
// log removed since.
func readTile(dir fs.FS, level string, n, width int64) (data []byte, name string, err error) {
	name = tileName(level, n, width)
	data, err = fs.ReadFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) && width < tileWidth {
		name = tileName(level, n, tileWidth)
		data, err = fs.ReadFile(dir, name)
	}
	if err != nil {
		return nil, tileName(level, n, width), errors.New("it is missing or cannot be read")
	}
	return data, name, nil
}

// readEntries reads all entries of a log of a size. What does not have the form
// of entries ends the reading, with a finding.
func readEntries(dir fs.FS, size int64, r *report) ([]byte, bool) {
	var all []byte // not allocated ahead: the size is not to be trusted yet
	for n := int64(0); n*tileWidth < size; n++ {
		width := min(size-n*tileWidth, tileWidth)
		data, name, err := readTile(dir, "entries", n, width)
		if err != nil {
			r.add(BadProof, name, "%v", err)
			return nil, false
		}
		for range width {
			if len(data) < 2+entrySize || binary.BigEndian.Uint16(data) != entrySize {
				r.add(BadProof, name, "it does not hold %d entries of %d bytes", width, entrySize)
				return nil, false
			}
			all = append(all, data[2:2+entrySize]...)
			data = data[2+entrySize:]
		}
	}
	return all, true
}

// entryAt is one of the entries that readEntries gave.
func entryAt(entries []byte, index int64) []byte {
	return entries[index*entrySize:][:entrySize]
}

// leaves gives the leaf hashes of the entries.
func leaves(entries []byte) []Hash {
	out := make([]Hash, len(entries)/entrySize)
	for i := range out {
		out[i] = tlog.RecordHash(entryAt(entries, int64(i)))
	}
	return out
}

// rootOf is the Merkle tree hash of leaves (RFC 6962, 2.1).
func rootOf(leaves []Hash) Hash {
	if len(leaves) == 0 {
		return emptyRoot()
	}
	level := slices.Clone(leaves)
	for len(level) > 1 {
		next := level[:0]
		for i := 0; i < len(level); i += 2 {
			if i+1 < len(level) {
				next = append(next, tlog.NodeHash(level[i], level[i+1]))
			} else {
				next = append(next, level[i])
			}
		}
		level = next
	}
	return level[0]
}

// checkTiles compares every hash tile with the hashes of the entries, so that
// a proof that somebody else makes from these tiles holds too.
func checkTiles(dir fs.FS, hashes []Hash, r *report) {
	for level := 0; len(hashes) > 0; level++ {
		var above []Hash
		for n := 0; n*tileWidth < len(hashes); n++ {
			part := hashes[n*tileWidth : min((n+1)*tileWidth, len(hashes))]
			data, name, err := readTile(dir, fmt.Sprint(level), int64(n), int64(len(part)))
			if err != nil {
				r.add(BadProof, name, "%v", err)
			} else if !holds(data, part) {
				r.add(BadProof, name, "its hashes are not those of the entries")
			}
			if len(part) == tileWidth {
				above = append(above, rootOf(part))
			}
		}
		hashes = above
	}
}

// holds says whether a tile begins with the hashes.
func holds(tile []byte, hashes []Hash) bool {
	if len(tile) < len(hashes)*sha256.Size || len(tile)%sha256.Size != 0 {
		return false
	}
	for i, h := range hashes {
		if !bytes.Equal(tile[i*sha256.Size:][:sha256.Size], h[:]) {
			return false
		}
	}
	return true
}
