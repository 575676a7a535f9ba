// Command hash prints hashes over results of geo/fmath, geo and its projections, one a line:
// the same on every processor. TestSameBits builds it in several ways.
package main

import (
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/geo/projection"
)

// hash is FNV-1a over the bits of what it saw.
type hash uint64

func (h *hash) see(values ...float64) {
	for _, v := range values {
		b := math.Float64bits(v)
		if v != v {
			b = 1 // one NaN is as good as another
		}
		for range 8 {
			*h = (*h ^ hash(b&0xff)) * 1099511628211
			b >>= 8
		}
	}
}

// random is splitmix64.
type random uint64

func (r *random) bits() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// within gives a double in [lo, hi); both are powers of two or the span is, so
// that nothing here rounds in a product and a sum at once.
func (r *random) within(lo, hi float64) float64 {
	return lo + float64(float64(r.bits()>>11)*0x1p-53*(hi-lo))
}

func (r *random) any() float64 {
	return math.Float64frombits(r.bits())
}

func (r *random) position() geo.Position {
	return geo.Position{Lat: r.within(-90, 90), Lon: r.within(-180, 180)}
}

func (r *random) near(p geo.Position, degrees float64) geo.Position {
	return geo.Position{
		Lat: max(-90, min(90, p.Lat+r.within(-degrees, degrees))),
		Lon: geo.WrapLongitude(p.Lon + r.within(-degrees, degrees)),
	}
}

func main() {
	println("fmath", uint64(overFmath(1_000_000)))
	println("geo", uint64(overGeo(5_000)))
	println("projection", uint64(overProjection(20_000)))
}

func overFmath(n int) hash {
	h, r := hash(14695981039346656037), random(1)
	for i := range n {
		var x, y float64
		switch i % 3 {
		case 0:
			x, y = r.any(), r.any()
		case 1:
			x, y = r.within(-8, 8), r.within(-8, 8)
		default:
			x, y = r.within(-1, 1), r.within(-1024, 1024)
		}
		switch i % 11 {
		case 0:
			h.see(fmath.Sin(x), fmath.Cos(y))
		case 1:
			s, c := fmath.Sincos(y)
			h.see(s, c)
		case 2:
			h.see(fmath.Tan(y))
		case 3:
			h.see(fmath.Atan(x))
		case 4:
			h.see(fmath.Atan2(y, x))
		case 5:
			h.see(fmath.Asin(x), fmath.Acos(x))
		case 6:
			h.see(fmath.Exp(y))
		case 7:
			h.see(fmath.Log(math.Abs(x)))
		case 8:
			h.see(fmath.Hypot(x, y))
		case 9:
			s, c := fmath.SincosDegrees(y)
			h.see(s, c)
		default:
			h.see(fmath.Atan2Degrees(y, x))
		}
	}
	return h
}

func overGeo(n int) hash {
	h, r := hash(14695981039346656037), random(2)
	for range n {
		a := r.position()
		for _, b := range []geo.Position{r.position(), r.near(a, 1), r.near(a, 0x1p-10)} {
			metres, atA, atB := geo.Inverse(a, b)
			h.see(metres, atA, atB)
		}
		antipode := geo.Position{Lat: -a.Lat, Lon: geo.WrapLongitude(a.Lon + 180)}
		h.see(geo.Distance(a, r.near(antipode, 1)))
		end, at := geo.Direct(a, r.within(0, 512), r.within(-1e7, 1e7))
		h.see(end.Lat, end.Lon, at)

		p := r.near(a, 1)
		pl := geo.NewPlane(a)
		east, north := pl.XY(p)
		back := pl.Position(east, north)
		h.see(east, north, back.Lat, back.Lon, pl.Convergence(p))
		v := geo.ECEF(p, geo.EllipsoidHeight(r.within(-100, 10000)))
		back, height := v.Geodetic()
		h.see(v.X, v.Y, v.Z, back.Lat, back.Lon, float64(height), geo.Undulation(p))

		line := geo.Line{r.near(a, 1), r.near(a, 1), r.near(a, 1), r.near(a, 1)}
		on, metres, leg := line.Nearest(p)
		h.see(on.Lat, on.Lon, metres, float64(leg), line.Length())
		where, leg, ok := line.Crosses(p, r.near(p, 1))
		h.see(where.Lat, where.Lon, float64(leg))
		polygon := geo.Polygon{geo.Ring(line)}
		h.see(polygon.Area(), polygon.Distance(p))
		if ok != polygon.Contains(p) {
			h.see(1)
		}
	}
	return h
}

func overProjection(n int) hash {
	h, r := hash(14695981039346656037), random(3)
	for i := range n {
		p := r.position()
		zone := projection.UTM{Zone: 1 + int(r.bits()%60), South: r.bits()%2 == 0}
		if i%2 == 0 {
			p.Lon = geo.WrapLongitude(float64(6*zone.Zone-183) + r.within(-16, 16))
		}
		for _, pr := range []projection.Projection{zone, projection.WebMercator{}, projection.Mercator{}} {
			x, y := pr.Forward(p)
			back := pr.Inverse(x, y)
			h.see(x, y, back.Lat, back.Lon)
		}
	}
	return h
}
