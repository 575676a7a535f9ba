package udp_test

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"atalaya/feed"
	"atalaya/feed/transporttest"
	"atalaya/feed/udp"
)

// listen starts a transport and waits until its socket is open.
func listen(t *testing.T, cfg udp.Config) (*udp.Transport, *transporttest.Running, netip.AddrPort) {
	t.Helper()
	ready := make(chan netip.AddrPort, 1)
	cfg.Ready = func(a netip.AddrPort) { ready <- a }
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	tr := udp.New(cfg)
	r := transporttest.Start(t, tr)
	select {
	case a := <-ready:
		return tr, r, a
	case <-time.After(10 * time.Second):
		t.Fatalf("the socket does not open: %v", r.Err())
		return nil, nil, netip.AddrPort{}
	}
}

func dial(t *testing.T, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
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

// TestUnicast: datagrams come whole, with their sender, its stream, and the
// clock's time.
func TestUnicast(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(addr, func(t *testing.T) {
			at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			_, r, to := listen(t, udp.Config{Listen: netip.MustParseAddrPort(addr), Now: func() time.Time { return at }})
			a, b := dial(t, to), dial(t, to)
			send(t, a, "one")
			send(t, b, "two")
			send(t, a, "")
			send(t, a, strings.Repeat("x", 9000))
			r.UntilBytes(6 + 9000)
			t.Logf("stopped after %v", r.Stop())

			streams := map[string]uint64{}
			var got []string
			ends := 0
			for _, c := range r.Chunks() {
				if !c.Received.Equal(at) || !c.Datagram {
					t.Errorf("chunk %+v", c)
				}
				if id, known := streams[c.From.String()]; known && id != c.Stream {
					t.Errorf("%v has streams %d and %d", c.From, id, c.Stream)
				}
				streams[c.From.String()] = c.Stream
				if c.End {
					ends++
					continue
				}
				got = append(got, fmt.Sprintf("%v %d", c.From, len(c.Data)))
			}
			if len(got) != 3 || len(streams) != 2 || ends != 2 || streams[a.LocalAddr().String()] == streams[b.LocalAddr().String()] {
				t.Errorf("got %v from streams %v, %d ends", got, streams, ends)
			}
		})
	}
}

// TestMulticast: two listeners of one group both get what is sent to it, and
// nothing of another group on the same port. The groups never leave the host.
func TestMulticast(t *testing.T) {
	for _, c := range []struct{ group, other, ifi string }{
		{"239.255.77.1", "239.255.77.2", "lo"},
		{"ff01::77:1", "ff01::77:2", multicast6(t)},
	} {
		t.Run(c.group, func(t *testing.T) {
			if c.ifi == "" {
				return // this machine has no interface for groups of IPv6
			}
			group, other := netip.MustParseAddr(c.group), netip.MustParseAddr(c.other)
			_, r1, bound := listen(t, udp.Config{Listen: netip.AddrPortFrom(group, 0), Interface: c.ifi})
			port := bound.Port()
			_, r2, _ := listen(t, udp.Config{Listen: netip.AddrPortFrom(group, port), Interface: c.ifi})
			_, r3, _ := listen(t, udp.Config{Listen: netip.AddrPortFrom(other, port), Interface: c.ifi})

			out, err := net.ListenUDP("udp", nil)
			if group.Is4() {
				out, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = out.Close() }()
			transporttest.MulticastOver(t, out, c.ifi)
			for to, data := range map[netip.Addr]string{group: "group", other: "other!"} {
				if _, err := out.WriteToUDPAddrPort([]byte(data), netip.AddrPortFrom(to, port)); err != nil {
					t.Fatal(err)
				}
			}
			if got := r3.UntilBytes(6); string(got) != "other!" {
				t.Errorf("got %q of the other group", got)
			}
			for _, r := range []*transporttest.Running{r1, r2} {
				if got := r.UntilBytes(5); string(got) != "group" {
					t.Errorf("got %q", got)
				}
			}
			r3.Stop()
			r2.Stop()
			r1.Stop()
		})
	}
}

// multicast6 names an interface that takes groups of IPv6.
func multicast6(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, ifi := range all {
		addrs, err := ifi.Addrs()
		if err != nil || ifi.Flags&net.FlagUp == 0 || ifi.Flags&net.FlagMulticast == 0 {
			continue
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.To4() == nil {
				return ifi.Name
			}
		}
	}
	return ""
}

// TestDropped: what the kernel drops because nobody reads is counted.
func TestDropped(t *testing.T) {
	tr, r, to := listen(t, udp.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Buffer: 4096})
	conn := dial(t, to)
	r.Slow(20 * time.Millisecond)
	for range 200 {
		send(t, conn, strings.Repeat("y", 1000))
	}
	r.Slow(0)
	// The count comes with the next datagram.
	r.Until("the count of drops", func() bool {
		send(t, conn, "z")
		return tr.Dropped() > 0
	})
	got := 0
	r.Stop()
	for _, c := range r.Chunks() {
		if len(c.Data) == 1000 {
			got++
		}
	}
	if dropped := int(tr.Dropped()); dropped < 200-got {
		t.Errorf("%d came, %d of 200 counted as dropped", got, dropped)
	}
}

// TestManySenders: senders are bounded, and those forgotten end their streams.
func TestManySenders(t *testing.T) {
	_, r, to := listen(t, udp.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0")})
	for i := range 300 {
		conn := dial(t, to)
		send(t, conn, "q")
		r.UntilBytes(i + 1)
		_ = conn.Close()
	}
	r.Stop()
	open, most := map[uint64]bool{}, 0
	for _, c := range r.Chunks() {
		if open[c.Stream] = true; c.End {
			delete(open, c.Stream)
		}
		most = max(most, len(open))
	}
	if most > 256 || len(open) != 0 {
		t.Errorf("%d streams at once, %d never ended", most, len(open))
	}
}

// TestErrors: what is wrong is said.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		cfg  udp.Config
		want string
	}{
		{udp.Config{Listen: netip.MustParseAddrPort("192.0.2.1:5000")}, "192.0.2.1:5000"},
		{udp.Config{Listen: netip.MustParseAddrPort("239.1.2.3:5000"), Interface: "none0"}, "none0"},
	} {
		c.cfg.Now = time.Now
		err := transporttest.Start(t, udp.New(c.cfg)).Err()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}

// TestFlood: random bytes as fast as they go leave the transport alive.
func TestFlood(t *testing.T) {
	_, r, to := listen(t, udp.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0")})
	conn := dial(t, to)
	block := bytes.Repeat([]byte{0xA5}, 1400)
	for range 2000 {
		if _, err := conn.Write(block); err != nil && !os.IsTimeout(err) {
			t.Fatal(err)
		}
	}
	r.Until("the last word", func() bool {
		send(t, conn, "alive")
		return bytes.Contains(r.Bytes(), []byte("alive"))
	})
	r.Stop()
}

// BenchmarkDatagrams: how fast datagrams of 1400 bytes come through, from
// another goroutine over loopback.
func BenchmarkDatagrams(b *testing.B) {
	ready := make(chan netip.AddrPort, 1)
	tr := udp.New(udp.Config{
		Listen: netip.MustParseAddrPort("127.0.0.1:0"), Now: time.Now,
		Ready: func(a netip.AddrPort) { ready <- a },
	})
	got := make(chan struct{}, 1024)
	ctx := b.Context()
	go func() {
		_ = tr.Run(ctx, func(c feed.Chunk) {
			if !c.End {
				got <- struct{}{}
			}
		})
	}()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(<-ready))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	block := make([]byte, 1400)
	b.SetBytes(1400)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(block); err != nil {
			b.Fatal(err)
		}
		<-got
	}
}
