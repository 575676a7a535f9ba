package modes

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/geo"
)

// decodeOne decodes a frame on its own.
func decodeOne(t *testing.T, frame []byte) *Message {
	t.Helper()
	return newStream(t, Config{}).good(0, frame)
}

func TestEncodeIdentification(t *testing.T) {
	for _, set := range "ABCD" {
		for n := range 8 {
			category := fmt.Sprintf("%c%d", set, n)
			m := decodeOne(t, Squitter(0xE80450, 5, Identification{CallSign: "bov 123", Category: category}.ME()))
			if m.CallSign != "BOV 123" || m.Category != category || m.Address.Or(0).String() != "e80450" || m.Capability.Or(0) != 5 {
				t.Errorf("%s", m.AppendJSON(nil))
			}
		}
	}
	if m := decodeOne(t, Squitter(1, 5, Identification{CallSign: "A-B", Category: "Z"}.ME())); m.CallSign != "A B" || m.Category != "A0" {
		t.Errorf("%s", m.AppendJSON(nil))
	}
}

// TestEncodeFlight sends flights in all directions at all heights and decodes
// them to the resolution of the format.
func TestEncodeFlight(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	for n := range 500 {
		s := newStream(t, Config{})
		p := geo.Position{Lat: rnd.Float64()*178 - 89, Lon: rnd.Float64()*360 - 180}
		h := geo.PressureHeight(rnd.Float64()*15500 - 300).Height()
		tc := uint8(9 + rnd.IntN(10))
		if n%3 == 0 {
			h.Datum, tc = geo.DatumEllipsoid, uint8(20+rnd.IntN(3))
		}
		for i := range 4 {
			at := time.Duration(i) * time.Second
			m := s.good(at, Squitter(7, 5, AirbornePosition{Position: p, Height: h, TypeCode: tc, Odd: i%2 == 1}.ME()))
			if m.Height.Datum != h.Datum || math.Abs(m.Height.Metres-h.Metres) > 12.5*foot+1e-9 || m.HeightStep != 25*foot || m.TypeCode.Or(0) != tc {
				t.Fatalf("%v, type code %d: %s", h, tc, m.AppendJSON(nil))
			}
			if i > 0 && m.Method != NoPosition && distance(m.Position, p) > 10 {
				t.Fatalf("%v came back as %v", p, m.Position)
			}
		}
		v := Velocity{
			East: rnd.Float64()*900 - 450, North: rnd.Float64()*900 - 450,
			Climb: codec.Some(rnd.Float64()*80 - 40), ClimbFrom: []geo.Datum{geo.DatumPressure, geo.DatumEllipsoid}[n%2],
			HeightDifference: codec.Some(rnd.Float64()*1800 - 900), NACv: uint8(n % 5),
		}
		step := 0.5 * knot
		if n%5 == 0 { // supersonic
			v.East, step = 800, 2*knot
		}
		m := s.good(5*time.Second, Squitter(7, 5, v.ME()))
		if math.Abs(m.East.Or(0)-v.East) > step+1e-9 || math.Abs(m.North.Or(0)-v.North) > step+1e-9 ||
			math.Abs(m.Climb.Or(0)-v.Climb.Or(0)) > 32*footPerMinute+1e-9 || m.ClimbFrom != v.ClimbFrom || m.NACv.Or(9) != v.NACv ||
			math.Abs(m.HeightDifference.Or(0)-v.HeightDifference.Or(0)) > 12.5*foot+1e-9 {
			t.Fatalf("%+v: %s", v, m.AppendJSON(nil))
		}
		if course := math.Atan2(m.East.Or(0), m.North.Or(0)) * 180 / math.Pi; math.Abs(geo.WrapLongitude(m.Track.Or(0)-course)) > 1e-9 ||
			m.Track.Or(-1) < 0 || math.Abs(m.GroundSpeed.Or(0)-math.Hypot(m.East.Or(0), m.North.Or(0))) > 1e-9 {
			t.Fatalf("track and speed of %s", m.AppendJSON(nil))
		}
	}
}

func TestEncodeLimits(t *testing.T) {
	m := decodeOne(t, Squitter(1, 5, Velocity{East: 9999, North: -9999, Climb: codec.Some(-999.0), HeightDifference: codec.Some(5000.0)}.ME()))
	if m.East.Or(0) != 1022*4*knot || m.North.Or(0) != -1022*4*knot || m.Climb.Or(0) != -510*64*footPerMinute || m.HeightDifference.Or(0) != 126*25*foot {
		t.Errorf("%s", m.AppendJSON(nil))
	}
	if m := decodeOne(t, Squitter(1, 5, Velocity{}.ME())); m.GroundSpeed.Or(9) != 0 || m.Track.Known() || m.Climb.Known() || m.HeightDifference.Known() {
		t.Errorf("standing still: %s", m.AppendJSON(nil))
	}
	for _, h := range []geo.Height{{}, geo.PressureHeight(16000).Height(), geo.PressureHeight(-400).Height(), geo.PressureHeight(math.NaN()).Height(), geo.GroundHeight(100).Height()} {
		if m := decodeOne(t, Squitter(1, 5, AirbornePosition{Height: h}.ME())); m.Height.Known() {
			t.Errorf("%v came back as %v", h, m.Height)
		}
	}
}

func TestEncodeSurface(t *testing.T) {
	at := titicaca()
	for _, speed := range []float64{0, 0.03, 0.07, 0.5, 1, 3, 9, 30, 36, 50, 60, 100, 500} {
		s := newStream(t, Config{Receiver: codec.Some(at)})
		m := s.good(0, Squitter(1, 4, SurfacePosition{Position: at, Speed: codec.Some(speed), Track: codec.Some(359.0)}.ME()))
		got, _ := movementSpeed(m.Movement.Or(0))
		next, more := movementSpeed(m.Movement.Or(0) + 1)
		if got > speed || more && next <= speed || m.GroundSpeed.Or(-1) != got || m.Track.Or(0) != 0 || !m.OnGround.Or(false) || distance(m.Position, at) > 2 {
			t.Errorf("%v m/s: %s", speed, m.AppendJSON(nil))
		}
	}
	m := decodeOne(t, Squitter(1, 4, SurfacePosition{Position: at}.ME()))
	if m.GroundSpeed.Known() || m.Track.Known() {
		t.Errorf("%s", m.AppendJSON(nil))
	}
}

func TestEncodeStatus(t *testing.T) {
	for code := range Squawk(0o10000) {
		state := Emergency(code % 7)
		m := decodeOne(t, Squitter(1, 5, EmergencyStatus{State: state, Squawk: code}.ME()))
		if m.Emergency.Or(ReservedEmergency) != state || m.Squawk.Or(0) != code {
			t.Fatalf("%v %v: %s", state, code, m.AppendJSON(nil))
		}
	}
	s := OperationalStatus{NICa: true, NACp: 10, GVA: 2, SIL: 3, SDA: 2, NICBaro: true}
	o := decodeOne(t, Squitter(1, 5, s.ME())).Operation
	if o == nil || o.Version != 2 || (OperationalStatus{o.NICa, o.NACp, o.GVA.Or(0), o.SIL, o.SDA.Or(0), o.NICBaro.Or(false)}) != s {
		t.Errorf("%+v", o)
	}
}
