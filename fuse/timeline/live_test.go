package timeline

import (
	"runtime"
	"testing"

	"atalaya/fuse/imm"
	"atalaya/fuse/measure"
	"atalaya/obs"
)

// BenchmarkLive is the live picture: 10,000 things that each say once a second
// where they are, in ten steps a second, through two receivers: a tenth of them
// through one that is half a second late; and of all looks one in ten is three
// seconds. An operation is a step. It says how much memory is held for each thing once two lags have passed.
func BenchmarkLive(b *testing.B) {
	for _, m := range []struct {
		name  string
		model *imm.Model
	}{{"two ways", calm()}, {"four ways", mixed()}} {
		b.Run(m.name, func(b *testing.B) {
			before := held()
			s := newStream(10_000)
			t, err := New(Config{Model: m.model, SpeedSD: 10, Watched: true}, nil)
			if err != nil {
				b.Fatal(err)
			}
			t.AddSensor(Sensor{Cooperative: true})
			t.AddSensor(Sensor{Cooperative: true})
			take := func(looks []Look) {
				for _, l := range looks {
					if err := t.Take(&l); err != nil {
						b.Fatal(err)
					}
				}
				for range t.Changes() {
				}
			}
			for range 250 {
				take(s.step())
			}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				looks := s.step()
				b.StartTimer()
				take(looks)
			}
			b.ReportMetric(float64(len(t.things))/float64(len(s.x)), "things/target")
			b.ReportMetric(float64(held()-before)/float64(len(s.x)), "B/target")
			runtime.KeepAlive(t)
		})
	}
}

// held is how much memory is in use.
func held() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func calm() *imm.Model {
	return &imm.Model{Share: [imm.Ways]float64{imm.Steady: 0.8, imm.Slow: 0.2}, Mean: 30, Noise: [imm.Ways]float64{imm.Steady: 0.1}, Drift: 0.5, Calm: 10}
}

// stream is things that say where they are.
type stream struct {
	*crowd
	late [][]Look // by step from now on
}

func newStream(n int) *stream { return &stream{crowd: newCrowd(n, 1000)} }

// step gives the looks that come within the next 100 ms.
func (s *stream) step() []Look {
	const steps = 10 // a second
	n := int(s.now/1e8) + 1
	s.now += 1e8
	for sensor := range 2 {
		l := Look{Sensor: int32(sensor), Time: s.now}
		for i := n % steps; i < len(s.x); i += steps {
			if (i/steps%10 == 0) != (sensor == 1) {
				continue
			}
			s.x[i], s.y[i] = s.x[i]+s.vx[i], s.y[i]+s.vy[i]
			after := -0.1 * s.r.Float64()
			p := place(s.x[i]+after*s.vx[i]+5*s.r.NormFloat64(), s.y[i]+after*s.vy[i]+5*s.r.NormFloat64(), obs.Round(5))
			p.After, p.Velocity = after, measure.Velocity{X: s.vx[i], Y: s.vy[i], Var: 1}
			p.Claim = 1<<56 | uint64(i+1)
			l.Plots = append(l.Plots, p)
		}
		after := 5 * sensor
		if s.r.IntN(10) == 0 {
			after = 30
		}
		for len(s.late) <= after {
			s.late = append(s.late, nil)
		}
		s.late[after] = append(s.late[after], l)
	}
	now := s.late[0]
	s.late = s.late[1:]
	return now
}
