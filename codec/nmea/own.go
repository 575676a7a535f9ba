package nmea

import (
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

// RMC is a receiver's position, course and time.
type RMC struct {
	Time      time.Time // UTC; zero where the date is missing
	Clock     codec.Opt[time.Duration]
	Valid     bool
	Position  codec.Opt[geo.Position] // absent where not Valid
	Speed     codec.Opt[float64]      // m/s over ground
	Course    codec.Opt[float64]      // deg over ground, true
	Variation codec.Opt[float64]      // deg, east positive
	Mode      byte                    // A autonomous, D differential, E estimated, M manual, S simulator, N not valid, ...; 0: not said
}

// Formatter implements Data.
func (*RMC) Formatter() string { return "RMC" }

func (r *RMC) read(f *fields) {
	r.Clock = f.clock(0)
	r.Valid = f.letter(1, "AV", "status") == 'A'
	r.Position = f.position(2)
	r.Speed = f.amount(6, knot, "speed")
	r.Course = f.angle(7, "course")
	if day, ok := f.date(8); ok {
		if at, ok := r.Clock.Get(); ok {
			r.Time = day.Add(at)
		}
	}
	variation, ok := f.number(9, "variation").Get()
	if side := f.s.Field(10); ok || len(f.s.Fields) > 11 || len(side) == 0 {
		if f.letter(10, "EW", "direction") == 'W' {
			variation = -variation
		}
		r.Mode = f.letter(11, modes, "mode")
	} else { // the Saab R4 leaves out the direction where there is no variation
		r.Mode = f.letter(10, modes, "mode")
	}
	r.Variation = codec.SomeIf(variation, ok)
	if !r.Valid {
		r.Position, r.Speed, r.Course = codec.Opt[geo.Position]{}, codec.Opt[float64]{}, codec.Opt[float64]{}
	}
}

// modes are the mode letters of RMC, GLL and VTG.
const modes = "ADEFMNPRSVC"

func (r *RMC) write(o *codec.Object) {
	o.Time("time", r.Time)
	if r.Time.IsZero() {
		clock(o, r.Clock)
	}
	o.Flag("valid", r.Valid)
	letter(o, "mode", r.Mode)
	position(o, r.Position)
	value(o, "speed_mps", r.Speed, 3)
	value(o, "course_deg", r.Course, 3)
	value(o, "variation_deg", r.Variation, 3)
}

// GGA is a GNSS fix with altitude.
type GGA struct {
	Clock      codec.Opt[time.Duration] // UTC time of day
	Position   codec.Opt[geo.Position]  // absent with quality 0
	Quality    int                      // 0 none, 1 GNSS, 2 differential, 4 RTK, 6 estimated, 8 simulator, ...
	Satellites codec.Opt[int]           // in use
	HDOP       codec.Opt[float64]
	Altitude   codec.Opt[geo.SeaHeight] // of the antenna; absent with quality 0
	Geoid      codec.Opt[float64]       // m, mean sea level above the ellipsoid
}

// Formatter implements Data.
func (*GGA) Formatter() string { return "GGA" }

func (g *GGA) read(f *fields) {
	g.Clock = f.clock(0)
	g.Position = f.position(1)
	g.Quality = f.whole(5, 8, "quality").Or(0)
	g.Satellites = f.whole(6, 999, "number of satellites")
	g.HDOP = f.amount(7, 1, "dilution of precision")
	altitude, ok := f.number(8, "altitude").Get()
	f.letter(9, "M", "unit of altitude")
	g.Altitude = codec.SomeIf(geo.SeaHeight(altitude), ok)
	g.Geoid = f.number(10, "geoid separation")
	f.letter(11, "M", "unit of geoid separation")
	if g.Quality == 0 {
		g.Position, g.Altitude = codec.Opt[geo.Position]{}, codec.Opt[geo.SeaHeight]{}
	}
}

func (g *GGA) write(o *codec.Object) {
	clock(o, g.Clock)
	o.Int("quality", int64(g.Quality))
	position(o, g.Position)
	whole(o, "satellites", g.Satellites)
	value(o, "hdop", g.HDOP, 2)
	if h, ok := g.Altitude.Get(); ok {
		o.Number("altitude_m", float64(h), 3)
	}
	value(o, "geoid_m", g.Geoid, 3)
}

// GLL is a receiver's position.
type GLL struct {
	Position codec.Opt[geo.Position] // absent where not Valid
	Clock    codec.Opt[time.Duration]
	Valid    bool
	Mode     byte // as of RMC
}

// Formatter implements Data.
func (*GLL) Formatter() string { return "GLL" }

func (g *GLL) read(f *fields) {
	g.Position = f.position(0)
	g.Clock = f.clock(4)
	g.Valid = f.letter(5, "AV", "status") == 'A'
	g.Mode = f.letter(6, modes, "mode")
	if !g.Valid {
		g.Position = codec.Opt[geo.Position]{}
	}
}

func (g *GLL) write(o *codec.Object) {
	clock(o, g.Clock)
	o.Flag("valid", g.Valid)
	letter(o, "mode", g.Mode)
	position(o, g.Position)
}

// VTG is course and speed over ground.
type VTG struct {
	Course   codec.Opt[float64] // deg, true
	Magnetic codec.Opt[float64] // deg
	Speed    codec.Opt[float64] // m/s
	Mode     byte               // as of RMC
}

// Formatter implements Data.
func (*VTG) Formatter() string { return "VTG" }

func (v *VTG) read(f *fields) {
	v.Course = f.angle(0, "course")
	f.letter(1, "T", "course type")
	v.Magnetic = f.angle(2, "course")
	f.letter(3, "M", "course type")
	v.Speed = f.amount(4, knot, "speed")
	f.letter(5, "N", "unit of speed")
	if kmh := f.amount(6, 1000.0/3600, "speed"); !v.Speed.Known() {
		v.Speed = kmh
	}
	f.letter(7, "K", "unit of speed")
	v.Mode = f.letter(8, modes, "mode")
}

func (v *VTG) write(o *codec.Object) {
	letter(o, "mode", v.Mode)
	value(o, "speed_mps", v.Speed, 3)
	value(o, "course_deg", v.Course, 3)
	value(o, "course_magnetic_deg", v.Magnetic, 3)
}

// HDT is the true heading.
type HDT struct {
	Heading codec.Opt[float64] // deg
}

// Formatter implements Data.
func (*HDT) Formatter() string { return "HDT" }

func (h *HDT) read(f *fields) {
	h.Heading = f.angle(0, "heading")
	f.letter(1, "T", "heading type")
}

func (h *HDT) write(o *codec.Object) { value(o, "heading_deg", h.Heading, 3) }

// THS is the true heading with its status, which newer ships send instead of
// HDT.
type THS struct {
	Heading codec.Opt[float64] // deg; absent where not Valid
	Valid   bool
	Mode    byte // A autonomous, E estimated, M manual, S simulator, V not valid
}

// Formatter implements Data.
func (*THS) Formatter() string { return "THS" }

func (h *THS) read(f *fields) {
	h.Heading = f.angle(0, "heading")
	h.Mode = f.letter(1, "AEMSV", "mode")
	h.Valid = h.Mode != 'V' && h.Mode != 0
	if !h.Valid {
		h.Heading = codec.Opt[float64]{}
	}
}

func (h *THS) write(o *codec.Object) {
	value(o, "heading_deg", h.Heading, 3)
	o.Flag("valid", h.Valid)
	letter(o, "mode", h.Mode)
}
