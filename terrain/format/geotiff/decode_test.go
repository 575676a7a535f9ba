package geotiff

import (
	"encoding/binary"
	"math"
	"testing"
)

// TestFloats reads rows of float32 of every length, with what is a void at
// every place of them.
func TestFloats(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, s := range []samples{{kind: float32s, nodata: -9999}, {kind: float32s, nodata: 0}, {kind: float32s, nodata: math.NaN()}} {
		for n := range 14 {
			for at := range n {
				for _, odd := range []float32{-9999, 0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()), math.MaxFloat32, 1e-42} {
					var row []byte
					for i := range n {
						v := float32(i) - 3.5
						if i == at {
							v = odd
						}
						row = binary.LittleEndian.AppendUint32(row, math.Float32bits(v))
					}
					z := make([]float32, n)
					s.heights(z, row)
					for i, got := range z {
						v := float64(float32(i) - 3.5)
						if i == at {
							v = float64(odd)
						}
						if want := s.height(v); got != want && (got == got || want == want) {
							t.Fatalf("nodata %g: value %d of %d, %g, is %g, want %g", s.nodata, i, n, v, got, want)
						}
					}
				}
			}
		}
	}
}
