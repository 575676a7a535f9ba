package mavlink

import (
	"math"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"

	"atalaya/geo"
	"atalaya/geo/fmath"
)

// Heartbeat says what a system is and in which state (HEARTBEAT).
type Heartbeat struct {
	Type      ardupilotmega.MAV_TYPE      `json:"type"`
	Autopilot ardupilotmega.MAV_AUTOPILOT `json:"autopilot"`
	Mode      ardupilotmega.MAV_MODE_FLAG `json:"mode"`
	// Custom is the mode in the autopilot's own numbers.
	Custom uint32                  `json:"custom_mode"`
	State  ardupilotmega.MAV_STATE `json:"state"`
	Armed  bool                    `json:"armed"`
}

// Vehicle reports whether the sender is the flight controller of something
// that moves: not a ground station, camera, gimbal or other component.
func (h Heartbeat) Vehicle() bool {
	return h.Autopilot != ardupilotmega.MAV_AUTOPILOT_INVALID &&
		h.Type != ardupilotmega.MAV_TYPE_GCS &&
		h.Type != ardupilotmega.MAV_TYPE_ANTENNA_TRACKER
}

func heartbeat(p *ardupilotmega.MessageHeartbeat) Heartbeat {
	return Heartbeat{
		Type: p.Type, Autopilot: p.Autopilot, Mode: p.BaseMode, Custom: p.CustomMode,
		State: p.SystemStatus,
		Armed: p.BaseMode&ardupilotmega.MAV_MODE_FLAG_SAFETY_ARMED != 0,
	}
}

// Position is where the vehicle believes to be (GLOBAL_POSITION_INT).
type Position struct {
	Boot      Quantity `json:"boot_s"` // seconds since its start
	Place              // degrees
	Sea       Quantity `json:"height_sea_m"`        // above mean sea level
	AboveHome Quantity `json:"height_above_home_m"` // above where it started
	North     Quantity `json:"north_mps"`           // velocity
	East      Quantity `json:"east_mps"`
	Climb     Quantity `json:"climb_mps"`            // up positive
	Heading   Quantity `json:"heading_deg,omitzero"` // of its nose, from true north
}

// Height is the height above the sea.
func (p Position) Height() geo.Height { return height(p.Sea) }

// Ground gives speed in metres a second and course over ground in degrees; the
// course is unknown at rest.
func (p Position) Ground() (speed, course Quantity) {
	n, e := float64(p.North), float64(p.East)
	if n == 0 && e == 0 {
		return 0, unknown()
	}
	return Quantity(math.Sqrt(float64(n*n) + float64(e*e))), bearing(Quantity(fmath.Atan2Degrees(e, n)))
}

func position(p *ardupilotmega.MessageGlobalPositionInt) Position {
	return Position{
		Boot: quantity(p.TimeBootMs, 1e3), Place: place(p.Lat, p.Lon),
		Sea: quantity(p.Alt, 1e3), AboveHome: quantity(p.RelativeAlt, 1e3),
		North: quantity(p.Vx, 100), East: quantity(p.Vy, 100), Climb: quantity(-int32(p.Vz), 100),
		Heading: bearing(unless(p.Hdg, math.MaxUint16, 100)),
	}
}

// GNSS is what its satellite receiver says, unfiltered (GPS_RAW_INT). Without
// a fix the place and heights are unknown.
type GNSS struct {
	Time  time.Time                  `json:"time,omitzero"`   // zero: not known
	Boot  Quantity                   `json:"boot_s,omitzero"` // seconds since its start, where that is sent for the time
	Fix   ardupilotmega.GPS_FIX_TYPE `json:"fix"`
	Place                            // degrees
	Sea   Quantity                   `json:"height_sea_m,omitzero"`       // above mean sea level
	Above Quantity                   `json:"height_ellipsoid_m,omitzero"` // above the WGS84 ellipsoid
	HDOP  Quantity                   `json:"hdop,omitzero"`
	VDOP  Quantity                   `json:"vdop,omitzero"`
	Speed Quantity                   `json:"speed_mps,omitzero"` // over ground
	// Course over ground, from true north.
	Course Quantity `json:"course_deg,omitzero"`
	// Satellites visible.
	Satellites Quantity `json:"satellites,omitzero"`
	// Uncertainties as the receiver states them.
	HorizontalAccuracy Quantity `json:"horizontal_accuracy_m,omitzero"`
	VerticalAccuracy   Quantity `json:"vertical_accuracy_m,omitzero"`
	SpeedAccuracy      Quantity `json:"speed_accuracy_mps,omitzero"`
	HeadingAccuracy    Quantity `json:"heading_accuracy_deg,omitzero"`
	// Heading of the nose, from receivers with two antennas.
	Heading Quantity `json:"heading_deg,omitzero"`
}

// Height is the height above the sea.
func (g GNSS) Height() geo.Height { return height(g.Sea) }

func gnss(p *ardupilotmega.MessageGpsRawInt) GNSS {
	g := GNSS{
		Fix: p.FixType, Place: Place{unknown(), unknown()}, Boot: unknown(),
		Sea: unknown(), Above: unknown(),
		HDOP: unless(p.Eph, math.MaxUint16, 100), VDOP: unless(p.Epv, math.MaxUint16, 100),
		Speed: unless(p.Vel, math.MaxUint16, 100), Course: bearing(unless(p.Cog, math.MaxUint16, 100)),
		Satellites: unless(uint16(p.SatellitesVisible), math.MaxUint8, 1),
		// Extension fields: zero is what comes where they are not sent.
		HorizontalAccuracy: unless(p.HAcc, 0, 1e3), VerticalAccuracy: unless(p.VAcc, 0, 1e3),
		SpeedAccuracy: unless(p.VelAcc, 0, 1e3), HeadingAccuracy: unless(p.HdgAcc, 0, 1e5),
		Heading: unknown(),
	}
	// The same field carries either time; the dialect says that the size tells.
	const unixFrom = 1e15 // 2001 in microseconds; 31 years of running
	if p.TimeUsec < unixFrom {
		g.Boot = Quantity(float64(p.TimeUsec) / 1e6)
	} else {
		g.Time = unixMicro(p.TimeUsec)
	}
	if p.FixType >= ardupilotmega.GPS_FIX_TYPE_2D_FIX {
		g.Place = place(p.Lat, p.Lon)
	}
	if p.FixType >= ardupilotmega.GPS_FIX_TYPE_3D_FIX {
		g.Sea = quantity(p.Alt, 1e3)
		g.Above = unless(p.AltEllipsoid, 0, 1e3)
	}
	if p.Yaw != 0 {
		g.Heading = bearing(unless(p.Yaw, math.MaxUint16, 100))
	}
	return g
}

// unixMicro turns microseconds since 1970 into a time; zero and what is
// after the year 2200 are unknown.
func unixMicro(us uint64) time.Time {
	const until = 7258118400e6
	if us == 0 || us >= until {
		return time.Time{}
	}
	return time.UnixMicro(int64(us)).UTC()
}

// Attitude is how the vehicle lies (ATTITUDE, ATTITUDE_QUATERNION).
type Attitude struct {
	Boot      Quantity `json:"boot_s"`             // seconds since its start
	Roll      Quantity `json:"roll_deg,omitzero"`  // right wing down positive
	Pitch     Quantity `json:"pitch_deg,omitzero"` // nose up positive
	Yaw       Quantity `json:"yaw_deg,omitzero"`   // of the nose, from true north
	RollRate  Quantity `json:"roll_dps,omitzero"`  // degrees a second
	PitchRate Quantity `json:"pitch_dps,omitzero"` // degrees a second
	YawRate   Quantity `json:"yaw_dps,omitzero"`   // degrees a second
}

func attitude(p *ardupilotmega.MessageAttitude) Attitude {
	return Attitude{
		Boot: quantity(p.TimeBootMs, 1e3),
		Roll: degrees(p.Roll), Pitch: degrees(p.Pitch), Yaw: bearing(degrees(p.Yaw)),
		RollRate: degrees(p.Rollspeed), PitchRate: degrees(p.Pitchspeed), YawRate: degrees(p.Yawspeed),
	}
}

func attitudeQuaternion(p *ardupilotmega.MessageAttitudeQuaternion) Attitude {
	a := Attitude{
		Boot:     quantity(p.TimeBootMs, 1e3),
		RollRate: degrees(p.Rollspeed), PitchRate: degrees(p.Pitchspeed), YawRate: degrees(p.Yawspeed),
	}
	a.Roll, a.Pitch, a.Yaw = euler(p.Q1, p.Q2, p.Q3, p.Q4)
	return a
}

// HUD is what a pilot looks at (VFR_HUD).
type HUD struct {
	Airspeed Quantity `json:"airspeed_mps,omitzero"`
	Speed    Quantity `json:"speed_mps,omitzero"` // over ground
	Heading  Quantity `json:"heading_deg"`        // from north
	Throttle Quantity `json:"throttle_percent"`
	Sea      Quantity `json:"height_sea_m,omitzero"` // above mean sea level
	Climb    Quantity `json:"climb_mps,omitzero"`    // up positive
}

func hud(p *ardupilotmega.MessageVfrHud) HUD {
	return HUD{
		Airspeed: quantity(p.Airspeed, 1), Speed: quantity(p.Groundspeed, 1),
		Heading: bearing(quantity(p.Heading, 1)), Throttle: quantity(p.Throttle, 1),
		Sea: quantity(p.Alt, 1), Climb: quantity(p.Climb, 1),
	}
}

// Home is where the vehicle returns to (HOME_POSITION).
type Home struct {
	Place          // degrees
	Sea   Quantity `json:"height_sea_m"` // above mean sea level
}

// Height is the height above the sea.
func (h Home) Height() geo.Height { return height(h.Sea) }

func home(p *ardupilotmega.MessageHomePosition) Home {
	return Home{Place: place(p.Latitude, p.Longitude), Sea: quantity(p.Altitude, 1e3)}
}

// Clock relates the vehicle's clock to the world's (SYSTEM_TIME).
type Clock struct {
	Time time.Time `json:"time,omitzero"` // zero: it does not know
	Boot Quantity  `json:"boot_s"`        // seconds since its start
}

func clock(p *ardupilotmega.MessageSystemTime) Clock {
	return Clock{Time: unixMicro(p.TimeUnixUsec), Boot: quantity(p.TimeBootMs, 1e3)}
}

// State says whether it flies (EXTENDED_SYS_STATE).
type State struct {
	Landed ardupilotmega.MAV_LANDED_STATE `json:"landed"`
	VTOL   ardupilotmega.MAV_VTOL_STATE   `json:"vtol"`
}

// Mission is how far it is in its mission (MISSION_CURRENT).
type Mission struct {
	Item  uint16                      `json:"item"`
	Total Quantity                    `json:"total,omitzero"` // items; 0: there is no mission
	State ardupilotmega.MISSION_STATE `json:"state"`
}

func mission(p *ardupilotmega.MessageMissionCurrent) Mission {
	m := Mission{Item: p.Seq, Total: unless(p.Total, 0, 1), State: p.MissionState}
	if p.Total == math.MaxUint16 {
		m.Total = 0
	}
	return m
}

func (Heartbeat) telemetry() {}
func (Position) telemetry()  {}
func (GNSS) telemetry()      {}
func (Attitude) telemetry()  {}
func (HUD) telemetry()       {}
func (Home) telemetry()      {}
func (Clock) telemetry()     {}
func (State) telemetry()     {}
func (Mission) telemetry()   {}
