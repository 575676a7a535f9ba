package coverage

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"sync"

	"atalaya/geo"
	"atalaya/terrain"
	"atalaya/terrain/sight"
)

// unit is what one sensor sees of the area.
type unit struct {
	sets  []Set   // for each of Config.heights
	floor heights // the lowest height above ground seen, where Config.Floor asks
}

// heights are of the cells of some blocks; +Inf where there is none.
type heights struct {
	Index []uint32
	Z     [][side * side]float32
}

// maker makes the units of a configuration.
type maker struct {
	c       *Config
	heights []float64
	keeping sync.Mutex
	views   sync.Pool // of *sight.Viewed that nobody needs any more
	common  []byte    // what the keys of all units have in common
}

func newMaker(c *Config) *maker {
	m := &maker{c: c, heights: c.heights()}
	if c.Keeper != nil {
		m.common = m.describe()
	}
	return m
}

func (m *maker) make(ctx context.Context, i int) (*unit, error) {
	s := &m.c.Sensors[i]
	if m.c.Keeper == nil {
		return m.see(ctx, s)
	}
	key, err := m.key(s)
	if err != nil {
		return nil, err
	}
	m.keeping.Lock()
	kept, err := m.c.Keeper.Load(key)
	m.keeping.Unlock()
	if err != nil {
		return nil, fmt.Errorf("sensor %s: loading what was kept: %w", s.ID, err)
	}
	if u, ok := m.decode(kept); ok {
		return u, nil
	}
	u, err := m.see(ctx, s)
	if err != nil {
		return nil, err
	}
	m.keeping.Lock()
	defer m.keeping.Unlock()
	if err := m.c.Keeper.Save(key, u.encode()); err != nil {
		return nil, fmt.Errorf("sensor %s: keeping its result: %w", s.ID, err)
	}
	return u, nil
}

// see makes the viewshed and takes from it what is asked.
func (m *maker) see(ctx context.Context, s *Sensor) (*unit, error) {
	a := m.c.Area
	v, used := m.views.Get().(*sight.Viewed)
	if !used {
		v = &sight.Viewed{}
	}
	defer m.views.Put(v)
	if err := sight.ViewshedInto(ctx, a.source, sight.View{Observer: s.Observer, Radius: s.Radius, Refraction: s.Refraction, Exact: m.c.Exact}, v); err != nil {
		return nil, fmt.Errorf("sensor %s: %w", s.ID, err)
	}
	r, err := m.reach(s, v)
	if err != nil {
		return nil, fmt.Errorf("sensor %s: %w", s.ID, err)
	}
	u := &unit{sets: make([]Set, len(m.heights))}
	seen := make([]uint64, len(m.heights))
	a.near(r.window, func(block int) {
		clear(seen)
		var floor [side * side]float32
		shows := r.block(&a.Blocks[block], m.heights, seen, &floor)
		for i, cells := range seen {
			u.sets[i].add(block, cells)
		}
		if shows && m.c.Floor {
			u.floor.Index = append(u.floor.Index, uint32(block))
			u.floor.Z = append(u.floor.Z, floor)
		}
	})
	return u, nil
}

// reach is a viewshed with the limits of its sensor.
type reach struct {
	view     *sight.Viewed
	window   terrain.Window // of the viewshed, in the source's posts
	looksAt  func(geo.Position) bool
	beam     bool
	low      float64 // tangents of the beam's angles
	high     float64
	drop     float64 // (1-k)/2R
	distance *sight.Distances
	ground   []float32 // where the beam asks for it
}

func (m *maker) reach(s *Sensor, v *sight.Viewed) (*reach, error) {
	l := m.c.Area.lattice
	r := &reach{view: v, window: l.Around(s.Observer.At, s.Radius), looksAt: s.looksAt()}
	if r.window.Width != v.Lattice.Width || r.window.Height != v.Lattice.Height {
		return nil, fmt.Errorf("the viewshed has %d x %d cells where %d x %d were asked", v.Lattice.Width, v.Lattice.Height, r.window.Width, r.window.Height)
	}
	if s.Beam == nil {
		return r, nil
	}
	r.beam = true
	r.low, r.high = s.Beam.slopes()
	r.drop = (1 - s.Refraction.K) / (2 * geo.GaussianRadius(s.Observer.At.Lat))
	r.distance = sight.NewDistances(l, s.Observer.At, r.window)
	g, err := terrain.Load(m.c.Area.source, r.window)
	if err != nil {
		return nil, err
	}
	r.ground = g.Z
	return r, nil
}

// block tells which cells of a block the sensor sees at each height, and the
// lowest height it sees; shows is false where it sees none at any height.
func (r *reach) block(b *Block, heights []float64, seen []uint64, floor *[side * side]float32) (shows bool) {
	for i := range floor {
		floor[i] = float32(math.Inf(1))
	}
	for cells := b.Cells; cells != 0; cells &= cells - 1 {
		n := bits.TrailingZeros64(cells)
		x, y := b.X+n%side-r.window.X, b.Y+n/side-r.window.Y
		if x < 0 || y < 0 || x >= r.window.Width || y >= r.window.Height {
			continue
		}
		low := float64(r.view.Need[y*r.window.Width+x])
		if low != low || r.looksAt != nil && !r.looksAt(r.view.Lattice.Position(float64(x), float64(y))) {
			continue
		}
		high := math.Inf(1)
		if r.beam {
			d := r.distance.To(b.X+n%side, b.Y+n/side)
			// Of a height above ground whose line from the eye has slope 0.
			level := r.view.Eye + float64(float64(d*d)*r.drop) - float64(r.ground[y*r.window.Width+x])
			low = max(low, level+float64(d*r.low))
			high = level + float64(d*r.high)
			if !(low <= high) {
				continue
			}
		}
		shows = true
		floor[n] = float32(low)
		for i, h := range heights {
			if low <= h && h <= high {
				seen[i] |= 1 << n
			}
		}
	}
	return shows
}
