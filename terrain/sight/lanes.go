package sight

import "math"

// raysPlain carries the rays k of a fan over a ring with the ground z.
func raysPlain(f *fan, k span, z []float32, r *ring) {
	for i := k.from; i < k.to; i++ {
		if up := f.cross(i, z, r); up > f.horizon[i] { // false beside a void
			f.horizon[i] = up
		}
	}
}

// cross gives the slope at which a ray meets the ground of the ring.
func (f *fan) cross(i int, z []float32, r *ring) float32 {
	lane := min(max(float32(f.slope[i]*r.away)+r.lane, 0), r.last)
	n := min(int32(lane), r.lastInt)
	z0, z1 := z[n], z[n+1]
	ground := z0 + float32((lane-float32(n))*(z1-z0))
	inverse := f.mean[i] + float32(r.inverse*f.near[i])
	sunk := float32(r.away*f.sink[i]) + float32(r.away2*f.bend[i])
	return float32((ground-r.eye)*inverse) - sunk
}

// cellsPlain tells for the cells of a ring, from a lane on, how high above the
// ground a target shows; z and offset begin at that lane.
func cellsPlain(need, z, offset, horizon []float32, r *ring) {
	nan := math.Float32frombits(math.MaxUint32)
	for i := range need {
		off := offset[i]
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
