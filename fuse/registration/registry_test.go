package registration

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/fuse/measure"
	"atalaya/obs"
)

// tell plays a radar that is 50 m off and n boats that each say once a second
// where they are, from a time on, for some seconds.
func tell(r *Registry[int], n int, from, seconds int64) {
	random := rand.New(rand.NewPCG(1, 1))
	for s := from; s < from+seconds; s++ {
		now := s * 1e9
		r.Turn(now + r.Period) // as one lag later
		for i := range n {
			x, y := 2000+10*float64(i), 1000.0
			r.Fix(now, i, Fix{now, x, y, obs.Round(5)}, 0.99)
			m := measure.Measurement{Kind: measure.OfPolar, Range: 50, RangeSD: 20, BearingSD: 0.01}
			m.Range += math.Hypot(x, y) + 20*random.NormFloat64()
			m.Bearing = math.Atan2(x, y) + 0.01*random.NormFloat64()
			r.Plot(now+5e8, i, 0, now+5e8, &m, 0.99)
		}
	}
}

func newRegistry(sensors int32) *Registry[int] {
	r := &Registry[int]{Period: 10e9}
	for n := range sensors {
		r.Set(n, Config{SD: Bias{Azimuth: 0.02, Range: 100}}, 0.01)
	}
	return r
}

// TestEnough: of many pairs some are taken, and they tell the bias; of few all.
func TestEnough(t *testing.T) {
	few, many := newRegistry(1), newRegistry(1)
	tell(few, 4, 1, 60)
	tell(many, 500, 1, 60)
	a, b := few.Report(0, 70e9), many.Report(0, 70e9)
	if a.Used < 4*55 {
		t.Errorf("of few: %+v", a)
	}
	// The first period takes all.
	if all := 7 * 500; b.Used < all+5*enough/2 || b.Used > all+5*2*enough {
		t.Errorf("of many: %+v", b)
	}
	for _, r := range []Report{a, b} {
		if d := r.Bias[Range] - 50; d*d > 9*r.Cov[Range][Range] || r.State != Steady {
			t.Errorf("%+v", r)
		}
	}
}

// TestPeriods: what holds in a period is what was told of times up to the end of
// the one before the last, whatever was told since.
func TestPeriods(t *testing.T) {
	r, until := newRegistry(1), newRegistry(1)
	tell(until, 4, 1, 39) // 1 to 39: up to the end of period 3
	want := until.pupils[0].At(50e9)
	tell(r, 4, 1, 48) // and of period 4
	r.Turn(59e9)
	if got := r.Now(59e9)[0]; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if r.pupils[0].At(50e9) == want {
		t.Error("nothing was learnt since")
	}
	if a, b := r.Version(59e9), r.Version(49e9); a == b || r.Version(51e9) != a {
		t.Error("periods are of one version")
	}
}

// TestContested: who shows a thing whose identity is claimed elsewhere learns
// nothing until that is over, and says why; who does not see it is not concerned.
func TestContested(t *testing.T) {
	r := newRegistry(2)
	tell(r, 4, 1, 60)
	if r.Sees(7) || !r.Sees(3) {
		t.Fatal("it sees others than it does")
	}
	for i := range 20 {
		r.Doubt(60e9+int64(i)*1e8, 3)
		r.Doubt(60e9+int64(i)*1e8, 7)
	}
	if x := r.Report(0, 70e9); x.State != Frozen || x.Why != Contested || x.Since < 60e9 || x.Since > 62e9 {
		t.Errorf("%+v", x)
	}
	if x := r.Report(1, 70e9); x.State != Learning || x.Refused > 0 || x.Why != Nothing {
		t.Errorf("of one that sees none: %+v", x)
	}
	tell(r, 4, 62, 60)
	if x := r.Report(0, 130e9); x.State != Steady || x.Why != Nothing || x.Since != 0 {
		t.Errorf("afterwards: %+v", x)
	}
	r.End(3)
	if r.Sees(3) {
		t.Error("it sees what is no more")
	}
}
