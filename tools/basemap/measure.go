package main

import "math"

// WGS84.
const (
	semiMajor = 6378137.0
	flat      = 1 / 298.257223563
	ecc2      = flat * (2 - flat)
)

func rad(deg float64) float64 { return deg * math.Pi / 180 }

// area is of a ring on the ellipsoid, in m2, its sides straight in the
// cylindrical equal-area projection: right to 1e-6 for sides of some 100 m.
func area(ring line) float64 {
	e := math.Sqrt(ecc2)
	// y of the projection over semiMajor/2 (Snyder 1987, eq. 3-12).
	q := func(lat float64) float64 {
		s := math.Sin(rad(lat))
		return (1 - ecc2) * (s/(1-ecc2*s*s) + math.Atanh(e*s)/e)
	}
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		sum += rad(b.lon-a.lon) * (q(a.lat) + q(b.lat)) / 2
	}
	return math.Abs(sum) * semiMajor * semiMajor / 2
}

// length is in metres, each leg by the radii of curvature in its middle.
func length(l line) float64 {
	sum := 0.0
	for i := 1; i < len(l); i++ {
		a, b := l[i-1], l[i]
		east, north := metresPerDegree((a.lat + b.lat) / 2)
		sum += math.Hypot((b.lon-a.lon)*east, (b.lat-a.lat)*north)
	}
	return sum
}

func metresPerDegree(lat float64) (east, north float64) {
	s := math.Sin(rad(lat))
	w := 1 - ecc2*s*s
	return rad(1) * semiMajor * math.Cos(rad(lat)) / math.Sqrt(w), rad(1) * semiMajor * (1 - ecc2) / math.Pow(w, 1.5)
}

// simplify leaves out points that are less than tolerance metres from the
// line between their neighbours that stay (Douglas and Peucker 1973).
func simplify(l line, tolerance float64) line {
	if len(l) < 3 {
		return l
	}
	keep := make([]bool, len(l))
	keep[0], keep[len(l)-1] = true, true
	var walk func(from, to int)
	walk = func(from, to int) {
		far, at := tolerance, -1
		for i := from + 1; i < to; i++ {
			if d := offLine(l[i], l[from], l[to]); d > far {
				far, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			walk(from, at)
			walk(at, to)
		}
	}
	walk(0, len(l)-1)
	var out line
	for i, p := range l {
		if keep[i] {
			out = append(out, p)
		}
	}
	return out
}

// offLine is the distance in metres from p to the leg from a to b.
func offLine(p, a, b point) float64 {
	east, north := metresPerDegree(p.lat)
	px, py := (p.lon-a.lon)*east, (p.lat-a.lat)*north
	bx, by := (b.lon-a.lon)*east, (b.lat-a.lat)*north
	t := 0.0
	if n := bx*bx + by*by; n > 0 {
		t = min(max((px*bx+py*by)/n, 0), 1)
	}
	return math.Hypot(px-t*bx, py-t*by)
}

func inside(p point, ring line) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a.lat > p.lat) != (b.lat > p.lat) && p.lon < a.lon+(p.lat-a.lat)/(b.lat-a.lat)*(b.lon-a.lon) {
			in = !in
		}
	}
	return in
}

// wind turns a ring: outer ones run counterclockwise, holes clockwise
// (RFC 7946, section 3.1.6).
func wind(ring line, counterclockwise bool) line {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		sum += ring[i-1].lon*ring[i].lat - ring[i].lon*ring[i-1].lat
	}
	if (sum > 0) != counterclockwise {
		return reversed(ring)
	}
	return ring
}

// places rounds to n decimal places.
func places(v float64, n int) float64 {
	f := math.Pow10(n)
	return math.Round(v*f) / f
}

// round rounds a line to n decimal places and leaves out repeated points.
func round(l line, n int) line {
	var out line
	for _, p := range l {
		p = point{places(p.lon, n), places(p.lat, n)}
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	return out
}
