package bestfit

// ring finds a round of tracks in which everybody hands mass to the next and
// all of them together gain: a negative cycle, by Bellman and Ford.
type ring struct {
	n    int
	gain []float64 // least cost of handing on, by from and to
	by   []int     // the part that costs it
	dist []float64
	prev []int
	way  []int
}

func (r *ring) open(n int) {
	r.n = n
	r.gain = zeroed(r.gain, n*n)
	r.by = zeroed(r.by, n*n)
	r.dist = zeroed(r.dist, n)
	r.prev = zeroed(r.prev, n)
	for i := range r.by {
		r.by[i] = -1
	}
}

// offer says what it costs, a unit, to hand part a on.
func (r *ring) offer(from, to int, cost float64, a int) {
	i := from*r.n + to
	if from != to && (r.by[i] < 0 || cost < r.gain[i]) {
		r.gain[i], r.by[i] = cost, a
	}
}

// part is what from hands to to.
func (r *ring) part(from, to int) int { return r.by[from*r.n+to] }

// find gives the tracks of a round that gains, each handing to the next; nil:
// there is none.
func (r *ring) find() []int {
	for i := range r.prev {
		r.prev[i] = -1
	}
	last := -1
	for range r.n + 1 {
		last = -1
		for from := range r.n {
			for to := range r.n {
				if r.by[from*r.n+to] < 0 {
					continue
				}
				if d := r.dist[from] + r.gain[from*r.n+to]; d < r.dist[to]-little {
					r.dist[to], r.prev[to], last = d, from, to
				}
			}
		}
		if last < 0 {
			return nil
		}
	}
	for range r.n { // back into the round itself
		last = r.prev[last]
	}
	r.way = r.way[:0]
	for at := last; ; {
		r.way = append(r.way, at)
		at = r.prev[at]
		if at == last {
			break
		}
	}
	for i, j := 0, len(r.way)-1; i < j; i, j = i+1, j-1 { // prev leads backwards
		r.way[i], r.way[j] = r.way[j], r.way[i]
	}
	return r.way
}
