package siting_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/bits"
	"math/rand/v2"
	"os/exec"
	"testing"

	"atalaya/internal/peer"
	"atalaya/plan/siting"
	"atalaya/terrain/coverage"
)

// told is a problem as testdata/milp.py reads it.
type told struct {
	Candidates int       `json:"candidates"`
	K          int       `json:"k"`
	Budget     float64   `json:"budget"`
	Fold       int       `json:"fold"`
	Costs      []float64 `json:"costs"`
	Before     float64   `json:"before"`
	Cells      [][3]any  `json:"cells"` // weight, sensors needed, sites that see it
}

func tell(p siting.Problem) told {
	out := told{Candidates: len(p.Candidates), K: p.K, Budget: p.Budget, Fold: max(1, p.Fold), Costs: p.Costs}
	sites, stand := make([][]int, 64*len(p.Cells)), make([]int, 64*len(p.Cells))
	each := func(s coverage.Set, do func(c int)) {
		for i, b := range s.Index {
			for m := s.Cells[i] & p.Cells[b]; m != 0; m &= m - 1 {
				do(64*int(b) + bits.TrailingZeros64(m))
			}
		}
	}
	for j, s := range p.Candidates {
		each(s, func(c int) { sites[c] = append(sites[c], j) })
	}
	for _, s := range p.Existing {
		each(s, func(c int) { stand[c]++ })
	}
	for c := range sites {
		if p.Cells[c/64]>>(c%64)&1 == 0 {
			continue
		}
		switch need := out.Fold - stand[c]; {
		case need <= 0:
			out.Before += p.Weights[c/64]
		case len(sites[c]) > 0:
			out.Cells = append(out.Cells, [3]any{p.Weights[c/64], need, sites[c]})
		}
	}
	if out.Costs == nil {
		for range p.Candidates {
			out.Costs = append(out.Costs, 1)
		}
	}
	return out
}

// Middling problems beside the mixed-integer programs of SciPy (HiGHS).
func TestBesideHiGHS(t *testing.T) {
	python := peer.Python(t)
	r := rand.New(rand.NewPCG(11, 7))
	type instance struct {
		name string
		p    siting.Problem
	}
	var problems []instance
	for _, c := range []struct {
		name string
		k    int
		kind string
	}{
		{"3 of 40", 3, "plain"},
		{"6 of 40", 6, "plain"},
		{"12 of 40", 12, "plain"},
		{"with what stands", 6, "existing"},
		{"budget", 0, "budget"},
		{"twice", 6, "double"},
	} {
		p := discs(r, 6, 0, 0)
		for range 40 {
			p.Candidates = append(p.Candidates, disc(r, 6, 4+8*r.Float64(), 1))
		}
		kinds()[c.kind](r, &p)
		p.K = c.k
		if p.Budget > 0 {
			p.Budget = 20
		}
		problems = append(problems, instance{c.name, p})
	}
	var in bytes.Buffer
	for _, i := range problems {
		if err := json.NewEncoder(&in).Encode(tell(i.p)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/milp.py")
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr = &in, &said
	stdout, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.Bytes())
	}
	lines := bufio.NewScanner(bytes.NewReader(stdout))
	for _, i := range problems {
		if !lines.Scan() {
			t.Fatal("HiGHS said too little")
		}
		var peer struct{ Relaxed, Best float64 }
		if err := json.Unmarshal(lines.Bytes(), &peer); err != nil {
			t.Fatal(err)
		}
		got, err := siting.Choose(t.Context(), i.p)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-16s best %.2f: greedy %.2f %%, with swaps %.2f %%; bound %+.2f %%, linear relaxation %+.2f %%; proven %.1f %%",
			i.name, peer.Best, 100*got.Greedy/peer.Best, 100*got.Value/peer.Best,
			100*(got.Bound/peer.Best-1), 100*(peer.Relaxed/peer.Best-1), 100*got.Proven())
		if got.Value > peer.Best*(1+1e-6) {
			t.Errorf("%s: worth %v, more than the best possible %v", i.name, got.Value, peer.Best)
		}
		if got.Bound < peer.Best*(1-1e-6) || got.Bound < peer.Relaxed*(1-1e-6) {
			t.Errorf("%s: bound %v below the best possible %v or the linear relaxation %v", i.name, got.Bound, peer.Best, peer.Relaxed)
		}
		if i.p.Fold < 2 && got.Value < 0.98*peer.Best {
			t.Errorf("%s: worth %v of %v", i.name, got.Value, peer.Best)
		}
		if got.Bound > peer.Relaxed*1.01 {
			t.Errorf("%s: bound %v far above the linear relaxation %v", i.name, got.Bound, peer.Relaxed)
		}
	}
}
