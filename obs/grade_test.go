package obs_test

import (
	"testing"

	"atalaya/obs"
)

func TestGrade(t *testing.T) {
	for _, g := range []obs.Grade{"", "A", "A0", "A7", "G1", "a1", "A11", "1A"} {
		if g.Valid() || g.Credence() != obs.Grade("F6").Credence() {
			t.Errorf("grade %q: valid %v, credence %v", g, g.Valid(), g.Credence())
		}
	}
	for c := byte('1'); c <= '5'; c++ {
		for r := byte('A'); r <= 'F'; r++ {
			g := obs.Grade([]byte{r, c})
			p := g.Credence()
			if !g.Valid() || p <= 0 || p >= 1 {
				t.Errorf("grade %q: valid %v, credence %v", g, g.Valid(), p)
			}
			if c > '1' && p >= obs.Grade([]byte{r, c - 1}).Credence() {
				t.Errorf("%q counts as much as what is more credible", g)
			}
			best := obs.Grade([]byte{'A', c}).Credence()
			if (p-0.5)*(best-0.5) <= 0 || (p-0.5)/(best-0.5) > 1 {
				t.Errorf("%q has credence %v: further from one half than %v from a reliable source", g, p, best)
			}
		}
	}
}
