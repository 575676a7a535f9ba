package format

import (
	"crypto/sha256"
	"time"

	"atalaya/codec"
	"atalaya/codec/nmea"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// Errors of a marine radar of which nothing is stated.
const (
	marineRangeSD   = 30.0 // m
	marineBearingSD = 0.5  // degrees
	marinePlaceSD   = 50.0 // m, of a TLL position
)

// marine turns a marine radar's own tracked targets into observations, from
// where the radar says that it is (RMC, GGA) or, where it says nothing, from
// where it is registered.
type marine struct {
	st      Station
	dec     *nmea.Decoder
	place   geo.Position
	placed  time.Time // when place was heard; zero: never
	heading float64
	headed  time.Time
	clock   pulse
}

func newNMEA(st Station) *marine { return &marine{st: st, dec: nmea.New(nmea.Config{})} }

// fresh is how long an own position or heading counts.
const fresh = 10 * time.Second

// Decode implements feed.Decoder.
func (r *marine) Decode(c feed.Chunk, out *feed.Out) {
	for m, err := range r.dec.Decode(lines(c), c.Received) {
		r.take(&m, err, out)
	}
}

// Flush implements feed.Decoder.
func (r *marine) Flush(received time.Time, out *feed.Out) {
	for m, err := range r.dec.Flush(received) {
		r.take(&m, err, out)
	}
}

func (r *marine) take(m *nmea.Message, err error, out *feed.Out) {
	if err != nil {
		out.Bad(err)
		return
	}
	out.Good()
	if out.Watched() {
		shown := *m
		out.Show(m.Raw, sha256.Sum256(m.Raw), &shown)
		out.Skip(sensor.OfTheSensor)
	}
	s := r.st.Sensor(m.Received)
	switch d := m.Data.(type) {
	case *nmea.RMC:
		r.own(d.Position, m.Received)
	case *nmea.GGA:
		r.own(d.Position, m.Received)
	case *nmea.GLL:
		r.own(d.Position, m.Received)
	case *nmea.HDT:
		r.head(d.Heading, m.Received)
	case *nmea.THS:
		r.head(d.Heading, m.Received)
	case *nmea.OSD:
		r.head(d.Heading, m.Received)
	case *nmea.TTM:
		if o, ok := r.polar(d, m, &s); ok {
			out.Emit(observation(o))
		} else if d.Status == nmea.Lost {
			out.Skip(sensor.NotMeasured)
		} else {
			out.Skip(sensor.NoReference)
		}
	case *nmea.TLL:
		p, ok := d.Position.Get()
		if !ok || d.Status == nmea.Lost {
			out.Skip(sensor.NotMeasured)
			return
		}
		o := r.target(m, &s, d.Target, d.Name, d.Clock)
		o.Measure, o.Position, o.Cov = obs.Place, p, obs.Round(atLeast(s.PositionSD, marinePlaceSD))
		out.Emit(observation(o))
	}
}

func (r *marine) own(p codec.Opt[geo.Position], at time.Time) {
	if v, ok := p.Get(); ok && v.Valid() {
		r.place, r.placed = v, at
	}
}

func (r *marine) head(h codec.Opt[float64], at time.Time) {
	if v, ok := h.Get(); ok {
		r.heading, r.headed = v, at
	}
}

// target begins an observation of one of the radar's targets.
func (r *marine) target(m *nmea.Message, s *sensor.Sensor, number codec.Opt[int], name string, clock codec.Opt[time.Duration]) obs.Observation {
	o := r.st.begin(s, m.Received, m.Raw)
	if !m.Tag.Time.IsZero() {
		r.clock.timed(&o, s, m.Tag.Time, obs.ClockStated)
	} else if ofDay, ok := clock.Get(); ok {
		r.clock.timeOfDay(&o, s, ofDay)
	}
	if n, ok := number.Get(); ok {
		o.Claims = append(o.Claims, numbered(s, n))
	}
	called(&o, "", name)
	return o
}

func (r *marine) polar(d *nmea.TTM, m *nmea.Message, s *sensor.Sensor) (obs.Observation, bool) {
	distance, ok1 := d.Distance.Get()
	bearing, ok2 := d.Bearing.Get()
	if !ok1 || !ok2 || d.Status == nmea.Lost {
		return obs.Observation{}, false
	}
	origin := s.Position
	if m.Received.Sub(r.placed) <= fresh && !r.placed.IsZero() {
		origin = r.place
	} else if s.Moving {
		return obs.Observation{}, false // nobody knows where the radar is
	}
	headed := !r.headed.IsZero() && m.Received.Sub(r.headed) <= fresh
	if d.Relative {
		if !headed {
			return obs.Observation{}, false // relative to a heading that nobody told
		}
		bearing += r.heading
	}
	o := r.target(m, s, d.Target, d.Name, d.Clock)
	polar(&o, origin, distance, atLeast(s.RangeSD, marineRangeSD), bearing, atLeast(s.BearingSD, marineBearingSD))
	if d.Status == nmea.Acquiring {
		return o, true // its motion is not settled
	}
	if v, ok := d.Speed.Get(); ok {
		o.Speed, o.Has = v, o.Has|obs.HasSpeed
	}
	if v, ok := d.Course.Get(); ok && (!d.CourseRel || headed) {
		if d.CourseRel {
			v += r.heading
		}
		o.Course, o.Has = geo.WrapBearing(v), o.Has|obs.HasCourse
	}
	return o, true
}
