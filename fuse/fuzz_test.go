package fuse

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"time"

	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// source of fuzzed values.
type source8 struct{ b []byte }

func (s *source8) byte() byte {
	if len(s.b) == 0 {
		return 0
	}
	v := s.b[0]
	s.b = s.b[1:]
	return v
}

// float gives mostly sane values near a centre, and now and then anything.
func (s *source8) float(centre, spread float64) float64 {
	k := s.byte()
	if k == 255 {
		var raw [8]byte
		for i := range raw {
			raw[i] = s.byte()
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(raw[:]))
	}
	return centre + spread*(float64(k)-127)/127
}

// FuzzStep gives the tracker everything that the types allow; world.check
// looks at the picture after every step.
func FuzzStep(f *testing.F) {
	f.Add([]byte("seed"))
	long := make([]byte, 600)
	for i := range long {
		long[i] = byte(scatter(uint64(i)))
	}
	f.Add(long)
	f.Fuzz(fuzzOne)
}

func fuzzOne(t *testing.T, data []byte) {
	w := newWorld(t, Config{MaxTracks: 50})
	s := &source8{data}
	sensors := []sensor.ID{"ais", "adsb", "r1", "r2", "arpa", "drone", "cam", "stranger"}
	for range 200 {
		if len(s.b) == 0 {
			break
		}
		var o obs.Observation
		o.Sensor = sensors[int(s.byte())%len(sensors)]
		o.Measure = obs.Measure(s.byte() % 5)
		o.Kind = obs.Kind(s.byte() % 12)
		o.Clock = obs.Clock(s.byte() % 6)
		o.Has = obs.Has(s.byte())
		o.Distress = obs.Distress(s.byte() % 20 / 2 % 9)
		o.Position = geo.Position{Lat: s.float(-16.2, 0.05), Lon: s.float(-68.9, 0.05)}
		o.Origin = geo.Position{Lat: s.float(-16.2, 0.05), Lon: s.float(-68.9, 0.05)}
		o.Cov = obs.Cov2{EE: s.float(500, 600), NN: s.float(500, 600), EN: s.float(0, 100)}
		o.Range, o.Bearing = s.float(8000, 9000), s.float(180, 300)
		o.RangeSD, o.BearingSD, o.Elevation = s.float(30, 40), s.float(1, 2), s.float(0, 10)
		o.Speed, o.Course, o.Climb = s.float(10, 20), s.float(180, 300), s.float(0, 10)
		o.Height = geo.Height{Metres: s.float(4000, 1000), Datum: geo.Datum(s.byte() % 6)}
		o.Time = w.now.Add(time.Duration(int8(s.byte())) * time.Second / 2)
		o.Received = w.now
		for k := range s.byte() % 4 {
			o.Claims = append(o.Claims, obs.Claim{Kind: obs.ClaimKind(2*k + s.byte()%3), Value: fmt.Sprint(s.byte() % 4)})
		}
		switch b := s.byte(); {
		case b < 200:
			w.see(o)
		case b < 230:
			w.put(track.Input{Scan: &track.Scan{
				Sensor: o.Sensor, Start: o.Time, End: o.Received, Platform: o.Origin, From: o.Bearing, To: o.Course,
				MaxRange: o.Range, Observations: []obs.Observation{o},
			}})
		case b < 240:
			w.put(track.Input{Change: &track.Change{At: o.Time, Decision: &track.Decision{
				Track: track.ID(s.byte() % 8), Kind: o.Kind, Domain: track.Domain(s.byte() % 4), Drop: b == 239,
			}}})
		default:
			w.step(time.Duration(int8(s.byte())) * time.Second)
		}
		if s.byte() < 80 {
			w.step(250 * time.Millisecond)
		}
	}
	w.step(time.Second)
}
