// Package grid finds the circles that hold a place. Circles are hashed into
// square cells of degrees, in the level whose cells are as large as the circle,
// so that looking into the nine cells round a place is enough.
package grid

import (
	"math"
	"slices"

	"atalaya/geo"
	"atalaya/geo/fmath"
)

// Grid holds circles, which are named by a number. Its zero value is empty;
// Reset makes room.
type Grid struct {
	head    []int32 // by hash of cell: first entry, or -1
	entries []entry
	used    [len(cellSizes)]bool // levels with entries
	wide    []int32              // too large for the largest cells, or near a pole
	found   []int32
}

// entry is one circle.
type entry struct {
	next     int32 // in the chain of the same hash, or -1
	index    int32
	cell     uint64
	lat, lon float64
	cos      float64 // of the latitude
	radius   float64 // in degrees of latitude
}

// Degrees; each divides 360.
//
//nolint:gochecknoglobals // constant table
var cellSizes = [...]float64{0.01, 0.03, 0.1, 0.3, 1, 3}

// Degree is metres: no degree of latitude is shorter.
const Degree = 110.5e3

// Reset empties the grid and makes room for about n circles.
func (g *Grid) Reset(n int) {
	size := 64
	for size < 2*n {
		size *= 2
	}
	if len(g.head) != size {
		g.head = make([]int32, size)
	}
	for i := range g.head {
		g.head[i] = -1
	}
	g.entries, g.wide = g.entries[:0], g.wide[:0]
	g.used = [len(cellSizes)]bool{}
}

// Add enters a circle with a radius in metres.
func (g *Grid) Add(index int, p geo.Position, metres float64) {
	_, cos := fmath.SincosDegrees(p.Lat)
	e := entry{index: int32(index), lat: p.Lat, lon: p.Lon, cos: cos, radius: metres / Degree}
	for level, size := range cellSizes {
		if float64(1.05*e.radius) <= float64(size*cos) && math.Abs(p.Lat) < 89 {
			y, x, round := cellOf(size, p)
			e.cell = key(level, y, x, round)
			g.used[level] = true
			h := scatter(e.cell) & uint64(len(g.head)-1)
			e.next = g.head[h]
			g.head[h] = int32(len(g.entries))
			g.entries = append(g.entries, e)
			return
		}
	}
	g.wide = append(g.wide, int32(index))
}

// Near gives, in order, the circles that hold the place, and those too large
// to tell. The answer is valid until the next call.
func (g *Grid) Near(p geo.Position) []int32 {
	g.found = g.found[:0]
	for level, size := range cellSizes {
		if !g.used[level] {
			continue
		}
		y, x, round := cellOf(size, p)
		for dy := int64(-1); dy <= 1; dy++ {
			for dx := int64(-1); dx <= 1; dx++ {
				cell := key(level, y+dy, x+dx, round)
				for i := g.head[scatter(cell)&uint64(len(g.head)-1)]; i >= 0; i = g.entries[i].next {
					if e := &g.entries[i]; e.cell == cell && e.holds(p) {
						g.found = append(g.found, e.index)
					}
				}
			}
		}
	}
	g.found = append(g.found, g.wide...)
	slices.Sort(g.found)
	return g.found
}

// holds reports whether a place lies in the circle, or hardly outside. The
// plane of degrees is a per mille wrong at most for circles smaller than a
// cell.
func (e *entry) holds(p geo.Position) bool {
	dy := p.Lat - e.lat
	dx := float64(geo.WrapLongitude(p.Lon-e.lon) * e.cos)
	return float64(dx*dx)+float64(dy*dy) <= float64(1.1*float64(e.radius*e.radius))
}

// cellOf gives row and column of the cell of a place, and how many columns go
// round the earth.
func cellOf(size float64, p geo.Position) (y, x, round int64) {
	return int64(math.Floor((p.Lat + 90) / size)), int64(math.Floor((p.Lon + 180) / size)), int64(math.Round(360 / size))
}

func key(level int, y, x, round int64) uint64 {
	x = (x%round + round) % round
	return uint64(level)<<60 | uint64(y)<<30 | uint64(x)
}

// scatter mixes the bits of a cell (the finaliser of splitmix64).
func scatter(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
