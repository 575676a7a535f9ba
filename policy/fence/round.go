package fence

import (
	"cmp"
	"math"
	"slices"

	"atalaya/geo"
)

// milli rounds to three decimals, to even. n/1e3 is the double nearest to the
// decimal number, so text of it reads back to the same bits.
func milli(x float64) float64 { return rounded(x, 1e3) }

func rounded(x, parts float64) float64 {
	n := math.RoundToEven(x * parts)
	if !(math.Abs(n) < 1<<53) { // too big for decimals, or no number: refused later
		return x
	}
	return n/parts + 0 // no -0
}

func roundedPosition(p geo.Position) geo.Position {
	q := geo.Position{Lat: rounded(p.Lat, 1e7), Lon: rounded(p.Lon, 1e7)}
	if q.Lon == 180 {
		q.Lon = -180
	}
	if math.Abs(q.Lat) == 90 {
		q.Lon = 0
	}
	return q
}

// roundedPositions leaves out what comes twice running.
func roundedPositions(ps []geo.Position) []geo.Position {
	out := make([]geo.Position, 0, len(ps))
	for _, p := range ps {
		if q := roundedPosition(p); len(out) == 0 || q != out[len(out)-1] {
			out = append(out, q)
		}
	}
	return out
}

func order(a, b geo.Position) int {
	return cmp.Or(cmp.Compare(a.Lat, b.Lat), cmp.Compare(a.Lon, b.Lon))
}

// sameRing gives the same positions for the same ring, wherever it begins and
// whichever way round it goes: from the least position towards the lesser of
// its neighbours, not closed.
func sameRing(ps []geo.Position) geo.Ring {
	for len(ps) > 1 && ps[0] == ps[len(ps)-1] {
		ps = ps[:len(ps)-1]
	}
	n := len(ps)
	if n == 0 {
		return nil
	}
	forth, back := least(ps, 1), least(ps, -1)
	if slices.CompareFunc(back, forth, order) < 0 {
		return back
	}
	return forth
}

// least gives the ring from its least position in the direction step. A
// position that comes twice begins where what follows is least.
func least(ps []geo.Position, step int) geo.Ring {
	n := len(ps)
	at := func(start, i int) geo.Position { return ps[((start+i*step)%n+n)%n] }
	best := 0
	for s := 1; s < n; s++ {
		for i := range n {
			if c := order(at(s, i), at(best, i)); c != 0 {
				if c < 0 {
					best = s
				}
				break
			}
		}
	}
	out := make(geo.Ring, n)
	for i := range out {
		out[i] = at(best, i)
	}
	return out
}
