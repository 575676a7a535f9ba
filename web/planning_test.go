package web_test

import (
	"fmt"
	"strings"
	"testing"

	"atalaya/desk"
	"atalaya/web"
	"atalaya/web/jobs"
)

const stretch = `"strip":{"line":[{"lat":-16.1,"lon":-69.01},{"lat":-16.3,"lon":-69.01}],"abroad_m":4000,"inside_m":4000}`

// done waits for a job.
func done(v *visitor, job web.JobState) web.JobState {
	for range 30 {
		if job.State.Over() {
			break
		}
		v.ask("GET", "/api/terrain/jobs/"+job.ID+"?wait_s=2", "").is(200, "").json(&job)
	}
	if job.State != jobs.Done {
		v.o.t.Fatalf("%+v", job)
	}
	return job
}

// TestCorridors: officers ask where a stretch is blind, and the answer says
// what it rests on; made-up elevation says nothing of the world.
func TestCorridors(t *testing.T) {
	const path = "/api/terrain/corridors"
	asked := `{` + stretch + `,"mover":"walker","count":2,"closing":{"mast_m":10,"range_m":8000}}`
	real := newOffice(t, func(c *web.Config) { c.Elevation, c.Exercise = hills(t), false })
	if a := real.person("Eva", desk.Officer).ask("POST", path, asked).is(422, "invalid"); !strings.Contains(string(a.body), "SYNTHETIC") {
		t.Errorf("%s", a.body)
	}
	o := newOffice(t, func(c *web.Config) { c.Elevation, c.Exercise = hills(t), true })
	officer := o.person("Eva", desk.Officer)
	var job web.JobState
	officer.ask("POST", path, asked).is(200, "").json(&job)
	c := done(officer, job).Corridors
	if c == nil || len(c.Corridors) == 0 || !c.Elevation.Synthetic || c.Resolution < 100 || c.Optimism.Factor < 1 {
		t.Fatalf("%+v", c)
	}
	if w := c.Corridors[0]; w.Length < 7000 || len(w.Line) < 2 || w.Probability != 0 || w.Closing == nil || w.Closing.Probability == 0 {
		t.Errorf("%+v", w)
	}
	long := strings.Replace(asked, `"inside_m":4000`, `"inside_m":100000`, 1)
	officer.ask("POST", path, strings.Replace(long, `{"lat":-16.3,`, `{"lat":-16.3,"lon":-69.01},{"lat":-18.3,`, 1)).is(422, "invalid")
	officer.ask("POST", path, `{"strip":{"line":null,"abroad_m":4000,"inside_m":4000},"mover":"walker","closing":{"mast_m":10,"range_m":8000}}`).is(422, "invalid")
	officer.ask("POST", path, strings.Replace(asked, "walker", "tank", 1)).is(422, "unprocessable-entity")
	officer.ask("POST", path, strings.ReplaceAll(asked, "-69.01", "-50")).is(404, "no-elevation")
}

// TestSites: the answer names sites that see most, with what is proven.
func TestSites(t *testing.T) {
	const path = "/api/terrain/sites"
	o := newOffice(t, func(c *web.Config) { c.Elevation, c.Exercise = hills(t), true })
	officer := o.person("Eva", desk.Officer)
	var job web.JobState
	officer.ask("POST", path, fmt.Sprintf(`{%s,"sensors":2,"kind":{"mast_m":10,"range_m":8000},"target_m":2}`, stretch)).is(200, "").json(&job)
	s := done(officer, job).Sites
	if s == nil || len(s.Sensors) != 2 || s.Percent <= 0 || s.Percent > s.BoundPercent || s.ProvenPercent <= 50 || !s.Elevation.Synthetic || len(s.Warnings) == 0 ||
		s.Band == nil || s.Band.Low > s.Percent || s.Percent > s.Band.High {
		t.Fatalf("%+v", s)
	}
}
