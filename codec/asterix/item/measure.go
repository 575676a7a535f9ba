package item

import (
	"encoding/binary"
	"iter"

	"atalaya/codec"
	"atalaya/codec/asterix/spec"
)

// Why an item cannot be read.
const (
	Short          codec.Kind = "short-record"    // the octets end inside the item
	LongFSPEC      codec.Kind = "long-fspec"      // a presence field longer than there are positions
	UnknownPart    codec.Kind = "unknown-part"    // a part of a compound item that the edition does not use
	LongItem       codec.Kind = "long-item"       // an extended item longer than the edition knows
	ExplicitLength codec.Kind = "explicit-length" // an explicit item of length zero
)

// Octets gives the whole octets of so many bits.
func Octets(bits int) int { return (bits + 7) / 8 }

// Measure tells how many octets of b an item takes, and whether a bit that
// shall be zero is not. It reads no further than it must: a repetition is
// multiplied, not walked, unless it has spare bits.
func Measure(n *spec.Node, b []byte) (size int, spare bool, bad codec.Kind) {
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
			return 0, false, Short
		case b[0] == 0:
			return 0, false, ExplicitLength
		}
		return int(b[0]), false, ""
	case spec.Element, spec.Group, spec.Spare:
	}
	size = Octets(n.Bits)
	if size > len(b) {
		return 0, false, Short
	}
	return size, n.SpareMask != 0 && Uint(b[:size])&n.SpareMask != 0, ""
}

// Uint gives the last 64 bits of b as a number.
func Uint(b []byte) uint64 {
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

func measureExtended(n *spec.Node, b []byte) (size int, spare bool, bad codec.Kind) {
	for i, extent := range n.Parts {
		if i == len(b) {
			return 0, false, Short
		}
		o := b[i]
		spare = spare || uint64(o)&extent.SpareMask != 0
		if !extent.FX || o&1 == 0 {
			return i + 1, spare, ""
		}
	}
	return 0, false, LongItem
}

// measureChain is of a repetition whose parts each end with an FX bit. None of
// them has spare bits.
func measureChain(part *spec.Node, b []byte) (size int, spare bool, bad codec.Kind) {
	step := Octets(part.Bits + 1)
	for size = step; size <= len(b); size += step {
		if b[size-1]&1 == 0 {
			return size, false, ""
		}
	}
	return 0, false, Short
}

func measureRepetitive(n *spec.Node, b []byte) (size int, spare bool, bad codec.Kind) {
	if len(b) < n.Rep {
		return 0, false, Short
	}
	part := n.Parts[0]
	step := Octets(part.Bits)
	size = n.Rep + int(Uint(b[:n.Rep]))*step
	if size > len(b) {
		return 0, false, Short
	}
	if part.SpareMask != 0 {
		for at := n.Rep; at < size; at += step {
			spare = spare || Uint(b[at:at+step])&part.SpareMask != 0
		}
	}
	return size, spare, ""
}

func measureCompound(n *spec.Node, b []byte) (size int, spare bool, bad codec.Kind) {
	head, bad := Presence(b, len(n.Parts))
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
			s, sp, bad := Measure(n.Parts[at], b[size:])
			if bad != "" {
				return 0, false, bad
			}
			size += s
			spare = spare || sp
		}
	}
	return size, spare, ""
}

// Presence gives the octets of a presence field (the FSPEC of a record or of a
// compound item) that has room for so many positions: each octet has seven of
// them and says in its last bit (FX) that another follows.
func Presence(b []byte, positions int) (size int, bad codec.Kind) {
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
	return 0, Short
}

// Parts yields the parts of a compound item that passed Measure.
func Parts(n *spec.Node, b []byte) iter.Seq2[*spec.Node, []byte] {
	return func(yield func(*spec.Node, []byte) bool) {
		head, _ := Presence(b, len(n.Parts))
		at := head
		for i := range head * 7 {
			if b[i/7]&(0x80>>(i%7)) == 0 {
				continue
			}
			size, _, _ := Measure(n.Parts[i], b[at:])
			if !yield(n.Parts[i], b[at:at+size]) {
				return
			}
			at += size
		}
	}
}

// Bits reads count bits (at most 64) from bit number at, most significant first.
func Bits(b []byte, at, count int) uint64 {
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

// Signed reads a two's complement number of so many bits.
func Signed(v uint64, bits int) int64 {
	shift := 64 - bits
	return int64(v<<shift) >> shift //nolint:gosec // sign extension
}
