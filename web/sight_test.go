package web_test

import (
	"fmt"
	"strings"
	"testing"

	"atalaya/desk"
	"atalaya/web"
	"atalaya/web/jobs"
)

// TestViewshed: officers ask for one, and get a raster that tells what it rests
// on; what cannot be worked out says what to do.
func TestViewshed(t *testing.T) {
	const path, hill = "/api/terrain/viewsheds", `{"observer":{"lat":-16.2,"lon":-69},"mast_m":10,"radius_m":5000}`
	newOffice(t, nil).person("Eva", desk.Officer).ask("POST", path, hill).is(404, "no-elevation")

	o := newOffice(t, func(c *web.Config) { c.Elevation = hills(t) })
	officer := o.person("Eva", desk.Officer)
	o.person("Leo", desk.Viewer).ask("POST", path, hill).is(403, "forbidden")
	var job web.JobState
	officer.ask("POST", path, hill).is(200, "").json(&job)
	for range 20 {
		if job.State.Over() {
			break
		}
		officer.ask("GET", "/api/terrain/jobs/"+job.ID+"?wait_s=1", "").is(200, "").json(&job)
	}
	v := job.Viewshed
	if job.State != jobs.Done || v == nil || !v.Elevation.Synthetic || v.Elevation.Resolution < 100 || v.Eye < 4005 || v.Eye > 4015 || v.Refraction.K != 0.13 {
		t.Fatalf("%+v %+v", job, v)
	}
	values := officer.ask("GET", v.Values, "").is(200, "").body
	if len(values) != 4*v.Raster.Width*v.Raster.Height {
		t.Errorf("%d bytes for %d x %d", len(values), v.Raster.Width, v.Raster.Height)
	}
	other := o.person("Ana", desk.Officer)
	other.ask("GET", v.Values, "").is(404, "not-found")
	other.ask("GET", "/api/terrain/jobs/"+job.ID, "").is(404, "not-found")
	other.ask("DELETE", "/api/terrain/jobs/"+job.ID, "").is(404, "not-found")
	o.stranger().ask("GET", v.Values, "").is(401, "not-signed-in")
	officer.ask("DELETE", "/api/terrain/jobs/"+job.ID, "").is(204, "")
	officer.ask("GET", v.Values, "").is(404, "not-found")

	a := officer.ask("POST", path, strings.Replace(hill, "-69}", "-60}", 1)).is(404, "no-elevation")
	if !strings.Contains(string(a.body), "terrain import") {
		t.Errorf("it does not say what to do: %s", a.body)
	}
	for _, wrong := range []string{`"radius_m":0`, `"radius_m":1e9`, `"mast_m":-1,"radius_m":500`} {
		officer.ask("POST", path, fmt.Sprintf(`{"observer":{"lat":-16.2,"lon":-69},"mast_m":10,%s}`, wrong)).is(422, "unprocessable-entity")
	}
}

// TestProfile: who signed in sees the ground between two places, and whether
// one sees the other.
func TestProfile(t *testing.T) {
	const path = "/api/terrain/profile?from_lat=-16.2&from_lon=-69.18&to_lat=-16.2&to_lon=-68.82"
	o := newOffice(t, func(c *web.Config) { c.Elevation = hills(t) })
	viewer := o.person("Eva", desk.Viewer)
	var p web.ProfileAnswer
	viewer.ask("GET", path+"&from_m=10&to_m=2", "").is(200, "").json(&p)
	if p.Visible || p.Obstacle == nil || p.Obstacle.Clearance > -100 || p.Distance < 38_000 || len(p.Samples) < 300 || p.Fresnel != nil || !p.About.Synthetic {
		t.Errorf("%+v", p.Judged)
	}
	viewer.ask("GET", path+"&from_m=3000&to_m=3000&frequency_ghz=5.8", "").is(200, "").json(&p)
	if !p.Visible || p.Fresnel == nil || p.Free == nil || !*p.Free || p.K != 0.25 {
		t.Errorf("%+v", p.Judged)
	}
	viewer.ask("GET", strings.Replace(path, "from_lon=-69.18", "from_lon=-60", 1), "").is(404, "no-elevation")
	viewer.ask("GET", strings.Replace(path, "to_lat=-16.2", "to_lat=-46.2", 1), "").is(422, "invalid")
	viewer.ask("GET", strings.Replace(path, "to_lat=-16.2", "to_lat=-16.9", 1), "").is(404, "no-elevation")
	o.stranger().ask("GET", path, "").is(401, "not-signed-in")
}
