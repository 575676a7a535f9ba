// Package chunk is the files of a store of elevation: squares of posts, mapped
// into memory.
package chunk

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// A chunk file holds a square of posts and its pyramid:
//
//	offset  size  what (little-endian)
//	0       8     magic "ATELEV\r\n"
//	8       2     version, 1
//	10      2     encoding: 1 int16, 2 float32, both metres
//	12      4     column of the chunk in the dataset's frame, int32
//	16      4     row of the chunk, int32
//	20      4     CRC-32C of all that follows the header
//	24      4     CRC-32C of the 24 bytes before
//	28      4     zero
//	32            level 0, then for each level 1 to 10 its highest, its lowest
//
// Rows run from the north, posts from the west. A value is stored XORed with
// the encoding's void (-32768; the quiet NaN 0x7fc00000), so that voids are
// zero bytes and make holes of the file: half-empty chunks take little disk.
const (
	chunkMagic   = "ATELEV\r\n"
	chunkVersion = 1
	headerSize   = 32

	// Side is the posts along an edge of a chunk; Levels is how often it can
	// be halved.
	Side   = 1024
	Levels = 10
)

// Encoding is how heights are written.
type Encoding uint16

// The encodings.
const (
	Int16   Encoding = 1 // where all heights are whole metres in its range
	Float32 Encoding = 2

	int16Void   = uint16(0x8000)
	float32Void = uint32(0x7fc00000)
)

func (e Encoding) bytes() int {
	if e == Int16 {
		return 2
	}
	return 4
}

// FileSize is the size of a chunk file.
func (e Encoding) FileSize() int64 {
	n := Side * Side
	for l := 1; l <= Levels; l++ {
		n += 2 * LevelSide(l) * LevelSide(l)
	}
	return headerSize + int64(n*e.bytes())
}

// LevelSide is the posts along an edge of a level.
func LevelSide(level int) int { return Side >> level }

// levelOffset is where the heights of a level begin in a chunk file.
func (e Encoding) levelOffset(level int, x Extreme) int {
	if level == 0 {
		return headerSize
	}
	n := Side * Side
	for l := 1; l < level; l++ {
		n += 2 * LevelSide(l) * LevelSide(l)
	}
	if x == Lowest {
		n += LevelSide(level) * LevelSide(level)
	}
	return headerSize + n*e.bytes()
}

// Void is what stands where there is no height.
func Void() float32 { return math.Float32frombits(float32Void) }

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// encodingOf is the smallest encoding that keeps every height.
func encodingOf(z []float32) Encoding {
	for _, v := range z {
		if v != v { // a void
			continue
		}
		if !(v > math.MinInt16 && v <= math.MaxInt16) || v != float32(int16(v)) {
			return Float32
		}
	}
	return Int16
}

// Builder makes chunk files. It keeps its buffers.
type Builder struct {
	highest, lowest [Levels + 1][]float32
	file            []byte
}

// Build makes the file of a chunk from its level 0; it is good until the next.
func (b *Builder) Build(at At, z []float32) (data []byte, enc Encoding, crc uint32) {
	b.highest[0], b.lowest[0] = z, z
	for l := 1; l <= Levels; l++ {
		n := LevelSide(l)
		if b.highest[l] == nil {
			b.highest[l], b.lowest[l] = make([]float32, n*n), make([]float32, n*n)
		}
		halve(b.highest[l], b.highest[l-1], n, func(a, v float32) bool { return v > a })
		halve(b.lowest[l], b.lowest[l-1], n, func(a, v float32) bool { return v < a })
	}
	enc = encodingOf(z) // the pyramid's heights are level 0's
	size := int(enc.FileSize())
	if cap(b.file) < size {
		b.file = make([]byte, size)
	}
	f := b.file[:size]
	enc.put(f[enc.levelOffset(0, Highest):], z)
	for l := 1; l <= Levels; l++ {
		enc.put(f[enc.levelOffset(l, Highest):], b.highest[l])
		enc.put(f[enc.levelOffset(l, Lowest):], b.lowest[l])
	}
	crc = crc32.Checksum(f[headerSize:], castagnoli())
	putHeader(f, Header{enc, at, crc})
	return f, enc, crc
}

// halve makes a level from the one below: of each 2 x 2 posts the one that is
// better than all others. Voids count where there is nothing else.
func halve(dst, below []float32, n int, better func(a, v float32) bool) {
	for r := range n {
		north, south := below[4*n*r:][:2*n], below[4*n*r+2*n:][:2*n]
		for c := range n {
			v := north[2*c]
			for _, o := range [3]float32{north[2*c+1], south[2*c], south[2*c+1]} {
				if v != v || better(v, o) {
					v = o
				}
			}
			dst[n*r+c] = v
		}
	}
}

// put writes heights.
func (e Encoding) put(dst []byte, z []float32) {
	if e == Int16 {
		for i, v := range z {
			u := int16Void
			if v == v {
				u = uint16(int16(v))
			}
			binary.LittleEndian.PutUint16(dst[2*i:], u^int16Void)
		}
		return
	}
	for i, v := range z {
		u := float32Void
		if v == v {
			u = math.Float32bits(v)
		}
		binary.LittleEndian.PutUint32(dst[4*i:], u^float32Void)
	}
}

// get reads heights.
func (e Encoding) get(dst []float32, src []byte) {
	if e == Int16 {
		src = src[:2*len(dst)]
		for i := range dst {
			u := binary.LittleEndian.Uint16(src[2*i:])
			if u == 0 {
				dst[i] = Void()
				continue
			}
			dst[i] = float32(int16(u ^ int16Void))
		}
		return
	}
	src = src[:4*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]) ^ float32Void)
	}
}

// Header is what a chunk file says of itself.
type Header struct {
	Encoding Encoding
	At       At
	CRC      uint32
}

func putHeader(f []byte, h Header) {
	copy(f, chunkMagic)
	le := binary.LittleEndian
	le.PutUint16(f[8:], chunkVersion)
	le.PutUint16(f[10:], uint16(h.Encoding))
	le.PutUint32(f[12:], uint32(int32(h.At.X)))
	le.PutUint32(f[16:], uint32(int32(h.At.Y)))
	le.PutUint32(f[20:], h.CRC)
	le.PutUint32(f[24:], crc32.Checksum(f[:24], castagnoli()))
	le.PutUint32(f[28:], 0)
}

// checkFile looks whether a file is the chunk that is expected, whole.
func checkFile(f []byte, want Header) error {
	le := binary.LittleEndian
	switch {
	case int64(len(f)) != want.Encoding.FileSize():
		return fmt.Errorf("it has %d bytes instead of %d", len(f), want.Encoding.FileSize())
	case string(f[:8]) != chunkMagic || le.Uint32(f[24:]) != crc32.Checksum(f[:24], castagnoli()):
		return fmt.Errorf("its header is damaged")
	case le.Uint16(f[8:]) != chunkVersion:
		return fmt.Errorf("it has version %d, and this program reads %d: a newer program wrote it", le.Uint16(f[8:]), chunkVersion)
	}
	have := Header{Encoding(le.Uint16(f[10:])), At{int(int32(le.Uint32(f[12:]))), int(int32(le.Uint32(f[16:])))}, le.Uint32(f[20:])}
	if have != want {
		return fmt.Errorf("it is another chunk than dataset.json says")
	}
	if crc32.Checksum(f[headerSize:], castagnoli()) != want.CRC {
		return fmt.Errorf("its content is damaged (CRC-32C)")
	}
	return nil
}
