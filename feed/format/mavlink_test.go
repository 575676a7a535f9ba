package format_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"

	"atalaya/codec/mavlink"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:40000")

// drone is what sends on a link.
type drone struct {
	t   testing.TB
	enc *mavlink.Encoder
}

func newDrone(t testing.TB, system, component uint8) drone {
	return drone{t, mavlink.NewEncoder(system, component)}
}

func (d drone) send(messages ...mavlink.Payload) []byte {
	d.t.Helper()
	var b []byte
	for _, m := range messages {
		var err error
		if b, err = d.enc.Append(b, m); err != nil {
			d.t.Fatal(err)
		}
	}
	return b
}

func clock(at time.Time, boot time.Duration) mavlink.Payload {
	return &ardupilotmega.MessageSystemTime{TimeUnixUsec: uint64(at.UnixMicro()), TimeBootMs: uint32(boot.Milliseconds())}
}

func position(boot time.Duration) mavlink.Payload {
	return &ardupilotmega.MessageGlobalPositionInt{
		TimeBootMs: uint32(boot.Milliseconds()), Lat: -161600000, Lon: -691000000, Alt: 3930_000, RelativeAlt: 120_000,
		Vx: 300, Vy: -400, Vz: -150, Hdg: 9000,
	}
}

func receiver(fix ardupilotmega.GPS_FIX_TYPE, accuracy uint32) mavlink.Payload {
	return &ardupilotmega.MessageGpsRawInt{FixType: fix, Lat: -161600000, Lon: -691000000, HAcc: accuracy}
}

func heartbeat(kind ardupilotmega.MAV_TYPE, autopilot ardupilotmega.MAV_AUTOPILOT) mavlink.Payload {
	return &ardupilotmega.MessageHeartbeat{Type: kind, Autopilot: autopilot, MavlinkVersion: 3}
}

func link(t testing.TB, system uint8) *station {
	return newStation(t, sensor.Feed{Format: sensor.FormatMAVLink}, sensor.Sensor{SystemID: system})
}

// TestDrone: several frames in a datagram; the position at the time of the
// vehicle's own clock, with the accuracy that its receiver states.
func TestDrone(t *testing.T) {
	st := link(t, 7)
	d := newDrone(t, 7, 1)
	const s = time.Second
	st.datagram(100*s, d.send(
		position(99*s), // nobody knows yet when it started
		clock(start.Add(99500*time.Millisecond), 99500*time.Millisecond),
		receiver(ardupilotmega.GPS_FIX_TYPE_3D_FIX, 1500),
		position(99800*time.Millisecond),
	))
	all := st.observations()
	if len(all) != 2 {
		t.Fatalf("%d observations", len(all))
	}
	if o := all[0]; o.Clock != obs.ClockNone || !o.Time.Equal(o.Received) || sd(o) != 5 {
		t.Errorf("at first %s, %v m", o.Clock, sd(o))
	}
	o := all[1]
	if o.Clock != obs.ClockGNSS || o.Time.Sub(start) != 99800*time.Millisecond || sd(o) != 1.5 {
		t.Errorf("%s %v, %v m", o.Clock, o.Time.Sub(start), sd(o))
	}
	if claims(o) != "mavlink:7" || o.Kind != obs.Drone || o.Height != geo.SeaHeight(3930).Height() ||
		o.Speed != 5 || o.Course < 306 || o.Course > 308 || o.Climb != 1.5 || o.Heading != 90 {
		t.Errorf("%+v", o)
	}
	if h := st.meter.Health(); h.Good != 4 || len(h.Bad) != 0 {
		t.Errorf("good %d, bad %v", h.Good, h.Bad)
	}
}

// TestDroneErrors: with a fix, without, and when nothing is said.
func TestDroneErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		told   mavlink.Payload
		sensor float64
		want   float64
	}{
		{"nothing said", heartbeat(ardupilotmega.MAV_TYPE_QUADROTOR, ardupilotmega.MAV_AUTOPILOT_PX4), 0, 5},
		{"the sensor's record", heartbeat(ardupilotmega.MAV_TYPE_QUADROTOR, ardupilotmega.MAV_AUTOPILOT_PX4), 8, 8},
		{"a fix", receiver(ardupilotmega.GPS_FIX_TYPE_3D_FIX, 0), 8, 8},
		{"a good fix", receiver(ardupilotmega.GPS_FIX_TYPE_3D_FIX, 900), 8, 0.9},
		{"no fix", receiver(ardupilotmega.GPS_FIX_TYPE_NO_FIX, 0), 8, 200},
	} {
		st := link(t, 7)
		st.sensor.PositionSD = tt.sensor
		st.datagram(0, newDrone(t, 7, 1).send(tt.told, position(0)))
		if got := sd(st.one()); got < tt.want-0.001 || got > tt.want+0.001 {
			t.Errorf("%s: %v m, want %v", tt.name, got, tt.want)
		}
	}
}

// TestDroneReboots: after a new start the old time of the start counts no more.
func TestDroneReboots(t *testing.T) {
	st := link(t, 7)
	d := newDrone(t, 7, 1)
	const s = time.Second
	st.datagram(0, d.send(clock(start, 200*s), position(200*s)))
	st.datagram(s, d.send(position(198*s))) // overtaken on the way
	st.datagram(30*s, d.send(position(2*s)))
	st.datagram(31*s, d.send(clock(start.Add(31*s), 3*s), position(3*s)))
	var got []string
	for _, o := range st.observations() {
		got = append(got, o.Clock.String()+" "+o.Time.Sub(start).String())
	}
	if want := "stated 0s, stated -2s, none 30s, stated 31s"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
}

// TestComponents: a camera on the same vehicle has a clock of its own.
func TestComponents(t *testing.T) {
	st := link(t, 7)
	st.datagram(0, newDrone(t, 7, 1).send(clock(start, 100*time.Second)))
	st.datagram(0, newDrone(t, 7, 100).send(clock(start.Add(-5*time.Minute), 3*time.Second)))
	st.datagram(0, newDrone(t, 7, 1).send(position(100*time.Second)))
	if o := st.one(); !o.Time.Equal(start) {
		t.Errorf("time %v", o.Time)
	}
}

// TestStrangers: another vehicle is refused; a ground station on the same link
// is known by its heartbeat and nothing of it is observed.
func TestStrangers(t *testing.T) {
	st := link(t, 7)
	other, ground := newDrone(t, 8, 1), newDrone(t, 255, 190)
	st.datagram(0, other.send(heartbeat(ardupilotmega.MAV_TYPE_QUADROTOR, ardupilotmega.MAV_AUTOPILOT_PX4), position(0)))
	st.none("another vehicle")
	if h := st.meter.Health(); h.Refused != 2 || h.Good != 0 || h.State != sensor.Refused || !strings.Contains(h.Why, "system 8") {
		t.Errorf("%d refused, %d good, %s (%s)", h.Refused, h.Good, h.State, h.Why)
	}
	st.datagram(0, ground.send(
		heartbeat(ardupilotmega.MAV_TYPE_GCS, ardupilotmega.MAV_AUTOPILOT_INVALID), position(0),
		&ardupilotmega.MessageParamRequestList{TargetSystem: 7},
	))
	st.none("a ground station")
	if h := st.meter.Health(); h.Refused != 2 || h.Good != 3 || len(h.Bad) != 0 {
		t.Errorf("%d refused, %d good, bad %v", h.Refused, h.Good, h.Bad)
	}
	// A ground station that is a vehicle now is another vehicle.
	st.datagram(0, ground.send(heartbeat(ardupilotmega.MAV_TYPE_QUADROTOR, ardupilotmega.MAV_AUTOPILOT_PX4), position(0)))
	st.none("another vehicle")
	if h := st.meter.Health(); h.Refused != 4 {
		t.Errorf("%d refused", h.Refused)
	}
}

// TestSystems: where no system is registered, each that sends is observed by
// its own name and clock.
func TestSystems(t *testing.T) {
	st := link(t, 0)
	a, b := newDrone(t, 1, 1), newDrone(t, 2, 1)
	st.datagram(0, a.send(clock(start, 10*time.Second)))
	st.datagram(0, b.send(clock(start, 99*time.Second)))
	st.datagram(0, a.send(position(10*time.Second)))
	st.datagram(0, b.send(position(99*time.Second)))
	all := st.observations()
	if len(all) != 2 || claims(all[0]) != "mavlink:1" || claims(all[1]) != "mavlink:2" || !all[0].Time.Equal(start) || !all[1].Time.Equal(start) {
		t.Errorf("%+v", all)
	}
}

// TestNoPosition: an autopilot that does not know where it is says 0, 0.
func TestNoPosition(t *testing.T) {
	st := link(t, 7)
	st.datagram(0, newDrone(t, 7, 1).send(&ardupilotmega.MessageGlobalPositionInt{TimeBootMs: 1}))
	st.none("no position")
}
