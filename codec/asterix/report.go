package asterix

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"

	"atalaya/codec/asterix/item"
	"atalaya/codec/asterix/spec"
)

// Has says which quantities a report has. What is not said to be there is zero
// and means nothing.
type Has uint64

// The quantities of the four reports.
const (
	HasTime           Has = 1 << iota
	HasDescriptor         // the flags that tell what sort of report it is
	HasPosition           // WGS84
	HasPolar              // range and azimuth from the station
	HasCartesian          // X and Y
	HasMode3A             // 12-bit code
	HasLevel              // pressure altitude
	HasHeight             // geometric height
	HasBaro               // calculated barometric altitude
	HasAddress            // 24-bit ICAO address
	HasIdent              // identification of eight characters
	HasTrack              // track number
	HasVelocity           // over ground
	HasClimb              // rate of climb
	HasHeading            // magnetic
	HasAcceleration       //
	HasStatus             // of the track
	HasQuality            // stated errors of the track, or quality indicators
	HasNACp               // quality indicators of versions 1 and 2
	HasGVA                // quality indicators of version 2
	HasPIC                // position integrity category
	HasEmitter            // emitter category
	HasEmergency          // emergency or priority state
	HasFlightStatus       // Mode S flight status
	HasWarnings           // warnings and target classification
	HasDoppler            // radial speed
	HasSSRRunLength       //
	HasReplies            //
	HasSSRAmplitude       //
	HasPSRRunLength       //
	HasPSRAmplitude       // of the primary plot, or of an ADS-B message
	HasRangeOffset        // primary minus secondary
	HasAzimuthOffset      // primary minus secondary
	HasSector             // azimuth of the antenna
	HasRotation           // period of the antenna
	HasState              // of the station
	HasWindow             // polar window
	HasFilter             // data filter
	HasCounts             // message counts
	HasCollimation        // range and azimuth errors
	HasMOPS               // version of the ADS-B transponder
	HasService            // service identification
	HasCallsign           // of the flight plan
	HasFleet              // vehicle fleet
	HasSize               // of the target
	HasMovement           // mode of movement
	HasPositionError      // stated errors, one by one
	HasCartesianError     //
	HasHeightError        //
	HasBaroError          //
	HasVelocityError      //
	HasClimbError         //
	HasSensor             // the sensor that measured last
	HasMeasuredHeight     //
	HasMeasuredDetect     //
)

// All reports whether all of these quantities are there.
func (h Has) All(want Has) bool { return h&want == want }

// Lengths and speeds of the standard in SI units.
const (
	nauticalMile = 1852.0               // m
	quarterLevel = 7.62                 // m: 1/4 flight level, 25 ft
	geoLSB       = 1.905                // m: 6.25 ft
	climbLSB     = 0.03175              // m/s: 6.25 ft/min
	speedLSB     = nauticalMile / 16384 // m/s: 2^-14 NM/s
	angleLSB     = 360.0 / 65536        // deg
	rangeLSB     = nauticalMile / 256   // m
	cartesianLSB = nauticalMile / 128   // m
	timeLSB      = time.Second / 128    // 7,812,500 ns exactly
	wgs24LSB     = 180.0 / (1 << 23)    // deg
	wgs32LSB     = 180.0 / (1 << 25)    // deg, I062/105
	fineAngleLSB = 360.0 / 4096         // deg, I048/210 SIGH
	runLengthLSB = 360.0 / 8192         // deg, I048/130
	offsetLSB    = 360.0 / 16384        // deg, I048/130 APD, I034/090
)

func u16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

func s16(b []byte) float64 { return float64(int16(u16(b))) } //nolint:gosec // two's complement

func u24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

func s24(b []byte) float64 { return float64(item.Signed(uint64(u24(b)), 24)) }

func s32(b []byte) float64 {
	return float64(int32(binary.BigEndian.Uint32(b))) //nolint:gosec // two's complement
}

func s8(o byte) float64 { return float64(int8(o)) } //nolint:gosec // two's complement

func timeOfDay(b []byte) time.Duration { return time.Duration(u24(b)) * timeLSB }

// ModeA is a Mode 3/A reply.
type ModeA struct {
	Code         uint16 // twelve bits, three a digit
	NotValidated bool
	Garbled      bool
	// Stale: not extracted in the last scan (I048), in the last update (I021).
	Stale bool
}

// String gives the four octal digits.
func (a ModeA) String() string { return fmt.Sprintf("%04o", a.Code) }

func modeA(b []byte) ModeA {
	return ModeA{
		Code: u16(b) & 0x0FFF, NotValidated: b[0]&0x80 != 0, Garbled: b[0]&0x40 != 0, Stale: b[0]&0x20 != 0,
	}
}

// Level is a pressure altitude, as a transponder reports it.
type Level struct {
	M            float64 // above 1013.25 hPa
	NotValidated bool
	Garbled      bool
}

// level reads I048/090: two flags, a quarter flight level in 14 bits.
func level(b []byte) Level {
	return Level{
		M:            float64(item.Signed(uint64(u16(b)&0x3FFF), 14)) * quarterLevel,
		NotValidated: b[0]&0x80 != 0, Garbled: b[0]&0x40 != 0,
	}
}

// Ident is an identification of eight characters (or seven), filled up with
// spaces.
type Ident [8]byte

// String gives it without the spaces after it.
func (i Ident) String() string { return strings.TrimRight(string(i[:]), " \x00") }

// NewIdent makes an Ident; what is longer is cut.
func NewIdent(s string) Ident {
	i := Ident{' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}
	copy(i[:], s)
	return i
}

// ident reads six octets of eight characters. Blank ones, and ones with a code
// that is no character, identify nothing.
func ident(b []byte) (Ident, bool) {
	var id Ident
	v := item.Uint(b)
	some := false
	for i := range id {
		id[i] = item.Character(spec.ICAO, byte(v>>(42-6*i))&0x3F)
		if id[i] == 0 {
			return Ident{}, false
		}
		some = some || id[i] != ' '
	}
	return id, some
}

// Detection says how a radar saw a target (I048/020 TYP, I062/340 TYP).
type Detection uint8

// The ways of detection.
const (
	NoDetection Detection = iota
	PSR                   // primary
	SSR                   // secondary
	SSRPSR
	AllCall  // Mode S
	RollCall // Mode S
	AllCallPSR
	RollCallPSR
)

// Primary reports whether the primary radar saw it: skin echo, no reply.
func (d Detection) Primary() bool {
	return d == PSR || d == SSRPSR || d == AllCallPSR || d == RollCallPSR
}

// Emergency is a state of emergency or priority (I021/200 PS, I062/080 EMS).
type Emergency uint8

// The states.
const (
	NoEmergency Emergency = iota
	GeneralEmergency
	Lifeguard // medical
	MinimumFuel
	NoCommunications
	UnlawfulInterference
	Downed
)

// Codes is a set of the codes 0 to 127.
type Codes [2]uint64

// Has reports whether a code is in the set.
func (c Codes) Has(code uint8) bool { return code < 128 && c[code/64]>>(code%64)&1 != 0 }

// Add puts a code from 0 to 127 into the set.
func (c *Codes) Add(code uint8) { c[code/64%2] |= 1 << (code % 64) }

// Len counts the codes.
func (c Codes) Len() int { return bits.OnesCount64(c[0]) + bits.OnesCount64(c[1]) }

// builder makes a record behind what dst held: items in the order of their
// field reference numbers.
type builder struct {
	b     []byte
	start int // of the record: room for the longest FSPEC, then the items
	head  [longestFSPEC]byte
	last  int // octet of the FSPEC
	err   error
}

func build(dst []byte) builder {
	return builder{b: append(dst, make([]byte, longestFSPEC)...), start: len(dst)}
}

// item begins the item at a field reference number.
func (w *builder) item(frn int) {
	i := (frn - 1) / 7
	w.head[i] |= 0x80 >> ((frn - 1) % 7)
	w.last = max(w.last, i)
}

func (w *builder) u8(v byte)    { w.b = append(w.b, v) }
func (w *builder) u16(v uint16) { w.b = append(w.b, byte(v>>8), byte(v)) }
func (w *builder) u24(v uint32) { w.b = append(w.b, byte(v>>16), byte(v>>8), byte(v)) }

// unsigned and twos give the number of least significant bits nearest to x; a
// number that count bits cannot say is an error of the whole record.
func (w *builder) unsigned(what string, x, lsb float64, count int) uint32 {
	return w.number(what, x, lsb, 0, math.Ldexp(1, count)-1, count)
}

func (w *builder) twos(what string, x, lsb float64, count int) uint32 {
	return w.number(what, x, lsb, -math.Ldexp(1, count-1), math.Ldexp(1, count-1)-1, count)
}

func (w *builder) number(what string, x, lsb, lo, hi float64, count int) uint32 {
	n := math.Round(x / lsb)
	if !(n >= lo && n <= hi) {
		if w.err == nil {
			w.err = fmt.Errorf("%s: %v is outside %v to %v", what, x, lo*lsb, hi*lsb)
		}
		return 0
	}
	return uint32(int64(n)) & uint32(1<<count-1) //nolint:gosec // two's complement
}

// circle gives so many bits of a whole turn; 360 degrees are 0.
func (w *builder) circle(what string, deg float64, count int) uint16 {
	if !(deg >= 0 && deg <= 360) {
		w.number(what, deg, 1, 0, 360, 16) // says so
		return 0
	}
	return uint16(int64(math.Round(deg*math.Ldexp(1, count)/360)) & (1<<count - 1)) //nolint:gosec // masked
}

// longitude gives 24 bits; 180 degrees east are 180 degrees west.
func (w *builder) longitude(deg float64) uint32 {
	if !(deg >= -180 && deg <= 180) {
		w.number("longitude", deg, 1, -180, 180, 24) // says so
		return 0
	}
	return uint32(int64(math.Round(deg/wgs24LSB)) & (1<<24 - 1)) //nolint:gosec // masked
}

func (w *builder) time(d time.Duration) {
	w.u24(w.unsigned("time of day", float64(d.Round(timeLSB)/timeLSB), 1, 24))
}

func (w *builder) modeA(a ModeA) {
	w.u16(a.Code&0x0FFF | flag16(a.NotValidated, 0x8000) | flag16(a.Garbled, 0x4000) | flag16(a.Stale, 0x2000))
}

func (w *builder) ident(what string, id Ident) {
	v, err := item.EncodeText(spec.ICAO, id.String(), 48)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("%s: %w", what, err)
	}
	w.u24(uint32(v >> 24))
	w.u24(uint32(v & 0xFFFFFF))
}

// record gives what dst held and the record.
func (w *builder) record() ([]byte, error) {
	if w.err != nil {
		return w.b[:w.start], w.err
	}
	for i := range w.last {
		w.head[i] |= 1
	}
	at := w.start + copy(w.b[w.start:], w.head[:w.last+1])
	return w.b[:at+copy(w.b[at:], w.b[w.start+longestFSPEC:])], nil
}

func flag(is bool, bit byte) byte {
	if is {
		return bit
	}
	return 0
}

func flag16(is bool, bit uint16) uint16 {
	if is {
		return bit
	}
	return 0
}
