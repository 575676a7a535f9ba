package sight

import (
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// Distances from the observer to the posts of a lattice, squared, along the
// ellipsoid. A geodesic for each of millions of posts would take longer than
// all else, so:
//
//  1. On a lattice of degrees the chord is exact in closed form: with p and z
//     the distances of a place from the earth's axis and from the equatorial
//     plane, chord² = (p-p0)² + (z-z0)² + 4 p p0 sin²(Δλ/2). p and z are
//     polynomials of the latitude, made once. The arc follows from the chord.
//  2. On a lattice of metres the squared length on the map is divided by the
//     squared scale of the projection, Simpson's mean along the line.
//  3. Along one row or column the squared distance is a polynomial of degree
//     four (quartic), through five of these values.
//
// TestMetric holds what that costs against geodesics.
type metric struct {
	// squared gives the squared distance, m², to a place so many columns east
	// and rows south of the observer.
	squared func(dc, dr float64) float64
	radius  float64 // Gaussian radius of curvature at the observer, metres
}

// quartic is a polynomial of degree four, lowest coefficient first.
type quartic [5]float64

func (q *quartic) at(n float64) float64 {
	return q[0] + float64(n*(q[1]+float64(n*(q[2]+float64(n*(q[3]+float64(n*q[4])))))))
}

func newMetric(l terrain.Lattice, at geo.Position, window terrain.Window) metric {
	col, row := l.Cell(at)
	// The farthest offsets that will be asked for.
	reachC := max(col-float64(window.X), float64(window.X+window.Width)-col, 2)
	reachR := max(row-float64(window.Y), float64(window.Y+window.Height)-row, 2)
	m := metric{radius: geo.GaussianRadius(at.Lat)}
	if l.Projection.Degrees() {
		m.squared = onDegrees(l, at, reachR, m.radius)
	} else {
		m.squared = onMetres(l, col, row, reachC, reachR)
	}
	return m
}

func onDegrees(l terrain.Lattice, at geo.Position, reach, radius float64) func(dc, dr float64) float64 {
	meridian := func(rows float64) (p, z float64) {
		lat := min(max(at.Lat-float64(rows*l.DY), -90), 90)
		v := geo.ECEF(geo.Position{Lat: lat}, 0)
		return v.X, v.Z
	}
	p0, z0 := meridian(0)
	p := fit(reach, func(r float64) float64 { p, _ := meridian(r); return p - p0 })
	z := fit(reach, func(r float64) float64 { _, z := meridian(r); return z - z0 })
	toRadians := l.DX * math.Pi / 180
	return func(dc, dr float64) float64 {
		dp, dz := p.at(dr), z.at(dr)
		// sin²(x/2) = x²/4 - x⁴/48 + x⁶/1440
		x2 := float64(dc*toRadians) * float64(dc*toRadians)
		sin2 := x2 * (1.0/4 - float64(x2*(1.0/48-x2/1440)))
		across := float64(p0 * (p0 + dp))
		chord2 := float64(dp*dp) + float64(dz*dz) + float64(4*across*sin2)
		// arc = 2R asin(chord/2R), squared
		u := chord2 / float64(radius*radius)
		return chord2 * (1 + float64(u*(1.0/12+u/90)))
	}
}

func onMetres(l terrain.Lattice, col, row, reachC, reachR float64) func(dc, dr float64) float64 {
	// The projection's scale along its axes: metres on the map for one on the
	// ground, a quadratic in the offsets.
	scale := func(dc, dr float64) (kx, ky float64) {
		const short = 500.0 // m on the map
		x, y := l.X0+float64((col+dc)*l.DX), l.Y0-float64((row+dr)*l.DY)
		at := func(x, y float64) geo.Position { return l.Projection.Inverse(x, y) }
		return 2 * short / geo.Distance(at(x-short, y), at(x+short, y)),
			2 * short / geo.Distance(at(x, y-short), at(x, y+short))
	}
	var k [3][3][2]float64
	for i := range 3 {
		for j := range 3 {
			k[i][j][0], k[i][j][1] = scale(float64(float64(j-1)*reachC), float64(float64(i-1)*reachR))
		}
	}
	at := func(dc, dr float64) (kx, ky float64) {
		u, v := dc/reachC, dr/reachR
		wu := [3]float64{float64(u*(u-1)) / 2, 1 - float64(u*u), float64(u*(u+1)) / 2}
		wv := [3]float64{float64(v*(v-1)) / 2, 1 - float64(v*v), float64(v*(v+1)) / 2}
		for i := range 3 {
			for j := range 3 {
				w := float64(wv[i] * wu[j])
				kx += float64(w * k[i][j][0])
				ky += float64(w * k[i][j][1])
			}
		}
		return kx, ky
	}
	kx0, ky0 := at(0, 0)
	return func(dc, dr float64) float64 {
		kxm, kym := at(dc/2, dr/2)
		kx1, ky1 := at(dc, dr)
		dx := dc * l.DX * 6 / (kx0 + float64(4*kxm) + kx1)
		dy := dr * l.DY * 6 / (ky0 + float64(4*kym) + ky1)
		return float64(dx*dx) + float64(dy*dy)
	}
}

// sextic is a polynomial of degree six that is zero at zero.
type sextic [6]float64

func (s *sextic) at(x float64) float64 {
	sum := 0.0
	for i := len(s) - 1; i >= 0; i-- {
		sum = s[i] + float64(x*sum)
	}
	return float64(x * sum)
}

// fit makes the sextic through f, which is zero at zero, at six places up to
// reach: the polynomial of degree five through f(x)/x.
func fit(reach float64, f func(float64) float64) sextic {
	var x [6]float64
	var d [6]float64 // divided differences
	for i, at := range [6]float64{-1, -0.6, -0.2, 0.2, 0.6, 1} {
		x[i] = at * reach
		d[i] = f(x[i]) / x[i]
	}
	for k := 1; k < 6; k++ {
		for i := 5; i >= k; i-- {
			d[i] = (d[i] - d[i-1]) / (x[i] - x[i-k])
		}
	}
	// From Newton's form to powers.
	var s sextic
	for i := 5; i >= 0; i-- {
		for j := 5; j > 0; j-- {
			s[j] = s[j-1] - float64(x[i]*s[j])
		}
		s[0] = d[i] - float64(x[i]*s[0])
	}
	return s
}

// along gives the squared distance on the grid line of rows (columns) at a
// fixed offset, as a quartic of the offset in columns (rows), good within
// about as many as the line is away.
func (m metric) along(offset float64, isRow bool) quartic {
	h := float64(max(offset, -offset, 1) / 2)
	at := func(n float64) float64 {
		if isRow {
			return m.squared(n, offset)
		}
		return m.squared(offset, n)
	}
	f0, fp1, fm1, fp2, fm2 := at(0), at(h), at(-h), at(2*h), at(-2*h)
	e1, e2 := float64((fp1+fm1)/2)-f0, float64((fp2+fm2)/2)-f0
	o1, o2 := float64((fp1-fm1)/2), float64((fp2-fm2)/2)
	h2 := h * h
	return quartic{
		f0,
		(float64(8*o1) - o2) / (6 * h),
		(float64(16*e1) - e2) / (12 * h2),
		(o2 - float64(2*o1)) / (6 * h2 * h),
		(e2 - float64(4*e1)) / (12 * h2 * h2),
	}
}
