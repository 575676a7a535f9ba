package fuse

import (
	"math"
	"slices"

	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/track"
)

// grid finds the tracks in whose gate a place may lie. Tracks are hashed into
// square cells of degrees, in the level whose cells are as large as the
// track's gate, so that looking into the nine cells round a place is enough.
// What is too uncertain for the largest cells, or too near a pole, is in wide.
type grid struct {
	head    []int32 // by hash of cell: first entry, or -1
	entries []entry
	used    [len(cellSizes)]bool // levels with entries
	wide    []int32
	found   []int32 // answer of the last search
	reach   float64 // metres: the largest error of a plot that is counted with
	ahead   int64   // the plots are not older than so long before the step
}

// entry is one track in the grid.
type entry struct {
	next     int32 // in the chain of the same hash, or -1
	index    int32 // of the track
	cell     uint64
	lat, lon float64
	cos      float64 // of the latitude
	radius   float64 // in degrees of latitude
}

// Degrees; each divides 360.
//
//nolint:gochecknoglobals // constant table
var cellSizes = [...]float64{0.01, 0.03, 0.1, 0.3, 1, 3}

const (
	degree = 110.5e3 // metres: no degree of latitude is shorter
	// Plots with larger errors search all tracks.
	maxReach = 2000.0
)

// build enters all tracks.
func (g *grid) build(t *Tracker) {
	size := 64
	for size < 2*len(t.tracks) {
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
	g.reach, g.ahead = 30, 0
	for i := range t.plots {
		sd := math.Sqrt(max(0, largest(t.plots[i].cov)))
		if sd <= maxReach {
			g.reach = max(g.reach, sd)
		}
		g.ahead = max(g.ahead, min(t.now-t.plots[i].t, 60e9))
	}
	for i, l := range t.tracks {
		g.add(i, l, t)
	}
	t.gridOK = true
}

// add enters one track.
func (g *grid) add(i int, l *live, t *Tracker) {
	if l.Status == track.Ended {
		return
	}
	dt := seconds(min(max(t.now-l.at, 0), longest*1e9))
	_, cos := fmath.SincosDegrees(l.State.Position.Lat)
	lat := l.State.Position.Lat + float64(l.State.North*dt)/degree
	lon := l.State.Position.Lon + float64(l.State.East*dt)/float64(degree*max(cos, 1e-3))

	var m estimate
	m.p = l.State.Cov
	m.predict(dt, l.move.Noise)
	sd := math.Sqrt(float64(square(spread(&m.p))) + float64(g.reach*g.reach))
	speed := math.Sqrt(float64(l.State.East*l.State.East) + float64(l.State.North*l.State.North))
	// Twice the gate, because tracks move within their gates during a step.
	radius := float64(2*float64(math.Sqrt(t.cfg.PlotGate)*sd)) + float64(speed*seconds(g.ahead))
	e := entry{index: int32(i), lat: lat, lon: lon, cos: cos, radius: radius / degree}
	for level, size := range cellSizes {
		if float64(1.05*e.radius) <= float64(size*cos) && math.Abs(lat) < 89 {
			y, x, round := cellOf(size, lat, lon)
			e.cell = cellKey(level, y, x, round)
			g.used[level] = true
			g.enter(e)
			return
		}
	}
	g.wide = append(g.wide, int32(i))
}

func (g *grid) enter(e entry) {
	h := scatter(e.cell) & uint64(len(g.head)-1)
	e.next = g.head[h]
	g.head[h] = int32(len(g.entries))
	g.entries = append(g.entries, e)
}

// near gives the indices of the tracks in whose gate the place may lie, in
// order. The answer is valid until the next call.
func (g *grid) near(t *Tracker, lat, lon, sd float64) []int32 {
	g.found = g.found[:0]
	if !(sd <= maxReach) || math.Abs(lat) >= 88 {
		for i := range t.tracks {
			g.found = append(g.found, int32(i))
		}
		return g.found
	}
	for level, size := range cellSizes {
		if !g.used[level] {
			continue
		}
		y, x, round := cellOf(size, lat, lon)
		for dy := int64(-1); dy <= 1; dy++ {
			for dx := int64(-1); dx <= 1; dx++ {
				cell := cellKey(level, y+dy, x+dx, round)
				for i := g.head[scatter(cell)&uint64(len(g.head)-1)]; i >= 0; i = g.entries[i].next {
					if e := &g.entries[i]; e.cell == cell && e.holds(lat, lon) {
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

// holds reports whether a place may lie in the entry's circle. The plane of
// degrees is a per mille wrong at most for circles smaller than a cell.
func (e *entry) holds(lat, lon float64) bool {
	dy := lat - e.lat
	dx := float64(geo.WrapLongitude(lon-e.lon) * e.cos)
	return float64(dx*dx)+float64(dy*dy) <= float64(1.1*float64(e.radius*e.radius))
}

// cellOf gives row and column of the cell of a place, and how many columns go
// round the earth.
func cellOf(size, lat, lon float64) (y, x, round int64) {
	return int64(math.Floor((lat + 90) / size)), int64(math.Floor((lon + 180) / size)), int64(math.Round(360 / size))
}

func cellKey(level int, y, x, round int64) uint64 {
	x = (x + round) % round
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
