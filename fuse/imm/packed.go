package imm

import "slices"

// A state that is kept for a while takes less room packed: of each way that
// occurs its probability and estimate, and of a covariance one half. Nothing is
// lost of a State whose covariances are symmetric and in which no other way has a
// probability.

// Packed is how many numbers a way takes.
const Packed = 15

// Occurring gives the ways that occur in any of several models, in order.
func Occurring(models ...*Model) []int {
	var ways []int
	for k := range Ways {
		if slices.ContainsFunc(models, func(m *Model) bool { return m.Share[k] > 0 }) {
			ways = append(ways, k)
		}
	}
	return ways
}

// Pack writes these ways of the state to where there is room for Packed numbers
// of each.
func (s *State) Pack(ways []int, to []float64) {
	for i, k := range ways {
		w, x, p := to[i*Packed:][:Packed], &s.Est[k].X, &s.Est[k].P
		w[0] = s.Prob[k]
		w[1], w[2], w[3], w[4] = x[0], x[1], x[2], x[3]
		w[5], w[6], w[7], w[8] = p[0][0], p[1][0], p[2][0], p[3][0]
		w[9], w[10], w[11] = p[1][1], p[2][1], p[3][1]
		w[12], w[13], w[14] = p[2][2], p[3][2], p[3][3]
	}
}

// Unpack makes the state what was packed.
func (s *State) Unpack(ways []int, from []float64) {
	if len(ways) < Ways {
		*s = State{}
	}
	for i, k := range ways {
		w, x, p := from[i*Packed:][:Packed], &s.Est[k].X, &s.Est[k].P
		s.Prob[k] = w[0]
		x[0], x[1], x[2], x[3] = w[1], w[2], w[3], w[4]
		p[0][0], p[1][0], p[2][0], p[3][0] = w[5], w[6], w[7], w[8]
		p[0][1], p[1][1], p[2][1], p[3][1] = w[6], w[9], w[10], w[11]
		p[0][2], p[1][2], p[2][2], p[3][2] = w[7], w[10], w[12], w[13]
		p[0][3], p[1][3], p[2][3], p[3][3] = w[8], w[11], w[13], w[14]
	}
}

// Is reports whether that is what Pack would write.
func (s *State) Is(ways []int, packed []float64) bool {
	for i, k := range ways {
		w, x, p := packed[i*Packed:][:Packed], &s.Est[k].X, &s.Est[k].P
		if w[0] != s.Prob[k] || w[1] != x[0] || w[2] != x[1] || w[3] != x[2] || w[4] != x[3] ||
			w[5] != p[0][0] || w[6] != p[1][0] || w[7] != p[2][0] || w[8] != p[3][0] ||
			w[9] != p[1][1] || w[10] != p[2][1] || w[11] != p[3][1] ||
			w[12] != p[2][2] || w[13] != p[3][2] || w[14] != p[3][3] {
			return false
		}
	}
	return true
}
