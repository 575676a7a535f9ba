// Package geotiff reads elevation from GeoTIFF files, Cloud Optimized ones
// among them. Package geotiff/cog writes them.
//
// What is read: classic TIFF and BigTIFF of both byte orders; strips and
// tiles; no compression, LZW, deflate and zstd, with predictors 1, 2 and 3;
// one band of 8, 16 or 32-bit integers or of 32 or 64-bit real numbers; a
// nodata value, scale and offset as GDAL notes them; degrees, UTM zones, web
// and world Mercator on WGS 84 or on a datum within two metres of it. What a
// file has beyond that is refused, and the error names it: heights that would
// be a little wrong in place or in height are worse than none.
//
// Standards: TIFF 6.0 with Adobe's supplements 1 and 3, BigTIFF, GeoTIFF 1.1
// (OGC 19-008r4), COG (OGC 21-026).
package geotiff

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/tags"
)

// File is the elevation in a GeoTIFF file. It implements terrain.Source: a
// window's blocks (tiles or strips) are read and decoded when it is asked for.
type File struct {
	lattice terrain.Lattice
	about   terrain.About
	blocks  blocks
	cache   cache
	// reckoned is what the values are where they are not heights: WriteCOG
	// writes viewsheds and counts of sensors too.
	reckoned string
}

// Open reads the tags of a file of so many bytes. The name is for people. All
// that the file says of itself is checked here, also that it holds every block
// that it speaks of; what Read may still find is damage inside a block.
func Open(r io.ReaderAt, size int64, name string) (*File, error) {
	f, err := open(r, size, name)
	if err == nil && f.reckoned != "" {
		err = fmt.Errorf("its values are no heights of the ground, they were reckoned from them (%s): give the elevation itself", short200(f.reckoned))
	}
	if err != nil {
		return nil, fmt.Errorf("GeoTIFF %s: %w", name, err)
	}
	return f, nil
}

func open(r io.ReaderAt, size int64, name string) (*File, error) {
	t, first, err := openTIFF(r, size)
	if err != nil {
		return nil, err
	}
	d, next, err := t.directory(first)
	if err != nil {
		return nil, err
	}
	if err := t.alone(first, next); err != nil {
		return nil, err
	}
	notes, err := readNotes(d)
	if err != nil {
		return nil, err
	}
	keys, err := readKeys(d)
	if err != nil {
		return nil, err
	}
	system, err := keys.system()
	if err != nil {
		return nil, err
	}
	b, err := readBlocks(d, notes)
	if err != nil {
		return nil, err
	}
	lattice, err := place(d, keys, system.projection, b.columns, b.rows)
	if err != nil {
		return nil, err
	}
	return &File{lattice: lattice, about: notes.about(name, system), blocks: b, reckoned: notes.item(tags.ItemReckoned, "")}, nil
}

// alone makes sure that the directories after the first hold nothing but
// smaller copies of its picture.
func (t *tiff) alone(first, next int64) error {
	seen := map[int64]bool{first: true}
	for next != 0 {
		if seen[next] {
			return fmt.Errorf("its directories go in a circle at offset %d", next)
		}
		if len(seen) >= maxDirectories {
			return fmt.Errorf("it has more than %d directories", maxDirectories)
		}
		seen[next] = true
		d, after, err := t.directory(next)
		if err != nil {
			return err
		}
		kind, err := d.integer(tags.NewSubfileType, 0)
		if err != nil {
			return err
		}
		const reduced, mask = 1, 4
		switch {
		case kind&mask != 0 && kind&reduced == 0:
			return fmt.Errorf("its voids are in a mask, which is not read: 'gdalwarp -dstnodata -9999' makes it a nodata value")
		case kind&(mask|reduced) == 0:
			return fmt.Errorf("it holds several pictures; take one out ('gdal_translate GTIFF_DIR:1:FILE')")
		}
		next = after
	}
	return nil
}

// Lattice implements terrain.Source.
func (f *File) Lattice() terrain.Lattice { return f.lattice }

// About implements terrain.Source.
func (f *File) About() terrain.About { return f.about }

// Read implements terrain.Source. Blocks are decoded on all processors.
func (f *File) Read(dst []float32, w terrain.Window) error {
	// Beyond the picture there is nothing; the rest is written below.
	if err := f.lattice.Rows(dst, w, func([]float32, int, int) error { return nil }); err != nil {
		return err
	}
	in := w.Intersect(f.lattice.Bounds())
	if in.Empty() {
		return nil
	}
	b := &f.blocks
	west, north := in.X/b.width, in.Y/b.height
	across, down := (in.X+in.Width-1)/b.width-west+1, (in.Y+in.Height-1)/b.height-north+1
	n := across * down
	// Blocks that are no work are not kept, and a window of more than the cache
	// holds would only empty it.
	keep := b.compression != tags.CompressionNone && n <= max(1, cacheBytes/(4*b.width*b.height))

	var next atomic.Int64
	var failed atomic.Bool
	errs := make([]error, min(n, runtime.GOMAXPROCS(0)))
	at := make([]int64, len(errs))
	var workers sync.WaitGroup
	for k := range errs {
		workers.Go(func() {
			d := &decoder{blocks: b}
			for !failed.Load() {
				j := next.Add(1) - 1
				if j >= int64(n) {
					return
				}
				i := (north+int(j)/across)*b.across + west + int(j)%across
				if err := f.block(dst, w, i, d, keep); err != nil {
					errs[k], at[k] = err, j
					failed.Store(true)
				}
			}
		})
	}
	workers.Wait()
	// Of several damaged blocks the first is told. It was begun before those
	// after it.
	var err error
	first := int64(math.MaxInt64)
	for k, e := range errs {
		if e != nil && at[k] < first {
			err, first = fmt.Errorf("GeoTIFF %s: %w", f.about.Name, e), at[k]
		}
	}
	return err
}

// block copies to dst, a window's heights, what it holds of a block.
func (f *File) block(dst []float32, w terrain.Window, i int, d *decoder, keep bool) error {
	x, y := i%d.across*d.width, i/d.across*d.height
	in := w.Intersect(f.lattice.Bounds()).Intersect(terrain.Window{X: x, Y: y, Width: d.width, Height: d.height})
	dst = dst[(in.Y-w.Y)*w.Width+in.X-w.X:]
	own := terrain.Window{X: in.X - x, Y: in.Y - y, Width: in.Width, Height: in.Height}
	switch {
	case d.counts[i] == 0: // left out: void
		nan := float32(math.NaN())
		for r := range in.Height {
			row := dst[r*w.Width:][:in.Width]
			for c := range row {
				row[c] = nan
			}
		}
		return nil
	case !keep:
		return d.part(i, own, dst, w.Width)
	}
	z, err := f.cache.get(i, d)
	if err != nil {
		return err
	}
	for r := range in.Height {
		copy(dst[r*w.Width:][:in.Width], z[(own.Y+r)*d.width+own.X:])
	}
	return nil
}
