//go:build !amd64

package sight

func rays(f *fan, k span, z []float32, r *ring) { raysPlain(f, k, z, r) }

func cells(need, z, offset, horizon []float32, r *ring) { cellsPlain(need, z, offset, horizon, r) }

func square(dst []float32, dstStride int, src []float32, srcStride int) {
	turnPlain(dst, dstStride, src, srcStride, span{0, 8}, span{0, 8})
}
