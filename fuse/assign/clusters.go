package assign

import (
	"cmp"
	"math"
	"slices"
)

// Pair is a row that may go to a column.
type Pair struct {
	Row, Col int32
	// Worth is what the pair is worth against leaving the row alone; positive.
	Worth float64
	// Odds is for the caller: how likely the pair is against the row's others.
	Odds float64
}

// Clusters parts a large sparse problem into clusters of rows that share
// columns, and solves each. Its zero value is ready; it keeps its memory.
type Clusters struct {
	Pairs []Pair // in order of rows, given by the caller
	// Chosen tells, by row, the index of its pair, or -1.
	Chosen []int32

	solver Solver
	parts  Components
	cols   []int32 // columns of the present cluster
	cost   []float64
}

// Solve assigns rows to columns. Clusters of more than most rows are assigned
// greedily; Solve gives how many were.
func (c *Clusters) Solve(rows, cols, most int) (greedy uint64) {
	c.Chosen = zeroed(c.Chosen, rows)
	for j := range c.Chosen {
		c.Chosen[j] = -1
	}
	c.parts.Reset(rows, cols)
	for i := range c.Pairs {
		c.parts.Join(c.Pairs[i].Row, c.Pairs[i].Col)
	}
	c.parts.Part()
	for k := range c.parts.Len() {
		switch part := c.parts.RowsOf(k); {
		case len(part) == 1:
			c.single(part[0])
		case len(part) > most:
			greedy++
			c.greedy(part)
		default:
			c.cluster(part)
		}
	}
	return greedy
}

// Of gives the range of the pairs of a row.
func (c *Clusters) Of(row int32) (from, to int) {
	from, _ = slices.BinarySearchFunc(c.Pairs, row, func(p Pair, row int32) int { return cmp.Compare(p.Row, row) })
	to = from
	for to < len(c.Pairs) && c.Pairs[to].Row == row {
		to++
	}
	return from, to
}

// single chooses for a row that shares no column.
func (c *Clusters) single(row int32) {
	from, to := c.Of(row)
	best := 0.0
	for i := from; i < to; i++ {
		if c.Pairs[i].Worth > best {
			best, c.Chosen[row] = c.Pairs[i].Worth, int32(i)
		}
	}
}

// cluster chooses optimally.
func (c *Clusters) cluster(rows []int32) {
	c.cols = c.cols[:0]
	for _, j := range rows {
		from, to := c.Of(j)
		for i := from; i < to; i++ {
			c.cols = append(c.cols, c.Pairs[i].Col)
		}
	}
	slices.Sort(c.cols)
	c.cols = slices.Compact(c.cols)
	c.cost = zeroed(c.cost, len(rows)*len(c.cols))
	for i := range c.cost {
		c.cost[i] = math.Inf(1)
	}
	for row, j := range rows {
		from, to := c.Of(j)
		for i := from; i < to; i++ {
			col, _ := slices.BinarySearch(c.cols, c.Pairs[i].Col)
			c.cost[row*len(c.cols)+col] = -c.Pairs[i].Worth
		}
	}
	for row, col := range c.solver.Solve(c.cost, len(rows), len(c.cols)) {
		if col < 0 {
			continue
		}
		from, to := c.Of(rows[row])
		for i := from; i < to; i++ {
			if c.Pairs[i].Col == c.cols[col] {
				c.Chosen[rows[row]] = int32(i)
			}
		}
	}
}

// greedy takes the best pair that is left, again and again.
func (c *Clusters) greedy(rows []int32) {
	var all []int32
	for _, j := range rows {
		from, to := c.Of(j)
		for i := from; i < to; i++ {
			all = append(all, int32(i))
		}
	}
	slices.SortStableFunc(all, func(x, y int32) int { return cmp.Compare(c.Pairs[y].Worth, c.Pairs[x].Worth) })
	taken := map[int32]bool{}
	for _, i := range all {
		p := &c.Pairs[i]
		if c.Chosen[p.Row] < 0 && !taken[p.Col] {
			c.Chosen[p.Row], taken[p.Col] = i, true
		}
	}
}
