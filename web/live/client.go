package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/coder/websocket"

	"atalaya/web/wire"
)

const (
	maxFollow    = 64
	maxMessage   = 16 << 10 // bytes of a client's message
	maxRate      = 200      // messages of a client in a second
	defaultHz    = 4
	lowestHz     = 0.2
	highestHz    = 20
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

// line is the WebSocket of a browser.
type line interface {
	Read(ctx context.Context) (websocket.MessageType, []byte, error)
	Writer(ctx context.Context, kind websocket.MessageType) (io.WriteCloser, error)
	Close(code websocket.StatusCode, reason string) error
}

// client is one connection. Its reader parses what the browser says, its
// writer asks the hub for frames.
type client struct {
	hub  *Hub
	conn line
	// orders go from the reader to the writer.
	orders chan order
	// replayed tells the writer that one of its replays has something new.
	replayed chan struct{}
}

// order is what the reader wants the writer to do.
type order struct {
	subscribe *wire.Subscribe
	snapshot  *wire.SnapshotRequest
	wish      *wire.Wish
	reply     []byte
	ack       bool
}

// closing ends the connection with a code that the browser understands.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c *closing) Error() string { return c.reason }

// close says so to the browser. That it may be gone is no matter.
func (c *closing) close(conn line) { _ = conn.Close(c.code, c.reason) }

// farewell is what a connection that ends for err is closed with.
func farewell(err error) *closing {
	if out, ok := errors.AsType[*closing](err); ok {
		return out
	}
	return &closing{websocket.StatusGoingAway, "the server ends the connection: connect again"}
}

func newClient(h *Hub, conn line) *client {
	return &client{hub: h, conn: conn, orders: make(chan order, pendingReply), replayed: make(chan struct{}, 1)}
}

// Serve runs one client until it goes, ctx ends or valid reports that its
// session is over. It closes the connection.
func (h *Hub) Serve(ctx context.Context, conn *websocket.Conn, valid func() bool) error {
	conn.SetReadLimit(maxMessage)
	c := newClient(h, conn)
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
		var s wire.SnapshotRequest
		if err := json.Unmarshal(data, &s); err != nil {
			return refusal("snapshot", "the request cannot be read: "+err.Error())
		}
		return order{snapshot: &s}
	case wire.TypeReplay:
		var w wire.Wish
		if err := json.Unmarshal(data, &w); err != nil {
			return refusal("replay", "the wish cannot be read: "+err.Error())
		}
		if why := checkWish(&w); why != "" {
			return order{reply: encode(refused(&w, "replay", why))}
		}
		return order{wish: &w}
	case wire.TypePing:
		var p wire.Ping
		if err := json.Unmarshal(data, &p); err != nil {
			return refusal("ping", "the ping cannot be read: "+err.Error())
		}
		return order{reply: encode(wire.Pong{Type: wire.TypePong, Sent: p.Sent, Now: c.hub.cfg.Clock().UTC()})}
	case wire.TypeAck:
		return order{ack: true}
	default:
		return refusal("type", fmt.Sprintf("type %q is unknown: use subscribe, snapshot, replay, ping or ack", head.Type))
	}
}

func checkSubscribe(s *wire.Subscribe) string {
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
