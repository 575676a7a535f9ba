package timeline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"atalaya/fuse/measure"
	"atalaya/fuse/registration"
	"atalaya/obs"
)

const degree = math.Pi / 180

// radar stands somewhere, and measures what it should not.
type radar struct {
	x, y  float64
	wrong registration.Bias
}

// harbour is boats with AIS under two radars, one of them badly set up.
type harbour struct {
	radars  [2]radar
	boats   [][4]float64
	seconds int
	// lie moves what a boat says of itself, by boat and s.
	lie   func(boat int, s float64) float64
	looks []Look
	truth map[int64][][2]float64
}

const rangeSD, bearingSD, aisSD = 15.0, 0.3 * degree, 8.0

func (h *harbour) play(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 17))
	h.truth = map[int64][][2]float64{}
	for s := 1; s <= h.seconds; s++ {
		now := int64(s) * 1e9
		for i := range h.boats { // they stay in front of the harbour
			b := &h.boats[i]
			for k, middle := range [2]float64{3000, 4000} {
				b[k] += b[k+2]
				b[k+2] += 0.05*r.NormFloat64() - 1e-5*(b[k]-middle)
			}
			h.truth[now] = append(h.truth[now], [2]float64{b[0], b[1]})
		}
		for k := range h.radars {
			if s%3 == k {
				h.looks = append(h.looks, h.turn(r, int32(k), now))
			}
		}
		ais := Look{Sensor: 2, Time: now + 2e8}
		for i, b := range h.boats {
			if (s+i)%8 == 0 {
				p := place(b[0]+0.2*b[2]+aisSD*r.NormFloat64(), b[1]+0.2*b[3]+aisSD*r.NormFloat64(), obs.Round(aisSD))
				if h.lie != nil {
					p.X += h.lie(i, float64(s))
				}
				p.Claim = 1<<56 | uint64(i+1)
				ais.Plots = append(ais.Plots, p)
			}
		}
		if len(ais.Plots) > 0 {
			h.looks = append(h.looks, ais)
		}
	}
}

func (h *harbour) turn(r *rand.Rand, sensor int32, now int64) Look {
	l := Look{Sensor: sensor, Time: now}
	at := &h.radars[sensor]
	for _, b := range h.boats {
		if r.Float64() < 0.1 {
			continue
		}
		dx, dy := b[0]-at.x-at.wrong[registration.Time]*b[2], b[1]-at.y-at.wrong[registration.Time]*b[3]
		l.Plots = append(l.Plots, Plot{Measurement: measure.Measurement{
			Kind: measure.OfPolar, X: at.x, Y: at.y, RangeSD: rangeSD, BearingSD: bearingSD,
			Range:   math.Hypot(dx, dy) + at.wrong[registration.Range] + rangeSD*r.NormFloat64(),
			Bearing: math.Atan2(dx, dy) + at.wrong[registration.Azimuth] + bearingSD*r.NormFloat64(),
		}})
	}
	return l
}

// fleet is some boats that go about before the harbour.
func fleet(seed uint64, n int) (out [][4]float64) {
	r := rand.New(rand.NewPCG(seed, 18))
	for range n {
		out = append(out, [4]float64{3000 + 1200*r.NormFloat64(), 4000 + 1200*r.NormFloat64(), 5 * r.NormFloat64(), 5 * r.NormFloat64()})
	}
	return out
}

// reckoning is how a picture was.
type reckoning struct {
	square, nees float64
	n, doubles   int
	missed       int
	lines        []string
}

// picture plays the looks, and reckons from a time on.
func (h *harbour) picture(t *testing.T, bias registration.Config, looks []Look, from int64) (*Timeline, reckoning) {
	t.Helper()
	var out reckoning
	var tl *Timeline
	tl, err := New(Config{SpeedSD: 6, Model: steady(0.05)}, func(now int64) {
		var all []Thing
		tl.All(now, 0.5, func(th *Thing) bool {
			all = append(all, *th)
			out.lines = append(out.lines, fmt.Sprintf("%d: %+v", now, *th))
			return true
		})
		truth := h.truth[now]
		if now < from || truth == nil {
			return
		}
		out.doubles += max(len(all)-len(truth), 0)
		for _, b := range truth {
			best, at := 200.0, -1
			for i := range all {
				if d := math.Hypot(all[i].State.X[0]-b[0], all[i].State.X[1]-b[1]); d < best {
					best, at = d, i
				}
			}
			if at < 0 {
				out.missed++
				continue
			}
			e := &all[at].State
			x, y := e.X[0]-b[0], e.X[1]-b[1]
			det := e.P[0][0]*e.P[1][1] - e.P[0][1]*e.P[0][1]
			out.nees += (x*x*e.P[1][1] - 2*x*y*e.P[0][1] + y*y*e.P[0][0]) / det
			out.square += best * best
			out.n++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for range h.radars {
		tl.AddSensor(Sensor{Bias: bias})
	}
	tl.AddSensor(Sensor{Cooperative: true})
	for i := range looks {
		if err := tl.Take(&looks[i]); err != nil {
			t.Fatal(err)
		}
	}
	tl.Flush()
	return tl, out
}

func (r *reckoning) String() string {
	return fmt.Sprintf("position error %.1f m, normalised squared %.2f of 2, %d doubles and %d missed in %d",
		math.Sqrt(r.square/float64(r.n)), r.nees/float64(r.n), r.doubles, r.missed, r.n)
}

var doubt = registration.Config{SD: registration.Bias{0.5 * degree, 60, 0.5}}

// TestBias: of two radars one is turned by half a degree and 80 m off. Boats with
// AIS teach which, and the picture becomes as good as if it were not.
func TestBias(t *testing.T) {
	h := harbour{
		radars: [2]radar{{wrong: registration.Bias{0.5 * degree, 80}}, {x: 6000, y: 500}},
		boats:  fleet(1, 8), seconds: 600,
	}
	h.play(1)
	tl, with := h.picture(t, doubt, h.looks, 300e9)
	_, without := h.picture(t, registration.Config{}, h.looks, 300e9)
	t.Log("with: ", &with)
	t.Log("without: ", &without)
	for k := range h.radars {
		r, ok := tl.Registration(int32(k))
		sd := r.SD()
		t.Logf("radar %d is %v after %d pairs, %d refused: azimuth %.3f by %.3f deg, range %.1f by %.1f m, time %.2f by %.2f s", k, r.State, r.Used, r.Refused,
			r.Bias[0]/degree, sd[0]/degree, r.Bias[1], sd[1], r.Bias[2], sd[2])
		if !ok || r.State != registration.Steady {
			t.Errorf("radar %d is %v", k, r.State)
		}
		for p := range registration.Parts {
			if math.Abs(r.Bias[p]-h.radars[k].wrong[p]) > 3*sd[p] {
				t.Errorf("radar %d, part %d: %v by %v, is %v", k, p, r.Bias[p], sd[p], h.radars[k].wrong[p])
			}
		}
		if sd[0] > 0.1*degree || sd[1] > 10 {
			t.Errorf("radar %d is known by %v only", k, sd)
		}
	}
	if _, ok := tl.Registration(2); ok {
		t.Error("AIS has a bias")
	}
	if with.doubles > with.n/100 || with.missed > with.n/100 {
		t.Errorf("with biases: %v", &with)
	}
	if with.square/float64(with.n) > 0.25*without.square/float64(without.n) {
		t.Errorf("not better than without: %v, %v", &with, &without)
	}
	if mean := with.nees / float64(with.n); mean > 3 {
		t.Errorf("surer than it is right: %v", &with)
	}
}

// TestBiasLateIsInTime: what is learnt of biases does not depend on the order of
// arrival, and so nothing else does.
func TestBiasLateIsInTime(t *testing.T) {
	for seed := range uint64(3) {
		h := harbour{radars: [2]radar{{wrong: registration.Bias{0.4 * degree, -60, 0.5}}, {x: 6000, y: 500}}, boats: fleet(seed, 6), seconds: 150}
		h.play(seed)
		slices.SortStableFunc(h.looks, func(a, b Look) int { return int(a.Time - b.Time) })
		a, inOrder := h.picture(t, doubt, h.looks, 0)
		r := rand.New(rand.NewPCG(seed, 2))
		arrival := map[int64]int64{}
		for _, l := range h.looks {
			if k := l.Time*4 + int64(l.Sensor); r.IntN(3) == 0 {
				arrival[k] = r.Int64N(9e9)
			}
		}
		late := slices.Clone(h.looks)
		slices.SortStableFunc(late, func(a, b Look) int {
			return int(a.Time + arrival[a.Time*4+int64(a.Sensor)] - b.Time - arrival[b.Time*4+int64(b.Sensor)])
		})
		b, got := h.picture(t, doubt, late, 0)
		if b.Stats().Late < 20 {
			t.Fatalf("%+v", b.Stats())
		}
		if len(inOrder.lines) != len(got.lines) {
			t.Fatalf("%d lines, in order %d", len(got.lines), len(inOrder.lines))
		}
		for i := range got.lines {
			if got.lines[i] != inOrder.lines[i] {
				t.Fatalf("seed %d, line %d\n%s\nwant\n%s", seed, i, got.lines[i], inOrder.lines[i])
			}
		}
		for k := range int32(2) {
			x, _ := a.Registration(k)
			y, _ := b.Registration(k)
			if x.Used < 10 || x != y {
				t.Errorf("seed %d, radar %d: %+v\nwant %+v", seed, k, y, x)
			}
		}
	}
}

// TestBiasLiars: boats that lie of where they are do not turn the radars: a few
// that walk away slowly are outweighed, and where most are elsewhere the
// estimates are frozen. (If all walk away together, nobody can tell that from a
// radar that turns.)
func TestBiasLiars(t *testing.T) {
	for _, c := range []struct {
		what string
		lie  func(boat int, s float64) float64
		want registration.State
	}{
		{"two of eight walk away", func(boat int, s float64) float64 {
			if boat > 1 {
				return 0
			}
			return 1.5 * max(s-400, 0)
		}, registration.Steady},
		{"six of eight are elsewhere", func(boat int, s float64) float64 {
			if boat > 5 || s < 400 {
				return 0
			}
			return 900
		}, registration.Frozen},
	} {
		h := harbour{
			radars: [2]radar{{wrong: registration.Bias{0.5 * degree, 80}}, {x: 6000, y: 500}},
			boats:  fleet(1, 8), seconds: 600, lie: c.lie,
		}
		h.play(1)
		tl, _ := h.picture(t, doubt, h.looks, 0)
		for k := range h.radars {
			r, _ := tl.Registration(int32(k))
			sd := r.SD()
			t.Logf("%s: radar %d is %v after %d pairs, %d refused: azimuth %.3f by %.3f deg, range %.1f by %.1f m", c.what, k, r.State, r.Used, r.Refused,
				r.Bias[0]/degree, sd[0]/degree, r.Bias[1], sd[1])
			if r.State != c.want {
				t.Errorf("%s: radar %d is %v", c.what, k, r.State)
			}
			if math.Abs(r.Bias[0]-h.radars[k].wrong[0]) > 3*sd[0] || math.Abs(r.Bias[1]-h.radars[k].wrong[1]) > 3*sd[1] {
				t.Errorf("%s: radar %d followed them: %v", c.what, k, r.Bias)
			}
		}
	}
}
