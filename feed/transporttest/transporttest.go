// Package transporttest runs transports in tests and holds them to what
// feed.Transport promises.
package transporttest

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"atalaya/feed"
)

// patience is how long a test waits for what must come, on a busy machine.
const patience = 10 * time.Second

// Running is a transport that runs.
type Running struct {
	t      testing.TB
	cancel context.CancelFunc
	done   chan error
	before int // goroutines

	mu     sync.Mutex
	chunks []feed.Chunk
	ended  bool

	busy atomic.Bool
	slow atomic.Int64 // nanoseconds
}

// Start runs a transport. The test fails if it calls emit twice at a time or
// after Run has returned.
func Start(t testing.TB, tr feed.Transport) *Running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &Running{t: t, cancel: cancel, done: make(chan error, 1), before: runtime.NumGoroutine()}
	go func() {
		err := tr.Run(ctx, r.emit)
		r.mu.Lock()
		r.ended = true
		r.mu.Unlock()
		r.done <- err
	}()
	return r
}

// Slow makes every emit take so long.
func (r *Running) Slow(d time.Duration) { r.slow.Store(int64(d)) }

func (r *Running) emit(c feed.Chunk) {
	if !r.busy.CompareAndSwap(false, true) {
		r.t.Error("emit is called twice at a time")
	}
	defer r.busy.Store(false)
	time.Sleep(time.Duration(r.slow.Load()))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		r.t.Error("emit after Run has returned")
	}
	c.Data = bytes.Clone(c.Data)
	r.chunks = append(r.chunks, c)
}

// Chunks gives what came so far.
func (r *Running) Chunks() []feed.Chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]feed.Chunk(nil), r.chunks...)
}

// Bytes gives the data of what came so far, in a row.
func (r *Running) Bytes() []byte {
	var all []byte
	for _, c := range r.Chunks() {
		all = append(all, c.Data...)
	}
	return all
}

// Until waits for a condition.
func (r *Running) Until(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%s did not come", what)
		}
	}
}

// UntilBytes waits until so many bytes came.
func (r *Running) UntilBytes(n int) []byte {
	r.t.Helper()
	r.Until("the data", func() bool { return len(r.Bytes()) >= n })
	return r.Bytes()
}

// Err waits until Run returns by itself.
func (r *Running) Err() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		r.cancel()
		r.settle()
		return err
	case <-time.After(patience):
		r.t.Fatal("Run does not return")
		return nil
	}
}

// Stop ends the transport's context. The test fails if Run does not return the
// context's error soon, or leaves goroutines behind. It gives how long it took.
func (r *Running) Stop() time.Duration {
	r.t.Helper()
	start := time.Now()
	r.cancel()
	select {
	case err := <-r.done:
		took := time.Since(start)
		if !errors.Is(err, context.Canceled) {
			r.t.Errorf("Run returned %v, not that the context ended", err)
		}
		r.settle()
		return took
	case <-time.After(patience):
		r.t.Fatal("Run does not return when its context ends")
		return 0
	}
}

// settle holds that no goroutine of the transport is left.
func (r *Running) settle() {
	r.t.Helper()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > r.before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			r.t.Fatalf("%d goroutines, before %d:\n%s", runtime.NumGoroutine(), r.before, buf[:runtime.Stack(buf, true)])
		}
	}
}

// MulticastOver makes a socket send to groups over a network interface.
func MulticastOver(t testing.TB, conn *net.UDPConn, name string) {
	t.Helper()
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		if a, ok := conn.LocalAddr().(*net.UDPAddr); ok && a.IP.To4() != nil {
			set = unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Ifindex: int32(ifi.Index)})
		} else {
			set = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, ifi.Index)
		}
	})
	if err := errors.Join(err, set); err != nil {
		t.Fatal(err)
	}
}

// Backlog sets how many connections wait to be accepted.
func Backlog(t testing.TB, l net.Listener, n int) {
	t.Helper()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var set error
	if err := errors.Join(raw.Control(func(fd uintptr) { set = unix.Listen(int(fd), n) }), set); err != nil {
		t.Fatal(err)
	}
}
