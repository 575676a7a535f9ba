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
		{135, 1.08, "by 8 %"},
		{450, 1.53, "by 53 %"},
		{900, 1.99, "by 99 %"},
		{2000, 1.99, "by at least 99 %"},
	} {
		got := coverage.Optimism(c.resolution)
		if d := got.Factor - c.factor; d > 1e-9 || d < -1e-9 || !strings.Contains(got.Text, c.text) {
			t.Errorf("%v m: %+v, want factor %v", c.resolution, got, c.factor)
		}
	}
}
