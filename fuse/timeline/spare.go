package timeline

import (
	"math/bits"

	"atalaya/fuse/imm"
)

// spare keeps what can be used again, so that a timeline that has seen its
// largest picture allocates no more.
//
// Versions are most of what a timeline holds. Their states are packed, of the ways
// that occur in its models, and what few have stands apart, once for all versions
// in a row that have the same. None of it has pointers.
type spare struct {
	ways     []int
	versions []*kept
	states   [][]float64 // packed: slabs of many
	rooms    int32       // in them
	rares    []shared    // the first is none
	free     []int32     // of rares
	things   []*thing
	all      []*thing      // by number, from 1
	looks    [32][]*look   // by the logarithm of how many plots they have room for
	arrays   [32][][]*kept // of a thing's versions, by the logarithm of their size
}

// shared is what so many versions have.
type shared struct {
	rare
	by int32
}

const (
	// slab is how many things or arrays are made at a time, many how many versions.
	slab, many = 64, 256
	// few is the logarithm of how many versions a thing has room for at first.
	few = 3
)

func newSpare(domains []Domain) spare {
	var models []*imm.Model
	for i := range domains {
		models = append(models, domains[i].Model)
	}
	return spare{ways: imm.Occurring(models...), rares: make([]shared, 1), all: make([]*thing, 1)}
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
func (s *spare) end(th *thing) {
	s.keep(th.versions)
	th.versions = nil
	s.things = append(s.things, th)
}

// take gives a version to be filled.
func (s *spare) take() *kept {
	if len(s.versions) == 0 {
		made := make([]kept, many)
		for i := range made {
			made[i].room = s.rooms + int32(i) //nolint:gosec // many
			s.versions = append(s.versions, &made[many-1-i])
		}
		s.rooms += many
		s.states = append(s.states, make([]float64, many*s.size()))
	}
	n := len(s.versions) - 1
	v := s.versions[n]
	s.versions = s.versions[:n]
	return v
}

// size is how many numbers a state has.
func (s *spare) size() int { return len(s.ways) * imm.Packed }

// stateOf is a version's, packed.
func (s *spare) stateOf(k *kept) []float64 {
	n := s.size()
	return s.states[k.room/many][int(k.room%many)*n:][:n]
}

// fill makes k the version v, but for what is rare.
func (s *spare) fill(k *kept, v *version) {
	k.head, k.outline.known = v.head, false
	v.state.Pack(s.ways, s.stateOf(k))
}

// open gives v what a version is.
func (s *spare) open(k *kept, v *version) {
	v.head, v.rare = k.head, *s.rareOf(k)
	v.state.Unpack(s.ways, s.stateOf(k))
}

// rareOf is what is rare of a version.
func (s *spare) rareOf(k *kept) *rare { return &s.rares[k.rare].rare }

// setRare gives k what is rare of v: that of the version before it, if it is the
// same.
func (s *spare) setRare(k *kept, v *version, before *kept) {
	if v.rare == (rare{}) {
		return
	}
	if before != nil && before.rare != 0 && *s.rareOf(before) == v.rare {
		k.rare = before.rare
		s.rares[k.rare].by++
		return
	}
	if len(s.free) == 0 {
		s.free = append(s.free, int32(len(s.rares))) //nolint:gosec // fewer than 2^31
		s.rares = append(s.rares, shared{})
	}
	n := len(s.free) - 1
	k.rare, s.free = s.free[n], s.free[:n]
	s.rares[k.rare] = shared{v.rare, 1}
}

// give takes a version back.
func (s *spare) give(k *kept) {
	if a := k.rare; a != 0 {
		k.rare = 0
		if s.rares[a].by--; s.rares[a].by == 0 {
			s.free = append(s.free, a)
		}
	}
	s.versions = append(s.versions, k)
}

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
	return l
}

// endLook takes a look back.
func (s *spare) endLook(l *look) {
	l.reset()
	s.looks[l.size] = append(s.looks[l.size], l)
}

// longer makes room for another version of a thing.
func (s *spare) longer(th *thing) {
	old := th.versions
	if len(old) < cap(old) {
		return
	}
	size := max(bits.Len(uint(cap(old))), few)
	if len(s.arrays[size]) == 0 {
		made := make([]*kept, slab<<size)
		for i := range slab {
			s.arrays[size] = append(s.arrays[size], made[i<<size:i<<size:(i+1)<<size])
		}
	}
	n := len(s.arrays[size]) - 1
	th.versions = append(s.arrays[size][n], old...)
	s.arrays[size] = s.arrays[size][:n]
	s.keep(old)
}

// keep takes back an array of versions.
func (s *spare) keep(old []*kept) {
	if cap(old) == 0 {
		return
	}
	old = old[:cap(old)]
	clear(old)
	size := bits.Len(uint(cap(old))) - 1
	s.arrays[size] = append(s.arrays[size], old[:0])
}
