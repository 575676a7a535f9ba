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
	for i, v := range r.Values {
		if v == void || math.IsInf(float64(v), 0) {
			return fmt.Errorf("the value %g in column %d, row %d would be read as none", v, i%l.Width, i/l.Width)
		}
	}
	return nil
}

// levels makes the smaller copies: each half as large, until one tile holds
// all.
func (r *Raster) levels() []level {
	l := level{columns: r.Lattice.Width, rows: r.Lattice.Height, values: r.Values, bytes: r.Bytes}
	noData := r.NoData
	var out []level
	for {
		l.across, l.down = (l.columns+tileSide-1)/tileSide, (l.rows+tileSide-1)/tileSide
		out = append(out, l)
		if l.across == 1 && l.down == 1 {
			return out
		}
		small := level{columns: (l.columns + 1) / 2, rows: (l.rows + 1) / 2}
		if l.values != nil {
			small.values = halve(l.values, l.columns, l.rows, r.Overviews, func(v float32) bool { return v != v })
		} else {
			small.bytes = halve(l.bytes, l.columns, l.rows, r.Overviews, func(v uint8) bool { return float64(v) == noData })
		}
		l = small
	}
}

// halve makes one value of two by two.
func halve[T float32 | uint8](z []T, columns, rows int, o Overview, void func(T) bool) []T {
	w, h := (columns+1)/2, (rows+1)/2
	out := make([]T, w*h)
	for r := range h {
		for c := range w {
			kept := z[2*r*columns+2*c]
			for k := 1; k < 4 && o != Nearest; k++ {
				x, y := 2*c+k%2, 2*r+k/2
				if x >= columns || y >= rows {
					continue
				}
				v := z[y*columns+x]
				if void(v) {
					continue
				}
				if void(kept) || o == Max && v > kept || o == Min && v < kept {
					kept = v
				}
			}
			out[r*w+c] = kept
		}
	}
	return out
}

// pack compresses the tiles of a level, on all processors.
func (r *Raster) pack(l *level) error {
	l.tiles = make([][]byte, l.across*l.down)
	errs := make([]error, len(l.tiles))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(l.tiles)) {
		wg.Go(func() {
			raw := make([]byte, tileSide*tileSide*r.sampleBytes())
			z := zlib.NewWriter(nil)
			for i := int(next.Add(1)) - 1; i < len(l.tiles); i = int(next.Add(1)) - 1 {
				r.raw(raw, l, i)
				var b bytes.Buffer
				z.Reset(&b)
				_, err := z.Write(raw)
				errs[i] = errors.Join(err, z.Close())
				l.tiles[i] = b.Bytes()
			}
		})
	}
	wg.Wait()
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
	void := float32(r.NoData)
	stride := tileSide * r.sampleBytes()
	for y := range tileSide {
		row := raw[y*stride : (y+1)*stride]
		for x := range tileSide {
			inside := x0+x < l.columns && y0+y < l.rows
			at := (y0+y)*l.columns + x0 + x
			if l.bytes != nil {
				row[x] = byte(r.NoData)
				if inside {
					row[x] = l.bytes[at]
				}
				continue
			}
			v := void
			if inside && l.values[at] == l.values[at] {
				v = l.values[at]
			}
			b := math.Float32bits(v)
			for k := range 4 {
				row[k*tileSide+x] = byte(b >> (24 - 8*k))
			}
		}
		for i := stride - 1; i > 0; i-- {
			row[i] -= row[i-1]
		}
	}
}
