package sight

import "math"

// raysPlain carries rays over a ring: horizon[i] is that of the ray k0+i, z the
// ground of the line.
func raysPlain(horizon, z []float32, k0 int, r *ring) {
	for i := range horizon {
		if up, _ := r.cross(z, k0+i); up > horizon[i] { // false beside a void
			horizon[i] = up
		}
	}
}

// cross gives the slope at which a ray meets the ground of the ring, and how
// far away, metres.
func (r *ring) cross(z []float32, k int) (up, d float32) {
	off := float32(float32(k) * r.step)
	lane := min(max(off+r.lane, 0), r.last)
	n := min(int32(lane), r.lastInt)
	f := lane - float32(n)
	z0, z1 := z[n], z[n+1]
	ground := z0 + float32(f*(z1-z0))
	d2 := r.squared(off)
	d = float32(math.Sqrt(float64(d2)))
	return (ground - r.eye - float32(d2*r.drop)) / d, d
}

// cellsPlain tells for the cells of a ring, from a lane on, how high above the
// ground a target shows; z begins at that lane.
func cellsPlain(need, z, horizon []float32, from int, r *ring) {
	nan := math.Float32frombits(math.MaxUint32)
	for i := range need {
		off := float32(from+i) - r.lane
		k, f := r.place(off)
		h0, h1 := horizon[k], horizon[k+1]
		above := h0 + float32(f*(h1-h0))
		d2 := r.squared(off)
		up := z[i] - r.eye - float32(d2*r.drop)
		n := float32(above*float32(math.Sqrt(float64(d2)))) - up
		if 0 > n {
			n = 0
		}
		if d2 > r.radius2 {
			n = nan
		}
		need[i] = n
	}
}

// place gives the ray on one side of a cell so far along the line, and the
// fraction of the way to the next.
func (r *ring) place(off float32) (int32, float32) {
	place := float32(off*r.perLane) + r.middleRay
	k := min(int32(place), r.lastRay)
	return k, place - float32(k)
}

func (r *ring) squared(n float32) float32 {
	return r.q[0] + float32(n*(r.q[1]+float32(n*(r.q[2]+float32(n*(r.q[3]+float32(n*r.q[4])))))))
}
