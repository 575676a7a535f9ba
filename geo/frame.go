package geo

import (
	"math"

	"atalaya/geo/fmath"
)

// Vector holds three Cartesian coordinates in metres: earth-centred and
// earth-fixed (X towards the equator at longitude 0, Y towards 90 degrees
// east, Z towards the north pole), or east, north and up of a Frame.
type Vector struct {
	X, Y, Z float64
}

// ECEF gives the earth-centred coordinates of the point h above p.
func ECEF(p Position, h EllipsoidHeight) Vector {
	r, z := meridional(p.Lat, h)
	slon, clon := fmath.SincosDegrees(p.Lon)
	return Vector{X: float64(r * clon), Y: float64(r * slon), Z: z}
}

// meridional gives distance from the earth's axis and above the equator's
// plane.
func meridional(lat float64, h EllipsoidHeight) (r, z float64) {
	s, c := fmath.SincosDegrees(lat)
	return meridionalAt(s, c, h)
}

// meridionalAt is meridional for the sine and cosine of the latitude.
func meridionalAt(s, c float64, h EllipsoidHeight) (r, z float64) {
	nu := equatorialRadius / math.Sqrt(1-float64(eccentricity2*float64(s*s))) // radius of curvature across the meridian
	return float64((nu + float64(h)) * c), float64((float64(nu*(1-eccentricity2)) + float64(h)) * s)
}

// gaussianRadius is the geometric mean of both radii of curvature where the
// latitude's sine is s.
func gaussianRadius(s float64) float64 {
	return polarRadius / (1 - float64(eccentricity2*float64(s*s)))
}

// GaussianRadius is the radius of the sphere that fits the ellipsoid best at a
// latitude, in metres: the geometric mean of its radii of curvature.
func GaussianRadius(lat float64) float64 {
	s, _ := fmath.SincosDegrees(lat)
	return gaussianRadius(s)
}

// Geodetic is the inverse of ECEF. It is good to some nanometres from 100 km
// below the ellipsoid to 40,000 km above; the deep inside makes no sense here.
// On the earth's axis the longitude is 0.
func (v Vector) Geodetic() (Position, EllipsoidHeight) {
	r := fmath.Hypot(v.X, v.Y)
	slat, clat, h := fromMeridional(r, v.Z)
	lon := 0.0
	if r > 0 {
		lon = WrapLongitude(fmath.Atan2Degrees(v.Y, v.X))
	}
	return Position{Lat: fmath.Atan2Degrees(slat, clat), Lon: lon}, h
}

// fromMeridional is the inverse of meridional, with sine and cosine of the
// latitude (Bowring, Survey Review 28, 1985; a second round for the last bits).
func fromMeridional(r, z float64) (slat, clat float64, h EllipsoidHeight) {
	d := fmath.Hypot(r, z)
	if d == 0 {
		return 0, 1, -equatorialRadius
	}
	sbet, cbet := unit(float64(polarRatio*z)*(1+secondEcc2*polarRadius/d), r)
	for range 2 {
		slat, clat = unit(
			z+float64(secondEcc2*polarRadius*float64(sbet*float64(sbet*sbet))),
			r-float64(eccentricity2*equatorialRadius*float64(cbet*float64(cbet*cbet))))
		sbet, cbet = unit(float64(polarRatio*slat), clat)
	}
	w := math.Sqrt(1 - float64(eccentricity2*float64(slat*slat)))
	return slat, clat, EllipsoidHeight((float64(r*clat) + float64(z*slat)) - float64(equatorialRadius*w))
}

// Frame is a local Cartesian frame in metres: X east, Y north, Z up along the
// ellipsoid's normal at its origin.
type Frame struct {
	lon        float64 // of the origin, degrees
	slat, clat float64
	r, z       float64 // the origin from the axis and above the equator's plane
}

// NewFrame makes the frame whose origin lies h above the position.
func NewFrame(origin Position, h EllipsoidHeight) Frame {
	f := Frame{lon: origin.Lon}
	f.slat, f.clat = fmath.SincosDegrees(origin.Lat)
	f.r, f.z = meridionalAt(f.slat, f.clat, h)
	return f
}

// ENU gives the point h above p in the frame.
func (f Frame) ENU(p Position, h EllipsoidHeight) Vector {
	r, z := meridional(p.Lat, h)
	s, c := fmath.SincosDegrees(lonFrom(f.lon, p.Lon))
	// In the meridian plane of the origin: q outwards, z north.
	q, z := float64(r*c)-f.r, z-f.z
	return Vector{
		X: float64(r * s),
		Y: float64(z*f.clat) - float64(q*f.slat),
		Z: float64(z*f.slat) + float64(q*f.clat),
	}
}

// Geodetic gives position and height of a point of the frame.
func (f Frame) Geodetic(v Vector) (Position, EllipsoidHeight) {
	q := f.r + (float64(v.Z*f.clat) - float64(v.Y*f.slat))
	z := f.z + (float64(v.Z*f.slat) + float64(v.Y*f.clat))
	slat, clat, h := fromMeridional(fmath.Hypot(q, v.X), z)
	return Position{
		Lat: fmath.Atan2Degrees(slat, clat),
		Lon: WrapLongitude(f.lon + fmath.Atan2Degrees(v.X, q)),
	}, h
}

// lonFrom is the longitude lon counted from the meridian from, within
// [-180, 180).
func lonFrom(from, lon float64) float64 { return WrapLongitude(lon - from) }
