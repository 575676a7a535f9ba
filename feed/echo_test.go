package feed_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"atalaya/feed"
	"atalaya/obs"
	"atalaya/sensor"
)

// TestEchoes: the same message over two receivers is one observation and its
// provenance, within a window that suits the format.
func TestEchoes(t *testing.T) {
	type heard struct {
		at   time.Duration
		feed sensor.FeedID
		key  byte
		of   uint64 // the sequence that it is an echo of; sequences count from 1
	}
	const s, ms = time.Second, time.Millisecond
	for _, tt := range []struct {
		name   string
		format sensor.Format
		heard  []heard
	}{
		{"two AIS stations", sensor.FormatAIS, []heard{{0, "a", 1, 0}, {40 * ms, "b", 1, 1}, {50 * ms, "b", 2, 0}, {60 * ms, "c", 1, 1}}},
		{"stamped a little earlier", sensor.FormatAIS, []heard{{0, "a", 1, 0}, {-3 * ms, "b", 1, 1}}},
		{"AIS over a slow network", sensor.FormatAIS, []heard{{0, "a", 1, 0}, {49 * s, "b", 1, 1}}},
		{"AIS, the same again a minute later", sensor.FormatAIS, []heard{{0, "a", 1, 0}, {59900 * ms, "a", 1, 0}, {60 * s, "b", 1, 2}}},
		{"the window counts from the first", sensor.FormatAIS, []heard{{0, "a", 1, 0}, {40 * s, "b", 1, 1}, {51 * s, "c", 1, 0}}},
		{"AIS doubled by the network", sensor.FormatAIS, []heard{{0, "a", 1, 0}, {1 * ms, "a", 1, 1}}},
		{"two Mode S receivers", sensor.FormatBeast, []heard{{0, "a", 1, 0}, {5 * ms, "b", 1, 1}}},
		{"an aircraft that repeats itself", sensor.FormatBeast, []heard{{0, "a", 1, 0}, {500 * ms, "a", 1, 0}, {505 * ms, "b", 1, 2}}},
		{"Mode S after its window", sensor.FormatAVR, []heard{{0, "a", 1, 0}, {2 * s, "b", 1, 0}}},
		{"no key", sensor.FormatNMEA, []heard{{0, "a", 0, 0}, {0, "b", 0, 0}}},
		{"ASTERIX over two lines", sensor.FormatASTERIX, []heard{{0, "a", 1, 0}, {9 * s, "b", 1, 1}, {10 * s, "b", 1, 0}}},
		{"our clock goes back an hour", sensor.FormatAIS, []heard{{0, "a", 1, 0}, {-time.Hour, "b", 1, 0}, {-time.Hour + s, "a", 1, 2}}},
		{"our clock goes on an hour", sensor.FormatAIS, []heard{{0, "a", 1, 0}, {time.Hour, "b", 1, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := feed.NewEchoes()
			for i, h := range tt.heard {
				o := obs.Observation{Seq: uint64(i + 1), Received: start.Add(h.at), Source: obs.Source{Feed: h.feed}}
				if h.key != 0 {
					o.Source.Key = obs.Key{h.key}
				}
				if echo := e.Mark(&o, tt.format); echo != (h.of != 0) || o.Source.EchoOf != h.of || o.Echo() != echo {
					t.Errorf("message %d: echo of %d, want %d", i+1, o.Source.EchoOf, h.of)
				}
			}
		})
	}
}

// TestEchoesBounded: a flood of different messages forgets the oldest, and
// remembers the newest.
func TestEchoesBounded(t *testing.T) {
	e := feed.NewEchoes()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 1_000_000
	message := func(i int) *obs.Observation {
		return &obs.Observation{
			Seq: uint64(i), Received: start.Add(time.Duration(i) * time.Microsecond),
			Source: obs.Source{Feed: "a", Key: obs.Key{1, byte(i), byte(i >> 8), byte(i >> 16)}},
		}
	}
	for i := range n {
		e.Mark(message(i), sensor.FormatAIS)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d MB in use", grown>>20)
	}
	for _, tt := range []struct {
		i    int
		echo bool
	}{{n - 1, true}, {n - 100_000, true}, {5, false}} {
		o := message(tt.i)
		o.Source.Feed = "b"
		if got := e.Mark(o, sensor.FormatAIS); got != tt.echo {
			t.Errorf("message %d: echo %v, want %v", tt.i, got, tt.echo)
		}
	}
	runtime.KeepAlive(e)
}

// BenchmarkEchoes is one message heard by two stations.
func BenchmarkEchoes(b *testing.B) {
	for _, format := range []sensor.Format{sensor.FormatAIS, sensor.FormatBeast} {
		b.Run(fmt.Sprint(format), func(b *testing.B) {
			e := feed.NewEchoes()
			var o obs.Observation
			for i := 0; b.Loop(); i++ {
				o.Seq++
				o.Received = start.Add(time.Duration(i) * 20 * time.Microsecond)
				o.Source.Key = obs.Key{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)}
				for _, f := range [...]sensor.FeedID{"a", "b"} {
					o.Source.Feed = f
					e.Mark(&o, format)
				}
			}
		})
	}
}
