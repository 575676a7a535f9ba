// Package format opens elevation files of every kind that is read.
package format

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"atalaya/terrain"
	"atalaya/terrain/format/dted"
	"atalaya/terrain/format/geotiff"
	"atalaya/terrain/format/hgt"
	"atalaya/terrain/format/rgbtile"
)

// format is one kind of file.
type format struct {
	name string
	// is tells a file by its name, in lower case, and its first bytes.
	is func(name string, head []byte) bool
	// open gets the name with its folders: those of a map tile say where it is.
	open func(r io.ReaderAt, size int64, name string) (terrain.Source, error)
}

// headBytes is how much of a file its kind is told by.
const headBytes = 16

// formats are tried in this order.
func formats() []format {
	return []format{
		{
			"GeoTIFF",
			func(_ string, head []byte) bool { return has(head, "II*\x00", "MM\x00*", "II+\x00", "MM\x00+") },
			func(r io.ReaderAt, size int64, name string) (terrain.Source, error) {
				return geotiff.Open(r, size, path.Base(name))
			},
		},
		{
			"DTED",
			func(_ string, head []byte) bool { return has(head, "UHL1", "HDR1", "VOL1") },
			func(r io.ReaderAt, size int64, name string) (terrain.Source, error) {
				return dted.Open(r, size, name)
			},
		},
		{
			"map tile (PNG)",
			func(_ string, head []byte) bool { return has(head, "\x89PNG\r\n\x1a\n") },
			func(r io.ReaderAt, size int64, name string) (terrain.Source, error) {
				return rgbtile.Open(r, size, name)
			},
		},
		{
			"SRTM (.hgt, .hgt.zip)",
			func(name string, head []byte) bool {
				return strings.HasSuffix(name, ".hgt") || has(head, "PK\x03\x04")
			},
			func(r io.ReaderAt, size int64, name string) (terrain.Source, error) {
				return hgt.Open(r, size, name)
			},
		},
	}
}

// has reports whether a file begins with one of these.
func has(head []byte, begins ...string) bool {
	for _, b := range begins {
		if strings.HasPrefix(string(head), b) {
			return true
		}
	}
	return false
}

// Open opens an elevation file; its kind is told by its content, or its name
// where the content has no mark. The source reads from the file until the
// Closer is closed.
func Open(fsys fs.FS, name string) (terrain.Source, io.Closer, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("opening elevation: %w", err)
	}
	return OpenFile(f, name)
}

// OpenFile is Open of a file that is open already. It closes what is no
// elevation. The folders of a map tile say where it lies, so they are to be
// part of its name.
func OpenFile(f fs.File, name string) (terrain.Source, io.Closer, error) {
	src, err := open(f, name)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("opening elevation %s: %w", name, err)
	}
	return stated(src, name), f, nil
}

func open(f fs.File, name string) (terrain.Source, error) {
	r, size, err := readerAt(f)
	if err != nil {
		return nil, err
	}
	head := make([]byte, min(headBytes, size))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var names []string
	for _, kind := range formats() {
		if kind.is(strings.ToLower(name), head) {
			return kind.open(r, size, name)
		}
		names = append(names, kind.name)
	}
	return nil, fmt.Errorf("not elevation that is read: it is none of %s", strings.Join(names, ", "))
}

// readerAt reads files that cannot be read at offsets into memory: those in
// an archive.
func readerAt(f fs.File) (io.ReaderAt, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errors.New("not a file")
	}
	if r, ok := f.(io.ReaderAt); ok {
		return r, info.Size(), nil
	}
	var b strings.Builder
	if _, err := io.Copy(&b, io.LimitReader(f, info.Size())); err != nil {
		return nil, 0, err
	}
	return strings.NewReader(b.String()), int64(b.Len()), nil
}
