// Package cpr encodes and decodes compact position reports (ICAO Doc 9871,
// A.2.6): latitude and longitude are sent as fractions, of 17 bits, of zones.
// Even messages cut the circle of latitude in 60 zones and odd ones in 59, so
// that a pair tells in which zone it lies. On the surface zones are a quarter
// as wide, and a pair leaves eight places to choose from.
package cpr

import (
	"math"

	"atalaya/geo"
)

// Position is a position as sent.
type Position struct {
	Lat, Lon uint32 // 17 bits each
	Odd      bool
	Surface  bool
}

// unit is how many parts a zone has.
const unit = 1 << 17

// transitions are the latitudes, in degrees, where the number of zones of
// longitude falls from 59 to 58, ..., 2 to 1 (Doc 9871, A.2.6).
//
//nolint:gochecknoglobals // constant table
var transitions = [58]float64{
	10.470471299968775, 14.828174368687508, 18.186263570714182, 21.029394926029344,
	23.545044865571402, 25.829247070588554, 27.938987101219166, 29.91135685731838,
	31.77209707681102, 33.539934362985456, 35.228995977964466, 36.85025107593547,
	38.412418924123045, 39.92256684333892, 41.386518322602825, 42.809140122435664,
	44.19454951419314, 45.54626722660254, 46.867332524987674, 48.160391280966536,
	49.42776439255704, 50.67150165553846, 51.89342469168786, 53.09516152796016,
	54.27817472272919, 55.4437844449506, 56.59318756205935, 57.72747353866127,
	58.84763776148471, 59.954592766940465, 61.04917774246363, 62.132166592103424,
	63.20427479381938, 64.2661652256745, 65.31845309682099, 66.36171008382628,
	67.39646774084676, 68.4232202208334, 69.44242631144031, 70.45451074987608,
	71.4598647302899, 72.45884544728952, 73.4517744166787, 74.43893415725142,
	75.42056256653363, 76.39684390794473, 77.36789461328192, 78.33374082922752,
	79.29428225456931, 80.24923213280516, 81.19801349271951, 82.13956980510609,
	83.07199444719816, 83.99173562980566, 84.89166190702088, 85.75541620944419,
	86.53536997512101, 87.0,
}

// zones gives NL, the number of zones of longitude at a latitude: 59 at the
// equator, 1 beyond 87 degrees.
func zones(lat float64) int {
	lat = math.Abs(lat)
	low, high := 0, len(transitions)
	for low < high {
		if mid := (low + high) / 2; lat < transitions[mid] {
			high = mid
		} else {
			low = mid + 1
		}
	}
	if lat == 87 { // by the standard's own exception
		return 2
	}
	return 59 - low
}

// circle is how many degrees the zones of a format divide.
func (c Position) circle() float64 {
	if c.Surface {
		return 90
	}
	return 360
}

// index is i of the standard's formulas.
func (c Position) index() int {
	if c.Odd {
		return 1
	}
	return 0
}

func (c Position) latFraction() float64 { return float64(float64(c.Lat) / unit) }
func (c Position) lonFraction() float64 { return float64(float64(c.Lon) / unit) }

// latZone gives the height of a zone in degrees.
func (c Position) latZone() float64 { return c.circle() / float64(60-c.index()) }

// lonZones gives the number of zones of longitude at a latitude.
func (c Position) lonZones(lat float64) int { return max(zones(lat)-c.index(), 1) }

// Encode gives the encoded form of a position.
func Encode(p geo.Position, odd, surface bool) Position {
	c := Position{Odd: odd, Surface: surface}
	dlat := c.latZone()
	yz := math.Floor(float64(unit*modulo(p.Lat, dlat)/dlat) + 0.5)
	lat := float64(dlat * (float64(yz/unit) + math.Floor(p.Lat/dlat)))
	dlon := c.circle() / float64(c.lonZones(lat))
	xz := math.Floor(float64(unit*modulo(p.Lon, dlon)/dlon) + 0.5)
	c.Lat, c.Lon = uint32(yz)%unit, uint32(xz)%unit
	return c
}

// Global finds the position of the later message of an even and an odd one.
// On the surface it takes of the eight places
// the one nearest to reference.
func Global(earlier, later Position, reference geo.Position) (geo.Position, bool) {
	even, odd := earlier, later
	if later.index() == 0 {
		even, odd = later, earlier
	}
	j := math.Floor(float64(59*even.latFraction()) - float64(60*odd.latFraction()) + 0.5)
	latEven := float64(even.latZone() * (modulo(j, 60) + even.latFraction()))
	latOdd := float64(odd.latZone() * (modulo(j, 59) + odd.latFraction()))
	if even.Surface {
		latEven, latOdd = southern(latEven, reference.Lat), southern(latOdd, reference.Lat)
	} else {
		latEven, latOdd = geo.WrapLongitude(latEven), geo.WrapLongitude(latOdd)
	}
	nl := zones(latEven)
	if math.Abs(latEven) > 90 || math.Abs(latOdd) > 90 || nl != zones(latOdd) {
		return geo.Position{}, false // the pair straddles a change of zones
	}
	m := math.Floor(float64(even.lonFraction()*float64(nl-1)) - float64(odd.lonFraction()*float64(nl)) + 0.5)
	p := geo.Position{Lat: latEven}
	if later.Odd {
		p.Lat = latOdd
	}
	n := float64(later.lonZones(p.Lat))
	p.Lon = geo.WrapLongitude(float64(later.circle() / n * (modulo(m, n) + later.lonFraction())))
	if even.Surface {
		quarter := math.Round(geo.WrapLongitude(reference.Lon-p.Lon) / 90)
		p.Lon = geo.WrapLongitude(p.Lon + float64(90*quarter))
	}
	return p, true
}

// southern gives a surface latitude of [0, 90) or the one 90 degrees south of
// it, whichever is nearer to the reference.
func southern(lat, reference float64) float64 {
	if math.Abs(lat-90-reference) < math.Abs(lat-reference) {
		return lat - 90
	}
	return lat
}

// Local finds the position of one message that is nearest to a reference: the
// right one while that is less than half a zone away, 180 NM in the air and
// 45 NM on the surface.
func Local(c Position, reference geo.Position) (geo.Position, bool) {
	dlat := c.latZone()
	lat := nearest(reference.Lat, dlat, c.latFraction())
	if math.Abs(lat) > 90 {
		return geo.Position{}, false
	}
	dlon := c.circle() / float64(c.lonZones(lat))
	return geo.Position{Lat: lat, Lon: geo.WrapLongitude(nearest(reference.Lon, dlon, c.lonFraction()))}, true
}

// nearest gives of all angles that lie at a fraction of their zone the one
// nearest to reference.
func nearest(reference, zone, fraction float64) float64 {
	n := math.Floor(reference/zone) + math.Floor(0.5+modulo(reference, zone)/zone-fraction)
	return float64(zone * (n + fraction))
}

// modulo is the standard's MOD: never negative.
func modulo(x, y float64) float64 { return x - float64(y*math.Floor(x/y)) }
