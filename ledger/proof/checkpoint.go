package proof

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 hash.
type Hash = tlog.Hash

// maxSize is the largest number that both this package and a browser count
// exactly. No log comes near it.
const maxSize = 1<<53 - 1

// Keys are what an overseer trusts beforehand.
type Keys struct {
	// Log holds the keys of the log; one of them must have signed. There are
	// several after a succession, when old exports must still verify.
	Log []note.Verifier
	// Witnesses are those whose cosignatures count; a bad one is a finding.
	Witnesses []note.Verifier
	// Quorum is how many witnesses must have cosigned.
	Quorum int
	// Rule says which of them must have, besides; nil: any.
	Rule *Rule
	// former are those of the log's that were passed on.
	former []passed
}

// ParseLogKey reads the verifier key of a log (signed-note, algorithm 1).
func ParseLogKey(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("key of a log %q: %w", vkey, err)
	}
	return v, nil
}

// ParseWitnessKey reads the verifier key of a witness (tlog-cosignature,
// algorithm 4).
func ParseWitnessKey(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, key64, _ := strings.Cut(rest, "+")
	raw, err := parseBase64(key64)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != algCosignature || name == "" || strings.ContainsAny(name, " \n\t") {
		return nil, fmt.Errorf("key of a witness %q is not name+hash+base64 of algorithm 4", vkey)
	}
	w := witness{name: name, hash: keyHash(name, raw), key: raw[1:]}
	if id != fmt.Sprintf("%08x", w.hash) {
		return nil, fmt.Errorf("witness key %q: its hash should be %08x", vkey, w.hash)
	}
	return w, nil
}

// algCosignature is cosignature/v1 with Ed25519; package note knows only 1.
const algCosignature = 4

func keyHash(name string, key []byte) uint32 {
	h := sha256.Sum256(slices.Concat([]byte(name), []byte("\n"), key))
	return binary.BigEndian.Uint32(h[:])
}

// witness verifies cosignatures: a time and a signature over it and the note.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }

func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	if at > 1<<63-1 {
		return false
	}
	signed := fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, msg)
	return ed25519.Verify(w.key, signed, sig[8:])
}

// Checkpoint is a signed tree head.
type Checkpoint struct {
	Origin   string
	Size     int64
	Root     Hash
	Signed   string // the name of the log's key
	Cosigned []Cosignature
}

// Cosignature says that a witness saw this head, and none larger, at a time.
type Cosignature struct {
	Witness string
	At      time.Time
}

// errSignature marks a checkpoint that is not signed as the keys demand; any
// other error of OpenCheckpoint says that its text is malformed.
var errSignature = errors.New("not signed as it must be")

// OpenCheckpoint reads a checkpoint and checks its signatures.
func OpenCheckpoint(msg []byte, keys Keys) (Checkpoint, error) {
	n, err := note.Open(msg, note.VerifierList(slices.Concat(keys.Log, keys.Witnesses)...))
	var invalid *note.InvalidSignatureError
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &invalid):
		return Checkpoint{}, fmt.Errorf("the signature of %s is false: %w", invalid.Name, errSignature)
	case errors.As(err, &unverified):
		return Checkpoint{}, fmt.Errorf("no given key signed it: %w", errSignature)
	case err != nil:
		return Checkpoint{}, fmt.Errorf("it is no signed note (%w): %w", err, errSignature)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	over := false
	for _, s := range n.Sigs {
		is := func(v note.Verifier) bool { return v.Name() == s.Name && v.KeyHash() == s.Hash }
		if i := slices.IndexFunc(keys.Log, is); i >= 0 {
			if keys.over(keys.Log[i], c.Size) {
				over = true
			} else {
				c.Signed = s.Name
			}
			continue
		}
		if slices.ContainsFunc(keys.Witnesses, is) {
			raw, _ := base64.StdEncoding.DecodeString(s.Base64)
			at := binary.BigEndian.Uint64(raw[4:])
			c.Cosigned = append(c.Cosigned, Cosignature{s.Name, time.Unix(int64(min(at, 1<<40)), 0).UTC()}) //nolint:gosec // bounded
		}
	}
	if c.Signed == "" && over {
		return Checkpoint{}, fmt.Errorf("the key that signed it had been passed on: %w", errSignature)
	}
	if c.Signed == "" {
		return Checkpoint{}, fmt.Errorf("witnesses signed it, the log did not: %w", errSignature)
	}
	if c.Signed != c.Origin {
		return Checkpoint{}, fmt.Errorf("its origin %q is not the key's name %q: %w", c.Origin, c.Signed, errSignature)
	}
	if len(c.Cosigned) < keys.Quorum {
		return Checkpoint{}, fmt.Errorf("%d of the given witnesses cosigned it, not %d: %w", len(c.Cosigned), keys.Quorum, errSignature)
	}
	if !keys.Rule.holds(n.Sigs) {
		return Checkpoint{}, fmt.Errorf("%d of the policy's witnesses cosigned it, and that is no quorum: %w", len(c.Cosigned), errSignature)
	}
	return c, nil
}

// parseCheckpoint reads the text of a checkpoint: origin, size, root hash, and
// extension lines that nobody needs to understand.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" || slices.Contains(lines[:len(lines)-1], "") {
		return Checkpoint{}, errors.New("a checkpoint has three lines or more, none of them empty")
	}
	size, err := parseCount(lines[1])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("tree size: %w", err)
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("root hash: %w", err)
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// parseCount reads a decimal without sign or leading zeros.
func parseCount(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > maxSize || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.40q is not a plain decimal", s)
	}
	return n, nil
}

// parseHash reads the one base64 form of a hash.
func parseHash(s string) (Hash, error) {
	raw, err := parseBase64(s)
	if err != nil || len(raw) != sha256.Size {
		return Hash{}, fmt.Errorf("%.60q is not the base64 of a hash", s)
	}
	return Hash(raw), nil
}

// parseBase64 accepts the canonical form only, so that no two texts mean one
// value.
func parseBase64(s string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != s {
		return nil, fmt.Errorf("%.60q is not canonical base64", s)
	}
	return raw, nil
}
