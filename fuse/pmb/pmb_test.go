package pmb

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"atalaya/fuse/assoc"
	"atalaya/fuse/imm"
	"atalaya/fuse/kalman"
	"atalaya/fuse/measure"
	"atalaya/obs"
)

// steady is how things move that only go straight on.
func steady(noise float64) *imm.Model {
	return &imm.Model{Share: [imm.Ways]float64{1}, Mean: 60, Noise: [imm.Ways]float64{noise}}
}

func boat() *imm.Model {
	return &imm.Model{
		Share: [imm.Ways]float64{0.6, 0.1, 0.1, 0.2}, Mean: 60, Noise: [imm.Ways]float64{0.02, 0.05, 0.05, 0},
		Turn: 0.05, Drift: 0.4, Calm: 10,
	}
}

func newFilter(t testing.TB) *Filter {
	t.Helper()
	f, err := New(assoc.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// thing at a place that is known to sd metres.
func thing(m *imm.Model, existence, x, y, sd float64) Thing {
	e := kalman.Estimate{X: [4]float64{x, y, 1, 0}}
	for k := range 2 {
		e.P[k][k], e.P[k+2][k+2] = sd*sd, 1
	}
	s := m.New(&e)
	return Thing{Existence: existence, State: &s, Seen: 0.9, Unseen: 0.1}
}

// clone copies things with their states.
func clone(things []Thing) []Thing {
	out := slices.Clone(things)
	for i := range out {
		out[i].State = new(imm.State)
	}
	again(out, things)
	return out
}

// again makes things what others are.
func again(things, others []Thing) {
	for i := range things {
		s := things[i].State
		*s = *others[i].State
		things[i] = others[i]
		things[i].State = s
	}
}

func plot(x, y float64) Plot { return place(x, y, 1, 1e-4) }

func place(x, y, sd, fresh float64) Plot {
	m := measure.Place(x, y, obs.Round(sd))
	return Plot{Is: &m, New: fresh}
}

// all pairs.
func all(things []Thing, plots []Plot) []Pair {
	var pairs []Pair
	for i := range things {
		for j := range plots {
			pairs = append(pairs, Pair{Thing: int32(i), Plot: int32(j), Factor: 1})
		}
	}
	return pairs
}

func update(t *testing.T, things []Thing, plots []Plot, pairs []Pair) *assoc.Result {
	t.Helper()
	r, err := newFilter(t).Update(things, plots, pairs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAlone: one thing and one plot have a closed form.
func TestAlone(t *testing.T) {
	m := steady(0.1)
	things := []Thing{thing(m, 0.6, 0, 0, 2)}
	z := plot(2, 1)
	prior := things[0].State.Est[imm.Steady]
	r := update(t, things, []Plot{z}, []Pair{{Factor: 1}})

	lik := math.Exp(-(2*2+1*1)/(2*5.0)) / (2 * math.Pi * 5)
	hit, miss := 0.6*0.9*lik, (1-0.6+0.6*0.1)*1e-4
	p := hit / (hit + miss)
	if math.Abs(r.Pair[0]-p) > 1e-12 || math.Abs(r.New[0]-(1-p)) > 1e-12 {
		t.Errorf("marginals %v and %v, want %v", r.Pair[0], r.New[0], p)
	}
	unseen := 0.6 * 0.1 / (1 - 0.6 + 0.6*0.1)
	if want := p + (1-p)*unseen; math.Abs(things[0].Existence-want) > 1e-12 {
		t.Errorf("existence %v, want %v", things[0].Existence, want)
	}
	w := p / (p + (1-p)*unseen) // of the plot, if it exists
	if got, want := things[0].State.Est[imm.Steady].X[0], w*2*4/5; math.Abs(got-want) > 1e-12 {
		t.Errorf("it is at %v, want %v", got, want)
	}
	spread := w*(4-16.0/5) + (1-w)*prior.P[0][0] + w*(1-w)*(8.0/5)*(8.0/5)
	if got := things[0].State.Est[imm.Steady].P[0][0]; math.Abs(got-spread) > 1e-12 {
		t.Errorf("its variance is %v, want %v", got, spread)
	}
}

// TestNegligible: a pair that weighs next to nothing is left out, and what it leaves
// differs from what it would have done by no more than that.
func TestNegligible(t *testing.T) {
	m := steady(0.1)
	for _, c := range []struct {
		at   float64
		left bool
	}{{8, false}, {12, true}} {
		things := []Thing{thing(m, 0.6, 0, 0, 2)}
		lik := math.Exp(-c.at*c.at/(2*5.0)) / (2 * math.Pi * 5)
		weight, fresh := 0.6*0.9*lik, 1e-3
		alone := (1 - 0.6 + 0.6*0.1) * fresh
		if (weight < negligible*alone) != c.left {
			t.Fatalf("at %v m it weighs %v of %v", c.at, weight, alone)
		}
		before := things[0].State.Est[imm.Steady]
		r := update(t, things, []Plot{place(c.at, 0, 1, fresh)}, []Pair{{Factor: 1}})
		if (r.Pair[0] == 0) != c.left || math.Abs(r.Pair[0]-weight/(weight+alone)) > negligible {
			t.Errorf("at %v m: marginal %v, without leaving out %v", c.at, r.Pair[0], weight/(weight+alone))
		}
		if after := things[0].State.Est[imm.Steady]; (after == before) != c.left {
			t.Errorf("at %v m: the state is %v, was %v", c.at, after, before)
		}
	}
}

// TestUnseen: a look that shows nothing lowers the existence, but not where
// silence says nothing.
func TestUnseen(t *testing.T) {
	m := steady(0.1)
	things := []Thing{thing(m, 0.6, 0, 0, 2), thing(m, 0.6, 50, 0, 2)}
	things[1].Unseen = 1
	before := clone(things)[1]
	update(t, things, nil, nil)
	if want := 0.06 / 0.46; math.Abs(things[0].Existence-want) > 1e-12 {
		t.Errorf("existence %v, want %v", things[0].Existence, want)
	}
	if now := things[1]; now.Existence != before.Existence || *now.State != *before.State {
		t.Errorf("what cannot be missed became %v", things[1].Existence)
	}
}

// TestCertain: what exists for sure and cannot be missed has its plot.
func TestCertain(t *testing.T) {
	things := []Thing{thing(steady(0.1), 1, 0, 0, 2)}
	things[0].Seen, things[0].Unseen = 1, 0
	r := update(t, things, []Plot{plot(1, 0)}, []Pair{{Factor: 1}})
	if r.Counts.RefusedTracks != 0 || r.Pair[0] < 0.999999 || things[0].Existence < 0.999999 {
		t.Errorf("%+v: %v, existence %v", r.Counts, r.Pair[0], things[0].Existence)
	}
}

// TestOneEnded: four nameless things at three plots become three and none; four
// named ones keep their doubts, for they are not each other.
func TestOneEnded(t *testing.T) {
	for _, named := range []bool{false, true} {
		m := steady(0.02)
		var things []Thing
		for k := range 4 {
			a := thing(m, 0.9, float64(k%2)*2, float64(k/2)*2, 2)
			a.Seen, a.Unseen, a.Named = 0.99, 0.01, named
			things = append(things, a)
		}
		plots := []Plot{plot(0, 0), plot(2, 0), plot(0, 2)}
		update(t, things, plots, all(things, plots))
		var exist []float64
		for _, a := range things {
			exist = append(exist, a.Existence)
		}
		slices.Sort(exist)
		sum := exist[0] + exist[1] + exist[2] + exist[3]
		if math.Abs(sum-3.08) > 0.05 {
			t.Errorf("named %v: existence %.3f", named, exist)
		}
		if !named && (exist[0] > 0.3 || exist[1] < 0.9) || named && exist[0] < 0.4 {
			t.Errorf("named %v: existence %.3f", named, exist)
		}
	}
}

// TestOrder: in which order plots come changes nothing.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := boat()
	for range 200 {
		var things []Thing
		for range 1 + r.IntN(4) {
			things = append(things, thing(m, r.Float64(), 20*r.Float64(), 20*r.Float64(), 1+3*r.Float64()))
		}
		var plots []Plot
		for range r.IntN(5) {
			plots = append(plots, plot(20*r.Float64(), 20*r.Float64()))
		}
		other, turned := clone(things), slices.Clone(plots)
		slices.Reverse(turned)
		update(t, things, plots, all(things, plots))
		update(t, other, turned, all(other, turned))
		for i := range things {
			a, b := things[i].State.Mean(), other[i].State.Mean()
			if math.Abs(things[i].Existence-other[i].Existence) > 1e-9 || math.Abs(a.X[0]-b.X[0]) > 1e-6 || math.Abs(a.P[1][1]-b.P[1][1]) > 1e-6 {
				t.Fatalf("thing %d: %v %v, and with the plots in another order %v %v", i, things[i].Existence, a, other[i].Existence, b)
			}
		}
	}
}

// TestSound: whatever comes, probabilities stay so and covariances positive
// definite.
func TestSound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	m := boat()
	f := newFilter(t)
	var things []Thing
	for step := range 20_000 {
		if len(things) < 8 && r.IntN(3) == 0 {
			things = append(things, thing(m, r.Float64(), 40*r.Float64(), 40*r.Float64(), math.Exp(2*r.NormFloat64())))
		}
		var plots []Plot
		for range r.IntN(8) {
			p := plot(40*r.Float64(), 40*r.Float64())
			p.Is.Cov, p.New = obs.Round(math.Exp(2*r.NormFloat64())), math.Exp(-10*r.Float64())
			plots = append(plots, p)
		}
		dt := math.Exp(r.NormFloat64())
		for i := range things {
			a := &things[i]
			m.Predict(a.State, dt)
			a.Seen = r.Float64()
			a.Unseen = 1 - a.Seen
			a.Named = r.IntN(5) == 0
		}
		if _, err := f.Update(things, plots, all(things, plots)); err != nil {
			t.Fatal(err)
		}
		things = slices.DeleteFunc(things, func(a Thing) bool { return a.Existence < 0.01 })
		for i := range things {
			a := &things[i]
			if !(a.Existence >= 0 && a.Existence <= 1) {
				t.Fatalf("step %d: existence %v", step, a.Existence)
			}
			for k := range imm.Ways {
				if _, _, ok := kalman.Invert4(&a.State.Est[k].P); a.State.Prob[k] > 0 && !ok {
					t.Fatalf("step %d, way %d, probability %v: %v", step, k, a.State.Prob[k], a.State.Est[k])
				}
			}
		}
	}
}

// crowd is n things, so many metres apart, each with its plot, and half as many
// false ones; pairs are what lies in gates.
func crowd(n int, apart float64) (things []Thing, plots []Plot, pairs []Pair) {
	r := rand.New(rand.NewPCG(5, 6))
	m := boat()
	side := int(math.Ceil(math.Sqrt(float64(n))))
	cells := map[[2]int][]int32{}
	add := func(x, y float64) {
		c := [2]int{int(math.Floor(x / 60)), int(math.Floor(y / 60))}
		cells[c] = append(cells[c], int32(len(plots)))
		plots = append(plots, place(x, y, 10, 1e-6))
	}
	for i := range n {
		x, y := float64(i%side)*apart, float64(i/side)*apart
		things = append(things, thing(m, 0.95, x, y, 10))
		add(x+12*r.NormFloat64(), y+12*r.NormFloat64())
	}
	for range n / 2 {
		add(r.Float64()*float64(side)*apart, r.Float64()*float64(side)*apart)
	}
	for i := range things {
		e := things[i].State.Mean()
		at := [2]int{int(math.Floor(e.X[0] / 60)), int(math.Floor(e.X[1] / 60))}
		var near []int32
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				for _, j := range cells[[2]int{at[0] + dx, at[1] + dy}] {
					if math.Hypot(plots[j].Is.X-e.X[0], plots[j].Is.Y-e.X[1]) < 60 {
						near = append(near, j)
					}
				}
			}
		}
		slices.Sort(near)
		for _, j := range near {
			pairs = append(pairs, Pair{Thing: int32(i), Plot: j, Factor: 1})
		}
	}
	return things, plots, pairs
}

func TestNothingAllocated(t *testing.T) {
	first, plots, pairs := crowd(400, 60)
	things := clone(first)
	f := newFilter(t)
	run := func() {
		again(things, first)
		if _, err := f.Update(things, plots, pairs); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(20, run); n > 0 {
		t.Errorf("%v allocations a look", n)
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, c := range []struct {
		name  string
		n     int
		apart float64
	}{{"20k-500m", 20_000, 500}, {"20k-100m", 20_000, 100}, {"10k-60m", 10_000, 60}} {
		first, plots, pairs := crowd(c.n, c.apart)
		b.Run(c.name, func(b *testing.B) {
			f := newFilter(b)
			things := clone(first)
			m := boat()
			for b.Loop() {
				again(things, first)
				for i := range things {
					m.Predict(things[i].State, 2)
				}
				if _, err := f.Update(things, plots, pairs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
