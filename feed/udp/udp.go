// Package udp listens for datagrams, unicast or multicast.
package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"atalaya/feed"
)

// Config of a UDP transport.
type Config struct {
	// Listen is the local address and port. The address of a multicast group
	// joins it; its port is then shared with other programs, and what is sent to
	// the port of this host itself comes too.
	Listen netip.AddrPort
	// Interface names the network interface on which a group is joined; empty:
	// the system's choice. For IPv6 groups it may also stand in the zone.
	Interface string
	// Buffer is the size of the kernel's receive buffer in bytes, as far as the
	// system allows it. 0: 4 MiB.
	Buffer int
	// Now is the clock for receive times.
	Now func() time.Time
	// Ready, if given, is called with the bound address when the socket is
	// open: with port 0 the system chooses one.
	Ready func(netip.AddrPort)
}

// maxSenders bounds the senders that are kept apart; beyond it the one that
// was silent longest is forgotten, and its stream ends.
const maxSenders = 256

// Transport implements feed.Transport. Every sender (address and port) is a
// stream of its own.
type Transport struct {
	cfg     Config
	dropped atomic.Uint64
}

// New makes a Transport. Run opens the socket.
func New(cfg Config) *Transport {
	if cfg.Buffer <= 0 {
		cfg.Buffer = 4 << 20
	}
	return &Transport{cfg: cfg}
}

// Dropped counts the datagrams that the kernel threw away because its buffer
// was full, over all runs; always 0 where the system does not tell.
func (t *Transport) Dropped() uint64 { return t.dropped.Load() }

// Run implements feed.Transport.
func (t *Transport) Run(ctx context.Context, emit func(feed.Chunk)) error {
	conn, err := t.listen(ctx)
	if err != nil {
		return fmt.Errorf("listen on udp %v: %w", t.cfg.Listen, err)
	}
	defer conn.Close() //nolint:errcheck // a socket that is only read
	if a, ok := conn.LocalAddr().(*net.UDPAddr); ok && t.cfg.Ready != nil {
		t.cfg.Ready(a.AddrPort())
	}
	stop := context.AfterFunc(ctx, func() {
		conn.SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // the socket may be closed already
	})
	defer stop()

	streams := senders{}
	defer streams.end(emit, t.cfg.Now)
	var last uint32 // the kernel's count of this socket
	data, control := make([]byte, 1<<16), make([]byte, 128)
	for {
		n, c, _, from, err := conn.ReadMsgUDPAddrPort(data, control)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("read from udp %v: %w", t.cfg.Listen, err)
		}
		now := t.cfg.Now()
		if count, ok := drops(control[:c]); ok {
			t.dropped.Add(uint64(count - last)) // it wraps around at 32 bits
			last = count
		}
		if n == 0 {
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		id, gone := streams.seen(from, now)
		if gone != nil {
			emit(*gone)
		}
		emit(feed.Chunk{Data: data[:n], Received: now, From: from, Stream: id, Datagram: true})
	}
}

// listen opens the socket.
func (t *Transport) listen(ctx context.Context) (*net.UDPConn, error) {
	conn, err := t.bind(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.tune(conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func (t *Transport) bind(ctx context.Context) (*net.UDPConn, error) {
	addr := t.cfg.Listen
	network := "udp"
	if addr.Addr().Is4() {
		network = "udp4" // 0.0.0.0 alone would mean IPv6 too
	}
	if !addr.Addr().IsMulticast() {
		var lc net.ListenConfig
		pc, err := lc.ListenPacket(ctx, network, addr.String())
		if err != nil {
			return nil, err
		}
		conn, ok := pc.(*net.UDPConn)
		if !ok {
			return nil, errors.Join(fmt.Errorf("a udp socket is a %T", pc), pc.Close())
		}
		return conn, nil
	}
	name := t.cfg.Interface
	if name == "" {
		name = addr.Addr().Zone()
	}
	var ifi *net.Interface
	if name != "" {
		var err error
		if ifi, err = net.InterfaceByName(name); err != nil {
			return nil, fmt.Errorf("network interface %q: %w", name, err)
		}
	}
	// It sets SO_REUSEADDR, so that several programs can listen to a group.
	return net.ListenMulticastUDP(network, ifi, net.UDPAddrFromAddrPort(addr))
}

// tune sets what the kernel keeps and tells.
func (t *Transport) tune(conn *net.UDPConn) error {
	if err := conn.SetReadBuffer(t.cfg.Buffer); err != nil {
		return fmt.Errorf("receive buffer of %d bytes: %w", t.cfg.Buffer, err)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := raw.Control(func(fd uintptr) { set = options(int(fd), t.cfg) }); err != nil {
		return err
	}
	return set
}

// senders numbers those that send.
type senders struct {
	by   map[netip.AddrPort]sender
	last uint64
}

type sender struct {
	stream uint64
	at     time.Time
}

// seen gives the stream of a sender; and the end of another one where there
// are too many.
func (s *senders) seen(from netip.AddrPort, now time.Time) (stream uint64, gone *feed.Chunk) {
	have, ok := s.by[from]
	if !ok {
		if s.by == nil {
			s.by = map[netip.AddrPort]sender{}
		}
		if len(s.by) >= maxSenders {
			gone = s.forget(now)
		}
		s.last++
		have.stream = s.last
	}
	s.by[from] = sender{have.stream, now}
	return have.stream, gone
}

// forget ends the stream of the sender that was silent longest.
func (s *senders) forget(now time.Time) *feed.Chunk {
	var oldest netip.AddrPort
	var o sender
	for from, have := range s.by {
		if o.stream == 0 || have.at.Before(o.at) || have.at.Equal(o.at) && have.stream < o.stream {
			oldest, o = from, have
		}
	}
	delete(s.by, oldest)
	return &feed.Chunk{Received: now, From: oldest, Stream: o.stream, Datagram: true, End: true}
}

// end ends all streams, in the order in which they began.
func (s *senders) end(emit func(feed.Chunk), now func() time.Time) {
	for len(s.by) > 0 {
		emit(*s.forget(now()))
	}
}
