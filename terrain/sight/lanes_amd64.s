#include "textflag.h"

// Eight lanes of raysPlain and cellsPlain at once, the same bits. Offsets into
// ring:
//   0 q[5]   20 eye   24 drop   28 radius2   32 lane   36 last   40 lastInt
//   44 step  48 perLane  52 middleRay  56 lastRay

DATA eight<>+0(SB)/4, $8.0
GLOBL eight<>(SB), RODATA|NOPTR, $4

// So many rays to a cell and eight cells need at most 16 rays.
DATA close<>+0(SB)/4, $2.1
GLOBL close<>(SB), RODATA|NOPTR, $4

DATA count<>+0(SB)/4, $0.0
DATA count<>+4(SB)/4, $1.0
DATA count<>+8(SB)/4, $2.0
DATA count<>+12(SB)/4, $3.0
DATA count<>+16(SB)/4, $4.0
DATA count<>+20(SB)/4, $5.0
DATA count<>+24(SB)/4, $6.0
DATA count<>+28(SB)/4, $7.0
GLOBL count<>(SB), RODATA|NOPTR, $32

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

// func rays8(horizon *float32, n int, z *float32, k0 int, r *ring)
TEXT ·rays8(SB), NOSPLIT, $128-40
	MOVQ horizon+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ z+16(FP), DX
	MOVQ k0+24(FP), AX
	MOVQ r+32(FP), SI

	VCVTSI2SSQ   AX, X15, X0
	VBROADCASTSS X0, Y0
	VADDPS       count<>(SB), Y0, Y0 // Y0: numbers of the rays
	VBROADCASTSS 44(SI), Y1          // step
	VBROADCASTSS 32(SI), Y2          // lane
	VBROADCASTSS 36(SI), Y3          // last
	VPBROADCASTD 40(SI), Y4          // lastInt
	VBROADCASTSS 0(SI), Y5           // q0
	VBROADCASTSS 4(SI), Y6           // q1
	VBROADCASTSS 8(SI), Y7           // q2
	VBROADCASTSS 12(SI), Y8
	VMOVUPS      Y8, q3-128(SP)
	VBROADCASTSS 16(SI), Y8
	VMOVUPS      Y8, q4-96(SP)
	VBROADCASTSS 20(SI), Y8
	VMOVUPS      Y8, eye-64(SP)
	VBROADCASTSS 24(SI), Y8
	VMOVUPS      Y8, drop-32(SP)
	VBROADCASTSS eight<>(SB), Y15
	VXORPS       Y14, Y14, Y14

loop:
	VMULPS     Y1, Y0, Y8   // off = k * step
	VADDPS     Y15, Y0, Y0
	VADDPS     Y2, Y8, Y9   // place on the line
	VMAXPS     Y14, Y9, Y9
	VMINPS     Y3, Y9, Y9
	VCVTTPS2DQ Y9, Y10
	VPMINSD    Y4, Y10, Y10 // n
	VCVTDQ2PS  Y10, Y11
	VSUBPS     Y11, Y9, Y9  // f
	VMOVD        X10, R8
	VPBROADCASTD X10, Y11
	VPSUBD       Y11, Y10, Y10 // 0 to 7: rays are less than a cell apart
	VPERMPS      (DX)(R8*4), Y10, Y12
	VPERMPS      4(DX)(R8*4), Y10, Y13
	VSUBPS     Y12, Y13, Y13
	VMULPS     Y13, Y9, Y13
	VADDPS     Y13, Y12, Y12 // ground
	VMULPS     q4-96(SP), Y8, Y9
	VADDPS     q3-128(SP), Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y7, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y6, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y5, Y9, Y9   // d2
	VSUBPS     eye-64(SP), Y12, Y12
	VMULPS     drop-32(SP), Y9, Y10
	VSUBPS     Y10, Y12, Y12
	VSQRTPS    Y9, Y9
	VDIVPS     Y9, Y12, Y12 // up
	VMOVUPS    (DI), Y10
	VMAXPS     Y10, Y12, Y10 // up where it is more, else the horizon
	VMOVUPS    Y10, (DI)
	ADDQ       $32, DI
	SUBQ       $8, CX
	JGT        loop
	VZEROUPPER
	RET

// func cells8(need *float32, n int, z, horizon *float32, from int, r *ring)
TEXT ·cells8(SB), NOSPLIT, $160-48
	MOVQ need+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ z+16(FP), DX
	MOVQ horizon+24(FP), BX
	MOVQ from+32(FP), AX
	MOVQ r+40(FP), SI

	VCVTSI2SSQ   AX, X15, X0
	VBROADCASTSS X0, Y0
	VADDPS       count<>(SB), Y0, Y0 // Y0: lanes
	VBROADCASTSS 32(SI), Y1          // lane of the observer
	VBROADCASTSS 48(SI), Y2          // perLane
	VBROADCASTSS 52(SI), Y3          // middleRay
	VPBROADCASTD 56(SI), Y4          // lastRay
	VBROADCASTSS 0(SI), Y5           // q0
	VBROADCASTSS 4(SI), Y6           // q1
	VBROADCASTSS 8(SI), Y7           // q2
	VBROADCASTSS 12(SI), Y8
	VMOVUPS      Y8, q3-160(SP)
	VBROADCASTSS 16(SI), Y8
	VMOVUPS      Y8, q4-128(SP)
	VBROADCASTSS 20(SI), Y8
	VMOVUPS      Y8, eye-96(SP)
	VBROADCASTSS 24(SI), Y8
	VMOVUPS      Y8, drop-64(SP)
	VBROADCASTSS 28(SI), Y8
	VMOVUPS      Y8, radius2-32(SP)
	VBROADCASTSS eight<>(SB), Y15
	VXORPS       Y14, Y14, Y14

	VMOVSS   48(SI), X8
	VUCOMISS close<>(SB), X8
	JA       spread

again:
	VSUBPS     Y1, Y0, Y8   // off
	VADDPS     Y15, Y0, Y0
	VMULPS     Y2, Y8, Y9
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
	VMULPS     q4-128(SP), Y8, Y9
	VADDPS     q3-160(SP), Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y7, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y6, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y5, Y9, Y9   // d2
	VMOVUPS    (DX), Y10
	VSUBPS     eye-96(SP), Y10, Y10
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
	SUBQ       $8, CX
	JGT        again
	VZEROUPPER
	RET

	// Near the observer the rays are so close that eight cells need them from
	// all over the fan.
spread:
	VSUBPS     Y1, Y0, Y8   // off
	VADDPS     Y15, Y0, Y0
	VMULPS     Y2, Y8, Y9
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
	VMULPS     q4-128(SP), Y8, Y9
	VADDPS     q3-160(SP), Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y7, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y6, Y9, Y9
	VMULPS     Y8, Y9, Y9
	VADDPS     Y5, Y9, Y9   // d2
	VMOVUPS    (DX), Y10
	VSUBPS     eye-96(SP), Y10, Y10
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
