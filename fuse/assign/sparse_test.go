package assign

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sparseProblem draws a problem with real or whole worths (whole ones have ties).
func sparseProblem(t *rapid.T, most int) (start, col []int32, worth []float64, cols int) {
	rows := rapid.IntRange(0, most).Draw(t, "rows")
	cols = rapid.IntRange(1, most).Draw(t, "cols")
	whole := rapid.Bool().Draw(t, "whole")
	start = append(start, 0)
	for range rows {
		for j := range cols {
			if rapid.IntRange(0, 1).Draw(t, "gate") == 0 {
				continue
			}
			w := rapid.Float64Range(-5, 20).Draw(t, "worth")
			if whole {
				w = math.Round(w)
			}
			col, worth = append(col, int32(j)), append(worth, w)
		}
		start = append(start, int32(len(col)))
	}
	return start, col, worth, cols
}

// The prices prove the assignment optimal, and trying all agrees.
func TestSparseIsOptimal(t *testing.T) {
	var s Sparse
	rapid.Check(t, func(t *rapid.T) {
		start, col, worth, cols := sparseProblem(t, 7)
		if !s.Solve(start, col, worth, cols, 1<<20) {
			t.Fatal("out of effort")
		}
		sound(t, &s, start, col, cols)
		const close = 1e-9
		var full []float64
		for i := range len(start) - 1 {
			line := make([]float64, cols)
			for j := range line {
				line[j] = math.Inf(1)
			}
			for e := start[i]; e < start[i+1]; e++ {
				line[col[e]] = -worth[e]
				slack := s.RowPrice[i] + s.ColPrice[col[e]] - worth[e]
				if slack < -close || s.Chosen[i] == e && slack > close {
					t.Fatalf("pair %d has slack %v", e, slack)
				}
			}
			if p := s.RowPrice[i]; p < -close || s.Chosen[i] < 0 && p != 0 {
				t.Fatalf("row %d, given %d, costs %v", i, s.Chosen[i], p)
			}
			full = append(full, line...)
		}
		taken := make([]bool, cols)
		for _, e := range s.Chosen {
			if e >= 0 {
				taken[col[e]] = true
			}
		}
		for j, p := range s.ColPrice {
			if p < -close || !taken[j] && p != 0 {
				t.Fatalf("column %d, taken %v, costs %v", j, taken[j], p)
			}
		}
		want := -best(full, len(start)-1, cols, 0, make([]bool, cols))
		if got := s.Worth(); math.Abs(got-want) > close {
			t.Fatalf("worth %v, the best is %v", got, want)
		}
	})
}

// Of equal ways a column comes before none, and the earlier column.
func TestSparseTies(t *testing.T) {
	var s Sparse
	for want, worth := range map[int32][]float64{0: {0, 0}, 1: {-1, 0}, -1: {-1, -1}} {
		if s.Solve([]int32{0, 2}, []int32{0, 1}, worth, 2, 100); s.Chosen[0] != want {
			t.Errorf("%v: %d, want %d", worth, s.Chosen[0], want)
		}
	}
}

// Without effort left the assignment is still one, and no row gives up what it
// could have for itself.
func TestSparseEndsInBoundedTime(t *testing.T) {
	var s Sparse
	rapid.Check(t, func(t *rapid.T) {
		start, col, worth, cols := sparseProblem(t, 7)
		effort := rapid.IntRange(-1, 10).Draw(t, "effort")
		best := s.Solve(start, col, worth, cols, effort)
		sound(t, &s, start, col, cols)
		got := s.Worth()
		if s.Solve(start, col, worth, cols, 1<<20); best && got != s.Worth() || got > s.Worth()+1e-9 {
			t.Fatalf("worth %v (said to be best: %v), the best is %v", got, best, s.Worth())
		}
	})
}

// sound fails if two rows have one column, or a row has another's pair.
func sound(t *rapid.T, s *Sparse, start, col []int32, cols int) {
	taken := make([]bool, cols)
	for i, e := range s.Chosen {
		if e < 0 {
			continue
		}
		if e < start[i] || e >= start[i+1] || taken[col[e]] {
			t.Fatalf("row %d has pair %d", i, e)
		}
		taken[col[e]] = true
	}
}

// Components hang together inside, and not with one another.
func TestComponents(t *testing.T) {
	var c Components
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(0, 8).Draw(t, "rows"), rapid.IntRange(1, 8).Draw(t, "cols")
		c.Reset(rows, cols)
		type pair struct{ row, col int }
		var pairs []pair
		for i := range rows {
			for j := range cols {
				if rapid.IntRange(0, 5).Draw(t, "gate") == 0 {
					pairs = append(pairs, pair{i, j})
					c.Join(int32(i), int32(j))
				}
			}
		}
		c.Part()

		// By the slow way: the least row that each row and column reaches.
		row, col := make([]int, rows), make([]int, cols)
		for i := range row {
			row[i] = i
		}
		for j := range col {
			col[j] = rows
		}
		for range rows + cols {
			for _, p := range pairs {
				row[p.row] = min(row[p.row], col[p.col])
				col[p.col] = row[p.row]
			}
		}
		k := -1
		var gotRows, gotCols int
		for i := range row {
			if row[i] != i {
				continue
			}
			k++
			var wantRows, wantCols []int32
			for x := range row {
				if row[x] == i {
					wantRows = append(wantRows, int32(x))
				}
			}
			for x := range col {
				if col[x] == i {
					wantCols = append(wantCols, int32(x))
				}
			}
			if k >= c.Len() || !slices.Equal(c.RowsOf(k), wantRows) || !slices.Equal(c.ColsOf(k), wantCols) {
				t.Fatalf("component %d of %v is not %v, %v", k, c, wantRows, wantCols)
			}
			for _, x := range wantRows {
				if c.Of(x) != int32(k) {
					t.Fatalf("row %d is said to be in %d, not %d", x, c.Of(x), k)
				}
			}
			gotRows, gotCols = gotRows+len(wantRows), gotCols+len(wantCols)
		}
		if c.Len() != k+1 || len(c.Rows) != gotRows || len(c.Cols) != gotCols {
			t.Fatalf("%d components with %d rows and %d columns, want %d, %d, %d", c.Len(), len(c.Rows), len(c.Cols), k+1, gotRows, gotCols)
		}
	})
}
