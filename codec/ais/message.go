package ais

import (
	"fmt"
	"time"

	"atalaya/codec"
)

// Incomplete is the kind of sentences of a message whose other sentences did
// not come.
const Incomplete codec.Kind = "incomplete"

// Message is one AIS message, from one sentence or several.
type Message struct {
	Received time.Time // when its last sentence came, as the caller said
	// Raw is the message's lines in order, as nmea.Sentence.Raw, with a line
	// feed between them. Decoded again it gives the same message.
	Raw     []byte
	Talker  string // "AI" ship, "AB" base station, "BS" base station, "AN" aid to navigation, ...
	Own     bool   // VDO: the receiver's own transmission
	Channel string // "A", "B", or what the receiver says; "" where it does not

	// TagTime is when a receiver or recorder says that it got the message;
	// zero where none does. TimeFrom says who. Second() is what the ship says.
	TagTime  time.Time
	TimeFrom TimeFrom
	Station  string // who received it, as the tag block or the receiver says

	Type   uint8 // 1 to 27
	Repeat uint8 // how often repeated: 0 to 3
	MMSI   MMSI  // who sent it

	// Payload is the message's bits, first bit highest, the last byte filled
	// with zeros. The same transmission heard by two stations has the same.
	Payload     []byte
	PayloadBits int

	// Report is what the message says: *Position, *BaseStation, *Voyage,
	// *SARAircraft, *Text, *ClassB, *ClassBExtended, *AidToNavigation,
	// *StaticA, *StaticB or *LongRange. It is nil for the types of which we
	// read no more than Type, Repeat and MMSI.
	Report Report
}

// Report is the contents of a message.
type Report interface {
	write(o *codec.Object)
	pack(h header) (packet, error)
}

// TimeFrom says where a message's TagTime comes from.
type TimeFrom uint8

// The sources of a time, the most trustworthy first.
const (
	NoTime       TimeFrom = iota
	FromTagBlock          // c of the tag block, under its checksum
	FromPGHP              // a $PGHP sentence before it
	FromTrailer           // behind the sentence: ",r003669946,1325394060"
	FromPrefix            // before the sentence: "1550303566167726840 "
)

func (t TimeFrom) String() string {
	switch t {
	case FromTagBlock:
		return "tag-block"
	case FromPGHP:
		return "pghp"
	case FromTrailer:
		return "trailer"
	case FromPrefix:
		return "prefix"
	default:
		return ""
	}
}

// Second gives the second of the UTC minute in which the ship made the report,
// where it says so.
func (m *Message) Second() (uint8, bool) {
	k := m.Kinematics()
	if k == nil {
		return 0, false
	}
	return k.Second.Get()
}

// Kinematics gives the position and movement in the message, or nil when its
// type has none.
func (m *Message) Kinematics() *Kinematics {
	switch r := m.Report.(type) {
	case *Position:
		return &r.Kinematics
	case *BaseStation:
		return &r.Kinematics
	case *SARAircraft:
		return &r.Kinematics
	case *ClassB:
		return &r.Kinematics
	case *ClassBExtended:
		return &r.Kinematics
	case *AidToNavigation:
		return &r.Kinematics
	case *LongRange:
		return &r.Kinematics
	}
	return nil
}

// AppendJSON appends the message as the JSON object that the package comment
// describes.
func (m *Message) AppendJSON(b []byte) []byte {
	o := codec.NewObject(b)
	o.Int("type", int64(m.Type))
	o.Int("repeat", int64(m.Repeat))
	o.Int("mmsi", int64(m.MMSI))
	o.Time("received", m.Received)
	o.Time("time", m.TagTime)
	o.Text("time_from", m.TimeFrom.String())
	o.Text("station", m.Station)
	o.Text("talker", m.Talker)
	o.Text("channel", m.Channel)
	if m.Own {
		o.Flag("own", true)
	}
	if m.Report != nil {
		m.Report.write(o)
	}
	o.Int("payload_bits", int64(m.PayloadBits))
	o.Hex("payload", m.Payload)
	o.Text("raw", string(m.Raw))
	return o.Close()
}

// MarshalJSON implements json.Marshaler.
func (m *Message) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// MMSI is a maritime mobile service identity, nine digits (ITU-R M.585). Its
// 30 bits can hold more, and noise does.
type MMSI uint32

// String gives all nine digits.
func (m MMSI) String() string { return fmt.Sprintf("%09d", uint32(m)) }

// Valid reports whether m has nine digits and is not zero.
func (m MMSI) Valid() bool { return m > 0 && m <= 999999999 }

// Station is what sort of station an MMSI is given to (ITU-R M.585-9).
type Station uint8

// The sorts of stations.
const (
	OtherStation  Station = iota
	ShipStation           // MIDxxxxxx
	CoastStation          // 00MIDxxxx
	GroupOfShips          // 0MIDxxxxx
	SARAirStation         // 111MIDxxx
	Handheld              // 8MIDxxxxx
	SART                  // 970xxxxxx: search and rescue transmitter
	MOB                   // 972xxxxxx: man overboard
	EPIRB                 // 974xxxxxx
	DaughterCraft         // 98MIDxxxx: craft of a mother ship
	AidStation            // 99MIDxxxx: aid to navigation
)

// Station gives the sort of station of m.
func (m MMSI) Station() Station {
	switch {
	case !m.Valid():
		return OtherStation
	case m < 10_000_000:
		return CoastStation
	case m < 100_000_000:
		return GroupOfShips
	case m/1_000_000 == 111:
		return SARAirStation
	case m >= 200_000_000 && m < 800_000_000:
		return ShipStation
	case m >= 800_000_000 && m < 900_000_000:
		return Handheld
	case m/1_000_000 == 970:
		return SART
	case m/1_000_000 == 972:
		return MOB
	case m/1_000_000 == 974:
		return EPIRB
	case m/10_000_000 == 98:
		return DaughterCraft
	case m/10_000_000 == 99:
		return AidStation
	}
	return OtherStation
}

// Distress reports whether m belongs to a device that is switched on in
// distress: SART, MOB or EPIRB.
func (m MMSI) Distress() bool {
	s := m.Station()
	return s == SART || s == MOB || s == EPIRB
}
