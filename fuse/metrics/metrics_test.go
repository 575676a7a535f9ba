package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"atalaya/fuse/assign"
)

func judge(t *testing.T, cfg Config) *Judge {
	t.Helper()
	j, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func states(pos ...[2]float64) []State {
	var out []State
	for i, p := range pos {
		out = append(out, State{ID: fmt.Sprint(i), Pos: [3]float64{p[0], p[1]}})
	}
	return out
}

func close(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.10g, want %.10g", what, got, want)
	}
}

// The values of the papers' formulas worked out by hand.
func TestKnownValues(t *testing.T) {
	truth := states([2]float64{0, 0}, [2]float64{50, 0}, [2]float64{100, 100})
	tracks := states([2]float64{3, 4}, [2]float64{51, 0}, [2]float64{300, 300})
	for _, c := range []struct {
		p, alpha             float64
		truth, tracks        []State
		gospa, ospa          float64
		loc                  float64
		detected, miss, fals int
	}{
		{1, 2, truth, tracks, 16, 16.0 / 3, 6, 2, 1, 1},
		{2, 2, truth, tracks, math.Sqrt(126), math.Sqrt(42), 26, 2, 1, 1},
		// The pair beyond c is matched at c^p whatever alpha is.
		{1, 1, truth, tracks, 16, 16.0 / 3, 6, 2, 1, 1},
		{1, 1, truth, tracks[:2], 16, 16.0 / 3, 6, 2, 1, 0},
		{2, 2, truth, nil, math.Sqrt(150), 10, 0, 0, 3, 0},
		{2, 2, nil, tracks[:1], math.Sqrt(50), 10, 0, 0, 0, 1},
		{2, 2, nil, nil, 0, 0, 0, 0, 0, 0},
		// Two pairs of 5 and 7 against 1 and 13: the sum of squares decides.
		{2, 2, states([2]float64{0}, [2]float64{6}), states([2]float64{5}, [2]float64{13}), math.Sqrt(74), math.Sqrt(37), 74, 2, 0, 0},
	} {
		j := judge(t, Config{C: 10, P: c.p, Alpha: c.alpha})
		got := j.GOSPA(c.truth, c.tracks)
		close(t, "GOSPA", got.Distance, c.gospa, 1e-12)
		close(t, "OSPA", j.OSPA(c.truth, c.tracks), c.ospa, 1e-12)
		close(t, "localisation", got.Localisation, c.loc, 1e-12)
		if got.Detected != c.detected || got.Missed != c.miss || got.False != c.fals {
			t.Errorf("p %g: %+v, want %d detected, %d missed, %d false", c.p, got, c.detected, c.miss, c.fals)
		}
	}
	close(t, "GOSPA in digits", judge(t, Config{C: 10}).GOSPA(truth, tracks).Distance, 11.22497, 5e-6)
	close(t, "OSPA in digits", judge(t, Config{C: 10}).OSPA(truth, tracks), 6.48074, 5e-6)
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []Config{
		{},
		{C: -1},
		{C: math.NaN()},
		{C: 10, P: 0.5},
		{C: 10, P: math.Inf(1)},
		{C: 10, Alpha: 3},
		{C: 10, Alpha: -1},
		{C: 10, Gamma: -1},
		{C: 1e9, P: 1000},
	} {
		if j, err := New(cfg); err == nil {
			t.Errorf("%+v makes %+v", cfg, j.Config())
		}
	}
	if got, want := judge(t, Config{C: 10}).Config(), (Config{C: 10, P: 2, Alpha: 2, Gamma: 1}); got != want {
		t.Errorf("defaults are %+v, want %+v", got, want)
	}
}

// random makes up to n objects on 30 m x 30 m.
func random(r *rand.Rand, n int) []State {
	var out []State
	for i := range r.IntN(n + 1) {
		out = append(out, State{ID: fmt.Sprint(i), Pos: [3]float64{30 * r.Float64(), 30 * r.Float64(), 3 * r.Float64()}})
	}
	return out
}

// permutations calls f with every order of n numbers.
func permutations(n int, f func([]int)) {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	var rec func(int)
	rec = func(k int) {
		if k == n {
			f(p)
			return
		}
		for i := k; i < n; i++ {
			p[k], p[i] = p[i], p[k]
			rec(k + 1)
			p[k], p[i] = p[i], p[k]
		}
	}
	rec(0)
}

// The definitions, over all permutations.
func TestSetMetricsAgainstAllPermutations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		cfg := Config{C: 1 + 19*r.Float64(), P: []float64{1, 2, 3, 1.7}[r.IntN(4)], Alpha: []float64{2, 1, 0.4}[r.IntN(3)]}
		j := judge(t, cfg)
		x, y := random(r, 5), random(r, 5)
		few, many := x, y
		if len(few) > len(many) {
			few, many = many, few
		}
		best := math.Inf(1)
		permutations(len(many), func(pi []int) {
			sum := 0.0
			for i := range few {
				sum += math.Pow(min(distance(few[i].Pos, many[pi[i]].Pos), cfg.C), cfg.P)
			}
			best = min(best, sum)
		})
		left := math.Pow(cfg.C, cfg.P) * float64(len(many)-len(few))
		got := j.GOSPA(x, y)
		close(t, "GOSPA", got.Distance, math.Pow(best+left/cfg.Alpha, 1/cfg.P), 1e-9)
		ospa := 0.0
		if len(many) > 0 {
			ospa = math.Pow((best+left)/float64(len(many)), 1/cfg.P)
		}
		close(t, "OSPA", j.OSPA(x, y), ospa, 1e-9)
		if cfg.Alpha == 2 {
			sum := got.Localisation + math.Pow(cfg.C, cfg.P)/2*float64(got.Missed+got.False)
			close(t, "sum of the parts", math.Pow(sum, 1/cfg.P), got.Distance, 1e-9)
		}
	}
}

// Pairs of a large picture are found, and matched as by one dense assignment.
func TestLargePicture(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var x, y []State
	for range 250 {
		x = append(x, State{Pos: [3]float64{200 * r.Float64(), 200 * r.Float64()}})
		y = append(y, State{Pos: [3]float64{200 * r.Float64(), 200 * r.Float64()}})
	}
	j := judge(t, Config{C: 9})
	cost := make([]float64, len(x)*len(y))
	near := 0
	for i := range x {
		for k := range y {
			cost[i*len(y)+k] = math.Inf(1)
			if d := distance(x[i].Pos, y[k].Pos); d < 9 {
				cost[i*len(y)+k] = d*d - 81
				near++
			}
		}
	}
	if got := len(j.near(x, y)); got != near {
		t.Fatalf("%d pairs within 9 m, want %d", got, near)
	}
	sum := 81.0 / 2 * float64(len(x)+len(y))
	var solver assign.Solver
	for i, k := range solver.Solve(cost, len(x), len(y)) {
		if k >= 0 {
			sum += cost[i*len(y)+k]
		}
	}
	close(t, "GOSPA", j.GOSPA(x, y).Distance, math.Sqrt(sum), 1e-9)
}

// walks makes up to n objects that move over some of the scans.
func walks(r *rand.Rand, n, scans int) [][]State {
	out := make([][]State, scans)
	for i := range r.IntN(n + 1) {
		x, y := 12*r.Float64(), 12*r.Float64()
		for k := range out {
			x, y = x+r.Float64()*4-2, y+r.Float64()*4-2
			if r.Float64() < 0.8 {
				out[k] = append(out[k], State{ID: fmt.Sprint(i), Pos: [3]float64{x, y}, Vel: [3]float64{r.Float64()}, HasVel: true})
			}
		}
	}
	return out
}

func scansOf(x, y [][]State) []Scan {
	out := make([]Scan, len(x))
	for k := range out {
		out[k] = Scan{Time: float64(k), Truth: x[k], Tracks: y[k]}
	}
	return out
}

// Identity, symmetry, the triangle inequality: what makes a metric.
func TestMetricAxioms(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		j := judge(t, Config{C: 2 + 10*r.Float64(), P: []float64{1, 2, 3}[r.IntN(3)], Alpha: []float64{2, 1, 0.5}[r.IntN(3)], Gamma: 0.1 + 5*r.Float64()})
		const scans = 4
		x, y, z := walks(r, 3, scans), walks(r, 3, scans), walks(r, 3, scans)
		for name, d := range map[string]func(a, b [][]State) float64{
			"GOSPA": func(a, b [][]State) float64 { return j.GOSPA(a[0], b[0]).Distance },
			"OSPA":  func(a, b [][]State) float64 { return j.OSPA(a[0], b[0]) },
			"OSPA2": func(a, b [][]State) float64 { return j.OSPA2(scansOf(a, b)) },
			"Trajectories": func(a, b [][]State) float64 {
				p, err := j.Trajectories(scansOf(a, b))
				if err != nil {
					t.Fatal(err)
				}
				return p.Distance
			},
		} {
			close(t, name+" to itself", d(x, x), 0, 1e-9)
			close(t, name+" there and back", d(x, y), d(y, x), 1e-9)
			if long, short := d(x, z), d(x, y)+d(y, z); long > short+1e-9 {
				t.Errorf("%s: %.9g is further than %.9g on the way round", name, long, short)
			}
			if len(x[0]) != len(y[0]) && d(x, y) == 0 {
				t.Errorf("%s is 0 between different sets", name)
			}
		}
	}
}

// The definition, over all sequences of assignments.
func TestTrajectoriesAgainstAllSequences(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	switched := 0
	for range 400 {
		cfg := Config{C: 2 + 16*r.Float64(), P: []float64{1, 2, 3}[r.IntN(3)], Gamma: 0.05 + 2*r.Float64()}
		j := judge(t, cfg)
		const scans = 3
		x, y := walks(r, 2, scans), walks(r, 2, scans)
		got, err := j.Trajectories(scansOf(x, y))
		if err != nil {
			t.Fatal(err)
		}
		close(t, "trajectory GOSPA", got.Distance, math.Pow(allSequences(cfg, x, y, nil), 1/cfg.P), 1e-9)
		if got.Switches > 0 {
			switched++
		}
		sum := got.Localisation + math.Pow(cfg.C, cfg.P)/2*float64(got.Missed+got.False) + math.Pow(cfg.Gamma, cfg.P)*got.Switches
		close(t, "sum of the parts", math.Pow(sum, 1/cfg.P), got.Distance, 1e-9)
	}
	if switched < 20 {
		t.Errorf("only %d of the cases had a switch", switched)
	}
}

// allSequences gives the least cost of scans len(done) and later, where done
// are the assignments before: by target 0..1 the track 0..1, or -1.
func allSequences(cfg Config, x, y [][]State, done [][2]int) float64 {
	k := len(done)
	if k == len(x) {
		return 0
	}
	find := func(states []State, id int) *State {
		for i := range states {
			if states[i].ID == fmt.Sprint(id) {
				return &states[i]
			}
		}
		return nil
	}
	half := math.Pow(cfg.C, cfg.P) / 2
	best := math.Inf(1)
	for a := -1; a < 2; a++ {
		for b := -1; b < 2; b++ {
			if a >= 0 && a == b {
				continue
			}
			pi := [2]int{a, b}
			cost := 0.0
			taken := map[int]bool{}
			for i, to := range pi {
				target := find(x[k], i)
				var tr *State
				if to >= 0 {
					tr, taken[to] = find(y[k], to), true
				}
				switch {
				case target != nil && tr != nil:
					cost += math.Pow(min(distance(target.Pos, tr.Pos), cfg.C), cfg.P)
				case target != nil || tr != nil:
					cost += half
				}
				if k > 0 && done[k-1][i] != to {
					s := 0.5
					if done[k-1][i] >= 0 && to >= 0 {
						s = 1
					}
					cost += math.Pow(cfg.Gamma, cfg.P) * s
				}
			}
			for i := range 2 {
				if !taken[i] && find(y[k], i) != nil {
					cost += half
				}
			}
			best = min(best, cost+allSequences(cfg, x, y, append(done[:k:k], pi)))
		}
	}
	return best
}

// Where a switch costs next to nothing the scans stand alone.
func TestTrajectoriesWithoutPriceIsGOSPA(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	j := judge(t, Config{C: 6, Gamma: 1e-6})
	for range 50 {
		scans := scansOf(walks(r, 4, 6), walks(r, 5, 6))
		sum := 0.0
		for _, s := range scans {
			d := j.GOSPA(s.Truth, s.Tracks).Distance
			sum += d * d
		}
		p, err := j.Trajectories(scans)
		if err != nil {
			t.Fatal(err)
		}
		close(t, "trajectory GOSPA", p.Distance, math.Sqrt(sum), 1e-9)
	}
}

func TestTrajectoriesRefusesTooMany(t *testing.T) {
	var s Scan
	for i := range 9 {
		s.Truth = append(s.Truth, State{ID: fmt.Sprint(i), Pos: [3]float64{0.1 * float64(i)}})
		s.Tracks = append(s.Tracks, State{ID: fmt.Sprint(i), Pos: [3]float64{0, 0.1 * float64(i)}})
	}
	if _, err := judge(t, Config{C: 10}).Trajectories([]Scan{s}); err == nil || !strings.Contains(err.Error(), "9 targets and 9 tracks") {
		t.Errorf("nine targets with nine tracks, all close: %v", err)
	}
}

// crossing is one target for ten scans. Track a follows it to scan 3 and again
// at 8 and 9, track b from 4 to 6, one metre off; b's velocity is 2 m/s wrong;
// at scan 2 a second track is close by, and c is far off all the time.
func crossing() []Scan {
	var out []Scan
	for k := range 10 {
		x := float64(k)
		s := Scan{Time: 2 * x, Truth: []State{{ID: "1", Pos: [3]float64{x, 0}, Vel: [3]float64{0.5}, HasVel: true}}}
		switch {
		case k <= 3 || k >= 8:
			s.Tracks = append(s.Tracks, State{ID: "a", Pos: [3]float64{x, 0}})
		case k <= 6:
			s.Tracks = append(s.Tracks, State{ID: "b", Pos: [3]float64{x, 1}, Vel: [3]float64{0.5, 2}, HasVel: true})
		}
		if k == 2 {
			s.Tracks = append(s.Tracks, State{ID: "d", Pos: [3]float64{x, 3}})
		}
		s.Tracks = append(s.Tracks, State{ID: "c", Pos: [3]float64{x, 50}})
		out = append(out, s)
	}
	return out
}

func TestSwitches(t *testing.T) {
	if got := judge(t, Config{C: 5}).Switches(crossing()); got != 2 { // a to b, b to a over the gap
		t.Errorf("%d switches, want 2", got)
	}
}

func TestTrajectoriesCountsSwitches(t *testing.T) {
	p, err := judge(t, Config{C: 5, Gamma: 0.1}).Trajectories(crossing())
	if err != nil {
		t.Fatal(err)
	}
	close(t, "distance a scan", p.PerScan, p.Distance/math.Sqrt(10), 1e-12)
	// Nothing forces the target to lose b over the gap at scan 7.
	if p.Switches != 2 || p.Missed != 1 || p.False != 11 || p.Localisation != 3 {
		t.Errorf("%+v, want 2 switches, 1 missed, 11 false, localisation 3", p)
	}
}

func TestSIAP(t *testing.T) {
	j := judge(t, Config{C: 5})
	s := j.SIAP(crossing())
	want := SIAP{
		Targets: 10, Tracked: 9, Tracks: 20, Assigned: 10,
		PositionError: 6, VelocityError: 6, VelocityKnown: 3,
		Excess: 2, Followed: 6 + 4 + 2, Lifetime: 18, LongestSegments: 6,
	}
	if s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
	s.Add(s)
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"completeness", s.Completeness(), 0.9},
		{"ambiguity", s.Ambiguity(), 10.0 / 9},
		{"spuriousness", s.Spuriousness(), 0.5},
		{"position accuracy", s.PositionAccuracy(), 0.6},
		{"velocity accuracy", s.VelocityAccuracy(), 2},
		{"change rate", s.ChangeRate(), 2.0 / 12},
		{"longest segment", s.LongestSegment(), 6.0 / 18},
		{"ambiguity of nothing", SIAP{}.Ambiguity(), 1},
		{"completeness of nothing", SIAP{}.Completeness(), 0},
	} {
		close(t, c.what, c.got, c.want, 1e-12)
	}
}

func TestOSPA2(t *testing.T) {
	scans := crossing()
	j := judge(t, Config{C: 5, P: 1})
	// Base distance to a: 6 scans at 0, 4 at c, over 10: 2; c and d are extra.
	// b is extra too: its 3 scans at 1 and 7 at c would be 3.8.
	close(t, "OSPA(2)", j.OSPA2(scans), (2+5+5+5)/4.0, 1e-12)
	close(t, "OSPA(2) of a window", j.OSPA2(scans[4:7]), (1+5)/2.0, 1e-12)
	close(t, "OSPA(2) of nothing", j.OSPA2(nil), 0, 0)
}

func TestMean(t *testing.T) {
	j := judge(t, Config{C: 10})
	m := j.Mean([]Parts{
		{Distance: math.Sqrt(126), Localisation: 26, Missed: 1, False: 1},
		{Distance: 10, Missed: 2},
	})
	close(t, "mean", m.Distance, math.Sqrt(113), 1e-12)
	close(t, "mean of localisation", m.Localisation, math.Sqrt(13), 1e-12)
	close(t, "mean of missed", m.Missed, math.Sqrt(75), 1e-12)
	close(t, "mean of false", m.False, math.Sqrt(25), 1e-12)
	close(t, "mean of numbers", j.MeanOf([]float64{3, 4, 5}), math.Sqrt(50.0/3), 1e-12)
	close(t, "mean of no numbers", j.MeanOf(nil), 0, 0)
	if got := j.Mean(nil); got != (Means{}) {
		t.Errorf("mean of nothing is %+v", got)
	}
}

// The fewest segments reach furthest from where the last ended, and a track
// belongs to the nearest target.
func TestSIAPFollowsWithTheFewestSegments(t *testing.T) {
	for _, c := range []struct {
		segments []segment
		want     int
	}{
		{nil, 0},
		{[]segment{{0, 2}, {0, 5}, {3, 9}}, 2},
		{[]segment{{0, 4}, {2, 6}, {4, 9}}, 2},
		{[]segment{{0, 1}, {5, 6}, {5, 5}}, 2},
		{[]segment{{0, 3}, {4, 4}, {4, 8}, {2, 5}}, 2},
	} {
		if got := cover(c.segments); got != c.want {
			t.Errorf("%v take %d, want %d", c.segments, got, c.want)
		}
	}
	s := judge(t, Config{C: 10}).SIAP([]Scan{{
		Truth:  states([2]float64{0, 0}, [2]float64{8, 0}),
		Tracks: states([2]float64{5, 0}),
	}})
	if s.PositionError != 3 || s.Tracked != 1 {
		t.Errorf("a track between two targets: %+v, want 3 m to one", s)
	}
}
