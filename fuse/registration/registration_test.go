package registration

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/obs"
)

const degree = math.Pi / 180

// boat moves with white noise of its acceleration.
type boat struct{ x, y, vx, vy float64 }

func (b *boat) move(r *rand.Rand, dt, q float64) {
	for _, a := range [2][2]*float64{{&b.x, &b.vx}, {&b.y, &b.vy}} {
		u, v := r.NormFloat64(), r.NormFloat64()
		*a[0] += *a[1]*dt + math.Sqrt(q*dt*dt*dt/3)*(math.Sqrt(3)/2*u+v/2)
		*a[1] += math.Sqrt(q*dt) * u
	}
}

// plot is what a radar at the origin with a bias makes of boats.
func plot(r *rand.Rand, b boat, wrong Bias, rangeSD, bearingSD float64) measure.Measurement {
	x, y := b.x-wrong[Time]*b.vx, b.y-wrong[Time]*b.vy
	return measure.Measurement{
		Kind: measure.OfPolar, RangeSD: rangeSD, BearingSD: bearingSD,
		Range:   math.Hypot(x, y) + wrong[Range] + rangeSD*r.NormFloat64(),
		Bearing: math.Atan2(x, y) + wrong[Azimuth] + bearingSD*r.NormFloat64(),
	}
}

// world is boats that say every ten seconds where they are, and a sensor that
// sees them between.
type world struct {
	r     *rand.Rand
	wrong Bias
	boats []boat
	fixes []Fix
	now   int64
}

const q, fixSD = 0.01, 10.0

func newWorld(seed uint64, sd Bias, boats int) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 7))}
	for k := range w.wrong {
		w.wrong[k] = sd[k] * w.r.NormFloat64()
	}
	for range boats {
		b, d := 2*math.Pi*w.r.Float64(), 1500+5000*w.r.Float64()
		w.boats = append(w.boats, boat{d * math.Sin(b), d * math.Cos(b), 6 * w.r.NormFloat64(), 6 * w.r.NormFloat64()})
		w.fixes = append(w.fixes, Fix{})
	}
	for i := range w.boats {
		w.fixes[i] = w.fix(i)
	}
	return w
}

func (w *world) fix(i int) Fix {
	b := w.boats[i]
	return Fix{w.now, b.x + fixSD*w.r.NormFloat64(), b.y + fixSD*w.r.NormFloat64(), obs.Round(fixSD)}
}

// turn goes on by ten seconds, and hands each boat's pair to teach.
func (w *world) turn(of func(b boat) measure.Measurement, teach func(i int, at int64, m *measure.Measurement, truth *kalman.Estimate)) {
	seen := make([]measure.Measurement, len(w.boats))
	w.now += 4e9
	for i := range w.boats {
		w.boats[i].move(w.r, 4, q)
		seen[i] = of(w.boats[i])
	}
	at := w.now
	w.now += 6e9
	for i := range w.boats {
		w.boats[i].move(w.r, 6, q)
		f := w.fix(i)
		truth, ok := Between(&w.fixes[i], &f, at, q)
		if !ok {
			panic("no time between")
		}
		w.fixes[i] = f
		teach(i, at, &seen[i], &truth)
	}
}

var prior = Bias{0.5 * degree, 50, 0.5}

// TestConsistent: the error of what was learnt is as large as it says.
func TestConsistent(t *testing.T) {
	const runs = 150
	for _, c := range []struct {
		what   string
		parts  float64
		steady bool
		of     func(w *world, b boat) measure.Measurement
	}{
		{"radar", 3, true, func(w *world, b boat) measure.Measurement { return plot(w.r, b, w.wrong, 20, degree) }},
		{"wide radar near by", 3, false, func(w *world, b boat) measure.Measurement { return plot(w.r, b, w.wrong, 5, 4*degree) }},
		{"camera", 2, true, func(w *world, b boat) measure.Measurement {
			m := plot(w.r, b, w.wrong, 20, 0.3*degree)
			m.Kind = measure.OfBearing
			return m
		}},
	} {
		sd := prior
		if c.parts == 2 {
			sd[Range] = 0
		}
		sum, used, refused := 0.0, 0, 0
		var left, said Bias
		for seed := range uint64(runs) {
			w := newWorld(seed, sd, 5)
			e := New(Config{SD: sd, Memory: 1e9}) // a bias that stays
			for range 30 {
				w.turn(func(b boat) measure.Measurement { return c.of(w, b) },
					func(_ int, at int64, m *measure.Measurement, truth *kalman.Estimate) { e.Learn(at, m, truth, 0.95) })
			}
			r := e.Report(w.now)
			used, refused = used+r.Used, refused+r.Refused
			var d [4]float64
			p := [4][4]float64{{1}, {1: 1}, {2: 1}, {3: 1}} // what is not there is known
			for k := range Parts {
				d[k] = r.Bias[k] - w.wrong[k]
				left[k] += d[k] * d[k] / runs
				said[k] += r.Cov[k][k] / runs
				for l := range Parts {
					if sd[k] > 0 && sd[l] > 0 {
						p[k][l] = r.Cov[k][l]
					}
				}
			}
			sum += kalman.Distance4(d, p)
			if r.State != Steady && c.steady {
				t.Errorf("%s, run %d is %v", c.what, seed, r.State)
			}
		}
		mean := sum / runs
		t.Logf("%s: %.2f of %.0f; azimuth %.4f said %.4f deg, range %.2f said %.2f m, time %.3f said %.3f s; %d refused of %d", c.what, mean, c.parts,
			math.Sqrt(left[0])/degree, math.Sqrt(said[0])/degree, math.Sqrt(left[1]), math.Sqrt(said[1]), math.Sqrt(left[2]), math.Sqrt(said[2]), refused, used+refused)
		if off := 4 * math.Sqrt(2*c.parts/runs); math.Abs(mean-c.parts) > off {
			t.Errorf("%s: the normalised error squared is %.2f, should be %.0f", c.what, mean, c.parts)
		}
	}
}

// TestBetween: how far a thing was from the straight line between two fixes, and
// its velocity from the mean one.
func TestBetween(t *testing.T) {
	const noise, runs = 0.5, 40_000
	r := rand.New(rand.NewPCG(3, 3))
	for _, u := range []float64{0.1, 0.5, 0.8} {
		var sum kalman.Estimate
		var said kalman.Estimate
		for range runs {
			b := boat{vx: 5 * r.NormFloat64(), vy: 5}
			from := Fix{0, b.x + 3*r.NormFloat64(), b.y, obs.Cov2{EE: 9, NN: 1e-6}}
			b.move(r, 20*u, noise)
			is := b
			b.move(r, 20*(1-u), noise)
			to := Fix{20e9, b.x + 5*r.NormFloat64(), b.y, obs.Cov2{EE: 25, NN: 1e-6}}
			var ok bool
			if said, ok = Between(&from, &to, int64(20e9*u), noise); !ok {
				t.Fatal("not between")
			}
			d := [4]float64{is.x - said.X[0], is.y - said.X[1], is.vx - said.X[2], is.vy - said.X[3]}
			for k := range 4 {
				for l := range 4 {
					sum.P[k][l] += d[k] * d[l] / runs
				}
			}
		}
		// North there is the motion alone; east the fixes too, with shares in the
		// place of their squares.
		w := 1 - u
		less := w*9 + u*25 - w*w*9 - u*u*25
		for _, c := range []struct{ got, want float64 }{
			{sum.P[1][1], said.P[1][1]}, {sum.P[3][3], said.P[3][3]}, {sum.P[0][0], said.P[0][0] - less}, {sum.P[2][2], said.P[2][2]},
		} {
			if math.Abs(c.got/c.want-1) > 0.04 {
				t.Errorf("at %.1f: %v, said %v", u, c.got, c.want)
			}
		}
		if off := sum.P[1][3] - said.P[1][3]; math.Abs(off) > 0.04*math.Sqrt(said.P[1][1]*said.P[3][3]) {
			t.Errorf("at %.1f: place by velocity %v, said %v", u, sum.P[1][3], said.P[1][3])
		}
	}
	a, b := Fix{At: 10}, Fix{At: 20}
	for _, at := range []int64{9, 21} {
		if _, ok := Between(&a, &b, at, 1); ok {
			t.Errorf("%d is between 10 and 20", at)
		}
	}
}

// TestLiars: boats that begin to lie of where they are do not turn the radar;
// the estimate is frozen, and says so, until they are honest again.
func TestLiars(t *testing.T) {
	w := newWorld(5, prior, 4)
	e := New(Config{SD: prior})
	lie, honest := 0.0, 0.95
	turns := func(n int) {
		for range n {
			w.turn(func(b boat) measure.Measurement { return plot(w.r, b, w.wrong, 20, degree) },
				func(_ int, at int64, m *measure.Measurement, truth *kalman.Estimate) {
					truth.X[0] += lie
					e.Learn(at, m, truth, honest)
				})
		}
	}
	turns(40)
	before := e.Report(w.now)
	if before.State != Steady || before.Last == 0 {
		t.Fatalf("%+v", before)
	}
	same := func(what string) {
		t.Helper()
		r := e.Report(w.now)
		for k := range Parts {
			if d := math.Abs(r.Bias[k] - before.Bias[k]); d > 2*before.SD()[k] {
				t.Errorf("%s: part %d moved by %v, it was known to %v", what, k, d, before.SD()[k])
			}
		}
	}
	lie = 600
	turns(40)
	if r := e.Report(w.now); r.State != Frozen || r.Refused <= before.Refused {
		t.Errorf("of boats that lie: %+v", r)
	}
	same("lies")
	lie = 0
	turns(40)
	if r := e.Report(w.now); r.State != Steady || r.Used <= before.Used {
		t.Errorf("of boats honest again: %+v", r)
	}
	lie, honest = 40, 0.5 // small enough to be believed, of boats that are known for it
	turns(40)
	if r := e.Report(w.now); r.State != Frozen {
		t.Errorf("of boats that are not trusted: %+v", r)
	}
	same("not trusted")
}

// TestDrift: a bias wanders no farther than was said beforehand.
func TestDrift(t *testing.T) {
	e := New(Config{SD: prior, Memory: 3600})
	w := newWorld(9, prior, 5)
	for range 30 {
		w.turn(func(b boat) measure.Measurement { return plot(w.r, b, w.wrong, 20, degree) },
			func(_ int, at int64, m *measure.Measurement, truth *kalman.Estimate) { e.Learn(at, m, truth, 1) })
	}
	now, later, never := e.At(w.now), e.At(w.now+600e9), e.At(w.now+100*3600e9)
	for k := range Parts {
		if a, b := now.SD()[k], later.SD()[k]; !(b > a) {
			t.Errorf("part %d: %v after ten minutes without pairs, %v before", k, b, a)
		}
		if math.Abs(never.SD()[k]/prior[k]-1) > 1e-9 || math.Abs(never.Bias[k]) > 1e-9*prior[k] {
			t.Errorf("part %d after four days: %v by %v", k, never.Bias[k], never.SD()[k])
		}
	}
}

// TestNoUse: what is no pair changes nothing.
func TestNoUse(t *testing.T) {
	e := New(Config{SD: prior})
	truth := kalman.Estimate{X: [4]float64{1000, 0}, P: [4][4]float64{{100}, {1: 100}, {2: 1}, {3: 1}}}
	place := measure.Place(1000, 0, obs.Round(10))
	none := measure.Measurement{Kind: measure.OfPolar, Range: math.NaN(), RangeSD: 1, BearingSD: 1}
	for _, m := range []measure.Measurement{place, none} {
		if e.Learn(1e9, &m, &truth, 1) {
			t.Errorf("%+v was used", m)
		}
	}
	if r := e.Report(1e9); r.Used != 0 || r.Refused != 2 || r.Bias != (Bias{}) || r.State != Learning {
		t.Errorf("%+v", r)
	}
}
