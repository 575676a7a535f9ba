package siting_test

import (
	"context"
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"testing"

	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
)

// discs is a problem of round sets over a square of 8n x 8n cells, with holes.
func discs(r *rand.Rand, n, candidates int, radius float64) siting.Problem {
	p := siting.Problem{Cells: make([]uint64, n*n), Weights: make([]float64, n*n), K: 3}
	for b := range p.Cells {
		p.Cells[b] = r.Uint64() | r.Uint64()
		p.Weights[b] = 0.5 + r.Float64()
	}
	for range candidates {
		p.Candidates = append(p.Candidates, disc(r, n, radius, 0.7))
	}
	return p
}

func disc(r *rand.Rand, n int, radius, full float64) coverage.Set {
	var s coverage.Set
	x, y := r.Float64()*float64(8*n), r.Float64()*float64(8*n)
	for b := range n * n {
		cells := uint64(0)
		for bit := range 64 {
			dx, dy := float64(b%n*8+bit%8)-x, float64(b/n*8+bit/8)-y
			if dx*dx+dy*dy <= radius*radius && r.Float64() < full {
				cells |= 1 << bit
			}
		}
		if cells != 0 {
			s.Index, s.Cells = append(s.Index, uint32(b)), append(s.Cells, cells)
		}
	}
	return s
}

// value reckons what sites and existing sensors cover, from its definition.
func value(p siting.Problem, sites []int) float64 {
	count := make([]int, 64*len(p.Cells))
	sets := append([]coverage.Set(nil), p.Existing...)
	for _, j := range sites {
		sets = append(sets, p.Candidates[j])
	}
	for _, s := range sets {
		for i, b := range s.Index {
			for m := s.Cells[i] & p.Cells[b]; m != 0; m &= m - 1 {
				count[64*int(b)+bits.TrailingZeros64(m)]++
			}
		}
	}
	sum := 0.0
	for c, n := range count {
		if n >= max(1, p.Fold) {
			sum += p.Weights[c/64]
		}
	}
	return sum
}

func cost(p siting.Problem, sites []int) float64 {
	if p.Costs == nil {
		return float64(len(sites))
	}
	sum := 0.0
	for _, j := range sites {
		sum += p.Costs[j]
	}
	return sum
}

// optimum tries every choice.
func optimum(p siting.Problem) float64 {
	best := 0.0
	for choice := range 1 << len(p.Candidates) {
		var sites []int
		for j := range p.Candidates {
			if choice>>j&1 == 1 {
				sites = append(sites, j)
			}
		}
		if p.K > 0 && len(sites) > p.K || p.Budget > 0 && cost(p, sites) > p.Budget {
			continue
		}
		best = max(best, value(p, sites))
	}
	return best
}

// kinds are the questions that can be asked of a problem.
func kinds() map[string]func(*rand.Rand, *siting.Problem) {
	costs := func(r *rand.Rand, p *siting.Problem) {
		p.Costs = make([]float64, len(p.Candidates))
		for j := range p.Costs {
			p.Costs[j] = 1 + 4*r.Float64()
		}
	}
	return map[string]func(*rand.Rand, *siting.Problem){
		"plain":  func(*rand.Rand, *siting.Problem) {},
		"budget": func(r *rand.Rand, p *siting.Problem) { costs(r, p); p.K, p.Budget = 0, 8 },
		"both":   func(r *rand.Rand, p *siting.Problem) { costs(r, p); p.Budget = 7 },
		"double": func(r *rand.Rand, p *siting.Problem) { p.Fold, p.K = 2, 4 },
		"existing": func(r *rand.Rand, p *siting.Problem) {
			p.Existing = []coverage.Set{disc(r, 4, 9, 0.7), disc(r, 4, 9, 0.7)}
		},
		"double existing": func(r *rand.Rand, p *siting.Problem) {
			p.Fold = 2
			p.Existing = []coverage.Set{disc(r, 4, 9, 0.7), disc(r, 4, 9, 0.7)}
		},
	}
}

// All choices of small problems: no bound is below the best, no choice is
// worth other than told, and greedy keeps its guarantee.
func TestAgainstAllChoices(t *testing.T) {
	for kind, change := range kinds() {
		t.Run(kind, func(t *testing.T) {
			worst, loosest, optimal := 1.0, 1.0, 0
			const problems = 60
			for seed := range uint64(problems) {
				r := rand.New(rand.NewPCG(seed, 7))
				p := discs(r, 4, 11, 9)
				change(r, &p)
				best := optimum(p)
				got, err := siting.Choose(t.Context(), p)
				if err != nil {
					t.Fatal(err)
				}
				if v := value(p, got.Sites); math.Abs(v-got.Value) > 1e-9*best {
					t.Errorf("seed %d: sites worth %v, told %v", seed, v, got.Value)
				}
				if c := cost(p, got.Sites); math.Abs(c-got.Cost) > 1e-9 || p.Budget > 0 && c > p.Budget || p.K > 0 && len(got.Sites) > p.K {
					t.Errorf("seed %d: %d sites cost %v, told %v", seed, len(got.Sites), c, got.Cost)
				}
				if got.Bound < best-1e-9*best {
					t.Errorf("seed %d: bound %v below the best possible %v", seed, got.Bound, best)
				}
				if got.Value > best+1e-9*best || got.Value < got.Greedy-1e-9*best {
					t.Errorf("seed %d: value %v, greedy %v, best possible %v", seed, got.Value, got.Greedy, best)
				}
				if p.Fold < 2 && p.Costs == nil && got.Greedy-got.Before < (1-1/math.E)*(best-got.Before)-1e-9 {
					t.Errorf("seed %d: greedy adds %v of %v", seed, got.Greedy-got.Before, best-got.Before)
				}
				if got.Value > best-1e-9*best {
					optimal++
				}
				worst = min(worst, got.Value/best)
				loosest = max(loosest, got.Bound/best)
				for i, j := range got.Sites {
					rest := append(append([]int(nil), got.Sites[:i]...), got.Sites[i+1:]...)
					if m := got.Value - value(p, rest); math.Abs(m-got.Missed[i]) > 1e-9*best {
						t.Errorf("seed %d: without site %d %v is lost, told %v", seed, j, m, got.Missed[i])
					}
				}
			}
			t.Logf("%d of %d best possible, the worst %.2f %% of it; the loosest bound %.2f %% above", optimal, problems, 100*worst, 100*(loosest-1))
		})
	}
}

// The number of goroutines changes nothing.
func TestWorkers(t *testing.T) {
	for kind, change := range kinds() {
		r := rand.New(rand.NewPCG(3, 7))
		p := discs(r, 12, 80, 14)
		change(r, &p)
		var want siting.Choice
		for workers := 1; workers <= 6; workers++ {
			p.Workers = workers
			got, err := siting.Choose(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if workers == 1 {
				want = got
			} else if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %d workers: %+v\nwant %+v", kind, workers, got, want)
			}
		}
	}
}

func TestStops(t *testing.T) {
	p := discs(rand.New(rand.NewPCG(3, 7)), 6, 30, 9)
	for _, stage := range []siting.Stage{siting.Choosing, siting.Bounding} {
		ctx, cancel := context.WithCancel(t.Context())
		p.Progress = func(s siting.Stage, _, _ int) {
			if s == stage {
				cancel()
			}
		}
		if _, err := siting.Choose(ctx, p); !errors.Is(err, context.Canceled) {
			t.Errorf("stopped at %s: error %v", stage, err)
		}
		cancel()
	}
}

func TestRefuses(t *testing.T) {
	for name, change := range map[string]func(*siting.Problem){
		"no candidates":    func(p *siting.Problem) { p.Candidates = nil },
		"no number":        func(p *siting.Problem) { p.K = 0 },
		"negative budget":  func(p *siting.Problem) { p.Budget = -1 },
		"budget NaN":       func(p *siting.Problem) { p.Budget = math.NaN() },
		"few weights":      func(p *siting.Problem) { p.Weights = p.Weights[1:] },
		"negative weight":  func(p *siting.Problem) { p.Weights[0] = -1 },
		"few costs":        func(p *siting.Problem) { p.Costs = []float64{1} },
		"free candidate":   func(p *siting.Problem) { p.Costs = make([]float64, len(p.Candidates)) },
		"negative fold":    func(p *siting.Problem) { p.Fold = -1 },
		"set out of range": func(p *siting.Problem) { p.Candidates[0] = coverage.Set{Index: []uint32{99}, Cells: []uint64{1}} },
	} {
		p := discs(rand.New(rand.NewPCG(1, 7)), 3, 5, 9)
		change(&p)
		if _, err := siting.Choose(t.Context(), p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
