package web_test

import (
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
	"atalaya/web"
)

// hiding is a radar behind a hill, and a camera of which nothing is known.
type hiding struct{}

func (hiding) Of(id sensor.ID) (web.Regard, bool) {
	half, k := 120.0, sight.Radio()
	if id == "radar" {
		return web.Regard{
			Sensor: id, Version: 3, State: "made", Shares: []web.RegardShare{{Above: 1.7, Seen: 0.4}}, Covered: 1, Half: &half, Refraction: &k,
			Elevation: &coverage.Grounds{Elevation: terrain.About{Name: "hills", SD: 3, Synthetic: true}, Resolution: 90}, Imported: time.Unix(1_700_000_000, 0).UTC(),
		}, true
	}
	if id == "camera" {
		return web.Regard{Sensor: id, Version: 1, State: "none", Why: "its range is not stated"}, true
	}
	return web.Regard{}, false
}

func (h hiding) All() []web.Regard {
	radar, _ := h.Of("radar")
	camera, _ := h.Of("camera")
	return []web.Regard{camera, radar}
}

func (hiding) At(geo.Position) []web.Blind {
	return []web.Blind{{Sensor: "radar", State: "blind", Below: 50, SD: 4}, {Sensor: "mast", State: "blind", Below: 20, SD: 4}, {Sensor: "camera", State: "unknown"}}
}

// TestRegards: feed health says what the terrain hides, with what that rests on.
func TestRegards(t *testing.T) {
	o := newOffice(t, func(c *web.Config) { c.Regards = hiding{} })
	v := o.person("Eva", desk.Viewer)
	var list web.FeedList
	a := v.ask("GET", "/api/feeds", "").is(200, "")
	a.json(&list)
	if len(list.Regards) != 2 || list.Regards[0].State != "none" || list.Regards[1].Half == nil || *list.Regards[1].Half != 120 {
		t.Fatalf("%s", a.body)
	}
	for _, want := range []string{`"half_m":120`, `"k_low":0.1`, `"k_high":0.375`, `"imported":"2023-11-14T22:13:20Z"`, `"resolution_m":90`, `"synthetic":true`, `"sd_m":3`} {
		if !strings.Contains(string(a.body), want) {
			t.Errorf("no %s in %s", want, a.body)
		}
	}
	v.ask("GET", "/api/sensors/radar/regard", "").is(200, "")
	v.ask("GET", "/api/sensors/nothing/regard", "").is(404, "not-found")
	var at web.BlindAt
	v.ask("GET", "/api/terrain/blind?lat=-16&lon=-69", "").is(200, "").json(&at)
	if at.Least == nil || at.Least.Sensor != "mast" {
		t.Errorf("%+v", at)
	}
	if a := newOffice(t, nil).person("Ana", desk.Viewer).ask("GET", "/api/feeds", "").is(200, ""); !strings.Contains(string(a.body), `"regards":[]`) {
		t.Errorf("%s", a.body)
	}
}
