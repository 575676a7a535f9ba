package fuse

import (
	"cmp"
	"slices"

	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/sensor"
	"atalaya/track"
)

// Looks. The timeline takes what a sensor saw at one time.
//
//  1. A scan is a look: of its end, at where it looked. Its plots keep their own
//     times within it.
//  2. Reports that come alone are looks of a tenth of a second by the sensor's
//     own time. They are of what they show, and their silence says nothing. A look
//     shows a thing once: what the same name or number says again in that time, as
//     a line does that was held up, is a look of its own.
//  3. Only a look that may miss something says where it looked: a scan of a
//     sensor that sees (sensor.Kind.Looks), whose place, range and probability of
//     detection are known.

// slot is how much time reports share a look for, ns.
const slot = int64(100e6)

func slotOf(at int64) int64 { return at - (at%slot+slot)%slot }

// batch is one look of a step.
type batch struct {
	time     int64
	number   int32 // of the sensor
	scan     int32 // of t.scans, from 1; 0: none
	turn     int32 // which of the looks of that time
	from, to int   // of t.order
}

// listener is a sensor as the timeline knows it.
type listener struct {
	number     int32
	record     sensor.Sensor // in force
	registered bool
}

// known gives a sensor as it was registered at a time.
func (t *Tracker) known(id sensor.ID, at int64) *listener {
	k := t.listeners[id]
	rec, ok := t.sensors.At(string(id), wall(at))
	if k == nil {
		k = &listener{number: t.line.AddSensor(t.listens(&rec))}
		t.listeners[id] = k
		t.sensorIDs = append(t.sensorIDs, id)
	} else if k.registered != ok || k.record.Valid.Number != rec.Valid.Number {
		t.line.SetSensor(k.number, t.listens(&rec))
	}
	k.record, k.registered = rec, ok
	return k
}

// listens tells the timeline what a sensor is. One that nobody registered is
// believed what it says, and its silence says nothing.
func (t *Tracker) listens(rec *sensor.Sensor) timeline.Sensor {
	s := timeline.Sensor{Period: rec.ScanPeriod, Reach: max(rec.MaxRange, 0), Bias: t.cfg.Bias[rec.Kind]}
	if rec.Detection > 0 && rec.Detection < 1 {
		s.Seen = rec.Detection
	}
	switch rec.Kind {
	case sensor.Radar, sensor.MarineRadar, sensor.Camera:
	case sensor.Neighbour:
		s.Foreign = true
	default:
		s.Cooperative = true
	}
	return s
}

// look gives the timeline what came in this step, in order of time.
func (t *Tracker) look() {
	t.order, t.batches = t.order[:0], t.batches[:0]
	for i := range t.reports {
		if r := &t.reports[i]; r.placed || r.isBearing {
			t.order = append(t.order, int32(i)) //nolint:gosec // fewer than 2^31
		}
	}
	t.inOrder()
	if t.turns() {
		t.inOrder()
	}
	for i, at := range t.order {
		r := &t.reports[at]
		b := batch{time: r.look, number: r.number, scan: r.scan, turn: r.turn, from: i, to: i + 1}
		if n := len(t.batches) - 1; n >= 0 && t.batches[n].of(&b) {
			t.batches[n].to++
			continue
		}
		t.batches = append(t.batches, b)
		if b.scan > 0 {
			t.scans[b.scan-1].shows = true
		}
	}
	for i := range t.scans {
		if s := &t.scans[i]; !s.shows {
			t.batches = append(t.batches, batch{time: s.end, number: s.by.number, scan: int32(i) + 1}) //nolint:gosec // fewer than 2^31
		}
	}
	slices.SortStableFunc(t.batches, func(a, b batch) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.number, b.number), cmp.Compare(a.scan, b.scan))
	})
	for i := range t.batches {
		t.take(&t.batches[i])
	}
}

func (b *batch) of(o *batch) bool {
	return b.time == o.time && b.number == o.number && b.scan == o.scan && b.turn == o.turn
}

// inOrder sorts the reports by look.
func (t *Tracker) inOrder() {
	slices.SortFunc(t.order, func(a, b int32) int {
		x, y := &t.reports[a], &t.reports[b]
		return cmp.Or(cmp.Compare(x.look, y.look), cmp.Compare(x.number, y.number), cmp.Compare(x.scan, y.scan), cmp.Compare(x.turn, y.turn), cmp.Compare(x.seq, y.seq), cmp.Compare(a, b))
	})
}

// turns finds the reports that came alone and say a name or number again that is in
// their look, and tells whether there are any.
func (t *Tracker) turns() (any bool) {
	var in *report // the first of the look
	for _, at := range t.order {
		r := &t.reports[at]
		if in == nil || in.look != r.look || in.number != r.number {
			in = r
			clear(t.turn)
		}
		if is := cmp.Or(r.plot.Claim, r.plot.Number); is != 0 && r.scan == 0 {
			r.turn = t.turn[is]
			t.turn[is]++
			any = any || r.turn > 0
		}
	}
	return any
}

// take gives the timeline one look.
func (t *Tracker) take(b *batch) {
	l := timeline.Look{Sensor: b.number, Time: b.time, Mute: true, Plots: t.plots[:0]}
	if b.scan > 0 {
		t.sees(&l, &t.scans[b.scan-1])
	}
	settled := b.time < t.newest-int64(t.cfg.Lag)
	for _, at := range t.order[b.from:b.to] {
		r := &t.reports[at]
		r.plot.After, r.late = seconds(r.t-b.time), settled
		l.Plots = append(l.Plots, r.plot)
	}
	t.plots = l.Plots
	t.newest = max(t.newest, b.time)
	_ = t.line.Take(&l) // what comes too late for anything is left to leftovers
}

// leftovers keeps what came later than the lag and corrected no track: it says who
// a track is, but moves nothing.
func (t *Tracker) leftovers() {
	for i := range t.reports {
		if r := &t.reports[i]; r.late && !r.used {
			t.evidence(r)
		}
	}
}

// scanned is a scan of the step.
type scanned struct {
	*track.Scan
	end   int64
	by    *listener
	shows bool // it has plots
}

// scan notes a scan and its plots.
func (t *Tracker) scan(s *track.Scan) {
	t.stats.Scans++
	end := t.within(nanos(s.End))
	t.scans = append(t.scans, scanned{Scan: s, end: end, by: t.known(s.Sensor, end)})
	n := int32(len(t.scans)) //nolint:gosec // fewer than 2^31
	for k := range s.Observations {
		if r := t.observe(&s.Observations[k]); r != nil && r.number == t.scans[n-1].by.number {
			r.scan, r.look = n, end
		}
	}
}

// sees tells where a scan looked, if that is known.
func (t *Tracker) sees(l *timeline.Look, s *scanned) {
	rec := &s.by.record
	if !s.by.registered || !rec.Kind.Looks() {
		return
	}
	if l.Region = t.region(s, rec); l.Region == nil {
		return
	}
	var visible Sight
	if t.cfg.Visible != nil {
		visible = t.cfg.Visible(s.Sensor, rec.Valid.Number)
	}
	if visible == nil {
		l.Mute = !(rec.Detection > 0 && rec.Detection <= 1)
		return
	}
	l.Mute = false
	l.Sight = func(x, y float64, h geo.Height) (float64, bool) {
		seen, known := visible(t.chart.plane.Position(x, y), h)
		return min(max(seen, 0), mostSeen), known
	}
}

// mostSeen: nothing is seen for sure.
const mostSeen = 0.999

// region is where a scan looked, or nil.
func (t *Tracker) region(s *scanned, rec *sensor.Sensor) timeline.Region {
	if len(s.Footprint) > 0 {
		return t.footprint(s.Footprint)
	}
	origin := s.Platform
	if origin == (geo.Position{}) || !origin.Valid() {
		origin = rec.Position
	}
	reach := or(s.MaxRange, rec.MaxRange)
	if origin == (geo.Position{}) || !t.onChart(origin) || reach == 0 {
		return nil
	}
	t.chart.start(origin)
	at := t.chart.spot(origin)
	r := timeline.Sector{X: at.x, Y: at.y, Width: 360, Reach: float64(reach * at.scale)}
	from, to := geo.WrapBearing(s.From), geo.WrapBearing(s.To)
	if from == to && !rec.Moving { // the scan does not say it; what moves turns its sector
		from, to = geo.WrapBearing(rec.SectorFrom), geo.WrapBearing(rec.SectorTo)
	}
	if from != to && finite(from) && finite(to) {
		r.From, r.Width = geo.WrapBearing(from+at.north), geo.WrapBearing(to-from)
	}
	return r
}

// footprint is a polygon on the chart: its outer ring.
func (t *Tracker) footprint(f geo.Polygon) timeline.Region {
	var p timeline.Polygon
	for _, c := range f[0] {
		if !t.onChart(c) {
			return nil
		}
		t.chart.start(c)
		x, y := t.chart.plane.XY(c)
		p = append(p, [2]float64{x, y})
	}
	if len(p) < 3 {
		return nil
	}
	return p
}
