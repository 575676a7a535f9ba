// Package format turns the messages of the codecs into observations and scans:
// it knows what each message says of place, time, error and identity, and adds
// what the registered sensor says of itself.
package format

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"atalaya/codec/asterix"
	"atalaya/feed"
	"atalaya/geo"
	"atalaya/geo/fmath"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// Station is where and by whom a feed's messages are heard.
type Station struct {
	Feed sensor.Feed
	// Sensor gives the sensor's description in force at a time; at the zero
	// time the latest.
	Sensor func(time.Time) sensor.Sensor
}

// New makes the decoder of one stream of the station's feed.
func New(st Station) (feed.Decoder, error) {
	switch st.Feed.Format {
	case sensor.FormatAIS:
		return newAIS(st), nil
	case sensor.FormatBeast, sensor.FormatAVR, sensor.FormatSBS:
		return &squitters{st: st}, nil
	case sensor.FormatASTERIX:
		if err := (asterix.Config{Editions: st.Feed.Editions}).Check(); err != nil {
			return nil, valid.In("editions", fmt.Errorf("feed %s: %w", st.Feed.ID, err))
		}
		return newASTERIX(st), nil
	case sensor.FormatNMEA:
		return newNMEA(st), nil
	case sensor.FormatMAVLink:
		return newMAVLink(st), nil
	case sensor.FormatObservations:
		return &recorded{st: st}, nil
	case sensor.FormatReports:
		if st.Feed.Scheme() != "desk" { // nobody else may say what people told
			return nil, valid.In("source", fmt.Errorf("feed %s: reports are entered at the desk: its source is desk:reports", st.Feed.ID))
		}
		return &told{st: st}, nil
	}
	return nil, fmt.Errorf("feed %s: format %q is unknown: use ais, beast, avr, sbs, asterix, nmea, mavlink or observations", st.Feed.ID, st.Feed.Format)
}

// fromFile reports whether the feed is a recording.
func (st *Station) fromFile() bool { return strings.HasPrefix(st.Feed.Source, "file:") }

// begin makes an observation of a message that came now; its time is the
// receive time until timed says better.
func (st *Station) begin(s *sensor.Sensor, received time.Time, raw []byte) obs.Observation {
	return obs.Observation{
		Sensor: s.ID, Time: received, Received: received, Clock: obs.ClockNone,
		Source: obs.Source{Feed: st.Feed.ID, Hash: sha256.Sum256(raw), Proven: st.Feed.Proven},
	}
}

// lines gives the bytes of a chunk of a format made of lines: the last line
// of a datagram ends with it, whether it says so or not.
func lines(c feed.Chunk) []byte {
	if !c.Datagram || len(c.Data) == 0 || c.Data[len(c.Data)-1] == '\n' {
		return c.Data
	}
	return append(bytes.Clone(c.Data), '\n')
}

// onAir identifies a message whoever heard it.
func onAir(radiated []byte) obs.Key {
	sum := sha256.Sum256(radiated)
	return obs.Key(sum[:len(obs.Key{})])
}

// polar makes a place of range (ground, metres) and bearing (degrees) from
// origin, with the covariance that follows from their errors.
func polar(o *obs.Observation, origin geo.Position, rng, rngSD, bearing, bearingSD float64) {
	o.Measure = obs.RangeBearing
	o.Origin, o.Range, o.RangeSD = origin, rng, rngSD
	o.Bearing, o.BearingSD = geo.WrapBearing(bearing), bearingSD
	o.Position, _ = geo.Direct(origin, o.Bearing, rng)
	const radian = 0.017453292519943295
	sin, cos := fmath.SincosDegrees(o.Bearing)
	along := float64(rngSD * rngSD)
	// At the antenna itself the bearing tells nothing: the error is no line.
	side := max(float64(float64(rng*bearingSD)*radian), 1)
	across := float64(side * side)
	o.Cov = obs.Cov2{
		EE: float64(float64(sin*sin)*along) + float64(float64(cos*cos)*across),
		NN: float64(float64(cos*cos)*along) + float64(float64(sin*sin)*across),
		EN: float64(float64(sin*cos) * (along - across)),
	}
}

// atLeast gives the deviation, or what stands in where none is stated.
func atLeast(sd, otherwise float64) float64 {
	if sd > 0 {
		return sd
	}
	return otherwise
}

// squawked notes a Mode A code and the call for help that it may be.
func squawked(o *obs.Observation, code string) {
	o.Claims = append(o.Claims, obs.Claim{Kind: obs.Squawk, Value: code})
	switch code {
	case "7500":
		o.Distress = obs.Interference
	case "7600":
		o.Distress = obs.RadioFailure
	case "7700":
		o.Distress = obs.Emergency
	}
}

func observation(o obs.Observation) track.Input { return track.Input{Observation: &o} }
