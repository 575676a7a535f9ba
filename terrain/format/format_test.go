package format

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/format/rgbtile"
)

// TestOpen reads the same file from a folder and from an archive, whose files
// cannot be read at offsets.
func TestOpen(t *testing.T) {
	const name = "titicaca_15s_lakeflat_4326.tif"
	dir := peer.Data(t, "terrain")
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("sub/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for path, fsys := range map[string]fs.FS{name: os.DirFS(dir), "sub/" + name: archive} {
		src, closer, err := Open(fsys, path)
		if err != nil {
			t.Fatal(err)
		}
		if src.About().Name != name {
			t.Errorf("its name is %q", src.About().Name)
		}
		l := src.Lattice()
		g, err := terrain.Load(src, l.Bounds())
		if err != nil {
			t.Fatal(err)
		}
		if err := closer.Close(); err != nil {
			t.Error(err)
		}
		if l.Width != 840 || l.Height != 720 || g.Z[0] != g.Z[0] {
			t.Errorf("%v", l)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	fsys := fstest.MapFS{
		"empty.tif": {},
		"text.tif":  {Data: []byte("elevation")},
		"cut.tif":   {Data: []byte("II*\x00\x08\x00\x00\x00")},
		"a/b":       {},
	}
	for name, want := range map[string]string{
		"none.tif":  "not exist",
		"empty.tif": "not elevation that is read: it is none of GeoTIFF",
		"text.tif":  "not elevation that is read: it is none of GeoTIFF",
		"cut.tif":   "opening elevation cut.tif: GeoTIFF cut.tif: ",
		"a":         "not a file",
	} {
		if _, _, err := Open(fsys, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, want)
		}
	}
}

// TestKinds hands each kind of file to its reader, with its folders.
func TestKinds(t *testing.T) {
	var tile, packed bytes.Buffer
	if err := rgbtile.Encode(&tile, rgbtile.Terrarium, 256, make([]float32, 256*256)); err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(&packed)
	w, err := z.Create("S17W070.hgt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 2*1201*1201)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{
		"terrarium/12/1263/2232.png": {Data: tile.Bytes()},
		"tiles/2232.png":             {Data: tile.Bytes()},
		"a/s17w070.HGT":              {Data: make([]byte, 2*1201*1201)},
		"S17W070.hgt.zip":            {Data: packed.Bytes()},
		"w070/s17.dt1":               {Data: []byte("UHL1 and no more")},
	}
	for name, want := range map[string]string{
		"terrarium/12/1263/2232.png": "terrarium/12/1263/2232",
		"a/s17w070.HGT":              "s17w070.HGT",
		"S17W070.hgt.zip":            "S17W070.hgt",
	} {
		src, closer, err := Open(fsys, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if src.About().Name != want {
			t.Errorf("%s is called %s", name, src.About().Name)
		}
		closer.Close()
	}
	for name, want := range map[string]string{
		"tiles/2232.png": "opening elevation tiles/2232.png: map tile tiles/2232.png: its path does not say",
		"w070/s17.dt1":   "opening elevation w070/s17.dt1: DTED s17.dt1: 16 bytes are less",
	} {
		if _, _, err := Open(fsys, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, want)
		}
	}
}
