// Package ledger is what the transparency ledger commits to, and how chosen
// parts of it are opened. docs/ledger-format.md is its public text.
//
// A record is a list of named fields. The log never sees them: it gets the 32
// bytes of the record's root, the top of a small Merkle tree over salted
// hashes of the fields. Who is shown a field gets its salt and a path, and can
// check that it belongs to the entry, and learns nothing of the fields beside.
// Every record has 64 places, filled up with padding, so that nobody sees how
// much it says.
//
// The package does no I/O: random bytes and the log (Storage) are handed in.
package ledger

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// Places is how many fields and paddings a record has, always.
	Places = 64
	// levels of a record's tree.
	levels = 6
	// SaltSize is the size of a place's salt, in bytes.
	SaltSize = 16
	// SecretSize is the size of what the salts of a record come from.
	SecretSize = 32
	// HashSize is the size of SHA-256.
	HashSize = sha256.Size
	// maxName is the longest name of a field.
	maxName = 255
)

// Hash is a SHA-256.
type Hash [HashSize]byte

// Phase says what a record tells of an act.
type Phase string

// Phases.
const (
	Act     Phase = "act"     // before it begins
	Outcome Phase = "outcome" // how it ended
	Single  Phase = "single"  // something without an outcome
)

// Format is the version of the records, their first field.
const Format = "1"

// Names of the fields that every record begins with, in this order.
const (
	FieldFormat = "format"
	FieldKind   = "kind"
	FieldAt     = "at"
	FieldID     = "id"
	FieldPhase  = "phase"
	// FieldOf and FieldOutcome follow in an outcome.
	FieldOf      = "of"
	FieldOutcome = "outcome"
	// FieldHour is "at" as the public sees it.
	FieldHour = "hour"
)

// ErrRecord is a record that the format does not allow.
var ErrRecord = errors.New("no record of the ledger")

// Field is one named content of a record.
type Field struct {
	Name  string `cbor:"n"`
	Value []byte `cbor:"v"`
}

// Text makes a field of text.
func Text(name, value string) Field { return Field{name, []byte(value)} }

// Head is what every record begins with.
type Head struct {
	Kind  string
	At    time.Time
	ID    string // the act's
	Phase Phase
}

// Record is what an entry commits to.
type Record struct {
	Fields []Field `cbor:"f"`
	// Secret is what the salts come from. Who has it can open everything.
	Secret [SecretSize]byte `cbor:"s"`
}

// NewRecord makes a record of the head and the fields after it. random is read
// for its secret.
func NewRecord(random io.Reader, h Head, fields ...Field) (Record, error) {
	at := h.At.UTC()
	r := Record{Fields: append([]Field{
		Text(FieldFormat, Format), Text(FieldKind, h.Kind), Text(FieldAt, at.Format(timeFormat)), Text(FieldID, h.ID), Text(FieldPhase, string(h.Phase)),
	}, fields...)}
	if _, err := io.ReadFull(random, r.Secret[:]); err != nil {
		return Record{}, fmt.Errorf("salts of a record: %w", err)
	}
	return r, r.Check()
}

const (
	timeFormat = "2006-01-02T15:04:05.000000000Z"
	hourFormat = "2006-01-02T15Z"
)

// Hour is the field that tells the public when.
func Hour(at time.Time) Field { return Text(FieldHour, at.UTC().Format(hourFormat)) }

// Check says what the format does not allow; ErrRecord.
func (r Record) Check() error {
	head := []string{FieldFormat, FieldKind, FieldAt, FieldID, FieldPhase}
	if len(r.Fields) < len(head) || len(r.Fields) > Places {
		return fmt.Errorf("%w: %d fields; %d to %d are possible", ErrRecord, len(r.Fields), len(head), Places)
	}
	seen := make(map[string]bool, len(r.Fields))
	for i, f := range r.Fields {
		switch {
		case !goodName(f.Name):
			return fmt.Errorf("%w: a field cannot be called %q", ErrRecord, f.Name)
		case i < len(head) && f.Name != head[i]:
			return fmt.Errorf("%w: field %d is %q, and must be %q", ErrRecord, i, f.Name, head[i])
		case seen[f.Name]:
			return fmt.Errorf("%w: two fields are called %q", ErrRecord, f.Name)
		case uint64(len(f.Value)) > 1<<32-1:
			return fmt.Errorf("%w: field %q is too long", ErrRecord, f.Name)
		}
		seen[f.Name] = true
	}
	switch Phase(r.Text(FieldPhase)) {
	case Act, Single:
	case Outcome:
		if !seen[FieldOf] || !seen[FieldOutcome] {
			return fmt.Errorf("%w: an outcome needs the fields %q and %q", ErrRecord, FieldOf, FieldOutcome)
		}
	default:
		return fmt.Errorf("%w: phase %q", ErrRecord, r.Text(FieldPhase))
	}
	return nil
}

// goodName reports whether name is lower-case ASCII letters, digits and hyphens
// in parts with dots between.
func goodName(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	part := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-' && part > 0:
			part++
		case c == '.' && part > 0:
			part = 0
		default:
			return false
		}
	}
	return part > 0
}

// Get gives a field's value.
func (r Record) Get(name string) ([]byte, bool) {
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Value, true
		}
	}
	return nil, false
}

// Text gives a field's value as text; empty where there is none.
func (r Record) Text(name string) string {
	v, _ := r.Get(name)
	return string(v)
}

// At gives when, of the field "at".
func (r Record) At() (time.Time, error) {
	at, err := time.Parse(timeFormat, r.Text(FieldAt))
	if err != nil {
		return at, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return at, nil
}

// salts gives the salts of all places: the first 1024 bytes of the AES-256-CTR
// key stream under the record's secret. A salt that is opened tells nothing of
// the others, and a record's content is 32 bytes longer instead of 1024.
func (r Record) salts() (out [Places * SaltSize]byte) {
	block, err := aes.NewCipher(r.Secret[:])
	if err != nil { // the secret's size is an AES key's
		return out
	}
	var iv [aes.BlockSize]byte
	cipher.NewCTR(block, iv[:]).XORKeyStream(out[:], out[:])
	return out
}

// tree gives all nodes of the record's tree: level 0 are the places, 6 the root.
func (r Record) tree() (t [levels + 1][]Hash, salts [Places * SaltSize]byte) {
	salts = r.salts()
	nodes := make([]Hash, 2*Places)
	for l, at := 0, 0; l <= levels; l++ {
		t[l] = nodes[at : at+Places>>l]
		at += Places >> l
	}
	buf := make([]byte, 0, 256)
	for i := range t[0] {
		salt := salts[i*SaltSize:][:SaltSize]
		if i < len(r.Fields) {
			t[0][i], buf = hashField(buf, r.Fields[i], salt)
		} else {
			t[0][i], buf = hashPadding(buf, salt)
		}
	}
	for l := range levels {
		for i := range t[l+1] {
			t[l+1][i] = hashNode(t[l][2*i], t[l][2*i+1])
		}
	}
	return t, salts
}

// Root gives the entry that the log gets.
func (r Record) Root() Hash {
	t, _ := r.tree()
	return t[levels][0]
}

const (
	fieldDomain   = "atalaya.field.v1\n"
	paddingDomain = "atalaya.padding.v1\n"
	nodeDomain    = "atalaya.node.v1\n"
)

// hashField hashes a place with a field. buf is scratch that it gives back.
func hashField(buf []byte, f Field, salt []byte) (Hash, []byte) {
	buf = append(buf[:0], fieldDomain...)
	buf = binary.BigEndian.AppendUint16(buf, uint16(len(f.Name))) //nolint:gosec // checked: maxName
	buf = append(buf, f.Name...)
	buf = append(buf, salt...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(f.Value))) //nolint:gosec // checked: below 1<<32
	buf = append(buf, f.Value...)
	return sha256.Sum256(buf), buf
}

func hashPadding(buf, salt []byte) (Hash, []byte) {
	buf = append(append(buf[:0], paddingDomain...), salt...)
	return sha256.Sum256(buf), buf
}

func hashNode(left, right Hash) Hash {
	var buf [len(nodeDomain) + 2*HashSize]byte
	n := copy(buf[:], nodeDomain)
	n += copy(buf[n:], left[:])
	copy(buf[n:], right[:])
	return sha256.Sum256(buf[:])
}
