package elevation_test

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/web/elevation"
)

// slope is a model whose heights are a plane in degrees, so that interpolating
// between posts is exact.
func slope(t *testing.T, name string, west, north, step float64, width, height int, at func(lat, lon float64) float64) *terrain.Grid {
	t.Helper()
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: west, Y0: north, DX: step, DY: step, Width: width, Height: height}
	z := make([]float32, width*height)
	for i := range z {
		p := l.Position(float64(i%width), float64(i/width))
		z[i] = float32(at(p.Lat, p.Lon))
	}
	g, err := terrain.NewGrid(l, terrain.About{Name: name, Datum: terrain.EGM96, SD: 4, Synthetic: true}, z)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func plane(lat, lon float64) float64 { return 4000 + 100*(lat+16) + 50*(lon+69) }

func service(t *testing.T, models ...elevation.Model) *elevation.Service {
	t.Helper()
	s := elevation.New(elevation.Config{})
	if err := s.Use(models...); err != nil {
		t.Fatal(err)
	}
	return s
}

// height reads a pixel back as browsers do.
func height(t *testing.T, p elevation.Picture, x, y int) float64 {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(p.PNG))
	if err != nil {
		t.Fatal(err)
	}
	c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
	if c.A != 255 {
		t.Fatalf("pixel %d %d is not opaque: browsers would lose its height", x, y)
	}
	return float64(c.R)*256 + float64(c.G) + float64(c.B)/256 - 32768
}

func tileAt(lat, lon float64, z int) (tile elevation.Tile, x, y int) {
	e, n := projection.WebMercator{}.Forward(geo.Position{Lat: lat, Lon: lon})
	pixel := 2 * projection.WebMercatorEdge / float64(256*(int(1)<<z))
	px, py := int((e+projection.WebMercatorEdge)/pixel), int((projection.WebMercatorEdge-n)/pixel)
	return elevation.Tile{Z: z, X: px / 256, Y: py / 256}, px % 256, py % 256
}

func TestTileHoldsTheHeights(t *testing.T) {
	s := service(t, elevation.Model{Levels: []terrain.Source{slope(t, "plane", -69.5, -15.5, 0.001, 1000, 1000, plane)}})
	for _, at := range []geo.Position{{Lat: -16, Lon: -69}, {Lat: -15.7, Lon: -69.3}, {Lat: -16.3, Lon: -68.7}} {
		tile, x, y := tileAt(at.Lat, at.Lon, 12)
		p, err := s.Tile(t.Context(), tile)
		if err != nil {
			t.Fatal(err)
		}
		// Half a pixel is 0.0002 degrees here: 0.02 m of this plane.
		if got := height(t, p, x, y); math.Abs(got-plane(at.Lat, at.Lon)) > 0.05 {
			t.Errorf("%v: %.3f m, not %.3f", at, got, plane(at.Lat, at.Lon))
		}
	}
}

func TestTileBesideTheModelIsEmptyAndItsEdgeHasNoCliff(t *testing.T) {
	s := service(t, elevation.Model{Levels: []terrain.Source{slope(t, "plane", -69.5, -15.5, 0.001, 1000, 1000, plane)}})
	far, _, _ := tileAt(10, 10, 8)
	p, err := s.Tile(t.Context(), far)
	if err != nil || p.PNG != nil || p.ETag == "" {
		t.Errorf("a tile without elevation: %d bytes, %q, %v", len(p.PNG), p.ETag, err)
	}
	edge, _, _ := tileAt(-16, -69.5, 9)
	if p, err = s.Tile(t.Context(), edge); err != nil {
		t.Fatal(err)
	}
	for x := range 256 {
		for _, y := range []int{0, 100, 255} {
			if got := height(t, p, x, y); got < 3800 || got > 4200 {
				t.Fatalf("pixel %d %d is at %.0f m: a cliff that is not there", x, y, got)
			}
		}
	}
}

func TestTileOfTheRightLevel(t *testing.T) {
	fine := slope(t, "fine", -70, -15, 0.001, 2000, 2000, func(_, _ float64) float64 { return 1000 })
	coarse := slope(t, "coarse", -70, -15, 0.016, 125, 125, func(_, _ float64) float64 { return 2000 })
	s := service(t, elevation.Model{Levels: []terrain.Source{fine, coarse}})
	for z, want := range map[int]float64{13: 1000, 11: 1000, 6: 2000, 4: 2000} {
		tile, x, y := tileAt(-16, -69, z)
		p, err := s.Tile(t.Context(), tile)
		if err != nil {
			t.Fatal(err)
		}
		if got := height(t, p, x, y); got != want {
			t.Errorf("zoom %d: %.0f m, not %.0f", z, got, want)
		}
	}
}

func TestFirstModelCounts(t *testing.T) {
	small := slope(t, "small", -69.5, -15.5, 0.01, 50, 50, func(_, _ float64) float64 { return 10 })
	large := slope(t, "large", -70, -15, 0.01, 200, 200, func(_, _ float64) float64 { return 20 })
	s := service(t, elevation.Model{Levels: []terrain.Source{small}}, elevation.Model{Levels: []terrain.Source{large}})
	for lon, want := range map[float64]float64{-69.3: 10, -68.5: 20} {
		tile, x, y := tileAt(-15.7, lon, 9)
		p, err := s.Tile(t.Context(), tile)
		if err != nil {
			t.Fatal(err)
		}
		if got := height(t, p, x, y); got != want {
			t.Errorf("at %g: %.0f m, not %.0f", lon, got, want)
		}
		if _, about, err := s.At(geo.Position{Lat: -15.7, Lon: lon}); err != nil || about.Name != map[float64]string{10: "small", 20: "large"}[want] {
			t.Errorf("at %g: %q, %v", lon, about.Name, err)
		}
	}
}

func TestTileJSONNamesTheElevation(t *testing.T) {
	if _, ok := service(t).TileJSON("/elevation"); ok {
		t.Error("tiles of no elevation")
	}
	s := service(t, elevation.Model{Levels: []terrain.Source{slope(t, "Titicaca", -69.5, -15.5, 0.001, 1000, 1000, plane)}})
	j, ok := s.TileJSON("/elevation")
	if !ok || !strings.Contains(j.Attribution, "SYNTHETIC") || !strings.Contains(j.Attribution, "Titicaca") || !strings.Contains(j.Attribution, "109 m") {
		t.Errorf("attribution %q", j.Attribution)
	}
	if j.Bounds[0] > -69.5 || j.Bounds[2] < -68.502 || j.Bounds[1] > -16.498 || j.Bounds[3] < -15.5 {
		t.Errorf("bounds %v", j.Bounds)
	}
	if j.MinZoom != 0 || j.MaxZoom != 11 { // 1000 posts of 109 m: pixels of zoom 11 are 73 m
		t.Errorf("zooms %d to %d", j.MinZoom, j.MaxZoom)
	}
	other := service(t, elevation.Model{Levels: []terrain.Source{slope(t, "Titicaca 2", -69.5, -15.5, 0.001, 1000, 1000, plane)}})
	k, _ := other.TileJSON("/elevation")
	if fmt.Sprint(k.Tiles) == fmt.Sprint(j.Tiles) {
		t.Error("another elevation has the same addresses: browsers would show the old one")
	}
}
