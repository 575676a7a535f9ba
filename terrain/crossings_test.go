package terrain_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"atalaya/terrain"
)

func TestCrossings(t *testing.T) {
	for _, c := range []struct {
		c0, r0, c1, r1 float64
		want           string
	}{
		{0.5, 0.5, 2.5, 0.5, "[0.25 0.75]"},
		{2.5, 0.5, 0.5, 0.5, "[0.25 0.75]"},
		{0.5, 0.5, 0.5, -1.5, "[0.25 0.75]"},
		{0, 0, 2, 2, "[0.5]"}, // through a post: once
		{0, 0, 2, 1, "[0.5]"},
		{0.5, 0.75, 2.5, 1.25, "[0.25 0.5 0.75]"},
		{1, 1, 1, 1, "[]"},
		{1.25, 1.25, 1.75, 1.5, "[]"},
		{-0.5, 0, 0.5, 0, "[0.5]"},
		{1, 2, 3, 2, "[0.5]"}, // along a line
		{math.NaN(), 0, 3, 0, "[]"},
	} {
		if got := fmt.Sprint(slices.Collect(terrain.Crossings(c.c0, c.r0, c.c1, c.r1))); got != c.want {
			t.Errorf("from %v,%v to %v,%v: %s, want %s", c.c0, c.r0, c.c1, c.r1, got, c.want)
		}
	}
}
