package corridor

import (
	"fmt"
	"math"

	"atalaya/geo/fmath"
)

// Mover is who crosses.
type Mover struct {
	Name string
	// Height above the ground, metres: what must show to be seen.
	Height float64
	// Steepest slope that it takes, rise over run, up or down.
	Steepest float64
	// Speed in m/s on a slope, rise over run, positive upwards.
	Speed func(slope float64) float64
	// Boat: goes on water only. All others keep off known water.
	Boat bool
}

// Walker goes by Tobler's hiking function, 6 exp(-3.5 |s + 0.05|) km/h, times
// the 3/5 that he gives for walking off the paths (Waldo Tobler, Three
// Presentations on Geographical Analysis and Modeling, NCGIA Technical Report
// 93-1, 1993), up to 45 degrees.
func Walker() Mover {
	return Mover{Name: "walker", Height: 1.7, Steepest: 1, Speed: func(s float64) float64 {
		return 0.6 * 6 / 3.6 * fmath.Exp(-3.5*math.Abs(s+0.05))
	}}
}

// Vehicle drives off the roads: 20 km/h on the level, less with the slope, 5
// km/h on the steepest of 30 %. That is an assumption, not a measurement.
func Vehicle() Mover {
	return Mover{Name: "vehicle", Height: 2.5, Steepest: 0.3, Speed: func(s float64) float64 {
		return (20 - float64(50*min(math.Abs(s), 0.3))) / 3.6
	}}
}

// Boat goes 18 km/h on water.
func Boat() Mover {
	return Mover{Name: "boat", Height: 1.5, Steepest: 0.3, Boat: true, Speed: func(float64) float64 { return 5 }}
}

func (m Mover) check() error {
	switch {
	case m.Speed == nil:
		return fmt.Errorf("mover %q has no speed", m.Name)
	case !(m.Height >= 0 && m.Height < 1e5):
		return fmt.Errorf("a mover %g m high: use metres above the ground", m.Height)
	case !(m.Steepest > 0):
		return fmt.Errorf("a steepest slope of %g: it must be above 0", m.Steepest)
	}
	for _, s := range [...]float64{0, m.Steepest, -m.Steepest} {
		if v := m.Speed(s); !(m.Steepest == math.Inf(1) || v > 0 && v < 1e6) {
			return fmt.Errorf("mover %q has a speed of %g m/s on a slope of %g: it must be above 0", m.Name, v, s)
		}
	}
	return nil
}
