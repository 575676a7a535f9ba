package geotiff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/klauspost/compress/zlib"
	"golang.org/x/image/tiff/lzw"

	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/tags"
)

// decoder reads blocks, one after the other, in buffers of its own.
type decoder struct {
	*blocks
	packed, raw, row []byte
	inflate          io.ReadCloser // nil before the first deflated block
}

// part reads the heights of a block's rows and columns, the block's own numbers,
// into lines of dst that begin stride apart.
func (d *decoder) part(i int, in terrain.Window, dst []float32, stride int) error {
	raw, err := d.rows(i, in.Y, in.Y+in.Height)
	if err == nil {
		d.heights(raw, in.X, in.Width, dst, stride)
	}
	return err
}

// whole reads all heights of a block, row by row, width to a row.
func (d *decoder) whole(i int) ([]float32, error) {
	raw, err := d.rows(i, 0, d.rowsOf(i))
	if err != nil {
		return nil, err
	}
	// Only now is it known that the block holds what it claims.
	z := make([]float32, d.width*d.rowsOf(i))
	d.heights(raw, 0, d.width, z, d.width)
	return z, nil
}

// rows gives the bytes of a block's rows. They stand until the next call.
func (d *decoder) rows(i, from, to int) ([]byte, error) {
	line := d.width * d.samples.bytes()
	at, count := int64(d.offsets[i]), d.counts[i]
	if d.compression == tags.CompressionNone {
		at, count = at+int64(from*line), uint64((to-from)*line) // it has so many: locate has looked
	}
	var err error
	d.packed, err = d.file.readInto(d.packed, at, count)
	if err == nil && d.compression != tags.CompressionNone {
		d.raw, err = d.unpack(d.packed, int(d.bytes(i)))
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s at offset %d: %w", d.name(i), d.offsets[i], err)
	case d.compression == tags.CompressionNone:
		return d.packed, nil
	}
	return d.raw[from*line : to*line], nil
}

// heights reads columns of a block's rows.
func (d *decoder) heights(raw []byte, x, width int, dst []float32, stride int) {
	n := d.samples.bytes()
	line := d.width * n
	d.row = slices.Grow(d.row[:0], line)[:line]
	for ; len(raw) > 0; raw = raw[line:] {
		d.order(raw[:line], d.row)
		d.samples.heights(dst[:width], raw[x*n:line])
		dst = dst[min(stride, len(dst)):]
	}
}

// unpack undoes the compression: exactly n bytes, which the compression can
// make of these (locate has looked). It never writes beyond n.
func (d *decoder) unpack(raw []byte, n int) ([]byte, error) {
	var r io.Reader
	switch d.compression {
	case tags.CompressionZstd:
		out, err := d.zstd.DecodeAll(raw, slices.Grow(d.raw[:0], n)[:0:n])
		if len(out) >= n {
			return out[:n], nil
		}
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		return nil, short(len(out), n)
	case tags.CompressionLZW:
		z := lzw.NewReader(bytes.NewReader(raw), lzw.MSB, 8)
		defer z.Close()
		r = z
	default:
		if err := d.deflated(raw); err != nil {
			return nil, fmt.Errorf("deflate: %w", err)
		}
		r = d.inflate
	}
	out := slices.Grow(d.raw[:0], min(n, 16*len(raw)+1024))
	for len(out) < n {
		if len(out) == cap(out) {
			out = slices.Grow(out, min(n-len(out), len(out)))
		}
		got, err := r.Read(out[len(out):min(n, cap(out))])
		out = out[:len(out)+got]
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil && len(out) < n {
			return nil, fmt.Errorf("decompressing, after %d of %d bytes: %w", len(out), n, err)
		}
	}
	if len(out) < n {
		return nil, short(len(out), n)
	}
	return out, nil
}

// deflated makes inflate read these bytes.
func (d *decoder) deflated(raw []byte) (err error) {
	if again, ok := d.inflate.(zlib.Resetter); ok {
		return again.Reset(bytes.NewReader(raw), nil)
	}
	d.inflate, err = zlib.NewReader(bytes.NewReader(raw))
	return err
}

func short(got, want int) error {
	return fmt.Errorf("it holds %d bytes of heights, and %d are needed", got, want)
}

// order brings the samples of a row, in place, to little-endian bytes and
// undoes the predictor.
func (b *blocks) order(row, buffer []byte) {
	n := b.samples.bytes()
	if b.predictor == 3 {
		// Supplement 3 to TIFF 6.0: all first bytes of the samples, then all
		// second ones, differences between neighbours; in every file the most
		// significant bytes first.
		var sum byte
		for i, v := range row {
			sum += v
			buffer[i] = sum
		}
		for k := range n {
			plane := buffer[(n-1-k)*b.width : (n-k)*b.width]
			for i, v := range plane {
				row[i*n+k] = v
			}
		}
		return
	}
	if n > 1 && b.file.order == binary.ByteOrder(binary.BigEndian) {
		for i := 0; i < len(row); i += n {
			slices.Reverse(row[i : i+n])
		}
	}
	if b.predictor != 2 {
		return
	}
	le := binary.LittleEndian
	switch n {
	case 1:
		for i := 1; i < len(row); i++ {
			row[i] += row[i-1]
		}
	case 2:
		var sum uint16
		for i := 0; i < len(row); i += 2 {
			sum += le.Uint16(row[i:])
			le.PutUint16(row[i:], sum)
		}
	case 4:
		var sum uint32
		for i := 0; i < len(row); i += 4 {
			sum += le.Uint32(row[i:])
			le.PutUint32(row[i:], sum)
		}
	case 8:
		var sum uint64
		for i := 0; i < len(row); i += 8 {
			sum += le.Uint64(row[i:])
			le.PutUint64(row[i:], sum)
		}
	}
}

// kind is the type of a sample.
type kind int

const (
	int8s kind = iota
	uint8s
	int16s
	uint16s
	int32s
	uint32s
	float32s
	float64s
)

// samples says what a value in the file means.
type samples struct {
	kind   kind
	nodata float64 // NaN where none is stated
	// height = scale*value + offset
	scaled        bool
	scale, offset float64
}

func (s samples) bytes() int {
	switch s.kind {
	case int8s, uint8s:
		return 1
	case int16s, uint16s:
		return 2
	case float64s:
		return 8
	default:
		return 4
	}
}

func (s samples) String() string {
	return [...]string{"int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"}[s.kind]
}

// height gives NaN for nodata and for what is no number.
func (s *samples) height(v float64) float32 {
	if v == s.nodata {
		return float32(math.NaN())
	}
	if s.scaled {
		v = float64(v*s.scale) + s.offset
	}
	z := float32(v)
	if z-z != 0 { // infinite
		return float32(math.NaN())
	}
	return z
}

// floats reads little-endian float32, four at a time. Voids are seen by their
// bits, infinite ones and those that are no number by the exponent.
func floats(z []float32, row []byte, nodata float32) {
	le := binary.LittleEndian
	const exponent = 0x7f800000
	nan, void := float32(math.NaN()), math.Float32bits(nodata)
	for ; len(z) >= 4 && len(row) >= 16; z, row = z[4:], row[16:] {
		a, b := le.Uint64(row), le.Uint64(row[8:])
		n0, n1, n2, n3 := uint32(a), uint32(a>>32), uint32(b), uint32(b>>32)
		z[0], z[1], z[2], z[3] = math.Float32frombits(n0), math.Float32frombits(n1), math.Float32frombits(n2), math.Float32frombits(n3)
		if n0 == void || n0&exponent == exponent {
			z[0] = nan
		}
		if n1 == void || n1&exponent == exponent {
			z[1] = nan
		}
		if n2 == void || n2&exponent == exponent {
			z[2] = nan
		}
		if n3 == void || n3&exponent == exponent {
			z[3] = nan
		}
	}
	for i := range z {
		n := le.Uint32(row[4*i:])
		z[i] = math.Float32frombits(n)
		if n == void || n&exponent == exponent {
			z[i] = nan
		}
	}
}

// heights reads a row of little-endian samples.
func (s *samples) heights(z []float32, row []byte) {
	le := binary.LittleEndian
	nan := float32(math.NaN())
	// What nearly all files have, without the detour.
	switch {
	case s.kind == float32s && !s.scaled && s.nodata != 0: // 0 is -0 too
		floats(z, row, float32(s.nodata)) // which it is
		return
	case s.kind == int16s && !s.scaled:
		for i := range z {
			n := int16(le.Uint16(row[2*i:]))
			z[i] = float32(n)
			if float64(n) == s.nodata {
				z[i] = nan
			}
		}
		return
	}
	switch s.kind {
	case int8s:
		for i := range z {
			z[i] = s.height(float64(int8(row[i])))
		}
	case uint8s:
		for i := range z {
			z[i] = s.height(float64(row[i]))
		}
	case int16s:
		for i := range z {
			z[i] = s.height(float64(int16(le.Uint16(row[2*i:]))))
		}
	case uint16s:
		for i := range z {
			z[i] = s.height(float64(le.Uint16(row[2*i:])))
		}
	case int32s:
		for i := range z {
			z[i] = s.height(float64(int32(le.Uint32(row[4*i:]))))
		}
	case uint32s:
		for i := range z {
			z[i] = s.height(float64(le.Uint32(row[4*i:])))
		}
	case float32s:
		for i := range z {
			z[i] = s.height(float64(math.Float32frombits(le.Uint32(row[4*i:]))))
		}
	case float64s:
		for i := range z {
			z[i] = s.height(math.Float64frombits(le.Uint64(row[8*i:])))
		}
	}
}
