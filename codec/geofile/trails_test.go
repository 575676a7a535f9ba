package geofile_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/codec/geofile"
	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/obs"
	"atalaya/track"
)

// trails are a boat with a hostile name that goes over the antimeridian, and an
// aircraft seen once.
func trails() []geofile.Trail {
	start := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	boat := track.Track{ID: 7, Kind: obs.Vessel, Claims: []track.Belief{
		{Claim: obs.Claim{Kind: obs.MMSI, Value: "720000077"}, Honest: 0.9},
		{Claim: obs.Claim{Kind: obs.Name, Value: `=1+1<"&>` + "\x01;,\n"}, Honest: 0.9},
	}}
	var way []geofile.Fix
	for i := range 5 {
		way = append(way, geofile.Fix{
			Time: start.Add(time.Duration(i) * time.Second), Known: start.Add(time.Minute),
			Position: geo.Position{Lat: -16 + 0.001*float64(i), Lon: geo.WrapLongitude(179.9975 + 0.001*float64(i))},
			East:     3, North: 4, Deviation: 12.345, Status: track.Confirmed, Foreign: i == 1,
		})
	}
	plane := []geofile.Fix{{
		Time: start, Known: start, Position: geo.Position{Lat: -16.5, Lon: -68.1}, Height: geo.SeaHeight(4061.8).Height(), Status: track.Coasting,
	}}
	return []geofile.Trail{{Track: boat, Fixes: fixes(way)}, {Track: track.Track{ID: 8, Kind: obs.Aircraft}, Fixes: fixes(plane)}}
}

func fixes(all []geofile.Fix) iter.Seq2[geofile.Fix, error] {
	return func(yield func(geofile.Fix, error) bool) {
		for _, f := range all {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// TestGDALReadsTrails: GDAL finds every point at its place and time, and the
// lines.
func TestGDALReadsTrails(t *testing.T) {
	for format, tc := range map[geofile.Format]struct {
		layers []string // of the file, as GDAL names them
		time   string   // field of the time
		args   []string
	}{
		geofile.GeoJSON: {[]string{"trails"}, "time", nil},
		geofile.CSV:     {[]string{"trails"}, "time", []string{"-oo", "X_POSSIBLE_NAMES=lon", "-oo", "Y_POSSIBLE_NAMES=lat"}},
		geofile.GPX:     {[]string{"track_points"}, "time", nil},
		geofile.KML:     {[]string{`T7 =1+1<"&>` + "\ufffd;,", "T8"}, "timestamp", nil},
	} {
		t.Run(string(format), func(t *testing.T) {
			in := filepath.Join(t.TempDir(), "trails."+string(format))
			var file bytes.Buffer
			if err := geofile.WriteTrails(&file, format, slices.Values(trails())); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(in, file.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			var got []string
			lines := 0
			for _, layer := range tc.layers {
				for _, f := range layerOf(t, in, layer, tc.args) {
					if f.Geometry.Type == "MultiLineString" {
						lines++
						want := `[[[179.9975,-16],[179.9985,-15.999],[179.9995,-15.998],[180,-15.9975]],[[-180,-15.9975],[-179.9995,-15.997],[-179.9985,-15.996]]]`
						if b, err := json.Marshal(f.Geometry.Coordinates); err != nil || string(b) != want {
							t.Errorf("line %s, %v; want %s", b, err, want)
						}
						continue
					}
					at, _ := f.Properties[tc.time].(string)
					b, err := json.Marshal(f.Geometry.Coordinates)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, at+" "+string(b))
				}
			}
			if want := 6; len(got) != want {
				t.Fatalf("%d points: %q\n%s", len(got), got, file.String())
			}
			// GDAL writes times in its own way; the second tells them apart.
			for i, at := range []string{"12:00:00", "12:00:01", "12:00:02", "12:00:03", "12:00:04", "12:00:00"} {
				place := []string{"[179.9975,-16", "[179.9985,-15.999", "[179.9995,-15.998", "[-179.9995,-15.997", "[-179.9985,-15.996", "[-68.1,-16.5"}[i]
				if !strings.Contains(got[i], at) || !strings.Contains(got[i], place) {
					t.Errorf("point %d: %s; want %s at %s", i+1, got[i], place, at)
				}
			}
			if (format == geofile.KML) != (lines == 1) {
				t.Errorf("%d lines", lines)
			}
			if !strings.Contains(file.String(), "4061.8") {
				t.Error("the height is missing")
			}
		})
	}
}

type feature struct {
	Geometry struct {
		Type        string
		Coordinates any
	}
	Properties map[string]any
}

// layerOf gives the features that GDAL finds in a layer of a file.
func layerOf(t *testing.T, in, layer string, args []string) []feature {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.geojson")
	args = append(append([]string{}, args...), "-q", "-f", "GeoJSON", out, in, layer)
	if msg, err := exec.CommandContext(t.Context(), peer.Command(t, "ogr2ogr"), args...).CombinedOutput(); err != nil {
		t.Fatalf("ogr2ogr: %v\n%s", err, msg)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Features []feature }
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	return got.Features
}

func TestTrailsAsCSV(t *testing.T) {
	var file bytes.Buffer
	if err := geofile.WriteTrails(&file, geofile.CSV, slices.Values(trails())); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&file).ReadAll()
	if err != nil || len(rows) != 7 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := []string{"T7", "2026-06-01T12:00:01Z", "2026-06-01T12:01:00Z", "-15.999", "179.9985", "12.35", "", "", "5", "36.9", "confirmed", "vessel", `'=1+1<"&>` + "\x01;,\n", "", "720000077", "", "true"}
	for i, got := range rows[2] {
		if i == 4 || i == 3 {
			got = got[:len(want[i])] // the sum in binary has more digits
		}
		if got != want[i] {
			t.Errorf("%s is %q; want %q", rows[0][i], got, want[i])
		}
	}
}

// TestTrailsThatFail: an error of the source or of the line ends the file.
func TestTrailsThatFail(t *testing.T) {
	broken := errors.New("broken")
	failing := geofile.Trail{Fixes: func(yield func(geofile.Fix, error) bool) { yield(geofile.Fix{}, broken) }}
	for _, format := range []geofile.Format{geofile.GeoJSON, geofile.CSV, geofile.KML, geofile.GPX} {
		if err := geofile.WriteTrails(&bytes.Buffer{}, format, slices.Values([]geofile.Trail{failing})); !errors.Is(err, broken) {
			t.Errorf("%s: %v", format, err)
		}
		if err := geofile.WriteTrails(full{}, format, slices.Values(trails())); !errors.Is(err, errFull) {
			t.Errorf("%s to a line that is gone: %v", format, err)
		}
		if err := geofile.WriteTrails(&bytes.Buffer{}, format, slices.Values([]geofile.Trail{})); err != nil {
			t.Errorf("%s of nothing: %v", format, err)
		}
	}
	if err := geofile.WriteTrails(&bytes.Buffer{}, "shp", slices.Values(trails())); err == nil {
		t.Error("an unknown format is written")
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
