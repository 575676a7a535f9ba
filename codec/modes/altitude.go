package modes

// Units of aviation in metres and seconds.
const (
	foot          = 0.3048
	nauticalMile  = 1852.0
	knot          = nauticalMile / 3600
	footPerMinute = foot / 60
)

// Squawk is a Mode A identity code: four octal digits.
type Squawk uint16

// String gives the four digits.
func (s Squawk) String() string {
	digit := func(shift int) byte { return '0' + byte(s>>shift&7) }
	return string([]byte{digit(9), digit(6), digit(3), digit(0)})
}

// altitude is a decoded altitude code, in metres.
type altitude struct {
	metres, step float64
	ok           bool
}

func inFeet(feet, step int) altitude {
	return altitude{metres: float64(feet) * foot, step: float64(step) * foot, ok: true}
}

// altitude13 reads the altitude code of surveillance replies (ICAO Annex 10
// Volume IV, 3.1.2.6.5.4): bits C1 A1 C2 A2 C4 A4 M B1 Q B2 D2 B4 D4.
func altitude13(ac uint64) altitude {
	const m, q = 0x40, 0x10
	switch {
	case ac == 0: // not available
		return altitude{}
	case ac&m != 0: // reserved for metric units, but no coding of them was ever laid down
		return altitude{}
	case ac&q != 0:
		return inFeet(25*int(ac>>7<<5|ac>>5&1<<4|ac&0xF)-1000, 25)
	default:
		return gillham(ac)
	}
}

// altitude12 reads the altitude of airborne positions: the same code without
// its M bit (ICAO Doc 9871, A.2.3.2.4), for heights above the ellipsoid too
// (RTCA DO-260B, 2.2.3.2.3.4.3 knows one coding for both).
func altitude12(ac uint64) altitude { return altitude13(ac>>6<<7 | ac&0x3F) }

// gillham reads the 100-foot code of Mode C (ICAO Annex 10 Volume IV, appendix
// to chapter 3): a Gray code of 500-foot steps in D2 D4 A1 A2 A4 B1 B2 B4 and
// a reflected one of 100-foot steps in C1 C2 C4.
func gillham(ac uint64) altitude {
	bit := func(n int) uint64 { return ac >> n & 1 }
	five := ungray(bit(2)<<7 | bit(0)<<6 | bit(11)<<5 | bit(9)<<4 | bit(7)<<3 | bit(5)<<2 | bit(3)<<1 | bit(1))
	one := ungray(bit(12)<<2 | bit(10)<<1 | bit(8))
	switch one {
	case 0, 5, 6: // never sent
		return altitude{}
	case 7:
		one = 5
	}
	if five%2 == 1 {
		one = 6 - one
	}
	return inFeet(500*int(five)+100*int(one)-1300, 100)
}

// ungray turns a Gray code of up to eight bits into its number.
func ungray(g uint64) uint64 {
	g ^= g >> 4
	g ^= g >> 2
	g ^= g >> 1
	return g
}

// identity13 reads the Mode A code (ICAO Annex 10 Volume IV, 3.1.2.6.7.1):
// bits C1 A1 C2 A2 C4 A4 X B1 D1 B2 D2 B4 D4.
func identity13(id uint64) Squawk {
	digit := func(four, two, one int) uint64 { return id>>four&1<<2 | id>>two&1<<1 | id>>one&1 }
	return Squawk(digit(7, 9, 11)<<9 | digit(1, 3, 5)<<6 | digit(8, 10, 12)<<3 | digit(0, 2, 4))
}

// encodeIdentity13 is the inverse of identity13.
func encodeIdentity13(s Squawk) (id uint64) {
	for i, at := range [12]int{7, 9, 11, 1, 3, 5, 8, 10, 12, 0, 2, 4} {
		id |= uint64(s) >> (11 - i) & 1 << at
	}
	return id
}
