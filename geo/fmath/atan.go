package fmath

import "math"

const (
	piLo     = 1.2246467991473531772e-16 // pi - math.Pi
	halfPiLo = 6.12323399573676603587e-17
)

// Atan returns the arctangent of x in radians, in [-pi/2, pi/2].
func Atan(x float64) float64 {
	a := math.Abs(x)
	if a < 0x1p-27 {
		return x
	}
	if a >= 0x1p66 {
		return math.Copysign(math.Pi/2, x)
	}
	// Reduce to |a| < 7/16 round one of the points 1/2, 1, 3/2, infinity.
	var hi, lo float64
	switch {
	case a != a:
		return x
	case a < 7.0/16:
		p := atanPoly(x)
		return x - float64(x*p)
	case a < 11.0/16:
		hi, lo = 4.63647609000806093515e-01, 2.26987774529616870924e-17
		a = (float64(2*a) - 1) / (2 + a)
	case a < 19.0/16:
		hi, lo = 7.85398163397448278999e-01, 3.06161699786838301793e-17
		a = (a - 1) / (a + 1)
	case a < 39.0/16:
		hi, lo = 9.82793723247329054082e-01, 1.39033110312309984516e-17
		a = (a - 1.5) / (1 + float64(1.5*a))
	default:
		hi, lo = math.Pi/2, halfPiLo
		a = -1 / a
	}
	z := hi - ((float64(a*atanPoly(a)) - lo) - a)
	return math.Copysign(z, x)
}

// atanPoly is 1 - atan(x)/x for |x| < 7/16.
func atanPoly(x float64) float64 {
	const (
		a0  = 3.33333333333329318027e-01
		a1  = -1.99999999998764832476e-01
		a2  = 1.42857142725034663711e-01
		a3  = -1.11111104054623557880e-01
		a4  = 9.09088713343650656196e-02
		a5  = -7.69187620504482999495e-02
		a6  = 6.66107313738753120669e-02
		a7  = -5.83357013379057348645e-02
		a8  = 4.97687799461593236017e-02
		a9  = -3.65315727442169155270e-02
		a10 = 1.62858201153657823623e-02
	)
	z := float64(x * x)
	w := float64(z * z)
	s1 := float64(z * (a0 + float64(w*(a2+float64(w*(a4+float64(w*(a6+float64(w*(a8+float64(w*a10)))))))))))
	s2 := float64(w * (a1 + float64(w*(a3+float64(w*(a5+float64(w*(a7+float64(w*a9)))))))))
	return s1 + s2
}

// Atan2 returns the angle of the point (x, y) in radians, in [-pi, pi], with
// the signs and special values of math.Atan2.
func Atan2(y, x float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsNaN(y):
		return math.NaN()
	case y == 0:
		if math.Signbit(x) {
			return math.Copysign(math.Pi, y)
		}
		return y // also the sign of zero
	case x == 0:
		return math.Copysign(math.Pi/2, y)
	case math.IsInf(x, 0) && math.IsInf(y, 0):
		if x > 0 {
			return math.Copysign(math.Pi/4, y)
		}
		return math.Copysign(3*math.Pi/4, y)
	}
	var z float64
	switch k := exponent(y) - exponent(x); {
	case k > 60: // as good as on the y axis
		return math.Copysign(math.Pi/2, y)
	case k < -60 && x < 0: // as good as on the negative x axis
		z = 0
	default:
		z = Atan(math.Abs(y / x))
	}
	if x < 0 {
		z = math.Pi - (z - piLo)
	}
	return math.Copysign(z, y)
}

// Asin returns the arcsine of x in radians; NaN when |x| > 1.
func Asin(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-27:
		return x
	case a < 0.5:
		return x + float64(x*asinRatio(float64(x*x)))
	case a == 1:
		return math.Copysign(math.Pi/2, x)
	case !(a < 1):
		return math.NaN()
	}
	const halfPiLow, quarterPi = halfPiLo, math.Pi / 4
	t := float64((1 - a) * 0.5)
	r := asinRatio(t)
	s := math.Sqrt(t)
	if a >= 0.975 {
		t = math.Pi/2 - (float64(2*(s+float64(s*r))) - halfPiLow)
	} else {
		w := head(s)
		c := (t - float64(w*w)) / (s + w)
		p := float64(2*float64(s*r)) - (halfPiLow - float64(2*c))
		q := quarterPi - float64(2*w)
		t = quarterPi - (p - q)
	}
	return math.Copysign(t, x)
}

// Acos returns the arccosine of x in radians; NaN when |x| > 1.
func Acos(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0.5:
		if a < 0x1p-57 {
			return math.Pi / 2
		}
		return math.Pi/2 - (x - (halfPiLo - float64(x*asinRatio(float64(x*x)))))
	case x == 1:
		return 0
	case x == -1:
		return math.Pi
	case !(a < 1):
		return math.NaN()
	case x < 0:
		z := float64((1 + x) * 0.5)
		s := math.Sqrt(z)
		w := float64(asinRatio(z)*s) - halfPiLo
		return math.Pi - float64(2*(s+w))
	default:
		z := float64((1 - x) * 0.5)
		s := math.Sqrt(z)
		d := head(s)
		c := (z - float64(d*d)) / (s + d)
		w := float64(asinRatio(z)*s) + c
		return float64(2 * (d + w))
	}
}

// asinRatio is (asin(x)-x)/x as a rational function of z = x*x, x <= 1/2.
func asinRatio(z float64) float64 {
	const (
		p0 = 1.66666666666666657415e-01
		p1 = -3.25565818622400915405e-01
		p2 = 2.01212532134862925881e-01
		p3 = -4.00555345006794114027e-02
		p4 = 7.91534994289814532176e-04
		p5 = 3.47933107596021167570e-05
		q1 = -2.40339491173441421878e+00
		q2 = 2.02094576023350569471e+00
		q3 = -6.88283971605453293030e-01
		q4 = 7.70381505559019352791e-02
	)
	p := float64(z * (p0 + float64(z*(p1+float64(z*(p2+float64(z*(p3+float64(z*(p4+float64(z*p5)))))))))))
	q := 1 + float64(z*(q1+float64(z*(q2+float64(z*(q3+float64(z*q4)))))))
	return p / q
}
