package fuse

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
	var s solver
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
		for i, j := range s.solve(cost, rows, cols) {
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

func TestGreedyBeyondTheCap(t *testing.T) {
	// Six boats 40 m apart, each seen where it is: greedy finds that as well.
	w := newWorld(t, Config{MaxCluster: 2})
	for i := range 8 {
		var now []float64
		for k := range 6 {
			now = append(now, float64(k)*100+float64(i))
		}
		for _, e := range now {
			o := plot(at(home(), e, 0), 20)
			o.Sensor = "r1"
			w.see(o)
		}
		w.step(2500e6)
	}
	if w.tr.Len() != 6 || w.tr.Stats().Greedy == 0 {
		t.Errorf("%d tracks, greedy %d times", w.tr.Len(), w.tr.Stats().Greedy)
	}
}

func BenchmarkSolve100(b *testing.B) {
	var s solver
	cost := make([]float64, 100*100)
	for i := range cost {
		cost[i] = -float64(scatter(uint64(i+1)) % 1000)
	}
	for b.Loop() {
		s.solve(cost, 100, 100)
	}
}
