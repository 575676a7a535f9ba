// Package corridor finds where a border strip is blind: the ways across it on
// which a mover is least likely to be seen.
//
//  1. The strip is laid on the posts of the elevation; each post is a cell.
//  2. Every sensor has a viewshed. In a cell where the mover shows, within the
//     sensor's range and sector, each look sees it with a probability p; looks
//     are independent of one another. Being there for a time t adds the
//     exposure -ln(1-p) t / (time between looks). Exposures of sensors add up.
//  3. Dijkstra's method finds the way from the far edge to the near one with
//     the least exposure. Moves go to 8 or 16 neighbours and count the cells
//     they pass; slopes beyond the mover's limit bar them.
//  4. The neighbourhood of the way is taken out and the search repeated: so
//     every corridor keeps its distance from all the others.
//
// On a corridor of exposure E the probability to be seen at least once is
// 1 - exp(-E).
//
// Doubt counts for the mover: where there is no elevation it passes, on the
// level and unseen, and the answer says for how far.
package corridor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/terrain"
	"atalaya/terrain/coverage"
)

// MaxCells is how many posts the window round a strip may have: some 30 bytes
// of memory each.
const MaxCells = 1 << 25

// Config is what is asked.
type Config struct {
	Elevation terrain.Source
	Strip     Strip
	Mover     Mover
	// Water tells where there is water. Nil: none is known, which leaves a
	// boat only FlatWater to go by.
	Water   func(geo.Position) bool
	Sensors []Sensor

	// Count is how many corridors to look for; 0: 3.
	Count int
	// Separation in metres is how far each corridor keeps from all the others;
	// 0: 5 km.
	Separation float64
	// Haste is the exposure that the mover takes upon itself to be there an
	// hour sooner. It makes hidden ways short, and should be small; 0: 0.001.
	Haste float64
	// Neighbours is to how many cells one moves from a cell: 8 or 16; 0: 16.
	// Of 8, ways come out up to 8 % too long, of 16 up to 2.7 %.
	Neighbours int

	// Closing, where not nil, looks for the sensor that would close each.
	Closing *Closing

	// Exercise allows made-up elevation; the answer is about the exercise then.
	Exercise bool
	// Progress, where not nil, hears how much of the work is done.
	Progress func(what string, done, total int)
}

// Answer is what was found.
type Answer struct {
	coverage.Grounds
	// Caveats say more of how far the answer can be trusted.
	Caveats []string `json:"caveats"`
	Mover   string   `json:"mover"`
	Target  float64  `json:"target_m"` // height of the mover
	Sensors int      `json:"sensors"`
	Area    float64  `json:"area_km2"`    // of the strip, where the mover may be
	Watched float64  `json:"watched_km2"` // of it, where a sensor may see the mover
	Void    float64  `json:"void_km2"`    // of it, without elevation

	// Corridors, the weakest first.
	Corridors []Corridor `json:"corridors"`
	// End says why there are no more: "" where as many were found as asked.
	End string `json:"end"`
}

// Corridor is one way across.
type Corridor struct {
	Line   geo.Line `json:"line"`
	Length float64  `json:"length_m"`
	Time   float64  `json:"time_s"`
	// Exposure is the sum of -ln(1-p) over all looks on the way.
	Exposure float64 `json:"exposure"`
	// Probability to be seen at least once: 1 - exp(-Exposure).
	Probability float64 `json:"probability"`
	// Band is Probability over the range of refraction.
	Band Band `json:"band"`
	// Border is where the way first crosses the border line, and how far along
	// that is; nil where there is no such line.
	Border *Crossing `json:"border"`
	// Hidden are the stretches where no sensor sees the mover.
	Hidden  []Stretch `json:"hidden"`
	HiddenM float64   `json:"hidden_m"`
	// VoidM is how much of the way has no elevation.
	VoidM float64 `json:"void_m"`
	// BySensor says who sees the mover, and how well; others are left out.
	BySensor []Share `json:"by_sensor"`
	Climb    float64 `json:"climb_m"`
	Descent  float64 `json:"descent_m"`
	Steepest float64 `json:"steepest"` // rise over run
	// Closing is the sensor that would raise the exposure most.
	Closing *Closed `json:"closing"`

	cells []int32 // of the window
}

// Crossing is where a way crosses the border.
type Crossing struct {
	At geo.Position `json:"at"`
	// Along the border from its first position, metres.
	Along float64 `json:"along_m"`
}

// Stretch is a part of a way, in metres from its start.
type Stretch struct {
	From float64 `json:"from_m"`
	To   float64 `json:"to_m"`
}

// Share is what one sensor sees of a way.
type Share struct {
	Sensor      string  `json:"sensor"`
	Exposure    float64 `json:"exposure"`
	Probability float64 `json:"probability"`
	Seen        float64 `json:"seen_m"` // of the way
}

// Find looks for the weakest corridors.
func Find(ctx context.Context, c Config) (*Answer, error) {
	c.fill()
	if err := c.check(); err != nil {
		return nil, err
	}
	f, err := newField(ctx, &c)
	if err != nil {
		return nil, err
	}
	out := f.answer()
	s := newSearch(f)
	for len(out.Corridors) < c.Count {
		c.tell("corridors", len(out.Corridors), c.Count)
		cells, err := s.best(ctx, f.rate, inStrip, taken)
		if err != nil {
			return nil, err
		}
		if cells == nil {
			out.End = f.noMore(out.Corridors)
			break
		}
		found := f.describe(cells)
		if c.Closing != nil {
			if err := f.close(ctx, s, &found); err != nil {
				return nil, err
			}
		}
		f.mark(cells, taken)
		out.Corridors = append(out.Corridors, found)
	}
	if err := f.bands(ctx, out.Corridors); err != nil {
		return nil, err
	}
	c.tell("corridors", c.Count, c.Count)
	return out, nil
}

func (c *Config) fill() {
	def := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	if c.Count == 0 {
		c.Count = 3
	}
	if c.Neighbours == 0 {
		c.Neighbours = 16
	}
	c.Sensors = slices.Clone(c.Sensors)
	for i := range c.Sensors {
		c.Sensors[i].fill()
	}
	if c.Closing != nil {
		closing := *c.Closing
		closing.Kind.fill()
		c.Closing = &closing
	}
	def(&c.Separation, 5000)
	def(&c.Haste, 0.001)
}

func (c *Config) check() error {
	switch {
	case c.Elevation == nil:
		return errors.New("corridors need elevation")
	case c.Elevation.About().Claim(c.Exercise) != nil:
		return c.Elevation.About().Claim(c.Exercise)
	case c.Neighbours != 8 && c.Neighbours != 16:
		return fmt.Errorf("%d neighbours: use 8 or 16", c.Neighbours)
	case c.Count < 0 || c.Count > 1000:
		return fmt.Errorf("%d corridors: use 1 to 1000", c.Count)
	case !(c.Separation > 0 && c.Separation <= 1e6):
		return fmt.Errorf("a separation of %g m: it must be above 0 and at most 1,000 km", c.Separation)
	case !(c.Haste > 0 && c.Haste <= 1e6):
		return fmt.Errorf("a haste of %g an hour: it must be above 0", c.Haste)
	}
	if err := c.Mover.check(); err != nil {
		return err
	}
	if err := c.Strip.check(); err != nil {
		return err
	}
	for i := range c.Sensors {
		if err := c.Sensors[i].check(); err != nil {
			return err
		}
	}
	if c.Closing != nil {
		return c.Closing.check()
	}
	return nil
}

func (c *Config) tell(what string, done, total int) {
	if c.Progress != nil {
		c.Progress(what, done, total)
	}
}

// seenOnce is the probability of an exposure.
func seenOnce(exposure float64) float64 { return 1 - fmath.Exp(-exposure) }

func (f *field) answer() *Answer {
	a := &Answer{
		Grounds: coverage.GroundsOf(f.Elevation), Mover: f.Mover.Name, Target: f.Mover.Height, Sensors: len(f.Sensors),
	}
	for r := range f.height {
		cell := float64(f.east[r]*f.north[r]) / 1e6
		for i := r * f.width; i < (r+1)*f.width; i++ {
			if f.kind[i]&inStrip == 0 {
				continue
			}
			a.Area += cell
			if f.rate[i] > 0 {
				a.Watched += cell
			}
			if math.IsNaN(float64(f.grid.Z[i])) {
				a.Void += cell
			}
		}
	}
	a.Caveats = caveats(a, f.beyond)
	return a
}

// noMore says why no further corridor was found.
func (f *field) noMore(found []Corridor) string {
	if len(found) > 0 {
		return fmt.Sprintf("no way through keeps %g m away from these", f.Separation)
	}
	starts, goals := 0, 0
	for _, k := range f.kind {
		if k&(inStrip|start) == inStrip|start {
			starts++
		}
		if k&(inStrip|goal) == inStrip|goal {
			goals++
		}
	}
	switch {
	case starts == 0:
		return fmt.Sprintf("no way through: there is nowhere for a %s to start", f.Mover.Name)
	case goals == 0:
		return fmt.Sprintf("no way through: there is nowhere for a %s to arrive", f.Mover.Name)
	}
	return fmt.Sprintf("no way through for a %s", f.Mover.Name)
}
