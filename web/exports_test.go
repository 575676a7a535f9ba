package web_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"atalaya/desk"
	"atalaya/plan/corridor"
	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
	"atalaya/web"
)

// written notes what is to be written.
type written struct{}

func (written) ViewshedTIFF(w io.Writer, seen *sight.Viewed, on coverage.Grounds) error {
	_, err := fmt.Fprintf(w, "tiff %d %v %v", len(seen.Need), on.Elevation, seen.View.Radius)
	return err
}

func (written) ViewshedGeoJSON(w io.Writer, seen *sight.Viewed, _ coverage.Grounds, target float64) error {
	_, err := fmt.Fprintf(w, "polygons %v %v", target, seen.View.Observer.Height.Metres)
	return err
}

func (written) Corridors(w io.Writer, a *corridor.Answer) error {
	_, err := fmt.Fprintf(w, "%d corridors", len(a.Corridors))
	return err
}

func (written) Sites(w io.Writer, a siting.Answer) error {
	_, err := fmt.Fprintf(w, "%d sites", len(a.Sensors))
	return err
}

// TestExports: who asked gets the files of his results, and nobody else.
func TestExports(t *testing.T) {
	o := newOffice(t, func(c *web.Config) { c.Elevation, c.Exercise, c.Exports = hills(t), true, written{} })
	officer, other := o.person("Eva", desk.Officer), o.person("Ana", desk.Officer)
	ask := func(path, body string) string {
		var job web.JobState
		officer.ask("POST", path, body).is(200, "").json(&job)
		return "/elevation/results/" + done(officer, job).ID + "/"
	}
	seen := ask("/api/terrain/viewsheds", `{"observer":{"lat":-16.2,"lon":-69},"mast_m":10,"radius_m":5000}`)
	for file, want := range map[string]string{"viewshed.tif": "tiff ", "viewshed.geojson?target_m=2.5": "polygons 2.5 10"} {
		a := officer.ask("GET", seen+file, "").is(200, "")
		if !strings.HasPrefix(string(a.body), want) {
			t.Errorf("%s: %s", file, a.body)
		}
	}
	if a := officer.ask("GET", seen+"viewshed.tif", ""); !strings.Contains(string(a.body), "SYNTHETIC") {
		t.Errorf("%s", a.body)
	}
	for _, wrong := range []string{"", "?target_m=-1", "?target_m=NaN", "?target_m=tall"} {
		officer.ask("GET", seen+"viewshed.geojson"+wrong, "").is(422, "invalid")
	}
	officer.ask("GET", seen+"sites.geojson", "").is(404, "not-found")
	other.ask("GET", seen+"viewshed.tif", "").is(404, "not-found")
	o.person("Leo", desk.Viewer).ask("GET", seen+"viewshed.tif", "").is(403, "forbidden")
	o.stranger().ask("GET", seen+"viewshed.tif", "").is(401, "not-signed-in")

	ways := ask("/api/terrain/corridors", `{`+stretch+`,"mover":"walker","count":1,"closing":{"mast_m":10,"range_m":8000}}`)
	if a := officer.ask("GET", ways+"corridors.geojson", "").is(200, ""); string(a.body) != "1 corridors" {
		t.Errorf("%s", a.body)
	}
	sites := ask("/api/terrain/sites", fmt.Sprintf(`{%s,"sensors":2,"kind":{"mast_m":10,"range_m":8000},"target_m":2}`, stretch))
	if a := officer.ask("GET", sites+"sites.geojson", "").is(200, ""); string(a.body) != "2 sites" {
		t.Errorf("%s", a.body)
	}
}
