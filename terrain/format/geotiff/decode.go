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
)

// decode reads one block and gives its heights, row by row, b.width to a row.
func (b *blocks) decode(i int) ([]float32, error) {
	raw, err := b.file.read(int64(b.offsets[i]), b.counts[i])
	if err == nil {
		raw, err = b.unpack(raw, int(b.bytes(i)))
	}
	if err != nil {
		return nil, fmt.Errorf("%s at offset %d: %w", b.name(i), b.offsets[i], err)
	}
	// Only now is it known that the block holds what it claims.
	z := make([]float32, b.width*b.rowsOf(i))
	stride := b.width * b.samples.bytes()
	buffer := make([]byte, stride)
	for r := range b.rowsOf(i) {
		row := raw[r*stride : (r+1)*stride]
		b.order(row, buffer)
		b.samples.heights(z[r*b.width:(r+1)*b.width], row)
	}
	return z, nil
}

// unpack undoes the compression: exactly n bytes, which the compression can
// make of these (locate has looked). It never writes beyond n.
func (b *blocks) unpack(raw []byte, n int) ([]byte, error) {
	var r io.Reader
	switch b.compression {
	case compressionNone:
		if len(raw) < n {
			return nil, short(len(raw), n)
		}
		return raw[:n], nil
	case compressionZstd:
		out, err := b.zstd.DecodeAll(raw, make([]byte, 0, n))
		if len(out) >= n {
			return out[:n], nil
		}
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		return nil, short(len(out), n)
	case compressionLZW:
		z := lzw.NewReader(bytes.NewReader(raw), lzw.MSB, 8)
		defer z.Close()
		r = z
	default:
		z, err := zlib.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("deflate: %w", err)
		}
		defer z.Close()
		r = z
	}
	out := make([]byte, 0, min(n, 16*len(raw)+1024))
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
		for i := 1; i < len(row); i++ {
			row[i] += row[i-1]
		}
		copy(buffer, row)
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

// heights reads a row of little-endian samples.
func (s *samples) heights(z []float32, row []byte) {
	le := binary.LittleEndian
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
