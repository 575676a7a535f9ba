package measure

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBank: the ranges fill the stretch, are equally sure, and of one mass.
func TestBank(t *testing.T) {
	m := Bearing(100, -200, 40*degree, degree)
	starts := Bank(nil, &m, 100, 50e3, 10)
	if len(starts) < 8 || len(starts) > MostStarts {
		t.Fatalf("%d starts", len(starts))
	}
	sum, last := 0.0, 0.0
	for i, s := range starts {
		sum += s.Weight
		r := math.Hypot(s.X[0]-100, s.X[1]+200)
		sd := spread(&s.P, math.Sin(40*degree), math.Cos(40*degree))
		if math.Abs(sd/r-likeness) > 0.02 {
			t.Errorf("start %d at %.0f m is known to %.0f m", i, r, sd)
		}
		if across := spread(&s.P, math.Cos(40*degree), -math.Sin(40*degree)); math.Abs(across/(r*degree)-1) > 0.03 {
			t.Errorf("start %d at %.0f m: %.1f m across", i, r, across)
		}
		if last > 0 && (r/last < 1.4 || r/last > 1.8) {
			t.Errorf("from %.0f m to %.0f m", last, r)
		}
		last = r
	}
	if math.Abs(sum-1) > 1e-12 || last < 35e3 || last > 50e3 {
		t.Errorf("weights add up to %v, the last is at %.0f m", sum, last)
	}
	for _, bad := range []Measurement{Place(0, 0, m.Cov), Bearing(0, 0, 1, 0), Bearing(0, 0, 1, math.NaN())} {
		if n := len(Bank(nil, &bad, 100, 1000, 10)); n != 0 {
			t.Errorf("%v starts %d", bad, n)
		}
	}
	for _, reach := range [][2]float64{{0, 100}, {100, 100}, {100, math.Inf(1)}, {math.NaN(), 100}} {
		if n := len(Bank(nil, &m, reach[0], reach[1], 10)); n != 0 {
			t.Errorf("ranges %v start %d", reach, n)
		}
	}
}

// TestBankFinds: a boat that goes round a corner finds the range of a thing by
// bearings alone, and is as sure of it as it may be.
func TestBankFinds(t *testing.T) {
	const runs = 400
	r := rand.New(rand.NewPCG(5, 6))
	sum, errs, range0 := 0.0, 0.0, 0.0
	var starts []Start
	for range runs {
		distance := 300 * math.Exp(r.Float64()*math.Log(100)) // 300 m to 30 km, each power as likely
		b := 2 * math.Pi * r.Float64()
		x := [4]float64{distance * math.Sin(b), distance * math.Cos(b), 3 * r.NormFloat64(), 3 * r.NormFloat64()}
		own := [2]float64{}
		starts = starts[:0]
		for k := range 60 {
			const dt = 10
			if k > 0 {
				x[0] += dt * x[2]
				x[1] += dt * x[3]
				if k < 30 {
					own[0] += dt * 15
				} else {
					own[1] += dt * 15
				}
			}
			m := Bearing(own[0], own[1], math.Atan2(x[0]-own[0], x[1]-own[1])+0.5*degree*r.NormFloat64(), 0.5*degree)
			if k == 0 {
				starts = Bank(starts, &m, 200, 50e3, 3)
				continue
			}
			best := 0.0
			for i := range starts {
				s := &starts[i]
				s.Predict(dt, 0)
				s.Weight *= m.UpdateOne(&s.Estimate)
				best = max(best, s.Weight)
			}
			for i := range starts {
				starts[i].Weight /= best
			}
			starts = slices.DeleteFunc(starts, func(s Start) bool { return s.Weight < 1e-4 })
		}
		e := Mixture(starts)
		sum += nees(x, &e) / runs
		errs += miss2(x, &e) / (distance * distance) / runs
		range0 += (math.Exp(math.Log(3000)) - distance) / runs
	}
	t.Logf("NEES %.2f, error %.1f %% of the range", sum, 100*math.Sqrt(errs))
	if sum < 2 || sum > 6 || math.Sqrt(errs) > 0.2 {
		t.Errorf("NEES %.2f, error %.1f %% of the range", sum, 100*math.Sqrt(errs))
	}
}

// TestCross: the place of a crossing is as sure as it says, also from one sensor
// that moved while the thing did.
func TestCross(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	const runs = 2000
	for _, c := range []struct {
		name         string
		bx, by, late float64
	}{{"two sensors", 4000, 500, 0}, {"at two times", 3000, -300, 20}, {"the earlier last", 3000, -300, -20}} {
		sum := 0.0
		for range runs {
			x := [4]float64{1500 + 200*r.NormFloat64(), 4000 + 200*r.NormFloat64(), 4 * r.NormFloat64(), 4 * r.NormFloat64()}
			a := Bearing(0, 0, math.Atan2(x[0], x[1])+0.5*degree*r.NormFloat64(), 0.5*degree)
			b := Bearing(c.bx, c.by, math.Atan2(x[0]+c.late*x[2]-c.bx, x[1]+c.late*x[3]-c.by)+degree*r.NormFloat64(), degree)
			b.After = c.late
			e, err := Cross(&a, &b, 4)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			sum += nees(x, &e) / runs
		}
		if math.Abs(sum-4) > 0.3 {
			t.Errorf("%s: NEES %.2f, want 4", c.name, sum)
		}
	}
	north := Bearing(0, 0, 0, degree)
	for _, c := range []struct {
		name string
		b    Measurement
		want error
	}{
		{"the same", north, ErrParallel},
		{"beside, parallel", Bearing(500, 0, 0, degree), ErrParallel},
		{"almost parallel", Bearing(500, 0, -2.5*degree, degree), ErrParallel},
		{"opposite", Bearing(500, 0, math.Pi, degree), ErrParallel},
		{"apart", Bearing(500, 0, 30*degree, degree), ErrBehind},
		{"behind one", Bearing(500, 3000, 100*degree, degree), ErrBehind},
	} {
		if _, err := Cross(&north, &c.b, 4); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	b := Bearing(1000, 0, -45*degree, degree)
	if e, err := Cross(&north, &b, 4); err != nil || math.Abs(e.X[0]) > 1e-9 || math.Abs(e.X[1]-1000) > 1e-9 {
		t.Errorf("%v, %v: want (0, 1000)", e.X, err)
	}
	for _, bad := range []Measurement{Place(0, 0, b.Cov), Bearing(0, 0, math.NaN(), degree), Bearing(9, 9, 1, 0), Bearing(math.Inf(1), 0, 1, degree)} {
		if e, err := Cross(&b, &bad, 4); err == nil {
			t.Errorf("%+v gives %+v", bad, e)
		}
	}
}
