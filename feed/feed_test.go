package feed_test

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/feed"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// script is a transport that does what a test says.
type script func(ctx context.Context, emit func(feed.Chunk)) error

func (s script) Run(ctx context.Context, emit func(feed.Chunk)) error { return s(ctx, emit) }

// words is a decoder of words: "good" is a message, "plot" one that makes an
// input, "late" one whose time is a minute ago, "doubt" one whose time is in
// doubt, "other" one of somebody else; what else there is counts as bad, of
// the kind that it names.
type words struct {
	log *[]string
	id  uint64
}

func (w *words) Decode(c feed.Chunk, out *feed.Out) {
	w.id = c.Stream
	for word := range strings.FieldsSeq(string(c.Data)) {
		o := obs.Observation{Received: c.Received, Time: c.Received, Clock: obs.ClockStated}
		switch word {
		case "good":
			out.Good()
			continue
		case "other":
			out.Refuse("it is another sensor's", c.Data)
			continue
		case "plot":
		case "late":
			o.Time = c.Received.Add(-time.Minute)
		case "doubt":
			o.Time, o.Clock = c.Received.Add(-time.Hour), obs.ClockDoubt
		default:
			out.Bad(codec.NewBad(codec.Kind(word), c.Data, "the word %s", word))
			continue
		}
		out.Good()
		out.Emit(track.Input{Observation: &o})
	}
}

func (w *words) Flush(_ time.Time, out *feed.Out) {
	out.Good()
	*w.log = append(*w.log, string(rune('0'+w.id)))
}

// line is a feed under test.
type line struct {
	src     *feed.Source
	meter   *feed.Meter
	flushed []string
	made    int
	inputs  []track.Input
	now     time.Time
	mu      sync.Mutex
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newLine(desc sensor.Feed) *line {
	l := &line{now: start}
	if desc.Silent == 0 {
		desc.Silent = 10 * time.Second
	}
	l.meter = feed.NewMeter(desc, func() time.Time {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.now
	})
	l.src = &feed.Source{
		Feed: desc, Meter: l.meter,
		Registered: func(time.Time) bool { return true },
		NewDecoder: func() feed.Decoder { l.made++; return &words{log: &l.flushed} },
	}
	return l
}

func (l *line) wait(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// run gives the feed chunks, in one run.
func (l *line) run(t *testing.T, chunks ...feed.Chunk) {
	t.Helper()
	l.src.Transport = script(func(_ context.Context, emit func(feed.Chunk)) error {
		for _, c := range chunks {
			if c.Received.IsZero() {
				c.Received = l.now
			}
			emit(c)
		}
		return nil
	})
	if err := l.src.Run(t.Context(), func(in track.Input) { l.inputs = append(l.inputs, in) }); err != nil {
		t.Fatal(err)
	}
}

func say(text string) feed.Chunk { return feed.Chunk{Data: []byte(text), Stream: 1, End: true} }

func from(addr, text string) feed.Chunk {
	return feed.Chunk{Data: []byte(text), Stream: 1, From: netip.MustParseAddrPort(addr)}
}

// TestStreams: each stream has a decoder of its own, flushed at its end or at
// the end of the run, in the order of the streams.
func TestStreams(t *testing.T) {
	l := newLine(sensor.Feed{})
	l.run(t,
		feed.Chunk{Stream: 5, Data: []byte("good")}, feed.Chunk{Stream: 3, Data: []byte("good")},
		feed.Chunk{Stream: 4, Data: []byte("good"), End: true}, feed.Chunk{Stream: 5, Data: []byte("plot")},
		feed.Chunk{Stream: 9, End: true}) // of a sender that never was let in
	if got, want := strings.Join(l.flushed, ""), "435"; got != want {
		t.Errorf("flushed %s, want %s", got, want)
	}
	if l.made != 3 || len(l.inputs) != 1 {
		t.Errorf("%d decoders and %d inputs, want 3 and 1", l.made, len(l.inputs))
	}
	if h := l.meter.Health(); h.Good != 4+3 || h.Bytes != 16 {
		t.Errorf("good %d, bytes %d", h.Good, h.Bytes)
	}
}

// TestStreamsBounded: a thousand senders, each once, keep no thousand
// decoders.
func TestStreamsBounded(t *testing.T) {
	l := newLine(sensor.Feed{})
	var chunks []feed.Chunk
	for i := range 1000 {
		chunks = append(chunks, feed.Chunk{Stream: uint64(i + 1), Data: []byte("good"), Received: start.Add(time.Duration(i))})
	}
	open := 0
	l.src.NewDecoder = func() feed.Decoder {
		open = max(open, l.made-len(l.flushed)+1)
		l.made++
		return &words{log: &l.flushed}
	}
	l.run(t, chunks...)
	if open > 300 || len(l.flushed) != 1000 {
		t.Errorf("%d decoders at once, %d flushed", open, len(l.flushed))
	}
}

// TestSenders: an address that is not allowed is refused and counted, whatever
// it sends, and takes no decoder.
func TestSenders(t *testing.T) {
	for _, tt := range []struct {
		name    string
		allowed []string
		from    string
		in      bool
	}{
		{"anybody", nil, "203.0.113.9:4000", true},
		{"allowed", []string{"10.0.0.0/8"}, "10.1.2.3:4000", true},
		{"mapped", []string{"10.0.0.0/8"}, "[::ffff:10.1.2.3]:4000", true},
		{"with a zone", []string{"fe80::/10"}, "[fe80::1%eth0]:4000", true},
		{"other", []string{"10.0.0.0/8"}, "11.1.2.3:4000", false},
		{"other family", []string{"0.0.0.0/0"}, "[2001:db8::1]:4000", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			desc := sensor.Feed{}
			for _, p := range tt.allowed {
				desc.Allowed = append(desc.Allowed, netip.MustParsePrefix(p))
			}
			l := newLine(desc)
			l.run(t, from(tt.from, "plot"), feed.Chunk{From: netip.MustParseAddrPort(tt.from), Stream: 1, End: true})
			h := l.meter.Health()
			if in := len(l.inputs) == 1; in != tt.in {
				t.Errorf("let in: %v, want %v", in, tt.in)
			}
			if !tt.in && (h.Refused != 1 || h.Good != 0 || h.State != sensor.Refused || l.made != 0) {
				t.Errorf("refused %d, good %d, %s, %d decoders", h.Refused, h.Good, h.State, l.made)
			}
			if h.Bytes != 4 {
				t.Errorf("%d bytes, want 4", h.Bytes)
			}
		})
	}
}

// TestUnregistered: an unregistered sensor cannot ingest, from the moment on
// that it is not registered any more.
func TestUnregistered(t *testing.T) {
	l := newLine(sensor.Feed{Sensor: "radar-1"})
	until := start.Add(time.Second)
	l.src.Registered = func(at time.Time) bool { return at.Before(until) }
	l.run(t, say("plot"))
	if h := l.meter.Health(); h.State != sensor.Up || len(l.inputs) != 1 {
		t.Fatalf("%s, %d inputs", h.State, len(l.inputs))
	}
	l.wait(time.Second)
	l.run(t, say("plot"), say("plot"))
	h := l.meter.Health()
	if h.State != sensor.Refused || h.Refused != 2 || len(l.inputs) != 1 {
		t.Errorf("%s, %d refused, %d inputs", h.State, h.Refused, len(l.inputs))
	}
	if !strings.Contains(h.Why, "radar-1") || !strings.Contains(h.Why, "register it") {
		t.Errorf("why: %s", h.Why)
	}
}

// counting is a transport that counts by itself.
type counting struct {
	script
	dropped, refused uint64
}

func (c *counting) Dropped() uint64 { return c.dropped }
func (c *counting) Refused() uint64 { return c.refused }

// TestTransportCounts: what the transport lost or turned away is in the health
// as it stands then.
func TestTransportCounts(t *testing.T) {
	l := newLine(sensor.Feed{})
	tr := &counting{script: func(context.Context, func(feed.Chunk)) error { return errors.New("gone") }}
	l.src.Transport = tr
	if err := l.src.Run(t.Context(), nil); err == nil {
		t.Error("the transport's error is lost")
	}
	tr.dropped, tr.refused = 7, 3
	if h := l.meter.Health(); h.Lost != 7 || h.Refused != 3 {
		t.Errorf("lost %d, refused %d", h.Lost, h.Refused)
	}
}

// TestHealthIsACopy: who holds a health sees no later changes.
func TestHealthIsACopy(t *testing.T) {
	l := newLine(sensor.Feed{})
	l.run(t, say("noise late"))
	a, b := l.meter.Health(), l.meter.Health()
	l.run(t, say("noise plot checksum"))
	if !reflect.DeepEqual(a, b) {
		t.Errorf("a health changed: %+v", a)
	}
}
