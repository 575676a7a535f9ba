package mavlink_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/google/go-cmp/cmp"

	"atalaya/codec"
	"atalaya/codec/mavlink"
)

// frames makes n attitude frames of system 1 component 1, from sequence 0.
func frames(t testing.TB, n int) [][]byte {
	t.Helper()
	enc := mavlink.NewEncoder(1, 1)
	out := make([][]byte, n)
	for i := range out {
		var err error
		out[i], err = enc.Append(nil, &ardupilotmega.MessageAttitude{TimeBootMs: uint32(i), Yaw: 1, Yawspeed: 1})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// changed gives a copy with one byte changed.
func changed(b []byte, at int, to byte) []byte {
	b = bytes.Clone(b)
	b[at] = to
	return b
}

func TestFraming(t *testing.T) {
	f := frames(t, 4)
	v1 := []byte{0xFE, 9, 7, 1, 1, 0, 0, 0, 0, 0, 2, 3, 81, 4, 3, 0xFA, 0xAD} // HEARTBEAT
	for _, c := range []struct {
		name string
		in   []byte
		v1   bool
		good int
		lost []int // of each good message
		bad  map[codec.Kind]int
	}{
		{name: "nothing"},
		{name: "several frames in one chunk", in: join(f...), good: 4, lost: []int{0, 0, 0, 0}},
		{name: "a frame is missing", in: join(f[0], f[2], f[3]), good: 3, lost: []int{0, 1, 0}},
		{name: "a frame twice is no loss", in: join(f[0], f[1], f[1], f[2]), good: 4, lost: []int{0, 0, 0, 0}},
		{
			name: "garbage between", in: join([]byte("garbage"), f[0], []byte{0, 1, 0xFD}, f[1]),
			good: 2, bad: map[codec.Kind]int{codec.Noise: 2},
		},
		{
			name: "damaged payload", in: join(f[0], changed(f[1], 12, 99), f[2]),
			good: 2, lost: []int{0, 1}, bad: map[codec.Kind]int{codec.Checksum: 1},
		},
		{
			name: "two damaged in a row are two", in: join(f[0], changed(f[1], 12, 99), changed(f[2], 12, 99), f[3]),
			good: 2, lost: []int{0, 2}, bad: map[codec.Kind]int{codec.Checksum: 2},
		},
		{
			name: "damaged length swallows no good frame", in: join(changed(f[0], 1, 200), f[1], f[2], f[3], f[0], f[1], f[2]),
			good: 6, bad: map[codec.Kind]int{codec.Checksum: 1},
		},
		{
			name: "bytes lost inside", in: join(f[0], f[1][:10], f[2], f[3]),
			good: 3, lost: []int{0, 1, 0}, bad: map[codec.Kind]int{codec.Checksum: 1},
		},
		{
			name: "unknown id", in: join(f[0], changed(f[1], 9, 0x7F), f[2]),
			good: 2, lost: []int{0, 1}, bad: map[codec.Kind]int{codec.Unsupported: 1},
		},
		{
			name: "unknown id at the end", in: join(f[0], changed(f[1], 9, 0x7F)),
			good: 1, bad: map[codec.Kind]int{codec.Unsupported: 1},
		},
		{
			name: "unknown incompatibility flag", in: join(f[0], changed(f[1], 2, 0x02), f[2]),
			good: 2, lost: []int{0, 1}, bad: map[codec.Kind]int{mavlink.Incompatible: 1},
		},
		{
			name: "ends inside a frame", in: join(f[0], f[1][:20]),
			good: 1, bad: map[codec.Kind]int{codec.Truncated: 1},
		},
		{
			name: "ends inside something with a good frame in it", in: join([]byte{0xFD, 255, 0, 0, 0, 0, 0, 30, 0, 0}, f[0]),
			good: 1, bad: map[codec.Kind]int{codec.Truncated: 1},
		},
		{name: "version 1", in: v1, v1: true, good: 1},
		{
			name: "version 1 refused", in: join(v1, f[0]), good: 1,
			bad: map[codec.Kind]int{mavlink.Version1: 1},
		},
		{
			name: "long garbage is cut", in: join(bytes.Repeat([]byte{7}, 2500), f[0]), good: 1,
			bad: map[codec.Kind]int{codec.Noise: 3},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for size := range slices.Values([]int{1, 2, 7, 4096}) {
				dec := mavlink.New(mavlink.Config{MAVLink1: c.v1})
				got := decodeIn(dec, c.in, size)
				if len(got.messages) != c.good {
					t.Errorf("chunks of %d: %d messages, want %d", size, len(got.messages), c.good)
				}
				if diff := cmp.Diff(orEmpty(c.bad), got.kinds()); diff != "" {
					t.Errorf("chunks of %d: bad input (-want +got):\n%s", size, diff)
				}
				for i, lost := range c.lost {
					if got := int(got.messages[i].Lost); got != lost {
						t.Errorf("chunks of %d: message %d: %d lost before, want %d", size, i, got, lost)
					}
				}
			}
		})
	}
}

func orEmpty(m map[codec.Kind]int) map[codec.Kind]int {
	if m == nil {
		return map[codec.Kind]int{}
	}
	return m
}

// decodeIn decodes a stream in chunks of so many bytes, reusing their buffer.
func decodeIn(dec *mavlink.Decoder, in []byte, size int) decoded {
	var out decoded
	buf := make([]byte, size)
	for len(in) > 0 {
		n := copy(buf, in)
		in = in[n:]
		got := collect(dec.Decode(buf[:n], time.Time{}))
		out.messages = append(out.messages, got.messages...)
		out.bad = append(out.bad, got.bad...)
	}
	got := collect(dec.Flush(time.Time{}))
	out.messages = append(out.messages, got.messages...)
	out.bad = append(out.bad, got.bad...)
	return out
}

// TestBreak: what the caller does not range over comes with the next call.
func TestBreak(t *testing.T) {
	dec := mavlink.New(mavlink.Config{})
	var got []uint8
	for _, f := range frames(t, 5) {
		for m, err := range dec.Decode(join(f, []byte{1}), time.Time{}) {
			if err == nil {
				got = append(got, m.Sequence)
				break
			}
		}
	}
	for m, err := range dec.Flush(time.Time{}) {
		if err == nil {
			got = append(got, m.Sequence)
		}
	}
	if !slices.Equal(got, []uint8{0, 1, 2, 3, 4}) {
		t.Errorf("sequences %v", got)
	}
}

// TestRaw: the raw bytes are the frame's own copy.
func TestRaw(t *testing.T) {
	f := frames(t, 1)[0]
	chunk := bytes.Clone(f)
	got := collect(mavlink.New(mavlink.Config{}).Decode(chunk, time.Time{}))
	clear(chunk)
	if !bytes.Equal(got.messages[0].Raw, f) {
		t.Errorf("raw %x, sent %x", got.messages[0].Raw, f)
	}
}

// TestSignature: the block of a signed frame is read as the standard says; a
// cut one is no good frame.
func TestSignature(t *testing.T) {
	enc := mavlink.NewEncoder(1, 1)
	frame, err := enc.AppendSigned(nil, &ardupilotmega.MessageHeartbeat{Type: 2},
		mavlink.Signature{Link: 3, Time: 34_715_520_000_000 + 12_345, Value: [6]byte{1, 2, 3, 4, 5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	got := decodeIn(mavlink.New(mavlink.Config{}), join(frame, frame[:len(frame)-1]), 4096)
	if len(got.messages) != 1 || got.kinds()[codec.Truncated] != 1 {
		t.Fatalf("%d messages, bad %v", len(got.messages), got.bad)
	}
	s := got.messages[0].Signature
	if s == nil || s.Link != 3 || s.Value != [6]byte{1, 2, 3, 4, 5, 6} {
		t.Fatalf("signature %+v", s)
	}
	if want := time.Date(2026, 1, 1, 0, 0, 0, 123_450_000, time.UTC); !s.Stamp().Equal(want) {
		t.Errorf("signed at %v, want %v", s.Stamp(), want)
	}
	if !bytes.Equal(got.messages[0].Raw, frame) {
		t.Error("the raw frame lost its signature")
	}
}

// TestRandomBytes: random bytes give no message and need no memory.
func TestRandomBytes(t *testing.T) {
	dec := mavlink.New(mavlink.Config{})
	rnd := rand.New(rand.NewPCG(3, 4))
	chunk := make([]byte, 64<<10)
	var before, after runtime.MemStats
	good := 0
	for i := range 160 { // 10 MB
		for j := range chunk {
			chunk[j] = byte(rnd.Uint32())
		}
		for _, err := range dec.Decode(chunk, time.Time{}) {
			if err == nil {
				good++
			}
		}
		if i == 10 {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if good != 0 {
		t.Errorf("%d messages in random bytes", good)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("%d bytes more in use", grown)
	}
}

func TestEncoderRefuses(t *testing.T) {
	enc := mavlink.NewEncoder(1, 1)
	for _, m := range []mavlink.Payload{nil, (*ardupilotmega.MessageHeartbeat)(nil), &mine{}, &other{}} {
		if out, err := enc.Append([]byte{1}, m); err == nil || len(out) != 1 {
			t.Errorf("%T was encoded as %x", m, out)
		}
	}
}

type mine struct{}

func (*mine) GetID() uint32 { return 9_999_999 }

type other struct{ A uint8 }

func (*other) GetID() uint32 { return 0 }

// TestTlogTimes: each message has its recorded time; after lost bytes a time
// that cannot be is not believed.
func TestTlogTimes(t *testing.T) {
	f := frames(t, 5)
	at := time.Date(2024, 1, 2, 3, 4, 5, 678000, time.UTC)
	log := mavlink.AppendTlog(nil, at, f[0])
	log = mavlink.AppendTlog(log, at.Add(time.Second), f[1])
	log = append(log, "lost bytes"...)
	log = mavlink.AppendTlog(log, at.AddDate(20, 0, 0), f[2])
	log = mavlink.AppendTlog(log, at.Add(2*time.Second), changed(f[3], 12, 99))
	log = mavlink.AppendTlog(log, at.Add(3*time.Second), f[4])
	want := []time.Time{at, at.Add(time.Second), at.Add(time.Second), at.Add(3 * time.Second)}
	for _, size := range []int{1, 5, len(log)} {
		messages, bad := decodeTlog(log, mavlink.Config{}, size)
		var got []time.Time
		for _, m := range messages {
			got = append(got, m.Received)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pieces of %d: times (-want +got):\n%s", size, diff)
		}
		if diff := cmp.Diff(map[codec.Kind]int{codec.Noise: 1, codec.Checksum: 1}, (decoded{bad: bad}).kinds()); diff != "" {
			t.Errorf("pieces of %d: bad (-want +got):\n%s", size, diff)
		}
	}
}

// TestPrintsAnyText: text that is no UTF-8, and numbers that JSON has not.
func TestPrintsAnyText(t *testing.T) {
	nan := float32(0)
	nan /= nan
	for _, p := range []mavlink.Payload{
		&ardupilotmega.MessageStatustext{Text: "\xff\"\n"},
		&ardupilotmega.MessageAttitude{Roll: nan, Yaw: nan},
		&ardupilotmega.MessageVfrHud{Alt: nan, Heading: -1},
	} {
		frame, err := mavlink.NewEncoder(1, 1).Append(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		got := collect(mavlink.New(mavlink.Config{}).Decode(frame, time.Time{}))
		if _, err := json.Marshal(got.messages[0]); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
