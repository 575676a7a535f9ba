package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"atalaya/internal/peer"
	"atalaya/internal/running"
)

// TestOthersTools lets GDAL, which is inside QGIS, read what the real program
// serves and exports.
func TestOthersTools(t *testing.T) {
	t.Parallel()
	p := running.Start(t, running.Options{
		Args:   []string{"--exercise", "--port", fmt.Sprint(running.Ports(t, 7))},
		Config: "[exercise]\ncross = \"12s\"\n",
	})
	p.Enrol(t, "Ana Quispe")
	until(t, p, "30 tracks and an alert", 2*time.Minute, func() bool {
		return len(tracks(t, p)) >= 30 && len(alerts(t, p)) > 0
	})
	t.Run("layers", func(t *testing.T) { layers(t, p) })
	t.Run("export", func(t *testing.T) { exports(t, p) })
	t.Run("areas", func(t *testing.T) { areasThroughGDAL(t, p) })
}

type shortTrack struct {
	ID    uint64
	State struct {
		Position struct{ Lat, Lon float64 }
	}
	Claims []struct{ Kind, Value string }
}

func tracks(t *testing.T, p *running.Program) []shortTrack {
	t.Helper()
	var list struct{ Tracks []shortTrack }
	p.Must(t, http.MethodGet, "/api/tracks?limit=10000", nil, &list)
	return list.Tracks
}

// ogrinfo gives what GDAL says of a source.
func ogrinfo(t *testing.T, token string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peer.Command(t, "ogrinfo"), append([]string{"-ro"}, args...)...)
	cmd.Env = append(os.Environ(), "GDAL_HTTP_HEADERS=Authorization: Bearer "+token, "CPL_CURL_VERBOSE=NO")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("ogrinfo %v: %v\n%s", args, err, out)
	}
	return string(out)
}

var counted = regexp.MustCompile(`Feature Count: (\d+)`)

func count(t *testing.T, info string) int {
	t.Helper()
	m := counted.FindStringSubmatch(info)
	if m == nil {
		t.Fatalf("no count in\n%s", info)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func layers(t *testing.T, p *running.Program) {
	source := "OAPIF:" + p.URL + "/ogc"
	out, err := exec.CommandContext(t.Context(), peer.Command(t, "ogrinfo"), "-ro", source).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "401") && !strings.Contains(string(out), "no session") {
		t.Errorf("without a token: %v\n%s", err, out)
	}
	var made struct{ Secret string }
	p.Must(t, http.MethodPost, "/api/tokens", map[string]any{"name": "QGIS", "days": 1, "scopes": []string{"ogc"}}, &made)

	info := ogrinfo(t, made.Secret, source)
	for _, layer := range []string{"tracks", "track-history", "areas", "alerts"} {
		if !strings.Contains(info, ": "+layer+" ") {
			t.Fatalf("no layer %s in\n%s", layer, info)
		}
	}
	// Small pages, so that GDAL follows the links.
	now := len(tracks(t, p))
	info = ogrinfo(t, made.Secret, "-oo", "PAGE_SIZE=7", "-so", source, "tracks")
	if n := count(t, info); n < now-5 || n > now+20 {
		t.Errorf("GDAL finds %d tracks, the API %d", n, now)
	}
	for _, field := range []string{"time: DateTime", "speed_mps: Real", "mmsi: String", "Geometry: Point", `ID["EPSG",4326]`} {
		if !strings.Contains(info, field) {
			t.Errorf("tracks lack %q\n%s", field, info)
		}
	}
	// The box is asked of the server: half of the world, and the other half.
	west := count(t, ogrinfo(t, made.Secret, "-so", "-spat", "-180", "-90", "-68.9", "90", source, "tracks"))
	east := count(t, ogrinfo(t, made.Secret, "-so", "-spat", "-68.9", "-90", "180", "90", source, "tracks"))
	if west == 0 || east == 0 || west+east < now-5 || west+east > now+20 {
		t.Errorf("GDAL finds %d tracks west and %d east, the API %d", west, east, now)
	}
	info = ogrinfo(t, made.Secret, "-oo", "PAGE_SIZE=500", "-where", "time >= '"+time.Now().Add(-10*time.Second).UTC().Format("2006/01/02 15:04:05")+"'", source, "track-history")
	if n := count(t, info); n == 0 || !strings.Contains(info, "sd_m (Real)") {
		t.Errorf("GDAL finds no history\n%.2000s", info)
	}
	info = ogrinfo(t, made.Secret, "-al", source, "areas")
	if n := count(t, info); n == 0 || !strings.Contains(info, "kind (String) = border") || !strings.Contains(info, "LINESTRING") {
		t.Errorf("areas: %.2000s", info)
	}
	info = ogrinfo(t, made.Secret, "-al", source, "alerts")
	if n := count(t, info); n == 0 || !strings.Contains(info, "rule (String) = border-crossing") || !strings.Contains(info, "state (String) = new") {
		t.Errorf("alerts: %.2000s", info)
	}
}

func exports(t *testing.T, p *running.Program) {
	var ids []string
	for _, x := range tracks(t, p) {
		if len(x.Claims) > 0 && len(ids) < 3 {
			ids = append(ids, fmt.Sprint(x.ID))
		}
	}
	to := time.Now().UTC().Format(time.RFC3339)
	get := func(format string) string {
		status, b, err := p.Do(t.Context(), http.MethodGet, "/api/export?tracks="+strings.Join(ids, ",")+"&to="+to+"&format="+format, "", nil, nil)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %s %v", format, status, b, err)
		}
		return string(b)
	}
	// What was seen before to may still be on its way into the history, so the
	// files are compared only when nothing came between the first and the last.
	var csvFile, geojson, gpx, kml string
	until(t, p, "an export of a history that stands still", time.Minute, func() bool {
		csvFile, geojson, gpx, kml = get("csv"), get("geojson"), get("gpx"), get("kml")
		return get("csv") == csvFile
	})
	rows, err := csv.NewReader(strings.NewReader(csvFile)).ReadAll()
	if err != nil || len(rows) < 10 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	points := len(rows) - 1
	for _, file := range []struct {
		format, content, layer string
		want                   int
	}{
		{"geojson", geojson, "tracks", points},
		{"gpx", gpx, "track_points", points},
		{"kml", kml, "", points + len(ids)}, // and a line each
	} {
		name := filepath.Join(t.TempDir(), "tracks."+file.format)
		if err := os.WriteFile(name, []byte(file.content), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"-so", "-al", name}
		if file.layer != "" {
			args = append(args, file.layer)
		}
		info := ogrinfo(t, "", args...)
		got := 0
		for _, m := range counted.FindAllStringSubmatch(info, -1) {
			n, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			got += n
		}
		if got != file.want {
			t.Errorf("%s: GDAL finds %d features, want %d\n%.2000s", file.format, got, file.want, info)
		}
	}
}

// areasThroughGDAL takes the areas out, lets GDAL write them anew, and imports
// them: nothing may change.
func areasThroughGDAL(t *testing.T, p *running.Program) {
	for format, driver := range map[string]string{"geojson": "GeoJSON", "kml": "KML"} {
		status, b, err := p.Do(t.Context(), http.MethodGet, "/api/areas/export?format="+format, "", nil, nil)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d %s %v", status, b, err)
		}
		in, out := filepath.Join(t.TempDir(), "in."+format), filepath.Join(t.TempDir(), "out."+format)
		if err := os.WriteFile(in, b, 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"-q", "-f", driver, out, in}
		if format == "geojson" {
			args = append(args, "-lco", "COORDINATE_PRECISION=15")
		}
		if msg, err := exec.CommandContext(t.Context(), peer.Command(t, "ogr2ogr"), args...).CombinedOutput(); err != nil {
			t.Fatalf("ogr2ogr: %v\n%s", err, msg)
		}
		file, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/api/areas/import/preview", file)
		if err != nil {
			t.Fatal(err)
		}
		res, err := p.Client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var got struct {
			Areas               []struct{ Area, What, Detail string }
			New, Changed, Wrong int
		}
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.StatusCode, err)
		}
		if len(got.Areas) == 0 || got.New+got.Changed+got.Wrong != 0 {
			t.Errorf("%s: %+v", format, got)
		}
	}
}
