package modes

import (
	"math"
	"strings"

	"atalaya/codec"
	"atalaya/codec/modes/cpr"
	"atalaya/geo"
)

// AllCall makes an all-call reply (DF11); ca 5 is airborne, 4 on the ground.
// With interrogator code II 0 it is an acquisition squitter.
func AllCall(a Address, ca uint8, asked Interrogator) []byte {
	frame := make([]byte, 7)
	begin(frame, 11, ca, a)
	overlay := uint32(asked.Code)
	if asked.Surveillance {
		overlay = uint32(asked.Code)&0xF | uint32(asked.Code>>4+1)<<4
	}
	seal(frame, overlay)
	return frame
}

// Squitter makes an extended squitter of an aircraft with transponder (DF17);
// ca 5 is airborne, 4 on the ground.
func Squitter(a Address, ca uint8, me ME) []byte { return extendedSquitter(17, a, ca, me) }

// GroundSquitter makes an extended squitter of anything else (DF18): cf 0 with
// an ICAO address, 1 with another, 2 and 5 TIS-B, 6 ADS-R.
func GroundSquitter(a Address, cf uint8, me ME) []byte { return extendedSquitter(18, a, cf, me) }

func extendedSquitter(df uint8, a Address, sub uint8, me ME) []byte {
	frame := make([]byte, 14)
	begin(frame, df, sub, a)
	for i := range 7 {
		frame[4+i] = byte(me >> (48 - 8*i))
	}
	seal(frame, 0)
	return frame
}

func begin(frame []byte, df, sub uint8, a Address) {
	frame[0], frame[1], frame[2], frame[3] = df<<3|sub&7, byte(a>>16), byte(a>>8), byte(a)
}

// put gives a value at its place in a message; bits count from 1.
func put(v uint64, first, last int) ME { return ME(v & (1<<(last-first+1) - 1) << (56 - last)) }

func putFlag(b bool, bit int) ME { return put(uint64(boolean(b)), bit, bit) }

// Identification is a call sign of up to eight letters and digits and an
// emitter category, "A0" to "D7".
type Identification struct {
	CallSign string
	Category string
}

// ME encodes type codes 1 to 4.
func (i Identification) ME() ME {
	tc, category := uint64(4), uint64(0)
	if len(i.Category) == 2 && i.Category[0] >= 'A' && i.Category[0] <= 'D' {
		tc, category = uint64('D'-i.Category[0])+1, uint64(i.Category[1]-'0')
	}
	me := put(tc, 1, 5) | put(category, 6, 8)
	sign := strings.ToUpper(i.CallSign)
	for n := range 8 {
		code := uint64(' ')
		if n < len(sign) {
			switch c := sign[n]; {
			case c >= 'A' && c <= 'Z':
				code = uint64(c-'A') + 1
			case c >= '0' && c <= '9':
				code = uint64(c)
			}
		}
		me |= put(code, 9+6*n, 14+6*n)
	}
	return me
}

// AirbornePosition is sent alternately even and odd.
type AirbornePosition struct {
	Position geo.Position
	// Height of pressure gives type codes 9 to 18, one above the ellipsoid 20
	// to 22; any other is sent as not available.
	Height geo.Height
	// TypeCode states the quality; 0 means 11 (NIC 8, 185 m) or 20.
	TypeCode uint8
	// NICb is NIC supplement B.
	NICb bool
	// Emergency is the permanent alert that goes with an emergency code.
	Emergency bool
	Odd       bool
}

// ME encodes type codes 9 to 18 and 20 to 22.
func (p AirbornePosition) ME() ME {
	tc := p.TypeCode
	if tc == 0 {
		tc = 11
		if p.Height.Datum == geo.DatumEllipsoid {
			tc = 20
		}
	}
	c := cpr.Encode(p.Position, p.Odd, false)
	return put(uint64(tc), 1, 5) | put(uint64(boolean(p.Emergency)), 6, 7) | putFlag(p.NICb, 8) |
		put(encodeAltitude12(p.Height), 9, 20) | putCPR(c)
}

func putCPR(c cpr.Position) ME {
	return putFlag(c.Odd, 22) | put(uint64(c.Lat), 23, 39) | put(uint64(c.Lon), 40, 56)
}

// encodeAltitude12 writes a height in steps of 25 feet. Above 50,175 feet the
// code has only Gillham's steps of 100, which are not written: not available.
func encodeAltitude12(h geo.Height) uint64 {
	n := math.Round((h.Metres/foot + 1000) / 25)
	if (h.Datum != geo.DatumPressure && h.Datum != geo.DatumEllipsoid) || !(n >= 0 && n < 1<<11) {
		return 0
	}
	return uint64(n)>>4<<5 | 0x10 | uint64(n)&0xF
}

// SurfacePosition is sent alternately even and odd.
type SurfacePosition struct {
	Position geo.Position
	Speed    codec.Opt[float64] // metres a second
	Track    codec.Opt[float64] // degrees
	// TypeCode states the quality; 0 means 7 (NIC 8, 185 m).
	TypeCode uint8
	Odd      bool
}

// ME encodes type codes 5 to 8.
func (p SurfacePosition) ME() ME {
	tc := p.TypeCode
	if tc == 0 {
		tc = 7
	}
	me := put(uint64(tc), 1, 5) | putCPR(cpr.Encode(p.Position, p.Odd, true))
	if speed, ok := p.Speed.Get(); ok {
		movement := uint8(1)
		for next, _ := movementSpeed(movement + 1); movement < 124 && next <= speed; next, _ = movementSpeed(movement + 1) {
			movement++
		}
		me |= put(uint64(movement), 6, 12)
	}
	if track, ok := p.Track.Get(); ok {
		me |= putFlag(true, 13) | put(uint64(math.Round(geo.WrapBearing(track)*128/360)), 14, 20)
	}
	return me
}

// Velocity is a velocity over ground, metres a second.
type Velocity struct {
	East, North float64
	Climb       codec.Opt[float64]
	ClimbFrom   geo.Datum // DatumEllipsoid for a geometric rate, else of pressure
	// HeightDifference is height above the ellipsoid minus pressure height, in
	// metres.
	HeightDifference codec.Opt[float64]
	NACv             uint8
}

// ME encodes type code 19, subtype 1, or 2 for speeds that need it.
func (v Velocity) ME() ME {
	subtype, scale := uint64(1), knot
	if max(math.Abs(v.East), math.Abs(v.North)) > 1021.5*knot {
		subtype, scale = 2, 4*knot
	}
	me := put(19, 1, 5) | put(subtype, 6, 8) | put(uint64(v.NACv), 11, 13) |
		putSigned(v.East, scale, 14, 24) | putSigned(v.North, scale, 25, 35) |
		putFlag(v.ClimbFrom != geo.DatumEllipsoid, 36)
	if climb, ok := v.Climb.Get(); ok {
		me |= putSigned(climb, 64*footPerMinute, 37, 46)
	}
	if difference, ok := v.HeightDifference.Get(); ok {
		me |= putSigned(difference, 25*foot, 49, 56)
	}
	return me
}

// putSigned writes a sign bit and one more than the value, the largest where
// that does not fit.
func putSigned(v, scale float64, sign, last int) ME {
	largest := uint64(1)<<(last-sign) - 1
	field := min(uint64(math.Round(math.Abs(v)/scale))+1, largest)
	return putFlag(v < 0, sign) | put(field, sign+1, last)
}

// EmergencyStatus is an emergency with the Mode A code.
type EmergencyStatus struct {
	State  Emergency
	Squawk Squawk
}

// ME encodes type code 28, subtype 1.
func (e EmergencyStatus) ME() ME {
	return put(28, 1, 5) | put(1, 6, 8) | put(uint64(e.State), 9, 11) | put(encodeIdentity13(e.Squawk), 12, 24)
}

// OperationalStatus is an airborne operational status of ADS-B version 2.
type OperationalStatus struct {
	NICa    bool
	NACp    uint8
	GVA     uint8
	SIL     uint8
	SDA     uint8
	NICBaro bool
}

// ME encodes type code 31, subtype 0.
func (s OperationalStatus) ME() ME {
	return put(31, 1, 5) | put(uint64(s.SDA), 31, 32) | put(2, 41, 43) | putFlag(s.NICa, 44) |
		put(uint64(s.NACp), 45, 48) | put(uint64(s.GVA), 49, 50) | put(uint64(s.SIL), 51, 52) | putFlag(s.NICBaro, 53)
}
