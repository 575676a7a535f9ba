package content

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// version of the form of blobs.
const version = 1

// maxRows bounds the rows of any column of a blob, and so the memory that a
// damaged one can ask for: a hundred times the observations of a
// step at 10,000 a second, or of their claims.
const maxRows = 1 << 18

// Encoder turns rows into blobs. It keeps its memory between calls and is not
// safe for concurrent use.
type Encoder[T any] struct {
	table *Table[T]
	s     scratch
}

// Encoder gives a new encoder of the table.
func (t *Table[T]) Encoder() *Encoder[T] {
	return &Encoder[T]{table: t, s: scratch{cols: make([]column, len(t.schema.Columns)), seen: map[uint64]int64{}}}
}

// column collects the values of one column; the schema's kind says which.
type column struct {
	ints   []int64
	floats []float64
	strs   []string
	times  []time.Time
}

// scratch is the memory of an Encoder.
type scratch struct {
	cols   []column
	levels [][]reflect.Value // one list of values for each depth of the tree
	ns     []int64
	seen   map[uint64]int64
	order  map[string]int64
	err    error
}

// Append appends the blob of the rows to b.
//
// A blob is: version; the schema's ID, 4 bytes; the number of rows; a bitmap of
// the columns that are there; those columns. A column is left out when all its
// values are zero.
func (e *Encoder[T]) Append(b []byte, rows []T) ([]byte, error) {
	if len(rows) > maxRows {
		return nil, fmt.Errorf("%d rows in one blob; at most %d", len(rows), maxRows)
	}
	s := &e.s
	s.err = nil
	for i := range s.cols {
		c := &s.cols[i]
		c.ints, c.floats, c.strs, c.times = c.ints[:0], c.floats[:0], c.strs[:0], c.times[:0]
	}
	top := s.level(0)
	all := reflect.ValueOf(rows)
	for i := range rows {
		top = append(top, all.Index(i))
	}
	s.levels[0] = top
	s.gather(e.table.root, top, 1)
	if s.err != nil {
		return nil, s.err
	}
	b = append(b, version)
	b = binary.BigEndian.AppendUint32(b, e.table.id)
	b = binary.AppendUvarint(b, uint64(len(rows)))
	bitmap := len(b)
	b = append(b, make([]byte, (len(s.cols)+7)/8)...)
	for i, c := range e.table.schema.Columns {
		if s.zero(i, c.Kind) {
			continue
		}
		b[bitmap+i/8] |= 1 << (i % 8)
		b = s.append(b, i, e.table.schema.Columns)
	}
	clear(s.order)
	return b, nil
}

// level gives the empty list of values of a depth.
func (s *scratch) level(depth int) []reflect.Value {
	for len(s.levels) <= depth {
		s.levels = append(s.levels, nil)
	}
	return s.levels[depth][:0]
}

// gather puts the values of a node and all below it into their columns.
func (s *scratch) gather(n *node, vs []reflect.Value, depth int) {
	c := &s.cols[n.col]
	switch n.form {
	case formInt:
		for _, v := range vs {
			c.ints = append(c.ints, v.Int())
		}
	case formUint:
		for _, v := range vs {
			c.ints = append(c.ints, int64(v.Uint())) // wraps, and comes back the same way
		}
	case formBool:
		for _, v := range vs {
			var one int64
			if v.Bool() {
				one = 1
			}
			c.ints = append(c.ints, one)
		}
	case formFloat:
		for _, v := range vs {
			c.floats = append(c.floats, v.Float())
		}
	case formString:
		for _, v := range vs {
			c.strs = append(c.strs, v.String())
		}
	case formTime:
		for _, v := range vs {
			// Rows stand in a slice, so that their parts have addresses.
			if t, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
				c.times = append(c.times, *t)
			}
		}
	case formBytes:
		for _, v := range vs {
			c.strs = append(c.strs, string(v.Bytes()))
		}
	case formOpaque:
		for _, v := range vs {
			c.strs = append(c.strs, s.opaque(v))
		}
	case formStruct:
		for i, below := range n.below {
			s.gather(below, s.each(vs, depth, func(v reflect.Value) reflect.Value { return v.Field(n.index[i]) }), depth+1)
		}
	case formArray:
		for i, below := range n.below {
			s.gather(below, s.each(vs, depth, func(v reflect.Value) reflect.Value { return v.Index(i) }), depth+1)
		}
	case formSlice:
		all := s.level(depth)
		for _, v := range vs {
			c.ints = append(c.ints, int64(v.Len()))
			for i := range v.Len() {
				all = append(all, v.Index(i))
			}
		}
		s.deeper(n, all, depth)
	case formPointer:
		all := s.level(depth)
		for _, v := range vs {
			if v.IsNil() {
				c.ints = append(c.ints, 0)
				continue
			}
			c.ints = append(c.ints, 1)
			all = append(all, v.Elem())
		}
		s.deeper(n, all, depth)
	}
}

func (s *scratch) deeper(n *node, all []reflect.Value, depth int) {
	s.levels[depth] = all
	if len(all) > maxRows {
		s.err = fmt.Errorf("%d rows of %s in one blob; at most %d", len(all), n.typ, maxRows)
		return
	}
	if len(all) > 0 {
		s.gather(n.below[0], all, depth+1)
	}
}

func (s *scratch) each(vs []reflect.Value, depth int, part func(reflect.Value) reflect.Value) []reflect.Value {
	out := s.level(depth)
	for _, v := range vs {
		out = append(out, part(v))
	}
	s.levels[depth] = out
	return out
}

// opaque gives a value in CBOR; nothing for the zero value.
func (s *scratch) opaque(v reflect.Value) string {
	if v.IsZero() {
		return ""
	}
	b, err := cbor.Marshal(v.Interface())
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("%s: %w", v.Type(), err)
	}
	return string(b)
}

// zero reports whether a column has no rows or only zero values.
func (s *scratch) zero(i int, k Kind) bool {
	c := &s.cols[i]
	switch k {
	case Ints:
		return !slices.ContainsFunc(c.ints, func(v int64) bool { return v != 0 })
	case Floats:
		return !slices.ContainsFunc(c.floats, func(v float64) bool { return math.Float64bits(v) != 0 })
	case Times:
		return !slices.ContainsFunc(c.times, func(t time.Time) bool { return !t.IsZero() })
	case Arrays:
		return !slices.ContainsFunc(c.strs, func(v string) bool {
			for k := range len(v) {
				if v[k] != 0 {
					return true
				}
			}
			return false
		})
	default:
		return !slices.ContainsFunc(c.strs, func(v string) bool { return v != "" })
	}
}

func (s *scratch) append(b []byte, i int, schema []Column) []byte {
	c := &s.cols[i]
	switch schema[i].Kind {
	case Ints:
		return appendInts(b, c.ints)
	case Floats:
		return s.appendFloats(b, c.floats, func(yield func(int, []float64) bool) {
			for j := range i {
				if schema[j].Kind == Floats && schema[j].Parent == schema[i].Parent && !yield(j, s.cols[j].floats) {
					return
				}
			}
		})
	case Times:
		for j := range i {
			if schema[j].Kind == Times && schema[j].Parent == schema[i].Parent && slices.EqualFunc(c.times, s.cols[j].times, time.Time.Equal) {
				return binary.AppendUvarint(append(b, timesSame), uint64(j))
			}
		}
		return s.appendTimes(b, c.times)
	case Arrays:
		for _, v := range c.strs {
			b = append(b, v...)
		}
		return b
	default:
		return s.appendStrings(b, c.strs)
	}
}

// Times of a column: the same as an earlier column; counts of a unit since
// 1970; or, where one lies too far away for nanoseconds in 64 bits, seconds
// and nanoseconds apart.
const (
	timesSame  = 0
	timesUnit  = 1
	timesApart = 2
)

// noTime stands for the zero time among counts.
const noTime = math.MinInt64

// unitCount is how many units there are; their numbers are kept in blobs.
const unitCount = 4

// timeUnit is a unit in nanoseconds.
func timeUnit(unit byte) int64 { return [unitCount]int64{1, 1e3, 1e6, 1e9}[unit] }

func (s *scratch) appendTimes(b []byte, ts []time.Time) []byte {
	ns := slices.Grow(s.ns[:0], len(ts))[:len(ts)]
	s.ns = ns
	unit := byte(unitCount - 1)
	const far = 9_000_000_000 // seconds from 1970 that nanoseconds still reach: to the year 2255
	for i, t := range ts {
		if t.IsZero() {
			ns[i] = noTime
			continue
		}
		if sec := t.Unix(); sec < -far || sec > far {
			return s.appendApart(b, ts)
		}
		ns[i] = t.UnixNano()
		for ns[i]%timeUnit(unit) != 0 {
			unit--
		}
	}
	for i := range ns {
		if ns[i] != noTime {
			ns[i] /= timeUnit(unit)
		}
	}
	return appendInts(append(b, timesUnit, unit), ns)
}

func (s *scratch) appendApart(b []byte, ts []time.Time) []byte {
	ns := s.ns[:len(ts)]
	for i, t := range ts {
		ns[i] = t.Unix()
	}
	b = appendInts(append(b, timesApart), ns)
	for i, t := range ts {
		ns[i] = int64(t.Nanosecond())
	}
	return appendInts(b, ns)
}

// Strings of a column: each with its length; or the distinct ones and each
// row's place among them.
const (
	stringsAll  = 0
	stringsDict = 1
)

func (s *scratch) appendStrings(b []byte, vs []string) []byte {
	if s.order == nil {
		s.order = map[string]int64{}
	}
	clear(s.order)
	places := slices.Grow(s.ns[:0], len(vs))[:len(vs)]
	s.ns = places
	distinct := vs
	if len(vs) > 1 {
		distinct = make([]string, 0, len(vs)/2)
		for i, v := range vs {
			at, known := s.order[v]
			if !known {
				at = int64(len(distinct))
				s.order[v] = at
				distinct = append(distinct, v)
			}
			places[i] = at
		}
	}
	if len(distinct) > len(vs)/2 {
		return s.appendAll(append(b, stringsAll), vs)
	}
	b = appendInts(append(b, stringsDict), places)
	b = binary.AppendUvarint(b, uint64(len(distinct)))
	return s.appendAll(b, distinct)
}

func (s *scratch) appendAll(b []byte, vs []string) []byte {
	lengths := slices.Grow(s.ns[:0], len(vs))[:len(vs)]
	s.ns = lengths
	for i, v := range vs {
		lengths[i] = int64(len(v))
	}
	b = appendInts(b, lengths)
	for _, v := range vs {
		b = append(b, v...)
	}
	return b
}
