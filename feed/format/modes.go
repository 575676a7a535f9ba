package format

import (
	"time"

	"atalaya/codec"
	"atalaya/codec/modes"
	"atalaya/codec/modes/framing"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// adsbSD is the error of an ADS-B position that states none, metres.
const adsbSD = 100.0

// squitters turns Mode S messages into observations.
type squitters struct {
	st  Station
	dec *modes.Decoder
}

func newModeS(st Station) *squitters {
	s := st.Sensor(time.Time{})
	cfg := modes.Config{
		Repair: st.Feed.Repair, MaxRange: s.MaxRange,
		Receiver: codec.SomeIf(s.Position, s.Position != geo.Position{}),
	}
	switch st.Feed.Format {
	case sensor.FormatAVR:
		cfg.Container = modes.AVR
	case sensor.FormatSBS:
		cfg.Container = modes.SBS
	default:
		cfg.Container = modes.Beast
	}
	return &squitters{st: st, dec: modes.New(cfg)}
}

// Decode implements feed.Decoder.
func (q *squitters) Decode(c feed.Chunk, out *feed.Out) {
	for m, err := range q.dec.Decode(c.Data, c.Received) {
		q.take(&m, err, out)
	}
}

// Flush implements feed.Decoder.
func (q *squitters) Flush(received time.Time, out *feed.Out) {
	for m, err := range q.dec.Flush(received) {
		q.take(&m, err, out)
	}
}

func (q *squitters) take(m *modes.Message, err error, out *feed.Out) {
	if err != nil {
		out.Bad(err)
		return
	}
	out.Good(m.Received)
	s := q.st.Sensor(m.Received)
	if o, ok := q.observe(m, &s); ok {
		out.Emit(observation(o))
	}
}

func (q *squitters) observe(m *modes.Message, s *sensor.Sensor) (obs.Observation, bool) {
	address, ok := m.Address.Get()
	if !ok || m.Other {
		return obs.Observation{}, false // an anonymous or ground address names nobody
	}
	o := q.st.begin(s, m.Received, m.Raw)
	if m.Kind == framing.ModeS {
		o.Source.Key = onAir(m.Raw)
	}
	if !m.Stated.IsZero() {
		timed(&o, s, m.Stated, obs.ClockStated)
	}
	o.Kind = kindOf(m.Category)
	o.Claims = []obs.Claim{{Kind: obs.ICAO, Value: address.String()}}
	if m.CallSign != "" {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.CallSign, Value: m.CallSign})
	}
	if code, ok := m.Squawk.Get(); ok {
		squawked(&o, code.String())
	}
	if e, ok := m.Emergency.Get(); ok {
		urgent(&o, e)
	}
	if m.OnGround.Or(false) {
		o.Has |= obs.OnGround
	}
	if m.Height.Known() {
		o.Height, o.HeightSD = m.Height, atLeast(m.HeightStep, 30)
	}
	motion(&o, m)
	if m.Method != modes.NoPosition && m.Position.Valid() {
		o.Measure, o.Position = obs.Place, m.Position.Normalize()
		sd := atLeast(s.PositionSD, adsbSD)
		if r, ok := m.Quality.Accuracy.Get(); ok {
			const ninetyFive = 2.4477 // radius of 95 % over one standard deviation, round error
			sd = r / ninetyFive
		}
		o.Cov = obs.Round(max(sd, 3))
	}
	useful := o.Measure != obs.NoPlace || len(o.Claims) > 1 || o.Distress != obs.NoDistress ||
		o.Has&(obs.HasSpeed|obs.HasClimb) != 0 || o.Height.Known()
	return o, useful
}

func motion(o *obs.Observation, m *modes.Message) {
	if v, ok := m.GroundSpeed.Get(); ok {
		o.Speed, o.Has = v, o.Has|obs.HasSpeed
	}
	if v, ok := m.Track.Get(); ok {
		o.Course, o.Has = geo.WrapBearing(v), o.Has|obs.HasCourse
	}
	if v, ok := m.Heading.Get(); ok {
		o.Heading, o.Has = geo.WrapBearing(v), o.Has|obs.HasHeading
	}
	if v, ok := m.Climb.Get(); ok {
		o.Climb, o.Has = v, o.Has|obs.HasClimb
	}
}

// kindOf reads the emitter category (ICAO Doc 9871, table A-2-8).
func kindOf(category string) obs.Kind {
	switch category {
	case "A7":
		return obs.Rotorcraft
	case "B1":
		return obs.Glider
	case "B6":
		return obs.Drone
	case "C1", "C2":
		return obs.Vehicle
	}
	return obs.Aircraft
}

func urgent(o *obs.Observation, e modes.Emergency) {
	switch e {
	case modes.UnlawfulInterference:
		o.Distress = obs.Interference
	case modes.NoCommunications:
		o.Distress = obs.RadioFailure
	case modes.GeneralEmergency, modes.DownedAircraft:
		o.Distress = obs.Emergency
	default: // medical and fuel are priorities, no calls for help
	}
}
