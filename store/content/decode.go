package content

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// ErrSchema says that a blob was written with a schema that was not handed in.
var ErrSchema = errors.New("the schema of the content is not known")

// SchemaOf tells which schema a blob was written with.
func SchemaOf(blob []byte) (uint32, error) {
	if len(blob) < 5 {
		return 0, errShort
	}
	if blob[0] != version {
		return 0, fmt.Errorf("content has version %d; this program reads version %d", blob[0], version)
	}
	return binary.BigEndian.Uint32(blob[1:]), nil
}

// Decode gives the rows of a blob. other gives schemas that are not the
// table's own, by ID; it may be nil.
func (t *Table[T]) Decode(blob []byte, other func(id uint32) (Schema, bool)) ([]T, error) {
	id, err := SchemaOf(blob)
	if err != nil {
		return nil, err
	}
	schema := t.schema
	if id != t.id {
		ok := false
		if other != nil {
			schema, ok = other(id)
		}
		if !ok {
			return nil, fmt.Errorf("%w: %08x", ErrSchema, id)
		}
		if schema.Name != t.schema.Name {
			return nil, fmt.Errorf("%w: %s where %s should be", ErrSchema, schema.Name, t.schema.Name)
		}
	}
	d := reader{schema: schema.Columns}
	n, err := d.read(blob[5:])
	if err != nil {
		return nil, err
	}
	cols := make([]*readColumn, len(t.schema.Columns))
	for i := range t.schema.Columns {
		if id == t.id {
			cols[i] = &d.cols[i]
			continue
		}
		for j, c := range schema.Columns {
			if own := t.schema.Columns[i]; c.Path == own.Path && c.Kind == own.Kind && c.Size == own.Size {
				cols[i] = &d.cols[j]
			}
		}
	}
	rows := make([]T, n)
	all := reflect.ValueOf(rows)
	vs := make([]reflect.Value, n)
	for i := range vs {
		vs[i] = all.Index(i)
	}
	s := scatterer{cols: cols}
	if err := s.scatter(t.root, vs, 0); err != nil {
		return nil, err
	}
	return rows, nil
}

// readColumn is a column as it was read; all nil when it was left out.
type readColumn struct {
	rows   int
	ints   []int64
	floats []float64
	strs   []string
	times  []time.Time
}

type reader struct {
	schema []Column
	cols   []readColumn
}

// read reads all columns and gives the number of the table's rows.
func (d *reader) read(b []byte) (int, error) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > maxRows {
		return 0, errShort
	}
	b = b[k:]
	bytes := (len(d.schema) + 7) / 8
	if len(b) < bytes {
		return 0, errShort
	}
	bitmap, b := b[:bytes], b[bytes:]
	d.cols = make([]readColumn, len(d.schema))
	for i, c := range d.schema {
		col := &d.cols[i]
		col.rows = int(n)
		if c.Parent >= 0 {
			var err error
			if col.rows, err = sum(d.cols[c.Parent].ints); err != nil {
				return 0, err
			}
		}
		if bitmap[i/8]>>(i%8)&1 == 0 {
			continue
		}
		var err error
		if b, err = d.column(b, i); err != nil {
			return 0, fmt.Errorf("column %s: %w", c.Path, err)
		}
	}
	if len(b) != 0 {
		return 0, errShort
	}
	return int(n), nil
}

func sum(counts []int64) (int, error) {
	total := int64(0)
	for _, c := range counts {
		if c < 0 || c > maxRows {
			return 0, errShort
		}
		total += c
		if total > maxRows {
			return 0, errShort
		}
	}
	return int(total), nil
}

func (d *reader) column(b []byte, i int) (rest []byte, err error) {
	c, col := d.schema[i], &d.cols[i]
	n := col.rows
	if n == 0 {
		return nil, errShort // a column without rows is never written
	}
	switch c.Kind {
	case Ints:
		col.ints, b, err = readInts(b, n)
	case Floats:
		col.floats, b, err = readFloats(b, n, func(at uint64) []float64 {
			if at >= uint64(i) {
				return nil
			}
			return d.cols[at].floats
		})
	case Times:
		col.times, b, err = d.times(b, i)
	case Arrays:
		if len(b)/max(1, c.Size) < n {
			return nil, errShort
		}
		col.strs = make([]string, n)
		for k := range col.strs {
			col.strs[k] = string(b[k*c.Size : (k+1)*c.Size])
		}
		b = b[n*c.Size:]
	default:
		col.strs, b, err = readStrings(b, n)
	}
	return b, err
}

func (d *reader) times(b []byte, i int) (ts []time.Time, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errShort
	}
	mode, b := b[0], b[1:]
	n := d.cols[i].rows
	switch mode {
	case timesSame:
		at, k := binary.Uvarint(b)
		if k <= 0 || at >= uint64(i) || len(d.cols[at].times) != n {
			return nil, nil, errShort
		}
		return d.cols[at].times, b[k:], nil
	case timesUnit:
		if len(b) == 0 || b[0] >= unitCount {
			return nil, nil, errShort
		}
		unit := timeUnit(b[0])
		counts, b, err := readInts(b[1:], n)
		if err != nil {
			return nil, nil, err
		}
		ts = make([]time.Time, n)
		for k, v := range counts {
			if v != noTime {
				ts[k] = time.Unix(0, v*unit).UTC()
			}
		}
		return ts, b, nil
	case timesApart:
		secs, b, err := readInts(b, n)
		if err != nil {
			return nil, nil, err
		}
		nanos, b, err := readInts(b, n)
		if err != nil {
			return nil, nil, err
		}
		ts = make([]time.Time, n)
		for k := range ts {
			ts[k] = time.Unix(secs[k], nanos[k]).UTC()
		}
		return ts, b, nil
	default:
		return nil, nil, errShort
	}
}

func readStrings(b []byte, n int) (vs []string, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errShort
	}
	mode, b := b[0], b[1:]
	switch mode {
	case stringsAll:
		return readAll(b, n)
	case stringsDict:
		places, b, err := readInts(b, n)
		if err != nil {
			return nil, nil, err
		}
		count, k := binary.Uvarint(b)
		if k <= 0 || count > uint64(n) {
			return nil, nil, errShort
		}
		distinct, b, err := readAll(b[k:], int(count))
		if err != nil {
			return nil, nil, err
		}
		vs = make([]string, n)
		for i, at := range places {
			if uint64(at) >= count {
				return nil, nil, errShort
			}
			vs[i] = distinct[at]
		}
		return vs, b, nil
	default:
		return nil, nil, errShort
	}
}

func readAll(b []byte, n int) (vs []string, rest []byte, err error) {
	lengths, b, err := readInts(b, n)
	if err != nil {
		return nil, nil, err
	}
	vs = make([]string, n)
	for i, l := range lengths {
		if l < 0 || l > int64(len(b)) {
			return nil, nil, errShort
		}
		vs[i], b = string(b[:l]), b[l:]
	}
	return vs, b, nil
}

// scatterer puts columns back into rows.
type scatterer struct {
	cols   []*readColumn // by the table's schema; nil: not in the blob
	levels [][]reflect.Value
}

func (s *scatterer) scatter(n *node, vs []reflect.Value, depth int) error {
	var c *readColumn
	if n.form != formStruct && n.form != formArray {
		if c = s.cols[n.col]; c == nil {
			return nil
		}
		if c.rows != len(vs) {
			return fmt.Errorf("column %d has %d rows for %d", n.col, c.rows, len(vs))
		}
	}
	switch n.form {
	case formInt:
		for i, x := range c.ints {
			vs[i].SetInt(x)
		}
	case formUint:
		for i, x := range c.ints {
			vs[i].SetUint(uint64(x))
		}
	case formBool:
		for i, x := range c.ints {
			vs[i].SetBool(x != 0)
		}
	case formFloat:
		for i, x := range c.floats {
			vs[i].SetFloat(x)
		}
	case formString:
		for i, x := range c.strs {
			vs[i].SetString(x)
		}
	case formTime:
		for i, x := range c.times {
			if t, ok := reflect.TypeAssert[*time.Time](vs[i].Addr()); ok {
				*t = x
			}
		}
	case formBytes:
		for i, x := range c.strs {
			copy(vs[i].Bytes(), x)
		}
	case formOpaque:
		for i, x := range c.strs {
			if x == "" {
				continue
			}
			if err := cbor.Unmarshal([]byte(x), vs[i].Addr().Interface()); err != nil {
				return fmt.Errorf("%s: %w", n.typ, err)
			}
		}
	case formStruct:
		return s.parts(n, vs, depth, func(v reflect.Value, i int) reflect.Value { return v.Field(n.index[i]) })
	case formArray:
		return s.parts(n, vs, depth, reflect.Value.Index)
	case formSlice, formPointer:
		return s.below(n, c, vs, depth)
	}
	return nil
}

func (s *scatterer) parts(n *node, vs []reflect.Value, depth int, part func(v reflect.Value, i int) reflect.Value) error {
	for len(s.levels) <= depth {
		s.levels = append(s.levels, nil)
	}
	for i, below := range n.below {
		if !s.there(below) {
			continue
		}
		out := s.levels[depth][:0]
		for _, v := range vs {
			out = append(out, part(v, i))
		}
		s.levels[depth] = out
		if err := s.scatter(below, out, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// there reports whether anything below a node is in the blob. Most blobs leave
// many columns out.
func (s *scatterer) there(n *node) bool {
	if n.form == formStruct || n.form == formArray {
		return slices.ContainsFunc(n.below, s.there)
	}
	c := s.cols[n.col]
	return c != nil && (c.ints != nil || c.floats != nil || c.strs != nil || c.times != nil)
}

// below makes the elements of all rows' slices, or what their pointers point
// to, in one piece of memory.
func (s *scatterer) below(n *node, c *readColumn, vs []reflect.Value, depth int) error {
	total, err := sum(c.ints)
	if err != nil || total == 0 {
		return err
	}
	elem := n.typ.Elem()
	all := reflect.MakeSlice(reflect.SliceOf(elem), total, total)
	at := 0
	for i, count := range c.ints {
		k := int(count)
		switch {
		case k == 0:
		case n.form == formPointer:
			if k != 1 {
				return errShort
			}
			vs[i].Set(all.Index(at).Addr())
		default:
			vs[i].Set(all.Slice3(at, at+k, at+k))
		}
		at += k
	}
	elems := make([]reflect.Value, total)
	for i := range elems {
		elems[i] = all.Index(i)
	}
	return s.scatter(n.below[0], elems, depth+1)
}
