package timeline

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/obs"
)

// TestBornAtItsOwnTime: what a plot starts that was measured some time before or
// after its look is at the look's time where its velocity, known or not, had it
// then: the error squared by its own covariance is that of four dimensions.
func TestBornAtItsOwnTime(t *testing.T) {
	const runs, speed, sd = 400, 60.0, 20.0
	for _, c := range []struct {
		what           string
		after, velSD   float64
		foreign, polar bool
	}{
		{"at the look's time", 0, 0, false, false},
		{"after it", 5, 0, false, false},
		{"before it", -5, 0, false, false},
		{"its velocity known", 5, 2, false, false},
		{"another tracker's", 5, 2, true, false},
		{"by range and bearing", 5, 0, false, true},
	} {
		r := rand.New(rand.NewPCG(1, 91))
		sum, spread := 0.0, 0.0
		for range runs {
			tl, err := New(Config{SpeedSD: speed}, nil)
			if err != nil {
				t.Fatal(err)
			}
			s := tl.AddSensor(Sensor{Foreign: c.foreign})
			vx, vy := speed*r.NormFloat64(), speed*r.NormFloat64()
			x, y := 3000+c.after*vx, 4000+c.after*vy // the thing is at (3000, 4000)
			p := place(x+sd*r.NormFloat64(), y+sd*r.NormFloat64(), obs.Round(sd))
			if c.polar {
				d := math.Hypot(x, y)
				p.Measurement = measure.Polar(0, 0, d+sd*r.NormFloat64(), sd, math.Atan2(x, y)+sd/d*r.NormFloat64(), sd/d)
			}
			p.After = c.after
			if c.velSD > 0 {
				p.Velocity = measure.Velocity{X: vx + c.velSD*r.NormFloat64(), Y: vy + c.velSD*r.NormFloat64(), Var: c.velSD * c.velSD}
			}
			take(t, tl, 100, s, p)
			tl.All(100e9, 0, func(th *Thing) bool {
				e := &th.State
				sum += kalman.Distance4([4]float64{e.X[0] - 3000, e.X[1] - 4000, e.X[2] - vx, e.X[3] - vy}, e.P)
				spread += math.Sqrt(e.P[0][0])
				return true
			})
		}
		want := math.Hypot(sd, c.after*speed)
		if c.velSD > 0 {
			want = math.Hypot(sd, c.after*c.velSD)
		}
		if m := sum / runs; m < 3.5 || m > 4.5 {
			t.Errorf("%s: error squared by the covariance %.2f, want 4", c.what, m)
		}
		if m := spread / runs; math.Abs(m-want) > 0.1*want {
			t.Errorf("%s: place by %.0f m, want %.0f", c.what, m, want)
		}
	}
}

// TestFoundAtItsOwnTime: what is fast is found where the plot's own time has it.
func TestFoundAtItsOwnTime(t *testing.T) {
	for _, says := range []bool{false, true} { // all are predicted, or what is surely not near is passed by
		tl, err := New(Config{SpeedSD: 150}, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := tl.AddSensor(Sensor{Cooperative: says, Clutter: 1e-12})
		for i := range 6 {
			at, after := float64(10*i), float64(4*(i%3))
			p := place(250*(at+after), 0, obs.Round(50))
			p.After = after
			if err := tl.Take(&Look{Time: int64(at * 1e9), Sensor: s, Plots: []Plot{p}}); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		tl.All(50e9, 0.01, func(th *Thing) bool {
			n++
			if math.Abs(th.State.X[0]-12500) > 200 {
				t.Errorf("it is at %.0f m", th.State.X[0])
			}
			return true
		})
		if n != 1 {
			t.Errorf("%d things of one", n)
		}
	}
}
