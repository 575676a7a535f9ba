package app

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse"
	"atalaya/fuse/timeline"
	"atalaya/web"
)

// mostShedTiles is how many tiles a screen is told of.
const mostShedTiles = 50

// shedTiles tells the screens where the tracker leaves something out, the worst first.
func shedTiles(all []fuse.Shedding) []web.ShedTile {
	out := make([]web.ShedTile, 0, len(all))
	for i := range all {
		s := &all[i]
		tile := web.ShedTile{Last: s.Last}
		for k, n := range s.Minute {
			if n > 0 {
				tile.What = append(tile.What, web.ShedCount{Kind: timeline.Shed(k).String(), Minute: n}) //nolint:gosec // few
			}
		}
		slices.SortStableFunc(tile.What, func(a, b web.ShedCount) int { return cmp.Compare(b.Minute, a.Minute) })
		if s.Placed() {
			const metre = 1e5 // of a degree
			for _, p := range s.Corners {
				tile.Corners = append(tile.Corners, [2]float64{math.Round(p.Lon*metre) / metre, math.Round(p.Lat*metre) / metre})
			}
		}
		out = append(out, tile)
	}
	sum := func(t *web.ShedTile) (n uint64) {
		for _, w := range t.What {
			n += w.Minute
		}
		return n
	}
	slices.SortStableFunc(out, func(a, b web.ShedTile) int { return cmp.Compare(sum(&b), sum(&a)) })
	return out[:min(len(out), mostShedTiles)]
}
