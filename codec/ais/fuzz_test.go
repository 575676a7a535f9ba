package ais

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
)

// result is what a decoder yields, in order.
type result struct {
	message Message
	bad     string
}

func results(d *Decoder, chunks ...[]byte) []result {
	var out []result
	collect := func(m Message, err error) {
		r := result{message: m}
		if err != nil {
			b := err.(*codec.Bad) //nolint:errorlint // the contract is exactly this type
			r.bad = string(b.Kind) + b.Detail + string(b.Raw)
		}
		out = append(out, r)
	}
	for _, c := range chunks {
		for m, err := range d.Decode(c, time.Time{}) {
			collect(m, err)
		}
	}
	for m, err := range d.Flush(time.Time{}) {
		collect(m, err)
	}
	return out
}

// cut cuts a stream at places that the bytes of at choose.
func cut(stream, at []byte) [][]byte {
	var chunks [][]byte
	for _, n := range at {
		k := min(int(n), len(stream))
		// A copy: a decoder must not keep the caller's memory.
		chunk := bytes.Clone(stream[:k])
		stream = stream[k:]
		chunks = append(chunks, chunk)
	}
	return append(chunks, stream)
}

func FuzzDecode(f *testing.F) {
	at := []byte{1, 0, 7, 40, 80, 3}
	e := NewEncoder()
	for _, m := range examples() {
		sentences, err := e.Encode(&m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(strings.Join(sentences, "\r\n")), at)
	}
	two := fmt.Sprintf("!AIVDM,2,1,3,A,%s,0*hh\\r\\n!AIVDM,2,2,3,A,%s,2*hh\n", partOne, partTwo)
	for _, s := range []string{
		two, strings.ReplaceAll(two, `\r\n`, "\n"),
		`\s:a,c:1334337317*hh\` + "\n" + anyReport + ",r003669957,1152921695",
		"$PGHP,1,2013,3,18,9,19,9,499,219,,2190048,1,18*hh\n1550303566167726840 " + anyReport,
		"# comment\n!AIVDM,1,1,,A,15RT!AIVDM,1,1\n$GPGSA,A,3*00\nnoise\n\x00" + anyReport,
	} {
		f.Add([]byte(sum(s)), at)
	}
	f.Fuzz(func(t *testing.T, stream, at []byte) {
		d := New(Config{})
		whole := results(d, stream)
		if cap(d.bits) > 1<<14 || len(d.waiting) > d.cfg.MaxOpen {
			t.Fatalf("%d bits, %d messages wait", cap(d.bits), len(d.waiting))
		}
		parts := cut(stream, at)
		if pieces := results(New(Config{}), parts...); !reflect.DeepEqual(whole, pieces) {
			t.Fatalf("whole  %v\npieces %v", whole, pieces)
		}
		for _, r := range whole {
			if r.bad != "" {
				continue
			}
			m := r.message
			if b := m.AppendJSON(nil); !json.Valid(b) {
				t.Fatalf("no JSON: %s", b)
			}
			var again []Message
			for _, r := range results(New(Config{}), m.Raw) {
				if r.bad == "" {
					again = append(again, r.message)
				}
			}
			if len(again) != 1 || !reflect.DeepEqual(again[0], m) {
				t.Fatalf("%q\ngave %v\nagain %v", m.Raw, m, again)
			}
		}
	})
}

// FuzzReport writes and reads again what any bits say.
func FuzzReport(f *testing.F) {
	for kind, n := range writable {
		b := make([]byte, (n+7)/8)
		b[0] = kind << 2
		f.Add(b, uint16(n))
		for i := range b {
			b[i] |= byte(37 * i)
		}
		b[0] = kind << 2
		f.Add(b, uint16(n))
	}
	f.Fuzz(func(t *testing.T, packed []byte, n uint16) {
		var bits []byte
		for i := range min(int(n), 8*len(packed)) {
			bits = append(bits, packed[i/8]>>(7-i%8)&1)
		}
		read := func(bits []byte) (m Message, bad error) {
			New(Config{}).message(&part{}, nil, bits, time.Time{}, func(got Message, err error) bool {
				m, bad = got, err
				return true
			})
			return m, bad
		}
		m, err := read(bits)
		if err != nil || m.Report == nil {
			return
		}
		// What is cut off is written as if it were there.
		switch r := m.Report.(type) {
		case *Position:
			r.Radio = codec.Some(r.Radio.Or(0))
		case *Voyage:
			r.Ready = codec.Some(r.Ready.Or(false))
		}
		written, err := NewEncoder().bits(&m)
		if err != nil {
			t.Fatalf("%s: %v", m.AppendJSON(nil), err)
		}
		again, err := read(written)
		if err != nil || !reflect.DeepEqual(again.Report, m.Report) || again.MMSI != m.MMSI || again.Type != m.Type {
			t.Fatalf("%s\n%s: %v", m.AppendJSON(nil), again.AppendJSON(nil), err)
		}
	})
}
