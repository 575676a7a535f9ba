package geofile_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"atalaya/area"
	"atalaya/codec/geofile"
	"atalaya/internal/peer"
)

// ogr converts a file with GDAL's ogr2ogr.
func ogr(t *testing.T, in, format string, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out."+strings.TrimPrefix(strings.ToLower(format), "lib"))
	args = append(args, "-q", "-f", format, out, in)
	cmd := exec.CommandContext(t.Context(), peer.Command(t, "ogr2ogr"), args...)
	if msg, err := cmd.CombinedOutput(); err != nil || len(msg) > 0 {
		t.Fatalf("ogr2ogr %v: %v\n%s", args, err, msg)
	}
	return out
}

// TestGDALReadsOurs: GDAL finds the same shapes and properties in both formats.
func TestGDALReadsOurs(t *testing.T) {
	for name, f := range formats {
		t.Run(name, func(t *testing.T) {
			in := filepath.Join(t.TempDir(), "areas."+strings.ToLower(name))
			var file bytes.Buffer
			if err := f.write(&file, features(everything())); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(in, file.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(ogr(t, in, "GeoJSON", "-lco", "COORDINATE_PRECISION=15"))
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Features []struct {
					Geometry struct {
						Type        string
						Coordinates any
					}
					Properties map[string]any
				}
			}
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			want := everything()
			if len(got.Features) != len(want) {
				t.Fatalf("GDAL finds %d features\n%s", len(got.Features), b)
			}
			for i, types := range []string{"Polygon", "LineString", "Point"} {
				f := got.Features[i]
				text := func(name string) string { s, _ := f.Properties[name].(string); return s }
				if n := text("Name") + text("name"); strings.TrimSpace(n) != strings.TrimSpace(want[i].Name) || f.Geometry.Type != types || text("kind") != string(want[i].Kind) || text("owner") != want[i].Owner {
					t.Errorf("GDAL finds %s %+v", f.Geometry.Type, f.Properties)
				}
				var ours any
				w := geofile.OfArea(want[i])
				switch {
				case w.Point != nil:
					ours = []any{w.Point.Lon, w.Point.Lat}
				case w.Line != nil:
					ours = []any{[]any{w.Line[0].Lon, w.Line[0].Lat}, []any{w.Line[1].Lon, w.Line[1].Lat}}
				default:
					var rings []any
					for _, r := range geofile.Oriented(w.Polygon) {
						var ring []any
						for _, p := range r {
							ring = append(ring, []any{p.Lon, p.Lat})
						}
						rings = append(rings, append(ring, ring[0]))
					}
					ours = rings
				}
				if !reflect.DeepEqual(f.Geometry.Coordinates, ours) {
					t.Errorf("GDAL finds %v; want %v", f.Geometry.Coordinates, ours)
				}
			}
		})
	}
}

// TestWeReadGDALs: areas that went through GDAL's own drivers come back.
func TestWeReadGDALs(t *testing.T) {
	in := filepath.Join(t.TempDir(), "areas.geojson")
	var file bytes.Buffer
	if err := geofile.WriteGeoJSON(&file, features(everything())); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"GeoJSON": {"-lco", "COORDINATE_PRECISION=15"},
		"KML":     {"-dsco", "NameField=name"}, // the driver without libkml
		"LIBKML":  nil,
	} {
		t.Run(name, func(t *testing.T) {
			reader := geofile.ReadKML
			if name == "GeoJSON" {
				reader = geofile.ReadGeoJSON
			}
			out, err := os.Open(ogr(t, in, name, args...))
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			got, err := reader(out)
			if err != nil {
				t.Fatal(err)
			}
			all := geofile.Areas(got, area.Watched)
			if len(all) != len(everything()) {
				t.Fatalf("%d areas: %+v", len(all), all)
			}
			for i, want := range read(everything()) {
				a := all[i].Area
				if all[i].Err != nil {
					t.Errorf("area %d: %v", i+1, all[i].Err)
				}
				if a.Kind != want.Kind || a.Owner != want.Owner || !reflect.DeepEqual(a.Schedule, want.Schedule) || a.Accuracy != want.Accuracy ||
					a.Demonstration != want.Demonstration || !a.Dated.Equal(want.Dated) {
					t.Errorf("area %d\n%+v\nwant\n%+v", i+1, a, want)
				}
				if !reflect.DeepEqual(a.Polygon, want.Polygon) || !reflect.DeepEqual(a.Line, want.Line) || a.Point != want.Point {
					t.Errorf("area %d: shape\n%+v\nwant\n%+v", i+1, a, want)
				}
			}
		})
	}
}
