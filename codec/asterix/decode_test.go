package asterix

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/asterix/spec"
	"atalaya/geo"
)

// outcome is what came of some input, as text: a record as hexadecimal octets,
// what was bad as its kind.
func outcome(t *testing.T, seq iter.Seq2[Message, error]) []string {
	t.Helper()
	var out []string
	for m, err := range seq {
		var bad *codec.Bad
		switch {
		case err == nil:
			out = append(out, hex.EncodeToString(m.Raw))
		case errors.As(err, &bad):
			out = append(out, "bad "+string(bad.Kind))
		default:
			t.Fatalf("%T %v", err, err)
		}
	}
	return out
}

func octetsFrom(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A north marker and a plot of the station 25/201, as blocks and as records.
const (
	north       = "22 000b f0 19c9 01 3a5c80 00"
	northRecord = "f019c9013a5c8000"
	plot        = "30 000a 90 19c9 3200 4000"
	plotRecord  = "9019c932004000"
)

func TestDatagram(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"one block", north, []string{northRecord}},
		{"two blocks", north + plot, []string{northRecord, plotRecord}},
		{"two records", "30 0011 90 19c9 3200 4000 90 19c9 3300 4000", []string{plotRecord, "9019c933004000"}},
		{"a block of no length: the rest is lost", plot + "30 0000" + plot, []string{plotRecord, "bad block-length"}},
		{"a block shorter than its header", "30 0002 90 19c9", []string{"bad block-length"}},
		{"no records", "30 0003" + north, []string{"bad empty-block", northRecord}},
		{"half a header", plot + "30 00", []string{plotRecord, "bad truncated"}},
		{"cut", "30 000a 90 19c9 3200", []string{"bad truncated"}},
		{"unknown category between two", plot + "08 0005 8001" + plot, []string{plotRecord, "bad unknown-category", plotRecord}},
		{"a presence field without end", "30 000b 90 19c9 3200 4000 01", []string{plotRecord, "bad short-record"}},
		{"a presence field of five octets", "30 0009 81 01 01 01 00 80" + plot, []string{"bad long-fspec", plotRecord}},
		{"spare field reference number", "3e 0006 c0 19c9", []string{"bad unknown-frn"}},
		{"the block ends inside an item", "30 0009 90 19c9 3200 40" + plot, []string{"bad short-record", plotRecord}},
		{"a good record, then a broken one", "30 0010 90 19c9 3200 4000 90 19c9 3300 40", []string{plotRecord, "bad short-record"}},
		{"empty records", "30 000e 00 00 90 19c9 3200 4000 00 00", []string{"bad empty-record", plotRecord, "bad empty-record"}},
		{"I048/020 with a seventh octet", "30 000c a0 19c9 01 01 01 01 01 01", []string{"bad long-item"}},
		{"a part of I034/050 that is none", "22 0007 84 19c9 40", []string{"bad unknown-part"}},
		{"an explicit item of no length", "22 0008 81 04 19c9 00", []string{"bad explicit-length"}},
		{"spare bits of I048/161", "30 0009 81 10 19c9 f123" + plot, []string{"811019c9f123", "bad spare-bits", plotRecord}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := outcome(t, New(Config{}).Datagram(octetsFrom(t, c.in), time.Time{}))
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestStream(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"blocks back to back", north + plot + plot, []string{northRecord, plotRecord, plotRecord}},
		{"begun in the middle of a block", "c9 3200 4000" + plot + plot, []string{"bad noise", plotRecord, plotRecord}},
		{"a block of no length", plot + "30 0000 11" + plot, []string{plotRecord, "bad block-length", "bad noise", plotRecord}},
		{"other people's categories", plot + "08 0005 8001" + "41 0005 8001" + plot, []string{plotRecord, "bad unknown-category", "bad unknown-category", plotRecord}},
		{"one at the end", plot + "08 0005 8001", []string{plotRecord, "bad unknown-category"}},
		{"a broken record, its length is right", "30 0009 90 19c9 3200 40" + plot, []string{"bad short-record", plotRecord}},
		{"a broken record, its length is wrong", plot + "30 000b 90 19c9 3200 40" + plot + plot, []string{plotRecord, "9019c932004030", "bad empty-record", "bad noise", plotRecord}},
		{"an unknown category with a wrong length", plot + "08 0007 8001" + plot + plot, []string{plotRecord, "bad noise", plotRecord, plotRecord}},
		{"ends inside a block", plot + "30 000a 90 19", []string{plotRecord, "bad truncated"}},
		{"ends inside noise", plot + "0000 0000 0000", []string{plotRecord, "bad block-length", "bad noise"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := octetsFrom(t, c.in)
			d := New(Config{})
			got := outcome(t, d.Decode(in, time.Time{}))
			got = append(got, outcome(t, d.Flush(time.Time{}))...)
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
			if got := outcome(t, d.Decode(octetsFrom(t, north), time.Time{})); !slices.Equal(got, []string{northRecord}) {
				t.Errorf("after the end: %q", got)
			}
		})
	}
}

// Whatever the stream, where it is cut changes nothing, and what is kept of it
// stays below a block.
func cutAnywhere(t *testing.T, cfg Config, stream []byte, step func() int) {
	t.Helper()
	d := New(cfg)
	whole := outcome(t, d.Decode(stream, time.Time{}))
	whole = append(whole, outcome(t, d.Flush(time.Time{}))...)
	d = New(cfg)
	var parts []string
	for rest := stream; len(rest) > 0; {
		n := min(max(step(), 1), len(rest))
		parts = append(parts, outcome(t, d.Decode(rest[:n], time.Time{}))...)
		rest = rest[n:]
		if len(d.pending) > maxBlock+headerSize {
			t.Fatalf("%d octets kept", len(d.pending))
		}
	}
	parts = append(parts, outcome(t, d.Flush(time.Time{}))...)
	if !slices.Equal(whole, parts) {
		t.Fatalf("whole: %q\n in parts: %q", whole, parts)
	}
}

// mixedStream is of good blocks, broken ones and noise.
func mixedStream(t *testing.T, random random, blocks int) []byte {
	t.Helper()
	var stream []byte
	for range blocks {
		category := spec.Categories()[random.IntN(4)]
		var records [][]byte
		for range 1 + random.IntN(3) {
			record, err := Encode(spec.Newest(category), random.items(spec.Newest(category)))
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, record)
		}
		from := len(stream)
		var err error
		if stream, err = AppendBlock(stream, category, records...); err != nil {
			t.Fatal(err)
		}
		switch random.IntN(8) {
		case 0: // one bit wrong
			stream[from+random.IntN(len(stream)-from)] ^= 1 << random.IntN(8)
		case 1: // noise
			for range random.IntN(20) {
				stream = append(stream, byte(random.Uint32()))
			}
		case 2: // some octets lost
			stream = stream[:len(stream)-random.IntN(min(5, len(stream)-from))]
		}
	}
	return stream
}

func TestCutAnywhere(t *testing.T) {
	random := newRandom(3)
	cfg := Config{Editions: map[string]string{"048/25/201": "1.27", "062": "1.18"}}
	for range 60 {
		cutAnywhere(t, cfg, mixedStream(t, random, 30), func() int { return 1 + random.IntN(40) })
	}
}

// After damage the stream is found again: most blocks come through.
func TestFindsTheStreamAgain(t *testing.T) {
	random := newRandom(4)
	good, blocks := 0, 0
	for range 100 {
		stream := append(mixedStream(t, random, 20), octetsFrom(t, strings.Repeat(plot, 400))...)
		d := New(Config{})
		for _, seq := range []iter.Seq2[Message, error]{d.Decode(stream, time.Time{}), d.Flush(time.Time{})} {
			for m, err := range seq {
				if err == nil && hex.EncodeToString(m.Raw) == plotRecord {
					good++
				}
			}
		}
		blocks += 400
	}
	if good < blocks*95/100 {
		t.Errorf("%d of %d good blocks found", good, blocks)
	}
}

// Random octets make no records, and the memory for them is bounded.
func TestNoiseMakesNoRecords(t *testing.T) {
	random := newRandom(6)
	d := New(Config{})
	chunk := make([]byte, 1400)
	total, passed := 0, 0
	for range 8 << 20 / len(chunk) {
		for i := range chunk {
			chunk[i] = byte(random.Uint32())
		}
		total += len(chunk)
		for m, err := range d.Decode(chunk, time.Time{}) {
			var bad *codec.Bad
			if !errors.As(err, &bad) {
				t.Fatalf("a record of category %03d: %X", m.Category, m.Raw)
			}
			var n int
			if _, err := fmt.Sscanf(bad.Detail, "%d octets between blocks", &n); err == nil {
				passed += n
			}
		}
		if len(d.pending) > 2*maxBlock || cap(d.pending) > 8*maxBlock {
			t.Fatalf("%d octets kept in %d", len(d.pending), cap(d.pending))
		}
	}
	if passed < total*9/10 {
		t.Errorf("%d of %d octets reported", passed, total)
	}
}

// A caller that stops loses nothing: the rest comes with the next call.
func TestStoppedEarly(t *testing.T) {
	d := New(Config{})
	in := octetsFrom(t, north+plot+plot)
	_ = d.Decode(in, time.Time{}) // not ranged over: not taken
	for m, err := range d.Decode(in, time.Time{}) {
		if err != nil || m.Category != 34 {
			t.Fatal(m.Category, err)
		}
		break
	}
	clear(in) // the chunk may be reused
	if got := outcome(t, d.Decode(nil, time.Time{})); !slices.Equal(got, []string{plotRecord, plotRecord}) {
		t.Errorf("%q", got)
	}
}

func TestEditions(t *testing.T) {
	// I021/130 of edition 0.23 has 24 bits, of 0.26 32 bits.
	old := "15 000c 90 19c9 400000 c00000"
	newer := "15 000e 90 19c9 01000000 ff000000"
	cfg := Config{Editions: map[string]string{"021": "0.26", "021/25/201": "0.23", "048": "1.28", "062": "0.99"}}
	if err := cfg.Check(); err == nil || !strings.Contains(err.Error(), "1.16, 1.17, 1.18") {
		t.Errorf("edition 0.99 of category 062: %v", err)
	}
	d := New(cfg)
	for m, err := range d.Datagram(octetsFrom(t, old+strings.ReplaceAll(newer, "19c9", "0102")), time.Time{}) {
		r, ok := m.ADSB()
		if err != nil || !ok || !r.Has.All(HasPosition) || r.Position != (geo.Position{Lat: 90, Lon: -90}) {
			t.Errorf("edition %s: %v, %v", m.Edition.Number, r.Position, err)
		}
	}
	want := []string{"bad unknown-edition", plotRecord}
	if got := outcome(t, d.Datagram(octetsFrom(t, "3e 0006 80 19c9"+plot), time.Time{})); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, key := range []string{"48x", "048/25", "256", "048/25/256", ""} {
		if err := (Config{Editions: map[string]string{key: "1.30"}}).Check(); err == nil {
			t.Errorf("%q is a key", key)
		}
	}
	if err := (Config{Editions: map[string]string{"63": "1.6"}}).Check(); err == nil {
		t.Error("category 063 has editions")
	}
	if err := (Config{Editions: map[string]string{"048": "1.30", "021/1/2": "0.26"}}).Check(); err != nil {
		t.Error(err)
	}
}

func TestJSON(t *testing.T) {
	received := time.Date(2026, 7, 30, 12, 0, 0, 5e6, time.UTC)
	record, err := Encode(spec.Newest(48), Fields{
		"010": Fields{"SAC": 25, "SIC": 201}, "140": 29881.0, "020": Fields{"TYP": 3},
		"040": Fields{"RHO": 50, "THETA": 90}, "070": Fields{"MODE3A": "7700"}, "090": Fields{"FL": -1},
		"130": Fields{"PAM": -50}, "220": "3C4A12", "240": "FAB 12", "030": []any{5, 13},
	})
	if err != nil {
		t.Fatal(err)
	}
	block, err := AppendBlock(nil, 48, record)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"category":48,"edition":"1.32","sac":25,"sic":201,"received":"2026-07-30T12:00:00.005Z","items":{` +
		`"010":{"SAC":25,"SIC":201},"140":{"value":29881,"unit":"s"},` +
		`"020":{"TYP":{"value":3,"text":"SSR + PSR detection"},"SIM":{"value":0,"text":"Actual target report"},` +
		`"RDP":{"value":0,"text":"Report from RDP Chain 1"},"SPI":{"value":0,"text":"Absence of SPI"},` +
		`"RAB":{"value":0,"text":"Report from aircraft transponder"}},` +
		`"040":{"RHO":{"value":50,"unit":"NM"},"THETA":{"value":90,"unit":"°"}},` +
		`"070":{"V":{"value":0,"text":"Code validated"},"G":{"value":0,"text":"Default"},` +
		`"L":{"value":0,"text":"Mode-3/A code derived from the reply of the transponder"},"MODE3A":"7700"},` +
		`"090":{"V":{"value":0,"text":"Code validated"},"G":{"value":0,"text":"Default"},"FL":{"value":-1,"unit":"FL"}},` +
		`"130":{"PAM":{"value":-50,"unit":"dBm"}},"220":"3C4A12","240":"FAB 12",` +
		`"030":[{"value":5,"text":"Angel"},{"value":13,"text":"Target in Clutter Area"}]},` +
		`"raw":"%X"}`
	for m, err := range New(Config{}).Datagram(block, received) {
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != fmt.Sprintf(want, record) {
			t.Errorf("%s\nwant %s", got, want)
		}
		if !bytes.Equal(m.Item("220"), []byte{0x3C, 0x4A, 0x12}) || m.Item("161") != nil || m.Item("999") != nil {
			t.Errorf("I048/220 is %X", m.Item("220"))
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for want, items := range map[string]Fields{
		`category 048 edition 1.32: there is no "999"`:   {"999": 1},
		`I048/040/RHO: 256 is outside 0 to 255.99609375`: {"040": Fields{"RHO": 256}},
		`I048/040: there is no "RANGE"`:                  {"040": Fields{"RANGE": 5}},
		`I048/040: float64 where parts are named`:        {"040": 1.0},
		`I048/070/MODE3A: "77" has 2 characters, not 4`:  {"070": Fields{"MODE3A": "77"}},
		`I048/070/MODE3A: '8' is not of the alphabet`:    {"070": Fields{"MODE3A": "7788"}},
		`I048/240: 'a' is not of the alphabet`:           {"240": "abc"},
		`I048/020: there is no "XYZ"`:                    {"020": Fields{"XYZ": 1}},
		`I048/130: there is no "XYZ"`:                    {"130": Fields{"XYZ": 1}},
		`I048/130/PAM: 128 is outside -128 to 127`:       {"130": Fields{"PAM": 128}},
		`I048/120/CAL/CAL: 600 is outside -512 to 511`:   {"120": Fields{"CAL": Fields{"CAL": 600}}},
		`I048/250/0/BDS1: 16 is outside 0 to 15`:         {"250": []any{Fields{"BDS1": 16}}},
		`I048/030: an empty list cannot be said`:         {"030": []any{}},
		`I048/030: float64 where a list is meant`:        {"030": 5.0},
		`I048/030/0: string where a number is meant`:     {"030": []any{"x"}},
		`I048/220: 4 octets where 24 bits are meant`:     {"220": "0A0B0C0D"},
		`I048/220: more than 24 bits`:                    {"220": uint64(1 << 24)},
		`I048/220: parts where a value is meant`:         {"220": Fields{"x": 1}},
		`I048/SP: 255 octets; it can have 254`:           {"SP": make([]byte, 255)},
		`I048/SP: int where octets are meant`:            {"SP": 5},
		`I048/250: 256 repetitions; it can have 255`:     {"250": make([]any, 256)},
		`I048/240: int where text is meant`:              {"240": 5},
		`I048/161: there is no ""`:                       {"161": Fields{"": 5}},
	} {
		if b, err := Encode(spec.Newest(48), items); err == nil || err.Error() != want {
			t.Errorf("%v: %X, %v; want %s", items, b, err, want)
		}
	}
	if _, err := AppendBlock(nil, 48, make([]byte, maxBlock-2)); err == nil {
		t.Error("a block of 65,536 octets")
	}
}
