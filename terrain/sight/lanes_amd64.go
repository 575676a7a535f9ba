package sight

import "golang.org/x/sys/cpu"

//go:noescape
func rays8(horizon *float32, n int, z *float32, k0 int, r *ring)

//go:noescape
func cells8(need *float32, n int, z, horizon *float32, from int, r *ring)

//go:noescape
func turn8(dst *float32, dstStride int, src *float32, srcStride int)

// square turns eight rows of eight posts.
func square(dst []float32, dstStride int, src []float32, srcStride int) {
	if !cpu.X86.HasAVX2 {
		turnPlain(dst, dstStride, src, srcStride, span{0, 8}, span{0, 8})
		return
	}
	_, _ = dst[7*dstStride+7], src[7*srcStride+7]
	turn8(&dst[0], dstStride, &src[0], srcStride)
}

// rays is raysPlain, eight at a time where the processor can. Up to seven rays
// after the last are carried on too: they have left the lattice, and spare
// room lies behind the fan.
func rays(horizon, z []float32, k0 int, r *ring) {
	if !cpu.X86.HasAVX2 {
		raysPlain(horizon, z, k0, r)
		return
	}
	rays8(&horizon[0], len(horizon), &z[0], k0, r)
}

// cells is cellsPlain, eight at a time where the processor can. It reads, but
// does not write, up to seven places behind the last.
func cells(need, z, horizon []float32, from int, r *ring) {
	if !cpu.X86.HasAVX2 {
		cellsPlain(need, z, horizon, from, r)
		return
	}
	cells8(&need[0], len(need), &z[0], &horizon[0], from, r)
}
