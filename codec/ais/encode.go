package ais

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	goais "github.com/BertoldVdb/go-ais"

	"atalaya/codec"
	"atalaya/codec/nmea"
	"atalaya/geo"
)

// Encoder writes messages as sentences, as an AIS receiver does. It counts
// sequence numbers and groups, so one output has one Encoder. It is not safe
// for concurrent use.
type Encoder struct {
	payload  *goais.Codec
	sequence int
	group    uint64
}

// NewEncoder makes an encoder.
func NewEncoder() *Encoder { return &Encoder{payload: rawCodec()} }

// Encode gives the sentences of m, each without line end. Of m it takes Type,
// Repeat, MMSI and Report; Talker ("" is "AI"), Own and Channel; and where
// TagTime or Station are set it writes them in tag blocks. The types of which
// Report is not nil can be written: 1 to 5, 9, 11, 12, 14, 18, 19, 21, 24, 27.
// Absent values are written as "not available", values above what the type can
// say as its highest.
func (e *Encoder) Encode(m *Message) ([]string, error) {
	bits, err := e.bits(m)
	if err != nil {
		return nil, fmt.Errorf("writing AIS type %d of %s: %w", m.Type, m.MMSI, err)
	}
	armored, fill := armor(bits)
	// 82 characters with line end leave 60 for the payload (IEC 61162-1).
	const room = 60
	total := max(1, (len(armored)+room-1)/room)
	sequence := ""
	if total > 1 {
		sequence = fmt.Sprint(e.sequence)
		e.sequence = (e.sequence + 1) % 10
	}
	talker := m.Talker
	if talker == "" {
		talker = "AI"
	}
	address := talker + "VDM"
	if m.Own {
		address = talker + "VDO"
	}
	tag := nmea.Tag{Time: m.TagTime, Source: m.Station}
	grouped := total > 1 && tag != (nmea.Tag{})
	if grouped {
		e.group = e.group%9999 + 1
	}
	sentences := make([]string, 0, total)
	for n := 1; n <= total; n++ {
		payload, padding := armored, 0
		if n < total {
			payload, armored = armored[:room], armored[room:]
		} else {
			padding = fill
		}
		if grouped {
			tag.Group = nmea.Group{Part: n, Total: total, ID: e.group}
		}
		block, err := tag.Block()
		if err != nil {
			return nil, fmt.Errorf("writing AIS type %d of %s: %w", m.Type, m.MMSI, err)
		}
		sentences = append(sentences, block+nmea.Frame('!', address,
			fmt.Sprint(total), fmt.Sprint(n), sequence, m.Channel, payload, fmt.Sprint(padding)))
		tag = nmea.Tag{} // the first block speaks for the group
	}
	return sentences, nil
}

// bits gives the message's bits, one a byte.
func (e *Encoder) bits(m *Message) ([]byte, error) {
	if m.Report == nil {
		return nil, errors.New("this type cannot be written")
	}
	if m.Repeat > 3 || m.MMSI >= 1<<30 {
		return nil, errRange
	}
	p, err := m.Report.pack(header{MessageID: m.Type, RepeatIndicator: m.Repeat, UserID: uint32(m.MMSI)})
	if err != nil {
		return nil, err
	}
	bits := e.payload.EncodePacket(p)
	if bits == nil {
		return nil, errRange
	}
	return bits, nil
}

// armor gives the six-bit characters of bits, and how many bits fill the last.
func armor(bits []byte) (armored string, fill int) {
	fill = (6 - len(bits)%6) % 6
	out := make([]byte, 0, (len(bits)+5)/6)
	for len(bits) > 0 {
		n := min(6, len(bits))
		c := byte(unsigned(bits[:n])<<(6-n)) + '0'
		if c > 'W' {
			c += 8
		}
		out = append(out, c)
		bits = bits[n:]
	}
	return string(out), fill
}

var (
	errRange = errors.New("a value is outside of what the message can say")
	errType  = errors.New("the report does not belong to this type")
)

// packer turns values into the numbers of the standard and remembers the first
// error.
type packer struct {
	err error
}

func (p *packer) done(m packet) (packet, error) {
	if p.err != nil {
		return nil, p.err
	}
	return m, nil
}

// expect fails unless the type is one of those.
func (p *packer) expect(h header, types ...uint8) {
	if !slices.Contains(types, h.MessageID) {
		p.err = errType
	}
}

// amount gives v times scale rounded, none where v is absent, and at most the
// number before none.
func (p *packer) amount(v codec.Opt[float64], scale, none float64) float64 {
	x, ok := v.Get()
	if !ok {
		return none
	}
	if math.IsNaN(x) || x < 0 {
		p.err = errRange
	}
	return min(math.Round(x*scale), none-1)
}

func (p *packer) speed(v codec.Opt[float64], scale, none float64) float64 {
	x, ok := v.Get()
	return p.amount(codec.SomeIf(x/knot, ok), scale, none)
}

// angle gives parts of a degree, and none where v is absent.
func (p *packer) angle(v codec.Opt[float64], scale, none float64) float64 {
	x, ok := v.Get()
	if !ok {
		return none
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		p.err = errRange
		return none
	}
	return math.Mod(math.Round(geo.WrapBearing(x)*scale), 360*scale)
}

func (p *packer) position(v codec.Opt[geo.Position], scale float64) (lon, lat float64) {
	x, ok := v.Get()
	if !ok {
		return 181 * scale, 91 * scale
	}
	if !x.Valid() {
		p.err = errRange
	}
	return math.Round(x.Lon * scale), math.Round(x.Lat * scale)
}

func (p *packer) second(k *Kinematics) uint8 {
	if k.Fix != Measured {
		return 60 + uint8(k.Fix)
	}
	s := k.Second.Or(60)
	if s > 60 {
		p.err = errRange
	}
	return s
}

// text checks that all characters can be said in six bits; small letters are
// made capitals.
func (p *packer) text(s string, most int) string {
	s = strings.ToUpper(s)
	if len(s) > most {
		p.err = fmt.Errorf("text %q is longer than %d characters", s, most)
	}
	for _, c := range []byte(s) {
		if c < ' ' || c > '_' || c == '@' {
			p.err = fmt.Errorf("text %q has a character that six bits cannot say", s)
		}
	}
	return s
}

func (p *packer) size(v codec.Opt[Size]) goais.FieldDimension {
	s := v.Or(Size{})
	return goais.FieldDimension{
		A: min(s.Bow, 511), B: min(s.Stern, 511),
		C: uint8(min(s.Port, 63)), D: uint8(min(s.Starboard, 63)),
	}
}

func state19(v codec.Opt[uint32]) goais.CommunicationStateNoItdma {
	return goais.CommunicationStateNoItdma{CommunicationState: v.Or(0)}
}

func state20(v codec.Opt[uint32]) goais.CommunicationStateItdma {
	s := v.Or(0)
	return goais.CommunicationStateItdma{CommunicationStateIsItdma: s>>19 == 1, CommunicationState: s & (1<<19 - 1)}
}

func (r *Position) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 1, 2, 3)
	lon, lat := p.position(r.Position, fine)
	maneuver := uint8(0)
	if m, ok := r.Maneuver.Get(); ok {
		maneuver = 1
		if m {
			maneuver = 2
		}
	}
	return p.done(goais.PositionReport{
		Header: h, Valid: true,
		NavigationalStatus:        uint8(r.Status.Or(15)),
		RateOfTurn:                p.turn(r),
		Sog:                       goais.Field10(p.speed(r.Speed, 10, 1023)),
		PositionAccuracy:          r.Accurate,
		Longitude:                 goais.FieldLatLonFine(lon),
		Latitude:                  goais.FieldLatLonFine(lat),
		Cog:                       goais.Field10(p.angle(r.Course, 10, 3600)),
		TrueHeading:               uint16(p.angle(r.Heading, 1, 511)),
		Timestamp:                 p.second(&r.Kinematics),
		SpecialManoeuvreIndicator: maneuver,
		Raim:                      r.RAIM,
		CommunicationStateNoItdma: state19(r.Radio),
	})
}

func (p *packer) turn(r *Position) int16 {
	rate, ok := r.TurnRate.Get()
	switch {
	case !ok && r.Turning > 0:
		return 127
	case !ok && r.Turning < 0:
		return -127
	case !ok:
		return -128
	case math.IsNaN(rate):
		p.err = errRange
		return -128
	}
	raw := int16(min(math.Round(turnScale*math.Sqrt(math.Abs(rate))), 126))
	if rate < 0 {
		return -raw
	}
	return raw
}

func (r *BaseStation) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 4, 11)
	lon, lat := p.position(r.Position, fine)
	m := goais.BaseStationReport{
		Header: h, Valid: true,
		UtcHour: 24, UtcMinute: 60, UtcSecond: 60,
		PositionAccuracy:          r.Accurate,
		Longitude:                 goais.FieldLatLonFine(lon),
		Latitude:                  goais.FieldLatLonFine(lat),
		FixType:                   r.Device.Or(0),
		Raim:                      r.RAIM,
		CommunicationStateNoItdma: state19(r.Radio),
	}
	if t, ok := r.Time.Get(); ok {
		t = t.UTC().Truncate(time.Second)
		if t.Year() < 1 || t.Year() > 9999 {
			p.err = errRange
		}
		m.UtcYear, m.UtcMonth, m.UtcDay = uint16(t.Year()), uint8(t.Month()), uint8(t.Day())
		m.UtcHour, m.UtcMinute, m.UtcSecond = uint8(t.Hour()), uint8(t.Minute()), uint8(t.Second())
	}
	return p.done(m)
}

func (r *Voyage) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 5)
	return p.done(goais.ShipStaticData{
		Header: h, Valid: true,
		AisVersion: r.Version,
		ImoNumber:  r.IMO.Or(0),
		CallSign:   p.text(r.CallSign, 7),
		Name:       p.text(r.Name, 20),
		Type:       uint8(r.ShipType.Or(0)),
		Dimension:  p.size(r.Size),
		FixType:    r.Device.Or(0),
		Eta: goais.FieldETA{
			Month: r.ETA.Month.Or(0), Day: r.ETA.Day.Or(0), Hour: r.ETA.Hour.Or(24), Minute: r.ETA.Minute.Or(60),
		},
		MaximumStaticDraught: goais.Field10(p.amount(codec.Some(r.Draught.Or(0)), 10, 256)),
		Destination:          p.text(r.Destination, 20),
		Dte:                  !r.Ready.Or(false),
	})
}

func (r *SARAircraft) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 9)
	lon, lat := p.position(r.Position, fine)
	return p.done(goais.StandardSearchAndRescueAircraftReport{
		Header: h, Valid: true,
		Altitude:                uint16(p.amount(r.Altitude, 1, 4095)),
		Sog:                     uint16(p.speed(r.Speed, 1, 1023)),
		PositionAccuracy:        r.Accurate,
		Longitude:               goais.FieldLatLonFine(lon),
		Latitude:                goais.FieldLatLonFine(lat),
		Cog:                     goais.Field10(p.angle(r.Course, 10, 3600)),
		Timestamp:               p.second(&r.Kinematics),
		AltFromBaro:             r.Barometric,
		Dte:                     !r.Ready,
		AssignedMode:            r.Assigned,
		Raim:                    r.RAIM,
		CommunicationStateItdma: state20(r.Radio),
	})
}

func (r *Text) pack(h header) (packet, error) {
	var p packer
	if to, ok := r.To.Get(); ok {
		p.expect(h, 12)
		return p.done(goais.AddessedSafetyMessage{
			Header: h, Valid: true,
			SequenceNumber: r.Sequence, DestinationID: uint32(to), Retransmission: r.Retransmitted,
			Text: p.text(r.Text, 156),
		})
	}
	p.expect(h, 14)
	return p.done(goais.SafetyBroadcastMessage{Header: h, Valid: true, Text: p.text(r.Text, 161)})
}

func (r *ClassB) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 18)
	lon, lat := p.position(r.Position, fine)
	return p.done(goais.StandardClassBPositionReport{
		Header: h, Valid: true,
		Sog:                     goais.Field10(p.speed(r.Speed, 10, 1023)),
		PositionAccuracy:        r.Accurate,
		Longitude:               goais.FieldLatLonFine(lon),
		Latitude:                goais.FieldLatLonFine(lat),
		Cog:                     goais.Field10(p.angle(r.Course, 10, 3600)),
		TrueHeading:             uint16(p.angle(r.Heading, 1, 511)),
		Timestamp:               p.second(&r.Kinematics),
		ClassBUnit:              r.CarrierSense,
		ClassBDisplay:           r.Display,
		ClassBDsc:               r.DSC,
		ClassBBand:              r.WholeBand,
		ClassBMsg22:             r.Message22,
		AssignedMode:            r.Assigned,
		Raim:                    r.RAIM,
		CommunicationStateItdma: state20(r.Radio),
	})
}

func (r *ClassBExtended) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 19)
	lon, lat := p.position(r.Position, fine)
	return p.done(goais.ExtendedClassBPositionReport{
		Header: h, Valid: true,
		Sog:              goais.Field10(p.speed(r.Speed, 10, 1023)),
		PositionAccuracy: r.Accurate,
		Longitude:        goais.FieldLatLonFine(lon),
		Latitude:         goais.FieldLatLonFine(lat),
		Cog:              goais.Field10(p.angle(r.Course, 10, 3600)),
		TrueHeading:      uint16(p.angle(r.Heading, 1, 511)),
		Timestamp:        p.second(&r.Kinematics),
		Name:             p.text(r.Name, 20),
		Type:             uint8(r.ShipType.Or(0)),
		Dimension:        p.size(r.Size),
		FixType:          r.Device.Or(0),
		Raim:             r.RAIM,
		Dte:              !r.Ready,
		AssignedMode:     r.Assigned,
	})
}

func (r *AidToNavigation) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 21)
	lon, lat := p.position(r.Position, fine)
	name := p.text(r.Name, 34)
	cut := min(20, len(name))
	return p.done(goais.AidsToNavigationReport{
		Header: h, Valid: true,
		Type:             r.Kind.Or(0),
		Name:             name[:cut],
		PositionAccuracy: r.Accurate,
		Longitude:        goais.FieldLatLonFine(lon),
		Latitude:         goais.FieldLatLonFine(lat),
		Dimension:        p.size(r.Size),
		Fixtype:          r.Device.Or(0),
		Timestamp:        p.second(&r.Kinematics),
		OffPosition:      r.OffPosition.Or(false),
		AtoN:             r.Status,
		Raim:             r.RAIM,
		VirtualAtoN:      r.Virtual,
		AssignedMode:     r.Assigned,
		NameExtension:    name[cut:],
	})
}

func (r *StaticA) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 24)
	return p.done(goais.StaticDataReport{
		Header: h, Valid: true,
		ReportA: goais.StaticDataReportA{Valid: true, Name: p.text(r.Name, 20)},
	})
}

func (r *StaticB) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 24)
	size := p.size(r.Size)
	if MMSI(h.UserID).Station() == DaughterCraft {
		mother := r.MotherShip.Or(0)
		if mother >= 1<<30 {
			p.err = errRange
		}
		size = goais.FieldDimension{
			A: uint16(mother >> 21), B: uint16(mother >> 12 & 0x1ff), C: uint8(mother >> 6 & 0x3f), D: uint8(mother & 0x3f),
		}
	}
	return p.done(goais.StaticDataReport{
		Header: h, Valid: true,
		PartNumber: true,
		ReportB: goais.StaticDataReportB{
			Valid:          true,
			ShipType:       uint8(r.ShipType.Or(0)),
			VendorIDName:   p.text(r.Vendor, 3),
			VenderIDModel:  r.Model,
			VenderIDSerial: r.Serial,
			CallSign:       p.text(r.CallSign, 7),
			Dimension:      size,
			FixType:        r.Device.Or(0),
		},
	})
}

func (r *LongRange) pack(h header) (packet, error) {
	var p packer
	p.expect(h, 27)
	lon, lat := p.position(r.Position, coarse)
	return p.done(goais.LongRangeAisBroadcastMessage{
		Header: h, Valid: true,
		PositionAccuracy:   r.Accurate,
		Raim:               r.RAIM,
		NavigationalStatus: uint8(r.Status.Or(15)),
		Longitude:          goais.FieldLatLonCoarse(lon),
		Latitude:           goais.FieldLatLonCoarse(lat),
		Sog:                uint8(p.speed(r.Speed, 1, 63)),
		Cog:                uint16(p.angle(r.Course, 1, 511)),
		PositionLatency:    r.Late,
	})
}
