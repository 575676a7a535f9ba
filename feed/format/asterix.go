package format

import (
	"fmt"
	"math"
	"time"

	"atalaya/codec"
	"atalaya/codec/asterix"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// Stranger is a good message of a source that is not the registered sensor.
const Stranger codec.Kind = "other-source"

// Errors of a surveillance radar of which nothing is stated.
const (
	radarRangeSD   = 50.0 // m
	radarBearingSD = 0.2  // degrees
)

// radar turns ASTERIX into observations and scans. Plots between two sector
// messages (category 034) make one scan, so that seeing nothing there is
// evidence; without sector messages each plot is an observation of its own.
type radar struct {
	st      Station
	dec     *asterix.Decoder
	plots   []obs.Observation
	marked  time.Time // receive time of the last sector message or north marker
	at      float64   // azimuth that it stated
	time    time.Time // its own time
	turning bool      // a first mark has come
}

func newASTERIX(st Station) *radar {
	return &radar{st: st, dec: asterix.New(asterix.Config{Editions: st.Feed.Editions})}
}

// maxSector is how long plots wait for the next sector message at most, and
// maxPlots how many.
const (
	maxSector = 15 * time.Second
	maxPlots  = 20_000
)

// Decode implements feed.Decoder.
func (r *radar) Decode(c feed.Chunk, out *feed.Out) {
	seq := r.dec.Decode(c.Data, c.Received)
	if c.Datagram {
		seq = r.dec.Datagram(c.Data, c.Received)
	}
	for m, err := range seq {
		r.take(&m, err, out)
	}
}

// Flush implements feed.Decoder.
func (r *radar) Flush(received time.Time, out *feed.Out) {
	for m, err := range r.dec.Flush(received) {
		r.take(&m, err, out)
	}
	r.release(out)
}

func (r *radar) take(m *asterix.Message, err error, out *feed.Out) {
	if err != nil {
		out.Bad(err)
		return
	}
	s := r.st.Sensor(m.Received)
	if m.HasSource && (s.SAC != 0 || s.SIC != 0) && (m.Source.SAC != s.SAC || m.Source.SIC != s.SIC) {
		out.Bad(codec.NewBad(Stranger, m.Raw, "SAC %d SIC %d; the registered sensor %s is %d/%d", m.Source.SAC, m.Source.SIC, s.ID, s.SAC, s.SIC))
		return
	}
	out.Good(m.Received)
	if r.turning && m.Received.Sub(r.marked) > maxSector || len(r.plots) >= maxPlots {
		r.turning = false
		r.release(out)
	}
	switch m.Category {
	case 34:
		if t, ok := m.Service(); ok {
			r.service(&t, m, &s, out)
		}
	case 48:
		t, ok := m.Target()
		if !ok {
			return
		}
		o, ok := r.plot(&t, m, &s)
		switch {
		case !ok:
		case r.turning:
			r.plots = append(r.plots, o)
		default:
			out.Emit(observation(o))
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

// release hands on plots that no sector message closes.
func (r *radar) release(out *feed.Out) {
	for _, o := range r.plots {
		out.Emit(observation(o))
	}
	r.plots = r.plots[:0]
}

// service closes the sector that the antenna has just left.
func (r *radar) service(t *asterix.ServiceMessage, m *asterix.Message, s *sensor.Sensor, out *feed.Out) {
	var at float64
	switch t.Type {
	case asterix.NorthMarker:
	case asterix.SectorCrossing:
		at = t.SectorDeg
	default:
		return
	}
	end := m.Received
	if t.Has.All(asterix.HasTime) {
		if at, _, ok := asterix.CompleteTime(t.TimeOfDay, m.Received); ok {
			end = at.Add(-s.TimeOffset)
		}
	}
	if r.turning {
		if at == r.at && end.Sub(r.time) < s.ScanPeriod/2 {
			return // north marker and sector 0 say the same
		}
		out.Emit(track.Input{Scan: &track.Scan{
			Sensor: s.ID, Feed: r.st.Feed.ID, Start: r.time, End: end, Received: m.Received,
			Platform: s.Position, From: r.at, To: at, MaxRange: s.MaxRange,
			Observations: append([]obs.Observation(nil), r.plots...),
		}})
		r.plots = r.plots[:0]
	}
	r.turning, r.marked, r.at, r.time = true, m.Received, at, end
}

// plot makes an observation of a target report.
func (r *radar) plot(t *asterix.TargetReport, m *asterix.Message, s *sensor.Sensor) (obs.Observation, bool) {
	o := r.st.begin(s, m.Received, m.Raw)
	o.Source.Key = onAir(m.Raw)
	if t.Test || t.Simulated && !s.Exercise || t.FieldMonitor {
		return o, false // nothing that moves in the world
	}
	if t.Has.All(asterix.HasTime) {
		timeOfDay(&o, s, t.TimeOfDay)
	}
	switch {
	case t.Has.All(asterix.HasHeight):
		o.Height = geo.SeaHeight(t.HeightM).Height()
	case t.Has.All(asterix.HasLevel) && !t.Level.Garbled:
		o.Height = geo.PressureHeight(t.Level.M).Height()
	}
	slant, azimuth := t.RangeM, t.AzimuthDeg
	if !t.Has.All(asterix.HasPolar) {
		if !t.Has.All(asterix.HasCartesian) {
			return o, false
		}
		slant, azimuth = fmath.Hypot(t.XM, t.YM), fmath.Atan2Degrees(t.XM, t.YM)
	}
	polar(&o, s.Position, ground(slant, o.Height, s.Height), atLeast(s.RangeSD, radarRangeSD),
		azimuth, atLeast(s.BearingSD, radarBearingSD))
	if t.Has.All(asterix.HasAddress) {
		o.Kind = obs.Aircraft
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.ICAO, Value: fmt.Sprintf("%06x", t.Address)})
	}
	if t.Has.All(asterix.HasTrack) {
		o.Claims = append(o.Claims, obs.Claim{Kind: obs.RadarTarget, Value: fmt.Sprintf("%s/%d", s.ID, t.TrackNumber)})
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

// ground reduces a slant range by the difference of heights, where both are
// known. A pressure height stands in for one above the sea: the error that
// follows is far below the radar's own beyond the overhead.
func ground(slant float64, target, antenna geo.Height) float64 {
	if !target.Known() || !antenna.Known() {
		return slant
	}
	up := target.Metres - antenna.Metres
	if up = math.Abs(up); up >= slant {
		return 0
	}
	return math.Sqrt(float64(slant*slant) - float64(up*up))
}
