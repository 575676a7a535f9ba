package geotiff

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"atalaya/geo/projection"
	"atalaya/terrain"
	"atalaya/terrain/format/geotiff/cog"
)

// TestLargeWindow reads more than the cache holds at once, past it, and beside
// it by windows that it holds. Of damaged tiles the first is named, on any
// number of processors.
func TestLargeWindow(t *testing.T) {
	const side = 4200
	r := cog.Raster{
		Lattice: terrain.Lattice{Projection: projection.Geographic{}, X0: -69.5, Y0: -15.25, DX: 1 / 240.0, DY: 1 / 240.0, Width: side, Height: side},
		Values:  make([]float32, side*side), NoData: -9999, Heights: true,
	}
	for i := range r.Values {
		r.Values[i] = float32(i / 1024)
	}
	r.Values[side+1] = float32(math.NaN())
	if 4*len(r.Values) <= cacheBytes {
		t.Fatal("the cache holds all of it")
	}
	var b bytes.Buffer
	if err := cog.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()), "large.tif")
	if err != nil {
		t.Fatal(err)
	}
	around := terrain.Window{X: -1, Y: -1, Width: side + 2, Height: side + 2}
	z := make([]float32, around.Width*around.Height)
	if err := f.Read(z, around); err != nil {
		t.Fatal(err)
	}
	if f.cache.bytes > 0 {
		t.Errorf("%d bytes were kept of what is not read again", f.cache.bytes)
	}
	for i, v := range z {
		c, row := i%around.Width-1, i/around.Width-1
		want := float32(math.NaN())
		if c >= 0 && row >= 0 && c < side && row < side {
			want = r.Values[row*side+c]
		}
		if v != want && (v == v || want == want) {
			t.Fatalf("column %d, row %d is %g, want %g", c, row, v, want)
		}
	}
	part := terrain.Window{X: 300, Y: 700, Width: 1000, Height: 600}
	some := make([]float32, part.Width*part.Height)
	if err := f.Read(some, part); err != nil {
		t.Fatal(err)
	}
	for i, v := range some {
		if want := r.Values[(part.Y+i/part.Width)*side+part.X+i%part.Width]; v != want {
			t.Fatalf("post %d of a window is %g, want %g", i, v, want)
		}
	}
	if f.cache.bytes == 0 {
		t.Error("nothing was kept of what may be read again")
	}

	damaged := bytes.Clone(b.Bytes())
	for _, i := range []int{70, 13, 14, 33} {
		copy(damaged[f.blocks.offsets[i]:], "damage")
	}
	if f, err = Open(bytes.NewReader(damaged), int64(len(damaged)), "large.tif"); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := f.Read(z, around); err == nil || !strings.Contains(err.Error(), "tile 13 (column 4, row 1 of tiles)") {
			t.Errorf("error %v, want one that names tile 13", err)
		}
	}
}
