package exercise

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// sender sends datagrams to a loopback port. Nobody needs to listen.
type sender struct{ conn *net.UDPConn }

func newSender(addr string) (*sender, error) {
	to, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("send to %s: %w", addr, err)
	}
	conn, err := net.DialUDP("udp", nil, to)
	if err != nil {
		return nil, fmt.Errorf("send to %s: %w", addr, err)
	}
	return &sender{conn}, nil
}

func (s *sender) send(b []byte) error {
	if _, err := s.conn.Write(b); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// server sends the same stream to every client that connects. A client that
// does not take it is dropped, as receivers do.
type server struct {
	listener net.Listener
	log      *slog.Logger
	mu       sync.Mutex
	clients  map[net.Conn]chan []byte // nil: closed
	wg       sync.WaitGroup
}

func newServer(ctx context.Context, addr string, log *slog.Logger) (*server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("serve at %s: %w: choose another first port with exercise.port", addr, err)
	}
	s := &server{listener: l, log: log, clients: map[net.Conn]chan []byte{}}
	s.wg.Go(s.accept)
	return s, nil
}

func (s *server) accept() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of files, or a client that went at once
			s.log.Debug("exercise: accept a client", slog.Any("error", err))
			time.Sleep(100 * time.Millisecond)
			continue
		}
		const queue = 256
		out := make(chan []byte, queue)
		s.mu.Lock()
		if s.clients == nil {
			close(out)
		} else {
			s.clients[conn] = out
		}
		s.mu.Unlock()
		s.wg.Go(func() { s.serve(conn, out) })
	}
}

func (s *server) serve(conn net.Conn, out chan []byte) {
	defer func() {
		s.mu.Lock()
		delete(s.clients, conn)
		s.mu.Unlock()
		if err := conn.Close(); err != nil {
			s.log.Debug("exercise: close a client", slog.Any("error", err))
		}
	}()
	for b := range out {
		const patience = 5 * time.Second
		if err := conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return
		}
		if _, err := conn.Write(b); err != nil {
			return // it went
		}
	}
}

// out is send for gear that asks whether it failed: it never does.
func (s *server) out(b []byte) error {
	s.send(b)
	return nil
}

// send gives b to every client; b must not be changed afterwards.
func (s *server) send(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn, out := range s.clients {
		select {
		case out <- b:
		default:
			close(out)
			delete(s.clients, conn)
		}
	}
}

func (s *server) close() {
	if err := s.listener.Close(); err != nil {
		s.log.Debug("exercise: close a listener", slog.Any("error", err))
	}
	s.mu.Lock()
	for conn, out := range s.clients {
		close(out)
		if err := conn.SetWriteDeadline(time.Now()); err != nil {
			s.log.Debug("exercise: stop a client", slog.Any("error", err))
		}
	}
	s.clients = nil
	s.mu.Unlock()
	s.wg.Wait()
}
