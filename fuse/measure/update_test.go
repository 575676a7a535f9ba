package measure

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/obs"
)

// density of the measurement if the thing is at x at the state's time, per m2 or
// per rad; the velocity does not count.
func (m *Measurement) density(x [4]float64) float64 {
	px, py := x[0]+m.After*x[2]-m.X, x[1]+m.After*x[3]-m.Y
	normal := func(d, sd float64) float64 { return math.Exp(-d*d/(2*sd*sd)) / (sd * math.Sqrt(2*math.Pi)) }
	switch m.Kind {
	case OfPlace:
		r := kalman.Residual{E: px, N: py, S: m.Cov}
		return kalman.Likelihood(r.Distance2(), m.Cov)
	case OfPolar:
		return normal(math.Hypot(px, py)-m.Range, m.RangeSD) / m.Range *
			normal(math.Remainder(math.Atan2(px, py)-m.Bearing, 2*math.Pi), m.BearingSD)
	case OfBearing:
		return normal(math.Remainder(math.Atan2(px, py)-m.Bearing, 2*math.Pi), m.BearingSD)
	}
	return 0
}

// ways is a belief with different places and velocities in its ways.
func ways() imm.State {
	s := imm.State{Prob: [imm.Ways]float64{0.5, 0.2, 0.2, 0.1}}
	for k := range imm.Ways {
		s.Est[k] = belief(3000, 0.5, 250, 120, 0.6)
		s.Est[k].X[0] += 60 * float64(k)
		s.Est[k].X[1] -= 90 * float64(k)
		s.Est[k].X[2] += 3 * float64(k)
	}
	return s
}

// TestUpdateByParticles: likelihood, the ways' probabilities, and what is known
// of place and velocity, of plots later and earlier than the state.
func TestUpdateByParticles(t *testing.T) {
	for name, m := range map[string]Measurement{
		"place":         Place(1500, 2700, obs.Cov2{EE: 4000, EN: 1000, NN: 3000}),
		"converted":     Polar(0, 0, 3080, 60, 0.52, 0.4*degree),
		"polar":         Polar(0, 0, 3080, 30, 0.52, 3*degree),
		"bearing":       Bearing(0, 0, 0.53, degree),
		"bearing aside": Bearing(-2000, 3000, 1.6, 2*degree),
	} {
		for _, after := range []float64{0, 12, -7} {
			m.After = after
			r := rand.New(rand.NewPCG(31, 32))
			prior := ways()
			got := prior
			before := m.Likelihood(&prior)
			lik := m.Update(&got)
			if lik != before {
				t.Errorf("%s: likelihood %v, by Update %v", name, before, lik)
			}
			if prior != ways() {
				t.Errorf("%s: Likelihood changed the state", name)
			}
			const n = 200000
			var mass, square float64
			var prob [imm.Ways]float64
			var x [4]float64
			var p [4][4]float64
			mean := got.Mean()
			for i := range n {
				k := 0
				for u := (float64(i) + 0.5) / n; k < imm.Ways-1 && u > prior.Prob[k]; k++ {
					u -= prior.Prob[k]
				}
				z := draw(r, &prior.Est[k])
				w := m.density(z)
				mass, square, prob[k] = mass+w, square+w*w, prob[k]+w
				for a := range 4 {
					x[a] += w * (z[a] - mean.X[a])
					for b := range 4 {
						p[a][b] += w * (z[a] - mean.X[a]) * (z[b] - mean.X[b])
					}
				}
			}
			noise := math.Sqrt(square) / mass
			if math.Abs(lik/(mass/n)-1) > 5*noise {
				t.Errorf("%s after %v: likelihood %g, want %g within %.3f", name, after, lik, mass/n, noise)
			}
			for k := range imm.Ways {
				if math.Abs(got.Prob[k]-prob[k]/mass) > 5*noise {
					t.Errorf("%s after %v: ways %v, want %v / %v", name, after, got.Prob, prob, mass)
					break
				}
			}
			for a := range 4 {
				sd := math.Sqrt(mean.P[a][a])
				if math.Abs(x[a]/mass) > 5*noise*sd {
					t.Errorf("%s after %v: state %d is %.3f sd off; noise %.3f", name, after, a, x[a]/mass/sd, noise)
				}
				for b := range 4 {
					if off := (p[a][b]/mass - mean.P[a][b]) / (sd * math.Sqrt(mean.P[b][b])); math.Abs(off) > 10*noise {
						t.Errorf("%s after %v: covariance %d %d is off by %.3f; noise %.3f", name, after, a, b, off, noise)
					}
				}
			}
		}
	}
}

// TestPolarPerArea: over all plots that may come the likelihood is 1, counted by
// the square metre, so that it compares with false plots.
func TestPolarPerArea(t *testing.T) {
	s := ways()
	for _, sd := range []float64{0.3, 3, 10} {
		sum := 0.0
		const cell = 20
		for x := -1500.0; x < 5000; x += cell {
			for y := -500.0; y < 6000; y += cell {
				m := Polar(0, 0, math.Hypot(x, y), 40, math.Atan2(x, y), sd*degree)
				sum += cell * cell * m.Likelihood(&s)
			}
		}
		if math.Abs(sum-1) > 0.01 {
			t.Errorf("bearing of %v deg: %.4f", sd, sum)
		}
	}
}

// TestVelocity: one that fits sharpens the velocity, one that does not is left out.
func TestVelocity(t *testing.T) {
	for name, m := range kinds() {
		e := belief(5000, 0, 100, 60, 0.4)
		m.Velocity = Velocity{}
		plain, fits, wild := e, e, e
		lik := m.UpdateOne(&plain)
		m.Velocity = Velocity{plain.X[2] + 1, plain.X[3], 0.1}
		if l := m.UpdateOne(&fits); l != lik || !(fits.P[2][2] < plain.P[2][2]) || !(fits.X[2] > plain.X[2]) {
			t.Errorf("%s: likelihood %v, then %v; %v, then %v", name, lik, l, plain, fits)
		}
		m.Velocity = Velocity{plain.X[2] + 100, plain.X[3], 0.1}
		if l := m.UpdateOne(&wild); l != lik || wild != plain {
			t.Errorf("%s: a velocity that does not fit makes %v of %v", name, wild, plain)
		}
		s := model().New(&e)
		m.Velocity = Velocity{plain.X[2] + 1, plain.X[3], 0.1}
		m.Update(&s)
		if all := s.Mean(); math.Abs(all.X[2]-fits.X[2]) > 1e-9 {
			t.Errorf("%s: all ways %v, one %v", name, all, fits)
		}
	}
}

// TestDistance: of plots that are drawn, the squared distance is as of chi squared.
func TestDistance(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	for name, want := range map[string]float64{"place": 2, "converted": 2, "polar": 2, "bearing": 1} {
		const n = 4000
		sum := 0.0
		for range n {
			e := belief(5000, 1, 200, 100, 0.5)
			x := draw(r, &e)
			var m Measurement
			switch name {
			case "place":
				m = Place(x[0]+30*r.NormFloat64(), x[1]+30*r.NormFloat64(), obs.Round(30))
			case "bearing":
				_, b := seenFrom(r, x, 20, 2*degree)
				m = Bearing(0, 0, b, 2*degree)
			case "polar":
				d, b := seenFrom(r, x, 20, 2*degree)
				m = Polar(0, 0, d, 20, b, 2*degree)
			case "converted":
				d, b := seenFrom(r, x, 20, 0.2*degree)
				m = Polar(0, 0, d, 20, b, 0.2*degree)
			}
			sum += m.Distance2(&e) / n
		}
		if math.Abs(sum/want-1) > 0.08 {
			t.Errorf("%s: mean squared distance %.2f, want %v", name, sum, want)
		}
	}
	behind := Bearing(0, 0, math.Pi, degree)
	e := belief(5000, 0, 100, 100, 0)
	if d := behind.Distance2(&e); d < 100 || behind.UpdateOne(&e) != 0 {
		t.Errorf("behind the sensor: %v", d)
	}
}

// TestStaysSound: whatever comes, covariances stay positive definite and the
// numbers finite; what is no measurement changes nothing.
func TestStaysSound(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	odd := []float64{0, -1, 1e-300, 1e300, math.Inf(1), math.Inf(-1), math.NaN()}
	model := model()
	e := belief(3000, 1, 500, 500, 0)
	s := model.New(&e)
	applied, odds := 0, 0
	for i := range 60000 {
		if i%500 == 0 {
			e := belief(math.Exp(11*r.Float64()), 7*r.Float64(), math.Exp(10*r.Float64()), math.Exp(10*r.Float64()), r.Float64())
			s = model.New(&e)
		}
		model.Predict(&s, 5*r.Float64())
		all := s.Mean()
		ox, oy := all.X[0]+math.Exp(10*r.Float64())*r.NormFloat64(), all.X[1]+math.Exp(10*r.Float64())*r.NormFloat64()
		x, y := all.X[0]-ox+30*r.NormFloat64(), all.X[1]-oy+30*r.NormFloat64()
		distance, b, sd := math.Hypot(x, y), math.Atan2(x, y), math.Exp(-9*r.Float64())
		var m Measurement
		switch r.IntN(3) {
		case 0:
			m = Place(all.X[0]+30*r.NormFloat64(), all.X[1]+30*r.NormFloat64(), obs.Round(1+100*r.Float64()))
		case 1:
			m = Polar(ox, oy, distance, 1+100*r.Float64(), b, sd)
		case 2:
			m = Bearing(ox, oy, b, sd)
		}
		if r.IntN(3) == 0 {
			m.After = 4*r.Float64() - 1
		}
		if r.IntN(3) == 0 {
			m.Velocity = Velocity{all.X[2] + r.NormFloat64(), all.X[3] + r.NormFloat64(), 1}
		}
		hostile := r.IntN(4) == 0
		if hostile {
			v := odd[r.IntN(len(odd))]
			*[]*float64{&m.X, &m.Y, &m.Cov.EE, &m.Cov.EN, &m.Cov.NN, &m.Range, &m.RangeSD, &m.Bearing, &m.BearingSD, &m.After, &m.Velocity.X, &m.Velocity.Var}[r.IntN(12)] = v
		}
		before := s
		lik := m.Update(&s)
		switch {
		case !(lik >= 0) || math.IsInf(lik, 1):
			t.Fatalf("step %d: likelihood %v of %+v", i, lik, m)
		case lik == 0 && s != before:
			t.Fatalf("step %d: %+v could not be and changed %v to %v", i, m, before, s)
		}
		total := 0.0
		for k := range imm.Ways {
			total += s.Prob[k]
			if _, _, ok := kalman.Invert4(&s.Est[k].P); !ok && s.Prob[k] > 0 {
				t.Fatalf("step %d: %+v makes of %+v in way %d %+v", i, m, before.Est[k], k, s.Est[k])
			}
			for _, v := range s.Est[k].X {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("step %d: %+v makes of %+v in way %d %+v", i, m, before.Est[k], k, s.Est[k])
				}
			}
		}
		if math.Abs(total-1) > 1e-6 {
			t.Fatalf("step %d: ways %v", i, s.Prob)
		}
		if lik > 0 {
			applied++
		}
		if hostile {
			odds++
			s = before
		}
	}
	if applied < 30000 || odds < 10000 {
		t.Errorf("%d updates, %d odd ones", applied, odds)
	}
}

// TestNoAllocation: neither update nor likelihood leaves anything behind.
func TestNoAllocation(t *testing.T) {
	e := belief(5000, 0, 100, 60, 0.4)
	start := model().New(&e)
	starts := make([]Start, 0, MostStarts)
	for name, m := range kinds() {
		if n := testing.AllocsPerRun(20, func() {
			s := start
			m.Likelihood(&s)
			m.Update(&s)
			m.Distance2(&s.Est[0])
			starts = Bank(starts[:0], &m, 100, 50e3, 10)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
