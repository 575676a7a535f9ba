package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"atalaya/geo/projection"
	"atalaya/store/elevation/glo30"
	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/cog"
)

// copernicus is a copy of the bucket with one tile, flat at 3810 m.
func copernicus(t *testing.T) (url string) {
	t.Helper()
	dir := t.TempDir()
	tile := glo30.Tile{Lat: -16, Lon: -70}
	const side = 120
	r := cog.Raster{
		Lattice: terrain.Lattice{
			Projection: projection.Geographic{},
			X0:         float64(tile.Lon), Y0: float64(tile.Lat + 1),
			DX: 1.0 / side, DY: 1.0 / side, Width: side, Height: side,
		},
		Values: make([]float32, side*side),
		NoData: -9999, Heights: true,
	}
	for i := range r.Values {
		r.Values[i] = 3810
	}
	if err := os.Mkdir(filepath.Join(dir, tile.Name()), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, tile.Name(), tile.Name()+".tif"))
	if err != nil {
		t.Fatal(err)
	}
	if err := cog.Write(f, r); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tileList.txt"), []byte(tile.Name()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	return server.URL
}
