package assign

// Components parts rows and columns into those that hang together by pairs.
//
//  1. Rows are joined by the columns that they share (union-find under the
//     earliest row, paths halved on the way).
//  2. Components stand in the order of their earliest row, and rows and columns
//     within one in their own order: two counting sorts, linear time.
//
// Call Reset, Join for each pair, and Part; the zero value is ready and keeps
// its memory.
type Components struct {
	Rows []int32 // by component, in order
	Cols []int32 // by component, in order; those without a pair are left out
	// RowStart and ColStart tell where a component begins in Rows and Cols; the
	// end of the last is the last value.
	RowStart, ColStart []int32

	first  []int32 // by column: first row joined to it, counted from 1
	parent []int32 // union-find over rows
	number []int32 // by root: its component
}

// Reset makes every row a component of its own.
func (c *Components) Reset(rows, cols int) {
	c.first = zeroed(c.first, cols)
	c.parent = zeroed(c.parent, rows)
	for i := range c.parent {
		c.parent[i] = int32(i)
	}
}

// Join tells that a row and a column make a pair.
func (c *Components) Join(row, col int32) {
	if c.first[col] == 0 {
		c.first[col] = row + 1
		return
	}
	x, y := c.root(c.first[col]-1), c.root(row)
	c.parent[max(x, y)] = min(x, y)
}

func (c *Components) root(row int32) int32 {
	for c.parent[row] != row {
		c.parent[row] = c.parent[c.parent[row]]
		row = c.parent[row]
	}
	return row
}

// Len is how many components there are.
func (c *Components) Len() int { return len(c.RowStart) - 1 }

// Of is the component of a row.
func (c *Components) Of(row int32) int32 { return c.number[c.root(row)] }

// RowsOf and ColsOf give the rows and columns of a component.
func (c *Components) RowsOf(k int) []int32 { return c.Rows[c.RowStart[k]:c.RowStart[k+1]] }

// ColsOf gives the columns of a component.
func (c *Components) ColsOf(k int) []int32 { return c.Cols[c.ColStart[k]:c.ColStart[k+1]] }

// Part sorts rows and columns into their components.
func (c *Components) Part() {
	c.number = zeroed(c.number, len(c.parent))
	n := int32(0)
	for i := range c.parent {
		if c.parent[i] == int32(i) {
			c.number[i] = n
			n++
		}
	}
	c.Rows = zeroed(c.Rows, len(c.parent))
	c.RowStart = zeroed(c.RowStart, int(n)+2)
	for i := range c.parent {
		c.RowStart[c.Of(int32(i))+2]++
	}
	runningSum(c.RowStart)
	for i := range c.parent {
		k := c.Of(int32(i)) + 1
		c.Rows[c.RowStart[k]] = int32(i)
		c.RowStart[k]++
	}
	c.RowStart = c.RowStart[:n+1]

	c.ColStart = zeroed(c.ColStart, int(n)+2)
	paired := 0
	for _, row := range c.first {
		if row > 0 {
			c.ColStart[c.Of(row-1)+2]++
			paired++
		}
	}
	c.Cols = zeroed(c.Cols, paired)
	runningSum(c.ColStart)
	for j, row := range c.first {
		if row > 0 {
			k := c.Of(row-1) + 1
			c.Cols[c.ColStart[k]] = int32(j)
			c.ColStart[k]++
		}
	}
	c.ColStart = c.ColStart[:n+1]
}

// runningSum turns counts, which stand two places on, into where each begins.
func runningSum(s []int32) {
	for i := 1; i < len(s); i++ {
		s[i] += s[i-1]
	}
}
