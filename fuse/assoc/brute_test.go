package assoc

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// brute is a problem solved by trying all joint associations, in numbers of
// any size.
type brute struct {
	p     *Problem
	taken []bool
	all   *big.Float
	most  *big.Float // the weight of the best association
	pair  []*big.Float
	alone []*big.Float
	fresh []*big.Float
	used  []int // pairs of the present association
}

func number(v float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(v) }

func numbers(n int) []*big.Float {
	all := make([]*big.Float, n)
	for i := range all {
		all[i] = number(0)
	}
	return all
}

func solveByTrying(p *Problem) *brute {
	b := &brute{
		p: p, taken: make([]bool, len(p.New)), all: number(0), most: number(0),
		pair: numbers(len(p.Weight)), alone: numbers(len(p.Missed)), fresh: numbers(len(p.New)),
	}
	b.try(0, number(1))
	return b
}

func (b *brute) try(track int, weight *big.Float) {
	times := func(v float64) *big.Float { return number(0).Mul(weight, number(v)) }
	if track < len(b.p.Missed) {
		b.try(track+1, times(b.p.Missed[track]))
		for e, i := range b.p.Track {
			if j := b.p.Plot[e]; int(i) == track && !b.taken[j] {
				b.taken[j], b.used = true, append(b.used, e)
				b.try(track+1, times(b.p.Weight[e]))
				b.taken[j], b.used = false, b.used[:len(b.used)-1]
			}
		}
		return
	}
	for j, taken := range b.taken {
		if !taken {
			weight = number(0).Mul(weight, number(b.p.New[j]))
		}
	}
	b.all.Add(b.all, weight)
	if weight.Cmp(b.most) > 0 {
		b.most = weight
	}
	seen := make([]bool, len(b.p.Missed))
	for _, e := range b.used {
		b.pair[e].Add(b.pair[e], weight)
		seen[b.p.Track[e]] = true
	}
	for i := range seen {
		if !seen[i] {
			b.alone[i].Add(b.alone[i], weight)
		}
	}
	for j, taken := range b.taken {
		if !taken {
			b.fresh[j].Add(b.fresh[j], weight)
		}
	}
}

// share is a part of the whole sum.
func (b *brute) share(v *big.Float) float64 {
	f, _ := number(0).Quo(v, b.all).Float64()
	return f
}

func (b *brute) shares(of []*big.Float) []float64 {
	all := make([]float64, len(of))
	for i := range of {
		all[i] = b.share(of[i])
	}
	return all
}

// weightOf is the weight of a joint association, against the best one's.
func (b *brute) weightOf(best []int32) float64 {
	weight := number(1)
	taken := make([]bool, len(b.p.New))
	for i, e := range best {
		w := b.p.Missed[i]
		if e >= 0 {
			w = b.p.Weight[e]
			taken[b.p.Plot[e]] = true
		}
		weight.Mul(weight, number(w))
	}
	for j := range taken {
		if !taken[j] {
			weight.Mul(weight, number(b.p.New[j]))
		}
	}
	f, _ := weight.Quo(weight, b.most).Float64()
	return f
}

// problem draws a look in which pairs have the given chance in ten, with
// weights of up to so many decimal places, or of whole numbers, which make ties.
func problem(t *rapid.T, tracks, plots int, ranges ...float64) *Problem {
	places := rapid.SampledFrom(ranges).Draw(t, "places")
	weight := func(name string) float64 {
		if places == 0 {
			return float64(rapid.IntRange(1, 3).Draw(t, name))
		}
		return math.Pow(10, rapid.Float64Range(-places, places).Draw(t, name))
	}
	chance := rapid.SampledFrom([]int{2, 5, 10}).Draw(t, "chance")
	p := &Problem{}
	for range tracks {
		p.Missed = append(p.Missed, weight("missed"))
	}
	for range plots {
		p.New = append(p.New, weight("new"))
	}
	for i := range tracks {
		for j := range plots {
			if rapid.IntRange(1, 10).Draw(t, "gate") <= chance {
				p.Track, p.Plot = append(p.Track, int32(i)), append(p.Plot, int32(j))
				p.Weight = append(p.Weight, weight("pair"))
			}
		}
	}
	return p
}

// everyRange has weights from ties to almost all that a float64 holds.
func everyRange() []float64 { return []float64{0, 1, 6, 50, 300} }

func small(t *rapid.T, ranges ...float64) *Problem {
	size := rapid.SampledFrom([][2]int{{5, 5}, {6, 4}, {4, 6}, {3, 3}, {2, 2}, {1, 6}, {6, 1}, {1, 1}, {2, 7}}).Draw(t, "size")
	if rapid.Bool().Draw(t, "less") {
		size[0], size[1] = rapid.IntRange(0, size[0]).Draw(t, "tracks"), rapid.IntRange(0, size[1]).Draw(t, "plots")
	}
	return problem(t, size[0], size[1], ranges...)
}

func solver(t testing.TB, cfg Config) *Solver {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func solve(t rapid.TB, s *Solver, p *Problem) *Result {
	t.Helper()
	r, err := s.Solve(p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// furthest is the greatest difference, as a part of what is wanted and of a
// floor below which no digit is promised.
func furthest(got, want []float64, floor float64) (most float64) {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	for i := range got {
		if d := math.Abs(got[i]-want[i]) / (want[i] + floor); d > most || math.IsNaN(d) {
			most = d
		}
	}
	return most
}

func furthestOf(r *Result, pair, missed, fresh []float64, floor float64) float64 {
	return max(furthest(r.Pair, pair, floor), furthest(r.Missed, missed, floor), furthest(r.New, fresh, floor))
}

// same is whether all probabilities are, to the bit.
func same(a, b *Result) bool {
	return slices.Equal(a.Pair, b.Pair) && slices.Equal(a.Missed, b.Missed) && slices.Equal(a.New, b.New)
}

// sound fails where probabilities are none, do not sum to one, or where the best
// joint association is none.
func sound(t rapid.TB, p *Problem, r *Result) {
	t.Helper()
	tracks, plots := make([]float64, len(p.Missed)), make([]float64, len(p.New))
	check := func(what string, i int, v float64) {
		if !(v >= 0 && v <= 1) {
			t.Fatalf("%s %d has probability %v", what, i, v)
		}
	}
	for i, v := range r.Missed {
		check("missed", i, v)
		tracks[i] += v
	}
	for j, v := range r.New {
		check("new", j, v)
		plots[j] += v
	}
	for e, v := range r.Pair {
		check("pair", e, v)
		if v > 0 {
			tracks[p.Track[e]] += v
			plots[p.Plot[e]] += v
		}
	}
	for what, sums := range map[string][]float64{"track": tracks, "plot": plots} {
		for i, v := range sums {
			if math.Abs(v-1) > 1e-12 {
				t.Fatalf("probabilities of %s %d sum to %v", what, i, v)
			}
		}
	}
	taken := make([]bool, len(p.New))
	for i, e := range r.Best {
		if e < 0 {
			continue
		}
		if int(p.Track[e]) != i || taken[p.Plot[e]] {
			t.Fatalf("the best association gives track %d pair %d", i, e)
		}
		taken[p.Plot[e]] = true
	}
}
