package assign

// Sparse finds the assignment of greatest worth where few pairs are possible,
// and the prices that prove it.
//
//  1. A pair has a worth, of any sign; a row or column left alone is worth
//     nothing. A row's pairs are those from start[row] to start[row+1].
//  2. Rows are added one at a time along the shortest augmenting path, found
//     with a heap over the pairs that are there (Jonker and Volgenant 1987, on
//     sparse rows). A path ends at a free column, or at a row that is better
//     left alone.
//  3. Prices are never negative, and nothing where a row or column is alone;
//     RowPrice + ColPrice >= worth for every pair, with equality where it is
//     chosen. That is linear programming's proof of the optimum.
//  4. A path costs what it explores. When Solve has explored as many pairs as it
//     was allowed, rows that are left take the best column that is free.
//
// Of equal ways the column comes before staying alone, and the earlier column
// before the later. The zero value is ready and keeps its memory.
type Sparse struct {
	Chosen             []int32 // by row: the index of its pair, or -1
	RowPrice, ColPrice []float64

	start, col []int32
	worth      []float64

	owner  []int32   // by column: its row, counted from 1; 0: free
	dist   []float64 // by column: the shortest way to it
	via    []int32   // by column: the pair by which
	from   []int32   // by column: the row of that pair
	seen   []int32   // by column: the path that reached it last
	done   []int32   // by column: the path that settled it last
	closed []int32   // columns that the present path settled
	heap   []reach
}

// reach is a way to a column.
type reach struct {
	dist float64
	col  int32
}

func (r reach) before(o reach) bool {
	return r.dist < o.dist || r.dist == o.dist && r.col < o.col
}

// Solve assigns, and tells whether it ended within effort pairs explored: if
// not, the assignment is valid but may not be the best, and neither are prices.
func (s *Sparse) Solve(start, col []int32, worth []float64, cols, effort int) (best bool) {
	rows := len(start) - 1
	s.start, s.col, s.worth = start, col, worth
	s.Chosen, s.RowPrice, s.ColPrice = zeroed(s.Chosen, rows), zeroed(s.RowPrice, rows), zeroed(s.ColPrice, cols)
	s.owner, s.dist = zeroed(s.owner, cols), zeroed(s.dist, cols)
	s.via, s.from = zeroed(s.via, cols), zeroed(s.from, cols)
	s.seen, s.done = zeroed(s.seen, cols), zeroed(s.done, cols)
	for i := range s.Chosen {
		s.Chosen[i] = -1
	}
	for i := range int32(rows) {
		if effort < 0 {
			s.greedy(i)
			continue
		}
		effort -= s.add(i)
	}
	return effort >= 0
}

// add brings in a row, and gives how many pairs it explored.
func (s *Sparse) add(row int32) (explored int) {
	path := row + 1
	price := 0.0
	for e := s.start[row]; e < s.start[row+1]; e++ {
		price = max(price, s.worth[e]-s.ColPrice[s.col[e]])
	}
	s.RowPrice[row] = price
	s.heap, s.closed = s.heap[:0], s.closed[:0]

	// The best end so far: the row that is left alone at the end of the way.
	end, alone, lastCol := price, row, int32(-1)
	explored = s.explore(row, 0, path)
	for len(s.heap) > 0 && s.heap[0].dist <= end {
		r := s.pop()
		if s.done[r.col] == path {
			continue // reached again by a shorter way since
		}
		k := s.owner[r.col] - 1
		if k < 0 {
			end, alone, lastCol = r.dist, -1, r.col
			break
		}
		s.done[r.col] = path
		s.closed = append(s.closed, r.col)
		if d := r.dist + s.RowPrice[k]; d < end {
			end, alone, lastCol = d, k, r.col
		}
		explored += s.explore(k, r.dist, path)
	}
	for _, j := range s.closed {
		if step := end - s.dist[j]; step > 0 {
			s.ColPrice[j] += step
			s.RowPrice[s.owner[j]-1] -= step
		}
	}
	s.RowPrice[row] -= end
	if alone >= 0 {
		s.Chosen[alone], s.RowPrice[alone] = -1, 0
	}
	s.turn(row, lastCol)
	return explored
}

// turn gives each row along the way to a column the column it leads to.
func (s *Sparse) turn(row, col int32) {
	for col >= 0 {
		i := s.from[col]
		before := int32(-1)
		if i != row {
			before = s.col[s.Chosen[i]]
		}
		s.Chosen[i], s.owner[col] = s.via[col], i+1
		col = before
	}
}

// explore reaches on from a row that lies dist away.
func (s *Sparse) explore(row int32, dist float64, path int32) int {
	for e := s.start[row]; e < s.start[row+1]; e++ {
		j := s.col[e]
		if s.done[j] == path {
			continue
		}
		// Rounding may make a reduced cost a little less than nothing.
		d := dist + max(0, s.RowPrice[row]-(s.worth[e]-s.ColPrice[j]))
		if s.seen[j] != path || d < s.dist[j] {
			s.seen[j], s.dist[j], s.via[j], s.from[j] = path, d, e, row
			s.push(reach{dist: d, col: j})
		}
	}
	return int(s.start[row+1] - s.start[row])
}

// greedy gives a row the best free column.
func (s *Sparse) greedy(row int32) {
	best := 0.0
	for e := s.start[row]; e < s.start[row+1]; e++ {
		if s.owner[s.col[e]] == 0 && s.worth[e] > best {
			best, s.Chosen[row] = s.worth[e], e
		}
	}
	if e := s.Chosen[row]; e >= 0 {
		s.owner[s.col[e]] = row + 1
	}
}

func (s *Sparse) push(r reach) {
	s.heap = append(s.heap, r)
	k := len(s.heap) - 1
	for k > 0 && r.before(s.heap[(k-1)/2]) {
		s.heap[k] = s.heap[(k-1)/2]
		k = (k - 1) / 2
	}
	s.heap[k] = r
}

func (s *Sparse) pop() reach {
	top := s.heap[0]
	r := s.heap[len(s.heap)-1]
	s.heap = s.heap[:len(s.heap)-1]
	n := len(s.heap)
	if n == 0 {
		return top
	}
	k := 0
	for {
		c := 2*k + 1
		if c >= n {
			break
		}
		if c+1 < n && s.heap[c+1].before(s.heap[c]) {
			c++
		}
		if !s.heap[c].before(r) {
			break
		}
		s.heap[k] = s.heap[c]
		k = c
	}
	s.heap[k] = r
	return top
}

// Worth is the total of what was chosen.
func (s *Sparse) Worth() float64 {
	sum := 0.0
	for _, e := range s.Chosen {
		if e >= 0 {
			sum += s.worth[e]
		}
	}
	return sum
}
