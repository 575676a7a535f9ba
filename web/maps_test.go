package web_test

import (
	"os"
	"path/filepath"
	"testing"

	"atalaya/desk"
	"atalaya/web"
	"atalaya/web/tiles"
)

// TestMaps: the user's own maps are for who signed in, by ranges; without a
// folder there are none.
func TestMaps(t *testing.T) {
	none := newOffice(t, nil)
	var list web.MapList
	none.person("Eva", desk.Viewer).ask("GET", "/api/maps", "").is(200, "").json(&list)
	if list.Maps == nil || len(list.Maps) != 0 {
		t.Errorf("%+v", list)
	}
	none.person("Leo", desk.Viewer).ask("GET", "/maps/a.pmtiles", "").is(404, "not-found")

	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "a.pmtiles"), []byte("0123456789"), 0o600))
	folder, err := tiles.Open(dir)
	check(t, err)
	t.Cleanup(func() { check(t, folder.Close()) })
	o := newOffice(t, func(c *web.Config) { c.Maps = folder })
	viewer := o.person("Eva", desk.Viewer)
	viewer.ask("GET", "/api/maps", "").is(200, "").json(&list)
	if len(list.Maps) != 1 || list.Maps[0].ID != "a" || list.Maps[0].Trouble == "" {
		t.Errorf("%+v", list)
	}
	o.stranger().ask("GET", "/maps/a.pmtiles", "").is(401, "not-signed-in")
	o.stranger().ask("GET", "/api/maps", "").is(401, "not-signed-in")
	a := viewer.ask("GET", "/maps/a.pmtiles", "", "Range: bytes=2-4").is(206, "")
	if string(a.body) != "234" || a.header.Get("ETag") == "" {
		t.Errorf("%q %v", a.body, a.header)
	}
	viewer.ask("GET", "/maps/b.pmtiles", "").is(404, "not-found")
	viewer.ask("GET", "/maps/..%2Fa.pmtiles", "").is(404, "not-found")
}
