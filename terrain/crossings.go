package terrain

import (
	"iter"
	"math"
)

// Crossings gives where the way from one column and row to another, straight
// on the lattice, crosses the lines through the posts: fractions of the way,
// in order, without its ends. Between two of them bilinear ground is a
// parabola.
func Crossings(col0, row0, col1, row1 float64) iter.Seq[float64] {
	return func(yield func(float64) bool) {
		c, dc := firstLine(col0, col1)
		r, dr := firstLine(row0, row1)
		fraction := func(line, from, to, step float64) float64 {
			if (to-line)*step > 0 { // NaN: none
				return (line - from) / (to - from)
			}
			return 1
		}
		for {
			fc, fr := fraction(c, col0, col1, dc), fraction(r, row0, row1, dr)
			f := min(fc, fr)
			if !(f < 1) || !yield(f) {
				return
			}
			if fc <= fr {
				c += dc
			}
			if fr <= fc {
				r += dr
			}
		}
	}
}

// firstLine is the first whole number beyond from on the way to another, and
// the step to the next.
func firstLine(from, to float64) (line, step float64) {
	switch {
	case to > from:
		return math.Floor(from) + 1, 1
	case to < from:
		return math.Ceil(from) - 1, -1
	}
	return 0, 0
}
