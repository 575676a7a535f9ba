// Package content is how rows of structs become compact bytes and come back:
// by column, each column in the shortest of a few exact forms, then zstd. It
// is what a storage backend seals and keeps for the history.
//
// Why columns: the observations of a step are alike in most of their fields,
// and differ in a few. A column that holds one value costs a few bytes however
// many rows there are, an identity costs its entropy, and a position that was
// made from an integer of a message costs that integer. Row by row (CBOR, then
// zstd) the same history takes two to three times the room and the time;
// docs/decisions/0002-store.md has the numbers.
//
// A Table learns the columns from the struct by reflection, so that a new
// field is kept without a line here. A blob names the schema (the list of
// columns) that it was written with; the backend keeps the schemas and hands
// them back, so what an older program wrote is read by column name: a field
// that it did not know is zero, one that we do not know any more is dropped.
//
// What is kept exactly: every value, with two exceptions of form: times come
// back in UTC without a monotonic part, and an empty slice comes back as nil.
package content

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"fmt"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Kind is the form of a column's values.
type Kind uint8

// Kinds of columns. The numbers are kept in schemas.
const (
	Ints    Kind = 1 // integers and booleans; also how many elements a slice has, and whether a pointer points
	Floats  Kind = 2
	Strings Kind = 3
	Times   Kind = 4
	Arrays  Kind = 5 // fixed arrays of bytes
	Opaque  Kind = 6 // whole values in CBOR: maps, and types that marshal themselves
)

// Column is one column of a table.
type Column struct {
	Path   string `cbor:"1,keyasint"` // "Observation.Position.Lat"
	Kind   Kind   `cbor:"2,keyasint"`
	Parent int    `cbor:"3,keyasint"` // the column whose sum is the number of rows; -1: the table's rows
	Size   int    `cbor:"4,keyasint"` // bytes of an array
}

// Schema is the columns of a table, in order, and what the table is of: what
// was written as one thing is never read as another.
type Schema struct {
	Name    string   `cbor:"1,keyasint"`
	Columns []Column `cbor:"2,keyasint"`
}

// ID names the schema by its content.
func (s Schema) ID() uint32 {
	h := sha256.New()
	fmt.Fprintln(h, s.Name)
	for _, c := range s.Columns {
		fmt.Fprintf(h, "%s %d %d %d\n", c.Path, c.Kind, c.Parent, c.Size)
	}
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// Marshal gives the schema as bytes, to be kept beside the blobs.
func (s Schema) Marshal() ([]byte, error) {
	b, err := cbor.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("marshal schema: %w", err)
	}
	return b, nil
}

// UnmarshalSchema reads what Marshal gave.
func UnmarshalSchema(b []byte) (Schema, error) {
	var s Schema
	if err := cbor.Unmarshal(b, &s); err != nil {
		return Schema{}, fmt.Errorf("schema: %w", err)
	}
	for i, c := range s.Columns {
		if c.Kind < Ints || c.Kind > Opaque || c.Parent >= i || c.Parent < -1 || c.Size < 0 || c.Size > 1<<16 ||
			(c.Parent >= 0 && s.Columns[c.Parent].Kind != Ints) {
			return Schema{}, fmt.Errorf("schema: column %d (%s) makes no sense", i, c.Path)
		}
	}
	return s, nil
}

// form is how a Go type is laid out in columns.
type form uint8

const (
	formInt form = iota
	formUint
	formBool
	formFloat
	formString
	formTime
	formBytes
	formOpaque
	formStruct
	formArray
	formSlice
	formPointer
)

// node is one place in the type's tree.
type node struct {
	form  form
	typ   reflect.Type
	col   int   // column of a leaf, of a slice's counts, of a pointer's presence
	index []int // struct: the fields' indexes
	below []*node
}

// Table knows the columns of rows of type T. It is safe for concurrent use.
type Table[T any] struct {
	root   *node
	schema Schema
	id     uint32
}

// NewTable learns the columns of T, rows of what name says. It fails where T has a field that cannot
// be kept: an unexported one, a function, a channel, an interface.
func NewTable[T any](name string) (*Table[T], error) {
	t := &Table[T]{schema: Schema{Name: name}}
	root, err := t.learn(reflect.TypeFor[T](), "", -1, 0)
	if err != nil {
		return nil, err
	}
	t.root, t.id = root, t.schema.ID()
	return t, nil
}

// Schema gives the columns.
func (t *Table[T]) Schema() Schema { return t.schema }

// maxDepth ends the descent into a type that contains itself.
const maxDepth = 12

func (t *Table[T]) learn(typ reflect.Type, path string, parent, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s (%s): nested too deep", path, typ)
	}
	n := &node{typ: typ}
	leaf := func(f form, k Kind, size int) (*node, error) {
		n.form, n.col = f, len(t.schema.Columns)
		t.schema.Columns = append(t.schema.Columns, Column{Path: path, Kind: k, Parent: parent, Size: size})
		return n, nil
	}
	switch {
	case typ == reflect.TypeFor[time.Time]():
		return leaf(formTime, Times, 0)
	case typ.Implements(reflect.TypeFor[encoding.BinaryMarshaler]()):
		return leaf(formOpaque, Opaque, 0)
	}
	switch typ.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return leaf(formInt, Ints, 0)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return leaf(formUint, Ints, 0)
	case reflect.Bool:
		return leaf(formBool, Ints, 0)
	case reflect.Float32, reflect.Float64:
		return leaf(formFloat, Floats, 0)
	case reflect.String:
		return leaf(formString, Strings, 0)
	case reflect.Map:
		return leaf(formOpaque, Opaque, 0)
	case reflect.Array:
		if typ.Elem().Kind() == reflect.Uint8 {
			return leaf(formBytes, Arrays, typ.Len())
		}
		n.form = formArray
		for i := range typ.Len() {
			if err := t.below(n, typ.Elem(), fmt.Sprintf("%s[%d]", path, i), parent, depth); err != nil {
				return nil, err
			}
		}
		return n, nil
	case reflect.Slice, reflect.Pointer:
		if _, err := leaf(formSlice, Ints, 0); err != nil {
			return nil, err
		}
		if typ.Kind() == reflect.Pointer {
			n.form = formPointer
		}
		return n, t.below(n, typ.Elem(), path+".", n.col, depth)
	case reflect.Struct:
		n.form = formStruct
		for f := range typ.Fields() {
			if !f.IsExported() {
				return nil, fmt.Errorf("%s.%s (%s) is not exported and would be lost", path, f.Name, typ)
			}
			name := f.Name
			if path != "" {
				name = path + "." + f.Name
			}
			n.index = append(n.index, f.Index[0])
			if err := t.below(n, f.Type, name, parent, depth); err != nil {
				return nil, err
			}
		}
		return n, nil
	default:
		return nil, fmt.Errorf("%s (%s) cannot be kept", path, typ)
	}
}

func (t *Table[T]) below(n *node, typ reflect.Type, path string, parent, depth int) error {
	b, err := t.learn(typ, path, parent, depth+1)
	if err != nil {
		return err
	}
	n.below = append(n.below, b)
	return nil
}
