package relief

import (
	"math"

	"atalaya/geo/fmath"
)

const (
	coarsest, finest = 16, 4 // posts between the nodes of the first and the last level of rivers
	smoothAt         = 8     // the smooth surface is computed at
	reach            = 4000  // m from the shore to where the land no longer knows of the lake
)

// Seeds of the noises.
const (
	seedRough = 0x52 + iota
	seedRange
	seedShore
	seedIsland
	seedLevel  // and one for each level
	seedDetail = seedLevel + 100
)

func (m *maker) seeded(n uint64) uint64 { return hash(m.seed, int(n), 0) }

// make makes all heights.
func (m *maker) make() ([]float32, error) {
	mask := m.mask()
	ground, err := newSurface(m.controls())
	if err != nil {
		return nil, err
	}
	base := m.sheet(smoothAt)
	const lowest = 250.0 // m: the surface must not dive where no spot height holds it
	ridges := m.ridges(ground)
	base.fill(func(x, y float64) float64 {
		z, over := ground.height(x, y), 0.0
		for i := range ridges {
			over = max(over, ridges[i].over(x, y))
		}
		if z < 2*lowest {
			z = lowest + float64(lowest*float64(2*lowest))/(float64(3*lowest)-z+lowest) // bends off
		}
		return z + over
	})
	rough := m.roughness(base)
	z, rough := m.levels(base, rough, mask)
	m.meet(z)
	coast := m.newCoast(mask, reach)
	out := m.detail(z, rough, mask, coast)
	m.pinDown(out, mask, coast)
	return out, nil
}

// roughness is what part of its width a feature of the ground is high: little
// on the plain, much where the smooth surface is steep, and in ranges of hills.
func (m *maker) roughness(base *sheet) *sheet {
	out := m.sheet(base.every)
	const wide = 3 // nodes to either side
	parallel(out.h, func(j int) {
		for i := range out.w {
			at := func(di, dj int) float64 {
				return base.z[min(max(j+dj, 0), base.h-1)*base.w+min(max(i+di, 0), base.w-1)]
			}
			sx := (at(wide, 0) - at(-wide, 0)) / float64(2*wide*base.dx)
			sy := (at(0, wide) - at(0, -wide)) / float64(2*wide*base.dy)
			slope := math.Sqrt(float64(sx*sx) + float64(sy*sy))
			x, y := float64(float64(i)*base.dx), float64(float64(j)*base.dy)
			const hills, wander = 28_000.0, 9000.0 // m
			n := noise(m.seeded(seedRough), x/hills, y/hills) + float64(0.5*noise(m.seeded(seedRange), x/wander, y/wander))
			// Hills by the lake are lower than those of the high plain.
			hilly := float64(0.2*smooth(-0.1, 0.5, n)) * (0.3 + float64(0.7*smooth(LakeLevel+30, LakeLevel+350, base.z[j*base.w+i])))
			out.z[j*out.w+i] = 0.004 + float64(hilly) + float64(4*min(slope, 0.1))
		}
	})
	return out
}

// levels adds noise and lets rain carve it, from coarse to fine.
func (m *maker) levels(base, rough *sheet, mask []uint8) (z, r *sheet) {
	var before, baseBefore *sheet
	for every, n := coarsest, 0; every >= finest; every, n = every/2, n+1 {
		s := m.sheet(every)
		b, r := resample(base, s), resample(rough, s)
		if before == nil {
			for k := range s.z {
				s.z[k] = b.z[k] + float64(uplift*r.z[k])
			}
		} else {
			up, baseUp := before.onto(s), baseBefore.onto(s)
			for k := range s.z {
				s.z[k] = up.z[k] + b.z[k] - baseUp.z[k]
			}
		}
		widths := []float64{float64(4 * s.dx), float64(2.2 * s.dx)}
		if n == 0 {
			widths = []float64{float64(16 * s.dx), float64(8 * s.dx), float64(4 * s.dx)}
		}
		for o, width := range widths {
			seed := m.seeded(seedLevel + uint64(10*n+o))
			// Noise of narrow features is not as low as they are narrow, and that
			// of very wide ones is no higher.
			high := float64(4000 * root34(min(width/12_000, 1)))
			parallel(s.h, func(j int) {
				for i := range s.w {
					k := j*s.w + i
					x, y := float64(float64(i)*s.dx), float64(float64(j)*s.dy)
					v := noise(seed, x/width+0.3, y/width+0.7)
					if o == 1 || n > 0 {
						v = 0.6 - float64(1.8*math.Abs(v)) // crests
					}
					s.z[k] += float64(float64(r.z[k]*high) * v)
				}
			})
		}
		outlet := make([]bool, len(s.z))
		for j := range s.h {
			for i := range s.w {
				k := j*s.w + i
				col, row := min(i*every, m.lattice.Width-1), min(j*every, m.lattice.Height-1)
				if mask[row*m.lattice.Width+col] == water {
					outlet[k], s.z[k] = true, LakeLevel
				}
				outlet[k] = outlet[k] || i == 0 || j == 0 || i == s.w-1 || j == s.h-1
			}
		}
		rivers := newRivers(s, outlet)
		for range rains(n) {
			rivers.rain(power)
		}
		if every == finest {
			s.creep(outlet)
		}
		before, baseBefore = s, b
		z, rough = s, r
	}
	return z, rough
}

// power of the rain, and how often it falls on a level.
const power = 0.03

// uplift is what the rain has to cut, metres times roughness.
const uplift = 2500.0

func rains(level int) int { return []int{10, 12, 6}[level] }

// root34 is v to the power of 3/4.
func root34(v float64) float64 {
	r := math.Sqrt(v)
	return float64(r * math.Sqrt(r))
}

// resample gives a sheet at the nodes of another.
func resample(s, as *sheet) *sheet {
	switch {
	case s.every > as.every:
		return s.onto(as)
	case s.every < as.every:
		return s.thin(as)
	}
	out := *as
	out.z = append([]float64(nil), s.z...)
	return &out
}

// wendland is a bump: 1 in the middle and 0, flat, at the radius.
func wendland(r float64) float64 {
	if r >= 1 {
		return 0
	}
	q := 1 - r
	q = float64(q * q)
	return float64(float64(q*q) * (float64(4*r) + 1))
}

// meet bends the ground to the spot heights, from which rain and noise took it.
func (m *maker) meet(s *sheet) {
	// No mountain that nobody has named stands over the named ones.
	const high, more = 4800.0, 1100.0
	for k, z := range s.z {
		if z > high {
			s.z[k] = high + float64(more*(1-fmath.Exp((high-z)/more)))
		}
	}
	const radius = 6000.0
	n := len(m.spots)
	a, b := make([][]float64, n), make([]float64, n)
	for i, p := range m.spots {
		a[i] = make([]float64, n)
		for j, q := range m.spots {
			a[i][j] = wendland(apartBy(p.control, q.control) / radius)
		}
		b[i] = p.z - s.at(p.x, p.y)
	}
	if !solve(a, b) {
		return // two spot heights in one place: pinDown takes the latter
	}
	parallel(s.h, func(j int) {
		y := float64(float64(j) * s.dy)
		for k, p := range m.spots {
			if math.Abs(y-p.y) > radius {
				continue
			}
			for i := max(int((p.x-radius)/s.dx), 0); i < s.w && float64(float64(i)*s.dx) < p.x+radius; i++ {
				x := float64(float64(i) * s.dx)
				r := apartBy(control{x: x, y: y}, p.control) / radius
				s.z[j*s.w+i] += float64(b[k] * wendland(r))
			}
		}
	})
}

// detail gives the heights of all posts: the ground of the last level with
// finer noise, led down to the lake.
func (m *maker) detail(z, rough *sheet, mask []uint8, coast *coast) []float32 {
	w, h := m.lattice.Width, m.lattice.Height
	out := make([]float32, w*h)
	ribbons := []*ribbon{newRibbon(m.seeded(seedDetail), 11), newRibbon(m.seeded(seedDetail+1), 6), newRibbon(m.seeded(seedDetail+2), 3)}
	high := []float64{420, 260, 90} // m times roughness
	weights := cubics(finest)
	const rows, top = 32, 6000.0
	parallel((h+rows-1)/rows, func(part int) {
		ground, roughly, more, work := make([]float64, w), make([]float64, w), make([]float64, w), make([]float64, z.w)
		for row := part * rows; row < min((part+1)*rows, h); row++ {
			z.row(ground, work, row, finest, weights)
			rough.row(roughly, work, row, finest, weights)
			for o, r := range ribbons {
				r.row(more, row)
				up := high[o]
				for i, v := range more {
					ground[i] += float64(float64(up*roughly[i]) * v)
				}
			}
			m.toShore(ground, row, mask, coast)
			line := out[row*w : (row+1)*w]
			for i, v := range ground {
				if v > top {
					v = top + float64((v-top)/3) // between the summits; pinDown lifts these
				}
				line[i] = whole(v)
			}
		}
	})
	return out
}

// whole rounds to metres, as elevation models of the world are: half the size
// in a store.
func whole(z float64) float32 { return float32(math.Floor(z + 0.5)) }

// toShore leads a row of the ground down to the lake.
func (m *maker) toShore(ground []float64, row int, mask []uint8, coast *coast) {
	y := float64(float64(row) * m.frame.dy)
	for col := range ground {
		is := mask[row*m.lattice.Width+col]
		if is == water {
			ground[col] = LakeLevel
			continue
		}
		d, near := coast.at(col, row)
		if !near || d >= reach {
			continue
		}
		x := float64(float64(col) * m.frame.dx)
		const wide = 7000.0 // m: how soon a shore changes from gentle to steep
		steep := smooth(-0.4, 0.5, noise(m.seeded(seedShore), x/wide, y/wide))
		up := ground[col] - LakeLevel
		if is == island {
			const knolls = 1800.0 // m
			steep = 1
			up = max(up, 0) + float64(d*(0.16+float64(0.08*noise(m.seeded(seedIsland), x/knolls, y/knolls))))
		}
		// Gentle land comes down over 2.5 km, steep land over 300 m.
		up = float64(up * smooth(-60, between(2500, 300, steep), d))
		least := 1 + float64(0.002*min(d, 1500)) // no land at the shore lies below the lake
		if d > 1500 {
			least -= float64(0.04 * (d - 1500))
		}
		ground[col] = LakeLevel + max(up, least)
	}
}

// pinDown makes every spot height exact at the post nearest to it.
func (m *maker) pinDown(z []float32, mask []uint8, coast *coast) {
	w, h := m.lattice.Width, m.lattice.Height
	const dome = 0.03 // slope under which nothing around a summit stands out
	for i, p := range m.spots {
		radius := 1500.0
		for j, q := range m.spots {
			if i != j {
				radius = min(radius, float64(0.9*apartBy(p.control, q.control)))
			}
		}
		if d, near := coast.at(p.col, p.row); near {
			radius = min(radius, max(d, m.frame.dx))
		}
		off := p.z - float64(z[p.row*w+p.col])
		nx, ny := int(radius/m.frame.dx), int(radius/m.frame.dy)
		for row := max(p.row-ny, 0); row <= min(p.row+ny, h-1); row++ {
			for col := max(p.col-nx, 0); col <= min(p.col+nx, w-1); col++ {
				k := row*w + col
				if mask[k] == water {
					continue
				}
				dx, dy := float64(float64(col-p.col)*m.frame.dx), float64(float64(row-p.row)*m.frame.dy)
				away := math.Sqrt(float64(dx*dx) + float64(dy*dy))
				v := float64(z[k]) + float64(off*wendland(away/radius))
				if p.summit {
					v = min(v, p.z-float64(dome*away)+float64(max(away-float64(0.6*radius), 0)))
				}
				if _, near := coast.at(col, row); near && p.z > LakeLevel {
					v = max(v, min(float64(z[k]), LakeLevel+1))
				}
				z[k] = whole(v)
			}
		}
	}
}
