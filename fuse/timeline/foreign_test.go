package timeline

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/obs"
)

// foreign is a plot of what a neighbour believes.
func foreign(e *kalman.Estimate, existence float64) Plot {
	p := place(e.X[0], e.X[1], obs.Cov2{EE: e.P[0][0], EN: e.P[0][1], NN: e.P[1][1]})
	p.Velocity = measure.Velocity{X: e.X[2], Y: e.X[3], Var: max(e.P[2][2], e.P[3][3])}
	p.Credence = existence
	return p
}

func only(t *testing.T, tl *Timeline, at int64) Thing {
	t.Helper()
	var all []Thing
	tl.All(at, 0.01, func(th *Thing) bool {
		all = append(all, *th)
		return true
	})
	if len(all) != 1 {
		t.Fatalf("%d things: %+v", len(all), all)
	}
	return all[0]
}

// TestForeignIsNoEvidence: a neighbour's track a hundred times is what it was
// once: neither surer nor likelier, and its claim no honester.
func TestForeignIsNoEvidence(t *testing.T) {
	tl, err := New(Config{Model: steady(0.1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := tl.AddSensor(Sensor{Foreign: true})
	says := kalman.Estimate{X: [4]float64{1000, 2000, 3, 4}, P: [4][4]float64{{400, 100}, {100, 900}, {2: 2}, {3: 2}}}
	p := foreign(&says, 0.7)
	p.Claim = 1<<56 | 5
	var first Thing
	for k := range 100 {
		if err := tl.Take(&Look{Sensor: n, Time: 5e9, Plots: []Plot{p}}); err != nil {
			t.Fatal(err)
		}
		th := only(t, tl, 5e9)
		if k == 0 {
			first = th
			if math.Abs(th.Existence-0.7) > 0.01 || !th.Foreign {
				t.Fatalf("said once: %+v", th)
			}
			continue
		}
		// The neighbour's velocity is surer than what one place tells, and is
		// adopted bit by bit; never more than the neighbour says.
		surer(t, &th.State, &says)
		if th.Existence > 0.7+1e-9 || th.Honest > first.Honest || !th.Foreign {
			t.Fatalf("said %d times: %+v", k+1, th)
		}
	}
	// Nor in the course of time, while the boat goes on.
	for k := range 100 {
		now := 6e9 + int64(k)*1e9
		moved := says
		moved.X[0] += 3 * float64(k+1)
		moved.X[1] += 4 * float64(k+1)
		if err := tl.Take(&Look{Sensor: n, Time: now, Plots: []Plot{foreign(&moved, 0.7)}}); err != nil {
			t.Fatal(err)
		}
		th := only(t, tl, now)
		surer(t, &th.State, &says)
		if th.Existence > 0.7+1e-9 || th.Existence < 0.69 {
			t.Fatalf("after %d s: existence %v", k+1, th.Existence)
		}
		if d := math.Hypot(th.State.X[0]-moved.X[0], th.State.X[1]-moved.X[1]); d > 10 {
			t.Fatalf("after %d s: %.1f m off", k+1, d)
		}
	}
	// Its silence says nothing.
	if err := tl.Take(&Look{Sensor: n, Time: 107e9}); err != nil {
		t.Fatal(err)
	}
	if th := only(t, tl, 107e9); th.Existence < 0.69 {
		t.Errorf("not said: existence %v", th.Existence)
	}
	// What is seen is known by others no more alone, and exists.
	own := tl.AddSensor(Sensor{Clutter: 1e-8})
	for k := range 5 {
		now := 108e9 + int64(k)*1e9
		if err := tl.Take(&Look{Sensor: own, Time: now, Plots: []Plot{place(1000+3*float64(now)/1e9-15, 2000+4*float64(now)/1e9-20, obs.Round(15))}}); err != nil {
			t.Fatal(err)
		}
	}
	if th := only(t, tl, 112e9); th.Existence < 0.99 || th.Foreign {
		t.Errorf("seen: %+v", th)
	}
}

// surer fails where ours is surer in some direction than both were.
func surer(t *testing.T, ours, says *kalman.Estimate) {
	t.Helper()
	for k := range 32 {
		s, c := math.Sincos(math.Pi * float64(k) / 32)
		for _, i := range []int{0, 2} {
			along := func(p *[4][4]float64) float64 {
				return c*c*p[i][i] + 2*s*c*p[i][i+1] + s*s*p[i+1][i+1]
			}
			if a, b := along(&ours.P), along(&says.P); a < b*(1-1e-9) {
				t.Fatalf("variance %v, the neighbour's %v", a, b)
			}
		}
	}
}

// TestForeignOfOurOwn: a neighbour's track that is made from our own radar's plots
// does not make us surer than we are. Taken for a sensor it does.
func TestForeignOfOurOwn(t *testing.T) {
	const runs, seconds = 60, 60
	for _, s := range []Sensor{{Foreign: true}, {Cooperative: true}} {
		sum, n := 0.0, 0
		for seed := range uint64(runs) {
			r := rand.New(rand.NewPCG(seed, 51))
			tl, err := New(Config{Model: steady(0.1), Birth: 1e-10}, nil)
			if err != nil {
				t.Fatal(err)
			}
			tl.AddSensor(Sensor{Clutter: 1e-9, Seen: 0.99})
			tl.AddSensor(s)
			x := [4]float64{0, 0, 5 * r.NormFloat64(), 5 * r.NormFloat64()}
			theirs := kalman.Estimate{P: [4][4]float64{{1e6}, {1: 1e6}, {2: 100}, {3: 100}}}
			for k := range seconds {
				now := int64(k+1) * 1e9
				for a := range 2 {
					u, v := r.NormFloat64(), r.NormFloat64()
					x[a] += x[a+2] + math.Sqrt(0.1/3)*(math.Sqrt(3)/2*u+v/2)
					x[a+2] += math.Sqrt(0.1) * u
				}
				zx, zy := x[0]+20*r.NormFloat64(), x[1]+20*r.NormFloat64()
				theirs.Predict(1, 0.1)
				res := theirs.Place(zx, zy, obs.Round(20))
				theirs.Update(&res, 0)
				for _, l := range []Look{
					{Sensor: 0, Time: now, Plots: []Plot{place(zx, zy, obs.Round(20))}},
					{Sensor: 1, Time: now, Plots: []Plot{foreign(&theirs, 0.95)}},
				} {
					if err := tl.Take(&l); err != nil {
						t.Fatal(err)
					}
				}
				if k < 15 {
					continue
				}
				tl.All(now, 0.5, func(th *Thing) bool {
					e := &th.State
					res := kalman.Residual{E: x[0] - e.X[0], N: x[1] - e.X[1], S: obs.Cov2{EE: e.P[0][0], EN: e.P[0][1], NN: e.P[1][1]}}
					if d2 := res.Distance2(); math.Hypot(res.E, res.N) < 300 {
						sum += d2
						n++
					}
					return true
				})
			}
		}
		got := sum / float64(n)
		t.Logf("%+v: normalised error squared %.2f of 2 in %d", s, got, n)
		if s.Foreign && (got > 2.3 || n < runs*(seconds-15)*9/10) {
			t.Errorf("as foreign: %.2f of 2 in %d", got, n)
		}
		if s.Cooperative && got < 3 {
			t.Errorf("as a sensor: %.2f: the test shows nothing", got)
		}
	}
}
