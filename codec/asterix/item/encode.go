package item

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"atalaya/codec/asterix/spec"
)

// Fields are named values: the items of a record, or the parts of an item.
type Fields = map[string]any

// Encode makes one record of an edition from the values of its items, in the
// form in which AppendJSON writes them: what the decoder gives of a record
// without spare bits set makes the same octets again. Numbers may be of any
// type and stand in the unit of the item; {"value": v} stands for v, and
// {"raw": hex} for the bits themselves. Parts of a group that are not given
// are zero, and an extended item ends with the last part given.
func Encode(ed *spec.Edition, items Fields) ([]byte, error) {
	head := make([]byte, (len(ed.UAP)+6)/7)
	var body writer
	last, left := 0, len(items)
	for i, n := range ed.UAP {
		if n == nil {
			continue
		}
		v, ok := items[n.Name]
		if !ok {
			continue
		}
		left--
		head[i/7] |= 0x80 >> (i % 7)
		last = i / 7
		if err := body.item(n, v); err != nil {
			return nil, fmt.Errorf("I%03d/%s%w", ed.Category, n.Name, err)
		}
	}
	if left > 0 {
		return nil, fmt.Errorf("category %03d edition %s: %s", ed.Category, ed.Number, stranger(items, ed.UAP))
	}
	for i := range last {
		head[i] |= 1
	}
	return append(head[:last+1:last+1], body.b...), nil
}

// stranger names a field that no part has.
func stranger(fields Fields, parts []*spec.Node) string {
	known := map[string]bool{}
	for _, p := range parts {
		if p != nil {
			known[p.Name] = true
		}
	}
	first := ""
	for name := range fields {
		if !known[name] && (first == "" || name < first) {
			first = name
		}
	}
	return fmt.Sprintf("there is no %q", first)
}

// partError says which part of an item has a value that cannot be encoded.
type partError struct {
	path string
	err  error
}

func (e *partError) Error() string { return e.path + ": " + e.err.Error() }
func (e *partError) Unwrap() error { return e.err }

// in names the part in which an error is.
func in(name string, err error) error {
	if p, ok := errors.AsType[*partError](err); ok {
		return &partError{path: "/" + name + p.path, err: p.err}
	}
	return &partError{path: "/" + name, err: err}
}

// here gives an error of the item itself the form of one of its parts.
func here(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*partError](err); ok {
		return err
	}
	return &partError{err: err}
}

// writer appends bits.
type writer struct {
	b   []byte
	bit int // bits used of the last octet; zero: all
}

func (w *writer) put(v uint64, count int) {
	for count > 0 {
		if w.bit == 0 {
			w.b = append(w.b, 0)
		}
		take := min(8-w.bit, count)
		part := byte(v>>(count-take)) & (1<<take - 1)
		w.b[len(w.b)-1] |= part << (8 - w.bit - take)
		w.bit = (w.bit + take) % 8
		count -= take
	}
}

// item appends an item or a part that takes whole octets.
func (w *writer) item(n *spec.Node, v any) error { return here(w.value(n, v)) }

func (w *writer) value(n *spec.Node, v any) error {
	switch n.Kind {
	case spec.Extended:
		return w.extended(n, v)
	case spec.Repetitive:
		return w.repetitive(n, v)
	case spec.Compound:
		return w.compound(n, v)
	case spec.Explicit:
		b, err := octetsOf(v)
		if err != nil {
			return err
		}
		if len(b) > 254 {
			return fmt.Errorf("%d octets; it can have 254", len(b))
		}
		w.b = append(append(w.b, byte(len(b)+1)), b...)
		return nil
	case spec.Element, spec.Group, spec.Spare:
	}
	return w.part(n, v, 0)
}

// fields reads a value that names parts.
func fields(v any) (Fields, error) {
	f, ok := v.(Fields)
	if !ok {
		return nil, fmt.Errorf("%T where parts are named", v)
	}
	return f, nil
}

// part appends an element or a group; first is the first bit of the group
// that the element stands in.
func (w *writer) part(n *spec.Node, v any, first uint64) error {
	switch n.Kind {
	case spec.Group:
		f, err := fields(v)
		if err != nil {
			return err
		}
		used, err := w.group(n, f)
		if err == nil && used < len(f) {
			err = errors.New(stranger(f, n.Parts))
		}
		return err
	default:
		raw, err := encodeElement(n, v, first)
		if err == nil {
			w.put(raw, n.Bits)
		}
		return err
	}
}

// group appends the parts of a group and tells how many of f it used.
func (w *writer) group(n *spec.Node, f Fields) (used int, err error) {
	start := len(w.b)*8 - (8-w.bit)%8
	for _, p := range n.Parts {
		v, ok := f[p.Name]
		if p.Kind == spec.Spare || !ok {
			w.put(0, p.Bits)
			continue
		}
		used++
		var first uint64
		if at := len(w.b)*8 - (8-w.bit)%8; at > start {
			first = Bits(w.b, start, 1)
		}
		if err := w.part(p, v, first); err != nil {
			return used, in(p.Name, err)
		}
	}
	return used, nil
}

func (w *writer) extended(n *spec.Node, v any) error {
	f, err := fields(v)
	if err != nil {
		return err
	}
	left := len(f)
	for i, extent := range n.Parts {
		used, err := w.group(extent, f)
		if err != nil {
			return err
		}
		left -= used
		if !extent.FX {
			break
		}
		if left == 0 || i == len(n.Parts)-1 {
			w.put(0, 1)
			break
		}
		w.put(1, 1)
	}
	if left > 0 {
		var all []*spec.Node
		for _, extent := range n.Parts {
			all = append(all, extent.Parts...)
		}
		return errors.New(stranger(f, all))
	}
	return nil
}

func (w *writer) repetitive(n *spec.Node, v any) error {
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("%T where a list is meant", v)
	}
	if n.Rep == 0 && len(list) == 0 {
		return errors.New("an empty list cannot be said")
	}
	if n.Rep > 0 {
		if len(list) >= 1<<(8*n.Rep) {
			return fmt.Errorf("%d repetitions; it can have %d", len(list), 1<<(8*n.Rep)-1)
		}
		w.put(uint64(len(list)), 8*n.Rep)
	}
	for i, v := range list {
		if err := w.part(n.Parts[0], v, 0); err != nil {
			return in(fmt.Sprint(i), err)
		}
		if n.Rep == 0 {
			more := uint64(1)
			if i == len(list)-1 {
				more = 0
			}
			w.put(more, 1)
		}
	}
	return nil
}

func (w *writer) compound(n *spec.Node, v any) error {
	f, err := fields(v)
	if err != nil {
		return err
	}
	last, left := 0, len(f)
	for i, p := range n.Parts {
		if p == nil {
			continue
		}
		if _, ok := f[p.Name]; ok {
			last = i / 7
			left--
		}
	}
	if left > 0 {
		return errors.New(stranger(f, n.Parts))
	}
	for i := range (last + 1) * 7 {
		var set uint64
		if i < len(n.Parts) && n.Parts[i] != nil {
			if _, ok := f[n.Parts[i].Name]; ok {
				set = 1
			}
		}
		w.put(set, 1)
		if i%7 == 6 {
			more := uint64(1)
			if i/7 == last {
				more = 0
			}
			w.put(more, 1)
		}
	}
	for _, p := range n.Parts {
		if p == nil {
			continue
		}
		if v, ok := f[p.Name]; ok {
			if err := w.value(p, v); err != nil {
				return in(p.Name, err)
			}
		}
	}
	return nil
}

// encodeElement gives the bits of a value.
func encodeElement(n *spec.Node, v any, first uint64) (uint64, error) {
	if f, ok := v.(Fields); ok {
		if raw, ok := f["raw"]; ok {
			return rawBits(raw, n.Bits)
		}
		if v, ok = f["value"]; !ok {
			return 0, errors.New(`parts where a value is meant`)
		}
	}
	c := n.Content
	if c != nil && c.Kind == spec.ByFirstBit {
		c = c.Cases[first]
	}
	switch {
	case c == nil || c.Kind == spec.BDS || c.Kind == spec.Raw:
		switch v := v.(type) {
		case string:
			return rawBits(v, n.Bits)
		case uint64: // may be longer than a float64 can say
			if n.Bits < 64 && v>>n.Bits != 0 {
				return 0, fmt.Errorf("more than %d bits", n.Bits)
			}
			return v, nil
		}
		return wholeNumber(v, 1, false, n.Bits)
	case c.Kind == spec.ASCII || c.Kind == spec.ICAO || c.Kind == spec.Octal:
		s, ok := v.(string)
		if !ok {
			return 0, fmt.Errorf("%T where text is meant", v)
		}
		return EncodeText(c.Kind, s, n.Bits)
	case c.Kind == spec.Quantity:
		return wholeNumber(v, c.LSB, c.Signed, n.Bits)
	default:
		return wholeNumber(v, 1, false, n.Bits)
	}
}

// octetsOf reads octets, or hexadecimal digits of them.
func octetsOf(v any) ([]byte, error) {
	switch v := v.(type) {
	case []byte:
		return v, nil
	case string:
		b, err := hex.DecodeString(v)
		if err != nil {
			return nil, fmt.Errorf("hexadecimal octets: %w", err)
		}
		return b, nil
	default:
		return nil, fmt.Errorf("%T where octets are meant", v)
	}
}

func rawBits(v any, count int) (uint64, error) {
	b, err := octetsOf(v)
	if err != nil {
		return 0, err
	}
	if len(b) != Octets(count) {
		return 0, fmt.Errorf("%d octets where %d bits are meant", len(b), count)
	}
	raw := Uint(b)
	if count < 64 && raw>>count != 0 {
		return 0, fmt.Errorf("more than %d bits", count)
	}
	return raw, nil
}

// wholeNumber gives the number of least significant bits nearest to a value.
func wholeNumber(v any, lsb float64, twos bool, count int) (uint64, error) {
	x, err := float(v)
	if err != nil {
		return 0, err
	}
	lo, hi := 0.0, math.Ldexp(1, count)-1
	if twos {
		lo, hi = -math.Ldexp(1, count-1), math.Ldexp(1, count-1)-1
	}
	n := math.Round(x / lsb)
	if !(n >= lo && n <= hi) {
		return 0, fmt.Errorf("%v is outside %v to %v", x, lo*lsb, hi*lsb)
	}
	if n < 0 {
		return uint64(int64(n)) & (1<<count - 1), nil //nolint:gosec // two's complement
	}
	return uint64(n), nil
}

// float reads a number of any type.
func float(v any) (float64, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case float32:
		return float64(v), nil
	case int:
		return float64(v), nil
	case int64:
		return float64(v), nil
	case uint8:
		return float64(v), nil
	case uint16:
		return float64(v), nil
	case uint32:
		return float64(v), nil
	case uint64:
		return float64(v), nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case json.Number:
		return v.Float64()
	default:
		return 0, fmt.Errorf("%T where a number is meant", v)
	}
}

// EncodeText gives the bits of characters, filled up with spaces; octal digits
// must be complete.
func EncodeText(kind spec.ContentKind, s string, count int) (uint64, error) {
	size := CharacterBits(kind)
	most := count / size
	if len(s) > most || kind == spec.Octal && len(s) != most {
		return 0, fmt.Errorf("%q has %d characters, not %d", s, len(s), most)
	}
	if kind != spec.Octal {
		s += strings.Repeat(" ", most-len(s))
	}
	var v uint64
	for i := range len(s) {
		code := s[i]
		switch {
		case kind == spec.Octal:
			code -= '0'
		case kind == spec.ICAO && code >= 'A' && code <= 'Z':
			code -= 'A' - 1
		}
		if int(code)>>size != 0 || Character(kind, code) != s[i] {
			return 0, fmt.Errorf("%q is not of the alphabet", s[i])
		}
		v = v<<size | uint64(code)
	}
	return v, nil
}
