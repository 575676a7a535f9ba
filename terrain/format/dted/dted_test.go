package dted_test

import (
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
	"atalaya/terrain/format/dted"
)

// gdal runs one of GDAL's programs.
func gdal(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), peer.Command(t, program), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// values asks GDAL for all heights of a file; voids are NaN.
func values(t *testing.T, file string) []float32 {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "raw")
	gdal(t, "gdal_translate", "-q", "-of", "ENVI", "-ot", "Float32", file, raw)
	data, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float32, len(data)/4)
	if _, err := binary.Decode(data, binary.LittleEndian, z); err != nil {
		t.Fatal(err)
	}
	for i := range z {
		if z[i] == -32767 {
			z[i] = float32(math.NaN())
		}
	}
	return z
}

func load(t *testing.T, file string) (*dted.File, *terrain.Grid) {
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
	src, err := dted.Open(f, info.Size(), file)
	if err != nil {
		t.Fatal(err)
	}
	grid, err := terrain.Load(src, src.Lattice().Bounds())
	if err != nil {
		t.Fatal(err)
	}
	return src, grid
}

// GDAL writes each level and width, and reads it as we do: every height, every
// void, the place, the accuracy and the marking.
func TestAgainstGDAL(t *testing.T) {
	sierra := peer.Data(t, "terrain/sierra_basinrange_vfp3s_4326.tif")
	for _, c := range []struct {
		file          string
		width, height int
		west, south   int // of the cell that is said
		from          [2]int
		metadata      []string
		sd            float64
		source        string
	}{
		{"a.dt0", 121, 121, -118, 37, [2]int{-118, 37}, nil, 0, "DTED level 0, PRF89020B, UNCLASSIFIED"},
		// Below sea level: Death Valley.
		{
			"a.dt1", 1201, 1201, -117, 36,
			[2]int{-117, 36},
			[]string{"DTED_VerticalAccuracy_ACC=0030", "DTED_SecurityCode_DSI=R"},
			18.237, "DTED level 1, PRF89020B, RESTRICTED",
		},
		{"b.dt1", 1201, 1201, -69, -17, [2]int{-125, 38}, []string{"DTED_VerticalDatum=E96"}, 0, "DTED level 1, PRF89020B, UNCLASSIFIED"}, // mostly void
		{"c.dt1", 601, 1201, 25, 60, [2]int{-118, 37}, nil, 0, "DTED level 1, PRF89020B, UNCLASSIFIED"},
		{"d.dt1", 401, 1201, 25, -73, [2]int{-118, 37}, nil, 0, "DTED level 1, PRF89020B, UNCLASSIFIED"},
		{"e.dt1", 301, 1201, -1, 78, [2]int{-118, 37}, nil, 0, "DTED level 1, PRF89020B, UNCLASSIFIED"},
		{"f.dt1", 201, 1201, 0, 85, [2]int{-118, 37}, nil, 0, "DTED level 1, PRF89020B, UNCLASSIFIED"},
		{"a.dt2", 3601, 3601, -120, 38, [2]int{-120, 38}, []string{"DTED_VerticalAccuracy_ACC=0018"}, 10.942, "DTED level 2, PRF89020B, UNCLASSIFIED"},
	} {
		dir := t.TempDir()
		tif, file := filepath.Join(dir, "piece.tif"), filepath.Join(dir, c.file)
		edge := func(v int, half float64) string { return fmt.Sprintf("%.15f", float64(v)+half) }
		const half = 1.0 / 2400
		gdal(t, "gdal_translate", "-q", "-projwin", edge(c.from[0], -half), edge(c.from[1]+1, half), edge(c.from[0]+1, half), edge(c.from[1], -half), sierra, tif)
		halfX, halfY := 0.5/float64(c.width-1), 0.5/float64(c.height-1)
		args := []string{
			"-q", "-of", "DTED", "-outsize", fmt.Sprint(c.width), fmt.Sprint(c.height),
			"-a_ullr", edge(c.west, -halfX), edge(c.south+1, halfY), edge(c.west+1, halfX), edge(c.south, -halfY),
		}
		for _, m := range c.metadata {
			args = append(args, "-mo", m)
		}
		gdal(t, "gdal_translate", append(args, tif, file)...)
		os.Remove(file + ".aux.xml") // what GDAL cannot put in the file itself

		src, grid := load(t, file)
		want, voids, below := values(t, file), 0, 0
		if len(want) != len(grid.Z) {
			t.Fatalf("%s: %d heights, GDAL says %d", c.file, len(grid.Z), len(want))
		}
		for i, z := range grid.Z {
			switch {
			case math.IsNaN(float64(z)):
				voids++
			case z < 0:
				below++
			}
			if z != want[i] && !(math.IsNaN(float64(z)) && math.IsNaN(float64(want[i]))) {
				t.Fatalf("%s: post %d is %v, GDAL says %v", c.file, i, z, want[i])
			}
		}
		if c.file == "b.dt1" && voids == 0 || c.file == "a.dt1" && below == 0 {
			t.Errorf("%s: %d voids, %d heights below the sea", c.file, voids, below)
		}
		l := src.Lattice()
		first, last := l.Position(0, 0), l.Position(float64(l.Width-1), float64(l.Height-1))
		if geo.Distance(first, geo.Position{Lat: float64(c.south + 1), Lon: float64(c.west)}) > 1e-3 ||
			geo.Distance(last, geo.Position{Lat: float64(c.south), Lon: float64(c.west + 1)}) > 1e-3 {
			t.Errorf("%s lies from %v to %v", c.file, first, last)
		}
		a := src.About()
		if a.Datum != terrain.EGM96 || math.Abs(a.SD-c.sd) > 1e-3 || a.Source != c.source || a.Name != c.file {
			t.Errorf("%s: %q, %q, SD %v m", a.Name, a.Source, a.Datum, a.SD)
		}
		t.Logf("%s: %d heights, %d voids, %d below the sea", c.file, len(want), voids, below)
	}
}

// record makes a column of heights from south to north.
func record(column int, bits ...uint16) []byte {
	b := []byte{0xAA, 0, 0, byte(column), byte(column >> 8), byte(column), 0, 0}
	for _, v := range bits {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	sum := uint32(0)
	for _, v := range b {
		sum += uint32(v)
	}
	return binary.BigEndian.AppendUint32(b, sum)
}

// pad fills a text to a length, and puts pieces into it.
func pad(text string, length int, pieces ...any) string {
	b := []byte(text + strings.Repeat(" ", length-len(text)))
	for i := 0; i < len(pieces); i += 2 {
		copy(b[pieces[i].(int):], pieces[i+1].(string))
	}
	return string(b)
}

const uhl = "UHL1" + "0690000W" + "0170000S" + "0030" + "0030" + "NA  " + "C  " + "            " + "0002" + "0003" + "0"

// tiny is a file of 2 columns and 3 posts. Its pieces may be replaced.
func tiny(t testing.TB, replace ...any) []byte {
	t.Helper()
	head := pad(uhl, 80) +
		pad("DSIC", 648, 6, "NOFORN", 59, "DTED1", 102, "BOIGM", 126, "PRF89020A", 141, "MSLWGS84", 264, "0000000.0") +
		pad("ACC", 2700, 7, "0020", 55, "02", 57+4, "0010", 57+284+4, "0050")
	b := []byte(head)
	for i := 0; i < len(replace); i += 2 {
		copy(b[replace[i].(int):], replace[i+1].(string))
	}
	b = append(b, record(0, 0x8000|5, 100, 0xFFFF)...)
	return append(b, record(1, 4000, 4001, 4002)...)
}

func open(data []byte) (*dted.File, error) {
	return dted.Open(bytes.NewReader(data), int64(len(data)), "s17.dt1")
}

func TestTiny(t *testing.T) {
	plain := tiny(t)
	for name, data := range map[string][]byte{
		"file": plain,
		"tape": []byte(pad("VOL1", 80) + pad("HDR1", 80) + string(plain)),
	} {
		f, err := open(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := make([]float32, 12)
		if err := f.Read(got, terrain.Window{X: -1, Y: 0, Width: 3, Height: 4}); err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(got); s != "[NaN NaN 4002 NaN 100 4001 NaN -5 4000 NaN NaN NaN]" {
			t.Errorf("%s: %s", name, s)
		}
		// MSL before EGM96 was named; the worst of the subregions counts.
		want := terrain.About{Name: "s17.dt1", Source: "DTED level 1, PRF89020A, BOIGM, CONFIDENTIAL NOFORN", Datum: terrain.Unstated, SD: 50 / 1.645}
		if a := f.About(); a != want {
			t.Errorf("%s: %q, %q, %q, SD %v m", name, a.Name, a.Source, a.Datum, a.SD)
		}
		if l := f.Lattice(); l.X0 != -69 || l.DX != 1.0/1200 || math.Abs(l.Y0-(-17+2.0/1200)) > 1e-12 {
			t.Errorf("%s: %v", name, l)
		}
	}
}

func TestRefusals(t *testing.T) {
	const dsi, acc = 80, 80 + 648
	for _, c := range []struct {
		data []byte
		want string
	}{
		{nil, "no DTED"},
		{[]byte("II*\x00 a GeoTIFF"), "no DTED"},
		{tiny(t)[:1000], "less than the 3428"},
		{tiny(t)[:len(tiny(t))-1], "cut off"},
		{tiny(t, 47, "9999", 51, "9999"), "announces 9999 columns"},
		{tiny(t, 4, "1810000W"), "longitude of origin"},
		{tiny(t, 4, "0690000N"), ""}, // nobody checks which letter belongs to which
		{tiny(t, 12, "0910000S"), "latitude of origin"},
		{tiny(t, 12, "01x0000S"), "latitude of origin"},
		{tiny(t, 12, "0177700S"), "latitude of origin"},
		{tiny(t, 20, "0000"), "interval of longitude"},
		{tiny(t, 24, "-030"), "interval of latitude"},
		{tiny(t, 47, "0001"), "number of longitude lines"},
		{tiny(t, 51, "    "), "number of latitude points"},
		{tiny(t, 12, "0895959N", 24, "9999"), "over the earth's edge"},
		{tiny(t, dsi, "XXX"), "DSI or ACC"},
		{tiny(t, acc, "XXX"), "DSI or ACC"},
		{tiny(t, dsi+59, "DTED5"), `series is "DTED5"`},
		{tiny(t, dsi+144, "WGS72"), "WGS72"},
		{tiny(t, dsi+141, "NAV"), `vertical datum is "NAV"`},
		{tiny(t, dsi+264, "0100000.0"), "turned"},
	} {
		_, err := open(c.data)
		if c.want == "" && err == nil {
			continue
		}
		if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}

	const first = 80 + 648 + 2700
	for name, c := range map[string]struct {
		at   int
		is   byte
		want string
	}{
		"sentinel":   {first, 0xAB, "begins with 0xab"},
		"column":     {first + 5, 1, "says that it is column 1"},
		"first post": {first + 7, 1, "from post 1"},
		"height":     {first + 11, 101, "sum up to"},
		"checksum":   {first + 8 + 6 + 3, 0, "its checksum is"},
	} {
		data := tiny(t)
		data[c.at] = c.is
		f, err := open(data)
		if err == nil {
			err = f.Read(make([]float32, 6), f.Lattice().Bounds())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "record 0") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	// -5 m in two's complement.
	data := append(tiny(t)[:first], append(record(0, 0xFFFB, 1, 2), record(1, 3, 4, 5)...)...)
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Read(make([]float32, 6), f.Lattice().Bounds()); err == nil || !strings.Contains(err.Error(), "two's complement") {
		t.Errorf("two's complement: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(tiny(f))
	f.Add([]byte(pad("HDR1", 80) + string(tiny(f))))
	f.Add(tiny(f, 47, "9999", 51, "9999"))
	f.Add([]byte("UHL1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := open(data)
		if err != nil {
			return
		}
		l := file.Lattice()
		if 2*l.Width*l.Height > len(data) {
			t.Fatalf("%v of %d bytes", l, len(data))
		}
		if _, err := terrain.Load(file, l.Bounds()); err != nil && !strings.Contains(err.Error(), "record") {
			t.Fatal(err)
		}
	})
}
