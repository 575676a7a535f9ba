package modes

import (
	"testing"
	"time"

	"atalaya/codec"
	"atalaya/codec/modes/framing"
	"atalaya/geo"
)

// titicaca is a place to be seen from.
func titicaca() geo.Position { return geo.Position{Lat: -16.2, Lon: -68.9} }

// sight is one position message and what is expected of it.
type sight struct {
	after   time.Duration
	at      geo.Position
	odd     bool
	surface bool
	speed   float64 // m/s, of surface messages
	want    Method
	refused Refusal
}

func (x sight) frame() []byte {
	if x.surface {
		return Squitter(0xE80450, 4, SurfacePosition{Position: x.at, Odd: x.odd, Speed: codec.Some(x.speed)}.ME())
	}
	return Squitter(0xE80450, 5, AirbornePosition{Position: x.at, Odd: x.odd}.ME())
}

func TestLocate(t *testing.T) {
	home := titicaca()
	east := func(degrees float64) geo.Position { return geo.Position{Lat: home.Lat, Lon: home.Lon + degrees} }
	const s = time.Second
	for _, tt := range []struct {
		name   string
		cfg    Config
		sights []sight
	}{
		{"a pair, then single messages", Config{}, []sight{
			{after: 0, at: home},
			{after: s, at: home, odd: true, want: ByPair},
			{after: 2 * s, at: east(0.002), odd: true, want: ByPair},
			{after: 60 * s, at: east(0.1), odd: true, want: ByLast},
			{after: 60*s + fixMemory, at: east(0.2), odd: true, want: ByLast},
			{after: 61*s + 2*fixMemory, at: east(0.3), odd: true},
			{after: 62*s + 2*fixMemory, at: east(0.3), want: ByPair},
		}},
		{"halves too far apart", Config{}, []sight{
			{after: 0, at: home},
			{after: airbornePair + s, at: home, odd: true},
			{after: airbornePair + 2*s, at: home, want: ByPair},
		}},
		{"a clock that steps back parts a pair", Config{}, []sight{
			{after: 0, at: home},
			{after: -time.Hour, at: home, odd: true},
			{after: -time.Hour + s, at: home, want: ByPair},
		}},
		{"receiver of unknown range is no reference in the air", Config{Receiver: codec.Some(home)}, []sight{
			{after: 0, at: east(1)},
		}},
		{"receiver of short range is", Config{Receiver: codec.Some(home), MaxRange: 300_000}, []sight{
			{after: 0, at: east(1), want: ByReceiver},
			{after: s, at: east(1.002), odd: true, want: ByPair},
		}},
		{"receiver of long range is not", Config{Receiver: codec.Some(home), MaxRange: 400_000}, []sight{
			{after: 0, at: east(1)},
		}},
		{"beyond the range", Config{Receiver: codec.Some(home), MaxRange: 300_000}, []sight{
			{after: 0, at: east(3.2)},
			{after: s, at: east(3.2), odd: true, refused: RefusedRange},
		}},
		{"surface needs a reference", Config{}, []sight{
			{after: 0, at: home, surface: true},
			{after: s, at: home, surface: true, odd: true},
		}},
		{"surface near the receiver", Config{Receiver: codec.Some(east(0.3))}, []sight{
			{after: 0, at: home, surface: true, want: ByReceiver},
			{after: s, at: home, surface: true, odd: true, want: ByPair},
		}},
		{"surface after landing", Config{}, []sight{
			{after: 0, at: home},
			{after: s, at: home, odd: true, want: ByPair},
			{after: 3 * s, at: east(0.001), surface: true, want: ByLast},
			{after: 4 * s, at: east(0.001), surface: true, odd: true, want: ByPair},
		}},
		{"slow surface pair", Config{Receiver: codec.Some(home)}, []sight{
			{after: 0, at: home, surface: true, speed: 12, want: ByReceiver},
			{after: slowPair, at: home, surface: true, odd: true, speed: 12, want: ByPair},
			{after: 2*slowPair + s, at: home, surface: true, speed: 12, want: ByLast},
		}},
		{"fast surface pair", Config{Receiver: codec.Some(home)}, []sight{
			{after: 0, at: home, surface: true, speed: 40, want: ByReceiver},
			{after: fastPair + s, at: home, surface: true, odd: true, speed: 40, want: ByLast},
			{after: 2*fastPair + s, at: home, surface: true, speed: 40, want: ByPair},
		}},
		{"a jump is refused", Config{}, []sight{
			{after: 0, at: home},
			{after: s, at: home, odd: true, want: ByPair},
			{after: 2 * s, at: east(1), refused: RefusedJump}, // with the half before it is somewhere else again
			{after: 3 * s, at: east(1), odd: true, refused: RefusedJump},
			{after: 4 * s, at: home, want: ByLast, refused: RefusedJump}, // with the half before it jumps
			{after: 5 * s, at: home, odd: true, want: ByPair},
		}},
		{"what jumped wins when it stays", Config{}, []sight{
			{after: 0, at: home},
			{after: s, at: home, odd: true, want: ByPair},
			{after: 20 * s, at: east(5)},
			{after: 21 * s, at: east(5), odd: true, refused: RefusedJump},
			{after: 22 * s, at: east(5), refused: RefusedJump},
			{after: 23 * s, at: east(5), odd: true, want: ByPair},
			{after: 24 * s, at: east(5), want: ByPair},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream := newStream(t, tt.cfg)
			for i, x := range tt.sights {
				m := stream.good(x.after, x.frame())
				if m.Method != x.want {
					t.Errorf("message %d: position by %q, want %q", i, m.Method, x.want)
				}
				if m.Refused != x.refused {
					t.Errorf("message %d: refused %q, want %q", i, m.Refused, x.refused)
				}
				if m.Method != NoPosition && distance(m.Position, x.at) > 10 {
					t.Errorf("message %d: %v, want %v", i, m.Position, x.at)
				}
			}
		})
	}
}

// TestSupersonic: who says that he flies at 1000 m/s may do so.
func TestSupersonic(t *testing.T) {
	at := titicaca()
	for _, fast := range []bool{false, true} {
		s := newStream(t, Config{})
		s.good(0, sight{at: at}.frame())
		s.good(time.Second, sight{at: at, odd: true}.frame())
		if fast {
			s.good(2*time.Second, Squitter(0xE80450, 5, Velocity{East: 1000}.ME()))
		}
		there := geo.Position{Lat: at.Lat, Lon: at.Lon + 0.9} // 96 km
		m := s.good(101*time.Second, sight{at: there}.frame())
		if got, want := m.Method == ByLast, fast; got != want {
			t.Errorf("reported speed %v: position by %q", fast, m.Method)
		}
	}
}

// TestSourcesAreNotPaired: an even message of the aircraft and an odd one that
// a ground station or a multilateration server made are no pair.
func TestSourcesAreNotPaired(t *testing.T) {
	at := titicaca()
	even := AirbornePosition{Position: at}.ME()
	odd := AirbornePosition{Position: at, Odd: true}.ME()
	for _, cf := range []uint8{0, 1, 2, 5, 6} {
		s := newStream(t, Config{})
		s.good(0, Squitter(0xE80450, 5, even))
		if m := s.good(time.Second, GroundSquitter(0xE80450, cf, odd)); m.Method != NoPosition {
			t.Errorf("CF %d was paired with DF17", cf)
		}
		if m := s.good(time.Second, GroundSquitter(0xE80450, cf, even)); m.Method != ByPair {
			t.Errorf("CF %d was not paired with itself", cf)
		}
	}
	d := New(Config{})
	stream := framing.AppendBeast(nil, Squitter(0xE80450, 5, even), 1, 1)
	stream = framing.AppendBeast(stream, Squitter(0xE80450, 5, odd), mlatStamp, 1)
	good, _ := collect(t, d.Decode(stream, start()))
	if len(good) != 2 || good[1].Method != NoPosition || good[1].Source != MLAT {
		t.Errorf("%+v", good)
	}
}
