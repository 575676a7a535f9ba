package format

import (
	"crypto/sha256"
	"fmt"
	"math"
	"time"

	"atalaya/codec/asterix"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/sensor"
)

// Errors of a surveillance radar of which nothing is stated.
const (
	radarRangeSD   = 50.0 // m
	radarBearingSD = 0.2  // degrees
)

// Errors of heights, one standard deviation, metres: of a transponder (a step
// of 25 or 100 ft, and its altimeter), and of a radar that measures elevation.
const (
	levelSD  = 30.0
	radar3SD = 500.0
	// pressureSD is how far a pressure altitude may lie from the height above
	// the sea: 30 hPa of weather, and warm or cold air.
	pressureSD = 300.0
)

// radar turns ASTERIX into observations and scans.
type radar struct {
	st     Station
	dec    *asterix.Decoder
	clock  pulse
	sweep  sweep
	source asterix.Source // of the radar on this stream, once it was heard
	heard  bool
	// What the radar said last of itself.
	state asterix.StationState
}

func newASTERIX(st Station) *radar {
	return &radar{st: st, dec: asterix.New(asterix.Config{Editions: st.Feed.Editions})}
}

// Decode implements feed.Decoder.
func (r *radar) Decode(c feed.Chunk, out *feed.Out) {
	messages := r.dec.Decode(c.Data, c.Received)
	if c.Datagram {
		messages = r.dec.Datagram(c.Data, c.Received)
	}
	for m, err := range messages {
		r.take(&m, err, out)
	}
}

// Flush implements feed.Decoder.
func (r *radar) Flush(received time.Time, out *feed.Out) {
	for m, err := range r.dec.Flush(received) {
		r.take(&m, err, out)
	}
	r.sweep.release(out)
}

func (r *radar) take(m *asterix.Message, err error, out *feed.Out) {
	if err != nil {
		out.Bad(err)
		return
	}
	s := r.st.Sensor(m.Received)
	if why := r.stranger(m, &s); why != "" {
		out.Refuse(why, m.Raw)
		return
	}
	out.Good()
	if out.Watched() {
		shown := *m
		out.Show(m.Raw, sha256.Sum256(m.Raw), &shown)
	}
	switch m.Category {
	case 34:
		out.Skip(sensor.OfTheSensor)
		if t, ok := m.Service(); ok {
			r.service(&t, m, &s, out)
		}
	case 48:
		if t, ok := m.Target(); ok && !r.state.Inhibited {
			if o, ok := r.plot(&t, m, &s); ok {
				out.Hold()
				r.sweep.plot(o, out)
			} else {
				out.Skip(sensor.NotMeasured)
			}
		}
	case 21:
		if t, ok := m.ADSB(); ok {
			r.adsb(&t, m, &s, out)
		}
	case 62:
		if t, ok := m.System(); ok {
			r.system(&t, m, &s, out)
		}
	}
}

// stranger tells why a message is not of the registered sensor. Tracks of another
// system are no plots of a radar of ours, whoever's codes they carry. Where the sensor has
// no codes, the first radar of a stream is taken for it: the plots of another
// one are seen from another place.
func (r *radar) stranger(m *asterix.Message, s *sensor.Sensor) string {
	if m.Category == 62 && s.Kind != sensor.Neighbour {
		return fmt.Sprintf("category 062 are the tracks of another system, and sensor %s is a %s: register them as a sensor of kind %s with a feed of its own", s.ID, s.Kind, sensor.Neighbour)
	}
	if !m.HasSource {
		return ""
	}
	switch {
	case s.SAC != 0 || s.SIC != 0:
		if m.Source.SAC == s.SAC && m.Source.SIC == s.SIC {
			return ""
		}
		return fmt.Sprintf("SAC %d SIC %d is not the registered sensor %s (%d/%d): correct its codes, or register that one with a feed of its own",
			m.Source.SAC, m.Source.SIC, s.ID, s.SAC, s.SIC)
	case m.Category != 34 && m.Category != 48:
		return ""
	case !r.heard:
		r.heard, r.source = true, m.Source
	case r.source != m.Source:
		return fmt.Sprintf("two radars send on this feed, SAC %d SIC %d and SAC %d SIC %d: register the codes of sensor %s, and the other one with a feed of its own",
			r.source.SAC, r.source.SIC, m.Source.SAC, m.Source.SIC, s.ID)
	}
	return ""
}

// service follows the antenna.
func (r *radar) service(t *asterix.ServiceMessage, m *asterix.Message, s *sensor.Sensor, out *feed.Out) {
	if t.Has.All(asterix.HasState) {
		r.state = t.State
	}
	mk := mark{sensor: s, received: m.Received, time: m.Received, period: s.ScanPeriod}
	switch {
	case t.Type == asterix.NorthMarker:
	case t.Type == asterix.SectorCrossing && t.Has.All(asterix.HasSector):
		mk.at = t.SectorDeg
	default:
		return
	}
	if t.Has.All(asterix.HasRotation) && t.RotationPeriod > 0 {
		mk.period = t.RotationPeriod
	}
	if r.state.Inhibited {
		r.sweep.stop(out) // what it does not see is no evidence
		return
	}
	if t.Has.All(asterix.HasTime) && !r.state.TimeInvalid {
		o := obs.Observation{Received: m.Received, Time: m.Received}
		if r.clock.timeOfDay(&o, s, t.TimeOfDay); o.Clock != obs.ClockDoubt {
			mk.time = o.Time
		}
	}
	r.sweep.mark(mk, r.st.Feed.ID, out)
}

// plot makes an observation of a target report.
func (r *radar) plot(t *asterix.TargetReport, m *asterix.Message, s *sensor.Sensor) (obs.Observation, bool) {
	o := r.st.begin(s, m.Received, m.Raw)
	o.Source.Key = onAir(m.Raw)
	switch {
	case t.Test, t.FieldMonitor, t.Simulated && !s.Exercise:
		return o, false // nothing that moves in the world
	case t.Has.All(asterix.HasDescriptor) && t.Detection == asterix.NoDetection:
		return o, false // the radar's own guess of where it should be
	case t.Has.All(asterix.HasStatus) && (t.Track.Ended || t.Track.Ghost):
		return o, false // the end of the radar's track, or a reflection
	}
	if t.Has.All(asterix.HasTime) && !r.state.TimeInvalid {
		r.clock.timeOfDay(&o, s, t.TimeOfDay)
	}
	switch {
	case t.Has.All(asterix.HasHeight):
		o.Height, o.HeightSD = geo.SeaHeight(t.HeightM).Height(), radar3SD
	case t.Has.All(asterix.HasLevel) && !t.Level.Garbled && !t.Level.NotValidated:
		o.Height, o.HeightSD = geo.PressureHeight(t.Level.M).Height(), levelSD
	}
	if !r.place(&o, t, s) {
		return o, false
	}
	if t.Has.All(asterix.HasFlightStatus) && (t.FlightStatus == 1 || t.FlightStatus == 3) {
		o.Has |= obs.OnGround
	}
	if t.Has.All(asterix.HasAddress) {
		o.Kind = obs.Aircraft
		o.Claims = append(o.Claims, address(t.Address))
	}
	if t.Has.All(asterix.HasTrack) {
		o.Claims = append(o.Claims, numbered(s, int(t.TrackNumber)))
	}
	if t.Has.All(asterix.HasIdent) {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.CallSign, Value: t.Ident.String()})
	}
	if t.Has.All(asterix.HasMode3A) && !t.Mode3A.Garbled && !t.Mode3A.NotValidated {
		o.Kind = obs.Aircraft
		squawked(&o, t.Mode3A.String())
	}
	return o, true
}

// place gives a plot its place over the ground. Range and azimuth of zero are
// measurements like others.
func (r *radar) place(o *obs.Observation, t *asterix.TargetReport, s *sensor.Sensor) bool {
	rangeSD, bearingSD := atLeast(s.RangeSD, radarRangeSD), atLeast(s.BearingSD, radarBearingSD)
	switch {
	case t.Has.All(asterix.HasPolar) && !t.ExtendedRange:
		rng, sd := ground(t.RangeM, rangeSD, o, s)
		polar(o, s.Position, rng, sd, t.AzimuthDeg, bearingSD)
	case t.Has.All(asterix.HasCartesian): // over the ground already
		polar(o, s.Position, fmath.Hypot(t.XM, t.YM), rangeSD, fmath.Atan2Degrees(t.XM, t.YM), bearingSD)
	default:
		return false
	}
	return true
}

// ground reduces a slant range by the difference of heights, where both are
// known, and gives the error of what is left: overhead a small error in height
// or range is a large one over the ground.
func ground(slant, sd float64, o *obs.Observation, s *sensor.Sensor) (rng, rngSD float64) {
	target, heightSD, ok := aboveSea(o.Height, o.HeightSD, s.Position)
	antenna, _, ok2 := aboveSea(s.Height, 0, s.Position)
	if !ok || !ok2 {
		return slant, sd
	}
	up := target - antenna
	rng = math.Sqrt(max(float64(slant*slant)-float64(up*up), 0))
	along, over := float64(slant*sd), float64(up*heightSD)
	if rngSD = fmath.Hypot(along, over); rng > 0 {
		rngSD /= rng
	}
	return rng, min(max(rngSD, sd), max(slant, sd))
}

// aboveSea gives a height above the sea, and its error. A pressure height
// stands in for it with the error of the weather.
func aboveSea(h geo.Height, sd float64, at geo.Position) (metres, heightSD float64, ok bool) {
	if h.Datum == geo.DatumPressure {
		return h.Metres, max(sd, pressureSD), true
	}
	sea, err := h.To(geo.DatumSea, at)
	return sea.Metres, sd, err == nil
}

func address(a uint32) obs.Claim { return obs.Claim{Kind: obs.ICAO, Value: fmt.Sprintf("%06x", a)} }

// numbered claims a sensor's own number for what it sees.
func numbered(s *sensor.Sensor, n int) obs.Claim {
	return obs.Claim{Kind: obs.RadarTarget, Value: fmt.Sprintf("%s/%d", s.ID, n)}
}
