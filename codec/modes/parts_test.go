package modes

import (
	"math"
	"math/rand/v2"
	"testing"

	"atalaya/geo"
)

func TestParityOfKnownFrames(t *testing.T) {
	for _, tt := range []struct {
		frame string
		rem   uint32
	}{
		{"8D406B902015A678D4D220AA4BDA", 0},
		{"8D485020994409940838175B284F", 0},
		{"5D4D20237A55A6", 0},
		{"5F4D20232DAF3C", 60},                     // interrogator SI44
		{"A000178D10010080F50000D5893C", 0x8BDCDB}, // overlaid with the address
	} {
		if got := remainder(unhex(t, tt.frame)); got != tt.rem {
			t.Errorf("%s: remainder %06x, want %06x", tt.frame, got, tt.rem)
		}
	}
}

func TestRepairFindsEveryBit(t *testing.T) {
	for _, frame := range []string{"8D406B902015A678D4D220AA4BDA", "5D4D20237A55A6"} {
		good := unhex(t, frame)
		for bit := 1; bit <= 8*len(good); bit++ {
			damaged := append([]byte(nil), good...)
			damaged[(bit-1)/8] ^= 0x80 >> ((bit - 1) % 8)
			got, ok := repair(damaged, remainder(damaged))
			if want := bit > 5; ok != want || ok && (got != bit || string(damaged) != string(good)) {
				t.Errorf("%s: bit %d: repaired bit %d, %v", frame, bit, got, ok)
			}
		}
	}
}

func TestAltitudeCodes(t *testing.T) {
	for _, tt := range []struct {
		name     string
		ac       uint64
		feet     float64
		stepFeet float64
		ok       bool
	}{
		{"not available", 0, 0, 0, false},
		{"25 ft, lowest", 0x10, -1000, 25, true},
		{"25 ft, highest", 0x1FBF, 50175, 25, true},
		{"25 ft, 38000", 0x1838, 38000, 25, true},
		{"M bit: reserved, no coding laid down", 0x40 | 100, 0, 0, false},
		// Annex 10 Volume IV, appendix to chapter 3: the ends of the table.
		{"Gillham -1000", gillhamOf(t, "C2"), -1000, 100, true},
		{"Gillham -1200", gillhamOf(t, "C4"), -1200, 100, true},
		{"Gillham 0", gillhamOf(t, "B2 B4 C2"), 0, 100, true},
		{"Gillham 126700", gillhamOf(t, "D2 C4"), 126700, 100, true},
		{"no C bit", gillhamOf(t, "A1 B1"), 0, 0, false},
		{"C1 C2 C4", gillhamOf(t, "C1 C2 C4"), 0, 0, false},
	} {
		a := altitude13(tt.ac)
		if a.ok != tt.ok || math.Abs(a.metres-tt.feet*0.3048) > 1e-6 || math.Abs(a.step-tt.stepFeet*0.3048) > 1e-9 {
			t.Errorf("%s: %.1f ft, step %.1f m, %v", tt.name, a.metres/0.3048, a.step, a.ok)
		}
	}
}

// TestGillhamIsAWalk counts up through the whole Mode C table: a Gray code,
// of which one bit changes every 100 feet.
func TestGillhamIsAWalk(t *testing.T) {
	at := map[int]uint64{}
	for ac := range uint64(1 << 13) {
		if ac&0x50 != 0 {
			continue
		}
		if a := gillham(ac); a.ok {
			feet := int(math.Round(a.metres / 0.3048))
			if old, twice := at[feet]; twice {
				t.Fatalf("%d ft is both %04x and %04x", feet, old, ac)
			}
			at[feet] = ac
		}
	}
	if len(at) != 1280 {
		t.Fatalf("%d codes, want 1280: -1200 to 126700 ft", len(at))
	}
	for feet := -1200; feet < 126700; feet += 100 {
		changed := at[feet] ^ at[feet+100]
		if changed == 0 || changed&(changed-1) != 0 {
			t.Fatalf("%d to %d ft changes bits %04x", feet, feet+100, changed)
		}
	}
}

// gillhamOf sets the named bits of an altitude code.
func gillhamOf(t *testing.T, names string) (ac uint64) {
	t.Helper()
	at := map[string]int{
		"C1": 12, "A1": 11, "C2": 10, "A2": 9, "C4": 8, "A4": 7, "B1": 5, "B2": 3, "D2": 2, "B4": 1, "D4": 0,
	}
	for len(names) >= 2 {
		ac |= 1 << at[names[:2]]
		names = names[min(3, len(names)):]
	}
	return ac
}

func TestIdentityCodes(t *testing.T) {
	for code := range Squawk(0o10000) {
		if got := identity13(encodeIdentity13(code)); got != code {
			t.Fatalf("%v came back as %v", code, got)
		}
	}
	if got := identity13(0x0AAA & 0x1FBF); got.String() != "7700" {
		t.Errorf("A4 A2 A1 B4 B2 B1 is %v, want 7700", got)
	}
}

func TestMovementCodes(t *testing.T) {
	for code, knots := range map[uint8]float64{
		1: 0, 2: 0.125, 8: 0.875, 9: 1, 12: 1.75, 13: 2, 38: 14.5, 39: 15, 93: 69, 94: 70, 108: 98, 109: 100, 123: 170, 124: 175,
	} {
		if got, ok := movementSpeed(code); !ok || math.Abs(got-knots*1852/3600) > 1e-9 {
			t.Errorf("code %d: %.3f kt, %v, want %.3f kt", code, got*3600/1852, ok, knots)
		}
	}
	for _, code := range []uint8{0, 125, 126, 127} {
		if _, ok := movementSpeed(code); ok {
			t.Errorf("code %d is a speed", code)
		}
	}
}

func TestDistance(t *testing.T) {
	for range 1000 {
		a := geo.Position{Lat: rand.Float64()*170 - 85, Lon: rand.Float64()*360 - 180}
		b := geo.Position{Lat: a.Lat + rand.Float64()*2 - 1, Lon: geo.WrapLongitude(a.Lon + rand.Float64()*2 - 1)}
		const r = math.Pi / 180
		want := 6_371_000 * math.Acos(min(1, math.Sin(a.Lat*r)*math.Sin(b.Lat*r)+math.Cos(a.Lat*r)*math.Cos(b.Lat*r)*math.Cos((a.Lon-b.Lon)*r)))
		if got := distance(a, b); math.Abs(got-want) > 20 {
			t.Fatalf("%v to %v: %.0f m, want %.0f m", a, b, got, want)
		}
	}
}
