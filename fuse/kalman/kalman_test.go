package kalman

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/obs"
)

// truth is a constant-velocity world with white-noise acceleration.
func TestFilterIsConsistent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const (
		q     = 0.1
		dt    = 2.5
		sd    = 30.0
		runs  = 400
		steps = 40
	)
	var nees, nis float64
	for range runs {
		x := [4]float64{rng.NormFloat64() * sd, rng.NormFloat64() * sd, rng.NormFloat64() * 5, rng.NormFloat64() * 5}
		var m Estimate
		m.P[0][0], m.P[1][1], m.P[2][2], m.P[3][3] = sd*sd, sd*sd, 25, 25
		for range steps {
			for a := range 2 { // exact discretisation of the white noise
				u, v := rng.NormFloat64(), rng.NormFloat64()
				vel := math.Sqrt(q*dt) * u
				pos := math.Sqrt(q*dt*dt*dt/3) * (math.Sqrt(3)/2*u + v/2)
				x[a] += x[a+2]*dt + pos
				x[a+2] += vel
			}
			m.Predict(dt, q)
			r := m.Place(x[0]+rng.NormFloat64()*sd, x[1]+rng.NormFloat64()*sd, obs.Round(sd))
			nis += r.Distance2()
			m.Update(&r, 0)
		}
		d := [4]float64{x[0] - m.X[0], x[1] - m.X[1], x[2] - m.X[2], x[3] - m.X[3]}
		nees += Distance4(d, m.P)
	}
	// Means of chi-square variables: 4 within four deviations of the mean, and
	// 2 for the innovations.
	if mean := nees / runs; math.Abs(mean-4) > 4*math.Sqrt(8.0/runs) {
		t.Errorf("normalised estimation error squared %.2f instead of 4", mean)
	}
	if mean := nis / (runs * steps); math.Abs(mean-2) > 4*math.Sqrt(4.0/(runs*steps)) {
		t.Errorf("normalised innovation squared %.3f instead of 2", mean)
	}
}

// A scalar update along an axis equals a place update that knows nothing of
// the other axis.
func TestScalarUpdate(t *testing.T) {
	a := Estimate{X: [4]float64{10, 20, 1, 2}, P: [4][4]float64{{90, 10, 5, 1}, {10, 80, 2, 4}, {5, 2, 9, 1}, {1, 4, 1, 8}}}
	b := a
	const measured, variance = 14.0, 25.0
	a.UpdateScalar(measured-a.X[0], 1, 0, a.P[0][0]+variance, variance)
	r := b.Place(measured, 0, obs.Cov2{EE: variance, NN: 1e15})
	b.Update(&r, 0)
	for k := range 4 {
		if math.Abs(a.X[k]-b.X[k]) > 1e-6 {
			t.Errorf("state %d: %v and %v", k, a.X[k], b.X[k])
		}
		for l := range 4 {
			if math.Abs(a.P[k][l]-b.P[k][l]) > 1e-6 {
				t.Errorf("covariance %d %d: %v and %v", k, l, a.P[k][l], b.P[k][l])
			}
		}
	}
}

func TestExactFixOfSomethingVague(t *testing.T) {
	var m Estimate
	m.P[0][0], m.P[1][1], m.P[2][2], m.P[3][3] = 1e12, 1e12, 1e4, 1e4
	m.P[0][2], m.P[2][0] = 9e7, 9e7
	for range 50 {
		r := m.Place(1000, 2000, obs.Round(1))
		m.Update(&r, 0)
		m.Predict(0.1, 1)
		if math.IsInf(Distance4([4]float64{}, m.P), 1) {
			t.Fatalf("not positive: %v", m.P)
		}
	}
	if math.Hypot(m.X[0]-1000, m.X[1]-2000) > 0.1 || Spread(&m.P) > 1 {
		t.Errorf("%v, %v m", m.X, Spread(&m.P))
	}
}

func TestDistances(t *testing.T) {
	c := obs.Cov2{EE: 4, EN: 0, NN: 9}
	r := Residual{E: 2, N: 3, S: c}
	if got := r.Distance2(); got != 2 {
		t.Errorf("distance %v", got)
	}
	if got := Largest(obs.Cov2{EE: 2, EN: 1, NN: 2}); got != 3 {
		t.Errorf("largest %v", got)
	}
	if got := Likelihood(0, c); math.Abs(got-1/(2*math.Pi*6)) > 1e-15 {
		t.Errorf("likelihood %v", got)
	}
	flat := Residual{S: obs.Cov2{EE: 1, EN: 1, NN: 1}}
	if !math.IsInf(flat.Distance2(), 1) || !math.IsInf(Distance4([4]float64{}, [4][4]float64{}), 1) {
		t.Error("a covariance that is none gives a distance")
	}
}

func TestInvert4(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 1000 {
		var a, p [4][4]float64
		for i := range 4 {
			for j := range 4 {
				a[i][j] = r.NormFloat64()
			}
		}
		for i := range 4 {
			for j := range 4 {
				for k := range 4 {
					p[i][j] += a[i][k] * a[j][k]
				}
			}
			p[i][i] += 0.1
		}
		inverse, logDet, ok := Invert4(&p)
		if !ok {
			t.Fatal("refused")
		}
		for i := range 4 {
			for j := range 4 {
				v := 0.0
				for k := range 4 {
					v += p[i][k] * inverse[k][j]
				}
				if want := map[bool]float64{true: 1}[i == j]; math.Abs(v-want) > 1e-8 {
					t.Fatalf("%d %d: %v", i, j, v)
				}
			}
		}
		d := [4]float64{1, -2, 3, 0.5}
		v := 0.0
		for i := range 4 {
			for j := range 4 {
				v += d[i] * inverse[i][j] * d[j]
			}
		}
		if want := Distance4(d, p); math.Abs(v-want) > 1e-8*want {
			t.Fatalf("%v, Distance4 has %v", v, want)
		}
		double := p
		for j := range 4 {
			for i := range 4 {
				double[i][j] *= 2
			}
		}
		if _, twice, _ := Invert4(&double); math.Abs(twice-logDet-4*math.Ln2) > 1e-9 {
			t.Fatalf("log det %v, of the double %v", logDet, twice)
		}
	}
	diagonal := [4][4]float64{{1}, {0, 2}, {0, 0, 3}, {0, 0, 0, 4}}
	if _, logDet, _ := Invert4(&diagonal); math.Abs(logDet-math.Log(24)) > 1e-12 {
		t.Errorf("log det %v", logDet)
	}
	for _, bad := range [][4][4]float64{{}, {{1, 2}, {2, 1}, {0, 0, 1}, {0, 0, 0, 1}}, {{math.NaN()}}, {{math.Inf(1)}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}}} {
		if _, _, ok := Invert4(&bad); ok {
			t.Errorf("%v was inverted", bad)
		}
	}
}

// TestTurn: a turn by a right angle, a whole circle, and none at all.
func TestTurn(t *testing.T) {
	const rate = 3 * math.Pi / 180
	m := Estimate{X: [4]float64{10, 20, 8, 0}}
	m.Turn(30, rate, 0) // to the north, round a circle of 8/rate m
	radius := 8 / rate
	for k, want := range [4]float64{10 + radius, 20 + radius, 0, 8} {
		if math.Abs(m.X[k]-want) > 1e-9 {
			t.Errorf("%d: %v, want %v", k, m.X[k], want)
		}
	}
	m.Turn(-30, rate, 0)
	m.Turn(120, -rate, 0)
	for k, want := range [4]float64{10, 20, 8, 0} {
		if math.Abs(m.X[k]-want) > 1e-9 {
			t.Errorf("back, %d: %v, want %v", k, m.X[k], want)
		}
	}
	p := Estimate{X: [4]float64{1, 2, 3, 4}, P: [4][4]float64{{2, 0, 1}, {0, 2, 0, 1}, {1, 0, 2}, {0, 1, 0, 2}}}
	straight, bent := p, p
	straight.Predict(5, 0.3)
	bent.Turn(5, 2e-6, 0.3)
	for k := range 4 {
		for l := range 4 {
			if math.Abs(straight.P[k][l]-bent.P[k][l]) > 1e-3 {
				t.Errorf("hardly any turn, %d %d: %v, straight on %v", k, l, bent.P[k][l], straight.P[k][l])
			}
		}
	}
}

// TestSettle: two steps are one of both times, and after long the velocity is
// what it is settled to.
func TestSettle(t *testing.T) {
	start := Estimate{X: [4]float64{1, 2, 8, -4}, P: [4][4]float64{{9, 0, 1}, {0, 9, 0, 1}, {1, 0, 4}, {0, 1, 0, 4}}}
	once, often := start, start
	once.Settle(20, 10, 0.4)
	for range 40 {
		often.Settle(0.5, 10, 0.4)
	}
	for k := range 4 {
		if math.Abs(once.X[k]-often.X[k]) > 1e-9 {
			t.Errorf("%d: %v and %v", k, once.X[k], often.X[k])
		}
		for l := range 4 {
			if math.Abs(once.P[k][l]-often.P[k][l]) > 1e-8 {
				t.Errorf("%d %d: %v and %v", k, l, once.P[k][l], often.P[k][l])
			}
		}
	}
	tiny, small := start, start
	tiny.Settle(0.009999, 10, 0.4) // on the two sides of where the noise is computed otherwise
	small.Settle(0.010001, 10, 0.4)
	if math.Abs(tiny.P[0][0]-small.P[0][0]) > 1e-5 {
		t.Errorf("%v and %v", tiny.P[0][0], small.P[0][0])
	}
	once.Settle(1000, 10, 0.4)
	if v := math.Hypot(once.X[2], once.X[3]); v > 1e-9 {
		t.Errorf("after long it goes %v m/s", v)
	}
	if v := once.P[2][2]; math.Abs(v-0.16) > 1e-9 {
		t.Errorf("after long its velocity varies by %v, want 0.16", v)
	}
}

// TestReplace: put in the stead of the place, what Update makes of it gives the
// rest as Update does.
func TestReplace(t *testing.T) {
	e := Estimate{X: [4]float64{100, 200, 3, -4}}
	e.P[0][0], e.P[1][1] = 50, 80
	e.Predict(7, 0.5)
	e.P[2][2] += 2
	e.P[3][3] += 3
	e.Predict(5, 0.5)
	want, got := e, e
	r := want.Place(130, 170, obs.Cov2{EE: 40, EN: 10, NN: 20})
	want.Update(&r, 0)
	got.Replace(want.X[0], want.X[1], obs.Cov2{EE: want.P[0][0], EN: want.P[0][1], NN: want.P[1][1]})
	for i := range 4 {
		if math.Abs(got.X[i]-want.X[i]) > 1e-9 {
			t.Errorf("state %v, want %v", got.X, want.X)
		}
		for j := range 4 {
			if math.Abs(got.P[i][j]-want.P[i][j]) > 1e-9 {
				t.Errorf("covariance %v, want %v", got.P, want.P)
			}
		}
	}
	flat := Estimate{}
	if flat.Replace(1, 2, obs.Round(3)); flat != (Estimate{}) {
		t.Errorf("without a place before: %v", flat)
	}
}
