package mavlink

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"atalaya/codec"
)

// AppendJSON appends the message as the JSON object that the package comment
// describes.
func (m *Message) AppendJSON(b []byte) []byte {
	o := codec.NewObject(b)
	o.Time("received", m.Received)
	o.Int("version", int64(m.Version))
	o.Int("system", int64(m.System))
	o.Int("component", int64(m.Component))
	o.Int("sequence", int64(m.Sequence))
	o.Int("id", int64(m.ID))
	o.Text("name", m.Name)
	o.Flag("signed", m.Signed())
	if s := m.Signature; s != nil {
		o.Int("signature_link", int64(s.Link))
		o.Time("signature_time", s.Stamp())
		o.Hex("signature", s.Value[:])
	}
	o.Int("lost", int64(m.Lost))
	o.Hex("raw", m.Raw)
	b = o.Close()
	b = b[:len(b)-1]
	fields, err := m.fields()
	if err == nil {
		b = append(append(b, `,"fields":`...), fields...)
	}
	if t := m.Telemetry(); err == nil && t != nil {
		var text []byte
		if text, err = json.Marshal(t); err == nil {
			b = append(append(b, `,"telemetry":`...), text...)
		}
	}
	if err != nil { // only where a message was put together by hand
		b = strconv.AppendQuote(append(b, `,"error":`...), err.Error())
	}
	return append(b, '}')
}

// MarshalJSON implements json.Marshaler.
func (m Message) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// fields prints the payload with the dialect's names, in the dialect's order.
func (m *Message) fields() ([]byte, error) {
	def := dialect()[m.ID]
	v := reflect.ValueOf(m.Payload)
	if def == nil || v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Type() != def.typ {
		return nil, fmt.Errorf("%T is no payload of message id %d", m.Payload, m.ID)
	}
	out := []byte{'{'}
	for i, f := range def.fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendQuote(out, f.name)
		out = append(out, ':')
		var err error
		if out, err = f.append(out, v.Elem().Field(i)); err != nil {
			return nil, fmt.Errorf("field %s: %w", f.name, err)
		}
	}
	return append(out, '}'), nil
}

// append prints one value: a number, a string, or an array of numbers.
func (f field) append(out []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Array:
		out = append(out, '[')
		for i := range v.Len() {
			if i > 0 {
				out = append(out, ',')
			}
			var err error
			if out, err = f.append(out, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	case reflect.String:
		s, err := json.Marshal(v.String()) // not strconv: the text may be no UTF-8
		return append(out, s...), err
	case reflect.Float32:
		return appendFloat(out, v.Float(), 32), nil
	case reflect.Float64:
		return appendFloat(out, v.Float(), 64), nil
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(out, v.Int(), 10), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		switch f.signed { // gomavlib keeps enumerations without their sign
		case "int8":
			return strconv.AppendInt(out, int64(int8(v.Uint())), 10), nil
		case "int32":
			return strconv.AppendInt(out, int64(int32(v.Uint())), 10), nil
		}
		return strconv.AppendUint(out, v.Uint(), 10), nil
	default:
		return nil, fmt.Errorf("a %s cannot be printed", v.Type())
	}
}

// appendFloat prints a number with as many digits as its size needs.
func appendFloat(out []byte, v float64, bits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(out, "null"...)
	}
	return strconv.AppendFloat(out, v, 'g', -1, bits)
}
