package witness

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// algCosignature is cosignature/v1 with Ed25519 (C2SP tlog-cosignature); package
// note knows algorithm 1 only.
const algCosignature = 4

// maxTime is the latest time that a cosignature may have, in seconds.
const maxTime = 1<<63 - 1

// Cosigner verifies the cosignatures of a witness. It is a note.Verifier.
type Cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// ParseCosigner reads a witness's verifier key.
func ParseCosigner(vkey string) (*Cosigner, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, key64, _ := strings.Cut(rest, "+")
	raw, err := canonical(key64)
	switch {
	case err != nil || len(raw) == 0 || !goodName(name):
		return nil, fmt.Errorf("key of a witness %q: it is not name+hash+base64", vkey)
	case raw[0] != algCosignature || len(raw) != 1+ed25519.PublicKeySize:
		return nil, fmt.Errorf("key of a witness %q: it is not of algorithm %d, cosignatures with Ed25519", vkey, algCosignature)
	}
	c := newCosigner(name, raw[1:])
	if id != fmt.Sprintf("%08x", c.hash) {
		return nil, fmt.Errorf("key of a witness %q: its hash should be %08x", vkey, c.hash)
	}
	return c, nil
}

func newCosigner(name string, key ed25519.PublicKey) *Cosigner {
	h := sha256.Sum256(append([]byte(name+"\n"+string(rune(algCosignature))), key...))
	return &Cosigner{name, binary.BigEndian.Uint32(h[:]), key}
}

// Name implements note.Verifier.
func (c *Cosigner) Name() string { return c.name }

// KeyHash implements note.Verifier.
func (c *Cosigner) KeyHash() uint32 { return c.hash }

// Verify implements note.Verifier.
func (c *Cosigner) Verify(text, sig []byte) bool {
	if len(sig) != timeSize+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at <= maxTime && ed25519.Verify(c.key, cosigned(text, at), sig[timeSize:])
}

// String is the verifier key.
func (c *Cosigner) String() string {
	return fmt.Sprintf("%s+%08x+%s", c.name, c.hash, base64.StdEncoding.EncodeToString(append([]byte{algCosignature}, c.key...)))
}

// timeSize is the size of the time before a cosignature's Ed25519 signature.
const timeSize = 8

// cosigned is what a witness signs.
func cosigned(text []byte, at uint64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text)
}

// cosignedAt gives the time of a cosignature that was verified.
func cosignedAt(s note.Signature) time.Time {
	const idSize = 4
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) < idSize+timeSize {
		return time.Time{}
	}
	return time.Unix(int64(min(binary.BigEndian.Uint64(raw[idSize:]), 1<<40)), 0).UTC() //nolint:gosec // bounded
}

// Key is a witness's own key.
type Key struct {
	*Cosigner
	seed []byte
}

// secretPrefix is before a key as package note writes it.
const secretPrefix = "PRIVATE+KEY+"

// NewKey makes a key of a name and a seed of ed25519.SeedSize random bytes.
func NewKey(name string, seed []byte) (Key, error) {
	if !goodName(name) {
		return Key{}, fmt.Errorf("a witness cannot be called %q: use a name like example.org/witness, without blanks and without +", name)
	}
	if len(seed) != ed25519.SeedSize {
		return Key{}, fmt.Errorf("a witness's key is made of %d random bytes", ed25519.SeedSize)
	}
	public, ok := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	if !ok {
		return Key{}, errors.New("no Ed25519 key")
	}
	return Key{newCosigner(name, public), seed}, nil
}

// ParseKey reads a key as Secret writes it.
func ParseKey(secret string) (Key, error) {
	bad := errors.New("the file does not hold a witness's key")
	rest, ok := strings.CutPrefix(secret, secretPrefix)
	name, rest, _ := strings.Cut(rest, "+")
	id, key64, _ := strings.Cut(rest, "+")
	raw, err := canonical(key64)
	if !ok || err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != algCosignature {
		return Key{}, bad
	}
	k, err := NewKey(name, raw[1:])
	if err != nil || id != fmt.Sprintf("%08x", k.hash) {
		return Key{}, bad
	}
	return k, nil
}

// Secret is the key as it is kept.
func (k Key) Secret() string {
	return fmt.Sprintf("%s%s+%08x+%s", secretPrefix, k.name, k.hash, base64.StdEncoding.EncodeToString(append([]byte{algCosignature}, k.seed...)))
}

// cosign gives the signature line over a checkpoint's text.
func (k Key) cosign(text []byte, at time.Time) string {
	b := binary.BigEndian.AppendUint32(nil, k.hash)
	sec := uint64(max(at.Unix(), 0)) //nolint:gosec // not negative
	b = binary.BigEndian.AppendUint64(b, sec)
	b = append(b, ed25519.Sign(ed25519.NewKeyFromSeed(k.seed), cosigned(text, sec))...)
	return fmt.Sprintf("— %s %s\n", k.name, base64.StdEncoding.EncodeToString(b))
}

// goodName reports whether a key may have a name (C2SP signed-note).
func goodName(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsSpace) && !strings.Contains(s, "+")
}

// canonical reads base64 in its one form.
func canonical(s string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != s {
		return nil, errors.New("no canonical base64")
	}
	return raw, nil
}
