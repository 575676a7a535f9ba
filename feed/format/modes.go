package format

import (
	"bytes"
	"crypto/sha256"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes"
	"atalaya/codec/modes/framing"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// PositionRefused is the kind of a good message whose position was not
// believed.
const PositionRefused codec.Kind = "position-refused"

// Errors of positions, one standard deviation, in metres. Those that are
// somebody else's measurement are not the aircraft's own, whatever quality
// their frames claim.
const (
	adsbSD  = 100.0 // where the aircraft states none
	leastSD = 3.0
	adsrSD  = 100.0 // sent on by a ground station, up to a second later
	mlatSD  = 150.0 // from times of arrival at several receivers
	tisbSD  = 300.0 // seen by a radar of the ground station

	// ninetyFive is the radius that holds 95 % over the standard deviation, of
	// a round error.
	ninetyFive = 2.4477
)

// squitters turns Mode S messages into observations.
type squitters struct {
	st    Station
	dec   *modes.Decoder // made at the first chunk, which tells what it has to know
	place geo.Position   // of the receiver, as the decoder knows it
	reach float64
	clock pulse
	kinds map[modes.Address]obs.Kind // of those that said to be no common aircraft
}

// maxKinds bounds the senders whose kind is remembered.
const maxKinds = 4096

// kind gives what a sender is, which it says in its identification only.
func (q *squitters) kind(a modes.Address, category string) obs.Kind {
	k := kindOf(category)
	switch {
	case category == "":
		if known, ok := q.kinds[a]; ok {
			return known
		}
	case k == obs.Aircraft:
		delete(q.kinds, a)
	default:
		if q.kinds == nil || len(q.kinds) >= maxKinds {
			q.kinds = map[modes.Address]obs.Kind{}
		}
		q.kinds[a] = k
	}
	return k
}

func (q *squitters) decoder(c *feed.Chunk, s *sensor.Sensor) *modes.Decoder {
	cfg := modes.Config{
		Repair: q.st.Feed.Repair, MaxRange: s.MaxRange,
		Receiver: codec.SomeIf(s.Position, s.Position != geo.Position{}),
	}
	if c.Datagram {
		cfg.Aircraft = 2048 // every sender has a decoder, and anybody may be one
	}
	counted := false // the receiver's counter stands in each frame
	switch q.st.Feed.Format {
	case sensor.FormatAVR:
		cfg.Container = modes.AVR
		counted = bytes.HasPrefix(bytes.TrimSpace(c.Data), []byte("@"))
	case sensor.FormatSBS:
		cfg.Container = modes.SBS
	default:
		cfg.Container, counted = modes.Beast, true
	}
	// A file has no receive times, unless it is a capture of a network; better
	// than times made up are those that the counter tells.
	cfg.Recorded = counted && q.st.fromFile() && !c.From.IsValid()
	return modes.New(cfg)
}

// Decode implements feed.Decoder.
func (q *squitters) Decode(c feed.Chunk, out *feed.Out) {
	// Where the receiver stands, and how far it hears, is what a position is
	// decoded and believed by.
	s := q.st.Sensor(c.Received)
	if q.dec == nil || s.Position != q.place || s.MaxRange != q.reach {
		q.Flush(c.Received, out)
		q.dec, q.place, q.reach = q.decoder(&c, &s), s.Position, s.MaxRange
	}
	data := c.Data
	if q.st.Feed.Format == sensor.FormatSBS {
		data = lines(c)
	}
	for m, err := range q.dec.Decode(data, c.Received) {
		q.take(&m, err, out)
	}
}

// Flush implements feed.Decoder.
func (q *squitters) Flush(received time.Time, out *feed.Out) {
	if q.dec == nil {
		return
	}
	for m, err := range q.dec.Flush(received) {
		q.take(&m, err, out)
	}
}

func (q *squitters) take(m *modes.Message, err error, out *feed.Out) {
	if err != nil {
		out.Bad(err)
		return
	}
	out.Good()
	if out.Watched() {
		shown := *m
		out.Show(m.Raw, sha256.Sum256(m.Raw), &shown)
	}
	if m.Refused != modes.NotRefused {
		out.Bad(codec.NewBad(PositionRefused, m.Raw, "aircraft %s: %s", m.Address.Or(0), m.Refused))
	}
	s := q.st.Sensor(m.Received)
	if o, ok := q.observe(m, &s); ok {
		out.Emit(observation(o))
	} else if _, named := m.Address.Get(); !named || m.Other {
		out.Skip(sensor.NamesNobody)
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
		q.clock.timed(&o, s, m.Stated, obs.ClockStated)
	}
	o.Kind = q.kind(address, m.Category)
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
		o.Height, o.HeightSD = m.Height, atLeast(m.HeightStep, levelSD)
	}
	motion(&o, m)
	if m.Method != modes.NoPosition && m.Position.Valid() {
		o.Measure, o.Position = obs.Place, m.Position.Normalize()
		o.Cov = obs.Round(placeSD(m, s))
	}
	if others(m.Source) {
		o.Source.Station = m.Source.String()
	}
	useful := o.Measure != obs.NoPlace || len(o.Claims) > 1 || o.Distress != obs.NoDistress ||
		o.Has&(obs.HasSpeed|obs.HasClimb) != 0 || o.Height.Known()
	return o, useful
}

// placeSD gives the error of a message's position.
func placeSD(m *modes.Message, s *sensor.Sensor) float64 {
	sd := atLeast(s.PositionSD, adsbSD)
	if r, ok := m.Quality.Accuracy.Get(); ok {
		sd = r / ninetyFive
	}
	switch m.Source {
	case modes.MLAT:
		sd = max(sd, mlatSD)
	case modes.TISB:
		sd = max(sd, tisbSD)
	case modes.ADSR:
		sd = max(sd, adsrSD)
	default:
	}
	return max(sd, leastSD)
}

// others reports whether somebody else than the aircraft made a message.
func others(s modes.Source) bool { return s == modes.MLAT || s == modes.TISB || s == modes.ADSR }

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
		return obs.Vehicle // on the surface
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
