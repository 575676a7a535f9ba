package web_test

import (
	"testing"

	"atalaya/desk"
	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/web"
	"atalaya/web/elevation"
)

// hills is a small made-up relief around Copacabana, 0.001 degrees apart.
func hills(t testing.TB) *elevation.Service {
	t.Helper()
	const n = 400
	z := make([]float32, n*n)
	for i := range z {
		x, y := float32(i%n)-n/2, float32(i/n)-n/2
		z[i] = max(3810, 4000-(x*x+y*y)/20)
	}
	g, err := terrain.NewGrid(
		terrain.Lattice{Projection: projection.Geographic{}, X0: -69.2, Y0: -16, DX: 0.001, DY: 0.001, Width: n, Height: n},
		terrain.About{Name: "one hill", Source: "made by a test", Datum: terrain.EGM96, SD: 3, Synthetic: true}, z)
	check(t, err)
	s := elevation.New(elevation.Config{})
	check(t, s.Use(elevation.Model{Levels: []terrain.Source{g}}))
	return s
}

// TestElevation: relief is for who signed in, says what it is, and is kept by
// browsers; without elevation there is none.
func TestElevation(t *testing.T) {
	none := newOffice(t, nil)
	var state web.ElevationState
	none.person("Eva", desk.Viewer).ask("GET", "/api/elevation", "").is(200, "").json(&state)
	if state.Models == nil || len(state.Models) != 0 || state.Tiles != "" {
		t.Errorf("%+v", state)
	}
	none.person("Leo", desk.Viewer).ask("GET", "/elevation/tiles.json", "").is(404, "not-found")

	o := newOffice(t, func(c *web.Config) { c.Elevation = hills(t) })
	viewer := o.person("Eva", desk.Viewer)
	viewer.ask("GET", "/api/elevation", "").is(200, "").json(&state)
	if len(state.Models) != 1 || !state.Models[0].Synthetic || state.Models[0].Resolution < 100 || state.Models[0].SD != 3 {
		t.Errorf("%+v", state)
	}
	var tiles elevation.TileJSON
	viewer.ask("GET", state.Tiles, "").is(200, "").json(&tiles)
	if len(tiles.Tiles) != 1 || tiles.Encoding != "terrarium" {
		t.Errorf("%+v", tiles)
	}
	const tile = "/elevation/10/315/558.png"
	o.stranger().ask("GET", tile, "").is(401, "not-signed-in")
	o.stranger().ask("GET", state.Tiles, "").is(401, "not-signed-in")
	a := viewer.ask("GET", tile, "").is(200, "")
	if a.header.Get("Content-Type") != "image/png" || string(a.body[1:4]) != "PNG" {
		t.Errorf("%v", a.header)
	}
	viewer.ask("GET", tile, "", "If-None-Match: "+a.header.Get("ETag")).is(304, "")
	viewer.ask("GET", "/elevation/10/0/0.png", "").is(204, "")
	for _, wrong := range []string{"10/315/558", "10/315/558.jpg", "10/-1/558.png", "10/1024/558.png", "22/0/0.png", "99999999999/0/0.png"} {
		viewer.ask("GET", "/elevation/"+wrong, "").is(404, "not-found")
	}
}
