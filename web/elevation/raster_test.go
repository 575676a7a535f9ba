package elevation_test

import (
	"encoding/binary"
	"math"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/terrain/sight"
	"atalaya/web/elevation"
)

// Every pixel tells what the cell in its middle needs; what shows on the map
// stands where it is.
func TestRasterStandsWhereTheCellsAre(t *testing.T) {
	hill := geo.Position{Lat: -16.03, Lon: -69.03}
	g := slope(t, "one hill", -69.16, -15.96, 0.001, 200, 140, func(lat, lon float64) float64 {
		return 3800 + max(0, 200-2e6*((lat-hill.Lat)*(lat-hill.Lat)+(lon-hill.Lon)*(lon-hill.Lon)))
	})
	at := geo.Position{Lat: -16.03, Lon: -69.07}
	v, err := sight.Viewshed(t.Context(), g, sight.View{
		Observer: sight.Observer{At: at, Height: geo.Height{Metres: 10, Datum: geo.DatumGround}}, Radius: 6000, Refraction: sight.Optical(), Exact: true, Doubt: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := elevation.NewRaster(v)
	values := r.Bytes()
	if len(values) != 4*r.Width*r.Height || r.Width < 100 || r.Width > 200 || math.Abs(r.Pixel-v.Lattice.Resolution()) > 1 {
		t.Fatalf("%d x %d pixels of %.1f m, %d bytes", r.Width, r.Height, r.Pixel, len(values))
	}
	x0, y0 := projection.WebMercator{}.Forward(geo.Position{Lat: r.Bounds[3], Lon: r.Bounds[0]})
	x1, y1 := projection.WebMercator{}.Forward(geo.Position{Lat: r.Bounds[1], Lon: r.Bounds[2]})
	known := 0
	for y := range r.Height {
		for x := range r.Width {
			p := projection.WebMercator{}.Inverse(x0+(x1-x0)*(float64(x)+0.5)/float64(r.Width), y0+(y1-y0)*(float64(y)+0.5)/float64(r.Height))
			got := binary.LittleEndian.Uint16(values[2*(y*r.Width+x):])
			if got == elevation.Unknown {
				if d := geo.Distance(at, p); d < 5800 {
					t.Fatalf("%v, %.0f m away, is not known", p, d)
				}
				continue
			}
			known++
			col, row := v.Lattice.Cell(p)
			need := float64(v.Need[int(math.Floor(row+0.5))*v.Lattice.Width+int(math.Floor(col+0.5))])
			if diff := float64(got)/elevation.PerMetre - need; diff < 0 || diff > 0.1001 {
				t.Fatalf("%v: %d tenths, and %.3f m are needed", p, got, need)
			}
			sd := float64(v.SD[int(math.Floor(row+0.5))*v.Lattice.Width+int(math.Floor(col+0.5))])
			doubt := binary.LittleEndian.Uint16(values[2*(r.Width*r.Height+y*r.Width+x):])
			if diff := float64(doubt)/elevation.PerMetre - sd; diff < 0 || diff > 0.1001 || sd == 0 && geo.Distance(at, p) > 200 {
				t.Fatalf("%v: %d tenths of doubt, not %.3f m", p, doubt, sd)
			}
		}
	}
	if share := float64(known) / float64(r.Width*r.Height); share < 0.7 || share > 0.85 { // a circle in its square: pi/4
		t.Errorf("%.2f of the pixels are known", share)
	}
	// Behind the hill the ground does not show, before it does.
	for lon, hidden := range map[float64]bool{-69.05: false, -69.02: true} {
		x := int((lon - r.Bounds[0]) / (r.Bounds[2] - r.Bounds[0]) * float64(r.Width))
		_, my := projection.WebMercator{}.Forward(geo.Position{Lat: -16.03, Lon: lon})
		y := int((my - y0) / (y1 - y0) * float64(r.Height))
		if got := binary.LittleEndian.Uint16(values[2*(y*r.Width+x):]); (got > 20) != hidden {
			t.Errorf("at %g: %d tenths", lon, got)
		}
	}
}

func TestRasterIsBounded(t *testing.T) {
	const n = 5000
	v := &sight.Viewed{Lattice: terrain.Lattice{Projection: projection.Geographic{}, X0: -69, Y0: -15, DX: 0.0002, DY: 0.0002, Width: n, Height: n}, Need: make([]float32, n*n)}
	v.View.Observer.At = geo.Position{Lat: -15.5, Lon: -68.5}
	if r := elevation.NewRaster(v); r.Width > elevation.RasterSize || r.Height > elevation.RasterSize || r.Pixel < 50 {
		t.Errorf("%d x %d pixels of %.0f m", r.Width, r.Height, r.Pixel)
	}
}
