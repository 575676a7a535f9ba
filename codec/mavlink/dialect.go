package mavlink

import (
	"reflect"
	"strings"
	"sync"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/bluenviron/gomavlib/v3/pkg/message"
)

// definition is what we know of one message of the dialect.
type definition struct {
	name   string
	codec  message.ReadWriter
	typ    reflect.Type // of the struct
	extra  byte         // CRC_EXTRA
	size1  int          // bytes of the payload in version 1, without extension fields
	fields []field
}

// field is one field of a message as it prints.
type field struct {
	name   string
	signed string // of an enumeration that is a signed number on the wire: its type
}

// dialect gives the messages by their id. Building it costs some milliseconds,
// so all decoders share one, which is never written again. A message that
// gomavlib cannot describe is left out, and its id is then unknown (a test
// holds that there is none).
//
//nolint:gochecknoglobals // constant table
var dialect = sync.OnceValue(func() map[uint32]*definition {
	messages := ardupilotmega.Dialect.Messages
	all := make(map[uint32]*definition, len(messages))
	for _, m := range messages {
		d := &definition{codec: message.ReadWriter{Message: m}, typ: reflect.TypeOf(m).Elem()}
		if err := d.codec.Initialize(); err != nil {
			continue
		}
		d.name = strings.ToUpper(dialectName(strings.TrimPrefix(d.typ.Name(), "Message")))
		d.extra = d.codec.CRCExtra()
		d.size1 = len(d.codec.Write(m, false).Payload)
		for f := range d.typ.Fields() {
			name := f.Tag.Get("mavname")
			if name == "" {
				name = dialectName(f.Name)
			}
			var signed string
			if enum := f.Tag.Get("mavenum"); strings.HasPrefix(enum, "int") {
				signed = enum
			}
			d.fields = append(d.fields, field{name, signed})
		}
		all[m.GetID()] = d
	}
	return all
})

// dialectName turns gomavlib's name of a type or field back into the
// dialect's: "GpsRawInt" into "gps_raw_int".
func dialectName(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}
