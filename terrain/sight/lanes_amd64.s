#include "textflag.h"

// Eight lanes of raysPlain and cellsPlain at once, the same bits. Offsets into
// ring:
//   0 q[5]     20 eye   24 drop   28 radius2   32 perLane   36 middleRay
//   40 lastRay  44 lane  48 last   52 lastInt   56 away      60 away2   64 inverse
//   72 next

// So many rays to a cell and eight cells need at most 16 rays.
DATA close<>+0(SB)/4, $2.1
GLOBL close<>(SB), RODATA|NOPTR, $4

// A window of eight words in here, that ends n words before the middle, has
// its first n words set.
DATA mask<>+0(SB)/8, $-1
DATA mask<>+8(SB)/8, $-1
DATA mask<>+16(SB)/8, $-1
DATA mask<>+24(SB)/8, $-1
DATA mask<>+32(SB)/8, $0
DATA mask<>+40(SB)/8, $0
DATA mask<>+48(SB)/8, $0
DATA mask<>+56(SB)/8, $0
GLOBL mask<>(SB), RODATA|NOPTR, $64

// func rays8(f *fanAt, n int, z *float32, r *ring)
TEXT ·rays8(SB), NOSPLIT, $0-32
	MOVQ f+0(FP), AX
	MOVQ n+8(FP), CX
	MOVQ z+16(FP), DX
	MOVQ r+24(FP), SI
	MOVQ 0(AX), DI  // horizon
	MOVQ 8(AX), R9  // slope
	MOVQ 16(AX), R10 // near
	MOVQ 24(AX), R11 // mean
	MOVQ 32(AX), R12 // sink
	MOVQ 40(AX), R13 // bend

	VBROADCASTSS 20(SI), Y0 // eye
	VBROADCASTSS 44(SI), Y1 // lane
	VBROADCASTSS 48(SI), Y2 // last
	VPBROADCASTD 52(SI), Y3 // lastInt
	VBROADCASTSS 56(SI), Y4 // away
	VBROADCASTSS 60(SI), Y5 // away2
	VBROADCASTSS 64(SI), Y6 // inverse
	VXORPS       Y7, Y7, Y7
	XORQ         BX, BX

loop:
	VMULPS       (R9)(BX*4), Y4, Y8
	VADDPS       Y1, Y8, Y8   // place on the line
	VMAXPS       Y7, Y8, Y8
	VMINPS       Y2, Y8, Y8
	VCVTTPS2DQ   Y8, Y9
	VPMINSD      Y3, Y9, Y9   // n
	VCVTDQ2PS    Y9, Y10
	VSUBPS       Y10, Y8, Y8  // f
	VMOVD        X9, R8
	VPBROADCASTD X9, Y10
	VPSUBD       Y10, Y9, Y9  // 0 to 7: rays are less than a cell apart
	VPERMPS      (DX)(R8*4), Y9, Y10
	VPERMPS      4(DX)(R8*4), Y9, Y11
	VSUBPS       Y10, Y11, Y11
	VMULPS       Y11, Y8, Y11
	VADDPS       Y11, Y10, Y10 // ground
	VSUBPS       Y0, Y10, Y10
	VMULPS       (R10)(BX*4), Y6, Y11
	VADDPS       (R11)(BX*4), Y11, Y11 // one by the distance
	VMULPS       Y11, Y10, Y10
	VMULPS       (R12)(BX*4), Y4, Y12
	VMULPS       (R13)(BX*4), Y5, Y13
	VADDPS       Y13, Y12, Y12 // sunk
	VSUBPS       Y12, Y10, Y10 // up
	VMAXPS       (DI)(BX*4), Y10, Y10 // up where it is more, else the horizon
	VMOVUPS      Y10, (DI)(BX*4)
	ADDQ         $8, BX
	CMPQ         BX, CX
	JLT          loop
	VZEROUPPER
	RET

// func cells8(need *float32, n int, z, offset, horizon *float32, r *ring)
TEXT ·cells8(SB), NOSPLIT, $64-48
	MOVQ need+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ z+16(FP), DX
	MOVQ offset+24(FP), AX
	MOVQ horizon+32(FP), BX
	MOVQ r+40(FP), SI

	VBROADCASTSS 16(SI), Y0 // q4
	VBROADCASTSS 12(SI), Y1 // q3
	VBROADCASTSS 32(SI), Y2 // perLane
	VBROADCASTSS 36(SI), Y3 // middleRay
	VPBROADCASTD 40(SI), Y4 // lastRay
	VBROADCASTSS 0(SI), Y5  // q0
	VBROADCASTSS 4(SI), Y6  // q1
	VBROADCASTSS 8(SI), Y7  // q2
	VBROADCASTSS 20(SI), Y15 // eye
	VBROADCASTSS 24(SI), Y8
	VMOVUPS      Y8, drop-64(SP)
	VBROADCASTSS 28(SI), Y8
	VMOVUPS      Y8, radius2-32(SP)
	VXORPS       Y14, Y14, Y14
	MOVQ         72(SI), R9 // next

	VMOVSS   32(SI), X8
	VUCOMISS close<>(SB), X8
	JA       spread

again:
	VMOVUPS    (AX), Y8     // off
	PREFETCHT0 (DX)(R9*1) // of the next line: no processor looks ahead across pages
	PREFETCHT0 (DI)(R9*1)
	VMULPS     Y8, Y2, Y9
	VADDPS     Y3, Y9, Y9   // place in the fan
	VCVTTPS2DQ Y9, Y10
	VPMINSD    Y4, Y10, Y10 // k
	VCVTDQ2PS  Y10, Y11
	VSUBPS     Y11, Y9, Y9  // f
	VMOVD        X10, R8
	VPBROADCASTD X10, Y11
	VPSUBD       Y11, Y10, Y10 // 0 to 15: close together
	VPSLLD       $28, Y10, Y11
	VPERMPS      (BX)(R8*4), Y10, Y12
	VPERMPS      32(BX)(R8*4), Y10, Y13
	VBLENDVPS    Y11, Y13, Y12, Y12
	VPERMPS      4(BX)(R8*4), Y10, Y13
	VPERMPS      36(BX)(R8*4), Y10, Y10
	VBLENDVPS    Y11, Y10, Y13, Y13
	VSUBPS     Y12, Y13, Y13
	VMULPS     Y13, Y9, Y13
	VADDPS     Y13, Y12, Y12 // horizon
	VMULPS     Y8, Y0, Y9
	VADDPS     Y1, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y7, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y6, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y5, Y9, Y9   // d2
	VMOVUPS    (DX), Y10
	VSUBPS     Y15, Y10, Y10
	VMULPS     drop-64(SP), Y9, Y11
	VSUBPS     Y11, Y10, Y10 // up
	VSQRTPS    Y9, Y11
	VMULPS     Y11, Y12, Y12
	VSUBPS     Y10, Y12, Y12 // need
	VMAXPS     Y12, Y14, Y12 // 0 where it is less
	VCMPPS     $30, radius2-32(SP), Y9, Y9
	VORPS      Y9, Y12, Y12  // all bits set: not a number
	CMPQ       CX, $8
	JLT        tail
	VMOVUPS    Y12, (DI)
	ADDQ       $32, DI
	ADDQ       $32, DX
	ADDQ       $32, AX
	SUBQ       $8, CX
	JGT        again
	VZEROUPPER
	RET

	// Near the observer the rays are so close that eight cells need them from
	// all over the fan.
spread:
	VMOVUPS    (AX), Y8     // off
	PREFETCHT0 (DX)(R9*1) // of the next line: no processor looks ahead across pages
	PREFETCHT0 (DI)(R9*1)
	VMULPS     Y8, Y2, Y9
	VADDPS     Y3, Y9, Y9   // place in the fan
	VCVTTPS2DQ Y9, Y10
	VPMINSD    Y4, Y10, Y10 // k
	VCVTDQ2PS  Y10, Y11
	VSUBPS     Y11, Y9, Y9  // f
	VPCMPEQD   Y11, Y11, Y11
	VGATHERDPS Y11, (BX)(Y10*4), Y12
	VPCMPEQD   Y11, Y11, Y11
	VGATHERDPS Y11, 4(BX)(Y10*4), Y13
	VSUBPS     Y12, Y13, Y13
	VMULPS     Y13, Y9, Y13
	VADDPS     Y13, Y12, Y12 // horizon
	VMULPS     Y8, Y0, Y9
	VADDPS     Y1, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y7, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y6, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y5, Y9, Y9   // d2
	VMOVUPS    (DX), Y10
	VSUBPS     Y15, Y10, Y10
	VMULPS     drop-64(SP), Y9, Y11
	VSUBPS     Y11, Y10, Y10 // up
	VSQRTPS    Y9, Y11
	VMULPS     Y11, Y12, Y12
	VSUBPS     Y10, Y12, Y12 // need
	VMAXPS     Y12, Y14, Y12 // 0 where it is less
	VCMPPS     $30, radius2-32(SP), Y9, Y9
	VORPS      Y9, Y12, Y12  // all bits set: not a number
	CMPQ       CX, $8
	JLT        tail
	VMOVUPS    Y12, (DI)
	ADDQ       $32, DI
	ADDQ       $32, DX
	ADDQ       $32, AX
	SUBQ       $8, CX
	JGT        spread
	VZEROUPPER
	RET

tail:
	LEAQ       mask<>+32(SB), AX
	SHLQ       $2, CX
	SUBQ       CX, AX
	VMOVDQU    (AX), Y9
	VMASKMOVPS Y12, Y9, (DI)
	VZEROUPPER
	RET

// func turn8(dst *float32, dstStride int, src *float32, srcStride int)
TEXT ·turn8(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ dstStride+8(FP), AX
	MOVQ src+16(FP), SI
	MOVQ srcStride+24(FP), BX
	SHLQ $2, AX
	SHLQ $2, BX
	LEAQ (BX)(BX*2), CX
	LEAQ (SI)(BX*4), DX

	// The next eight rows lie in other pages, where no processor looks ahead.
	LEAQ       (SI)(BX*8), R8
	LEAQ       (R8)(BX*4), R9
	PREFETCHT0 (R8)
	PREFETCHT0 (R8)(BX*1)
	PREFETCHT0 (R8)(BX*2)
	PREFETCHT0 (R8)(CX*1)
	PREFETCHT0 (R9)
	PREFETCHT0 (R9)(BX*1)
	PREFETCHT0 (R9)(BX*2)
	PREFETCHT0 (R9)(CX*1)

	VMOVUPS (SI), Y0
	VMOVUPS (SI)(BX*1), Y1
	VMOVUPS (SI)(BX*2), Y2
	VMOVUPS (SI)(CX*1), Y3
	VMOVUPS (DX), Y4
	VMOVUPS (DX)(BX*1), Y5
	VMOVUPS (DX)(BX*2), Y6
	VMOVUPS (DX)(CX*1), Y7

	VUNPCKLPS Y1, Y0, Y8
	VUNPCKHPS Y1, Y0, Y9
	VUNPCKLPS Y3, Y2, Y10
	VUNPCKHPS Y3, Y2, Y11
	VUNPCKLPS Y5, Y4, Y12
	VUNPCKHPS Y5, Y4, Y13
	VUNPCKLPS Y7, Y6, Y14
	VUNPCKHPS Y7, Y6, Y15

	VUNPCKLPD Y10, Y8, Y0
	VUNPCKHPD Y10, Y8, Y1
	VUNPCKLPD Y11, Y9, Y2
	VUNPCKHPD Y11, Y9, Y3
	VUNPCKLPD Y14, Y12, Y4
	VUNPCKHPD Y14, Y12, Y5
	VUNPCKLPD Y15, Y13, Y6
	VUNPCKHPD Y15, Y13, Y7

	VPERM2F128 $0x20, Y4, Y0, Y8
	VPERM2F128 $0x20, Y5, Y1, Y9
	VPERM2F128 $0x20, Y6, Y2, Y10
	VPERM2F128 $0x20, Y7, Y3, Y11
	VPERM2F128 $0x31, Y4, Y0, Y12
	VPERM2F128 $0x31, Y5, Y1, Y13
	VPERM2F128 $0x31, Y6, Y2, Y14
	VPERM2F128 $0x31, Y7, Y3, Y15

	LEAQ (AX)(AX*2), CX
	LEAQ (DI)(AX*4), DX
	VMOVUPS Y8, (DI)
	VMOVUPS Y9, (DI)(AX*1)
	VMOVUPS Y10, (DI)(AX*2)
	VMOVUPS Y11, (DI)(CX*1)
	VMOVUPS Y12, (DX)
	VMOVUPS Y13, (DX)(AX*1)
	VMOVUPS Y14, (DX)(AX*2)
	VMOVUPS Y15, (DX)(CX*1)
	VZEROUPPER
	RET
