package imm

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
)

// Past is where a thing was some time before, for each way in which it may move
// now.
type Past struct {
	Of [Ways]kalman.Past
	// Prob of the ways that have one; it is that of the state.
	Prob [Ways]float64
}

// Past gives where a thing was so many seconds before. For each way that it moves
// in now it may have moved since in the same, if that was not drawn anew, or in
// any: that is one, by its moments.
func (m *Model) Past(s *State, ago float64) Past {
	kept := fmath.Exp(-math.Abs(ago) / m.Mean)
	var forward, back [Ways]kalman.Motion
	for j := range Ways {
		if m.Share[j] > 0 {
			forward[j], back[j] = m.motion(j, ago), m.motion(j, -ago)
		}
	}
	var out Past
	for k := range Ways {
		if !(s.Prob[k] > 0) {
			continue
		}
		var parts [Ways]kalman.Past
		var weights [Ways]float64
		for j := range Ways {
			w := float64((1 - kept) * m.Share[j])
			if j == k && m.Share[j] > 0 {
				w += kept
			}
			if w > 0 {
				if p, ok := s.Est[k].Past(&forward[j], &back[j]); ok {
					parts[j], weights[j] = p, w
				}
			}
		}
		var ok bool
		if out.Of[k], ok = kalman.MixPast(parts[:], weights[:]); ok {
			out.Prob[k] = s.Prob[k]
		}
	}
	return out
}

// motion is that of a way that occurs, through dt seconds.
func (m *Model) motion(way int, dt float64) kalman.Motion {
	switch way {
	case Left:
		return kalman.Turning(dt, m.Turn, m.Noise[way])
	case Right:
		return kalman.Turning(dt, -m.Turn, m.Noise[way])
	case Slow:
		return kalman.Settling(dt, m.Calm, m.Drift)
	}
	return kalman.Turning(dt, 0, m.Noise[way])
}

// Mean is the place of the past, with a velocity that is not bound to it; false:
// there is none.
func (p *Past) Mean(velocity *kalman.Estimate) (e kalman.Estimate, ok bool) {
	all, ok := kalman.MixPast(p.Of[:], p.Prob[:])
	e = all.Place()
	for i := 2; i < 4; i++ {
		e.X[i] = velocity.X[i]
		for j := 2; j < 4; j++ {
			e.P[i][j] = velocity.P[i][j]
		}
	}
	return e, ok
}
