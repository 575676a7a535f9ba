package format_test

import (
	"fmt"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
	"atalaya/obs"
	"atalaya/sensor"

	"atalaya/feed"
)

const plane modes.Address = 0xE94001

// mlatStamp marks frames that a multilateration server made up.
const mlatStamp = 0xFF004D4C4154

func beast(frames ...[]byte) []byte {
	var b []byte
	for _, f := range frames {
		b = framing.AppendBeast(b, f, 0, 100)
	}
	return b
}

// at is a position message of an aircraft.
func at(p geo.Position, odd bool) modes.ME {
	return modes.AirbornePosition{Position: p, Height: geo.PressureHeight(4572).Height(), Odd: odd}.ME()
}

func squitter(me modes.ME) []byte { return modes.Squitter(plane, 5, me) }

func modeS(t testing.TB) *station {
	return newStation(t, sensor.Feed{Format: sensor.FormatBeast}, sensor.Sensor{MaxRange: 300_000})
}

// TestModeS: what an aircraft says in its broadcasts.
func TestModeS(t *testing.T) {
	st := modeS(t)
	p := geo.Position{Lat: -16.5, Lon: -69.3}
	st.hear(0, beast(squitter(modes.Identification{CallSign: "CPX101", Category: "A7"}.ME())))
	if o := st.one(); claims(o) != "icao:e94001 callsign:CPX101" || o.Kind != obs.Rotorcraft || o.Measure != obs.NoPlace {
		t.Errorf("%s %s %s", claims(o), o.Kind, o.Measure)
	}
	st.hear(time.Second, beast(squitter(modes.Velocity{East: 30, North: 40, Climb: codec.Some(5.08)}.ME())))
	if o := st.one(); o.Kind != obs.Rotorcraft || o.Has&(obs.HasSpeed|obs.HasCourse|obs.HasClimb) != obs.HasSpeed|obs.HasCourse|obs.HasClimb ||
		o.Speed < 49.5 || o.Speed > 50.5 || o.Course < 36 || o.Course > 38 || o.Climb < 4.9 || o.Climb > 5.3 {
		t.Errorf("%v m/s to %v, climbing %v", o.Speed, o.Course, o.Climb)
	}
	st.hear(2*time.Second, beast(squitter(at(p, false)), squitter(at(p, true))))
	all := st.observations()
	o := all[len(all)-1]
	if o.Measure != obs.Place || !near(o.Position, p, 20) || o.Height.Datum != geo.DatumPressure || o.Clock != obs.ClockNone || !o.Time.Equal(o.Received) {
		t.Errorf("%+v", o)
	}
	if got := sd(o); got < 30 || got > 50 { // NUCp 7: 95 % within 0.05 NM
		t.Errorf("error %v m", got)
	}
	if h := st.meter.Health(); h.Good != 4 || len(h.Bad) != 0 {
		t.Errorf("good %d, bad %v", h.Good, h.Bad)
	}
}

// TestModeSDistress: emergency squawks and states.
func TestModeSDistress(t *testing.T) {
	for _, tt := range []struct {
		state  modes.Emergency
		squawk modes.Squawk
		want   obs.Distress
	}{
		{modes.NoEmergency, 0o1200, obs.NoDistress},
		{modes.NoEmergency, 0o7500, obs.Interference},
		{modes.NoEmergency, 0o7600, obs.RadioFailure},
		{modes.NoEmergency, 0o7700, obs.Emergency},
		{modes.GeneralEmergency, 0o1200, obs.Emergency},
		{modes.DownedAircraft, 0o1200, obs.Emergency},
		{modes.UnlawfulInterference, 0o1200, obs.Interference},
		{modes.NoCommunications, 0o1200, obs.RadioFailure},
		{modes.MinimumFuel, 0o1200, obs.NoDistress},
		{modes.Medical, 0o1200, obs.NoDistress},
	} {
		st := modeS(t)
		st.hear(0, beast(squitter(modes.EmergencyStatus{State: tt.state, Squawk: tt.squawk}.ME())))
		o := st.one()
		if want := fmt.Sprintf("icao:e94001 squawk:%04o", uint16(tt.squawk)); o.Distress != tt.want || claims(o) != want {
			t.Errorf("%v %04o: %s %s", tt.state, uint16(tt.squawk), o.Distress, claims(o))
		}
	}
}

// TestModeSOthers: positions that ground stations measured or sent on are the
// aircraft's by name, and have an error of their own, which the quality that
// the frame claims does not make smaller.
func TestModeSOthers(t *testing.T) {
	p := geo.Position{Lat: -16.5, Lon: -69.3}
	pair := func(make func(modes.ME) []byte) [2][]byte {
		m := modes.AirbornePosition{Position: p, Height: geo.PressureHeight(3000).Height(), TypeCode: 9}
		even := make(m.ME())
		m.Odd = true
		return [2][]byte{even, make(m.ME())}
	}
	for _, tt := range []struct {
		name    string
		frame   func(modes.ME) []byte
		stamp   uint64
		station string
		sd      float64
	}{
		{"the aircraft's own", squitter, 5, "", 3},
		{"MLAT", squitter, mlatStamp, "mlat", 150},
		{"MLAT as readsb makes it", func(me modes.ME) []byte { return modes.GroundSquitter(plane, 2, me) }, mlatStamp, "mlat", 150},
		{"TIS-B", func(me modes.ME) []byte { return modes.GroundSquitter(plane, 2, me) }, 5, "tis-b", 300},
		{"ADS-R", func(me modes.ME) []byte { return modes.GroundSquitter(plane, 6, me) }, 5, "ads-r", 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := modeS(t)
			for _, f := range pair(tt.frame) {
				st.hear(0, framing.AppendBeast(nil, f, tt.stamp, 100))
			}
			all := st.observations()
			o := all[len(all)-1]
			if o.Measure != obs.Place || !near(o.Position, p, 20) || claims(o) != "icao:e94001" {
				t.Fatalf("%+v", o)
			}
			if got := sd(o); got < tt.sd-0.1 || got > tt.sd+0.1 || o.Source.Station != tt.station {
				t.Errorf("error %v m, station %q", got, o.Source.Station)
			}
		})
	}
}

// TestModeSNobody: addresses that are no aircraft's name nobody.
func TestModeSNobody(t *testing.T) {
	st := modeS(t)
	st.hear(0, beast(
		modes.GroundSquitter(plane, 1, at(here, false)),
		modes.GroundSquitter(plane, 5, at(here, false)),
		modes.AllCall(plane, 5, modes.Interrogator{}), // an address and nothing else
	))
	st.none("nobody")
	if h := st.meter.Health(); h.Good != 3 || len(h.Bad) != 0 {
		t.Errorf("good %d, bad %v", h.Good, h.Bad)
	}
}

// TestModeSRefused: a position that nobody can have reached is counted and no
// place, while the message is a good one.
func TestModeSRefused(t *testing.T) {
	st := modeS(t)
	there := geo.Position{Lat: -18, Lon: -68}
	st.hear(0, beast(squitter(at(here, false)), squitter(at(here, true))))
	st.hear(time.Second, beast(squitter(at(there, false)), squitter(at(there, true))))
	far := geo.Position{Lat: -13.2, Lon: -69.1} // 327 km, and the receiver hears 300
	st.hear(2*time.Second, beast(modes.Squitter(plane+1, 5, at(far, false)), modes.Squitter(plane+1, 5, at(far, true))))
	for _, o := range st.observations() {
		if o.Measure == obs.Place && !near(o.Position, here, 20) {
			t.Errorf("a place %v", o.Position)
		}
	}
	h := st.meter.Health()
	if h.Good != 6 || h.Bad["position-refused"] != 2 || len(h.Bad) != 1 || len(h.Samples) != 1 {
		t.Errorf("good %d, bad %v, samples %v", h.Good, h.Bad, h.Samples)
	}
}

// TestModeSMoved: a receiver that is set to another place, or hears farther,
// believes other positions from the next bytes on.
func TestModeSMoved(t *testing.T) {
	st := modeS(t)
	far := geo.Position{Lat: -13.2, Lon: -69.1} // 327 km, and the receiver hears 300
	say := func(after time.Duration) (placed int) {
		st.inputs = nil
		st.hear(after, beast(squitter(at(far, false)), squitter(at(far, true))))
		for _, o := range st.observations() {
			if o.Measure == obs.Place {
				placed++
			}
		}
		return placed
	}
	if n := say(0); n != 0 {
		t.Errorf("%d places out of reach", n)
	}
	st.sensor.Position = geo.Position{Lat: -14, Lon: -69.1}
	if n := say(time.Second); n == 0 {
		t.Error("the receiver was moved, and nothing changed")
	}
	st.sensor.Position, st.sensor.MaxRange = here, 400_000
	if n := say(2 * time.Second); n == 0 {
		t.Error("the receiver hears farther, and nothing changed")
	}
}

// TestModeSEchoes: the same frame at two receivers is one transmission;
// nothing is at what has no frame.
func TestModeSEchoes(t *testing.T) {
	a, b := modeS(t), modeS(t)
	frame := squitter(modes.Identification{CallSign: "CPX101"}.ME())
	a.hear(0, framing.AppendBeast(nil, frame, 1000, 10))
	b.hear(0, framing.AppendBeast(nil, frame, 77, 200))
	if x, y := a.one(), b.one(); x.Source.Key != y.Source.Key || x.Source.Key == (obs.Key{}) {
		t.Errorf("keys %x and %x", x.Source.Key, y.Source.Key)
	}
	sbs := newStation(t, sensor.Feed{Format: sensor.FormatSBS}, sensor.Sensor{})
	sbs.hear(0, []byte("MSG,1,1,1,E94001,1,2026/03/01,12:00:00.000,2026/03/01,12:00:00.000,CPX101,,,,,,,,0,0,0,0\n"))
	if o := sbs.one(); o.Source.Key != (obs.Key{}) {
		t.Errorf("key %x", o.Source.Key)
	}
}

// TestSBS: text of another decoder, with its time; the last line of a datagram
// needs no end.
func TestSBS(t *testing.T) {
	st := newStation(t, sensor.Feed{Format: sensor.FormatSBS}, sensor.Sensor{PositionSD: 60})
	st.datagram(2*time.Second, []byte("MSG,3,1,1,E94001,1,2026/03/01,12:00:01.500,2026/03/01,12:00:01.500,,10000,,,-16.5,-69.3,,,0,0,0,0"))
	o := st.one()
	if !near(o.Position, geo.Position{Lat: -16.5, Lon: -69.3}, 1) || sd(o) != 60 || o.Clock != obs.ClockStated || o.Time.Sub(start) != 1500*time.Millisecond {
		t.Errorf("%+v", o)
	}
	if o.Height.Metres < 3047 || o.Height.Metres > 3049 {
		t.Errorf("height %v", o.Height)
	}
}

// TestModeSRecorded: a recording without receive times has those that the
// receiver's counter tells; where that does not count, those of the transport;
// a capture of a network has its own, and a socket ours.
func TestModeSRecorded(t *testing.T) {
	counted := func(f []byte, ticks uint64) []byte { return framing.AppendBeast(nil, f, ticks, 100) }
	stamped := func(f []byte, ticks uint64) []byte { return framing.AppendAVRStamped(nil, f, ticks) }
	plain := func(f []byte, _ uint64) []byte { return framing.AppendAVR(nil, f) }
	for _, tt := range []struct {
		source string
		format sensor.Format
		frame  func([]byte, uint64) []byte
		from   bool
		want   time.Duration
	}{
		{"file:///rec.bin", sensor.FormatBeast, counted, false, 3 * time.Second},
		{"file:///rec.avr", sensor.FormatAVR, stamped, false, 3 * time.Second},
		{"file:///rec.avr", sensor.FormatAVR, plain, false, time.Millisecond},
		{"file:///rec.pcap", sensor.FormatBeast, counted, true, time.Millisecond},
		{"tcp://127.0.0.1:30005", sensor.FormatBeast, counted, true, time.Millisecond},
	} {
		st := newStation(t, sensor.Feed{Format: tt.format, Source: tt.source}, sensor.Sensor{})
		for i := range 2 {
			c := feed.Chunk{
				Data:     tt.frame(squitter(modes.Velocity{East: float64(20 + 20*i)}.ME()), uint64(i)*3*12_000_000),
				Received: start.Add(time.Duration(i) * time.Millisecond), Stream: 1,
			}
			if tt.from {
				c.From = loopback
			}
			st.dec.Decode(c, st.out())
		}
		all := st.observations()
		if len(all) != 2 {
			t.Fatalf("%s %s: %d observations", tt.source, tt.format, len(all))
		}
		if got := all[1].Received.Sub(start); got != tt.want {
			t.Errorf("%s %s: received after %v, want %v", tt.source, tt.format, got, tt.want)
		}
	}
}

// TestModeSGolden pins the whole of some observations.
func TestModeSGolden(t *testing.T) {
	st := modeS(t)
	p := geo.Position{Lat: -16.5, Lon: -69.3}
	st.hear(0, beast(
		squitter(modes.OperationalStatus{NACp: 9, SIL: 3, SDA: 2, GVA: 2}.ME()),
		squitter(modes.Identification{CallSign: "CPX101", Category: "B1"}.ME()),
		squitter(at(p, false)), squitter(at(p, true)),
		squitter(modes.EmergencyStatus{State: modes.GeneralEmergency, Squawk: 0o7700}.ME()),
		squitter(modes.Velocity{East: -50, North: 0, Climb: codec.Some(-2.0)}.ME()),
	))
	st.golden("modes")
}
