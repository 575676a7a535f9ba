package coverage

import (
	"context"
	"math"
	"math/bits"

	"atalaya/terrain"
	"atalaya/terrain/sight"
)

// Answer is what all sensors see of an area.
type Answer struct {
	Grounds
	// Area is the size of what was asked about: cells with elevation.
	Area float64 `json:"area_km2"`
	// Cells is how many those are, Voids how many more have no elevation.
	Cells int `json:"cells"`
	Voids int `json:"voids"`
	// Folds are the shares seen by at least 1, 2, 3 and more sensors, of a
	// target of the first of Heights.
	Folds []Fold `json:"folds"`
	// Heights are the shares seen at each height: the target's, then those of
	// Config.Air.
	Heights []AtHeight `json:"heights"`
	// Refraction is that of the sensors, each that differs once.
	Refraction []sight.Refraction `json:"refraction"`
	// Best is, for each sensor, the share of which it is the best.
	Best []Share `json:"best,omitempty"`

	area  *Area
	count []uint16  // sensors that see the target, for each cell of each block
	best  []uint16  // the best of them, from 1; 0 is none
	floor []float32 // lowest height above ground seen; +Inf where there is none
}

// Share is a part of the area.
type Share struct {
	Sensor  string  `json:"sensor,omitempty"`
	Area    float64 `json:"area_km2"`
	Percent float64 `json:"percent"`
}

// Fold is the share that at least so many sensors see.
type Fold struct {
	Sensors int `json:"sensors"`
	Share
}

// AtHeight is what is seen of a target so high above the ground.
type AtHeight struct {
	Metres   float64 `json:"above_ground_m"`
	Together Share   `json:"together"`
	// Band is Together at the ends of the range of k; nil where Config.Band
	// did not ask.
	Band *Band   `json:"band,omitempty"`
	Each []Share `json:"each"`
}

// mostFolds is up to how many sensors Folds goes.
const mostFolds = 16

// Run answers what all sensors see. It can be asked again with another target
// at little cost where a Keeper keeps the units.
func Run(ctx context.Context, c Config) (*Answer, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	a := c.Area
	n := len(a.Blocks) * side * side
	out := &Answer{Grounds: a.Grounds(), Area: a.Size() / 1e6, Cells: a.Cells(), Voids: a.Voids, Refraction: Refractions(c.Sensors), area: a, count: make([]uint16, n)}
	var contest *contest
	if c.Best {
		out.best = make([]uint16, n)
		contest = newContest(&c, out.best)
	}
	if c.Floor {
		out.floor = make([]float32, n)
		for i := range out.floor {
			out.floor[i] = float32(math.Inf(1))
		}
	}
	all := make([][]uint64, len(c.heights()))
	out.Heights = make([]AtHeight, len(all))
	for i, h := range c.heights() {
		all[i] = make([]uint64, len(a.Blocks))
		out.Heights[i] = AtHeight{Metres: h, Each: make([]Share, len(c.Sensors))}
	}
	main := c
	if tell := c.Progress; c.Band && tell != nil {
		main.Progress = func(done, total int) { tell(done, 3*total) }
	}
	err := scan(ctx, main, func(sensor int, u *unit) {
		for i := range u.sets {
			out.Heights[i].Each[sensor] = out.share(c.Sensors[sensor].ID, a.SizeOf(u.sets[i]))
			for j, block := range u.sets[i].Index {
				all[i][block] |= u.sets[i].Cells[j]
			}
		}
		for cell := range u.sets[0].each() {
			out.count[cell]++
		}
		if contest != nil {
			contest.enter(sensor, &u.sets[0])
		}
		for i, block := range u.floor.Index {
			at := out.floor[int(block)*side*side:]
			for j, z := range u.floor.Z[i] {
				at[j] = min(at[j], z)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range all {
		out.Heights[i].Together = out.share("", a.sum(func(block int) uint64 { return all[i][block] }))
	}
	out.fold()
	if c.Best {
		out.shareBest(c.Sensors)
	}
	if c.Band {
		if err := out.band(ctx, c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// each goes through the cells of a set: 64 times the block and the bit.
func (s *Set) each() func(yield func(cell int) bool) {
	return func(yield func(int) bool) {
		for i, block := range s.Index {
			for m := s.Cells[i]; m != 0; m &= m - 1 {
				if !yield(int(block)*side*side + bits.TrailingZeros64(m)) {
					return
				}
			}
		}
	}
}

// sum is the area in square metres of the cells given for each block.
func (a *Area) sum(cells func(block int) uint64) float64 {
	sum := 0.0
	for i := range a.Blocks {
		sum += float64(a.Blocks[i].Cell * float64(bits.OnesCount64(cells(i))))
	}
	return sum
}

func (a *Answer) share(sensor string, m2 float64) Share {
	return Share{Sensor: sensor, Area: m2 / 1e6, Percent: m2 / 1e4 / a.Area}
}

func (a *Answer) fold() {
	for k := 1; k <= mostFolds; k++ {
		m2 := a.area.sum(func(block int) uint64 {
			cells := uint64(0)
			for n, count := range a.count[block*side*side : (block+1)*side*side] {
				if int(count) >= k {
					cells |= 1 << n
				}
			}
			return cells
		})
		if m2 == 0 && k > 1 {
			return
		}
		a.Folds = append(a.Folds, Fold{Sensors: k, Share: a.share("", m2)})
	}
}

func (a *Answer) shareBest(sensors []Sensor) {
	m2 := make([]float64, len(sensors))
	for i, best := range a.best {
		if best > 0 {
			m2[best-1] += a.area.Blocks[i/(side*side)].Cell
		}
	}
	for i := range sensors {
		a.Best = append(a.Best, a.share(sensors[i].ID, m2[i]))
	}
}

// contest finds the best sensor of each cell.
type contest struct {
	c           *Config
	best        []uint16
	probability []float32
	metres      []float32
}

func newContest(c *Config, best []uint16) *contest {
	return &contest{c: c, best: best, probability: make([]float32, len(best)), metres: make([]float32, len(best))}
}

func (t *contest) enter(sensor int, sees *Set) {
	s, a := &t.c.Sensors[sensor], t.c.Area
	distance := sight.NewDistances(a.lattice, s.Observer.At, a.lattice.Around(s.Observer.At, s.Radius))
	for cell := range sees.each() {
		b, n := &a.Blocks[cell/(side*side)], cell%(side*side)
		d := distance.To(b.X+n%side, b.Y+n/side)
		p, m := float32(s.Detects(d)), float32(d)
		if old := t.best[cell]; old > 0 {
			switch {
			case p < t.probability[cell]:
				continue
			case p > t.probability[cell]:
			case m > t.metres[cell]:
				continue
			case m == t.metres[cell] && sensor > int(old)-1:
				continue
			}
		}
		t.best[cell], t.probability[cell], t.metres[cell] = uint16(sensor+1), p, m
	}
}

// Window holds all cells of the area; the rasters below are of its posts, row
// by row.
func (a *Answer) Window() (terrain.Window, terrain.Lattice) {
	w := a.area.Window()
	return w, a.area.lattice.Crop(w)
}

// Count is how many sensors see the target, at most 65,534; outside is the
// value of cells that are not of the area.
func (a *Answer) Count(outside float32) []float32 {
	return a.raster(outside, func(cell int) float32 { return float32(a.count[cell]) })
}

// BestSensor is the number of the best sensor, from 1; 0 where none sees the
// target. It is nil where Config.Best did not ask.
func (a *Answer) BestSensor(outside float32) []float32 {
	if a.best == nil {
		return nil
	}
	return a.raster(outside, func(cell int) float32 { return float32(a.best[cell]) })
}

// FloorAboveGround is the lowest height above ground, in metres, at which a
// target shows to any sensor; +Inf where it shows at none. It is nil where
// Config.Floor did not ask.
func (a *Answer) FloorAboveGround(outside float32) []float32 {
	if a.floor == nil {
		return nil
	}
	return a.raster(outside, func(cell int) float32 { return a.floor[cell] })
}

// FloorAboveSea is the same above sea level.
func (a *Answer) FloorAboveSea(outside float32) ([]float32, error) {
	if a.floor == nil {
		return nil, nil
	}
	w, _ := a.Window()
	g, err := terrain.Load(a.area.source, w)
	if err != nil {
		return nil, err
	}
	nan := float32(math.NaN())
	floor := a.FloorAboveGround(nan)
	for i, z := range g.Z {
		if floor[i] == floor[i] {
			floor[i] += z
		} else {
			floor[i] = outside
		}
	}
	return floor, nil
}

func (a *Answer) raster(outside float32, value func(cell int) float32) []float32 {
	w, _ := a.Window()
	out := make([]float32, w.Width*w.Height)
	for i := range out {
		out[i] = outside
	}
	for i := range a.area.Blocks {
		b := &a.area.Blocks[i]
		for m := b.Cells; m != 0; m &= m - 1 {
			n := bits.TrailingZeros64(m)
			out[(b.Y+n/side-w.Y)*w.Width+b.X+n%side-w.X] = value(i*side*side + n)
		}
	}
	return out
}
