package app

import (
	"testing"

	"atalaya/fuse/timeline"
)

// The thresholds are those at which the expected GOSPA (p = 2) with and without
// the track are equal.
func TestWhatIsWorthTelling(t *testing.T) {
	for _, c := range []struct {
		existence, sd, tolerance float64 // sd in m, either way
		want                     bool
	}{
		{0.51, 1e3, 0, true}, // no tolerance is told
		{0.51, 0.1, 40, true},
		{0.50, 0.1, 40, false},
		{0.572, 10, 40, true}, // above 1 / (2 - 2 200 (1 - exp(-8)) / 1600) = 0.5714
		{0.571, 10, 40, false},
		{0.9, 20, 40, true},
		{1, 23, 40, false}, // the mean square error is above 1600/2
		{1, 40, 40, false},
	} {
		th := &timeline.Thing{Existence: c.existence}
		th.State.P[0][0], th.State.P[1][1] = c.sd*c.sd, c.sd*c.sd
		if got := worthTelling(th, c.tolerance); got != c.want {
			t.Errorf("existence %g, %g m, tolerance %g m: %v", c.existence, c.sd, c.tolerance, got)
		}
	}
}
