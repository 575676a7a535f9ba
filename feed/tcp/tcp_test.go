package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"atalaya/feed"
	"atalaya/feed/tcp"
	"atalaya/feed/transporttest"
)

const loopback = "127.0.0.1:0"

// source is the other side of a client: it sends data, then does what then
// says.
func source(t *testing.T, data []byte, then func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := conn.Write(data); err == nil {
				then(conn)
			}
		}
	}()
	return l.Addr().String()
}

// TestClient: the bytes come in order, the end of the connection ends the
// stream, and each connection is a stream of its own.
func TestClient(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 100_000)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	addr := source(t, data, func(c net.Conn) { _ = c.Close() })
	client := tcp.NewClient(tcp.ClientConfig{Address: addr, Now: func() time.Time { return at }})
	for run := range uint64(2) {
		r := transporttest.Start(t, client)
		if err := r.Err(); !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), addr) {
			t.Errorf("the end of the connection is %v", err)
		}
		if !bytes.Equal(r.Bytes(), data) {
			t.Errorf("%d bytes of %d", len(r.Bytes()), len(data))
		}
		chunks := r.Chunks()
		for i, c := range chunks {
			if c.Stream != run+1 || c.From.String() != addr || !c.Received.Equal(at) || c.Datagram || c.End != (i == len(chunks)-1) {
				t.Fatalf("chunk %d of run %d: %+v", i, run, c)
			}
		}
	}
}

// TestClientIdle: a source that is idle is no error, and the context ends it.
func TestClientIdle(t *testing.T) {
	hold := make(chan struct{})
	addr := source(t, []byte("hello"), func(c net.Conn) {
		<-hold
		_ = c.Close()
	})
	r := transporttest.Start(t, tcp.NewClient(tcp.ClientConfig{Address: addr, Now: time.Now}))
	r.UntilBytes(5)
	time.Sleep(50 * time.Millisecond)
	t.Logf("stopped after %v", r.Stop())
	if last := r.Chunks()[len(r.Chunks())-1]; !last.End {
		t.Errorf("the stream did not end: %+v", last)
	}
	close(hold)
}

// TestClientRefused: nobody listens there.
func TestClientRefused(t *testing.T) {
	l, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	err = transporttest.Start(t, tcp.NewClient(tcp.ClientConfig{Address: addr, Now: time.Now})).Err()
	if err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("error %v", err)
	}
}

// TestClientConnecting: the context ends the connecting too, and a time limit
// does.
func TestClientConnecting(t *testing.T) {
	addr := full(t)
	r := transporttest.Start(t, tcp.NewClient(tcp.ClientConfig{Address: addr, Now: time.Now}))
	time.Sleep(20 * time.Millisecond)
	t.Logf("stopped after %v", r.Stop())

	r = transporttest.Start(t, tcp.NewClient(tcp.ClientConfig{Address: addr, DialTimeout: 20 * time.Millisecond, Now: time.Now}))
	var timeout net.Error
	if err := r.Err(); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("error %v", err)
	}
}

// full gives the address of a listener that answers no connection any more.
func full(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	transporttest.Backlog(t, l, 0)
	for {
		d := net.Dialer{Timeout: 200 * time.Millisecond}
		conn, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			return l.Addr().String()
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
}

// serve starts a server and waits until it listens.
func serve(t *testing.T, cfg tcp.ServerConfig) (*tcp.Server, *transporttest.Running, string) {
	t.Helper()
	ready := make(chan netip.AddrPort, 1)
	cfg.Listen, cfg.Now = loopback, time.Now
	cfg.Ready = func(a netip.AddrPort) { ready <- a }
	s := tcp.NewServer(cfg)
	r := transporttest.Start(t, s)
	return s, r, (<-ready).String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func send(t *testing.T, conn net.Conn, data string) {
	t.Helper()
	if _, err := conn.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
}

// TestServer: every connection is a stream; one that is silent, and one that
// sends half of something, keep no other waiting.
func TestServer(t *testing.T) {
	_, r, addr := serve(t, tcp.ServerConfig{})
	silent, half, a, b := dial(t, addr), dial(t, addr), dial(t, addr), dial(t, addr)
	send(t, half, "half a li")
	send(t, a, "one ")
	send(t, b, "two ")
	send(t, a, "three ")
	r.UntilBytes(9 + 4 + 4 + 6)
	_ = a.Close()
	r.Until("the end of the stream", func() bool { return r.Chunks()[len(r.Chunks())-1].End })
	c := dial(t, addr)
	send(t, c, "four")
	r.UntilBytes(9 + 4 + 4 + 6 + 4)
	t.Logf("stopped after %v", r.Stop())

	by := map[string]string{}
	streams, ends := map[uint64]string{}, 0
	for _, c := range r.Chunks() {
		by[c.From.String()] += string(c.Data)
		if from, known := streams[c.Stream]; known && from != c.From.String() {
			t.Errorf("stream %d is of %s and %s", c.Stream, from, c.From)
		}
		streams[c.Stream] = c.From.String()
		if c.End {
			ends++
		}
	}
	want := map[net.Conn]string{silent: "", half: "half a li", a: "one three ", b: "two ", c: "four"}
	for conn, data := range want {
		if got := by[conn.LocalAddr().String()]; got != data {
			t.Errorf("got %q, sent %q", got, data)
		}
	}
	if len(streams) != 5 || ends != 5 {
		t.Errorf("%d streams, %d ends", len(streams), ends)
	}
}

// TestServerFull: connections beyond the bound are closed and counted.
func TestServerFull(t *testing.T) {
	s, r, addr := serve(t, tcp.ServerConfig{Most: 2})
	a, b := dial(t, addr), dial(t, addr)
	send(t, a, "a")
	send(t, b, "b")
	r.UntilBytes(2)
	for i := range uint64(3) {
		extra := dial(t, addr)
		if _, err := extra.Read(make([]byte, 1)); err == nil {
			t.Error("an extra connection is not closed")
		}
		r.Until("the count", func() bool { return s.Refused() == i+1 })
	}
	send(t, a, "a")
	r.UntilBytes(3)
	_ = b.Close()
	r.Until("the free place", func() bool {
		c := dial(t, addr)
		_, err := c.Write([]byte("c"))
		time.Sleep(time.Millisecond)
		return err == nil && bytes.Contains(r.Bytes(), []byte("c"))
	})
	r.Stop()
}

// TestServerAllowed: who may not connect takes no place.
func TestServerAllowed(t *testing.T) {
	s, r, addr := serve(t, tcp.ServerConfig{Most: 1, Allowed: func(a netip.Addr) bool { return a.String() != "127.0.0.1" }})
	if _, err := dial(t, addr).Read(make([]byte, 1)); err == nil {
		t.Error("the connection is not closed")
	}
	r.Until("the count", func() bool { return s.Refused() == 1 })
	r.Stop()
	if len(r.Chunks()) != 0 {
		t.Errorf("chunks %v", r.Chunks())
	}
}

// TestServerBusy: the port is taken.
func TestServerBusy(t *testing.T) {
	_, r, addr := serve(t, tcp.ServerConfig{})
	err := transporttest.Start(t, tcp.NewServer(tcp.ServerConfig{Listen: addr, Now: time.Now})).Err()
	if err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("error %v", err)
	}
	r.Stop()
}

// TestRandomBytes: random bytes from several connections as fast as they go
// need no memory.
func TestRandomBytes(t *testing.T) {
	ready := make(chan netip.AddrPort, 1)
	s := tcp.NewServer(tcp.ServerConfig{Listen: loopback, Now: time.Now, Ready: func(a netip.AddrPort) { ready <- a }})
	total, ends := 0, make(chan struct{}, 4)
	done := make(chan error, 1)
	go func() {
		done <- s.Run(t.Context(), func(c feed.Chunk) {
			total += len(c.Data)
			if c.End {
				ends <- struct{}{}
			}
		})
	}()
	addr := (<-ready).String()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const each = 25 << 20
	for i := range 4 {
		conn := dial(t, addr)
		go func() {
			rnd := rand.NewChaCha8([32]byte{byte(i)})
			_, _ = io.CopyN(conn, rnd, each)
			_ = conn.Close()
		}()
	}
	for range 4 {
		<-ends
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("%d bytes more in use", grown)
	}
	if total != 4*each {
		t.Errorf("%d bytes of %d", total, 4*each)
	}
}
