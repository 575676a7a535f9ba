package imm

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/kalman"
	"atalaya/obs"
)

func boat() *Model {
	return &Model{
		Share: [Ways]float64{0.6, 0.1, 0.1, 0.2}, Mean: 60, Noise: [Ways]float64{0.02, 0.05, 0.05, 0},
		Turn: 3 * math.Pi / 180, Drift: 0.4, Calm: 10,
	}
}

func known(x, y, vx, vy float64) *kalman.Estimate {
	e := &kalman.Estimate{X: [4]float64{x, y, vx, vy}}
	for k, v := range [4]float64{4, 4, 1, 1} {
		e.P[k][k] = v
	}
	return e
}

// TestWaysInTime: the probabilities do not depend on how often was predicted,
// and become the shares.
func TestWaysInTime(t *testing.T) {
	m := boat()
	once := m.New(known(0, 0, 5, 0))
	once.Prob = [Ways]float64{1, 0, 0, 0}
	often := once
	m.Predict(&once, 30)
	for range 10 {
		m.Predict(&often, 3)
	}
	want := math.Exp(-30.0/60) + (1-math.Exp(-30.0/60))*0.6
	if math.Abs(once.Prob[Steady]-want) > 1e-12 || math.Abs(often.Prob[Steady]-want) > 1e-12 {
		t.Errorf("%v in one, %v in ten, want %v", once.Prob, often.Prob, want)
	}
	m.Predict(&once, 1e6)
	for k := range Ways {
		if math.Abs(once.Prob[k]-m.Share[k]) > 1e-9 {
			t.Errorf("after long %v, want %v", once.Prob, m.Share)
		}
	}
}

// TestOneWay: with one way only it is the filter of that way.
func TestOneWay(t *testing.T) {
	m := boat()
	m.Share = [Ways]float64{1}
	s, e := m.New(known(3, 4, 5, -6)), *known(3, 4, 5, -6)
	for i := range 20 {
		m.Predict(&s, 1.5)
		e.Predict(1.5, m.Noise[Steady])
		x, y := 3+7.4*float64(i+1), 4-9.1*float64(i+1)
		s.Place(x, y, obs.Round(2))
		r := e.Place(x, y, obs.Round(2))
		e.Update(&r, 0)
	}
	got := s.Mean()
	for k := range 4 {
		if math.Abs(got.X[k]-e.X[k]) > 1e-9 || math.Abs(got.P[k][k]-e.P[k][k]) > 1e-9 {
			t.Fatalf("%v %v, want %v %v", got.X, got.P, e.X, e.P)
		}
	}
}

// TestWaysAreTold: after a while of each way it is the likeliest.
func TestWaysAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		way  int
		move func(e *kalman.Estimate)
	}{
		"steady": {Steady, func(e *kalman.Estimate) { e.Predict(2, 0) }},
		"left":   {Left, func(e *kalman.Estimate) { e.Turn(2, 3*math.Pi/180, 0) }},
		"right":  {Right, func(e *kalman.Estimate) { e.Turn(2, -3*math.Pi/180, 0) }},
		"slow":   {Slow, func(e *kalman.Estimate) { e.Settle(2, 10, 0) }},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		m := boat()
		truth := *known(0, 0, 8, 0)
		s := m.New(&truth)
		for range 30 {
			c.move(&truth)
			m.Predict(&s, 2)
			s.Place(truth.X[0]+2*r.NormFloat64(), truth.X[1]+2*r.NormFloat64(), obs.Round(2))
		}
		if s.Prob[c.way] < 0.6 {
			t.Errorf("%s: %.3f", name, s.Prob)
		}
	}
}

// TestConsistent: of a world that moves as the model says, the errors are as
// large as the filter thinks, and smaller than those of steady motion alone.
func TestConsistent(t *testing.T) {
	const runs, steps, dt, sd = 60, 100, 2.0, 5.0
	m := boat()
	alone := *m
	alone.Share, alone.Noise[Steady] = [Ways]float64{1}, 1
	r := rand.New(rand.NewPCG(3, 4))
	nees, ours, theirs := 0.0, 0.0, 0.0
	for range runs {
		truth := known(0, 0, 6*r.NormFloat64(), 6*r.NormFloat64())
		way, left := Steady, 0.0
		s := m.New(&kalman.Estimate{P: [4][4]float64{{1e4}, {0, 1e4}, {0, 0, 36}, {0, 0, 0, 36}}})
		o := alone.New(&s.Est[0])
		for i := range steps {
			if left -= dt; left <= 0 {
				left = m.Mean * r.ExpFloat64()
				for u := r.Float64(); ; way = (way + 1) % Ways {
					if u -= m.Share[way]; u < 0 {
						break
					}
				}
			}
			truth.P = [4][4]float64{}
			switch way {
			case Steady:
				truth.Predict(dt, m.Noise[way])
			case Left:
				truth.Turn(dt, m.Turn, m.Noise[way])
			case Right:
				truth.Turn(dt, -m.Turn, m.Noise[way])
			case Slow:
				truth.Settle(dt, m.Calm, m.Drift)
			}
			shake(truth, r)
			x, y := truth.X[0]+sd*r.NormFloat64(), truth.X[1]+sd*r.NormFloat64()
			m.Predict(&s, dt)
			s.Place(x, y, obs.Round(sd))
			alone.Predict(&o, dt)
			o.Place(x, y, obs.Round(sd))
			if i < 10 {
				continue
			}
			e, f := s.Mean(), o.Mean()
			var d [4]float64
			for k := range 4 {
				d[k] = e.X[k] - truth.X[k]
			}
			nees += kalman.Distance4(d, e.P)
			ours += d[0]*d[0] + d[1]*d[1]
			fx, fy := f.X[0]-truth.X[0], f.X[1]-truth.X[1]
			theirs += fx*fx + fy*fy
		}
	}
	n := float64(runs * (steps - 10))
	t.Logf("NEES %.2f of 4; RMS error %.2f m, of steady motion alone %.2f m", nees/n, math.Sqrt(ours/n), math.Sqrt(theirs/n))
	if nees/n < 3 || nees/n > 5.5 {
		t.Errorf("NEES %.2f, expected 4", nees/n)
	}
	if ours > 0.85*theirs {
		t.Errorf("RMS error %.2f m, of steady motion alone %.2f m", math.Sqrt(ours/n), math.Sqrt(theirs/n))
	}
}

// shake moves the state by a draw of its covariance.
func shake(e *kalman.Estimate, r *rand.Rand) {
	for axis := range 2 {
		p, c, v := e.P[axis][axis], e.P[axis][axis+2], e.P[axis+2][axis+2]
		if p <= 0 {
			continue
		}
		a, b := r.NormFloat64(), r.NormFloat64()
		e.X[axis] += math.Sqrt(p) * a
		e.X[axis+2] += c/math.Sqrt(p)*a + math.Sqrt(max(0, v-c*c/p))*b
	}
}

// TestSound: through a million steps of whatever comes, probabilities stay so
// and covariances positive definite.
func TestSound(t *testing.T) {
	steps := 1_000_000
	if testing.Short() {
		steps = 100_000
	}
	r := rand.New(rand.NewPCG(5, 6))
	m := boat()
	s := m.New(known(0, 0, 0, 0))
	for i := range steps {
		m.Predict(&s, math.Exp(r.NormFloat64()*2))
		mean := s.Mean()
		sd := math.Exp(r.NormFloat64() * 3)
		far := math.Exp(r.NormFloat64() * 2)
		switch r.IntN(3) {
		case 0:
			s.Place(mean.X[0]+far*r.NormFloat64(), mean.X[1]+far*r.NormFloat64(), obs.Round(sd))
		case 1:
			s.Velocity(mean.X[2]+r.NormFloat64(), mean.X[3]+r.NormFloat64(), sd*sd)
		}
		sum := 0.0
		for k := range Ways {
			sum += s.Prob[k]
			if !(s.Prob[k] >= 0 && s.Prob[k] <= 1) {
				t.Fatalf("step %d: %v", i, s.Prob)
			}
			if s.Prob[k] > 0 && i%100 == 0 {
				if _, _, ok := kalman.Invert4(&s.Est[k].P); !ok {
					t.Fatalf("step %d, way %d: %v", i, k, s.Est[k].P)
				}
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("step %d: the sum is %v", i, sum)
		}
		if math.Abs(mean.X[0])+math.Abs(mean.X[1]) > 1e6 {
			s = m.New(known(0, 0, 0, 0))
		}
	}
}

// TestFar: a place that no way can have led to changes nothing.
func TestFar(t *testing.T) {
	m := boat()
	s := m.New(known(0, 0, 5, 0))
	before := s
	if lik := s.Place(1e6, 1e6, obs.Round(1)); lik != 0 || s != before {
		t.Errorf("likelihood %v", lik)
	}
}

func BenchmarkPredictAndPlace(b *testing.B) {
	m := boat()
	s := m.New(known(0, 0, 5, 0))
	for b.Loop() {
		x := s
		m.Predict(&x, 2)
		x.Place(10, 0, obs.Round(5))
	}
}
