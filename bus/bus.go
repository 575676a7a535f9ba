// Package bus carries what the program knows between its parts, and between
// programs, as typed subjects over NATS: embedded in the process, or an
// external cluster by URL.
//
// # Contract
//
// The bus is transport, not truth: what must last is in the store before it is
// published. Delivery is at most once and in order for one publisher. Every
// subscription is bounded: a consumer that is too slow loses messages, is told
// so by Lost, and has to ask for a snapshot.
//
// Subscribers of this program get the value itself, so nobody changes what was
// published. Bytes are made only where others listen: always for an external
// cluster. They are CBOR (RFC 8949) of the Go type that the subject names; a
// message holds at most MaxPayload of them, so publishers split longer lists.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// MaxPayload is the most bytes that one message holds.
const MaxPayload = 8 << 20

// Config says which bus to use.
type Config struct {
	// URL of an external NATS cluster; empty for the embedded server.
	URL string
	// Name tells this program from others on the cluster.
	Name string
	Log  *slog.Logger
}

// Bus is a connection to a NATS server, which it may own.
type Bus struct {
	conn   *nats.Conn
	server *server.Server
	encode cbor.EncMode
	decode cbor.DecMode
	log    *slog.Logger

	mu    sync.RWMutex
	local map[string][]*Subscription // of this program, by subject
}

// Open starts the embedded server, which opens no socket, or connects to the
// external one.
func Open(cfg Config) (*Bus, error) {
	b := &Bus{log: cfg.Log, local: map[string][]*Subscription{}}
	var err error
	opt := cbor.CoreDetEncOptions()
	opt.Time = cbor.TimeRFC3339NanoUTC
	if b.encode, err = opt.EncMode(); err != nil {
		return nil, fmt.Errorf("bus encoding: %w", err)
	}
	if b.decode, err = (cbor.DecOptions{MaxArrayElements: 1 << 20}).DecMode(); err != nil {
		return nil, fmt.Errorf("bus decoding: %w", err)
	}
	opts := []nats.Option{
		nats.Name(cfg.Name),
		nats.MaxReconnects(-1),
		nats.NoEcho(), // what we publish reaches our own subscribers without it
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			// Losses are counted by the subscription; the consumer says so.
			if !errors.Is(err, nats.ErrSlowConsumer) {
				subject := ""
				if sub != nil {
					subject = sub.Subject
				}
				cfg.Log.Error("bus", slog.String("subject", subject), slog.Any("error", err))
			}
		}),
	}
	url := cfg.URL
	if url == "" {
		b.server, err = server.NewServer(&server.Options{
			ServerName: cfg.Name, DontListen: true, NoSigs: true, NoLog: true,
			MaxPayload: MaxPayload, MaxPending: 8 * MaxPayload,
		})
		if err != nil {
			return nil, fmt.Errorf("start embedded bus: %w", err)
		}
		b.server.Start()
		const patience = 10 * time.Second
		if !b.server.ReadyForConnections(patience) {
			b.server.Shutdown()
			return nil, fmt.Errorf("the embedded bus is not ready after %s", patience)
		}
		opts = append(opts, nats.InProcessServer(b.server))
	}
	if b.conn, err = nats.Connect(url, opts...); err != nil {
		b.stopServer()
		return nil, fmt.Errorf("connect to bus %q: %w", url, err)
	}
	return b, nil
}

// Close ends all subscriptions, flushes, disconnects and stops the embedded
// server.
func (b *Bus) Close() error {
	b.mu.Lock()
	open := slices.Concat(slices.Collect(maps.Values(b.local))...)
	b.mu.Unlock()
	var err error
	for _, s := range open {
		err = errors.Join(err, s.Close())
	}
	err = errors.Join(err, b.conn.FlushTimeout(time.Second))
	b.conn.Close()
	b.stopServer()
	if err != nil {
		return fmt.Errorf("close bus: %w", err)
	}
	return nil
}

func (b *Bus) stopServer() {
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
}

// Flush waits until the server has everything that was published; ctx must
// have a deadline.
func (b *Bus) Flush(ctx context.Context) error { return b.conn.FlushWithContext(ctx) }

// Subject is a name that carries one type.
type Subject[T any] struct{ name string }

// NewSubject names a subject; dots separate its parts.
func NewSubject[T any](name string) Subject[T] { return Subject[T]{name} }

// Name is the subject as NATS knows it.
func (s Subject[T]) Name() string { return s.name }

// Publish sends v to all who listen now. It must not be changed afterwards.
func Publish[T any](b *Bus, s Subject[T], v T) error {
	b.mu.RLock()
	own := b.local[s.name]
	b.mu.RUnlock()
	for _, sub := range own {
		sub.offer(v)
	}
	if b.server != nil && b.server.GlobalAccount().Interest(s.name) <= len(own) {
		return nil // nobody else listens
	}
	data, err := b.encode.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode for %s: %w", s.name, err)
	}
	if err := b.conn.Publish(s.name, data); err != nil {
		return fmt.Errorf("publish %s: %w", s.name, err)
	}
	return nil
}

// Subscription is a bounded queue of messages of one subject.
type Subscription struct {
	bus   *Bus
	name  string
	sub   *nats.Subscription // for what others publish
	offer func(v any)        // puts a message into the queue
	shed  atomic.Uint64
	bad   atomic.Uint64
	stop  chan struct{} // closed by Close
	close sync.Once
	ended chan struct{} // closed when the handler will not be called again
}

// Lost tells how many messages were shed because the consumer was too slow,
// and how many were of another type or could not be decoded.
func (s *Subscription) Lost() (shed, bad uint64, err error) {
	n, err := s.sub.Dropped()
	if err != nil {
		return s.shed.Load(), s.bad.Load(), fmt.Errorf("ask %s for losses: %w", s.name, err)
	}
	return s.shed.Load() + uint64(max(n, 0)), s.bad.Load(), nil
}

// Close ends the subscription, and waits for a message that is being handled.
func (s *Subscription) Close() (err error) {
	s.close.Do(func() {
		err = s.sub.Unsubscribe()
		b := s.bus
		b.mu.Lock()
		b.local[s.name] = slices.DeleteFunc(slices.Clone(b.local[s.name]), func(x *Subscription) bool { return x == s })
		b.mu.Unlock()
		close(s.stop)
	})
	<-s.ended
	if err != nil {
		return fmt.Errorf("unsubscribe %s: %w", s.name, err)
	}
	return nil
}

// stranger counts a message that is none of the subject's type.
func (s *Subscription) stranger(why error) {
	if s.bad.Add(1) == 1 {
		s.bus.log.Error("message of another version or a stranger on the bus", slog.String("subject", s.name), slog.Any("error", why))
	}
}

// Subscribe calls handle for every message, in order, on one goroutine. At
// most pending messages wait; further ones are shed and counted.
func Subscribe[T any](b *Bus, s Subject[T], pending int, handle func(T)) (*Subscription, error) {
	out := &Subscription{bus: b, name: s.name, stop: make(chan struct{}), ended: make(chan struct{})}
	queue := make(chan T, pending)
	out.offer = func(v any) {
		message, ok := v.(T)
		if !ok {
			out.stranger(fmt.Errorf("%T, not %T", v, message))
			return
		}
		select {
		case queue <- message:
		default:
			out.shed.Add(1)
		}
	}
	var err error
	out.sub, err = b.conn.Subscribe(s.name, func(m *nats.Msg) {
		var v T
		if err := b.decode.Unmarshal(m.Data, &v); err != nil {
			out.stranger(err)
			return
		}
		out.offer(v)
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe %s: %w", s.name, err)
	}
	go func() {
		defer close(out.ended)
		for {
			select {
			case <-out.stop:
				return
			case v := <-queue:
				handle(v)
			}
		}
	}()
	b.mu.Lock()
	b.local[s.name] = append(slices.Clip(b.local[s.name]), out)
	b.mu.Unlock()
	if err := out.sub.SetPendingLimits(pending, pending*MaxPayload); err != nil {
		return nil, errors.Join(fmt.Errorf("bound the queue of %s: %w", s.name, err), out.Close())
	}
	return out, nil
}
