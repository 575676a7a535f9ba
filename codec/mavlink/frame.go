package mavlink

import (
	"encoding/binary"

	"github.com/bluenviron/gomavlib/v3/pkg/message"
	"github.com/bluenviron/gomavlib/v3/pkg/x25"
)

// Framing, https://mavlink.io/en/guide/serialization.html:
//
//	version 1: FE len seq sys comp id payload crc16
//	version 2: FD len incompat compat seq sys comp id24 payload crc16 [signature]
//
// Version 2 cuts trailing zero bytes of the payload.
const (
	magic1        = 0xFE
	magic2        = 0xFD
	header1       = 6
	header2       = 10
	checksumSize  = 2
	signatureSize = 13
	flagSigned    = 0x01 // incompatibility flag: a signature follows
	maxPayload    = 255
)

// frame is the header of a frame and where its parts lie.
type frame struct {
	version          uint8
	incompat, compat uint8
	sequence         uint8
	system           uint8
	component        uint8
	id               uint32
	header, payload  int // sizes in bytes
	size             int // of the whole frame
	def              *definition
}

// verdict says what stands at a place in the stream.
type verdict uint8

const (
	noFrame      verdict = iota // not the first byte of a frame
	incomplete                  // perhaps a frame: more bytes are needed to tell
	good                        // a frame with the right checksum
	unknownID                   // perhaps a frame, its checksum cannot be checked
	unknownFlags                // perhaps a frame, of a form that we do not know
	wrongSum                    // perhaps a frame, its checksum is wrong
	tooShort                    // a frame of version 1, too short for its id
)

// look judges what b starts with.
func look(defs map[uint32]*definition, b []byte) (frame, verdict) {
	if len(b) == 0 {
		return frame{}, incomplete
	}
	var f frame
	switch {
	case b[0] == magic1 && len(b) >= header1:
		f = frame{
			version: 1, sequence: b[2], system: b[3], component: b[4], id: uint32(b[5]),
			header: header1, payload: int(b[1]),
		}
	case b[0] == magic2 && len(b) >= header2:
		f = frame{
			version: 2, incompat: b[2], compat: b[3], sequence: b[4], system: b[5], component: b[6],
			id:     uint32(b[7]) | uint32(b[8])<<8 | uint32(b[9])<<16,
			header: header2, payload: int(b[1]),
		}
	case b[0] == magic1 || b[0] == magic2:
		return frame{}, incomplete
	default:
		return frame{}, noFrame
	}
	f.size = f.header + f.payload + checksumSize
	if f.incompat&flagSigned != 0 {
		f.size += signatureSize
	}
	f.def = defs[f.id]
	switch {
	case len(b) < f.size:
		return f, incomplete
	case f.incompat&^flagSigned != 0:
		return f, unknownFlags
	case f.def == nil:
		return f, unknownID
	}
	end := f.header + f.payload
	if checksum(b[1:end], f.def.extra) != binary.LittleEndian.Uint16(b[end:]) {
		return f, wrongSum
	}
	if f.version == 1 && f.payload < f.def.size1 {
		return f, tooShort
	}
	return f, good
}

// checksum is CRC-16/MCRF4XX over all but the magic byte, then CRC_EXTRA.
func checksum(b []byte, extra byte) uint16 {
	var h x25.X25
	h.Reset()
	h.Write(b)
	h.Write([]byte{extra})
	return h.Sum16()
}

// signature gives the block after a signed frame, or nil.
func (f *frame) signature(raw []byte) *Signature {
	if f.incompat&flagSigned == 0 {
		return nil
	}
	b := raw[f.size-signatureSize:]
	s := &Signature{Link: b[0]}
	for i := range 6 {
		s.Time |= uint64(b[1+i]) << (8 * i)
	}
	copy(s.Value[:], b[7:])
	return s
}

// decode reads the payload. Scratch is a buffer to put back the zeros that
// version 2 cut, so that gomavlib needs none of its own and never appends to
// our bytes. Version 1 is read in the same way: it should have no extension
// fields, but pymavlink sends them.
func (f *frame) decode(raw []byte, scratch *[maxPayload]byte) (Payload, error) {
	clear(scratch[copy(scratch[:], raw[f.header:f.header+f.payload]):])
	return f.def.codec.Read(&message.MessageRaw{ID: f.id, Payload: scratch[:]}, true)
}
