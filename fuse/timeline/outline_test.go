package timeline

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
	"atalaya/geo"
	"atalaya/obs"
)

// TestBeyond: to predict all things, or only those of which a look may have a
// part, is the same.
func TestBeyond(t *testing.T) {
	for seed := range uint64(6) {
		var want []string
		for _, careful := range []bool{true, false} {
			r := rand.New(rand.NewPCG(seed, 8))
			c := newCrowd(150, 600)
			line, err := New(Config{Model: mixed(), SpeedSD: 3 + 10*r.Float64(), Reach: 1000 * math.Exp(2*r.Float64()), Lag: 20e9}, nil)
			if err != nil {
				t.Fatal(err)
			}
			line.careful = careful
			line.AddSensor(Sensor{})
			line.AddSensor(Sensor{Cooperative: true})
			line.AddSensor(Sensor{Bias: registration.Config{SD: registration.Bias{registration.Azimuth: 0.01, registration.Range: 30, registration.Time: 0.3}}})
			line.AddSensor(Sensor{Cooperative: true})
			line.AddSensor(Sensor{Foreign: true})
			skipped, met, away := 0, 0, 0
			for range 30 {
				l := c.anyLook(r)
				if err := line.Take(&l); err != nil {
					t.Fatal(err)
				}
				if last := line.looks[len(line.looks)-1]; !careful {
					for _, th := range line.things {
						if line.away(last, th) {
							away++
						}
						if k := line.versions.before(th, last.key); k != nil && line.beyond(last, k) {
							skipped++
						} else {
							met++
						}
					}
				}
			}
			got := picture(line, c.now)
			if careful {
				want = got
				continue
			}
			if skipped*5 < met || away*20 < skipped {
				t.Errorf("%d things were not predicted, %d of them for their whereabouts; %d were", skipped, away, met)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: the pictures differ\n%v\n%v", seed, got[0], want[0])
			}
		}
	}
}

// anyLook is one of a radar all round, or in a sector or a field; of what speaks
// for itself; of a radar with a bias; of a direction finder; of another tracker.
func (c *crowd) anyLook(r *rand.Rand) Look {
	l := c.scan()
	kind := r.IntN(7)
	switch kind {
	case 1, 2:
		l.Sensor = 1
	case 4:
		l.Sensor = 2
	case 5:
		l.Sensor = 3
	case 6:
		l.Sensor = 4
	}
	switch x, y := c.side*r.Float64(), c.side*r.Float64(); kind {
	case 2:
		l.Region = Polygon{{x, y}, {x + 2000, y + 500}, {x + 800, y + 2500}}
	case 3, 4, 5:
		l.Region = Sector{X: x, Y: y, From: 360 * r.Float64(), Width: 240 * r.Float64(), Reach: c.side * r.Float64()}
		l.Plots = slices.DeleteFunc(l.Plots, func(p Plot) bool { return !l.Region.Holds(p.X, p.Y) })
	}
	if kind == 1 || kind == 2 || kind == 6 {
		l.Plots = l.Plots[:len(l.Plots)/20]
	}
	for i := range l.Plots {
		p := &l.Plots[i]
		if r.IntN(3) == 0 && (kind == 1 || kind == 2) {
			p.Claim = uint64(i + 1)
			p.Cov = obs.Round(5 + 50*r.Float64())
			p.After = 4 * (r.Float64() - 0.5)
		}
		if s, ok := l.Region.(Sector); ok && kind >= 4 {
			d, b := math.Hypot(p.X-s.X, p.Y-s.Y), math.Atan2(p.X-s.X, p.Y-s.Y)
			p.Measurement = measure.Measurement{Kind: measure.OfPolar, X: s.X, Y: s.Y, Range: d, RangeSD: 20, Bearing: b, BearingSD: 0.01}
			if kind == 5 && i%3 == 0 {
				p.Measurement = measure.Bearing(s.X, s.Y, b, 0.02)
			}
		}
	}
	if r.IntN(4) == 0 {
		l.Time -= r.Int64N(6e9)
	}
	l.Mute = r.IntN(4) == 0
	return l
}

// TestMute: a mute look is one of which nothing is known that it would have shown.
func TestMute(t *testing.T) {
	for seed := range uint64(3) {
		w := known{Config{Model: mixed()}, []Sensor{{}, {Cooperative: true}}, 0}
		looks := world(rand.New(rand.NewPCG(seed, 1)))
		said := play(t, w, looks)
		for i := range looks {
			looks[i].Sight = func(float64, float64, geo.Height) (float64, bool) { return 0.9, false }
		}
		want := play(t, w, looks)
		for i := range looks {
			looks[i].Sight = func(float64, float64, geo.Height) (float64, bool) { t.Fatal("it is asked"); return 0, false }
			looks[i].Mute = true
		}
		if got := play(t, w, looks); !slices.Equal(got, want) || slices.Equal(got, said) {
			t.Fatalf("seed %d: the pictures differ, or do not from those that miss", seed)
		}
	}
}

// TestOutline: predictions lie where the outline says.
func TestOutline(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	m := mixed()
	w := wanderOf(m)
	for range 20000 {
		var v version
		e := kalman.Estimate{X: [4]float64{r.NormFloat64() * 1e4, r.NormFloat64() * 1e4, r.NormFloat64() * 20, r.NormFloat64() * 20}}
		for k := range 2 {
			e.P[k][k], e.P[k+2][k+2] = math.Exp(6*r.Float64()), math.Exp(5*r.Float64())
		}
		v.state = m.New(&e)
		for range r.IntN(4) {
			m.Predict(&v.state, 5*r.Float64())
			mean := v.state.Mean()
			v.state.Place(mean.X[0]+20*r.NormFloat64(), mean.X[1]+20*r.NormFloat64(), obs.Round(5+20*r.Float64()))
		}
		o := outlineOf(&v.state)
		dt := math.Exp(8*r.Float64() - 3)
		c := o.after(dt, w)
		s := v.state
		m.Predict(&s, dt)
		mean := s.Mean()
		if d := math.Hypot(mean.X[0]-c.x, mean.X[1]-c.y); d > c.radius*slack+slackMetres {
			t.Fatalf("after %v s %v m off, the outline says %v", dt, d, c.radius)
		}
		if is := kalman.Spread(&mean.P); is > c.spread*slack {
			t.Fatalf("after %v s it spreads by %v m, the outline says %v", dt, is, c.spread)
		}
		if is, most := math.Hypot(mean.X[2], mean.X[3])+3*math.Sqrt(mean.P[2][2]+mean.P[3][3]), o.hastens(1, dt, 3, w); is > most*slack {
			t.Fatalf("after %v s it goes as fast as %v m/s, the outline says %v", dt, is, most)
		}
	}
}

// TestOuter: what a region holds, its outer bounds do.
func TestOuter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 10))
	missed := 0
	for range 3000 {
		x, y := r.NormFloat64()*1e3, r.NormFloat64()*1e3
		var region Region = Sector{X: x, Y: y, From: 720*r.Float64() - 360, Width: 360 * r.Float64(), Reach: 2e3 * r.Float64()}
		if r.IntN(2) == 0 {
			region = Polygon{{x, y}, {x + 1e3*r.Float64(), y}, {x, y - 2e3*r.Float64()}, {x - 500, y - 500}}
		}
		o := outerOf(region)
		for range 50 {
			x, y, by := r.NormFloat64()*2e3, r.NormFloat64()*2e3, 500*r.Float64()
			if !o.misses(x, y, by) {
				continue
			}
			missed++
			for range 20 {
				b, d := 2*math.Pi*r.Float64(), by*math.Sqrt(r.Float64())
				if region.Holds(x+d*math.Cos(b), y+d*math.Sin(b)) {
					t.Fatalf("%+v holds a place %v m from %v %v, its bounds do not", region, d, x, y)
				}
			}
		}
	}
	if missed < 1e4 {
		t.Errorf("only %d tries", missed)
	}
}
