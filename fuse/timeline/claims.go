package timeline

import (
	"cmp"
	"math/bits"
	"slices"
)

// claims are the identities that come with the plots of a look.
type claims struct {
	all []claimed // in order
	// seen has a bit for each claim, at a place that shift makes of it: where it is
	// not set, nothing claims that. It answers nearly all who ask.
	seen  []uint64
	shift int
}

// claimed is a plot that comes with an identity.
type claimed struct {
	claim uint64
	plot  int32
}

// golden is the golden ratio's part of 2^64: multiplied by it, claims that follow
// each other lie far apart in the highest bits.
const golden = 0x9E3779B97F4A7C15

// enter takes the claims of plots.
func (c *claims) enter(plots []plot) {
	c.all = c.all[:0]
	for i := range plots {
		if p := &plots[i]; p.Claim != 0 {
			c.all = append(c.all, claimed{p.Claim, int32(i)}) //nolint:gosec // fewer than 2^31
		}
	}
	slices.SortFunc(c.all, func(a, b claimed) int { return cmp.Or(cmp.Compare(a.claim, b.claim), cmp.Compare(a.plot, b.plot)) })
	places := max(bits.Len(uint(len(c.all)))+3, 6) // the logarithm
	c.shift = 64 - places
	c.seen = c.seen[:0]
	for range 1 << (places - 6) {
		c.seen = append(c.seen, 0)
	}
	for _, x := range c.all {
		at := x.claim * golden >> c.shift
		c.seen[at/64] |= 1 << (at % 64)
	}
}

// of gives the plots that come with an identity.
func (c *claims) of(claim uint64) []claimed {
	if claim == 0 || len(c.all) == 0 {
		return nil
	}
	if at := claim * golden >> c.shift; c.seen[at/64]>>(at%64)&1 == 0 {
		return nil
	}
	i, _ := slices.BinarySearchFunc(c.all, claim, func(c claimed, want uint64) int { return cmp.Compare(c.claim, want) })
	n := i
	for n < len(c.all) && c.all[n].claim == claim {
		n++
	}
	return c.all[i:n]
}
