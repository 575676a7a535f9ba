package metrics

import (
	"fmt"
	"slices"
)

// MaxMatchings is how many ways to match the targets and tracks of one cluster
// Trajectories goes through; four targets with twenty tracks have 146,000.
const MaxMatchings = 1 << 18

// TrajectoryParts is a trajectory GOSPA and what it is made of, over all scans.
type TrajectoryParts struct {
	Parts
	// Switches counts 1 where a target's track becomes another, 1/2 where it
	// gets a track or loses it.
	Switches float64
	// PerScan is (Distance^P / scans)^(1/P), m: to compare with GOSPA.
	PerScan float64
}

// Trajectories is the trajectory GOSPA metric between all targets and all tracks
// (Garcia-Fernandez, Rahmathullah, Svensson: A metric on the space of finite
// sets of trajectories for evaluation of multi-target tracking algorithms, IEEE
// Transactions on Signal Processing 68, 2020, section III), in metres:
//
//	min over pi^1..pi^T of ( sum_k d_k(pi^k)^P + Gamma^P sum_k,i s(pi_i^k, pi_i^k+1) )^(1/P)
//
// pi_i^k is the track that target i has at scan k, or none. d_k^P costs d^P
// where both exist within C, and C^P/2 for every other target and track that
// exists; s is 0 for the same, 1 for another, 1/2 from or to none. Alpha is 2.
//
// This is the paper's metric by multidimensional assignment, not its lower
// bound by linear programming (section IV), which may take fractions of
// assignments; the two are the same wherever the programme's solution has none.
//
//  1. A target and a track that are never within C gain nothing by being
//     matched, so clusters of those that are can be solved apart.
//  2. In a cluster every matching is a state. A change from one to another
//     costs Gamma^P/2 for each pair dropped or made; so the cheapest way to
//     every state is found by dropping pairs one by one, the largest states
//     first, then by making pairs one by one, the smallest first.
//  3. Scan by scan that is an exact dynamic programme (Viterbi 1967).
//
// A cluster of more than MaxMatchings matchings is an error.
func (j *Judge) Trajectories(scans []Scan) (TrajectoryParts, error) {
	ids := number(scans)
	near := make([][]pair, len(scans))
	out := TrajectoryParts{}
	seen := map[[2]int]bool{}
	var ever []pair
	for k := range scans {
		out.Missed += len(scans[k].Truth)
		out.False += len(scans[k].Tracks)
		near[k] = ids.near(j, &scans[k])
		for _, p := range near[k] {
			if key := [2]int{p.truth, p.track}; !seen[key] {
				seen[key] = true
				ever = append(ever, p)
			}
		}
	}
	inOrder(ever)
	edge := map[[2]int]where{}
	all := clusters(ever, len(ids.truth), len(ids.tracks))
	for c, pairs := range all {
		for e, p := range pairs {
			edge[[2]int{p.truth, p.track}] = where{c, e}
		}
	}
	gains := make([][]gain, len(all)) // by cluster, in order of scans
	for k := range near {
		for _, p := range near[k] {
			w := edge[[2]int{p.truth, p.track}]
			gains[w.cluster] = append(gains[w.cluster], gain{k, w.edge, j.pow(p.dist)})
		}
	}
	switches := 0
	for c, pairs := range all {
		m, err := enumerate(pairs)
		if err != nil {
			return TrajectoryParts{}, err
		}
		best := m.best(gains[c], len(scans), j.full, j.pow(j.cfg.Gamma)/2)
		out.Localisation += best.localisation
		out.Detected += best.detected
		switches += best.changes
	}
	out.Missed -= out.Detected
	out.False -= out.Detected
	out.Switches = float64(switches) / 2
	sum := out.Localisation + float64(j.full/2*float64(out.Missed+out.False)) + float64(j.pow(j.cfg.Gamma)*out.Switches)
	out.Distance, out.PerScan = j.root(sum), j.root(sum/float64(max(len(scans), 1)))
	return out, nil
}

// where tells the cluster of a pair and its index there.
type where struct{ cluster, edge int }

// gain is a pair within C at a scan.
type gain struct {
	scan, edge int
	power      float64 // d^P
}

// matchings are all sets of pairs in which no target and no track comes twice,
// smaller ones first.
type matchings struct {
	edges  int
	last   []int32   // the pair that was added to made
	made   []int32   // the matching without it
	within [][]int32 // the matchings with one pair less
}

func enumerate(pairs []pair) (*matchings, error) {
	m := &matchings{edges: len(pairs), last: []int32{-1}, made: []int32{-1}, within: [][]int32{nil}}
	sets := [][]int32{nil}
	index := map[string]int32{"": 0}
	var key []byte
	keyOf := func(set []int32, without int) string {
		key = key[:0]
		for i, e := range set {
			if i != without {
				key = append(key, byte(e), byte(e>>8), byte(e>>16))
			}
		}
		return string(key)
	}
	for s := 0; s < len(sets); s++ {
		for e := m.last[s] + 1; e < int32(len(pairs)); e++ {
			if slices.ContainsFunc(sets[s], func(o int32) bool {
				return pairs[o].truth == pairs[e].truth || pairs[o].track == pairs[e].track
			}) {
				continue
			}
			if len(sets) == MaxMatchings {
				targets, tracks := map[int]bool{}, map[int]bool{}
				for _, p := range pairs {
					targets[p.truth], tracks[p.track] = true, true
				}
				return nil, fmt.Errorf("trajectory GOSPA: %d targets and %d tracks that came close to each other have more than %d matchings: judge fewer scans, or with a smaller cut-off",
					len(targets), len(tracks), MaxMatchings)
			}
			set := append(slices.Clone(sets[s]), e)
			within := make([]int32, len(set))
			for i := range set {
				within[i] = index[keyOf(set, i)]
			}
			index[keyOf(set, -1)] = int32(len(sets))
			sets = append(sets, set)
			m.last, m.made, m.within = append(m.last, e), append(m.made, int32(s)), append(m.within, within)
		}
	}
	return m, nil
}

// value is what it costs to be in a matching, against no pair ever.
type value struct {
	cost         float64 // m^P; below 0 where pairs are within C
	localisation float64 // m^P
	detected     int
	changes      int
}

func (v *value) take(from value, half float64) {
	if cost := from.cost + half; cost < v.cost {
		*v = from
		v.cost = cost
		v.changes++
	}
}

// best gives the cheapest sequence of matchings. gains is in order of scans,
// full C^P, half Gamma^P/2.
func (m *matchings) best(gains []gain, scans int, full, half float64) value {
	at := make([]value, len(m.last))
	own := make([]value, len(m.last))
	power := make([]float64, m.edges)
	within := make([]bool, m.edges)
	for k := range scans {
		if k > 0 {
			for s := len(at) - 1; s > 0; s-- {
				for _, t := range m.within[s] {
					at[t].take(at[s], half)
				}
			}
			for s := 1; s < len(at); s++ {
				for _, t := range m.within[s] {
					at[s].take(at[t], half)
				}
			}
		}
		clear(within)
		for len(gains) > 0 && gains[0].scan == k {
			power[gains[0].edge], within[gains[0].edge] = gains[0].power, true
			gains = gains[1:]
		}
		for s := 1; s < len(at); s++ {
			v := own[m.made[s]]
			if e := m.last[s]; within[e] {
				v.cost += power[e] - full
				v.localisation += power[e]
				v.detected++
			}
			own[s] = v
			at[s].cost += v.cost
			at[s].localisation += v.localisation
			at[s].detected += v.detected
		}
	}
	best := at[0]
	for _, v := range at[1:] {
		if v.cost < best.cost {
			best = v
		}
	}
	return best
}
