package main

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// properties are written in their order.
type properties []struct {
	key   string
	value any
}

type geometry struct {
	kind  string
	shape any // point, line or []line
}

type feature struct {
	Properties properties
	Geometry   geometry
}

// collection writes a FeatureCollection (RFC 7946), one feature a line.
func collection(fs []feature) []byte {
	var b bytes.Buffer
	b.WriteString(`{"type":"FeatureCollection","features":[` + "\n")
	for i, f := range fs {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString(`{"type":"Feature","properties":{`)
		for k, p := range f.Properties {
			if k > 0 {
				b.WriteByte(',')
			}
			writeJSON(&b, p.key)
			b.WriteByte(':')
			writeJSON(&b, p.value)
		}
		b.WriteString(`},"geometry":{"type":"` + f.Geometry.kind + `","coordinates":`)
		switch s := f.Geometry.shape.(type) {
		case point:
			writePoint(&b, s)
		case line:
			writeLine(&b, s)
		case []line:
			b.WriteByte('[')
			for k, l := range s {
				if k > 0 {
					b.WriteByte(',')
				}
				writeLine(&b, l)
			}
			b.WriteByte(']')
		}
		b.WriteString("}}")
	}
	b.WriteString("\n]}\n")
	return b.Bytes()
}

func writeLine(b *bytes.Buffer, l line) {
	b.WriteByte('[')
	for i, p := range l {
		if i > 0 {
			b.WriteByte(',')
		}
		writePoint(b, p)
	}
	b.WriteByte(']')
}

func writePoint(b *bytes.Buffer, p point) {
	b.WriteString("[" + strconv.FormatFloat(p.lon, 'f', -1, 64) + "," + strconv.FormatFloat(p.lat, 'f', -1, 64) + "]")
}

func writeJSON(b *bytes.Buffer, v any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only strings, numbers and booleans come here
	}
	b.Truncate(b.Len() - 1) // Encode ends the line
}
