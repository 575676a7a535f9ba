package metrics

// paths gives every target and track a number, by first appearance.
type paths struct {
	truth, tracks map[string]int
}

func number(scans []Scan) paths {
	p := paths{map[string]int{}, map[string]int{}}
	add := func(m map[string]int, states []State) {
		for i := range states {
			if _, ok := m[states[i].ID]; !ok {
				m[states[i].ID] = len(m)
			}
		}
	}
	for i := range scans {
		add(p.truth, scans[i].Truth)
		add(p.tracks, scans[i].Tracks)
	}
	return p
}

// near gives the pairs of a scan with the numbers of the paths.
func (p paths) near(j *Judge, s *Scan) []pair {
	pairs := j.near(s.Truth, s.Tracks)
	for i := range pairs {
		pairs[i].truth = p.truth[s.Truth[pairs[i].truth].ID]
		pairs[i].track = p.tracks[s.Tracks[pairs[i].track].ID]
	}
	return pairs
}

// OSPA2 is the OSPA metric between sets of tracks (Beard, Vo, Vo: A solution
// for large-scale multi-object tracking, IEEE Transactions on Signal Processing
// 68, 2020, section IV; first as "OSPA(2)" at ICCAIS 2017), in metres. It is
// the OSPA of order P whose base distance between two tracks f and g is
//
//	mean over the scans at which f or g exists of
//	    min(d(f(t), g(t)), C) where both exist, C where one does.
//
// The window is what the caller gives: all scans, or the last w for a figure
// that follows time. A fragmented or switched track costs what it lacks of the
// window.
func (j *Judge) OSPA2(scans []Scan) float64 {
	ids := number(scans)
	truth, tracks := make([][]int, len(ids.truth)), make([][]int, len(ids.tracks)) // scans at which each exists
	type together struct {
		scans int // within C
		dist  float64
	}
	sums := map[[2]int]*together{}
	var pairs []pair
	for k := range scans {
		for _, s := range scans[k].Truth {
			truth[ids.truth[s.ID]] = append(truth[ids.truth[s.ID]], k)
		}
		for _, s := range scans[k].Tracks {
			tracks[ids.tracks[s.ID]] = append(tracks[ids.tracks[s.ID]], k)
		}
		for _, p := range ids.near(j, &scans[k]) {
			key := [2]int{p.truth, p.track}
			if sums[key] == nil {
				sums[key] = &together{}
				pairs = append(pairs, pair{truth: p.truth, track: p.track})
			}
			sums[key].scans++
			sums[key].dist += p.dist
		}
	}
	for i := range pairs {
		p := &pairs[i]
		s, lived := sums[[2]int{p.truth, p.track}], union(truth[p.truth], tracks[p.track])
		p.dist = (s.dist + float64(j.cfg.C*float64(lived-s.scans))) / float64(lived)
	}
	inOrder(pairs)
	return j.ospa(j.match(pairs, len(ids.truth), len(ids.tracks)), len(ids.truth), len(ids.tracks))
}

// union gives how many numbers are in a or b, both in order.
func union(a, b []int) int {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		x, y := a[0], b[0]
		if x <= y {
			a = a[1:]
		}
		if y <= x {
			b = b[1:]
		}
		n++
	}
	return n + len(a) + len(b)
}
