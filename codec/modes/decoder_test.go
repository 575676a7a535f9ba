package modes

import (
	"maps"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
	"atalaya/internal/peer"
)

// TestRecording decodes the frames that antirez' dump1090 found in its sample
// recording: all 217 are good, the 34 with an overlaid address because that
// address was heard before.
func TestRecording(t *testing.T) {
	text, err := os.ReadFile(peer.Data(t, "adsb/dump1090/modes1.avr"))
	if err != nil {
		t.Fatal(err)
	}
	good, bad := collect(t, New(Config{Container: AVR}).Decode(text, start()))
	if len(good) != 217 || len(bad) != 0 {
		t.Fatalf("%d good and %d bad, want 217 and 0", len(good), len(bad))
	}
	formats, parities, positions := map[uint8]int{}, map[Parity]int{}, 0
	for _, m := range good {
		formats[m.DF.Or(99)]++
		parities[m.Parity]++
		if m.Method != NoPosition {
			positions++
		}
		if m.Refused != NotRefused {
			t.Errorf("%x: position refused: %v", m.Raw, m.Refused)
		}
	}
	if want := (map[uint8]int{0: 10, 4: 3, 5: 8, 11: 63, 17: 120, 20: 8, 21: 5}); !maps.Equal(formats, want) {
		t.Errorf("formats %v, want %v", formats, want)
	}
	if want := (map[Parity]int{Good: 120 + 45, Interrogated: 18, KnownAddress: 34}); !maps.Equal(parities, want) {
		t.Errorf("parities %v, want %v", parities, want)
	}
	if positions != 57 { // of 59 position messages: the first two are of one parity
		t.Errorf("%d positions, want 57", positions)
	}

	// Without the frames that state the address those with an overlaid one are
	// refused by name.
	var rest strings.Builder
	for line := range strings.Lines(string(text)) {
		if line[1] != '5' && line[1] != '8' {
			rest.WriteString(line)
		}
	}
	good, bad = collect(t, New(Config{Container: AVR}).Decode([]byte(rest.String()), start()))
	if len(good) != 0 || len(bad) != 34 {
		t.Fatalf("%d good and %d bad, want 0 and 34", len(good), len(bad))
	}
	for _, b := range bad {
		if b.Kind != UnknownAddress {
			t.Errorf("kind %s, want %s", b.Kind, UnknownAddress)
		}
	}
}

// reply makes a DF4 reply with an overlaid address.
func reply(a Address) []byte {
	frame := []byte{4 << 3, 0, 0x18, 0x38, 0, 0, 0}
	seal(frame, uint32(a))
	return frame
}

func TestUnknownAddress(t *testing.T) {
	const a = Address(0xE80450)
	position := AirbornePosition{Position: geo.Position{Lat: -16.5, Lon: -68}}.ME()
	for _, tt := range []struct {
		name    string
		prove   []byte
		refused bool
	}{
		{"nothing before", AllCall(a+1, 5, Interrogator{}), true},
		{"DF11", AllCall(a, 5, Interrogator{}), false},
		{"DF11 with interrogator", AllCall(a, 5, Interrogator{Surveillance: true, Code: 44}), false},
		{"DF17", Squitter(a, 5, position), false},
		{"DF18 of a transmitter without transponder", GroundSquitter(a, 0, position), false},
		{"DF18 of another address", GroundSquitter(a, 1, position), true},
		{"ADS-R", GroundSquitter(a, 6, position), false},
		{"ADS-R of another address", GroundSquitter(a, 6, position|putFlag(true, 8)), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStream(t, Config{})
			s.good(0, tt.prove)
			for _, after := range []time.Duration{0, AddressMemory} {
				m, bad := s.frame(after, reply(a))
				switch {
				case tt.refused && (bad == nil || bad.Kind != UnknownAddress):
					t.Errorf("after %v: %v, want %s", after, bad, UnknownAddress)
				case !tt.refused && (bad != nil || m.Address.Or(0) != a || m.Parity != KnownAddress):
					t.Errorf("after %v: %+v, %v", after, m, bad)
				}
			}
			if kind := s.bad(AddressMemory+time.Second, reply(a)); kind != UnknownAddress {
				t.Errorf("after the memory: %s", kind)
			}
			// A reply proves nothing, nor does a clock that steps back.
			if kind := s.bad(-AddressMemory-time.Second, reply(a)); kind != UnknownAddress {
				t.Errorf("in the past: %s", kind)
			}
		})
	}
}

func TestTableIsBounded(t *testing.T) {
	s := newStream(t, Config{Aircraft: 3})
	for a := range Address(10) {
		s.good(0, AllCall(a, 5, Interrogator{}))
		s.good(0, AllCall(0, 5, Interrogator{})) // heard all the time
	}
	for a := range Address(10) {
		_, bad := s.frame(0, reply(a))
		if want := a == 0 || a >= 8; (bad == nil) != want {
			t.Errorf("%v: known %v, want %v", a, bad == nil, want)
		}
	}
	if got := s.d.Counts().Forgotten; got != 7 {
		t.Errorf("%d forgotten, want 7", got)
	}
	if len(s.d.table.all) != 3 {
		t.Errorf("%d remembered, want 3", len(s.d.table.all))
	}
}

func TestRepair(t *testing.T) {
	frame := Squitter(0xE80450, 5, Identification{CallSign: "FAB100", Category: "A7"}.ME())
	frame[6] ^= 0x10
	s := newStream(t, Config{})
	if kind := s.bad(0, frame); kind != codec.Checksum {
		t.Errorf("repair off: %s", kind)
	}
	s = newStream(t, Config{Repair: true})
	m := s.good(0, frame)
	if m.CallSign != "FAB100" || m.Parity != RepairedFrame || m.RepairedBit != 52 || m.Raw[6] != frame[6] || s.d.Counts().Repaired != 1 {
		t.Errorf("%q, %v of bit %d, raw %x", m.CallSign, m.Parity, m.RepairedBit, m.Raw)
	}
	if kind := s.bad(0, reply(0xE80450)); kind != UnknownAddress {
		t.Errorf("a repaired frame made its address known: %s", kind)
	}
	frame[8] ^= 0x01
	if kind := s.bad(0, frame); kind != codec.Checksum {
		t.Errorf("two bits: %s", kind)
	}
}

func TestKinds(t *testing.T) {
	const long, short = 14, 7
	with := func(size int, df byte) []byte {
		frame := make([]byte, size)
		frame[0] = df << 3
		return frame
	}
	s := newStream(t, Config{})
	for _, tt := range []struct {
		frame []byte
		want  codec.Kind
	}{
		{with(long, 11), codec.Malformed},
		{with(short, 17), codec.Malformed},
		{with(short, 1), codec.Unsupported},
		{with(long, 19), codec.Unsupported},
		{with(long, 24), codec.Unsupported},
		{with(long, 31), codec.Unsupported},
		{append([]byte{11 << 3}, 1, 2, 3, 4, 5, 6), codec.Checksum},
	} {
		if got := s.bad(0, tt.frame); got != tt.want {
			t.Errorf("%x: %s, want %s", tt.frame, got, tt.want)
		}
	}
}

func TestInterrogators(t *testing.T) {
	s := newStream(t, Config{})
	for _, want := range []Interrogator{{}, {Code: 1}, {Code: 15}, {true, 1}, {true, 16}, {true, 44}, {true, 63}} {
		m := s.good(0, AllCall(0xE80450, 4, want))
		if m.Interrogator != want || !m.OnGround.Or(false) || (m.Parity == Good) != (want == Interrogator{}) {
			t.Errorf("%v: %v, parity %v", want, m.Interrogator, m.Parity)
		}
	}
	frame := AllCall(0xE80450, 5, Interrogator{})
	frame[6] ^= 80 // one more than any code
	if kind := s.bad(0, frame); kind != codec.Checksum {
		t.Errorf("remainder 80: %s", kind)
	}
}

func TestControlField(t *testing.T) {
	me := AirbornePosition{Position: geo.Position{Lat: -16.5, Lon: -68}}.ME()
	for _, tt := range []struct {
		cf      uint8
		me      ME
		source  Source
		other   bool
		address bool
		decoded bool
	}{
		{0, me, NonTransponder, false, true, true},
		{1, me, NonTransponder, true, true, true},
		{2, me, TISB, false, true, true},
		{2, me | putFlag(true, 8), TISB, true, true, true},
		{3, me, TISB, false, true, false},
		{4, me, Management, false, false, false},
		{5, me, TISB, true, true, true},
		{6, me, ADSR, false, true, true},
		{6, me | putFlag(true, 8), ADSR, true, true, true},
		{7, me, Unstated, false, false, false},
	} {
		m := newStream(t, Config{}).good(0, GroundSquitter(0xE80450, tt.cf, tt.me))
		if m.Source != tt.source || m.Other != tt.other || m.Address.Known() != tt.address || m.TypeCode.Known() != tt.decoded {
			t.Errorf("CF %d: %s", tt.cf, m.AppendJSON(nil))
		}
	}
}

// TestQuality follows an aircraft from unknown version to versions 1 and 2.
func TestQuality(t *testing.T) {
	s := newStream(t, Config{})
	at := geo.Position{Lat: -16.5, Lon: -68}
	position := func(tc uint8, b bool) Quality {
		if tc < 9 {
			return s.good(0, Squitter(1, 4, SurfacePosition{Position: at, TypeCode: tc}.ME())).Quality
		}
		return s.good(0, Squitter(1, 5, AirbornePosition{Position: at, TypeCode: tc, NICb: b}.ME())).Quality
	}
	status := func(version uint64, a, c bool, nacp uint8) {
		me := OperationalStatus{NACp: nacp, NICa: a}.ME()&^put(7, 41, 43) | put(version, 41, 43)
		if c {
			me |= put(1, 6, 8) | putFlag(true, 20)
		}
		s.good(0, Squitter(1, 5, me))
	}
	expect := func(name string, got Quality, nuc, nic int, containment, accuracy float64) {
		t.Helper()
		n, isNUC := got.NUCp.Get()
		c, isNIC := got.NIC.Get()
		if isNUC != (nuc >= 0) || isNUC && int(n) != nuc || isNIC != (nic >= 0) || isNIC && int(c) != nic ||
			math.Abs(got.Containment.Or(0)-containment) > 1e-6 || math.Abs(got.Accuracy.Or(0)-accuracy) > 1e-6 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	const nm = 1852.0
	expect("unknown version", position(11, false), 7, -1, 0.1*nm, 0.05*nm)
	expect("unknown version, worst", position(18, false), 0, -1, 0, 0)
	status(1, true, false, 9)
	expect("version 1, supplement", position(11, false), -1, 9, 75, 30)
	expect("version 1, type 13", position(13, true), -1, 6, 0.6*nm, 30)
	expect("version 1, type 16", position(16, false), -1, 3, 4*nm, 30)
	expect("version 1, surface", position(8, false), -1, 0, 0, 30)
	status(2, false, false, 8)
	expect("version 2, type 13", position(13, false), -1, 6, 0.5*nm, 0.05*nm)
	expect("version 2, type 13, B", position(13, true), -1, 6, 0.3*nm, 0.05*nm)
	expect("version 2, type 20", position(20, false), -1, 11, 7.5, 0.05*nm)
	status(2, true, true, 11)
	expect("version 2, type 11, A", position(11, false), -1, 8, 0.1*nm, 3)
	expect("version 2, type 11, A and B", position(11, true), -1, 9, 75, 3)
	expect("version 2, surface, A and C", position(8, false), -1, 7, 0.2*nm, 3)
	status(2, false, true, 0)
	expect("version 2, surface, C", position(8, false), -1, 6, 0.6*nm, 0)
}

func TestEmergency(t *testing.T) {
	s := newStream(t, Config{})
	m := s.good(0, Squitter(1, 5, EmergencyStatus{State: UnlawfulInterference, Squawk: 0o7500}.ME()))
	if m.Emergency.Or(0) != UnlawfulInterference || m.Squawk.Or(0).String() != "7500" {
		t.Errorf("%s", m.AppendJSON(nil))
	}
	m = s.good(0, Squitter(1, 5, put(28, 1, 5)|put(2, 6, 8)|put(0x123456789ABC, 9, 56)))
	if m.Advisory.Or(0) != 0x123456789ABC {
		t.Errorf("%s", m.AppendJSON(nil))
	}
	m = s.good(0, Squitter(1, 5, AirbornePosition{Emergency: true}.ME()))
	if m.Surveillance.Or(0) != 1 || !m.Alert.Or(false) {
		t.Errorf("%s", m.AppendJSON(nil))
	}
}

func TestClocks(t *testing.T) {
	frame := AllCall(1, 5, Interrogator{})
	at := func(cfg Config, stamps ...uint64) (out []Message) {
		d := New(cfg)
		for _, stamp := range stamps {
			good, _ := collect(t, d.Decode(framing.AppendBeast(nil, frame, stamp, 0), start()))
			out = append(out, good...)
		}
		return out
	}
	const second = 12_000_000
	t.Run("live", func(t *testing.T) {
		m := at(Config{}, 5*second)[0]
		if !m.Received.Equal(start()) || m.Ticks.Or(0) != 5*second || !m.Stated.IsZero() {
			t.Errorf("%s", m.AppendJSON(nil))
		}
	})
	t.Run("recorded counter", func(t *testing.T) {
		// Forward, back (a receiver began anew), forward, a day ahead (another
		// receiver), forward.
		m := at(Config{Recorded: true}, 100*second, 101*second+6, 3*second, 5*second, 90_000*second, 90_001*second)
		for i, want := range []time.Duration{0, time.Second + 500, time.Second + 500, 3*time.Second + 500, 3*time.Second + 500, 4*time.Second + 500} {
			if got := m[i].Received.Sub(start()); got != want {
				t.Errorf("frame %d at %v, want %v", i, got, want)
			}
		}
	})
	t.Run("GPS", func(t *testing.T) {
		m := at(Config{GPSClock: true}, (12*3600+1)<<30|250_000_000)[0]
		if got := m.Stated.Sub(start()); got != 1250*time.Millisecond || m.Ticks.Known() {
			t.Errorf("stated %v, ticks %v", m.Stated, m.Ticks)
		}
	})
	t.Run("GPS over midnight", func(t *testing.T) {
		midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		for _, tt := range []struct {
			stamp    uint64
			received time.Time
			want     time.Time
		}{
			{86399 << 30, midnight.Add(time.Second), midnight.Add(-time.Second)},
			{1 << 30, midnight.Add(-time.Second), midnight.Add(time.Second)},
		} {
			if got := gpsTime(tt.stamp, tt.received); !got.Equal(tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		}
	})
	t.Run("status switches to GPS and back", func(t *testing.T) {
		d := New(Config{})
		stream := statusFrame(0x10)
		stream = framing.AppendBeast(stream, frame, 43200<<30, 0)
		stream = append(stream, statusFrame(0)...)
		stream = framing.AppendBeast(stream, frame, 43200<<30, 0)
		good, bad := collect(t, d.Decode(stream, start()))
		if len(good) != 4 || len(bad) != 0 || !good[1].Stated.Equal(start()) || !good[3].Stated.IsZero() {
			t.Errorf("%v %v", good, bad)
		}
	})
	t.Run("made up by multilateration", func(t *testing.T) {
		m := at(Config{}, mlatStamp)[0]
		if m.Source != MLAT || m.Ticks.Known() {
			t.Errorf("%s", m.AppendJSON(nil))
		}
	})
}

// statusFrame makes a receiver's status with its switches.
func statusFrame(switches byte) []byte {
	return append([]byte{0x1A, '4', 0, 0, 0, 0, 0, 0, 0, switches}, make([]byte, 13)...)
}

func TestModeAC(t *testing.T) {
	good, bad := collect(t, New(Config{Container: AVR}).Decode([]byte("*7421;*0000;"), start()))
	if len(good) != 1 || len(bad) != 0 || good[0].ModeAC.Or(0).String() != "7421" {
		t.Errorf("%v %v", good, bad)
	}
}

func TestDetect(t *testing.T) {
	frame := Squitter(1, 5, Identification{CallSign: "X"}.ME())
	var beast, avr []byte
	for range 3 {
		beast = framing.AppendBeast(beast, frame, 7, 8)
		avr = framing.AppendAVR(avr, frame)
	}
	for _, tt := range []struct {
		sample string
		want   Container
	}{
		{string(beast), Beast},
		{string(beast[5:]), Beast},
		{string(avr), AVR},
		{"8D406B902015A678D4D220AA4BDA\n", AVR},
		{"MSG,8,1,1,4CA2D6,1,,,,,,,,,,,,,,,,\nMSG,8\n", SBS},
		{"hello\nworld\n", ""},
		{"", ""},
	} {
		if got, ok := Detect([]byte(tt.sample)); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%.20q is %q, %v, want %q", tt.sample, got, ok, tt.want)
		}
	}
}
