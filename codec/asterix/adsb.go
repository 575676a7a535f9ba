package asterix

import (
	"math"
	"time"

	"atalaya/codec/asterix/item"
	"atalaya/codec/asterix/spec"
	"atalaya/geo"
)

// AddressType says what an ADS-B address is, I021/040 ATP.
type AddressType uint8

// The types of addresses.
const (
	AddressICAO      AddressType = iota // 24-bit ICAO address
	AddressDuplicate                    // not unique
	AddressSurface                      // surface vehicle
	AddressAnonymous
	AddressReserved
)

// ADSBReport is a record of category 021: what an aircraft said of itself.
type ADSBReport struct {
	Has    Has
	Source Source
	// TimeOfDay is UTC, from the item that TimeItem names, the first of these
	// that the record has: 071 applicability of the position, 073 reception of
	// the position, 077 transmission of the report, 075 reception of the
	// velocity, 072 applicability of the velocity; in editions 0.x 030.
	TimeOfDay time.Duration
	TimeItem  uint16

	Service      uint8       // I021/015
	AddressType  AddressType // I021/040
	OnGround     bool        // ground bit
	Simulated    bool
	Test         bool
	FieldMonitor bool
	// Suspect: the receiver doubts the report: confidence level, list lookup,
	// position, range or CPR check failed, or its no-go bit is set. Only
	// editions 2.x say so.
	Suspect bool

	Address     uint32       // I021/080
	TrackNumber uint16       // I021/161
	Position    geo.Position // I021/131, or else I021/130
	HeightM     float64      // I021/140, above the WGS84 ellipsoid
	LevelM      float64      // I021/145, pressure altitude
	SpeedMPS    float64      // I021/160, over ground
	CourseDeg   float64      // true
	HeadingDeg  float64      // I021/152, magnetic
	// ClimbMPS is the geometric rate I021/157 or else the barometric I021/155,
	// which Barometric says.
	ClimbMPS   float64
	Barometric bool
	Ident      Ident // I021/170
	Mode3A     ModeA // I021/070
	Emitter    uint8 // I021/020
	Emergency  Emergency
	// Surveillance is I021/200 SS: 1 permanent alert, 2 temporary alert, 3 SPI.
	Surveillance  uint8
	MilitaryAlarm bool
	Quality       ADSBQuality
	MOPS          uint8   // I021/210 VN: 0 DO-260, 1 DO-260A, 2 DO-260B, 3 DO-260C
	AmplitudeDBm  float64 // I021/132
}

// ADSBQuality is I021/090: NACv and NIC (or NUCr and NUCp) with HasQuality,
// the others with HasNACp, HasGVA and HasPIC.
type ADSBQuality struct {
	NACv, NIC    uint8
	NICBaro, SIL uint8
	NACp         uint8
	SILPerSample bool
	SDA, GVA     uint8
	PIC          uint8
}

// ADSB reads a record of category 021. What the standard marks as beyond its
// range ("range exceeded", greatest height) is left out.
func (m *Message) ADSB() (r ADSBReport, ok bool) {
	if m.Category != 21 {
		return r, false
	}
	r.Source = m.Source
	old := m.Edition.Number[0] == '0' // editions 0.x are of another structure
	r.time(m, old)
	if b := m.item(40); b != nil {
		r.Has |= HasDescriptor
		if old {
			r.oldDescriptor(b)
		} else {
			r.descriptor(b)
		}
	}
	if b := m.item(80); b != nil {
		r.Has |= HasAddress
		r.Address = u24(b)
	}
	r.place(m, old)
	r.motion(m, old)
	r.identity(m, old)
	if !old {
		r.rest(m)
	}
	return r, true
}

func (r *ADSBReport) time(m *Message, old bool) {
	times := [...]uint16{71, 73, 77, 75, 72}
	if old {
		times = [...]uint16{30, 30, 30, 30, 30}
	}
	for _, n := range times {
		if b := m.item(int(n)); b != nil {
			r.Has |= HasTime
			r.TimeOfDay, r.TimeItem = timeOfDay(b), n
			return
		}
	}
}

func (r *ADSBReport) descriptor(b []byte) {
	r.AddressType = min(AddressType(b[0]>>5), AddressReserved)
	r.FieldMonitor = b[0]&0x02 != 0
	if len(b) > 1 {
		r.OnGround, r.Simulated, r.Test = b[1]&0x40 != 0, b[1]&0x20 != 0, b[1]&0x10 != 0
		r.Suspect = b[1]>>1&3 == 1 // CL
	}
	if len(b) > 2 {
		r.Suspect = r.Suspect || b[2]&0x7E != 0 // LLC, IPC, NOGO, CPR, LDPJ, RCF
	}
}

// oldDescriptor is of editions 0.x, which number the address types otherwise.
func (r *ADSBReport) oldDescriptor(b []byte) {
	r.OnGround, r.Simulated, r.Test = b[0]&0x40 != 0, b[0]&0x20 != 0, b[0]&0x10 != 0
	r.FieldMonitor = b[0]&0x08 != 0
	switch b[1] >> 5 {
	case 0:
		r.AddressType = AddressDuplicate
	case 1:
		r.AddressType = AddressICAO
	default:
		r.AddressType = min(AddressType(b[1]>>5), AddressReserved)
	}
}

func (r *ADSBReport) place(m *Message, old bool) {
	number := 130
	if !old && m.item(131) != nil { // I021/131 of editions 0.x is an amplitude
		number = 131
	}
	if b := m.item(number); b != nil {
		if p := wgs84(m.node(number), b); p.Valid() {
			r.Has |= HasPosition
			r.Position = p
		}
	}
	if b := m.item(140); b != nil && u16(b) != 0x7FFF { // greater than can be said
		r.Has |= HasHeight
		r.HeightM = s16(b) * geoLSB
	}
	if b := m.item(145); b != nil {
		r.Has |= HasLevel
		r.LevelM = s16(b) * quarterLevel
	}
}

// wgs84 reads latitude and longitude of a size that the edition says.
func wgs84(n *spec.Node, b []byte) geo.Position {
	lat, lon := n.Parts[0], n.Parts[1]
	return geo.Position{
		Lat: item.Quantity(lat.Content, item.Bits(b, 0, lat.Bits), lat.Bits),
		Lon: item.Quantity(lon.Content, item.Bits(b, lat.Bits, lon.Bits), lon.Bits),
	}
}

func (r *ADSBReport) motion(m *Message, old bool) {
	if b := m.item(160); b != nil && (old || b[0]&0x80 == 0) {
		r.Has |= HasVelocity
		// Two's complement in editions 0.x; no aircraft flies backwards.
		r.SpeedMPS = math.Abs(s16(b)) * speedLSB
		r.CourseDeg = float64(u16(b[2:])) * angleLSB
	}
	if b := m.item(152); b != nil {
		r.Has |= HasHeading
		r.HeadingDeg = float64(u16(b)) * angleLSB
	}
	for _, number := range [...]int{157, 155} {
		b := m.item(number)
		if b == nil || !old && b[0]&0x80 != 0 {
			continue
		}
		r.Has |= HasClimb
		r.Barometric = number == 155
		if old {
			r.ClimbMPS = s16(b) * climbLSB
		} else {
			r.ClimbMPS = float64(item.Signed(uint64(u16(b)&0x7FFF), 15)) * climbLSB
		}
		return
	}
}

func (r *ADSBReport) identity(m *Message, old bool) {
	if b := m.item(170); b != nil {
		if id, ok := ident(b); ok {
			r.Has |= HasIdent
			r.Ident = id
		}
	}
	if b := m.item(70); b != nil {
		r.Has |= HasMode3A
		r.Mode3A = ModeA{Code: u16(b) & 0x0FFF}
		if old {
			r.Mode3A = modeA(b)
		}
	}
	if b := m.item(20); b != nil {
		r.Has |= HasEmitter
		r.Emitter = b[0]
	}
	if b := m.item(200); b != nil {
		r.Has |= HasEmergency
		if old {
			r.Emergency = Emergency(b[0])
			return
		}
		r.Emergency = Emergency(b[0] >> 2 & 7)
		r.Surveillance = b[0] & 3
		r.MilitaryAlarm = b[0]&0x20 != 0 && m.node(200).SpareMask&0x20 == 0 // from edition 2.2
	}
}

// rest reads what editions 0.x do not say, or say otherwise.
func (r *ADSBReport) rest(m *Message) {
	if b := m.item(15); b != nil {
		r.Has |= HasService
		r.Service = b[0]
	}
	if b := m.item(161); b != nil {
		r.Has |= HasTrack
		r.TrackNumber = u16(b) & 0x0FFF
	}
	if b := m.item(90); b != nil {
		r.quality(b)
	}
	if b := m.item(210); b != nil {
		r.Has |= HasMOPS
		r.MOPS = b[0] >> 3 & 7
	}
	if b := m.item(132); b != nil {
		r.Has |= HasPSRAmplitude
		r.AmplitudeDBm = s8(b[0])
	}
}

func (r *ADSBReport) quality(b []byte) {
	q := &r.Quality
	r.Has |= HasQuality
	q.NACv, q.NIC = b[0]>>5, b[0]>>1&0x0F
	if len(b) > 1 {
		r.Has |= HasNACp
		q.NICBaro, q.SIL, q.NACp = b[1]>>7, b[1]>>5&3, b[1]>>1&0x0F
	}
	if len(b) > 2 {
		r.Has |= HasGVA
		q.SILPerSample, q.SDA, q.GVA = b[2]&0x20 != 0, b[2]>>3&3, b[2]>>1&3
	}
	if len(b) > 3 {
		r.Has |= HasPIC
		q.PIC = b[3] >> 4
	}
}
