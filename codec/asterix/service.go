package asterix

import (
	"time"

	"atalaya/codec/asterix/item"
	"atalaya/geo"
)

// ServiceType is what a service message says, I034/000.
type ServiceType uint8

// The types of service messages.
const (
	NorthMarker        ServiceType = 1
	SectorCrossing     ServiceType = 2
	GeographicFilter   ServiceType = 3
	JammingStrobe      ServiceType = 4
	SolarStorm         ServiceType = 5 // from edition 1.28
	SSRJammingStrobe   ServiceType = 6 // from edition 1.29
	ModeSJammingStrobe ServiceType = 7 // from edition 1.29
)

// counters is how many types of message counters there can be.
const counters = 32

// ServiceMessage is a record of category 034: where the antenna of a radar
// points, and how the radar is. Lengths are metres, angles degrees clockwise
// from the radar's north.
type ServiceMessage struct {
	Has       Has
	Source    Source
	TimeOfDay time.Duration // I034/030, UTC
	Type      ServiceType
	// SectorDeg is the azimuth that the antenna has reached, I034/020, in
	// steps of 1.40625 degrees.
	SectorDeg      float64
	RotationPeriod time.Duration // I034/041
	State          StationState  // I034/050 COM
	// Counts is I034/070: for each type of counter a number, where Counted
	// has the bit of the type.
	Counts  [counters]uint16
	Counted uint32
	// Window is I034/100: for what part of the space the message is.
	Window Window
	Filter uint8 // I034/110: what data the radar filters

	Position        geo.Position // I034/120, of the radar
	HeightM         float64      // above mean sea level
	RangeErrorM     float64      // I034/090
	AzimuthErrorDeg float64
}

// StationState is how a radar is, I034/050 COM.
type StationState struct {
	Inhibited      bool // its data shall not be used
	SecondChain    bool // processing chain 2 is selected
	ChainReset     bool // the chain began anew: track numbers are assigned anew
	ChainOverload  bool
	SenderOverload bool
	Unmonitored    bool
	TimeInvalid    bool // its time source is invalid: times of day are worth nothing
}

// Window is a part of the space in polar coordinates.
type Window struct {
	FromM, ToM     float64
	FromDeg, ToDeg float64
}

// Service reads a record of category 034.
func (m *Message) Service() (s ServiceMessage, ok bool) {
	if m.Category != 34 {
		return s, false
	}
	s.Source = m.Source
	for i, at := range m.at[:len(m.Edition.UAP)] {
		if at.to != 0 {
			s.item(i+1, m.Raw[at.from:at.to], m)
		}
	}
	return s, true
}

// item reads the item at a field reference number; those numbers are the same
// in all editions.
func (s *ServiceMessage) item(frn int, b []byte, m *Message) {
	switch frn {
	case 2:
		s.Type = ServiceType(b[0])
	case 3:
		s.Has |= HasTime
		s.TimeOfDay = timeOfDay(b)
	case 4:
		s.Has |= HasSector
		s.SectorDeg = float64(b[0]) * 360 / 256
	case 5:
		s.Has |= HasRotation
		s.RotationPeriod = time.Duration(u16(b)) * timeLSB
	case 6:
		s.state(m, b)
	case 8:
		s.Has |= HasCounts
		for at := 1; at < len(b); at += 2 {
			v := u16(b[at:])
			s.Counts[v>>11] = v & 0x07FF
			s.Counted |= 1 << (v >> 11)
		}
	case 9:
		s.Has |= HasWindow
		s.Window = Window{
			FromM: float64(u16(b)) * rangeLSB, ToM: float64(u16(b[2:])) * rangeLSB,
			FromDeg: float64(u16(b[4:])) * angleLSB, ToDeg: float64(u16(b[6:])) * angleLSB,
		}
	case 10:
		s.Has |= HasFilter
		s.Filter = b[0]
	case 11:
		p := geo.Position{Lat: s24(b[2:]) * wgs24LSB, Lon: s24(b[5:]) * wgs24LSB}
		if p.Valid() {
			s.Has |= HasPosition
			s.Position, s.HeightM = p, s16(b)
		}
	case 12:
		s.Has |= HasCollimation
		s.RangeErrorM = s8(b[0]) * cartesianLSB
		s.AzimuthErrorDeg = s8(b[1]) * offsetLSB
	}
}

func (s *ServiceMessage) state(m *Message, b []byte) {
	for n, o := range item.Parts(m.node(50), b) {
		if n.Name != "COM" {
			continue
		}
		s.Has |= HasState
		s.State = StationState{
			Inhibited: o[0]&0x80 != 0, SecondChain: o[0]&0x40 != 0, ChainReset: o[0]&0x20 != 0,
			ChainOverload: o[0]&0x10 != 0, SenderOverload: o[0]&0x08 != 0,
			Unmonitored: o[0]&0x04 != 0, TimeInvalid: o[0]&0x02 != 0,
		}
	}
}

// Append appends the message as a record, which reads the same in every
// edition of category 034. A number that its item cannot say is an error.
func (s *ServiceMessage) Append(dst []byte) ([]byte, error) {
	w := build(dst)
	w.item(1)
	w.u8(s.Source.SAC)
	w.u8(s.Source.SIC)
	w.item(2)
	w.u8(byte(s.Type))
	if s.Has.All(HasTime) {
		w.item(3)
		w.time(s.TimeOfDay)
	}
	if s.Has.All(HasSector) {
		w.item(4)
		w.u8(byte(w.circle("sector in degrees", s.SectorDeg, 8)))
	}
	if s.Has.All(HasRotation) {
		w.item(5)
		w.u16(uint16(w.unsigned("rotation period in 1/128 s", float64(s.RotationPeriod.Round(timeLSB)/timeLSB), 1, 16)))
	}
	if s.Has.All(HasState) {
		w.item(6)
		st := s.State
		w.u8(0x80)
		w.u8(flag(st.Inhibited, 0x80) | flag(st.SecondChain, 0x40) | flag(st.ChainReset, 0x20) |
			flag(st.ChainOverload, 0x10) | flag(st.SenderOverload, 0x08) |
			flag(st.Unmonitored, 0x04) | flag(st.TimeInvalid, 0x02))
	}
	if s.Has.All(HasCounts) {
		w.item(8)
		s.appendCounts(&w)
	}
	if s.Has.All(HasWindow) {
		w.item(9)
		w.u16(uint16(w.unsigned("window from, in metres", s.Window.FromM, rangeLSB, 16)))
		w.u16(uint16(w.unsigned("window to, in metres", s.Window.ToM, rangeLSB, 16)))
		w.u16(w.circle("window from, in degrees", s.Window.FromDeg, 16))
		w.u16(w.circle("window to, in degrees", s.Window.ToDeg, 16))
	}
	if s.Has.All(HasFilter) {
		w.item(10)
		w.u8(s.Filter)
	}
	if s.Has.All(HasPosition) {
		w.item(11)
		w.u16(uint16(w.twos("height in metres", s.HeightM, 1, 16)))
		w.u24(w.twos("latitude", s.Position.Lat, wgs24LSB, 24))
		w.u24(w.longitude(s.Position.Lon))
	}
	if s.Has.All(HasCollimation) {
		w.item(12)
		w.u8(byte(w.twos("range error in metres", s.RangeErrorM, cartesianLSB, 8)))
		w.u8(byte(w.twos("azimuth error in degrees", s.AzimuthErrorDeg, offsetLSB, 8)))
	}
	return w.record()
}

func (s *ServiceMessage) appendCounts(w *builder) {
	at := len(w.b)
	w.u8(0)
	for t := range s.Counts {
		if s.Counted>>t&1 != 0 {
			w.b[at]++
			w.u16(uint16(t)<<11 | uint16(w.unsigned("message count", float64(s.Counts[t]), 1, 11)))
		}
	}
}
