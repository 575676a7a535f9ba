package asterix

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"atalaya/codec/asterix/item"
	"atalaya/codec/asterix/spec"
)

// random makes values for the items of an edition in the form in which
// AppendJSON writes them.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 1))} }

// items gives values for some of the items, at least one.
func (r random) items(ed *spec.Edition) Fields {
	items := Fields{}
	density := []float64{0.1, 0.4, 0.9}[r.IntN(3)]
	for _, n := range ed.UAP {
		if n != nil && r.Float64() < density {
			items[n.Name] = r.item(n)
		}
	}
	if len(items) == 0 {
		items["010"] = r.item(ed.UAP[0])
	}
	return items
}

func (r random) item(n *spec.Node) any {
	switch n.Kind {
	case spec.Extended:
		f := Fields{}
		for _, extent := range n.Parts[:1+r.IntN(len(n.Parts))] {
			r.parts(f, extent)
		}
		return f
	case spec.Repetitive:
		list := []any{}
		count := 1 + r.IntN(4)
		if n.Rep > 0 {
			count--
		}
		for range count {
			list = append(list, r.part(n.Parts[0], nil))
		}
		return list
	case spec.Compound:
		f := Fields{}
		for _, p := range n.Parts {
			if p != nil && r.Float64() < 0.4 {
				f[p.Name] = r.item(p)
			}
		}
		return f
	case spec.Explicit:
		return fmt.Sprintf("%0*X", 2+2*r.IntN(5), r.IntN(256))
	default:
		return r.part(n, nil)
	}
}

func (r random) part(n *spec.Node, group Fields) any {
	if n.Kind == spec.Group {
		f := Fields{}
		r.parts(f, n)
		return f
	}
	c := n.Content
	v := r.Uint64() >> (64 - n.Bits)
	if c != nil && c.Kind == spec.ByFirstBit {
		for _, first := range group {
			c = c.Cases[int(first.(Fields)["value"].(float64))]
		}
	}
	switch {
	case c == nil || c.Kind == spec.Raw || c.Kind == spec.BDS:
		if n.Bits >= 24 {
			return fmt.Sprintf("%0*X", 2*item.Octets(n.Bits), v)
		}
		return float64(v)
	case c.Kind == spec.Table:
		f := Fields{"value": float64(v)}
		if v < uint64(len(c.Texts)) && c.Texts[v] != "" {
			f["text"] = c.Texts[v]
		}
		return f
	case c.Kind == spec.Quantity:
		x := float64(v)
		if c.Signed {
			x -= math.Ldexp(1, n.Bits-1)
		}
		return Fields{"value": x * c.LSB, "unit": c.Unit}
	case c.Kind == spec.Integer:
		return float64(v)
	case c.Kind == spec.Octal:
		return fmt.Sprintf("%0*o", n.Bits/3, v)
	default:
		var b strings.Builder
		for range n.Bits / item.CharacterBits(c.Kind) {
			b.WriteByte("ABCXYZ0189 "[r.IntN(11)])
		}
		return strings.TrimRight(b.String(), " ")
	}
}

func (r random) parts(f Fields, n *spec.Node) {
	group := Fields{}
	for _, p := range n.Parts {
		if p.Kind != spec.Spare {
			f[p.Name] = r.part(p, group)
			if len(group) == 0 {
				group[p.Name] = f[p.Name]
			}
		}
	}
}
