package metrics

import (
	"cmp"
	"math"
	"slices"

	"atalaya/fuse/assign"
)

// pair is a target and a track that are less than C apart.
type pair struct {
	truth, track int     // indices
	dist         float64 // m
}

// near gives all pairs of less than C, in order of targets and tracks. It
// sweeps along the first axis.
func (j *Judge) near(truth, tracks []State) []pair {
	order := make([]int, len(tracks))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(tracks[a].Pos[0], tracks[b].Pos[0]) })
	var out []pair
	for i := range truth {
		x := truth[i].Pos[0]
		from, _ := slices.BinarySearchFunc(order, x-j.cfg.C, func(t int, x float64) int { return cmp.Compare(tracks[t].Pos[0], x) })
		for _, t := range order[from:] {
			if tracks[t].Pos[0] > x+j.cfg.C {
				break
			}
			if d := distance(truth[i].Pos, tracks[t].Pos); d < j.cfg.C {
				out = append(out, pair{i, t, d})
			}
		}
	}
	inOrder(out)
	return out
}

// match chooses of pairs (in order of targets, each once) those that together
// make the sum of min(d, C)^P over any full assignment the least.
func (j *Judge) match(pairs []pair, targets, tracks int) []pair {
	start := make([]int32, targets+1)
	col := make([]int32, len(pairs))
	worth := make([]float64, len(pairs))
	for i, p := range pairs {
		start[p.truth+1] = int32(i + 1)
		col[i], worth[i] = int32(p.track), j.full-j.pow(p.dist)
	}
	for i := range targets {
		start[i+1] = max(start[i+1], start[i])
	}
	j.best.Solve(start, col, worth, tracks, math.MaxInt)
	var out []pair
	for _, e := range j.best.Chosen {
		if e >= 0 {
			out = append(out, pairs[e])
		}
	}
	return out
}

// clusters parts pairs (in order of targets) into sets that share no target
// and no track.
func clusters(pairs []pair, targets, tracks int) [][]pair {
	var parts assign.Components
	parts.Reset(targets, tracks)
	for _, p := range pairs {
		parts.Join(int32(p.truth), int32(p.track))
	}
	parts.Part()
	out := make([][]pair, parts.Len())
	for _, p := range pairs {
		k := parts.Of(int32(p.truth))
		out[k] = append(out[k], p)
	}
	// Targets that never had a track near make sets of nothing.
	return slices.DeleteFunc(out, func(c []pair) bool { return len(c) == 0 })
}

// inOrder sorts pairs by targets and tracks.
func inOrder(pairs []pair) {
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a.truth, b.truth), cmp.Compare(a.track, b.track)) })
}
