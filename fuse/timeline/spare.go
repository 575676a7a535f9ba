package timeline

import "math/bits"

// spare keeps what can be used again, so that a timeline that has seen its
// largest picture allocates no more.
type spare struct {
	versions []*version
	things   []*thing
	looks    []*look
	arrays   [32][][]*version // of a thing's versions, by the logarithm of their size
}

const (
	// slab is how many versions, things or arrays are made at a time.
	slab = 64
	// few is the logarithm of how many versions a thing has room for at first.
	few = 3
)

// thing is a new one.
func (s *spare) thing(id ID) *thing {
	if len(s.things) == 0 {
		made := make([]thing, slab)
		for i := range made {
			s.things = append(s.things, &made[slab-1-i])
		}
	}
	n := len(s.things) - 1
	th := s.things[n]
	s.things = s.things[:n]
	*th = thing{id: id}
	return th
}

// end takes back a thing without versions.
func (s *spare) end(th *thing) {
	s.keep(th.versions)
	th.versions = nil
	s.things = append(s.things, th)
}

// take gives a version to be filled.
func (s *spare) take() *version {
	if len(s.versions) == 0 {
		made := make([]version, slab)
		for i := range made {
			s.versions = append(s.versions, &made[slab-1-i])
		}
	}
	n := len(s.versions) - 1
	v := s.versions[n]
	s.versions = s.versions[:n]
	return v
}

// look is an empty one.
func (s *spare) look() *look {
	n := len(s.looks) - 1
	if n < 0 {
		return &look{}
	}
	l := s.looks[n]
	s.looks = s.looks[:n]
	return l
}

func (s *spare) give(v *version) { s.versions = append(s.versions, v) }

// longer moves the versions of a thing to where there is room for more.
func (s *spare) longer(old []*version) []*version {
	size := max(bits.Len(uint(cap(old))), few)
	if len(s.arrays[size]) == 0 {
		made := make([]*version, slab<<size)
		for i := range slab {
			s.arrays[size] = append(s.arrays[size], made[i<<size:i<<size:(i+1)<<size])
		}
	}
	n := len(s.arrays[size]) - 1
	to := append(s.arrays[size][n], old...)
	s.arrays[size] = s.arrays[size][:n]
	s.keep(old)
	return to
}

// keep takes back an array of versions.
func (s *spare) keep(old []*version) {
	if cap(old) == 0 {
		return
	}
	old = old[:cap(old)]
	clear(old)
	size := bits.Len(uint(cap(old))) - 1
	s.arrays[size] = append(s.arrays[size], old[:0])
}

// borrow takes up to n versions, and not more than half of what the other has.
func (s *spare) borrow(o *spare, n int) {
	from := len(o.versions) - min(n, len(o.versions)/2)
	s.versions = append(s.versions, o.versions[from:]...)
	o.versions = o.versions[:from]
}

// takeBack takes all versions of another.
func (s *spare) takeBack(o *spare) {
	s.versions = append(s.versions, o.versions...)
	o.versions = o.versions[:0]
}
