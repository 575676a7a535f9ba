// Package spec holds what the ASTERIX documents say of each category and
// edition, as tables: which item stands at which field reference number, and
// how each item is built of bits. It decodes nothing.
//
// The structures are those of EUROCONTROL Specification for Surveillance Data
// Exchange, Part 1 (SUR.ET1.ST05.2000-STD-01-01, EUROCONTROL-SPEC-0149)
// section 5: fixed, extended, repetitive, compound and explicit items.
//
// The tables are generated: see tools/asterix/generate.py.
package spec

import (
	"slices"
)

//go:generate ../../../.venv/bin/python ../../../tools/asterix/generate.py

// Edition is one edition of one category.
type Edition struct {
	Category uint8
	Number   string // "1.32"
	Document string
	// UAP is the user application profile: the item at each field reference
	// number, counted from one; nil where the number is spare.
	UAP []*Node

	frn [frnTable]uint8
}

// frnTable is one more than the highest item number of any category (I062/510).
const frnTable = 511

// FRN gives the field reference number of an item by its number (40 for
// "040"); zero where this edition has no such item.
func (e *Edition) FRN(item int) int {
	if item < 0 || item >= frnTable {
		return 0
	}
	return int(e.frn[item])
}

// Kind is how a Node is built.
type Kind uint8

// The kinds of nodes.
const (
	// Element is Bits bits of one Content.
	Element Kind = iota
	// Group is its Parts one after the other, Bits bits in all.
	Group
	// Spare is Bits bits that shall be zero.
	Spare
	// Extended is its Parts, each a Group of an octet whose last bit is FX and
	// says that the next one follows. The last may be without FX.
	Extended
	// Repetitive is its only Part repeated: after a count of Rep octets, or,
	// with Rep zero, each followed by an FX bit.
	Repetitive
	// Compound is a presence field with FX bits and then those of its Parts
	// that are present; a nil part is a position without meaning.
	Compound
	// Explicit is a length octet, counting itself, and octets without
	// structure here (reserved expansion and special purpose fields).
	Explicit
)

// Node is an item or a part of one.
type Node struct {
	Name  string // "040", "RHO"; empty for extents and repeated parts
	Title string
	Kind  Kind
	Bits  int  // Element, Group, Spare: size, without FX
	FX    bool // the extent ends with an FX bit
	Rep   int  // octets of the count
	// SpareMask has a one for each spare bit of a Group, right aligned over
	// its bits and its FX bit.
	SpareMask uint64
	Content   *Content // of an Element; nil is Raw
	Parts     []*Node
}

// ContentKind is what the bits of an element mean.
type ContentKind uint8

// The kinds of contents.
const (
	Raw        ContentKind = iota // bits without further meaning here
	Table                         // one of Texts, by value
	Integer                       // unsigned number
	Quantity                      // number times LSB, in Unit
	ASCII                         // characters of eight bits
	ICAO                          // characters of six bits (ICAO Annex 10 vol. IV, 3.1.2.9.1.2)
	Octal                         // digits of three bits
	BDS                           // 56 bits of a Mode S register, then its number
	ByFirstBit                    // one of Cases, by the first bit of the group
)

// Content is what the bits of an element mean.
type Content struct {
	Kind   ContentKind
	Signed bool // two's complement
	LSB    float64
	Unit   string
	Texts  []string // empty where a value is not defined
	Cases  []*Content
}

// Categories lists the categories that have tables.
func Categories() []uint8 { return []uint8{21, 34, 48, 62} }

// Editions gives the editions of a category, oldest first; none for a
// category without tables. The result is shared: do not change it.
func Editions(category uint8) []Edition {
	switch category {
	case 21:
		return cat021[:]
	case 34:
		return cat034[:]
	case 48:
		return cat048[:]
	case 62:
		return cat062[:]
	default:
		return nil
	}
}

// Newest gives the newest edition of a category; nil for one without tables.
func Newest(category uint8) *Edition {
	all := Editions(category)
	if len(all) == 0 {
		return nil
	}
	return &all[len(all)-1]
}

// Lookup finds an edition by its number; nil where there is none.
func Lookup(category uint8, number string) *Edition {
	all := Editions(category)
	i := slices.IndexFunc(all, func(e Edition) bool { return e.Number == number })
	if i < 0 {
		return nil
	}
	return &all[i]
}
