package file

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/ip4defrag"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"atalaya/codec"
	"atalaya/feed"
)

// readPackets delivers what UDP and TCP carry in a capture.
func readPackets(r *bufio.Reader, d *delivery) error {
	next, err := openCapture(r)
	if err != nil {
		return err
	}
	c := newCapture(d)
	for {
		data, info, link, err := next()
		if err != nil {
			c.flush()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		c.packet(data, info, link)
		if d.stopped {
			return nil
		}
	}
}

// nextPacket reads a packet and tells the kind of link it was captured on.
type nextPacket func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error)

func openCapture(r *bufio.Reader) (nextPacket, error) {
	magic, err := r.Peek(4)
	if err != nil {
		return nil, err
	}
	if magic[0] != 0x0A { // pcap
		p, err := pcapgo.NewReader(r)
		if err != nil {
			return nil, err
		}
		return func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
			data, info, err := p.ReadPacketData()
			return data, info, p.LinkType(), err
		}, nil
	}
	p, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true, SkipUnknownVersion: true})
	if err != nil {
		return nil, err
	}
	return func() ([]byte, gopacket.CaptureInfo, layers.LinkType, error) {
		data, info, err := p.ReadPacketData()
		link := p.LinkType()
		if len(info.AncillaryData) > 0 {
			if own, ok := info.AncillaryData[0].(layers.LinkType); ok {
				link = own
			}
		}
		return data, info, link, err
	}, nil
}

// maxFlows bounds the flows that are told apart. Where a capture has more, all
// streams end and are begun anew.
const maxFlows = 1 << 16

// capture takes packets apart.
type capture struct {
	out       *delivery
	fragments *ip4defrag.IPv4Defragmenter
	cleaned   time.Time // when old fragments were given up
	flows     map[flow]*direction
	last      uint64 // stream
}

// flow is who sends what to whom.
type flow struct {
	from, to netip.AddrPort
	tcp      bool
}

func newCapture(d *delivery) *capture {
	return &capture{out: d, fragments: ip4defrag.NewIPv4Defragmenter(), flows: map[flow]*direction{}}
}

// packet delivers what one packet carries. What is neither UDP nor TCP is no
// sensor's, and passed over.
func (c *capture) packet(data []byte, info gopacket.CaptureInfo, link layers.LinkType) {
	at := info.Timestamp.UTC()
	p := gopacket.NewPacket(data, link, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	network, transport := p.NetworkLayer(), p.TransportLayer()
	if network == nil || transport == nil {
		if e := p.ErrorLayer(); e != nil {
			c.out.bad(codec.NewBad(codec.Malformed, data, "packet on link type %v: %v", link, e.Error()))
			return
		}
	}
	if ip, ok := network.(*layers.IPv4); ok {
		const old = time.Minute
		if at.Sub(c.cleaned).Abs() > old {
			c.cleaned = at
			c.fragments.DiscardOlderThan(at.Add(-old))
		}
		whole, err := c.fragments.DefragIPv4WithTimestamp(ip, at)
		switch {
		case err != nil:
			c.out.bad(codec.NewBad(codec.Malformed, data, "fragment: %v", err))
			return
		case whole == nil: // more fragments are to come
			return
		case whole != ip:
			c.joined(whole, at)
			return
		}
	}
	switch t := transport.(type) {
	case *layers.UDP:
		c.datagram(network.NetworkFlow(), t, at)
	case *layers.TCP:
		c.segment(network.NetworkFlow(), t, at)
	}
}

// joined delivers a datagram that was put together from fragments.
func (c *capture) joined(ip *layers.IPv4, at time.Time) {
	if ip.Protocol != layers.IPProtocolUDP {
		return
	}
	var udp layers.UDP
	if err := udp.DecodeFromBytes(ip.Payload, gopacket.NilDecodeFeedback); err != nil {
		c.out.bad(codec.NewBad(codec.Malformed, ip.Payload, "UDP of several fragments: %v", err))
		return
	}
	c.datagram(ip.NetworkFlow(), &udp, at)
}

func (c *capture) datagram(network gopacket.Flow, udp *layers.UDP, at time.Time) {
	if len(udp.Payload) == 0 {
		return
	}
	f := flow{from: address(network.Src(), uint16(udp.SrcPort)), to: address(network.Dst(), uint16(udp.DstPort))}
	c.out.chunk(feed.Chunk{Data: udp.Payload, Received: at, From: f.from, Stream: c.of(f).stream, Datagram: true})
}

// of finds the state of a flow, or begins it.
func (c *capture) of(f flow) *direction {
	d := c.flows[f]
	if d == nil {
		if len(c.flows) >= maxFlows {
			c.flush()
			c.out.end()
			clear(c.flows)
		}
		c.last++
		d = &direction{out: c.out, from: f.from, stream: c.last}
		c.flows[f] = d
	}
	return d
}

func (c *capture) segment(network gopacket.Flow, tcp *layers.TCP, at time.Time) {
	f := flow{from: address(network.Src(), uint16(tcp.SrcPort)), to: address(network.Dst(), uint16(tcp.DstPort)), tcp: true}
	known := c.flows[f]
	switch {
	case known == nil && !tcp.SYN && len(tcp.Payload) == 0:
		return // the last acknowledgements of a connection, or of the other direction
	case known != nil && known.began && tcp.SYN: // a new connection on the same ports
		known.end(at)
		delete(c.flows, f)
	}
	d := c.of(f)
	if tcp.SYN {
		d.next, d.synced = tcp.Seq+1, true
		return
	}
	d.take(segment{tcp.Seq, tcp.Payload, at})
	if tcp.FIN || tcp.RST {
		d.end(at)
		delete(c.flows, f)
	}
}

// flush delivers the segments that wait for others, at the end of the capture.
func (c *capture) flush() {
	var waiting []*direction
	for _, d := range c.flows {
		if len(d.held) > 0 {
			waiting = append(waiting, d)
		}
	}
	slices.SortFunc(waiting, func(a, b *direction) int { return cmp.Compare(a.stream, b.stream) })
	for _, d := range waiting {
		d.skip()
	}
}

func address(e gopacket.Endpoint, port uint16) netip.AddrPort {
	addr, ok := netip.AddrFromSlice(e.Raw())
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr.Unmap(), port)
}
