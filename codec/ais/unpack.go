package ais

import (
	"strings"
	"time"

	goais "github.com/BertoldVdb/go-ais"

	"atalaya/codec"
	"atalaya/geo"
)

type (
	header = goais.Header
	packet = goais.Packet
)

// rawCodec leaves numbers as they are in the bits.
func rawCodec() *goais.Codec {
	c := goais.CodecNewFast(false, false, true)
	c.FloatWithoutConversion = true
	return c
}

// maxBits bounds a message: five slots carry no more than 1064 bits (annex 8,
// 3.24); receivers pass on longer ones that noise made.
const maxBits = 1280

// lengths gives the fewest and the most bits of a message of a type, of which
// at least 38 are here; most is negative for a type that there is not. The
// numbers are those of M.1371-5, annex 8, widened by what transponders are seen
// to send and receivers accept: type 1 from 163 bits, type 5 from 420, type 27
// in a whole slot, longer ones of fixed length.
func lengths(kind uint8, bits []byte) (least, most int) {
	switch kind {
	case 1, 2, 3:
		return 163, 204
	case 4, 9, 11, 18, 22:
		return 168, maxBits
	case 5:
		return 420, maxBits
	case 6:
		return 88, 1008
	case 7, 13:
		return 72, 168
	case 8:
		return 56, 1008
	case 10:
		return 72, maxBits
	case 12:
		return 72, 1008
	case 14:
		return 40, 1008
	case 15:
		return 88, 168
	case 16:
		return 96, 168
	case 17:
		return 80, 816
	case 19:
		return 312, maxBits
	case 20:
		return 72, 186
	case 21:
		return 272, 368
	case 23:
		return 160, maxBits
	case 24:
		return 160, maxBits
	case 25:
		return 40 + addressing(bits), 168
	case 26:
		return 60 + addressing(bits), 1064
	case 27:
		if len(bits) == 168 {
			return 168, 168
		}
		return 96, 96
	}
	return 0, -1
}

// addressing gives the bits of destination and application identifier that the
// flags of types 25 and 26 announce (annex 8, 3.23).
func addressing(bits []byte) int {
	n := 0
	if len(bits) >= 40 {
		n = 30*int(bits[38]) + 16*int(bits[39])
	}
	return n
}

// unpack reads the report in bits (one a byte) of a message of a type. The
// bits are as many as lengths asks for. It gives nil for the types that are not
// read, and an error for contents that make no sense.
func (d *Decoder) unpack(kind uint8, bits []byte) (Report, *codec.Bad) {
	switch kind {
	case 1, 2, 3:
		return d.unpackPosition(bits)
	case 5:
		return d.unpackVoyage(bits)
	case 24:
		return d.unpackStatic(bits)
	case 4, 9, 11, 12, 14, 18, 19, 21, 27:
	default:
		return nil, nil
	}
	switch p := d.payload.DecodePacket(bits).(type) {
	case goais.BaseStationReport:
		return newBaseStation(&p), nil
	case goais.StandardSearchAndRescueAircraftReport:
		return newSARAircraft(&p), nil
	case goais.AddessedSafetyMessage:
		return &Text{
			Text: trim(p.Text), To: codec.Some(MMSI(p.DestinationID)),
			Sequence: p.SequenceNumber, Retransmitted: p.Retransmission,
		}, nil
	case goais.SafetyBroadcastMessage:
		return &Text{Text: trim(p.Text)}, nil
	case goais.StandardClassBPositionReport:
		return newClassB(&p), nil
	case goais.ExtendedClassBPositionReport:
		return newClassBExtended(&p), nil
	case goais.AidsToNavigationReport:
		return newAidToNavigation(&p), nil
	case goais.LongRangeAisBroadcastMessage:
		return newLongRange(&p), nil
	}
	return nil, codec.NewBad(codec.Malformed, nil, "type %d of %d bits cannot be read", kind, len(bits))
}

// pad adds zeros up to the length that go-ais asks for.
func (d *Decoder) pad(bits []byte, to int) []byte {
	if len(bits) >= to {
		return bits
	}
	d.padded = append(d.padded[:0], bits...)
	for len(d.padded) < to {
		d.padded = append(d.padded, 0)
	}
	return d.padded
}

func (d *Decoder) unpackPosition(bits []byte) (Report, *codec.Bad) {
	p, ok := d.payload.DecodePacket(d.pad(bits, 168)).(goais.PositionReport)
	if !ok {
		return nil, codec.NewBad(codec.Malformed, nil, "position report of %d bits cannot be read", len(bits))
	}
	r := &Position{
		Kinematics: Kinematics{
			Position: position(float64(p.Longitude), float64(p.Latitude), fine),
			Accurate: p.PositionAccuracy,
			RAIM:     p.Raim,
			Speed:    speed(float64(p.Sog), 10, 1023),
			Course:   angle(float64(p.Cog), 10),
			Heading:  angle(float64(p.TrueHeading), 1),
		},
		Status: status(p.NavigationalStatus),
		Radio:  codec.SomeIf(p.CommunicationState, len(bits) >= 168),
	}
	r.setSecond(p.Timestamp)
	switch turn := float64(p.RateOfTurn); {
	case turn == 127:
		r.Turning = 1
	case turn == -127:
		r.Turning = -1
	case turn >= 0:
		r.TurnRate = codec.Some((turn / turnScale) * (turn / turnScale))
	case turn > -127:
		r.TurnRate = codec.Some(-(turn / turnScale) * (turn / turnScale))
	}
	switch p.SpecialManoeuvreIndicator {
	case 1:
		r.Maneuver = codec.Some(false)
	case 2:
		r.Maneuver = codec.Some(true)
	}
	return r, nil
}

// turnScale: the number sent is 4.733 times the root of the degrees a minute.
const turnScale = 4.733

func newBaseStation(p *goais.BaseStationReport) *BaseStation {
	utc := time.Date(int(p.UtcYear), time.Month(p.UtcMonth), int(p.UtcDay),
		int(p.UtcHour), int(p.UtcMinute), int(p.UtcSecond), 0, time.UTC)
	known := p.UtcYear > 0 && p.UtcYear <= 9999 && utc.Day() == int(p.UtcDay) && utc.Month() == time.Month(p.UtcMonth) &&
		p.UtcHour < 24 && p.UtcMinute < 60 && p.UtcSecond < 60
	return &BaseStation{
		Kinematics: Kinematics{
			Position: position(float64(p.Longitude), float64(p.Latitude), fine),
			Accurate: p.PositionAccuracy,
			RAIM:     p.Raim,
		},
		Time:   codec.SomeIf(utc, known),
		Device: nonzero(p.FixType),
		Radio:  codec.Some(p.CommunicationState),
	}
}

func (d *Decoder) unpackVoyage(bits []byte) (Report, *codec.Bad) {
	p, ok := d.payload.DecodePacket(d.pad(bits, 424)).(goais.ShipStaticData)
	if !ok {
		return nil, codec.NewBad(codec.Malformed, nil, "voyage data of %d bits cannot be read", len(bits))
	}
	return &Voyage{
		Version:  p.AisVersion,
		IMO:      nonzero(p.ImoNumber),
		CallSign: trim(p.CallSign),
		Name:     trim(p.Name),
		ShipType: nonzero(ShipType(p.Type)),
		Size:     size(p.Dimension),
		Device:   nonzero(p.FixType),
		ETA: ETA{
			Month:  codec.SomeIf(p.Eta.Month, p.Eta.Month >= 1 && p.Eta.Month <= 12),
			Day:    nonzero(p.Eta.Day),
			Hour:   codec.SomeIf(p.Eta.Hour, p.Eta.Hour < 24),
			Minute: codec.SomeIf(p.Eta.Minute, p.Eta.Minute < 60),
		},
		Draught:     codec.SomeIf(float64(p.MaximumStaticDraught)/10, p.MaximumStaticDraught > 0),
		Destination: trim(p.Destination),
		Ready:       codec.SomeIf(!p.Dte, len(bits) >= 423),
	}, nil
}

func newSARAircraft(p *goais.StandardSearchAndRescueAircraftReport) *SARAircraft {
	r := &SARAircraft{
		Kinematics: Kinematics{
			Position: position(float64(p.Longitude), float64(p.Latitude), fine),
			Accurate: p.PositionAccuracy,
			RAIM:     p.Raim,
			Speed:    speed(float64(p.Sog), 1, 1023),
			Course:   angle(float64(p.Cog), 10),
		},
		Altitude:   codec.SomeIf(float64(p.Altitude), p.Altitude != 4095),
		Barometric: p.AltFromBaro,
		Ready:      !p.Dte,
		Assigned:   p.AssignedMode,
		Radio:      radio20(p.CommunicationStateItdma),
	}
	r.setSecond(p.Timestamp)
	return r
}

func newClassB(p *goais.StandardClassBPositionReport) *ClassB {
	r := &ClassB{
		Kinematics: Kinematics{
			Position: position(float64(p.Longitude), float64(p.Latitude), fine),
			Accurate: p.PositionAccuracy,
			RAIM:     p.Raim,
			Speed:    speed(float64(p.Sog), 10, 1023),
			Course:   angle(float64(p.Cog), 10),
			Heading:  angle(float64(p.TrueHeading), 1),
		},
		CarrierSense: p.ClassBUnit,
		Display:      p.ClassBDisplay,
		DSC:          p.ClassBDsc,
		WholeBand:    p.ClassBBand,
		Message22:    p.ClassBMsg22,
		Assigned:     p.AssignedMode,
		Radio:        radio20(p.CommunicationStateItdma),
	}
	r.setSecond(p.Timestamp)
	return r
}

func newClassBExtended(p *goais.ExtendedClassBPositionReport) *ClassBExtended {
	r := &ClassBExtended{
		Kinematics: Kinematics{
			Position: position(float64(p.Longitude), float64(p.Latitude), fine),
			Accurate: p.PositionAccuracy,
			RAIM:     p.Raim,
			Speed:    speed(float64(p.Sog), 10, 1023),
			Course:   angle(float64(p.Cog), 10),
			Heading:  angle(float64(p.TrueHeading), 1),
		},
		Name:     trim(p.Name),
		ShipType: nonzero(ShipType(p.Type)),
		Size:     size(p.Dimension),
		Device:   nonzero(p.FixType),
		Ready:    !p.Dte,
		Assigned: p.AssignedMode,
	}
	r.setSecond(p.Timestamp)
	return r
}

func newAidToNavigation(p *goais.AidsToNavigationReport) *AidToNavigation {
	name := p.Name
	if len(name) == 20 { // else the name ends before its extension
		name += p.NameExtension[:min(14, len(p.NameExtension))]
	}
	r := &AidToNavigation{
		Kinematics: Kinematics{
			Position: position(float64(p.Longitude), float64(p.Latitude), fine),
			Accurate: p.PositionAccuracy,
			RAIM:     p.Raim,
		},
		Kind:     nonzero(p.Type),
		Name:     trim(name),
		Size:     size(p.Dimension),
		Device:   nonzero(p.Fixtype),
		Status:   p.AtoN,
		Virtual:  p.VirtualAtoN,
		Assigned: p.AssignedMode,
	}
	r.setSecond(p.Timestamp)
	r.OffPosition = codec.SomeIf(p.OffPosition, r.Second.Known())
	return r
}

func (d *Decoder) unpackStatic(bits []byte) (Report, *codec.Bad) {
	p, ok := d.payload.DecodePacket(bits).(goais.StaticDataReport)
	switch {
	case ok && p.Reserved != 0:
		return nil, codec.NewBad(codec.Unsupported, nil, "static data part %d", 2+int(bits[39]))
	case !ok:
		return nil, codec.NewBad(codec.Truncated, nil, "static data of %d bits", len(bits))
	case !p.PartNumber:
		return &StaticA{Name: trim(p.ReportA.Name)}, nil
	}
	b := &p.ReportB
	r := &StaticB{
		ShipType: nonzero(ShipType(b.ShipType)),
		Vendor:   trim(b.VendorIDName),
		Model:    b.VenderIDModel,
		Serial:   b.VenderIDSerial,
		CallSign: trim(b.CallSign),
		Device:   nonzero(b.FixType),
	}
	if MMSI(p.UserID).Station() == DaughterCraft {
		s := b.Dimension
		r.MotherShip = nonzero(MMSI(s.A)<<21 | MMSI(s.B)<<12 | MMSI(s.C)<<6 | MMSI(s.D))
	} else {
		r.Size = size(b.Dimension)
	}
	return r, nil
}

func newLongRange(p *goais.LongRangeAisBroadcastMessage) *LongRange {
	return &LongRange{
		Kinematics: Kinematics{
			Position: position(float64(p.Longitude), float64(p.Latitude), coarse),
			Accurate: p.PositionAccuracy,
			RAIM:     p.Raim,
			Speed:    speed(float64(p.Sog), 1, 63),
			Course:   angle(float64(p.Cog), 1),
		},
		Status: status(p.NavigationalStatus),
		Late:   p.PositionLatency,
	}
}

// Parts of a degree in which positions are sent.
const (
	fine   = 600_000 // 1/10,000 minute
	coarse = 600     // 1/10 minute
)

// position: 181 and 91 degrees mean "not available", and more is nonsense.
func position(lon, lat, scale float64) codec.Opt[geo.Position] {
	p := geo.Position{Lat: lat / scale, Lon: lon / scale}
	return codec.SomeIf(p.Normalize(), p.Valid())
}

// speed of raw parts of a knot, of which there are scale in one.
func speed(raw, scale, none float64) codec.Opt[float64] {
	return codec.SomeIf(raw/scale*knot, raw != none)
}

// angle of raw parts of a degree. A full circle means "not available", more is
// not used.
func angle(raw, scale float64) codec.Opt[float64] {
	return codec.SomeIf(raw/scale, raw < 360*scale)
}

func (k *Kinematics) setSecond(raw uint8) {
	switch {
	case raw < 60:
		k.Second = codec.Some(raw)
	case raw > 60:
		k.Fix = Fix(raw - 60)
	}
}

func status(raw uint8) codec.Opt[NavStatus] { return codec.SomeIf(NavStatus(raw), raw != 15) }

func size(f goais.FieldDimension) codec.Opt[Size] {
	return nonzero(Size{Bow: f.A, Stern: f.B, Port: uint16(f.C), Starboard: uint16(f.D)})
}

func radio20(c goais.CommunicationStateItdma) codec.Opt[uint32] {
	state := c.CommunicationState
	if c.CommunicationStateIsItdma {
		state |= 1 << 19
	}
	return codec.Some(state)
}

// nonzero is v, absent where zero means "not available".
func nonzero[T comparable](v T) codec.Opt[T] {
	var zero T
	return codec.SomeIf(v, v != zero)
}

// trim ends six-bit text at the first '@' and drops the spaces that fill it.
func trim(s string) string {
	s, _, _ = strings.Cut(s, "@")
	return strings.TrimRight(s, " ")
}
