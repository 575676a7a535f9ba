package projection

import (
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
)

// The WGS84 ellipsoid (NIMA TR8350.2, table 3.1).
const (
	equatorialRadius = 6378137.0
	flattening       = 1 / 298.257223563
	eccentricity2    = flattening * (2 - flattening)
	thirdFlattening  = flattening / (2 - flattening)
)

// outside is what coordinates and positions beyond a projection's reach give.
func outside() geo.Position { return geo.Position{Lat: math.NaN(), Lon: math.NaN()} }

// tangent is the tangent of a latitude in degrees; at a pole it is finite but
// so big that nothing is lost.
func tangent(lat float64) float64 {
	s, c := fmath.SincosDegrees(lat)
	return s / max(c, 0x1p-80)
}

// conformal gives the tangent of the conformal latitude for that of the
// geographic one (Karney, Transverse Mercator with an accuracy of a few
// nanometers, J. Geodesy 85, 2011, equations 7 to 9).
func conformal(tau float64) float64 {
	secant := math.Sqrt(1 + float64(tau*tau))
	sigma := sinh(eAtanh(tau / secant))
	return float64(math.Sqrt(1+float64(sigma*sigma))*tau) - float64(sigma*secant)
}

// geographic is the inverse of conformal by Newton's method (ibid., equations
// 19 to 21). Two rounds reach full precision, the third is for safety.
func geographic(conf float64) float64 {
	const farNorth = 70 // beyond 89 degrees the first guess is that of the pole
	tau := conf / (1 - eccentricity2)
	if math.Abs(conf) > farNorth {
		tau = conf * fmath.Exp(eAtanh(1))
	}
	for range 3 {
		got := conformal(tau)
		t2 := float64(tau * tau)
		tau += (conf - got) / math.Sqrt(1+float64(got*got)) *
			(1 + float64((1-eccentricity2)*t2)) / ((1 - eccentricity2) * math.Sqrt(1+t2))
	}
	return tau
}

// eAtanh is e atanh(e x), e being the eccentricity.
func eAtanh(x float64) float64 {
	e := math.Sqrt(eccentricity2)
	ex := float64(e * x)
	return e * log1p(2*ex/(1-ex)) / 2
}

func sinh(x float64) float64 { return (fmath.Exp(x) - fmath.Exp(-x)) / 2 }

func asinh(x float64) float64 {
	a := math.Abs(x)
	return math.Copysign(log1p(a+float64(a*a)/(1+math.Sqrt(1+float64(a*a)))), x)
}

// log1p is log(1+x) without loss for small x (Kahan).
func log1p(x float64) float64 {
	u := 1 + x
	if u == 1 {
		return x
	}
	return fmath.Log(u) * x / (u - 1)
}
