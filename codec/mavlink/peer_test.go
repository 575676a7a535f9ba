package mavlink_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/google/go-cmp/cmp"

	"atalaya/codec"
	"atalaya/codec/mavlink"
	"atalaya/internal/peer"
)

// peerMessage is one line of testdata/peer.py.
type peerMessage struct {
	Index     int                        `json:"index"`
	Time      int64                      `json:"time"` // microseconds since 1970
	Frame     string                     `json:"frame"`
	Name      string                     `json:"name"`
	ID        uint32                     `json:"id"`
	Version   uint8                      `json:"version"`
	Signed    bool                       `json:"signed"`
	System    uint8                      `json:"system"`
	Component uint8                      `json:"component"`
	Sequence  uint8                      `json:"sequence"`
	Fields    map[string]json.RawMessage `json:"fields"`
}

// pymavlink runs testdata/peer.py and yields its lines.
func pymavlink(t *testing.T, stdin io.Reader, args ...string) [][]byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peer.Python(t), append([]string{"testdata/peer.py"}, args...)...)
	cmd.Stdin, cmd.Stderr = stdin, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("run pymavlink: %v", err)
	}
	var lines [][]byte
	scan := bufio.NewScanner(bytes.NewReader(out))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		lines = append(lines, bytes.Clone(scan.Bytes()))
	}
	if err := scan.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func parse[T any](t *testing.T, line []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(line, &v); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return v
}

// printedFields gives the fields of a message as it prints.
func printedFields(t *testing.T, m mavlink.Message) map[string]json.RawMessage {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return parse[struct {
		Fields map[string]json.RawMessage `json:"fields"`
	}](t, b).Fields
}

// sameFields compares our fields with pymavlink's, which are allowed to miss
// fields that its older dialect does not have yet.
func sameFields(ours, theirs map[string]json.RawMessage) error {
	for name, their := range theirs {
		our, ok := ours[name]
		if !ok {
			return fmt.Errorf("field %s is missing", name)
		}
		if !sameValue(our, their) {
			return fmt.Errorf("field %s: %s, pymavlink: %s", name, our, their)
		}
	}
	return nil
}

func sameValue(our, their json.RawMessage) bool {
	var a, b any
	for raw, v := range map[*json.RawMessage]*any{&our: &a, &their: &b} {
		dec := json.NewDecoder(bytes.NewReader(*raw))
		dec.UseNumber()
		if dec.Decode(v) != nil {
			return false
		}
	}
	return same(a, b)
}

func same(a, b any) bool {
	switch a := a.(type) {
	case string: // pymavlink's: its bytes
		list, ok := b.([]any)
		if !ok {
			return false
		}
		var text []byte
		for _, c := range list {
			n, err := strconv.ParseUint(fmt.Sprint(c), 10, 8)
			if err != nil {
				return false
			}
			text = append(text, byte(n))
		}
		text, _, _ = bytes.Cut(text, []byte{0})
		return a == string(bytes.Runes(text)) // bytes that are no UTF-8 print as U+FFFD
	case []any:
		list, ok := b.([]any)
		if !ok || len(a) != len(list) {
			return false
		}
		for i := range a {
			if !same(a[i], list[i]) {
				return false
			}
		}
		return true
	case json.Number:
		n, ok := b.(json.Number)
		if !ok {
			return false
		}
		if !strings.ContainsAny(string(a+n), ".eE") {
			return a == n
		}
		x, err1 := a.Float64()
		y, err2 := n.Float64()
		return err1 == nil && err2 == nil && (x == y || float32(x) == float32(y))
	default:
		return a == b // null
	}
}

// TestRecordings: the recorded flights give what pymavlink gives: the same
// number of each message, the same values, the same bad frames.
func TestRecordings(t *testing.T) {
	for _, c := range []struct {
		file  string
		v1    bool
		good  int
		bad   map[codec.Kind]int
		every int
	}{
		{"ardusub_2023-04-18.tlog", false, 50136, map[codec.Kind]int{codec.Checksum: 1967}, 7},
		{"ardusub_small.tlog", false, 35912, map[codec.Kind]int{codec.Checksum: 4}, 7},
		// It ends inside a heartbeat, which pymavlink does not mention.
		{"dronekit_flight.tlog", true, 75477, map[codec.Kind]int{codec.Checksum: 1314, codec.Truncated: 1}, 7},
	} {
		t.Run(c.file, func(t *testing.T) {
			path := peer.Data(t, "mavlink/"+c.file)
			log, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			messages, bad := decodeTlog(log, mavlink.Config{MAVLink1: c.v1}, len(log))
			if len(messages) != c.good {
				t.Errorf("%d good frames, want %d", len(messages), c.good)
			}
			names, lost := map[string]int{}, map[string]int{}
			for _, m := range messages {
				names[m.Name]++
				lost[fmt.Sprintf("%d/%d", m.System, m.Component)] += int(m.Lost)
			}

			lines := pymavlink(t, nil, "log", path, strconv.Itoa(c.every))
			sum := parse[struct {
				Names    map[string]int `json:"names"`
				Lost     map[string]int `json:"lost"` // by sender
				Bad      int            `json:"bad"`
				BadBytes int            `json:"bad_bytes"`
			}](t, lines[0])
			if diff := cmp.Diff(sum.Names, names); diff != "" {
				t.Errorf("messages (-pymavlink +ours):\n%s", diff)
			}
			if diff := cmp.Diff(sum.Lost, lost); diff != "" {
				t.Errorf("lost frames (-pymavlink +ours):\n%s", diff)
			}
			if diff := cmp.Diff(c.bad, (decoded{bad: bad}).kinds()); diff != "" {
				t.Errorf("bad input (-want +got):\n%s", diff)
			}
			bad = slices.DeleteFunc(bad, func(b *codec.Bad) bool { return b.Kind == codec.Truncated })
			badBytes := 0
			for _, b := range bad {
				badBytes += len(b.Raw)
			}
			if len(bad) != sum.Bad || badBytes != sum.BadBytes {
				t.Errorf("%d bad frames with %d bytes, pymavlink: %d with %d", len(bad), badBytes, sum.Bad, sum.BadBytes)
			}
			for _, line := range lines[1:] {
				want := parse[peerMessage](t, line)
				m := messages[want.Index]
				if m.Name != want.Name || m.System != want.System || m.Component != want.Component ||
					m.Sequence != want.Sequence || m.Received.UnixMicro() != want.Time {
					t.Fatalf("message %d: %s %d/%d #%d at %v, pymavlink: %s", want.Index, m.Name, m.System, m.Component, m.Sequence, m.Received, line)
				}
				if err := sameFields(printedFields(t, m), want.Fields); err != nil {
					t.Fatalf("message %d, %s: %v", want.Index, m.Name, err)
				}
			}
		})
	}
}

// TestFromPymavlink: random messages of every type that pymavlink sends (both
// versions, signed) decode to equal values, and encode to the same bytes.
func TestFromPymavlink(t *testing.T) {
	dec := mavlink.New(mavlink.Config{MAVLink1: true})
	types := map[string]bool{}
	for _, line := range pymavlink(t, nil, "send", "1") {
		want := parse[peerMessage](t, line)
		frame, err := hex.DecodeString(want.Frame)
		if err != nil {
			t.Fatal(err)
		}
		got := collect(dec.Decode(frame, time.Time{}))
		if len(got.messages) != 1 || len(got.bad) != 0 {
			t.Fatalf("%s: %d messages, bad %v", line, len(got.messages), got.bad)
		}
		m := got.messages[0]
		types[m.Name] = true
		if m.Name != want.Name || m.ID != want.ID || m.Version != want.Version || m.System != 7 || m.Component != 9 ||
			m.Sequence != want.Sequence || m.Signed() != want.Signed || !bytes.Equal(m.Raw, frame) {
			t.Fatalf("%+v, pymavlink: %s", m, line)
		}
		if err := sameFields(printedFields(t, m), want.Fields); err != nil {
			t.Fatalf("%s version %d: %v\n%s", m.Name, m.Version, err, line)
		}
		if m.Signed() {
			tail := frame[len(frame)-6:]
			if s := m.Signature; s.Link != 5 || s.Time != 1_000_000_000_000+uint64(want.Sequence) || !bytes.Equal(s.Value[:], tail) {
				t.Fatalf("signature %+v of %s", s, line)
			}
		}
		if m.Version == 2 && !m.Signed() {
			enc := mavlink.NewEncoder(7, 9)
			enc.SetSequence(want.Sequence)
			again, err := enc.Append(nil, m.Payload)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, frame) {
				t.Fatalf("%s: encoded\n%x, pymavlink:\n%x", m.Name, again, frame)
			}
		}
	}
	if len(types) < 300 {
		t.Errorf("only %d types of messages", len(types))
	}
}

// TestToPymavlink: random messages of every type that we encode decode in
// pymavlink to equal values.
func TestToPymavlink(t *testing.T) {
	theirs := map[string]bool{} // types that pymavlink's dialect has
	for _, line := range pymavlink(t, nil, "send", "2") {
		theirs[parse[peerMessage](t, line).Name] = true
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	enc := mavlink.NewEncoder(3, 4)
	dec := mavlink.New(mavlink.Config{})
	var frames bytes.Buffer
	var sent []mavlink.Message
	for _, proto := range ardupilotmega.Dialect.Messages {
		for range 5 {
			v := reflect.New(reflect.TypeOf(proto).Elem())
			randomize(rnd, v.Elem())
			frame, err := enc.Append(nil, v.Interface().(mavlink.Payload))
			if err != nil {
				t.Fatal(err)
			}
			got := collect(dec.Decode(frame, time.Time{}))
			if len(got.messages) != 1 {
				t.Fatalf("%T: own frame not decoded: %v", proto, got.bad)
			}
			if theirs[got.messages[0].Name] {
				sent = append(sent, got.messages[0])
				fmt.Fprintf(&frames, "%x\n", frame)
			}
		}
	}
	lines := pymavlink(t, &frames, "read")
	if len(lines) != len(sent) {
		t.Fatalf("pymavlink decoded %d of %d", len(lines), len(sent))
	}
	for i, line := range lines {
		got, m := parse[peerMessage](t, line), sent[i]
		if got.Name != m.Name || got.ID != m.ID || got.System != 3 || got.Component != 4 || got.Sequence != m.Sequence {
			t.Fatalf("sent %s #%d, pymavlink: %s", m.Name, m.Sequence, line)
		}
		if err := sameFields(printedFields(t, m), got.Fields); err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
	}
}

// randomize fills a message with random values; enumerations get values of one
// byte, the smallest that they may have.
func randomize(rnd *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range v.Fields() {
			randomize(rnd, f)
		}
	case reflect.Array:
		for i := range v.Len() {
			randomize(rnd, v.Index(i))
		}
	case reflect.String:
		v.SetString([]string{"", "a", "Atalaya"}[rnd.IntN(3)])
	case reflect.Float32:
		v.SetFloat(float64(float32(rnd.NormFloat64() * 1e3)))
	case reflect.Float64:
		v.SetFloat(rnd.NormFloat64() * 1e3)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(rnd.Uint64()) >> (64 - v.Type().Bits()))
	default:
		bits := v.Type().Bits()
		if v.Type().Name() != "uint64" && bits == 64 {
			bits = 7
		}
		v.SetUint(rnd.Uint64() >> (64 - bits))
	}
}
