package mavlink

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"

	"atalaya/geo"
)

// SystemStatus is the state of the vehicle's parts (SYS_STATUS).
type SystemStatus struct {
	Present  ardupilotmega.MAV_SYS_STATUS_SENSOR `json:"present"`
	Enabled  ardupilotmega.MAV_SYS_STATUS_SENSOR `json:"enabled"`
	Healthy  ardupilotmega.MAV_SYS_STATUS_SENSOR `json:"healthy"`
	Load     Quantity                            `json:"load_percent"`
	Voltage  Quantity                            `json:"battery_v,omitzero"`
	Current  Quantity                            `json:"battery_a,omitzero"`
	Charge   Quantity                            `json:"battery_percent,omitzero"` // remaining
	DropRate Quantity                            `json:"link_drop_percent"`
}

func systemStatus(p *ardupilotmega.MessageSysStatus) SystemStatus {
	return SystemStatus{
		Present: p.OnboardControlSensorsPresent, Enabled: p.OnboardControlSensorsEnabled,
		Healthy: p.OnboardControlSensorsHealth, Load: quantity(p.Load, 10),
		Voltage: unless(p.VoltageBattery, math.MaxUint16, 1e3), Current: unless(p.CurrentBattery, -1, 100),
		Charge: unless(int16(p.BatteryRemaining), -1, 1), DropRate: quantity(p.DropRateComm, 100),
	}
}

// Battery is the state of one battery (BATTERY_STATUS).
type Battery struct {
	ID          uint8                                  `json:"battery"`
	Function    ardupilotmega.MAV_BATTERY_FUNCTION     `json:"function"`
	Type        ardupilotmega.MAV_BATTERY_TYPE         `json:"type"`
	State       ardupilotmega.MAV_BATTERY_CHARGE_STATE `json:"state"`
	Voltage     Quantity                               `json:"voltage_v,omitzero"` // of all cells together
	Cells       []Quantity                             `json:"cells_v,omitempty"`  // each; one where only the whole is measured
	Current     Quantity                               `json:"current_a,omitzero"`
	Charge      Quantity                               `json:"remaining_percent,omitzero"`
	Remaining   Quantity                               `json:"remaining_s,omitzero"`
	Consumed    Quantity                               `json:"consumed_mah,omitzero"`
	Energy      Quantity                               `json:"consumed_j,omitzero"`
	Temperature Quantity                               `json:"temperature_c,omitzero"`
}

func battery(p *ardupilotmega.MessageBatteryStatus) Battery {
	b := Battery{
		ID: p.Id, Function: p.BatteryFunction, Type: p.Type, State: p.ChargeState,
		Voltage: unknown(), Current: unless(p.CurrentBattery, -1, 100),
		Charge: unless(int16(p.BatteryRemaining), -1, 1), Remaining: unless(p.TimeRemaining, 0, 1),
		Consumed: unless(p.CurrentConsumed, -1, 1), Energy: unknown(),
		Temperature: unless(p.Temperature, math.MaxInt16, 100),
	}
	if p.EnergyConsumed != -1 {
		b.Energy = quantity(int64(p.EnergyConsumed)*100, 1)
	}
	sum := int64(0) // millivolts
	add := func(mv uint16) {
		b.Cells = append(b.Cells, quantity(mv, 1e3))
		sum += int64(mv)
		b.Voltage = quantity(sum, 1e3)
	}
	for _, mv := range p.Voltages {
		if mv != math.MaxUint16 {
			add(mv)
		}
	}
	for _, mv := range p.VoltagesExt {
		if mv != 0 {
			add(mv)
		}
	}
	return b
}

// Gimbal is where a gimbal points (GIMBAL_DEVICE_ATTITUDE_STATUS,
// MOUNT_ORIENTATION, MOUNT_STATUS). Roll and pitch are to the horizon.
type Gimbal struct {
	Boot       Quantity `json:"boot_s,omitzero"`          // seconds since its start
	Roll       Quantity `json:"roll_deg,omitzero"`        // positive: to the right
	Pitch      Quantity `json:"pitch_deg,omitzero"`       // positive: up
	YawNorth   Quantity `json:"yaw_north_deg,omitzero"`   // from true north, 0 to 360
	YawVehicle Quantity `json:"yaw_vehicle_deg,omitzero"` // from the vehicle's nose, -180 to 180
	// YawUnstated is the yaw of a MOUNT_STATUS: the message does not say from
	// where it counts, and ArduPilot's drivers differ in it. Some of them send
	// where the gimbal should point, not where it does.
	YawUnstated Quantity                                `json:"yaw_unstated_deg,omitzero"`
	Failure     ardupilotmega.GIMBAL_DEVICE_ERROR_FLAGS `json:"failure,omitzero"`
}

func gimbalDevice(p *ardupilotmega.MessageGimbalDeviceAttitudeStatus) Gimbal {
	roll, pitch, yaw := euler(p.Q[0], p.Q[1], p.Q[2], p.Q[3])
	g := Gimbal{
		Boot: quantity(p.TimeBootMs, 1e3), Roll: roll, Pitch: pitch,
		YawNorth: unknown(), YawVehicle: unknown(), YawUnstated: unknown(), Failure: p.FailureFlags,
	}
	const (
		vehicle = ardupilotmega.GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME
		north   = ardupilotmega.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME
		lock    = ardupilotmega.GIMBAL_DEVICE_FLAGS_YAW_LOCK
	)
	delta := degrees(p.DeltaYaw) // yaw from north is yaw from the nose plus this
	switch {
	case p.Flags&vehicle != 0 && p.Flags&north != 0: // not allowed
		g.YawUnstated = yaw
	case p.Flags&vehicle != 0:
		g.YawVehicle, g.YawNorth = fromNose(yaw), bearing(yaw+delta)
	case p.Flags&north != 0:
		g.YawNorth, g.YawVehicle = yaw, fromNose(yaw-delta)
	case p.Flags&lock != 0: // old senders: delta is to be ignored
		g.YawNorth = yaw
	default:
		g.YawVehicle = fromNose(yaw)
	}
	return g
}

// fromNose brings an angle into [-180, 180) degrees.
func fromNose(q Quantity) Quantity {
	if !q.Known() {
		return q
	}
	return Quantity(geo.WrapLongitude(float64(q)))
}

func mountOrientation(p *ardupilotmega.MessageMountOrientation, version uint8) Gimbal {
	g := Gimbal{
		Boot: quantity(p.TimeBootMs, 1e3), Roll: quantity(p.Roll, 1), Pitch: quantity(p.Pitch, 1),
		YawNorth: unknown(), YawVehicle: fromNose(quantity(p.Yaw, 1)), YawUnstated: unknown(),
	}
	if version > 1 { // version 1 has no extension fields
		g.YawNorth = bearing(quantity(p.YawAbsolute, 1))
	}
	return g
}

func mountStatus(p *ardupilotmega.MessageMountStatus) Gimbal {
	return Gimbal{
		Boot: unknown(), Roll: quantity(p.PointingB, 100), Pitch: quantity(p.PointingA, 100),
		YawNorth: unknown(), YawVehicle: unknown(), YawUnstated: quantity(p.PointingC, 100),
	}
}

// FieldOfView is what a camera sees (CAMERA_FOV_STATUS).
type FieldOfView struct {
	Boot   Quantity `json:"boot_s"` // seconds since its start
	Camera PlaceSea `json:"camera"`
	Image  PlaceSea `json:"image"` // the point in the centre of the image
	// Sky says that the centre of the image does not meet the ground.
	Sky   bool     `json:"sky"`
	Roll  Quantity `json:"roll_deg,omitzero"`
	Pitch Quantity `json:"pitch_deg,omitzero"` // positive: up
	Yaw   Quantity `json:"yaw_deg,omitzero"`   // from true north
	// Angles of the whole image.
	Horizontal Quantity `json:"horizontal_deg,omitzero"`
	Vertical   Quantity `json:"vertical_deg,omitzero"`
}

// PlaceSea is a position and a height above mean sea level.
type PlaceSea struct {
	Place          // degrees
	Sea   Quantity `json:"height_sea_m,omitzero"`
}

// Height is the height above the sea.
func (p PlaceSea) Height() geo.Height { return height(p.Sea) }

// placeSea makes a PlaceSea of 1e-7 degrees and millimetres; the largest and
// smallest numbers stand for unknown and for infinity.
func placeSea(lat, lon, alt int32) PlaceSea {
	p := PlaceSea{Place: place(lat, lon), Sea: unless(alt, math.MaxInt32, 1e3)}
	if alt == math.MinInt32 {
		p.Sea = unknown()
	}
	return p
}

func fieldOfView(p *ardupilotmega.MessageCameraFovStatus) FieldOfView {
	f := FieldOfView{
		Boot:   quantity(p.TimeBootMs, 1e3),
		Camera: placeSea(p.LatCamera, p.LonCamera, p.AltCamera),
		Image:  placeSea(p.LatImage, p.LonImage, p.AltImage),
		Sky:    p.LatImage == math.MinInt32 || p.LonImage == math.MinInt32,

		Horizontal: quantity(p.Hfov, 1), Vertical: quantity(p.Vfov, 1),
	}
	f.Roll, f.Pitch, f.Yaw = euler(p.Q[0], p.Q[1], p.Q[2], p.Q[3])
	return f
}

// Camera says what a camera is (CAMERA_INFORMATION).
type Camera struct {
	Vendor       string                         `json:"vendor"`
	Model        string                         `json:"model"`
	FocalLength  Quantity                       `json:"focal_length_mm,omitzero"`
	SensorWidth  Quantity                       `json:"sensor_width_mm,omitzero"`
	SensorHeight Quantity                       `json:"sensor_height_mm,omitzero"`
	Width        uint16                         `json:"width_px,omitempty"`  // 0: not known
	Height       uint16                         `json:"height_px,omitempty"` // 0: not known
	Capabilities ardupilotmega.CAMERA_CAP_FLAGS `json:"capabilities"`
	Gimbal       uint8                          `json:"gimbal,omitempty"` // component that carries it; 0: none
}

func camera(p *ardupilotmega.MessageCameraInformation) Camera {
	return Camera{
		Vendor: untilZero(p.VendorName[:]), Model: untilZero(p.ModelName[:]),
		FocalLength: quantity(p.FocalLength, 1),
		SensorWidth: quantity(p.SensorSizeH, 1), SensorHeight: quantity(p.SensorSizeV, 1),
		Width: p.ResolutionH, Height: p.ResolutionV, Capabilities: p.Flags, Gimbal: p.GimbalDeviceId,
	}
}

// untilZero reads a text that ends at the first zero byte.
func untilZero(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// Autopilot says what a flight controller is (AUTOPILOT_VERSION).
type Autopilot struct {
	Capabilities ardupilotmega.MAV_PROTOCOL_CAPABILITY `json:"capabilities"`
	Firmware     string                                `json:"firmware"` // "4.5.7", "4.6.0-beta"
	// Commit is the beginning of the firmware's git hash.
	Commit  string `json:"commit,omitempty"`
	OS      string `json:"os"`
	Board   uint32 `json:"board"`
	Vendor  uint16 `json:"vendor"`
	Product uint16 `json:"product"`
	UID     string `json:"uid,omitempty"` // of the hardware, hexadecimal
}

func autopilot(p *ardupilotmega.MessageAutopilotVersion) Autopilot {
	a := Autopilot{
		Capabilities: p.Capabilities, Firmware: release(p.FlightSwVersion), OS: release(p.OsSwVersion),
		Commit: commit(p.FlightCustomVersion), Board: p.BoardVersion, Vendor: p.VendorId, Product: p.ProductId,
	}
	switch {
	case p.Uid2 != [18]uint8{}:
		a.UID = hex.EncodeToString(p.Uid2[:])
	case p.Uid != 0:
		a.UID = fmt.Sprintf("%016x", p.Uid)
	}
	return a
}

// release reads a version number: major, minor, patch and a byte that says how
// finished it is (FIRMWARE_VERSION_TYPE; each stage reaches up to the next).
func release(v uint32) string {
	stage := "-dev"
	switch t := v & 0xFF; {
	case t == 255:
		stage = ""
	case t >= 192:
		stage = "-rc"
	case t >= 128:
		stage = "-beta"
	case t >= 64:
		stage = "-alpha"
	}
	return fmt.Sprintf("%d.%d.%d%s", v>>24, v>>16&0xFF, v>>8&0xFF, stage)
}

// commit reads the beginning of a git hash: ArduPilot sends its digits, PX4 its
// bytes, the last first.
func commit(b [8]uint8) string {
	if b == [8]uint8{} {
		return ""
	}
	if text := untilZero(b[:]); strings.Trim(text, "0123456789abcdef") == "" {
		return text
	}
	var back [8]byte
	for i, c := range b {
		back[len(b)-1-i] = c
	}
	return hex.EncodeToString(back[:])
}

// Text is a message for people (STATUSTEXT). One longer than 50 bytes comes in
// chunks: the same ID that is not zero, counted chunks, the last with room left.
type Text struct {
	Severity ardupilotmega.MAV_SEVERITY `json:"severity"`
	Text     string                     `json:"text"`
	ID       uint16                     `json:"text_id,omitempty"`
	Chunk    uint8                      `json:"chunk,omitempty"`
}

// Traffic is an aircraft that the vehicle heard by ADS-B (ADSB_VEHICLE).
type Traffic struct {
	ICAO  string `json:"icao"` // 24-bit address, six hexadecimal digits
	Place        // degrees
	// Pressure or Sea, as the message says. The dialect calls the first QNH;
	// what transponders send is against 1013.25 hPa.
	Pressure Quantity                        `json:"height_pressure_m,omitzero"`
	Sea      Quantity                        `json:"height_sea_m,omitzero"`
	Course   Quantity                        `json:"course_deg,omitzero"` // over ground, from true north
	Speed    Quantity                        `json:"speed_mps,omitzero"`
	Climb    Quantity                        `json:"climb_mps,omitzero"` // up positive
	CallSign string                          `json:"callsign,omitempty"`
	Squawk   string                          `json:"squawk,omitempty"` // four octal digits
	Emitter  ardupilotmega.ADSB_EMITTER_TYPE `json:"emitter"`
	Age      Quantity                        `json:"age_s"` // since it was last heard
	// Simulated: it does not exist.
	Simulated bool `json:"simulated,omitempty"`
}

// Height is the height with its datum.
func (t Traffic) Height() geo.Height {
	if t.Pressure.Known() {
		return geo.PressureHeight(t.Pressure).Height()
	}
	return height(t.Sea)
}

func traffic(p *ardupilotmega.MessageAdsbVehicle) Traffic {
	t := Traffic{
		ICAO: fmt.Sprintf("%06x", p.IcaoAddress), Place: Place{unknown(), unknown()},
		Pressure: unknown(), Sea: unknown(), Course: unknown(), Speed: unknown(), Climb: unknown(),
		Emitter: p.EmitterType, Age: quantity(uint16(p.Tslc), 1),
		Simulated: p.Flags&ardupilotmega.ADSB_FLAGS_SIMULATED != 0,
	}
	has := func(flag ardupilotmega.ADSB_FLAGS) bool { return p.Flags&flag != 0 }
	if has(ardupilotmega.ADSB_FLAGS_VALID_COORDS) {
		t.Place = place(p.Lat, p.Lon)
	}
	if has(ardupilotmega.ADSB_FLAGS_VALID_ALTITUDE) {
		switch p.AltitudeType {
		case ardupilotmega.ADSB_ALTITUDE_TYPE_PRESSURE_QNH:
			t.Pressure = quantity(p.Altitude, 1e3)
		case ardupilotmega.ADSB_ALTITUDE_TYPE_GEOMETRIC:
			t.Sea = quantity(p.Altitude, 1e3)
		}
	}
	if has(ardupilotmega.ADSB_FLAGS_VALID_HEADING) {
		t.Course = bearing(quantity(p.Heading, 100))
	}
	if has(ardupilotmega.ADSB_FLAGS_VALID_VELOCITY) {
		t.Speed = quantity(p.HorVelocity, 100)
	}
	if has(ardupilotmega.ADSB_FLAGS_VERTICAL_VELOCITY_VALID) {
		t.Climb = quantity(p.VerVelocity, 100)
	}
	if has(ardupilotmega.ADSB_FLAGS_VALID_CALLSIGN) {
		t.CallSign = strings.TrimSpace(p.Callsign)
	}
	if has(ardupilotmega.ADSB_FLAGS_VALID_SQUAWK) && p.Squawk <= 7777 {
		t.Squawk = fmt.Sprintf("%04d", p.Squawk)
	}
	return t
}

func (SystemStatus) telemetry() {}
func (Battery) telemetry()      {}
func (Gimbal) telemetry()       {}
func (FieldOfView) telemetry()  {}
func (Camera) telemetry()       {}
func (Autopilot) telemetry()    {}
func (Text) telemetry()         {}
func (Traffic) telemetry()      {}
