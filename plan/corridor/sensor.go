package corridor

import (
	"context"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/terrain"
	"atalaya/terrain/sight"
)

// MostDetection is the most that a look may see: no sensor is sure. It keeps
// every way finite, and so all ways comparable.
const MostDetection = 0.999

// Sensor is what watches the strip.
type Sensor struct {
	Name     string
	Observer sight.Observer
	// Range in metres, as far as it sees this mover.
	Range float64
	// Detection is the probability that one look sees a mover that shows, the
	// same all over the range unless Falloff tells otherwise.
	Detection float64
	// Look is the time between looks, seconds: a turn of a radar, a sweep of a
	// camera or of a man's eye over its sector. So much time must pass that the
	// next look is a new chance.
	Look float64
	// Azimuth of the middle of its sector and the sector's whole angle,
	// degrees; a Sector of 0 is all round.
	Azimuth, Sector float64
	// Refraction; the zero value is that of light.
	Refraction sight.Refraction
	// Falloff gives the probability of a look by distance in metres.
	Falloff func(metres float64) float64
}

func (s *Sensor) check() error {
	switch {
	case !s.Observer.At.Valid():
		return fmt.Errorf("sensor %q: %v is not a position", s.Name, s.Observer.At)
	case !(s.Range > 0 && s.Range <= 1e6):
		return fmt.Errorf("sensor %q: a range of %g m: it must be above 0 and at most 1,000 km", s.Name, s.Range)
	case !(s.Detection >= 0 && s.Detection <= 1):
		return fmt.Errorf("sensor %q: detection %g: a probability is 0 to 1", s.Name, s.Detection)
	case !(s.Look > 0 && s.Look <= 86400):
		return fmt.Errorf("sensor %q: %g s between looks: it must be above 0 and at most a day", s.Name, s.Look)
	case !(s.Sector >= 0 && s.Sector <= 360) || !(s.Azimuth >= -360 && s.Azimuth <= 360):
		return fmt.Errorf("sensor %q: a sector of %g degrees about %g: use 0 to 360", s.Name, s.Sector, s.Azimuth)
	}
	return nil
}

// watch is where a sensor sees the mover, in the cells of the field.
type watch struct {
	sensor Sensor
	window terrain.Window // of the field
	seen   []uint64       // a bit for each cell of the window
	flat   float64        // exposure in a second, where there is no Falloff
}

// watch makes a sensor's viewshed.
func (f *field) watch(ctx context.Context, s Sensor) (*watch, error) {
	w := &watch{sensor: s, flat: s.rate(s.Detection)}
	// A sensor whose range misses the strip sees nothing of it.
	source := f.Elevation.Lattice()
	around := source.Around(s.Observer.At, s.Range)
	shared := around.Intersect(f.window)
	if shared.Empty() {
		return w, nil
	}
	view := sight.View{Observer: s.Observer, Radius: s.Range, Refraction: s.Refraction}
	if view.Refraction == (sight.Refraction{}) {
		view.Refraction = sight.Optical()
	}
	v, err := sight.Viewshed(ctx, f.Elevation, view)
	if err != nil {
		return nil, fmt.Errorf("sensor %q: %w", s.Name, err)
	}
	// Where its lattice begins in the source's.
	x := int(math.Round((v.Lattice.X0 - source.X0) / source.DX))
	y := int(math.Round((source.Y0 - v.Lattice.Y0) / source.DY))
	shared = terrain.Window{X: x, Y: y, Width: v.Lattice.Width, Height: v.Lattice.Height}.Intersect(f.window)
	w.window = shared
	w.window.X -= f.window.X
	w.window.Y -= f.window.Y
	w.seen = make([]uint64, (shared.Width*shared.Height+63)/64)
	for r := range shared.Height {
		for c := range shared.Width {
			if f.kind[(w.window.Y+r)*f.width+w.window.X+c]&inStrip == 0 {
				continue
			}
			if seen, _ := v.Seen(shared.X-x+c, shared.Y-y+r, f.Mover.Height); !seen {
				continue
			}
			if s.Sector > 0 && s.Sector < 360 {
				b := geo.Bearing(s.Observer.At, f.lattice.Position(float64(w.window.X+c), float64(w.window.Y+r)))
				if math.Abs(geo.WrapLongitude(b-s.Azimuth)) > s.Sector/2 {
					continue
				}
			}
			n := r*shared.Width + c
			w.seen[n/64] |= 1 << (n % 64)
		}
	}
	return w, nil
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
	if w.sensor.Falloff == nil {
		return w.flat
	}
	return w.sensor.rate(w.sensor.Falloff(geo.Distance(w.sensor.Observer.At, f.position(cell))))
}

// addTo adds what a sensor sees to the exposures of all cells.
func (w *watch) addTo(rate []float32, f *field) {
	for r := range w.window.Height {
		for c := range w.window.Width {
			cell := (w.window.Y+r)*f.width + w.window.X + c
			rate[cell] += float32(w.at(f, cell))
		}
	}
}
