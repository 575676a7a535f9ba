package sight

import (
	"math"

	"atalaya/geo"
	"atalaya/terrain"
)

// doubt is what the errors of elevation and of refraction do to a least height
//
//	need = eye + (ridge - drop·dr² - eye) d/dr + drop·d² - ground
//
// at the distance d behind a ridge at dr. The errors of posts are taken to be
// independent; those of neighbours are not, so close to a ridge this is
// cautious. A height above the ground moves with the ground below it.
type doubt struct {
	post     float64 // error of a post, metres, 1 sigma
	onGround bool    // the observer's height is above the ground
	drop     float64 // error of drop: (1-k)/2R
}

func newDoubt(a terrain.About, v View, radius float64) doubt {
	// The range of k holds it for sure, anywhere in it: a uniform distribution.
	k := (v.Refraction.High - v.Refraction.Low) / math.Sqrt(12)
	return doubt{
		post:     math.Sqrt(float64(a.SD*a.SD) + float64(a.DatumSD*a.DatumSD)),
		onGround: v.Observer.Height.Datum == geo.DatumGround,
		drop:     k / (2 * radius),
	}
}

// of gives one standard deviation, metres, of the least height at a distance
// behind a ridge.
func (u doubt) of(d, ridge float64) float64 {
	lever := d / ridge
	sum := 1 + float64(lever*lever)
	if u.onGround {
		sum += float64((1 - lever) * (1 - lever))
	}
	air := float64(u.drop * d * (d - ridge))
	return math.Sqrt(float64(sum*u.post*u.post) + float64(air*air))
}

// raysMet is rays that keep where they met their horizon.
func raysMet(f *fan, k span, z []float32, r *ring) {
	for i := k.from; i < k.to; i++ {
		if up := f.cross(i, z, r); up > f.horizon[i] {
			f.horizon[i], f.met[i] = up, 1/(f.mean[i]+float32(r.inverse*f.near[i]))
		}
	}
}

// cellsDoubt gives the standard deviations of the least heights of a ring's
// cells; where the ground shows, of how far it stands out. Of the two rays
// beside a cell the one with the higher horizon counts.
func cellsDoubt(sd, need, offset []float32, f *fan, r *ring, u doubt) {
	for i := range sd {
		k, _ := r.place(offset[i])
		if f.horizon[k+1] > f.horizon[k] {
			k++
		}
		switch {
		case need[i] != need[i]:
			sd[i] = need[i]
		case f.met[k] == 0: // nothing lies between
			sd[i] = 0
		default:
			d := math.Sqrt(float64(r.squared(offset[i])))
			sd[i] = float32(u.of(d, min(float64(f.met[k]), d)))
		}
	}
}
