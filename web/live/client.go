package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/coder/websocket"

	"atalaya/track"
	"atalaya/web/wire"
)

const (
	maxFollow    = 64
	maxMessage   = 16 << 10 // bytes of a client's message
	defaultHz    = 4
	highestHz    = 10
	heartbeat    = 2 * time.Second
	slowest      = 15 * time.Second // a client that takes nothing for so long is closed
	quietest     = 30 * time.Second // a client that says nothing for so long is gone: it pings every 5 s
	pendingReply = 16
)

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

// Serve runs one client until it goes, ctx ends or valid reports that its
// session is over. It closes the connection.
func (h *Hub) Serve(ctx context.Context, conn *websocket.Conn, valid func() bool) error {
	conn.SetReadLimit(maxMessage)
	c := &client{hub: h, conn: conn, orders: make(chan order, pendingReply)}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	read := make(chan error, 1)
	go func() {
		err := c.read(ctx)
		cancel()
		read <- err
	}()
	err := c.write(ctx, valid)
	cancel()
	if rerr := <-read; err == nil || errors.Is(err, context.Canceled) {
		err = rerr
	}
	code, reason := websocket.StatusGoingAway, "the server ends the connection: connect again"
	var out *closing
	switch {
	case errors.As(err, &out):
		code, reason = out.code, out.reason
	case websocket.CloseStatus(err) != -1:
		return nil // the browser went
	}
	if cerr := conn.Close(code, reason); cerr != nil && err == nil {
		return fmt.Errorf("close live connection: %w", cerr)
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// closing ends the connection with a code that the browser understands.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c *closing) Error() string { return c.reason }

func (c *client) read(ctx context.Context) error {
	for {
		rctx, cancel := context.WithTimeout(ctx, quietest)
		kind, data, err := c.conn.Read(rctx)
		cancel()
		if err != nil {
			return fmt.Errorf("read from browser: %w", err)
		}
		o := c.parse(kind, data)
		select {
		case c.orders <- o:
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
		return order{reply: mustJSON(wire.Pong{Type: wire.TypePong, Sent: p.Sent, Now: c.hub.cfg.Clock().UTC()})}
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
			if math.IsNaN(v) || math.Abs(v) > 360 {
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
	if s.MaxHz < 0 || math.IsNaN(s.MaxHz) {
		return "max_hz is negative"
	}
	return ""
}

func refusal(code, detail string) order {
	return order{reply: mustJSON(wire.Error{Type: wire.TypeError, Code: code, Detail: detail})}
}

// mustJSON encodes our own message types, which always can be.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"type":"error","code":"internal","detail":"a message could not be encoded"}`)
	}
	return data
}

// message makes {"type": …, key: v}.
func message(kind wire.Type, key string, v any) []byte {
	return mustJSON(map[string]any{"type": kind, key: v})
}

// writer is the state of one client's writing goroutine.
type writer struct {
	*client
	view    view
	topics  []string
	textNo  uint64
	pause   time.Duration // between frames
	last    time.Time     // of the last frame
	started bool
	frame   wire.Frame
	buf     []byte
}

func (c *client) write(ctx context.Context, valid func() bool) error {
	w := &writer{client: c, view: view{held: map[track.ID]bool{}, whole: true}}
	cfg := c.hub.cfg
	if err := w.text(ctx, mustJSON(wire.Hello{
		Type: wire.TypeHello, Protocol: wire.Version, Version: cfg.Version,
		Exercise: cfg.Exercise, Epoch: cfg.Epoch, Now: cfg.Clock().UTC(),
	})); err != nil {
		return err
	}
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		changed := c.hub.wait()
		var due <-chan time.Time
		if w.started {
			if err := w.texts(ctx); err != nil {
				return err
			}
			if left := w.pause - time.Since(w.last); left > 0 {
				due = time.After(left)
			} else if err := w.send(ctx, false); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case o := <-c.orders:
			if err := w.obey(ctx, o); err != nil {
				return err
			}
		case <-changed:
		case <-due:
		case <-tick.C:
			if !valid() {
				return &closing{wire.CloseSession, "the session is over: sign in again"}
			}
			if w.started && time.Since(w.last) >= heartbeat {
				if err := w.send(ctx, true); err != nil {
					return err
				}
			}
		}
	}
}

// wait gives a channel that is closed at the next change.
func (h *Hub) wait() <-chan struct{} {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.changed
}

func (w *writer) obey(ctx context.Context, o order) error {
	switch {
	case o.reply != nil:
		return w.text(ctx, o.reply)
	case o.snapshot:
		w.view.whole = true
		return w.send(ctx, true)
	case o.subscribe != nil:
		return w.subscribe(ctx, o.subscribe)
	}
	return nil
}

func (w *writer) subscribe(ctx context.Context, s *wire.Subscribe) error {
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
	w.pause = time.Duration(float64(time.Second) / min(hz, highestHz))
	w.topics = s.Topics
	if err := w.topicsWhole(ctx); err != nil {
		return err
	}
	w.started = true
	return w.send(ctx, true)
}

// topicsWhole sends each topic as it stands.
func (w *writer) topicsWhole(ctx context.Context) error {
	h := w.hub
	h.mu.RLock()
	w.textNo = h.textNo
	var out [][]byte
	for _, topic := range w.topics {
		switch {
		case topic == "alerts":
			out = append(out, message(wire.TypeAlerts, "alerts", h.openAlerts()))
		case topic == "feeds" && h.feeds != nil:
			out = append(out, message(wire.TypeFeeds, "feeds", h.feeds))
		case topic == "system" && h.system != nil:
			out = append(out, message(wire.TypeSystem, "system", h.system))
		}
	}
	h.mu.RUnlock()
	for _, data := range out {
		if err := w.text(ctx, data); err != nil {
			return err
		}
	}
	return nil
}

// texts sends the messages that came since the last time: every alert, and of
// the other topics the newest.
func (w *writer) texts(ctx context.Context) error {
	h := w.hub
	h.mu.RLock()
	if w.textNo == h.textNo {
		h.mu.RUnlock()
		return nil
	}
	behind := len(h.texts) > 0 && h.texts[0].no > w.textNo+1
	var out [][]byte
	if !behind {
		newest := map[string]int{}
		for _, t := range h.texts {
			if t.no <= w.textNo || !slices.Contains(w.topics, t.topic) {
				continue
			}
			if at, ok := newest[t.topic]; ok && t.topic != "alerts" {
				out[at] = nil
			}
			newest[t.topic] = len(out)
			out = append(out, t.data)
		}
		w.textNo = h.textNo
	}
	h.mu.RUnlock()
	if behind {
		return w.topicsWhole(ctx)
	}
	for _, data := range out {
		if data == nil {
			continue
		}
		if err := w.text(ctx, data); err != nil {
			return err
		}
	}
	return nil
}

// send asks the hub for a frame and writes it.
func (w *writer) send(ctx context.Context, beat bool) error {
	if late := time.Since(w.last) - heartbeat; !w.last.IsZero() && late > 0 && w.pause > 0 {
		// The line did not take frames for longer than we ever pause.
		w.view.shed = uint32(min(late/w.pause, math.MaxUint32))
	}
	if !w.hub.frame(&w.view, &w.frame, w.hub.cfg.Clock(), beat) {
		return nil
	}
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

func (w *writer) message(ctx context.Context, kind websocket.MessageType, data []byte) error {
	wctx, cancel := context.WithTimeout(ctx, slowest)
	defer cancel()
	if err := w.conn.Write(wctx, kind, data); err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return &closing{wire.CloseSlow, "the connection took nothing for 15 seconds: connect again"}
		}
		return fmt.Errorf("write to browser: %w", err)
	}
	return nil
}
