package bestfit

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"atalaya/fuse/assign"
	"atalaya/fuse/kalman"
)

// at is a state at rest that is known to a metre.
func at(x, y float64) kalman.Estimate {
	e := kalman.Estimate{X: [4]float64{x, y}}
	for k := range 4 {
		e.P[k][k] = 1
	}
	return e
}

// moments gives each track what its own parts are.
func moments(n int, parts []Part) []Track {
	tracks := make([]Track, n)
	f := Fitter{n: n, parts: parts, share: make([]float64, len(parts)*n)}
	for a := range parts {
		f.share[a*n+parts[a].Track] = parts[a].Mass
	}
	f.match(tracks)
	return tracks
}

// TestEnded: four tracks that met share the plots of the three that are left.
// All four exist by three quarters; three and none says the same and is better.
func TestEnded(t *testing.T) {
	places := [][2]float64{{0, 0}, {4, 0}, {0, 4}}
	var parts []Part
	for k := range 4 {
		for _, p := range places {
			parts = append(parts, Part{Track: k, Mass: 0.25, Exists: true, State: at(p[0]+0.1*float64(k), p[1])})
		}
		parts = append(parts, Part{Track: k, Mass: 0.25})
	}
	tracks := moments(4, parts)
	before := slices.Clone(tracks)
	var f Fitter
	shares := f.Fit(tracks, parts)
	if shares == nil {
		t.Fatal("no fit")
	}
	slices.SortFunc(tracks, func(a, b Track) int { return int(math.Copysign(1, a.Existence-b.Existence)) })
	if tracks[0].Existence > 0.01 || tracks[1].Existence < 0.99 {
		t.Errorf("existence %.3f %.3f %.3f %.3f", tracks[0].Existence, tracks[1].Existence, tracks[2].Existence, tracks[3].Existence)
	}
	for _, tr := range tracks[1:] {
		if sd := kalman.Spread(&tr.State.P); sd > 1.5 {
			t.Errorf("a track at (%.1f, %.1f) is spread over %.1f m", tr.State.X[0], tr.State.X[1], sd)
		}
	}
	same(t, before, tracks)
}

// same checks that tracks say as many things, with the same mean, as before.
func same(t *testing.T, before, after []Track) {
	t.Helper()
	var sum [2][5]float64
	for i, list := range [][]Track{before, after} {
		for _, tr := range list {
			sum[i][4] += tr.Existence
			for k := range 4 {
				sum[i][k] += tr.Existence * tr.State.X[k]
			}
		}
	}
	for k := range 5 {
		if math.Abs(sum[0][k]-sum[1][k]) > 1e-6*(1+math.Abs(sum[0][k])) {
			t.Errorf("sum %d was %v and is %v", k, sum[0][k], sum[1][k])
		}
	}
}

// TestApart: tracks that do not touch keep their parts.
func TestApart(t *testing.T) {
	parts := []Part{
		{Track: 0, Mass: 0.9, Exists: true, State: at(0, 0)},
		{Track: 0, Mass: 0.08, Exists: true, State: at(2, 0)},
		{Track: 0, Mass: 0.02},
		{Track: 1, Mass: 0.6, Exists: true, State: at(100, 0)},
		{Track: 1, Mass: 0.2, Exists: true, State: at(101, 1)},
		{Track: 1, Mass: 0.2},
	}
	tracks := moments(2, parts)
	before := slices.Clone(tracks)
	var f Fitter
	shares := f.Fit(tracks, parts)
	for a := range parts {
		if parts[a].Exists && shares[2*a+parts[a].Track] != parts[a].Mass {
			t.Errorf("part %d has %v of %v where it was", a, shares[2*a+parts[a].Track], parts[a].Mass)
		}
	}
	same(t, before, tracks)
}

// random parts of n tracks, of masses in quarters.
func random(r *rand.Rand, n int) []Part {
	var parts []Part
	for k := range n {
		for left := 4; left > 0; {
			m := 1 + r.IntN(left)
			left -= m
			parts = append(parts, Part{Track: k, Mass: float64(m) / 4, Exists: r.IntN(4) > 0, State: at(8*r.Float64(), 8*r.Float64())})
		}
	}
	return parts
}

// TestHand: what is handed on costs in the end as little as can be: quarters of
// parts are assigned to quarters of tracks.
func TestHand(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 2 + r.IntN(4)
		parts := random(r, n)
		tracks := moments(n, parts)
		for k := range tracks {
			if tracks[k].Existence == 0 {
				tracks[k].State = at(0, 0)
			}
		}
		var f Fitter
		if !f.begin(tracks, parts) {
			t.Fatal("a covariance is none")
		}
		f.price()
		f.hand()
		got, held := 0.0, make([]float64, n)
		for a := range parts {
			for k := range n {
				got += f.share[a*n+k] * f.cost[a*n+k]
				held[k] += f.share[a*n+k]
			}
		}
		const enough = 1e4 // nobody stays alone
		var cost []float64
		for a := range parts {
			for range int(4 * parts[a].Mass) {
				for k := range n {
					for range 4 {
						cost = append(cost, f.cost[a*n+k]-enough)
					}
				}
			}
		}
		want := 0.0
		var s assign.Solver
		for i, j := range s.Solve(cost, 4*n, 4*n) {
			want += (cost[i*4*n+j] + enough) / 4
		}
		if math.Abs(got-want) > 1e-6 {
			t.Fatalf("%d tracks: %v, and the best is %v", n, got, want)
		}
		for k := range held {
			if math.Abs(held[k]-1) > 1e-9 {
				t.Fatalf("track %d holds %v", k, held[k])
			}
		}
	}
}

// TestSums: whatever the parts, nothing is lost, and probabilities stay so.
func TestSums(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var f Fitter
	for range 2000 {
		n := 1 + r.IntN(6)
		parts := random(r, n)
		tracks := moments(n, parts)
		for k := range tracks {
			if tracks[k].Existence == 0 {
				tracks[k].State = at(0, 0)
			}
		}
		before := slices.Clone(tracks)
		if f.Fit(tracks, parts) == nil {
			t.Fatal("no fit")
		}
		same(t, before, tracks)
		for k := range tracks {
			if e := tracks[k].Existence; !(e >= 0 && e <= 1) {
				t.Fatalf("existence %v", e)
			}
			if _, _, ok := kalman.Invert4(&tracks[k].State.P); !ok {
				t.Fatalf("covariance %v", tracks[k].State.P)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	flat := at(0, 0)
	flat.P[3][3] = 0
	for name, c := range map[string]struct {
		tracks []Track
		parts  []Part
	}{
		"covariance": {[]Track{{1, at(0, 0)}, {1, flat}}, []Part{{0, 1, true, at(0, 0)}, {1, 1, true, flat}}},
		"many":       {make([]Track, MostTracks+1), nil},
	} {
		before := slices.Clone(c.tracks)
		var f Fitter
		if f.Fit(c.tracks, c.parts) != nil || !slices.Equal(before, c.tracks) {
			t.Errorf("%s: it was not refused", name)
		}
	}
}

func TestNothingAllocated(t *testing.T) {
	parts := random(rand.New(rand.NewPCG(5, 6)), 4)
	first := moments(4, parts)
	tracks := slices.Clone(first)
	var f Fitter
	f.Fit(tracks, parts)
	if n := testing.AllocsPerRun(100, func() {
		copy(tracks, first)
		f.Fit(tracks, parts)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFit(b *testing.B) {
	for _, n := range []int{2, 4, 8} {
		b.Run(string(rune('0'+n)), func(b *testing.B) {
			var parts []Part
			for k := range n {
				for j := range n {
					parts = append(parts, Part{Track: k, Mass: 0.9 / float64(n), Exists: true, State: at(float64(3*j), float64(k)/10)})
				}
				parts = append(parts, Part{Track: k, Mass: 0.1})
			}
			first := moments(n, parts)
			tracks := slices.Clone(first)
			var f Fitter
			for b.Loop() {
				copy(tracks, first)
				f.Fit(tracks, parts)
			}
		})
	}
}
