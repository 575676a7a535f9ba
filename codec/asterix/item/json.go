package item

import (
	"encoding/hex"
	"strconv"

	"atalaya/codec/asterix/spec"
)

// hexBits is the size from which raw contents are written in hexadecimal.
const hexBits = 24

// AppendName appends the name of a member of a JSON object.
func AppendName(dst []byte, name string, first *bool) []byte {
	if !*first {
		dst = append(dst, ',')
	}
	*first = false
	dst = append(dst, '"')
	dst = append(dst, name...)
	return append(dst, `":`...)
}

// AppendHex appends octets in hexadecimal.
func AppendHex(dst, b []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, o := range b {
		dst = append(dst, digits[o>>4], digits[o&15])
	}
	return dst
}

// AppendJSON appends the value of an item that passed measure.
func AppendJSON(dst []byte, n *spec.Node, b []byte) []byte {
	switch n.Kind {
	case spec.Extended:
		dst = append(dst, '{')
		first := true
		for i := range b {
			dst = appendParts(dst, n.Parts[i], b[i:i+1], 0, &first)
		}
		return append(dst, '}')
	case spec.Repetitive:
		return appendRepetitive(dst, n, b)
	case spec.Compound:
		dst = append(dst, '{')
		first := true
		for sub, o := range Parts(n, b) {
			dst = AppendName(dst, sub.Name, &first)
			dst = AppendJSON(dst, sub, o)
		}
		return append(dst, '}')
	case spec.Explicit:
		dst = append(dst, '"')
		dst = AppendHex(dst, b[1:])
		return append(dst, '"')
	case spec.Element, spec.Group, spec.Spare:
	}
	return appendBits(dst, n, b, 0, 0)
}

func appendRepetitive(dst []byte, n *spec.Node, b []byte) []byte {
	part := n.Parts[0]
	step := Octets(part.Bits)
	if n.Rep == 0 {
		step = Octets(part.Bits + 1)
	}
	dst = append(dst, '[')
	for at := n.Rep; at < len(b); at += step {
		if at > n.Rep {
			dst = append(dst, ',')
		}
		dst = appendBits(dst, part, b[at:at+step], 0, 0)
	}
	return append(dst, ']')
}

// appendBits appends an element or a group that starts at a bit of b. The bit
// at group is the first of the group around it.
func appendBits(dst []byte, n *spec.Node, b []byte, at, group int) []byte {
	if n.Kind != spec.Group {
		return appendElement(dst, n, b, at, group)
	}
	dst = append(dst, '{')
	first := true
	dst = appendParts(dst, n, b, at, &first)
	return append(dst, '}')
}

func appendParts(dst []byte, n *spec.Node, b []byte, at int, first *bool) []byte {
	group := at
	for _, part := range n.Parts {
		if part.Kind != spec.Spare {
			dst = AppendName(dst, part.Name, first)
			dst = appendBits(dst, part, b, at, group)
		}
		at += part.Bits
	}
	return dst
}

func appendElement(dst []byte, n *spec.Node, b []byte, at, group int) []byte {
	v := Bits(b, at, n.Bits)
	c := n.Content
	if c != nil && c.Kind == spec.ByFirstBit {
		c = c.Cases[Bits(b, group, 1)]
	}
	if c == nil {
		return appendRaw(dst, v, n.Bits)
	}
	switch c.Kind {
	case spec.Table:
		dst = append(dst, `{"value":`...)
		dst = strconv.AppendUint(dst, v, 10)
		if v < uint64(len(c.Texts)) && c.Texts[v] != "" {
			dst = append(dst, `,"text":`...)
			dst = appendString(dst, c.Texts[v])
		}
		return append(dst, '}')
	case spec.Integer:
		return strconv.AppendUint(dst, v, 10)
	case spec.Quantity:
		dst = append(dst, `{"value":`...)
		dst = strconv.AppendFloat(dst, Quantity(c, v, n.Bits), 'g', -1, 64)
		dst = append(dst, `,"unit":"`...)
		dst = append(dst, c.Unit...)
		return append(dst, `"}`...)
	case spec.ASCII, spec.ICAO, spec.Octal:
		return appendText(dst, c.Kind, v, n.Bits)
	case spec.BDS, spec.Raw, spec.ByFirstBit:
	}
	return appendRaw(dst, v, n.Bits)
}

// Quantity gives the number that the bits of an element stand for.
func Quantity(c *spec.Content, v uint64, bits int) float64 {
	if c.Signed {
		return float64(Signed(v, bits)) * c.LSB
	}
	return float64(v) * c.LSB
}

// appendRaw appends short bits as a number, long ones in hexadecimal.
func appendRaw(dst []byte, v uint64, bits int) []byte {
	if bits < hexBits {
		return strconv.AppendUint(dst, v, 10)
	}
	var o [8]byte
	for i := range o {
		o[7-i] = byte(v >> (8 * i))
	}
	dst = append(dst, '"')
	dst = AppendHex(dst, o[8-Octets(bits):])
	return append(dst, '"')
}

// appendText appends characters: as a string without the spaces after them,
// or, where one is not of the alphabet, as an object that has the bits too.
func appendText(dst []byte, kind spec.ContentKind, v uint64, bits int) []byte {
	var text [24]byte
	size := CharacterBits(kind)
	count, sound := bits/size, true
	end := 0
	for i := range count {
		code := byte(v >> (size * (count - 1 - i)) & (1<<size - 1))
		ch := Character(kind, code)
		if ch == 0 {
			ch, sound = '?', false
		}
		text[i] = ch
		if ch != ' ' {
			end = i + 1
		}
	}
	if sound {
		return appendString(dst, string(text[:end]))
	}
	dst = append(dst, `{"value":`...)
	dst = appendString(dst, string(text[:end]))
	dst = append(dst, `,"raw":`...)
	var o [8]byte
	for i := range o {
		o[7-i] = byte(v >> (8 * i))
	}
	dst = append(dst, '"')
	dst = append(dst, hex.EncodeToString(o[8-Octets(bits):])...)
	return append(dst, `"}`...)
}

// CharacterBits is the size of a character.
func CharacterBits(kind spec.ContentKind) int {
	switch kind {
	case spec.ICAO:
		return 6
	case spec.Octal:
		return 3
	default:
		return 8
	}
}

// Character gives the ASCII character of a code; zero where it has none.
func Character(kind spec.ContentKind, code byte) byte {
	switch kind {
	case spec.ICAO: // ICAO Annex 10 volume IV table 3-8
		switch {
		case code >= 1 && code <= 26:
			return 'A' + code - 1
		case code == ' ' || code >= '0' && code <= '9':
			return code
		}
		return 0
	case spec.Octal:
		return '0' + code
	default:
		if code < ' ' || code > '~' {
			return 0
		}
		return code
	}
}

// appendString appends a string of printable characters.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
