package corridor

import (
	"context"
	"fmt"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
	"atalaya/terrain/sight"
)

// MostDetection is the most that a look may see: no sensor is sure. It keeps
// every way finite, and so all ways comparable.
const MostDetection = 0.999

// Sensor is what watches the strip.
type Sensor struct {
	// Sensor says where it is, its range, sector and beam, and the probability
	// that one look sees a mover that shows, by distance. Without Refraction
	// that of light is taken.
	coverage.Sensor
	// Look is the time between looks, seconds: a turn of a radar, a sweep of a
	// camera or of a man's eye over its sector. So much time must pass that the
	// next look is a new chance.
	Look float64 `json:"look_s"`
}

func (s *Sensor) fill() {
	if s.Refraction == (sight.Refraction{}) {
		s.Refraction = sight.Optical()
	}
}

func (s *Sensor) check() error {
	switch {
	case !s.Observer.At.Valid():
		return fmt.Errorf("sensor %q: %v is not a position", s.ID, s.Observer.At)
	case !(s.Radius > 0 && s.Radius <= 1e6):
		return fmt.Errorf("sensor %q: a range of %g m: it must be above 0 and at most 1,000 km", s.ID, s.Radius)
	case !(s.Look > 0 && s.Look <= 86400):
		return fmt.Errorf("sensor %q: %g s between looks: it must be above 0 and at most a day", s.ID, s.Look)
	}
	return nil
}

// watch is where a sensor sees the mover, in the cells of the field.
type watch struct {
	sensor Sensor
	window terrain.Window // of the field
	seen   []uint64       // a bit for each cell of the window
	flat   float64        // exposure in a second, where it does not depend on the distance
}

// watch makes a sensor's viewshed.
func (f *field) watch(ctx context.Context, s Sensor) (*watch, error) {
	w := &watch{sensor: s, flat: s.rate(s.Detects(0))}
	shared := f.Elevation.Lattice().Around(s.Observer.At, s.Radius).Intersect(f.window)
	if shared.Empty() {
		return w, nil // it sees nothing of the strip
	}
	var err error
	w.seen, err = coverage.See(ctx, f.Elevation, s.Sensor, shared, f.Mover.Height)
	w.window = shared
	w.window.X -= f.window.X
	w.window.Y -= f.window.Y
	return w, err
}

// rate is the exposure in a second of looks that see with probability p.
func (s *Sensor) rate(p float64) float64 {
	p = min(max(p, 0), MostDetection)
	return -fmath.Log(1-p) / s.Look
}

// at gives the exposure in a second in a cell of the field.
func (w *watch) at(f *field, cell int) float64 {
	c, r := cell%f.width-w.window.X, cell/f.width-w.window.Y
	if c < 0 || r < 0 || c >= w.window.Width || r >= w.window.Height {
		return 0
	}
	n := r*w.window.Width + c
	if w.seen[n/64]>>(n%64)&1 == 0 {
		return 0
	}
	if len(w.sensor.Detection) < 2 {
		return w.flat
	}
	return w.sensor.rate(w.sensor.Detects(geo.Distance(w.sensor.Observer.At, f.position(cell))))
}

// addTo adds what a sensor sees to the exposures of the strip's cells.
func (w *watch) addTo(rate []float32, f *field) {
	for r := range w.window.Height {
		for c := range w.window.Width {
			cell := (w.window.Y+r)*f.width + w.window.X + c
			if f.kind[cell]&inStrip != 0 {
				rate[cell] += float32(w.at(f, cell))
			}
		}
	}
}
