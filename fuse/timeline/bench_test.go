package timeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/assoc"
	"atalaya/obs"
)

// BenchmarkScan is a whole-picture scan of a radar each 2.5 s, with four ways of
// motion and half as many false plots as targets.
func BenchmarkScan(b *testing.B) {
	for _, n := range []int{1_000, 20_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newCrowd(n, 500)
			t, err := New(Config{
				Model: mixed(), SpeedSD: 10,
				Birth: 1e-9, Assoc: assoc.Config{},
			}, nil)
			if err != nil {
				b.Fatal(err)
			}
			t.AddSensor(Sensor{Clutter: 0.5 / (500 * 500), Period: 2.5e9})
			for range 8 {
				l := c.scan()
				if err := t.Take(&l); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				l := c.scan()
				b.StartTimer()
				if err := t.Take(&l); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(t.things))/float64(n), "things/target")
		})
	}
}

// crowd is targets on a square, that go straight and turn at its edge.
type crowd struct {
	r            *rand.Rand
	side         float64
	x, y, vx, vy []float64
	now          int64
}

func newCrowd(n int, spacing float64) *crowd {
	c := &crowd{r: rand.New(rand.NewPCG(1, uint64(n))), side: spacing * math.Sqrt(float64(n))}
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
		c.x[i] += c.vx[i] * 2.5
		c.y[i] += c.vy[i] * 2.5
		if c.x[i] < 0 || c.x[i] > c.side {
			c.vx[i] = -c.vx[i]
		}
		if c.y[i] < 0 || c.y[i] > c.side {
			c.vy[i] = -c.vy[i]
		}
		if c.r.Float64() < 0.9 {
			l.Plots = append(l.Plots, place(c.x[i]+10*c.r.NormFloat64(), c.y[i]+10*c.r.NormFloat64(), obs.Round(10)))
		}
	}
	for range len(c.x) / 2 {
		l.Plots = append(l.Plots, place(c.r.Float64()*c.side, c.r.Float64()*c.side, obs.Round(10)))
	}
	return l
}
