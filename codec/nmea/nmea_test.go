package nmea

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

var update = flag.Bool("update", false, "write the golden files anew")

// examples gives one sentence of each formatter; those of the radar are what
// a radar at Copacabana would say.
func examples() []string {
	return []string{
		Frame('$', "RATTM", "02", "1.43", "170.5", "T", "12.16", "264.4", "T", "0.42", "-3.5", "N", "SURIKI", "T", "", "115917.25", "A"),
		Frame('$', "RATTM", "11", "2.650", "360.0", "R", "", "", "", "", "", "K", "", "Q", "R", "", "M"),
		Frame('$', "RATLL", "02", "1601.926", "S", "06913.044", "W", "A^2CB", "115917.25", "T", ""),
		Frame('$', "RARSD", "0.00", "", "2.50", "005.0", "", "", "4.50", "355.0", "0.808", "326.9", "12.0", "N", "H"),
		Frame('$', "RAOSD", "179.0", "A", "181.5", "M", "6.0", "W", "90.0", "0.5", "N"),
		Frame('$', "RAOSD", "179.0", "V", "", "", "", "", "", "", "N"),
		`\s:patrol1,c:1772366357*18\` + Frame('$', "GPRMC", "115917.00", "A", "1601.926", "S", "06913.044", "W", "8.4", "237.4", "010326", "5.2", "W", "A"),
		Frame('$', "GPRMC", "115917.00", "V", "1601.926", "S", "06913.044", "W", "8.4", "237.4", "", "", ""),
		Frame('$', "GPGGA", "115917.00", "1601.926", "S", "06913.044", "W", "1", "09", "1.1", "3812.5", "M", "43.1", "M", "", ""),
		Frame('$', "GPGGA", "115917.00", "", "", "", "", "0", "00", "", "", "M", "", "M", "", ""),
		Frame('$', "GPGLL", "1601.926", "S", "06913.044", "W", "115917", "A", "D"),
		Frame('$', "GPVTG", "237.4", "T", "242.6", "M", "8.4", "N", "15.6", "K", "A"),
		Frame('$', "GPVTG", "", "T", "", "M", "", "N", "15.6", "K", "A"),
		Frame('$', "HEHDT", "240.1", "T"),
		Frame('$', "HETHS", "240.1", "A"),
		Frame('$', "HETHS", "240.1", "V"),
	}
}

func TestGolden(t *testing.T) {
	const file = "testdata/messages.golden"
	d := New(Config{})
	var got []byte
	for _, s := range examples() {
		got = append(append(got, s...), '\n')
		for m, err := range d.Decode([]byte(s+"\r\n"), time.Date(2026, 3, 1, 11, 59, 18, 0, time.UTC)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(m.AppendJSON(got), '\n', '\n')
		}
	}
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("other than %s (write it anew with -update):\n%s", file, got)
	}
}

// TestKeysAreDocumented: every key of every message stands in the table of the
// package comment.
func TestKeysAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(9, 10))
	in := strings.Join(examples(), "\n") + "\n"
	for range 1000 {
		in += randomSentence(random)
	}
	messages, _ := decodeAll([]byte(in))
	keys := map[string]any{}
	for i := range messages {
		if err := json.Unmarshal(messages[i].AppendJSON(nil), &keys); err != nil {
			t.Fatal(err)
		}
	}
	for key := range keys {
		if !regexp.MustCompile(`\n//\t([a-z0-9_]+ )*` + key + `\s`).Match(doc) {
			t.Errorf("key %q is not documented", key)
		}
	}
}

// TestMalformed gives each sentence with one field that is wrong.
func TestMalformed(t *testing.T) {
	for _, s := range []string{
		"RATTM,x,1.43,170.5,T,12.16,264.4,T,0.42,-3.5,N,,T,,,A",
		"RATTM,02,1.43,170.5,T,12.16,264.4,T,0.42,-3.5,,,T,,,A", // no unit
		"RATTM,02,1.43,170.5,T,12.16,264.4,T,0.42,-3.5,X,,T,,,A",
		"RATTM,02,-1.43,170.5,T,12.16,264.4,T,0.42,-3.5,N,,T,,,A",
		"RATTM,02,1.43,361,T,12.16,264.4,T,0.42,-3.5,N,,T,,,A",
		"RATTM,02,1.43,NaN,T,12.16,264.4,T,0.42,-3.5,N,,T,,,A",
		"RATTM,02,1.43,1e2,T,12.16,264.4,T,0.42,-3.5,N,,T,,,A",
		"RATTM,02,1.43,1.2.3,T,12.16,264.4,T,0.42,-3.5,N,,T,,,A",
		"RATTM,02,1.43,170.5,T,12.16,264.4,T,0.42,-3.5,N,,T,,250000,A",
		"RATTM,02,1.43,170.5,T,12.16,264.4,T,0.42,-3.5,N,,T,,1159,A",
		"RATTM,02,1.43,170.5,T,12.16,264.4,T,0.42,-3.5,N,,Z,,,A",
		"GPRMC,115917,A,9101.926,S,06913.044,W,8.4,237.4,010326,,,A",
		"GPRMC,115917,A,1660.000,S,06913.044,W,8.4,237.4,010326,,,A",
		"GPRMC,115917,A,1601.926,Q,06913.044,W,8.4,237.4,010326,,,A",
		"GPRMC,115917,A,1601.926,S,18100.000,W,8.4,237.4,010326,,,A",
		"GPRMC,115917,A,1601.926,S,06913.044,W,8.4,237.4,310226,,,A", // no such day
		"GPGGA,115917,1601.926,S,06913.044,W,9,09,1.1,3812.5,M,43.1,M,,",
		"GPGGA,115917,1601.926,S,06913.044,W,1,09,1.1,3812.5,F,43.1,M,,",
	} {
		f := strings.Split(s, ",")
		got, bad := decodeAll([]byte(Frame('$', f[0], f[1:]...)))
		if len(got) > 0 || bad[codec.Malformed] != 1 {
			t.Errorf("%s: %d messages, bad %v", s, len(got), bad)
		}
	}
}

func TestUnixTime(t *testing.T) {
	at := time.Unix(1550303566, 0).UTC()
	for digits, want := range map[string]time.Time{
		"1550303566":          at,
		"1550303566167":       at.Add(167 * time.Millisecond),
		"1550303566167726":    at.Add(167726 * time.Microsecond),
		"1550303566167726840": at.Add(167726840),
		"":                    {}, "0": {}, "155030356": {}, "99999999999": {}, "15503035661677268401": {}, "155030356x": {}, "-1550303566": {},
	} {
		if got := UnixTime([]byte(digits)); got != want {
			t.Errorf("%q: %v, want %v", digits, got, want)
		}
	}
}

func TestTagRoundTrip(t *testing.T) {
	for _, tag := range []Tag{
		{},
		{Time: time.Unix(1772366357, 0).UTC()},
		{Time: time.UnixMilli(1772366357250).UTC(), Source: "COPA1", Destination: "HQ"},
		{Group: Group{Part: 1, Total: 2, ID: 77}, Source: "r3669961"},
	} {
		block, err := tag.Block()
		if err != nil {
			t.Fatal(err)
		}
		if got, bad := parseTags([]byte(block)); bad != nil || got != tag {
			t.Errorf("%s: %v %v", block, got, bad)
		}
	}
}

// TestOverlong: a line without end is dropped, and the next one is read.
func TestOverlong(t *testing.T) {
	good := Frame('$', "HEHDT", "240.1", "T")
	for _, at := range []int{1, 7, 1 << 20} {
		d := New(Config{})
		in := []byte(strings.Repeat("$", 3*maxLine) + "\n" + good + "\n")
		var messages, bad int
		for len(in) > 0 {
			n := min(at, len(in))
			for _, err := range d.Decode(in[:n], time.Time{}) {
				if err == nil {
					messages++
				} else if b := err.(*codec.Bad); b.Kind == codec.Overlong { //nolint:errorlint // the contract
					bad++
				}
			}
			in = in[n:]
		}
		if messages != 1 || bad != 1 || cap(d.split.partial) > 2*maxLine {
			t.Errorf("in pieces of %d: %d messages, %d overlong, %d bytes kept", at, messages, bad, cap(d.split.partial))
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, m := range map[string]Message{
		"no station name":  {Talker: "RA", Data: &HDT{}, Tag: Tag{Source: "La Paz, 1"}},
		"another sentence": {Talker: "RA", Data: &RSD{}},
		"no talker":        {Data: &HDT{}},
		"no number":        {Talker: "RA", Data: &HDT{Heading: codec.Some(math.NaN())}},
		"no place":         {Talker: "RA", Data: &TLL{Position: codec.Some(geo.Position{Lat: 91})}},
		"no time of day":   {Talker: "RA", Data: &TTM{Clock: codec.Some(25 * time.Hour)}},
	} {
		if s, err := Encode(&m); err == nil {
			t.Errorf("%s is written: %s", name, s)
		}
	}
}

// FuzzDecode: a stream in pieces says what it says as a whole; what was read
// is read again from the message's own bytes; and what is written of it is
// read and written the same.
func FuzzDecode(f *testing.F) {
	for _, s := range examples() {
		f.Add([]byte(s+"\r\n"), []byte{1, 0, 30, 7})
	}
	f.Add([]byte("\\s:a*3B\\\n"+examples()[0]+"!x$\n#c\n"+examples()[1]+examples()[2]), []byte{9, 9, 40})
	f.Fuzz(func(t *testing.T, stream, at []byte) {
		whole := results(stream)
		var parts [][]byte
		rest := stream
		for _, n := range at {
			k := min(int(n), len(rest))
			parts, rest = append(parts, bytes.Clone(rest[:k])), rest[k:]
		}
		if pieces := results(append(parts, rest)...); !reflect.DeepEqual(whole, pieces) {
			t.Fatalf("whole  %v\npieces %v", whole, pieces)
		}
		for _, r := range whole {
			m := r.message
			if r.bad != "" {
				continue
			}
			if b := m.AppendJSON(nil); !json.Valid(b) {
				t.Fatalf("no JSON: %s", b)
			}
			if again := good(results(m.Raw)); len(again) != 1 || !reflect.DeepEqual(again[0], m) {
				t.Fatalf("%q\ngave %v\nagain %v", m.Raw, m, again)
			}
			written, err := Encode(&m)
			if err != nil {
				continue
			}
			again := good(results([]byte(written)))
			if len(again) != 1 {
				t.Fatalf("%s: written %s, read %v", m.Raw, written, again)
			}
			twice, err := Encode(&again[0])
			if err != nil || twice != written {
				t.Fatalf("%s: written %s, then %s %v", m.Raw, written, twice, err)
			}
		}
	})
}

type result struct {
	message Message
	bad     string
}

func results(chunks ...[]byte) []result {
	var out []result
	collect := func(m Message, err error) {
		r := result{message: m}
		if err != nil {
			b := err.(*codec.Bad) //nolint:errorlint // the contract is exactly this type
			r.bad = string(b.Kind) + b.Detail + string(b.Raw)
		}
		out = append(out, r)
	}
	d := New(Config{})
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

func good(results []result) []Message {
	var out []Message
	for _, r := range results {
		if r.bad == "" {
			out = append(out, r.message)
		}
	}
	return out
}
