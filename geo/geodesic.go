package geo

import (
	"math"

	"atalaya/geo/fmath"
)

// Geodesics on the ellipsoid after
//
//	C. F. F. Karney, Algorithms for geodesics, J. Geodesy 87, 43-55 (2013),
//	https://doi.org/10.1007/s00190-012-0578-z
//
// translated from the author's implementation (see LICENSE.geographiclib),
// kept to WGS84, over fmath. The names are the paper's: bet reduced latitude,
// alp azimuth, sig arc length on the auxiliary sphere, omg and lam longitude
// there and on the ellipsoid; a leading s or c means its sine or cosine.

const (
	geodesicOrder = 6 // of the series in the third flattening

	tiny     = 0x1p-511 // square root of the smallest normal double
	epsilon  = 0x1p-52
	sqrtEps  = 0x1p-26
	strip    = 200 * epsilon  // the cut opposite a point is this thin
	beyond   = 1000 * sqrtEps // where the antipodal estimate needs no equation
	newton   = 20             // iterations before bisection takes over
	maxSteps = newton + 53 + 10
	// Shorter arcs than this, in radians, are solved on a sphere without loss.
	shortArc = 0.1 * sqrtEps / 0.0409095 // 0.1 sqrt(eps) / sqrt(f (1-f/2) / 2)
)

// Inverse gives the shortest way from a to b: its length in metres and its
// bearings, in degrees clockwise from north within [0, 360), where it leaves a
// and where it arrives at b (the direction of travel there). Latitudes outside
// [-90, 90] and values that are not finite give NaN.
//
// The error is below 15 nm for every pair, antipodes included. Where several
// ways are equally short, and for a == b, the bearings are those of one of
// them.
func Inverse(a, b Position) (metres, atA, atB float64) {
	g := solveInverse(a, b)
	atA, atB = g.bearings()
	return g.s12, atA, atB
}

// Distance is the length of the shortest way between a and b in metres.
func Distance(a, b Position) float64 {
	return solveInverse(a, b).s12
}

// Bearing is the direction in which the shortest way from a to b leaves a,
// in degrees clockwise from north within [0, 360). For a == b it is 0.
func Bearing(a, b Position) float64 {
	if a == b {
		return 0
	}
	g := solveInverse(a, b)
	atA, _ := g.bearings()
	return atA
}

// inverse is a solved geodesic: its length in metres, and the rest as the
// canonical problem had it, with the symmetries that made it canonical.
type inverse struct {
	s12                        float64
	salp1, calp1, salp2, calp2 float64
	swap, lonsign, latsign     float64

	// For the area.
	sbet1, cbet1, sbet2, cbet2 float64
	somg12, comg12             float64
	meridian                   bool
}

// bearings are those at both ends of the problem that was asked.
func (g *inverse) bearings() (atA, atB float64) {
	east, north := g.swap*g.lonsign, g.swap*g.latsign
	at1 := WrapBearing(fmath.Atan2Degrees(g.salp1*east, g.calp1*north))
	at2 := WrapBearing(fmath.Atan2Degrees(g.salp2*east, g.calp2*north))
	if g.swap < 0 {
		return at2, at1
	}
	return at1, at2
}

func solveInverse(a, b Position) inverse {
	if !(math.Abs(a.Lat) <= 90 && math.Abs(b.Lat) <= 90) || math.IsInf(a.Lon, 0) || math.IsInf(b.Lon, 0) {
		return inverse{s12: math.NaN(), salp1: math.NaN(), salp2: math.NaN()}
	}
	// By symmetry solve only lon12 in [0, 180], -90 <= lat1 <= 0,
	// lat1 <= lat2 <= -lat1 and turn the answer back.
	lon12, lon12s := lonDiff(a.Lon, b.Lon)
	lonsign := math.Copysign(1, lon12)
	lon12, lon12s = float64(lon12*lonsign), float64(lon12s*lonsign)
	lam12 := float64(lon12 * radiansPerDegree)
	slam12, clam12 := sincosLon(lon12, lon12s)
	lon12s = (180 - lon12) - lon12s

	lat1, lat2 := roundAngle(a.Lat), roundAngle(b.Lat)
	swap := 1.0
	if math.Abs(lat1) < math.Abs(lat2) {
		swap = -1
		lonsign = -lonsign
		lat1, lat2 = lat2, lat1
	}
	latsign := math.Copysign(1, -lat1)
	lat1 *= latsign
	lat2 *= latsign

	sbet1, cbet1 := reducedLat(lat1)
	sbet2, cbet2 := reducedLat(lat2)
	// Force bet2 = +-bet1 exactly where the better of two measures says so.
	if cbet1 < -sbet1 {
		if cbet2 == cbet1 {
			sbet2 = math.Copysign(sbet1, sbet2)
		}
	} else if math.Abs(sbet2) == -sbet1 {
		cbet2 = cbet1
	}
	p := problem{
		sbet1: sbet1, cbet1: cbet1, dn1: math.Sqrt(1 + float64(secondEcc2*float64(sbet1*sbet1))),
		sbet2: sbet2, cbet2: cbet2, dn2: math.Sqrt(1 + float64(secondEcc2*float64(sbet2*sbet2))),
		lam12: lam12, slam12: slam12, clam12: clam12,
	}

	var g inverse
	g.meridian = lat1 == -90 || slam12 == 0
	if g.meridian {
		g.meridian = p.alongMeridian(&g)
	}
	switch {
	case g.meridian:
	case sbet1 == 0 && lon12s >= flattening*180: // along the equator
		g.calp1, g.calp2, g.salp1, g.salp2 = 0, 0, 1, 1
		g.s12 = float64(equatorialRadius * lam12)
		g.somg12, g.comg12 = fmath.Sincos(lam12 / polarRatio)
	default:
		p.solve(&g)
	}
	g.s12 += 0 // no negative zero
	g.sbet1, g.cbet1, g.sbet2, g.cbet2 = sbet1, cbet1, sbet2, cbet2
	g.swap, g.lonsign, g.latsign = swap, lonsign, latsign
	return g
}

// problem is an inverse problem brought to its canonical form.
type problem struct {
	sbet1, cbet1, dn1, sbet2, cbet2, dn2 float64
	lam12, slam12, clam12                float64
}

// alongMeridian solves for both points on one great meridian ellipse and
// reports whether that way is the shortest.
func (p *problem) alongMeridian(g *inverse) bool {
	calp1, salp1 := p.clam12, p.slam12 // head to the target's longitude
	calp2, salp2 := 1.0, 0.0           // at the target head north
	ssig1, csig1 := p.sbet1, float64(calp1*p.cbet1)
	ssig2, csig2 := p.sbet2, float64(calp2*p.cbet2)
	sig12 := arcBetween(ssig1, csig1, ssig2, csig2)
	s12, m12 := p.lengths(thirdFlattening, sig12, ssig1, csig1, ssig2, csig2)
	if sig12 >= sqrtEps && m12 < 0 {
		return false
	}
	if sig12 < 3*tiny || (sig12 < epsilon && (s12 < 0 || m12 < 0)) {
		s12 = 0
	}
	g.s12 = float64(s12 * polarRadius)
	g.salp1, g.calp1, g.salp2, g.calp2 = salp1, calp1, salp2, calp2
	return true
}

// solve finds the azimuth at point 1 whose geodesic meets point 2, by Newton's
// method kept inside a bracket.
func (p *problem) solve(g *inverse) {
	start := p.start()
	if start.sig12 >= 0 { // short line
		g.s12 = float64(float64(start.sig12*polarRadius) * start.dnm)
		g.salp1, g.calp1, g.salp2, g.calp2 = start.salp1, start.calp1, start.salp2, start.calp2
		g.somg12, g.comg12 = fmath.Sincos(p.lam12 / float64(polarRatio*start.dnm))
		return
	}
	salp1, calp1 := start.salp1, start.calp1
	salp1a, calp1a, salp1b, calp1b := tiny, 1.0, tiny, -1.0
	var h hybrid
	for step, last, close := 0, false, false; ; {
		h = p.hybrid(salp1, calp1, step < newton)
		tolerance := epsilon
		if close {
			tolerance = 8 * epsilon
		}
		if last || !(math.Abs(h.lam12) >= tolerance) || step == maxSteps {
			break
		}
		switch {
		case h.lam12 > 0 && (step > newton || calp1/salp1 > calp1b/salp1b):
			salp1b, calp1b = salp1, calp1
		case h.lam12 < 0 && (step > newton || calp1/salp1 < calp1a/salp1a):
			salp1a, calp1a = salp1, calp1
		}
		step++
		if step < newton && h.dlam12 > 0 {
			if d := -h.lam12 / h.dlam12; math.Abs(d) < math.Pi {
				sd, cd := fmath.Sincos(d)
				if s := float64(salp1*cd) + float64(calp1*sd); s > 0 {
					calp1 = float64(calp1*cd) - float64(salp1*sd)
					salp1, calp1 = unit(s, calp1)
					close = math.Abs(h.lam12) <= 16*epsilon
					continue
				}
			}
		}
		salp1, calp1 = unit((salp1a+salp1b)/2, (calp1a+calp1b)/2)
		close = false
		last = math.Abs(salp1a-salp1)+(calp1a-calp1) < epsilon ||
			math.Abs(salp1-salp1b)+(calp1-calp1b) < epsilon
	}
	s12, _ := p.lengths(h.eps, h.sig12, h.ssig1, h.csig1, h.ssig2, h.csig2)
	g.s12 = float64(s12 * polarRadius)
	g.salp1, g.calp1, g.salp2, g.calp2 = salp1, calp1, h.salp2, h.calp2
	sd, cd := fmath.Sincos(h.domg12)
	g.somg12 = float64(p.slam12*cd) - float64(p.clam12*sd)
	g.comg12 = float64(p.clam12*cd) + float64(p.slam12*sd)
}

// guess is where Newton's method starts; sig12 >= 0 means that the line is so
// short that the spherical answer is the answer.
type guess struct {
	sig12, salp1, calp1, salp2, calp2, dnm float64
}

func (p *problem) start() guess {
	s := guess{sig12: -1}
	sbet1, cbet1, sbet2, cbet2 := p.sbet1, p.cbet1, p.sbet2, p.cbet2
	sbet12 := float64(sbet2*cbet1) - float64(cbet2*sbet1)
	cbet12 := float64(cbet2*cbet1) + float64(sbet2*sbet1)
	sbet12a := float64(sbet2*cbet1) + float64(cbet2*sbet1)

	short := cbet12 >= 0 && sbet12 < 0.5 && float64(cbet2*p.lam12) < 0.5
	somg12, comg12 := p.slam12, p.clam12
	if short {
		sm := float64((sbet1 + sbet2) * (sbet1 + sbet2))
		sm /= sm + float64((cbet1+cbet2)*(cbet1+cbet2)) // sin((bet1+bet2)/2)^2
		s.dnm = math.Sqrt(1 + float64(secondEcc2*sm))
		somg12, comg12 = fmath.Sincos(p.lam12 / float64(polarRatio*s.dnm))
	}
	s.salp1 = float64(cbet2 * somg12)
	t := float64(float64(cbet2*sbet1) * float64(somg12*somg12))
	if comg12 >= 0 {
		s.calp1 = sbet12 + t/(1+comg12)
	} else {
		s.calp1 = sbet12a - t/(1-comg12)
	}
	ssig12 := norm(s.salp1, s.calp1)
	csig12 := float64(sbet1*sbet2) + float64(float64(cbet1*cbet2)*comg12)

	switch {
	case short && ssig12 < shortArc:
		v := 1 - comg12
		if comg12 >= 0 {
			v = float64(somg12*somg12) / (1 + comg12)
		}
		s.salp2, s.calp2 = unit(float64(cbet1*somg12), sbet12-float64(float64(cbet1*sbet2)*v))
		s.sig12 = fmath.Atan2(ssig12, csig12)
	case csig12 >= 0 || ssig12 >= 6*thirdFlattening*math.Pi*float64(cbet1*cbet1):
		// The spherical estimate is good enough.
	default:
		p.nearAntipode(&s, sbet12a)
	}
	if s.salp1 <= 0 {
		s.salp1, s.calp1 = 1, 0
	} else {
		s.salp1, s.calp1 = unit(s.salp1, s.calp1)
	}
	return s
}

// nearAntipode estimates the azimuth where geodesics meet their envelope, an
// astroid round the antipode.
func (p *problem) nearAntipode(s *guess, sbet12a float64) {
	lam12x := fmath.Atan2(-p.slam12, -p.clam12) // lam12 - pi
	eps := expansion(float64(float64(p.sbet1*p.sbet1) * secondEcc2))
	lamscale := float64(float64(flattening*p.cbet1)*a3(eps)) * math.Pi
	betscale := float64(lamscale * p.cbet1)
	x, y := lam12x/lamscale, sbet12a/betscale
	if y > -strip && x > -1-beyond {
		s.salp1 = min(1, -x)
		s.calp1 = -math.Sqrt(1 - float64(s.salp1*s.salp1))
		return
	}
	k := astroid(x, y)
	somg12, comg12 := fmath.Sincos(float64(lamscale * (float64(-x*k) / (1 + k))))
	comg12 = -comg12
	s.salp1 = float64(p.cbet2 * somg12)
	s.calp1 = sbet12a - float64(float64(p.cbet2*p.sbet1)*float64(somg12*somg12))/(1-comg12)
}

// hybrid is the geodesic from point 1 with a given azimuth to the latitude of
// point 2: how much its longitude misses there, and the derivative.
type hybrid struct {
	lam12, dlam12              float64
	salp2, calp2, sig12        float64
	ssig1, csig1, ssig2, csig2 float64
	eps, domg12                float64
}

func (p *problem) hybrid(salp1, calp1 float64, derivative bool) hybrid {
	if p.sbet1 == 0 && calp1 == 0 {
		calp1 = -tiny // the equator itself is solved elsewhere
	}
	salp0 := float64(salp1 * p.cbet1)
	calp0 := norm(calp1, float64(salp1*p.sbet1))

	var h hybrid
	somg1, comg1 := float64(salp0*p.sbet1), float64(calp1*p.cbet1)
	h.ssig1, h.csig1 = unit(p.sbet1, comg1)

	if p.cbet2 != p.cbet1 {
		h.salp2 = salp0 / p.cbet2
	} else {
		h.salp2 = salp1
	}
	if p.cbet2 != p.cbet1 || math.Abs(p.sbet2) != -p.sbet1 {
		d := float64((p.sbet1 - p.sbet2) * (p.sbet1 + p.sbet2))
		if p.cbet1 < -p.sbet1 {
			d = float64((p.cbet2 - p.cbet1) * (p.cbet1 + p.cbet2))
		}
		h.calp2 = math.Sqrt(float64(comg1*comg1)+d) / p.cbet2
	} else {
		h.calp2 = math.Abs(calp1)
	}
	somg2, comg2 := float64(salp0*p.sbet2), float64(h.calp2*p.cbet2)
	h.ssig2, h.csig2 = unit(p.sbet2, comg2)

	h.sig12 = arcBetween(h.ssig1, h.csig1, h.ssig2, h.csig2)
	somg12 := max(0, float64(comg1*somg2)-float64(somg1*comg2)) + 0
	comg12 := float64(comg1*comg2) + float64(somg1*somg2)
	eta := fmath.Atan2(float64(somg12*p.clam12)-float64(comg12*p.slam12),
		float64(comg12*p.clam12)+float64(somg12*p.slam12))

	h.eps = expansion(float64(float64(calp0*calp0) * secondEcc2))
	c3 := c3(h.eps)
	b312 := sinSeries(h.ssig2, h.csig2, &c3) - sinSeries(h.ssig1, h.csig1, &c3)
	h.domg12 = float64(float64(-flattening*a3(h.eps)) * float64(salp0*(h.sig12+b312)))
	h.lam12 = eta + h.domg12

	if derivative {
		if h.calp2 == 0 {
			h.dlam12 = -2 * polarRatio * p.dn1 / p.sbet1
		} else {
			_, m12 := p.lengths(h.eps, h.sig12, h.ssig1, h.csig1, h.ssig2, h.csig2)
			h.dlam12 = float64(m12*polarRatio) / float64(h.calp2*p.cbet2)
		}
	}
	return h
}

// lengths gives the distance and the reduced length between two points of a
// geodesic, both over the polar radius.
func (p *problem) lengths(eps, sig12, ssig1, csig1, ssig2, csig2 float64) (s12, m12 float64) {
	a1, a2 := a1m1(eps), a2m1(eps)
	c1, c2 := c1(eps), c2(eps)
	m0 := a1 - a2
	a1, a2 = 1+a1, 1+a2
	b1 := sinSeries(ssig2, csig2, &c1) - sinSeries(ssig1, csig1, &c1)
	b2 := sinSeries(ssig2, csig2, &c2) - sinSeries(ssig1, csig1, &c2)
	s12 = float64(a1 * (sig12 + b1))
	j12 := float64(m0*sig12) + (float64(a1*b1) - float64(a2*b2))
	m12 = (float64(p.dn2*float64(csig1*ssig2)) - float64(p.dn1*float64(ssig1*csig2))) -
		float64(float64(csig1*csig2)*j12)
	return s12, m12
}

// norm is the length of a vector whose parts are neither huge nor tiny.
func norm(x, y float64) float64 {
	return math.Sqrt(float64(x*x) + float64(y*y))
}

// unit scales a vector to length one. Parts may be as small as tiny.
func unit(x, y float64) (float64, float64) {
	r := fmath.Hypot(x, y)
	return x / r, y / r
}

// arcBetween is sig2 - sig1 within [0, pi].
func arcBetween(ssig1, csig1, ssig2, csig2 float64) float64 {
	return fmath.Atan2(max(0, float64(csig1*ssig2)-float64(ssig1*csig2))+0,
		float64(csig1*csig2)+float64(ssig1*ssig2))
}

// reducedLat gives sine and cosine of the reduced latitude; the cosine is
// never zero.
func reducedLat(lat float64) (sbet, cbet float64) {
	s, c := fmath.SincosDegrees(lat)
	s = float64(s * polarRatio)
	r := norm(s, c)
	return s / r, max(tiny, c/r)
}

// roundAngle rounds small angles to multiples of 2^-57 degrees (0.7 pm), so
// that no denormal values need care.
func roundAngle(deg float64) float64 {
	const z = 1.0 / 16
	y := math.Abs(deg)
	if y < z {
		y = z - (z - y)
	}
	return math.Copysign(y, deg)
}

// lonDiff is lon2 - lon1 within [-180, 180] as a double and its tail.
func lonDiff(lon1, lon2 float64) (d, tail float64) {
	d, tail = twoSum(math.Remainder(-lon1, 360), math.Remainder(lon2, 360))
	d, tail = twoSum(math.Remainder(d, 360), tail)
	if d == 0 || math.Abs(d) == 180 {
		// The sign of 0 and 180 tells east from west.
		if tail == 0 {
			d = math.Copysign(d, lon2-lon1)
		} else {
			d = math.Copysign(d, -tail)
		}
	}
	return d, tail
}

// twoSum is u + v as a double and its exact rest.
func twoSum(u, v float64) (s, rest float64) {
	s = u + v
	up := s - v
	vpp := s - up
	up -= u
	vpp -= v
	if s == 0 {
		return s, s
	}
	return s, 0 - (up + vpp)
}

// sincosLon is sine and cosine of deg + tail, deg within [0, 180].
func sincosLon(deg, tail float64) (sin, cos float64) {
	q := math.RoundToEven(deg / 90)
	r := roundAngle((deg - float64(90*q)) + tail)
	s, c := fmath.SincosDegrees(r)
	switch int(q) & 3 {
	case 1:
		s, c = c, -s
	case 2:
		s, c = -s, -c
	}
	c += 0
	if s == 0 {
		s = math.Copysign(s, deg)
	}
	return s, c
}
