package assign

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The clusters together are as good as the whole, and greedy ones are sound.
func TestClustersAreOptimal(t *testing.T) {
	var c Clusters
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(0, 6).Draw(t, "rows"), rapid.IntRange(0, 6).Draw(t, "cols")
		most := rapid.SampledFrom([]int{1, 100}).Draw(t, "most")
		cost := make([]float64, rows*cols)
		c.Pairs = c.Pairs[:0]
		for i := range cost {
			cost[i] = math.Inf(1)
			if rapid.IntRange(0, 2).Draw(t, "gate") == 0 {
				cost[i] = -float64(rapid.IntRange(1, 20).Draw(t, "worth"))
				c.Pairs = append(c.Pairs, Pair{Row: int32(i / cols), Col: int32(i % cols), Worth: -cost[i]})
			}
		}
		greedy := c.Solve(rows, cols, most)
		got, used := 0.0, map[int32]bool{}
		for row, i := range c.Chosen {
			if i < 0 {
				continue
			}
			p := c.Pairs[i]
			if p.Row != int32(row) || used[p.Col] {
				t.Fatalf("row %d has %+v", row, p)
			}
			used[p.Col] = true
			got -= p.Worth
		}
		want := best(cost, rows, cols, 0, make([]bool, cols))
		if greedy == 0 && got != want || got > want/2 {
			t.Fatalf("cost %v, the least is %v, %d greedy", got, want, greedy)
		}
	})
}
