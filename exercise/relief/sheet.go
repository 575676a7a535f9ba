package relief

// sheet is a coarse lattice over the fine one: its node (i, j) lies on the fine
// post (i*every, j*every). It reaches over the fine lattice's last posts.
type sheet struct {
	every  int
	w, h   int
	dx, dy float64 // m
	z      []float64
}

func (m *maker) sheet(every int) *sheet {
	s := &sheet{
		every: every, dx: float64(float64(every) * m.frame.dx), dy: float64(float64(every) * m.frame.dy),
		w: (m.lattice.Width-2)/every + 2, h: (m.lattice.Height-2)/every + 2,
	}
	s.z = make([]float64, s.w*s.h)
	return s
}

// fill sets every node to what f says of its place in metres.
func (s *sheet) fill(f func(x, y float64) float64) {
	parallel(s.h, func(j int) {
		for i := range s.w {
			s.z[j*s.w+i] = f(float64(float64(i)*s.dx), float64(float64(j)*s.dy))
		}
	})
}

// cubic gives the weights of four nodes in a row for a place a fraction t of
// the way between the middle ones: a curve through all nodes (Catmull and Rom).
func cubic(t float64) [4]float64 {
	t2, t3 := float64(t*t), float64(t*float64(t*t))
	return [4]float64{
		float64(0.5 * (float64(2*t2) - t3 - t)),
		float64(0.5 * (float64(3*t3) - float64(5*t2) + 2)),
		float64(0.5 * (float64(4*t2) - float64(3*t3) + t)),
		float64(0.5 * (t3 - t2)),
	}
}

// between gives row y of a lattice so many times finer, with n columns.
func (s *sheet) row(dst, work []float64, y, times int, weights [][4]float64) {
	j, w := y/times, weights[y%times]
	at := func(j int) []float64 {
		j = min(max(j, 0), s.h-1)
		return s.z[j*s.w : (j+1)*s.w]
	}
	a, b, c, d := at(j-1), at(j), at(j+1), at(j+2)
	for i := range work {
		work[i] = float64(w[0]*a[i]) + float64(w[1]*b[i]) + float64(w[2]*c[i]) + float64(w[3]*d[i])
	}
	for i, x := 0, 0; x < len(dst); i++ {
		v0, v1, v2, v3 := work[max(i-1, 0)], work[i], work[min(i+1, s.w-1)], work[min(i+2, s.w-1)]
		for k := 0; k < times && x < len(dst); k++ {
			u := &weights[k]
			dst[x] = float64(u[0]*v0) + float64(u[1]*v1) + float64(u[2]*v2) + float64(u[3]*v3)
			x++
		}
	}
}

func cubics(times int) [][4]float64 {
	out := make([][4]float64, times)
	for k := range out {
		out[k] = cubic(float64(k) / float64(times))
	}
	return out
}

// onto interpolates a sheet at the nodes of a finer one.
func (s *sheet) onto(fine *sheet) *sheet {
	times := s.every / fine.every
	out := *fine
	out.z = make([]float64, fine.w*fine.h)
	weights := cubics(times)
	parallel(fine.h, func(j int) {
		s.row(out.z[j*fine.w:(j+1)*fine.w], make([]float64, s.w), j, times, weights)
	})
	return &out
}

// thin takes every node of a finer sheet that a coarser one has.
func (s *sheet) thin(coarse *sheet) *sheet {
	times := coarse.every / s.every
	out := *coarse
	out.z = make([]float64, coarse.w*coarse.h)
	for j := range coarse.h {
		for i := range coarse.w {
			out.z[j*coarse.w+i] = s.z[min(j*times, s.h-1)*s.w+min(i*times, s.w-1)]
		}
	}
	return &out
}

// at interpolates between the four nodes around a place in metres.
func (s *sheet) at(x, y float64) float64 {
	x, y = x/s.dx, y/s.dy
	i, j := min(max(int(x), 0), s.w-2), min(max(int(y), 0), s.h-2)
	k := j*s.w + i
	north := between(s.z[k], s.z[k+1], x-float64(i))
	south := between(s.z[k+s.w], s.z[k+s.w+1], x-float64(i))
	return between(north, south, y-float64(j))
}
