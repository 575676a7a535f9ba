package modes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"atalaya/codec"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
)

// told gives what a decoder makes of a stream that is cut at the given places,
// and checks what must hold for all input.
func told(t *testing.T, cfg Config, stream []byte, cuts ...int) (out []string) {
	t.Helper()
	d := New(cfg)
	add := func(good []Message, bad []*codec.Bad) {
		for _, m := range good {
			line := m.AppendJSON(nil)
			if !json.Valid(line) {
				t.Fatalf("no JSON: %s", line)
			}
			if m.Method != NoPosition && !m.Position.Valid() {
				t.Fatalf("no position: %s", line)
			}
			for _, v := range []float64{m.Height.Metres, m.Track.Or(0), m.GroundSpeed.Or(0), m.Climb.Or(0)} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("no number: %s", line)
				}
			}
			if track := m.Track.Or(0); track < 0 || track >= 360 {
				t.Fatalf("no track: %s", line)
			}
			out = append(out, string(line))
		}
		for _, b := range bad {
			out = append(out, fmt.Sprintf("%s %s %x", b.Kind, b.Detail, b.Raw))
		}
	}
	from := 0
	for _, cut := range append(cuts, len(stream)) {
		add(collect(t, d.Decode(stream[from:cut], start())))
		from = cut
	}
	add(collect(t, d.Flush(start())))
	if len(d.table.all) > d.cfg.Aircraft {
		t.Fatalf("%d senders remembered, the bound is %d", len(d.table.all), d.cfg.Aircraft)
	}
	return out
}

// fuzzContainer checks that cutting a stream changes nothing.
func fuzzContainer(f *testing.F, c Container, seeds ...[]byte) {
	for _, seed := range seeds {
		f.Add(seed, uint16(len(seed)/3), uint16(len(seed)/2))
	}
	f.Fuzz(func(t *testing.T, stream []byte, one, two uint16) {
		cfg := Config{Container: c, Aircraft: 4, Repair: len(stream)%2 == 0, Recorded: true, Receiver: codec.Some(titicaca()), MaxRange: 300_000}
		cuts := []int{int(one) % (len(stream) + 1), int(two) % (len(stream) + 1)}
		slices.Sort(cuts)
		whole, cut := told(t, cfg, stream), told(t, cfg, stream, cuts...)
		slices.Sort(whole)
		slices.Sort(cut)
		if !slices.Equal(whole, cut) {
			t.Errorf("cut at %v:\n%s\nwhole:\n%s", cuts, strings.Join(cut, "\n"), strings.Join(whole, "\n"))
		}
	})
}

func FuzzBeast(f *testing.F) {
	stream := exampleStream()
	fuzzContainer(f, Beast, stream, stream[:40], []byte("\x1a3\x00"), append(slices.Clone(stream[10:60]), stream...))
}

func FuzzAVR(f *testing.F) {
	var text []byte
	for _, p := range packets(exampleStream()) {
		text = framing.AppendAVR(text, p)
		text = framing.AppendAVRStamped(text, p, 1<<40)
	}
	fuzzContainer(f, AVR, text, []byte("*7700;\n*0000;\n"), []byte("8D406B902015A678D4D220AA4BDA"))
}

func FuzzSBS(f *testing.F) {
	fuzzContainer(f, SBS,
		[]byte("MSG,3,111,11111,4CA2D6,111111,2008/11/28,23:48:18.611,2008/11/28,23:53:19.161,,37000,,,51.45735,-1.02826,,,0,0,0,0\r\n"),
		[]byte("MSG,6,1,1,4CA2D6,1,,,,,,33325,76,258.3,54,-4,-64,7600,-1,-1,0,0\nSEL,,496,2286,4CA4E5\n"))
}

// packets gives the frames of a Beast stream.
func packets(stream []byte) (out [][]byte) {
	var s framing.Beast
	for len(stream) > 0 {
		n, p, ok := s.Next(stream)
		stream = stream[n:]
		if ok && p.Bad == nil && p.Kind != framing.Status {
			out = append(out, bytes.Clone(p.Data))
		}
	}
	return out
}

// FuzzFrame gives the decoder frames with any content under a right parity.
func FuzzFrame(f *testing.F) {
	for _, p := range packets(exampleStream()) {
		if len(p) > 2 {
			f.Add(p, p)
		}
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var stream []byte
		for _, content := range [][]byte{a, b, a} {
			frame := make([]byte, 14)
			copy(frame, content)
			frame = frame[:7+7*int(frame[0]>>7)]
			overlay := uint32(0)
			if df := frame[0] >> 3; df != 11 && df != 17 && df != 18 {
				overlay = 1
				stream = framing.AppendBeast(stream, AllCall(1, 5, Interrogator{}), 0, 0)
			}
			seal(frame, overlay)
			stream = framing.AppendBeast(stream, frame, 0, 0)
		}
		told(t, Config{Receiver: codec.Some(geo.Position{Lat: 89, Lon: 179})}, stream)
	})
}

// TestRandomBytes: memory stays bounded under noise, and every byte of it is
// told of.
func TestRandomBytes(t *testing.T) {
	for _, c := range []Container{Beast, AVR, SBS} {
		rnd := rand.NewChaCha8([32]byte{1})
		d := New(Config{Container: c, Aircraft: 100, Repair: true})
		chunk := make([]byte, 64<<10)
		kinds := map[codec.Kind]int{}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range 8 << 20 / len(chunk) {
			if _, err := rnd.Read(chunk); err != nil {
				t.Fatal(err)
			}
			for _, err := range d.Decode(chunk, start()) {
				if b, ok := errors.AsType[*codec.Bad](err); ok {
					kinds[b.Kind]++
				}
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
			t.Errorf("%s: the heap grew by %d bytes", c, grown)
		}
		if len(kinds) < 2 || len(d.table.all) > 100 {
			t.Errorf("%s: %v, %d senders", c, kinds, len(d.table.all))
		}
		t.Logf("%s: %v", c, kinds)
		runtime.KeepAlive(d)
	}
}
