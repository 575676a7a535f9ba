package framing

import (
	"bytes"

	"atalaya/codec"
)

const (
	escape = 0x1A
	// maxNoise is how many bytes outside frames are reported as one run.
	maxNoise = 256
)

// Beast reads the Mode-S Beast's binary format: an escape byte, a type
// ('1' to '4'), six bytes of counter, one of signal level, the payload. An
// escape byte inside is doubled.
// https://wiki.jetvision.de/wiki/Mode-S_Beast:Data_Output_Formats
type Beast struct {
	frame   [1 + 6 + 1 + 14]byte // type, counter, level, payload
	n, want int                  // want 0: outside frames
	escaped bool                 // the last byte was an escape, not yet understood
	noise   [maxNoise]byte
	noisy   int
}

// beastSize gives the size of a frame with its type byte, or 0.
func beastSize(typ byte) int {
	switch typ {
	case '1':
		return 1 + 7 + 2
	case '2':
		return 1 + 7 + 7
	case '3', '4':
		return 1 + 7 + 14
	}
	return 0
}

// Next implements Scanner.
func (s *Beast) Next(chunk []byte) (n int, p Packet, ok bool) {
	for n < len(chunk) && !ok {
		if s.want > 0 && !s.escaped {
			n += s.fill(chunk[n:])
			if s.n == s.want {
				return n, s.packet(), true
			}
			if n == len(chunk) {
				break
			}
		}
		c := chunk[n]
		n++
		switch {
		case s.escaped:
			p, ok = s.escapedByte(c)
		case c == escape:
			s.escaped = true
		default:
			p, ok = s.addNoise(c)
		}
	}
	return n, p, ok
}

// fill takes what belongs to the frame, as far as the next escape.
func (s *Beast) fill(chunk []byte) int {
	chunk = chunk[:min(len(chunk), s.want-s.n)]
	if i := bytes.IndexByte(chunk, escape); i >= 0 {
		chunk = chunk[:i]
	}
	s.n += copy(s.frame[s.n:], chunk)
	return len(chunk)
}

// escapedByte takes the byte after an escape.
func (s *Beast) escapedByte(c byte) (p Packet, ok bool) {
	s.escaped = false
	size := beastSize(c)
	switch {
	case c == escape && s.want > 0:
		s.frame[s.n] = c
		s.n++
		if s.n == s.want {
			return s.packet(), true
		}
		return Packet{}, false
	case size > 0: // a frame starts, whatever was before
		p, ok = s.cut()
		s.frame[0], s.n, s.want = c, 1, size
		return p, ok
	}
	p, ok = s.cut()
	s.noise[0], s.noise[1], s.noisy = escape, c, 2
	return p, ok
}

// cut ends what was before: an unfinished frame or noise.
func (s *Beast) cut() (p Packet, ok bool) {
	if s.want > 0 {
		p.Bad = codec.NewBad(codec.Truncated, s.frame[:s.n], "%d of %d bytes of a Beast frame", s.n, s.want)
		s.want, s.n = 0, 0
		return p, true
	}
	return s.endNoise()
}

func (s *Beast) endNoise() (p Packet, ok bool) {
	if s.noisy == 0 {
		return Packet{}, false
	}
	p.Bad = codec.NewBad(codec.Noise, s.noise[:s.noisy], "%d bytes outside Beast frames", s.noisy)
	s.noisy = 0
	return p, true
}

func (s *Beast) addNoise(c byte) (p Packet, ok bool) {
	s.noise[s.noisy] = c
	s.noisy++
	if s.noisy == maxNoise {
		return s.endNoise()
	}
	return Packet{}, false
}

// packet gives the whole frame.
func (s *Beast) packet() Packet {
	f := s.frame[:s.n]
	s.n, s.want = 0, 0
	p := Packet{Data: f[8:], Stamp: codec.Some(stampOf(f[1:7])), Signal: codec.Some(f[7])}
	switch f[0] {
	case '1':
		p.Kind = ModeAC
	case '4':
		p.Kind = Status
	default:
		p.Kind = ModeS
	}
	return p
}

func stampOf(b []byte) (v uint64) {
	for _, c := range b[:6] {
		v = v<<8 | uint64(c)
	}
	return v
}

// Flush implements Scanner.
func (s *Beast) Flush() (Packet, bool) {
	if s.escaped {
		s.escaped = false
		if s.want == 0 {
			s.noise[s.noisy] = escape
			s.noisy++
		}
	}
	return s.cut()
}

// AppendBeast appends a Mode S frame (7 or 14 bytes) or a Mode A/C reply (2
// bytes) in the Beast's binary format. The stamp counts 12 MHz, 48 bits of it.
func AppendBeast(dst, frame []byte, stamp uint64, signal uint8) []byte {
	typ := byte('3')
	switch len(frame) {
	case 2:
		typ = '1'
	case 7:
		typ = '2'
	}
	dst = append(dst, escape, typ)
	head := [7]byte{
		byte(stamp >> 40), byte(stamp >> 32), byte(stamp >> 24), byte(stamp >> 16), byte(stamp >> 8), byte(stamp), signal,
	}
	return appendEscaped(appendEscaped(dst, head[:]), frame)
}

func appendEscaped(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, escape)
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(append(dst, b[:i+1]...), escape)
		b = b[i+1:]
	}
}
