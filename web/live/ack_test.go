package live

import (
	"testing"
	"time"

	"atalaya/track"
)

// TestAcks: a client that acknowledges gets the next large frame only when it
// has told of the one before, but signs of life and answers all the time.
func TestAcks(t *testing.T) {
	var many []track.ID
	for i := range 4000 {
		many = append(many, track.ID(i+1))
	}
	p := serve(t, func(l *limits) { l.beat = 100 * time.Millisecond })
	p.apply(many...)
	b := p.connect()
	b.text("hello")
	b.say(`{"type":"subscribe","max_hz":10,"acks":true}`)
	b.until("the first part", func() bool { return b.missing > 0 })
	for range 5 {
		p.apply(many...)
		if f, _, _ := b.next(); f == nil || len(f.Motion) > 0 || f.Missing != b.missing || f.Missing == 0 {
			t.Fatal("not only a sign of life")
		}
	}
	b.say(`{"type":"ping","sent":1}`)
	b.text("pong")
	for b.missing > 0 || b.behind > 0 {
		b.say(`{"type":"ack"}`)
		for f, _, _ := b.next(); f == nil || len(f.Motion) == 0; {
			f, _, _ = b.next()
		}
	}
	b.say(`{"type":"ack"}`)
	b.say(`{"type":"ack"}`) // one that nobody waits for
	b.say(`{"type":"ping","sent":2}`)
	b.text("pong")
}
