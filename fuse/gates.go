package fuse

import (
	"math"

	"atalaya/fuse/grid"
	"atalaya/fuse/kalman"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/track"
)

// gates finds the tracks in whose gate a place may lie.
type gates struct {
	grid  grid.Grid
	all   []int32
	reach float64 // metres: the largest error of a plot that is counted with
	ahead int64   // the plots are not older than so long before the step
}

// Plots and tracks with larger errors, in metres, are compared with all tracks.
const maxReach = 2000.0

// openGates enters all tracks, for the plots of this step.
func (t *Tracker) openGates() {
	g := &t.gates
	g.grid.Reset(len(t.tracks))
	g.reach, g.ahead = 30, 0
	for i := range t.plots {
		sd := math.Sqrt(max(0, kalman.Largest(t.plots[i].cov)))
		if sd <= maxReach {
			g.reach = max(g.reach, sd)
		}
		g.ahead = max(g.ahead, min(t.now-t.plots[i].t, 60e9))
	}
	t.gatesOpen = true
	for i := range t.tracks {
		t.openGate(i)
	}
}

// openGate enters one track: a circle of twice its gate, because tracks move
// within their gates during a step.
func (t *Tracker) openGate(i int) {
	l := t.tracks[i]
	if l.Status == track.Ended || !t.gatesOpen {
		return
	}
	g := &t.gates
	s := &l.State
	dt := seconds(min(max(t.now-l.at, 0), longest*1e9))
	_, cos := fmath.SincosDegrees(s.Position.Lat)
	p := geo.Position{
		Lat: s.Position.Lat + float64(s.North*dt)/grid.Degree,
		Lon: geo.WrapLongitude(s.Position.Lon + float64(s.East*dt)/float64(grid.Degree*max(cos, 1e-3))),
	}
	m := kalman.Estimate{P: s.Cov}
	m.Predict(dt, l.move.Noise)
	sd := math.Sqrt(square(kalman.Spread(&m.P)) + square(g.reach))
	speed := math.Sqrt(square(s.East) + square(s.North))
	g.grid.Add(i, p, float64(2*float64(math.Sqrt(t.cfg.PlotGate)*sd))+float64(speed*seconds(g.ahead)))
}

// near gives the indices of the tracks in whose gate the place may lie, in
// order. The answer is valid until the next call.
func (t *Tracker) near(p geo.Position, sd float64) []int32 {
	g := &t.gates
	if sd <= maxReach && math.Abs(p.Lat) < 88 {
		return g.grid.Near(p)
	}
	g.all = g.all[:0]
	for i := range t.tracks {
		g.all = append(g.all, int32(i))
	}
	return g.all
}
