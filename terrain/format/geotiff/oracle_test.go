package geotiff

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/terrain"
)

// openFile opens a file of the disk.
func openFile(t testing.TB, path string) (*File, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return Open(f, info.Size(), filepath.Base(path))
}

// run runs a script of testdata with GDAL's Python.
func run(t testing.TB, script string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peer.DebianPython(t, "osgeo"), append([]string{filepath.Join("testdata", script)}, args...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, errs.String())
	}
	return string(out)
}

// TestHeightsAreGDALs reads the recorded elevation, and files of every kind
// that GDAL makes, and compares every height with what GDAL reads.
func TestHeightsAreGDALs(t *testing.T) {
	dir := t.TempDir()
	run(t, "oracle.py", dir, peer.Data(t, "terrain"))
	text, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct {
		Files []struct {
			File, Raw, System string
			Window            [4]int
			Width, Height     int
			Points            [][4]float64 // column, row, latitude, longitude
		}
		Refused []struct{ File, Why string }
	}
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	about := map[string]terrain.About{
		"EPSG:32719":      {Source: "GeoTIFF in WGS 84 / UTM zone 19S", Datum: terrain.Unstated},
		"EPSG:31979":      {Source: "GeoTIFF in SIRGAS 2000 / UTM zone 19S", Datum: terrain.Unstated},
		"EPSG:5356":       {Source: "GeoTIFF in MARGEN / UTM zone 19S", Datum: terrain.Unstated},
		"EPSG:6341":       {Source: "GeoTIFF in NAD83(2011) / UTM zone 12N", Datum: terrain.Unstated},
		"EPSG:4269":       {Source: "GeoTIFF in NAD83", Datum: terrain.Unstated},
		"EPSG:32719+5773": {Source: "GeoTIFF in WGS 84 / UTM zone 19S; heights EGM96", Datum: terrain.EGM96},
		"EPSG:4326+3855":  {Source: "GeoTIFF in WGS 84; heights EGM2008", Datum: terrain.EGM2008},
		"EPSG:4979":       {Source: "GeoTIFF in WGS 84; heights above the ellipsoid", Datum: terrain.Ellipsoid},
		"EPSG:4326+5703":  {Source: "GeoTIFF in WGS 84; heights in WGS 84 + NAVD88 height (EPSG:5703), taken for EGM96", Datum: terrain.Unstated},
	}
	heights := 0
	for _, c := range index.Files {
		name := filepath.Base(c.File) + " " + c.System
		f, err := openFile(t, c.File)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		l := f.Lattice()
		if l.Width != c.Width || l.Height != c.Height {
			t.Errorf("%s: %d x %d posts, GDAL reads %d x %d", name, l.Width, l.Height, c.Width, c.Height)
			continue
		}
		for _, p := range c.Points {
			got, want := l.Position(p[0], p[1]), geo.Position{Lat: p[2], Lon: p[3]}
			if d := geo.Distance(got, want); !(d < 0.001) {
				t.Errorf("%s: column %g, row %g is at %v (%v), GDAL says %v: %.3f m off", name, p[0], p[1], got, l, want, d)
			}
		}
		if want, ok := about[c.System]; ok && (f.About().Source != want.Source || f.About().Datum != want.Datum) {
			t.Errorf("%s: %q, datum %s; want %q, datum %s", name, f.About().Source, f.About().Datum, want.Source, want.Datum)
		}
		raw, err := os.ReadFile(c.Raw)
		if err != nil {
			t.Fatal(err)
		}
		w := terrain.Window{X: c.Window[0], Y: c.Window[1], Width: c.Window[2], Height: c.Window[3]}
		z := make([]float32, w.Width*w.Height)
		if err := f.Read(z, w); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wrong := 0
		for i, got := range z {
			want := float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
			if got != want && !(got != got && want != want) {
				if wrong++; wrong == 1 {
					t.Errorf("%s: column %d, row %d: %g, GDAL reads %g", name, i%w.Width, i/w.Width, got, want)
				}
			}
		}
		if wrong > 1 {
			t.Errorf("%s: %d of %d heights are wrong", name, wrong, len(z))
		}
		heights += len(z)
	}
	if len(index.Files) < 300 || heights < 8_000_000 {
		t.Errorf("only %d files and %d heights compared", len(index.Files), heights)
	}
	for _, c := range index.Refused {
		if _, err := openFile(t, c.File); err == nil || !strings.Contains(err.Error(), c.Why) {
			t.Errorf("%s: error %v, want one that says %q", filepath.Base(c.File), err, c.Why)
		} else {
			t.Log(err)
		}
	}
}

// TestWindowsAreTheWhole reads windows inside, across the edges and outside,
// several at a time.
func TestWindowsAreTheWhole(t *testing.T) {
	f, err := openFile(t, peer.Data(t, "terrain/titicaca_15s_lakeflat_4326.tif"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := terrain.Load(f, f.Lattice().Bounds())
	if err != nil {
		t.Fatal(err)
	}
	f.cache = cache{}
	var wg sync.WaitGroup
	for _, w := range []terrain.Window{
		{X: 0, Y: 0, Width: 1, Height: 1},
		{X: 255, Y: 255, Width: 2, Height: 2},
		{X: 100, Y: 300, Width: 600, Height: 1},
		{X: 839, Y: 0, Width: 1, Height: 720},
		{X: -3, Y: -5, Width: 900, Height: 800},
		{X: 838, Y: 718, Width: 5, Height: 5},
		{X: 840, Y: 0, Width: 5, Height: 5},
		{X: -1 << 40, Y: 1 << 40, Width: 3, Height: 3},
	} {
		for range 2 {
			wg.Go(func() {
				got, want := make([]float32, w.Width*w.Height), make([]float32, w.Width*w.Height)
				if err := f.Read(got, w); err != nil {
					t.Error(err)
				}
				if err := all.Read(want, w); err != nil {
					t.Error(err)
				}
				for i := range got {
					if got[i] != want[i] && !(got[i] != got[i] && want[i] != want[i]) {
						t.Errorf("window %v: post %d is %g, want %g", w, i, got[i], want[i])
						return
					}
				}
			})
		}
	}
	wg.Wait()
}
