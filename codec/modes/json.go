package modes

import (
	"strconv"

	"atalaya/codec"
	"atalaya/codec/modes/framing"
)

// MarshalJSON gives the form that the package comment describes.
func (m Message) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// AppendJSON appends the message as one JSON object.
func (m *Message) AppendJSON(buf []byte) []byte {
	o := object{codec.NewObject(buf)}
	o.Time("received", m.Received)
	o.Time("stated_time", m.Stated)
	o.Text("container", string(m.Container))
	o.Text("type", m.Kind.String())
	number(o, "ticks", m.Ticks)
	number(o, "signal", m.Signal)
	if m.Kind == framing.Line {
		o.Text("raw", string(m.Raw))
	} else {
		o.Hex("raw", m.Raw)
	}
	if m.ModeAC.Known() {
		o.Text("mode_ac", m.ModeAC.Or(0).String())
	}
	if m.Kind != framing.ModeS && m.Kind != framing.Line {
		return o.Close()
	}
	m.appendFrame(o)
	m.appendState(o)
	m.appendPosition(o)
	m.appendVelocity(o)
	if m.Operation != nil {
		m.Operation.append(o)
	}
	if m.Target != nil {
		m.Target.append(o)
	}
	return o.Close()
}

func (m *Message) appendFrame(o object) {
	number(o, "df", m.DF)
	o.Text("source", m.Source.String())
	o.Text("parity", m.Parity.String())
	if m.Parity == RepairedFrame {
		o.Int("repaired_bit", int64(m.RepairedBit))
	}
	if a, ok := m.Address.Get(); ok {
		o.Text("icao", a.String())
		o.Text("address", name(boolean(m.Other), "icao", "other"))
	}
	number(o, "ca", m.Capability)
	number(o, "cf", m.Control)
	if m.Parity == Interrogated {
		o.Text("interrogator", m.Interrogator.String())
	}
	number(o, "type_code", m.TypeCode)
	number(o, "subtype", m.Subtype)
	number(o, "sbs_type", m.SBSType)
	number(o, "flight_status", m.FlightStatus)
	number(o, "surveillance_status", m.Surveillance)
	number(o, "downlink_request", m.DownlinkRequest)
	number(o, "utility_message", m.Utility)
	o.flag("cross_link", m.CrossLink)
	number(o, "sensitivity_level", m.Sensitivity)
	number(o, "reply_information", m.ReplyInformation)
	o.bits("data", m.Data, 56)
}

func (m *Message) appendState(o object) {
	if m.Squawk.Known() {
		o.Text("squawk", m.Squawk.Or(0).String())
	}
	o.Text("callsign", m.CallSign)
	o.Text("category", m.Category)
	o.flag("on_ground", m.OnGround)
	o.flag("alert", m.Alert)
	o.flag("ident", m.Ident)
	if m.Emergency.Known() {
		o.Text("emergency", m.Emergency.Or(0).String())
	}
	o.bits("resolution_advisory", m.Advisory, 48)
	if m.Height.Known() {
		o.Number("height_m", m.Height.Metres, 2)
		o.Text("height_datum", m.Height.Datum.String())
		o.Number("height_step_m", m.HeightStep, 2)
	}
}

func (m *Message) appendPosition(o object) {
	if m.Method != NoPosition {
		o.Number("lat_deg", m.Position.Lat, 7)
		o.Number("lon_deg", m.Position.Lon, 7)
		o.Text("position", m.Method.String())
	}
	o.Text("position_refused", m.Refused.String())
	if c, ok := m.CPR.Get(); ok {
		o.Int("cpr_lat", int64(c.Lat))
		o.Int("cpr_lon", int64(c.Lon))
		o.Flag("cpr_odd", c.Odd)
	}
	q := &m.Quality
	number(o, "nuc_p", q.NUCp)
	number(o, "nic", q.NIC)
	o.number("containment_m", q.Containment, 1)
	number(o, "nac_p", q.NACp)
	o.number("accuracy_m", q.Accuracy, 1)
}

func (m *Message) appendVelocity(o object) {
	o.number("ground_speed_mps", m.GroundSpeed, 4)
	o.number("track_deg", m.Track, 4)
	o.number("east_mps", m.East, 4)
	o.number("north_mps", m.North, 4)
	o.number("airspeed_mps", m.AirSpeed, 4)
	if m.AirSpeed.Known() {
		o.Text("airspeed", m.AirSpeedKind.String())
	}
	o.number("heading_deg", m.Heading, 4)
	o.number("climb_mps", m.Climb, 4)
	if m.Climb.Known() {
		o.Text("climb_datum", m.ClimbFrom.String())
	}
	o.number("ellipsoid_minus_pressure_m", m.HeightDifference, 2)
	o.flag("intent_change", m.IntentChange)
	o.flag("ifr", m.IFR)
	number(o, "nac_v", m.NACv)
	number(o, "movement", m.Movement)
}

func (p *Operation) append(o object) {
	o.Int("version", int64(p.Version))
	if p.Version == 0 {
		return
	}
	o.Int("capability_class", int64(p.Capability))
	o.Int("operational_mode", int64(p.Mode))
	o.Flag("nic_a", p.NICa)
	o.Flag("nic_c", p.NICc)
	o.Int("nac_p", int64(p.NACp))
	number(o, "gva", p.GVA)
	o.Int("sil", int64(p.SIL))
	o.flag("sil_per_sample", p.SILPerSample)
	number(o, "sda", p.SDA)
	o.flag("nic_baro", p.NICBaro)
	o.Flag("headings_magnetic", p.MagneticHeadings)
	o.flag("track_is_heading", p.TrackIsHeading)
	o.flag("advisory_active", p.AdvisoryActive)
	o.flag("single_antenna", p.SingleAntenna)
	if p.Length > 0 {
		o.Number("length_m", p.Length, 1)
		o.Number("width_m", p.Width, 1)
	}
}

func (t *Target) append(o object) {
	o.number("target_height_m", t.Height, 2)
	if t.Height.Known() {
		o.Text("target_from", name(boolean(t.FromFMS), "crew", "fms"))
	}
	o.number("setting_hpa", t.Setting, 1)
	o.number("target_heading_deg", t.Heading, 4)
	o.Int("nac_p", int64(t.NACp))
	o.Flag("nic_baro", t.NICBaro)
	o.Int("sil", int64(t.SIL))
	o.flag("autopilot", t.Autopilot)
	o.flag("vnav", t.VNAV)
	o.flag("hold_height", t.HoldHeight)
	o.flag("approach", t.Approach)
	o.flag("lnav", t.LNAV)
	o.Flag("tcas", t.TCAS)
}

// object adds optional values to a codec.Object.
type object struct{ *codec.Object }

func number[T ~uint8 | ~uint64](o object, k string, v codec.Opt[T]) {
	if n, ok := v.Get(); ok {
		o.Int(k, int64(n))
	}
}

func (o object) number(k string, v codec.Opt[float64], decimals int) {
	if x, ok := v.Get(); ok {
		o.Number(k, x, decimals)
	}
}

func (o object) flag(k string, v codec.Opt[bool]) {
	if b, ok := v.Get(); ok {
		o.Flag(k, b)
	}
}

// bits writes a field of so many bits as hexadecimal digits.
func (o object) bits(k string, v codec.Opt[uint64], n int) {
	x, ok := v.Get()
	if !ok {
		return
	}
	var b [16]byte
	for i := range n / 4 {
		b[i] = strconv.FormatUint(x>>(n-4-4*i)&0xF, 16)[0]
	}
	o.Text(k, string(b[:n/4]))
}

func boolean(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
