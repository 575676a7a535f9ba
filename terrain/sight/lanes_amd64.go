package sight

import "golang.org/x/sys/cpu"

//go:noescape
func rays8(f *fanAt, n int, z *float32, r *ring)

//go:noescape
func cells8(need *float32, n int, z, offset, horizon *float32, r *ring)

//go:noescape
func turn8(dst *float32, dstStride int, src *float32, srcStride int)

// fanAt is a fan from one of its rays on.
type fanAt struct{ horizon, slope, near, mean, sink, bend *float32 }

// rays is raysPlain, eight at a time where the processor can. Up to seven rays
// after the last are carried on too: they have left the lattice, and spare
// room lies behind the fan.
func rays(f *fan, k span, z []float32, r *ring) {
	if !cpu.X86.HasAVX2 {
		raysPlain(f, k, z, r)
		return
	}
	i := k.from
	rays8(&fanAt{&f.horizon[i], &f.slope[i], &f.near[i], &f.mean[i], &f.sink[i], &f.bend[i]}, k.to-i, &z[0], r)
}

// cells is cellsPlain, eight at a time where the processor can. It reads, but
// does not write, up to seven places behind the last.
func cells(need, z, offset, horizon []float32, r *ring) {
	if !cpu.X86.HasAVX2 {
		cellsPlain(need, z, offset, horizon, r)
		return
	}
	cells8(&need[0], len(need), &z[0], &offset[0], &horizon[0], r)
}

// square turns eight rows of eight posts.
func square(dst []float32, dstStride int, src []float32, srcStride int) {
	if !cpu.X86.HasAVX2 {
		turnPlain(dst, dstStride, src, srcStride, span{0, 8}, span{0, 8})
		return
	}
	_, _ = dst[7*dstStride+7], src[7*srcStride+7]
	turn8(&dst[0], dstStride, &src[0], srcStride)
}
