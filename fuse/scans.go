package fuse

import (
	"math"

	"atalaya/fuse/grid"
	"atalaya/fuse/kalman"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/sensor"
	"atalaya/track"
)

// scanned lowers the existence of the tracks that a scan should have shown and
// did not. What the scan's region did not surely contain, what its sensor may
// not see there, and what the sensor saw half a turn ago is no miss.
func (t *Tracker) scanned(s *track.Scan) {
	t.stats.Scans++
	start, end := t.within(nanos(s.Start)), t.within(nanos(s.End))
	rec, ok := t.sensors.At(string(s.Sensor), wall(end))
	if !ok || !rec.Kind.Looks() {
		return
	}
	region := newRegion(s, &rec)
	if !region.known {
		return
	}
	for _, l := range t.tracks {
		if l.Status == track.Ended || l.Born.After(wall(start)) || l.told() || region.surelyOutside(l, end) {
			continue
		}
		if seen := l.lastFrom(s.Sensor); seen != noTime && seen >= start-int64(rec.ScanPeriod)/2 {
			continue
		}
		e, ok := l.expect(max(end, l.at))
		if !ok {
			continue
		}
		p := e.plane.Position(e.X[0], e.X[1])
		if !region.contains(p, kalman.Spread(&e.P)) {
			continue
		}
		pd, known := rec.Detection, rec.Detection > 0 && rec.Detection <= 1
		if t.cfg.Visible != nil {
			pd, known = t.cfg.Visible(s.Sensor, p, l.State.Height, wall(end))
		}
		if !known || !(pd > 0) {
			continue
		}
		t.stats.Misses++
		l.miss(min(pd, 0.999), s.Sensor, end)
		if l.Existence < t.cfg.DropBelow && !l.named() {
			t.kill(l, end)
		}
	}
}

// region is where a scan looked.
type region struct {
	known     bool
	footprint geo.Polygon
	origin    geo.Position
	plane     geo.Plane
	from, to  float64 // degrees; equal: all round
	metres    float64
}

func newRegion(s *track.Scan, rec *sensor.Sensor) region {
	if len(s.Footprint) > 0 {
		return region{known: true, footprint: s.Footprint}
	}
	r := region{origin: s.Platform, from: geo.WrapBearing(s.From), to: geo.WrapBearing(s.To)}
	if r.origin == (geo.Position{}) || !r.origin.Valid() {
		r.origin = rec.Position
	}
	r.metres = or(s.MaxRange, rec.MaxRange)
	r.known = r.origin.Valid() && r.metres > 0
	r.plane = geo.NewPlane(r.origin)
	return r
}

// surelyOutside is a cheap test before the track is predicted.
func (r *region) surelyOutside(l *live, end int64) bool {
	if r.footprint != nil {
		return false
	}
	travel := float64(math.Abs(l.State.North) * seconds(max(end-l.at, 0)))
	return math.Abs(l.State.Position.Lat-r.origin.Lat)*grid.Degree > r.metres+travel
}

// contains reports whether a place with a standard deviation lies surely (two
// deviations) inside.
func (r *region) contains(p geo.Position, sd float64) bool {
	if r.footprint != nil {
		return -r.footprint.Distance(p) >= 2*sd
	}
	e, n := r.plane.XY(p)
	d := math.Sqrt(float64(e*e) + float64(n*n))
	if d+2*sd > r.metres || d < 2*sd {
		return false
	}
	if r.from == r.to {
		return true
	}
	margin := float64(2 * sd / d * (180 / math.Pi))
	width := geo.WrapBearing(r.to - r.from)
	off := geo.WrapBearing(fmath.Atan2Degrees(e, n) - r.from)
	return off >= margin && off <= width-margin
}
