package geotiff

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/klauspost/compress/zstd"

	"atalaya/terrain/format/geotiff/tags"
)

// blocks are the tiles or strips of the picture.
type blocks struct {
	file *tiff

	columns, rows int // of the picture
	width, height int // of a block
	across, down  int // blocks in a row and in a column
	tiled         bool
	// offsets and counts say where the bytes of each block are, row by row; a
	// count of 0 is a block that was left out: all void.
	offsets, counts []uint64

	compression uint64
	predictor   uint64
	samples     samples
	zstd        *zstd.Decoder
}

const (
	// maxSide keeps numbers of posts in reach of integer arithmetic.
	maxSide = 1 << 30
	// maxBlock is the most bytes of a block, decoded. Larger ones cannot be
	// read by windows.
	maxBlock = 256 << 20
	// emptiness is how many bytes of heights may be left out for each byte of
	// the file. Files of large regions with few tiles have a tenth of it.
	emptiness = 1 << 16
	// chopped is how many bytes of an uncompressed strip are read at a time.
	chopped = 256 << 10
)

// expansion is the most bytes that one byte of a compression can become, 0
// where we do not read it.
func expansion(compression uint64) uint64 {
	switch compression {
	case tags.CompressionNone:
		return 1
	case tags.CompressionLZW:
		return 2048 // 3838 codes of 9 to 12 bits, each one byte longer than the one before
	case tags.CompressionDeflate, tags.CompressionOldDeflate:
		return 1032 // 258 bytes from two bits
	case tags.CompressionZstd:
		return 32768 // a block of 128 KiB from four bytes
	}
	return 0
}

// compressionName names what is refused.
func compressionName(c uint64) string {
	switch c {
	case 2, 3, 4, 32771:
		return "CCITT fax"
	case 6, 7:
		return "JPEG"
	case 32773:
		return "PackBits"
	case 33003, 33004, 33005, 34712:
		return "JPEG 2000"
	case 34887:
		return "LERC"
	case 34925:
		return "LZMA"
	case 50001, 50002:
		return "WebP or JPEG XL"
	}
	return "unknown"
}

func readBlocks(d directory, notes notes) (blocks, error) {
	b := blocks{file: d.tiff}
	var err error
	var numbers [12]uint64
	for i, tag := range []struct {
		number    uint16
		otherwise uint64
	}{
		{tags.ImageWidth, 0},
		{tags.ImageLength, 0},
		{tags.BitsPerSample, 1},
		{tags.Compression, tags.CompressionNone},
		{tags.SamplesPerPixel, 1},
		{tags.Photometric, 1},
		{tags.FillOrder, 1},
		{tags.Orientation, 1},
		{tags.Predictor, 1},
		{tags.SampleFormat, 1},
		{tags.TileWidth, 0},
		{tags.TileLength, 0},
	} {
		if numbers[i], err = d.integer(tag.number, tag.otherwise); err != nil {
			return blocks{}, err
		}
	}
	width, height, depth, compression, bands := numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
	photometric, fill, orientation, predictor, format := numbers[5], numbers[6], numbers[7], numbers[8], numbers[9]
	tileWidth, tileHeight := numbers[10], numbers[11]

	switch {
	case width == 0 || height == 0 || width > maxSide || height > maxSide:
		return blocks{}, fmt.Errorf("a picture of %d x %d posts", width, height)
	case bands != 1:
		return blocks{}, fmt.Errorf("it has %d bands; elevation is one: take it out ('gdal_translate -b 1')", bands)
	case photometric > 1:
		return blocks{}, fmt.Errorf("its values are colours (photometric interpretation %d), no heights", photometric)
	case fill != 1:
		return blocks{}, fmt.Errorf("fill order %d is not read", fill)
	case orientation != 1:
		return blocks{}, fmt.Errorf("orientation %d is not read: rows must run from north to south", orientation)
	case expansion(compression) == 0:
		return blocks{}, fmt.Errorf("compression %d (%s) is not read; none, LZW, deflate and zstd are", compression, compressionName(compression))
	}
	b.columns, b.rows, b.compression = int(width), int(height), compression
	if b.samples, err = notes.samples(format, depth); err != nil {
		return blocks{}, err
	}
	if compression != tags.CompressionNone {
		b.predictor = predictor
	}
	switch {
	case b.predictor <= 2:
	case predictor == 3 && (b.samples.kind == float32s || b.samples.kind == float64s):
	default:
		return blocks{}, fmt.Errorf("predictor %d of %s is not read", predictor, b.samples)
	}

	offsets, counts := uint16(tags.StripOffsets), uint16(tags.StripByteCounts)
	if d.has(tags.TileWidth) || d.has(tags.TileOffsets) {
		b.tiled = true
		offsets, counts = tags.TileOffsets, tags.TileByteCounts
	} else {
		if tileHeight, err = d.integer(tags.RowsPerStrip, height); err != nil {
			return blocks{}, err
		}
		tileWidth, tileHeight = width, min(tileHeight, height)
	}
	if tileWidth == 0 || tileHeight == 0 || tileWidth > maxSide || tileHeight > maxSide {
		return blocks{}, fmt.Errorf("%ss of %d x %d posts", b.noun(), tileWidth, tileHeight)
	}
	b.width, b.height = int(tileWidth), int(tileHeight)
	b.across, b.down = (b.columns+b.width-1)/b.width, (b.rows+b.height-1)/b.height
	if err := b.locate(d, offsets, counts); err != nil {
		return blocks{}, err
	}
	if b.bytes(0) > maxBlock {
		return blocks{}, fmt.Errorf("a %s of %d MiB is too large to be read by windows; cut it in tiles ('gdal_translate -co TILED=YES')", b.noun(), b.bytes(0)>>20)
	}
	if compression == tags.CompressionZstd {
		// DecodeAll keeps no window beside what it writes, and stops where that
		// is more than a block.
		b.zstd, err = zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderConcurrency(0))
		if err != nil {
			return blocks{}, fmt.Errorf("zstd: %w", err)
		}
	}
	return b, nil
}

func (b *blocks) noun() string {
	if b.tiled {
		return "tile"
	}
	return "strip"
}

// name tells people which block it is.
func (b *blocks) name(i int) string {
	if b.tiled {
		return fmt.Sprintf("tile %d (column %d, row %d of tiles)", i, i%b.across, i/b.across)
	}
	return fmt.Sprintf("strip %d (rows %d to %d)", i, i*b.height, min((i+1)*b.height, b.rows)-1)
}

// height of one block: the last strip may be shorter.
func (b *blocks) rowsOf(i int) int {
	if b.tiled {
		return b.height
	}
	return min(b.height, b.rows-i*b.height)
}

// bytes of one block, decoded.
func (b *blocks) bytes(i int) uint64 {
	return uint64(b.width) * uint64(b.rowsOf(i)) * uint64(b.samples.bytes()) // < 2^63 by maxSide
}

// locate reads where the blocks are and holds it against the file: each lies
// inside, and has bytes enough for what it claims to hold.
func (b *blocks) locate(d directory, offsets, counts uint16) error {
	hi, n := bits.Mul64(uint64(b.across), uint64(b.down))
	if hi != 0 || n > math.MaxInt32 {
		return fmt.Errorf("%d x %d %ss", b.across, b.down, b.noun())
	}
	for _, tag := range []uint16{offsets, counts} {
		if got := d.fields[tag].count; got < n {
			return fmt.Errorf("its %d x %d posts are %d %ss, but tag %d lists %d", b.columns, b.rows, n, b.noun(), tag, got)
		}
	}
	var err error
	if b.offsets, err = d.integers(offsets, n); err != nil {
		return err
	}
	if b.counts, err = d.integers(counts, n); err != nil {
		return err
	}
	leftOut := 0.0 // bytes
	for i := range b.counts {
		at, count := b.offsets[i], b.counts[i]
		if at == 0 || count == 0 {
			b.counts[i] = 0
			leftOut += float64(b.bytes(i))
			continue
		}
		if size := uint64(d.size); at > size || count > size-at {
			return fmt.Errorf("%s, %d bytes at offset %d, ends after the file, which has %d bytes: it is cut short or damaged", b.name(i), count, at, d.size)
		}
		if need := b.bytes(i); need/expansion(b.compression) > count {
			return fmt.Errorf("%s says that its %d bytes at offset %d are %d bytes of heights, which they cannot hold", b.name(i), count, at, need)
		}
	}
	if leftOut > emptiness*float64(d.size) {
		return fmt.Errorf("%.3g bytes of heights are left out of a file of %d bytes: it has next to none", leftOut, d.size)
	}
	b.chop()
	return nil
}

// chop cuts a picture that is one uncompressed strip in smaller ones, so that
// windows read what they need.
func (b *blocks) chop() {
	if b.tiled || len(b.counts) != 1 || b.compression != tags.CompressionNone || b.counts[0] == 0 {
		return
	}
	row := uint64(b.width) * uint64(b.samples.bytes())
	height := int(max(1, chopped/row))
	if height >= b.height {
		return
	}
	at := b.offsets[0]
	b.height, b.down = height, (b.rows+height-1)/height
	b.offsets, b.counts = make([]uint64, b.down), make([]uint64, b.down)
	for i := range b.offsets {
		b.offsets[i] = at + uint64(i)*uint64(height)*row
		b.counts[i] = b.bytes(i)
	}
}
