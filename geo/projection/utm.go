package projection

import (
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
)

// UTM is a zone of the universal transverse Mercator system on WGS84
// (EPSG:32601 to 32660 north, 32701 to 32760 south). Metres, by Krueger's
// series to the sixth order in n (Karney 2011, equations 35 and 36), which is
// good to 5 nm within its reach: 3900 km on either side of the central
// meridian, so that a lattice may go far over the zone's edge.
type UTM struct {
	Zone  int  // 1 to 60
	South bool // northings are counted from 10,000 km south of the equator
}

const (
	utmScale    = 0.9996
	utmEasting  = 500_000.0
	utmNorthing = 10_000_000.0 // south

	utmReach = 3_900_000.0     // metres from the central meridian
	utmTurn  = 3 * math.Pi / 4 // along it, radians from the equator: over the pole and 45 degrees on

	n = thirdFlattening
	// rectifying is the radius of the circle as long as a meridian, times the
	// scale.
	rectifying = utmScale * equatorialRadius / (1 + n) * (1 + n*n/4 + n*n*n*n/64 + n*n*n*n*n*n/256)
)

// series are six coefficients of sin 2 zeta, sin 4 zeta and so on.
type series [6]float64

// toPlane and toEllipsoid are alpha and (negated) beta of Krueger's series;
// the compiler reckons the constants exactly.
func toPlane() series {
	const (
		n2 = n * n
		n3 = n2 * n
		n4 = n3 * n
		n5 = n4 * n
		n6 = n5 * n
	)
	return series{
		n*(1.0/2) - n2*(2.0/3) + n3*(5.0/16) + n4*(41.0/180) - n5*(127.0/288) + n6*(7891.0/37800),
		n2*(13.0/48) - n3*(3.0/5) + n4*(557.0/1440) + n5*(281.0/630) - n6*(1983433.0/1935360),
		n3*(61.0/240) - n4*(103.0/140) + n5*(15061.0/26880) + n6*(167603.0/181440),
		n4*(49561.0/161280) - n5*(179.0/168) + n6*(6601661.0/7257600),
		n5*(34729.0/80640) - n6*(3418889.0/1995840),
		n6 * (212378941.0 / 319334400),
	}
}

func toEllipsoid() series {
	const (
		n2 = n * n
		n3 = n2 * n
		n4 = n3 * n
		n5 = n4 * n
		n6 = n5 * n
	)
	return series{
		-(n*(1.0/2) - n2*(2.0/3) + n3*(37.0/96) - n4*(1.0/360) - n5*(81.0/512) + n6*(96199.0/604800)),
		-(n2*(1.0/48) + n3*(1.0/15) - n4*(437.0/1440) + n5*(46.0/105) - n6*(1118711.0/3870720)),
		-(n3*(17.0/480) - n4*(37.0/840) - n5*(209.0/4480) + n6*(5569.0/90720)),
		-(n4*(4397.0/161280) - n5*(11.0/504) - n6*(830251.0/7257600)),
		-(n5*(4583.0/161280) - n6*(108847.0/3991680)),
		-(n6 * (20648693.0 / 638668800)),
	}
}

// sum adds up the series at xi + i eta, of which sine and cosine, hyperbolic
// for eta, are given (Clenshaw, in complex numbers).
func (c *series) sum(sin, cos, sinh, cosh float64) (re, im float64) {
	sin, cos = 2*float64(sin*cos), float64(cos*cos)-float64(sin*sin)
	sinh, cosh = 2*float64(sinh*cosh), float64(cosh*cosh)+float64(sinh*sinh)
	a, b := 2*float64(cos*cosh), -2*float64(sin*sinh)
	var r1, i1, r2, i2 float64
	for k := len(c) - 1; k >= 0; k-- {
		r, i := float64(a*r1)-float64(b*i1)-r2+c[k], float64(a*i1)+float64(b*r1)-i2
		r1, i1, r2, i2 = r, i, r1, i1
	}
	a, b = float64(sin*cosh), float64(cos*sinh)
	return float64(a*r1) - float64(b*i1), float64(a*i1) + float64(b*r1)
}

// Forward implements Projection. Beyond the reach both are NaN.
func (u UTM) Forward(p geo.Position) (x, y float64) {
	slon, clon := fmath.SincosDegrees(geo.WrapLongitude(p.Lon - u.meridian()))
	tau := conformal(tangent(p.Lat))
	r := fmath.Hypot(tau, clon)
	if !(r > 0) { // 90 degrees east or west on the equator
		return math.NaN(), math.NaN()
	}
	sh := slon / r
	alpha := toPlane()
	dxi, deta := alpha.sum(tau/r, clon/r, sh, math.Sqrt(1+float64(sh*sh)))
	xi, eta := fmath.Atan2(tau, clon)+dxi, asinh(sh)+deta
	x = float64(rectifying * eta)
	if !(math.Abs(x) <= utmReach && math.Abs(xi) <= utmTurn) {
		return math.NaN(), math.NaN()
	}
	return x + utmEasting, float64(rectifying*xi) + u.northing()
}

// Inverse implements Projection.
func (u UTM) Inverse(x, y float64) geo.Position {
	x, xi := x-utmEasting, (y-u.northing())/rectifying
	if !(math.Abs(x) <= utmReach && math.Abs(xi) <= utmTurn) {
		return outside()
	}
	eta := x / rectifying
	s, c := fmath.Sincos(xi)
	sh := sinh(eta)
	beta := toEllipsoid()
	dxi, deta := beta.sum(s, c, sh, math.Sqrt(1+float64(sh*sh)))
	s, c = fmath.Sincos(xi + dxi)
	sh = sinh(eta + deta)
	return geo.Position{
		Lat: fmath.Atan2Degrees(geographic(s/fmath.Hypot(sh, c)), 1),
		Lon: geo.WrapLongitude(u.meridian() + fmath.Atan2Degrees(sh, c)),
	}
}

// meridian is the zone's central one, in degrees.
func (u UTM) meridian() float64 { return float64(6*u.Zone - 183) }

func (u UTM) northing() float64 {
	if u.South {
		return utmNorthing
	}
	return 0
}

// EPSG implements Projection.
func (u UTM) EPSG() int {
	if u.South {
		return 32700 + u.Zone
	}
	return 32600 + u.Zone
}

// Degrees implements Projection.
func (UTM) Degrees() bool { return false }

func (u UTM) String() string {
	if u.South {
		return fmt.Sprintf("WGS 84 / UTM zone %dS", u.Zone)
	}
	return fmt.Sprintf("WGS 84 / UTM zone %dN", u.Zone)
}
