// Package fmath is Atalaya's own sine, cosine, tangent, their inverses,
// exponential, logarithm, hypotenuse and normal distribution. The standard
// library's give different last bits on different processors (assembly here,
// fused multiply-add there; also between GOAMD64=v1 and v3), so a replay would
// not reproduce what was seen live. The functions here give the same bits
// everywhere: they use only the operations that IEEE 754 rounds exactly
// (+ - * / sqrt) and integers, and every product that is summed is written
// float64(x*y), which forbids Go to fuse it (Go specification, "Floating-point
// operators").
//
// The algorithms are those of fdlibm (see LICENSE.fdlibm), but for Hypot and
// the reduction of big arguments. Largest errors, in units in the last place
// of the result, as tested against references of 256 bits:
//
//	Sin, Cos, Sincos, Atan      0.9   of every finite argument
//	Tan, Asin, Acos, Hypot      1.0
//	Exp, Log                    1.0   subnormal numbers too
//	Atan2, SincosDegrees        1.5
//	Atan2Degrees                2.5
//
// Normal is an approximation, wrong by less than 7.5e-8.
//
// Special values (NaN, infinities, signed zeros) are those of package math.
package fmath
