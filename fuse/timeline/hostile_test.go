package timeline

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
	"atalaya/obs"
)

// TestSoundOfAllKinds: with biases, foreign tracks and crossings too, whatever
// comes, probabilities stay between 0 and 1, covariances positive definite, and
// biases what they may be.
func TestSoundOfAllKinds(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 71))
		tl, err := New(Config{Model: mixed(), SpeedSD: math.Exp(3 * r.Float64()), Cross: 4 * time.Second, Retrodict: 30 * time.Second, Told: time.Minute}, nil)
		if err != nil {
			t.Fatal(err)
		}
		bias := registration.Config{SD: registration.Bias{math.Exp(-6 * r.Float64()), math.Exp(6 * r.Float64()), 2 * r.Float64()}, Memory: math.Exp(10 * r.Float64())}
		for _, s := range []Sensor{{Bias: bias}, {Bias: bias}, {Cooperative: true}, {Foreign: true}} {
			tl.AddSensor(s)
		}
		now := int64(0)
		for range 150 {
			now += r.Int64N(3e9)
			l := Look{Sensor: r.Int32N(4), Time: max(now-r.Int64N(8e9+40e9*r.Int64N(2)), 0)}
			for range r.IntN(8) {
				x, y := math.Floor(r.NormFloat64()*3)*100, r.NormFloat64()*300
				p := place(x, y, obs.Round(math.Exp(4*r.NormFloat64())))
				p.Claim = uint64(r.IntN(4)) << (56 * r.IntN(2))
				p.Told = r.IntN(8) == 0
				if l.Sensor < 2 {
					p.Measurement = measure.Measurement{
						Kind: measure.OfPolar, X: 100 * float64(l.Sensor), Y: 50, Range: 500 * r.Float64(), RangeSD: math.Exp(4 * r.NormFloat64()),
						Bearing: 6 * r.Float64(), BearingSD: math.Exp(-5 * r.Float64()), After: r.NormFloat64(),
					}
					if r.IntN(3) == 0 {
						p.Kind, p.Range, p.RangeSD = measure.OfBearing, 0, 0
					}
				}
				if r.IntN(3) == 0 {
					p.Velocity = measure.Velocity{X: r.NormFloat64(), Y: 1, Var: math.Exp(4 * r.NormFloat64())}
				}
				l.Plots = append(l.Plots, p)
			}
			if err := tl.Take(&l); err != nil && !errors.Is(err, ErrLate) {
				t.Fatal(err)
			}
			tl.All(now, 0, func(th *Thing) bool {
				if !(th.Existence >= 0 && th.Existence <= 1) {
					t.Fatalf("seed %d: existence %v", seed, th.Existence)
				}
				if _, _, ok := kalman.Invert4(&th.State.P); !ok {
					t.Fatalf("seed %d: %v is no covariance", seed, th.State.P)
				}
				return true
			})
		}
		for k := range int32(2) {
			b, _ := tl.Registration(k)
			sd := b.SD()
			for p := range registration.Parts {
				if !(sd[p] > 0 && sd[p] <= bias.SD[p]*(1+1e-9)) || math.Abs(b.Bias[p]) > 6*bias.SD[p] {
					t.Errorf("seed %d: part %d is %v by %v, before %v", seed, p, b.Bias[p], sd[p], bias.SD[p])
				}
			}
		}
	}
}
