package format

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"atalaya/codec/mavlink"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// Errors of a drone's own position where its receiver states none, one
// standard deviation, metres.
const (
	dronePositionSD = 5.0
	droneHeightSD   = 10.0
	droneLostSD     = 200.0 // without a fix it only reckons
)

// vehicle turns a drone's telemetry into observations of it.
type vehicle struct {
	st      Station
	dec     *mavlink.Decoder
	senders map[sender]*teller
	// ground are systems that said to be no vehicle, by system id: ground
	// stations on the same link.
	ground [256]bool
}

// sender is what sends on a link; each has its own clock.
type sender struct{ system, component uint8 }

// maxSenders bounds the senders of a stream; a vehicle has some ten components.
const maxSenders = 256

// teller is what one sender said that belongs to its positions.
type teller struct {
	start time.Time // world time at its start; zero: not known
	boot  float64   // seconds since its start, last said
	clock pulse
	gnss  bool    // it told of its receiver
	fixed bool    // which has a fix
	sd    float64 // stated accuracy, metres
}

func newMAVLink(st Station) *vehicle {
	return &vehicle{st: st, dec: mavlink.New(mavlink.Config{MAVLink1: st.Feed.MAVLink1}), senders: map[sender]*teller{}}
}

// Decode implements feed.Decoder.
func (v *vehicle) Decode(c feed.Chunk, out *feed.Out) {
	for m, err := range v.dec.Decode(c.Data, c.Received) {
		v.take(&m, err, out)
	}
	if c.Datagram {
		v.Flush(c.Received, out)
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
	telemetry := m.Telemetry()
	if s.SystemID != 0 && m.System != s.SystemID {
		if h, ok := telemetry.(mavlink.Heartbeat); ok {
			v.ground[m.System] = !h.Vehicle()
		}
		if v.ground[m.System] {
			out.Good() // a ground station: nothing of it is observed
			v.show(m, out, sensor.GroundStation)
			return
		}
		out.Refuse(fmt.Sprintf("MAVLink system %d is not the registered sensor %s (system %d): correct its id, or register that one with a feed of its own",
			m.System, s.ID, s.SystemID), m.Raw)
		return
	}
	out.Good()
	v.show(m, out, sensor.OfTheSensor)
	from := v.sender(m)
	switch t := telemetry.(type) {
	case mavlink.Clock:
		if !t.Time.IsZero() && t.Boot.Known() {
			from.start, from.boot = t.Time.Add(-seconds(t.Boot)), float64(t.Boot)
		}
	case mavlink.GNSS:
		_, from.fixed = t.Position()
		from.gnss, from.sd = true, 0
		if t.HorizontalAccuracy.Known() {
			from.sd = float64(t.HorizontalAccuracy)
		}
	case mavlink.Position:
		if o, ok := v.position(&t, m, &s, from); ok {
			out.Emit(observation(o))
		} else {
			out.Skip(sensor.NoPlace)
		}
	}
}

// show shows a message, which makes no observation for a reason unless one
// follows.
func (v *vehicle) show(m *mavlink.Message, out *feed.Out, otherwise sensor.Reason) {
	if out.Watched() {
		shown := *m
		out.Show(m.Raw, sha256.Sum256(m.Raw), &shown)
		out.Skip(otherwise)
	}
}

func (v *vehicle) sender(m *mavlink.Message) *teller {
	id := sender{m.System, m.Component}
	from := v.senders[id]
	if from == nil {
		if len(v.senders) >= maxSenders {
			clear(v.senders)
		}
		from = &teller{}
		v.senders[id] = from
	}
	return from
}

func seconds(q mavlink.Quantity) time.Duration {
	return time.Duration(float64(q) * float64(time.Second))
}

func (v *vehicle) position(t *mavlink.Position, m *mavlink.Message, s *sensor.Sensor, from *teller) (obs.Observation, bool) {
	o := v.st.begin(s, m.Received, m.Raw)
	o.Source.Key = onAir(m.Raw)
	p, ok := t.Position()
	if !ok {
		return o, false
	}
	from.when(&o, s, t.Boot)
	sd := atLeast(s.PositionSD, dronePositionSD)
	switch {
	case from.sd > 0:
		sd = from.sd
	case from.gnss && !from.fixed:
		sd = max(sd, droneLostSD)
	}
	o.Kind, o.Measure, o.Position, o.Cov = obs.Drone, obs.Place, p.Normalize(), obs.Round(sd)
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

// when gives the observation the sender's time, where it told when it started.
func (from *teller) when(o *obs.Observation, s *sensor.Sensor, boot mavlink.Quantity) {
	if !boot.Known() {
		return
	}
	const overtaken = 5.0 // s: by so much messages may come out of order
	if float64(boot) < from.boot-overtaken {
		from.start, from.boot = time.Time{}, 0 // it started anew
	}
	from.boot = max(from.boot, float64(boot))
	if from.start.IsZero() {
		return
	}
	clock := obs.ClockStated
	if from.fixed {
		clock = obs.ClockGNSS
	}
	from.clock.timed(o, s, from.start.Add(seconds(boot)), clock)
}
