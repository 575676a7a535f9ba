package geo

import (
	"math"

	"atalaya/geo/fmath"
)

// Direct goes metres from p in the direction bearing (degrees clockwise from
// north) along the geodesic and gives where that ends, its longitude within
// [-180, 180), and the bearing of travel there within [0, 360).
func Direct(p Position, bearing, metres float64) (end Position, atEnd float64) {
	if !(math.Abs(p.Lat) <= 90) || math.IsInf(metres, 0) {
		return Position{Lat: math.NaN(), Lon: math.NaN()}, math.NaN()
	}
	salp1, calp1 := fmath.SincosDegrees(roundAngle(math.Mod(bearing, 360)))
	sbet1, cbet1 := reducedLat(roundAngle(p.Lat))

	salp0 := float64(salp1 * cbet1)
	calp0 := norm(calp1, float64(salp1*sbet1))
	somg1, comg1 := float64(salp0*sbet1), 1.0
	if sbet1 != 0 || calp1 != 0 {
		comg1 = float64(cbet1 * calp1)
	}
	ssig1, csig1 := unit(sbet1, comg1)

	k2 := float64(float64(calp0*calp0) * secondEcc2)
	eps := expansion(k2)
	a1 := 1 + a1m1(eps)
	c1, c1p, c3 := c1(eps), c1p(eps), c3(eps)

	b11 := sinSeries(ssig1, csig1, &c1)
	s, c := fmath.Sincos(b11)
	stau1 := float64(ssig1*c) + float64(csig1*s)
	ctau1 := float64(csig1*c) - float64(ssig1*s)

	tau12 := metres / float64(polarRadius*a1)
	s, c = fmath.Sincos(tau12)
	b12 := -sinSeries(float64(stau1*c)+float64(ctau1*s), float64(ctau1*c)-float64(stau1*s), &c1p)
	sig12 := tau12 - (b12 - b11)
	ssig12, csig12 := fmath.Sincos(sig12)

	ssig2 := float64(ssig1*csig12) + float64(csig1*ssig12)
	csig2 := float64(csig1*csig12) - float64(ssig1*ssig12)
	sbet2 := float64(calp0 * ssig2)
	cbet2 := fmath.Hypot(salp0, float64(calp0*csig2))
	if cbet2 == 0 {
		cbet2, csig2 = tiny, tiny
	}
	somg2, comg2 := float64(salp0*ssig2), csig2
	omg12 := fmath.Atan2(float64(somg2*comg1)-float64(comg2*somg1), float64(comg2*comg1)+float64(somg2*somg1))
	a3c := float64(float64(-flattening*salp0) * a3(eps))
	lam12 := omg12 + float64(a3c*(sig12+(sinSeries(ssig2, csig2, &c3)-sinSeries(ssig1, csig1, &c3))))
	end = Position{
		Lat: fmath.Atan2Degrees(sbet2, float64(polarRatio*cbet2)),
		Lon: WrapLongitude(WrapLongitude(p.Lon) + WrapLongitude(float64(lam12*degreesPerRadian))),
	}
	return end, WrapBearing(fmath.Atan2Degrees(salp0, float64(calp0*csig2)))
}
