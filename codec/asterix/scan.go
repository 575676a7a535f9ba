package asterix

import (
	"encoding/binary"

	"atalaya/codec"
	"atalaya/codec/asterix/spec"
)

// fault says why an item cannot be read; empty means that it can.
type fault = codec.Kind

// octets gives the whole octets of so many bits.
func octets(bits int) int { return (bits + 7) / 8 }

// measure tells how many octets of b an item takes, and whether a bit that
// shall be zero is not. It reads no further than it must: a repetition is
// multiplied, not walked, unless it has spare bits.
func measure(n *spec.Node, b []byte) (size int, spare bool, bad fault) {
	switch n.Kind {
	case spec.Extended:
		return measureExtended(n, b)
	case spec.Repetitive:
		if n.Rep == 0 {
			return measureChain(n.Parts[0], b)
		}
		return measureRepetitive(n, b)
	case spec.Compound:
		return measureCompound(n, b)
	case spec.Explicit:
		switch {
		case len(b) == 0 || int(b[0]) > len(b):
			return 0, false, ShortRecord
		case b[0] == 0:
			return 0, false, ExplicitLength
		}
		return int(b[0]), false, ""
	case spec.Element, spec.Group, spec.Spare:
	}
	size = octets(n.Bits)
	if size > len(b) {
		return 0, false, ShortRecord
	}
	return size, n.SpareMask != 0 && tail(b[:size])&n.SpareMask != 0, ""
}

// tail gives the last 64 bits of b as a number.
func tail(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	}
	var v uint64
	for _, o := range b {
		v = v<<8 | uint64(o)
	}
	return v
}

func measureExtended(n *spec.Node, b []byte) (size int, spare bool, bad fault) {
	for i, extent := range n.Parts {
		if i == len(b) {
			return 0, false, ShortRecord
		}
		o := b[i]
		spare = spare || uint64(o)&extent.SpareMask != 0
		if !extent.FX || o&1 == 0 {
			return i + 1, spare, ""
		}
	}
	return 0, false, LongItem
}

// measureChain is of a repetition whose parts each end with an FX bit.
func measureChain(part *spec.Node, b []byte) (size int, spare bool, bad fault) {
	step := octets(part.Bits + 1)
	for size = step; size <= len(b); size += step {
		spare = spare || part.SpareMask != 0 && tail(b[size-step:size])&(part.SpareMask<<1) != 0
		if b[size-1]&1 == 0 {
			return size, spare, ""
		}
	}
	return 0, false, ShortRecord
}

func measureRepetitive(n *spec.Node, b []byte) (size int, spare bool, bad fault) {
	if len(b) < n.Rep {
		return 0, false, ShortRecord
	}
	part := n.Parts[0]
	step := octets(part.Bits)
	size = n.Rep + int(tail(b[:n.Rep]))*step
	if size > len(b) {
		return 0, false, ShortRecord
	}
	if part.SpareMask != 0 {
		for at := n.Rep; at < size; at += step {
			spare = spare || tail(b[at:at+step])&part.SpareMask != 0
		}
	}
	return size, spare, ""
}

func measureCompound(n *spec.Node, b []byte) (size int, spare bool, bad fault) {
	head, bad := presence(b, len(n.Parts))
	if bad != "" {
		return 0, false, bad
	}
	size = head
	for i, o := range b[:head] {
		for bit := range 7 {
			if o&(0x80>>bit) == 0 {
				continue
			}
			at := i*7 + bit
			if at >= len(n.Parts) || n.Parts[at] == nil {
				return 0, false, UnknownPart
			}
			s, sp, bad := measure(n.Parts[at], b[size:])
			if bad != "" {
				return 0, false, bad
			}
			size += s
			spare = spare || sp
		}
	}
	return size, spare, ""
}

// presence gives the octets of a presence field (the FSPEC of a record or of a
// compound item) that has room for so many positions: each octet has seven of
// them and says in its last bit (FX) that another follows.
func presence(b []byte, positions int) (size int, bad fault) {
	most := (positions + 6) / 7
	for i, o := range b {
		if i == most {
			return 0, LongFSPEC
		}
		if o&1 == 0 {
			return i + 1, ""
		}
	}
	if len(b) >= most {
		return 0, LongFSPEC
	}
	return 0, ShortRecord
}

// present yields the parts of a compound item that passed measure, without
// allocating.
type present struct {
	node *spec.Node
	b    []byte
	head int // octets of the presence field
	at   int // where the next part starts
	next int // its position, counted from zero
}

func parts(n *spec.Node, b []byte) present {
	head, _ := presence(b, len(n.Parts))
	return present{node: n, b: b, head: head, at: head}
}

// part gives the next part that is present; a nil node ends.
func (p *present) part() (*spec.Node, []byte) {
	for p.next < p.head*7 {
		i := p.next
		p.next++
		if p.b[i/7]&(0x80>>(i%7)) == 0 {
			continue
		}
		n := p.node.Parts[i]
		size, _, _ := measure(n, p.b[p.at:])
		sub := p.b[p.at : p.at+size]
		p.at += size
		return n, sub
	}
	return nil, nil
}

// bitsAt reads count bits (at most 64) from bit number at, most significant first.
func bitsAt(b []byte, at, count int) uint64 {
	var v uint64
	for count > 0 {
		o, have := b[at/8], 8-at%8
		take := min(have, count)
		v = v<<take | uint64(o>>(have-take))&(1<<take-1)
		at += take
		count -= take
	}
	return v
}

// signed reads a two's complement number of so many bits.
func signed(v uint64, bits int) int64 {
	shift := 64 - bits
	return int64(v<<shift) >> shift //nolint:gosec // sign extension
}
