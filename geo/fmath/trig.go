package fmath

import "math"

// Sin returns the sine of x radians.
func Sin(x float64) float64 {
	if math.Abs(x) <= math.Pi/4 {
		if math.Abs(x) < 0x1p-27 {
			return x // also keeps the sign of zero
		}
		return sinKernel(x, 0)
	}
	q, y0, y1 := reduce(x)
	switch q & 3 {
	case 0:
		return sinKernel(y0, y1)
	case 1:
		return cosKernel(y0, y1)
	case 2:
		return -sinKernel(y0, y1)
	default:
		return -cosKernel(y0, y1)
	}
}

// Cos returns the cosine of x radians.
func Cos(x float64) float64 {
	if math.Abs(x) <= math.Pi/4 {
		return cosKernel(x, 0)
	}
	q, y0, y1 := reduce(x)
	switch q & 3 {
	case 0:
		return cosKernel(y0, y1)
	case 1:
		return -sinKernel(y0, y1)
	case 2:
		return -cosKernel(y0, y1)
	default:
		return sinKernel(y0, y1)
	}
}

// Sincos returns Sin(x), Cos(x), with one reduction of the argument.
func Sincos(x float64) (sin, cos float64) {
	if math.Abs(x) <= math.Pi/4 {
		if math.Abs(x) < 0x1p-27 {
			return x, 1
		}
		return sinKernel(x, 0), cosKernel(x, 0)
	}
	q, y0, y1 := reduce(x)
	s, c := sinKernel(y0, y1), cosKernel(y0, y1)
	return quadrant(q, s, c)
}

// quadrant turns the sine and cosine of an angle by q quarter turns.
func quadrant(q int, s, c float64) (sin, cos float64) {
	switch q & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	default:
		return -c, s
	}
}

// Tan returns the tangent of x radians.
func Tan(x float64) float64 {
	if math.Abs(x) <= math.Pi/4 {
		if math.Abs(x) < 0x1p-28 {
			return x
		}
		return tanKernel(x, 0, false)
	}
	q, y0, y1 := reduce(x)
	return tanKernel(y0, y1, q&1 == 1)
}

// sinKernel is the sine of x + y, |x| <= pi/4, y the tail of x. For y = 0 the
// longer form gives the same bits as fdlibm's shorter one to within its bound.
func sinKernel(x, y float64) float64 {
	const (
		s1 = -1.66666666666666324348e-01
		s2 = 8.33333333332248946124e-03
		s3 = -1.98412698298579493134e-04
		s4 = 2.75573137070700676789e-06
		s5 = -2.50507602534068634195e-08
		s6 = 1.58969099521155010221e-10
	)
	z := float64(x * x)
	v := float64(z * x)
	r := s2 + float64(z*(s3+float64(z*s4))) + float64(float64(z*float64(z*z))*(s5+float64(z*s6)))
	return x - ((float64(z*(float64(0.5*y)-float64(v*r))) - y) - float64(v*s1))
}

// cosKernel is the cosine of x + y, |x| <= pi/4, y the tail of x.
func cosKernel(x, y float64) float64 {
	const (
		c1 = 4.16666666666666019037e-02
		c2 = -1.38888888888741095749e-03
		c3 = 2.48015872894767294178e-05
		c4 = -2.75573143513906633035e-07
		c5 = 2.08757232129817482790e-09
		c6 = -1.13596475577881948265e-11
	)
	z := float64(x * x)
	w := float64(z * z)
	r := float64(z*(c1+float64(z*(c2+float64(z*c3))))) +
		float64(float64(w*w)*(c4+float64(z*(c5+float64(z*c6)))))
	hz := float64(0.5 * z)
	w = 1 - hz
	return w + (((1 - w) - hz) + (float64(z*r) - float64(x*y)))
}

// tanKernel is the tangent of x + y, or -1/tangent when inverse is true;
// |x| <= pi/4, y the tail of x.
func tanKernel(x, y float64, inverse bool) float64 {
	const (
		t0  = 3.33333333333334091986e-01
		t1  = 1.33333333333201242699e-01
		t2  = 5.39682539762260521377e-02
		t3  = 2.18694882948595424599e-02
		t4  = 8.86323982359930005737e-03
		t5  = 3.59207910759131235356e-03
		t6  = 1.45620945432529025516e-03
		t7  = 5.88041240820264096874e-04
		t8  = 2.46463134818469906812e-04
		t9  = 7.81794442939557092300e-05
		t10 = 7.14072491382608190305e-05
		t11 = -1.85586374855275456654e-05
		t12 = 2.59073051863633712884e-05

		pio4   = 7.85398163397448278999e-01
		pio4Lo = 3.06161699786838301793e-17
	)
	sign := 1.0
	big := math.Abs(x) >= 0.6744
	if big {
		if x < 0 {
			x, y, sign = -x, -y, -1
		}
		x = (pio4 - x) + (pio4Lo - y)
		y = 0
	}
	z := float64(x * x)
	w := float64(z * z)
	r := t1 + float64(w*(t3+float64(w*(t5+float64(w*(t7+float64(w*(t9+float64(w*t11)))))))))
	v := float64(z * (t2 + float64(w*(t4+float64(w*(t6+float64(w*(t8+float64(w*(t10+float64(w*t12)))))))))))
	s := float64(z * x)
	r = y + float64(z*(float64(s*(r+v))+y))
	r += float64(t0 * s)
	w = x + r
	if big {
		v := 1.0
		if inverse {
			v = -1
		}
		return sign * (v - float64(2*(x-(float64(w*w)/(w+v)-r))))
	}
	if !inverse {
		return w
	}
	// -1/(x + r) with care: a plain division would lose up to 2 ulp.
	z = head(w)
	v = r - (z - x)
	a := -1 / w
	t := head(a)
	s = 1 + float64(t*z)
	return t + float64(a*(s+float64(t*v)))
}

// head clears the low 32 bits, so that the product of two heads is exact.
func head(x float64) float64 {
	return math.Float64frombits(math.Float64bits(x) &^ 0xffffffff)
}
