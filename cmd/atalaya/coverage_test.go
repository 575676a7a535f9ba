package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/cog"
)

// writeHills writes made-up ground of 3" round 16.1 S, 69.4 W, as a GeoTIFF.
func writeHills(t *testing.T, file string, synthetic bool, step float64) {
	t.Helper()
	writeGround(t, file, synthetic, step, func(x, y float64) float64 {
		return 4000 + 200*math.Sin(x/17)*math.Cos(y/23) + 60*math.Sin(x/5+y/7)
	})
}

// writeLake writes made-up ground of 15" round the exercise's radar: flat, with the
// radar's hill.
func writeLake(t *testing.T, file string) {
	t.Helper()
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -69.5, Y0: -15.75, DX: 1.0 / 240, DY: 1.0 / 240, Width: 200, Height: 200}
	writeLattice(t, file, true, l, func(x, y float64) float64 {
		at := l.Position(x, y)
		return 3810 + 156*math.Max(0, 1-geo.Distance(at, geo.Position{Lat: -16.1616667, Lon: -69.0841667})/3000)
	})
}

func writeGround(t *testing.T, file string, synthetic bool, step float64, height func(col, row float64) float64) {
	t.Helper()
	writeLattice(t, file, synthetic, terrain.Lattice{Projection: projection.Geographic{}, X0: -69.5, Y0: -16, DX: step / 3600, DY: step / 3600, Width: 200, Height: 180}, height)
}

func writeLattice(t *testing.T, file string, synthetic bool, l terrain.Lattice, height func(col, row float64) float64) {
	t.Helper()
	z := make([]float32, l.Width*l.Height)
	for i := range z {
		x, y := float64(i%l.Width), float64(i/l.Width)
		z[i] = float32(math.Round(height(x, y)))
	}
	var b bytes.Buffer
	err := cog.Write(&b, cog.Raster{Lattice: l, Values: z, NoData: -9999, Heights: true, Unit: "m", Elevation: terrain.About{Name: "hills", Source: "a test", Datum: terrain.EGM96, Synthetic: synthetic}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ranWith runs a command line and gives what it says.
func ranWith(t *testing.T, args ...string) (out, errors string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, streams{strings.NewReader(""), &stdout, &stderr})
	return stdout.String(), stderr.String(), code
}

// raster is a file as GDAL reads it.
type raster struct {
	Transform []float64
	Width     int
	Height    int
	NoData    float64
	Z         []float64
}

func (r raster) at(i int) geo.Position {
	x, y := float64(i%r.Width)+0.5, float64(i/r.Width)+0.5
	return geo.Position{Lat: r.Transform[3] + y*r.Transform[5], Lon: r.Transform[0] + x*r.Transform[1]}
}

func rasterOf(t *testing.T, file string) raster {
	t.Helper()
	const read = `
import json, sys
from osgeo import gdal
gdal.UseExceptions()
f = gdal.Open(sys.argv[1])
b = f.GetRasterBand(1)
a = b.ReadRaster(buf_type=gdal.GDT_Float64)
import array
z = array.array("d"); z.frombytes(bytes(a))
print(json.dumps({"Transform": f.GetGeoTransform(), "Width": f.RasterXSize, "Height": f.RasterYSize, "NoData": b.GetNoDataValue(), "Z": z.tolist()}))
`
	out, err := exec.CommandContext(t.Context(), peer.DebianPython(t, "osgeo"), "-c", read, file).Output()
	var r raster
	if err != nil || json.Unmarshal(out, &r) != nil || len(r.Z) != r.Width*r.Height {
		t.Fatalf("%s: %v: %.200s", file, err, out)
	}
	return r
}

func must(b []byte, err error) []byte {
	if err != nil {
		return nil
	}
	return b
}

func TestTerrainCover(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeHills(t, in("real.tif"), false, 3)
	writeHills(t, in("synthetic.tif"), true, 3)
	write := func(name, text string) string {
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return in(name)
	}

	// What is made up is refused; where it is allowed, all is labelled.
	cover := []string{"terrain", "cover", "--observer", "-16.07,-69.42,15,5000", "--observer", "-16.1,-69.4,15,6000", "--air", "150,300", "--dem"}
	if _, errs, code := ranWith(t, append(cover, in("synthetic.tif"))...); code != 1 || !strings.Contains(errs, "SYNTHETIC") || !strings.Contains(errs, "--exercise") {
		t.Errorf("made-up elevation: exit %d, %s", code, errs)
	}
	outs := []string{"-o", in("count.tif"), "--best", in("best.tif"), "--floor", in("floor.tif"), "--floor-above-ground", in("ground.tif"), "--png", in("cover.png"), "--geojson", in("cover.geojson")}
	text, errs, code := ranWith(t, append(append(append([]string(nil), cover...), in("synthetic.tif"), "--exercise"), outs...)...)
	if code != 0 || !strings.Contains(text, "SYNTHETIC") || !strings.Contains(text, "together") || !strings.Contains(text, "AT 300 m") {
		t.Fatalf("exit %d: %s%s", code, text, errs)
	}
	for _, name := range []string{"count.tif", "best.tif", "floor.tif", "ground.tif", "cover.geojson"} {
		if b, err := os.ReadFile(in(name)); err != nil || !bytes.Contains(b, []byte("SYNTHETIC")) {
			t.Errorf("%s is not labelled (%v)", name, err)
		}
	}
	if b, err := os.ReadFile(in("cover.png")); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
		t.Errorf("the picture: %v", err)
	}
	// The floor above ground, with the ground, is the floor above sea.
	ground, floor, above := rasterOf(t, in("synthetic.tif")), rasterOf(t, in("floor.tif")), rasterOf(t, in("ground.tif"))
	heights := map[string]float64{}
	for i, z := range ground.Z {
		heights[ground.at(i).String()] = z
	}
	seen := 0
	for i, z := range floor.Z {
		on, known := heights[floor.at(i).String()]
		switch h := above.Z[i]; {
		case !known, (z == floor.NoData) != (h == above.NoData), (z == 99999) != (h == 99999):
			t.Fatalf("at %v %v m above sea and %v above ground", floor.at(i), z, h)
		case z != floor.NoData && z != 99999:
			if seen++; h < 0 || math.Abs(z-h-on) > 0.01 {
				t.Fatalf("at %v %v m above sea and %v above ground of %v", floor.at(i), z, h, on)
			}
		}
	}
	if seen < 1000 {
		t.Errorf("%d cells have a floor", seen)
	}
	if only, errs, code := ranWith(t, append(append([]string(nil), cover...), in("synthetic.tif"), "--exercise", "--floor-above-ground", in("only.tif"), "--no-band")...); code != 0 || strings.Contains(only, "at k") {
		t.Errorf("exit %d: %s%s", code, only, errs)
	}
	if a, b := must(os.ReadFile(in("ground.tif"))), must(os.ReadFile(in("only.tif"))); !bytes.Equal(a, b) || len(a) == 0 {
		t.Error("the floor above ground alone is another")
	}
	if !strings.Contains(text, "at k 0.07") || !strings.Contains(text, "at k 0.20") {
		t.Errorf("no band of k: %s", text)
	}

	// The same sensors from files say the same.
	asJSON := func(args ...string) map[string]any {
		t.Helper()
		text, errs, code := ranWith(t, args...)
		var got map[string]any
		if err := json.Unmarshal([]byte(text), &got); code != 0 || err != nil {
			t.Fatalf("%v: exit %d, %v: %s%s", args, code, err, text, errs)
		}
		return got
	}
	want := asJSON(append(cover, in("real.tif"), "--json")...)
	if want["label"] != nil || want["resolution_m"].(float64) < 85 || want["optimism"] == nil || want["heights"].([]any)[0].(map[string]any)["band"] == nil {
		t.Errorf("%v", want)
	}
	for name, text := range map[string]string{
		"s.csv":     "id,lat,lon,mast_m,radius_m\n1,-16.07,-69.42,15,5000\n2,-16.1,-69.4,15,6000\n",
		"s.json":    `[{"lat":-16.07,"lon":-69.42,"mast_m":15,"radius_m":5000},{"lat":-16.1,"lon":-69.4,"mast_m":15,"radius_m":6000}]`,
		"s.geojson": `{"type":"FeatureCollection","features":[{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[-69.42,-16.07]},"properties":{"mast_m":15,"radius_m":5000}},{"type":"Feature","id":2,"geometry":{"type":"Point","coordinates":[-69.4,-16.1]},"properties":{"mast_m":15,"radius_m":6000}}]}`,
	} {
		got := asJSON("terrain", "cover", "--air", "150,300", "--json", "--dem", in("real.tif"), "--sensors", write(name, text))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v\nwant %v", name, got, want)
		}
	}

	// Sites written by one are read by the other; what is kept is used again.
	site := []string{"terrain", "site", "--dem", in("real.tif"), "--bbox", "-69.47,-16.12,-69.36,-16.03", "-k", "3", "--most", "40", "--radius", "6000", "--kept", in("kept"), "-o", in("sites.geojson")}
	first := asJSON(append(site, "--json")...)
	kept, err := os.ReadDir(in("kept"))
	if err != nil || len(kept) != int(first["candidates"].(float64)) {
		t.Errorf("%d units are kept of %v (%v)", len(kept), first["candidates"], err)
	}
	if again := asJSON(append(site, "--json")...); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("again: %v\nfirst %v", again, first)
	}
	covered := asJSON("terrain", "cover", "--dem", in("real.tif"), "--bbox", "-69.47,-16.12,-69.36,-16.03", "--sensors", in("sites.geojson"), "--json")
	together := covered["folds"].([]any)[0].(map[string]any)["percent"].(float64)
	if math.Abs(together-first["percent"].(float64)) > 1e-6 {
		t.Errorf("the sites cover %v %%, told %v %%", together, first["percent"])
	}
	text, errs, code = ranWith(t, site...)
	if code != 0 || !strings.Contains(text, "of the best possible among") || !strings.Contains(text, "over the range of refraction (k 0.13, 0.07 to 0.20): ") || !strings.Contains(text, "proven") {
		t.Errorf("exit %d: %s%s", code, text, errs)
	}

	// Sites within reach, for money, beside what stands.
	rows := [][]string{{"id", "lat", "lon", "cost"}}
	for i := range 12 {
		rows = append(rows, []string{fmt.Sprint("c", i), fmt.Sprint(-16.03 - 0.007*float64(i)), "-69.41", fmt.Sprint(1 + i%4)})
	}
	var table bytes.Buffer
	if err := csv.NewWriter(&table).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	polygon := write("area.geojson", `{"type":"Polygon","coordinates":[[[-69.46,-16.11],[-69.37,-16.11],[-69.37,-16.04],[-69.46,-16.04],[-69.46,-16.11]]]}`)
	road := write("road.geojson", `{"type":"LineString","coordinates":[[-69.46,-16.04],[-69.37,-16.11]]}`)
	got := asJSON("terrain", "site", "--dem", in("real.tif"), "--area", polygon, "--budget", "5", "--fold", "2", "--radius", "7000", "--candidates", write("c.csv", table.String()),
		"--ridges", "--most", "20", "--access", road, "--access-within", "800", "--existing", write("e.csv", "lat,lon\n-16.07,-69.4\n"), "--json")
	if got["cost"].(float64) > 5 || got["fold"].(float64) != 2 || got["candidates"].(float64) <= 12 || got["warnings"] == nil {
		t.Errorf("%v", got)
	}

	// Coarse elevation warns.
	writeHills(t, in("coarse.tif"), false, 15)
	text, errs, code = ranWith(t, "terrain", "cover", "--observer", "-16.3,-69.2,15,9000", "--dem", in("coarse.tif"))
	if code != 0 || !strings.Contains(text, "overstates the area that a sensor sees by") || !strings.Contains(errs, "Do not claim coverage") {
		t.Errorf("exit %d: %s%s", code, text, errs)
	}

	for _, bad := range [][]string{
		{"terrain", "cover", "--dem", in("real.tif")},
		{"terrain", "cover", "--dem", in("real.tif"), "--observer", "1,2,3"},
		{"terrain", "cover", "--dem", in("real.tif"), "--observer", "-16.07,-79.42,15,5000"},
		{"terrain", "cover", "--dem", in("real.tif"), "--sensors", write("bad.csv", "lat,lon,mast\n1,2,3\n")},
		{"terrain", "cover", "--dem", in("real.tif"), "--sensors", write("short.csv", "lat,mast_m,radius_m\n1,2,3\n")},
		{"terrain", "site", "--dem", in("real.tif"), "-k", "3"},
		{"terrain", "site", "--dem", in("real.tif"), "--bbox", "-69.47,-16.12,-69.36,-16.03"},
		{"terrain", "site", "--dem", in("real.tif"), "--bbox", "10,10,11,11", "-k", "1"},
		{"terrain", "site", "--dem", in("real.tif"), "--bbox", "10,12,11,11", "-k", "1"},
	} {
		if out, errs, code := ranWith(t, bad...); code == 0 || errs == "" {
			t.Errorf("%v: exit %d, %s", bad, code, out)
		}
	}
}
