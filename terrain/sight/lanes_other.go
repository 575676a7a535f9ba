//go:build !amd64

package sight

func rays(horizon, z []float32, k0 int, r *ring) { raysPlain(horizon, z, k0, r) }

func cells(need, z, horizon []float32, from int, r *ring) { cellsPlain(need, z, horizon, from, r) }

func square(dst []float32, dstStride int, src []float32, srcStride int) {
	turnPlain(dst, dstStride, src, srcStride, span{0, 8}, span{0, 8})
}
