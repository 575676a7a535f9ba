package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"atalaya/internal/peer"
)

// TestTerrainFootprint holds the command against what is known of a plain.
func TestTerrainFootprint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	flat := func(float64, float64) float64 { return 3800 }
	writeGround(t, in("plain.tif"), false, 3, flat)
	writeGround(t, in("synthetic.tif"), true, 3, flat)
	ask := func(dem string, more ...string) []string {
		return append([]string{"terrain", "footprint", "--dem", in(dem), "--from", "-16.07,-69.42,1000", "--wide", "40", "--high", "30", "--range", "6000"}, more...)
	}
	var got struct {
		Label  string
		Area   float64 `json:"area_km2"`
		Outer  float64 `json:"outer_area_km2"`
		Open   bool
		Centre struct {
			Range float64 `json:"range_m"`
		}
		Corners []struct {
			Range float64 `json:"range_m"`
		}
	}
	tell := func(args []string) {
		t.Helper()
		text, errs, code := ranWith(t, append(args, "--json")...)
		if err := json.Unmarshal([]byte(text), &got); code != 0 || err != nil {
			t.Fatalf("exit %d, %v: %s%s", code, err, text, errs)
		}
	}

	// Straight down: 2 h tan 20 by 2 h tan 15, smaller by the height of the
	// ground over the ellipsoid.
	scale := 1 / (1 + 3845/6.37e6)
	want := 4 * math.Tan(20*math.Pi/180) * math.Tan(15*math.Pi/180) * scale * scale
	if tell(ask("plain.tif", "--tilt", "-90")); math.Abs(got.Area/want-1) > 1e-4 || got.Open || math.Abs(got.Outer/got.Area-1) > 1e-3 {
		t.Errorf("%+v, want %v km²", got, want)
	}
	// Off by 50 m to each side, twice.
	wider := (2*math.Tan(20*math.Pi/180) + 0.2) * (2*math.Tan(15*math.Pi/180) + 0.2)
	if tell(ask("plain.tif", "--tilt", "-90", "--position-sd", "50")); got.Outer < want || got.Outer > wider*1.01 || got.Outer < wider*0.93 {
		t.Errorf("%+v, want some %v km²", got, wider)
	}

	// Obliquely, with a tilt that is off by 0.2 degrees: h / sin² of the
	// depression, along the line of sight.
	text, errs, code := ranWith(t, ask("plain.tif", "--yaw", "70", "--tilt", "-30", "--tilt-sd", "0.2", "--sd", "0.001", "-o", in("look.geojson"))...)
	m := regexp.MustCompile(`ground 3800\.0 m, (\d+) m away; SD ([\d.]+) m at (\d+) degrees, 0\.0 m across`).FindStringSubmatch(text)
	if code != 0 || m == nil {
		t.Fatalf("exit %d: %s%s", code, text, errs)
	}
	long, _ := strconv.ParseFloat(m[2], 64)
	if math.Abs(long-0.2*math.Pi/180*1000/0.25) > 0.1 || m[1] != "2000" && m[1] != "1999" && m[1] != "2001" || m[3] != "70" {
		t.Errorf("%s", text)
	}
	out, err := exec.CommandContext(t.Context(), peer.Command(t, "ogrinfo"), "-al", "-geom=SUMMARY", in("look.geojson")).CombinedOutput()
	if err != nil || strings.Count(string(out), "POLYGON : ") != 2 || strings.Count(string(out), "POINT : ") != 1 || !strings.Contains(string(out), "refraction_k_high (Real) = 0.2\n") {
		t.Errorf("%v: %s", err, out)
	}

	// Upwards nothing is met, and that is said.
	if text, errs, code := ranWith(t, ask("plain.tif", "--tilt", "40")...); code != 0 || !strings.Contains(text, "meets no ground within the range") || !strings.Contains(errs, "Nobody stated the error") {
		t.Errorf("exit %d: %s%s", code, text, errs)
	}

	// What is made up is refused; where it is allowed, all is labelled.
	if _, errs, code := ranWith(t, ask("synthetic.tif", "--tilt", "-90")...); code != 1 || !strings.Contains(errs, "SYNTHETIC") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if tell(ask("synthetic.tif", "--tilt", "-90", "--exercise", "-o", in("made.geojson"))); got.Label != "SYNTHETIC" {
		t.Errorf("%+v", got)
	}
	if b := must(os.ReadFile(in("made.geojson"))); bytes.Count(b, []byte("SYNTHETIC: ")) != 3 {
		t.Errorf("not labelled: %.300s", b)
	}
}
