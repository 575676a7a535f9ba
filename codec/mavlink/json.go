package mavlink

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// MarshalJSON gives the form that the package comment describes.
func (m Message) MarshalJSON() ([]byte, error) {
	type signature struct {
		Link  uint8     `json:"link"`
		Time  time.Time `json:"time"`
		Value string    `json:"value"`
	}
	fields, err := m.fields()
	if err != nil {
		return nil, fmt.Errorf("print %s: %w", m.Name, err)
	}
	out := struct {
		Time      time.Time       `json:"time,omitzero"`
		Version   uint8           `json:"version"`
		System    uint8           `json:"system"`
		Component uint8           `json:"component"`
		Sequence  uint8           `json:"sequence"`
		ID        uint32          `json:"id"`
		Name      string          `json:"name"`
		Signed    bool            `json:"signed"`
		Signature *signature      `json:"signature,omitempty"`
		Lost      uint8           `json:"lost"`
		Fields    json.RawMessage `json:"fields"`
		Telemetry Telemetry       `json:"telemetry,omitempty"`
	}{
		Time: m.Received, Version: m.Version, System: m.System, Component: m.Component,
		Sequence: m.Sequence, ID: m.ID, Name: m.Name, Signed: m.Signed(), Lost: m.Lost,
		Fields: fields, Telemetry: m.Telemetry(),
	}
	if s := m.Signature; s != nil {
		out.Signature = &signature{s.Link, s.Stamp(), hex.EncodeToString(s.Value[:])}
	}
	return json.Marshal(out)
}

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
