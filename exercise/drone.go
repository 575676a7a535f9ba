package exercise

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"

	"atalaya/codec/mavlink"
)

// telemeters is how often the drone sends telemetry.
const telemeters = 250 * time.Millisecond

// droneAbove is how high the drone flies, metres above the lake from which it
// rose.
const droneAbove = 120.0

// runDrone sends the telemetry of a quadcopter in flight, as ArduPilot does:
// position and attitude four times a second, the rest once.
func (w *World) runDrone(ctx context.Context) error {
	out, err := newSender(w.port(4))
	if err != nil {
		return err
	}
	return each(ctx, telemeters, w.cfg.Clock, w.autopilot(out.send))
}

func (w *World) autopilot(out func([]byte) error) func(time.Time) error {
	const autopilot = 1 // component
	enc := mavlink.NewEncoder(droneID, autopilot)
	n := 0
	return func(now time.Time) error {
		messages := w.telemetry(now)
		if n%4 == 0 {
			messages = append(messages, w.slow(now)...)
		}
		n++
		for _, m := range messages {
			frame, err := enc.Append(nil, m)
			if err != nil {
				return fmt.Errorf("encode telemetry: %w", err)
			}
			if err := out(frame); err != nil {
				return err
			}
		}
		return nil
	}
}

func (w *World) boot(now time.Time) uint32 { return uint32(now.Sub(w.begin).Milliseconds()) }

func (w *World) telemetry(now time.Time) []mavlink.Payload {
	p, course, speed := w.where(w.drone, now)
	rad := course * math.Pi / 180
	return []mavlink.Payload{
		&ardupilotmega.MessageGlobalPositionInt{
			TimeBootMs: w.boot(now), Lat: int32(math.Round(p.Lat * 1e7)), Lon: int32(math.Round(p.Lon * 1e7)),
			Alt: int32(w.drone.height * 1e3), RelativeAlt: int32(droneAbove * 1e3),
			Vx: int16(speed * math.Cos(rad) * 100), Vy: int16(speed * math.Sin(rad) * 100), Hdg: uint16(course * 100),
		},
		&ardupilotmega.MessageAttitude{TimeBootMs: w.boot(now), Pitch: -0.1, Yaw: float32(math.Remainder(rad, 2*math.Pi))},
	}
}

func (w *World) slow(now time.Time) []mavlink.Payload {
	p, _, _ := w.where(w.drone, now)
	flown := now.Sub(w.begin).Seconds()
	// Half an hour of battery, changed without landing: the exercise goes on.
	const endurance = 1800.0
	left := 100 * (1 - math.Mod(flown, endurance)/endurance)
	return []mavlink.Payload{
		&ardupilotmega.MessageHeartbeat{
			Type: ardupilotmega.MAV_TYPE_QUADROTOR, Autopilot: ardupilotmega.MAV_AUTOPILOT_ARDUPILOTMEGA,
			BaseMode:     ardupilotmega.MAV_MODE_FLAG_SAFETY_ARMED | ardupilotmega.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED,
			CustomMode:   3, // auto
			SystemStatus: ardupilotmega.MAV_STATE_ACTIVE, MavlinkVersion: 3,
		},
		&ardupilotmega.MessageSystemTime{TimeUnixUsec: uint64(now.UnixMicro()), TimeBootMs: w.boot(now)},
		&ardupilotmega.MessageGpsRawInt{
			TimeUsec: uint64(now.UnixMicro()), FixType: ardupilotmega.GPS_FIX_TYPE_3D_FIX,
			Lat: int32(math.Round(p.Lat * 1e7)), Lon: int32(math.Round(p.Lon * 1e7)), Alt: int32(w.drone.height * 1e3),
			Eph: 80, Epv: 120, SatellitesVisible: 14, HAcc: 1500, VAcc: 2500, Vel: math.MaxUint16, Cog: math.MaxUint16,
		},
		&ardupilotmega.MessageSysStatus{
			VoltageBattery: uint16(14_000 + 28*left), CurrentBattery: 1800, BatteryRemaining: int8(left), Load: 350,
		},
		&ardupilotmega.MessageExtendedSysState{LandedState: ardupilotmega.MAV_LANDED_STATE_IN_AIR},
		&ardupilotmega.MessageMissionCurrent{Seq: uint16(math.Mod(flown/100, 6))},
	}
}
