package feed_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"atalaya/codec"
	"atalaya/feed"
	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// plain is a decoder that makes of each line what its first word says.
type plain struct{}

type word string

// AppendJSON implements feed.Shown.
func (w word) AppendJSON(b []byte) []byte { return fmt.Appendf(b, `{"word":%q}`+"\n", string(w)) }

func (plain) Decode(c feed.Chunk, out *feed.Out) {
	for line := range strings.Lines(string(c.Data)) {
		raw := []byte(line)
		text := strings.TrimSpace(line)
		if text == "bad" {
			out.Bad(codec.NewBad(codec.Checksum, raw, "a wrong sum"))
			continue
		}
		out.Good()
		o := obs.Observation{Time: c.Received, Received: c.Received, Clock: obs.ClockStated, Source: obs.Source{Hash: sha256.Sum256(raw)}}
		if out.Watched() {
			out.Show(raw, o.Source.Hash, word(text))
		}
		switch text {
		case "plot":
			out.Emit(track.Input{Observation: &o})
		case "late":
			o.Time = c.Received.Add(-time.Minute)
			out.Emit(track.Input{Observation: &o})
		case "nobody":
			out.Skip(sensor.NamesNobody)
		case "hold":
			out.Hold()
		case "turn":
			out.Emit(track.Input{Scan: &track.Scan{Observations: []obs.Observation{{Time: c.Received, Received: c.Received, Source: obs.Source{Hash: sha256.Sum256([]byte("hold\n"))}}}}})
		case "echo":
			out.Emit(track.Input{Observation: &o})
		}
	}
}

func (plain) Flush(time.Time, *feed.Out) {}

// tapped is a running feed into which a test says lines.
func tapped(t *testing.T) (say func(from, lines string), m *feed.Meter) {
	t.Helper()
	desc := sensor.Feed{ID: "f", Sensor: "s", Allowed: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	m = feed.NewMeter(desc, time.Now)
	in, done := make(chan feed.Chunk), make(chan struct{})
	src := &feed.Source{
		Feed: desc, Meter: m, NewDecoder: func() feed.Decoder { return plain{} }, Registered: func(time.Time) bool { return true },
		Transport: script(func(ctx context.Context, emit func(feed.Chunk)) error {
			for c := range in {
				emit(c)
				done <- struct{}{}
			}
			return nil
		}),
	}
	ended := make(chan error)
	go func() { ended <- src.Run(t.Context(), func(track.Input) {}) }()
	t.Cleanup(func() {
		close(in)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func(from, lines string) {
		in <- feed.Chunk{Data: []byte(lines), Received: time.Now(), From: netip.MustParseAddrPort(from), Stream: 1, Datagram: true}
		<-done
	}, m
}

// TestTap: what came, and what became of it.
func TestTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		say, m := tapped(t)
		say("10.0.0.1:5", "plot\n")
		if got := m.Messages(t.Context(), 0, 0); len(got.Messages) != 0 || got.Next != 0 {
			t.Fatalf("before anybody watched: %+v", got)
		}
		say("10.0.0.1:5", "plot\nlate\nnobody\nbad\nhold\nturn\necho\n")
		say("192.168.1.1:6", "plot\n")
		say("10.0.0.1:5", "\x00\n")
		m.Duplicate(&obs.Observation{Source: obs.Source{Hash: sha256.Sum256([]byte("echo\n"))}})
		if got := m.Messages(t.Context(), 0, 0); len(got.Messages) != 0 {
			t.Errorf("before it is known what became of them: %+v", got)
		}
		got := m.Messages(t.Context(), 0, time.Minute)
		type brief struct {
			became sensor.Became
			reason sensor.Reason
			kind   string
			text   string
		}
		want := []brief{
			{sensor.Observed, "", "", "plot\n"},
			{sensor.Observed, "", "", "late\n"},
			{sensor.Nothing, sensor.NamesNobody, "", "nobody\n"},
			{sensor.BadFrame, "", "checksum", "bad\n"},
			{sensor.Observed, "", "", "hold\n"},
			{sensor.Nothing, sensor.SaysNothing, "", "turn\n"},
			{sensor.Duplicate, "", "", "echo\n"},
			{sensor.NotAllowed, "", "sender-not-allowed", "plot\n"},
			{sensor.Nothing, sensor.SaysNothing, "", ""},
		}
		if len(got.Messages) != len(want) || got.Next != uint64(len(want)) {
			t.Fatalf("%d messages, next %d", len(got.Messages), got.Next)
		}
		for i, h := range got.Messages {
			if b := (brief{h.Became, h.Reason, h.Kind, h.Text}); b != want[i] || h.Number != uint64(i+1) {
				t.Errorf("message %d: %+v, want %+v", i, b, want[i])
			}
		}
		h := got.Messages
		if string(h[0].Decoded) != `{"word":"plot"}` || h[0].From != "10.0.0.1:5" || h[0].Hex != "706c6f740a" || h[1].Late != 60 || h[0].Late != 0 ||
			h[3].Decoded != nil || h[3].Why == "" || h[7].From != "192.168.1.1:6" || !strings.Contains(h[7].Why, "not among the allowed") {
			t.Errorf("%+v", h)
		}
		// Waiting: for the next one, or for nothing.
		go func() {
			time.Sleep(10 * time.Second)
			say("10.0.0.1:5", "plot\n")
		}()
		began := time.Now()
		if next := m.Messages(t.Context(), got.Next, 25*time.Second); len(next.Messages) != 1 || next.Messages[0].Number != 10 || time.Since(began) < 10*time.Second || time.Since(began) > 11*time.Second {
			t.Errorf("after %s: %+v", time.Since(began), next)
		}
		began = time.Now()
		if none := m.Messages(t.Context(), 10, 25*time.Second); len(none.Messages) != 0 || none.Next != 10 || time.Since(began) != 25*time.Second {
			t.Errorf("after %s: %+v", time.Since(began), none)
		}
	})
}

// TestTapIsBounded: neither a flood nor somebody who went away costs memory.
func TestTapIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		say, m := tapped(t)
		m.Messages(t.Context(), 0, 0)
		for range 5 {
			say("10.0.0.1:5", strings.Repeat("plot\n", 300))
			time.Sleep(time.Second)
		}
		got := m.Messages(t.Context(), 1, 0)
		// 100 of each second are kept, and of these the last 200.
		if len(got.Messages) != 200 || got.Next != 500 || got.Missed < 299 {
			t.Errorf("%d messages, next %d, missed %d", len(got.Messages), got.Next, got.Missed)
		}
		time.Sleep(2 * time.Minute)
		m.Health()
		say("10.0.0.1:5", "plot\n")
		time.Sleep(time.Second)
		if got := m.Messages(t.Context(), 0, 0); len(got.Messages) != 0 {
			t.Errorf("nobody watched, and %d messages were kept", len(got.Messages))
		}
		say("10.0.0.1:5", "plot\n")
		time.Sleep(time.Second)
		if got := m.Messages(t.Context(), 500, 0); len(got.Messages) != 1 || got.Next != 1 {
			t.Errorf("who watched before gets %+v", got)
		}
	})
}
