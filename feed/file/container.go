package file

import (
	"bytes"
	"encoding/binary"
)

// Container is the form of a recording.
type Container string

// The containers.
const (
	Auto   Container = ""       // recognised by its first bytes
	Lines  Container = "lines"  // text: AIS and other NMEA, AVR, SBS
	Binary Container = "binary" // bytes as they came: Beast, ASTERIX, MAVLink, or unknown
	Tlog   Container = "tlog"   // MAVLink frames, each after 8 bytes of time
	PCAP   Container = "pcap"   // packets, pcap or pcapng
)

// Detect recognises a container by its first bytes; 64 KiB are enough.
func Detect(head []byte) Container {
	if len(head) >= 4 {
		switch binary.BigEndian.Uint32(head) {
		case 0xA1B2C3D4, 0xD4C3B2A1, 0xA1B23C4D, 0x4D3CB2A1, // pcap: micro-, nanoseconds
			0x0A0D0D0A: // pcapng
			return PCAP
		}
	}
	if len(head) > 8 && (head[8] == 0xFD || head[8] == 0xFE) {
		const from, until = 946684800e6, 4102444800e6 // 2000 to 2100
		if at := binary.BigEndian.Uint64(head); at >= from && at < until {
			return Tlog
		}
	}
	if isText(head) {
		return Lines
	}
	return Binary
}

// isText reports whether bytes are lines of text: a line in reach, and hardly
// any control characters. Text in the encodings of Europe is text too, and so
// is a good recording with a little line noise.
func isText(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	control := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			control++
		}
	}
	return control*50 <= len(b) && (len(b) < headSize || bytes.IndexByte(b, '\n') >= 0)
}
