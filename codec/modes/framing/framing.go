// Package framing finds Mode S frames and their kin in the containers that
// receivers send: the Beast's binary format and AVR text, and the lines of
// BaseStation text. It also writes the first two.
package framing

import (
	"bytes"

	"atalaya/codec"
)

// Kind is what sort of thing a container carried.
type Kind uint8

// What containers carry.
const (
	ModeS  Kind = iota // a Mode S frame, 7 or 14 bytes
	ModeAC             // a Mode A or C reply, 2 bytes; which of both, it does not say
	Status             // of the receiver, 14 bytes
	Line               // of BaseStation text
)

func (k Kind) String() string {
	names := [...]string{"mode-s", "mode-ac", "status", "sbs"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// Packet is what a container framed, or bytes that are no packet.
type Packet struct {
	Kind   Kind
	Data   []byte            // valid until the scanner's next call
	Stamp  codec.Opt[uint64] // the receiver's counter, 48 bits
	Signal codec.Opt[uint8]  // amplitude in 1/255 of full scale
	Bad    *codec.Bad        // not nil: no packet
}

// Heartbeat recognises the all-zero Mode A/C replies that dump1090 and its kin
// send to keep a connection open.
func (p Packet) Heartbeat() bool {
	return p.Bad == nil && p.Kind == ModeAC && p.Data[0] == 0 && p.Data[1] == 0 && p.Stamp.Or(0) == 0 && p.Signal.Or(0) == 0
}

// Scanner finds packets in a stream. It keeps what is incomplete.
type Scanner interface {
	// Next looks for a packet in the chunk; n is how far it came.
	Next(chunk []byte) (n int, p Packet, ok bool)
	// Flush gives what the end of the stream left.
	Flush() (p Packet, ok bool)
}

// Lines reads BaseStation text line by line.
type Lines struct{ liner }

// Next implements Scanner.
func (s *Lines) Next(chunk []byte) (n int, p Packet, ok bool) {
	for n < len(chunk) && !ok {
		c := chunk[n]
		n++
		switch c {
		case '\n', '\r':
			p, ok = s.Flush()
		default:
			if s.add(c) {
				p, ok = s.overlong()
			}
		}
	}
	return n, p, ok
}

// Flush implements Scanner.
func (s *Lines) Flush() (Packet, bool) {
	line := bytes.TrimSpace(s.end())
	return Packet{Kind: Line, Data: line}, len(line) > 0
}
