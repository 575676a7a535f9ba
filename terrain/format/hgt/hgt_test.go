package hgt_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/format/hgt"
)

// gdal runs one of GDAL's programs.
func gdal(t *testing.T, program string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), peer.Command(t, program), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
}

// values asks GDAL for all heights of a file; voids are NaN.
func values(t *testing.T, file string) []float32 {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "raw")
	gdal(t, "gdalwarp", "-q", "-of", "ENVI", "-ot", "Float32", "-dstnodata", "nan", file, raw)
	data, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float32, len(data)/4)
	if _, err := binary.Decode(data, binary.LittleEndian, z); err != nil {
		t.Fatal(err)
	}
	return z
}

// open opens a file as the program does.
func open(t *testing.T, file string) *hgt.File {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	src, err := hgt.Open(f, info.Size(), file)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// GDAL writes files of both sizes and reads them as we do, every height and
// every void.
func TestAgainstGDAL(t *testing.T) {
	sierra := peer.Data(t, "terrain/sierra_basinrange_vfp3s_4326.tif")
	for _, c := range []struct {
		name     string
		posts    string
		at       [4]string // west, north, east, south: half a cell beyond the degree
		lat, lon float64
	}{
		{"N37W118.hgt", "1201", [4]string{"-118.000416666666667", "38.000416666666667", "-116.999583333333333", "36.999583333333333"}, 37, -118},
		// Sea, without heights but along the edges of its neighbours.
		{"n38w125.hgt", "1201", [4]string{"-125.000416666666667", "39.000416666666667", "-123.999583333333333", "37.999583333333333"}, 38, -125},
		{"N38W120.SRTMGL1.hgt", "3601", [4]string{"-120.000138888888889", "39.000138888888889", "-118.999861111111111", "37.999861111111111"}, 38, -120},
	} {
		dir := t.TempDir()
		tif := filepath.Join(dir, "piece.tif")
		args := append([]string{"-q", "-outsize", c.posts, c.posts, "-projwin"}, c.at[:]...)
		gdal(t, "gdal_translate", append(args, sierra, tif)...)
		// GDAL insists on its own spelling when it writes.
		written := filepath.Join(dir, strings.ToUpper(c.name[:7])+".hgt")
		gdal(t, "gdal_translate", "-q", "-of", "SRTMHGT", tif, written)
		file := filepath.Join(dir, c.name)
		if err := os.Rename(written, file); err != nil {
			t.Fatal(err)
		}
		src := open(t, file)
		grid, err := terrain.Load(src, src.Lattice().Bounds())
		if err != nil {
			t.Fatal(err)
		}
		want, voids := values(t, tif), 0
		if len(want) != len(grid.Z) {
			t.Fatalf("%s: %d heights, GDAL says %d", c.name, len(grid.Z), len(want))
		}
		for i, z := range grid.Z {
			if math.IsNaN(float64(z)) {
				voids++
			}
			if z != want[i] && !(math.IsNaN(float64(z)) && math.IsNaN(float64(want[i]))) {
				t.Fatalf("%s: post %d is %v, GDAL says %v", c.name, i, z, want[i])
			}
		}
		if (voids > 0) != (c.lon == -125) {
			t.Errorf("%s: %d voids", c.name, voids)
		}
		l := src.Lattice()
		first, last := l.Position(0, 0), l.Position(float64(l.Width-1), float64(l.Height-1))
		if geo.Distance(first, geo.Position{Lat: c.lat + 1, Lon: c.lon}) > 1e-3 || geo.Distance(last, geo.Position{Lat: c.lat, Lon: c.lon + 1}) > 1e-3 {
			t.Errorf("%s lies from %v to %v", c.name, first, last)
		}
		if a := src.About(); a.Datum != terrain.EGM96 || math.Abs(a.SD-9.7) > 0.05 || a.Name != c.name {
			t.Errorf("%s: %q, %q, SD %v m", c.name, a.Name, a.Datum, a.SD)
		}
		t.Logf("%s: %d heights, %d voids, %s", c.name, len(want), voids, src.About().Source)
	}
}

// small is a file of 3" whose heights say where they are; every 1000th is void.
func small() []byte {
	b := make([]byte, 2*1201*1201)
	for i := range 1201 * 1201 {
		h := int16(i % 5000)
		if i%1000 == 999 {
			h = -32768
		}
		binary.BigEndian.PutUint16(b[2*i:], uint16(h))
	}
	return b
}

func pack(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, data := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWindowAndArchive(t *testing.T) {
	plain := small()
	packed := pack(t, map[string][]byte{"dir/s17w070.hgt": plain, "readme.txt": []byte("see the user guide")})
	for name, data := range map[string][]byte{"S17W070.hgt": plain, "S17W070.SRTMGL3.hgt.zip": packed} {
		f, err := hgt.Open(bytes.NewReader(data), int64(len(data)), "a/folder/"+name)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 6)
		if err := f.Read(got, terrain.Window{X: 1199, Y: 2, Width: 3, Height: 2}); err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(got); s != "[3601 3602 NaN 4802 4803 NaN]" {
			t.Errorf("%s: %s", name, s)
		}
		if err := f.Read(got[:2], terrain.Window{X: 998, Y: 0, Width: 2, Height: 1}); err != nil || got[0] != 998 || got[1] == got[1] {
			t.Errorf("%s: %v, %v: the void is lost", name, got[:2], err)
		}
	}
}

func TestRefusals(t *testing.T) {
	plain := small()
	cut := pack(t, map[string][]byte{"S17W070.hgt": plain})
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"S17W070.hgt", plain[:len(plain)-2], "get the whole file again"},
		{"S17W070.hgt", nil, "0 bytes"},
		{"elevation.hgt", plain, "must begin like N36W115"},
		{"S17W070x.hgt", plain, "must begin like"},
		{"S1 W070.hgt", plain, "must begin like"},
		{"S91W070.hgt", plain, "must begin like"},
		{"N90W070.hgt", plain, "must begin like"},
		{"N10E180.hgt", plain, "must begin like"},
		{"N10X100.hgt", plain, "must begin like"},
		{"X10E100.hgt", plain, "must begin like"},
		{"S17W070.hgt.zip", plain, "reading the archive"},
		{"S17W070.hgt.zip", cut[:len(cut)-30], "reading the archive"},
		{"S17W070.hgt.zip", pack(t, map[string][]byte{"a.txt": nil}), "no .hgt file"},
		{"S17W070.hgt.zip", pack(t, map[string][]byte{"S17W070.hgt": nil, "S18W070.hgt": nil}), "unpack it"},
		// A bomb: it ends where a file of 1" would.
		{"S17W070.hgt.zip", pack(t, map[string][]byte{"S17W070.hgt": make([]byte, 30_000_000)}), "get the whole file again"},
	} {
		_, err := hgt.Open(bytes.NewReader(c.data), int64(len(c.data)), c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %d bytes: %v, want %q", c.name, len(c.data), err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("S17W070.hgt", []byte{1, 2, 3})
	f.Add("n36e115.SRTMGL1.hgt.zip", pack(f, map[string][]byte{"n36e115.hgt": make([]byte, 99)}))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		file, err := hgt.Open(bytes.NewReader(data), int64(len(data)), name)
		if err != nil {
			return
		}
		l := file.Lattice()
		if p := l.Position(0, float64(l.Height-1)); !p.Valid() {
			t.Fatalf("%s lies at %v", name, p)
		}
		if err := file.Read(make([]float32, 4), terrain.Window{X: l.Width - 1, Y: l.Height - 1, Width: 2, Height: 2}); err != nil {
			t.Fatal(err)
		}
	})
}
