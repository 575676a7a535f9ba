// Package bestfit makes of tracks that share their evidence the independent
// tracks that tell the same best.
//
//  1. After an update with marginal association probabilities each track is a
//     mixture: of what it is with each plot, of what it is unseen, and of not
//     being at all. Tracks that met share their plots: each becomes a mixture of
//     all their places, and when one of four ends, all four exist by three
//     quarters.
//  2. What the mixtures say of the scene does not depend on whose a part is. So
//     parts are handed on among the tracks, whole or in shares, until every
//     track is as much of one piece as it can be. A part costs a track the
//     expected logarithm of how little the track, as it is, explains it; each
//     track keeps a mass of one in all. This is a transport problem, and begins
//     with every part where it was: tracks that are apart keep what they have.
//  3. Each track takes the existence, mean and covariance of what it has now.
//     Steps 2 and 3 are done again until nothing moves.
//
// This minimises an upper bound of the divergence from the mixtures to
// independent tracks: J. L. Williams, An efficient, variational approximation of
// the best fitting multi-Bernoulli filter, IEEE Trans. Signal Processing 63(1),
// 2015, sections III and IV.
//
// Only tracks that may be each other belong into one call: what claims one
// identity has no part in what claims another.
package bestfit

import (
	"math"

	"atalaya/fuse/kalman"
	"atalaya/geo/fmath"
)

// Part is one hypothesis of a track after an update.
type Part struct {
	Track  int     // whose it was
	Mass   float64 // its probability; those of one track have the sum 1
	Exists bool
	State  kalman.Estimate // where it exists
}

// Track is a thing that exists with a probability, and where it is then.
type Track struct {
	Existence float64
	State     kalman.Estimate
}

const (
	// MostTracks in one call; more are left as they are.
	MostTracks = 16
	rounds     = 4
	// So far existence stays from nothing and from certainty in a logarithm.
	doubt = 1e-6
	// What is less is not handed on, whether mass or gain.
	little = 1e-9
)

// Fitter keeps the scratch space between calls.
type Fitter struct {
	n     int // tracks
	parts []Part
	views []view
	share []float64 // mass of a part at a track, by part
	cost  []float64 // of it, a unit
	ring  ring
}

// view is what a track is taken for while parts are handed on.
type view struct {
	there, nowhere float64 // what existing costs, but for the place, and not existing
	precision      [4][4]float64
	mean           [4]float64
}

// Fit hands the parts on and sets the tracks to what they have then. Before,
// they are to have the moments of their own parts. It gives the mass of each part
// at each track, by part, valid until the next call; nil where there are more
// than MostTracks or a covariance is not positive definite: then nothing changed.
func (f *Fitter) Fit(tracks []Track, parts []Part) []float64 {
	if len(tracks) > MostTracks || !f.begin(tracks, parts) {
		return nil
	}
	for range rounds {
		f.price()
		if !f.hand() {
			break
		}
		f.match(tracks)
		if !f.see(tracks) {
			break
		}
	}
	return f.share
}

func (f *Fitter) begin(tracks []Track, parts []Part) bool {
	f.n, f.parts = len(tracks), parts
	f.share = zeroed(f.share, len(parts)*f.n)
	f.cost = zeroed(f.cost, len(parts)*f.n)
	for a := range parts {
		f.share[a*f.n+parts[a].Track] = parts[a].Mass
	}
	return f.see(tracks)
}

// see takes the tracks for what they are now.
func (f *Fitter) see(tracks []Track) bool {
	f.views = zeroed(f.views, f.n)
	for k := range tracks {
		t, v := &tracks[k], &f.views[k]
		r := min(max(t.Existence, doubt), 1-doubt)
		precision, logDet, ok := kalman.Invert4(&t.State.P)
		if !ok {
			return false
		}
		v.precision, v.mean = precision, t.State.X
		v.there, v.nowhere = float64(logDet/2)-fmath.Log(r), -fmath.Log(1-r)
	}
	return true
}

// price tells what each part costs at each track.
func (f *Fitter) price() {
	for a := range f.parts {
		p := &f.parts[a]
		for k := range f.views {
			v := &f.views[k]
			if p.Exists {
				f.cost[a*f.n+k] = v.there + float64(v.spread(&p.State)/2)
			} else {
				f.cost[a*f.n+k] = v.nowhere
			}
		}
	}
}

// spread is the expected squared distance of a state from the track.
func (v *view) spread(e *kalman.Estimate) float64 {
	sum := 0.0
	for i := range 4 {
		di := e.X[i] - v.mean[i]
		for j := range 4 {
			sum += float64(v.precision[i][j] * (e.P[i][j] + float64(di*(e.X[j]-v.mean[j]))))
		}
	}
	return sum
}

// hand hands mass on round rings of tracks while that makes all of it cheaper,
// and reports whether anything was.
func (f *Fitter) hand() (moved bool) {
	most := 4 * len(f.parts) * f.n // each time a share comes to nothing
	for range most {
		f.ring.open(f.n)
		for a := range f.parts {
			row := a * f.n
			for from := range f.n {
				if f.share[row+from] <= little {
					continue
				}
				for to := range f.n {
					f.ring.offer(from, to, f.cost[row+to]-f.cost[row+from], a)
				}
			}
		}
		way := f.ring.find()
		if way == nil {
			break
		}
		mass := math.Inf(1)
		for i, from := range way {
			mass = min(mass, f.share[f.ring.part(from, way[(i+1)%len(way)])*f.n+from])
		}
		for i, from := range way {
			to := way[(i+1)%len(way)]
			a := f.ring.part(from, to)
			f.share[a*f.n+from] -= mass
			f.share[a*f.n+to] += mass
		}
		moved = true
	}
	return moved
}

// match gives each track the moments of what it has.
func (f *Fitter) match(tracks []Track) {
	for k := range tracks {
		t := &tracks[k]
		exists := 0.0
		var m kalman.Estimate
		for a := range f.parts {
			p := &f.parts[a]
			w := f.share[a*f.n+k]
			if !p.Exists || w <= little {
				continue
			}
			exists += w
			for i := range 4 {
				m.X[i] += float64(w * p.State.X[i])
			}
		}
		t.Existence = min(exists, 1)
		if exists <= little {
			continue // it has no place: that of before is as good as any
		}
		for i := range 4 {
			m.X[i] /= exists
		}
		for a := range f.parts {
			p := &f.parts[a]
			w := f.share[a*f.n+k]
			if !p.Exists || w <= little {
				continue
			}
			for i := range 4 {
				di := p.State.X[i] - m.X[i]
				for j := range i + 1 {
					m.P[i][j] += float64(w / exists * (p.State.P[i][j] + float64(di*(p.State.X[j]-m.X[j]))))
				}
			}
		}
		for i := range 4 {
			for j := range i {
				m.P[j][i] = m.P[i][j]
			}
		}
		t.State = m
	}
}

func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}
