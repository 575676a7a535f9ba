package content

import (
	"math"

	"atalaya/track"
)

// Beliefs are kept in the history to a stated precision: below it lie only
// digits that no sensor measured, and they are most of the room that a belief
// takes. Observations are kept exactly, because a replay starts from them.
//
//	position                      1e-7 degrees (1 cm)
//	height                        1 cm
//	velocity, climb               1 cm/s
//	existence, honesty, weights   1e-6
//	covariances, distances,
//	likelihoods                   9 significant bits (0.1 %)

// Rounder gives what is kept to the precision of the history. It keeps its
// memory between calls and is not safe for concurrent use; what it gave is
// valid until the next call.
type Rounder struct {
	events  []track.Event
	tracks  []track.Track
	claims  []track.Belief
	lineage []track.Contribution
}

// Events rounds events; the given ones stay as they are.
func (r *Rounder) Events(events []track.Event) []track.Event {
	r.events = append(r.events[:0], events...)
	r.claims, r.lineage = r.claims[:0], r.lineage[:0]
	for i := range r.events {
		e := &r.events[i]
		r.track(&e.Track)
		r.lineage, e.Lineage = own(r.lineage, e.Lineage)
		for k := range e.Lineage {
			c := &e.Lineage[k]
			c.Distance2, c.Likelihood = bits9(c.Distance2), bits9(c.Likelihood)
			c.Weight = decimals(c.Weight, 1e6)
			for n := range c.Rivals {
				c.Rivals[n].Weight = decimals(c.Rivals[n].Weight, 1e6)
			}
		}
	}
	return r.events
}

// Tracks rounds tracks; the given ones stay as they are.
func (r *Rounder) Tracks(tracks []track.Track) []track.Track {
	r.tracks = append(r.tracks[:0], tracks...)
	r.claims = r.claims[:0]
	for i := range r.tracks {
		r.track(&r.tracks[i])
	}
	return r.tracks
}

func (r *Rounder) track(t *track.Track) {
	t.State = RoundState(t.State)
	t.Existence = decimals(t.Existence, 1e6)
	r.claims, t.Claims = own(r.claims, t.Claims)
	for i := range t.Claims {
		t.Claims[i].Honest = decimals(t.Claims[i].Honest, 1e6)
	}
}

// own copies a list to the end of the memory, and gives both.
func own[T any](memory, list []T) (more, copied []T) {
	if list == nil {
		return memory, nil
	}
	from := len(memory)
	memory = append(memory, list...)
	return memory, memory[from:len(memory):len(memory)]
}

// RoundState gives a state to the precision of the history.
func RoundState(s track.State) track.State {
	s.Position.Lat = decimals(s.Position.Lat, 1e7)
	s.Position.Lon = decimals(s.Position.Lon, 1e7)
	s.Height.Metres = decimals(s.Height.Metres, 100)
	s.East, s.North, s.Climb = decimals(s.East, 100), decimals(s.North, 100), decimals(s.Climb, 100)
	for i := range s.Cov {
		for j := range s.Cov[i] {
			s.Cov[i][j] = bits9(s.Cov[i][j])
		}
	}
	return s
}

// decimals rounds to 1/scale. What is not finite stays, and negative zero
// becomes zero.
func decimals(x, scale float64) float64 {
	if up := math.Round(x * scale); up > -1<<53 && up < 1<<53 {
		return up/scale + 0
	}
	return x
}

// bits9 rounds to nine significant bits.
func bits9(x float64) float64 {
	const drop = 44 // of the 52 bits behind the leading one
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	// Carries into the exponent by themselves, which is right.
	b := math.Float64bits(x) + 1<<(drop-1)
	return math.Float64frombits(b &^ (1<<drop - 1))
}
