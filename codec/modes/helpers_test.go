package modes

import (
	"encoding/hex"
	"errors"
	"iter"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes/framing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// collect ranges over a sequence and checks the promise that every error is a
// *codec.Bad.
func collect(t testing.TB, seq iter.Seq2[Message, error]) (good []Message, bad []*codec.Bad) {
	t.Helper()
	for m, err := range seq {
		if err == nil {
			good = append(good, m)
			continue
		}
		b, ok := errors.AsType[*codec.Bad](err)
		if !ok {
			t.Fatalf("not a codec.Bad: %v", err)
		}
		bad = append(bad, b)
	}
	return good, bad
}

// start is the time of the first frame in tests.
func start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// stream feeds frames to a decoder, each at its time.
type stream struct {
	t *testing.T
	d *Decoder
}

func newStream(t *testing.T, cfg Config) stream {
	cfg.Container = Beast
	return stream{t, New(cfg)}
}

// frame gives what comes of one frame, so long after the start.
func (s stream) frame(after time.Duration, frame []byte) (*Message, *codec.Bad) {
	s.t.Helper()
	good, bad := collect(s.t, s.d.Decode(framing.AppendBeast(nil, frame, 1, 100), start().Add(after)))
	switch {
	case len(good) == 1 && len(bad) == 0:
		return &good[0], nil
	case len(good) == 0 && len(bad) == 1:
		return nil, bad[0]
	}
	s.t.Fatalf("%d messages and %d bad of one frame", len(good), len(bad))
	return nil, nil
}

func (s stream) good(after time.Duration, frame []byte) *Message {
	s.t.Helper()
	m, bad := s.frame(after, frame)
	if bad != nil {
		s.t.Fatalf("%x: %v", frame, bad)
	}
	return m
}

func (s stream) bad(after time.Duration, frame []byte) codec.Kind {
	s.t.Helper()
	m, bad := s.frame(after, frame)
	if bad == nil {
		s.t.Fatalf("%x: good: %s", frame, m.AppendJSON(nil))
	}
	return bad.Kind
}
