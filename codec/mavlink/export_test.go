package mavlink

import (
	"encoding/binary"
	"time"
)

// SetSequence sets the sequence of the next frame.
func (e *Encoder) SetSequence(n uint8) { e.sequence = n }

// AppendSigned appends a frame with a signature block as given.
func (e *Encoder) AppendSigned(dst []byte, m Payload, s Signature) ([]byte, error) {
	frame, err := e.Append(nil, m)
	if err != nil {
		return dst, err
	}
	frame[2] |= flagSigned
	end := len(frame) - checksumSize
	binary.LittleEndian.PutUint16(frame[end:], checksum(frame[1:end], dialect()[m.GetID()].extra))
	frame = append(frame, s.Link)
	for i := range 6 {
		frame = append(frame, byte(s.Time>>(8*i)))
	}
	return append(append(dst, frame...), s.Value[:]...), nil
}

// AppendTlog appends a frame as a ground station records it.
func AppendTlog(dst []byte, at time.Time, frame []byte) []byte {
	return append(binary.BigEndian.AppendUint64(dst, uint64(at.UnixMicro())), frame...)
}
