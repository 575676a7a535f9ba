package assoc

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is no weight is refused and counted, and the rest is as without it.
func TestRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, tt := range map[string]struct {
		p    Problem
		want Counts
	}{
		"weights of pairs": {
			Problem{
				Track: []int32{0, 0, 0, 0, 0, 0}, Plot: []int32{1, 2, 3, 4, 5, 0}, Weight: []float64{0, nan, inf, -1, -inf, 2},
				Missed: []float64{1, 1}, New: []float64{1, 1, 1, 1, 1, 1},
			},
			Counts{RefusedPairs: 5, Clusters: [4]int{Closed: 2}},
		},
		"unknown tracks and plots": {
			Problem{
				Track: []int32{-1, 2, 0, 0, 0}, Plot: []int32{0, 0, -1, 2, 0}, Weight: []float64{1, 1, 1, 1, 2},
				Missed: []float64{1, 1}, New: []float64{1, 1},
			},
			Counts{RefusedPairs: 4, Clusters: [4]int{Closed: 2}},
		},
		"given twice": {
			Problem{
				Track: []int32{1, 0, 1, 1, 0}, Plot: []int32{1, 0, 2, 1, 0}, Weight: []float64{1, 2, 3, 5, 7},
				Missed: []float64{1, 1}, New: []float64{1, 1, 1},
			},
			Counts{RefusedPairs: 2, Clusters: [4]int{Closed: 2}},
		},
		"tracks": {
			Problem{
				Track: []int32{0, 1, 2, 3}, Plot: []int32{0, 0, 0, 0}, Weight: []float64{2, 1, 1, 1},
				Missed: []float64{1, 0, nan, inf}, New: []float64{1},
			},
			Counts{RefusedTracks: 3, RefusedPairs: 3, Clusters: [4]int{Closed: 4}},
		},
		"plots": {
			Problem{
				Track: []int32{0, 0, 0, 0}, Plot: []int32{0, 1, 2, 3}, Weight: []float64{2, 1, 1, 1},
				Missed: []float64{1}, New: []float64{1, -1, nan, inf},
			},
			Counts{RefusedPlots: 3, RefusedPairs: 3, Clusters: [4]int{Closed: 1}},
		},
	} {
		r := solve(t, solver(t, Config{}), &tt.p)
		sound(t, &tt.p, r)
		if r.Counts != tt.want {
			t.Errorf("%s: %+v, want %+v", name, r.Counts, tt.want)
		}
		if math.Abs(r.Missed[0]-1./3) > 1e-15 || math.Abs(r.New[0]-1./3) > 1e-15 {
			t.Errorf("%s: %v %v, want 1/3 each", name, r.Missed[0], r.New[0])
		}
	}
}

func TestRefusedProblems(t *testing.T) {
	for _, cfg := range []Config{{Bits: 17}, {Work: -1}, {Tolerance: 1}, {Tolerance: math.NaN()}, {PairsPerTrack: -1}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
	p := &Problem{Track: []int32{0}, Plot: []int32{0}, Missed: []float64{1}, New: []float64{1}}
	if _, err := solver(t, Config{}).Solve(p); err == nil || !strings.Contains(err.Error(), "as many") {
		t.Errorf("a pair without a weight: %v", err)
	}
}

// dense is a look in which each track has pairs with so many plots after it.
func dense(tracks, plots, each int) *Problem {
	p := &Problem{Missed: filled[float64](nil, tracks, 0.1), New: filled[float64](nil, plots, 0.5)}
	for i := range tracks {
		for k := range each {
			// Some number that differs from pair to pair.
			h := uint32(i*each+k+1) * 2654435761
			p.Track, p.Plot = append(p.Track, int32(i)), append(p.Plot, int32((i*plots/tracks+k)%plots))
			p.Weight = append(p.Weight, math.Exp(-float64(h>>16)/8192))
		}
	}
	return p
}

// Each bound sheds the weakest, or takes the cheaper method, and counts it.
func TestBounds(t *testing.T) {
	for name, tt := range map[string]struct {
		cfg  Config
		p    *Problem
		want Counts
	}{
		"as it comes":     {Config{}, dense(8, 8, 3), Counts{Clusters: [4]int{Exact: 1}}},
		"pairs a track":   {Config{PairsPerTrack: 2}, dense(8, 8, 3), Counts{ShedByTrack: 8, Clusters: [4]int{Closed: 1, Exact: 1}}},
		"pairs a cluster": {Config{PairsPerCluster: 6}, dense(8, 8, 3), Counts{ShedByCluster: 18, Clusters: [4]int{Closed: 8}}},
		"bits":            {Config{Bits: 7}, dense(8, 8, 3), Counts{Clusters: [4]int{Propagated: 1}}},
		"enough bits":     {Config{Bits: 8}, dense(8, 8, 3), Counts{Clusters: [4]int{Exact: 1}}},
		"work":            {Config{Work: 24<<8 - 1}, dense(8, 8, 3), Counts{Clusters: [4]int{Propagated: 1}}},
		"enough work":     {Config{Work: 24 << 8}, dense(8, 8, 3), Counts{Clusters: [4]int{Exact: 1}}},
		"budget":          {Config{Budget: 24<<8 - 1}, dense(8, 8, 3), Counts{OverBudget: 1, Clusters: [4]int{Propagated: 1}}},
		"enough budget":   {Config{Budget: 24 << 8}, dense(8, 8, 3), Counts{Clusters: [4]int{Exact: 1}}},
		"rounds":          {Config{Bits: 1, Rounds: 1}, dense(8, 8, 3), Counts{Clusters: [4]int{Unsettled: 1}}},
		"effort":          {Config{Effort: 1}, dense(8, 8, 3), Counts{Rough: 1, Clusters: [4]int{Propagated: 1}}},
	} {
		r := solve(t, solver(t, tt.cfg), tt.p)
		sound(t, tt.p, r)
		if r.Counts != tt.want {
			t.Errorf("%s: %+v, want %+v", name, r.Counts, tt.want)
		}
		shed := int32(0)
		for _, n := range r.Shed {
			shed += n
		}
		if int(shed) != tt.want.ShedByTrack+tt.want.ShedByCluster {
			t.Errorf("%s: %d are shed by track: %v", name, shed, r.Shed)
		}
		for i, how := range r.How {
			if r.Counts.Clusters[how] == 0 {
				t.Errorf("%s: track %d is done by method %d, unlike any cluster", name, i, how)
			}
		}
	}
}

// The budget goes to the clusters of fewest bits, and closed forms need none.
func TestBudgetGoesToTheSmall(t *testing.T) {
	p := beside(beside(dense(4, 4, 2), dense(8, 8, 3)), apart(500, 1, 1))
	const both = 8<<4 + 24<<8
	for budget, want := range map[int]Method{both: Exact, both - 1: Propagated} {
		r := solve(t, solver(t, Config{Budget: budget}), p)
		if r.How[0] != Exact || r.How[4] != want || r.How[12] != Closed {
			t.Errorf("with %d: %v %+v", budget, r.How[:13], r.Counts)
		}
	}
}

// beside is two looks in one.
func beside(p, q *Problem) *Problem {
	for e, w := range q.Weight {
		p.Track, p.Plot = append(p.Track, q.Track[e]+int32(len(p.Missed))), append(p.Plot, q.Plot[e]+int32(len(p.New)))
		p.Weight = append(p.Weight, w)
	}
	p.Missed, p.New = append(p.Missed, q.Missed...), append(p.New, q.New...)
	return p
}

// Bits are counted on the smaller side, whichever that is.
func TestTheSmallerSideIsTheBits(t *testing.T) {
	s := solver(t, Config{PairsPerTrack: 40})
	for _, p := range []*Problem{dense(2, 40, 40), dense(40, 2, 2)} {
		r := solve(t, s, p)
		sound(t, p, r)
		if r.Counts.Clusters != [4]int{Exact: 1} {
			t.Errorf("%d tracks, %d plots: %+v", len(p.Missed), len(p.New), r.Counts)
		}
	}
}

// A long chain has no ring, but more steps than rounds: it settles as others do.
func TestLongChain(t *testing.T) {
	p := &Problem{Missed: filled[float64](nil, 300, 0.1), New: filled[float64](nil, 301, 0.5)}
	for i := range int32(300) {
		p.Track, p.Plot, p.Weight = append(p.Track, i, i), append(p.Plot, i, i+1), append(p.Weight, 1, 1.5)
	}
	for rounds, want := range map[int]Method{1: Unsettled, 60: Propagated} {
		r := solve(t, solver(t, Config{Rounds: rounds}), p)
		sound(t, p, r)
		if r.How[0] != want {
			t.Errorf("after %d rounds: %+v", rounds, r.Counts)
		}
	}
}

// The greatest weights that there are stay numbers by every method, and where
// the search for the best association was cut short.
func TestExtremes(t *testing.T) {
	const most = math.MaxFloat64
	p := &Problem{
		Track: []int32{0, 0, 1, 1}, Plot: []int32{0, 1, 0, 1}, Weight: []float64{most, most, most, most},
		Missed: []float64{1 / most, 1 / most}, New: []float64{1 / most, 1 / most},
	}
	for _, tt := range []struct {
		cfg   Config
		bound float64
	}{{Config{}, 1e-12}, {Config{Bits: 1}, 0.01}, {Config{Effort: 1}, 0.01}} {
		r := solve(t, solver(t, tt.cfg), p)
		sound(t, p, r)
		for e, v := range r.Pair {
			if math.Abs(v-0.5) > tt.bound {
				t.Errorf("%+v: pair %d has %v", tt.cfg, e, v)
			}
		}
	}
	s := solver(t, Config{Effort: 1})
	p = dense(8, 8, 8)
	for e := range p.Weight {
		p.Weight[e] = most
		p.Missed[e/8], p.New[e%8] = 1/most, 1/most
	}
	r := solve(t, s, p)
	sound(t, p, r)
	if r.Counts.Rough != 1 {
		t.Errorf("%+v", r.Counts)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := small(t, everyRange()...)
		sound(t, p, solve(t, s, p))
	})
}

// What is shed is the weakest, by a pair's weight against both being alone.
func TestTheWeakestIsShed(t *testing.T) {
	p := &Problem{
		Track: []int32{0, 0, 0, 0}, Plot: []int32{0, 1, 2, 3}, Weight: []float64{4, 8, 1e300, 2},
		Missed: []float64{1}, New: []float64{1, 4, 1e300, 0.1},
	}
	for _, cfg := range []Config{{PairsPerTrack: 2}, {PairsPerCluster: 2}} {
		r := solve(t, solver(t, cfg), p)
		if !(r.Pair[0] > 0 && r.Pair[1] == 0 && r.Pair[2] == 0 && r.Pair[3] > 0) {
			t.Errorf("%+v: %v", cfg, r.Pair)
		}
	}
}

// After a look, another of the same size allocates nothing.
func TestNoAllocations(t *testing.T) {
	s := solver(t, Config{PairsPerTrack: 8, PairsPerCluster: 5000})
	for name, p := range map[string]*Problem{
		"pairs":     apart(1000, 1, 1),
		"clusters":  apart(300, 3, 4),
		"exact":     dense(12, 12, 8),
		"one track": dense(1, 9, 9),
		"one plot":  dense(9, 1, 1),
		"giant":     dense(1000, 2000, 7),
		"shed":      dense(1000, 2000, 9),
		"unsorted":  backwards(dense(100, 200, 7)),
	} {
		if n := testing.AllocsPerRun(3, func() { solve(t, s, p) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// apart is so many clusters in which all tracks may be all plots.
func apart(clusters, tracks, plots int) *Problem {
	p := &Problem{}
	for range clusters {
		beside(p, dense(tracks, plots, plots))
	}
	return p
}

func backwards(p *Problem) *Problem {
	q := &Problem{Missed: p.Missed, New: p.New}
	for e, w := range slices.Backward(p.Weight) {
		q.Track, q.Plot, q.Weight = append(q.Track, p.Track[e]), append(q.Plot, p.Plot[e]), append(q.Weight, w)
	}
	return q
}

// clutter is a look at tracks 100 m apart, known to 30 m, by a sensor that errs
// by 30 m, sees nine of ten, and gives so many plots.
func clutter(tracks, plots int) *Problem {
	const (
		apart, pd, exists = 100.0, 0.9, 0.95
		variance, gate    = 2 * 30.0 * 30, 11.8 // m2; of squared distances
	)
	side := math.Sqrt(float64(tracks)) * apart
	cols := int(side / apart)
	random := rand.New(rand.NewPCG(1, 2))
	p := &Problem{
		Missed: filled[float64](nil, tracks, 1-pd*exists),
		New:    filled(nil, plots, float64(plots-tracks)/(side*side)),
	}
	for j := range plots {
		x, y := random.Float64()*side, random.Float64()*side
		if j < tracks && random.Float64() < pd {
			x = float64(j%cols)*apart + random.NormFloat64()*math.Sqrt(variance)
			y = float64(j/cols)*apart + random.NormFloat64()*math.Sqrt(variance)
		}
		const reach = 2
		for row := int(y/apart) - reach; row <= int(y/apart)+reach+1; row++ {
			for col := int(x/apart) - reach; col <= int(x/apart)+reach+1; col++ {
				i := row*cols + col
				if row < 0 || col < 0 || col >= cols || i >= tracks {
					continue
				}
				dx, dy := x-float64(col)*apart, y-float64(row)*apart
				if d2 := (dx*dx + dy*dy) / variance; d2 < gate {
					p.Track, p.Plot = append(p.Track, int32(i)), append(p.Plot, int32(j))
					p.Weight = append(p.Weight, exists*pd*math.Exp(-d2/2)/(2*math.Pi*variance))
				}
			}
		}
	}
	return p
}

// Dense clutter, where everything hangs together, ends with sound probabilities,
// the best association, and few rounds.
func TestDenseClutter(t *testing.T) {
	s := solver(t, Config{})
	p := clutter(900, 1800)
	r := solve(t, s, p)
	sound(t, p, r)
	if n := r.Counts.Clusters; n[Propagated] != 1 || n[Unsettled] > 0 || r.Counts.Rough > 0 {
		t.Errorf("%+v", r.Counts)
	}
	seen := 0.0
	for _, v := range r.Missed {
		seen += 1 - v
	}
	if seen < 0.8*900 || seen > 0.95*900 {
		t.Errorf("%.0f of 900 tracks are seen, of which 9 in 10 have plots", seen)
	}
	t.Logf("%d pairs, %.0f seen, %+v", len(p.Weight), seen, r.Counts)
}

// A Solver remembers nothing of the look before.
func TestLooksAreApart(t *testing.T) {
	used := solver(t, Config{Bits: 4})
	rapid.Check(t, func(t *rapid.T) {
		p := small(t, everyRange()...)
		got := solve(t, used, p)
		fresh := &Solver{cfg: used.cfg}
		if want := solve(t, fresh, p); !same(got, want) || got.Counts != want.Counts {
			t.Fatalf("%+v, in a new solver %+v", *got, *want)
		}
	})
}

// FuzzSolve: no look, however odd, gives what is no probability.
func FuzzSolve(f *testing.F) {
	f.Add([]byte{3, 3, 0, 0, 40, 1, 1, 50, 2, 2, 60, 0, 1, 70, 1, 0, 20}, uint8(12))
	f.Add([]byte{2, 5, 0, 0, 255, 0, 0, 254, 1, 9, 253, 9, 1, 0, 1, 1, 1}, uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, bits uint8) {
		at := 0
		next := func() byte {
			if at >= len(data) {
				return 0
			}
			at++
			return data[at-1]
		}
		weight := func() float64 {
			switch b := next(); b {
			case 0:
				return 0
			case 255:
				return math.NaN()
			case 254:
				return math.Inf(1)
			case 253:
				return -1
			default:
				return math.Ldexp(1+float64(b%5), (int(b)-126)*8)
			}
		}
		p := &Problem{Missed: make([]float64, next()%20), New: make([]float64, next()%20)}
		for i := range p.Missed {
			p.Missed[i] = weight()
		}
		for j := range p.New {
			p.New[j] = weight()
		}
		for at < len(data) {
			p.Track, p.Plot = append(p.Track, int32(int8(next()%24))-2), append(p.Plot, int32(int8(next()%24))-2)
			p.Weight = append(p.Weight, weight())
		}
		s := solver(t, Config{Bits: int(bits%8) + 1, PairsPerTrack: int(bits%5) + 1, PairsPerCluster: int(bits) + 1})
		sound(t, p, solve(t, s, p))
	})
}
