package nmea

import (
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

// TTM is a tracked target in polar coordinates from own ship
// .
type TTM struct {
	Target    codec.Opt[int]     // number in the radar, 0 to 1023
	Distance  codec.Opt[float64] // m
	Bearing   codec.Opt[float64] // deg
	Relative  bool               // Bearing counts from own heading, not from north
	Speed     codec.Opt[float64] // m/s
	Course    codec.Opt[float64] // deg
	CourseRel bool               // Course counts from own heading
	CPA       codec.Opt[float64] // m
	TCPA      codec.Opt[float64] // s, negative: the ships draw apart
	Name      string
	Status    Status
	Reference bool                     // a fixed target for the own speed
	Clock     codec.Opt[time.Duration] // UTC time of day
	Acquired  Acquisition
}

// Status is the state of a radar's target.
type Status byte

// The states of a target.
const (
	Lost      Status = 'L'
	Acquiring Status = 'Q'
	Tracking  Status = 'T'
)

func (s Status) String() string {
	switch s {
	case Lost:
		return "lost"
	case Acquiring:
		return "acquiring"
	case Tracking:
		return "tracking"
	}
	return ""
}

// Acquisition is how a target was acquired.
type Acquisition byte

// How targets are acquired.
const (
	Automatic Acquisition = 'A'
	Manual    Acquisition = 'M'
	Reported  Acquisition = 'R'
)

func (a Acquisition) String() string {
	switch a {
	case Automatic:
		return "automatic"
	case Manual:
		return "manual"
	case Reported:
		return "reported"
	}
	return ""
}

// Formatter implements Data.
func (*TTM) Formatter() string { return "TTM" }

func (t *TTM) read(f *fields) {
	distance, speed := f.units(9)
	t.Target = f.whole(0, 1023, "target number")
	t.Distance = f.amount(1, distance, "distance")
	t.Bearing = f.angle(2, "bearing")
	t.Relative = f.letter(3, "TR", "bearing type") == 'R'
	t.Speed = f.amount(4, speed, "speed")
	t.Course = f.angle(5, "course")
	t.CourseRel = f.letter(6, "TR", "course type") == 'R'
	t.CPA = f.amount(7, distance, "distance")
	minutes, ok := f.number(8, "time").Get()
	t.TCPA = codec.SomeIf(minutes*60, ok)
	f.need(distance, 9, t.Distance, t.Speed, t.CPA)
	t.Name = f.text(10)
	t.Status = Status(f.letter(11, "LQT", "target status"))
	t.Reference = f.letter(12, "R", "reference target") == 'R'
	t.Clock = f.clock(13)
	t.Acquired = Acquisition(f.letter(14, "AMR", "type of acquisition"))
}

func (t *TTM) write(o *codec.Object) {
	whole(o, "target", t.Target)
	o.Text("name", t.Name)
	o.Text("status", t.Status.String())
	o.Flag("reference", t.Reference)
	o.Text("acquired", t.Acquired.String())
	value(o, "distance_m", t.Distance, 1)
	value(o, "bearing_deg", t.Bearing, 3)
	if t.Bearing.Known() {
		o.Flag("bearing_relative", t.Relative)
	}
	value(o, "speed_mps", t.Speed, 3)
	value(o, "course_deg", t.Course, 3)
	if t.Course.Known() {
		o.Flag("course_relative", t.CourseRel)
	}
	value(o, "cpa_m", t.CPA, 1)
	value(o, "tcpa_s", t.TCPA, 1)
	clock(o, t.Clock)
}

// TLL is a target's position.
type TLL struct {
	Target    codec.Opt[int]
	Position  codec.Opt[geo.Position]
	Name      string
	Clock     codec.Opt[time.Duration] // UTC time of day
	Status    Status
	Reference bool
}

// Formatter implements Data.
func (*TLL) Formatter() string { return "TLL" }

func (t *TLL) read(f *fields) {
	t.Target = f.whole(0, 1023, "target number")
	t.Position = f.position(1)
	t.Name = f.text(5)
	t.Clock = f.clock(6)
	t.Status = Status(f.letter(7, "LQT", "target status"))
	t.Reference = f.letter(8, "R", "reference target") == 'R'
}

func (t *TLL) write(o *codec.Object) {
	whole(o, "target", t.Target)
	o.Text("name", t.Name)
	o.Text("status", t.Status.String())
	o.Flag("reference", t.Reference)
	position(o, t.Position)
	clock(o, t.Clock)
}

// RSD is what a radar's screen is set to. Origins,
// markers and lines are the two pairs that an operator can set.
type RSD struct {
	Origin      [2]Polar
	Marker      [2]codec.Opt[float64] // variable range marker, m
	BearingLine [2]codec.Opt[float64] // electronic bearing line, deg
	Cursor      Polar                 // from own ship
	RangeScale  codec.Opt[float64]    // m
	Rotation    Rotation
}

// Polar is a range in metres and a bearing in degrees.
type Polar struct {
	Range, Bearing codec.Opt[float64]
}

// Rotation is what is up on a radar's screen.
type Rotation byte

// What is up.
const (
	CourseUp Rotation = 'C'
	HeadUp   Rotation = 'H'
	NorthUp  Rotation = 'N'
)

func (r Rotation) String() string {
	switch r {
	case CourseUp:
		return "course-up"
	case HeadUp:
		return "head-up"
	case NorthUp:
		return "north-up"
	}
	return ""
}

// Formatter implements Data.
func (*RSD) Formatter() string { return "RSD" }

func (r *RSD) read(f *fields) {
	distance, _ := f.units(11)
	for k := range 2 {
		r.Origin[k] = f.polar(4*k, distance)
		r.Marker[k] = f.amount(4*k+2, distance, "range")
		r.BearingLine[k] = f.angle(4*k+3, "bearing")
	}
	r.Cursor = f.polar(8, distance)
	r.RangeScale = f.amount(10, distance, "range")
	f.need(distance, 11, r.Origin[0].Range, r.Origin[1].Range, r.Marker[0], r.Marker[1], r.Cursor.Range, r.RangeScale)
	r.Rotation = Rotation(f.letter(12, "CHN", "display rotation"))
}

func (f *fields) polar(i int, unit float64) Polar {
	return Polar{Range: f.amount(i, unit, "range"), Bearing: f.angle(i+1, "bearing")}
}

func (r *RSD) write(o *codec.Object) {
	value(o, "range_m", r.RangeScale, 1)
	o.Text("rotation", r.Rotation.String())
	value(o, "cursor_m", r.Cursor.Range, 1)
	value(o, "cursor_deg", r.Cursor.Bearing, 3)
	for k, n := range [2]string{"1", "2"} {
		value(o, "origin"+n+"_m", r.Origin[k].Range, 1)
		value(o, "origin"+n+"_deg", r.Origin[k].Bearing, 3)
		value(o, "vrm"+n+"_m", r.Marker[k], 1)
		value(o, "ebl"+n+"_deg", r.BearingLine[k], 3)
	}
}

// OSD is a radar's own ship. References are B
// (bottom log), M (manual), W (water), R (radar, fixed target) and P
// (positioning system); 0 where not said.
type OSD struct {
	Heading   codec.Opt[float64] // deg, true
	Valid     bool               // the heading is
	Course    codec.Opt[float64] // deg, true
	CourseRef byte
	Speed     codec.Opt[float64] // m/s
	SpeedRef  byte
	Set       codec.Opt[float64] // deg, true: where the current goes
	Drift     codec.Opt[float64] // m/s, of the current
}

// Formatter implements Data.
func (*OSD) Formatter() string { return "OSD" }

func (s *OSD) read(f *fields) {
	_, speed := f.units(8)
	s.Valid = f.letter(1, "AV", "status") == 'A'
	s.Heading = f.angle(0, "heading")
	if !s.Valid {
		s.Heading = codec.Opt[float64]{}
	}
	s.Course = f.angle(2, "course")
	s.CourseRef = f.letter(3, "BMWRP", "reference")
	s.Speed = f.amount(4, speed, "speed")
	s.SpeedRef = f.letter(5, "BMWRP", "reference")
	s.Set = f.angle(6, "set")
	s.Drift = f.amount(7, speed, "drift")
	f.need(speed, 8, s.Speed, s.Drift)
}

func (s *OSD) write(o *codec.Object) {
	value(o, "heading_deg", s.Heading, 3)
	o.Flag("valid", s.Valid)
	value(o, "course_deg", s.Course, 3)
	letter(o, "course_reference", s.CourseRef)
	value(o, "speed_mps", s.Speed, 3)
	letter(o, "speed_reference", s.SpeedRef)
	value(o, "set_deg", s.Set, 3)
	value(o, "drift_mps", s.Drift, 3)
}

func value(o *codec.Object, key string, v codec.Opt[float64], decimals int) {
	if x, ok := v.Get(); ok {
		o.Number(key, x, decimals)
	}
}

func whole(o *codec.Object, key string, v codec.Opt[int]) {
	if x, ok := v.Get(); ok {
		o.Int(key, int64(x))
	}
}

func letter(o *codec.Object, key string, c byte) {
	if c != 0 {
		o.Text(key, string(rune(c)))
	}
}

func clock(o *codec.Object, v codec.Opt[time.Duration]) {
	if x, ok := v.Get(); ok {
		o.Number("clock_s", x.Seconds(), 3)
	}
}

func position(o *codec.Object, v codec.Opt[geo.Position]) {
	if p, ok := v.Get(); ok {
		o.Number("lat_deg", p.Lat, 7)
		o.Number("lon_deg", p.Lon, 7)
	}
}
