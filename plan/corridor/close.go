package corridor

import (
	"context"
	"errors"
	"fmt"
	"math"

	"atalaya/geo"
	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
)

// Closing asks for the sensor that would close a corridor.
type Closing struct {
	// Kind is the sensor to be placed: mast, range, detection. Its position
	// does not matter.
	Kind Sensor
	// Sites where it may stand; nil: ridges on our side of the border, as plan/siting
	// finds them, within three quarters of its range of the corridor.
	Sites []Site
	// MaxSites is how many ridges to try at most; 0: 24.
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
func (c *Closing) reach() float64 { return 0.75 * c.Kind.Radius }

// close tries all sites for a corridor.
func (f *field) close(ctx context.Context, s *search, c *Corridor) error {
	sites := f.Closing.Sites
	if sites == nil {
		var err error
		if sites, err = f.ridges(ctx, c.cells); err != nil {
			return err
		}
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
		kind.ID, kind.Observer.At = site.Name, site.At
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

// ridges are places on our side within reach of a way, dry as far as is known.
func (f *field) ridges(ctx context.Context, cells []int32) ([]Site, error) {
	most := f.Closing.MaxSites
	if most == 0 {
		most = 24
	}
	l := f.Elevation.Lattice()
	way := f.line(cells)
	box, _ := way.Box()
	w, _ := window(l, box.Grow(f.Closing.reach()))
	near := coverage.Strip(way, f.Closing.reach())
	here := coverage.Inside(f.Strip.Area)
	if f.Strip.byBorder() {
		border := f.Strip.Border.Index()
		here = func(p geo.Position) float64 {
			_, m, _ := border.Nearest(p)
			if f.Strip.OursRight {
				return m
			}
			return -m
		}
	}
	area, err := coverage.NewArea(f.Elevation, w, func(p geo.Position) float64 { return max(near(p), here(p)) })
	if err != nil {
		return nil, nil //nolint:nilerr // no land of ours near: no site
	}
	places, err := siting.Ridges{Area: area, Most: most, Spacing: f.Closing.reach() / 6, Access: func(p geo.Position) (float64, bool) { return 1, !f.wet(p) }}.Find(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for sites: %w", err)
	}
	sites := make([]Site, len(places))
	for i, p := range places {
		sites[i] = Site{Name: fmt.Sprintf("height of %.0f m", p.Ground), At: p.At}
	}
	return sites, nil
}

// wet: there is water, as far as is known.
func (f *field) wet(p geo.Position) bool {
	if f.Water != nil {
		return f.Water(p)
	}
	c, r := f.lattice.Cell(p)
	i, j := int(math.Floor(c+0.5)), int(math.Floor(r+0.5))
	return i >= 0 && j >= 0 && i < f.width && j < f.height && f.kind[j*f.width+i]&wet != 0
}
