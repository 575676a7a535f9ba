package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/coder/websocket"

	"atalaya/track"
	"atalaya/web/wire"
)

// writer is the state of one client's writing goroutine.
type writer struct {
	*client
	live  lane
	past  []*lane // its replays
	frame wire.Frame
	buf   []byte
	part  int // bytes that the line takes at a time

	acks bool      // the client acknowledges frames
	sent time.Time // when the one that is on its way was begun; zero: it is there
	size int       // of it, bytes
}

// lane is one channel of a client: what it sees of a picture, and how often.
type lane struct {
	view   view
	topics map[string]read
	pause  time.Duration // between frames; 0: nothing is subscribed yet
	full   time.Time     // when the last frame with rows was begun, or should have been
	last   time.Time     // when the last frame was
	replay *replay       // nil: live
	pulled time.Time     // when the replay was last told to go on
	words  uint64        // of the replay that were told
	prompt bool          // what was wished is shown without the pause
}

func newLane() lane { return lane{view: newView()} }

func newWriter(c *client) *writer { return &writer{client: c, live: newLane(), part: firstPart} }

func (c *client) write(ctx context.Context, valid func() bool) error {
	w := newWriter(c)
	defer w.closeReplays()
	if err := w.hello(ctx); err != nil {
		return err
	}
	check := time.NewTicker(c.hub.limits.check)
	defer check.Stop()
	for {
		changed := c.hub.wait()
		next, err := w.advance(ctx)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case o := <-c.orders:
			if err := w.obey(ctx, o); err != nil {
				return err
			}
		case <-changed:
		case <-c.replayed:
		case <-next:
		case <-check.C:
			if !valid() {
				return &closing{wire.CloseSession, "the session is over: sign in again"}
			}
		}
	}
}

func (w *writer) hello(ctx context.Context) error {
	cfg := w.hub.cfg
	return w.text(ctx, encode(wire.Hello{
		Type: wire.TypeHello, Protocol: wire.Version, Version: cfg.Version,
		Exercise: cfg.Exercise, Epoch: cfg.Epoch, Now: cfg.Clock().UTC(),
	}))
}

func (w *writer) obey(ctx context.Context, o order) error {
	switch {
	case o.reply != nil:
		return w.text(ctx, o.reply)
	case o.wish != nil:
		return w.wish(ctx, o.wish)
	case o.ack:
		w.arrived()
	case o.snapshot != nil:
		l := w.lane(o.snapshot.Channel)
		if l == nil {
			return w.text(ctx, noChannel(o.snapshot.Channel))
		}
		l.view.whole = true
	case o.subscribe != nil:
		l := w.lane(o.subscribe.Channel)
		if l == nil {
			return w.text(ctx, noChannel(o.subscribe.Channel))
		}
		l.subscribe(o.subscribe)
		w.acks = w.acks || o.subscribe.Acks
	}
	return nil
}

// free reports whether the line can take another frame. What lies in buffers
// on the way, ours and others', makes all that comes behind it late: only one
// frame is under way at a time.
func (w *writer) free() bool {
	if !w.sent.IsZero() && time.Since(w.sent) > w.hub.limits.slow {
		w.arrived() // or the client forgot to say so
	}
	return w.sent.IsZero()
}

// arrived takes the word of the client that it has the frame.
func (w *writer) arrived() {
	if w.sent.IsZero() {
		return
	}
	took := time.Since(w.sent)
	w.sent = time.Time{}
	w.part = nextPart(w.part, w.size, took)
	w.miss(took)
}

// miss counts the deltas that were due while the line was taken.
func (w *writer) miss(took time.Duration) {
	w.live.miss(took)
	for _, l := range w.past {
		l.miss(took)
	}
}

// lane gives that of a channel; nil: there is none.
func (w *writer) lane(channel uint8) *lane {
	if channel == wire.Live {
		return &w.live
	}
	for _, l := range w.past {
		if l.replay.channel == channel {
			return l
		}
	}
	return nil
}

func (l *lane) subscribe(s *wire.Subscribe) {
	l.view.box = nil
	if s.BBox != nil {
		l.view.box = widen(*s.BBox)
	}
	l.view.follow = make(map[track.ID]bool, len(s.Follow))
	for _, id := range s.Follow {
		l.view.follow[track.ID(id)] = true
	}
	hz := s.MaxHz
	if hz == 0 {
		hz = defaultHz
	}
	l.pause = time.Duration(float64(time.Second) / min(max(hz, lowestHz), highestHz))
	l.topics = follow(l.topics, s.Topics)
	l.view.edition = 0 // what was told was of another view
}

// advance sends what has to be sent now on every channel, and tells when there
// will be more without a change. The live channel comes first.
func (w *writer) advance(ctx context.Context) (next <-chan time.Time, err error) {
	wait, err := w.advanceLive(ctx)
	for _, l := range slices.Clone(w.past) {
		if err != nil {
			break
		}
		var more time.Duration
		more, err = w.advancePast(ctx, l)
		wait = sooner(wait, more)
	}
	if err != nil || wait <= 0 {
		return nil, err
	}
	return time.After(wait), nil
}

// sooner gives the shorter of two waits; 0 means that there is nothing to wait
// for.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// begin notes that a frame with rows begins; one that only goes on with what
// did not fit before takes no place of the next. Steps are no clockwork: one
// that was late must not put off all frames that follow. One may come early,
// but not two.
func (l *lane) begin(now time.Time, more bool) {
	if !more {
		l.full = l.full.Add(l.pause)
	}
	if early := now.Add(-l.pause); l.full.Before(early) {
		l.full = early
	}
}

// left is how long a frame has still to wait.
func (l *lane) left(now time.Time) time.Duration { return l.pause - now.Sub(l.full) }

func (w *writer) advanceLive(ctx context.Context) (wait time.Duration, err error) {
	l := &w.live
	if l.pause == 0 {
		return 0, nil
	}
	for _, data := range w.hub.texts(l.topics) {
		if err := w.text(ctx, data); err != nil {
			return 0, err
		}
	}
	l.view.part = w.part
	now, beat := time.Now(), w.hub.limits.beat
	left, due, more := l.left(now), now.Sub(l.last) >= beat, l.view.waiting
	switch {
	case (left <= 0 || more) && w.free() && w.hub.frame(&l.view, &w.frame, w.hub.cfg.Clock(), due):
		l.begin(now, more)
		err = w.send(ctx, l)
		left = l.pause
	case due:
		w.hub.beat(&l.view, &w.frame, w.hub.cfg.Clock())
		err = w.send(ctx, l)
	}
	if wait := beat - time.Since(l.last); left <= 0 || wait < left {
		left = wait
	}
	if l.view.waiting && w.free() {
		left = 0
	}
	return max(left, time.Millisecond), err
}

// send writes the frame in hand.
func (w *writer) send(ctx context.Context, l *lane) error {
	var err error
	if w.buf, err = w.frame.Append(w.buf[:0]); err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	l.last = time.Now()
	err = w.message(ctx, websocket.MessageBinary, w.buf)
	if w.acks && len(w.buf) >= wire.AckedSize {
		w.sent, w.size = l.last, len(w.buf)
		return err
	}
	took := time.Since(l.last)
	w.part = nextPart(w.part, len(w.buf), took)
	w.miss(took)
	return err
}

func (w *writer) text(ctx context.Context, data []byte) error {
	return w.message(ctx, websocket.MessageText, data)
}

// message writes a message.
//
// A write whose context ends tears the connection down without a word, so it
// gets one that does not end. In its place the connection is closed beside it:
// that waits a little for the write, and tells a client that wakes up why.
func (w *writer) message(ctx context.Context, kind websocket.MessageType, data []byte) error {
	slow := &closing{wire.CloseSlow, "the connection took nothing for too long: connect again"}
	tooSlow := make(chan struct{})
	limit := time.AfterFunc(w.hub.limits.slow, func() {
		defer close(tooSlow)
		slow.close(w.conn)
	})
	stopped := make(chan struct{})
	goOn := context.AfterFunc(ctx, func() {
		defer close(stopped)
		farewell(context.Cause(ctx)).close(w.conn)
	})
	err := w.pour(context.WithoutCancel(ctx), kind, data, func() {
		if limit.Stop() {
			limit.Reset(w.hub.limits.slow)
		}
	})
	if !goOn() {
		<-stopped
		err = ctx.Err()
	}
	if !limit.Stop() {
		<-tooSlow
		return slow
	}
	if err != nil {
		return fmt.Errorf("write to browser: %w", err)
	}
	return nil
}

// pour writes a message in pieces and tells of each: a whole picture takes
// longer over a weak line than nothing at all may take.
func (w *writer) pour(ctx context.Context, kind websocket.MessageType, data []byte, moved func()) error {
	const piece = 8 << 10
	out, err := w.conn.Writer(ctx, kind)
	if err != nil {
		return err
	}
	for len(data) > 0 {
		n := min(len(data), piece)
		if _, err := out.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
		moved()
	}
	return out.Close()
}

// miss counts the deltas that were due while the line was taken.
func (l *lane) miss(took time.Duration) {
	if l.pause > 0 {
		l.view.missed += max(int(took/l.pause)-1, 0)
	}
}
