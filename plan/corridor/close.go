package corridor

import (
	"context"
	"errors"
	"fmt"
	"math"

	"atalaya/geo"
)

// Closing asks for the sensor that would close a corridor.
type Closing struct {
	// Kind is the sensor to be placed: mast, range, detection. Its position
	// does not matter.
	Kind Sensor
	// Sites where it may stand; nil: the highest places on our side of the
	// border, spread over what is within three quarters of its range of the
	// corridor.
	Sites []Site
	// MaxSites is how many such places to try at most; 0: 24.
	MaxSites int
}

// Site is a place for a sensor.
type Site struct {
	Name string       `json:"name"`
	At   geo.Position `json:"at"`
}

// Closed is the sensor that raises a corridor's exposure most. Whoever uses
// the corridor knows of it: he takes the best way that is left within the
// corridor's neighbourhood, as wide as the separation.
type Closed struct {
	Site Site `json:"site"`
	// Ground above the sea, metres; NaN is never here.
	Ground float64 `json:"ground_m"`
	// Exposure and Probability of that way.
	Exposure    float64 `json:"exposure"`
	Probability float64 `json:"probability"`
	// SameWay is the probability on the corridor's own line.
	SameWay float64 `json:"probability_same_way"`
	// Tried is how many sites were looked at.
	Tried int `json:"sites_tried"`
}

func (c *Closing) check() error {
	for _, s := range c.Sites {
		if !s.At.Valid() {
			return fmt.Errorf("site %q: %v is not a position", s.Name, s.At)
		}
	}
	if c.MaxSites < 0 || c.MaxSites > 10_000 {
		return errors.New("the sites to try must be 1 to 10,000")
	}
	kind := c.Kind
	kind.Observer.At = geo.Position{}
	return kind.check()
}

// reach is how far from a corridor sites are looked for.
func (c *Closing) reach() float64 { return 0.75 * c.Kind.Range }

// close tries all sites for a corridor.
func (f *field) close(ctx context.Context, s *search, c *Corridor) error {
	sites := f.Closing.Sites
	if sites == nil {
		sites = f.heights(c.cells)
	}
	f.mark(c.cells, near)
	defer f.around(c.cells, f.Separation, func(cell int) { f.kind[cell] &^= near })
	rate := make([]float32, len(f.rate))
	var best *Closed
	for i, site := range sites {
		f.tell("sites", i, len(sites))
		ground, ok := f.ground(site.At)
		if !ok {
			continue
		}
		kind := f.Closing.Kind
		kind.Name, kind.Observer.At = site.Name, site.At
		w, err := f.watch(ctx, kind)
		if err != nil {
			return err
		}
		copy(rate, f.rate)
		w.addTo(rate, f)
		way, err := s.best(ctx, rate, inStrip|near, taken)
		if err != nil {
			return err
		}
		at := func(cell int32) float64 { return float64(rate[cell]) }
		e := f.exposure(way, at)
		if best == nil || e > best.Exposure {
			best = &Closed{
				Site: site, Ground: ground, Exposure: e, Probability: seenOnce(e),
				SameWay: seenOnce(f.exposure(c.cells, at)),
			}
		}
	}
	if best != nil {
		best.Tried = len(sites)
	}
	c.Closing = best
	return nil
}

// exposure of a whole way.
func (f *field) exposure(cells []int32, rate func(int32) float64) (sum float64) {
	for i := 1; i < len(cells); i++ {
		l := f.between(cells[i-1], cells[i])
		sum += l.exposure(rate)
	}
	return sum
}

// ground gives the height of the nearest post of the source.
func (f *field) ground(p geo.Position) (float64, bool) {
	l := f.Elevation.Lattice()
	if !l.Contains(p) {
		return 0, false
	}
	if z, ok := f.grid.Nearest(p); ok {
		return z, true
	}
	w := l.Around(p, 1)
	dst := make([]float32, w.Width*w.Height)
	if err := f.Elevation.Read(dst, w); err != nil {
		return 0, false
	}
	for _, z := range dst {
		if z == z {
			return float64(z), true
		}
	}
	return 0, false
}

// heights are the highest posts on land of squares on our side, within reach
// of a way. The squares are as large as it takes to have few enough.
func (f *field) heights(cells []int32) []Site {
	most := f.Closing.MaxSites
	if most == 0 {
		most = 24
	}
	reach := make([]bool, len(f.kind))
	f.around(thin(cells, 8), f.Closing.reach(), func(cell int) { reach[cell] = true })
	for square := max(2, int(500/f.north[0])); ; square *= 2 {
		tops := f.tops(reach, square)
		if len(tops) > most {
			continue
		}
		sites := make([]Site, len(tops))
		for i, t := range tops {
			sites[i] = Site{Name: fmt.Sprintf("height of %.0f m", f.grid.Z[t]), At: f.position(t)}
		}
		return sites
	}
}

func (f *field) tops(reach []bool, square int) []int {
	var out []int
	for r0 := 0; r0 < f.height; r0 += square {
		for c0 := 0; c0 < f.width; c0 += square {
			top, high := -1, float32(math.Inf(-1))
			for r := r0; r < min(r0+square, f.height); r++ {
				for c := c0; c < min(c0+square, f.width); c++ {
					i := r*f.width + c
					if reach[i] && f.kind[i]&(ours|wet) == ours && f.grid.Z[i] > high {
						top, high = i, f.grid.Z[i]
					}
				}
			}
			if top >= 0 {
				out = append(out, top)
			}
		}
	}
	return out
}

// thin keeps every n-th cell, and the last.
func thin(cells []int32, n int) []int32 {
	var out []int32
	for i := 0; i < len(cells); i += n {
		out = append(out, cells[i])
	}
	return append(out, cells[len(cells)-1])
}
