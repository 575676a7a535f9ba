package timeline

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/obs"
)

// wandering is a boat whose velocity changes as Config's model has it.
type wandering struct{ x, y, vx, vy, q float64 }

func (b *wandering) move(dt float64, r *rand.Rand) {
	for _, a := range [2][2]*float64{{&b.x, &b.vx}, {&b.y, &b.vy}} {
		u, v := r.NormFloat64(), r.NormFloat64()
		dv := math.Sqrt(b.q*dt) * u // white noise acceleration, and its integral
		*a[0] += *a[1]*dt + dt*dv/2 + math.Sqrt(b.q*dt*dt*dt/12)*v
		*a[1] += dv
	}
}

// TestLateIsOfUse: over many runs, what is believed with a plot that comes a while
// later than the lag is nearer to the truth than without it, no farther from it
// than it says, and not far from what it would be had the plot come in time.
func TestLateIsOfUse(t *testing.T) {
	const runs, until, sd = 500, 60.0, 60.0
	for _, c := range []struct {
		what    string
		model   *imm.Model
		foreign bool
		from    float64 // the radar is silent from then
		to      float64 // to then
		age     float64 // of the look when it comes
		after   float64 // of the plot in it
		plot    func(x, y float64, r *rand.Rand) measure.Measurement
		gain    float64 // at least, of the error without it
	}{
		{"a place, 14 s old", nil, false, 0, 0, 14, 0, fix, 0.2},
		{"a place, 30 s old", nil, false, 0, 0, 30, 0, fix, 0.005},
		{"a place, of several ways to move", mixed(), false, 0, 0, 14, 0, fix, 0.1},
		{"a place, not seen since", nil, false, 35, until, 20, 0, fix, 0.3},
		{"a place, seen again since", nil, false, 20, 45, 18, 0, fix, 0.15},
		{"a place, some time after its look", nil, false, 0, 0, 15, 2, fix, 0.2},
		{"a place, after what was seen last", nil, false, 0, 0, 14, 3, fix, 0.2},
		{"another tracker's", nil, true, 0, 0, 14, 0, fix, 0.1},
		{"range and bearing", nil, false, 0, 0, 14, 0, func(x, y float64, r *rand.Rand) measure.Measurement {
			d, b := math.Hypot(x, y+3000), math.Atan2(x, y+3000)
			return measure.Polar(0, -3000, d+10*r.NormFloat64(), 10, b+0.05*r.NormFloat64(), 0.05)
		}, 0.1},
		{"a bearing", nil, false, 0, 0, 14, 0, func(x, y float64, r *rand.Rand) measure.Measurement {
			return measure.Bearing(0, -3000, math.Atan2(x, y+3000)+0.002*r.NormFloat64(), 0.002)
		}, 0.1},
	} {
		var errors, own [3]float64 // without it, late, in time
		for run := range runs {
			for way := range 3 {
				r := rand.New(rand.NewPCG(uint64(run), 101))
				cfg := Config{Model: c.model, Lag: 10 * time.Second}
				switch way {
				case 1:
					cfg.Retrodict = time.Minute
				case 2:
					cfg.Lag = time.Minute
				}
				tl, err := New(cfg, nil)
				if err != nil {
					t.Fatal(err)
				}
				radar := tl.AddSensor(Sensor{Clutter: 1e-10})
				other := tl.AddSensor(Sensor{Cooperative: !c.foreign, Foreign: c.foreign, Clutter: 1e-10, ClutterBearing: 1e-3})
				b := wandering{vx: 8 * r.NormFloat64(), vy: 8 * r.NormFloat64(), q: 0.1}
				var late Plot
				for at := 1.0; at <= until; at++ {
					b.move(1, r)
					x, y := b.x+sd*r.NormFloat64(), b.y+sd*r.NormFloat64()
					if (math.Mod(at, 4) == 0 && (at < c.from || at > c.to)) || at == until {
						take(t, tl, at, radar, place(x, y, obs.Round(sd)))
					}
					if at == until-c.age+c.after {
						late.Measurement = c.plot(b.x, b.y, r)
						late.After = c.after
					}
				}
				if way > 0 {
					take(t, tl, until-c.age, other, late)
				}
				if s := tl.Stats(); way == 1 && s.Retrodicted != 1 {
					continue // it was out of the gate
				}
				e := follow(t, tl, until)
				d := kalman.Residual{E: e.X[0] - b.x, N: e.X[1] - b.y, S: obs.Cov2{EE: e.P[0][0], EN: e.P[0][1], NN: e.P[1][1]}}
				errors[way] += (d.E*d.E + d.N*d.N) / runs
				own[way] += d.Distance2() / runs
			}
		}
		for i := range errors {
			errors[i] = math.Sqrt(errors[i])
		}
		t.Logf("%-36s without %.2f m (%.2f), late %.2f m (%.2f), in time %.2f m (%.2f)", c.what, errors[0], own[0], errors[1], own[1], errors[2], own[2])
		if !(errors[1] <= (1-c.gain)*errors[0]) {
			t.Errorf("%s: %.1f m, without it %.1f m", c.what, errors[1], errors[0])
		}
		if own[1] > 2.2 { // 2, and what chance does in so many runs
			t.Errorf("%s: error squared by its own covariance %.2f", c.what, own[1])
		}
	}
}

func fix(x, y float64, r *rand.Rand) measure.Measurement {
	return measure.Place(x+10*r.NormFloat64(), y+10*r.NormFloat64(), obs.Round(10))
}

// follow is where the likeliest thing is.
func follow(t *testing.T, tl *Timeline, at float64) (e kalman.Estimate) {
	t.Helper()
	best := 0.0
	tl.All(int64(at*1e9), 0, func(th *Thing) bool {
		if th.Existence > best {
			best, e = th.Existence, th.State
		}
		return true
	})
	if best == 0 {
		t.Fatal("nothing is believed")
	}
	return e
}

// What a plot that comes later than the lag counts for, and what is told of it.
func TestWhoseALatePlotIs(t *testing.T) {
	const mmsi = 1 << 56
	known := func(x, y float64, claim uint64) Plot {
		p := said(x, y, claim)
		p.Ref = 77
		return p
	}
	told := func(x, y float64) Plot {
		p := known(x, y, 0)
		p.Told, p.Credence = true, 0.8
		return p
	}
	far := told(0, 9000)
	far.Kind = measure.OfBearing
	far.BearingSD = 0.01
	for _, c := range []struct {
		what           string
		at             float64
		plots          []Plot
		used, evidence uint64
		things         int
		late           bool // it is refused
		began          bool
	}{
		{"its place", 80, []Plot{known(400, 0, 0)}, 1, 0, 3, false, false},
		{"its identity", 80, []Plot{known(400, 0, mmsi|1)}, 1, 0, 3, false, false},
		{"somebody told", 80, []Plot{told(400, 0)}, 1, 0, 3, false, false},
		{"an identity that no thing has", 80, []Plot{known(400, 9000, mmsi|9)}, 1, 0, 4, false, true},
		{"its identity elsewhere", 80, []Plot{known(400, 9000, mmsi|1)}, 0, 1, 3, false, false},
		{"between two", 80, []Plot{known(400, 5020, 0)}, 0, 1, 3, false, false},
		{"between two, with an identity", 80, []Plot{known(400, 5020, mmsi|2)}, 1, 0, 3, false, false},
		{"one thing twice", 80, []Plot{known(400, 0, 0), known(401, 0, 0)}, 0, 2, 3, false, false},
		{"nobody's", 80, []Plot{known(400, 9000, 0)}, 0, 1, 3, false, false},
		{"nobody's, told", 80, []Plot{told(400, 9000)}, 1, 0, 4, false, true},
		{"nobody's, told, a bearing", 80, []Plot{far}, 0, 1, 3, false, false},
		{"its own, that is not settled", 80, []Plot{known(400, -5000, 0)}, 0, 1, 3, false, false},
		{"its own, that is not settled, told", 80, []Plot{told(400, -5000)}, 0, 1, 3, false, false},
		{"told long ago", -200, []Plot{told(400, 90000)}, 1, 0, 4, false, true},
		{"told too long ago", -1000, []Plot{told(400, 90000)}, 0, 0, 3, true, false},
		{"too long ago", -200, []Plot{known(400, 0, mmsi|1)}, 0, 0, 3, true, false},
		{"too long ago, but for one", -200, []Plot{known(400, 0, mmsi|1), told(400, 90000)}, 1, 1, 4, false, true},
		{"nothing", 80, nil, 0, 0, 3, true, false},
	} {
		tl, err := New(Config{Watched: true, Retrodict: time.Minute, Told: 10 * time.Minute}, nil)
		if err != nil {
			t.Fatal(err)
		}
		ais := tl.AddSensor(Sensor{Cooperative: true})
		other := tl.AddSensor(Sensor{Cooperative: true})
		for at := 50.0; at <= 100; at += 5 {
			take(t, tl, at, ais, said(5*at, 0, mmsi|1), said(5*at, 5000, mmsi|2), said(5*at, 5040, mmsi|3))
		}
		if strings.Contains(c.what, "not settled") {
			c.things++
			take(t, tl, 95, other, said(475, -5000, 0))
			take(t, tl, 100, other, said(500, -5000, 0))
		}
		for range tl.Changes() {
		}
		_, before := all(tl, 85)
		err = tl.Take(&Look{Time: int64(c.at * 1e9), Sensor: other, Plots: c.plots})
		if (err != nil) != c.late {
			t.Errorf("%s: %v", c.what, err)
		}
		if s := tl.Stats(); s.Retrodicted != c.used || s.EvidenceOnly != c.evidence || (s.Refused > 0) != c.late {
			t.Errorf("%s: %+v", c.what, s)
		}
		if n, _ := all(tl, 100); n != c.things {
			t.Errorf("%s: %d things", c.what, n)
		}
		if _, now := all(tl, 85); c.used == 0 && now != before {
			t.Errorf("%s: something changed", c.what)
		}
		n := uint64(0)
		for ch := range tl.Changes() {
			for e := range ch.Late {
				n++
				if e.Ref != 77 || e.Began != c.began || e.Look.Time != int64(c.at*1e9) || !(e.Weight > 0.5) || !e.Began && !(e.Weight < 1 && e.Likelihood > 0) {
					t.Errorf("%s: %+v", c.what, e)
				}
			}
			beliefs := 0
			for b := range ch.Beliefs(ch.From) {
				beliefs++
				if b.Time < 90e9-1 {
					t.Errorf("%s: what is settled changed, at %v", c.what, b.Time)
				}
				likely := 0.7 // as the grade says
				if !b.Told {
					likely = 0.95 // what a receiver hears is hardly ever nothing
				}
				if c.began && (math.Abs(b.Existence-likely) > 0.11 || b.StateAt != b.Time) {
					t.Errorf("%s: it began as %+v", c.what, b)
				}
			}
			if beliefs == 0 {
				t.Errorf("%s: nothing is believed", c.what)
			}
		}
		if n != c.used {
			t.Errorf("%s: of %d plots was told, want %d", c.what, n, c.used)
		}
		for ch := range tl.Changes() {
			t.Errorf("%s: %v was told twice", c.what, ch.ID)
		}
		take(t, tl, 105, ais, said(525, 0, mmsi|1), said(525, 5000, mmsi|2), said(525, 5040, mmsi|3))
		if n, _ := all(tl, 105); n != c.things {
			t.Errorf("%s: %d things later", c.what, n)
		}
	}
}

// TestLateIsTheSame: whatever comes however late, and whatever a caller does
// meanwhile, what is believed is sound, and it is the same by any number of workers.
func TestLateIsTheSame(t *testing.T) {
	var sum Stats
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 103))
		looks := world(r)
		for i := range looks {
			for j := range looks[i].Plots {
				p := &looks[i].Plots[j]
				p.Told = r.IntN(10) == 0
				switch r.IntN(8) {
				case 0:
					p.Measurement = measure.Bearing(-800, 0, math.Atan2(p.X+800, p.Y), 0.02)
				case 1:
					p.After = 3 * r.NormFloat64()
				case 2:
					p.Velocity = measure.Velocity{X: 5 * r.NormFloat64(), Y: 1, Var: 4}
				case 3:
					p.Cov = obs.Round(math.Exp(8 * r.NormFloat64()))
				case 4:
					p.Domain = uint8(r.IntN(3))
				}
			}
		}
		order := make([]Look, 0, len(looks))
		for i := range looks { // a third comes up to 40 s late
			if r.IntN(3) > 0 {
				order = append(order, looks[i])
			}
			for j := range i {
				if r.IntN(3*len(looks)) < 2 {
					order = append(order, looks[j])
				}
			}
		}
		cfg := Config{Model: mixed(), Retrodict: 20 * time.Second, Told: time.Minute, Domains: []Domain{{steady(0.1), 5}, {mixed(), 20}}}
		var want []string
		for _, workers := range []int{1, 2} {
			cfg.Workers = workers
			var tl *Timeline
			settled, last := []string{}, int64(0)
			tl, err := New(cfg, func(now int64) {
				if now <= last {
					t.Errorf("%d is settled after %d", now, last)
				}
				last = now
				settled = append(settled, picture(tl, now)...)
			})
			if err != nil {
				t.Fatal(err)
			}
			tl.worth = 2
			tl.AddSensor(Sensor{})
			tl.AddSensor(Sensor{Cooperative: true})
			for i := range order {
				if err := tl.Take(&order[i]); err != nil && !errors.Is(err, ErrLate) {
					t.Fatal(err)
				}
				if n := len(tl.things); i%7 == 0 && n > 0 {
					tl.End(tl.things[i%n].id, tl.newest-int64(i)*1e8)
				} else if i%5 == 0 && n > 0 {
					tl.SetDomain(tl.things[i%n].id, uint8(i%3))
				}
				for j, th := range tl.things {
					if j > 0 && tl.things[j-1].id.Compare(th.id) >= 0 {
						t.Fatalf("%v is not before %v", tl.things[j-1].id, th.id)
					}
					for v := tl.versions.of(th.first); v != nil && v.after > 0; v = tl.versions.of(v.after) {
						if next := tl.versions.of(v.after); v.key.Compare(next.key) >= 0 {
							t.Fatalf("versions of %v: %v is not before %v", th.id, v.key, next.key)
						}
					}
				}
				tl.All(tl.newest, 0, func(th *Thing) bool {
					if _, _, ok := kalman.Invert4(&th.State.P); !ok || !(th.Existence >= 0 && th.Existence <= 1) {
						t.Fatalf("%+v", *th)
					}
					return true
				})
			}
			if s := tl.Stats(); workers == 1 {
				sum.Retrodicted, sum.EvidenceOnly, sum.Refused = sum.Retrodicted+s.Retrodicted, sum.EvidenceOnly+s.EvidenceOnly, sum.Refused+s.Refused
			}
			tl.Flush()
			if want == nil {
				want = settled
			}
			if !slices.Equal(settled, want) {
				t.Fatalf("seed %d: the pictures differ", seed)
			}
		}
	}
	if sum.Retrodicted < 60 || sum.EvidenceOnly < 300 || sum.Refused < 20 {
		t.Errorf("too little was tried: %+v", sum)
	}
}

// TestLateTells: of who it is a late plot tells what is not known, and no more; two
// late plots tell more of where it is than one.
func TestLateTells(t *testing.T) {
	tl, err := New(Config{Retrodict: time.Minute, Domains: []Domain{{steady(0.1), 10}, {steady(0.1), 10}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	radar, ais := tl.AddSensor(Sensor{Clutter: 1e-10}), tl.AddSensor(Sensor{Cooperative: true})
	for at := 50.0; at <= 100; at += 5 {
		take(t, tl, at, radar, place(5*at, 0, obs.Round(50)))
	}
	tell := func(at float64, claim uint64, domain uint8) Thing {
		p := said(5*at, 0, claim)
		p.Domain = domain
		take(t, tl, at, ais, p)
		n, th := all(tl, 100)
		if n != 1 {
			t.Fatalf("%d things", n)
		}
		return th
	}
	domain := func() uint8 { return tl.versions.of(tl.things[0].last).domain }
	_, none := all(tl, 100)
	one := tell(80, 1<<56|7, 1)
	if one.Claim != 1<<56|7 || domain() != 1 || !(one.State.P[0][0] < none.State.P[0][0]) {
		t.Errorf("%+v of domain %d, before %+v", one, domain(), none)
	}
	two := tell(72, 1<<56|7, 0)
	if !(two.State.P[0][0] < one.State.P[0][0]) || tl.Stats().Retrodicted != 2 {
		t.Errorf("%+v, before %+v", two, one)
	}
	tl.SetDomain(two.ID, 2)
	if th := tell(82, 1<<56|7, 1); domain() != 2 || th.Claim != 1<<56|7 || tl.Stats().Retrodicted != 3 {
		t.Errorf("%+v of domain %d", th, domain())
	}
}

// TestLateReach: to look for late plots everywhere, or only where a thing may have
// been, is the same.
func TestLateReach(t *testing.T) {
	var want []string
	for _, careful := range []bool{true, false} {
		r := rand.New(rand.NewPCG(3, 104))
		c := newCrowd(100, 400)
		tl, err := New(Config{Model: mixed(), Lag: 5 * time.Second, Retrodict: time.Minute}, nil)
		if err != nil {
			t.Fatal(err)
		}
		tl.careful = careful
		tl.AddSensor(Sensor{})
		tl.AddSensor(Sensor{Cooperative: true})
		for i := range 30 {
			l := c.scan()
			if err := tl.Take(&l); err != nil {
				t.Fatal(err)
			}
			if i < 5 {
				continue
			}
			ago := 6 + 20*r.Float64()
			late := Look{Sensor: 1, Time: c.now - int64(ago*1e9)}
			for k := range c.x {
				if r.IntN(4) > 0 {
					continue
				}
				p := place(c.x[k]-ago*c.vx[k]+40*r.NormFloat64(), c.y[k]-ago*c.vy[k]+40*r.NormFloat64(), obs.Round(40))
				if r.IntN(4) == 0 {
					p.Measurement = measure.Bearing(-500, 0, math.Atan2(p.X+500, p.Y), 0.003)
				}
				late.Plots = append(late.Plots, p)
			}
			if err := tl.Take(&late); err != nil {
				t.Fatal(err)
			}
		}
		got := picture(tl, c.now)
		if careful {
			want = got
			t.Log(got[0])
		} else if !slices.Equal(got, want) {
			t.Errorf("the pictures differ:\n%s\n%s", got[0], want[0])
		}
	}
}
