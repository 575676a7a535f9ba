package mavlink

import (
	"encoding/binary"
	"fmt"
	"reflect"
)

// Encoder makes the frames of one component: version 2, unsigned. It is not
// safe for concurrent use.
type Encoder struct {
	defs              map[uint32]*definition
	system, component uint8
	sequence          uint8
}

// NewEncoder makes an Encoder whose first frame has sequence 0.
func NewEncoder(system, component uint8) *Encoder {
	return &Encoder{defs: dialect(), system: system, component: component}
}

// Append appends the frame of a message to dst. The message must be a
// pointer to one of the types of gomavlib's ardupilotmega dialect.
func (e *Encoder) Append(dst []byte, m Payload) ([]byte, error) {
	v := reflect.ValueOf(m)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return dst, fmt.Errorf("encode MAVLink: %T is no message", m)
	}
	def := e.defs[m.GetID()]
	if def == nil || def.typ != v.Type().Elem() {
		return dst, fmt.Errorf("encode MAVLink: %T (id %d) is not in the dialect", m, m.GetID())
	}
	payload := def.codec.Write(m, true).Payload
	id := m.GetID()
	start := len(dst)
	dst = append(dst, magic2, byte(len(payload)), 0, 0, e.sequence, e.system, e.component,
		byte(id), byte(id>>8), byte(id>>16))
	dst = append(dst, payload...)
	dst = binary.LittleEndian.AppendUint16(dst, checksum(dst[start+1:], def.extra))
	e.sequence++
	return dst, nil
}
