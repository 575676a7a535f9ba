package geotiff

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/tags"
)

// seed reads one of the small files that testdata/seeds.py made.
func seed(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "seeds", name+".tif"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// with gives a copy of a little-endian classic file whose tag has another
// value, or, where it has several, lies elsewhere. The tag must be there.
func with(t testing.TB, b []byte, tag uint16, count, value uint32) []byte {
	t.Helper()
	b = bytes.Clone(b)
	le := binary.LittleEndian
	at := le.Uint32(b[4:])
	for i := range uint32(le.Uint16(b[at:])) {
		e := b[at+2+12*i:]
		if le.Uint16(e) != tag {
			continue
		}
		if le.Uint16(e[2:]) != tags.TypeASCII {
			le.PutUint16(e[2:], tags.TypeLong)
		}
		le.PutUint32(e[4:], count)
		le.PutUint32(e[8:], value)
		return b
	}
	t.Fatalf("tag %d is not there", tag)
	return nil
}

// TestHostileFiles opens files that say of themselves what they are not, and
// watches what is allocated.
func TestHostileFiles(t *testing.T) {
	plain, tiled := seed(t, "plain"), seed(t, "cog")
	le := binary.LittleEndian
	first := le.Uint32(plain[4:])
	circle := bytes.Clone(plain)
	le.PutUint32(circle[first+2+12*uint32(le.Uint16(circle[first:])):], first)
	many := bytes.Clone(plain)
	le.PutUint16(many[first:], 65535)
	huge := append([]byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"), bytes.Repeat([]byte{0xff}, 100)...)
	far := append([]byte("II+\x00\x08\x00\x00\x00"), bytes.Repeat([]byte{0xff}, 100)...)

	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"10 GB in a small file": {with(t, with(t, with(t, plain, tags.ImageWidth, 1, 50000), tags.ImageLength, 1, 100000), tags.RowsPerStrip, 1, 100000), "which they cannot hold"},
		"10 GB in tiles":        {with(t, with(t, tiled, tags.ImageWidth, 1, 50000), tags.ImageLength, 1, 100000), "tag 324 lists 1"},
		"one tile of 10 GB":     {with(t, with(t, tiled, tags.TileWidth, 1, 50000), tags.TileLength, 1, 100000), "which they cannot hold"},
		"2^60 posts":            {with(t, with(t, plain, tags.ImageWidth, 1, 1<<30), tags.ImageLength, 1, 1<<30), "strips, but tag 273 lists"},
		"2^32 columns":          {with(t, plain, tags.ImageWidth, 1, math.MaxUint32), "a picture of 4294967295 x 20 posts"},
		"no columns":            {with(t, plain, tags.ImageWidth, 1, 0), "a picture of 0 x 20 posts"},
		"strips of no rows":     {with(t, plain, tags.RowsPerStrip, 1, 0), "strips of 18 x 0 posts"},
		"tiles of no columns":   {with(t, tiled, tags.TileWidth, 1, 0), "tiles of 0 x"},
		"2^32 strips":           {with(t, plain, tags.StripOffsets, math.MaxUint32, 8), "tag 273 says that it has 4294967295 values"},
		"a strip after the end": {with(t, plain, tags.StripOffsets, 1, 100000), "strip 0 (rows 0 to 19), 720 bytes at offset 100000, ends after the file"},
		"a strip over the end":  {with(t, plain, tags.StripByteCounts, 1, 100000), "ends after the file"},
		"all left out":          {with(t, with(t, with(t, tiled, tags.TileWidth, 1, 8192), tags.TileLength, 1, 8192), tags.TileByteCounts, 1, 0), "are left out of a file of"},
		"a text of 5 MB":        {append(with(t, plain, tags.GDALNoData, 5<<20, 8), make([]byte, 5<<20)...), "text of 5242880 bytes"},
		"a circle":              {circle, "in a circle"},
		"65535 tags":            {many, "65535 tags"},
		"2^64 tags":             {huge, "18446744073709551615 tags"},
		"an offset of 2^64":     {far, "beyond any file"},
		"colours":               {with(t, plain, tags.Photometric, 1, 3), "colours"},
		"keys outside":          {with(t, plain, tags.GeoKeys, 4000, 8), "tag 34735 says that it has 4000 values"},
		"keys cut short":        {with(t, plain, tags.GeoKeys, 4, first), "keys is damaged"},
		"a scale of integers":   {with(t, plain, tags.PixelScale, 3, 8), "not of real numbers"},
	} {
		got := spent(t, func() {
			f, err := Open(bytes.NewReader(c.data), int64(len(c.data)), "bad.tif")
			if err == nil {
				t.Errorf("%s: it opens: %v", name, f.Lattice())
			} else if !strings.HasPrefix(err.Error(), "GeoTIFF bad.tif: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v; want %q", name, err, c.want)
			}
		})
		if got > 1<<20 {
			t.Errorf("%s: %d bytes were allocated for a file of %d", name, got, len(c.data))
		}
	}
}

// spent gives the bytes that f allocates.
func spent(t testing.TB, f func()) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestCutShort cuts files everywhere: an error, never heights, and for tiles
// one that says which and where.
func TestCutShort(t *testing.T) {
	for _, name := range []string{"plain", "big-endian", "lzw", "deflate", "zstd", "cog"} {
		whole := seed(t, name)
		for n := range whole {
			f, err := Open(bytes.NewReader(whole[:n]), int64(n), name)
			if err == nil {
				b := f.lattice.Bounds()
				err = f.Read(make([]float32, b.Width*b.Height), b)
			}
			// GDAL closes a Cloud Optimized tile with four bytes of its own.
			if err == nil && (name != "cog" || n < len(whole)-4) {
				t.Fatalf("%s: it can be read with %d of %d bytes", name, n, len(whole))
			}
		}
	}
	whole := seed(t, "cog")
	n := int64(len(whole) - 20)
	_, err := Open(bytes.NewReader(whole[:n]), n, "cog.tif")
	if want := "tile 0 (column 0, row 0 of tiles), "; err == nil || !strings.Contains(err.Error(), want) ||
		!strings.Contains(err.Error(), fmt.Sprintf("ends after the file, which has %d bytes: it is cut short", n)) {
		t.Errorf("error %v", err)
	}
}

// TestBombs opens files whose one tile unpacks to far more than it is.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 64<<20)
	var deflated bytes.Buffer
	z := zlib.NewWriter(&deflated)
	if _, err := z.Write(zeros); err != nil {
		t.Fatal(err)
	}
	z.Close()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for compression, bomb := range map[uint32][]byte{
		tags.CompressionDeflate: deflated.Bytes(),
		tags.CompressionZstd:    enc.EncodeAll(zeros, nil),
	} {
		b := seed(t, "plain")
		at := uint32(len(b))
		b = with(t, with(t, b, tags.StripOffsets, 1, at), tags.StripByteCounts, 1, uint32(len(bomb)))
		b = append(with(t, b, tags.Compression, 1, compression), bomb...)
		got := spent(t, func() {
			f, err := Open(bytes.NewReader(b), int64(len(b)), "bomb")
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Read(make([]float32, 1), terrain.Window{Width: 1, Height: 1}); err != nil && compression == tags.CompressionDeflate {
				t.Errorf("its first 720 bytes are good: %v", err)
			}
		})
		if got > 4<<20 {
			t.Errorf("compression %d: %d bytes were allocated for a tile of 720 bytes in %d", compression, got, len(bomb))
		}
	}
}

func FuzzOpen(f *testing.F) {
	files, err := filepath.Glob("testdata/seeds/*.tif")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Open(bytes.NewReader(b), int64(len(b)), "fuzz")
		if err != nil {
			return
		}
		l := file.Lattice()
		if l.Width <= 0 || l.Height <= 0 || !(l.DX > 0 && l.DY > 0) || l.Projection == nil {
			t.Fatalf("%v", l)
		}
		_ = file.About().String()
		// The corners, and the whole where it is small: what windows give is
		// the same.
		w := terrain.Window{Width: min(l.Width, 64), Height: min(l.Height, 64)}
		z := make([]float32, w.Width*w.Height)
		if err := file.Read(z, w); err != nil {
			return
		}
		one := make([]float32, 1)
		for _, c := range [][2]int{{0, 0}, {w.Width - 1, w.Height - 1}, {w.Width / 2, w.Height / 3}} {
			if err := file.Read(one, terrain.Window{X: c[0], Y: c[1], Width: 1, Height: 1}); err != nil {
				t.Fatal(err)
			}
			if want := z[c[1]*w.Width+c[0]]; one[0] != want && !(one[0] != one[0] && want != want) {
				t.Fatalf("post %v is %g alone and %g in a window", c, one[0], want)
			}
		}
		if err := file.Read(one, terrain.Window{X: l.Width - 1, Y: l.Height - 1, Width: 1, Height: 1}); err != nil {
			return
		}
	})
}
