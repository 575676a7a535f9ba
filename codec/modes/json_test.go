package modes

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
)

//nolint:gochecknoglobals // test flag
var update = flag.Bool("update", false, "write the golden files")

// exampleStream is one of everything that we write, as Beast frames.
func exampleStream() (stream []byte) {
	const a = Address(0xE80450)
	at := titicaca()
	h := geo.PressureHeight(5486.4).Height()
	for i, frame := range [][]byte{
		AllCall(a, 5, Interrogator{}),
		AllCall(a, 5, Interrogator{Surveillance: true, Code: 44}),
		Squitter(a, 5, Identification{CallSign: "FAB100", Category: "A1"}.ME()),
		Squitter(a, 5, OperationalStatus{NICa: true, NACp: 10, GVA: 2, SIL: 3, SDA: 2, NICBaro: true}.ME()),
		Squitter(a, 5, AirbornePosition{Position: at, Height: h}.ME()),
		Squitter(a, 5, AirbornePosition{Position: at, Height: h, Odd: true}.ME()),
		Squitter(a, 5, AirbornePosition{Position: at, Height: geo.EllipsoidHeight(5600).Height()}.ME()),
		Squitter(a, 5, Velocity{East: 60, North: -20, Climb: codec.Some(2.0), HeightDifference: codec.Some(120.0), NACv: 2}.ME()),
		Squitter(a, 5, EmergencyStatus{State: GeneralEmergency, Squawk: 0o7700}.ME()),
		Squitter(a, 4, SurfacePosition{Position: at, Speed: codec.Some(4.0), Track: codec.Some(90.0)}.ME()),
		reply(a),
		GroundSquitter(0x000123, 5, AirbornePosition{Position: at, Height: h}.ME()),
		{0x77, 0x00},
	} {
		stream = framing.AppendBeast(stream, frame, uint64(i)*12_000_000, uint8(20*i))
	}
	return append(stream, statusFrame(0x10)...)
}

func TestGoldenJSON(t *testing.T) {
	good, bad := collect(t, New(Config{Recorded: true}).Decode(exampleStream(), start()))
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	var got []byte
	for _, m := range good {
		got = append(m.AppendJSON(got), '\n')
	}
	path := filepath.Join("testdata", "messages.jsonl")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("run with -update and look at the difference; got\n%s", got)
	}
}

// TestJSONIsDocumented decodes random content of every format: every key must
// stand in the package comment.
func TestJSONIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "# JSON and units")
	documented := map[string]bool{}
	for _, word := range regexp.MustCompile(`[a-z][a-z0-9_]*`).FindAllString(table, -1) {
		documented[word] = true
	}
	seen := map[string]bool{}
	check := func(m *Message) {
		var v map[string]any
		if err := json.Unmarshal(m.AppendJSON(nil), &v); err != nil {
			t.Fatalf("%s: %v", m.AppendJSON(nil), err)
		}
		for key := range v {
			seen[key] = true
			if !documented[key] {
				t.Errorf("%s is not documented", key)
			}
		}
	}
	rnd := rand.New(rand.NewPCG(11, 12))
	s := newStream(t, Config{Receiver: codec.Some(titicaca()), Repair: true})
	for i := range 20_000 {
		df := []uint8{0, 4, 5, 11, 16, 17, 17, 17, 18, 20, 21}[i%11]
		frame := make([]byte, 7+7*int(df>>4))
		for i := range frame {
			frame[i] = byte(rnd.Uint32())
		}
		begin(frame, df, uint8(rnd.IntN(8)), Address(frame[1])<<16|Address(frame[2])<<8|Address(frame[3]))
		overlay := uint32(0)
		switch df {
		case 11:
			overlay = uint32(rnd.IntN(80))
		case 17, 18:
			frame[1], frame[2], frame[3] = 0, 0, 1
		default:
			overlay = 1
		}
		seal(frame, overlay)
		if i%50 == 5 {
			frame[5] ^= 1
		}
		if m, bad := s.frame(time.Duration(i)*time.Millisecond, frame); bad == nil {
			check(m)
		}
	}
	good, _ := collect(t, New(Config{Container: SBS}).Decode([]byte("MSG,3,1,1,4CA2D6,1,2026/03/01,12:00:00,,,X,1,1,1,1,1,1,7700,1,1,1,0\n"), start()))
	good2, _ := collect(t, New(Config{}).Decode(exampleStream(), start()))
	for _, m := range append(good, good2...) {
		check(&m)
	}
	if len(seen) < 80 {
		t.Errorf("only %d keys were seen", len(seen))
	}
}
