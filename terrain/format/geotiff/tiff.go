package geotiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"atalaya/terrain/format/geotiff/tags"
)

// tiff is the container: bytes at offsets. It never reads beyond the file and
// never allocates more than what is there.
type tiff struct {
	r     io.ReaderAt
	size  int64
	order binary.ByteOrder
	big   bool // BigTIFF
}

// field is a tag whose values are still in the file.
type field struct {
	kind  uint16
	count uint64
	at    int64 // of the values
}

// directory is a picture's tags (TIFF: IFD).
type directory struct {
	*tiff
	fields map[uint16]field
}

// A directory of more tags, or a file of more directories, is no elevation
// model.
const (
	maxTags        = 4096
	maxDirectories = 128
)

func openTIFF(r io.ReaderAt, size int64) (*tiff, int64, error) {
	t := &tiff{r: r, size: size, order: binary.LittleEndian}
	head, err := t.read(0, 8)
	if err != nil {
		return nil, 0, errors.New("not a TIFF: shorter than its header")
	}
	switch string(head[:2]) {
	case "II":
	case "MM":
		t.order = binary.BigEndian
	default:
		return nil, 0, errors.New("not a TIFF: it begins with neither II nor MM")
	}
	switch version := t.order.Uint16(head[2:]); version {
	case 42:
		return t, int64(t.order.Uint32(head[4:])), nil
	case 43:
		t.big = true
		if head, err = t.read(0, 16); err != nil {
			return nil, 0, err
		}
		if n := t.order.Uint16(head[4:]); n != 8 {
			return nil, 0, fmt.Errorf("a BigTIFF with offsets of %d bytes", n)
		}
		first, err := offset(t.order.Uint64(head[8:]))
		return t, first, err
	default:
		return nil, 0, fmt.Errorf("not a TIFF: version %d", version)
	}
}

func offset(v uint64) (int64, error) {
	if v > math.MaxInt64 {
		return 0, fmt.Errorf("offset %d is beyond any file", v)
	}
	return int64(v), nil
}

// read gives n bytes at an offset.
func (t *tiff) read(at int64, n uint64) ([]byte, error) { return t.readInto(nil, at, n) }

// readInto is read into a buffer, which grows where it is too small.
func (t *tiff) readInto(b []byte, at int64, n uint64) ([]byte, error) {
	if at < 0 || at > t.size || n > uint64(t.size-at) {
		return nil, fmt.Errorf("%d bytes at offset %d end after the file, which has %d bytes: it is cut short or damaged", n, at, t.size)
	}
	b = slices.Grow(b[:0], int(n))[:n]
	if got, err := t.r.ReadAt(b, at); got < len(b) {
		return nil, fmt.Errorf("reading %d bytes at offset %d: %w", n, at, err)
	}
	return b, nil
}

// directory reads the tags of the directory at an offset, and the offset of
// the next one; 0 is none.
func (t *tiff) directory(at int64) (directory, int64, error) {
	none := directory{}
	counter, entry, word := uint64(2), uint64(12), uint64(4)
	if t.big {
		counter, entry, word = 8, 20, 8
	}
	b, err := t.read(at, counter)
	if err != nil {
		return none, 0, fmt.Errorf("directory: %w", err)
	}
	n := uint64(t.order.Uint16(b))
	if t.big {
		n = t.order.Uint64(b)
	}
	if n == 0 || n > maxTags {
		return none, 0, fmt.Errorf("the directory at offset %d has %d tags", at, n)
	}
	at += int64(counter)
	if b, err = t.read(at, n*entry+word); err != nil {
		return none, 0, fmt.Errorf("directory of %d tags: %w", n, err)
	}
	d := directory{tiff: t, fields: make(map[uint16]field, n)}
	for i := range n {
		e := b[i*entry:]
		tag := t.order.Uint16(e)
		f := field{kind: t.order.Uint16(e[2:]), at: at + int64(i*entry+entry-word)}
		f.count = t.number(e[4:])
		if _, twice := d.fields[tag]; twice {
			return none, 0, fmt.Errorf("tag %d stands twice in the directory", tag)
		}
		width := f.width()
		if width == 0 {
			continue // a type that we have no use for
		}
		if f.count > uint64(t.size)/width {
			return none, 0, fmt.Errorf("tag %d says that it has %d values of %d bytes; the file has %d bytes", tag, f.count, width, t.size)
		}
		if f.count*width > word {
			if f.at, err = offset(t.number(e[entry-word:])); err != nil {
				return none, 0, fmt.Errorf("tag %d: %w", tag, err)
			}
		}
		d.fields[tag] = f
	}
	next, err := offset(t.number(b[n*entry:]))
	return d, next, err
}

// number is a count or an offset: 4 bytes, 8 in a BigTIFF.
func (t *tiff) number(b []byte) uint64 {
	if t.big {
		return t.order.Uint64(b)
	}
	return uint64(t.order.Uint32(b))
}

// width is the bytes of one value, 0 where the type is unknown.
func (f field) width() uint64 {
	switch f.kind {
	case tags.TypeByte, tags.TypeASCII, 6, 7:
		return 1
	case tags.TypeShort, 8:
		return 2
	case tags.TypeLong, 9, tags.TypeFloat, 13:
		return 4
	case 5, 10, tags.TypeDouble, tags.TypeLong8, 17, tags.TypeIFD8:
		return 8
	}
	return 0
}

func (d directory) has(tag uint16) bool {
	f, ok := d.fields[tag]
	return ok && f.count > 0
}

// values reads the bytes of a tag's first n values.
func (d directory) values(tag uint16, n uint64) ([]byte, error) {
	f := d.fields[tag]
	b, err := d.read(f.at, min(n, f.count)*f.width())
	if err != nil {
		return nil, fmt.Errorf("tag %d: %w", tag, err)
	}
	return b, nil
}

// integers reads at most n unsigned integers.
func (d directory) integers(tag uint16, n uint64) ([]uint64, error) {
	b, err := d.values(tag, n)
	if err != nil {
		return nil, err
	}
	f := d.fields[tag]
	out := make([]uint64, min(n, f.count))
	for i := range out {
		switch f.kind {
		case tags.TypeByte:
			out[i] = uint64(b[i])
		case tags.TypeShort:
			out[i] = uint64(d.order.Uint16(b[2*i:]))
		case tags.TypeLong:
			out[i] = uint64(d.order.Uint32(b[4*i:]))
		case tags.TypeLong8, tags.TypeIFD8:
			out[i] = d.order.Uint64(b[8*i:])
		default:
			return nil, fmt.Errorf("tag %d is not of integers (type %d)", tag, f.kind)
		}
	}
	return out, nil
}

// integer is a tag's only or first integer, otherwise where it is missing.
func (d directory) integer(tag uint16, otherwise uint64) (uint64, error) {
	if !d.has(tag) {
		return otherwise, nil
	}
	v, err := d.integers(tag, 1)
	if err != nil {
		return 0, err
	}
	return v[0], nil
}

// floats reads at most n real numbers.
func (d directory) floats(tag uint16, n uint64) ([]float64, error) {
	f := d.fields[tag]
	if f.kind != tags.TypeDouble && f.kind != tags.TypeFloat {
		if f.count == 0 {
			return nil, nil
		}
		return nil, fmt.Errorf("tag %d is not of real numbers (type %d)", tag, f.kind)
	}
	b, err := d.values(tag, n)
	if err != nil {
		return nil, err
	}
	out := make([]float64, min(n, f.count))
	for i := range out {
		if f.kind == tags.TypeFloat {
			out[i] = float64(math.Float32frombits(d.order.Uint32(b[4*i:])))
		} else {
			out[i] = math.Float64frombits(d.order.Uint64(b[8*i:]))
		}
	}
	return out, nil
}

// text reads a tag of characters, empty where it is missing.
func (d directory) text(tag uint16) (string, error) {
	if !d.has(tag) {
		return "", nil
	}
	if k := d.fields[tag].kind; k != tags.TypeASCII && k != tags.TypeByte {
		return "", fmt.Errorf("tag %d is not text (type %d)", tag, k)
	}
	const most = 4 << 20
	if n := d.fields[tag].count; n > most {
		return "", fmt.Errorf("tag %d is a text of %d bytes", tag, n)
	}
	b, err := d.values(tag, most)
	if err != nil {
		return "", err
	}
	return strings.ToValidUTF8(strings.TrimRight(string(b), "\x00"), "�"), nil
}
