package metrics

// Switches counts how often a target's track becomes another: at each scan
// targets and tracks are matched as in GOSPA, and a target whose track is
// another than the last that it had, however long ago, counts one. The
// matching looks at one scan only, so two tracks that change sides of two
// targets count two.
func (j *Judge) Switches(scans []Scan) int {
	last := map[string]string{}
	n := 0
	for i := range scans {
		s := &scans[i]
		for _, p := range j.match(j.near(s.Truth, s.Tracks), len(s.Truth), len(s.Tracks)) {
			target, track := s.Truth[p.truth].ID, s.Tracks[p.track].ID
			if before, ok := last[target]; ok && before != track {
				n++
			}
			last[target] = track
		}
	}
	return n
}
