package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/web"
)

const square = `{"type":"Polygon","coordinates":[[[-69,-16],[-68.9,-16],[-68.9,-15.9],[-69,-15.9],[-69,-16]]]}`

// zone is the wish for a watched area.
func zone(geometry, more string) string {
	return `{"name":"Bahía","kind":"watched","geometry":` + geometry + more + `}`
}

func addition(id, to string) string {
	return `{"id":"` + id + `","reason":"boats by night","to":` + to + `}`
}

func edit(version int, to string) string {
	return fmt.Sprintf(`{"version":%d,"reason":"redrawn","to":%s}`, version, to)
}

func key(k string) string { return "Idempotency-Key: " + k }

func TestAreasAreDrawnChangedAndEnded(t *testing.T) {
	o := newOffice(t, nil)
	ana, eva := o.person("Ana", desk.Officer), o.person("Eva", desk.Officer)
	var made web.Changed[web.Feature]
	hours := `,"owner":"Armada","schedule":{"utc_offset_min":-240,"windows":[{"from_min":1200,"to_min":360}]},"until":"2026-03-02T12:00:00Z"`
	for i := range 2 {
		ana.ask("POST", "/api/areas", addition("", zone(square, hours)), key("k1")).is(200, "").json(&made)
		p := made.Now.Properties
		if made.Repeated != (i == 1) || p.Version != 1 || p.By != "Ana" || p.Reason != "boats by night" || p.Owner != "Armada" ||
			p.Schedule.OffsetMinutes != -240 || !p.From.Equal(o.clock.Now()) || p.Until.IsZero() || !strings.HasPrefix(made.Now.ID, "area-") {
			t.Errorf("%+v", made)
		}
	}
	path := "/api/areas/" + made.Now.ID
	ana.ask("POST", "/api/areas", addition("", zone(square, "")), key("k1")).is(409, "request-reused")
	o.clock.wait(time.Hour)
	eva.ask("PUT", path, edit(1, zone(square, `,"buffer_m":50`)), key("k2")).is(200, "").json(&made)
	conflict := ana.ask("PUT", path, edit(1, zone(square, "")), key("k3")).is(409, "version-conflict")
	if !strings.Contains(string(conflict.body), "by Eva at 2026-03-01T13:00:00Z (redrawn)") || !strings.Contains(string(conflict.body), `"number":2`) {
		t.Errorf("a conflict says %s", conflict.body)
	}
	ana.ask("DELETE", path+"?version=1&reason=over", "", key("k4")).is(409, "version-conflict")
	ana.ask("POST", "/api/areas", addition(made.Now.ID, zone(square, "")), key("k5")).is(409, "version-conflict")
	o.clock.wait(time.Hour)
	for range 2 {
		eva.ask("DELETE", path+"?version=2&reason=over", "", key("k6")).is(200, "")
	}

	var c web.FeatureCollection
	for at, want := range map[string]int{
		"": 3, "?at=2026-03-01T11:59:59Z": 3, "?at=2026-03-01T12:30:00Z": 4, "?at=2026-03-01T13:30:00Z": 4, "?at=2026-03-01T14:00:00Z": 3, "?all=true": 4,
	} {
		ana.ask("GET", "/api/areas"+at, "").is(200, "").json(&c)
		if len(c.Features) != want {
			t.Errorf("%d areas %s, want %d", len(c.Features), at, want)
		}
	}
	ana.ask("GET", "/api/areas?at=", "").is(422, "unprocessable-entity")
	var versions web.VersionList[web.Feature]
	ana.ask("GET", path+"/versions", "").is(200, "").json(&versions)
	if v := versions.Versions; len(v) != 3 || v[1].Properties.Buffer != 50 || v[1].Properties.By != "Eva" || v[2].Properties.Reason != "over" || !v[2].Properties.Until.Equal(o.clock.Now()) {
		t.Errorf("%+v", v)
	}
	var f web.Feature
	ana.ask("GET", path+"?at=2026-03-01T12:30:00Z", "").is(200, "").json(&f)
	if f.Properties.Version != 1 {
		t.Errorf("at 12:30 version %d", f.Properties.Version)
	}
	ana.ask("GET", path, "").is(200, "").json(&f)
	if f.Properties.Version != 3 {
		t.Errorf("after its end version %d", f.Properties.Version)
	}
	ana.ask("GET", "/api/areas/nothing", "").is(404, "not-found")
	ana.ask("GET", "/api/areas/nothing/versions", "").is(404, "not-found")
	ana.ask("PUT", "/api/areas/nothing", edit(1, zone(square, "")), key("k7")).is(404, "not-found")
	ana.ask("DELETE", "/api/areas/nothing?version=1&reason=x", "", key("k8")).is(404, "not-found")
}

func TestShapesThatCannotBe(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.person("Ana", desk.Officer)
	polygon := func(c string) string { return `{"type":"Polygon","coordinates":` + c + `}` }
	for name, tc := range map[string]struct{ to, location, says string }{
		"not closed":     {zone(polygon(`[[[-69,-16],[-68,-16],[-68,-15]]]`), ""), "coordinates[0]", "not closed"},
		"bow tie":        {zone(polygon(`[[[-69,-16],[-68,-15],[-68,-16],[-69,-15],[-69,-16]]]`), ""), "coordinates[0][0]", "crosses"},
		"off the earth":  {zone(polygon(`[[[-69,-16],[-68,-96],[-68,-15],[-69,-16]]]`), ""), "coordinates[0][1]", "not on earth"},
		"another shape":  {zone(`{"type":"Point","coordinates":[-69,-16]}`, ""), "coordinates", "is a Polygon"},
		"no numbers":     {zone(polygon(`[[["a","b"]]]`), ""), "coordinates[0]", "longitude, latitude"},
		"no rings":       {zone(polygon(`{"a":1}`), ""), "coordinates", "list of rings"},
		"nothing":        {zone(polygon(`null`), ""), "coordinates", "at least 3"},
		"a point's line": {`{"name":"x","kind":"legal-post","geometry":{"type":"Point","coordinates":[[1,2]]}}`, "coordinates", "longitude, latitude"},
		"a lone point":   {`{"name":"x","kind":"border","geometry":{"type":"LineString","coordinates":[[1,2],[1,2]]}}`, "coordinates", "at least 2"},
	} {
		a := ana.ask("POST", "/api/areas", addition("z", tc.to), key("k"))
		var p web.Problem
		a.json(&p)
		if a.status != 422 || p.Code != "shape" || !strings.Contains(p.Detail, tc.says) || len(p.Errors) != 1 || p.Errors[0].Location != "body.to.geometry."+tc.location {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for name, to := range map[string]string{
		"kind":     `{"name":"x","kind":"moat","geometry":` + square + `}`,
		"no name":  `{"kind":"watched","geometry":` + square + `}`,
		"too wide": zone(square, `,"buffer_m":1e9`),
	} {
		if a := ana.ask("POST", "/api/areas", addition("z", to), key("k")); a.status != 422 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for name, to := range map[string]string{
		"ends before it begins": zone(square, `,"from":"2026-03-02T00:00:00Z","until":"2026-03-01T00:00:00Z"`),
		"year 9999":             zone(square, `,"until":"9999-12-31T23:59:59-23:00"`),
		"source of year 9999":   zone(square, `,"dated":"9999-12-31T23:59:59-23:00"`),
		"hours":                 zone(square, `,"schedule":{"utc_offset_min":0,"windows":[{"days":[9],"from_min":0,"to_min":0}]}`),
		"state":                 zone(square, `,"left":"BOL"`),
	} {
		ana.ask("POST", "/api/areas", addition("z", to), key("k")).is(422, "invalid")
		_ = name
	}
	ana.ask("POST", "/api/areas", addition("a/b", zone(square, "")), key("k")).is(422, "invalid")
	ana.ask("POST", "/api/areas", addition("z", zone(square, ""))).is(422, "unprocessable-entity") // no key
}

func TestSensorsFeedsAndAssets(t *testing.T) {
	o := newOffice(t, nil)
	admin, ana := o.person("Bea", desk.Administrator), o.person("Ana", desk.Officer)
	sensor := `{"name":"AIS Puerto","kind":"ais-receiver","position":{"lat":-16.2,"lon":-69.1},"height_m":3815,"time_offset_s":-1.5}`
	feed := `{"sensor":"ais-p","format":"ais","source":"udp://127.0.0.1:10110","allowed":["10.1.2.3","192.168.0.9/16"]}`
	asset := `{"name":"Patrulla","kind":"boat","claims":["mmsi:720000077","icao:E94C01"]}`
	admin.ask("POST", "/api/feeds", addition("ais-p", feed), key("f0")).is(422, "invalid") // its sensor is not there
	for path, to := range map[string]string{"/api/sensors": sensor, "/api/assets": asset} {
		ana.ask("POST", path, addition("ais-p", to), key("x")).is(403, "forbidden")
		a := admin.ask("POST", path, addition("ais-p", to), key("add"+path)).is(200, "")
		if !strings.Contains(string(a.body), `"number":1`) || !strings.Contains(string(a.body), `"exercise":true`) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	admin.ask("POST", "/api/feeds", addition("ais-p", feed), key("f1")).is(200, "")
	for path, want := range map[string]string{
		"/api/sensors/ais-p":          `"time_offset_ns":-1500000000`,
		"/api/feeds/ais-p":            `"allowed":["10.1.2.3/32","192.168.0.0/16"]`,
		"/api/feeds":                  `"registered":[{"id":"ais-p"`,
		"/api/assets/ais-p":           `"value":"e94c01"`,
		"/api/sensors":                `"items":[{"id":"ais-p"`,
		"/api/assets":                 `"silent`,
		"/api/feeds/ais-p/versions":   `"silent_after_ns":60000000000`,
		"/api/sensors/ais-p/versions": `"height":{"metres":3815,"datum":"sea"}`,
	} {
		a := ana.ask("GET", path, "").is(200, "")
		if has := strings.Contains(string(a.body), want); has == (want == `"silent`) {
			t.Errorf("%s: %s; want %s", path, a.body, want)
		}
	}
	drone := `{"name":"Dron","kind":"drone","maker":"M","model":"X","supplier":"S","payload":"cámara","range_km":40,"registration":"CP-1","serial":"7"}`
	if a := admin.ask("POST", "/api/assets", addition("dron", drone), key("a7")).is(200, ""); !strings.Contains(string(a.body), `"range_km":40`) || !strings.Contains(string(a.body), `"serial":"7"`) {
		t.Errorf("a drone: %s", a.body)
	}
	moved := strings.Replace(sensor, "-16.2", "-16.3", 1)
	admin.ask("PUT", "/api/sensors/ais-p", edit(1, moved), key("s2")).is(200, "")
	for name, bad := range map[string][3]string{
		"sender":   {"/api/feeds", strings.Replace(feed, "10.1.2.3", "everybody", 1), "body.to.allowed"},
		"port":     {"/api/feeds", strings.Replace(feed, ":10110", "", 1), "body.to.source"},
		"sensor":   {"/api/feeds", strings.Replace(feed, "ais-p", "nobody", 1), "body.to.sensor"},
		"position": {"/api/sensors", strings.Replace(sensor, "-16.2", "-96.2", 1), "body.to.position"},
		"height":   {"/api/sensors", strings.Replace(sensor, "3815", "1e6", 1), "body.to.height_m"},
		"claim":    {"/api/assets", strings.Replace(asset, "720000077", "77", 1), "body.to.claims"},
		"range":    {"/api/assets", strings.Replace(drone, "40", "99999", 1), "body.to.range_km"},
		"no drone": {"/api/assets", strings.Replace(drone, `"drone"`, `"post"`, 1), "body.to.kind"},
		"no claim": {"/api/assets", strings.Replace(asset, "mmsi:", "name:", 1), "body.to.claims"},
	} {
		a := admin.ask("POST", bad[0], addition("other", bad[1]), key(name))
		if a.status != 422 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if !strings.Contains(string(a.body), `"location":"`+bad[2]+`"`) {
			t.Errorf("%s is wrong, and the answer says %s", bad[2], a.body)
		}
	}
	admin.ask("DELETE", "/api/feeds/ais-p?version=1&reason=sold", "", key("f9")).is(200, "")
	var list struct{ Registered []json.RawMessage }
	ana.ask("GET", "/api/feeds", "").is(200, "").json(&list)
	if len(list.Registered) != 0 {
		t.Errorf("%s", list.Registered)
	}
	ana.ask("GET", "/api/feeds?all=true", "").is(200, "").json(&list)
	if len(list.Registered) != 1 {
		t.Errorf("%s", list.Registered)
	}
}

func TestAFeedIsWatched(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.person("Ana", desk.Officer)
	a := ana.ask("GET", "/api/feeds/ais-a/messages?after=6&wait=20", "").is(200, "")
	if !strings.Contains(string(a.body), `"next":7`) || !strings.Contains(string(a.body), `"text":"20s"`) {
		t.Errorf("%s", a.body)
	}
	ana.ask("GET", "/api/feeds/nothing/messages", "").is(404, "not-found")
	ana.ask("GET", "/api/feeds/ais-a/messages?wait=26", "").is(422, "unprocessable-entity")
	o.person("Eva", desk.Viewer).ask("GET", "/api/feeds/ais-a/messages", "").is(403, "forbidden")
}
