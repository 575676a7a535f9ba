package mavlink

import (
	"math"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"

	"atalaya/geo"
	"atalaya/geo/fmath"
)

// Telemetry is what we understand of a message: one of the types that the
// package comment lists.
type Telemetry interface{ telemetry() }

// Telemetry gives what we understand of the message, or nil.
func (m *Message) Telemetry() Telemetry {
	switch p := m.Payload.(type) {
	case *ardupilotmega.MessageHeartbeat:
		return heartbeat(p)
	case *ardupilotmega.MessageGlobalPositionInt:
		return position(p)
	case *ardupilotmega.MessageGpsRawInt:
		return gnss(p)
	case *ardupilotmega.MessageAttitude:
		return attitude(p)
	case *ardupilotmega.MessageAttitudeQuaternion:
		return attitudeQuaternion(p)
	case *ardupilotmega.MessageVfrHud:
		return hud(p)
	case *ardupilotmega.MessageHomePosition:
		return home(p)
	case *ardupilotmega.MessageSystemTime:
		return clock(p)
	case *ardupilotmega.MessageExtendedSysState:
		return State{Landed: p.LandedState, VTOL: p.VtolState}
	case *ardupilotmega.MessageMissionCurrent:
		return mission(p)
	case *ardupilotmega.MessageSysStatus:
		return systemStatus(p)
	case *ardupilotmega.MessageBatteryStatus:
		return battery(p)
	case *ardupilotmega.MessageGimbalDeviceAttitudeStatus:
		return gimbalDevice(p)
	case *ardupilotmega.MessageMountOrientation:
		return mountOrientation(p, m.Version)
	case *ardupilotmega.MessageMountStatus:
		return mountStatus(p)
	case *ardupilotmega.MessageCameraFovStatus:
		return fieldOfView(p)
	case *ardupilotmega.MessageCameraInformation:
		return camera(p)
	case *ardupilotmega.MessageAutopilotVersion:
		return autopilot(p)
	case *ardupilotmega.MessageStatustext:
		return Text{Severity: p.Severity, Text: p.Text, ID: p.Id, Chunk: p.ChunkSeq}
	case *ardupilotmega.MessageAdsbVehicle:
		return traffic(p)
	default:
		return nil
	}
}

// Quantity is a number that may be unknown. Unknown ones are absent in JSON.
type Quantity float64

// Known reports whether there is a number. It is then finite.
func (q Quantity) Known() bool { return !math.IsNaN(float64(q)) }

// IsZero makes the tag omitzero leave out what is unknown, and print zeros.
func (q Quantity) IsZero() bool { return !q.Known() }

// unknown is the Quantity that says so.
func unknown() Quantity { return Quantity(math.NaN()) }

// quantity is v/per, unknown where v is not finite. Dividing keeps decimal
// fractions as near as they can be: 166500000/1e7 is the float64 for 16.65.
func quantity[N int16 | uint16 | int32 | uint32 | int64 | float32 | float64](v N, per float64) Quantity {
	if q := float64(v) / per; !math.IsInf(q, 0) {
		return Quantity(q)
	}
	return unknown()
}

// unless is v/per, unknown where v is the number that stands for unknown.
func unless[N int16 | uint16 | int32 | uint32](v, none N, per float64) Quantity {
	if v == none {
		return unknown()
	}
	return quantity(v, per)
}

const radian = 180 / math.Pi // in degrees

// degrees converts an angle or a rate from radians.
func degrees(rad float32) Quantity { return quantity(float64(rad)*radian, 1) }

// bearing is an angle in [0, 360) degrees.
func bearing(q Quantity) Quantity {
	if !q.Known() {
		return q
	}
	return Quantity(geo.WrapBearing(float64(q)))
}

// Place is a WGS84 position in degrees; both are known or neither.
type Place struct {
	Lat Quantity `json:"lat_deg,omitzero"`
	Lon Quantity `json:"lon_deg,omitzero"`
}

// Position gives the position, if it is known.
func (p Place) Position() (at geo.Position, known bool) {
	if !p.Lat.Known() || !p.Lon.Known() {
		return geo.Position{}, false
	}
	return geo.Position{Lat: float64(p.Lat), Lon: float64(p.Lon)}, true
}

// place makes a Place of 1e-7 degrees. Zero and zero is what autopilots send
// before they know where they are; that and what is outside the world is
// unknown.
func place(lat, lon int32) Place {
	at := geo.Position{Lat: float64(lat) / 1e7, Lon: float64(lon) / 1e7}
	if !at.Valid() || lat == 0 && lon == 0 {
		return Place{unknown(), unknown()}
	}
	return Place{Quantity(at.Lat), Quantity(at.Lon)}
}

// height carries metres above the sea as a height, or no height.
func height(sea Quantity) geo.Height {
	if !sea.Known() {
		return geo.Height{}
	}
	return geo.SeaHeight(sea).Height()
}

// euler turns a quaternion w, x, y, z into roll, pitch and yaw in degrees, in
// the order of rotations that MAVLink uses (yaw, pitch, roll; z is down).
// Looking straight down or up, where roll and yaw cannot be told apart, all of
// it is yaw. A quaternion of no length is unknown.
func euler(w32, x32, y32, z32 float32) (roll, pitch, yaw Quantity) {
	w, x, y, z := float64(w32), float64(x32), float64(y32), float64(z32)
	norm := math.Sqrt(float64(w*w) + float64(x*x) + float64(y*y) + float64(z*z))
	if !(norm > 1e-6) || math.IsInf(norm, 0) {
		return unknown(), unknown(), unknown()
	}
	w, x, y, z = w/norm, x/norm, y/norm, z/norm
	s := float64(2 * (float64(w*y) - float64(z*x)))
	s = max(-1, min(1, s))
	pitch = Quantity(fmath.Asin(s) * radian)
	const straight = 1 - 1e-6 // within 0.1 degree of straight down or up
	if math.Abs(s) > straight {
		yaw = Quantity(fmath.Atan2Degrees(
			float64(2*(float64(w*z)-float64(x*y))),
			1-float64(2*(float64(x*x)+float64(z*z)))))
		return 0, pitch, bearing(yaw)
	}
	roll = Quantity(fmath.Atan2Degrees(
		float64(2*(float64(w*x)+float64(y*z))),
		1-float64(2*(float64(x*x)+float64(y*y)))))
	yaw = Quantity(fmath.Atan2Degrees(
		float64(2*(float64(w*z)+float64(x*y))),
		1-float64(2*(float64(y*y)+float64(z*z)))))
	return roll, pitch, bearing(yaw)
}
