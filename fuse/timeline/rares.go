package timeline

// rares keeps what few versions have, by number from 1: in slabs, the first of which
// are filled first. Until biases are known nearly all versions lean on them, and
// later hardly any: what is empty then is given back.
type rares struct {
	nothing rare // number 0
	slabs   []rareSlab
	first   int // no slab before it has room
	used    int
	spare   int // how many more there is room for
}

type rareSlab struct {
	all  []shared
	free []int32 // of all
}

// shared is what so many versions have.
type shared struct {
	rare
	by     int32
	leaned [2]leaned // in even and odd periods: looks of two come in turn where they meet
}

// of gives what has a number.
func (rs *rares) of(n int32) *shared { return &rs.slabs[(n-1)/slab].all[(n-1)%slab] }

// take gives the number of one to be filled.
func (rs *rares) take() int32 {
	for rs.first < len(rs.slabs) && rs.slabs[rs.first].all != nil && len(rs.slabs[rs.first].free) == 0 {
		rs.first++
	}
	if rs.first == len(rs.slabs) {
		rs.slabs = append(rs.slabs, rareSlab{})
	}
	s := &rs.slabs[rs.first]
	if s.all == nil {
		s.all = make([]shared, slab)
		s.free = make([]int32, 0, slab)
		for i := int32(slab) - 1; i >= 0; i-- {
			s.free = append(s.free, i)
		}
		rs.spare += slab
	}
	n := len(s.free) - 1
	at := s.free[n]
	s.free = s.free[:n]
	rs.used++
	rs.spare--
	return int32(rs.first*slab) + at + 1 //nolint:gosec // fewer than 2^31
}

// give takes back that a version has a number's; 0 is nothing.
func (rs *rares) give(n int32) {
	if n == 0 {
		return
	}
	if r := rs.of(n); r.by > 1 {
		r.by--
		return
	}
	k := int(n-1) / slab
	s := &rs.slabs[k]
	s.free = append(s.free, (n-1)%slab)
	rs.first = min(rs.first, k)
	rs.used--
	rs.spare++
	if len(s.free) == slab && rs.spare > rs.used+8*slab {
		rs.shrink()
	}
}

// shrink gives back what is empty, but for half as many as are used.
func (rs *rares) shrink() {
	for k := len(rs.slabs) - 1; k >= 0 && rs.spare > rs.used/2+4*slab; k-- {
		if s := &rs.slabs[k]; len(s.free) == slab {
			*s = rareSlab{}
			rs.spare -= slab
		}
	}
}
