package ais

import (
	"cmp"
	"time"

	"atalaya/codec"
)

const knot = 1852.0 / 3600 // m/s

// write gives the speed in knots the decimals that the type sends.
func (k *Kinematics) write(o *codec.Object, knotDecimals int) {
	if p, ok := k.Position.Get(); ok {
		o.Number("lat_deg", p.Lat, 7)
		o.Number("lon_deg", p.Lon, 7)
	}
	o.Flag("accurate", k.Accurate)
	o.Flag("raim", k.RAIM)
	if v, ok := k.Speed.Get(); ok {
		o.Number("speed_mps", v, 3)
		o.Number("speed_kn", v/knot, knotDecimals)
	}
	number(o, "course_deg", k.Course, 1)
	number(o, "heading_deg", k.Heading, 0)
	whole(o, "second", k.Second)
	o.Text("fix", k.Fix.String())
}

func (p *Position) write(o *codec.Object) {
	p.Kinematics.write(o, 1)
	writeStatus(o, p.Status)
	number(o, "turn_deg_min", p.TurnRate, 1)
	switch p.Turning {
	case -1:
		o.Text("turning", "left")
	case 1:
		o.Text("turning", "right")
	}
	boolean(o, "maneuver", p.Maneuver)
	whole(o, "radio", p.Radio)
}

func (b *BaseStation) write(o *codec.Object) {
	o.Time("utc", b.Time.Or(time.Time{}))
	b.Kinematics.write(o, 1)
	whole(o, "device", b.Device)
	whole(o, "radio", b.Radio)
}

func (v *Voyage) write(o *codec.Object) {
	o.Int("ais_version", int64(v.Version))
	whole(o, "imo", v.IMO)
	o.Text("callsign", v.CallSign)
	o.Text("name", v.Name)
	writeShip(o, v.ShipType, v.Size)
	whole(o, "device", v.Device)
	whole(o, "eta_month", v.ETA.Month)
	whole(o, "eta_day", v.ETA.Day)
	whole(o, "eta_hour", v.ETA.Hour)
	whole(o, "eta_minute", v.ETA.Minute)
	number(o, "draught_m", v.Draught, 1)
	o.Text("destination", v.Destination)
	boolean(o, "ready", v.Ready)
}

func (s *SARAircraft) write(o *codec.Object) {
	s.Kinematics.write(o, 0)
	number(o, "altitude_m", s.Altitude, 0)
	if s.Altitude.Known() {
		o.Flag("barometric", s.Barometric)
	}
	o.Flag("ready", s.Ready)
	o.Flag("assigned", s.Assigned)
	whole(o, "radio", s.Radio)
}

func (t *Text) write(o *codec.Object) {
	o.Text("text", t.Text)
	if to, ok := t.To.Get(); ok {
		o.Int("to_mmsi", int64(to))
		o.Int("sequence", int64(t.Sequence))
		o.Flag("retransmitted", t.Retransmitted)
	}
}

func (b *ClassB) write(o *codec.Object) {
	b.Kinematics.write(o, 1)
	o.Flag("carrier_sense", b.CarrierSense)
	o.Flag("display", b.Display)
	o.Flag("dsc", b.DSC)
	o.Flag("whole_band", b.WholeBand)
	o.Flag("message22", b.Message22)
	o.Flag("assigned", b.Assigned)
	whole(o, "radio", b.Radio)
}

func (b *ClassBExtended) write(o *codec.Object) {
	b.Kinematics.write(o, 1)
	o.Text("name", b.Name)
	writeShip(o, b.ShipType, b.Size)
	whole(o, "device", b.Device)
	o.Flag("ready", b.Ready)
	o.Flag("assigned", b.Assigned)
}

func (a *AidToNavigation) write(o *codec.Object) {
	a.Kinematics.write(o, 1)
	whole(o, "aid_type", a.Kind)
	o.Text("name", a.Name)
	writeSize(o, a.Size)
	whole(o, "device", a.Device)
	boolean(o, "off_position", a.OffPosition)
	o.Int("aid_status", int64(a.Status))
	o.Flag("virtual", a.Virtual)
	o.Flag("assigned", a.Assigned)
}

func (s *StaticA) write(o *codec.Object) {
	o.Text("part", "A")
	o.Text("name", s.Name)
}

func (s *StaticB) write(o *codec.Object) {
	o.Text("part", "B")
	writeShip(o, s.ShipType, s.Size)
	o.Text("vendor", s.Vendor)
	o.Int("model", int64(s.Model))
	o.Int("serial", int64(s.Serial))
	o.Text("callsign", s.CallSign)
	whole(o, "mothership_mmsi", s.MotherShip)
	whole(o, "device", s.Device)
}

func (l *LongRange) write(o *codec.Object) {
	l.Kinematics.write(o, 0)
	writeStatus(o, l.Status)
	o.Flag("late", l.Late)
}

func writeStatus(o *codec.Object, s codec.Opt[NavStatus]) {
	if v, ok := s.Get(); ok {
		o.Int("status", int64(v))
		o.Text("status_text", v.String())
	}
}

func writeShip(o *codec.Object, t codec.Opt[ShipType], s codec.Opt[Size]) {
	if v, ok := t.Get(); ok {
		o.Int("ship_type", int64(v))
		o.Text("ship_type_text", v.String())
	}
	writeSize(o, s)
}

func writeSize(o *codec.Object, s codec.Opt[Size]) {
	if v, ok := s.Get(); ok {
		o.Int("to_bow_m", int64(v.Bow))
		o.Int("to_stern_m", int64(v.Stern))
		o.Int("to_port_m", int64(v.Port))
		o.Int("to_starboard_m", int64(v.Starboard))
	}
}

func number(o *codec.Object, key string, v codec.Opt[float64], decimals int) {
	if x, ok := v.Get(); ok {
		o.Number(key, x, decimals)
	}
}

func whole[T interface {
	cmp.Ordered
	~uint8 | ~uint32
}](o *codec.Object, key string, v codec.Opt[T]) {
	if x, ok := v.Get(); ok {
		o.Int(key, int64(x))
	}
}

func boolean(o *codec.Object, key string, v codec.Opt[bool]) {
	if x, ok := v.Get(); ok {
		o.Flag(key, x)
	}
}
