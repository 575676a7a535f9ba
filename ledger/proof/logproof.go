package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// LogProof is a proof in the format c2sp.org/tlog-proof: an entry's place, the
// hashes from it to the root, and the checkpoint with that root.
type LogProof struct {
	Extra      []byte // not authenticated; nil where there is none
	Index      int64
	Path       []Hash
	Checkpoint string
}

const proofHeader = "c2sp.org/tlog-proof@v1"

// maxPath bounds a path: a tree of 2^63 leaves has no more.
const maxPath = 63

// ParseLogProof reads a proof and checks nothing but its form.
func ParseLogProof(text string) (LogProof, error) {
	head, checkpoint, ok := strings.Cut(text, "\n\n")
	if !ok {
		return LogProof{}, errors.New("a log proof has an empty line before its checkpoint")
	}
	lines := strings.Split(head, "\n")
	if lines[0] != proofHeader {
		return LogProof{}, fmt.Errorf("a log proof begins with %q", proofHeader)
	}
	lines = lines[1:]
	p := LogProof{Checkpoint: checkpoint}
	if len(lines) > 0 {
		if extra, ok := strings.CutPrefix(lines[0], "extra "); ok {
			var err error
			if p.Extra, err = parseBase64(extra); err != nil {
				return LogProof{}, fmt.Errorf("extra data: %w", err)
			}
			lines = lines[1:]
		}
	}
	if len(lines) == 0 {
		return LogProof{}, errors.New("a log proof has an index")
	}
	index, ok := strings.CutPrefix(lines[0], "index ")
	if !ok {
		return LogProof{}, errors.New("a log proof has an index")
	}
	var err error
	if p.Index, err = parseCount(index); err != nil {
		return LogProof{}, fmt.Errorf("index: %w", err)
	}
	if len(lines)-1 > maxPath {
		return LogProof{}, fmt.Errorf("a log proof has at most %d hashes", maxPath)
	}
	for i, l := range lines[1:] {
		h, err := parseHash(l)
		if err != nil {
			return LogProof{}, fmt.Errorf("hash %d: %w", i, err)
		}
		p.Path = append(p.Path, h)
	}
	return p, nil
}

// String is the proof as it is exchanged.
func (p LogProof) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, proofHeader)
	if p.Extra != nil {
		fmt.Fprintln(&b, "extra", base64.StdEncoding.EncodeToString(p.Extra))
	}
	fmt.Fprintln(&b, "index", p.Index)
	for _, h := range p.Path {
		fmt.Fprintln(&b, h)
	}
	fmt.Fprintf(&b, "\n%s", p.Checkpoint)
	return b.String()
}

// CheckInclusion checks that an entry stands at an index of the tree with a
// checkpoint's size and root (RFC 6962, 2.1.1).
func CheckInclusion(path []Hash, c Checkpoint, index int64, entry []byte) error {
	if index < 0 || index >= c.Size {
		return fmt.Errorf("entry %d is not in a log of %d", index, c.Size)
	}
	if err := tlog.CheckRecord(path, c.Size, c.Root, index, tlog.RecordHash(entry)); err != nil {
		return errors.New("the path does not lead from the entry to the root")
	}
	return nil
}

// CheckConsistency checks that the newer tree begins with the older one
// (RFC 6962, 2.1.2). Of the empty tree every tree is a continuation.
func CheckConsistency(path []Hash, older, newer Checkpoint) error {
	switch {
	case older.Size > newer.Size:
		return fmt.Errorf("the older log has %d entries, the newer %d", older.Size, newer.Size)
	case older.Size == 0:
		if len(path) != 0 {
			return errors.New("the proof from an empty log is empty")
		}
		if older.Root != emptyRoot() {
			return errors.New("the older log is empty and its root is not that of an empty log")
		}
		return nil
	}
	if err := tlog.CheckTree(path, newer.Size, newer.Root, older.Size, older.Root); err != nil {
		return errors.New("the path does not lead from the older root to the newer one")
	}
	return nil
}

// emptyRoot is the hash of no bytes (RFC 6962, 2.1).
func emptyRoot() Hash { return sha256.Sum256(nil) }
