package timeline

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestClaims: the plots of a claim are found, and no others.
func TestClaims(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	var c claims
	for range 200 {
		plots := make([]plot, r.IntN(300))
		for i := range plots {
			plots[i].Claim = uint64(r.IntN(400)) << (8 * r.IntN(8))
		}
		c.enter(plots)
		for _, claim := range []uint64{0, 1, 7 << 56, uint64(r.IntN(400)), uint64(r.IntN(400)) << 56} {
			var got, want []int32
			for _, x := range c.of(claim) {
				got = append(got, x.plot)
			}
			for i := range plots {
				if claim != 0 && plots[i].Claim == claim {
					want = append(want, int32(i))
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%x: plots %v, want %v", claim, got, want)
			}
		}
	}
}
