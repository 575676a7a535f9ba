// Package assign finds the optimal assignment of rows to columns.
//
//  1. Rows are plots, columns tracks; cost[i][j] is what the pair costs, +Inf
//     where the plot lies outside the track's gate.
//  2. A row may stay unassigned at cost 0; costs are negative log likelihood
//     ratios against "this plot is nobody's", so that a pair worth less than
//     nothing is not made.
//  3. Rows are added one at a time along the shortest augmenting path, with
//     potentials that keep reduced costs at or above nothing (Jonker and
//     Volgenant 1987; the Hungarian method in O(rows^2 x columns)).
//  4. Each row has a dummy column of its own at the end for staying alone.
//
// Equal costs are decided by the order of rows and columns, which callers
// give by sequence and track id.
package assign

import "math"

// Solver keeps the scratch space between calls.
type Solver struct {
	u, v   []float64 // potentials of rows and columns
	minTo  []float64 // shortest distance to each column
	way    []int     // column before it on the path
	rowOf  []int     // row assigned to a column, counted from 1; 0: none
	done   []bool
	result []int
}

// Solve gives for every row its column, or -1. cost holds rows x cols values
// by row. The result is valid until the next call.
func (s *Solver) Solve(cost []float64, rows, cols int) []int {
	width := cols + rows + 1 // columns, a dummy a row, and the root 0
	s.u = zeroed(s.u, rows+1)
	s.v = zeroed(s.v, width)
	s.minTo = zeroed(s.minTo, width)
	s.way = zeroed(s.way, width)
	s.rowOf = zeroed(s.rowOf, width)
	s.done = zeroed(s.done, width)

	at := func(i, j int) float64 { // both from 1
		if j <= cols {
			return cost[(i-1)*cols+j-1]
		}
		if j-cols == i {
			return 0
		}
		return math.Inf(1)
	}
	for i := 1; i <= rows; i++ {
		s.rowOf[0] = i
		for j := range width {
			s.minTo[j], s.done[j] = math.Inf(1), false
		}
		j0 := 0
		for {
			s.done[j0] = true
			i0, delta, j1 := s.rowOf[j0], math.Inf(1), -1
			for j := 1; j < width; j++ {
				if s.done[j] {
					continue
				}
				if c := at(i0, j) - s.u[i0] - s.v[j]; c < s.minTo[j] {
					s.minTo[j], s.way[j] = c, j0
				}
				if s.minTo[j] < delta {
					delta, j1 = s.minTo[j], j
				}
			}
			// The row's own dummy is always within reach, so j1 is found.
			for j := range width {
				if s.done[j] {
					s.u[s.rowOf[j]] += delta
					s.v[j] -= delta
				} else {
					s.minTo[j] -= delta
				}
			}
			j0 = j1
			if s.rowOf[j0] == 0 {
				break
			}
		}
		for j0 != 0 {
			j1 := s.way[j0]
			s.rowOf[j0] = s.rowOf[j1]
			j0 = j1
		}
	}
	s.result = zeroed(s.result, rows)
	for i := range s.result {
		s.result[i] = -1
	}
	for j := 1; j <= cols; j++ {
		if i := s.rowOf[j]; i > 0 {
			s.result[i-1] = j - 1
		}
	}
	return s.result
}

// zeroed gives a slice of n zeros, in s's memory where it is large enough.
func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	s = s[:n]
	clear(s)
	return s
}
