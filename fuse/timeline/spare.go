package timeline

import "math/bits"

// spare keeps things and looks that can be used again.
type spare struct {
	all    []*thing // by number; the first is none
	things []*thing
	looks  [32][]*look // by the logarithm of how many plots they have room for
}

// thing is a new one.
func (s *spare) thing(id ID) *thing {
	if len(s.things) == 0 {
		made := make([]thing, slab)
		for i := range made {
			made[i].number = int32(len(s.all)) //nolint:gosec // fewer than 2^31
			s.all = append(s.all, &made[i])
			s.things = append(s.things, &made[slab-1-i])
		}
	}
	n := len(s.things) - 1
	th := s.things[n]
	s.things = s.things[:n]
	*th = thing{id: id, number: th.number}
	return th
}

// end takes back a thing without versions.
func (s *spare) end(th *thing) { s.things = append(s.things, th) }

// look is an empty one for so many plots. Small ones do not get the room of large
// ones.
func (s *spare) look(plots int) *look {
	size := bits.Len(uint(plots))
	n := len(s.looks[size]) - 1
	if n < 0 {
		return &look{size: size, plots: make([]plot, 0, plots)}
	}
	l := s.looks[size][n]
	s.looks[size] = s.looks[size][:n]
	if cap(l.plots) < plots {
		l.plots = make([]plot, 0, plots)
	}
	return l
}

const (
	// wasteful is how many times more room than a look took is too much.
	wasteful = 4
	// mostSpare is how many looks of a size are kept: steps make and end a few.
	mostSpare = 4
)

// endLook takes a look back. One that was made again and again has pairs of all
// makings: their room is not kept.
func (s *spare) endLook(l *look) {
	if n := len(l.pairs); cap(l.pairs) > wasteful*(n+slab) {
		l.pairs = make([]pair, 0, n)
	}
	if len(s.looks[l.size]) == mostSpare {
		return
	}
	l.reset()
	s.looks[l.size] = append(s.looks[l.size], l)
}
