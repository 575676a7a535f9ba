package coverage

import "math/bits"

// Set is cells of an area: of each block that has any, its number in the area
// and its cells, in order of blocks. What one sensor sees within 30 km on a
// grid of 90 m takes at most 70 kB.
type Set struct {
	Index []uint32
	Cells []uint64
}

func (s *Set) add(block int, cells uint64) {
	if cells != 0 {
		s.Index = append(s.Index, uint32(block))
		s.Cells = append(s.Cells, cells)
	}
}

// Len is how many cells a set has.
func (s *Set) Len() int {
	n := 0
	for _, c := range s.Cells {
		n += bits.OnesCount64(c)
	}
	return n
}

// Bytes is how much memory a set takes.
func (s *Set) Bytes() int { return 4*cap(s.Index) + 8*cap(s.Cells) }

// SizeOf is the area of a set's cells in square metres.
func (a *Area) SizeOf(s Set) float64 {
	sum := 0.0
	for i, c := range s.Cells {
		sum += float64(a.Blocks[s.Index[i]].Cell * float64(bits.OnesCount64(c)))
	}
	return sum
}
