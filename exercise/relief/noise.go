package relief

import "math"

// Gradient noise (Perlin 2002) whose random numbers are hashes of place and
// seed: no generator has a state, so any part can be made by anybody first.

// hash mixes a seed and the corner of a cell (the finaliser of MurmurHash3).
func hash(seed uint64, x, y int) uint64 {
	h := seed ^ uint64(uint32(x))*0x9e3779b97f4a7c15 ^ uint64(uint32(y))*0xc2b2ae3d27d4eb4f //nolint:gosec // wraps on purpose
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// gradient is a vector of about length one at a corner: any point of a disc
// would do, and these need no trigonometry.
func gradient(seed uint64, x, y int) (gx, gy float64) {
	const one = 1 << 31
	h := hash(seed, x, y)
	gx, gy = float64(int32(uint32(h)))/one, float64(int32(uint32(h>>32)))/one //nolint:gosec // bits, not numbers
	return float64(1.25 * gx), float64(1.25 * gy)
}

// fade is Perlin's quintic: flat in first and second derivative at 0 and 1.
func fade(t float64) float64 {
	return float64(float64(t*float64(t*t)) * (float64(t*(float64(t*6)-15)) + 10))
}

// noise is about within [-1, 1] and 0 on the average; features are one unit wide.
func noise(seed uint64, x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	x, y = x-fx, y-fy
	corner := func(cx, cy int) float64 {
		gx, gy := gradient(seed, ix+cx, iy+cy)
		return float64(gx*(x-float64(cx))) + float64(gy*(y-float64(cy)))
	}
	u, v := fade(x), fade(y)
	north := between(corner(0, 0), corner(1, 0), u)
	south := between(corner(0, 1), corner(1, 1), u)
	return float64(1.5 * between(north, south, v))
}

// between goes a fraction t of the way from a to b.
func between(a, b, t float64) float64 { return a + float64(t*(b-a)) }

// smooth goes from 0 at a to 1 at b, flat at both.
func smooth(a, b, v float64) float64 {
	t := min(max((v-a)/(b-a), 0), 1)
	return float64(float64(t*t) * (3 - float64(2*t)))
}

// ribbon is noise along one row of posts, features a whole number of posts
// wide. It costs a tenth of noise.
type ribbon struct {
	seed  uint64
	width int
	at    []float64 // of each post within a cell
	faded []float64
}

// newRibbon makes noise with features so many posts wide. Cells' corners, at
// which gradient noise is 0, lie between the posts.
func newRibbon(seed uint64, width int) *ribbon {
	r := &ribbon{seed: seed, width: width, at: make([]float64, width), faded: make([]float64, width)}
	for i := range width {
		r.at[i] = (float64(i) + 0.5) / float64(width)
		r.faded[i] = fade(r.at[i])
	}
	return r
}

// row fills dst with the noise of a row.
func (r *ribbon) row(dst []float64, row int) {
	iy, y := row/r.width, r.at[row%r.width]
	v := fade(y)
	// Along a row both sides of a cell are straight lines of x.
	side := func(ix int) (slope, level float64) {
		nx, ny := gradient(r.seed, ix, iy)
		sx, sy := gradient(r.seed, ix, iy+1)
		return between(nx, sx, v), between(float64(ny*y), float64(sy*(y-1)), v)
	}
	slope, level := side(0)
	for ix, from := 0, 0; from < len(dst); ix, from = ix+1, from+r.width {
		nextSlope, nextLevel := side(ix + 1)
		n := min(r.width, len(dst)-from)
		for i, x := range r.at[:n] {
			west, east := float64(slope*x)+level, float64(nextSlope*(x-1))+nextLevel
			dst[from+i] = float64(1.5 * between(west, east, r.faded[i]))
		}
		slope, level = nextSlope, nextLevel
	}
}
