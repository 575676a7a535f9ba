package fuse

import (
	"math"
	"time"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/fuse/timeline"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// report is an observation as the tracker wants it.
type report struct {
	o      *obs.Observation
	seq    uint64
	t      int64 // when it holds, nanoseconds since 1970
	sensor sensor.ID
	number int32 // of the sensor in the timeline
	kind   sensor.Kind
	period time.Duration // of the sensor's scan
	doubt  bool          // t is the receive time, because the sensor's is in doubt
	placed bool          // it tells a place, or with isBearing a direction
	pos    geo.Position  // the measured place, or the origin of a bearing
	cov    obs.Cov2      // of the place
	scan   int32         // that it came in, of the step, from 1; 0: none
	look   int64         // the time of the look that it belongs to
	turn   int32         // how often its name or number was in that look before
	late   bool          // that is settled
	used   bool          // it is a track's
	astray bool          // it says a track's name where that cannot be

	isBearing bool
	plot      timeline.Plot
}

// placedAt makes the plot of a place that nobody measured.
func (t *Tracker) placedAt(r *report) {
	t.chart.start(r.pos)
	s := t.chart.spot(r.pos)
	r.plot.Measurement = measure.Place(s.x, s.y, s.cov(r.cov))
	rec := t.known(r.sensor, r.t).record
	t.says(r, &rec)
	r.look = slotOf(r.t)
}

const (
	noTime = math.MinInt64
	// Where neither the report nor the sensor's record tell an accuracy.
	fallbackSD = 50  // metres
	leastSD    = 1   // metres; nobody is better, whatever is claimed
	mostSD     = 1e6 // metres; worse is no place
)

// nanos gives nanoseconds since 1970, or noTime for the zero time and times
// beyond what 64 bits hold.
func nanos(t time.Time) int64 {
	sec := t.Unix()
	if sec < -9e9 || sec > 9e9 {
		return noTime
	}
	return sec*1e9 + int64(t.Nanosecond())
}

func wall(ns int64) time.Time { return time.Unix(0, ns).UTC() }

func seconds(ns int64) float64 { return float64(ns) / 1e9 }

// report prepares an observation.
func (t *Tracker) report(o *obs.Observation) report {
	r := report{o: o, seq: o.Seq, sensor: o.Sensor}
	r.t, r.doubt = t.timeOf(o)
	k := t.known(o.Sensor, r.t)
	rec := &k.record
	if !k.registered {
		t.stats.Strangers++
	}
	r.number, r.kind, r.period = k.number, rec.Kind, rec.ScanPeriod

	switch o.Measure {
	case obs.Place, obs.RangeBearing:
		r.pos, r.placed = o.Position, true
	case obs.BearingOnly:
		r.pos, r.isBearing = o.Origin, true
	case obs.NoPlace:
	}
	if (r.placed || r.isBearing) && !t.onChart(r.pos) {
		t.stats.BadPlace++
		r.placed, r.isBearing = false, false
	}
	switch {
	case r.isBearing:
		t.direction(&r, rec)
	case r.placed:
		t.place(&r, rec)
	}
	return r
}

// onChart reports whether a place is one that things can be followed at.
func (t *Tracker) onChart(p geo.Position) bool {
	return p.Valid() && finite(p.Lat) && finite(p.Lon) && t.chart.holds(p)
}

// place makes the plot of a report that tells a place.
func (t *Tracker) place(r *report, rec *sensor.Sensor) {
	o, p := r.o, &r.plot
	r.pos = r.pos.Normalize()
	t.chart.start(r.pos)
	r.cov = soundCov(o.Cov, or(rec.PositionSD, fallbackSD))
	at := t.chart.spot(r.pos)
	rangeSD, bearingSD := or(o.RangeSD, rec.RangeSD), or(o.BearingSD, rec.BearingSD)
	if o.Measure == obs.RangeBearing && t.onChart(o.Origin) && o.Range > 0 && o.Range < 1e6 && rangeSD > 0 && bearingSD > 0 && finite(o.Bearing) {
		t.polar(r, rec, rangeSD, min(bearingSD, 30))
	} else {
		p.Measurement = measure.Place(at.x, at.y, at.cov(r.cov))
	}
	if east, north, sd, ok := velocity(o, domainOf(o.Kind, rec.Kind)); ok {
		if rec.Kind == sensor.Neighbour {
			sd = foreignSpeedSD
		}
		x, y := at.vector(east, north)
		p.Velocity = measure.Velocity{X: x, Y: y, Var: float64(sd * sd)}
		t.unsure(r, x, y)
	}
	if o.Height.Known() && finite(o.Height.Metres) {
		p.Height, p.HeightSD = o.Height, o.HeightSD
	}
	t.says(r, rec)
}

// foreignSpeedSD is how sure another tracker is of a velocity, m/s: it has it of places.
const foreignSpeedSD = 5

// polar makes the plot of a range and bearing. Those of a sensor that may be badly
// set up stay what they are.
func (t *Tracker) polar(r *report, rec *sensor.Sensor, rangeSD, bearingSD float64) {
	const rad = math.Pi / 180
	o, p := r.o, &r.plot
	from := t.chart.spot(o.Origin)
	ground, groundSD := o.Range, rangeSD
	if o.Has&obs.HasElevation != 0 && math.Abs(o.Elevation) < 90 {
		// Nobody states how sure elevations are: taken for as sure as bearings.
		var rise, riseSD float64
		ground, groundSD, rise, riseSD = measure.Lift(o.Range, rangeSD, float64(o.Elevation*rad), float64(bearingSD*rad))
		if rec.Height.Known() {
			p.Height, p.HeightSD = rec.Height, riseSD
			p.Height.Metres += rise
		}
	}
	ground, groundSD = float64(ground*from.scale), max(float64(groundSD*from.scale), leastSD)
	bearing := float64(geo.WrapBearing(o.Bearing+from.north) * rad)
	p.Measurement = measure.Polar(from.x, from.y, ground, groundSD, bearing, float64(bearingSD*rad))
	if b := t.cfg.Bias[rec.Kind]; b.Any() {
		p.Measurement = measure.Measurement{
			Kind: measure.OfPolar, X: from.x, Y: from.y, Range: ground, RangeSD: groundSD, Bearing: bearing, BearingSD: float64(bearingSD * rad),
		}
	}
}

// direction makes the plot of a bearing.
func (t *Tracker) direction(r *report, rec *sensor.Sensor) {
	const rad = math.Pi / 180
	o := r.o
	if !finite(o.Bearing) {
		t.stats.BadPlace++
		r.isBearing = false
		return
	}
	t.chart.start(r.pos)
	from := t.chart.spot(r.pos)
	sd := min(max(or(o.BearingSD, rec.BearingSD, 1), 0.01), 60)
	r.plot.Measurement = measure.Bearing(from.x, from.y, float64(geo.WrapBearing(o.Bearing+from.north)*rad), float64(sd*rad))
	t.says(r, rec)
}

// says takes over what a report says besides where it saw something.
func (t *Tracker) says(r *report, rec *sensor.Sensor) {
	o, p := r.o, &r.plot
	p.Ref = reference(o.Seq, o.Source.Proven)
	p.Domain = movesAs(o.Kind, domainOf(o.Kind, rec.Kind))
	for _, c := range o.Claims { // ordered by strength
		if c.Kind > 0 && c.Kind <= obs.SystemID && c.Value != "" {
			p.Claim = t.spoken.claim(nameOf(c, o.Sensor))
			break
		}
	}
	switch rec.Kind {
	case sensor.Person:
		p.Told, p.Credence = true, o.Source.Grade.Credence()
	case sensor.MarineRadar:
		p.Credence = plotted
	case sensor.AISReceiver, sensor.ADSBReceiver, sensor.Radar, sensor.Drone, sensor.Camera, sensor.Neighbour:
	}
	if n := r.target(); n.kind != 0 && rec.Kind != sensor.Person {
		p.Number = digest(string(n.scope), n.value)
	}
}

// plotted is how likely a target exists that somebody at a radar had plotted (IEC
// 62388 asks of him or the radar several turns before).
const plotted = 0.5

// unsure widens a place by how far the thing goes in the time by which the
// report's may be wrong.
func (t *Tracker) unsure(r *report, x, y float64) {
	sd := timeSD(r.o.Clock, r.doubt)
	if sd == 0 || r.plot.Kind != measure.OfPlace {
		return
	}
	v, c := float64(sd*sd), &r.plot.Cov
	c.EE += float64(v * float64(x*x))
	c.NN += float64(v * float64(y*y))
	c.EN += float64(v * float64(x*y))
}

// reference is an observation as the timeline knows it.
func reference(seq uint64, proven bool) uint64 {
	if proven {
		return seq<<1 | 1
	}
	return seq << 1
}

// timeOf tells when an observation holds: by the sensor's clock, or by ours
// where that one is in doubt or runs ahead.
func (t *Tracker) timeOf(o *obs.Observation) (at int64, doubt bool) {
	at, received := nanos(o.Time), nanos(o.Received)
	if received == noTime || received > t.now+int64(t.cfg.Ahead) {
		received = t.now
	}
	switch {
	case o.Clock == obs.ClockDoubt:
		t.stats.Doubted++
		return received, true
	case at == noTime || o.Clock == obs.ClockNone:
		return received, true
	case at > t.now+int64(t.cfg.Ahead):
		t.stats.Ahead++
		return received, true
	}
	return at, false
}

// timeSD is the standard deviation of a report's time, in seconds: what moves
// is that much less certain along its way.
func timeSD(c obs.Clock, doubt bool) float64 {
	if doubt && c != obs.ClockNone {
		return 2
	}
	switch c {
	case obs.ClockNone:
		return 0.3 // from the antenna to us
	case obs.ClockCoarse:
		return 0.5 // whole seconds, or what was missing was filled in
	case obs.ClockStated:
		return 0.2
	case obs.ClockGNSS, obs.ClockDoubt:
	}
	return 0
}

// within brings a time of our own into the picture's.
func (t *Tracker) within(ns int64) int64 {
	if ns == noTime || ns > t.now {
		return t.now
	}
	return ns
}

func or(vs ...float64) float64 {
	for _, v := range vs {
		if v > 0 && finite(v) {
			return v
		}
	}
	return 0
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// soundCov replaces a covariance that is none by a round one, and keeps it
// between a metre and a thousand kilometres, and from being a mere line.
func soundCov(c obs.Cov2, sd float64) obs.Cov2 {
	if !(c.EE > 0 && c.NN > 0 && kalman.Det(c) > 0 && finite(c.EE) && finite(c.NN)) {
		return obs.Round(min(max(sd, leastSD), mostSD))
	}
	c.EE = min(max(c.EE, leastSD*leastSD), mostSD*mostSD)
	c.NN = min(max(c.NN, leastSD*leastSD), mostSD*mostSD)
	most := float64(0.9999 * math.Sqrt(c.EE*c.NN))
	c.EN = min(max(c.EN, -most), most)
	return c
}

// velocity reads speed and course. Reported velocities are smoothed by the
// sender and lag in turns: 1 m/s for what is slow, 2 m/s for what flies.
func velocity(o *obs.Observation, d track.Domain) (east, north, sd float64, ok bool) {
	const both = obs.HasSpeed | obs.HasCourse
	if o.Has&both != both || !finite(o.Speed) || !finite(o.Course) || o.Speed < 0 || o.Speed > 1500 {
		return 0, 0, 0, false
	}
	s, c := fmath.SincosDegrees(o.Course)
	sd = 1
	if d == track.Air {
		sd = 2
	}
	return float64(o.Speed * s), float64(o.Speed * c), sd, true
}

// strong reports whether the observation names its source by something that
// one thing in the world has.
func (r *report) strong() bool {
	for i := range r.o.Claims {
		if r.o.Claims[i].Kind <= obs.SystemID && r.o.Claims[i].Kind > 0 {
			return true
		}
	}
	return false
}

// target is the sensor's own number for what it sees, as a name; zero where
// it gives none.
func (r *report) target() name {
	if v, ok := r.o.Claimed(obs.RadarTarget); ok {
		return name{obs.RadarTarget, r.o.Sensor, v}
	}
	return name{}
}
