package geo

import (
	"math"

	"atalaya/geo/fmath"
)

// Plane maps the surface round an origin to flat metres east and north: the
// ellipsoid seen from the point opposite, a stereographic projection. It keeps
// angles (to 3e-6 degrees at 50 km) and so has the same scale in all
// directions, 1 + d^2/4R^2 at the distance d from the origin: a covariance
// keeps its shape. It is right at the antimeridian and at the poles.
//
// Largest error of the distance between two points, both at most so far from
// the origin; it grows with the third power:
//
//	  1 km   0.006 mm
//	 10 km   6 mm
//	 50 km   0.8 m
//	100 km   6 m
//
// Bearings in the plane are those at the origin; elsewhere true north is
// turned by Convergence.
type Plane struct {
	frame  Frame
	radius float64 // of the sphere that touches at the origin
}

// NewPlane makes the plane that touches the ellipsoid at the origin.
func NewPlane(origin Position) Plane {
	f := NewFrame(origin, 0)
	return Plane{frame: f, radius: gaussianRadius(f.slat)}
}

// XY gives metres east and north of the origin. The opposite point of the
// earth has no place in the plane.
func (pl Plane) XY(p Position) (east, north float64) {
	v := pl.frame.ENU(p, 0)
	k := 2 * pl.radius / (2*pl.radius + v.Z)
	return float64(v.X * k), float64(v.Y * k)
}

// Position is the inverse of XY.
func (pl Plane) Position(east, north float64) Position {
	f := pl.frame
	// The ray from the opposite point (0, 0, -2R) through (east, north, 0),
	// as o + t d in the meridian frame (q outwards, e east, z north) ...
	d := 2 * pl.radius
	oq, oz := f.r-float64(d*f.clat), f.z-float64(d*f.slat)
	dq := float64(d*f.clat) - float64(north*f.slat)
	dz := float64(d*f.slat) + float64(north*f.clat)
	// ... meets the ellipsoid q^2 + e^2 + (z a/b)^2 = a^2 where t is largest.
	const ab = 1 / polarRatio
	sz, tz := float64(oz*ab), float64(dz*ab)
	a := float64(dq*dq) + float64(east*east) + float64(tz*tz)
	b := float64(dq*oq) + float64(tz*sz)
	c := float64(oq*oq) + float64(sz*sz) - equatorialRadius*equatorialRadius
	t := (math.Sqrt(max(0, float64(b*b)-float64(a*c))) - b) / a
	q, e, z := oq+float64(t*dq), float64(t*east), oz+float64(t*dz)
	return Position{
		Lat: fmath.Atan2Degrees(z, float64((1-eccentricity2)*fmath.Hypot(q, e))),
		Lon: WrapLongitude(f.lon + fmath.Atan2Degrees(e, q)),
	}
}

// Convergence is the bearing of true north at p within the plane, in degrees
// clockwise from the plane's north, within [-180, 180]: true bearing = bearing
// in the plane - convergence.
func (pl Plane) Convergence(p Position) float64 {
	v := pl.frame.ENU(p, 0)
	slat, clat := fmath.SincosDegrees(p.Lat)
	s, c := fmath.SincosDegrees(lonFrom(pl.frame.lon, p.Lon))
	// The unit vector north at p, in the frame ...
	q := float64(-slat * c)
	n := Vector{
		X: float64(-slat * s),
		Y: float64(clat*pl.frame.clat) - float64(q*pl.frame.slat),
		Z: float64(clat*pl.frame.slat) + float64(q*pl.frame.clat),
	}
	// ... and through the derivative of XY.
	k := n.Z / (2*pl.radius + v.Z)
	return fmath.Atan2Degrees(n.X-float64(v.X*k), n.Y-float64(v.Y*k))
}
