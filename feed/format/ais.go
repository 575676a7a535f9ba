package format

import (
	"strings"
	"time"

	"atalaya/codec/ais"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// Errors of an AIS position, one standard deviation: the accuracy flag means
// better or worse than 10 m at 95 % (ITU-R M.1371-5, annex 8, 3.1); type 27
// counts in tenths of a minute.
const (
	aisAccurateSD = 5.0  // m
	aisCoarseSD   = 15.0 // m
	aisLongSD     = 120.0
)

// ships turns AIS messages into observations.
type ships struct {
	st  Station
	dec *ais.Decoder
}

func newAIS(st Station) *ships { return &ships{st: st, dec: ais.New(ais.Config{})} }

// Decode implements feed.Decoder.
func (a *ships) Decode(c feed.Chunk, out *feed.Out) {
	for m, err := range a.dec.Decode(c.Data, c.Received) {
		a.take(&m, err, out)
	}
	if c.Datagram && len(c.Data) > 0 && c.Data[len(c.Data)-1] != '\n' {
		for m, err := range a.dec.Decode([]byte{'\n'}, c.Received) {
			a.take(&m, err, out)
		}
	}
}

// Flush implements feed.Decoder.
func (a *ships) Flush(received time.Time, out *feed.Out) {
	for m, err := range a.dec.Flush(received) {
		a.take(&m, err, out)
	}
}

func (a *ships) take(m *ais.Message, err error, out *feed.Out) {
	if err != nil {
		out.Bad(err)
		return
	}
	out.Good(m.Received)
	if !m.MMSI.Valid() {
		return // well formed, but it names nobody
	}
	s := a.st.Sensor(m.Received)
	if o, ok := a.observe(m, &s); ok {
		out.Emit(observation(o))
	}
}

func (a *ships) observe(m *ais.Message, s *sensor.Sensor) (obs.Observation, bool) {
	o := a.st.begin(s, m.Received, m.Raw)
	o.Source.Key = onAir(append([]byte{m.Type}, m.Payload...))
	o.Source.Station = m.Station
	o.Kind = obs.Vessel
	o.Claims = []obs.Claim{{Kind: obs.MMSI, Value: m.MMSI.String()}}
	a.when(&o, m, s)
	if k := m.Kinematics(); k != nil {
		kinematics(&o, k, s)
		if m.Type == 27 && o.Measure == obs.Place {
			o.Cov = obs.Round(aisLongSD)
		}
	}
	switch m.MMSI.Station() {
	case ais.CoastStation:
		o.Kind = obs.BaseStation
	case ais.AidStation:
		o.Kind = obs.AidToNavigation
	case ais.SARAirStation:
		o.Kind = obs.Aircraft
	case ais.SART:
		o.Kind, o.Distress = obs.DistressBeacon, obs.SART
	case ais.MOB:
		o.Kind, o.Distress = obs.DistressBeacon, obs.ManOverboard
	case ais.EPIRB:
		o.Kind, o.Distress = obs.DistressBeacon, obs.EPIRB
	default:
	}
	switch r := m.Report.(type) {
	case *ais.Position:
		if st, ok := r.Status.Get(); ok && st == ais.DistressActive && o.Distress == obs.NoDistress {
			o.Distress = obs.InDistressStat
		}
	case *ais.BaseStation:
		if m.Type == 4 {
			o.Kind = obs.BaseStation
		}
	case *ais.Voyage:
		called(&o, r.CallSign, r.Name)
	case *ais.SARAircraft:
		o.Kind = obs.Aircraft
		if h, ok := r.Altitude.Get(); ok {
			o.Height, o.HeightSD = height(h, r.Barometric), 30
		}
	case *ais.Text:
		if m.Type == 12 {
			return o, false // addressed to one ship: not ours to read
		}
		o.Text = r.Text
		if o.Distress == obs.NoDistress {
			o.Distress = obs.SafetyText
		}
	case *ais.ClassBExtended:
		called(&o, "", r.Name)
	case *ais.AidToNavigation:
		o.Kind = obs.AidToNavigation
		called(&o, "", r.Name)
	case *ais.StaticA:
		called(&o, "", r.Name)
	case *ais.StaticB:
		called(&o, r.CallSign, "")
	}
	useful := o.Measure != obs.NoPlace || len(o.Claims) > 1 || o.Distress != obs.NoDistress
	return o, useful
}

// when gives the observation the best time that the message has.
func (a *ships) when(o *obs.Observation, m *ais.Message, s *sensor.Sensor) {
	base := m.Received
	if !m.TagTime.IsZero() {
		timed(o, s, m.TagTime, obs.ClockStated)
		if o.Clock != obs.ClockDoubt {
			base = o.Time
		}
	}
	if r, ok := m.Report.(*ais.BaseStation); ok {
		if t, ok := r.Time.Get(); ok {
			timed(o, s, t.Add(s.TimeOffset), obs.ClockGNSS) // its own clock, not the receiver's
		}
		return
	}
	if sec, ok := m.Second(); ok && o.Clock != obs.ClockDoubt {
		clock := o.Clock
		o.Time = completeMinute(base, int(sec))
		if o.Clock = obs.ClockCoarse; clock == obs.ClockStated {
			o.Clock = obs.ClockGNSS // a full time, and the ship's own second
		}
	}
}

func kinematics(o *obs.Observation, k *ais.Kinematics, s *sensor.Sensor) {
	p, ok := k.Position.Get()
	if !ok || !p.Valid() {
		return
	}
	o.Measure, o.Position = obs.Place, p.Normalize()
	sd := atLeast(s.PositionSD, aisCoarseSD)
	if k.Accurate {
		sd = min(sd, aisAccurateSD)
	}
	o.Cov = obs.Round(sd)
	if v, ok := k.Speed.Get(); ok {
		o.Speed, o.Has = v, o.Has|obs.HasSpeed
	}
	if v, ok := k.Course.Get(); ok && v < 360 {
		o.Course, o.Has = v, o.Has|obs.HasCourse
	}
	if v, ok := k.Heading.Get(); ok && v < 360 {
		o.Heading, o.Has = v, o.Has|obs.HasHeading
	}
}

func height(metres float64, barometric bool) geo.Height {
	if barometric {
		return geo.PressureHeight(metres).Height()
	}
	return geo.SeaHeight(metres).Height()
}

// called adds call sign and name, where they say something.
func called(o *obs.Observation, sign, name string) {
	if sign = strings.TrimSpace(sign); sign != "" {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.CallSign, Value: sign})
	}
	if name = strings.TrimSpace(name); name != "" {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.Name, Value: name})
	}
}
