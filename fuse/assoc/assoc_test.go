package assoc

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Every probability of a small look is what trying all joint associations
// gives, to 1e-12 of itself, and the best association is the best.
func TestExactIsWhatTryingGives(t *testing.T) {
	s := solver(t, Config{})
	rapid.Check(t, func(t *rapid.T) {
		p := small(t, everyRange()...)
		r := solve(t, s, p)
		sound(t, p, r)
		b := solveByTrying(p)
		if d := furthestOf(r, b.shares(b.pair), b.shares(b.alone), b.shares(b.fresh), 1e-290); !(d < 1e-12) {
			t.Fatalf("off by %v of itself:\n%+v\nwant %v %v %v", d, *r, b.shares(b.pair), b.shares(b.alone), b.shares(b.fresh))
		}
		if w := b.weightOf(r.Best); w < 1-1e-9 {
			t.Fatalf("the best association has %v of the best weight: %v", w, r.Best)
		}
		if n := r.Counts.Clusters; n[Propagated]+n[Unsettled] > 0 {
			t.Fatalf("%+v", r.Counts)
		}
	})
}

// Belief propagation gives the best association, sound probabilities, and
// marginals that are near. How near depends on how much a plot is worth: where
// tracks are surely seen and plots are surely of somebody, it may take the best
// of a few nearly equal associations for certain.
func TestPropagationIsNear(t *testing.T) {
	for places, bound := range map[float64]float64{0: 0.1, 1: 0.25, 6: 0.75, 50: 0.75, 300: 0.75} {
		exact, near := solver(t, Config{}), solver(t, Config{Bits: 1})
		total, looks := 0.0, 0
		rapid.Check(t, func(t *rapid.T) {
			p := small(t, places)
			want, got := solve(t, exact, p), solve(t, near, p)
			sound(t, p, got)
			if !slices.Equal(got.Best, want.Best) {
				t.Fatalf("best %v, not %v", got.Best, want.Best)
			}
			n := got.Counts.Clusters
			if n[Exact] > 0 || n[Propagated]+n[Unsettled] != want.Counts.Clusters[Exact] {
				t.Fatalf("%+v where exactly it is %+v", got.Counts, want.Counts)
			}
			worst, sum := 0.0, 0.0
			for e := range got.Pair {
				d := math.Abs(got.Pair[e] - want.Pair[e])
				worst, sum = max(worst, d), sum+d
			}
			if n[Unsettled] == 0 && worst > bound {
				t.Fatalf("off by %v: %v, not %v", worst, got.Pair, want.Pair)
			}
			if len(got.Pair) > 0 {
				total, looks = total+sum/float64(len(got.Pair)), looks+1
			}
		})
		if mean := total / float64(looks); !(mean < 0.01) {
			t.Errorf("with %v places the mean error is %v", places, mean)
		}
	}
}

// Where pairs make no ring, belief propagation is exact.
func TestPropagationIsExactOnTrees(t *testing.T) {
	exact, near := solver(t, Config{}), solver(t, Config{Bits: 1})
	rapid.Check(t, func(t *rapid.T) {
		// Each track or plot after the first hangs on one of the other kind.
		p := problem(t, 6, 6, everyRange()...)
		weight := rapid.SliceOfN(rapid.Float64Range(1e-3, 1e3), 12, 12).Draw(t, "weights")
		p.Track, p.Plot, p.Weight = []int32{0}, []int32{0}, weight[:1]
		for k := range 5 {
			p.Track = append(p.Track, int32(k+1), int32(rapid.IntRange(0, k+1).Draw(t, "track")))
			p.Plot = append(p.Plot, int32(rapid.IntRange(0, k).Draw(t, "plot")), int32(k+1))
			p.Weight = append(p.Weight, weight[2*k+1:2*k+3]...)
		}
		want, got := solve(t, exact, p), solve(t, near, p)
		sound(t, p, got)
		if n := got.Counts.Clusters; n[Propagated] != 1 || want.Counts.Clusters[Exact] != 1 {
			t.Fatalf("%v, exactly %v", n, want.Counts.Clusters)
		}
		if d := furthestOf(got, want.Pair, want.Missed, want.New, 1); !(d < 1e-9) {
			t.Fatalf("off by %v:\n%+v\n%+v", d, *got, *want)
		}
	})
}

// Another order of pairs, tracks and plots gives the same, whatever the method.
func TestOrderChangesNothing(t *testing.T) {
	for _, cfg := range []Config{{}, {Bits: 1}} {
		one, other := solver(t, cfg), solver(t, cfg)
		rapid.Check(t, func(t *rapid.T) {
			p := small(t, everyRange()...)
			q := &Problem{Missed: make([]float64, len(p.Missed)), New: make([]float64, len(p.New))}
			order := func(n int, name string) []int32 {
				all := make([]int32, n)
				for i := range all {
					all[i] = int32(i)
				}
				return rapid.Permutation(all).Draw(t, name)
			}
			tracks, plots, pairs := order(len(p.Missed), "tracks"), order(len(p.New), "plots"), order(len(p.Weight), "pairs")
			for i, to := range tracks {
				q.Missed[to] = p.Missed[i]
			}
			for j, to := range plots {
				q.New[to] = p.New[j]
			}
			for _, e := range pairs {
				q.Track, q.Plot = append(q.Track, tracks[p.Track[e]]), append(q.Plot, plots[p.Plot[e]])
				q.Weight = append(q.Weight, p.Weight[e])
			}
			want, got := solve(t, one, p), solve(t, other, q)
			back := Result{Pair: make([]float64, len(pairs)), Missed: make([]float64, len(tracks)), New: make([]float64, len(plots))}
			for k, e := range pairs {
				back.Pair[e] = got.Pair[k]
			}
			for i, to := range tracks {
				back.Missed[i] = got.Missed[to]
			}
			for j, to := range plots {
				back.New[j] = got.New[to]
			}
			if d := furthestOf(&back, want.Pair, want.Missed, want.New, 1); !(d < 1e-12) {
				t.Fatalf("%+v: off by %v", cfg, d)
			}
			if got.Counts != want.Counts {
				t.Fatalf("%+v, then %+v", want.Counts, got.Counts)
			}
			// Pairs in another order give the same bits.
			got = solve(t, other, backwards(p))
			slices.Reverse(got.Pair)
			if !same(got, want) {
				t.Fatalf("%+v:\n%+v, with pairs turned round\n%+v", cfg, *want, *got)
			}
		})
	}
}

// The weights of a track may be scaled together, and so may those of a plot.
func TestScaleChangesNothing(t *testing.T) {
	for _, cfg := range []Config{{}, {Bits: 1}} {
		one, other := solver(t, cfg), solver(t, cfg)
		rapid.Check(t, func(t *rapid.T) {
			p := small(t, 0, 1, 6)
			q := &Problem{Track: p.Track, Plot: p.Plot}
			scales := func(of []float64, name string) (scale, scaled []float64) {
				for _, v := range of {
					f := math.Ldexp(1, rapid.IntRange(-300, 300).Draw(t, name))
					scale, scaled = append(scale, f), append(scaled, v*f)
				}
				return scale, scaled
			}
			var tracks, plots []float64
			tracks, q.Missed = scales(p.Missed, "track")
			plots, q.New = scales(p.New, "plot")
			for e, w := range p.Weight {
				q.Weight = append(q.Weight, w*tracks[p.Track[e]]*plots[p.Plot[e]])
			}
			want, got := solve(t, one, p), solve(t, other, q)
			if !same(got, want) || !slices.Equal(got.Best, want.Best) {
				t.Fatalf("%+v\n%+v", *want, *got)
			}
		})
	}
}

// All methods give the same bits on every processor.
func TestSameBits(t *testing.T) {
	p := beside(beside(apart(20, 1, 1), apart(20, 3, 4)), beside(dense(10, 12, 6), dense(60, 90, 9)))
	for e := range p.Weight {
		p.Weight[e] = float64((e*7919)%1000+1) / 300
	}
	s := solver(t, Config{})
	r := solve(t, s, p)
	if r.Counts.Clusters != [4]int{Closed: 20, Exact: 21, Propagated: 1} {
		t.Fatalf("%+v", r.Counts)
	}
	h := fnv.New64a()
	for _, all := range [][]float64{r.Pair, r.Missed, r.New} {
		for _, v := range all {
			_ = binary.Write(h, binary.LittleEndian, v)
		}
	}
	for _, e := range r.Best {
		_ = binary.Write(h, binary.LittleEndian, e)
	}
	if got, want := h.Sum64(), uint64(0xb3e42f8f960991f3); got != want {
		t.Errorf("%#x, want %#x", got, want)
	}
}
