package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/coder/websocket"

	"atalaya/track"
	"atalaya/web/wire"
)

const (
	maxFollow    = 64
	maxMessage   = 16 << 10 // bytes of a client's message
	maxRate      = 50       // messages of a client in a second
	defaultHz    = 4
	lowestHz     = 0.2
	highestHz    = 10
	pendingReply = 16
)

// limits are how long things may take; tests shorten them.
type limits struct {
	// beat is how often at least a frame comes. The protocol says two seconds.
	beat time.Duration
	// check is how often the session is asked for.
	check time.Duration
	// slow is how long a client may take nothing.
	slow time.Duration
	// quiet is how long a client may say nothing: it pings every 5 s.
	quiet time.Duration
}

func usual() limits {
	return limits{beat: 1800 * time.Millisecond, check: 2 * time.Second, slow: 15 * time.Second, quiet: 30 * time.Second}
}

// client is one connection. Its reader parses what the browser says, its
// writer asks the hub for frames.
type client struct {
	hub  *Hub
	conn *websocket.Conn
	// orders go from the reader to the writer.
	orders chan order
}

// order is what the reader wants the writer to do.
type order struct {
	subscribe *wire.Subscribe
	snapshot  bool
	reply     []byte
}

// closing ends the connection with a code that the browser understands.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c *closing) Error() string { return c.reason }

// close says so to the browser. That it may be gone is no matter.
func (c *closing) close(conn *websocket.Conn) { _ = conn.Close(c.code, c.reason) }

// farewell is what a connection that ends for err is closed with.
func farewell(err error) *closing {
	if out, ok := errors.AsType[*closing](err); ok {
		return out
	}
	return &closing{websocket.StatusGoingAway, "the server ends the connection: connect again"}
}

// Serve runs one client until it goes, ctx ends or valid reports that its
// session is over. It closes the connection.
func (h *Hub) Serve(ctx context.Context, conn *websocket.Conn, valid func() bool) error {
	conn.SetReadLimit(maxMessage)
	c := &client{hub: h, conn: conn, orders: make(chan order, pendingReply)}
	// A context that ends under a read tears the connection down without a
	// word, so the reader's outlives the closing.
	reading, stopReading := context.WithCancel(context.WithoutCancel(ctx))
	defer stopReading()
	writing, stopWriting := context.WithCancelCause(ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		stopWriting(c.read(reading))
	}()
	err := c.write(writing, valid)
	if errors.Is(err, context.Canceled) {
		err = context.Cause(writing)
	}
	farewell(err).close(conn)
	stopReading()
	<-gone
	if ctx.Err() != nil || websocket.CloseStatus(err) != -1 {
		return nil // the server stops, or the browser went
	}
	return err
}

// read takes what the browser says, until it goes.
func (c *client) read(ctx context.Context) error {
	var second time.Time
	said := 0
	for {
		rctx, cancel := context.WithTimeout(ctx, c.hub.limits.quiet)
		kind, data, err := c.conn.Read(rctx)
		cancel()
		if err != nil {
			return fmt.Errorf("read from browser: %w", err)
		}
		if now := time.Now(); now.Sub(second) >= time.Second {
			second, said = now, 0
		}
		if said++; said > maxRate {
			return &closing{websocket.StatusPolicyViolation, fmt.Sprintf("more than %d messages in a second", maxRate)}
		}
		select {
		case c.orders <- c.parse(kind, data):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *client) parse(kind websocket.MessageType, data []byte) order {
	var head struct {
		Type wire.Type `json:"type"`
	}
	if kind != websocket.MessageText {
		return refusal("binary", "clients send text messages only")
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return refusal("json", "the message is no JSON object with a type")
	}
	switch head.Type {
	case wire.TypeSubscribe:
		var s wire.Subscribe
		if err := json.Unmarshal(data, &s); err != nil {
			return refusal("subscribe", "the subscription cannot be read: "+err.Error())
		}
		if why := checkSubscribe(&s); why != "" {
			return refusal("subscribe", why)
		}
		return order{subscribe: &s}
	case wire.TypeSnapshot:
		return order{snapshot: true}
	case wire.TypePing:
		var p wire.Ping
		if err := json.Unmarshal(data, &p); err != nil {
			return refusal("ping", "the ping cannot be read: "+err.Error())
		}
		return order{reply: encode(wire.Pong{Type: wire.TypePong, Sent: p.Sent, Now: c.hub.cfg.Clock().UTC()})}
	default:
		return refusal("type", fmt.Sprintf("type %q is unknown: use subscribe, snapshot or ping", head.Type))
	}
}

func checkSubscribe(s *wire.Subscribe) string {
	if s.Channel != wire.Live {
		return "this server has no such channel: subscribe to 0, the live one"
	}
	if b := s.BBox; b != nil {
		for _, v := range b {
			if math.Abs(v) > 720 {
				return "bbox is west, south, east, north in degrees"
			}
		}
		if b[1] > b[3] {
			return "bbox has south above north"
		}
	}
	if len(s.Follow) > maxFollow {
		return fmt.Sprintf("follow has %d tracks; at most %d", len(s.Follow), maxFollow)
	}
	if s.MaxHz < 0 {
		return "max_hz is negative"
	}
	return ""
}

func refusal(code, detail string) order {
	return order{reply: encode(wire.Error{Type: wire.TypeError, Code: code, Detail: detail})}
}

// writer is the state of one client's writing goroutine.
type writer struct {
	*client
	view   view
	topics map[string]read
	pause  time.Duration // between frames
	full   time.Time     // when the last frame with rows was begun
	last   time.Time     // when the last frame was
	frame  wire.Frame
	buf    []byte
}

func (c *client) write(ctx context.Context, valid func() bool) error {
	w := &writer{client: c, view: view{held: map[track.ID]bool{}, whole: true}}
	cfg := c.hub.cfg
	if err := w.text(ctx, encode(wire.Hello{
		Type: wire.TypeHello, Protocol: wire.Version, Version: cfg.Version,
		Exercise: cfg.Exercise, Epoch: cfg.Epoch, Now: cfg.Clock().UTC(),
	})); err != nil {
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
		case <-next:
		case <-check.C:
			if !valid() {
				return &closing{wire.CloseSession, "the session is over: sign in again"}
			}
		}
	}
}

func (w *writer) obey(ctx context.Context, o order) error {
	switch {
	case o.reply != nil:
		return w.text(ctx, o.reply)
	case o.snapshot:
		w.view.whole = true
	case o.subscribe != nil:
		w.subscribe(o.subscribe)
	}
	return nil
}

func (w *writer) subscribe(s *wire.Subscribe) {
	w.view.box = nil
	if s.BBox != nil {
		w.view.box = widen(*s.BBox)
	}
	w.view.follow = make(map[track.ID]bool, len(s.Follow))
	for _, id := range s.Follow {
		w.view.follow[track.ID(id)] = true
	}
	hz := s.MaxHz
	if hz == 0 {
		hz = defaultHz
	}
	w.pause = time.Duration(float64(time.Second) / min(max(hz, lowestHz), highestHz))
	w.topics = follow(w.topics, s.Topics)
}

// advance sends what has to be sent now to a client that has subscribed, and
// tells when there will be more without a change.
func (w *writer) advance(ctx context.Context) (next <-chan time.Time, err error) {
	if w.pause == 0 {
		return nil, nil
	}
	for _, data := range w.hub.texts(w.topics) {
		if err := w.text(ctx, data); err != nil {
			return nil, err
		}
	}
	now, beat := time.Now(), w.hub.limits.beat
	left, due := w.pause-now.Sub(w.full), now.Sub(w.last) >= beat
	switch {
	case left <= 0 && w.hub.frame(&w.view, &w.frame, w.hub.cfg.Clock(), due):
		w.full = now
		err = w.send(ctx)
		left = w.pause
	case due:
		w.hub.beat(&w.view, &w.frame, w.hub.cfg.Clock())
		err = w.send(ctx)
	}
	if wait := beat - time.Since(w.last); left <= 0 || wait < left {
		left = wait
	}
	return time.After(left), err
}

// send writes the frame in hand.
func (w *writer) send(ctx context.Context) error {
	var err error
	if w.buf, err = w.frame.Append(w.buf[:0]); err != nil {
		return fmt.Errorf("encode a frame: %w", err)
	}
	w.last = time.Now()
	return w.message(ctx, websocket.MessageBinary, w.buf)
}

func (w *writer) text(ctx context.Context, data []byte) error {
	return w.message(ctx, websocket.MessageText, data)
}

// message writes a message. Deltas that are due while the line takes nothing
// are swallowed.
//
// A write whose context ends tears the connection down without a word, so it
// gets one that does not end. In its place the connection is closed beside it:
// that waits a little for the write, and tells a client that wakes up why.
func (w *writer) message(ctx context.Context, kind websocket.MessageType, data []byte) error {
	began := time.Now()
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
	err := w.conn.Write(context.WithoutCancel(ctx), kind, data)
	if !goOn() {
		<-stopped
		err = ctx.Err()
	}
	if !limit.Stop() {
		<-tooSlow
		return slow
	}
	if w.pause > 0 {
		w.view.missed += max(int(time.Since(began)/w.pause)-1, 0)
	}
	if err != nil {
		return fmt.Errorf("write to browser: %w", err)
	}
	return nil
}
