package coverage_test

import (
	"strings"
	"testing"

	"atalaya/terrain/coverage"
)

// 'bench/run.sh optimism' measures what stands in the table.
func TestOptimism(t *testing.T) {
	for _, c := range []struct {
		resolution, factor float64
		text               string
	}{
		{10, 1, "not known"},
		{90, 1, "not known"},
		{135, 1.075, "by 7 %"},
		{450, 1.47, "by 47 %"},
		{900, 1.83, "by 83 %"},
		{2000, 1.83, "by at least 83 %"},
	} {
		got := coverage.Optimism(c.resolution)
		if d := got.Factor - c.factor; d > 1e-9 || d < -1e-9 || !strings.Contains(got.Text, c.text) {
			t.Errorf("%v m: %+v, want factor %v", c.resolution, got, c.factor)
		}
	}
}
