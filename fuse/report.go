package fuse

import (
	"math"
	"time"

	"atalaya/fuse/kalman"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// report is an observation as the filter wants it.
type report struct {
	o      *obs.Observation
	t      int64 // when it holds, nanoseconds since 1970
	look   int   // which scan of the step it came in, from 1; 0: none
	kind   sensor.Kind
	period time.Duration // of the sensor's scan
	pd     float64       // the sensor's detection probability, where stated
	doubt  bool          // t is the receive time, because the sensor's is in doubt
	placed bool
	measure
}

// measure is the part of a report that is filtered again when the past is
// rewritten.
type measure struct {
	seq    uint64
	sensor sensor.ID
	pos    geo.Position // of the measured place, or the origin of a bearing
	cov    obs.Cov2
	timeSD float64 // seconds that the report's time may be wrong by

	vel    bool
	ve, vn float64
	vv     float64 // variance of either

	isBearing  bool
	bearing    float64 // degrees
	bearingVar float64 // degrees squared
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

// report prepares an observation for the filter.
func (t *Tracker) report(o *obs.Observation, look int) report {
	r := report{o: o, look: look}
	r.t, r.doubt = t.timeOf(o)
	s, ok := t.sensors.At(string(o.Sensor), wall(r.t))
	if !ok {
		t.stats.Strangers++
	}
	r.kind, r.period, r.pd = s.Kind, s.ScanPeriod, s.Detection
	r.seq, r.sensor, r.timeSD = o.Seq, o.Sensor, timeSD(o.Clock, r.doubt)

	switch o.Measure {
	case obs.Place:
		r.pos, r.cov = o.Position, o.Cov
		r.placed = true
	case obs.RangeBearing:
		r.placed = true
		rangeSD, bearingSD := or(o.RangeSD, s.RangeSD), or(o.BearingSD, s.BearingSD)
		if o.Origin.Valid() && o.Range > 0 && o.Range < 1e6 && rangeSD > 0 && bearingSD > 0 {
			r.pos, r.cov = polar(o, rangeSD, bearingSD)
		} else {
			r.pos, r.cov = o.Position, o.Cov
		}
	case obs.BearingOnly:
		r.pos = o.Origin
		r.isBearing, r.bearing = true, geo.WrapBearing(o.Bearing)
		sd := min(max(or(o.BearingSD, s.BearingSD, 1), 0.01), 180)
		r.bearingVar = float64(sd * sd)
		if !r.pos.Valid() || !finite(r.bearing) {
			t.stats.BadPlace++
			r.isBearing = false
		}
	case obs.NoPlace:
	}
	if r.placed && !(r.pos.Valid() && finite(r.pos.Lat) && finite(r.pos.Lon)) {
		t.stats.BadPlace++
		r.placed = false
	}
	if r.placed {
		r.pos = r.pos.Normalize()
		r.cov = soundCov(r.cov, or(s.PositionSD, fallbackSD))
		r.velocityOf(domainOf(o.Kind, s.Kind))
	}
	return r
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

// velocityOf reads speed and course. Reported velocities are smoothed by the
// sender and lag in turns: 1 m/s for what is slow, 2 m/s for what flies.
func (r *report) velocityOf(d track.Domain) {
	o := r.o
	const both = obs.HasSpeed | obs.HasCourse
	if o.Has&both != both || !finite(o.Speed) || !finite(o.Course) || o.Speed < 0 || o.Speed > 1500 {
		return
	}
	s, c := fmath.SincosDegrees(o.Course)
	r.vel, r.ve, r.vn, r.vv = true, float64(o.Speed*s), float64(o.Speed*c), 1
	if d == track.Air {
		r.vv = 4
	}
}

// polar converts range and bearing to a place without bias, and gives its
// covariance conditioned on the measurement: Longbin Mo, Xiaoquan Song, Yiyu
// Zhou, Zhong Kang Sun, Y. Bar-Shalom, Unbiased converted measurements for
// tracking, IEEE Trans. AES 34(3), 1998, equations 10 to 13. Averaging over
// the bearing's error draws the mean towards the radar by exp(-sd^2/2), which
// the conversion takes back.
func polar(o *obs.Observation, rangeSD, bearingSD float64) (geo.Position, obs.Cov2) {
	ground := o.Range
	if o.Has&obs.HasElevation != 0 && math.Abs(o.Elevation) < 90 {
		_, c := fmath.SincosDegrees(o.Elevation)
		ground = float64(ground * c)
	}
	sd := float64(min(bearingSD, 30) * (math.Pi / 180))
	lam := fmath.Exp(-float64(sd*sd) / 2)
	pos, bearing := geo.Direct(o.Origin, o.Bearing, ground/lam)

	sin, cos := fmath.SincosDegrees(2 * bearing)
	lam2 := float64(lam * lam)
	lam4 := float64(lam2 * lam2)
	r2 := float64(ground * ground)
	s2 := r2 + float64(rangeSD*rangeSD)
	k := float64((1/lam2 - 2) * r2)
	// With a bearing from north, 2x the angle from east is 180 degrees minus
	// 2x the bearing: the cosine changes its sign, the sine does not.
	return pos, obs.Cov2{
		EE: (float64(k*(1-cos)) + float64(s2*(1-float64(lam4*cos)))) / 2,
		NN: (float64(k*(1+cos)) + float64(s2*(1+float64(lam4*cos)))) / 2,
		EN: (float64(k*sin) + float64(s2*float64(lam4*sin))) / 2,
	}
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
