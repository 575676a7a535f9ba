package geo

import (
	"fmt"

	"atalaya/internal/enum"
)

// Datum says what a height is counted from.
type Datum uint8

// The four datums in use, and NoHeight for a position without one.
const (
	NoHeight       Datum = iota // no height is known
	DatumEllipsoid              // above the WGS84 ellipsoid (CoT, GNSS height)
	DatumSea                    // above mean sea level, EGM96 geoid (MAVLink, SRTM)
	DatumGround                 // above the ground below
	DatumPressure               // pressure altitude, ISA 1013.25 hPa (ADS-B, Mode C)
)

//nolint:gochecknoglobals // constant table
var datumNames = [...]string{"none", "ellipsoid", "sea", "ground", "pressure"}

func (d Datum) String() string { return enum.Name(datumNames[:], d) }

// MarshalText writes the name.
func (d Datum) MarshalText() ([]byte, error) { return enum.Marshal(datumNames[:], d) }

// UnmarshalText reads the name.
func (d *Datum) UnmarshalText(b []byte) error { return enum.Unmarshal(datumNames[:], d, b) }

// EllipsoidHeight is metres above the WGS84 ellipsoid.
type EllipsoidHeight float64

// SeaHeight is metres above mean sea level (the EGM96 geoid).
type SeaHeight float64

// GroundHeight is metres above the ground below.
type GroundHeight float64

// PressureHeight is metres of pressure altitude in the ICAO standard
// atmosphere (QNE). It is no geometric height and converts to none without
// the weather of the place.
type PressureHeight float64

// Height is a height whose datum is known only when the program runs, as in
// an observation. Its zero value means "no height".
type Height struct {
	Metres float64 `json:"metres"`
	Datum  Datum   `json:"datum"`
}

// Height carries h with its datum.
func (h EllipsoidHeight) Height() Height { return Height{float64(h), DatumEllipsoid} }

// Height carries h with its datum.
func (h SeaHeight) Height() Height { return Height{float64(h), DatumSea} }

// Height carries h with its datum.
func (h GroundHeight) Height() Height { return Height{float64(h), DatumGround} }

// Height carries h with its datum.
func (h PressureHeight) Height() Height { return Height{float64(h), DatumPressure} }

// Known reports whether h is a height at all.
func (h Height) Known() bool { return h.Datum != NoHeight }

func (h Height) String() string {
	if !h.Known() {
		return "no height"
	}
	return fmt.Sprintf("%.1f m (%s)", h.Metres, h.Datum)
}

// Sea gives the height above mean sea level at p.
func (h EllipsoidHeight) Sea(p Position) SeaHeight {
	return SeaHeight(float64(h) - Undulation(p))
}

// Ellipsoid gives the height above the WGS84 ellipsoid at p.
func (h SeaHeight) Ellipsoid(p Position) EllipsoidHeight {
	return EllipsoidHeight(float64(h) + Undulation(p))
}

// DatumError says that a height cannot be converted with what package geo
// knows: above ground needs terrain, pressure altitude needs weather, and
// nothing follows from no height.
type DatumError struct {
	From, To Datum
}

func (e DatumError) Error() string {
	why := "it is no datum"
	switch {
	case e.From == NoHeight:
		why = "there is no height"
	case e.To == NoHeight:
	case e.From == DatumPressure || e.To == DatumPressure:
		why = "that needs the air pressure at the place and time"
	case e.From == DatumGround || e.To == DatumGround:
		why = "that needs the terrain below"
	}
	return fmt.Sprintf("a height with datum %s cannot get datum %s: %s", e.From, e.To, why)
}

// To converts h, at a position, to another datum. It fails with a DatumError
// where that needs terrain or weather, and where the position is not valid.
func (h Height) To(d Datum, at Position) (Height, error) {
	switch {
	case h.Datum == NoHeight:
		return Height{}, DatumError{From: h.Datum, To: d}
	case h.Datum == d:
		return h, nil
	case !at.Valid():
		return Height{}, fmt.Errorf("converting a height at %v: not a position", at)
	case h.Datum == DatumEllipsoid && d == DatumSea:
		return EllipsoidHeight(h.Metres).Sea(at).Height(), nil
	case h.Datum == DatumSea && d == DatumEllipsoid:
		return SeaHeight(h.Metres).Ellipsoid(at).Height(), nil
	default:
		return Height{}, DatumError{From: h.Datum, To: d}
	}
}
