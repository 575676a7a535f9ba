package geo

import (
	"math"

	"atalaya/geo/fmath"
)

// Area is the area in square metres inside the ring, whichever way round that
// goes; see Contains for what is inside. Rings do not cross themselves. The
// error is below 0.1 m2 a leg.
func (r Ring) Area() float64 {
	c := r.chain()
	if len(r) < 3 {
		return 0
	}
	var sum float64
	for i := range c.legs() {
		from, to := c.leg(i)
		g := solveInverse(from, to)
		sum += g.area()
	}
	sum = math.Abs(sum)
	if c.pole() != 0 {
		// The legs were summed up from the equator, not from the pole.
		return math.Abs(2*math.Pi*authalicRadius2 - sum)
	}
	return sum
}

// authalicRadius2 is the square of the radius of the sphere with the area of
// the ellipsoid, m^2.
const authalicRadius2 = 6371007.1809184747 * 6371007.1809184747

// area is the area in square metres between the geodesic and the equator,
// counter-clockwise positive (Karney 2013, section 6).
func (g *inverse) area() float64 {
	salp0 := float64(g.salp1 * g.cbet1)
	calp0 := fmath.Hypot(g.calp1, float64(g.salp1*g.sbet1))
	s12 := 0.0
	if calp0 != 0 && salp0 != 0 {
		ssig1, csig1 := unit(g.sbet1, float64(g.calp1*g.cbet1))
		ssig2, csig2 := unit(g.sbet2, float64(g.calp2*g.cbet2))
		eps := expansion(float64(float64(calp0*calp0) * secondEcc2))
		c := c4(eps)
		a4 := equatorialRadius * equatorialRadius * eccentricity2 * float64(calp0*salp0)
		s12 = float64(a4 * (cosSeries(ssig2, csig2, &c) - cosSeries(ssig1, csig1, &c)))
	}
	var alp12 float64
	if !g.meridian && g.comg12 > -0.7071 && g.sbet2-g.sbet1 < 1.75 {
		d, b1, b2 := 1+g.comg12, 1+g.cbet1, 1+g.cbet2
		alp12 = 2 * fmath.Atan2(
			float64(g.somg12*(float64(g.sbet1*b2)+float64(g.sbet2*b1))),
			float64(d*(float64(g.sbet1*g.sbet2)+float64(b1*b2))))
	} else {
		s := float64(g.salp2*g.calp1) - float64(g.calp2*g.salp1)
		c := float64(g.calp2*g.calp1) + float64(g.salp2*g.salp1)
		if s == 0 && c < 0 { // a turn of 180 degrees needs the right sign
			s, c = float64(tiny*g.calp1), -1
		}
		alp12 = fmath.Atan2(s, c)
	}
	return (s12 + float64(authalicRadius2*alp12)) * (g.swap * g.lonsign * g.latsign)
}

// cosSeries is the sum of c[i] cos((2 i + 1) x), i from 0 to 5, by Clenshaw.
func cosSeries(sinx, cosx float64, c *series) float64 {
	ar := 2 * float64((cosx-sinx)*(cosx+sinx)) // 2 cos(2x)
	y1 := c[5]
	y0 := float64(ar*y1) + c[4]
	y1 = float64(ar*y0) - y1 + c[3]
	y0 = float64(ar*y1) - y0 + c[2]
	y1 = float64(ar*y0) - y1 + c[1]
	y0 = float64(ar*y1) - y0 + c[0]
	return float64(cosx * (y0 - y1))
}

const (
	c40x0 = (((((100*n+208)*n+572)*n+3432)*n-12012)*n + 30030) / 45045
	c40x1 = ((((64*n+624)*n-4576)*n+6864)*n - 3003) / 15015
	c40x2 = (((-10656*n+14144)*n-4576)*n - 858) / 45045
	c40x3 = ((-224*n-4784)*n + 1573) / 45045
	c40x4 = (1088*n + 156) / 45045
	c40x5 = 97.0 / 15015
	c41x1 = ((((-64*n-624)*n+4576)*n-6864)*n + 3003) / 135135
	c41x2 = (((5952*n-11648)*n+9152)*n - 2574) / 135135
	c41x3 = ((5792*n+1040)*n - 1287) / 135135
	c41x4 = (-2944*n + 468) / 135135
	c41x5 = 1.0 / 9009
	c42x2 = (((-1440*n+4160)*n-4576)*n + 1716) / 225225
	c42x3 = ((-8448*n+4992)*n - 1144) / 225225
	c42x4 = (1856*n - 936) / 225225
	c42x5 = 8.0 / 10725
	c43x3 = ((3584*n-3328)*n + 1144) / 315315
	c43x4 = (1024*n - 208) / 105105
	c43x5 = -136.0 / 63063
	c44x4 = (-2560*n + 832) / 405405
	c44x5 = -128.0 / 135135
	c45x5 = 128.0 / 99099
)

func c4(eps float64) (c series) {
	c[0] = c40x0 + float64(eps*(c40x1+float64(eps*(c40x2+float64(eps*(c40x3+float64(eps*(c40x4+float64(eps*c40x5)))))))))
	d := eps
	c[1] = float64(d * (c41x1 + float64(eps*(c41x2+float64(eps*(c41x3+float64(eps*(c41x4+float64(eps*c41x5)))))))))
	d = float64(d * eps)
	c[2] = float64(d * (c42x2 + float64(eps*(c42x3+float64(eps*(c42x4+float64(eps*c42x5)))))))
	d = float64(d * eps)
	c[3] = float64(d * (c43x3 + float64(eps*(c43x4+float64(eps*c43x5)))))
	d = float64(d * eps)
	c[4] = float64(d * (c44x4 + float64(eps*c44x5)))
	d = float64(d * eps)
	c[5] = float64(d * c45x5)
	return c
}
