package geotiff

import (
	"testing"

	"atalaya/internal/peer"
	"atalaya/terrain"
)

// BenchmarkRead reads the Sierra grid, int16 in deflated tiles, as an import
// does: in windows of 1024 x 1024.
func BenchmarkRead(b *testing.B) {
	f, err := openFile(b, peer.Data(b, "terrain/sierra_basinrange_vfp3s_4326.tif"))
	if err != nil {
		b.Fatal(err)
	}
	const side = 1024
	z := make([]float32, side*side)
	l := f.Lattice()
	b.SetBytes(int64(4 * l.Width * l.Height))
	for b.Loop() {
		f.cache = cache{}
		for y := 0; y < l.Height; y += side {
			for x := 0; x < l.Width; x += side {
				if err := f.Read(z, terrain.Window{X: x, Y: y, Width: side, Height: side}); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
