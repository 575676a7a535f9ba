package geotiff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/tags"
)

// TestPointsAreGDALs asks gdallocationinfo for heights at positions in all
// recorded elevation.
func TestPointsAreGDALs(t *testing.T) {
	program := peer.Command(t, "gdallocationinfo")
	dir := peer.Data(t, "terrain")
	paths, err := filepath.Glob(filepath.Join(dir, "*.tif"))
	if err != nil {
		t.Fatal(err)
	}
	small, err := filepath.Glob(filepath.Join(dir, "*", "*.tif"))
	if err != nil {
		t.Fatal(err)
	}
	paths = append(paths, small...)
	if len(paths) < 6 {
		t.Fatalf("only %d files", len(paths))
	}
	for _, path := range paths {
		f, err := openFile(t, path)
		if err != nil {
			t.Fatal(err)
		}
		l := f.Lattice()
		var points []geo.Position
		var asked strings.Builder
		for i := range 200 {
			// Spread over the lattice, never near the edge of a cell.
			col := math.Mod(float64(i)*0.754877666, 1) * float64(l.Width-1)
			row := math.Mod(float64(i)*0.569840291, 1) * float64(l.Height-1)
			p := l.Position(math.Floor(col)+0.3, math.Floor(row)-0.3)
			points = append(points, p)
			fmt.Fprintf(&asked, "%.12f %.12f\n", p.Lon, p.Lat)
		}
		cmd := exec.CommandContext(t.Context(), program, "-valonly", "-wgs84", path)
		cmd.Stdin = strings.NewReader(asked.String())
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
		if len(lines) != len(points) {
			t.Fatalf("%s: %d heights for %d points", path, len(lines), len(points))
		}
		voids := 0
		for i, p := range points {
			z := make([]float32, 1)
			col, row := l.Cell(p)
			if err := f.Read(z, terrain.Window{X: int(math.Round(col)), Y: int(math.Round(row)), Width: 1, Height: 1}); err != nil {
				t.Fatal(err)
			}
			want, err := strconv.ParseFloat(lines[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			if z[0] != z[0] && (want == f.blocks.samples.nodata || math.IsNaN(want)) {
				voids++
			} else if math.Abs(float64(z[0])-want) > 1e-4*math.Abs(want) { // it prints few digits
				t.Errorf("%s: at %v %g m, GDAL says %g", filepath.Base(path), p, z[0], want)
			}
		}
		if voids > len(points)/2 {
			t.Errorf("%s: %d of %d points are voids", filepath.Base(path), voids, len(points))
		}
	}
}

// TestSpotHeights looks for what data/README.md says of the Sierra's grid.
func TestSpotHeights(t *testing.T) {
	f, err := openFile(t, peer.Data(t, "terrain/sierra_basinrange_vfp3s_4326.tif"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		at   geo.Position
		want float64
	}{
		{"Whitney", geo.Position{Lat: 36.5786, Lon: -118.2920}, 4371},
		{"Tahoe", geo.Position{Lat: 39.1, Lon: -120.04}, 1899},
		{"Badwater", geo.Position{Lat: 36.2461, Lon: -116.8186}, -84},
	} {
		g, err := terrain.Load(f, f.Lattice().Around(c.at, 500))
		if err != nil {
			t.Fatal(err)
		}
		if z, ok := g.Nearest(c.at); !ok || z != c.want {
			t.Errorf("%s: %g m, want %g", c.name, z, c.want)
		}
	}
}

// TestCodesAreEPSGs compares every code that we know with PROJ's copy of
// EPSG's register: what it names, and that it is a UTM zone.
func TestCodesAreEPSGs(t *testing.T) {
	type known struct {
		Code int
		Name string
	}
	var all []known
	for _, f := range frames() {
		all = append(all, known{f.flat, f.name})
		if f.solid != 0 {
			all = append(all, known{f.solid, f.name})
		}
	}
	for _, u := range utmCodes() {
		for code := u.from; code <= u.to; code++ {
			k := keys{codes: map[int]int{tags.KeyProjected: code}}
			_, name, err := k.projected()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, known{code, name})
		}
	}
	for _, code := range []int{3857, 3395} {
		k := keys{codes: map[int]int{tags.KeyProjected: code}}
		_, name, err := k.projected()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, known{code, name})
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "codes.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out := run(t, "codes.py", path)
	if len(all) < 250 || !bytes.Contains([]byte(out), []byte("compared")) {
		t.Errorf("%d codes: %s", len(all), out)
	}
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "compared") {
			t.Error(strings.TrimSpace(line))
		}
	}
}
