package format

import (
	"math"
	"testing"

	"atalaya/geo/projection"
	"atalaya/terrain"
)

func TestStated(t *testing.T) {
	l := terrain.Lattice{Projection: projection.Geographic{}, DX: 1, DY: 1, Width: 1, Height: 1}
	const tile = "Copernicus_DSM_COG_10_S17_00_W070_00_DEM.tif"
	const glo30, glo90 = "Copernicus DEM GLO-30, surface with trees and houses", "Copernicus DEM GLO-90, surface with trees and houses"
	for _, c := range []struct {
		name     string
		is, want terrain.About
	}{
		{"dem/" + tile, terrain.About{Datum: terrain.Unstated}, terrain.About{Source: glo30, Datum: terrain.EGM2008, SD: 2.43, DatumSD: 0.5}},
		{"Copernicus_DSM_30_N00_00_E006_00_DEM.tif", terrain.About{Datum: terrain.Unstated, SD: 1}, terrain.About{Source: glo90, Datum: terrain.EGM2008, SD: 1, DatumSD: 0.5}},
		// What a file says of itself counts.
		{tile, terrain.About{Source: "corrected", Datum: terrain.EGM96, SD: 3}, terrain.About{Source: "corrected", Datum: terrain.EGM96, SD: 3}},
		{"other.tif", terrain.About{Datum: terrain.EGM2008}, terrain.About{Datum: terrain.EGM2008, DatumSD: 0.5}},
		{"other.tif", terrain.About{Datum: terrain.EGM2008, DatumSD: 0.1}, terrain.About{Datum: terrain.EGM2008, DatumSD: 0.1}},
		{"other.tif", terrain.About{Datum: terrain.Unstated}, terrain.About{Datum: terrain.Unstated}},
		{"Copernicus_DSM_COG_10_S17_00_W070_00_WBM.tif", terrain.About{Datum: terrain.Unstated}, terrain.About{Datum: terrain.Unstated}},
	} {
		grid, err := terrain.NewGrid(l, c.is, []float32{1})
		if err != nil {
			t.Fatal(err)
		}
		got := stated(grid, c.name).About()
		got.SD = math.Round(got.SD*100) / 100
		if got != c.want {
			t.Errorf("%s: %q, %q, SD %v m, %v m of the datum", c.name, got.Source, got.Datum, got.SD, got.DatumSD)
		}
	}
}
