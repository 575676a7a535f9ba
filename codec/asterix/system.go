package asterix

import (
	"slices"
	"time"

	"atalaya/codec/asterix/item"
	"atalaya/geo"
)

// SystemTrack is a record of category 062: what another surveillance system
// believes about one target.
type SystemTrack struct {
	Has       Has
	Source    Source
	Service   uint8         // I062/015
	TimeOfDay time.Duration // I062/070, UTC
	Number    uint16        // I062/040

	Position   geo.Position // I062/105
	XM, YM     float64      // I062/100, east and north in the system's plane
	VXMPS      float64      // I062/185, east
	VYMPS      float64      // north
	AXMPS2     float64      // I062/210
	AYMPS2     float64
	LevelM     float64 // I062/136, measured pressure altitude
	HeightM    float64 // I062/130, calculated, above the WGS84 ellipsoid
	BaroM      float64 // I062/135, calculated, above 1013.25 hPa, or, with QNH, above mean sea level
	QNH        bool
	ClimbMPS   float64  // I062/220
	Movement   Movement // I062/200
	Mode3A     ModeA    // I062/060; Stale is not said
	ModeChange bool     // the code has changed

	Address  uint32 // I062/380 ADR
	Emitter  uint8  // I062/380 EMC
	Ident    Ident  // I062/245 where it is of the aircraft, or else I062/380 ID
	Callsign Ident  // I062/390 CS, of the flight plan, seven characters
	Fleet    uint8  // I062/300
	// FlightStatus is I062/380 COM STAT: 1 and 3 on the ground.
	FlightStatus uint8
	State        TrackState
	// Ages since the last update of each sort, where Aged has its bit.
	Ages [NumberOfAges]time.Duration // I062/290
	Aged uint16

	LengthM, WidthM float64 // I062/270
	OrientationDeg  float64

	Sigma    SystemErrors
	Measured Measured
}

// TrackState is I062/080.
type TrackState struct {
	Monosensor bool
	SPI        bool
	// GeometricBest: the geometric height is more reliable than the barometric.
	GeometricBest bool
	HeightSource  uint8 // SRC: 0 none, 1 GNSS, 2 3-D radar, 3 triangulation, 4 coverage, 5 speed table, 6 default, 7 multilateration
	Tentative     bool
	Simulated     bool
	Last          bool // the last message of the track
	First         bool // the first message of the track
	FlightPlan    bool // correlated with a flight plan
	Inconsistent  bool // its ADS-B data contradict other sensors
	Amalgamated   bool
	FriendOrFoe   uint8 // MD4
	MilitaryAlarm bool
	MilitaryIdent bool
	Coasting      bool // no update for longer than the system's threshold
	Emergency     Emergency
	Doubtful      bool // potential false track
	OnSurface     bool // from edition 1.18
}

// Movement is I062/200.
type Movement struct {
	Transversal  uint8 // 0 straight, 1 right, 2 left, 3 unknown
	Longitudinal uint8 // 0 constant, 1 faster, 2 slower, 3 unknown
	Vertical     uint8 // 0 level, 1 climb, 2 descent, 3 unknown
	Discrepancy  bool  // of its altitudes
}

// The ages of I062/290, as index of SystemTrack.Ages.
const (
	AgeTrack = iota
	AgePSR
	AgeSSR
	AgeModeS
	AgeADSC
	AgeES
	AgeVDL
	AgeUAT
	AgeLoop
	AgeMultilateration
	NumberOfAges
)

// SystemErrors is I062/500: standard deviations that the system states.
type SystemErrors struct {
	XM, YM float64 // HasCartesianError
	// CovarianceM has the sign of the covariance of X and Y and the square
	// root of its size.
	CovarianceM     float64
	HasCovariance   bool
	LatDeg, LonDeg  float64 // HasPositionError
	HeightM         float64 // HasHeightError
	BaroM           float64 // HasBaroError
	VXMPS, VYMPS    float64 // HasVelocityError
	ClimbMPS        float64 // HasClimbError
	AXMPS2, AYMPS2  float64
	HasAcceleration bool
}

// Measured is I062/340: what the last sensor measured.
type Measured struct {
	Sensor     Source  // HasSensor
	RangeM     float64 // HasPolar
	AzimuthDeg float64
	HeightM    float64   // HasMeasuredHeight
	Detection  Detection // HasMeasuredDetect
	Simulated  bool
	Test       bool
}

// System reads a record of category 062.
func (m *Message) System() (s SystemTrack, ok bool) {
	if m.Category != 62 {
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
func (s *SystemTrack) item(frn int, b []byte, m *Message) {
	switch frn {
	case 3:
		s.Has |= HasService
		s.Service = b[0]
	case 4:
		s.Has |= HasTime
		s.TimeOfDay = timeOfDay(b)
	case 5:
		if p := (geo.Position{Lat: s32(b) * wgs32LSB, Lon: s32(b[4:]) * wgs32LSB}); p.Valid() {
			s.Has |= HasPosition
			s.Position = p
		}
	case 6:
		s.Has |= HasCartesian
		s.XM, s.YM = s24(b)*0.5, s24(b[3:])*0.5
	case 7:
		s.Has |= HasVelocity
		s.VXMPS, s.VYMPS = s16(b)*0.25, s16(b[2:])*0.25
	case 8:
		s.Has |= HasAcceleration
		s.AXMPS2, s.AYMPS2 = s8(b[0])*0.25, s8(b[1])*0.25
	case 9:
		s.Has |= HasMode3A
		s.Mode3A = modeA(b)
		s.ModeChange, s.Mode3A.Stale = s.Mode3A.Stale, false
	case 10:
		// STI 0: from the target; 1 and 2: not from the target.
		if id, ok := ident(b[1:]); ok && b[0]>>6 == 0 {
			s.Has |= HasIdent
			s.Ident = id
		}
	case 11:
		s.aircraft(m, b)
	case 12:
		s.Has |= HasTrack
		s.Number = u16(b)
	case 13:
		s.state(b)
	case 14:
		s.ages(m, b)
	case 15:
		s.Has |= HasMovement
		s.Movement = Movement{
			Transversal: b[0] >> 6, Longitudinal: b[0] >> 4 & 3, Vertical: b[0] >> 2 & 3,
			Discrepancy: b[0]&0x02 != 0,
		}
	case 17:
		s.Has |= HasLevel
		s.LevelM = s16(b) * quarterLevel
	case 18:
		s.Has |= HasHeight
		s.HeightM = s16(b) * geoLSB
	case 19:
		s.Has |= HasBaro
		s.QNH = b[0]&0x80 != 0
		s.BaroM = float64(item.Signed(uint64(u16(b)&0x7FFF), 15)) * quarterLevel
	case 20:
		s.Has |= HasClimb
		s.ClimbMPS = s16(b) * climbLSB
	case 21:
		s.flightPlan(m, b)
	case 22:
		s.Has |= HasSize
		s.LengthM = float64(b[0] >> 1)
		if len(b) > 1 {
			s.OrientationDeg = float64(b[1]>>1) * 360 / 128
		}
		if len(b) > 2 {
			s.WidthM = float64(b[2] >> 1)
		}
	case 23:
		s.Has |= HasFleet
		s.Fleet = b[0]
	case 27:
		s.errors(m, b)
	case 28:
		s.measured(m, b)
	}
}

// aircraft reads I062/380.
func (s *SystemTrack) aircraft(m *Message, b []byte) {
	for n, o := range item.Parts(m.node(380), b) {
		switch n.Name {
		case "ADR":
			s.Has |= HasAddress
			s.Address = u24(o)
		case "ID":
			if id, ok := ident(o); ok && !s.Has.All(HasIdent) {
				s.Has |= HasIdent
				s.Ident = id
			}
		case "COM":
			s.Has |= HasFlightStatus
			s.FlightStatus = o[0] >> 2 & 7
		case "EMC":
			s.Has |= HasEmitter
			s.Emitter = o[0]
		}
	}
}

// state reads I062/080, seven flags an octet.
func (s *SystemTrack) state(b []byte) {
	var o [6]byte
	copy(o[:], b)
	s.Has |= HasStatus
	s.State = TrackState{
		Monosensor: o[0]&0x80 != 0, SPI: o[0]&0x40 != 0, GeometricBest: o[0]&0x20 != 0,
		HeightSource: o[0] >> 2 & 7, Tentative: o[0]&0x02 != 0,
		Simulated: o[1]&0x80 != 0, Last: o[1]&0x40 != 0, First: o[1]&0x20 != 0,
		FlightPlan: o[1]&0x10 != 0, Inconsistent: o[1]&0x08 != 0,
		Amalgamated: o[2]&0x80 != 0, FriendOrFoe: o[2] >> 5 & 3,
		MilitaryAlarm: o[2]&0x10 != 0, MilitaryIdent: o[2]&0x08 != 0,
		Coasting: o[3]&0x80 != 0, Doubtful: o[4]&0x04 != 0, OnSurface: o[5]&0x10 != 0,
	}
	if len(b) > 4 {
		s.Has |= HasEmergency
		s.State.Emergency = Emergency(o[4] >> 3 & 7)
	}
}

func (s *SystemTrack) ages(m *Message, b []byte) {
	node := m.node(290)
	for n, o := range item.Parts(node, b) {
		i := slices.Index(node.Parts, n)
		s.Aged |= 1 << i
		s.Ages[i] = time.Duration(item.Uint(o)) * time.Second / 4
	}
}

// flightPlan reads the call sign of I062/390.
func (s *SystemTrack) flightPlan(m *Message, b []byte) {
	for n, o := range item.Parts(m.node(390), b) {
		if n.Name != "CS" {
			continue
		}
		id := NewIdent("")
		for i, ch := range o {
			if ch < ' ' || ch > '~' {
				return
			}
			id[i] = ch
		}
		if id != NewIdent("") {
			s.Has |= HasCallsign
			s.Callsign = id
		}
	}
}

// errors reads I062/500.
func (s *SystemTrack) errors(m *Message, b []byte) {
	for n, o := range item.Parts(m.node(500), b) {
		switch n.Name {
		case "APC":
			s.Has |= HasCartesianError
			s.Sigma.XM, s.Sigma.YM = float64(u16(o))*0.5, float64(u16(o[2:]))*0.5
		case "COV":
			s.Sigma.HasCovariance = true
			s.Sigma.CovarianceM = s16(o) * 0.5
		case "APW":
			s.Has |= HasPositionError
			s.Sigma.LatDeg, s.Sigma.LonDeg = float64(u16(o))*wgs32LSB, float64(u16(o[2:]))*wgs32LSB
		case "AGA":
			s.Has |= HasHeightError
			s.Sigma.HeightM = float64(o[0]) * geoLSB
		case "ABA":
			s.Has |= HasBaroError
			s.Sigma.BaroM = float64(o[0]) * quarterLevel
		case "ATV":
			s.Has |= HasVelocityError
			s.Sigma.VXMPS, s.Sigma.VYMPS = float64(o[0])*0.25, float64(o[1])*0.25
		case "AA":
			s.Sigma.HasAcceleration = true
			s.Sigma.AXMPS2, s.Sigma.AYMPS2 = float64(o[0])*0.25, float64(o[1])*0.25
		case "ARC":
			s.Has |= HasClimbError
			s.Sigma.ClimbMPS = float64(o[0]) * climbLSB
		}
	}
}

// measured reads I062/340.
func (s *SystemTrack) measured(m *Message, b []byte) {
	for n, o := range item.Parts(m.node(340), b) {
		switch n.Name {
		case "SID":
			s.Has |= HasSensor
			s.Measured.Sensor = Source{SAC: o[0], SIC: o[1]}
		case "POS":
			s.Has |= HasPolar
			s.Measured.RangeM = float64(u16(o)) * rangeLSB
			s.Measured.AzimuthDeg = float64(u16(o[2:])) * angleLSB
		case "HEIGHT":
			s.Has |= HasMeasuredHeight
			s.Measured.HeightM = s16(o) * quarterLevel
		case "TYP":
			s.Has |= HasMeasuredDetect
			s.Measured.Detection = Detection(o[0] >> 5)
			s.Measured.Simulated, s.Measured.Test = o[0]&0x10 != 0, o[0]&0x04 != 0
		}
	}
}
