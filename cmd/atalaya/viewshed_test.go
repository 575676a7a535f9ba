package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/internal/peer"
)

// polygonized asks GDAL for the polygons of a raster's ones, and holds ours
// against them.
const polygonized = `
import json, sys
from osgeo import gdal, ogr
gdal.UseExceptions()
raster = gdal.Open(sys.argv[1])
band = raster.GetRasterBand(1)
memory = ogr.GetDriverByName("Memory").CreateDataSource("m")
layer = memory.CreateLayer("m")
layer.CreateField(ogr.FieldDefn("v", ogr.OFTInteger))
gdal.Polygonize(band, None, layer, 0)
theirs = ogr.Geometry(ogr.wkbMultiPolygon)
for f in layer:
    if f["v"] == 1:
        theirs.AddGeometry(f.geometry())
file = ogr.Open(sys.argv[2])
mine = file.GetLayer(0)
feature = mine.GetNextFeature()
ours = feature.geometry()
rings = []
for n in range(ours.GetGeometryCount()):
    p = ours.GetGeometryRef(n)
    for i in range(p.GetGeometryCount()):
        way = [(x + 69.4, y + 16.1) for x, y in p.GetGeometryRef(i).GetPoints()]
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(way, way[1:]))
        rings.append((area < 0) == (i > 0))
t = raster.GetGeoTransform()
print(json.dumps({"cell": -t[1] * t[5], "name": ours.GetGeometryName(), "valid": ours.IsValid(), "turned": all(rings), "holes": len(rings) - ours.GetGeometryCount(),
  "ours": ours.GetGeometryCount(), "theirs": theirs.GetGeometryCount(), "area": ours.Area(), "their_area": theirs.Area(),
  "differ": ours.SymDifference(theirs.Buffer(0)).Area()}))
`

// alphaOf reads how opaque each pixel of a picture is.
func alphaOf(t *testing.T, file string) []uint32 {
	t.Helper()
	p, err := png.Decode(bytes.NewReader(must(os.ReadFile(file))))
	if err != nil {
		t.Fatal(err)
	}
	var out []uint32
	for y := range p.Bounds().Dy() {
		for x := range p.Bounds().Dx() {
			_, _, _, a := p.At(x, y).RGBA()
			out = append(out, a)
		}
	}
	return out
}

func TestTerrainViewshedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	rough := func(x, y float64) float64 {
		return 4000 + 60*math.Sin(x/17)*math.Cos(y/23) + 20*math.Sin(x/5+y/7) + 20*math.Sin(x*1.3)*math.Sin(y*1.7)
	}
	writeGround(t, in("hills.tif"), false, 3, rough)
	writeGround(t, in("synthetic.tif"), true, 3, rough)
	ask := []string{"terrain", "viewshed", "--observer", "-16.07,-69.42", "--mast", "200", "--radius", "6000", "--dem"}
	shows := append(append([]string(nil), ask...), in("hills.tif"), "--target", "2", "-o", in("seen.tif"), "-o", in("seen.geojson"), "-o", in("seen.png"), "--json")
	text, errs, code := ranWith(t, shows...)
	var sum struct {
		Visible []struct {
			Area float64 `json:"seen_km2"`
		}
	}
	if err := json.Unmarshal([]byte(text), &sum); code != 0 || err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, text, errs)
	}

	// The polygons are those that GDAL makes of the raster.
	out, err := exec.CommandContext(t.Context(), peer.DebianPython(t, "osgeo"), "-c", polygonized, in("seen.tif"), in("seen.geojson")).CombinedOutput()
	var got struct {
		Name          string
		Cell          float64
		Valid, Turned bool
		Ours, Theirs  int
		Holes         int
		Area          float64
		Differ        float64
	}
	if err != nil || json.Unmarshal(out, &got) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got.Name != "MULTIPOLYGON" || !got.Valid || !got.Turned || got.Ours != got.Theirs || got.Ours < 20 || got.Holes < 5 || got.Differ > got.Cell/2 {
		t.Errorf("%s", out)
	}
	t.Logf("%s", out)

	// What they rest on goes with them.
	var file struct {
		Features []struct{ Properties map[string]any }
	}
	if b := must(os.ReadFile(in("seen.geojson"))); json.Unmarshal(b, &file) != nil || len(file.Features) != 1 {
		t.Fatalf("%.500s", b)
	}
	p := file.Features[0].Properties
	for key, want := range map[string]any{
		"observer_lat": -16.07, "observer_lon": -69.42, "mast_m": 200.0, "radius_m": 6000.0, "target_m": 2.0, "refraction_k": 0.13, "refraction_k_low": 0.07,
		"refraction_k_high": 0.2, "optimism_factor": p["optimism_factor"], "seen_km2": sum.Visible[0].Area, "vertical_datum": "EGM96",
	} {
		if p[key] != want || want == nil {
			t.Errorf("%s is %v, not %v", key, p[key], want)
		}
	}
	if m, _ := p["resolution_m"].(float64); m < 85 || m > 95 || p["optimism"] == "" || p["elevation"] == nil || p["label"] != nil {
		t.Errorf("%v", p)
	}

	// The picture lies where the raster does, and shows what it shows.
	if out, err = exec.CommandContext(t.Context(), peer.Command(t, "gdalinfo"), "-json", in("seen.png")).Output(); err != nil {
		t.Fatal(err)
	}
	place, err := exec.CommandContext(t.Context(), peer.Command(t, "gdalinfo"), "-json", in("seen.tif")).Output()
	if err != nil {
		t.Fatal(err)
	}
	var picture, raster struct {
		Size         []int
		GeoTransform []float64
		Metadata     map[string]map[string]string
	}
	if json.Unmarshal(out, &picture) != nil || json.Unmarshal(place, &raster) != nil {
		t.Fatalf("%s%s", out, place)
	}
	if fmt.Sprint(picture.Size) != fmt.Sprint(raster.Size) || len(picture.GeoTransform) != 6 {
		t.Errorf("%+v and %+v", picture, raster)
	}
	for i, v := range picture.GeoTransform {
		if d := v - raster.GeoTransform[i]; d > 1e-12 || d < -1e-12 {
			t.Errorf("the picture lies at %v, the raster at %v", picture.GeoTransform, raster.GeoTransform)
		}
	}
	if m := picture.Metadata[""]; !strings.Contains(m["ELEVATION"], "hills") || m["refraction_k_high"] != "0.2" || m["OPTIMISM"] == "" {
		t.Errorf("%v", m)
	}
	ones, alpha := rasterOf(t, in("seen.tif")), alphaOf(t, in("seen.png"))
	for i, v := range ones.Z {
		if (v == 1) != (alpha[i] > 0) {
			t.Fatalf("pixel %d is %v in the raster and %v in the picture", i, v, alpha[i])
		}
	}

	// What is made up says so in every kind of file.
	made := append(append([]string(nil), ask...), in("synthetic.tif"), "--exercise", "--target", "2", "-o", in("made.geojson"), "-o", in("made.png"), "-o", in("made.tif"))
	if text, errs, code := ranWith(t, made...); code != 0 {
		t.Fatalf("exit %d: %s%s", code, text, errs)
	}
	for _, name := range []string{"made.geojson", "made.png", "made.tif"} {
		if !bytes.Contains(must(os.ReadFile(in(name))), []byte("SYNTHETIC")) {
			t.Errorf("%s is not labelled", name)
		}
	}

	for _, bad := range [][]string{
		append(append([]string(nil), ask...), in("hills.tif"), "-o", in("all.geojson")),
		append(append([]string(nil), ask...), in("hills.tif"), "-o", in("seen.jpg")),
	} {
		if _, errs, code := ranWith(t, bad...); code != 1 || !strings.Contains(errs, "write ") {
			t.Errorf("exit %d: %s", code, errs)
		}
	}
	if left, err := filepath.Glob(in(".*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}
