package coverage

import (
	"context"
	"slices"

	"atalaya/terrain/sight"
)

// Refraction is not known exactly: each sensor's coefficient has a range, and
// an answer tells what is seen at both ends of it. The ends are those of all
// sensors at once, as one air lies over all of them.

// Band is the share seen at the ends of the range of k.
type Band struct {
	Low  Share `json:"k_low"`
	High Share `json:"k_high"`
}

// Ends gives sensors with the coefficient of refraction at each end of its
// range, and nothing left of the range.
func Ends(sensors []Sensor) (low, high []Sensor) {
	low, high = slices.Clone(sensors), slices.Clone(sensors)
	for i, s := range sensors {
		l, h := s.Refraction.Low, s.Refraction.High
		low[i].Refraction = sight.Refraction{K: l, Low: l, High: l}
		high[i].Refraction = sight.Refraction{K: h, Low: h, High: h}
	}
	return low, high
}

// Refractions are those of sensors, each once, in their order.
func Refractions(sensors []Sensor) []sight.Refraction {
	var out []sight.Refraction
	for _, s := range sensors {
		if !slices.Contains(out, s.Refraction) {
			out = append(out, s.Refraction)
		}
	}
	return out
}

// band looks at the ends of the range of k.
func (a *Answer) band(ctx context.Context, c Config) error {
	c.Floor, c.Best = false, false
	n, tell := len(c.Sensors), c.Progress
	low, high := Ends(c.Sensors)
	for i := range a.Heights {
		a.Heights[i].Band = &Band{}
	}
	for end, sensors := range [2][]Sensor{low, high} {
		c.Sensors = sensors
		if tell != nil {
			c.Progress = func(done, _ int) { tell((end+1)*n+done, 3*n) }
		}
		all := make([][]uint64, len(a.Heights))
		for i := range all {
			all[i] = make([]uint64, len(a.area.Blocks))
		}
		err := scan(ctx, c, func(_ int, u *unit) {
			for i := range u.sets {
				for j, block := range u.sets[i].Index {
					all[i][block] |= u.sets[i].Cells[j]
				}
			}
		})
		if err != nil {
			return err
		}
		for i := range all {
			b := a.Heights[i].Band
			*[2]*Share{&b.Low, &b.High}[end] = a.share("", a.area.sum(func(block int) uint64 { return all[i][block] }))
		}
	}
	return nil
}
