package metrics

import (
	"cmp"
	"math"
	"slices"
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
		first := len(out)
		for _, t := range order[from:] {
			if tracks[t].Pos[0] > x+j.cfg.C {
				break
			}
			if d := distance(truth[i].Pos, tracks[t].Pos); d < j.cfg.C {
				out = append(out, pair{i, t, d})
			}
		}
		slices.SortFunc(out[first:], func(a, b pair) int { return cmp.Compare(a.track, b.track) })
	}
	return out
}

// clusters parts pairs into sets that share no target and no track, each in
// order of targets and tracks. It orders pairs anew.
func clusters(pairs []pair) [][]pair {
	targets, tracks := 0, 0
	for _, p := range pairs {
		targets, tracks = max(targets, p.truth+1), max(tracks, p.track+1)
	}
	parent := make([]int, targets)
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	first := make([]int, tracks) // target first paired with the track, from 1
	for _, p := range pairs {
		if first[p.track] == 0 {
			first[p.track] = p.truth + 1
			continue
		}
		a, b := root(first[p.track]-1), root(p.truth)
		parent[max(a, b)] = min(a, b)
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(root(a.truth), root(b.truth)), cmp.Compare(a.truth, b.truth), cmp.Compare(a.track, b.track))
	})
	var out [][]pair
	for len(pairs) > 0 {
		n := 1
		for n < len(pairs) && root(pairs[n].truth) == root(pairs[0].truth) {
			n++
		}
		out = append(out, pairs[:n])
		pairs = pairs[n:]
	}
	return out
}

// match chooses of pairs (one a target and track) those that together make
// the sum of min(d, C)^P over any full assignment the least.
func (j *Judge) match(pairs []pair) []pair {
	var out []pair
	for _, c := range clusters(pairs) {
		if len(c) == 1 {
			out = append(out, c[0])
			continue
		}
		rows, cols := members(c)
		cost := make([]float64, len(rows)*len(cols))
		for i := range cost {
			cost[i] = math.Inf(1)
		}
		at := make([]int, len(cost))
		for i, p := range c {
			row, _ := slices.BinarySearch(rows, p.truth)
			col, _ := slices.BinarySearch(cols, p.track)
			cost[row*len(cols)+col], at[row*len(cols)+col] = j.pow(p.dist)-j.full, i
		}
		for row, col := range j.solver.Solve(cost, len(rows), len(cols)) {
			if col >= 0 {
				out = append(out, c[at[row*len(cols)+col]])
			}
		}
	}
	return out
}

// members gives the targets and the tracks of pairs, in order.
func members(pairs []pair) (targets, tracks []int) {
	for _, p := range pairs {
		targets, tracks = append(targets, p.truth), append(tracks, p.track)
	}
	slices.Sort(targets)
	slices.Sort(tracks)
	return slices.Compact(targets), slices.Compact(tracks)
}
