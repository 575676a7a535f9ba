package witness

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the head of a log (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// ParseCheckpoint reads the text of a checkpoint: three lines, and extension
// lines that nobody needs to understand.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" || slices.Contains(lines[:len(lines)-1], "") {
		return Checkpoint{}, errors.New("a checkpoint has three lines or more, none of them empty")
	}
	size, err := parseSize(lines[1])
	if err != nil {
		return Checkpoint{}, err
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, err
	}
	return Checkpoint{lines[0], size, root}, nil
}

// Open reads a checkpoint that one of the verifiers signed, each of a log. It
// gives the signed note with their signatures.
func Open(raw []byte, logs note.Verifiers) (Checkpoint, *note.Note, error) {
	n, err := note.Open(raw, logs)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if n.Sigs[0].Name != c.Origin {
		return Checkpoint{}, nil, fmt.Errorf("the key %s signed a checkpoint of %s", n.Sigs[0].Name, c.Origin)
	}
	return c, n, nil
}

// parseSize reads a decimal without sign or leading zeroes.
func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.40q is no size of a log", s)
	}
	return n, nil
}

func parseHash(s string) (tlog.Hash, error) {
	raw, err := canonical(s)
	if err != nil || len(raw) != tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("%.60q is not the base64 of a hash", s)
	}
	return tlog.Hash(raw), nil
}

// continues checks that the newer head continues the older one (RFC 6962, 2.1.2).
func continues(proof []tlog.Hash, older, newer Checkpoint) error {
	empty := tlog.Hash(sha256.Sum256(nil))
	switch {
	case newer.Size == 0 && newer.Root != empty:
		return errors.New("the log is empty, and its root is not that of an empty log")
	case older.Size == 0 || older.Size == newer.Size:
		if len(proof) > 0 {
			return errors.New("the proof must be empty")
		}
		return nil // equal roots are the caller's business
	}
	return tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root)
}
