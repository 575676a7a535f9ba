// Package geotiff reads elevation from GeoTIFF files, Cloud Optimized ones
// among them, and writes Cloud Optimized GeoTIFF.
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

	"atalaya/terrain"
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
	return &File{lattice: lattice, about: notes.about(name, system), blocks: b, reckoned: notes.item(itemReckoned, "")}, nil
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
		kind, err := d.integer(tagNewSubfileType, 0)
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

// Read implements terrain.Source.
func (f *File) Read(dst []float32, w terrain.Window) error {
	nan := float32(math.NaN())
	for i := range dst {
		dst[i] = nan
	}
	in := w.Intersect(f.lattice.Bounds())
	if in.Empty() {
		return nil
	}
	b := &f.blocks
	for row := in.Y / b.height; row*b.height < in.Y+in.Height; row++ {
		for col := in.X / b.width; col*b.width < in.X+in.Width; col++ {
			i := row*b.across + col
			if b.counts[i] == 0 {
				continue // left out: void
			}
			z, err := f.cache.get(i, b)
			if err != nil {
				return fmt.Errorf("GeoTIFF %s: %w", f.about.Name, err)
			}
			part := in.Intersect(terrain.Window{X: col * b.width, Y: row * b.height, Width: b.width, Height: b.height})
			for r := part.Y; r < part.Y+part.Height; r++ {
				from := (r-row*b.height)*b.width + part.X - col*b.width
				copy(dst[(r-w.Y)*w.Width+part.X-w.X:], z[from:from+part.Width])
			}
		}
	}
	return nil
}
