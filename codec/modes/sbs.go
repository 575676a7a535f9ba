package modes

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

// The fields of a BaseStation line, counted from 0.
const (
	sbsMessage = iota
	sbsTransmission
	sbsSession
	sbsAircraft
	sbsAddress
	sbsFlight
	sbsDateMade
	sbsTimeMade
	sbsDateLogged
	sbsTimeLogged
	sbsCallSign
	sbsAltitude
	sbsGroundSpeed
	sbsTrack
	sbsLat
	sbsLon
	sbsVerticalRate
	sbsSquawk
	sbsAlert
	sbsEmergency
	sbsSPI
	sbsOnGround
	sbsFields
)

// sbsLine reads the fields of one line; the first that cannot be read is kept.
type sbsLine struct {
	field [sbsFields][]byte
	err   error
}

// line decodes one line of BaseStation text.
func (d *Decoder) line(m *Message, data []byte, received time.Time) *codec.Bad {
	var l sbsLine
	fields := 0
	for rest, more := data, true; more; fields++ {
		var field []byte
		field, rest, more = bytes.Cut(rest, []byte{','})
		if fields < sbsFields {
			l.field[fields] = bytes.TrimSpace(field)
		}
	}
	switch string(l.field[sbsMessage]) {
	case "MSG":
	case "SEL", "ID", "AIR", "STA", "CLK":
		return codec.NewBad(codec.Unsupported, data, "%s tells of the program that sent it, not of aircraft", l.field[sbsMessage])
	default:
		return codec.NewBad(codec.Malformed, data, "no BaseStation line")
	}
	if fields <= sbsTimeLogged || fields > sbsFields {
		return codec.NewBad(codec.Malformed, data, "%d fields", fields)
	}
	l.read(m, d.cfg.Zone)
	if l.err != nil {
		return codec.NewBad(codec.Malformed, data, "%v", l.err)
	}
	d.clock.read(m, codec.Opt[uint64]{}, received)
	d.now = d.clock.since(m.Received)
	m.Raw = bytes.Clone(data)
	d.stated(m)
	return nil
}

// stated takes a position that somebody else decoded, if it is plausible.
func (d *Decoder) stated(m *Message) {
	if m.Method == NoPosition {
		return
	}
	p := m.Position
	m.Position, m.Method = geo.Position{}, NoPosition
	a := d.table.touch(makeKey(m.Address.Or(0), false, Unstated))
	if d.accept(m, a, p, m.OnGround.Or(false), true) {
		m.place(p, AsStated)
	}
}

// read sets what the fields say.
func (l *sbsLine) read(m *Message, zone *time.Location) {
	m.Source = Unstated
	transmission := l.integer(sbsTransmission, 1, 8, 10)
	m.SBSType = codec.Some(uint8(transmission.Or(0)))
	address := l.integer(sbsAddress, 0, 1<<24-1, 16)
	if !transmission.Known() || !address.Known() {
		l.fail(sbsAddress)
		return
	}
	m.Address = codec.Some(Address(address.Or(0)))
	m.Stated = l.time(zone)
	m.CallSign = string(l.field[sbsCallSign])
	if feet, ok := l.number(sbsAltitude, -2000, 150_000, foot).Get(); ok {
		m.Height, m.HeightStep = geo.Height{Metres: feet, Datum: geo.DatumPressure}, 25*foot
	}
	m.GroundSpeed = l.number(sbsGroundSpeed, 0, 5000, knot)
	if track, ok := l.number(sbsTrack, 0, 360, 1).Get(); ok {
		m.Track = codec.Some(geo.WrapBearing(track))
	}
	if m.Climb = l.number(sbsVerticalRate, -40_000, 40_000, footPerMinute); m.Climb.Known() {
		m.ClimbFrom = geo.DatumPressure
	}
	lat, lon := l.number(sbsLat, -90, 90, 1), l.number(sbsLon, -180, 180, 1)
	if lat.Known() && lon.Known() {
		m.place(geo.Position{Lat: lat.Or(0), Lon: lon.Or(0)}.Normalize(), AsStated)
	}
	if code, ok := l.integer(sbsSquawk, 0, 0o7777, 8).Get(); ok {
		m.Squawk = codec.Some(Squawk(code))
	}
	m.Alert, m.Ident, m.OnGround = l.flag(sbsAlert), l.flag(sbsSPI), l.flag(sbsOnGround)
	if flag, ok := l.flag(sbsEmergency).Get(); ok {
		m.Emergency = codec.Some(emergencyOf(flag, m.Squawk))
	}
}

// emergencyOf tells from the Mode A code which emergency a flag means.
func emergencyOf(flag bool, squawk codec.Opt[Squawk]) Emergency {
	if !flag {
		return NoEmergency
	}
	switch squawk.Or(0) {
	case 0o7500:
		return UnlawfulInterference
	case 0o7600:
		return NoCommunications
	}
	return GeneralEmergency
}

func (l *sbsLine) fail(i int) {
	if l.err == nil {
		l.err = fmt.Errorf("field %d cannot be read: %q", i+1, l.field[i])
	}
}

// integer reads a whole number; an empty field is absent.
func (l *sbsLine) integer(i int, low, high int64, base int) (v codec.Opt[int64]) {
	if len(l.field[i]) == 0 {
		return v
	}
	n, err := strconv.ParseInt(string(l.field[i]), base, 64)
	if err != nil || n < low || n > high {
		l.fail(i)
		return v
	}
	return codec.Some(n)
}

// number reads a number and scales it.
func (l *sbsLine) number(i int, low, high, scale float64) (v codec.Opt[float64]) {
	if len(l.field[i]) == 0 {
		return v
	}
	x, err := strconv.ParseFloat(string(l.field[i]), 64)
	if err != nil || !(x >= low && x <= high) {
		l.fail(i)
		return v
	}
	return codec.Some(float64(x * scale))
}

// flag reads 0 for false and 1 or -1 for true.
func (l *sbsLine) flag(i int) (v codec.Opt[bool]) {
	switch string(l.field[i]) {
	case "":
		return v
	case "0":
		return codec.Some(false)
	case "1", "-1":
		return codec.Some(true)
	}
	l.fail(i)
	return v
}

// time reads when the message was made. The format knows no zone.
func (l *sbsLine) time(zone *time.Location) time.Time {
	day, clock := l.field[sbsDateMade], l.field[sbsTimeMade]
	if len(day) == 0 || len(clock) == 0 {
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006/01/02 15:04:05", string(day)+" "+string(clock), zone)
	if err != nil {
		l.fail(sbsTimeMade)
		return time.Time{}
	}
	return t
}
