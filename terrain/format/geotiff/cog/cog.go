// Package cog writes Cloud Optimized GeoTIFF (OGC 21-026): heights, or what was
// reckoned from them.
package cog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zlib"

	"atalaya/terrain"
)

// Raster is what Write writes: one value a post of a lattice.
type Raster struct {
	Lattice terrain.Lattice
	// Values or Bytes, one of them, row by row from the north-west.
	Values []float32 // NaN where there is none
	Bytes  []uint8
	// NoData stands in the file where there is no value. No other value may be
	// equal to it.
	NoData float64
	// Overviews says what smaller copies keep.
	Overviews Overview
	// Description is one line for people; Software wrote the file.
	Description, Software string
	// Unit of the values, "m" for metres; empty where they have none.
	Unit string
	// Heights says that values are heights in the datum of Elevation, not
	// something reckoned from them.
	Heights bool
	// Elevation is what the values are, or were reckoned from: its name,
	// source, datum, error and SYNTHETIC label go into the file, and Open
	// reads them again.
	Elevation terrain.About
	// Items are further facts, read by GDAL as metadata.
	Items map[string]string
}

// Overview says which of four values stands for them all. There is no mean:
// it is true of nothing where values are elevation or margins.
type Overview int

// The overviews.
const (
	Nearest Overview = iota // the north-western one
	Max                     // the greatest there is
	Min                     // the least there is
)

const (
	tileSide = 512
	// maxSide keeps numbers of posts in reach of integer arithmetic.
	maxSide = 1 << 30
	// ghost is GDAL's note, before the first directory, of how the file is laid
	// out (GDAL, COG driver, "Header ghost area"): readers need fewer requests.
	ghost = "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n" +
		"BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n " // the space becomes part of YES
	// around is what these four bytes before and after each tile take.
	around = 4
)

// level is the raster or one of its smaller copies.
type level struct {
	columns, rows int
	values        []float32
	bytes         []uint8
	across, down  int // tiles
	tiles         [][]byte
}

// Write writes a raster as Cloud Optimized GeoTIFF: the directories first,
// then tiles of 512 x 512, smaller copies before larger ones. The same raster
// gives the same bytes.
func Write(w io.Writer, r Raster) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("writing GeoTIFF: %w", err)
	}
	levels := r.levels()
	for i := range levels {
		if err := r.pack(&levels[i]); err != nil {
			return fmt.Errorf("writing GeoTIFF: %w", err)
		}
	}
	head, err := r.head(levels)
	if err != nil {
		return fmt.Errorf("writing GeoTIFF: %w", err)
	}
	parts := [][]byte{head}
	for _, l := range slices.Backward(levels) {
		for _, tile := range l.tiles {
			leader := binary.LittleEndian.AppendUint32(nil, uint32(len(tile)))
			parts = append(parts, leader, tile, tile[len(tile)-around:])
		}
	}
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return fmt.Errorf("writing GeoTIFF: %w", err)
		}
	}
	return nil
}

func (r *Raster) check() error {
	l := r.Lattice
	if l.Projection == nil || l.Width <= 0 || l.Height <= 0 || l.Width > maxSide || l.Height > maxSide {
		return fmt.Errorf("a lattice of %d x %d posts", l.Width, l.Height)
	}
	if err := l.Check(); err != nil {
		return err
	}
	n := l.Width * l.Height
	switch {
	case r.Values != nil && r.Bytes != nil, r.Values == nil && r.Bytes == nil:
		return errors.New("either values or bytes are written")
	case r.Values != nil && len(r.Values) != n, r.Bytes != nil && len(r.Bytes) != n:
		return fmt.Errorf("%d values for %d x %d posts", len(r.Values)+len(r.Bytes), l.Width, l.Height)
	}
	void := float32(r.NoData)
	if r.Values != nil && float64(void) != r.NoData && !math.IsNaN(r.NoData) {
		return fmt.Errorf("nodata %g is no value of 32 bits", r.NoData)
	}
	if r.Bytes != nil && !(r.NoData >= 0 && r.NoData <= 255 && r.NoData == math.Floor(r.NoData)) {
		return fmt.Errorf("nodata %g is no byte", r.NoData)
	}
	for i, v := range r.Values {
		if v == void || v-v != 0 && v == v { // infinite
			return fmt.Errorf("the value %g in column %d, row %d would be read as none", v, i%l.Width, i/l.Width)
		}
	}
	return nil
}

// levels makes the smaller copies: each half as large, until one tile holds
// all.
func (r *Raster) levels() []level {
	l := level{columns: r.Lattice.Width, rows: r.Lattice.Height, values: r.Values, bytes: r.Bytes}
	var out []level
	for {
		l.across, l.down = (l.columns+tileSide-1)/tileSide, (l.rows+tileSide-1)/tileSide
		out = append(out, l)
		if l.across == 1 && l.down == 1 {
			return out
		}
		small := level{columns: (l.columns + 1) / 2, rows: (l.rows + 1) / 2}
		if l.values != nil {
			small.values = halve(l.values, l.columns, l.rows, r.Overviews, float32(math.NaN()))
		} else {
			small.bytes = halve(l.bytes, l.columns, l.rows, r.Overviews, uint8(r.NoData))
		}
		l = small
	}
}

// halve makes one value of two by two, on all processors.
func halve[T float32 | uint8](z []T, columns, rows int, o Overview, void T) []T {
	w, h := (columns+1)/2, (rows+1)/2
	out := make([]T, w*h)
	const batch = 64
	parallel((h+batch-1)/batch, func() func(int) {
		return func(i int) {
			for r := i * batch; r < min(h, (i+1)*batch); r++ {
				north := z[2*r*columns:][:columns]
				south := north
				if 2*r+1 < rows {
					south = z[(2*r+1)*columns:][:columns]
				}
				halveRow(out[r*w:][:w], north, south, o, void)
			}
		}
	})
	return out
}

func halveRow[T float32 | uint8](out, north, south []T, o Overview, void T) {
	for c := range len(north) / 2 {
		nw, ne, sw, se := north[2*c], north[2*c+1], south[2*c], south[2*c+1]
		if nw != ne || nw != sw || nw != se {
			nw = kept(kept(nw, ne, o, void), kept(sw, se, o, void), o, void)
		}
		out[c] = nw
	}
	if last := len(north) - 1; last%2 == 0 {
		out[last/2] = kept(north[last], south[last], o, void)
	}
}

// kept is the one of two values that stands for both. A void is a value of its
// own among bytes, NaN among real numbers.
func kept[T float32 | uint8](a, b T, o Overview, void T) T {
	if o != Nearest && b == b && b != void && (a != a || a == void || o == Max && b > a || o == Min && b < a) {
		return b
	}
	return a
}

// parallel calls what worker gives with 0 to n-1, on all processors, a worker
// for each.
func parallel(n int, worker func() func(int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			do := worker()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

// pack compresses the tiles of a level. The fast level of deflate takes half
// the time of the usual one, for files some hundredths larger.
func (r *Raster) pack(l *level) error {
	l.tiles = make([][]byte, l.across*l.down)
	errs := make([]error, len(l.tiles))
	parallel(len(l.tiles), func() func(int) {
		raw := make([]byte, tileSide*tileSide*r.sampleBytes())
		var b bytes.Buffer
		z, unknown := zlib.NewWriterLevel(&b, zlib.BestSpeed)
		return func(i int) {
			if unknown != nil {
				errs[i] = unknown
				return
			}
			r.raw(raw, l, i)
			b.Reset()
			z.Reset(&b)
			_, err := z.Write(raw)
			errs[i] = errors.Join(err, z.Close())
			l.tiles[i] = bytes.Clone(b.Bytes())
		}
	})
	return errors.Join(errs...)
}

func (r *Raster) sampleBytes() int {
	if r.Bytes != nil {
		return 1
	}
	return 4
}

// raw gives the bytes of a tile with the predictor applied: 3 for real
// numbers, 2 for bytes.
func (r *Raster) raw(raw []byte, l *level, tile int) {
	x0, y0 := tile%l.across*tileSide, tile/l.across*tileSide
	columns, rows := min(tileSide, l.columns-x0), min(tileSide, l.rows-y0)
	stride := tileSide * r.sampleBytes()
	void := float32(r.NoData)
	for y := range tileSide {
		row := raw[y*stride : (y+1)*stride]
		at, n := (y0+y)*l.columns+x0, columns
		if y >= rows {
			at, n = 0, 0
		}
		if l.bytes != nil {
			for x := copy(row, l.bytes[at:][:n]); x < tileSide; x++ {
				row[x] = byte(r.NoData)
			}
		} else {
			planes(row, l.values[at:][:n], void)
		}
		differ(row)
	}
}

// planes puts the first bytes of all values of a line of a tile first, then
// the second ones, and so on. Voids are where there is no value.
func planes(row []byte, values []float32, void float32) {
	a, b, c, d := row[:tileSide], row[tileSide:][:tileSide], row[2*tileSide:][:tileSide], row[3*tileSide:][:tileSide]
	for x := range tileSide {
		v := void
		if x < len(values) && values[x] == values[x] {
			v = values[x]
		}
		n := math.Float32bits(v)
		a[x], b[x], c[x], d[x] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	}
}

// differ leaves of each byte what it has more than the one before, eight at a
// time: no byte of a word borrows from the next where its highest bit is set
// before and put right after.
func differ(row []byte) {
	const high = 0x8080808080808080
	le := binary.LittleEndian
	i := len(row) - 8
	for ; i > 0; i -= 8 {
		now, before := le.Uint64(row[i:]), le.Uint64(row[i-1:])
		le.PutUint64(row[i:], (now|high)-(before&^high)^(now^^before)&high)
	}
	for i += 7; i > 0; i-- {
		row[i] -= row[i-1]
	}
}
