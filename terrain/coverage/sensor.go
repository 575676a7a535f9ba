package coverage

import (
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/terrain/sight"
)

// Sensor is an observer with what it can reach.
type Sensor struct {
	ID       string         `json:"id"`
	Observer sight.Observer `json:"observer"`
	// Radius is the instrumented range in metres, along the ground.
	Radius     float64          `json:"radius_m"`
	Refraction sight.Refraction `json:"refraction"`
	// Sector is the azimuths it looks at; nil is all round.
	Sector *Sector `json:"sector,omitempty"`
	// Beam is the elevation angles it looks at; nil is all.
	Beam *Beam `json:"beam,omitempty"`
	// Detection is the probability to detect a target that shows, by distance;
	// none is 1 everywhere, so that the nearest sensor is the best.
	Detection []Detection `json:"detection,omitempty"`
}

// Sector is the azimuths clockwise from From to To, degrees from true north;
// it may go through north. From equal to To is all round.
type Sector struct {
	From float64 `json:"from_deg"`
	To   float64 `json:"to_deg"`
}

// Beam is elevation angles above the horizontal at the sensor, degrees. What
// lies above High is the cone of silence.
type Beam struct {
	Low  float64 `json:"low_deg"`
	High float64 `json:"high_deg"`
}

// Detection is the probability at a distance; between two it is interpolated,
// before the first and after the last it stays.
type Detection struct {
	Metres      float64 `json:"m"`
	Probability float64 `json:"p"`
}

func (s *Sensor) check() error {
	if s.Sector != nil {
		if !(math.Abs(s.Sector.From) <= 360 && math.Abs(s.Sector.To) <= 360) {
			return fmt.Errorf("sensor %s: sector from %g to %g degrees: both must lie within 360", s.ID, s.Sector.From, s.Sector.To)
		}
	}
	if b := s.Beam; b != nil && !(-90 < b.Low && b.Low < b.High && b.High < 90) {
		return fmt.Errorf("sensor %s: beam from %g to %g degrees: the first must be lower, both between -90 and 90", s.ID, b.Low, b.High)
	}
	before := 0.0
	for _, d := range s.Detection {
		if !(d.Metres >= before && d.Probability >= 0 && d.Probability <= 1) {
			return fmt.Errorf("sensor %s: detection %g at %g m: distances must grow, probabilities lie between 0 and 1", s.ID, d.Probability, d.Metres)
		}
		before = d.Metres
	}
	return nil
}

// Detects is the probability of detection at a distance.
func (s *Sensor) Detects(metres float64) float64 {
	t := s.Detection
	if len(t) == 0 {
		return 1
	}
	for i, d := range t {
		if metres > d.Metres {
			continue
		}
		if i == 0 || d.Metres == t[i-1].Metres {
			return d.Probability
		}
		f := (metres - t[i-1].Metres) / (d.Metres - t[i-1].Metres)
		return t[i-1].Probability + float64(f*(d.Probability-t[i-1].Probability))
	}
	return t[len(t)-1].Probability
}

// looksAt makes a test whether a place lies in the sensor's sector.
func (s *Sensor) looksAt() func(geo.Position) bool {
	if s.Sector == nil || s.Sector.From == s.Sector.To {
		return nil
	}
	plane := geo.NewPlane(s.Observer.At) // keeps angles
	sf, cf := fmath.SincosDegrees(s.Sector.From)
	st, ct := fmath.SincosDegrees(s.Sector.To)
	width := s.Sector.To - s.Sector.From
	if width < 0 {
		width += 360
	}
	return func(p geo.Position) bool {
		x, y := plane.XY(p)
		right := float64(x*cf)-float64(y*sf) >= 0 // of the first edge
		left := float64(x*ct)-float64(y*st) <= 0  // of the second
		if width <= 180 {
			return right && left
		}
		return right || left
	}
}

// slopes are the tangents of the beam's angles.
func (b *Beam) slopes() (low, high float64) {
	sl, cl := fmath.SincosDegrees(b.Low)
	sh, ch := fmath.SincosDegrees(b.High)
	return sl / cl, sh / ch
}
