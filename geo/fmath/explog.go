package fmath

import "math"

const (
	ln2Hi = 6.93147180369123816490e-01 // 33 bits: its product with an exponent is exact
	ln2Lo = 1.90821492927058770002e-10
)

// Exp returns e to the power of x.
func Exp(x float64) float64 {
	const (
		overflow  = 7.09782712893383973096e+02
		underflow = -7.45133219101941108420e+02
		log2e     = 1.44269504088896338700e+00

		p1 = 1.66666666666666019037e-01
		p2 = -2.77777777770155933842e-03
		p3 = 6.61375632143793436117e-05
		p4 = -1.65339022054652515390e-06
		p5 = 4.13813679705723846039e-08
	)
	switch {
	case x != x:
		return x
	case x > overflow:
		return math.Inf(1)
	case x < underflow:
		return 0
	case math.Abs(x) < 0x1p-28:
		return 1 + x
	}
	// x = k ln2 + r, |r| <= ln2/2, r = hi - lo
	k := math.RoundToEven(float64(x * log2e))
	hi := x - float64(k*ln2Hi)
	lo := float64(k * ln2Lo)
	r := hi - lo
	t := float64(r * r)
	c := r - float64(t*(p1+float64(t*(p2+float64(t*(p3+float64(t*(p4+float64(t*p5)))))))))
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	return scale(y, int(k))
}

// scale is y * 2^k, y in [1/2, 2], rounded once.
func scale(y float64, k int) float64 {
	switch {
	case k > 1023:
		return float64(float64(y*2) * 0x1p1023)
	case k >= -1021:
		return float64(y * math.Float64frombits(uint64(k+1023)<<52))
	default:
		return float64(float64(y*math.Float64frombits(uint64(k+1023+1000)<<52)) * 0x1p-1000)
	}
}

// Log returns the natural logarithm of x.
func Log(x float64) float64 {
	const (
		l1 = 6.666666666666735130e-01
		l2 = 3.999999999940941908e-01
		l3 = 2.857142874366239149e-01
		l4 = 2.222219843214978396e-01
		l5 = 1.818357216161805012e-01
		l6 = 1.531383769920937332e-01
		l7 = 1.479819860511658591e-01
	)
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	// x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2)
	k := 0
	if x < 0x1p-1022 {
		x, k = float64(x*0x1p54), -54
	}
	b := math.Float64bits(x)
	k += int(b>>52) - 1022
	m := math.Float64frombits(b&(1<<52-1) | 1022<<52)
	if m < math.Sqrt2/2 {
		m, k = float64(m*2), k-1
	}
	f := m - 1
	s := f / (2 + f)
	z := float64(s * s)
	w := float64(z * z)
	t1 := float64(z * (l1 + float64(w*(l3+float64(w*(l5+float64(w*l7)))))))
	t2 := float64(w * (l2 + float64(w*(l4+float64(w*l6)))))
	half := float64(float64(0.5*f) * f)
	kf := float64(k)
	return float64(kf*ln2Hi) - ((half - (float64(s*(half+(t1+t2))) + float64(kf*ln2Lo))) - f)
}
