package coverage

import (
	"context"
	"fmt"

	"atalaya/terrain"
	"atalaya/terrain/sight"
)

// See tells in which posts of a window of a source a sensor sees a target so
// high above the ground: in its range and sector, in its beam, over terrain. A
// bit for each post, row by row, 64 to a word.
func See(ctx context.Context, src terrain.Source, s Sensor, within terrain.Window, target float64) ([]uint64, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	out := make([]uint64, (within.Width*within.Height+63)/64)
	near := src.Lattice().Around(s.Observer.At, s.Radius).Intersect(within)
	if near.Empty() {
		return out, nil
	}
	v, err := sight.Viewshed(ctx, src, sight.View{Observer: s.Observer, Radius: s.Radius, Refraction: s.Refraction})
	if err != nil {
		return nil, fmt.Errorf("sensor %s: %w", s.ID, err)
	}
	m := newMaker(&Config{Area: &Area{source: src, lattice: src.Lattice()}})
	r, err := m.reach(&s, v)
	if err != nil {
		return nil, fmt.Errorf("sensor %s: %w", s.ID, err)
	}
	height, seen := []float64{target}, []uint64{0}
	var floor [side * side]float32
	for y := near.Y; y < near.Y+near.Height; y += side {
		for x := near.X; x < near.X+near.Width; x += side {
			seen[0] = 0
			r.block(&Block{X: x, Y: y, Cells: ^uint64(0)}, height, seen, &floor)
			for n := range side * side {
				c, l := x+n%side-within.X, y+n/side-within.Y
				if seen[0]>>n&1 != 0 && c >= 0 && l >= 0 && c < within.Width && l < within.Height {
					i := l*within.Width + c
					out[i/64] |= 1 << (i % 64)
				}
			}
		}
	}
	return out, nil
}
