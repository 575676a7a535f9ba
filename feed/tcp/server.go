package tcp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"atalaya/feed"
)

// ServerConfig configures a Server.
type ServerConfig struct {
	// Listen is the local host and port.
	Listen string
	// Most is how many connections there may be at once; a further one is
	// closed at once and counted. 0: 16.
	Most int
	// Allowed, if given, says who may connect; others are closed at once and
	// counted, so that they take no place away.
	Allowed func(netip.Addr) bool
	// Dead is as in ClientConfig. A dead connection leaves its place.
	Dead time.Duration
	// Now is the clock for receive times.
	Now func() time.Time
	// Ready, if given, is called with the bound address when the socket is
	// open: with port 0 the system chooses one.
	Ready func(netip.AddrPort)
}

// Server implements feed.Transport: Run accepts connections. Every connection
// is a stream of its own and is read by itself, so that one which is slow or
// silent keeps no other waiting.
type Server struct {
	cfg     ServerConfig
	refused atomic.Uint64
	turned  atomic.Pointer[turned]
	last    uint64 // stream
}

// NewServer makes a Server. Run opens the socket.
func NewServer(cfg ServerConfig) *Server {
	if cfg.Most <= 0 {
		cfg.Most = 16
	}
	return &Server{cfg: cfg}
}

// turned is somebody who may not connect.
type turned struct {
	from netip.Addr
	at   time.Time
}

// Turned gives the last one who may not connect, and when; zero: nobody yet.
func (s *Server) Turned() (from netip.Addr, at time.Time) {
	if t := s.turned.Load(); t != nil {
		return t.from, t.at
	}
	return from, at
}

// Refused counts the connections that were refused, over all runs.
func (s *Server) Refused() uint64 { return s.refused.Load() }

// Run implements feed.Transport. It is not to be called twice at a time.
func (s *Server) Run(ctx context.Context, emit func(feed.Chunk)) error {
	lc := net.ListenConfig{KeepAliveConfig: keepAlive(s.cfg.Dead)}
	l, err := lc.Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on tcp %s: %w", s.cfg.Listen, err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && s.cfg.Ready != nil {
		s.cfg.Ready(a.AddrPort())
	}
	stop := context.AfterFunc(ctx, func() {
		l.Close() //nolint:errcheck // it may be closed already
	})
	defer stop()

	readers, end := context.WithCancel(ctx)
	var mu sync.Mutex // one chunk at a time
	stamped := func(c feed.Chunk) {
		mu.Lock()
		defer mu.Unlock()
		c.Received = s.cfg.Now()
		emit(c)
	}
	var running sync.WaitGroup
	places := make(chan struct{}, s.cfg.Most)
	for {
		var conn net.Conn
		if conn, err = l.Accept(); err != nil {
			break
		}
		if !s.admit(conn, places) {
			continue
		}
		s.last++
		stream := s.last
		running.Go(func() {
			defer func() { <-places }()
			// How a connection ended is of no consequence: its stream did.
			_ = read(readers, conn, stream, stamped)
		})
	}
	end()
	running.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("accept on tcp %s: %w", s.cfg.Listen, err)
}

// admit gives a connection a place, or closes and counts it.
func (s *Server) admit(conn net.Conn, places chan<- struct{}) bool {
	if from := sender(conn).Addr(); s.cfg.Allowed == nil || s.cfg.Allowed(from) {
		select {
		case places <- struct{}{}:
			return true
		default:
		}
	} else {
		s.turned.Store(&turned{from, s.cfg.Now()})
	}
	s.refused.Add(1)
	conn.Close() //nolint:errcheck // nothing was sent on it
	return false
}
