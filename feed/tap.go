package feed

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"atalaya/obs"
	"atalaya/sensor"
	"atalaya/track"
)

// A tap shows the raw messages of a feed while somebody watches. Without one a
// message costs the look at a pointer.

const (
	tapKept    = 200                    // messages
	tapRate    = 100                    // of them in a second
	tapRaw     = 1024                   // bytes of a message
	tapDecoded = 16 << 10               // bytes of its JSON
	tapIdle    = time.Minute            // without anybody who asks, it ends
	tapSettle  = 300 * time.Millisecond // until what became of a message is known
)

// tap is a bounded memory of messages.
type tap struct {
	mu      sync.Mutex
	ring    []kept // oldest first
	last    uint64 // number of the newest
	asked   time.Time
	second  time.Time
	count   int      // in this second
	missed  []uint64 // for each that came too fast, the number before it; the last ones
	changed chan struct{}
}

// kept is a message with what it is recognised by.
type kept struct {
	sensor.Heard
	hash [32]byte
}

// Shown is a message that can be shown as JSON.
type Shown interface{ AppendJSON(b []byte) []byte }

// Watched reports whether somebody watches the feed's messages. Only then they
// are worth being shown.
func (o *Out) Watched() bool { return o.meter.tap.Load() != nil }

// Show shows a good message; hash is that of the observation's source.
func (o *Out) Show(raw []byte, hash [32]byte, m Shown) {
	t := o.meter.tap.Load()
	if t == nil {
		return
	}
	h := sensor.Heard{Became: sensor.Nothing, Reason: sensor.SaysNothing}
	// A message that could not be decoded to JSON is shown without.
	if line := bytes.TrimSpace(m.AppendJSON(nil)); len(line) <= tapDecoded && json.Valid(line) {
		h.Decoded = line
	}
	t.add(o.at, o.from, raw, hash, h)
}

// Skip tells why the message that was shown last makes no observation.
func (o *Out) Skip(why sensor.Reason) {
	if t := o.meter.tap.Load(); t != nil {
		t.newest(func(h *sensor.Heard) { h.Reason = why })
	}
}

// Hold tells that the message that was shown last waits for the end of a scan.
func (o *Out) Hold() {
	if t := o.meter.tap.Load(); t != nil {
		t.newest(func(h *sensor.Heard) { h.Became, h.Reason = sensor.InScan, "" })
	}
}

// add keeps a message, unless too many come.
func (t *tap) add(at time.Time, from netip.AddrPort, raw []byte, hash [32]byte, h sensor.Heard) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.Sub(t.second).Abs() >= time.Second {
		t.second, t.count = at, 0
	}
	if t.count++; t.count > tapRate {
		if len(t.missed) >= tapKept {
			t.missed = t.missed[:copy(t.missed, t.missed[1:])]
		}
		t.missed = append(t.missed, t.last)
		return
	}
	t.last++
	h.Number, h.At = t.last, at
	if from.IsValid() {
		h.From = from.String()
	}
	raw = raw[:min(len(raw), tapRaw)]
	h.Hex, h.Text = hex.EncodeToString(raw), printable(raw)
	if len(t.ring) >= tapKept {
		t.ring = t.ring[:copy(t.ring, t.ring[1:])]
	}
	t.ring = append(t.ring, kept{h, hash})
	close(t.changed)
	t.changed = make(chan struct{})
}

// printable gives bytes as text, where all of it can be printed.
func printable(raw []byte) string {
	if !utf8.Valid(raw) {
		return ""
	}
	for _, r := range string(raw) {
		if !unicode.IsPrint(r) && r != '\r' && r != '\n' && r != '\t' {
			return ""
		}
	}
	return string(raw)
}

func (t *tap) newest(edit func(*sensor.Heard)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Where the newest came too fast to be kept, this is about another one.
	if n := len(t.ring); n > 0 && t.count <= tapRate {
		edit(&t.ring[n-1].Heard)
	}
}

// observed notes the observations that were made.
func (t *tap) observed(in *track.Input) {
	if in.Observation != nil {
		t.mark(in.Observation, sensor.Observed)
	}
	if in.Scan != nil {
		for i := range in.Scan.Observations {
			t.mark(&in.Scan.Observations[i], sensor.Observed)
		}
	}
}

func (t *tap) mark(o *obs.Observation, became sensor.Became) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := len(t.ring) - 1; i >= 0; i-- {
		h := &t.ring[i]
		if h.hash != o.Source.Hash || h.Became == became {
			continue
		}
		h.Became, h.Reason, h.Doubt = became, "", o.Clock == obs.ClockDoubt
		if behind := o.Received.Sub(o.Time); behind > lateAfter && o.Clock != obs.ClockNone && !h.Doubt {
			h.Late = round(behind.Seconds(), 10)
		}
		return
	}
}

// since gives what is settled after a number; otherwise when to look again.
func (t *tap) since(after uint64, now time.Time) (out sensor.Tapped, next time.Duration, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = now
	if after > t.last {
		after = 0 // of an earlier tap
	}
	out = sensor.Tapped{Messages: []sensor.Heard{}, Next: after}
	next = time.Hour
	for i := range t.ring {
		h := &t.ring[i]
		if h.Number <= after {
			continue
		}
		if age := now.Sub(h.At); age >= 0 && age < tapSettle {
			next = tapSettle - age
			break
		}
		out.Messages = append(out.Messages, h.Heard)
		out.Next = h.Number
	}
	if n := len(out.Messages); n > 0 {
		if first := out.Messages[0].Number; after > 0 && first > after+1 {
			out.Missed += first - after - 1 // the ring went round
		}
		for _, before := range t.missed {
			if before >= after && before < out.Next {
				out.Missed++
			}
		}
	}
	return out, next, t.changed
}

// Messages gives the feed's messages after a number, oldest first, and waits up
// to so long for one. The feed keeps its messages while somebody asks for them,
// and a minute longer.
func (m *Meter) Messages(ctx context.Context, after uint64, wait time.Duration) sensor.Tapped {
	end := time.NewTimer(wait)
	defer end.Stop()
	for {
		out, next, changed := m.tapped().since(after, m.clock())
		if len(out.Messages) > 0 {
			return out
		}
		select {
		case <-end.C:
			return out
		case <-ctx.Done():
			return out
		case <-changed:
		case <-time.After(next):
		}
	}
}

// tapped gives the tap, which it opens where there is none.
func (m *Meter) tapped() *tap {
	for {
		if t := m.tap.Load(); t != nil {
			return t
		}
		m.tap.CompareAndSwap(nil, &tap{asked: m.clock(), changed: make(chan struct{})})
	}
}

// untap ends a tap that nobody asks any more.
func (m *Meter) untap(now time.Time) {
	t := m.tap.Load()
	if t == nil {
		return
	}
	t.mu.Lock()
	idle := now.Sub(t.asked) > tapIdle
	t.mu.Unlock()
	if idle {
		m.tap.CompareAndSwap(t, nil)
	}
}
