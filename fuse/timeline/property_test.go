package timeline

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
	"atalaya/geo"
	"atalaya/obs"
)

// anything draws everything that may come to a timeline.
type anything struct{ *rand.Rand }

func (r anything) one(of int) bool { return r.IntN(of) == 0 }

// scale is between 1/e^n and e^n.
func (r anything) scale(n float64) float64 { return math.Exp(n * (2*r.Float64() - 1)) }

// hostile is what no number of a measurement is.
func (r anything) hostile() float64 {
	all := [...]float64{
		math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), -1, 1e-300, 5e-324,
		1e7, -1e7, 3.9e7, 1e9, 1e150, -1e300, math.MaxFloat64,
	}
	return all[r.IntN(len(all))]
}

func (r anything) config() Config {
	c := Config{
		Model: mixed(), SpeedSD: r.scale(3), Life: 1000 * r.scale(5), Lag: time.Duration(1e9 * (1 + r.IntN(30))),
		Gate: 5 + 40*r.Float64(), Reach: 2000 * r.scale(2), Cell: 500 * r.scale(2), Workers: 1 + r.IntN(2), Watched: true,
	}
	if r.one(2) {
		c.Model = steady(r.scale(5))
	}
	if r.one(3) {
		c.Domains = []Domain{{mixed(), r.scale(4)}, {steady(r.scale(5)), r.scale(4)}}
	}
	switch r.IntN(4) {
	case 0:
		c.Birth, c.Present = math.Exp(-40*r.Float64()), math.Exp(-40*r.Float64())
	case 1:
		c.Births = []Births{{Rate: r.scale(3), Present: 3 * r.Float64(), X: 50, SD: 300 * r.scale(2)}, {Rate: r.scale(5), SD: r.scale(9)}}
	}
	if r.one(2) {
		c.Cross = time.Duration(r.Int64N(10e9))
	}
	if r.one(2) {
		c.Ranging, c.BearingsAs = time.Duration(r.Int64N(300e9)), uint8(r.IntN(4)) //nolint:gosec // few
	}
	c.Retrodict, c.Told = c.Lag*time.Duration(r.IntN(6)), c.Lag*time.Duration(r.IntN(10))
	return c
}

// sensors are of every kind.
const sensors = 6

func (r anything) sensor(n int32) Sensor {
	s := Sensor{Seen: 0.01 + 0.98*r.Float64()}
	switch n {
	case 0:
		if r.one(2) { // nothing is missed, nothing is false
			s = Sensor{Seen: 1, Clutter: 1e-15, ClutterBearing: 1e-15}
		}
	case 1:
		s.Cooperative = true
	case 2:
		s.Foreign = true
	case 3:
		s.Bias = registration.Config{SD: registration.Bias{math.Exp(-6 * r.Float64()), 100 * r.scale(3), 2 * r.Float64()}, Memory: 100 * r.scale(5)}
	case 4:
		s.Clutter, s.ClutterBearing, s.Period = 1e-6*r.scale(9), r.scale(9), time.Duration(r.Int64N(20e9))
	}
	return s
}

func (r anything) region() Region {
	switch r.IntN(5) {
	case 0:
		return Sector{X: 200 * r.NormFloat64(), From: 800 * (r.Float64() - 0.5), Width: 360 * r.Float64(), Reach: 1000 * r.scale(3)}
	case 1:
		return Polygon{{-500 * r.Float64(), -500}, {500 * r.Float64(), -300}, {0, 1000 * r.Float64()}}
	case 2:
		return Nowhere{}
	}
	return nil
}

// plot shows something on one of a few lines; many look alike but for one number.
func (r anything) plot(sensor int32) Plot {
	x, y := 100*math.Floor(3*r.NormFloat64()), 300*r.NormFloat64()
	p := place(x, y, obs.Round(20*r.scale(4)))
	if r.one(4) { // long and narrow
		a, b, c := r.scale(5), r.scale(5), 0.99*(2*r.Float64()-1)
		p.Cov = obs.Cov2{EE: a * a, NN: b * b, EN: a * b * c}
	}
	if sensor != 1 && sensor != 2 {
		switch r.IntN(4) {
		case 0:
			p.Measurement = measure.Measurement{Kind: measure.OfPolar, X: x, Y: 50, Range: 800 * r.Float64(), RangeSD: 10 * r.scale(4), Bearing: 7 * (r.Float64() - 0.5), BearingSD: 0.02 * r.scale(4)}
		case 1:
			p.Measurement = measure.Bearing(x, 50, 7*(r.Float64()-0.5), 0.02*r.scale(4))
		}
	}
	if r.one(3) {
		p.After = r.NormFloat64()
	}
	if r.one(3) {
		p.Velocity = measure.Velocity{X: 10 * r.NormFloat64(), Y: 10 * r.NormFloat64(), Var: r.scale(5)}
	}
	if r.one(2) {
		p.Claim = uint64(1+r.IntN(4)) | uint64(r.IntN(2))<<56
	}
	if r.one(3) {
		p.Number = uint64(r.IntN(4))
	}
	r.says(&p)
	if r.one(500) {
		r.spoil(&p)
	}
	return p
}

// says draws what a plot says of itself beside its place.
func (r anything) says(p *Plot) {
	if r.one(4) {
		p.Domain = uint8(r.IntN(4))
	}
	if r.one(4) {
		p.Credence = r.Float64()
	}
	if r.one(8) {
		p.Told = true
	}
	if r.one(4) {
		p.Height, p.HeightSD = geo.Height{Metres: 1000 * r.Float64(), Datum: geo.Datum(r.IntN(5))}, 100*r.scale(3)
	}
	p.Ref = r.Uint64N(4)
}

// spoil puts a hostile number somewhere.
func (r anything) spoil(p *Plot) {
	all := []*float64{
		&p.X, &p.Y, &p.Cov.EE, &p.Cov.EN, &p.Cov.NN, &p.Range, &p.RangeSD, &p.Bearing, &p.BearingSD, &p.After,
		&p.Velocity.X, &p.Velocity.Y, &p.Velocity.Var, &p.Credence, &p.Height.Metres, &p.HeightSD,
	}
	*all[r.IntN(len(all))] = r.hostile()
}

// look is what a sensor may have seen at a time.
func (r anything) look(at int64) Look {
	l := Look{Sensor: r.Int32N(sensors), Time: at, Region: r.region()}
	if r.one(5) {
		l.Sight = func(x, y float64, _ geo.Height) (float64, bool) { return math.Abs(math.Mod(x/500, 1)), y > -100 }
	}
	for range r.IntN(6) {
		p := r.plot(l.Sensor)
		l.Plots = append(l.Plots, p)
		if r.one(8) { // twice, or nearly so
			r.says(&p)
			l.Plots = append(l.Plots, p)
		}
	}
	return l
}

// next is a time after another; seldom it is hours and years later.
func (r anything) next(now int64) int64 {
	switch {
	case r.one(2000):
		return now + r.Int64N(1e17)
	case r.one(200):
		return now + r.Int64N(1e13)
	}
	return now + r.Int64N(2e9)
}

// TestSoundForever: a million steps of whatever may come, and probabilities stay
// between 0 and 1 and covariances positive definite, in every version and every
// way of motion. ATALAYA_STEPS says how many; the full figure is for 'make soak'.
func TestSoundForever(t *testing.T) {
	steps := 4_000
	if testing.Short() {
		steps = 1_000
	}
	if v := os.Getenv("ATALAYA_STEPS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatalf("ATALAYA_STEPS: %v", err)
		}
		steps = n
	}
	var sum Stats
	const each = 1000 // steps of a life
	for seed := range uint64((steps + each - 1) / each) {
		s := live(t, seed, min(each, steps-int(seed)*each))
		sum.Looks, sum.Late, sum.Refused, sum.Born, sum.Ended = sum.Looks+s.Looks, sum.Late+s.Late, sum.Refused+s.Refused, sum.Born+s.Born, sum.Ended+s.Ended
		sum.Redone, sum.Unsound = sum.Redone+s.Redone, sum.Unsound+s.Unsound
		sum.Retrodicted, sum.EvidenceOnly = sum.Retrodicted+s.Retrodicted, sum.EvidenceOnly+s.EvidenceOnly
		if t.Failed() {
			return
		}
	}
	t.Logf("%+v", sum)
	if sum.Late == 0 || sum.Redone == 0 || sum.Refused == 0 || sum.Ended == 0 || sum.Unsound == 0 || sum.Retrodicted == 0 || sum.EvidenceOnly == 0 {
		t.Errorf("a kind of step is missing: %+v", sum)
	}
}

// live is one timeline's life.
func live(t *testing.T, seed uint64, steps int) Stats {
	t.Helper()
	r := anything{rand.New(rand.NewPCG(seed, 8))}
	tl, err := New(r.config(), func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	tl.worth = 1 + r.IntN(20)
	for n := range int32(sensors) {
		tl.AddSensor(r.sensor(n))
	}
	now := int64(1e18)
	var seen []ID
	for step := range steps {
		now = r.next(now)
		switch {
		case r.one(50) && len(seen) > 0:
			tl.End(seen[r.IntN(len(seen))], now-r.Int64N(20e9))
		case r.one(100):
			e := kalman.Estimate{X: [4]float64{100 * r.NormFloat64(), 100 * r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}}
			for k := range 4 {
				e.P[k][k] = r.scale(8)
			}
			tl.Seed(int32(step), &e, tl.newest, r.Float64(), uint64(r.IntN(5)), uint8(r.IntN(3)), r.one(2), r.one(4)) //nolint:gosec // few
		case r.one(100) && len(seen) > 0:
			tl.SetDomain(seen[r.IntN(len(seen))], uint8(r.IntN(3))) //nolint:gosec // few
		case r.one(100):
			n := r.Int32N(sensors)
			tl.SetSensor(n, r.sensor(n))
		default:
			l := r.look(now)
			if r.one(3) { // late, or too late
				l.Time -= r.Int64N(int64(float64(tl.cfg.Lag)*1.2) << (2 * r.IntN(2)))
			}
			if err := tl.Take(&l); err != nil && !errors.Is(err, ErrLate) {
				t.Fatal(err)
			}
		}
		seen = seen[:0]
		for c := range tl.Changes() {
			if c.Gone() {
				continue
			}
			seen = append(seen, c.ID)
			if err := sound(tl, c); err != nil {
				t.Fatalf("seed %d, step %d, %v: %v", seed, step, c.ID, err)
			}
		}
		if r.one(20) {
			tl.All(now+r.Int64N(1e10), 0, func(th *Thing) bool {
				if err := errors.Join(probable("existence", th.Existence), probable("honest", th.Honest), positive(&th.State)); err != nil {
					t.Fatalf("seed %d, step %d, %v: %v", seed, step, th.ID, err)
				}
				return true
			})
		}
	}
	tl.Flush()
	return tl.Stats()
}

// sound says what is wrong with the versions of a thing that changed, and with
// what is told of them.
func sound(tl *Timeline, c Changed) error {
	for k := tl.versions.find(c.of, c.From); k != nil; k = tl.versions.of(k.after) {
		var v version
		tl.versions.open(k, &v)
		err := errors.Join(probable("existence", v.exists), probable("existence let go", v.letGo), probable("honest", v.honest))
		sum := 0.0
		for k := range imm.Ways {
			p := v.state.Prob[k]
			sum += p
			err = errors.Join(err, probable("way", p/(1+1e-12))) // a sum of parts
			if p > 0 {
				err = errors.Join(err, positive(&v.state.Est[k]))
			}
		}
		if !(math.Abs(sum-1) < 1e-9) {
			err = errors.Join(err, fmt.Errorf("ways sum to %v", sum))
		}
		if err != nil {
			return fmt.Errorf("version %v: %w", v.key, err)
		}
	}
	for e := range c.Late {
		if err := probable("weight", e.Weight); err != nil || !(e.Distance2 >= 0 && e.Likelihood >= 0) {
			return fmt.Errorf("late evidence %+v: %w", e, err)
		}
	}
	for b := range c.Beliefs(c.From) {
		tl.Fit(b)
		err := errors.Join(probable("existence", b.Existence), positive(&b.State))
		for _, e := range b.Evidence {
			err = errors.Join(err, probable("weight", e.Weight), probable("rival", e.Rivals[0].Weight))
			if !(e.Distance2 >= 0 && e.Likelihood >= 0) {
				err = errors.Join(err, fmt.Errorf("evidence %+v", e))
			}
		}
		if err != nil {
			return fmt.Errorf("belief %v: %w", b.Key, err)
		}
	}
	return nil
}

func probable(what string, p float64) error {
	if p >= 0 && p <= 1 {
		return nil
	}
	return fmt.Errorf("%s: %v is no probability", what, p)
}

func positive(e *kalman.Estimate) error {
	for _, x := range e.X {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%v is no state", e.X)
		}
	}
	if _, _, ok := kalman.Invert4(&e.P); !ok {
		return fmt.Errorf("%v is no covariance", e.P)
	}
	return nil
}

// TestOrderWithinOfAllKinds: in whatever order the plots of a look are given, of
// all kinds, late or not, on one goroutine or two, all is the same bit for bit.
func TestOrderWithinOfAllKinds(t *testing.T) {
	for seed := range uint64(6) {
		r := anything{rand.New(rand.NewPCG(seed, 9))}
		cfg := r.config()
		var of []Sensor
		for n := range int32(sensors) {
			of = append(of, r.sensor(n))
		}
		looks := make([]Look, 100)
		now := int64(1e18)
		for i := range looks {
			now += r.Int64N(1e9)
			looks[i] = r.look(now)
			if r.one(4) {
				looks[i].Time -= r.Int64N(int64(cfg.Lag))
			}
		}
		want := played(t, cfg, of, looks)
		for i := range looks {
			p := slices.Clone(looks[i].Plots)
			r.Shuffle(len(p), func(a, b int) { p[a], p[b] = p[b], p[a] })
			looks[i].Plots = p
		}
		cfg.Workers = 3 - cfg.Workers
		got := played(t, cfg, of, looks)
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Fatalf("seed %d, line %d of %d\n%s\nwant\n%s", seed, i, len(want), got[min(i, len(got)-1)], want[i])
			}
		}
	}
}

// played is all that is believed after each look, by every version.
func played(t *testing.T, cfg Config, of []Sensor, looks []Look) (out []string) {
	t.Helper()
	tl, err := New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	tl.worth = 4
	for _, s := range of {
		tl.AddSensor(s)
	}
	for i := range looks {
		if err := tl.Take(&looks[i]); err != nil && !errors.Is(err, ErrLate) {
			t.Fatal(err)
		}
		for c := range tl.Changes() {
			for b := range c.Beliefs(c.From) {
				tl.Fit(b)
				out = append(out, fmt.Sprintf("%d: %v %+v", i, c.ID, *b))
			}
		}
	}
	return append(out, fmt.Sprintf("%+v", tl.Stats()))
}
