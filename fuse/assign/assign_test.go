package assign

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// best is the least cost over all assignments, by trying them.
func best(cost []float64, rows, cols, row int, taken []bool) float64 {
	if row == rows {
		return 0
	}
	least := best(cost, rows, cols, row+1, taken) // alone
	for c := range cols {
		if v := cost[row*cols+c]; !taken[c] && !math.IsInf(v, 1) {
			taken[c] = true
			least = min(least, v+best(cost, rows, cols, row+1, taken))
			taken[c] = false
		}
	}
	return least
}

func TestSolveIsOptimal(t *testing.T) {
	var s Solver
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 6).Draw(t, "rows")
		cols := rapid.IntRange(0, 6).Draw(t, "cols")
		cost := make([]float64, rows*cols)
		for i := range cost {
			cost[i] = float64(rapid.IntRange(-20, 5).Draw(t, "cost"))
			if rapid.IntRange(0, 3).Draw(t, "gate") == 0 {
				cost[i] = math.Inf(1)
			}
		}
		got, used := 0.0, map[int]bool{}
		for i, j := range s.Solve(cost, rows, cols) {
			if j < 0 {
				continue
			}
			if used[j] {
				t.Fatalf("column %d twice", j)
			}
			used[j] = true
			got += cost[i*cols+j]
		}
		if want := best(cost, rows, cols, 0, make([]bool, cols)); got != want {
			t.Fatalf("cost %v, the least is %v: %v", got, want, cost)
		}
	})
}

func BenchmarkSolve100(b *testing.B) {
	var s Solver
	cost := make([]float64, 100*100)
	for i := range cost {
		cost[i] = -float64(uint64(i*7919) % 1000)
	}
	for b.Loop() {
		s.Solve(cost, 100, 100)
	}
}
