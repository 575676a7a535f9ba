package elevation

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/terrain/format"
)

// TestData brings all recorded elevation in and compares it with what GDAL
// finds in the files: the nearest post at random places, the posts around
// random places, and the extremes.
func TestData(t *testing.T) {
	t.Parallel()
	gdal, info := peer.Command(t, "gdallocationinfo"), peer.Command(t, "gdalinfo")
	s := open(t, t.TempDir())
	for n, c := range []struct{ name, dataset string }{
		{"bolivia_vfp15s_dequant_4326.tif", "wgs84-15s"},
		// It has the same lattice and another lake: it stands beside.
		{"titicaca_15s_lakeflat_4326.tif", "titicaca"},
		{"sierra_basinrange_vfp3s_4326.tif", "wgs84-3s"},
		{"small30m/exploradores_chile_aster30m_utm18s.tif", "utm18s-30m"},
		{"small30m/bigtujunga_california_srtm30m_utm11.tif", "utm11n-30m"},
		{"small30m/rbsf_ecuador_10m_utm17s.tif", "utm17s-10m"},
	} {
		if testing.Short() && strings.Contains(c.name, "vfp") {
			continue // much data in one goroutine
		}
		path := peer.Data(t, "terrain/"+c.name)
		src, closer, err := format.Open(os.DirFS(filepath.Dir(path)), filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		in := file(src, filepath.Base(path))
		if c.dataset == "titicaca" {
			in.Dataset = c.dataset
		}
		out := bring(t, s, in)
		if err := closer.Close(); err != nil {
			t.Fatal(err)
		}
		d, ok := s.Dataset(c.dataset)
		if !ok || out.Dataset != c.dataset {
			t.Fatalf("%s went to %s", c.name, out.Dataset)
		}
		l := d.Lattice()
		r := rand.New(rand.NewPCG(6, uint64(n)))
		const places = 2000
		var at []geo.Position
		var asked strings.Builder
		for range places {
			p := l.Position(r.Float64()*float64(l.Width)-0.5, r.Float64()*float64(l.Height)-0.5)
			at = append(at, p)
			fmt.Fprintf(&asked, "%.12f %.12f\n", p.Lon, p.Lat)
		}
		voids := 0
		for i, want := range locate(t, gdal, path, asked.String(), "-wgs84") {
			have, ok, err := d.Nearest(at[i])
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				voids++
				have = math.NaN()
			}
			if !same(float32(have), want) {
				t.Errorf("%s at %v: %g, GDAL says %g", c.name, at[i], have, want)
			}
		}
		// Between posts: the four of GDAL and the formula.
		asked.Reset()
		var cells [][2]float64
		for range 500 {
			col, row := r.Float64()*float64(l.Width-1), r.Float64()*float64(l.Height-1)
			cells = append(cells, [2]float64{col, row})
			x, y := int(col), int(row)
			fmt.Fprintf(&asked, "%d %d\n%d %d\n%d %d\n%d %d\n", x, y, x+1, y, x, y+1, x+1, y+1)
		}
		posts := locate(t, gdal, path, asked.String())
		for i, at := range cells {
			f, g := at[0]-math.Floor(at[0]), at[1]-math.Floor(at[1])
			z := posts[4*i:]
			want := (1-g)*((1-f)*float64(z[0])+f*float64(z[1])) + g*((1-f)*float64(z[2])+f*float64(z[3]))
			have, ok, err := d.Bilinear(l.Position(at[0], at[1]))
			if err != nil {
				t.Fatal(err)
			}
			if ok != !math.IsNaN(want) || ok && math.Abs(have-want) > 1e-5 {
				t.Errorf("%s between posts at %v: %g %v, GDAL's posts give %g", c.name, at, have, ok, want)
			}
		}
		said, err := exec.CommandContext(t.Context(), info, "-mm", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		if mm := fmt.Sprintf("Min/Max=%.3f,%.3f", out.File.Min, out.File.Max); !strings.Contains(string(said), mm) {
			t.Errorf("%s: %s is not what GDAL says", c.name, mm)
		}
		t.Logf("%s: %d places (%d voids), %d between posts, as GDAL has them", c.name, places, voids, len(cells))
	}
	if wrong := s.Check(nil); len(wrong) > 0 {
		t.Error(wrong)
	}
	if testing.Short() {
		return
	}
	// The spot heights of the data's README.
	for _, c := range []struct {
		name string
		at   geo.Position
		want float64
	}{
		{"Whitney", geo.Position{Lat: 36.5785, Lon: -118.2920}, 4371},
		{"Tahoe", geo.Position{Lat: 39.0900, Lon: -120.0400}, 1899},
		{"Badwater", geo.Position{Lat: 36.2461, Lon: -116.8258}, -84},
	} {
		h, err := s.Height(c.at)
		if err != nil || h.Nearest != c.want || h.About.Name != "wgs84-3s" {
			t.Errorf("%s: %+v, %v; want %g m", c.name, h, err, c.want)
		}
	}
}

// locate asks GDAL for heights; voids are NaN.
func locate(t *testing.T, gdal, path, asked string, more ...string) (z []float32) {
	t.Helper()
	void := math.NaN()
	if out, err := exec.CommandContext(t.Context(), "gdalinfo", path).Output(); err != nil {
		t.Fatal(err)
	} else if _, after, ok := strings.Cut(string(out), "NoData Value="); ok {
		text, _, _ := strings.Cut(after, "\n")
		if void, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), gdal, append([]string{"-valonly"}, append(more, path)...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(in, asked); _ = in.Close() }()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("gdallocationinfo: %v", err)
	}
	for text := range strings.FieldsSeq(string(out)) {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		if v == void {
			v = math.NaN()
		}
		z = append(z, float32(v))
	}
	if want := strings.Count(asked, "\n"); len(z) != want {
		t.Fatalf("GDAL gave %d heights of %d", len(z), want)
	}
	return z
}
