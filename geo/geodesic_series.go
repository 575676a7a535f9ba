package geo

import (
	"math"

	"atalaya/geo/fmath"
)

// The series of Karney (2013), eqs. 17, 18, 21, 24, 25, 42, 43, to sixth order.
// Index 0 of the sine series is unused.

type series [geodesicOrder + 1]float64

// expansion is eps, the small parameter of the series, from k^2.
func expansion(k2 float64) float64 {
	return k2 / (float64(2*(1+math.Sqrt(1+k2))) + k2)
}

// sinSeries is the sum of c[i] sin(2 i x), by Clenshaw.
func sinSeries(sinx, cosx float64, c *series) float64 {
	ar := 2 * float64((cosx-sinx)*(cosx+sinx)) // 2 cos(2x)
	y1 := c[6]
	y0 := float64(ar*y1) + c[5]
	y1 = float64(ar*y0) - y1 + c[4]
	y0 = float64(ar*y1) - y0 + c[3]
	y1 = float64(ar*y0) - y1 + c[2]
	y0 = float64(ar*y1) - y0 + c[1]
	return float64(float64(2*sinx*cosx) * y0)
}

func a1m1(eps float64) float64 {
	e2 := float64(eps * eps)
	t := float64(e2 * (64 + float64(e2*(4+e2))) / 256)
	return (t + eps) / (1 - eps)
}

func a2m1(eps float64) float64 {
	e2 := float64(eps * eps)
	t := float64(e2 * (-192 + float64(e2*(-28-float64(11*e2)))) / 256)
	return (t - eps) / (1 + eps)
}

func c1(eps float64) (c series) {
	e2 := float64(eps * eps)
	d := eps
	c[1] = float64(d*(-16+float64(e2*(6-e2)))) / 32
	d = float64(d * eps)
	c[2] = float64(d*(-128+float64(e2*(64-float64(9*e2))))) / 2048
	d = float64(d * eps)
	c[3] = float64(d*(-16+float64(9*e2))) / 768
	d = float64(d * eps)
	c[4] = float64(d*(-5+float64(3*e2))) / 512
	d = float64(d * eps)
	c[5] = float64(-7*d) / 1280
	d = float64(d * eps)
	c[6] = float64(-7*d) / 2048
	return c
}

// c1p reverts c1: from distance to arc.
func c1p(eps float64) (c series) {
	e2 := float64(eps * eps)
	d := eps
	c[1] = float64(d*(768+float64(e2*(-432+float64(205*e2))))) / 1536
	d = float64(d * eps)
	c[2] = float64(d*(3840+float64(e2*(-4736+float64(4005*e2))))) / 12288
	d = float64(d * eps)
	c[3] = float64(d*(116-float64(225*e2))) / 384
	d = float64(d * eps)
	c[4] = float64(d*(2695-float64(7173*e2))) / 7680
	d = float64(d * eps)
	c[5] = float64(3467*d) / 7680
	d = float64(d * eps)
	c[6] = float64(38081*d) / 61440
	return c
}

func c2(eps float64) (c series) {
	e2 := float64(eps * eps)
	d := eps
	c[1] = float64(d*(16+float64(e2*(2+e2)))) / 32
	d = float64(d * eps)
	c[2] = float64(d*(384+float64(e2*(64+float64(35*e2))))) / 2048
	d = float64(d * eps)
	c[3] = float64(d*(80+float64(15*e2))) / 768
	d = float64(d * eps)
	c[4] = float64(d*(35+float64(7*e2))) / 512
	d = float64(d * eps)
	c[5] = float64(63*d) / 1280
	d = float64(d * eps)
	c[6] = float64(77*d) / 2048
	return c
}

// The coefficients of a3 and c3 are polynomials in the third flattening n, and
// constants here: Go's compiler evaluates them exactly.
const (
	n  = thirdFlattening
	n2 = n * n

	a3x0 = 1.0
	a3x1 = (n - 1) / 2
	a3x2 = ((3*n-1)*n - 2) / 8
	a3x3 = ((-n-3)*n - 1) / 16
	a3x4 = (-2*n - 3) / 64
	a3x5 = -3.0 / 128

	c31x1 = (-n + 1) / 4
	c31x2 = (-n2 + 1) / 8
	c31x3 = ((-n+3)*n + 3) / 64
	c31x4 = (2*n + 5) / 128
	c31x5 = 3.0 / 128
	c32x2 = ((n-3)*n + 2) / 32
	c32x3 = ((-3*n-2)*n + 3) / 64
	c32x4 = (n + 3) / 128
	c32x5 = 5.0 / 256
	c33x3 = ((5*n-9)*n + 5) / 192
	c33x4 = (-10*n + 9) / 384
	c33x5 = 7.0 / 512
	c34x4 = (-14*n + 7) / 512
	c34x5 = 7.0 / 512
	c35x5 = 21.0 / 2560
)

func a3(eps float64) float64 {
	return a3x0 + float64(eps*(a3x1+float64(eps*(a3x2+float64(eps*(a3x3+float64(eps*(a3x4+float64(eps*a3x5)))))))))
}

func c3(eps float64) (c series) {
	d := eps
	c[1] = float64(d * (c31x1 + float64(eps*(c31x2+float64(eps*(c31x3+float64(eps*(c31x4+float64(eps*c31x5)))))))))
	d = float64(d * eps)
	c[2] = float64(d * (c32x2 + float64(eps*(c32x3+float64(eps*(c32x4+float64(eps*c32x5)))))))
	d = float64(d * eps)
	c[3] = float64(d * (c33x3 + float64(eps*(c33x4+float64(eps*c33x5)))))
	d = float64(d * eps)
	c[4] = float64(d * (c34x4 + float64(eps*c34x5)))
	d = float64(d * eps)
	c[5] = float64(d * c35x5)
	return c
}

// astroid solves k^4 + 2 k^3 - (x^2 + y^2 - 1) k^2 - 2 y^2 k - y^2 = 0 for its
// positive root (Karney 2013, eqs. 55 to 65).
func astroid(x, y float64) float64 {
	p, q := float64(x*x), float64(y*y)
	r := (p + q - 1) / 6
	if q == 0 && r <= 0 {
		return 0
	}
	s := float64(p * q / 4)
	r2 := float64(r * r)
	r3 := float64(r * r2)
	u := r
	if disc := float64(s * (s + float64(2*r3))); disc >= 0 {
		t3 := s + r3
		if t3 < 0 {
			t3 -= math.Sqrt(disc)
		} else {
			t3 += math.Sqrt(disc)
		}
		if t := cubeRoot(t3); t != 0 {
			u += t + r2/t
		}
	} else {
		ang := fmath.Atan2(math.Sqrt(-disc), -(s + r3))
		u += float64(2 * float64(r*fmath.Cos(ang/3)))
	}
	v := math.Sqrt(float64(u*u) + q)
	uv := u + v
	if u < 0 {
		uv = q / (v - u)
	}
	w := (uv - q) / (2 * v)
	return uv / (math.Sqrt(uv+float64(w*w)) + w)
}

// cubeRoot is good to some ulp, enough for a first estimate.
func cubeRoot(x float64) float64 {
	if x == 0 {
		return 0
	}
	return math.Copysign(fmath.Exp(fmath.Log(math.Abs(x))/3), x)
}
