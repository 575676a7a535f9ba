package elevation

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
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

	// side is the posts along an edge of a chunk; levels is how often it can
	// be halved.
	side   = 1024
	levels = 10
)

// encoding is how heights are written.
type encoding uint16

const (
	asInt16   encoding = 1 // where all heights are whole metres in its range
	asFloat32 encoding = 2

	int16Void   = uint16(0x8000)
	float32Void = uint32(0x7fc00000)
)

func (e encoding) bytes() int {
	if e == asInt16 {
		return 2
	}
	return 4
}

// fileSize is the size of a chunk file.
func (e encoding) fileSize() int64 {
	n := side * side
	for l := 1; l <= levels; l++ {
		n += 2 * levelSide(l) * levelSide(l)
	}
	return headerSize + int64(n*e.bytes())
}

func levelSide(level int) int { return side >> level }

// levelOffset is where the heights of a level begin in a chunk file.
func (e encoding) levelOffset(level int, x Extreme) int {
	if level == 0 {
		return headerSize
	}
	n := side * side
	for l := 1; l < level; l++ {
		n += 2 * levelSide(l) * levelSide(l)
	}
	if x == Lowest {
		n += levelSide(level) * levelSide(level)
	}
	return headerSize + n*e.bytes()
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// encodingOf is the smallest encoding that keeps every height.
func encodingOf(z []float32) encoding {
	for _, v := range z {
		if v != v { // a void
			continue
		}
		if !(v > math.MinInt16 && v <= math.MaxInt16) || v != float32(int16(v)) {
			return asFloat32
		}
	}
	return asInt16
}

// builder makes chunk files. It keeps its buffers.
type builder struct {
	highest, lowest [levels + 1][]float32
	file            []byte
}

// build makes the file of a chunk from its level 0; it is good until the next.
func (b *builder) build(at chunkAt, z []float32) (data []byte, enc encoding, crc uint32) {
	b.highest[0], b.lowest[0] = z, z
	for l := 1; l <= levels; l++ {
		n := levelSide(l)
		if b.highest[l] == nil {
			b.highest[l], b.lowest[l] = make([]float32, n*n), make([]float32, n*n)
		}
		halve(b.highest[l], b.highest[l-1], n, func(a, v float32) bool { return v > a })
		halve(b.lowest[l], b.lowest[l-1], n, func(a, v float32) bool { return v < a })
	}
	enc = encodingOf(z) // the pyramid's heights are level 0's
	size := int(enc.fileSize())
	if cap(b.file) < size {
		b.file = make([]byte, size)
	}
	f := b.file[:size]
	enc.put(f[enc.levelOffset(0, Highest):], z)
	for l := 1; l <= levels; l++ {
		enc.put(f[enc.levelOffset(l, Highest):], b.highest[l])
		enc.put(f[enc.levelOffset(l, Lowest):], b.lowest[l])
	}
	crc = crc32.Checksum(f[headerSize:], castagnoli())
	putHeader(f, header{enc, at, crc})
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
func (e encoding) put(dst []byte, z []float32) {
	if e == asInt16 {
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
func (e encoding) get(dst []float32, src []byte) {
	if e == asInt16 {
		src = src[:2*len(dst)]
		for i := range dst {
			u := binary.LittleEndian.Uint16(src[2*i:])
			if u == 0 {
				dst[i] = math.Float32frombits(float32Void)
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

type header struct {
	enc encoding
	at  chunkAt
	crc uint32
}

func putHeader(f []byte, h header) {
	copy(f, chunkMagic)
	le := binary.LittleEndian
	le.PutUint16(f[8:], chunkVersion)
	le.PutUint16(f[10:], uint16(h.enc))
	le.PutUint32(f[12:], uint32(int32(h.at.X)))
	le.PutUint32(f[16:], uint32(int32(h.at.Y)))
	le.PutUint32(f[20:], h.crc)
	le.PutUint32(f[24:], crc32.Checksum(f[:24], castagnoli()))
	le.PutUint32(f[28:], 0)
}

// checkFile looks whether a file is the chunk that is expected, whole.
func checkFile(f []byte, want header) error {
	le := binary.LittleEndian
	switch {
	case int64(len(f)) != want.enc.fileSize():
		return fmt.Errorf("it has %d bytes instead of %d", len(f), want.enc.fileSize())
	case string(f[:8]) != chunkMagic || le.Uint32(f[24:]) != crc32.Checksum(f[:24], castagnoli()):
		return fmt.Errorf("its header is damaged")
	case le.Uint16(f[8:]) != chunkVersion:
		return fmt.Errorf("it has version %d, and this program reads %d: a newer program wrote it", le.Uint16(f[8:]), chunkVersion)
	}
	have := header{encoding(le.Uint16(f[10:])), chunkAt{int(int32(le.Uint32(f[12:]))), int(int32(le.Uint32(f[16:])))}, le.Uint32(f[20:])}
	if have != want {
		return fmt.Errorf("it is another chunk than dataset.json says")
	}
	if crc32.Checksum(f[headerSize:], castagnoli()) != want.crc {
		return fmt.Errorf("its content is damaged (CRC-32C)")
	}
	return nil
}

// chunk is a mapped chunk file. It is unmapped when nobody holds it any more,
// so that no reader is left with memory that is gone; who reads data keeps the
// chunk alive until it is done.
type chunk struct {
	name   string
	want   header
	data   []byte
	failed error // to open
	once   sync.Once
	err    error // why it cannot be read, once it was checked
}

// openChunk maps a chunk file. What is wrong with it is said when it is read:
// one damaged file leaves the others useful.
func openChunk(root *os.Root, name string, want header) *chunk {
	c := &chunk{name: name, want: want}
	if c.data, c.failed = mapFile(root, name, want.enc.fileSize()); c.failed != nil {
		return c
	}
	runtime.AddCleanup(c, func(data []byte) { _ = unix.Munmap(data) }, c.data)
	return c
}

// mapFile maps a file that must have a size: to read beyond the end of a
// mapped file would end the program.
func mapFile(root *os.Root, name string, size int64) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() != size {
		return nil, fmt.Errorf("it has %d bytes instead of %d", st.Size(), size)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map it into memory: %w", err)
	}
	return data, nil
}

// ready checks a chunk when it is first read.
func (c *chunk) ready() error {
	c.once.Do(func() { c.err = c.check() })
	return c.err
}

func (c *chunk) check() (err error) {
	if c.failed != nil {
		return c.failed
	}
	defer guard(&err)()
	defer runtime.KeepAlive(c)
	return checkFile(c.data, c.want)
}

// read copies a row of heights of a level, from column x of row y of it.
func (c *chunk) read(dst []float32, level int, e Extreme, x, y int) {
	enc := c.want.enc
	at := enc.levelOffset(level, e) + (y*levelSide(level)+x)*enc.bytes()
	enc.get(dst, c.data[at:])
	runtime.KeepAlive(c)
}
