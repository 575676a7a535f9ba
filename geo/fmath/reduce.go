package fmath

import (
	"math"
	"math/bits"
)

// reduce brings x, |x| > pi/4, to y0 + y1 = x - q*pi/2, |y0| <= pi/4 or a hair
// more; only the low two bits of q count. NaN and infinities give NaN.
func reduce(x float64) (q int, y0, y1 float64) {
	if math.Abs(x) < 0x1p20 {
		return reduceMedium(x)
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, math.NaN(), math.NaN()
	}
	return reduceBig(x)
}

// reduceMedium subtracts q*pi/2 in up to three pieces of pi/2 with 33 bits
// each, so that the products are exact for q < 2^20 (fdlibm's __ieee754_rem_pio2).
func reduceMedium(x float64) (q int, y0, y1 float64) {
	const (
		twoOverPi = 6.36619772367581382433e-01
		pio2h1    = 1.57079632673412561417e+00
		pio2t1    = 6.07710050650619224932e-11
		pio2h2    = 6.07710050630396597660e-11
		pio2t2    = 2.02226624879595063154e-21
		pio2h3    = 2.02226624871116645580e-21
		pio2t3    = 8.47842766036889956997e-32
	)
	fn := math.RoundToEven(float64(x * twoOverPi))
	e := exponent(x)
	r := x - float64(fn*pio2h1)
	w := float64(fn * pio2t1)
	y0 = r - w
	if e-exponent(y0) > 16 { // cancellation: a second piece, good to 118 bits
		t := r
		w = float64(fn * pio2h2)
		r = t - w
		w = float64(fn*pio2t2) - ((t - r) - w)
		y0 = r - w
		if e-exponent(y0) > 49 { // a third, good to 151 bits
			t = r
			w = float64(fn * pio2h3)
			r = t - w
			w = float64(fn*pio2t3) - ((t - r) - w)
			y0 = r - w
		}
	}
	return int(fn), y0, (r - y0) - w
}

// exponent is the biased binary exponent of x.
func exponent(x float64) int {
	return int(math.Float64bits(x)>>52) & 0x7ff
}

// reduceBig multiplies x by the bits of 2/pi that matter for it (Payne and
// Hanek, 1983), all in integers. No double lies nearer to a multiple of pi/2
// than about 2^-61, and the fraction has 126 bits, so 64 good ones remain.
func reduceBig(x float64) (q int, y0, y1 float64) {
	b := math.Float64bits(x)
	mantissa := b&(1<<52-1) | 1<<52
	exp := exponent(x) - 1075 // |x| = mantissa * 2^exp, exp >= -32

	// The product's integer part modulo 4 needs the bits of 2/pi from weight
	// 2^(1-exp) down; bit i (from 0) of the table has weight 2^-(1+i).
	first := exp - 2 // may be negative: leading zeros
	w0, w1, w2 := twoOverPiWord(first), twoOverPiWord(first+64), twoOverPiWord(first+128)
	h2, _ := bits.Mul64(w2, mantissa)
	h1, l1 := bits.Mul64(w1, mantissa)
	l0 := w0 * mantissa // what overflows is a multiple of 4
	lo, carry := bits.Add64(l1, h2, 0)
	hi, _ := bits.Add64(l0, h1, carry)

	// hi:lo is |x|*2/pi modulo 4, with 2 integer and 126 fraction bits.
	q = int(hi >> 62)
	hi = hi<<2 | lo>>62
	lo <<= 2
	negative := hi>>63 == 1 // fraction >= 1/2: count down from the next quarter
	if negative {
		q++
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	y0, y1 = timesHalfPi(hi, lo)
	if negative {
		y0, y1 = -y0, -y1
	}
	if x < 0 {
		q, y0, y1 = -q, -y0, -y1
	}
	return q, y0, y1
}

// timesHalfPi is the fraction hi:lo/2^128 times pi/2 as a double and its tail.
func timesHalfPi(hi, lo uint64) (y0, y1 float64) {
	shift := 0
	if hi == 0 {
		hi, lo, shift = lo, 0, 64
	}
	if hi == 0 {
		return 0, 0 // no double comes here; see reduceBig
	}
	n := bits.LeadingZeros64(hi)
	hi, lo = hi<<n|lo>>(64-n), lo<<n
	shift += n
	// pi/2 = 0xc90f.. * 2^-127
	const p1, p0 = 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1
	h, l := bits.Mul64(hi, p1)
	a, _ := bits.Mul64(hi, p0)
	b, _ := bits.Mul64(lo, p1)
	var c uint64
	l, c = bits.Add64(l, a, 0)
	h += c
	l, c = bits.Add64(l, b, 0)
	h += c
	// h:l is the product * 2^(127+shift), h >= 2^62: 53 bits, then the rest.
	head := h &^ (1<<11 - 1)
	rest := (h&(1<<11-1))<<53 | l>>11
	scale := math.Float64frombits(uint64(1023-shift) << 52) // 2^-shift
	y0 = float64(float64(head) * 0x1p-63)
	y1 = float64(float64(rest) * 0x1p-116)
	s := y0 + y1
	y1 = (y0 - s) + y1
	return float64(s * scale), float64(y1 * scale)
}

// twoOverPiWord is 64 bits of 2/pi's binary fraction from bit i on.
func twoOverPiWord(i int) uint64 {
	if i < 0 {
		return twoOverPi[0] >> -i
	}
	w, n := i/64, i%64
	if n == 0 {
		return twoOverPi[w]
	}
	return twoOverPi[w]<<n | twoOverPi[w+1]>>(64-n)
}

//nolint:gochecknoglobals // constant table: the first 1,280 bits of 2/pi
var twoOverPi = [20]uint64{
	0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
	0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
	0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
	0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
	0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
}
