package asterix

import (
	"iter"
	"time"

	"atalaya/codec"
	"atalaya/codec/asterix/item"
	"atalaya/codec/asterix/spec"
)

// maxFRN is the highest field reference number of any edition here (021).
const maxFRN = 49

// Source names the station that a record comes from.
type Source struct {
	SAC uint8 // system area code: a country or region
	SIC uint8 // system identification code: a station in it
}

// span is where an item lies in the record; both zero where there is none.
type span struct{ from, to uint16 }

// Message is one record of a data block. Its items are found but not yet
// decoded: AppendJSON decodes everything, Target, Service, ADSB and System
// what a tracker needs.
type Message struct {
	Category uint8
	Edition  *spec.Edition
	Received time.Time
	// Source is item 010; HasSource says that the record has it.
	Source    Source
	HasSource bool
	// Raw is the record: FSPEC and items. It shares memory with the other
	// records of its block, and with nothing else.
	Raw []byte

	at [maxFRN]span
}

// Item gives the octets of an item by its name ("040", "RE"); nil where the
// record has none.
func (m *Message) Item(name string) []byte {
	for i, n := range m.Edition.UAP {
		if n != nil && n.Name == name {
			return m.frn(i + 1)
		}
	}
	return nil
}

// Items yields the items of the record in their order.
func (m *Message) Items() iter.Seq2[*spec.Node, []byte] {
	return func(yield func(*spec.Node, []byte) bool) {
		for i, n := range m.Edition.UAP {
			if b := m.frn(i + 1); b != nil && !yield(n, b) {
				return
			}
		}
	}
}

// item gives the octets of an item by its number.
func (m *Message) item(number int) []byte {
	frn := m.Edition.FRN(number)
	if frn == 0 {
		return nil
	}
	return m.frn(frn)
}

// node gives what the edition says of an item that the record has.
func (m *Message) node(number int) *spec.Node { return m.Edition.UAP[m.Edition.FRN(number)-1] }

func (m *Message) frn(frn int) []byte {
	s := m.at[frn-1]
	if s.to == 0 {
		return nil
	}
	return m.Raw[s.from:s.to]
}

// parse finds the items of the record that b starts with. It gives the
// record's size, whether spare bits are set, and, where the record is broken,
// the field reference number at which it is.
func (m *Message) parse(ed *spec.Edition, b []byte) (size int, spare bool, at int, bad codec.Kind) {
	head, bad := item.Presence(b, len(ed.UAP))
	if bad != "" {
		return 0, false, 0, bad
	}
	size = head
	for i, o := range b[:head] {
		for bit := 0; o&0xFE != 0; bit, o = bit+1, o<<1 {
			if o&0x80 == 0 {
				continue
			}
			frn := i*7 + bit + 1
			if bit == 7 { // FX, shifted up
				break
			}
			if frn > len(ed.UAP) || ed.UAP[frn-1] == nil {
				return 0, false, frn, UnknownFRN
			}
			s, sp, bad := item.Measure(ed.UAP[frn-1], b[size:])
			if bad != "" {
				return 0, false, frn, bad
			}
			m.at[frn-1] = span{uint16(size), uint16(size + s)}
			size += s
			spare = spare || sp
		}
	}
	m.Category, m.Edition, m.Raw = ed.Category, ed, b[:size:size]
	if id := m.item(10); id != nil {
		m.Source, m.HasSource = Source{SAC: id[0], SIC: id[1]}, true
	}
	return size, spare, 0, ""
}
