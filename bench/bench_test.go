package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"atalaya/codec/modes"
	"atalaya/internal/peer"
)

// Frames with other addresses are as good as the recorded ones.
func TestReaddressedFramesAreGood(t *testing.T) {
	peer.Data(t, "adsb/dump1090/modes1.avr")
	const times = 3
	frames, err := modesInput(peer.Data(t, "."), times)
	if err != nil {
		t.Fatal(err)
	}
	d := modes.New(modes.Config{Container: modes.AVR})
	got := map[int]int{}
	n := 0
	for m, err := range d.Decode(avr(frames), time.Unix(0, 0)) {
		if err != nil {
			t.Fatalf("frame %x: %v", frames[n], err)
		}
		got[n/(len(frames)/times)]++
		if n%(len(frames)/times) == 0 {
			if want := uint32(0x4d2023) ^ uint32(n/(len(frames)/times)); uint32(m.Address.Or(0)) != want {
				t.Errorf("address %v, want %x", m.Address, want)
			}
		}
		n++
	}
	if n != 217*times {
		t.Errorf("%d good frames, want %d", n, 217*times)
	}
}

func TestASTERIXInputIsCutIntoItsBlocks(t *testing.T) {
	stream, err := asterixInput(25)
	if err != nil {
		t.Fatal(err)
	}
	got := blocks(stream)
	if len(got) != 3 || !bytes.Equal(bytes.Join(got, nil), stream) {
		t.Errorf("%d blocks of %d bytes", len(got), len(stream))
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{5, 1, 4, 2, 3}
	for _, c := range []struct{ p, want float64 }{{0, 1}, {0.5, 3}, {0.8, 4}, {0.99, 5}, {1, 5}} {
		if got := quantile(v, c.p); got != c.want {
			t.Errorf("quantile(%v) = %v, want %v", c.p, got, c.want)
		}
	}
}

func TestSlope(t *testing.T) {
	if got := slope([]float64{1, 2, 3}, []float64{10, 12, 14}); got != 2 {
		t.Errorf("slope %v, want 2", got)
	}
	if got := slope([]float64{1}, []float64{10}); got != 0 {
		t.Errorf("slope of one sample %v", got)
	}
}

func TestBenchmarkLine(t *testing.T) {
	for _, c := range []struct{ line, name, figures string }{
		{"BenchmarkDirect-2   \t 3184224\t       376.2 ns/op\t       0 B/op\t       0 allocs/op", "Direct", "376 ns/op, 0.00 allocs/op"},
		{"BenchmarkAppend/10000-2 \t 20\t 40062500 ns/op\t 16.03 %core", "Append/10000", "40.1 ms/op, 16.0 %core"},
		{"ok  \tatalaya/geo\t4.2s", "", ""},
		{"goos: linux", "", ""},
	} {
		name, figures, ok := benchmarkLine(c.line)
		if name != c.name || figures != c.figures || ok != (c.name != "") {
			t.Errorf("%q: %q, %q, %t", c.line, name, figures, ok)
		}
	}
}

// A report belongs to the first change of its boat before the boat's next one;
// what had no time to arrive is not counted.
func TestMatch(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	reports := []sent{{1, at(500)}, {1, at(1000)}, {2, at(1500)}, {1, at(5000)}, {2, at(9000)}}
	w := watched{FromMS: 900, ToMS: 10_000, Arrivals: []arrival{
		{Track: 7, Arrays: 600, Drawn: 610, Pixels: 620}, // of the report before the watch
		{Track: 7, Arrays: 1200, Drawn: 1210, Pixels: 1220},
		{Track: 7, Arrays: 5100, Drawn: 5130},
	}}
	d, of := match(reports, map[uint64]uint32{7: 1, 8: 2}, w)
	if of != 3 || len(d.arrays) != 2 || d.arrays[0] != 100 || d.drawn[0] != 130 || d.arrays[1] != 200 || len(d.pixels) != 1 {
		t.Errorf("%d reports, %+v", of, d)
	}
}

func TestTable(t *testing.T) {
	var tab table
	tab.row("a", "1", "2", "0.50 x", "c")
	tab.note("n %d", 1)
	var b strings.Builder
	tab.print(&b)
	const want = "| what | ours | peer or bar | ratio  | command |\n" +
		"|------|------|-------------|--------|---------|\n" +
		"| a    | 1    | 2           | 0.50 x | c       |\n\n- n 1\n"
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 1.234: "1.23", 12.34: "12.3", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	all := parts(time.Minute, time.Minute, time.Minute)
	if got, err := choose(all, nil); err != nil || len(got) != len(all) {
		t.Errorf("all: %d, %v", len(got), err)
	}
	if got, err := choose(all, []string{"geo", "decode"}); err != nil || len(got) != 2 || got[0].name != "decode" {
		t.Errorf("two: %v, %v", got, err)
	}
	if _, err := choose(all, []string{"speed"}); err == nil || !strings.Contains(err.Error(), "decode, live") {
		t.Errorf("unknown: %v", err)
	}
}
