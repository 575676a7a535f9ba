package file_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"atalaya/feed/file"
	"atalaya/internal/peer"
)

// packet is one to be captured.
type packet struct {
	at       time.Duration // after the start
	from, to string        // "udp 10.0.0.1:1000"
	seq      uint32
	flags    string // of TCP: S, F, R
	data     string
	id       uint16 // of IPv4; with more: fragment
	more     bool
	offset   uint16 // in bytes
}

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC) }

// capture writes packets as a pcap file.
func capture(t testing.TB, packets ...packet) []byte {
	t.Helper()
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	for _, p := range packets {
		b := serialize(t, p)
		info := gopacket.CaptureInfo{Timestamp: start().Add(p.at), CaptureLength: len(b), Length: len(b)}
		if err := w.WritePacket(info, b); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func serialize(t testing.TB, p packet) []byte {
	t.Helper()
	kind, addr, _ := strings.Cut(p.from, " ")
	src, err1 := net.ResolveUDPAddr("udp", addr)
	dst, err2 := net.ResolveUDPAddr("udp", p.to)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	eth := &layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6), EthernetType: layers.EthernetTypeIPv4}
	var network gopacket.SerializableLayer
	var pseudo gopacket.NetworkLayer
	proto := layers.IPProtocolUDP
	if kind == "tcp" {
		proto = layers.IPProtocolTCP
	}
	if src.IP.To4() != nil {
		ip := &layers.IPv4{Version: 4, TTL: 9, Protocol: proto, SrcIP: src.IP, DstIP: dst.IP, Id: p.id, FragOffset: p.offset / 8}
		if p.more {
			ip.Flags = layers.IPv4MoreFragments
		}
		network, pseudo = ip, ip
	} else {
		eth.EthernetType = layers.EthernetTypeIPv6
		ip := &layers.IPv6{Version: 6, HopLimit: 9, NextHeader: proto, SrcIP: src.IP, DstIP: dst.IP}
		network, pseudo = ip, ip
	}
	all := []gopacket.SerializableLayer{eth, network}
	switch {
	case p.more || p.offset > 0: // data is a piece of the datagram as it is
	case kind == "udp":
		udp := &layers.UDP{SrcPort: layers.UDPPort(src.Port), DstPort: layers.UDPPort(dst.Port)}
		if err := udp.SetNetworkLayerForChecksum(pseudo); err != nil {
			t.Fatal(err)
		}
		all = append(all, udp)
	default:
		tcp := &layers.TCP{
			SrcPort: layers.TCPPort(src.Port), DstPort: layers.TCPPort(dst.Port), Seq: p.seq, Window: 9999,
			SYN: strings.Contains(p.flags, "S"), FIN: strings.Contains(p.flags, "F"), RST: strings.Contains(p.flags, "R"), ACK: true,
		}
		if err := tcp.SetNetworkLayerForChecksum(pseudo); err != nil {
			t.Fatal(err)
		}
		all = append(all, tcp)
	}
	all = append(all, gopacket.Payload(p.data))
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(buf.Bytes())
}

const (
	a   = "10.0.0.1:1000"
	b   = "10.0.0.2:2000"
	six = "[fd00::1]:1000"
)

// captures has the captures of the tests.
func captures(t testing.TB) [][]byte {
	var out [][]byte
	for _, c := range captureCases() {
		out = append(out, capture(t, c.packets...))
	}
	return out
}

type captureCase struct {
	name    string
	packets []packet
	want    []string // "stream from milliseconds data"; "." is its end
}

func captureCases() []captureCase {
	const ms = time.Millisecond
	fragment := "\x03\xe8\x07\xd0\x00\x20\x00\x00abcdefghijklmnop" + "qrstuvwx" // UDP header and the first 16, then 8 bytes
	return []captureCase{
		{
			"UDP flows",
			[]packet{
				{from: "udp " + a, to: b, data: "one"},
				{from: "udp " + six, to: "[fd00::2]:2000", data: "six", at: 1 * ms},
				{from: "udp " + a, to: "10.0.0.3:2000", data: "else", at: 2 * ms},
				{from: "udp " + a, to: b, data: "two", at: 2500 * ms},
				{from: "udp " + a, to: b, data: "", at: 2500 * ms},
			},
			[]string{
				"1 " + a + " 0 one", "2 " + six + " 1 six", "3 " + a + " 2 else", "1 " + a + " 2500 two",
				"1 " + a + " 2500 .", "2 " + six + " 1 .", "3 " + a + " 2 .",
			},
		},
		{
			"fragments",
			[]packet{
				{from: "udp " + a, to: b, id: 7, more: true, data: fragment[:24]},
				{from: "udp " + a, to: b, data: "between", at: 1 * ms},
				{from: "udp " + a, to: b, id: 7, offset: 24, data: fragment[24:], at: 2 * ms},
			},
			[]string{"1 " + a + " 1 between", "1 " + a + " 2 abcdefghijklmnopqrstuvwx", "1 " + a + " 2 ."},
		},
		{
			"TCP, both directions",
			[]packet{
				{from: "tcp " + a, to: b, seq: 99, flags: "S"},
				{from: "tcp " + b, to: a, seq: 999, flags: "S"},
				{from: "tcp " + a, to: b, seq: 100},
				{from: "tcp " + a, to: b, seq: 100, data: "hello", at: 1 * ms},
				{from: "tcp " + b, to: a, seq: 1000, data: "HELLO", at: 2 * ms},
				{from: "tcp " + a, to: b, seq: 105, data: " world", flags: "F", at: 3 * ms},
				{from: "tcp " + b, to: a, seq: 1005, flags: "F", at: 4 * ms},
				{from: "tcp " + a, to: b, seq: 112, at: 5 * ms},
			},
			[]string{"1 " + a + " 1 hello", "2 " + b + " 2 HELLO", "1 " + a + " 3  world", "1 " + a + " 3 .", "2 " + b + " 4 ."},
		},
		{
			"TCP out of order, twice, overlapping",
			[]packet{
				{from: "tcp " + a, to: b, seq: 0xFFFFFFFF, flags: "S"},
				{from: "tcp " + a, to: b, seq: 6, data: "67", at: 1 * ms},
				{from: "tcp " + a, to: b, seq: 3, data: "345", at: 2 * ms},
				{from: "tcp " + a, to: b, seq: 0, data: "012", at: 3 * ms},
				{from: "tcp " + a, to: b, seq: 0, data: "012", at: 4 * ms},
				{from: "tcp " + a, to: b, seq: 5, data: "56789", at: 5 * ms},
			},
			[]string{"1 " + a + " 3 012", "1 " + a + " 2 345", "1 " + a + " 1 67", "1 " + a + " 5 89", "1 " + a + " 5 ."},
		},
		{
			"TCP from its middle, with a hole",
			[]packet{
				{from: "tcp " + a, to: b, seq: 500, data: "one"},
				{from: "tcp " + a, to: b, seq: 600, data: "two", at: 1 * ms},
			},
			[]string{"1 " + a + " 0 one", "1 " + a + " 1 two", "1 " + a + " 1 ."},
		},
		{
			"a new connection on the same ports",
			[]packet{
				{from: "tcp " + a, to: b, seq: 9, flags: "S"},
				{from: "tcp " + a, to: b, seq: 10, data: "one"},
				{from: "tcp " + a, to: b, seq: 5000, flags: "S", at: 1 * ms},
				{from: "tcp " + a, to: b, seq: 5001, data: "two", at: 2 * ms},
				{from: "tcp " + a, to: b, seq: 5004, flags: "R", at: 3 * ms},
			},
			[]string{"1 " + a + " 0 one", "1 " + a + " 1 .", "2 " + a + " 2 two", "2 " + a + " 3 ."},
		},
	}
}

// TestPackets: what UDP and TCP carried comes in order, with the packets'
// times; as pcap, and as pcapng in either resolution, which editcap writes.
func TestPackets(t *testing.T) {
	for _, c := range captureCases() {
		t.Run(c.name, func(t *testing.T) {
			for form, b := range forms(t, capture(t, c.packets...)) {
				chunks, bad, err := read(file.Config{Reader: bytes.NewReader(b)})
				if err != nil || len(bad) > 0 {
					t.Fatal(form, err, bad)
				}
				var got []string
				for _, c := range chunks {
					data := string(c.Data)
					if c.End {
						data = "."
					}
					got = append(got, fmt.Sprintf("%d %v %d %s", c.Stream, c.From, c.Received.Sub(start()).Milliseconds(), data))
				}
				if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
					t.Errorf("%s:\n%q, want\n%q", form, got, c.want)
				}
			}
		})
	}
}

// forms converts a capture with Wireshark's editcap.
func forms(t *testing.T, pcap []byte) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, pcap, 0o600); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{"as written": pcap, "as written, zipped": zipped(t, string(pcap))}
	for _, form := range []string{"pcap", "nsecpcap", "pcapng"} {
		name := filepath.Join(dir, form)
		if b, err := exec.CommandContext(t.Context(), peer.Command(t, "editcap"), "-F", form, in, name).CombinedOutput(); err != nil {
			t.Fatalf("editcap: %v\n%s", err, b)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[form] = b
	}
	return out
}

// TestAgainstWireshark: text2pcap makes captures, tshark says what is in them.
func TestAgainstWireshark(t *testing.T) {
	var dump strings.Builder
	for i := range 50 {
		fmt.Fprintf(&dump, "2026-01-02T03:04:%02d.%06dZ\n000000", i, i*1111)
		for j := range 1 + i*7 {
			fmt.Fprintf(&dump, " %02x", (i*j)&0xFF)
		}
		dump.WriteString("\n")
	}
	for _, kind := range []string{"-u", "-T"} {
		name := filepath.Join(t.TempDir(), "capture")
		cmd := exec.CommandContext(t.Context(), peer.Command(t, "text2pcap"), "-q", "-t", "ISO", kind, "10110,10111", "-", name)
		cmd.Stdin = strings.NewReader(dump.String())
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("text2pcap: %v\n%s", err, b)
		}
		field := map[string]string{"-u": "udp.payload", "-T": "tcp.payload"}[kind]
		said, err := exec.CommandContext(t.Context(), peer.Command(t, "tshark"), "-r", name, "-T", "fields",
			"-e", "frame.time_epoch", "-e", "ip.src", "-e", field).Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		chunks, bad, err := read(file.Config{Path: name})
		if err != nil || len(bad) > 0 {
			t.Fatal(err, bad)
		}
		var ours strings.Builder
		for _, c := range chunks {
			if !c.End {
				fmt.Fprintf(&ours, "%d.%09d\t%v\t%s\n", c.Received.Unix(), c.Received.Nanosecond(), c.From.Addr(), hex.EncodeToString(c.Data))
			}
		}
		if got, want := ours.String(), strings.ReplaceAll(string(said), ":", ""); got != want || len(chunks) != 51 {
			t.Errorf("%s: %d chunks\n%s\ntshark:\n%s", kind, len(chunks), got, want)
		}
	}
}

// TestDamagedCapture: a cut capture gives the packets before the cut; a packet
// that makes no sense is told.
func TestDamagedCapture(t *testing.T) {
	whole := capture(t, packet{from: "udp " + a, to: b, data: "one"}, packet{from: "udp " + a, to: b, data: "two"})
	chunks, bad, err := read(file.Config{Reader: bytes.NewReader(whole[:len(whole)-5])})
	if err != nil || len(bad) != 1 || join(chunks) != "one" {
		t.Errorf("%q, damage %v, error %v", join(chunks), bad, err)
	}
	broken := bytes.Clone(whole)
	broken[24+16+14] = 0x4F // header of IPv4, longer than the packet
	chunks, bad, err = read(file.Config{Reader: bytes.NewReader(broken)})
	if err != nil || len(bad) != 1 || join(chunks) != "two" {
		t.Errorf("%q, damage %v, error %v", join(chunks), bad, err)
	}
}
