package asterix

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"atalaya/codec/asterix/item"
	"atalaya/codec/asterix/spec"
	"atalaya/internal/peer"
)

// The editions that Wireshark 4.0's dissector knows, a run a row. It knows
// neither the newest of ours (021 2.7, 048 1.32, 062 1.21) nor most of the old
// ones of category 021.
func tsharkEditions() []map[uint8]string {
	return []map[uint8]string{
		{21: "2.6", 34: "1.29", 48: "1.31", 62: "1.19"},
		{21: "2.5", 34: "1.28", 48: "1.30", 62: "1.18"},
		{21: "2.4", 34: "1.27", 48: "1.29", 62: "1.17"},
		{21: "0.23", 48: "1.28"},
		{48: "1.27"},
	}
}

// leaf is one value that a dissector shows: its name ("048_040_RHO") and what
// it says.
type leaf struct{ name, show string }

// pdmlField is a field of Wireshark's PDML.
type pdmlField struct {
	Name   string      `xml:"name,attr"`
	Show   string      `xml:"show,attr"`
	Fields []pdmlField `xml:"field"`
}

type pdmlPacket struct {
	Protos []pdmlField `xml:"proto"`
}

// edition stands in the names of what differs between editions: 021_V2_6_161.
var edition = regexp.MustCompile(`_V\d+_\d+`)

// leaves gives the values of ASTERIX items in their order.
func (f pdmlField) leaves(out []leaf) []leaf {
	name, ours := strings.CutPrefix(f.Name, "asterix.")
	if ours && len(f.Fields) == 0 && strings.Contains(name, "_") && !strings.Contains(name, "spare") {
		return append(out, leaf{edition.ReplaceAllString(name, ""), f.Show})
	}
	for _, sub := range f.Fields {
		out = sub.leaves(out)
	}
	return out
}

// pcapOf is a capture of datagrams to UDP port 8600, link type raw IP.
func pcapOf(datagrams [][]byte) []byte {
	var b bytes.Buffer
	le := binary.LittleEndian
	header := le.AppendUint32(nil, 0xA1B2C3D4)
	header = le.AppendUint16(le.AppendUint16(header, 2), 4)
	header = le.AppendUint32(le.AppendUint64(header, 0), 65535)
	b.Write(le.AppendUint32(header, 101))
	be := binary.BigEndian
	for _, d := range datagrams {
		ip := []byte{0x45, 0}
		ip = be.AppendUint16(ip, uint16(28+len(d)))
		ip = append(ip, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1)
		ip = be.AppendUint16(be.AppendUint16(ip, 8600), 8600)
		ip = be.AppendUint16(be.AppendUint16(ip, uint16(8+len(d))), 0)
		ip = append(ip, d...)
		b.Write(le.AppendUint64(nil, 0))
		b.Write(le.AppendUint32(le.AppendUint32(nil, uint32(len(ip))), uint32(len(ip))))
		b.Write(ip)
	}
	return b.Bytes()
}

// shown gives the values of a record as a dissector names and shows them.
func shown(m *Message) []leaf {
	var out []leaf
	for n, b := range m.Items() {
		out = showItem(out, fmt.Sprintf("%03d_%s", m.Category, n.Name), n, b)
	}
	return out
}

func showItem(out []leaf, name string, n *spec.Node, b []byte) []leaf {
	switch n.Kind {
	case spec.Extended:
		for i := range b {
			out = showParts(out, name, n.Parts[i], b[i:i+1], 0)
		}
		return out
	case spec.Repetitive:
		part := n.Parts[0]
		step := item.Octets(part.Bits)
		if n.Rep == 0 {
			step = item.Octets(part.Bits + 1)
		}
		for at := n.Rep; at < len(b); at += step {
			out = showBits(out, name, part, b[at:at+step])
		}
		return out
	case spec.Compound:
		for sub, o := range item.Parts(n, b) {
			out = showItem(out, name+"_"+sub.Name, sub, o)
		}
		return out
	default:
		return showBits(out, name, n, b)
	}
}

func showParts(out []leaf, name string, n *spec.Node, b []byte, at int) []leaf {
	for _, p := range n.Parts {
		if p.Kind != spec.Spare { // a group inside of a group is shown as one number
			out = append(out, leaf{name + "_" + p.Name, show(p, b, at)})
		}
		at += p.Bits
	}
	return out
}

func showBits(out []leaf, name string, n *spec.Node, b []byte) []leaf {
	if n.Kind == spec.Group {
		return showParts(out, name, n, b, 0)
	}
	return append(out, leaf{name + "_VALUE", show(n, b, 0)})
}

func show(n *spec.Node, b []byte, at int) string {
	v := item.Bits(b, at, n.Bits)
	if c := n.Content; c != nil {
		switch c.Kind {
		case spec.Quantity:
			return strconv.FormatFloat(item.Quantity(c, v, n.Bits), 'g', -1, 64)
		case spec.ASCII, spec.ICAO:
			var text strings.Builder
			size := item.CharacterBits(c.Kind)
			for at := n.Bits - size; at >= 0; at -= size {
				text.WriteByte(item.Character(c.Kind, byte(v>>at&(1<<size-1))))
			}
			return text.String()
		default: // shown as numbers
		}
	}
	return strconv.FormatUint(v, 10)
}

// understood is what Wireshark means to show. It shows two's complement
// numbers as unsigned in I034/120 HGT, in I048/090 FL (as the editions before
// 1.32 that it knows) and in I062/340 HEIGHT before edition 1.19; and it has a
// name of its own for the value of I048/030.
func understood(l leaf) leaf {
	whole := map[string]float64{"034_120_HGT": 65536, "048_090_FL": 4096, "062_340_HEIGHT_VALUE": 65536 * 25}[l.name]
	if x, err := strconv.ParseFloat(l.show, 64); err == nil && whole > 0 && x >= whole/2 {
		l.show = strconv.FormatFloat(x-whole, 'f', -1, 64)
	}
	if l.name == "048_030_CODE" {
		l.name = "048_030_VALUE"
	}
	return l
}

// same compares two shown values: as whole numbers, numbers or text.
func same(a, b string) bool {
	x, err1 := strconv.ParseUint(a, 0, 64)
	y, err2 := strconv.ParseUint(b, 0, 64)
	if err1 == nil && err2 == nil {
		return x == y
	}
	f, err1 := strconv.ParseFloat(a, 64)
	g, err2 := strconv.ParseFloat(b, 64)
	if err1 == nil && err2 == nil {
		return math.Abs(f-g) <= 1e-5*math.Max(math.Abs(f), math.Abs(g))
	}
	return strings.TrimRight(a, " ") == strings.TrimRight(b, " ")
}

// Wireshark's dissector shows the values that we encoded, of every edition
// that it knows.
func TestWiresharkShowsWhatWeEncode(t *testing.T) {
	tshark := peer.Command(t, "tshark")
	random := newRandom(9)
	values := 0
	for _, editions := range tsharkEditions() {
		var datagrams [][]byte
		var want [][]leaf
		args := []string{"-d", "udp.port==8600,asterix", "-T", "pdml"}
		for _, category := range spec.Categories() {
			number, ok := editions[category]
			if !ok {
				continue
			}
			args = append(args, "-o", fmt.Sprintf("asterix.i%03d_version:Version %s", category, number))
			ed := spec.Lookup(category, number)
			for range 60 {
				items := random.items(ed)
				delete(items, "RE") // dissected by an edition of its own
				delete(items, "SP")
				// Wireshark reads only the first code of I048/030, whatever its
				// FX bit says, and always two parts of I062/510, though the
				// last bit of the third octet says whether there is another.
				delete(items, "510")
				if codes, ok := items["030"].([]any); ok && category == 48 {
					items["030"] = codes[:1]
				}
				record, err := Encode(ed, items)
				if err != nil {
					t.Fatal(err)
				}
				block, err := AppendBlock(nil, category, record)
				if err != nil {
					t.Fatal(err)
				}
				var m Message
				if _, _, _, bad := m.parse(ed, record); bad != "" {
					t.Fatal(bad)
				}
				datagrams, want = append(datagrams, block), append(want, shown(&m))
			}
		}
		file := filepath.Join(t.TempDir(), "asterix.pcap")
		if err := os.WriteFile(file, pcapOf(datagrams), 0o600); err != nil {
			t.Fatal(err)
		}
		var stderr strings.Builder
		cmd := exec.CommandContext(t.Context(), tshark, append(args, "-r", file)...)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("tshark: %v\n%s", err, stderr.String())
		}
		var pdml struct {
			Packets []pdmlPacket `xml:"packet"`
		}
		if err := xml.Unmarshal(out, &pdml); err != nil {
			t.Fatal(err)
		}
		if len(pdml.Packets) != len(datagrams) {
			t.Fatalf("%d packets of %d", len(pdml.Packets), len(datagrams))
		}
		for i, p := range pdml.Packets {
			var got []leaf
			for _, proto := range p.Protos {
				got = proto.leaves(got)
			}
			for k := range got {
				got[k] = understood(got[k])
			}
			compare(t, fmt.Sprintf("category %03d edition %s %X", datagrams[i][0], editions[datagrams[i][0]], datagrams[i]), want[i], got)
			values += len(got)
		}
	}
	if values < 10000 {
		t.Errorf("only %d values compared", values)
	}
}

func compare(t *testing.T, what string, want, got []leaf) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		var w, g leaf
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w.name != g.name || !same(w.show, g.show) {
			t.Fatalf("%s\nencoded %v, Wireshark shows %v", what, w, g)
		}
	}
}
