package fuse

import (
	"fmt"
	"maps"
	"math"
	"testing"
	"time"

	"atalaya/fuse/registration"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// coast is boats that say once a second where they are, and three radars that
// each see some of them, in sectors, one of them turned by half a degree.
type coast struct {
	w      *world
	boats  []obs.Observation
	radars [3]geo.Position
	reach  float64
	turned float64
	steps  int
	scans  int
}

const (
	sectors  = 32 // a turn
	turning  = 2500 * time.Millisecond
	perSweep = turning / sectors
)

func newCoast(t testing.TB, cfg Config, n int, spacing, reach float64) *coast {
	c := &coast{w: newWorld(t, cfg), reach: reach, turned: 0.5}
	side := int(math.Ceil(math.Sqrt(float64(n))))
	for k := range n {
		o := ais(fmt.Sprint(700000000+k), geo.Position{Lat: -16.2 + float64(k/side)*spacing, Lon: -69 + float64(k%side)*spacing}, 11, 0)
		o.Clock = obs.ClockGNSS
		c.boats = append(c.boats, o)
	}
	for i := range c.radars {
		c.radars[i] = geo.Position{Lat: -16.2 + float64(side)*spacing*float64(i+1)/4, Lon: -69 + float64(side)*spacing/2}
		s := sensor.Sensor{
			ID: sensor.ID(fmt.Sprint("shore", i)), Kind: sensor.Radar, Position: c.radars[i], MaxRange: reach, Detection: 0.9, ScanPeriod: turning,
			RangeSD: 30, BearingSD: 0.3, Valid: valid.Record{Number: 1},
		}
		c.w.put(track.Input{Change: &track.Change{At: c.w.now, Sensor: &s}})
	}
	c.w.step(time.Second)
	return c
}

// inputs are those of the next quarter of a second.
func (c *coast) inputs() []track.Input {
	w := c.w
	w.in = w.in[:0]
	for k := c.steps % 4; k < len(c.boats); k += 4 {
		o := c.boats[k]
		o.Time, o.Received = w.now, w.now
		o.Position.Lat += float64(c.steps/4) * 1e-4
		w.put(track.Input{Observation: &o})
		w.in[len(w.in)-1].Observation.Seq = w.seq
	}
	c.steps++
	until := w.now.Add(250 * time.Millisecond)
	for ; ; c.scans++ {
		end := epoch().Add(time.Second + time.Duration(c.scans+1)*perSweep)
		if end.After(until) {
			break
		}
		for i := range c.radars {
			w.put(track.Input{Scan: c.sweep(i, end)})
		}
	}
	w.now = until
	return w.in
}

// sweep is what a radar sees in its next sector.
func (c *coast) sweep(i int, end time.Time) *track.Scan {
	from := float64(c.scans%sectors) * 360 / sectors
	s := &track.Scan{
		Sensor: sensor.ID(fmt.Sprint("shore", i)), Start: end.Add(-perSweep), End: end, Received: end,
		Platform: c.radars[i], From: from, To: geo.WrapBearing(from + 360.0/sectors), MaxRange: c.reach,
	}
	plane := geo.NewPlane(c.radars[i])
	gone := end.Sub(epoch().Add(time.Second)).Seconds()
	for k := range c.boats {
		p := c.boats[k].Position
		p.Lat += gone * 1e-4
		x, y := plane.XY(p)
		if math.Abs(x) > c.reach || math.Abs(y) > c.reach {
			continue
		}
		r, b := math.Hypot(x, y), geo.WrapBearing(math.Atan2(x, y)*180/math.Pi)
		h := scatter(uint64(c.scans*len(c.boats)*3 + i*len(c.boats) + k + 1))
		if r > c.reach || geo.WrapBearing(b-from) >= 360.0/sectors || h%10 == 0 {
			continue
		}
		r += 30 * normal(h)
		b += 0.3 * normal(h+9)
		if i == 0 {
			b += c.turned
		}
		b = geo.WrapBearing(b)
		o := obs.Observation{
			Sensor: s.Sensor, Measure: obs.RangeBearing, Origin: c.radars[i], Range: r, Bearing: b,
			Position: plane.Position(r*math.Sin(b*math.Pi/180), r*math.Cos(b*math.Pi/180)), Time: end, Received: end,
		}
		s.Observations = append(s.Observations, *c.w.made(o))
	}
	return s
}

// BenchmarkBiases is a second of 10,000 boats that each say where they are, under
// three radars with some 3,000 of them each in view: with biases and without.
func BenchmarkBiases(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(map[bool]string{false: "off", true: "on"}[on], func(b *testing.B) {
			cfg := Config{}
			if !on {
				cfg.Bias = map[sensor.Kind]registration.Config{}
			}
			c := newCoast(b, cfg, 10_000, 0.0085, 30e3)
			for range 4 * 30 {
				in := c.inputs()
				c.w.tr.Step(c.w.now, in)
			}
			b.ReportAllocs()
			for b.Loop() {
				for range 4 {
					b.StopTimer()
					in := c.inputs()
					b.StartTimer()
					c.w.tr.Step(c.w.now, in)
				}
			}
			b.ReportMetric(float64(c.w.tr.Len()), "tracks")
		})
	}
}

// TestRegistrations: it is learnt which radar is turned, and told of those only
// that may be.
func TestRegistrations(t *testing.T) {
	c := newCoast(t, Config{}, 100, 0.01, 8e3)
	for range 4 * 60 {
		in := c.inputs()
		c.w.tr.Step(c.w.now, in)
	}
	got := maps.Collect(c.w.tr.Registrations())
	if len(got) != len(c.radars) {
		t.Fatalf("%d of %d: %v", len(got), len(c.radars), got)
	}
	for i := range c.radars {
		want := 0.0
		if i == 0 {
			want = c.turned
		}
		r := got[sensor.ID(fmt.Sprint("shore", i))]
		is, sd := r.Bias[registration.Azimuth]*180/math.Pi, r.SD()[registration.Azimuth]*180/math.Pi
		if r.State != registration.Steady || !r.Known[registration.Azimuth] || math.Abs(is-want) > 3*sd || sd > 0.1 {
			t.Errorf("radar %d is %v after %d pairs, %d refused: %v by %v degrees, is %v", i, r.State, r.Used, r.Refused, is, sd, want)
		}
	}
	none := New(Config{Bias: map[sensor.Kind]registration.Config{}})
	for id := range none.Registrations() {
		t.Errorf("%v may not be off", id)
	}
	if n := c.w.tr.Len(); n != 100 {
		t.Errorf("%d tracks of 100 boats", n)
	}
}
