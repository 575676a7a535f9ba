package modes

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes/cpr"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
)

// Address is a 24-bit aircraft address.
type Address uint32

// String gives six lower-case hexadecimal digits.
func (a Address) String() string {
	return hex.EncodeToString([]byte{byte(a >> 16), byte(a >> 8), byte(a)})
}

// Source is who made a message.
type Source uint8

// Who makes messages.
const (
	Transponder    Source = iota // replies and acquisition squitters
	ADSB                         // the aircraft's own broadcast: DF17
	NonTransponder               // a broadcast without a transponder: DF18 CF 0 and 1
	TISB                         // ground stations, of what their radars see: DF18 CF 2, 3, 5
	ADSR                         // ground stations, of what they hear on other links: DF18 CF 6
	Management                   // ground stations, of themselves: DF18 CF 4
	MLAT                         // a multilateration server, as a made-up frame
	Unstated                     // BaseStation text, DF18 CF 7
)

func (s Source) String() string {
	return name(s, "transponder", "ads-b", "ads-b-nt", "tis-b", "ads-r", "management", "mlat", "unstated")
}

// Parity is what the parity of a frame proves.
type Parity uint8

// Results of the parity check of good frames.
const (
	NoParity      Parity = iota // the container carries none: SBS, Mode A/C
	Good                        // remainder 0
	Interrogated                // an all-call reply whose remainder is an interrogator code
	KnownAddress                // the remainder is the address of a known aircraft
	RepairedFrame               // good after one bit was flipped
)

func (p Parity) String() string {
	return name(p, "none", "good", "interrogator", "address", "repaired")
}

// Method is how a position was decoded.
type Method uint8

// How positions are decoded.
const (
	NoPosition Method = iota
	ByPair            // from an even and an odd message: needs nothing else
	ByLast            // one message and the aircraft's last position
	ByReceiver        // one message and the receiver's position
	AsStated          // BaseStation text: decoded by somebody else
)

func (m Method) String() string { return name(m, "", "pair", "last", "receiver", "stated") }

// Refusal is why a decoded position was not believed.
type Refusal uint8

// Why positions are refused.
const (
	NotRefused   Refusal = iota
	RefusedJump          // nothing gets there from the last position in the time
	RefusedRange         // farther from the receiver than Config.MaxRange
)

func (r Refusal) String() string { return name(r, "", "jump", "range") }

// Emergency is an emergency or priority state (ICAO Doc 9871, table B-2-97).
type Emergency uint8

// The emergency states.
const (
	NoEmergency Emergency = iota
	GeneralEmergency
	Medical
	MinimumFuel
	NoCommunications
	UnlawfulInterference
	DownedAircraft
	ReservedEmergency
)

func (e Emergency) String() string {
	return name(e, "none", "general", "medical", "fuel", "radio", "interference", "downed", "reserved")
}

// Speed is which speed an airspeed is.
type Speed uint8

// The airspeeds.
const (
	Indicated Speed = iota
	TrueAir
)

func (s Speed) String() string { return name(s, "indicated", "true") }

// name gives the word at a number.
func name[T ~uint8](i T, words ...string) string {
	if int(i) < len(words) {
		return words[i]
	}
	return fmt.Sprintf("unknown(%d)", uint8(i))
}

// Message is one good frame or line, with what was decoded of it. What the
// sender said is "not available" is absent. The package comment has the units
// and the names in JSON.
type Message struct {
	Received time.Time // see Config.Recorded
	Stated   time.Time // the receiver's own clock, where it has a full one; else zero

	Container Container
	Kind      framing.Kind
	Ticks     codec.Opt[uint64] // the receiver's counter, 12 MHz
	Signal    codec.Opt[uint8]  // amplitude in 1/255 of full scale
	Raw       []byte            // the Mode S frame or Mode A/C reply as received, the line, the status

	DF          codec.Opt[uint8] // downlink format
	Source      Source
	Parity      Parity
	RepairedBit uint8 // counted from 1; 0: none
	Address     codec.Opt[Address]
	Other       bool // the address is none of ICAO's: a vehicle, an obstacle, a track number, anonymous

	Capability       codec.Opt[uint8] // CA of DF11 and DF17
	Control          codec.Opt[uint8] // CF of DF18
	Interrogator     Interrogator
	FlightStatus     codec.Opt[uint8] // FS of replies
	Surveillance     codec.Opt[uint8] // surveillance status of airborne positions: 1 emergency, 2 new Mode A code, 3 ident
	DownlinkRequest  codec.Opt[uint8]
	Utility          codec.Opt[uint8]
	CrossLink        codec.Opt[bool]
	Sensitivity      codec.Opt[uint8]
	ReplyInformation codec.Opt[uint8]
	Data             codec.Opt[uint64] // MB of DF20 and DF21, MV of DF16: 56 bits, not decoded
	TypeCode         codec.Opt[uint8]
	Subtype          codec.Opt[uint8]
	SBSType          codec.Opt[uint8] // transmission type, 1 to 8

	ModeAC   codec.Opt[Squawk] // of a Mode A/C reply: code or altitude
	Squawk   codec.Opt[Squawk]
	CallSign string
	Category string // emitter category, "A0" to "D7"; "A0" says nothing

	OnGround  codec.Opt[bool]
	Alert     codec.Opt[bool] // the Mode A code changed, or is an emergency code
	Ident     codec.Opt[bool] // the pilot pressed the IDENT button (SPI)
	Emergency codec.Opt[Emergency]
	Advisory  codec.Opt[uint64] // TCAS resolution advisory: 48 bits, not decoded

	Height     geo.Height
	HeightStep float64 // metres: resolution of Height

	CPR      codec.Opt[cpr.Position]
	Position geo.Position
	Method   Method
	Refused  Refusal // a position was refused; one by another method may still be there
	Quality  Quality

	East, North      codec.Opt[float64]
	GroundSpeed      codec.Opt[float64]
	Track            codec.Opt[float64]
	AirSpeed         codec.Opt[float64]
	AirSpeedKind     Speed
	Heading          codec.Opt[float64]
	Climb            codec.Opt[float64]
	ClimbFrom        geo.Datum          // DatumPressure or DatumEllipsoid
	HeightDifference codec.Opt[float64] // height above the ellipsoid minus pressure height
	IntentChange     codec.Opt[bool]
	IFR              codec.Opt[bool]
	NACv             codec.Opt[uint8]
	Movement         codec.Opt[uint8] // as sent; 125 to 127 are no speeds

	Operation *Operation // operational status, type code 31
	Target    *Target    // target state, type code 29
}

// Interrogator is the code of the ground station that an all-call reply
// answers (ICAO Annex 10 Volume IV, 3.1.2.5.2.1.2).
type Interrogator struct {
	Surveillance bool  // an SI code, 1 to 63, not an II code, 0 to 15
	Code         uint8 // 0 of II: nobody asked, an acquisition squitter
}

// String gives "II5" or "SI44".
func (i Interrogator) String() string {
	if i.Surveillance {
		return fmt.Sprintf("SI%d", i.Code)
	}
	return fmt.Sprintf("II%d", i.Code)
}

// Operation is an aircraft operational status message.
type Operation struct {
	Surface          bool
	Version          uint8 // of ADS-B: 0 is DO-260, 1 DO-260A, 2 DO-260B
	Capability       uint16
	Mode             uint16
	NICa, NICc       bool
	NACp             uint8
	GVA              codec.Opt[uint8] // geometric vertical accuracy
	SIL              uint8
	SILPerSample     codec.Opt[bool]
	SDA              codec.Opt[uint8]
	NICBaro          codec.Opt[bool]
	MagneticHeadings bool
	TrackIsHeading   codec.Opt[bool] // surface: the ground track sent is the heading
	AdvisoryActive   codec.Opt[bool]
	SingleAntenna    codec.Opt[bool]
	Length, Width    float64 // metres, upper bounds; 0: not stated
}

// Target is a target state and status message of version 2.
type Target struct {
	Height     codec.Opt[float64] // metres of pressure altitude
	FromFMS    bool               // the flight management system's, not the crew's
	Setting    codec.Opt[float64] // hectopascals
	Heading    codec.Opt[float64] // degrees
	NACp       uint8
	NICBaro    bool
	SIL        uint8
	Autopilot  codec.Opt[bool]
	VNAV       codec.Opt[bool]
	HoldHeight codec.Opt[bool]
	Approach   codec.Opt[bool]
	LNAV       codec.Opt[bool]
	TCAS       bool // operational
}

// place sets the position.
func (m *Message) place(p geo.Position, by Method) { m.Position, m.Method = p, by }

// setHeight sets a height that was decoded from an altitude code.
func (m *Message) setHeight(a altitude, datum geo.Datum) {
	if a.ok {
		m.Height, m.HeightStep = geo.Height{Metres: a.metres, Datum: datum}, a.step
	}
}

// callSign reads the eight characters, six bits each, of an identification
// (ICAO Annex 10 Volume IV, table 3-8). Spaces around it and zeros behind it
// are padding; what else is no character prints as '#'.
func callSign(chars uint64) string {
	var sign [8]byte
	last := 0
	for i := range sign {
		c := byte(chars >> (42 - 6*i) & 0x3F)
		if c != 0 {
			last = i + 1
		}
		switch {
		case c >= 1 && c <= 26:
			sign[i] = 'A' + c - 1
		case c >= '0' && c <= '9', c == ' ':
			sign[i] = c
		default:
			sign[i] = '#'
		}
	}
	return string(bytes.TrimSpace(sign[:last]))
}
