package fuse

import (
	"math"

	"atalaya/fuse/grid"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/track"
)

// Bearings: an extended Kalman update of the one track that a bearing fits. A
// bearing that fits several, or none, is counted and changes nothing; it never
// starts a track.

const (
	bearingGate = 6.63 // 99 % of one degree of freedom
	// A bearing is taken for tracks so far from its origin, in metres; nearer
	// than the least it says nothing.
	farthestBearing = 50e3
	nearestBearing  = 10
)

func (t *Tracker) bearing(r *report) {
	var only *live
	for _, l := range t.tracks {
		if l.Status == track.Ended || l.Status == track.Tentative || !l.mayBe(r) || apart(l.State.Position, r.pos) {
			continue
		}
		e, ok := l.expect(t.timeFor(l, r))
		if !ok {
			continue
		}
		y, _, _, s, ok := e.bearingResidual(&r.measure)
		if !ok || float64(y*y) > float64(bearingGate*s) {
			continue
		}
		if only != nil {
			t.stats.Bearings++
			return
		}
		only = l
	}
	if only == nil {
		t.stats.Bearings++
		return
	}
	t.sharpen(only, r)
}

// apart is a cheap test that two places are farther apart than bearings reach.
func apart(a, b geo.Position) bool {
	return math.Abs(a.Lat-b.Lat) > farthestBearing/grid.Degree
}

// sharpen updates a track with a bearing, if it lies in the gate.
func (t *Tracker) sharpen(l *live, r *report) {
	at := t.timeFor(l, r)
	e, ok := l.expect(at)
	if !ok {
		t.evidence(l, r)
		return
	}
	y, _, _, s, ok := e.bearingResidual(&r.measure)
	if !ok || float64(y*y) > float64(bearingGate*s) {
		t.stats.Bearings++
		t.enrich(l, r)
		return
	}
	t.update(l, &e, r, at, 1, nil)
}

// bearingResidual gives the innovation of a bearing in radians, its gradient
// by the place (1/m) and its variance.
func (e *expect) bearingResidual(m *measure) (y, he, hn, s float64, ok bool) {
	oe, on := e.plane.XY(m.pos)
	de, dn := e.X[0]-oe, e.X[1]-on
	r2 := float64(de*de) + float64(dn*dn)
	if r2 < nearestBearing*nearestBearing || r2 > farthestBearing*farthestBearing {
		return 0, 0, 0, 0, false
	}
	seen := m.bearing + e.plane.Convergence(m.pos)
	y = float64(geo.WrapLongitude(seen-fmath.Atan2Degrees(de, dn)) * (math.Pi / 180))
	he, hn = dn/r2, -de/r2
	s = float64(m.bearingVar*degree2) +
		float64(float64(he*he)*e.P[0][0]) + float64(float64(hn*hn)*e.P[1][1]) + float64(2*float64(float64(he*hn)*e.P[0][1]))
	return y, he, hn, s, true
}

// degree2 is a square degree in square radians.
const degree2 = math.Pi / 180 * math.Pi / 180

// newBearings is how many bearings of nobody a look brings, per radian.
const newBearings = 1

// fitBearing applies a bearing; see fit.
func (e *expect) fitBearing(m *measure) (d2, lik float64) {
	y, he, hn, s, ok := e.bearingResidual(m)
	if !ok {
		return math.Inf(1), 0
	}
	e.UpdateScalar(y, he, hn, s, float64(m.bearingVar*degree2))
	d2 = float64(y*y) / s
	return d2, fmath.Exp(-d2/2) / math.Sqrt(float64(2*math.Pi*s))
}
