package mavlink_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"

	"atalaya/codec/mavlink"
	"atalaya/internal/peer"
)

// seeds adds good frames, damaged ones, and pieces of the recordings where
// these are there.
func seeds(f *testing.F, add func([]byte)) {
	fs := frames(f, 4)
	add(nil)
	add(join(fs...))
	add(join([]byte{0xFD, 0xFE, 0xFD}, fs[0], changed(fs[1], 12, 99), fs[2][:9], fs[3]))
	add(join(fs[0], changed(fs[1], 9, 0x7F), changed(fs[2], 2, 3), fs[3]))
	files, err := filepath.Glob(filepath.Join(peer.Root(f), "..", "shared", "data", "mavlink", "*.tlog"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		log, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(log[:1000])
		add(log[len(log)/2:][:700])
	}
}

// FuzzDecode: however a stream is cut, the same comes out; every good message
// is in the stream, prints, and encodes to a frame that decodes to itself.
func FuzzDecode(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b, uint8(3), true) })
	f.Fuzz(func(t *testing.T, in []byte, size uint8, v1 bool) {
		cfg := mavlink.Config{MAVLink1: v1}
		whole := decodeIn(mavlink.New(cfg), in, len(in)+1)
		cut := decodeIn(mavlink.New(cfg), in, int(size)+1)
		equal(t, whole, cut)

		bytesOut := 0
		for _, m := range whole.messages {
			bytesOut += len(m.Raw)
			if !bytes.Contains(in, m.Raw) {
				t.Fatalf("%s: raw bytes %x are not in the input", m.Name, m.Raw)
			}
			if m.Version == 1 && !v1 {
				t.Fatalf("version 1 was accepted: %x", m.Raw)
			}
			if _, err := json.Marshal(m); err != nil {
				t.Fatalf("print %s %x: %v", m.Name, m.Raw, err)
			}
			roundTrip(t, m)
		}
		for _, b := range whole.bad {
			bytesOut += len(b.Raw)
		}
		if bytesOut > len(in) || bytesOut == 0 && len(in) > 0 {
			t.Fatalf("%d bytes of %d were reported", bytesOut, len(in))
		}
	})
}

// equal holds that two ways to decode give the same.
func equal(t *testing.T, a, b decoded) {
	t.Helper()
	if len(a.messages) != len(b.messages) || len(a.bad) != len(b.bad) {
		t.Fatalf("whole: %d messages, %d bad; cut: %d, %d", len(a.messages), len(a.bad), len(b.messages), len(b.bad))
	}
	for i := range a.messages {
		if !bytes.Equal(a.messages[i].Raw, b.messages[i].Raw) || a.messages[i].Lost != b.messages[i].Lost {
			t.Fatalf("message %d differs", i)
		}
	}
	for i := range a.bad {
		if a.bad[i].Kind != b.bad[i].Kind || !bytes.Equal(a.bad[i].Raw, b.bad[i].Raw) {
			t.Fatalf("bad %d: whole %v, cut %v", i, a.bad[i], b.bad[i])
		}
	}
}

// roundTrip holds that a message encodes to a frame with the same content.
func roundTrip(t *testing.T, m mavlink.Message) {
	t.Helper()
	frame, err := mavlink.NewEncoder(m.System, m.Component).Append(nil, m.Payload)
	if err != nil {
		t.Fatal(err)
	}
	got := collect(mavlink.New(mavlink.Config{}).Decode(frame, m.Received))
	if len(got.messages) != 1 || got.messages[0].ID != m.ID {
		t.Fatalf("%s does not come back: %v", m.Name, got.bad)
	}
	again, err := mavlink.NewEncoder(m.System, m.Component).Append(nil, got.messages[0].Payload)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(frame, again) {
		t.Fatalf("%s: %x, then %x", m.Name, frame, again)
	}
}

// FuzzTlog: however a log is cut, the same comes out.
func FuzzTlog(f *testing.F) {
	seeds(f, func(b []byte) { f.Add(b, uint8(3)) })
	f.Add(mavlink.AppendTlog(mavlink.AppendTlog(nil, time.Unix(1e9, 0), frames(f, 1)[0]), time.Unix(2e9, 0), frames(f, 2)[1]), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		m1, b1 := decodeTlog(in, mavlink.Config{MAVLink1: true}, len(in)+1)
		m2, b2 := decodeTlog(in, mavlink.Config{MAVLink1: true}, int(size)+1)
		equal(t, decoded{m1, b1}, decoded{m2, b2})
		for i := range m1 {
			if !m1[i].Received.Equal(m2[i].Received) {
				t.Fatalf("message %d: at %v and at %v", i, m1[i].Received, m2[i].Received)
			}
		}
	})
}

// FuzzGarbage: frames between garbage that has no first byte of a frame are
// all found.
func FuzzGarbage(f *testing.F) {
	f.Add([]byte("noise"), []byte{0}, uint8(5))
	f.Fuzz(func(t *testing.T, before, between []byte, size uint8) {
		for _, b := range [][]byte{before, between} {
			for i, c := range b {
				if c == 0xFD || c == 0xFE {
					b[i] = 0
				}
			}
		}
		fs := frames(t, 3)
		got := decodeIn(mavlink.New(mavlink.Config{}), join(before, fs[0], between, fs[1], between, before, fs[2]), int(size)+1)
		if len(got.messages) != 3 {
			t.Fatalf("%d of 3 frames found", len(got.messages))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	log, err := os.ReadFile(peer.Data(b, "mavlink/ardusub_2023-04-18.tlog"))
	if err != nil {
		b.Fatal(err)
	}
	var stream []byte // as it came over the link
	split := mavlink.NewTlog()
	for _, raw := range split.Split(log) {
		stream = append(stream, raw...)
	}
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		dec := mavlink.New(mavlink.Config{})
		for rest := stream; len(rest) > 0; rest = rest[min(1400, len(rest)):] {
			for _, err := range dec.Decode(rest[:min(1400, len(rest))], time.Time{}) {
				if err == nil {
					n++
				}
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "frames/s")
}

func BenchmarkRandom(b *testing.B) {
	chunk := make([]byte, 1<<16)
	x := uint32(1)
	for i := range chunk {
		x = x*1664525 + 1013904223
		chunk[i] = byte(x >> 24)
	}
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	dec := mavlink.New(mavlink.Config{})
	for b.Loop() {
		for _, err := range dec.Decode(chunk, time.Time{}) {
			if err == nil {
				b.Fatal("a message in random bytes")
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	enc := mavlink.NewEncoder(1, 1)
	m := &ardupilotmega.MessageGlobalPositionInt{Lat: -165000000, Lon: -681500000, Alt: 3910000, Hdg: 100}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = enc.Append(buf[:0], m); err != nil {
			b.Fatal(err)
		}
	}
}
