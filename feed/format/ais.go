package format

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"time"

	"atalaya/codec/ais"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

// Errors of an AIS position, one standard deviation, in metres: the accuracy
// flag means better or worse than 10 m at 95 % (ITU-R M.1371-5, annex 8, 3.1);
// type 27 counts in tenths of a minute; what is not measured now says so in
// place of the second.
const (
	aisAccurateSD    = 5.0
	aisCoarseSD      = 15.0
	aisLongSD        = 120.0
	aisReckonedSD    = 150.0
	aisByHandSD      = 500.0
	aisInoperativeSD = 1000.0
)

// ships turns AIS messages into observations.
type ships struct {
	st     Station
	dec    *ais.Decoder
	clocks map[string]*pulse // of the receivers, by name
}

// addressedText is the type of a safety message to one ship.
const addressedText = 12

// maxClocks bounds the receivers of one stream whose clocks are watched.
const maxClocks = 256

func newAIS(st Station) *ships {
	return &ships{st: st, dec: ais.New(ais.Config{}), clocks: map[string]*pulse{}}
}

// Decode implements feed.Decoder.
func (a *ships) Decode(c feed.Chunk, out *feed.Out) {
	for m, err := range a.dec.Decode(lines(c), c.Received) {
		a.take(&m, err, out)
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
	out.Good()
	if out.Watched() {
		shown := *m
		out.Show(m.Raw, sha256.Sum256(m.Raw), &shown)
	}
	if !m.MMSI.Valid() {
		out.Skip(sensor.NamesNobody)
		return // well formed, but it names nobody
	}
	s := a.st.Sensor(m.Received)
	if o, ok := a.observe(m, &s); ok {
		out.Emit(observation(o))
	} else if m.Type == addressedText {
		out.Skip(sensor.Addressed)
	}
}

func (a *ships) observe(m *ais.Message, s *sensor.Sensor) (obs.Observation, bool) {
	o := a.st.begin(s, m.Received, m.Raw)
	o.Source.Key = transmission(m)
	o.Source.Station = m.Station
	o.Claims = []obs.Claim{{Kind: obs.MMSI, Value: m.MMSI.String()}}
	o.Kind, o.Distress = station(m.MMSI)
	a.when(&o, m, s)
	if k := m.Kinematics(); k != nil {
		kinematics(&o, k, s)
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
		if m.Type == addressedText {
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
	case *ais.LongRange:
		if o.Measure == obs.Place {
			o.Cov = obs.Round(aisLongSD)
		}
		if st, ok := r.Status.Get(); ok && st == ais.DistressActive && o.Distress == obs.NoDistress {
			o.Distress = obs.InDistressStat
		}
	}
	useful := o.Measure != obs.NoPlace || len(o.Claims) > 1 || o.Distress != obs.NoDistress
	return o, useful
}

// transmission identifies what was on the air, whoever heard it and however
// often a base station has repeated it: the repeat indicator is left out (bits
// 6 and 7 of every message, ITU-R M.1371-5, annex 8, 3.1).
func transmission(m *ais.Message) obs.Key {
	radiated := bytes.Clone(m.Payload)
	if len(radiated) > 0 {
		radiated[0] &^= 3
	}
	return onAir(radiated)
}

// station tells by an MMSI what sort of thing has it, and whether it is a
// call for help by itself.
func station(m ais.MMSI) (obs.Kind, obs.Distress) {
	switch m.Station() {
	case ais.CoastStation:
		return obs.BaseStation, obs.NoDistress
	case ais.AidStation:
		return obs.AidToNavigation, obs.NoDistress
	case ais.SARAirStation:
		return obs.Aircraft, obs.NoDistress
	case ais.SART:
		return obs.DistressBeacon, obs.SART
	case ais.MOB:
		return obs.DistressBeacon, obs.ManOverboard
	case ais.EPIRB:
		return obs.DistressBeacon, obs.EPIRB
	default:
		return obs.Vessel, obs.NoDistress
	}
}

// when gives the observation the best time that the message has.
func (a *ships) when(o *obs.Observation, m *ais.Message, s *sensor.Sensor) {
	base := m.Received
	if !m.TagTime.IsZero() {
		a.clock(m.Station).timed(o, s, m.TagTime, obs.ClockStated)
		if o.Clock == obs.ClockDoubt {
			return
		}
		base = o.Time
	}
	if r, ok := m.Report.(*ais.BaseStation); ok {
		// Its own clock, not the receiver's. Where the two contradict each
		// other, that of the receiver counts.
		if t, ok := r.Time.Get(); ok && (o.Clock == obs.ClockNone || !doubtful(t, m.Received)) {
			var once pulse
			once.timed(o, &sensor.Sensor{}, t, obs.ClockGNSS)
		}
		return
	}
	if sec, ok := m.Second(); ok {
		stated := o.Clock == obs.ClockStated
		o.Time = completeMinute(base, int(sec))
		if o.Clock = obs.ClockCoarse; stated {
			o.Clock = obs.ClockGNSS // a full time, and the ship's own second
		}
	}
}

func (a *ships) clock(station string) *pulse {
	p := a.clocks[station]
	if p == nil {
		if len(a.clocks) >= maxClocks {
			clear(a.clocks)
		}
		p = &pulse{}
		a.clocks[station] = p
	}
	return p
}

func kinematics(o *obs.Observation, k *ais.Kinematics, s *sensor.Sensor) {
	p, ok := k.Position.Get()
	if !ok || !p.Valid() {
		return
	}
	sd := atLeast(s.PositionSD, aisCoarseSD)
	if k.Accurate {
		sd = min(sd, aisAccurateSD)
	}
	switch k.Fix {
	case ais.DeadReckoning:
		sd = max(sd, aisReckonedSD)
	case ais.ByHand:
		sd = max(sd, aisByHandSD)
	case ais.Inoperative:
		sd = max(sd, aisInoperativeSD)
	default:
	}
	o.Measure, o.Position, o.Cov = obs.Place, p.Normalize(), obs.Round(sd)
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
