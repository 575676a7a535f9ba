package tcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"atalaya/feed"
)

// ClientConfig configures a Client.
type ClientConfig struct {
	// Address is host and port of the source.
	Address string
	// DialTimeout bounds the connecting, names and all. 0: 10 s.
	DialTimeout time.Duration
	// Dead is after how much time without any sign of life, answers to our
	// keep-alive probes included, the connection is given up. A source that is
	// only idle still answers these. 0: 30 s.
	Dead time.Duration
	// Now is the clock for receive times.
	Now func() time.Time
}

// Client implements feed.Transport: Run connects once and reads until the
// connection ends. A connection is one stream.
type Client struct {
	cfg  ClientConfig
	last uint64 // stream
}

// NewClient makes a Client. Run connects.
func NewClient(cfg ClientConfig) *Client {
	if cfg.DialTimeout <= 0 {
		cfg.DialTimeout = 10 * time.Second
	}
	return &Client{cfg: cfg}
}

// Run implements feed.Transport. It is not to be called twice at a time.
func (c *Client) Run(ctx context.Context, emit func(feed.Chunk)) error {
	d := net.Dialer{Timeout: c.cfg.DialTimeout, KeepAliveConfig: keepAlive(c.cfg.Dead)}
	conn, err := d.DialContext(ctx, "tcp", c.cfg.Address)
	if ctx.Err() != nil {
		if err == nil {
			err = conn.Close()
		}
		return errors.Join(ctx.Err(), err)
	}
	if err != nil {
		return fmt.Errorf("connect to %s: %w", c.cfg.Address, err)
	}
	c.last++
	err = read(ctx, conn, c.last, func(chunk feed.Chunk) {
		chunk.Received = c.cfg.Now()
		emit(chunk)
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s closed the connection: %w", c.cfg.Address, err)
	}
	return fmt.Errorf("read from %s: %w", c.cfg.Address, err)
}

// keepAlive probes a connection that is silent, and gives it up when it is
// dead for so long: three probes in the second half of that time.
func keepAlive(dead time.Duration) net.KeepAliveConfig {
	if dead <= 0 {
		dead = 30 * time.Second
	}
	return net.KeepAliveConfig{Enable: true, Idle: dead / 2, Interval: dead / 6, Count: 3}
}

// read emits what a connection brings until it or ctx ends, then the end of the
// stream, and closes it. Who is given the chunks puts the receive time in.
func read(ctx context.Context, conn net.Conn, stream uint64, emit func(feed.Chunk)) error {
	stop := context.AfterFunc(ctx, func() {
		conn.SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // the connection may be closed already
	})
	defer stop()
	from := sender(conn)
	buf := make([]byte, 1<<16)
	for {
		n, err := conn.Read(buf)
		if n > 0 {
			emit(feed.Chunk{Data: buf[:n], From: from, Stream: stream})
		}
		if err != nil {
			emit(feed.Chunk{From: from, Stream: stream, End: true})
			return errors.Join(err, conn.Close())
		}
	}
}

// sender is the other side's address; zero where it has none.
func sender(conn net.Conn) netip.AddrPort {
	a, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	from := a.AddrPort()
	return netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}
