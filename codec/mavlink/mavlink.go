// Package mavlink decodes and encodes MAVLink, the telemetry language of
// ArduPilot and PX4 (https://mavlink.io/en/guide/serialization.html).
//
// Messages and their fields come from gomavlib's ardupilotmega dialect, which
// contains minimal, standard and common; all of them are decoded. The frame
// layer is our own: it finds several frames in one piece and frames across
// pieces, resynchronises on garbage, keeps the raw bytes, and believes nothing
// that it cannot check.
//
// # What is accepted
//
// A frame is good when its checksum is right, and the checksum covers
// CRC_EXTRA, a number made from the message's definition: a frame with an
// unknown message id can therefore not be checked; it is counted as
// [codec.Unsupported] and never trusted. So are frames with incompatibility
// flags that we do not know ([Incompatible]), and version 1 frames where
// Config.MAVLink1 is off ([Version1]): these can never be signed. A signature
// is parsed and kept; whether it is right is for those to say who hold keys.
//
// Bytes that belong to no good frame are reported in runs: as one bad frame
// where the start of another frame follows it, else as far as the next frame
// or 1024 bytes.
//
// # What is understood
//
// [Message.Telemetry] gives these in one set of units and with heights' datum:
//
//	HEARTBEAT                      Heartbeat: type, autopilot, mode, armed, state
//	GLOBAL_POSITION_INT            Position: position, height (sea, above home), velocity, heading
//	GPS_RAW_INT                    GNSS: fix, position, height (sea, ellipsoid), speed, course, accuracies
//	ATTITUDE, ATTITUDE_QUATERNION  Attitude: roll, pitch, yaw and their rates
//	SYS_STATUS                     SystemStatus: sensors, load, battery, drop rate
//	BATTERY_STATUS                 Battery: voltage, cells, current, remaining, temperature
//	MISSION_CURRENT                Mission: current item, total, state
//	EXTENDED_SYS_STATE             State: landed, VTOL
//	GIMBAL_DEVICE_ATTITUDE_STATUS, MOUNT_ORIENTATION, MOUNT_STATUS
//	                               Gimbal: roll, pitch, yaw to north or to the vehicle
//	CAMERA_FOV_STATUS              FieldOfView: camera, centre of the image, angles
//	CAMERA_INFORMATION             Camera: maker, model, lens, sensor
//	HOME_POSITION                  Home
//	AUTOPILOT_VERSION              Autopilot: versions, capabilities, identity
//	VFR_HUD                        HUD: air and ground speed, climb, throttle
//	STATUSTEXT                     Text
//	SYSTEM_TIME                    Clock
//	ADSB_VEHICLE                   Traffic: an aircraft that the vehicle heard
//
// # JSON
//
// A message prints as one object:
//
//	received     receive time (of a tlog: the recorded time), RFC 3339; absent when unknown
//	version      1 or 2
//	system, component, sequence, id, name
//	             of the frame; name as in the dialect, "GLOBAL_POSITION_INT"
//	signed       the frame carries a signature (not: the signature is right)
//	signature_link, signature_time, signature
//	             of a signed frame: link id, its time, 6 bytes in hexadecimal
//	lost         frames missing before this one, from the sequence of its sender
//	raw          the frame in hexadecimal
//	fields       every field as sent: names, units and numbers of the dialect;
//	             enumerations as numbers, NaN and infinity as null, char[] as
//	             text up to the first zero
//	telemetry    what we understand of it, units in the names; unknown values are absent
package mavlink

import (
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/message"

	"atalaya/codec"
)

// The kinds of bad input that only MAVLink has.
const (
	Version1     codec.Kind = "mavlink1"     // good frame of version 1, not accepted here
	Incompatible codec.Kind = "incompatible" // incompatibility flags that we do not know
)

// Payload is the content of a message: one of gomavlib's message types.
type Payload = message.Message

// Message is one good frame.
type Message struct {
	Version   uint8 // of the protocol: 1 or 2
	Sequence  uint8
	System    uint8
	Component uint8
	ID        uint32
	Name      string // as in the dialect: "GLOBAL_POSITION_INT"

	Incompat  uint8      // incompatibility flags; 0 in version 1
	Compat    uint8      // compatibility flags; 0 in version 1
	Signature *Signature // nil: not signed. Its being there proves nothing

	// Lost counts the frames that are missing between the last of the same
	// system and component and this one, as far as the 8-bit sequence tells.
	Lost uint8

	Received time.Time
	Raw      []byte // the whole frame
	Payload  Payload
}

// Signed reports whether the frame carries a signature, right or wrong.
func (m *Message) Signed() bool { return m.Signature != nil }

// Signature is the 13-byte block after a signed frame
// (https://mavlink.io/en/guide/message_signing.html).
type Signature struct {
	Link  uint8
	Time  uint64 // in units of 10 microseconds since 2015-01-01 00:00 UTC
	Value [6]byte
}

// Stamp gives the time that the sender put into the signature.
func (s Signature) Stamp() time.Time {
	const epoch = 1420070400 // 2015-01-01 in Unix seconds
	return time.Unix(epoch+int64(s.Time/100_000), int64(s.Time%100_000)*10_000).UTC()
}
