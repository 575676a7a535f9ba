package regard

import (
	"cmp"
	"math"
	"slices"

	"atalaya/geo"
)

// Share is the part of range and sector that a sensor sees.
type Share struct {
	Above float64 // metres above the ground
	Seen  float64 // 0 to 1, of where there is elevation
}

// samples bounds the posts that shares are counted over.
const samples = 1 << 18

// Shares gives the part of range and sector in which things of some heights
// above the ground show, and the part that has elevation at all.
func (f *Field) Shares(above ...float64) (out []Share, covered float64) {
	out = make([]Share, len(above))
	seen := 0.0
	f.each(func(need, area float64) {
		seen += area
		for i, a := range above {
			if need <= a {
				out[i].Seen += area
			}
		}
	})
	for i, a := range above {
		out[i].Above = a
		if seen > 0 {
			out[i].Seen /= seen
		}
	}
	return out, min(1, seen/f.area())
}

// each goes through posts in range and sector that have elevation: the least
// height that shows there, and the area that each stands for.
func (f *Field) each(take func(need, area float64)) {
	w, h := f.lattice.Width, f.lattice.Height
	step := max(1, int(math.Ceil(math.Sqrt(float64(w)*float64(h)/samples))))
	for row := 0; row < h; row += step {
		// What a post stands for shrinks towards the poles.
		east, north := f.lattice.Spacing(f.lattice.Position(float64(w-1)/2, float64(row)))
		area := float64(float64(east*float64(step)) * float64(north*float64(step)))
		for col := 0; col < w; col += step {
			c := &f.cells[row*w+col]
			if c.need != c.need || !f.within(f.lattice.Position(float64(col), float64(row))) {
				continue
			}
			take(float64(c.need), area)
		}
	}
}

// Half gives the height above the ground below which the sensor does not see in
// half of its range and sector, metres: the median of the least heights.
func (f *Field) Half() float64 {
	type part struct{ need, area float64 }
	var all []part
	sum := 0.0
	f.each(func(need, area float64) {
		all = append(all, part{need, area})
		sum += area
	})
	slices.SortFunc(all, func(a, b part) int { return cmp.Or(cmp.Compare(a.need, b.need), cmp.Compare(a.area, b.area)) })
	below := 0.0
	for _, p := range all {
		if below += p.area; below >= sum/2 {
			return p.need
		}
	}
	return 0
}

// Summary is a field in a few figures, for people.
type Summary struct {
	Shares  []Share
	Covered float64 // part of range and sector with elevation
	Half    float64 // metres above the ground
}

// Summary gives the shares for a boat, a man, a truck, and a drone where rules
// allow it, and Half. It is worked out once.
func (f *Field) Summary() Summary {
	f.summed.Do(func() {
		f.summary.Shares, f.summary.Covered = f.Shares(1.5, 1.7, 3, 120)
		f.summary.Half = f.Half()
	})
	return f.summary
}

// area of range and sector, m2.
func (f *Field) area() float64 {
	width := 360.0
	if !f.round {
		width = geo.WrapBearing(f.sensor.SectorTo - f.sensor.SectorFrom)
	}
	r := f.sensor.MaxRange
	return float64(math.Pi*r*r) * width / 360
}
