package ais

import (
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

// Kinematics is position and movement. What a type does not carry is absent.
type Kinematics struct {
	Position codec.Opt[geo.Position]
	Accurate bool               // better than 10 m
	RAIM     bool               // the receiver checks its own integrity
	Speed    codec.Opt[float64] // m/s over ground; the highest value means "or more"
	Course   codec.Opt[float64] // deg over ground, true
	Heading  codec.Opt[float64] // deg, true
	Second   codec.Opt[uint8]   // of the UTC minute, 0 to 59
	Fix      Fix
}

// Fix is what a report says in place of the second when its position is not
// measured now.
type Fix uint8

// How a position was made.
const (
	Measured Fix = iota // or not said
	ByHand
	DeadReckoning
	Inoperative
)

func (f Fix) String() string {
	switch f {
	case ByHand:
		return "manual"
	case DeadReckoning:
		return "dead-reckoning"
	case Inoperative:
		return "inoperative"
	default:
		return ""
	}
}

// Position is a class A position report: types 1, 2 and 3 (ITU-R M.1371-5,
// annex 8, 3.1).
type Position struct {
	Kinematics
	Status codec.Opt[NavStatus]
	// TurnRate is in degrees a minute, to the right positive. A ship without a
	// rate-of-turn indicator says only that it turns faster than 10 degrees a
	// minute: then TurnRate is absent and Turning is 1 (right) or -1 (left).
	TurnRate codec.Opt[float64]
	Turning  int8
	Maneuver codec.Opt[bool] // engaged in a special manoeuvre
	// Radio is the communication state, 19 bits; absent when cut off.
	Radio codec.Opt[uint32]
}

// NavStatus is what a ship does.
type NavStatus uint8

// The states that Atalaya asks for.
const (
	UnderWay       NavStatus = 0
	AtAnchor       NavStatus = 1
	NotUnderCmd    NavStatus = 2
	Moored         NavStatus = 5
	Fishing        NavStatus = 7
	DistressActive NavStatus = 14 // SART, MOB or EPIRB
)

func (s NavStatus) String() string {
	switch s {
	case UnderWay:
		return "under way using engine"
	case AtAnchor:
		return "at anchor"
	case NotUnderCmd:
		return "not under command"
	case 3:
		return "restricted manoeuvrability"
	case 4:
		return "constrained by draught"
	case Moored:
		return "moored"
	case 6:
		return "aground"
	case Fishing:
		return "fishing"
	case 8:
		return "under way sailing"
	case 9:
		return "reserved, high-speed craft"
	case 10:
		return "reserved, wing in ground"
	case 11:
		return "towing astern"
	case 12:
		return "pushing ahead or towing alongside"
	case DistressActive:
		return "distress transmitter active"
	}
	return "reserved"
}

// BaseStation is a base station report or a UTC and date response: types 4 and
// 11 (annex 8, 3.2 and 3.9).
type BaseStation struct {
	Kinematics                      // position only
	Time       codec.Opt[time.Time] // UTC
	Device     codec.Opt[uint8]
	Radio      codec.Opt[uint32] // 19 bits
}

// Voyage is static and voyage related data of class A: type 5 (annex 8, 3.3).
// Device is the electronic position fixing device: 1 GPS, 2 GLONASS, 3 both,
// 4 Loran-C, 5 Chayka, 6 integrated, 7 surveyed, 8 Galileo, 15 internal GNSS.
type Voyage struct {
	Version     uint8 // of M.1371 that the station follows, 0 to 3
	IMO         codec.Opt[uint32]
	CallSign    string
	Name        string
	ShipType    codec.Opt[ShipType]
	Size        codec.Opt[Size]
	Device      codec.Opt[uint8]
	ETA         ETA
	Draught     codec.Opt[float64] // m; 25.5 means "or more"
	Destination string
	// Ready says that the ship's terminal can show messages (DTE).
	Ready codec.Opt[bool]
}

// ETA is an estimated time of arrival in UTC, as far as it is said.
type ETA struct {
	Month, Day, Hour, Minute codec.Opt[uint8]
}

// Size is where the antenna stands on the ship, in metres. 511 ahead or
// astern and 63 to a side mean "or more".
type Size struct {
	Bow, Stern, Port, Starboard uint16
}

// Length of the ship in metres.
func (s Size) Length() int { return int(s.Bow) + int(s.Stern) }

// Beam of the ship in metres.
func (s Size) Beam() int { return int(s.Port) + int(s.Starboard) }

// ShipType is the type of ship and cargo, 1 to 255 (annex 8, 3.3.2).
type ShipType uint8

func (t ShipType) String() string {
	switch t {
	case 30:
		return "fishing"
	case 31, 32:
		return "towing"
	case 33:
		return "dredging"
	case 34:
		return "diving"
	case 35:
		return "military"
	case 36:
		return "sailing"
	case 37:
		return "pleasure craft"
	case 50:
		return "pilot"
	case 51:
		return "search and rescue"
	case 52:
		return "tug"
	case 53:
		return "port tender"
	case 54:
		return "anti-pollution"
	case 55:
		return "law enforcement"
	case 56, 57:
		return "local"
	case 58:
		return "medical transport"
	case 59:
		return "non-combatant"
	}
	switch t / 10 {
	case 2:
		return "wing in ground"
	case 4:
		return "high-speed craft"
	case 6:
		return "passenger"
	case 7:
		return "cargo"
	case 8:
		return "tanker"
	case 9:
		return "other"
	}
	return "reserved"
}

// SARAircraft is a search and rescue aircraft: type 9 (annex 8, 3.7). Its
// speed is in whole knots, 1022 "or more".
type SARAircraft struct {
	Kinematics
	Altitude   codec.Opt[float64] // m; 4094 means "or more"
	Barometric bool               // the altitude is barometric, else from GNSS
	Ready      bool
	Assigned   bool
	Radio      codec.Opt[uint32] // 20 bits: selector and state
}

// Text is a safety related text, broadcast (type 14, annex 8, 3.12) or
// addressed (type 12, 3.10).
type Text struct {
	Text string
	// To, Sequence and Retransmitted are those of an addressed text.
	To            codec.Opt[MMSI]
	Sequence      uint8
	Retransmitted bool
}

// ClassB is a position report of class B: type 18 (annex 8, 3.16).
type ClassB struct {
	Kinematics
	CarrierSense bool // carrier sense unit, else self-organised
	Display      bool
	DSC          bool
	WholeBand    bool
	Message22    bool // obeys frequency management
	Assigned     bool
	Radio        codec.Opt[uint32] // 20 bits: selector and state
}

// ClassBExtended is an extended position report of class B: type 19 (annex 8,
// 3.17).
type ClassBExtended struct {
	Kinematics
	Name     string
	ShipType codec.Opt[ShipType]
	Size     codec.Opt[Size]
	Device   codec.Opt[uint8]
	Ready    bool
	Assigned bool
}

// AidToNavigation is a buoy, a beacon or a light: type 21 (annex 8, 3.19).
type AidToNavigation struct {
	Kinematics                  // position and second only
	Kind       codec.Opt[uint8] // 1 to 31
	Name       string           // with its extension
	Size       codec.Opt[Size]
	Device     codec.Opt[uint8]
	// OffPosition: a floating aid has drifted. Absent without a second.
	OffPosition codec.Opt[bool]
	Status      uint8 // for the authority's own use
	Virtual     bool  // it does not exist but on charts and screens
	Assigned    bool
}

// StaticA is part A of a static data report of class B: type 24 (annex 8, 3.22).
type StaticA struct {
	Name string
}

// StaticB is part B of a static data report of class B: type 24 (annex 8, 3.22).
type StaticB struct {
	ShipType codec.Opt[ShipType]
	Vendor   string // three letters
	Model    uint8
	Serial   uint32
	CallSign string
	Size     codec.Opt[Size]
	// MotherShip is in the place of Size where the sender is a daughter craft
	// (MMSI 98...).
	MotherShip codec.Opt[MMSI]
	Device     codec.Opt[uint8]
}

// LongRange is a position for satellites: type 27 (annex 8, 3.25). Its
// position is rounded to a tenth of a minute (185 m), its speed to a knot, its
// course to a degree.
type LongRange struct {
	Kinematics
	Status codec.Opt[NavStatus]
	Late   bool // the position is more than 5 s old
}
