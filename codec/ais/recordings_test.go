package ais

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"atalaya/codec"
	"atalaya/codec/nmea"
	"atalaya/internal/peer"
)

// The other recordings, with what gpsdecode makes of their sentences when tag
// blocks, comments and all that is no VDM or VDO are taken away. Every message
// of gpsdecode's is compared with ours field by field; gpsdOnly and oursOnly
// count what has no counterpart:
//
//	ours    sentences whose talker gpsdecode does not know: "=I", "--", "BY", "SS"
//	ours    channel "0" (a message sent again by a base station) and "C"
//	gpsd    a type 1 of 224 bits: M.1371-5, annex 8, 3.1 has 168; later editions
//	        of gpsd refuse more than 204, too
var recordings = []struct {
	file               string
	messages           int
	gpsdOnly, oursOnly int
	bad                map[codec.Kind]int
}{
	{"amsa-risky/ais.txt.gz", 33971, 0, 1532, map[codec.Kind]int{codec.Checksum: 11, Incomplete: 4, codec.Noise: 5, codec.Overlong: 14, codec.Truncated: 119, codec.Unsupported: 10537}},
	{"amsa-risky/exact-earth-augmented.txt", 3942, 0, 0, map[codec.Kind]int{codec.Overlong: 13, codec.Truncated: 17}},
	{"amsa-risky/exact-earth-augmented-2.txt", 1099, 0, 0, map[codec.Kind]int{codec.Overlong: 24, codec.Truncated: 10, codec.Unsupported: 2}},
	{"amsa-risky/exact-earth-augmented-3.txt", 4223, 1, 0, map[codec.Kind]int{Incomplete: 4, codec.Overlong: 55, codec.Truncated: 31, codec.Unsupported: 4}},
	{"amsa-risky/exact-earth-with-tag-block.txt", 200, 0, 0, nil},
	{"amsa-risky/nmea-timestamped.txt", 100, 0, 0, map[codec.Kind]int{nmea.BadTag: 100}},
	{"amsa-risky/samples.txt", 50, 0, 0, map[codec.Kind]int{codec.Noise: 639}},
	{"dma-aislib/ais250.txt", 243, 0, 0, nil},
	{"dma-aislib/decode_encode_messages.txt", 601, 0, 0, nil},
	{"dma-aislib/replay_dump.txt", 50, 0, 0, nil},
	{"dma-aislib/small_cb_example.txt", 11, 0, 3, map[codec.Kind]int{Incomplete: 1, codec.Noise: 1}},
	{"dma-aislib/stream_example.txt", 4051, 0, 33, nil},
	{"go-ais/aistest.nmea", 904, 0, 0, map[codec.Kind]int{Incomplete: 8, codec.Truncated: 1}},
	{"libais/tagblock.nmea", 4, 0, 0, nil},
	{"libais/test.aivdm", 217, 0, 0, map[codec.Kind]int{codec.Overlong: 9, codec.Truncated: 18, codec.Unsupported: 17}},
	{"libais/typeexamples.nmea", 26, 0, 0, nil},
	{"noaadata/test.ais", 853, 0, 0, map[codec.Kind]int{codec.Unsupported: 15}},
	{"pyais/nmea_data_sample.txt", 778, 0, 0, map[codec.Kind]int{Incomplete: 20, codec.Truncated: 100}},
}

func TestOtherRecordings(t *testing.T) {
	gpsdecode := peer.Command(t, "gpsdecode")
	for _, f := range recordings {
		t.Run(f.file, func(t *testing.T) {
			b := recording(t, f.file)
			got, bad := decodeAll(t, b)
			want := runGPSDecode(t, gpsdecode, plainSentences(b))
			oursOnly, gpsdOnly := align(t, got, want)
			if len(got) != f.messages || oursOnly != f.oursOnly || gpsdOnly != f.gpsdOnly {
				t.Errorf("%d messages, %d not in gpsdecode's, %d of gpsdecode's not in ours; expected are %d, %d, %d",
					len(got), oursOnly, gpsdOnly, f.messages, f.oursOnly, f.gpsdOnly)
			}
			if !maps.Equal(bad, f.bad) {
				t.Errorf("bad input %v, expected %v", bad, f.bad)
			}
			t.Logf("gpsdecode %d, ours %d, %d only ours, %d only gpsdecode's, bad %v", len(want), len(got), oursOnly, gpsdOnly, bad)
		})
	}
}

// align walks both lists in order and compares what they share.
func align(t *testing.T, got []Message, want []gpsdMessage) (oursOnly, gpsdOnly int) {
	t.Helper()
	const far = 300
	same := func(m *Message, g gpsdMessage) bool {
		return g["type"] == float64(m.Type) && g["mmsi"] == float64(m.MMSI) && g["repeat"] == float64(m.Repeat)
	}
	for i := range want {
		ahead := 0
		for ahead < min(far, len(got)) && !same(&got[ahead], want[i]) {
			ahead++
		}
		if ahead == min(far, len(got)) {
			gpsdOnly++
			t.Logf("only gpsdecode's: %v", want[i])
			continue
		}
		for k := range got[:ahead] {
			explain(t, &got[k])
		}
		oursOnly += ahead
		if d := differences(&got[ahead], want[i], ""); len(d) > 0 {
			t.Errorf("%s: %s", got[ahead].Raw, strings.Join(d, "; "))
		}
		got = got[ahead+1:]
	}
	for k := range got {
		explain(t, &got[k])
	}
	return oursOnly + len(got), gpsdOnly
}

// explain fails for a message that gpsdecode should have, too.
func explain(t *testing.T, m *Message) {
	t.Helper()
	switch m.Talker {
	case "=I", "--", "BY", "SS":
		return
	}
	if m.Channel != "0" && m.Channel != "C" {
		t.Errorf("only ours: %s", m.Raw)
	}
}

// recording gives the bytes of a recording, unpacked.
func recording(t testing.TB, file string) []byte {
	t.Helper()
	b := readData(t, "ais/"+file)
	if !strings.HasSuffix(file, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	b, err = io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// plainSentences gives the bare sentences, one a line, found without our own
// sentence layer.
func plainSentences(b []byte) []byte {
	var out []byte
	sentence := regexp.MustCompile(`![A-Za-z=-]{2}VD[MO],[^*!]*\*[0-9A-Fa-f]{2}`)
	for line := range bytes.Lines(bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))) {
		if bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			continue
		}
		for _, s := range sentence.FindAll(line, -1) {
			out = append(append(out, s...), '\r', '\n')
		}
	}
	return out
}

// runGPSDecode runs gpsdecode with unscaled numbers and both parts of type 24.
func runGPSDecode(t testing.TB, gpsdecode string, in []byte) []gpsdMessage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), gpsdecode, "-j", "-u", "-s")
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(fmt.Errorf("running gpsdecode: %w", err))
	}
	messages, repeated := gpsdLines(t, out)
	if repeated > 0 {
		t.Fatalf("gpsdecode repeats %d messages", repeated)
	}
	return messages
}
