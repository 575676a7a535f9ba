package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Places is how many places every record has, filled or padded.
const Places = 64

// depth is the number of levels between a place and the record's root.
const depth = 6

// saltSize is 128 bits.
const saltSize = 16

// Field is an opened field of a record.
type Field struct {
	Place int
	Name  string
	Salt  []byte
	Value []byte
}

// Hash is the field's commitment.
func (f Field) Hash() Hash {
	b := make([]byte, 0, 64+len(f.Name)+len(f.Value))
	b = append(b, "atalaya.field.v1\n"...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(f.Name))) //nolint:gosec // parseField bounds it
	b = append(b, f.Name...)
	b = append(b, f.Salt...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(f.Value))) //nolint:gosec // parseField bounds it
	b = append(b, f.Value...)
	return sha256.Sum256(b)
}

// node is an inner node of a record's tree.
func node(left, right Hash) Hash {
	b := make([]byte, 0, 96)
	b = append(b, "atalaya.node.v1\n"...)
	b = append(b, left[:]...)
	b = append(b, right[:]...)
	return sha256.Sum256(b)
}

// Opening is what was opened of one record.
type Opening struct {
	Index  int64
	Fields []Field // in the order of their places
	Whole  bool    // no other field is in the record
	Gone   bool    // nothing is opened: the content was purged
	root   func() (Hash, error)
}

// Check says whether the fields are those of the entry.
func (o Opening) Check(entry []byte) error {
	h, err := o.root()
	if err != nil {
		return err
	}
	if !bytes.Equal(h[:], entry) {
		return errors.New("what is opened is not what the entry commits to")
	}
	return nil
}

// parseOpening reads one of the forms of docs/ledger-format.md: one field with
// its path ("path"), several fields with the nodes that they do not give
// themselves ("nodes"), or the whole record ("padding").
func parseOpening(o object) (Opening, error) {
	index, err := o.count("index")
	if err != nil {
		return Opening{}, err
	}
	out := Opening{Index: index}
	if _, ok := o["path"]; ok {
		return out, out.parseSingle(o)
	}
	objects, err := o.objects("fields")
	if err != nil {
		return Opening{}, err
	}
	if len(objects) > Places {
		return Opening{}, fmt.Errorf("a record has at most %d fields", Places)
	}
	_, out.Whole = o["padding"]
	for i, fo := range objects {
		f, err := parseField(fo)
		if err != nil {
			return Opening{}, err
		}
		if out.Whole {
			f.Place = i
		} else if f.Place, err = parsePlace(fo); err != nil {
			return Opening{}, err
		}
		if i > 0 && f.Place <= out.Fields[i-1].Place {
			return Opening{}, errors.New("the fields are not in the order of their places")
		}
		out.Fields = append(out.Fields, f)
	}
	if err := out.unique(); err != nil {
		return Opening{}, err
	}
	name := "nodes"
	if out.Whole {
		name = "padding"
	}
	hashes, err := o.hashes(name)
	if err != nil {
		return Opening{}, err
	}
	if out.Whole && len(out.Fields)+len(hashes) != Places {
		return Opening{}, fmt.Errorf("%d fields and %d paddings are not %d places", len(out.Fields), len(hashes), Places)
	}
	// The root of a whole record follows from the same walk: every padding is
	// a place that is not opened.
	fields, whole := out.Fields, out.Whole
	out.root = func() (Hash, error) {
		w := walk{fields: fields, nodes: hashes, leaves: whole}
		h, err := w.hash(0, Places)
		if err == nil && len(w.nodes) != 0 {
			err = errors.New("there are more nodes than the record's tree needs")
		}
		return h, err
	}
	return out, nil
}

func (o *Opening) parseSingle(from object) error {
	f, err := parseField(from)
	if err != nil {
		return err
	}
	if f.Place, err = parsePlace(from); err != nil {
		return err
	}
	path, err := from.hashes("path")
	if err != nil {
		return err
	}
	if len(path) != depth {
		return fmt.Errorf("a path has %d hashes", depth)
	}
	o.Fields = []Field{f}
	o.root = func() (Hash, error) {
		h := f.Hash()
		for level, p := range path {
			if f.Place>>level&1 == 0 {
				h = node(h, p)
			} else {
				h = node(p, h)
			}
		}
		return h, nil
	}
	return nil
}

// unique refuses two fields of one name: which of them counts would be a
// matter of taste.
func (o *Opening) unique() error {
	seen := map[string]bool{}
	for _, f := range o.Fields {
		if seen[f.Name] {
			return fmt.Errorf("the field %q is there twice", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// walk hashes a record's tree from left to right, taking a given node for every
// part in which nothing is opened.
type walk struct {
	fields []Field
	nodes  []Hash
	leaves bool // nodes are given for single places, not for parts
}

func (w *walk) hash(from, to int) (Hash, error) {
	opened := len(w.fields) > 0 && w.fields[0].Place < to
	if to-from == 1 && opened {
		h := w.fields[0].Hash()
		w.fields = w.fields[1:]
		return h, nil
	}
	if to-from == 1 || !opened && !w.leaves {
		if len(w.nodes) == 0 {
			return Hash{}, errors.New("a node of the record's tree is missing")
		}
		h := w.nodes[0]
		w.nodes = w.nodes[1:]
		return h, nil
	}
	mid := (from + to) / 2
	left, err := w.hash(from, mid)
	if err != nil {
		return Hash{}, err
	}
	right, err := w.hash(mid, to)
	if err != nil {
		return Hash{}, err
	}
	return node(left, right), nil
}

// maxValue bounds a value: a border line is the largest, with thousands of
// points.
const maxValue = 1 << 20

func parseField(o object) (Field, error) {
	name, err := o.text("name")
	if err != nil {
		return Field{}, err
	}
	if !isFieldName(name) {
		return Field{}, fmt.Errorf("%.70q is not the name of a field", name)
	}
	f := Field{Name: name}
	if f.Salt, err = o.base64("salt"); err != nil {
		return Field{}, err
	}
	if len(f.Salt) != saltSize {
		return Field{}, fmt.Errorf("the salt of %s has %d bytes, not %d", name, len(f.Salt), saltSize)
	}
	if f.Value, err = o.base64("value"); err != nil {
		return Field{}, err
	}
	if len(f.Value) > maxValue {
		return Field{}, fmt.Errorf("the value of %s has more than %d bytes", name, maxValue)
	}
	return f, nil
}

// isFieldName says whether a name is of lower-case letters, digits and hyphens,
// in parts with dots between; no part begins with a hyphen.
func isFieldName(s string) bool {
	part := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-' && part > 0:
			part++
		case c == '.' && part > 0:
			part = 0
		default:
			return false
		}
	}
	return part > 0 && len(s) <= 255
}

func parsePlace(o object) (int, error) {
	p, err := o.count("place")
	if err != nil || p >= Places {
		return 0, fmt.Errorf("a place is a number below %d", Places)
	}
	return int(p), nil
}
