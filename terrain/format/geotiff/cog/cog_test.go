package cog

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"atalaya/geo/projection"
	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/format/geotiff"
)

// hills are values with a hole, different at every post.
func hills(w, h int) []float32 {
	z := make([]float32, w*h)
	for i := range z {
		c, r := i%w, i/w
		z[i] = float32(3810 + (c*7919+r*104729)%997 + c/3)
		if r > h/3 && r < h/2 && c > w/4 && c < w/2 {
			z[i] = float32(math.NaN())
		}
	}
	return z
}

func seen(w, h int) []uint8 {
	z := make([]uint8, w*h)
	for i := range z {
		z[i] = uint8((i*7919 + i/w*31) % 5 % 2)
		if i%w > w/2 && i/w < h/3 {
			z[i] = 255
		}
	}
	return z
}

func rasters() map[string]Raster {
	degrees := func(w, h int) terrain.Lattice {
		return terrain.Lattice{Projection: projection.Geographic{}, X0: -69.5, Y0: -15.25, DX: 1 / 240.0, DY: 1 / 240.0, Width: w, Height: h}
	}
	metres := func(p projection.Projection, w, h int) terrain.Lattice {
		return terrain.Lattice{Projection: p, X0: 500015, Y0: 8_199_985, DX: 30, DY: 30, Width: w, Height: h}
	}
	return map[string]Raster{
		"heights": {
			Lattice: degrees(1300, 900), Values: hills(1300, 900), NoData: -9999, Overviews: Max, Unit: "m", Heights: true,
			Elevation: terrain.About{Name: "hills", Source: "made by a test", Datum: terrain.EGM2008, SD: 2.5, DatumSD: 0.75},
		},
		"margins": {
			Lattice: metres(projection.UTM{Zone: 19, South: true}, 1025, 513), Values: hills(1025, 513), NoData: -9999, Overviews: Min, Unit: "m",
			Description: "Least height above ground that shows", Software: "Atalaya test",
			Elevation: terrain.About{Name: "hills", Source: `made up & "new" <seed 7>`, Datum: terrain.Unstated, Synthetic: true},
			Items:     map[string]string{"OBSERVER": "-15.5,-69 <10 m> & \"mast\"", "K": "0.13"},
		},
		"seen":  {Lattice: metres(projection.UTM{Zone: 11}, 700, 1600), Bytes: seen(700, 1600), NoData: 255, Overviews: Max, Elevation: terrain.About{Name: "x", Datum: terrain.EGM96}},
		"least": {Lattice: metres(projection.WebMercator{}, 601, 1100), Bytes: seen(601, 1100), NoData: 255, Overviews: Min},
		"small": {Lattice: metres(projection.Mercator{}, 10, 7), Values: hills(10, 7), NoData: math.NaN(), Unit: "metre", Heights: true, Elevation: terrain.About{Datum: terrain.EGM96}},
		"tile":  {Lattice: degrees(512, 512), Values: hills(512, 512), NoData: -32767, Heights: true, Elevation: terrain.About{Datum: terrain.Ellipsoid}},
		"row":   {Lattice: degrees(2049, 1), Values: hills(2049, 1), NoData: -9999},
	}
}

// TestGDALReadsWhatIsWritten lets GDAL's own validator look at every file and
// compares what GDAL reads: values, overviews, place, system, metadata.
func TestGDALReadsWhatIsWritten(t *testing.T) {
	dir := t.TempDir()
	var names, paths []string
	all := rasters()
	for name, r := range all {
		path := filepath.Join(dir, name+".tif")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(Write(f, r), f.Close()); err != nil {
			t.Fatal(err)
		}
		names, paths = append(names, name), append(paths, path)
	}
	var got []struct {
		Complaints          []string
		Sizes               [][2]int
		Block               [2]int
		Type, EPSG          string
		Vertical            *string
		Transform           [6]float64
		Unit                string
		Metadata, Structure map[string]string
	}
	cmd := exec.CommandContext(t.Context(), peer.DebianPython(t, "osgeo"), append([]string{filepath.Join("testdata", "read.py")}, paths...)...)
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("read.py: %v", err)
	}
	if err := json.Unmarshal(said, &got); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		g, r := got[i], all[name]
		for _, c := range g.Complaints {
			t.Errorf("%s: %s", name, c)
		}
		l := r.Lattice
		epsg, kind := fmt.Sprint(l.Projection.EPSG()), "Float32"
		if r.Heights && r.Elevation.Datum == terrain.Ellipsoid {
			epsg = "4979"
		}
		if r.Bytes != nil {
			kind = "Byte"
		}
		if g.EPSG != epsg || g.Type != kind || g.Block != [2]int{512, 512} || g.Unit != r.Unit ||
			g.Structure["LAYOUT"] != "COG" || g.Structure["COMPRESSION"] != "DEFLATE" {
			t.Errorf("%s: EPSG %s, type %s, blocks %v, unit %q, %v", name, g.EPSG, g.Type, g.Block, g.Unit, g.Structure)
		}
		want := [6]float64{l.X0 - l.DX/2, l.DX, 0, l.Y0 + l.DY/2, 0, -l.DY}
		if g.Transform != want {
			t.Errorf("%s: transform %v, want %v", name, g.Transform, want)
		}
		vertical := map[terrain.VerticalDatum]string{terrain.EGM96: "5773", terrain.EGM2008: "3855"}[r.Elevation.Datum]
		if said := g.Vertical; r.Heights && vertical != "" && (said == nil || *said != vertical) || !r.Heights && said != nil {
			t.Errorf("%s: vertical system %v, want %q", name, said, vertical)
		}
		for k, v := range r.Items {
			if g.Metadata[k] != v {
				t.Errorf("%s: %s is %q, want %q", name, k, g.Metadata[k], v)
			}
		}
		if r.Elevation.Synthetic && (g.Metadata["SYNTHETIC"] == "" || !strings.HasPrefix(g.Metadata["TIFFTAG_IMAGEDESCRIPTION"], "SYNTHETIC ")) {
			t.Errorf("%s: no label in %v", name, g.Metadata)
		}
		if reckoned := g.Metadata["RECKONED_FROM_ELEVATION"]; (reckoned == "") != r.Heights || r.Description != "" && reckoned != r.Description {
			t.Errorf("%s: GDAL reads that its values are %q, heights %v", name, reckoned, r.Heights)
		}
		if g.Metadata["TIFFTAG_SOFTWARE"] != r.Software || g.Metadata["ELEVATION_SOURCE"] != r.Elevation.Source {
			t.Errorf("%s: %v", name, g.Metadata)
		}
		for k, level := range expected(r) {
			raw, err := os.ReadFile(fmt.Sprintf("%s.%d", paths[i], k))
			if err != nil {
				t.Fatal(err)
			}
			if len(g.Sizes) != len(expected(r)) || len(raw) != 8*len(level) {
				t.Fatalf("%s: levels of %v", name, g.Sizes)
			}
			for j, want := range level {
				if v := math.Float64frombits(binary.LittleEndian.Uint64(raw[8*j:])); v != want && !(v != v && want != want) {
					t.Fatalf("%s: level %d, post %d: GDAL reads %g, want %g", name, k, j, v, want)
				}
			}
		}
	}
}

// expected are the values of a raster and of its overviews, each reckoned from
// the raster itself, voids NaN.
func expected(r Raster) [][]float64 {
	at := func(c, row int) float64 {
		i := row*r.Lattice.Width + c
		if r.Bytes == nil {
			return float64(r.Values[i])
		}
		if float64(r.Bytes[i]) == r.NoData {
			return math.NaN()
		}
		return float64(r.Bytes[i])
	}
	var out [][]float64
	for step := 1; ; step *= 2 {
		w, h := (r.Lattice.Width+step-1)/step, (r.Lattice.Height+step-1)/step
		z := make([]float64, w*h)
		for i := range z {
			c, row := i%w*step, i/w*step
			z[i] = at(c, row)
			for y := row; y < min(row+step, r.Lattice.Height) && r.Overviews != Nearest; y++ {
				for x := c; x < min(c+step, r.Lattice.Width); x++ {
					v := at(x, y)
					if z[i] != z[i] || r.Overviews == Max && v > z[i] || r.Overviews == Min && v < z[i] {
						z[i] = v
					}
				}
			}
		}
		out = append(out, z)
		if w <= 512 && h <= 512 {
			return out
		}
	}
}

// TestRoundTrip reads with our own reader what was written.
func TestRoundTrip(t *testing.T) {
	for name, r := range rasters() {
		var b, again bytes.Buffer
		if err := errors.Join(Write(&b, r), Write(&again, r)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: the same raster gave other bytes", name)
		}
		_, err := geotiff.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), r.Elevation.Name)
		if refused := err != nil && strings.Contains(err.Error(), "no heights of the ground"); refused == r.Heights || r.Heights && err != nil {
			t.Errorf("%s: heights %v, and opened as elevation: %v", name, r.Heights, err)
		}
		// As if they were heights, so that they are read.
		r.Heights = true
		b.Reset()
		if err := Write(&b, r); err != nil {
			t.Fatal(err)
		}
		f, err := geotiff.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), r.Elevation.Name)
		if err != nil {
			t.Fatal(err)
		}
		g, err := terrain.Load(f, f.Lattice().Bounds())
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range expected(r)[0] {
			if v := float64(g.Z[i]); v != want && !(v != v && want != want) {
				t.Fatalf("%s: post %d is %g, want %g", name, i, v, want)
			}
		}
		l := f.Lattice()
		if math.Abs(l.X0-r.Lattice.X0) > 1e-9 || math.Abs(l.Y0-r.Lattice.Y0) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, l, r.Lattice)
		}
		l.X0, l.Y0 = r.Lattice.X0, r.Lattice.Y0
		if l != r.Lattice {
			t.Errorf("%s: %v, want %v", name, l, r.Lattice)
		}
		got, want := f.About(), r.Elevation
		if !strings.HasPrefix(got.Source, want.Source) {
			t.Errorf("%s: source %q, want %q", name, got.Source, want.Source)
		}
		got.Source = want.Source
		if want.Datum == "" {
			want.Datum = terrain.Unstated
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	good := rasters()["small"]
	for want, change := range map[string]func(*Raster){
		"either values or bytes":          func(r *Raster) { r.Values = nil },
		"70 values for 11 x 7 posts":      func(r *Raster) { r.Lattice.Width = 11 },
		"a lattice of 0 x 7 posts":        func(r *Raster) { r.Lattice.Width = 0 },
		"would be read as none":           func(r *Raster) { r.NoData = float64(r.Values[0]) },
		"nodata -9999 is no byte":         func(r *Raster) { r.Values, r.Bytes, r.NoData = nil, make([]uint8, 70), -9999 },
		"is no value of 32 bits":          func(r *Raster) { r.NoData = 0.1 },
		"its place is nowhere on Earth":   func(r *Raster) { r.Lattice.Y0 = math.NaN() },
		"the value +Inf in column 1, row": func(r *Raster) { r.Values[1] = float32(math.Inf(1)) },
	} {
		r := good
		r.Values = append([]float32(nil), good.Values...)
		change(&r)
		if err := Write(&bytes.Buffer{}, r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}
