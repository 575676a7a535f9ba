package ais

import (
	"bytes"
	"os/exec"
	"testing"
	"time"

	"atalaya/internal/peer"
)

// The largest recording: about 34,000 messages in 44,000 lines, a quarter of
// them other sentences.
const benchRecording = "amsa-risky/ais.txt.gz"

func BenchmarkDecode(b *testing.B) {
	in := recording(b, benchRecording)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		d := New(Config{})
		for _, err := range d.Decode(in, time.Time{}) {
			if err == nil {
				n++
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkDecodeToJSON(b *testing.B) {
	in := recording(b, benchRecording)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	n := 0
	var line []byte
	for b.Loop() {
		d := New(Config{})
		for m, err := range d.Decode(in, time.Time{}) {
			if err == nil {
				line = m.AppendJSON(line[:0])
				n++
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkGPSDecode runs gpsdecode on the same sentences, its JSON discarded.
func BenchmarkGPSDecode(b *testing.B) {
	gpsdecode := peer.Command(b, "gpsdecode")
	in := recording(b, benchRecording)
	n := len(runGPSDecode(b, gpsdecode, plainSentences(in)))
	done := 0
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), gpsdecode, "-j", "-u", "-s")
		cmd.Stdin = bytes.NewReader(in)
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		done += n
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkEncode(b *testing.B) {
	messages := examples()
	e := NewEncoder()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := e.Encode(&messages[n%len(messages)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
