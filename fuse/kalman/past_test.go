package kalman

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/obs"
)

// TestPastOfNoTime: a place of just now corrects the state as an update does.
func TestPastOfNoTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 51))
	for range 200 {
		e, o := beliefs(r)
		f, b := Turning(1e-7, 0.1, 0.1), Turning(-1e-7, 0.1, 0.1)
		p, ok := e.Past(&f, &b)
		if !ok {
			t.Fatalf("%v has no past", e)
		}
		then := p.Place()
		res := then.Place(o.E, o.N, o.Cov)
		then.Update(&res, 0)
		got, want := e, e
		if !got.Recall(&p, then.X[0], then.X[1], obs.Cov2{EE: then.P[0][0], EN: then.P[0][1], NN: then.P[1][1]}) {
			t.Fatalf("%v cannot be corrected", e)
		}
		res = want.Place(o.E, o.N, o.Cov)
		want.Update(&res, 0)
		for i := range 4 {
			sd := math.Sqrt(e.P[i][i])
			if math.Abs(got.X[i]-want.X[i]) > 1e-4*sd || math.Abs(got.P[i][i]-want.P[i][i]) > 1e-4*sd*sd {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	}
}

// TestPastIsSound: of whatever motion, a state and its past are one covariance; and
// a correction leaves a belief that is no less sure.
func TestPastIsSound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 52))
	corrected := 0
	const tries = 20000
	for range tries {
		e, o := beliefs(r)
		dt, q := math.Exp(10*r.Float64()-4), math.Exp(8*r.Float64()-6)
		f, b := Turning(dt, 0.1, q), Turning(-dt, 0.1, q)
		switch r.IntN(3) {
		case 0:
			f, b = Turning(dt, 0, q), Turning(-dt, 0, q)
		case 1:
			f, b = Settling(dt, 20, q), Settling(-dt, 20, q)
		}
		p, ok := e.Past(&f, &b)
		if !ok {
			t.Fatalf("after %v s %v has no past", dt, e)
		}
		got := e
		if !got.Recall(&p, p.E+10, p.N, obs.Cov2{EE: 1e-3 * p.Cov.EE, EN: 1e-3 * p.Cov.EN, NN: 1e-3 * p.Cov.NN}) {
			continue
		}
		corrected++
		for i := range 4 {
			if !(got.P[i][i] > 0 && got.P[i][i] <= e.P[i][i]*(1+1e-9)) {
				t.Fatalf("after %v s by %v\n%v\nfrom %v", dt, o, got, e)
			}
		}
	}
	if corrected < tries*99/100 {
		t.Errorf("%d of %d could be corrected", corrected, tries)
	}
}

// TestSettlingBack: what drifts for long and is looked at from its end drifts back.
func TestSettlingBack(t *testing.T) {
	const calm, sd, dt = 20.0, 0.5, 15.0
	r := rand.New(rand.NewPCG(1, 53))
	f, b := Settling(dt, calm, sd), Settling(-dt, calm, sd)
	if f.a != -b.a || f.c != b.c || f.place != b.place || f.both != -b.both || f.velocity != b.velocity {
		t.Errorf("%+v, back %+v", f, b)
	}
	// Simulated: the place before has the mean and variance that the way back gives.
	const runs, steps = 20000, 60
	sum, sum2 := 0.0, 0.0
	for range runs {
		x, v := 0.0, sd*r.NormFloat64()
		for range steps {
			h := dt / steps
			a := math.Exp(-h / calm)
			next := a*v + sd*math.Sqrt(1-a*a)*r.NormFloat64()
			x += h * (v + next) / 2
			v = next
		}
		d := 0 - (x + b.a*v) // where it was, beside where the way back puts it
		sum += d / runs
		sum2 += d * d / runs
	}
	if math.Abs(sum) > 4*math.Sqrt(f.place/runs) || math.Abs(sum2/f.place-1) > 0.05 {
		t.Errorf("off by %v, variance %v, want 0 and %v", sum, sum2, f.place)
	}
}
