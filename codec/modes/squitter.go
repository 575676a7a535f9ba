package modes

import (
	"atalaya/codec"
	"atalaya/codec/modes/cpr"
	"atalaya/geo"
	"atalaya/geo/fmath"
)

// ME is the content of an extended squitter: 56 bits. The standards count
// them from 1, the most significant.
type ME uint64

// bits gives the bits from first to last.
func (me ME) bits(first, last int) uint64 { return uint64(me) >> (56 - last) & (1<<(last-first+1) - 1) }

func (me ME) flag(bit int) bool { return me.bits(bit, bit) == 1 }

// number gives bits as a small number.
func (me ME) number(first, last int) uint8 { return uint8(me.bits(first, last)) }

// typeCode is what the message is.
func (me ME) typeCode() uint8 { return me.number(1, 5) }

// foreign reads the IMF bit of what ground stations send: set when the address
// is none of ICAO's (RTCA DO-260B, 2.2.17 and 2.2.18).
func (me ME) foreign() bool {
	switch tc := me.typeCode(); {
	case tc >= 5 && tc <= 8:
		return me.flag(21)
	case tc >= 9 && tc <= 18, tc >= 20 && tc <= 22:
		return me.flag(8)
	case tc == 19:
		return me.flag(9)
	case tc == 29:
		return me.flag(51)
	case tc == 28, tc == 31:
		return me.flag(56)
	default:
		return false
	}
}

// squitter decodes the content of an extended squitter (ICAO Doc 9871,
// appendices A, B and C).
func (d *Decoder) squitter(m *Message, a *aircraft, me ME) {
	tc := me.typeCode()
	m.TypeCode = codec.Some(tc)
	switch {
	case tc == 0: // a position message without position
		m.setHeight(altitude12(me.bits(9, 20)), geo.DatumPressure)
	case tc <= 4:
		m.identification(me)
	case tc <= 8:
		d.surface(m, a, me)
	case tc <= 18, tc >= 20 && tc <= 22:
		d.airborne(m, a, me)
	case tc == 19:
		m.velocity(me)
		if v, ok := m.GroundSpeed.Get(); ok {
			a.speed, a.speedAt = v, d.now
		}
	case tc == 28:
		m.aircraftStatus(me)
	case tc == 29:
		m.targetState(me)
	case tc == 31:
		m.operationalStatus(me)
		if o := m.Operation; o != nil {
			a.version, a.nacP = codec.Some(o.Version), codec.Some(o.NACp)
			a.nicA, a.nicC = o.NICa, o.NICc
		}
	}
}

// identification reads Doc 9871, table A-2-8.
func (m *Message) identification(me ME) {
	categories := [4][8]string{
		{"D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7"},
		{"C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7"},
		{"B0", "B1", "B2", "B3", "B4", "B5", "B6", "B7"},
		{"A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7"},
	}
	m.Category = categories[me.bits(1, 5)-1&3][me.bits(6, 8)]
	m.CallSign = callSign(me.bits(9, 56))
}

// airborne reads Doc 9871, table A-2-5.
func (d *Decoder) airborne(m *Message, a *aircraft, me ME) {
	tc := me.typeCode()
	datum := geo.DatumPressure
	if tc >= 20 {
		datum = geo.DatumEllipsoid
	}
	m.OnGround = codec.Some(false)
	m.status(me.number(6, 7))
	m.setHeight(altitude12(me.bits(9, 20)), datum)
	if m.own() {
		m.Quality = a.quality(tc, m.Source != ADSR && me.flag(8))
	}
	c := cpr.Position{Lat: uint32(me.bits(23, 39)), Lon: uint32(me.bits(40, 56)), Odd: me.flag(22)}
	m.CPR = codec.Some(c)
	d.locate(m, a, c, false)
}

// status reads the surveillance status of airborne positions.
func (m *Message) status(ss uint8) {
	m.Surveillance = codec.Some(ss)
	m.Alert = codec.Some(ss == 1 || ss == 2)
	m.Ident = codec.Some(ss == 3)
}

// own reports whether the aircraft itself is the source of what m says.
func (m *Message) own() bool {
	return m.Source == ADSB || m.Source == NonTransponder || m.Source == ADSR
}

// surface reads Doc 9871, table A-2-6.
func (d *Decoder) surface(m *Message, a *aircraft, me ME) {
	m.OnGround = codec.Some(true)
	movement := me.number(6, 12)
	m.Movement = codec.Some(movement)
	speed, known := movementSpeed(movement)
	m.GroundSpeed = codec.SomeIf(speed, known)
	m.Track = codec.SomeIf(float64(me.bits(14, 20))*360/128, me.flag(13))
	if m.own() {
		m.Quality = a.quality(me.typeCode(), false)
	}
	c := cpr.Position{Lat: uint32(me.bits(23, 39)), Lon: uint32(me.bits(40, 56)), Odd: me.flag(22), Surface: true}
	m.CPR = codec.Some(c)
	d.locate(m, a, c, known && speed <= 25*knot)
}

// movementSpeed gives the lower end, in metres a second, of the speeds that a
// movement code stands for (Doc 9871, A.2.3.3.1).
func movementSpeed(code uint8) (speed float64, ok bool) {
	n := float64(code)
	knots := 0.0
	switch {
	case code == 0 || code > 124: // unknown, or reserved
		return 0, false
	case code == 1:
		return 0, true
	case code <= 8:
		knots = 0.125 + float64((n-2)*0.125)
	case code <= 12:
		knots = 1 + float64((n-9)*0.25)
	case code <= 38:
		knots = 2 + float64((n-13)*0.5)
	case code <= 93:
		knots = 15 + (n - 39)
	case code <= 108:
		knots = 70 + float64((n-94)*2)
	case code <= 123:
		knots = 100 + float64((n-109)*5)
	default:
		knots = 175
	}
	return float64(knots * knot), true
}

// velocity reads Doc 9871, table A-2-9. A field at its maximum means that much
// or more.
func (m *Message) velocity(me ME) {
	subtype := me.number(6, 8)
	m.Subtype = codec.Some(subtype)
	if subtype < 1 || subtype > 4 {
		return
	}
	if m.Source == ADSB || m.Source == NonTransponder {
		m.IntentChange = codec.Some(me.flag(9))
		m.IFR = codec.Some(me.flag(10))
	}
	if m.own() {
		m.NACv = codec.Some(me.number(11, 13))
	}
	scale := knot
	if subtype == 2 || subtype == 4 { // supersonic
		scale = 4 * knot
	}
	if subtype <= 2 {
		m.ground(signed(me.flag(14), me.bits(15, 24), scale), signed(me.flag(25), me.bits(26, 35), scale))
	} else {
		m.Heading = codec.SomeIf(float64(me.bits(15, 24))*360/1024, me.flag(14))
		m.AirSpeed = signed(false, me.bits(26, 35), scale)
		if me.flag(25) {
			m.AirSpeedKind = TrueAir
		}
	}
	m.Climb = signed(me.flag(37), me.bits(38, 46), 64*footPerMinute)
	m.ClimbFrom = geo.DatumEllipsoid
	if me.flag(36) {
		m.ClimbFrom = geo.DatumPressure
	}
	m.HeightDifference = signed(me.flag(49), me.bits(50, 56), 25*foot)
}

// ground sets speed and track over ground from their components.
func (m *Message) ground(east, north codec.Opt[float64]) {
	e, okE := east.Get()
	n, okN := north.Get()
	if !okE || !okN {
		return
	}
	m.East, m.North = east, north
	m.GroundSpeed = codec.Some(fmath.Hypot(e, n))
	m.Track = codec.SomeIf(geo.WrapBearing(fmath.Atan2Degrees(e, n)), e != 0 || n != 0)
}

// signed reads the velocity fields' common form: 0 for unknown, else one more
// than the value.
func signed(negative bool, field uint64, scale float64) codec.Opt[float64] {
	if field == 0 {
		return codec.Opt[float64]{}
	}
	v := float64(float64(field-1) * scale)
	if negative && v != 0 {
		v = -v
	}
	return codec.Some(v)
}
