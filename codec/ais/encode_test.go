package ais

import (
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/nmea"
	"atalaya/geo"
	"atalaya/internal/peer"
)

// writable are the types that can be written, with their usual lengths in bits.
var writable = map[uint8]int{
	1: 168, 2: 168, 3: 168, 4: 168, 5: 424, 9: 168, 11: 168, 12: 168, 14: 160, 18: 168, 19: 312, 21: 360, 24: 168, 27: 96,
}

// randomReport gives a message made of random bits, so that every number of
// the standard comes up.
func randomReport(t testing.TB, random *rand.Rand, kind uint8) Message {
	t.Helper()
	for {
		bits := make([]byte, writable[kind])
		for i := range bits {
			bits[i] = byte(random.Uint32() & 1)
		}
		for i := range 6 {
			bits[i] = kind >> (5 - i) & 1
		}
		armored, fill := armor(bits)
		line := nmea.Frame('!', "AIVDM", "1", "1", "", "A", armored, string(rune('0'+fill)))
		got, _ := decodeString(New(Config{}), line)
		if len(got) == 1 { // else a part of type 24 that there is not
			return got[0]
		}
	}
}

// TestRoundTrip writes what was read: all that a report says comes back.
func TestRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, kind := range slices.Sorted(maps.Keys(writable)) {
		e := NewEncoder()
		for range 500 {
			m := randomReport(t, random, kind)
			m.TagTime, m.Station, m.Own = time.UnixMilli(1.3e12+random.Int64N(1e9)).UTC(), "r1", random.IntN(2) == 0
			sentences, err := e.Encode(&m)
			if err != nil {
				t.Fatalf("%s: %v", m.AppendJSON(nil), err)
			}
			for _, s := range sentences {
				if i := strings.IndexByte(s, '!'); len(s)-i > 80 {
					t.Errorf("%q has more than 80 characters", s[i:])
				}
			}
			got, bad := decodeString(New(Config{}), strings.Join(sentences, "\r\n"))
			if len(got) != 1 || len(bad) > 0 {
				t.Fatalf("%v gives %d messages, bad %v", sentences, len(got), bad)
			}
			g := got[0]
			if !reflect.DeepEqual(g.Report, m.Report) {
				t.Fatalf("%T\nread    %s\nwritten %s", m.Report, m.AppendJSON(nil), g.AppendJSON(nil))
			}
			if g.Type != m.Type || g.Repeat != m.Repeat || g.MMSI != m.MMSI || g.Own != m.Own || g.Channel != m.Channel ||
				!g.TagTime.Equal(m.TagTime) || g.TimeFrom != FromTagBlock || g.Station != m.Station {
				t.Fatalf("read    %s\nwritten %s", m.AppendJSON(nil), g.AppendJSON(nil))
			}
		}
	}
}

// TestGPSDecodeReadsWhatWeWrite gives our sentences to gpsdecode and compares
// what it reads with what was to be written.
func TestGPSDecodeReadsWhatWeWrite(t *testing.T) {
	gpsdecode := peer.Command(t, "gpsdecode")
	random := rand.New(rand.NewPCG(3, 4))
	e := NewEncoder()
	var messages []Message
	var in strings.Builder
	kinds := slices.Sorted(maps.Keys(writable))
	for i := range 3000 {
		m := randomReport(t, random, kinds[i%len(kinds)])
		sentences, err := e.Encode(&m)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
		in.WriteString(strings.Join(sentences, "\r\n") + "\r\n")
	}
	read := runGPSDecode(t, gpsdecode, []byte(in.String()))
	if len(read) != len(messages) {
		t.Fatalf("gpsdecode reads %d messages of %d", len(read), len(messages))
	}
	for i := range messages {
		m := &messages[i]
		m.PayloadBits = 168
		for _, d := range differences(m, read[i], "") {
			t.Errorf("%s: %s", m.AppendJSON(nil), d)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	at := func(lat, lon float64) Kinematics {
		return Kinematics{Position: codec.Some(geo.Position{Lat: lat, Lon: lon})}
	}
	for name, m := range map[string]Message{
		"a type without report":    {Type: 6, MMSI: 1},
		"another type's report":    {Type: 1, Report: &StaticA{}},
		"a text with small umlaut": {Type: 14, Report: &Text{Text: "h\u00fc"}},
		"a text that is too long":  {Type: 24, Report: &StaticA{Name: strings.Repeat("A", 21)}},
		"no place on earth":        {Type: 1, Report: &Position{Kinematics: at(91, 0)}},
		"no number":                {Type: 1, Report: &Position{Kinematics: at(math.NaN(), 0)}},
		"no speed":                 {Type: 18, Report: &ClassB{Kinematics: Kinematics{Speed: codec.Some(-1.0)}}},
		"no course":                {Type: 18, Report: &ClassB{Kinematics: Kinematics{Course: codec.Some(math.Inf(1))}}},
		"no station name":          {Type: 14, Station: "La Paz, 1", Report: &Text{}},
		"no MMSI":                  {Type: 14, MMSI: 1 << 30, Report: &Text{}},
		"too many repeats":         {Type: 14, Repeat: 4, Report: &Text{}},
		"no navigational status":   {Type: 1, Report: &Position{Status: codec.Some(NavStatus(16))}},
		"no aid to navigation":     {Type: 21, Report: &AidToNavigation{Kind: codec.Some(uint8(32))}},
	} {
		if s, err := NewEncoder().Encode(&m); err == nil {
			t.Errorf("%s is written: %v", name, s)
		}
	}
}

// TestEncodeGrants: more than a field can say is written as its highest value,
// small letters as capitals.
func TestEncodeGrants(t *testing.T) {
	m := Message{Type: 5, MMSI: 123456789, Report: &Voyage{
		Name: "yavari", Draught: codec.Some(40.0), Size: codec.Some(Size{Bow: 600, Stern: 1, Port: 100, Starboard: 1}),
	}}
	sentences, err := NewEncoder().Encode(&m)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := decodeString(New(Config{}), strings.Join(sentences, "\n"))
	want := &Voyage{
		Name: "YAVARI", Draught: codec.Some(25.5), Size: codec.Some(Size{Bow: 511, Stern: 1, Port: 63, Starboard: 1}),
		Ready: codec.Some(false),
	}
	if len(got) != 1 || !reflect.DeepEqual(got[0].Report, want) {
		t.Errorf("%v", got)
	}
}
