package spec

import (
	"os/exec"
	"path/filepath"
	"testing"

	"atalaya/internal/peer"
)

// What the decoder takes for granted of every edition.
func TestTables(t *testing.T) {
	for _, category := range Categories() {
		for i := range Editions(category) {
			e := &Editions(category)[i]
			if e.Category != category || Lookup(category, e.Number) != e {
				t.Errorf("category %03d edition %s is not found", category, e.Number)
			}
			if e.FRN(10) != 1 || e.UAP[0].Name != "010" || e.UAP[0].Bits != 16 {
				t.Errorf("category %03d edition %s: item 010 is not first", category, e.Number)
			}
			if len(e.UAP) > 49 || len(e.UAP)%7 != 0 {
				t.Errorf("category %03d edition %s: %d field reference numbers", category, e.Number, len(e.UAP))
			}
			for frn, n := range e.UAP {
				if n != nil {
					check(t, e.Number+" "+n.Name, n)
				}
				for number := range frnTable {
					if e.FRN(number) == frn+1 && (n == nil || n.Name[0] != byte('0'+number/100)) {
						t.Errorf("category %03d edition %s: item %d is not at %d", category, e.Number, number, frn+1)
					}
				}
			}
		}
	}
	if Newest(63) != nil || Lookup(48, "0.1") != nil || Newest(48).Number != "1.32" || Newest(48).FRN(-1)+Newest(48).FRN(9999) != 0 {
		t.Error("what is not there is found")
	}
}

func check(t *testing.T, path string, n *Node) {
	t.Helper()
	sum, mask := 0, uint64(0)
	names := map[string]bool{}
	for _, p := range n.Parts {
		if p == nil {
			continue
		}
		check(t, path+"/"+p.Name, p)
		sum += p.Bits
		if p.Kind == Spare {
			mask = mask<<p.Bits | (1<<p.Bits - 1)
		} else {
			mask = mask<<p.Bits | p.SpareMask
		}
		inside := []*Node{p}
		if n.Kind == Extended {
			inside = p.Parts
		}
		for _, q := range inside {
			if q.Kind != Spare && names[q.Name] {
				t.Errorf("%s: two parts %s", path, q.Name)
			}
			names[q.Name] = true
		}
	}
	if n.FX {
		mask <<= 1
	}
	switch n.Kind {
	case Group:
		if sum != n.Bits || mask != n.SpareMask {
			t.Errorf("%s: %d bits of %d, spare %x of %x", path, sum, n.Bits, mask, n.SpareMask)
		}
	case Element, Spare:
		if n.Bits < 1 || n.Bits > 64 || n.Parts != nil {
			t.Errorf("%s: %d bits", path, n.Bits)
		}
	case Extended, Compound, Repetitive:
		if len(n.Parts) == 0 {
			t.Errorf("%s: no parts", path)
		}
		if n.Kind == Repetitive && (len(n.Parts) != 1 || n.Rep == 0 && mask != 0) {
			t.Errorf("%s: %d repeated parts, spare bits %x", path, len(n.Parts), mask)
		}
	case Explicit:
	}
}

// The committed tables are what the generator makes of libasterix today.
func TestGenerated(t *testing.T) {
	script := filepath.Join(peer.Root(t), "tools", "asterix", "generate.py")
	out, err := exec.CommandContext(t.Context(), peer.Python(t), script, "--check").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
