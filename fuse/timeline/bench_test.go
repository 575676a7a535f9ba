package timeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/obs"
)

// BenchmarkScan is a whole-picture scan of a radar each 2.5 s, with four ways of
// motion and half as many false plots as targets.
func BenchmarkScan(b *testing.B) {
	for _, n := range []int{1_000, 20_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			benchScans(b, newCrowd(n, 500), Config{Model: mixed(), SpeedSD: 10, Birth: 1e-9}, Sensor{Clutter: 0.5 / (500 * 500), Period: 2.5e9})
		})
	}
}

// BenchmarkDense is one of 10,000 targets, 100 m apart, among twice as many
// false plots: where these are known, and where they are to be learnt.
func BenchmarkDense(b *testing.B) {
	c := newCrowd(10_000, 100)
	c.clutter = 20_000
	b.Run("known", func(b *testing.B) {
		benchScans(b, c, Config{Model: mixed(), SpeedSD: 10, Birth: 1e-7}, Sensor{Clutter: 2.0 / (100 * 100), Period: 2.5e9})
	})
	b.Run("learnt", func(b *testing.B) {
		benchScans(b, c, Config{Model: mixed(), SpeedSD: 10}, Sensor{})
	})
}

func benchScans(b *testing.B, c *crowd, cfg Config, s Sensor) {
	b.Helper()
	t, err := New(cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	t.AddSensor(s)
	take := func(l Look) {
		if err := t.Take(&l); err != nil {
			b.Fatal(err)
		}
	}
	for range 8 {
		take(c.scan())
	}
	shed := t.Stats().Shed[ShedPairs]
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		l := c.scan()
		b.StartTimer()
		take(l)
	}
	b.ReportMetric(float64(len(t.things))/float64(len(c.x)), "things/target")
	b.ReportMetric(float64(t.Stats().Shed[ShedPairs]-shed)/float64(b.N), "shed/op")
}

// BenchmarkCooperative is one of four looks a second in which some of 10,000
// boats say where they are, that a radar sees every 2.5 s.
func BenchmarkCooperative(b *testing.B) {
	for _, say := range []int{300, 2_500} {
		b.Run(fmt.Sprint(say), func(b *testing.B) {
			c := newCrowd(10_000, 500)
			t, err := New(Config{Model: mixed(), SpeedSD: 10, Birth: 1e-9}, nil)
			if err != nil {
				b.Fatal(err)
			}
			t.AddSensor(Sensor{Clutter: 0.5 / (500 * 500), Period: 2.5e9})
			t.AddSensor(Sensor{Cooperative: true})
			n := 0
			next := func() Look { // the radar's next one is taken
				if n%10 == 0 {
					l := c.scan()
					if err := t.Take(&l); err != nil {
						b.Fatal(err)
					}
				}
				n++
				return c.say(n, say)
			}
			for range 80 {
				l := next()
				if err := t.Take(&l); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				l := next()
				b.StartTimer()
				if err := t.Take(&l); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLate is a look in which some of 10,000 boats say where they were 15 s
// ago, later than the lag, while a radar sees them.
func BenchmarkLate(b *testing.B) {
	for _, say := range []int{1, 300} {
		b.Run(fmt.Sprint(say), func(b *testing.B) {
			const ago = 15.0
			c := newCrowd(10_000, 500)
			t, err := New(Config{Model: mixed(), SpeedSD: 10, Birth: 1e-9, Retrodict: 60e9}, nil)
			if err != nil {
				b.Fatal(err)
			}
			t.AddSensor(Sensor{Clutter: 0.5 / (500 * 500), Period: 2.5e9})
			t.AddSensor(Sensor{Cooperative: true})
			for range 12 {
				l := c.scan()
				if err := t.Take(&l); err != nil {
					b.Fatal(err)
				}
			}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				l := Look{Sensor: 1, Time: c.now - ago*1e9}
				for k := range say {
					i := (n*say + k) % len(c.x)
					l.Plots = append(l.Plots, place(c.x[i]-ago*c.vx[i]+5*c.r.NormFloat64(), c.y[i]-ago*c.vy[i]+5*c.r.NormFloat64(), obs.Round(5)))
				}
				n++
				if err := t.Take(&l); err != nil {
					b.Fatal(err)
				}
			}
			s := t.Stats()
			b.ReportMetric(float64(s.Retrodicted)/float64(s.Retrodicted+s.EvidenceOnly), "used/plot")
		})
	}
}

// say is the n-th look, ten after each scan, in which some say where they are.
func (c *crowd) say(n, some int) Look {
	at := float64((n-1)%10) / 4
	l := Look{Sensor: 1, Time: c.now + int64(at*1e9)}
	for k := range some {
		i := (n*some + k) % len(c.x)
		p := place(c.x[i]+at*c.vx[i]+5*c.r.NormFloat64(), c.y[i]+at*c.vy[i]+5*c.r.NormFloat64(), obs.Round(5))
		p.Claim = 1<<56 | uint64(i+1)
		l.Plots = append(l.Plots, p)
	}
	return l
}

// crowd is targets on a square, that go straight and turn at its edge.
type crowd struct {
	r            *rand.Rand
	side         float64
	x, y, vx, vy []float64
	now          int64
	clutter      int // false plots a scan
}

func newCrowd(n int, spacing float64) *crowd {
	c := &crowd{r: rand.New(rand.NewPCG(1, uint64(n))), side: spacing * math.Sqrt(float64(n)), clutter: n / 2}
	for range n {
		c.x, c.y = append(c.x, c.r.Float64()*c.side), append(c.y, c.r.Float64()*c.side)
		c.vx, c.vy = append(c.vx, c.r.NormFloat64()*7), append(c.vy, c.r.NormFloat64()*7)
	}
	return c
}

func (c *crowd) scan() Look {
	c.now += 2.5e9
	l := Look{Time: c.now}
	for i := range c.x {
		c.x[i] += float64(c.vx[i] * 2.5)
		c.y[i] += float64(c.vy[i] * 2.5)
		if c.x[i] < 0 || c.x[i] > c.side {
			c.vx[i] = -c.vx[i]
		}
		if c.y[i] < 0 || c.y[i] > c.side {
			c.vy[i] = -c.vy[i]
		}
		if c.r.Float64() < 0.9 {
			l.Plots = append(l.Plots, place(c.x[i]+float64(10*c.r.NormFloat64()), c.y[i]+float64(10*c.r.NormFloat64()), obs.Round(10)))
		}
	}
	for range c.clutter {
		l.Plots = append(l.Plots, place(c.r.Float64()*c.side, c.r.Float64()*c.side, obs.Round(10)))
	}
	return l
}
