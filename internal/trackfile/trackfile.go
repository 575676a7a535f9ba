// Package trackfile reads and writes the files of 'atalaya track': measurements,
// what is known beforehand, and tracks. docs/tracking-files.md has their form.
//
// The files count seconds from any origin, to the microsecond; here that is an
// int64 of nanoseconds, always in whole microseconds.
package trackfile

import (
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/internal/enum"
)

// Frame says what the positions of a file are.
type Frame uint8

// Frames.
const (
	Planar Frame = iota // metres: x east, y north, z up
	WGS84               // degrees of longitude and latitude, metres above the ellipsoid
)

//nolint:gochecknoglobals // constant table
var frameNames = [...]string{"planar", "wgs84"}

func (f Frame) String() string { return enum.Name(frameNames[:], f) }

// MarshalText writes the name.
func (f Frame) MarshalText() ([]byte, error) { return enum.Marshal(frameNames[:], f) }

// UnmarshalText reads the name.
func (f *Frame) UnmarshalText(b []byte) error { return enum.Unmarshal(frameNames[:], f, b) }

// Place is a position in the frame of its file.
type Place struct {
	X, Y float64 // m, or degrees of longitude and latitude
	Z    float64 // m, if HasZ
	HasZ bool
}

// Geo is the place in a file of WGS84.
func (p Place) Geo() geo.Position { return geo.Position{Lat: p.Y, Lon: p.X} }

// Bounds of what is read: beyond them squares and products lose their sense.
const (
	maxSeconds = 9e9 // whole microseconds are exact, and nanoseconds fit
	maxMetres  = 1e9
	maxHeight  = 1e7
	maxSpeed   = 1e6 // m/s
)

// place takes [x, y] or [x, y, z].
func (f Frame) place(v []float64) (Place, error) {
	if len(v) != 2 && len(v) != 3 {
		return Place{}, fmt.Errorf("has %d values: give two, or three with the height", len(v))
	}
	p := Place{X: v[0], Y: v[1]}
	if len(v) == 3 {
		p.Z, p.HasZ = v[2], true
	}
	switch {
	case f == WGS84 && !p.Geo().Valid():
		return p, fmt.Errorf("is %g, %g: give longitude, then latitude, in degrees", p.X, p.Y)
	case f == Planar && !(math.Abs(p.X) <= maxMetres && math.Abs(p.Y) <= maxMetres):
		return p, fmt.Errorf("is %g, %g: give metres, at most %g", p.X, p.Y, maxMetres)
	case !(math.Abs(p.Z) <= maxHeight):
		return p, fmt.Errorf("has the height %g: give metres, at most %g", p.Z, maxHeight)
	}
	return p, nil
}

// nanoseconds takes seconds, to the microsecond.
func nanoseconds(s float64) (int64, error) {
	if !(math.Abs(s) <= maxSeconds) {
		return 0, fmt.Errorf("is %g: give seconds, at most %g", s, maxSeconds)
	}
	return int64(math.Round(s*1e6)) * 1000, nil
}

// degrees brings an angle into [0, 360).
func degrees(v float64) (float64, error) {
	if !(math.Abs(v) <= 360) {
		return 0, fmt.Errorf("is %g: give degrees from north, clockwise, -360 to 360", v)
	}
	if v < 0 {
		v += 360
	}
	if v >= 360 {
		v -= 360
	}
	return v, nil
}
