package fuse

import (
	"math"
	"time"

	"atalaya/fuse/timeline"
	"atalaya/geo"
)

// Shedding is a tile of ground in which something was left out within the last
// minute, to bound work and memory: what is told of things there is less than what
// was seen.
type Shedding struct {
	// Corners from the south-west counterclockwise, nearly a square; all zero: what
	// was shed has no place, or in too many places.
	Corners [4]geo.Position
	Last    time.Time // when something was
	Minute  [timeline.Sheds]uint64
}

// Placed reports whether it is known where the tile is.
func (s *Shedding) Placed() bool { return s.Corners != [4]geo.Position{} }

// Shedding appends the tiles in which something was shed within the last minute.
func (t *Tracker) Shedding(out []Shedding) []Shedding {
	t.line.Shed(t.now, func(x timeline.Tile) bool {
		s := Shedding{Last: wall(x.Last), Minute: x.Minute}
		if x.Side > 0 {
			for i, by := range [4][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}} {
				s.Corners[i] = t.chart.plane.Position(x.X+float64(by[0]*x.Side), x.Y+float64(by[1]*x.Side))
			}
		}
		out = append(out, s)
		return true
	})
	return out
}

// shed notes that nothing is told of a thing.
func (t *Tracker) shed(what timeline.Shed, c timeline.Changed) {
	x, y := math.NaN(), math.NaN()
	if at, ok := t.line.At(c.ID, t.now); ok {
		x, y = at.State.X[0], at.State.X[1]
	}
	t.line.Shedding(what, x, y, 1)
}
