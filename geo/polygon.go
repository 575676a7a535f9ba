package geo

import "math"

// Contains reports whether p lies inside the outer ring and in no hole. See
// Ring.Contains for borders and poles.
func (pg Polygon) Contains(p Position) bool {
	if len(pg) == 0 || !pg[0].Contains(p) {
		return false
	}
	for _, hole := range pg[1:] {
		if hole.Contains(p) {
			return false
		}
	}
	return true
}

// Contains reports whether p lies inside the ring, whichever way round that
// goes. A ring that goes round the earth's axis has inside it the pole on
// whose side of the equator it runs, on the average over longitude; every
// other ring has no pole inside. A position on the ring itself is inside one
// of two rings that share the leg, with the same ends, and outside the other.
func (r Ring) Contains(p Position) bool {
	if len(r) < 3 || !p.Valid() {
		return false
	}
	// Count the legs south of p on its meridian, and those behind the earth.
	south, front, behind := 0, 0, 0
	var w view
	ready := false
	a := r[len(r)-1]
	da := lonFrom(p.Lon, a.Lon)
	for _, b := range r {
		db := lonFrom(p.Lon, b.Lon)
		if (da < 0) != (db < 0) {
			if d := db - da; d < 180 && d >= -180 {
				front++
				switch grow := bulge(d); {
				case p.Lat > max(a.Lat, b.Lat)+grow:
					south++
				case p.Lat < min(a.Lat, b.Lat)-grow:
				default:
					if !ready {
						w, ready = newView(p), true
					}
					if w.northOf(p, a, b) {
						south++
					}
				}
			} else {
				behind++
			}
		}
		a, da = b, db
	}
	inside := south%2 == 1
	if (front+behind)%2 == 1 && !r.northern() {
		inside = !inside // the count began inside, at the south pole
	}
	return inside
}

// northOf reports whether p, the view's origin, lies north of the leg a-b on
// its own meridian, which the leg passes.
func (w view) northOf(p, a, b Position) bool {
	// One direction for each leg: neighbours who share it get the same bits.
	if b.Lat < a.Lat || (b.Lat == a.Lat && b.Lon < a.Lon) {
		a, b = b, a
	}
	north := false
	pieces(a, b, func(a, b Position) bool {
		da, db := lonFrom(p.Lon, a.Lon), lonFrom(p.Lon, b.Lon)
		if (da < 0) == (db < 0) || math.Abs(db-da) > 180 {
			return true
		}
		s := side(w.point(a), w.point(b))
		if da < db {
			north = s > 0
		} else {
			north = s <= 0
		}
		return false
	})
	return north
}

// northern reports whether a ring round the axis runs north of the equator on
// the average over longitude.
func (r Ring) northern() bool {
	var sum, turns float64
	a := r[len(r)-1]
	for _, b := range r {
		d := lonFrom(a.Lon, b.Lon)
		sum += float64(d * (a.Lat + b.Lat))
		turns += d
		a = b
	}
	return (sum >= 0) == (turns > 0)
}

// Nearest gives the position on the ring that is nearest to p, its distance
// in metres, and the leg (from 0; the last joins the last position to the
// first). An empty ring gives NaN and leg -1.
func (r Ring) Nearest(p Position) (on Position, metres float64, leg int) {
	if len(r) > 1 {
		r = append(r[:len(r):len(r)], r[0])
	}
	n := nearest(r, false, p)
	if n.leg < 0 {
		return Position{Lat: math.NaN(), Lon: math.NaN()}, math.NaN(), -1
	}
	return n.on, Distance(p, n.on), n.leg
}

// Distance is the distance in metres from p to the polygon's border, holes
// included, negative where the polygon contains p. An empty polygon gives
// +Inf.
func (pg Polygon) Distance(p Position) float64 {
	least := math.Inf(1)
	for _, r := range pg {
		if _, d, leg := r.Nearest(p); leg >= 0 {
			least = min(least, d)
		}
	}
	if pg.Contains(p) {
		return -least
	}
	return least
}
