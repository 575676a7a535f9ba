package metrics

import "cmp"

// SIAP holds the counts of the single integrated air picture metrics (Votruba
// et al.: Single integrated air picture (SIAP) metrics implementation, 2001),
// so that those of several runs can be added.
//
// A track is assigned to the nearest target within C at each scan; several may
// be assigned to one target. A segment is an unbroken run of scans at which a
// track is assigned to one target.
type SIAP struct {
	Targets         int     // J: targets, summed over scans
	Tracked         int     // JT: targets with a track
	Tracks          int     // N: tracks
	Assigned        int     // NA: tracks with a target
	PositionError   float64 // m, summed over the assigned
	VelocityError   float64 // m/s, summed over the assigned where both are known
	VelocityKnown   int     // how many those are
	Excess          int     // sum of NU-1: segments more than one that it takes to follow each target as long as it was followed
	Followed        float64 // TT, s: how long targets were in any segment
	Lifetime        float64 // T, s: from first to last scan of each target
	LongestSegments float64 // TL, s: the longest segment of each target
}

// Add adds the counts of another run.
func (s *SIAP) Add(o SIAP) {
	s.Targets += o.Targets
	s.Tracked += o.Tracked
	s.Tracks += o.Tracks
	s.Assigned += o.Assigned
	s.PositionError += o.PositionError
	s.VelocityError += o.VelocityError
	s.VelocityKnown += o.VelocityKnown
	s.Excess += o.Excess
	s.Followed += o.Followed
	s.Lifetime += o.Lifetime
	s.LongestSegments += o.LongestSegments
}

// Completeness is the part of targets that are tracked, JT/J: best 1.
func (s SIAP) Completeness() float64 { return ratio(float64(s.Tracked), float64(s.Targets), 0) }

// Ambiguity is tracks a tracked target, NA/JT: best 1.
func (s SIAP) Ambiguity() float64 { return ratio(float64(s.Assigned), float64(s.Tracked), 1) }

// Spuriousness is the part of tracks that have no target, (N-NA)/N: best 0.
func (s SIAP) Spuriousness() float64 {
	return ratio(float64(s.Tracks-s.Assigned), float64(s.Tracks), 0)
}

// PositionAccuracy is the mean position error of assigned tracks, m.
func (s SIAP) PositionAccuracy() float64 { return ratio(s.PositionError, float64(s.Assigned), 0) }

// VelocityAccuracy is the mean velocity error of assigned tracks, m/s.
func (s SIAP) VelocityAccuracy() float64 { return ratio(s.VelocityError, float64(s.VelocityKnown), 0) }

// ChangeRate is track number changes a second of following,
// sum(NU-1)/sum(TT), 1/s: best 0. A break counts as a change also where the
// same track comes back, as in Stone Soup.
func (s SIAP) ChangeRate() float64 { return ratio(float64(s.Excess), s.Followed, 0) }

// LongestSegment is the part of the targets' lives that their longest
// segments cover, sum(TL)/sum(T): best 1. Stone Soup adds up what one track
// followed a target with breaks; here a break ends a segment.
func (s SIAP) LongestSegment() float64 { return ratio(s.LongestSegments, s.Lifetime, 0) }

// ratio is a/b, or none where b is 0.
func ratio(a, b, none float64) float64 {
	if b == 0 {
		return none
	}
	return a / b
}

// segment is from the first to the last scan at which a track was assigned.
type segment struct{ from, to int }

// followed is a target over its life.
type followed struct {
	first, last int // scan
	segments    []segment
}

// SIAP counts over scans, which are in order of time.
func (j *Judge) SIAP(scans []Scan) SIAP {
	var out SIAP
	ids := number(scans)
	targets := make([]followed, len(ids.truth))
	type open struct{ target, segment, scan int }
	latest := map[int]open{} // by track
	for k := range scans {
		s := &scans[k]
		out.Targets += len(s.Truth)
		out.Tracks += len(s.Tracks)
		for i := range s.Truth {
			t := &targets[ids.truth[s.Truth[i].ID]]
			if t.segments == nil {
				t.first, t.segments = k, []segment{}
			}
			t.last = k
		}
		tracked := map[int]bool{}
		for _, p := range nearest(j.near(s.Truth, s.Tracks), len(s.Tracks)) {
			tracked[p.truth] = true
			out.Assigned++
			out.PositionError += p.dist
			a, b := &s.Truth[p.truth], &s.Tracks[p.track]
			if a.HasVel && b.HasVel {
				out.VelocityError += distance(a.Vel, b.Vel)
				out.VelocityKnown++
			}
			target, track := ids.truth[a.ID], ids.tracks[b.ID]
			t := &targets[target]
			o, ok := latest[track]
			if !ok || o.target != target || o.scan != k-1 {
				o = open{target: target, segment: len(t.segments)}
				t.segments = append(t.segments, segment{k, k})
			}
			o.scan = k
			t.segments[o.segment].to = k
			latest[track] = o
		}
		out.Tracked += len(tracked)
	}
	span := func(from, to int) float64 { return scans[to].Time - scans[from].Time }
	for _, t := range targets {
		out.Lifetime += span(t.first, t.last)
		longest, until := 0.0, -1      // until: scan to which it is followed
		for _, s := range t.segments { // in order of their beginning
			longest = max(longest, span(s.from, s.to))
			if s.to > until {
				out.Followed += span(max(s.from, max(until, 0)), s.to)
				until = s.to
			}
		}
		out.LongestSegments += longest
		out.Excess += max(cover(t.segments)-1, 0)
	}
	return out
}

// nearest keeps for every track the pair with the nearest target, of equals
// the first.
func nearest(pairs []pair, tracks int) []pair {
	best := make([]int, tracks) // index of the pair, from 1
	for i, p := range pairs {
		if b := best[p.track]; b == 0 || p.dist < pairs[b-1].dist {
			best[p.track] = i + 1
		}
	}
	var out []pair
	for _, b := range best {
		if b > 0 {
			out = append(out, pairs[b-1])
		}
	}
	return out
}

// cover gives the least number of segments that hold every scan that any of
// them holds: again and again the one that holds the next scan and reaches
// furthest.
func cover(segments []segment) int {
	n, done := 0, -1
	for {
		best := segment{-1, -1}
		for _, s := range segments {
			if s.to <= done {
				continue
			}
			s.from = max(s.from, done+1)
			if best.from < 0 || cmp.Or(cmp.Compare(s.from, best.from), cmp.Compare(best.to, s.to)) < 0 {
				best = s
			}
		}
		if best.from < 0 {
			return n
		}
		n, done = n+1, best.to
	}
}
