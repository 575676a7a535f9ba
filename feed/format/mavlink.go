package format

import (
	"strconv"
	"time"

	"atalaya/codec"
	"atalaya/codec/mavlink"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// Errors of a drone's own position where its receiver states none.
const (
	dronePositionSD = 5.0 // m
	droneHeightSD   = 10.0
)

// vehicle turns a drone's telemetry into observations of it.
type vehicle struct {
	st    Station
	dec   *mavlink.Decoder
	start time.Time // world time at the vehicle's start; zero: not known
	sd    float64   // stated accuracy, metres
	fixed bool      // its receiver has a fix
}

func newMAVLink(st Station) *vehicle {
	return &vehicle{st: st, dec: mavlink.New(mavlink.Config{MAVLink1: st.Feed.MAVLink1})}
}

// Decode implements feed.Decoder.
func (v *vehicle) Decode(c feed.Chunk, out *feed.Out) {
	for m, err := range v.dec.Decode(c.Data, c.Received) {
		v.take(&m, err, out)
	}
}

// Flush implements feed.Decoder.
func (v *vehicle) Flush(received time.Time, out *feed.Out) {
	for m, err := range v.dec.Flush(received) {
		v.take(&m, err, out)
	}
}

func (v *vehicle) take(m *mavlink.Message, err error, out *feed.Out) {
	if err != nil {
		out.Bad(err)
		return
	}
	s := v.st.Sensor(m.Received)
	if s.SystemID != 0 && m.System != s.SystemID {
		if h, ok := m.Telemetry().(mavlink.Heartbeat); ok && !h.Vehicle() {
			out.Good(m.Received) // a ground station on the same link
			return
		}
		out.Bad(codec.NewBad(Stranger, m.Raw, "system %d; the registered sensor %s is %d", m.System, s.ID, s.SystemID))
		return
	}
	out.Good(m.Received)
	switch t := m.Telemetry().(type) {
	case mavlink.Clock:
		if t.Time.IsZero() || !t.Boot.Known() {
			return
		}
		v.start = t.Time.Add(-seconds(t.Boot))
	case mavlink.GNSS:
		_, v.fixed = t.Position()
		v.sd = 0
		if t.HorizontalAccuracy.Known() {
			v.sd = float64(t.HorizontalAccuracy)
		}
	case mavlink.Position:
		if o, ok := v.position(&t, m, &s); ok {
			out.Emit(observation(o))
		}
	}
}

func seconds(q mavlink.Quantity) time.Duration {
	return time.Duration(float64(q) * float64(time.Second))
}

func (v *vehicle) position(t *mavlink.Position, m *mavlink.Message, s *sensor.Sensor) (obs.Observation, bool) {
	o := v.st.begin(s, m.Received, m.Raw)
	o.Source.Key = onAir(m.Raw)
	p, ok := t.Position()
	if !ok {
		return o, false
	}
	if !v.start.IsZero() && t.Boot.Known() {
		clock := obs.ClockStated
		if v.fixed {
			clock = obs.ClockGNSS
		}
		timed(&o, s, v.start.Add(seconds(t.Boot)), clock)
	}
	o.Kind, o.Measure, o.Position = obs.Drone, obs.Place, p
	o.Cov = obs.Round(atLeast(v.sd, atLeast(s.PositionSD, dronePositionSD)))
	o.Height, o.HeightSD = t.Height(), droneHeightSD
	if t.North.Known() && t.East.Known() {
		speed, course := t.Ground()
		o.Speed, o.Has = float64(speed), o.Has|obs.HasSpeed
		if course.Known() {
			o.Course, o.Has = geo.WrapBearing(float64(course)), o.Has|obs.HasCourse
		}
	}
	if t.Climb.Known() {
		o.Climb, o.Has = float64(t.Climb), o.Has|obs.HasClimb
	}
	if t.Heading.Known() {
		o.Heading, o.Has = float64(t.Heading), o.Has|obs.HasHeading
	}
	o.Claims = []obs.Claim{{Kind: obs.SystemID, Value: strconv.Itoa(int(m.System))}}
	return o, true
}
