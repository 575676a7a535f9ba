package framing

import (
	"encoding/hex"

	"atalaya/codec"
)

// liner cuts text into lines of bounded length.
type liner struct {
	line [256]byte
	n    int
	over bool // inside a line that is too long and was reported
}

// add takes a byte of a line and reports whether that makes it too long.
func (l *liner) add(c byte) (tooLong bool) {
	if l.n < len(l.line) {
		l.line[l.n] = c
		l.n++
		return false
	}
	first := !l.over
	l.over = true
	return first
}

func (l *liner) overlong() (Packet, bool) {
	return Packet{Bad: codec.NewBad(codec.Overlong, l.line[:], "more than %d characters in a line", len(l.line))}, true
}

// end gives the line, which is empty where there was none or it was too long.
func (l *liner) end() []byte {
	line := l.line[:l.n]
	if l.over {
		line = nil
	}
	l.n, l.over = 0, false
	return line
}

// AVR reads AVR text: "*" or ":" and hexadecimal digits; "@" or "%"
// with six bytes of counter before them; "<" with counter and signal level;
// each ended by ";" or a line break. Lines of nothing but the digits of a Mode
// S frame are read too.
type AVR struct {
	liner
	data [16]byte
}

// Next implements Scanner.
func (s *AVR) Next(chunk []byte) (n int, p Packet, ok bool) {
	for n < len(chunk) && !ok {
		c := chunk[n]
		n++
		switch c {
		case ';', '\n', '\r':
			p, ok = s.parse(s.end())
		case '*', ':', '@', '%', '<':
			if before := s.end(); len(before) > 0 {
				p, ok = Packet{Bad: codec.NewBad(codec.Truncated, before, "another frame began")}, true
			}
			s.line[0], s.n = c, 1
		case ' ', '\t':
		default:
			if s.add(c) {
				p, ok = s.overlong()
			}
		}
	}
	return n, p, ok
}

func (s *AVR) parse(line []byte) (p Packet, ok bool) {
	if len(line) == 0 {
		return Packet{}, false
	}
	digits, stamp, signal := line, 0, 0
	switch line[0] {
	case '*', ':':
		digits = line[1:]
	case '@', '%':
		digits, stamp = line[1:], 12
	case '<':
		digits, stamp, signal = line[1:], 12, 2
	}
	frame := len(digits) - stamp - signal
	switch {
	case frame == 4 && len(digits) < len(line):
		p.Kind = ModeAC
	case frame == 14, frame == 28:
		p.Kind = ModeS
	default:
		return Packet{Bad: codec.NewBad(codec.Malformed, line, "no frame has so many characters")}, true
	}
	var raw [7 + 14]byte
	n, err := hex.Decode(raw[:], digits)
	if err != nil {
		return Packet{Bad: codec.NewBad(codec.Malformed, line, "%v", err)}, true
	}
	if stamp > 0 {
		p.Stamp = codec.Some(stampOf(raw[:6]))
	}
	if signal > 0 {
		p.Signal = codec.Some(raw[6])
	}
	p.Data = s.data[:copy(s.data[:], raw[(stamp+signal)/2:n])]
	return p, true
}

// Flush implements Scanner.
func (s *AVR) Flush() (Packet, bool) {
	line := s.end()
	p, ok := s.parse(line)
	if p.Bad != nil {
		p.Bad = codec.NewBad(codec.Truncated, line, "the stream ended inside a line")
	}
	return p, ok
}

// AppendAVR appends a Mode S frame or Mode A/C reply as AVR text.
func AppendAVR(dst, frame []byte) []byte {
	return append(hex.AppendEncode(append(dst, '*'), frame), ';', '\n')
}

// AppendAVRStamped is AppendAVR with a counter of 12 MHz before the frame.
func AppendAVRStamped(dst, frame []byte, stamp uint64) []byte {
	dst = append(dst, '@')
	for shift := 40; shift >= 0; shift -= 8 {
		dst = hex.AppendEncode(dst, []byte{byte(stamp >> shift)})
	}
	return append(hex.AppendEncode(dst, frame), ';', '\n')
}
